"""Candidates: pictures that may be worth labelling, and how much each would teach.

Worth more: what the model was nearly sure of; what serving and shadow model disagree on; classes that few verdicts
confirm; feeds whose findings are often rejected; pictures in which it missed what was there; verdicts that leave open
what is in the picture.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from api.dataset.clean import busy_times
from api.dataset.draft import Material
from api.dataset.findings import Finding, Said
from api.dataset.kept import Kind, read_jpeg, read_kept
from api.dataset.shots import SAME_BOX, Rules
from api.errors import PictureGone
from detector.detection import Detection, overlap
from detector.labels.picture import LabelBox
from detector.logreader import Moment, moment_of
from detector.shadow import ShadowLook
from detector.shadowlog import read_looks

SHOWN_FROM = 0.15
"""Boxes below this are not shown to people: they would mislead more than help."""
_RARE, _REJECTED, _DISAGREED, _MISSED, _UNSAID = 0.5, 0.5, 1.0, 0.8, 0.7

Load = Callable[[], bytes | None]


@dataclass(slots=True)
class Candidate:
    """A picture that may be worth labelling.

    Parameters
    ----------
    source
        What it is, as the start of its file name.
    seen
        What the model saw, shown to people as a start.
    load
        Reads the JPEG.
    why, worth
        Reasons in words, and how much they count together.
    """

    source: str
    feed_id: str
    at: datetime
    model_id: str
    seen: tuple[LabelBox, ...]
    load: Load
    why: list[str] = field(default_factory=list)
    worth: float = 0.0

    def add(self, why: str, worth: float) -> None:
        """Count a reason."""
        self.why.append(why)
        self.worth += worth


def candidates(
    material: Material, findings: Sequence[Finding], span: tuple[datetime, datetime], *, synthetic: bool
) -> list[Candidate]:
    """Return everything that may be worth labelling, weighed.

    Parameters
    ----------
    findings
        Of that time.
    span
        Captured from and until (aware UTC).
    synthetic
        Take drawn scenes too.

    Raises
    ------
    OSError
        When the shadow's log cannot be read.
    """
    found = [*_of_kept(material, findings, span, synthetic=synthetic), *_of_verdicts(material, findings)]
    _weigh(found, findings, material.rules)
    _hear_the_shadow(found, read_looks(material.log, span[0]), material.rules)
    return found


def _of_kept(
    material: Material, findings: Sequence[Finding], span: tuple[datetime, datetime], *, synthetic: bool
) -> Iterator[Candidate]:
    there = busy_times(finding for finding in findings if finding.said is Said.THERE)
    for kept in read_kept(material.kept, since=span[0], until=span[1]):
        if kept.synthetic and not synthetic:
            continue
        missed = any(first <= kept.captured_at <= last for first, last in there.get(kept.feed_id, ()))
        if kept.kind is Kind.CLEAN and not missed:
            continue
        one = Candidate(
            "missed" if kept.kind is Kind.CLEAN else "unsure",
            kept.feed_id,
            kept.captured_at,
            kept.model_id,
            kept.seen,
            partial(read_jpeg, kept),
        )
        if missed:
            one.add("a confirmed incident was open and the model saw nothing for sure", _MISSED)
        _doubt(one, material.rules)
        yield one


def _doubt(one: Candidate, rules: Rules) -> None:
    """Count how near to its threshold the surest finding is."""
    matters = ((each, rules.catalogue.of_label(each.label)) for each in one.seen)
    near = [(each.score or 0) / matter.rule.min_score for each, matter in matters if matter and matter.rule.min_score]
    if near and max(near) >= 0.3:
        one.add(f"the model was nearly sure ({max(near):.0%} of the score that counts)", min(1.0, max(near)))


def _of_verdicts(material: Material, findings: Iterable[Finding]) -> Iterator[Candidate]:
    for finding in findings:
        if finding.said is not Said.OPEN or finding.why == "pending":
            continue
        for picture in finding.pictures:
            seen = (LabelBox(picture.label, picture.box, picture.score),) if picture.box else ()
            one = Candidate(
                "unsaid",
                picture.feed_id,
                picture.captured_at,
                picture.model_id,
                seen,
                partial(_evidence, material, picture.kept.name),
            )
            one.add(f"its verdict ({finding.why}) does not say what is there", _UNSAID)
            yield one


def _evidence(material: Material, name: str) -> bytes | None:
    try:
        return material.evidence.read(name)
    except PictureGone:
        return None


def _weigh(candidates: Iterable[Candidate], findings: Sequence[Finding], rules: Rules) -> None:
    """Count rare classes, and feeds whose findings are often rejected."""
    confirmed = Counter(one.label for one in findings if one.said is Said.THERE)
    commonest = max(confirmed.values(), default=0)
    judged: dict[str, list[bool]] = defaultdict(list)
    for finding in findings:
        for feed in finding.feeds if finding.said is not Said.OPEN else ():
            judged[feed].append(finding.said is Said.NOT_THERE)
    for one in candidates:
        shown = {each.label for each in one.seen if each.label in rules.wanted and (each.score or 0) >= SHOWN_FROM}
        rare = max((1 - confirmed[label] / commonest for label in shown), default=0.0) if commonest else 0.0
        if rare >= 0.5:
            one.add("few verdicts confirm this class", _RARE * rare)
        said = judged.get(one.feed_id, [])
        if len(said) >= 3 and sum(said) / len(said) >= 0.5:
            one.add(
                f"{sum(said)} of {len(said)} findings of this feed were rejected", _REJECTED * sum(said) / len(said)
            )


def _hear_the_shadow(candidates: Iterable[Candidate], looks: Iterable[ShadowLook], rules: Rules) -> None:
    by_moment: Mapping[Moment, Candidate] = {moment_of(one.feed_id, one.at): one for one in candidates}
    for look in looks if by_moment else ():
        one = by_moment.get(moment_of(look.feed_id, look.captured_at))
        if one is None:
            continue
        size = (look.width, look.height)
        serving, shadow = (_sure(found, size, rules) for found in (look.serving, look.shadow))
        alone = [(each, "only the shadow sees") for each in _without(shadow, serving, rules)]
        alone += [(each, "the shadow does not see") for each in _without(serving, shadow, rules)]
        for each, said in alone[:1]:
            one.add(f"{said} {each.label}", _DISAGREED)
            one.seen = (*one.seen, *(each for each, said in alone if said.startswith("only")))


def _sure(found: Iterable[Detection], size: tuple[int, int], rules: Rules) -> list[LabelBox]:
    width, height = size
    boxes = (
        LabelBox(
            one.label, (one.box[0] / width, one.box[1] / height, one.box[2] / width, one.box[3] / height), one.score
        )
        for one in found
    )
    return [box for box in boxes if rules.counts(box)]


def _without(ones: Iterable[LabelBox], others: Sequence[LabelBox], rules: Rules) -> list[LabelBox]:
    def seen(one: LabelBox) -> bool:
        return any(
            overlap(one.box, other.box) >= SAME_BOX and rules.same_matter(one.label, other.label) for other in others
        )

    return [one for one in ones if not seen(one)]

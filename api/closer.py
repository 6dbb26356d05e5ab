"""The closer look: what a sub-stream shows small is believed when the main stream shows it too.

A sub-stream is cheap and coarse: what is small in it is a handful of pixels, and a model is often wrong about those.
So where a small finding would count, or nearly would, the visit takes one key frame of the feed's main stream, cuts
out what is around it at full resolution, and lets the model look there once more. What that look says counts.

Nothing is lost by it: where the main stream cannot be used, the finding counts as the sub-stream showed it, and the
reason goes onto the visit, onto the feed and into the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from api.seen import Seen
from configs.settings import CloserLookSettings
from detector.closerlog import CloserLook, Said
from detector.crop import Crop
from detector.detection import Box, Detection, area, overlap, shared_area
from detector.model import Model
from gridmap.scene import Scene, SceneRules
from gridmap.view import View
from streams.filename import readable
from streams.frame import Frame
from streams.mainstreams import MainStreams
from streams.url import masked
from streams.visit import Visit

_SAME_IOU = 0.5
_SAME_PLACE = 0.5
"""Two boxes are of one thing when the smaller lies in the other by this share: seen closer, a heap may be larger than
it seemed, or only the one half of it that is no shadow."""


@dataclass(frozen=True, slots=True)
class CloserTold:
    """What closer looks came to on one visit.

    Parameters
    ----------
    confirmed, refuted, failed
        Suspects that are there, that are not, and that nobody could look at (see ``detector.closerlog.Said``).
    opens
        Connections made to the main stream.
    why
        Why nobody could look; one sentence without credentials.
    """

    confirmed: int = 0
    refuted: int = 0
    failed: int = 0
    opens: int = 0
    why: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return plain JSON values; ``from_record`` is the way back."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return what ``as_record`` wrote.

        Raises
        ------
        TypeError
            It is none of it.
        """
        return cls(**record)


NO_CLOSER_LOOK = CloserTold()


@dataclass(frozen=True, slots=True)
class Closely:
    """What a picture shows once its suspects were looked at.

    Parameters
    ----------
    scene
        As before, with what the closer looks said in place of the suspects.
    told
        What they came to.
    cpu_ms
        CPU milliseconds that the main stream's picture took.
    """

    scene: Scene
    told: CloserTold = NO_CLOSER_LOOK
    cpu_ms: float = 0.0


class Closer:
    """Looks closer. May be called by several threads, for each feed by one at a time.

    Parameters
    ----------
    streams
        The main streams.
    model, scenes
        What looks, and what its detections come to.
    settings
        When a finding is a suspect.
    log
        Remembers what became of each suspect.
    deadline_s
        Seconds of a visit, within which the main stream's picture must come too.
    now
        Aware UTC clock.
    """

    def __init__(  # noqa: PLR0913 - what a closer look takes
        self,
        streams: MainStreams,
        model: Model,
        scenes: SceneRules,
        settings: CloserLookSettings,
        *,
        log: Callable[[CloserLook], None],
        deadline_s: float,
        now: Callable[[], datetime],
    ) -> None:
        self._streams = streams
        self._model = model
        self._scenes = scenes
        self._settings = settings
        self._log = log
        self._deadline = timedelta(seconds=deadline_s)
        self._now = now

    def __call__(
        self,
        seen: Seen,
        visit: Visit,
        *,
        known: Sequence[tuple[str, Box]] = (),
        not_sought: frozenset[str] = frozenset(),
    ) -> Closely:
        """Return what a visit's picture shows, its suspects looked at.

        Parameters
        ----------
        seen, visit
            What the sub-stream showed, and since when the visit is under way.
        known
            Matter and place (normalised box) of what was reported just now: seen there again, it is no suspect.
        not_sought
            Matters that do not count on this visit.
        """
        if seen.frame is None or seen.feed.id not in self._streams:
            return Closely(seen.scene)
        suspects = self._suspects(seen, seen.frame, known, not_sought)
        if not suspects:
            return Closely(seen.scene)
        left_s = (visit.started_at + self._deadline - self._now()).total_seconds()
        why = self._streams.rests(seen.feed.id) or (
            "" if left_s > 0 else "the sub-stream took all of the visit's time"
        )
        if why:
            return self._as_it_was(seen, suspects, CloserTold(failed=len(suspects), why=_told(why)))
        answer = self._streams.look(seen.feed.id, seen.frame, within_s=left_s)
        if answer.frame is None:
            told = CloserTold(failed=len(suspects), opens=1, why=_told(str(answer.error)))
            return replace(self._as_it_was(seen, suspects, told), cpu_ms=answer.cpu_ms)
        return replace(self._looked(seen, suspects, answer.frame), cpu_ms=answer.cpu_ms)

    def _suspects(
        self, seen: Seen, frame: Frame, known: Sequence[tuple[str, Box]], not_sought: frozenset[str]
    ) -> list[Detection]:
        """Return the small findings that would count if they were a little surer, the surest first."""
        size, catalogue = (frame.width, frame.height), seen.view.catalogue
        largest = self._settings.below * frame.width * frame.height
        small = [each for each in seen.scene.findings if area(each.box) < largest and catalogue.of_label(each.label)]
        surer = [replace(each, score=min(1.0, each.score + self._settings.margin)) for each in small]
        rulings = zip(*(seen.view.rulings(each, frame_size=size, at=seen.at) for each in (small, surer)), strict=True)
        suspects = [
            each
            for each, ((_, matter, as_seen), (_, _, if_surer)) in zip(small, rulings, strict=True)
            if if_surer.counts
            and matter.key not in not_sought
            and not (as_seen.counts and _is_known(matter.key, each.box, size, known))
        ]
        return sorted(suspects, key=lambda each: -each.score)[: self._settings.per_visit]

    def _as_it_was(self, seen: Seen, suspects: Sequence[Detection], told: CloserTold) -> Closely:
        for suspect in suspects:
            self._remember(seen, suspect, Said.FAILED, why=told.why)
        return Closely(seen.scene, told)

    def _looked(self, seen: Seen, suspects: Sequence[Detection], main: Frame) -> Closely:
        findings, told = list(seen.scene.findings), CloserTold(opens=1)
        for suspect in suspects:
            if suspect not in findings:
                continue  # the same thing as one before it
            closer = self._closer(seen, suspect, main)
            findings.remove(suspect)
            if closer is not None and self._counts(seen, closer):
                findings = [each for each in findings if not _is_double(each, closer)] + [closer]
                told = replace(told, confirmed=told.confirmed + 1)
                self._remember(seen, suspect, Said.CONFIRMED, closer)
            else:
                told = replace(told, refuted=told.refuted + 1)
                self._remember(seen, suspect, Said.REFUTED, closer)
        return Closely(replace(seen.scene, findings=tuple(findings)), told)

    def _closer(self, seen: Seen, suspect: Detection, main: Frame) -> Detection | None:
        """Return what the main stream shows in a suspect's place, box in px of the sub-stream's picture."""
        size = _size(seen)
        crop = Crop.around(_normalised(suspect.box, size), (main.width, main.height), self._model.card.input_px)
        (found,) = self._model.detect([crop.of(main.image)])
        scene = self._scenes.scene(found, labels=self._model.card.labels, frame_size=crop.size)
        placed = [crop.placed(each, size) for each in scene.findings]
        there = [each for each in placed if _is_there(each, suspect, seen.view)]
        return max(there, key=lambda each: each.score * overlap(each.box, suspect.box), default=None)

    def _counts(self, seen: Seen, found: Detection) -> bool:
        ((_, _, ruling),) = seen.view.rulings([found], frame_size=_size(seen), at=seen.at)
        return ruling.counts

    def _remember(
        self, seen: Seen, suspect: Detection, said: Said, closer: Detection | None = None, why: str = ""
    ) -> None:
        self._log(CloserLook(seen.feed.id, seen.at, *_size(seen), suspect, said, closer, why))


def _told(why: str) -> str:
    return f"small findings are taken as the sub-stream shows them; the main stream: {readable(masked(why))}"


def _size(seen: Seen) -> tuple[int, int]:
    assert seen.frame is not None  # noqa: S101 - without a picture there is no suspect
    return seen.frame.width, seen.frame.height


def _normalised(box: Box, size: tuple[int, int]) -> Box:
    (x1, y1, x2, y2), (width, height) = box, size
    return (x1 / width, y1 / height, x2 / width, y2 / height)


def _is_known(matter: str, box: Box, size: tuple[int, int], known: Sequence[tuple[str, Box]]) -> bool:
    here = _normalised(box, size)
    return any(matter == key and overlap(here, place) >= _SAME_IOU for key, place in known)


def _is_there(found: Detection, suspect: Detection, view: View) -> bool:
    """Return whether a finding is of the suspect's matter and in its place."""
    shared = shared_area(found.box, suspect.box)
    in_place = shared > 0 and shared >= _SAME_PLACE * min(area(found.box), area(suspect.box))
    return in_place and view.catalogue.of_label(found.label) == view.catalogue.of_label(suspect.label)


def _is_double(each: Detection, closer: Detection) -> bool:
    return each.label == closer.label and overlap(each.box, closer.box) >= _SAME_IOU

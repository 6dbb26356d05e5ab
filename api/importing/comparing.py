"""What an import changes: which cameras are new, changed, gone, there already, or twice in the source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from api.importing.candidate import Candidate, Refusal
from api.importing.credentials import bare_url
from configs.written import FeedFile, WrittenFeed
from streams.url import masked

_Sign = tuple[str, ...]
"""What two descriptions of one camera share."""
_SECRETS = ("user", "password")
_KINDS = ("id", "channel", "url", "place and name")
"""What tells a camera from others, the surest first."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A feed that the source describes otherwise; ``values`` is what it says for each key that differs."""

    position: int
    feed: WrittenFeed = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)

    def shown(self) -> dict[str, tuple[str, str]]:
        """Return what each key was and becomes, as it may be shown: without credentials."""
        return {key: (_shown(key, self.feed.get(key)), _shown(key, value)) for key, value in self.values.items()}


@dataclass(slots=True)
class Comparison:
    """What an import does to one file of feeds.

    Parameters
    ----------
    new, changed, same
        Feeds to add, to change, and how many stay as they are.
    gone
        Feeds of the file that the source does not have: position and feed.
    elsewhere, repeated
        What is left out: cameras that another file lists, and those that came before in the same source.
    refused
        Cameras that cannot be told from another of the source.
    """

    new: list[Candidate] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    same: int = 0
    gone: list[tuple[int, WrittenFeed]] = field(default_factory=list)
    elsewhere: list[Refusal] = field(default_factory=list)
    repeated: list[Refusal] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    file: Path
    position: int
    feed: WrittenFeed


def compared(candidates: Iterable[Candidate], files: Sequence[FeedFile], out: Path) -> Comparison:
    """Return what the candidates change in the file ``out``, which is one of ``files`` or new.

    A camera is the same as another by its feed id, its GB/T 28181 channel id, its URL without credentials, or its
    place and name; the surest of these counts. Within the source, place and name alone do not make two
    cameras one: poles carry several. Such a pair enters when both have ids of their own.
    """
    comparison, source = Comparison(), _Source()
    distinct = [candidate for candidate in candidates if not source.leaves_out(candidate, comparison)]
    found = _found(distinct, files)
    for number, candidate in enumerate(distinct):
        _sort_in(comparison, candidate, found.get(number), out)
    met = {there.position for there in found.values() if there.file == out}
    comparison.gone = [
        (position, feed)
        for file in files
        if file.file == out
        for position, feed in enumerate(file.feeds)
        if position not in met
    ]
    return comparison


def _found(candidates: Sequence[Candidate], files: Sequence[FeedFile]) -> dict[int, _Known]:
    """Return the configured feed of each candidate that has one, by the candidate's number.

    A feed is given once. All candidates are asked for the surest sign first, so that a camera that took over
    another's address does not take over its feed, too.
    """
    by_sign: dict[_Sign, list[_Known]] = {}
    for file in files:
        for position, feed in enumerate(file.feeds):
            for sign in _signs(feed, ""):
                by_sign.setdefault(sign, []).append(_Known(file.file, position, feed))
    signs = [{sign[0]: sign for sign in _signs(candidate.feed, candidate.gb_id)} for candidate in candidates]
    found: dict[int, _Known] = {}
    given: set[tuple[Path, int]] = set()
    for kind, (number, own) in product(_KINDS, enumerate(signs)):
        alike = by_sign.get(own[kind], ()) if kind in own and number not in found else ()
        there = next((known for known in alike if (known.file, known.position) not in given), None)
        if there is not None:
            found[number] = there
            given.add((there.file, there.position))
    return found


def _sort_in(comparison: Comparison, candidate: Candidate, there: _Known | None, out: Path) -> None:
    if there is None:
        comparison.new.append(candidate)
    elif there.file != out:
        told = f"is {there.feed.get('id')} of {there.file.name} already; left out"
        comparison.elsewhere.append(Refusal(candidate.where, told))
    elif values := _differences(there.feed, candidate.feed):
        comparison.changed.append(Changed(there.position, there.feed, values))
    else:
        comparison.same += 1


def _differences(written: WrittenFeed, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys that the source says otherwise. The id stays, and so does a reference to the environment."""
    different = {}
    for key, value in found.items():
        was = written.get(key)
        if key == "id" or value == was or (key in _SECRETS and str(was).startswith("${")):
            continue
        if isinstance(value, dict) and isinstance(was, dict) and value == {part: was.get(part) for part in value}:
            continue
        different[key] = value
    return different


class _Source:
    """The cameras met in the source so far."""

    def __init__(self) -> None:
        self._met: dict[_Sign, tuple[str, bool]] = {}

    def leaves_out(self, candidate: Candidate, comparison: Comparison) -> bool:
        """Whether a camera is left out because of an earlier one; it is put where it belongs then."""
        signs = list(_signs(candidate.feed, candidate.gb_id))
        twin = next(((sign, self._met[sign]) for sign in signs if sign in self._met), None)
        if twin is not None:
            (kind, *_), (where, named) = twin
            if self._is_one(twin[0], signs):
                told = f"is the same camera as {where}, by its {kind}; left out"
                comparison.repeated.append(Refusal(candidate.where, told))
                return True
            if kind == "id":
                told = f"id {candidate.feed['id']!r} is that of {where}, too; give each camera its own"
                comparison.refused.append(Refusal(candidate.where, told))
                return True
            if not (named and candidate.named):
                told = f"has the place and name of {where} but another url; give both an id or different names"
                comparison.refused.append(Refusal(candidate.where, told))
                return True
        for sign in signs:
            self._met.setdefault(sign, (candidate.where, candidate.named))
        return False

    def _is_one(self, sign: _Sign, signs: Sequence[_Sign]) -> bool:
        """Whether the camera is the earlier one: the same channel or URL, which a shared id alone does not say."""
        if sign[0] in {"url", "channel"}:
            return True
        owner = self._met[sign]
        return any(other[0] in {"url", "channel"} and self._met.get(other) == owner for other in signs)


def _signs(feed: Mapping[str, Any], gb_id: str) -> Iterator[_Sign]:
    """Yield what tells the camera, each starting with its kind."""
    yield "id", str(feed.get("id"))
    channel = gb_id or _channel(feed)
    if channel:
        yield "channel", channel
    yield "url", bare_url(str(feed.get("url", "")))[0]
    place, name = feed.get("place"), feed.get("name")
    if isinstance(place, dict) and name:
        yield "place and name", *(str(place.get(key)) for key in ("lon", "lat", "datum")), str(name)


def _channel(feed: Mapping[str, Any]) -> str:
    """Return the GB/T 28181 channel of a feed: in its gateway URL, or as its id."""
    url, name = str(feed.get("url", "")), str(feed.get("id", ""))
    if url.startswith(("wvp://", "wvps://")):
        return urlsplit(url).path.rpartition("/")[2]
    return name if len(name) == 20 and name.isdigit() else ""


def _shown(key: str, value: Any) -> str:
    if value is None:
        return "nothing"
    return "***" if key in _SECRETS and not str(value).startswith("${") else masked(str(value))

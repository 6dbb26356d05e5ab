"""What no single key can know: names used twice, names that are not there, numbers that contradict each other.

Works on what was written, valid or not, so that one mistake never hides another.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from configs.context import CONTEXT
from configs.mistakes import Mistake, Spot, nearest
from configs.settings import PatrolSettings
from configs.yamlfile import Document
from configs.yamlsyntax import full_width

_Path = tuple[str | int, ...]
_Named = tuple[Document, _Path, str]
"""A name, with where it is written."""


_DATABASES = {
    "database": ("sqlite:///", "postgresql://", "postgresql+psycopg://"),
    "ledger": ("postgresql://", "postgres://"),
    "bus": ("redis://", "rediss://"),
}
_EVIDENCE = re.compile(r"file:///.|s3://[a-z0-9][a-z0-9.-]+(/|$)")
_RIGHT = {
    "database": "write sqlite:///path/to/file.db or postgresql://user:password@host/name",
    "ledger": "write postgresql://user:password@host/name, or nothing for SQLite in data_dir",
    "bus": "write redis://user:password@host/number, or nothing where one process patrols",
}


_HERE = {"127.0.0.1", "::1", "localhost"}
"""Processes that meet here may share a data folder, and so SQLite."""


def settings_mistakes(settings: Document, *, feeds: Sequence[Document] = ()) -> list[Mistake]:
    """Return the patrol's times that contradict each other, and a database of a kind that is not kept.

    ``feeds`` are the files that list feeds: one with a second stream may need twice the time for a visit.
    """
    two_streams = any(feed.get("main_url") for document in feeds for _, feed in mappings(document.value, "feeds"))
    return [
        *_backoff_mistakes(settings),
        *_deadline_mistakes(settings, two_streams=two_streams),
        *_database_mistakes(settings),
        *_evidence_mistakes(settings),
    ]


def _database_mistakes(settings: Document) -> Iterator[Mistake]:
    for key, known in _DATABASES.items():
        written = text(settings.value, key)
        if written and "${" not in written and not written.startswith(known):
            wrong = f"this {'bus' if key == 'bus' else 'database'} cannot be used"
            yield settings.spot((key,)).mistake(wrong, _RIGHT[key])
    yield from _sharing_mistakes(settings)


def _sharing_mistakes(settings: Document) -> Iterator[Mistake]:
    """Yield what keeps several patrol processes from being one patrol."""
    bus, ledger = text(settings.value, "bus"), text(settings.value, "ledger")
    if not bus and _number(_patrol(settings), "processes") > 1:
        right = "name a bus (redis://…), or write 1"
        yield settings.spot(("patrol", "processes")).mistake("several processes need a bus between them", right)
    if bus and "${" not in bus and not ledger and _host(bus) not in _HERE:
        wrong = "with a bus on another machine the patrol's ledger cannot be a file in data_dir: who leads changes"
        yield settings.spot(("bus",)).mistake(wrong, "name a ledger in PostgreSQL, which all processes reach")


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _evidence_mistakes(settings: Document) -> Iterator[Mistake]:
    evidence = settings.value.get("evidence")
    written = text(evidence, "store") if isinstance(evidence, dict) else None
    if written and "${" not in written and not _EVIDENCE.match(written):
        right = "write file:///folder, s3://bucket or s3://bucket/prefix, or nothing for the data folder"
        yield settings.spot(("evidence", "store")).mistake("evidence cannot be kept there", right)


def _backoff_mistakes(settings: Document) -> Iterator[Mistake]:
    patrol = _patrol(settings)
    first, limit = _number(patrol, "backoff_first_s"), _number(patrol, "backoff_limit_s")
    if first > limit:
        wrong = f"the longest wait of {limit:g} s is shorter than backoff_first_s, {first:g} s"
        yield settings.spot(("patrol", "backoff_limit_s")).mistake(wrong, f"write {first:g} or more")


def _deadline_mistakes(settings: Document, *, two_streams: bool) -> Iterator[Mistake]:
    patrol = _patrol(settings)
    deadline = _number(patrol, "deadline_s")
    one_look = _number(patrol, "open_timeout_s") + _number(patrol, "read_timeout_s")
    needed = 2 * one_look if two_streams else one_look
    if deadline < needed:
        wrong = f"a visit is given up after {deadline:g} s, before open_timeout_s and read_timeout_s are over"
        if two_streams:
            wrong += " for url and then main_url"
        yield settings.spot(("patrol", "deadline_s")).mistake(wrong, f"write {needed:g} or more")


def _patrol(settings: Document) -> dict[str, Any]:
    written = settings.value.get("patrol")
    return written if isinstance(written, dict) else {}


def catalogue_mistakes(matters: Document) -> list[Mistake]:
    """Return matters with one key, labels that two matters claim or that are context, and rules never to be met."""
    listed = list(mappings(matters.value, "matters"))
    keys = [(matters, ("matters", index, "key"), key) for index, matter in listed if (key := text(matter, "key"))]
    labels = [
        (matters, ("matters", index, "labels", position), label)
        for index, matter in listed
        for position, label in texts(matter, "labels")
    ]
    return [
        *repeated(keys, what="matter", right="give each matter its own key"),
        *repeated(labels, what="label", right="let one matter have it"),
        *_context_labels(labels),
        *_unreachable_rules(matters, listed),
    ]


def feed_mistakes(feeds: Sequence[Document], *, matters: Collection[str] | None) -> list[Mistake]:
    """Return feed ids used twice, users without a password, zone names used twice, and unknown matters of zones.

    Parameters
    ----------
    feeds
        All files that list feeds; an id must be unique over them.
    matters
        Known matter keys, or None when the catalogue could not be read.
    """
    ids = [
        (document, ("feeds", index, "id"), name)
        for document in feeds
        for index, feed in mappings(document.value, "feeds")
        if (name := text(feed, "id"))
    ]
    return [
        *repeated(ids, what="feed id", right="give each feed its own id"),
        *(mistake for document in feeds for mistake in _password_mistakes(document)),
        *(mistake for document in feeds for mistake in _zone_mistakes(document, matters)),
    ]


def matter_keys(matters: Document) -> list[str]:
    """Return the keys of the catalogue's matters, as far as they are written."""
    return [key for _, matter in mappings(matters.value, "matters") if (key := text(matter, "key"))]


def _password_mistakes(document: Document) -> Iterator[Mistake]:
    for index, feed in mappings(document.value, "feeds"):
        # In YAML ` #` starts a comment, so that `password: #abc` says nothing at all.
        if feed.get("user") and feed.get("password") is None:
            right = 'put a password with # in quotes, or write "" where the camera has none'
            yield document.spot(("feeds", index, "password")).mistake("the password is empty", right)


def _zone_mistakes(document: Document, matters: Collection[str] | None) -> Iterator[Mistake]:
    for index, feed in mappings(document.value, "feeds"):
        zones = list(mappings(feed, "zones"))
        names: list[_Named] = [
            (document, ("feeds", index, "zones", place, "name"), name)
            for place, zone in zones
            if (name := text(zone, "name"))
        ]
        yield from repeated(names, what="zone name", right="give each zone of a feed its own name")
        for place, zone in zones:
            for position, key in texts(zone, "matters"):
                if matters is not None and key not in matters:
                    spot = document.spot(("feeds", index, "zones", place, "matters", position))
                    yield _unknown_matter(spot, key, matters)


def _unknown_matter(spot: Spot, key: str, matters: Collection[str]) -> Mistake:
    typed = full_width(key)
    if typed:
        return spot.mistake(*typed)
    like = nearest(key, matters)
    return spot.mistake(
        f"unknown matter {key!r}", f"write {like}" if like else f"the matters are {', '.join(matters)}"
    )


def _context_labels(labels: Sequence[_Named]) -> Iterator[Mistake]:
    for document, path, label in labels:
        if label in CONTEXT:
            wrong = f"label {label!r} is context, which is never a finding by itself"
            right = "take it out, or give the model's class another name in the manifest"
            yield document.spot(path).mistake(wrong, right)


def _unreachable_rules(matters: Document, listed: Sequence[tuple[int, dict[str, Any]]]) -> Iterator[Mistake]:
    for index, matter in listed:
        rule = matter.get("rule")
        if not isinstance(rule, dict):
            continue
        seen, of = rule.get("seen", 2), rule.get("of", 3)
        if isinstance(seen, int) and isinstance(of, int) and seen > of:
            spot = matters.spot(("matters", index, "rule", "seen"))
            yield spot.mistake(f"seen {seen} of {of} visits can never be", f"write {of} or less, or a larger of")


def repeated(names: Sequence[_Named], *, what: str, right: str) -> Iterator[Mistake]:
    """Yield a mistake for each name that was written before."""
    first: dict[str, tuple[Document, _Path]] = {}
    for document, path, name in names:
        if name not in first:
            first[name] = (document, path)
            continue
        earlier_document, earlier_path = first[name]
        earlier = earlier_document.spot(earlier_path)
        where = f"{earlier.file.name} line {earlier.line}"
        yield document.spot(path).mistake(f"{what} {name!r} is used twice, first in {where}", right)


def _number(patrol: dict[str, Any], key: str) -> float:
    value = patrol.get(key)
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if usable and value is not None else float(PatrolSettings.model_fields[key].default)


def text(mapping: dict[str, Any], key: str) -> str | None:
    """Return what is written under a key, when it is a text."""
    value = mapping.get(key)
    return value if isinstance(value, str) else None


def mappings(mapping: dict[str, Any], key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the mappings listed under a key, with their positions; whatever else is there is passed over."""
    listed = mapping.get(key)
    for index, part in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(part, dict):
            yield index, part


def texts(mapping: dict[str, Any], key: str) -> Iterator[tuple[int, str]]:
    """Yield the texts listed under a key, with their positions; whatever else is there is passed over."""
    listed = mapping.get(key)
    for index, part in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(part, str):
            yield index, part

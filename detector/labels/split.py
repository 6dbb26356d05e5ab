"""Which pictures validate: whole feeds that training never sees, or, with few feeds, the newest time.

An incident seen by two feeds binds them into one group, and a group is on one side. A group's side depends on its
first feed's id and the seed alone: next month's dataset validates on the same feeds, so that two trainings can be
compared, and what once validated does not train later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

FEWEST_GROUPS = 5
"""With fewer groups none can be spared, and time splits instead."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes to one side as a whole: the pictures of one incident, or one picture of a clean visit.

    Parameters
    ----------
    id
        The incident, or the picture.
    feeds
        Every feed it was seen by.
    first, last
        Aware UTC times of its first and last picture.
    """

    id: str
    feeds: frozenset[str]
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Split:
    """The pieces that validate, and how they were chosen.

    Parameters
    ----------
    val
        Ids of pieces.
    by
        ``feed`` or ``time``.
    groups
        How many groups of feeds there are.
    cut
        With ``time``: what began at or after it validates; what began before and went on, trains.
    """

    val: frozenset[str]
    by: str
    groups: int
    cut: datetime | None = None


def split_pieces(pieces: Iterable[Piece], *, share: float, seed: int) -> Split:
    """Split pieces.

    Parameters
    ----------
    share
        0..1, of the groups of feeds, or of the pieces when time splits.
    seed
        Chooses among groups.
    """
    pieces = list(pieces)
    group_of = _groups(pieces)
    groups = set(group_of.values())
    if len(groups) < FEWEST_GROUPS:
        return _by_time(pieces, share, len(groups))
    ranked = sorted(groups, key=lambda group: _place(seed, group))
    held = {group for group in groups if _place(seed, group) < share} or {ranked[0]}
    if held == groups:
        held = {ranked[0]}
    val = frozenset(piece.id for piece in pieces if group_of[min(piece.feeds)] in held)
    return Split(val, "feed", len(groups))


def _by_time(pieces: list[Piece], share: float, groups: int) -> Split:
    firsts = sorted(piece.first for piece in pieces)
    if len(firsts) < 2:
        return Split(frozenset(), "time", groups)
    cut = firsts[max(1, min(len(firsts) - 1, round(len(firsts) * (1 - share))))]
    return Split(frozenset(piece.id for piece in pieces if piece.first >= cut), "time", groups, cut)


def _groups(pieces: Iterable[Piece]) -> Mapping[str, str]:
    """Return each feed's group, named after its first feed: feeds that share a piece are one group."""
    leader: dict[str, str] = {}

    def lead(feed: str) -> str:
        leader.setdefault(feed, feed)
        while leader[feed] != feed:
            leader[feed] = leader[leader[feed]]
            feed = leader[feed]
        return feed

    for piece in pieces:
        heads = sorted({lead(feed) for feed in piece.feeds})
        for head in heads:
            leader[head] = heads[0]
    return {feed: lead(feed) for feed in leader}


def _place(seed: int, group: str) -> float:
    digest = hashlib.sha256(f"{seed}:{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64

"""Muting: what verdicts do to muted places, and what operators and the patrol do to them afterwards.

The rule: so many rejects (``mute.after_rejects``) of one matter at one place of one fixed view, for reasons that say
that no such thing is there (``mute.reasons``), within ``mute.for_days`` and with no acceptance in between, mute that
place for that matter. Each further reject there adds the look of its picture, so that a statue is learned by day and
by night; one is enough when a mute ended because the place looked different. After a lift counting begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from api.errors import Conflict, Missing
from api.http.schemas import VerdictKind
from api.incident import IncidentRecord
from api.mute import Deed, Ground, Mute, MuteState, Step
from api.store.port import Book
from api.store.records import MuteQuery
from api.verdict import Verdict
from configs.settings import MuteSettings
from detector.detection import Box, overlap

MOST_GROUNDS = 8
"""So many looks of a place are kept, the newest: the patrol compares with each of them."""
_ACCEPTS = {VerdictKind.CONFIRM, VerdictKind.RECLASS}
_STATE_AFTER = {
    Deed.LIFTED: MuteState.LIFTED,
    Deed.WITHDRAWN: MuteState.WITHDRAWN,
    Deed.LOOK_CHANGED: MuteState.LOOK_CHANGED,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the patrol tells of one mute; see ``gridmap.muted.Told``."""

    mute_id: int
    held_back: int
    unlike: float | None
    at: datetime
    changed: bool


class Muting:
    """Mutes in one writing transaction; every method returns the mutes it changed.

    Parameters
    ----------
    rule
        When a place is muted.
    now
        Aware UTC.
    by
        Who acts.
    """

    def __init__(self, book: Book, rule: MuteSettings, *, now: datetime, by: str) -> None:
        self._book = book
        self._rule = rule
        self._now = now
        self._by = by

    def judged(self, incident: IncidentRecord, verdict: Verdict) -> tuple[Mute, ...]:
        """Do what a new verdict means for its place; nothing where the patrol sent no look (vehicles)."""
        if incident.box is None or incident.look is None:
            return ()
        matter = verdict.previous_matter
        if verdict.kind in _ACCEPTS:
            return self._each(self._active(incident.feed_id, matter, incident.box), Deed.WITHDRAWN, incident.id)
        if not self._counts(verdict):
            return ()
        active = self._active(incident.feed_id, matter, incident.box)
        if active:
            return tuple(self._learned(mute, incident, verdict) for mute in active)
        return self._begun(incident, matter, incident.box)

    def undone(self, verdict: Verdict) -> tuple[Mute, ...]:
        """Take an undone reject out of what mutes rest on; one that is left with too few is withdrawn."""
        resting = [mute for mute in self._standing() if any(_of(ground, verdict) for ground in mute.grounds)]
        return tuple(self._without(mute, verdict) for mute in resting)

    def lift(self, mute_id: int, note: str = "") -> Mute:
        """Take a mute back.

        Raises
        ------
        Missing
            When there is no such mute.
        Conflict
            When it is no longer active.
        """
        return self._done(self._in(mute_id, MuteState.ACTIVE), Deed.LIFTED, note)

    def restore(self, mute_id: int, note: str = "") -> Mute:
        """Take a lift back; raises as ``lift`` does, also when the mute's time is up meanwhile."""
        mute = self._in(mute_id, MuteState.LIFTED)
        if mute.expires_at <= self._now:
            raise Conflict(f"mute {mute.id} would have expired by now; it cannot be restored")
        return self._done(replace(mute, state=MuteState.ACTIVE), Deed.RESTORED, note)

    def extend(self, mute_id: int, days: float, note: str = "") -> Mute:
        """Let a mute last so many days from now; raises as ``lift`` does."""
        until = self._now + timedelta(days=days)
        return self._done(replace(self._in(mute_id, MuteState.ACTIVE), expires_at=until), Deed.EXTENDED, note)

    def seen(self, told: Iterable[Seen]) -> tuple[Mute, ...]:
        """Note what the patrol saw at muted places, and end those that look different; return those that ended."""
        ended = []
        for one in told:
            mute = self._book.mutes.get(one.mute_id)
            if mute is None:
                continue
            known = replace(mute, held_back=max(mute.held_back, one.held_back), unlike=one.unlike, unlike_at=one.at)
            if one.changed and mute.state is MuteState.ACTIVE:
                ended.append(self._done(known, Deed.LOOK_CHANGED, "" if one.unlike is None else f"{one.unlike:.2f}"))
            elif known != mute:
                self._book.mutes.change(known)
        return tuple(ended)

    def _counts(self, verdict: Verdict) -> bool:
        return verdict.kind is VerdictKind.REJECT and verdict.reason in self._rule.reasons

    def _begun(self, incident: IncidentRecord, matter: str, box: Box) -> tuple[Mute, ...]:
        grounds = self._grounds(incident.feed_id, matter, box)
        if len(grounds) < self._rule.after_rejects or not self._rule.enabled:
            return ()
        mute = Mute(
            feed_id=incident.feed_id,
            matter=matter,
            grounds=tuple(grounds[-MOST_GROUNDS:]),
            since=self._now,
            expires_at=self._until(),
            history=(Step(self._now, Deed.MUTED, self._by),),
        )
        return (self._book.mutes.add(mute),)

    def _grounds(self, feed_id: str, matter: str, box: Box) -> list[Ground]:
        """Return the rejects of a place that count, oldest first: those after the last acceptance or lift there."""
        counted: list[Ground] = []
        for verdict, incident in self._verdicts_at(feed_id, matter, box):
            if verdict.kind in _ACCEPTS:
                counted = []
            elif self._counts(verdict) and incident.box and incident.look:
                counted.append(_ground(incident.box, incident.look, verdict))
        return counted

    def _verdicts_at(self, feed_id: str, matter: str, box: Box) -> list[tuple[Verdict, IncidentRecord]]:
        since = max(self._now - timedelta(days=self._rule.for_days), self._last_lift(feed_id, matter, box))
        verdicts = self._book.verdicts.standing_of_feed(feed_id, matter, since=since)
        records = self._book.incidents.get_all([verdict.incident_id for verdict in verdicts])
        pairs = [(verdict, records[verdict.incident_id]) for verdict in verdicts]
        return [pair for pair in pairs if pair[1].box and overlap(pair[1].box, box) >= self._rule.same_place_iou]

    def _last_lift(self, feed_id: str, matter: str, box: Box) -> datetime:
        lifted = self._mutes(MuteQuery(feed=feed_id, matter=matter, state=MuteState.LIFTED, now=self._now), box)
        lifts = [at for mute in lifted if (at := mute.last(Deed.LIFTED)) is not None]
        return max(lifts, default=datetime.fromtimestamp(0, tz=self._now.tzinfo))

    def _learned(self, mute: Mute, incident: IncidentRecord, verdict: Verdict) -> Mute:
        if incident.box is None or incident.look is None:
            return mute
        grounds = (*mute.grounds, _ground(incident.box, incident.look, verdict))[-MOST_GROUNDS:]
        return self._done(replace(mute, grounds=grounds, expires_at=self._until()), Deed.LEARNED, incident.id)

    def _without(self, mute: Mute, verdict: Verdict) -> Mute:
        left = tuple(ground for ground in mute.grounds if not _of(ground, verdict))
        if len(left) < self._rule.after_rejects:
            return self._done(mute, Deed.WITHDRAWN, verdict.incident_id)
        return self._done(replace(mute, grounds=left), Deed.FORGOTTEN, verdict.incident_id)

    def _each(self, mutes: Iterable[Mute], deed: Deed, note: str) -> tuple[Mute, ...]:
        return tuple(self._done(mute, deed, note) for mute in mutes)

    def _done(self, mute: Mute, deed: Deed, note: str) -> Mute:
        after = mute.with_step(Step(self._now, deed, self._by, note), _STATE_AFTER.get(deed))
        self._book.mutes.change(after)
        return after

    def _in(self, mute_id: int, state: MuteState) -> Mute:
        mute = known_mute(self._book, mute_id)
        now = mute.state_at(self._now)
        if now is not state:
            raise Conflict(f"mute {mute_id} is {now}, not {state}; look at it again")
        return mute

    def _active(self, feed_id: str, matter: str, box: Box) -> list[Mute]:
        return self._mutes(MuteQuery(feed=feed_id, matter=matter, state=MuteState.ACTIVE, now=self._now), box)

    def _mutes(self, query: MuteQuery, box: Box) -> list[Mute]:
        return [mute for mute in self._book.mutes.page(query) if mute.covers(box, self._rule.same_place_iou)]

    def _standing(self) -> list[Mute]:
        return self._book.mutes.page(MuteQuery(state=MuteState.ACTIVE, now=self._now))

    def _until(self) -> datetime:
        return self._now + timedelta(days=self._rule.for_days)


MutingStep = Callable[[Muting], Mute]
"""What an operator does to a mute: ``lambda muting: muting.lift(3)``."""


def known_mute(book: Book, mute_id: int) -> Mute:
    """Return the mute; raises ``Missing`` when there is none."""
    mute = book.mutes.get(mute_id)
    if mute is None:
        raise Missing(f"there is no mute {mute_id}")
    return mute


def _ground(box: Box, look: str, verdict: Verdict) -> Ground:
    return Ground(verdict.incident_id, verdict.id, str(verdict.reason), verdict.by, verdict.at, box, look)


def _of(ground: Ground, verdict: Verdict) -> bool:
    return ground.verdict_id == verdict.id

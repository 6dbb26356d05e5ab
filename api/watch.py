"""The watch: what is remembered and reported of each visit, once somebody has looked (``api.lookout``)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from api.board import Board
from api.brief import Brief
from api.closertally import CloserTally
from api.feednotes import FeedNotes
from api.reporting import incident_report
from api.visited import Visited
from configs.settings import EvidenceSettings, MuteSettings
from detector.detection import Box
from detector.log import PatrolLog
from gridmap.errors import Deposed, LedgerError
from gridmap.grouping import Happening, IncidentBook
from gridmap.incident import Change, Incident
from gridmap.ledger import FeedMemory, Ledger, Report
from gridmap.look import Look
from gridmap.muted import MutedPlaces
from streams.errors import NotLeading
from streams.feedviews import FeedViews
from streams.viewguard import Record
from streams.visit import Handled

_events = structlog.get_logger()
VIEW_OF = "*view:"
"""Before a feed's id, the key under which the ledger remembers its view; no feed id starts with a star."""
_PICTURES_KEPT_IN_TROUBLE = 100
"""While the ledger cannot be written, at most so many evidence pictures wait in memory; records always do."""
_SOON = timedelta(seconds=60)
"""A visit is made within this after its brief was written."""
_AGAIN_AFTER_S = 10.0
"""A ledger that could not be written is left alone for so long: a locked one makes each try wait."""


class Watch:
    """Turns visits into incidents and reports.

    Parameters
    ----------
    book, ledger
        The open incidents, and what makes them survive.
    board
        Hears of every visit.
    evidence
        How pictures are kept.
    log
        Remembers every visit.
    muted
        The places at which nothing is raised; none when left out.
    notes
        What is known of each feed from visit to visit.
    views
        What is known of each feed's view. Large and seldom changed, so kept beside the notes.
    deposed
        Called when the ledger says that another process leads: nothing of what waits will be written here.
    follow_up
        Says in how many seconds a camera is to be looked through again, from its look and what it watches.
    closer
        Counts closer looks.
    looked
        Told of each look once it is remembered, with what its camera watches.
    running_s
        A clock in seconds that only runs forward.
    """

    def __init__(  # noqa: PLR0913 - what remembers a visit, each passed in
        self,
        *,
        book: IncidentBook,
        ledger: Ledger,
        board: Board,
        evidence: EvidenceSettings,
        log: PatrolLog,
        muted: MutedPlaces | None = None,
        notes: FeedNotes | None = None,
        views: FeedViews | None = None,
        deposed: Callable[[], None] = lambda: None,
        follow_up: Callable[[Look, list[Incident]], float | None] = lambda _look, _watched: None,
        closer: CloserTally | None = None,
        looked: Callable[[Visited, Look, list[Incident]], None] = lambda _visited, _look, _watched: None,
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book = book
        self._ledger = ledger
        self._board = board
        self._evidence = evidence
        self._log = log
        self._muted = muted or MutedPlaces(MuteSettings())
        self._notes = notes or FeedNotes()
        self._views = views or FeedViews()
        self._deposed = deposed
        self._follow_up = follow_up
        self._closer = closer or CloserTally()
        self._looked = looked
        self._running_s = running_s
        self._again_at_s = 0.0
        self._not_handled = 0
        self._order = threading.Lock()
        """Observing and committing happen in one order, or a report could overtake the one before it."""
        self._unwritten: list[Report] = []
        self._touched: dict[str, Incident] = {}
        self._touched_feeds: set[str] = set()
        self._other_views: set[str] = set()
        """Feeds whose view became another one: written with what that did to their incidents."""
        self._reported: dict[str, datetime] = {}
        self._known: dict[str, tuple[tuple[str, Box, datetime], ...]] = {}

    def __call__(self, visited: Visited, ticket: str = "") -> Handled:
        """Remember one visit and return what came of it; what comes twice under one ticket counts once."""
        feed_id = visited.visit.feed_id
        if self._notes.knows(feed_id, ticket) or not self._board.knows(feed_id):
            return Handled(visited.outcome)
        if visited.fault:
            self._note_unhandled(visited, ticket)
            return Handled(visited.outcome)
        look = self._without_muted(visited)
        with self._order:
            self._remember(visited, look, ticket)
        self._log.visit(visited.visit, visited.outcome, visited.detail)
        self._board.visited(feed_id, visited.visit, visited.outcome, visited.detail, small=visited.pictures.small)
        self._board.held_back(feed_id, sum(sighting.muted for sighting in look.sightings))
        self._closer.note(feed_id, visited.closer, at=visited.visit.finished_at)
        watched = self._book.watched_by(feed_id)
        self._looked(visited, look, watched)
        return Handled(visited.outcome, self._follow_up(look, watched), more_opens=visited.closer.opens)

    def brief(self, feed_id: str, *, at: datetime) -> Brief:
        """Return what goes along with the next visit of a feed."""
        known, every = self._known.get(feed_id, ()), timedelta(seconds=self._evidence.seen_every_s)
        return Brief(
            memory={**self._notes.memory(feed_id), **self._views.memory(feed_id)},
            small_wanted=self._board.wants_picture(feed_id, at=at),
            imprints=self._muted.looked_at(feed_id),
            known=tuple((matter, box) for matter, box, reported_at in known if at + _SOON < reported_at + every),
        )

    @property
    def settled(self) -> bool:
        """Whether nothing waits to be written."""
        return not (self._touched or self._unwritten)

    def note(self, feed_id: str) -> str:
        """Return what is to be known of a feed at its next visit, as text."""
        return self._notes.text(feed_id)

    def unreadable(self, feed_id: str, reason: str) -> None:
        """Say that what came of a visit cannot be read or remembered."""
        self._not_handled += 1
        self._board.tell(
            "handling",
            f"{self._not_handled} visits since the start could not be handled, the last of feed {feed_id}: {reason}; "
            "see the patrol's log",
        )

    def _note_unhandled(self, visited: Visited, ticket: str) -> None:
        """Put a visit that could not be handled, a defect, on the board and into the log."""
        visit = visited.visit
        self._notes.note(visit.feed_id, ticket, {}, at=visit.finished_at)
        self.unreadable(visit.feed_id, visited.fault)
        self._log.visit(visit, visit.outcome, visited.detail)
        self._board.visited(visit.feed_id, visit, visit.outcome, visited.detail)
        self._looked(visited, visited.look, [])

    def flush(self) -> None:
        """Write what an earlier trouble kept from being written; for the end of the process."""
        with self._order:
            self._again_at_s = 0.0
            self._write()

    def _without_muted(self, visited: Visited) -> Look:
        look = visited.look
        if not (look.seeing and look.fixed_view):
            return look
        return replace(look, sightings=self._muted.sorted(look.sightings, visited.pictures.imprint, at=look.at))

    def _remember(self, visited: Visited, look: Look, ticket: str) -> None:
        memory = dict(visited.memory)
        happenings = [
            *self._by_view(look, memory.pop("view", None)),
            *self._let_go(look),
            *self._book.observe(look),
        ]
        self._unwritten.extend(self._reports(visited, happenings))
        for incident in self._book.changed():
            self._touched[incident.id] = incident
            self._touched_feeds.add(look.feed_id)
        self._notes.note(look.feed_id, ticket, memory, at=visited.visit.finished_at)
        self._known[look.feed_id] = tuple(self._reported_at(look.feed_id))
        self._write()

    def _by_view(self, look: Look, view: Record | None) -> list[Happening]:
        """Keep what a look has learnt of its feed's view; when that is another one, nobody watches the old one."""
        if view is None or not self._views.note(look.feed_id, view):
            return []
        self._other_views.add(look.feed_id)
        return self._book.unwatch(look.feed_id, at=look.at)

    def _reported_at(self, feed_id: str) -> Iterator[tuple[str, Box, datetime]]:
        """Yield matter, place and time of the last report of each incident that a camera watches."""
        for incident in self._book.watched_by(feed_id):
            watcher, at = incident.watcher(feed_id), self._reported.get(incident.id)
            if watcher is not None and at is not None:
                yield incident.matter, watcher.box, at

    def _let_go(self, look: Look) -> Iterator[Happening]:
        """End what was known of places that are muted no more: what this look sees there is raised anew."""
        for place in self._muted.released(look.feed_id) if look.seeing else ():
            here = partial(place.covers, least=self._muted.same_place_iou)
            yield from self._book.let_go(look.feed_id, place.matter, here=here, at=look.at)

    def _reports(self, visited: Visited, happenings: Iterable[Happening]) -> Iterable[Report]:
        picture: bytes | None = None
        at = visited.look.at
        for happening in happenings:
            change, incident, sighting = happening
            if not self._worth_telling(change, incident, at):
                continue
            if picture is None and sighting is not None:
                picture = visited.pictures.evidence()
            body = incident_report(
                happening,
                feed=(visited.visit.feed_id, visited.feed_name),
                captured_at=at,
                synthetic=visited.synthetic,
                look=visited.pictures.imprint(sighting.view_box) if sighting and sighting.fixed_view else None,
            )
            yield Report(
                incident_id=incident.id,
                sequence=-1,
                kind=change.value,
                body_json=body.model_dump_json(),
                evidence=picture if sighting is not None else None,
            )

    def _worth_telling(self, change: Change, incident: Incident, at: datetime) -> bool:
        last = self._reported.get(incident.id)
        every = timedelta(seconds=self._evidence.seen_every_s)
        if change is Change.SEEN and last is not None and abs(at - last) < every:
            return False
        if change in (Change.ENDED, Change.UNWATCHED):
            self._reported.pop(incident.id, None)
        else:
            self._reported[incident.id] = at
        return True

    def _write(self) -> None:
        """Write what is not written yet; on a full or locked disk keep it in memory and say so."""
        if not (self._touched or self._unwritten) or self._running_s() < self._again_at_s:
            return
        # The feeds' notes go with their incidents: a visit that comes again is known to have been remembered.
        notes = [FeedMemory(feed_id, self._notes.text(feed_id)) for feed_id in self._touched_feeds]
        views = [FeedMemory(VIEW_OF + feed_id, self._views.text(feed_id)) for feed_id in self._other_views]
        try:
            self._ledger.commit(self._touched.values(), self._unwritten, [*notes, *views])
        except Deposed as error:
            self._deposed()
            raise NotLeading(str(error)) from error
        except LedgerError as error:
            self._again_at_s = self._running_s() + _AGAIN_AFTER_S
            self._board.tell("ledger", str(error))
            _events.error("ledger_not_written", reason=str(error), reports=len(self._unwritten))
            self._drop_old_pictures()
            return
        self._board.tell("ledger", None)
        self._touched.clear()
        self._touched_feeds.clear()
        self._other_views.clear()
        self._unwritten.clear()

    def _drop_old_pictures(self) -> None:
        spare = len(self._unwritten) - _PICTURES_KEPT_IN_TROUBLE
        for index in range(spare):
            report = self._unwritten[index]
            if report.evidence is not None:
                self._unwritten[index] = Report(
                    report.incident_id, report.sequence, report.kind, report.body_json, None
                )

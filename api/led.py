"""What a patrol process does while it leads: schedule, remember, report."""

from __future__ import annotations

import itertools
import json
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import httpx
import structlog

from api.board import Board, Counts
from api.closertally import CloserTally
from api.feednotes import FeedNotes
from api.health import HealthPost
from api.leading import Job
from api.mutepost import MutePost
from api.poster import Poster
from api.recheckpost import RecheckPost
from api.viewpost import ViewPost
from api.visited import Visited
from api.watch import VIEW_OF, Watch
from configs.matters import Catalogue
from configs.settings import Settings
from detector.log import PatrolLog
from gridmap.followup import again_in_s
from gridmap.grouping import IncidentBook
from gridmap.incident import Stage
from gridmap.ledger import FeedMemory
from gridmap.muted import MutedPlaces
from gridmap.reign import Reign
from streams.bus.port import Bus
from streams.collector import Collector
from streams.due import Due
from streams.errors import BusError
from streams.feedviews import FeedViews
from streams.legacy import Legacy
from streams.rotation import Rotation
from streams.schedule import Schedule

_log = structlog.get_logger()
NOTES = "*feeds"
"""Under this key the ledger remembers all feeds' notes; no feed id starts with a star."""
TURNS = "*turns"
"""And under this one the schedule's legacy."""
BOARD = "*board"
"""And under this one how each feed was at its last visit."""
_SIGHT = "*sight"
"""Until version 0.1: the runs of identical pictures alone."""
_AHEAD = 0.25
"""Of the processes' capacity: what is offered ahead, so that who gets free need not wait for the leader."""


def _now() -> datetime:
    return datetime.now(UTC)


class Led:
    """The leader's parts, made when this process begins to lead.

    Parameters
    ----------
    bus, ledger
        Where visits go and come from; what makes what was found survive.
    board, log
        Hear of every visit.
    catalogue, settings
        What is looked for, and how.
    schedule
        Makes one as at a start.
    client
        With the API's base URL, its bearer token and a timeout.
    views
        Makes what is known of each feed's view, from what the ledger remembers.
    stop
        Ends the process's run.
    """

    def __init__(  # noqa: PLR0913 - what a leader leads with
        self,
        bus: Bus[Visited],
        ledger: Reign,
        board: Board,
        log: PatrolLog,
        *,
        catalogue: Catalogue,
        settings: Settings,
        schedule: Callable[[], Schedule],
        client: httpx.Client,
        views: Callable[[Mapping[str, str]], FeedViews],
        stop: threading.Event,
    ) -> None:
        self.bus = bus
        self._ledger = ledger
        self._board = board
        self._log = log
        self._catalogue = catalogue
        self._rules = {matter.key: matter.rule for matter in catalogue.matters}
        self._settings = settings
        self._make_schedule = schedule
        self._client = client
        self._make_views = views
        self._stop = stop
        self.notes = FeedNotes()
        self._views = FeedViews()
        self.deposed: Callable[[], None] = stop.set
        self._watch: Watch | None = None
        self._schedule: Schedule | None = None
        self._collector: Collector[Visited] | None = None

    def begin(self) -> Sequence[Job]:
        """Take up what the leader before left, and return the jobs; see ``api.leading.Leadership``."""
        if self._settings.bus:
            self._ledger.take_over()
        book = IncidentBook(self._catalogue, new_id=lambda: uuid4().hex)
        book.restore(self._ledger.open_incidents())
        kept = self._ledger.feed_memory()
        self._take_up_notes(kept)
        self._take_up_board(kept)
        self._views = self._make_views(kept)
        muted = MutedPlaces(self._settings.mute)
        mutes = MutePost(muted, self._ledger, self._client, wait=self._stop.wait)
        mutes.restore()
        self._schedule = schedule = self._made_schedule(kept)
        rechecks = self._made_rechecks(schedule)
        self._watch = watch = self._made_watch(book, muted, rechecks)
        rotation = self._made_rotation(schedule, watch)
        self._collector = Collector(self.bus, watch, rotation.finished)
        poster = Poster(
            self._ledger, self._client, wait=self._stop.wait, tell=partial(self._board.tell, "outbox"), now=_now
        )
        health = HealthPost(
            self._board,
            self._client,
            counts=partial(self._counted, schedule, book, muted),
            last_post_at=lambda: poster.last_post_at,
            wait=self._stop.wait,
        )
        return (
            ("rotation", partial(rotation.run, self._stop)),
            ("collector", partial(self._collector.run, self._stop)),
            ("poster", poster.run),
            ("health", health.run),
            ("mutes", mutes.run),
            ("views", ViewPost(self._views, self._client, wait=self._stop.wait).run),
            ("rechecks", rechecks.run),
        )

    def busy_for_s(self) -> float:
        """Return for how long one visit has been remembered."""
        return self._collector.busy_for_s() if self._collector else 0.0

    def kept(self) -> list[FeedMemory]:
        """Return what the next leader is to know: the schedule's legacy, then the feeds' notes, board and views."""
        turns = [FeedMemory(TURNS, self._schedule.legacy().text)] if self._schedule else []
        views = [FeedMemory(VIEW_OF + feed_id, text) for feed_id, text in self._views.changes().items()]
        return [*turns, FeedMemory(NOTES, self.notes.all()), FeedMemory(BOARD, self._board.kept()), *views]

    def lost(self, kept: Sequence[FeedMemory]) -> None:
        """Be told that what ``kept`` returned could not be written: views are told only once else."""
        views = [one.feed_id for one in kept if one.feed_id.startswith(VIEW_OF)]
        self._views.wait_again(feed_id.removeprefix(VIEW_OF) for feed_id in views)

    def finish(self) -> None:
        """Remember what was delivered last, and write what an earlier trouble kept from being written."""
        if self._collector is None or self._watch is None:
            return
        try:
            while self._collector.collect(wait_s=0):
                pass
            self._watch.flush()
            self._collector.collect(wait_s=0)
        except BusError as error:
            _log.warning("visits_left_on_the_bus", reason=str(error))

    def _counted(self, schedule: Schedule, book: IncidentBook, muted: MutedPlaces) -> Counts:
        """Return what the board tells of them, and have it say when intervals are stretched."""
        stretch = schedule.stretch()
        self._board.tell("load", stretch.sentence)
        outbox = self._ledger.counts()
        return Counts(
            late=schedule.late(),
            suspects=book.count(Stage.SUSPECT),
            incidents=book.count(Stage.CONFIRMED),
            outbox=outbox.pending,
            dead_letters=outbox.dead,
            muted=muted.count(),
            resting=schedule.resting(),
            stretch=stretch.most,
        )

    def _made_rechecks(self, schedule: Schedule) -> RecheckPost:
        return RecheckPost(
            self._client,
            ask=schedule.ask,
            vehicle=self._board.is_vehicle,
            rules=self._rules,
            view_since=self._views.since,
            now=_now,
            wait=self._stop.wait,
        )

    def _made_watch(self, book: IncidentBook, muted: MutedPlaces, rechecks: RecheckPost) -> Watch:
        closer = CloserTally(tell=partial(self._board.tell, "closer"))
        if self._settings.patrol.closer_look.enabled:
            self._board.closer = closer.status
        return Watch(
            book=book,
            ledger=self._ledger,
            board=self._board,
            evidence=self._settings.evidence,
            log=self._log,
            muted=muted,
            notes=self.notes,
            views=self._views,
            deposed=self.deposed,
            follow_up=partial(
                again_in_s,
                rules=self._rules,
                follow_up_s=self._settings.patrol.follow_up_s,
            ),
            closer=closer,
            looked=rechecks.looked,
        )

    def _made_schedule(self, kept: Mapping[str, str]) -> Schedule:
        schedule = self._make_schedule()
        standing = set(self.bus.standing().values())
        schedule.catch_up(_legacy(kept), self.notes.visited_at(), under_way=standing)
        self._board.next_visit_at = schedule.next_visit_at
        return schedule

    def _made_rotation(self, schedule: Schedule, watch: Watch) -> Rotation:
        run, numbers = secrets.token_hex(4), itertools.count(1)

        def brief(due: Due) -> dict[str, object]:
            return watch.brief(due.feed_id, at=_now()).as_record()

        return Rotation(
            schedule,
            self.bus,
            ticket=lambda: f"{run}-{next(numbers)}",
            brief=brief,
            ahead=_AHEAD if self._settings.bus else 0.0,
            tell=partial(self._board.tell, "offers"),
        )

    def _take_up_notes(self, kept: Mapping[str, str]) -> None:
        """Take up the feeds' notes, the latest of each; what cannot be read is begun anew."""
        by_feed = {key: text for key, text in kept.items() if not key.startswith("*")}
        for notes in (_of_before(kept), json.loads(kept.get(NOTES, "{}")), by_feed, self.bus.notes()):
            try:
                self.notes.take_up(notes)
            except (KeyError, TypeError, ValueError) as error:
                _log.warning("notes_not_taken_up", reason=f"{type(error).__name__}: {error}")

    def _take_up_board(self, kept: Mapping[str, str]) -> None:
        try:
            self._board.take_up(kept.get(BOARD, "{}"))
        except ValueError as error:
            _log.warning("board_not_taken_up", reason=str(error))


def _legacy(kept: Mapping[str, str]) -> Legacy:
    try:
        return Legacy.from_text(kept[TURNS]) if TURNS in kept else Legacy()
    except (KeyError, TypeError, ValueError) as error:
        _log.warning("turns_not_taken_up", reason=f"{type(error).__name__}: {error}")
        return Legacy()


def _of_before(kept: Mapping[str, str]) -> dict[str, str]:
    runs = json.loads(kept.get(_SIGHT, "{}")) if NOTES not in kept else {}
    return {feed_id: json.dumps({"at": "", "memory": {"sight": run}, "tickets": []}) for feed_id, run in runs.items()}

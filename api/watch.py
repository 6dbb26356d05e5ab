"""The watch: what happens to a visit between the picture and the outbox.

One call per visit, in the visit's own thread: judge the picture, look for things, place them, remember, report.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import cv2
import structlog

from api.board import Board
from api.reporting import evidence_jpeg, incident_report
from configs.settings import EvidenceSettings
from detector.log import PatrolLog
from detector.model import Model
from gridmap.errors import LedgerError
from gridmap.grid import Grid
from gridmap.grouping import Happening, IncidentBook, Look
from gridmap.incident import Change, Incident
from gridmap.ledger import Ledger, Report
from gridmap.sighting import Sighting
from gridmap.view import View
from streams.feed import Feed
from streams.frame import Frame
from streams.sight import Sight
from streams.visit import Outcome, Visit

_events = structlog.get_logger()
_PICTURES_KEPT_IN_TROUBLE = 100
"""While the ledger cannot be written, at most so many evidence pictures wait in memory; records always do."""
_AGAIN_AFTER_S = 10.0
"""A ledger that could not be written is left alone for so long: a locked one makes each try wait."""


class Watch:
    """Turns visits into incidents and reports.

    Parameters
    ----------
    model, views, grid
        What looks, and where each feed looks to; ``views`` by feed id.
    sight
        Judges whether a picture shows the street.
    book, ledger
        The open incidents, and what makes them survive.
    board
        Hears of every visit.
    evidence
        How pictures are kept.
    log
        Remembers every visit and every raw detection.
    running_s
        A clock in seconds that only runs forward.
    """

    def __init__(  # noqa: PLR0913 - the stages of one visit, each passed in
        self,
        *,
        model: Model,
        views: Mapping[str, View],
        grid: Grid | None,
        sight: Sight,
        book: IncidentBook,
        ledger: Ledger,
        board: Board,
        evidence: EvidenceSettings,
        log: PatrolLog,
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._views = views
        self._grid = grid
        self._sight = sight
        self._book = book
        self._ledger = ledger
        self._board = board
        self._evidence = evidence
        self._log = log
        self._running_s = running_s
        self._again_at_s = 0.0
        self._not_handled = 0
        self._order = threading.Lock()
        """Observing and committing happen in one order, or a report could overtake the one before it."""
        self._unwritten: list[Report] = []
        self._touched: dict[str, Incident] = {}
        self._reported: dict[str, datetime] = {}

    def __call__(self, feed: Feed, visit: Visit, frame: Frame | None) -> Outcome:
        """Handle one visit and return its final outcome."""
        outcome, detail = visit.outcome, visit.detail
        if frame is not None:
            outcome, detail = self._sight.judge(feed, frame)
        view = self._views[feed.id]
        sightings: tuple[Sighting, ...] = ()
        if frame is not None and outcome.seeing:
            sightings = self._look_for_things(feed, view, frame)
        with self._order:
            self._remember(feed, view, frame, sightings, at=visit.finished_at, seeing=outcome.seeing)
        self._log.visit(visit, outcome, detail)
        self._board.visited(feed.id, visit, outcome, detail, frame=frame, privacy=view.privacy_polygons)
        return outcome

    def failed(self, feed: Feed, visit: Visit, error: Exception) -> None:
        """Put a visit that could not be handled on the board and into the log; see ``streams.rotation.OnVisit``."""
        self._not_handled += 1
        sentence = f"the picture came but could not be handled: {type(error).__name__}"
        self._board.tell(
            "handling",
            f"{self._not_handled} visits since the start could not be handled, the last of feed {feed.id}: "
            f"{type(error).__name__}; see the patrol's log",
        )
        self._log.visit(visit, visit.outcome, sentence)
        self._board.visited(feed.id, visit, visit.outcome, sentence)

    def flush(self) -> None:
        """Write what an earlier trouble kept from being written; for the end of the process."""
        with self._order:
            self._again_at_s = 0.0
            self._write()

    def _look_for_things(self, feed: Feed, view: View, frame: Frame) -> tuple[Sighting, ...]:
        (detections,) = self._model.detect([frame.image])
        self._log.detections(feed.id, frame, detections)
        return view.sightings(
            detections,
            frame_size=(frame.width, frame.height),
            at=frame.captured_at,
            fix=frame.fix,
            grid=self._grid,
        )

    def _remember(
        self,
        feed: Feed,
        view: View,
        frame: Frame | None,
        sightings: tuple[Sighting, ...],
        *,
        at: datetime,
        seeing: bool,
    ) -> None:
        look = Look(
            feed_id=feed.id,
            at=frame.captured_at if frame else at,
            seeing=seeing,
            sightings=sightings,
            fixed_view=not feed.vehicle,
            not_sought=view.not_sought(frame.captured_at if frame else at),
        )
        happenings = self._book.observe(look)
        self._unwritten.extend(self._reports(feed, view, frame, happenings, at=look.at))
        for incident in self._book.changed():
            self._touched[incident.id] = incident
        self._write()

    def _reports(
        self, feed: Feed, view: View, frame: Frame | None, happenings: Iterable[Happening], *, at: datetime
    ) -> Iterable[Report]:
        picture: bytes | None = None
        for happening in happenings:
            change, incident, sighting = happening
            if not self._worth_telling(change, incident, at):
                continue
            if picture is None and frame is not None and sighting is not None:
                picture = self._picture(feed, view, frame)
            body = incident_report(happening, feed=feed, captured_at=at, synthetic=self._model.card.synthetic)
            yield Report(
                incident_id=incident.id,
                sequence=-1,
                kind=change.value,
                body_json=body.model_dump_json(),
                evidence=picture if sighting is not None else None,
            )

    def _picture(self, feed: Feed, view: View, frame: Frame) -> bytes | None:
        """Return the evidence, or None for a picture that cannot be made into one: the report goes without it."""
        try:
            return evidence_jpeg(frame, view.privacy_polygons, self._evidence)
        except (ValueError, cv2.error) as error:
            _events.error("evidence_not_made", feed=feed.id, reason=str(error))
            return None

    def _worth_telling(self, change: Change, incident: Incident, at: datetime) -> bool:
        last = self._reported.get(incident.id)
        every = timedelta(seconds=self._evidence.seen_every_s)
        if change is Change.SEEN and last is not None and abs(at - last) < every:
            return False
        if change is Change.ENDED:
            self._reported.pop(incident.id, None)
        else:
            self._reported[incident.id] = at
        return True

    def _write(self) -> None:
        """Write what is not written yet; on a full or locked disk keep it in memory and say so."""
        if not (self._touched or self._unwritten) or self._running_s() < self._again_at_s:
            return
        try:
            self._ledger.commit(self._touched.values(), self._unwritten)
        except LedgerError as error:
            self._again_at_s = self._running_s() + _AGAIN_AFTER_S
            self._board.tell("ledger", str(error))
            _events.error("ledger_not_written", reason=str(error), reports=len(self._unwritten))
            self._drop_old_pictures()
            return
        self._board.tell("ledger", None)
        self._touched.clear()
        self._unwritten.clear()

    def _drop_old_pictures(self) -> None:
        spare = len(self._unwritten) - _PICTURES_KEPT_IN_TROUBLE
        for index in range(spare):
            report = self._unwritten[index]
            if report.evidence is not None:
                self._unwritten[index] = Report(
                    report.incident_id, report.sequence, report.kind, report.body_json, None
                )

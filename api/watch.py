"""The watch: what happens to a visit between the picture and the outbox.

One call per visit, in the visit's own thread: judge the picture, look for things, place them, remember, report.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import cv2
import structlog

from api.board import Board
from api.dataset.keeping import Keeper
from api.reporting import evidence_jpeg, incident_report
from api.seen import Seen
from configs.settings import EvidenceSettings, MuteSettings
from detector.detection import Detection
from detector.log import PatrolLog
from detector.model import Model
from detector.tiling import look as look_at
from gridmap.errors import LedgerError
from gridmap.grid import Grid
from gridmap.grouping import Happening, IncidentBook, Look
from gridmap.incident import Change, Incident
from gridmap.ledger import Ledger, Report
from gridmap.muted import MutedPlaces
from gridmap.scene import Scene, SceneRules
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
    scenes
        Says what a picture's detections come to.
    muted
        The places at which nothing is raised; none when left out.
    beside
        Told of each look when all else is done: view, frame and what was found. It must neither wait nor raise.
    keeper
        Keeps a sample of the pictures that are no evidence, to learn from.
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
        scenes: SceneRules,
        muted: MutedPlaces | None = None,
        beside: Callable[[View, Frame, tuple[Detection, ...]], None] | None = None,
        keeper: Keeper | None = None,
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
        self._scenes = scenes
        self._muted = muted or MutedPlaces(MuteSettings())
        self._beside = beside
        self._keeper = keeper
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
        scene = self._scenes.unseen(self._model.card.labels)
        found: tuple[Detection, ...] | None = None
        if frame is not None and outcome.seeing:
            found = self._look_for_things(feed, frame, view)
            scene = self._scene(frame, found)
            if detail := self._scenes.blocked(scene, view.zones.watched):
                outcome = Outcome.BLOCKED
        seen = Seen(feed, view, frame, scene, frame.captured_at if frame else visit.finished_at)
        look = self._without_muted(seen, seen.look(self._grid, seeing=outcome.seeing))
        with self._order:
            self._remember(seen, look)
        self._log.visit(visit, outcome, detail)
        self._board.visited(feed.id, visit, outcome, detail, frame=frame, privacy=seen.private)
        self._board.held_back(feed.id, sum(sighting.muted for sighting in look.sightings))
        self._pass_on(seen, found, seeing=outcome.seeing)
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

    def _look_for_things(self, feed: Feed, frame: Frame, view: View) -> tuple[Detection, ...]:
        detections = look_at(self._model, frame.image, view.tiling)
        self._log.detections(feed.id, frame, detections)
        return detections

    def _pass_on(self, seen: Seen, found: tuple[Detection, ...] | None, *, seeing: bool) -> None:
        """Let those have the look who act on nothing: a candidate, and the keeper of pictures to learn from."""
        if seen.frame is None or found is None:
            return
        if self._beside:
            self._beside(seen.view, seen.frame, found)
        if self._keeper and seeing:
            card, render = self._model.card, partial(self._picture, seen)
            self._keeper.offer(
                seen.feed.id, seen.frame, found, findings=seen.scene.findings, card=card, render=render
            )

    def _scene(self, frame: Frame, detections: tuple[Detection, ...]) -> Scene:
        return self._scenes.scene(detections, labels=self._model.card.labels, frame_size=(frame.width, frame.height))

    def _without_muted(self, seen: Seen, look: Look) -> Look:
        if not (look.seeing and look.fixed_view):
            return look
        return replace(look, sightings=self._muted.sorted(look.sightings, seen.imprint, at=look.at))

    def _remember(self, seen: Seen, look: Look) -> None:
        happenings = [*self._let_go(look), *self._book.observe(look)]
        self._unwritten.extend(self._reports(seen, happenings))
        for incident in self._book.changed():
            self._touched[incident.id] = incident
        self._write()

    def _let_go(self, look: Look) -> Iterator[Happening]:
        """End what was known of places that are muted no more: what this look sees there is raised anew."""
        for place in self._muted.released(look.feed_id) if look.seeing else ():
            here = partial(place.covers, least=self._muted.same_place_iou)
            yield from self._book.let_go(look.feed_id, place.matter, here=here, at=look.at)

    def _reports(self, seen: Seen, happenings: Iterable[Happening]) -> Iterable[Report]:
        picture: bytes | None = None
        for happening in happenings:
            change, incident, sighting = happening
            if not self._worth_telling(change, incident, seen.at):
                continue
            if picture is None and sighting is not None:
                picture = self._picture(seen)
            body = incident_report(
                happening,
                feed=seen.feed,
                captured_at=seen.at,
                synthetic=self._model.card.synthetic,
                look=seen.imprint(sighting.view_box) if sighting and sighting.fixed_view else None,
            )
            yield Report(
                incident_id=incident.id,
                sequence=-1,
                kind=change.value,
                body_json=body.model_dump_json(),
                evidence=picture if sighting is not None else None,
            )

    def _picture(self, seen: Seen) -> bytes | None:
        """Return the evidence, or None for a picture that cannot be made into one: the report goes without it."""
        if seen.frame is None:
            return None
        try:
            return evidence_jpeg(seen.frame, seen.private, self._evidence)
        except (ValueError, cv2.error) as error:
            _events.error("evidence_not_made", feed=seen.feed.id, reason=str(error))
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

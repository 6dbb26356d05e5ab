"""The lookout: what happens to a visit while its picture is at hand.

One call per visit, in the visit's own thread: judge the picture, look for things, place them. What is made of it all
is the watch's business (``api.watch``), which may be another process's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from api.brief import Brief
from api.closer import Closely, Closer
from api.dataset.keeping import Keeper
from api.seen import Seen
from api.visited import Visited
from configs.settings import EvidenceSettings
from detector.detection import Detection
from detector.log import PatrolLog
from detector.model import Model
from detector.tiling import look as look_at
from gridmap.grid import Grid
from gridmap.scene import Scene, SceneRules
from gridmap.view import View
from streams.feed import Feed
from streams.frame import Frame
from streams.sight import Sight
from streams.visit import Outcome, Visit

_NOTHING_TOLD: Mapping[str, Any] = MappingProxyType(Brief().as_record())


class Lookout:
    """Turns a visit and its picture into what is remembered of them.

    Parameters
    ----------
    model, views, grid
        What looks, and where each feed looks to; ``views`` by feed id.
    sight
        Judges whether a picture shows the street.
    evidence
        How pictures are kept.
    log
        Remembers every raw detection.
    scenes
        Says what a picture's detections come to.
    beside
        Told of each look: view, frame and what was found. It must neither wait nor raise.
    keeper
        Keeps a sample of the pictures that are no evidence, to learn from.
    closer
        Looks again where something small was found; nobody does when left out.
    not_sought
        Says which matters (keys) do not count on a visit for these plans (ids).
    """

    def __init__(  # noqa: PLR0913 - the stages of one look, each passed in
        self,
        *,
        model: Model,
        views: Mapping[str, View],
        grid: Grid | None,
        sight: Sight,
        evidence: EvidenceSettings,
        log: PatrolLog,
        scenes: SceneRules,
        beside: Callable[[View, Frame, tuple[Detection, ...]], None] | None = None,
        keeper: Keeper | None = None,
        closer: Closer | None = None,
        not_sought: Callable[[tuple[str, ...]], frozenset[str]] = lambda _: frozenset(),
    ) -> None:
        self._model = model
        self._views = views
        self._grid = grid
        self._sight = sight
        self._evidence = evidence
        self._log = log
        self._scenes = scenes
        self._beside = beside
        self._keeper = keeper
        self._closer = closer
        self._not_sought = not_sought

    def __call__(
        self, feed: Feed, visit: Visit, frame: Frame | None, brief: Mapping[str, Any] = _NOTHING_TOLD
    ) -> Visited:
        """Look at one visit's picture and return what came of it.

        Parameters
        ----------
        brief
            What is known and asked for, as ``api.brief.Brief.as_record`` wrote it.
        """
        outcome, detail = visit.outcome, visit.detail
        told = brief.get("memory", {})
        if frame is not None:
            self._sight.recall(feed, told)
            outcome, detail = self._sight.judge(feed, frame)
        view = self._views[feed.id]
        scene = self._scenes.unseen(self._model.card.labels)
        found: tuple[Detection, ...] | None = None
        if frame is not None and outcome.seeing:
            found = self._look_for_things(feed, frame, view)
            scene = self._scene(frame, found)
            if detail := self._scenes.blocked(scene, view.zones.watched):
                outcome = Outcome.BLOCKED
        at = frame.captured_at if frame else visit.finished_at
        seen = Seen(feed, view, frame, scene, at, self._evidence)
        not_sought = self._not_sought(visit.plan)
        closely = Closely(scene)
        if outcome.seeing and self._closer:
            closely = self._closer(seen, visit, known=Brief.from_record(brief).known, not_sought=not_sought)
            seen, detail = replace(seen, scene=closely.scene), closely.told.why
        self._pass_on(seen, found, seeing=outcome.seeing)
        return Visited(
            replace(visit, cpu_ms=visit.cpu_ms + closely.cpu_ms),
            outcome,
            detail,
            feed.name,
            look=seen.look(self._grid, seeing=outcome.seeing).without(not_sought),
            synthetic=self._model.card.synthetic,
            pictures=seen,
            memory={} if frame is None else self._news_of(feed, told),
            closer=closely.told,
        )

    def failed(self, visit: Visit, feed_name: str, why: str) -> Visited:
        """Return what is left of a visit on which the call above raised."""
        return Visited.unhandled(visit, feed_name, why)

    def _news_of(self, feed: Feed, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the next look must know and this one was not told."""
        return {key: value for key, value in self._sight.memory(feed).items() if value != told.get(key)}

    def _look_for_things(self, feed: Feed, frame: Frame, view: View) -> tuple[Detection, ...]:
        detections = look_at(self._model, frame.image, view.tiling)
        self._log.detections(feed.id, frame, detections)
        return detections

    def _scene(self, frame: Frame, detections: tuple[Detection, ...]) -> Scene:
        return self._scenes.scene(detections, labels=self._model.card.labels, frame_size=(frame.width, frame.height))

    def _pass_on(self, seen: Seen, found: tuple[Detection, ...] | None, *, seeing: bool) -> None:
        """Let those have the look who act on nothing: a candidate, and the keeper of pictures to learn from."""
        if seen.frame is None or found is None:
            return
        if self._beside:
            self._beside(seen.view, seen.frame, found)
        if self._keeper and seeing:
            self._keeper.offer(
                seen.feed.id,
                seen.frame,
                found,
                findings=seen.scene.findings,
                card=self._model.card,
                render=seen.evidence,
            )

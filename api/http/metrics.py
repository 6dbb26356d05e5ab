"""Prometheus metrics of the case API."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.deps import Deps
from api.http.plangauges import PlanGauges
from api.http.views import ALIVE_FOR

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Counts requests, and tells of the records when asked."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "gridpatrol_http_requests", "Requests answered", ("operation", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "gridpatrol_http_request_seconds",
            "Time to the first byte of the answer",
            ("operation",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._gauges = {name: Gauge(f"gridpatrol_{name}", text, registry=self._registry) for name, text in _GAUGES}
        self._plans = PlanGauges(self._registry)

    def answered(self, operation: str, *, status: int, seconds: float) -> None:
        """Count one request; ``operation`` is the name of the function that answered."""
        self._requests.labels(operation, str(status)).inc()
        self._seconds.labels(operation).observe(seconds)

    def text(self, deps: Deps) -> bytes:
        """Return everything in Prometheus' text form."""
        with deps.store.reading() as book:
            told, pending = book.feeds.patrol(), book.incidents.pending()
        values = {"incidents_pending": pending, "event_listeners": deps.events.listeners}
        values["api_trouble"] = len(deps.trouble.sentences())
        if told is not None:
            status, received_at = told
            values["patrol_alive"] = int(deps.now() - received_at <= ALIVE_FOR)
            for name in ("feeds", "visits", "visits_per_s", "late", "stretch", "incidents", "outbox", "dead_letters"):
                values[f"patrol_{name}"] = getattr(status, name)
            values["patrol_resting"] = sum(status.resting.values())
            values |= {f"patrol_{outcome}": status.outcomes.get(outcome, 0) for outcome in ("turned", "blurred")}
            if status.shadow is not None:
                values |= {
                    f"shadow_{name}": getattr(status.shadow, name) for name in ("looks", "skipped", "failures")
                }
            if status.capture is not None:
                values |= {f"capture_{name}": value for name, value in status.capture.model_dump().items()}
            if status.closer is not None:
                values |= {f"closer_{name}": value for name, value in status.closer.model_dump().items()}
        self._plans.set(told[0].promises if told else [], deps.coverages.last_day() if deps.coverages else None)
        for name, value in values.items():
            self._gauges[name].set(value)
        return generate_latest(self._registry)


_GAUGES = (
    ("incidents_pending", "Incidents that wait for review"),
    ("event_listeners", "Browsers that follow events"),
    ("api_trouble", "Troubles of the case API"),
    ("patrol_alive", "1 when the patrol was heard of in the last 60 s"),
    ("patrol_feeds", "Feeds of the patrol"),
    ("patrol_turned", "Feeds that no longer show the view they are known by"),
    ("patrol_blurred", "Feeds that are out of focus"),
    ("patrol_visits", "Visits since the patrol's start"),
    ("patrol_visits_per_s", "Visits per second"),
    ("patrol_late", "Feeds due longer than a tenth of their interval ago"),
    ("patrol_stretch", "By how much the most stretched intervals are longer than asked for"),
    ("patrol_resting", "Feeds that must not be visited now: plans closed, owners do not allow it"),
    ("patrol_incidents", "Incidents confirmed and not ended"),
    ("patrol_outbox", "Reports that wait to be posted"),
    ("patrol_dead_letters", "Reports that were refused for good"),
    ("capture_processes", "Capture processes of the patrol"),
    ("capture_own_mb", "Memory that the capture processes have for themselves, in megabytes"),
    ("capture_recycled", "Capture processes replaced for their age or size since the patrol's start"),
    ("capture_crashed", "Capture processes that ended by themselves"),
    ("capture_hung", "Capture processes replaced because a look did not come back"),
    ("closer_confirmed", "Small findings that the main stream showed, too, since the patrol's start"),
    ("closer_refuted", "Small findings that the main stream did not show"),
    ("closer_failed", "Small findings that nobody could look at closer"),
    ("closer_opens", "Connections made to main streams for closer looks"),
    ("closer_failing", "Feeds whose main stream could not be used for the last closer look"),
    ("shadow_looks", "Looks of the candidate model in shadow since the patrol's start"),
    ("shadow_skipped", "Pictures the candidate was too far behind for"),
    ("shadow_failures", "Crashes, hangs and errors of the candidate"),
)


class Measured:
    """Counts every request of the application it wraps."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - began
                self._metrics.answered(_operation(scope), status=message["status"], seconds=seconds)
            await send(message)

        await self._app(scope, receive, counted)


def _operation(scope: Scope) -> str:
    # Never the address itself: an asker could make up any number of them.
    return str(getattr(scope.get("endpoint"), "__name__", "none"))

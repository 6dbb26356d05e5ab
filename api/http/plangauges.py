"""Prometheus metrics by plan: the promise, and the coverage of the last 24 hours."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge

from api.http.feedshapes import PromiseStatus
from detector.coveragereport import Coverage


class PlanGauges:
    """Gauges that come and go with the plans.

    Parameters
    ----------
    registry
        Where they are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._promise = {
            name: Gauge(f"gridpatrol_promise_{name}", text, ("plan",), registry=registry) for name, text in _PROMISE
        }
        self._coverage = {
            name: Gauge(f"gridpatrol_coverage_{name}", text, ("plan",), registry=registry) for name, text in _COVERAGE
        }
        self._blind = Gauge(
            "gridpatrol_coverage_blind",
            "Planned visits of the last 24 h that were made and saw nothing",
            ("plan", "outcome"),
            registry=registry,
        )

    def set(self, promises: Iterable[PromiseStatus], last_day: Coverage | None) -> None:
        """Show these; plans that are gone are gone."""
        for gauge in (*self._promise.values(), *self._coverage.values(), self._blind):
            gauge.clear()
        for promise in promises:
            self._promise["feeds"].labels(promise.plan).set(promise.feeds)
            self._promise["broken"].labels(promise.plan).set(promise.broken)
            self._promise["within_seconds"].labels(promise.plan).set(promise.within_s)
            longest = max((unseen.unseen_s for unseen in promise.longest), default=0.0)
            self._promise["unseen_seconds"].labels(promise.plan).set(longest)
        for (plan,), tally in last_day.rows.items() if last_day else ():
            for name, gauge in self._coverage.items():
                gauge.labels(plan).set(getattr(tally, name))
            for outcome, count in (tally.blind or {}).items():
                self._blind.labels(plan, outcome).set(count)


_PROMISE = (
    ("feeds", "Feeds of the plan"),
    ("broken", "Feeds that were not seen within the time that the plan promises"),
    ("within_seconds", "The time within which each feed is to be seen"),
    ("unseen_seconds", "How long the feed was not seen that was not seen for longest, of those not seen in time"),
)
_COVERAGE = (
    ("planned", "Visits that were planned in the last 24 h"),
    ("done", "Planned visits of the last 24 h that were made"),
    ("seen", "Planned visits of the last 24 h that saw the street"),
    ("late", "Planned visits of the last 24 h that were made late"),
    ("missed", "Planned visits of the last 24 h that were not made"),
    ("backing_off", "Planned visits of the last 24 h that were not made because the camera had failed before"),
)

"""The report of a shadow run: what people read before they promote a candidate, and the same as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from api.shadowverdicts import Standing
from detector.shadowreport import ENOUGH, Comparison, Tally

_MOST_FEEDS = 5


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """A candidate beside the serving model since a moment.

    Parameters
    ----------
    serving_id, shadow_id
        The two models.
    since, last
        From when on looks count, and when the last picture was taken; aware.
    comparison
        Findings, each model's at its own thresholds.
    standing
        Against operators' verdicts.
    notes
        What the reader must know besides, one sentence each.
    """

    serving_id: str
    shadow_id: str
    since: datetime
    last: datetime
    comparison: Comparison
    standing: Standing
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """One sentence: whether there is enough to judge by."""
        compared, standing = self.comparison, self.standing
        seen = f"{compared.looks} pictures of {compared.feeds} feeds, {compared.total.all} findings of either model"
        judged = f"{standing.confirmed + standing.rejected} incidents with a verdict"
        if compared.enough:
            return f"enough to judge by: {seen}, {judged}; shares are right to ±{compared.margin:.0%}"
        return f"NOT enough to judge by: {seen}, {judged}; {ENOUGH} findings tell shares to ±5 %"

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values for scripts."""
        compared = self.comparison
        return {
            "serving": self.serving_id,
            "shadow": self.shadow_id,
            "since": self.since.isoformat(),
            "last": self.last.isoformat(),
            "looks": compared.looks,
            "feeds": compared.feeds,
            "total": _plain(compared.total),
            "by_label": {label: _plain(tally) for label, tally in compared.by_label.items()},
            "by_feed": {feed: _plain(tally) for feed, tally in compared.by_feed.items()},
            "cpu_ms": {"serving": compared.serving_ms, "shadow": compared.shadow_ms},
            "verdicts": asdict(self.standing),
            "enough": compared.enough,
            "verdict": self.verdict,
            "notes": list(self.notes),
        }

    def lines(self) -> list[str]:
        """Return the report for people."""
        return [
            f"serving     {self.serving_id}",
            f"candidate   {self.shadow_id}, in shadow since {self.since:%Y-%m-%d %H:%M} UTC or later",
            *self._findings(),
            *self._feeds(),
            *self._verdicts(),
            f"CPU a look  {_ms(self.comparison.serving_ms)} serving, {_ms(self.comparison.shadow_ms)} candidate",
            *(f"note        {note}" for note in self.notes),
            self.verdict,
        ]

    def _findings(self) -> Iterator[str]:
        compared = self.comparison
        yield f"{'label':<12}{'serving':>9}{'candidate':>11}{'both':>7}{'only serving':>14}{'only candidate':>16}"
        for label, tally in (*compared.by_label.items(), ("all", compared.total)):
            serving, shadow = tally.both + tally.only_serving, tally.both + tally.only_shadow
            row = f"{label:<12}{serving:>9}{shadow:>11}{tally.both:>7}{tally.only_serving:>14}{tally.only_shadow:>16}"
            yield row if tally.agreement is None else f"{row}   agree {tally.agreement:.0%}"

    def _feeds(self) -> Iterator[str]:
        differing = [(feed, tally) for feed, tally in self.comparison.by_feed.items() if tally.differing]
        for feed, tally in differing[:_MOST_FEEDS]:
            yield f"differs     {feed}: {tally.only_serving} only serving, {tally.only_shadow} only candidate"
        if len(differing) > _MOST_FEEDS:
            yield f"            and {len(differing) - _MOST_FEEDS} more feeds"

    def _verdicts(self) -> Iterator[str]:
        standing = self.standing
        if standing.confirmed:
            yield f"confirmed   {_share(standing.confirmed_seen, standing.confirmed)} it sees too"
        if standing.rejected:
            spared = standing.rejected - standing.rejected_seen
            yield f"rejected    {_share(spared, standing.rejected)} it would not have raised"
        if not (standing.confirmed or standing.rejected):
            yield "verdicts    none on what both models looked at"


def _plain(tally: Tally) -> dict[str, Any]:
    return {**asdict(tally), "agreement": tally.agreement}


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} incidents ({part / whole:.0%})"


def _ms(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1f} ms"

"""Coverage: what became of the planned visits."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from api.coverages import Wanted
from api.errors import Missing
from api.http.coverageshapes import CoverageRow, CoverageView, TallyView
from api.http.deps import READERS, Deps, Wired
from api.http.moment import Moment
from api.http.problems import problem_responses
from detector.coveragecount import By, Key
from detector.coveragereport import Coverage

router = APIRouter(prefix="/coverage", tags=["coverage"])
_LONGEST = timedelta(days=92)


@router.get(
    "",
    summary="What became of the planned visits",
    response_model=CoverageView,
    responses=problem_responses(401, 403, 404, 422, 503),
    dependencies=READERS,
)
def get_coverage(
    deps: Wired,
    *,
    by: Annotated[list[By] | None, Query(description="one row for each combination; by plan when left out")] = None,
    plan: Annotated[str | None, Query(max_length=100, description="only this plan, at its own interval")] = None,
    since: Annotated[Moment | None, Query(description="empty means 24 hours before the end")] = None,
    until: Annotated[Moment | None, Query(description="empty means now")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> CoverageView:
    """Return how many visits were planned, and how many of them saw, were blind and why, late, or never made."""
    wanted = Wanted(tuple(dict.fromkeys(by or [By.PLAN])), plan, since, until)
    _refuse_odd(deps, wanted)
    answer = _answered(deps, wanted)
    if plan is not None and plan not in answer.plans:
        raise Missing(f"there was no plan {plan!r} in this time; there were: {', '.join(answer.plans) or 'none'}")
    return _view(answer, limit)


def _refuse_odd(deps: Deps, wanted: Wanted) -> None:
    until = wanted.until or deps.now()
    since = wanted.since or until - timedelta(hours=24)
    if since >= until:
        raise HTTPException(422, "since must lie before until")
    if until - since > _LONGEST:
        raise HTTPException(422, f"ask for at most {_LONGEST.days} days at once")


def _answered(deps: Deps, wanted: Wanted) -> Coverage:
    if deps.coverages is None:
        raise HTTPException(503, "this API knows no patrol's log; ask `gridpatrol coverage` where the patrol runs")
    try:
        return deps.coverages.answer(wanted)
    except OSError as error:
        raise HTTPException(503, f"the patrol's log cannot be read: {error}") from error


def _view(answer: Coverage, limit: int) -> CoverageView:
    rows = answer.worst_first()
    question = answer.question
    return CoverageView(
        since=question.since,
        until=question.until,
        recorded_since=answer.recorded_since,
        plans=list(answer.plans),
        plan=question.plan,
        by=[by.value for by in question.by],
        total=TallyView.model_validate(answer.total.as_json()),
        rows=[_row(answer, key) for key, _ in rows[:limit]],
        left_out=max(0, len(rows) - limit),
    )


def _row(answer: Coverage, key: Key) -> CoverageRow:
    return CoverageRow.model_validate(answer.named(key) | answer.rows[key].as_json())

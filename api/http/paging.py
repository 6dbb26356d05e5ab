"""Cursors: where a page ended, as an opaque text. They stay right while rows come in between two pages."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Query

from api.errors import Unfit
from api.http.moment import sensible
from api.http.schemas import Page
from api.incident import IncidentRecord
from api.store.records import Mark

Item = TypeVar("Item")
Noun = TypeVar("Noun")

Limit = Annotated[int, Query(ge=1, le=200, description="most items on a page")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before")]


def page_of(
    found: Sequence[Noun], *, limit: int, view: Callable[[Noun], Item], cursor: Callable[[Noun], str]
) -> Page[Item]:
    """Return one page of ``found``, which holds one item more than ``limit`` when there is another page."""
    shown = found[:limit]
    more = len(found) > limit
    return Page(items=[view(noun) for noun in shown], next_cursor=cursor(shown[-1]) if more else None)


def id_cursor(last_id: str) -> str:
    """Return the cursor of a list that is sorted by id."""
    return _encoded(["id", last_id])


def id_after(cursor: str | None) -> str | None:
    """Return the id a cursor stands for; raises ``Unfit`` when it is not one of this list."""
    return None if cursor is None else _decoded(cursor, "id", 2)[1]


def incident_cursor(order: str, record: IncidentRecord) -> str:
    """Return the cursor of a list of incidents in this order."""
    value = record.score if order == "score" else record.received_at.isoformat()
    return _encoded([order, record.id, value])


def incident_after(cursor: str | None, order: str) -> Mark | None:
    """Return the mark a cursor stands for; raises ``Unfit`` when it is not one of this list and order."""
    if cursor is None:
        return None
    _, last_id, value = _decoded(cursor, order, 3)
    try:
        return Mark(_score(value) if order == "score" else sensible(datetime.fromisoformat(value)), last_id)
    except (TypeError, ValueError, OverflowError) as error:
        raise _foreign() from error


def _score(value: str) -> float:
    score = float(value)
    if not math.isfinite(score):
        raise ValueError("a score is a number")
    return score


def _encoded(parts: Sequence[str | float]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _decoded(cursor: str, kind: str, length: int) -> list[str]:
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _foreign() from error
    if not isinstance(parts, list) or len(parts) != length or parts[0] != kind or not _is_id(parts[1]):
        raise _foreign()
    return parts


def _is_id(part: object) -> bool:
    # A lone surrogate, which JSON can carry, is no text that a database could be asked for.
    return isinstance(part, str) and not any("\ud800" <= letter <= "\udfff" for letter in part)


def _foreign() -> Unfit:
    return Unfit("the cursor does not belong to this list and order; start again without it")

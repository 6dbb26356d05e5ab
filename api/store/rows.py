"""Reading single rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Select

Noun = TypeVar("Noun")


def one(connection: Connection, statement: Select[Any], build: Callable[[Any], Noun]) -> Noun | None:
    """Return what ``build`` makes of the statement's only row, or None when there is no row."""
    row = connection.execute(statement).one_or_none()
    return None if row is None else build(row)

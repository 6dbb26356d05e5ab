"""Spans of time as people write them on the command line."""

from __future__ import annotations

import re
from datetime import timedelta

import typer

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span_of(written: str) -> timedelta:
    """Return a span such as ``90m``, ``24h`` or ``7d``; anything else ends the command with the usage code.

    >>> span_of("24h")
    datetime.timedelta(days=1)
    """
    match = re.fullmatch(r"(\d{1,6})([mhd])", written)
    if match is None or not int(match[1]):
        raise typer.BadParameter(f"{written!r} is no span of time; write one such as 90m, 24h or 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})

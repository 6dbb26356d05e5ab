"""What can go wrong on the way to a frame.

SourceError                 the visit failed; it carries the outcome to record. Back off, try again later.
├── Unreachable             refused, no route, no such host or file, server error
├── TimedOut                nothing came within the time allowed
├── Unauthorised            the feed wants other credentials: mend the configuration
├── NotAnImage              an answer came, but no usable picture (HTML, truncated, no video, too large)
├── Stale                   a picture came, but it is old
└── OtherView               a main stream's picture came, but not of the view that the sub-stream shows
TrackError                  a track file cannot be used: mend or replace the file
BusError                    the bus between patrol processes failed a call: nothing is lost, try again later
├── BusAway                 it does not answer
├── BusFull                 it takes no more for now
└── NotLeading              another process leads: stop leading
"""

from __future__ import annotations

from typing import ClassVar

from streams.visit import Outcome


class SourceError(Exception):
    """A visit failed. ``str(error)`` is one sentence without credentials."""

    outcome: ClassVar[Outcome] = Outcome.UNREACHABLE


class Unreachable(SourceError):
    """Refused, no route, no such host or file, or a server error."""

    outcome = Outcome.UNREACHABLE


class TimedOut(SourceError):
    """Nothing came within the time allowed."""

    outcome = Outcome.TIMEOUT


class Unauthorised(SourceError):
    """The feed wants other credentials."""

    outcome = Outcome.UNAUTHORISED


class NotAnImage(SourceError):
    """An answer came, but no usable picture."""

    outcome = Outcome.NOT_AN_IMAGE


class Stale(SourceError):
    """A picture came, but it is older than allowed."""

    outcome = Outcome.STALE


class OtherView(SourceError):
    """A main stream's picture came, but not of the view that the sub-stream shows."""

    outcome = Outcome.TURNED


class BusError(Exception):
    """The bus failed a call. ``str(error)`` is one sentence without credentials."""


class BusAway(BusError):
    """The bus does not answer."""


class BusFull(BusError):
    """The bus takes no more for now: what is on it must be fetched first, or its memory is full."""


class NotLeading(BusError):
    """Another process leads, or may."""


class TrackError(Exception):
    """A track file cannot be used. ``str(error)`` names the file, what is wrong and the way out."""

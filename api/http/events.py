"""Telling browsers of changes as they happen (server-sent events)."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

RESET = "reset"
"""The event that says: too much was missed, read everything again."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change: its id (the server's start and a number), its name and its JSON."""

    start: str
    number: int
    name: str
    data: str

    @property
    def wire(self) -> bytes:
        """The event as it is sent."""
        return f"id: {self.start}-{self.number}\nevent: {self.name}\ndata: {self.data}\n\n".encode()


class Subscription:
    """One listener. It never holds up the others: with ``backlog`` events waiting it is cut off."""

    def __init__(self, backlog: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue()
        self._backlog = backlog

    def offer(self, event: Event | None) -> None:
        """Hand over an event from any thread; None ends the stream."""
        with suppress(RuntimeError):  # the loop has ended, and the listener with it
            self._loop.call_soon_threadsafe(self._take, event)

    async def next(self) -> Event | None:
        """Return the next event; None when the stream has ended."""
        return await self._waiting.get()

    def _take(self, event: Event | None) -> None:
        if self._waiting.qsize() >= self._backlog:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            event = None
        self._waiting.put_nowait(event)


class Broadcaster:
    """Hands every published event to every listener.

    Parameters
    ----------
    keep
        How many past events a listener that comes back can catch up on.
    backlog
        How many events may wait for one listener before it is cut off.
    heartbeat_s
        A comment is sent after so many seconds of silence, so that proxies keep the connection.
    life_s
        A stream ends after so many seconds; browsers come back by themselves, and are asked again who they are.
    """

    def __init__(
        self, *, keep: int = 1000, backlog: int = 500, heartbeat_s: float = 15.0, life_s: float = 900.0
    ) -> None:
        self._start = secrets.token_hex(4)
        self._past: deque[Event] = deque(maxlen=keep)
        self._number = 0
        self._backlog = backlog
        self._heartbeat_s = heartbeat_s
        self._life_s = life_s
        self._lock = threading.Lock()
        self._listeners: set[Subscription] = set()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        """Tell every listener; returns at once, from any thread."""
        with self._lock:
            self._number += 1
            event = Event(self._start, self._number, name, json.dumps(data, ensure_ascii=False))
            self._past.append(event)
            for listener in self._listeners:
                listener.offer(event)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        with self._lock:
            self._closed = True
            for listener in self._listeners:
                listener.offer(None)

    async def stream(self, last_id: str | None) -> AsyncIterator[bytes]:
        """Yield the wire form of all events after ``last_id`` (of the ``Last-Event-ID`` header) until cut off."""
        listener = Subscription(self._backlog)
        missed = self._join(listener, last_id)
        try:
            yield b"retry: 3000\n\n" + b"".join(event.wire for event in missed)
            async for event in self._told(listener):
                yield event.wire if event else b": still here\n\n"
        finally:
            with self._lock:
                self._listeners.discard(listener)

    async def _told(self, listener: Subscription) -> AsyncIterator[Event | None]:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._life_s
        while loop.time() < end:
            try:
                async with asyncio.timeout(self._heartbeat_s):
                    event = await listener.next()
            except TimeoutError:
                yield None
                continue
            if event is None:
                return
            yield event

    def _join(self, listener: Subscription, last_id: str | None) -> list[Event]:
        with self._lock:
            self._listeners.add(listener)
            if self._closed:
                listener.offer(None)
            return self._missed(last_id)

    def _missed(self, last_id: str | None) -> list[Event]:
        if not last_id:
            return []
        start, _, number = last_id.rpartition("-")
        oldest = self._past[0].number if self._past else self._number + 1
        if start != self._start or not number.isdecimal() or int(number) + 1 < oldest:
            return [Event(self._start, self._number, RESET, "{}")]
        return [event for event in self._past if event.number > int(number)]

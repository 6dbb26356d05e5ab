"""A channel behind WVP-GB28181-pro: play, one key frame, stop."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from streams.errors import NotAnImage, SourceError, TimedOut, Unreachable
from streams.feed import Feed, Protocol
from streams.frame import Frame
from streams.gateways.wvp import Address, Gateway, parted
from streams.source import Limits, Source
from streams.sources.stream import StreamSource
from streams.sources.tls import tls_context

_log = structlog.get_logger()

OpenStream = Callable[[Feed, Limits], Source]
_KINDS = (("rtsp", Protocol.RTSP), ("flv", Protocol.STREAM), ("hls", Protocol.STREAM), ("ts", Protocol.STREAM))
"""Addresses that a session offers, the cheapest to open first."""
_LATE_S = 60.0
"""So long an answer to play is waited for, to close what it opened, after the look has been given up."""
_STOP_S = 3.0
_STOP_AGAIN_S = (1.0, 5.0, 20.0, 60.0)
"""Pauses before a session is stopped again that could not be: a gateway that restarts is back within a minute."""
_gateways: dict[Address, Gateway] = {}
_gateways_lock = threading.Lock()


def gateway_at(address: Address) -> Gateway:
    """Return this process's one connection to a gateway, with its token."""
    with _gateways_lock:
        if address not in _gateways:
            _gateways[address] = Gateway(address, tls=tls_context())
        return _gateways[address]


class WvpSource:
    """A live session that is opened for each look and closed after it, whatever happens in between.

    A session that runs already when the look begins belongs to somebody else, such as a person who watches: it is
    looked at and left running. Any other is stopped: after the picture, after a failure, and also when the gateway's
    answer to ``play`` comes after the look was given up. A session that cannot be stopped is reported as an event.

    Parameters
    ----------
    feed, limits
        The channel, and what a look at it may take.
    now
        The wall clock; aware UTC.
    open_stream
        What looks at the session's stream, such as a capture process; this thread when None. The session is held
        here, so that a capture process may be killed and the session is stopped all the same.
    stop_again_s
        Pauses, in seconds, before each further try to stop a session that could not be stopped.
    """

    def __init__(
        self,
        feed: Feed,
        limits: Limits,
        *,
        now: Callable[[], datetime],
        open_stream: OpenStream | None = None,
        stop_again_s: Sequence[float] = _STOP_AGAIN_S,
    ) -> None:
        self._feed, self._limits, self._stop_again_s = feed, limits, stop_again_s
        self._open_stream = open_stream or partial(StreamSource, now=now)

    def look(self) -> Frame:
        """Take the first good key frame (see ``Source.look``)."""
        session = self._session()
        try:
            return self._stream(session.addresses(self._allowed_s())).look()
        finally:
            session.give_up()

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:
        """Yield one frame, or one each ``every_s`` seconds (see ``Source.frames``)."""
        session = self._session()
        try:
            yield from self._stream(session.addresses(self._allowed_s())).frames(every_s)
        finally:
            session.give_up()

    def _session(self) -> _Session:
        address, path = self._parted()
        return _Session(gateway_at(address), *path, stop_again_s=self._stop_again_s)

    def _parted(self) -> tuple[Address, list[str]]:
        shown = self._feed.shown_url
        try:
            address, path = parted(self._feed.url)
        except ValueError as error:
            raise Unreachable(str(error)) from error
        if len(path) != 2:
            raise Unreachable(f"{shown}: names no device and channel; write wvp://host:port/device-id/channel-id")
        return address, path

    def _allowed_s(self) -> float:
        return self._limits.open_timeout_s + self._limits.read_timeout_s

    def _stream(self, addresses: Mapping[str, Any]) -> Source:
        for kind, protocol in _KINDS:
            url = addresses.get(kind)
            if isinstance(url, str) and url:
                stream = replace(self._feed, url=url, protocol=protocol, main_url=None)
                return self._open_stream(stream, self._limits)
        raise NotAnImage(f"{self._feed.shown_url}: the session has no RTSP, FLV, HLS or TS address")


class _Session:
    """One session at the gateway, asked for in a thread of its own.

    The thread outlives a look that is given up: an answer that comes late has opened a session, too.
    """

    def __init__(self, gateway: Gateway, device_id: str, channel_id: str, *, stop_again_s: Sequence[float]) -> None:
        self._stop_again_s = stop_again_s
        self._gateway, self._device_id, self._channel_id = gateway, device_id, channel_id
        self._answers: queue.SimpleQueue[Mapping[str, Any] | SourceError] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_ours = self._is_answered = self._is_given_up = False
        self._thread = threading.Thread(target=self._play, name=f"wvp-{channel_id}", daemon=True)
        self._thread.start()

    def addresses(self, within_s: float) -> Mapping[str, Any]:
        """Return the session's addresses.

        Raises
        ------
        SourceError
            There is no session, or none in time.
        """
        try:
            answer = self._answers.get(timeout=within_s)
        except queue.Empty:
            told = f"{self._gateway.shown}: no session of {self._channel_id} within {within_s:g} s"
            raise TimedOut(f"{told}; check that the camera is online at the gateway") from None
        self._thread.join()  # it has only to note that it is done
        if isinstance(answer, SourceError):
            raise answer
        return answer

    def give_up(self) -> None:
        """Close the session if it is ours; one that the gateway has not opened yet is closed when it has."""
        with self._lock:
            self._is_given_up = True
            stops_here = self._is_answered and self._is_ours
        if stops_here:
            self._stop()

    def _play(self) -> None:
        answer: Mapping[str, Any] | SourceError
        try:
            self._is_ours = not self._gateway.is_playing(self._device_id, self._channel_id)
            answer = self._gateway.play(self._device_id, self._channel_id, timeout_s=_LATE_S)
        except SourceError as error:
            answer = error
        self._answers.put(answer)
        with self._lock:
            self._is_answered = True
            stops_here = self._is_given_up and self._is_ours
        if stops_here:
            self._stop()

    def _stop(self) -> None:
        """Stop at once; where that fails, in the background, so that the picture need not wait for it."""
        try:
            self._gateway.stop(self._device_id, self._channel_id, timeout_s=_STOP_S)
        except SourceError:
            threading.Thread(target=self._keep_stopping, name=f"wvp-{self._channel_id}", daemon=True).start()

    def _keep_stopping(self) -> None:
        why = ""
        for pause_s in self._stop_again_s:
            threading.Event().wait(pause_s)
            try:
                self._gateway.stop(self._device_id, self._channel_id)
            except SourceError as error:
                why = str(error)
            else:
                return
        _log.warning("wvp_session_left_open", device=self._device_id, channel=self._channel_id, why=why)

"""Streams and video files through PyAV: open, key frames, errors. The only module that imports ``av``.

FFmpeg is asked for as little as possible, because a patrol opens each feed anew on every visit: no probing beyond the
codec's parameters, one decoding thread, key frames only, and each key frame drained out of the decoder at once
instead of waiting for the frames after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import av
import cv2
import numpy as np

from streams.errors import NotAnImage, SourceError, TimedOut, Unauthorised, Unreachable
from streams.frame import Image
from streams.source import Limits
from streams.sources.picture import thinness
from streams.url import masked

_PROBING = {
    # To learn frame rate and pixel format FFmpeg would decode up to seconds of video; neither is needed to decode the
    # key frame (measured: half of an RTSP visit's CPU, and 2.9 s of its time).
    "analyzeduration": "1",
    "skip_frame": "all",
    "threads": "1",
}
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
_REFUSED = (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)
_LATE = (av.error.ExitError, av.error.TimeoutError)
_AWAY = (av.error.HTTPClientError, av.error.HTTPServerError, OSError)
_MOST_PARTS = 32
_NEARLY = 0.95  # FFmpeg notices its interruption a little before our clock says so


@dataclass(frozen=True, slots=True)
class Still:
    """One decoded frame of a stream.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8`` BGR, upright.
    at_s
        Media seconds from the start of the stream; 0 where the stream does not say.
    corrupt
        Whether the decoder had to make up parts of it.
    """

    image: Image
    at_s: float
    corrupt: bool


class Media:
    """An open stream or file, with one video stream in it. Made by ``opened``.

    ``asked_at`` is the clock's time when FFmpeg was last asked for a packet; ``read_to_s`` is how far (media seconds)
    packets have been read.
    """

    def __init__(
        self, container: Any, *, shown: str, limits: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if not container.streams.video:
            raise NotAnImage(f"{shown}: there is sound in it but no video")
        self._container, self._shown, self._limits, self._clock = container, shown, limits, clock
        self._stream = container.streams.video[0]
        self._codec = self._stream.codec_context
        if self._codec is None:
            raise NotAnImage(f"{shown}: no decoder for this kind of video")
        self.asked_at, self.read_to_s = clock(), 0.0
        self._codec.thread_count = 1
        self._codec.options = {"max_pixels": str(limits.max_pixels)}
        self._check_size(self._codec.width, self._codec.height)

    @property
    def created_at(self) -> datetime | None:
        """When the recording began, aware UTC, if the container says so."""
        text = self._container.metadata.get("creation_time", "")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def duration_s(self) -> float:
        """Length of the video in seconds by the container's own word, 0 when it gives none."""
        if self._stream.duration:
            return float(self._stream.duration) * float(self._stream.time_base)
        return float(self._container.duration or 0) / 1_000_000

    @property
    def missing_s(self) -> float:
        """How many seconds of the promised length were not there to be read."""
        return max(0.0, self.duration_s - self.read_to_s)

    def key_frames(self, *, after_s: float | None = None) -> Iterator[Still]:
        """Yield key frames, those later than ``after_s`` (media seconds) only when it is given.

        Some encoders send one key frame as several packets, a parameter set before every slice. The first alone
        decodes to a strip of the picture and is corrupt; so a corrupt one is held back and tried again together with
        the key packets that follow at once, and only what stays corrupt is yielded as such.

        Raises
        ------
        streams.errors.SourceError
            When the stream breaks off, or no key frame came within the read timeout.
        """
        parts: list[bytes] = []
        held: Still | None = None
        for packet in self._packets():
            is_wanted = packet.is_keyframe and (after_s is None or self._at_s(packet.pts) > after_s)
            if held and (not is_wanted or len(parts) == _MOST_PARTS):
                yield held
                parts, held = [], None
            if is_wanted:
                held = self._drained(b"".join((*parts, bytes(packet))), packet.pts)
                parts.append(bytes(packet))
            if held and not held.corrupt:
                yield held
                parts, held = [], None
        if held:
            yield held

    def every_frame(self) -> Iterator[Still]:
        """Yield all frames in the order they are shown; packets that cannot be decoded are left out."""
        self._codec.thread_type = "AUTO"
        self._codec.thread_count = 0
        for packet in self._demux():
            for frame in self._decoded(packet):
                yield self._still(frame, frame.pts)

    def seek(self, at_s: float) -> None:
        """Go to the key frame at or before ``at_s`` (media seconds)."""
        offset = round(at_s / self._stream.time_base) + (self._stream.start_time or 0)
        self._container.seek(offset, stream=self._stream, backward=True)

    def _packets(self) -> Iterator[Any]:
        """Yield packets with content; raise when too long no key frame is among them, however many others come."""
        allowed_s, waiting_since = self._limits.read_timeout_s, self._clock()
        for packet in self._demux():
            if packet.size:
                yield packet
            if packet.is_keyframe:
                waiting_since = self._clock()
            elif self._clock() - waiting_since > allowed_s:
                raise TimedOut(f"{self._shown}: no key frame came within {allowed_s:g} s")

    def _demux(self) -> Iterator[Any]:
        packets = iter(self._container.demux(self._stream))
        while True:
            self.asked_at = self._clock()
            packet = next(packets, None)
            if packet is None:
                return
            end = None if packet.pts is None else packet.pts + (packet.duration or 0)
            self.read_to_s = max(self.read_to_s, self._at_s(end))
            yield packet

    def _drained(self, data: bytes, pts: int | None) -> Still | None:
        """Decode one key frame and empty the decoder, so that it does not wait for the next packets."""
        frames = [*self._decoded(av.Packet(data)), *self._decoded(None)]
        self._codec.flush_buffers()
        return self._still(frames[-1], pts) if frames else None

    def _decoded(self, packet: Any) -> list[Any]:
        try:
            return list(self._codec.decode(packet))
        except (av.error.InvalidDataError, av.error.EOFError):
            return []

    def _still(self, frame: Any, pts: int | None) -> Still:
        self._check_size(frame.width, frame.height)
        if wrong := thinness(frame.width, frame.height):
            raise NotAnImage(f"{self._shown}: the video is {wrong}")
        image = _pixels(frame)
        turn = _TURNS.get(frame.rotation % 360)
        if turn is not None:
            image = np.asarray(cv2.rotate(image, turn), np.uint8)
        return Still(image, self._at_s(pts), corrupt=bool(frame.is_corrupt))

    def _at_s(self, pts: int | None) -> float:
        return float((pts - (self._stream.start_time or 0)) * self._stream.time_base) if pts is not None else 0.0

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self._limits.max_pixels:
            raise NotAnImage(
                f"{self._shown}: the video is {width}×{height} pixels, "
                f"more than the {self._limits.max_pixels} allowed"
            )


def _pixels(frame: Any) -> Image:
    """Return a frame's pixels, ``(H, W, 3) uint8`` BGR, where FFmpeg put them; copied when rows have gaps."""
    converted = frame.reformat(format="bgr24", threads=1)
    (plane,) = converted.planes
    if plane.line_size != converted.width * 3:
        return np.asarray(converted.to_ndarray(), np.uint8)
    pixels: Image = np.frombuffer(plane, np.uint8, converted.height * plane.line_size)
    return pixels.reshape(converted.height, converted.width, 3)


@contextmanager
def opened(
    url: str,
    *,
    options: Mapping[str, str],
    limits: Limits,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Media]:
    """Open ``url`` (credentials in it) and close it whatever happens.

    Raises
    ------
    streams.errors.SourceError
        For every error of FFmpeg's, on opening and while reading. The library's exception is not kept as the cause:
        it carries the URL with its password.
    """
    began, media = clock(), None
    timeout = (limits.open_timeout_s, limits.read_timeout_s)
    probing = _PROBING | {"max_pixels": str(limits.max_pixels)}
    try:
        with av.open(url, options=probing | dict(options), timeout=timeout, metadata_errors="ignore") as container:
            media = Media(container, shown=masked(url), limits=limits, clock=clock)
            yield media
    except av.error.FFmpegError as error:
        waited_s = clock() - (media.asked_at if media else began)
        raise _told(error, shown=masked(url), waited_s=waited_s, allowed_s=timeout[media is not None]) from None


def _told(error: Exception, *, shown: str, waited_s: float, allowed_s: float) -> SourceError:
    """Return our error for FFmpeg's. An interrupted RTSP read calls itself many things, so the clock decides."""
    reason = masked(getattr(error, "strerror", "") or type(error).__name__)
    if isinstance(error, _REFUSED):
        return Unauthorised(f"{shown}: {reason}; check the feed's user and password")
    if isinstance(error, _LATE) or waited_s >= allowed_s * _NEARLY:
        return TimedOut(f"{shown}: no picture within {allowed_s:g} s")
    if isinstance(error, _AWAY):
        is_camera = "://" in shown
        way_out = "; check the address and that the camera is on" if is_camera else ""
        return Unreachable(f"{shown}: {reason}{way_out}")
    return NotAnImage(f"{shown}: this is no video that can be read ({reason})")

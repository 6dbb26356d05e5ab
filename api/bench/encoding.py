"""Video as a camera's encoder makes it, and the least that decoding its key frames can cost. Imports ``av``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np

from streams.frame import Image

_ENCODERS = {
    # One slice a frame and no frames that wait for later ones, as cameras encode.
    "h264": (
        "libx264",
        {"preset": "veryfast", "crf": "24", "tune": "zerolatency", "x264-params": "sliced-threads=0"},
    ),
    "hevc": ("libx265", {"preset": "ultrafast", "crf": "26", "tune": "zerolatency", "x265-params": "log-level=none"}),
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """A stream: its access units (Annex B), of which each ``key_every``-th is a key frame with its parameter sets."""

    codec: str
    key_every: int
    fps: int
    units: tuple[bytes, ...]

    def write(self, path: Path) -> None:
        """Write it as two files."""
        path.with_suffix(".bin").write_bytes(b"".join(self.units))
        about = {
            "codec": self.codec,
            "key_every": self.key_every,
            "fps": self.fps,
            "sizes": [len(unit) for unit in self.units],
        }
        path.with_suffix(".json").write_text(json.dumps(about))

    @classmethod
    def read(cls, path: Path) -> Encoded:
        """Read what ``write`` wrote."""
        about = json.loads(path.with_suffix(".json").read_text())
        data = path.with_suffix(".bin").read_bytes()
        ends = accumulate(about["sizes"], initial=0)
        units = tuple(data[begin:end] for begin, end in pairwise(ends))
        return cls(about["codec"], about["key_every"], about["fps"], units)

    @property
    def key_frames(self) -> tuple[bytes, ...]:
        """The access units that decode by themselves."""
        return self.units[:: self.key_every]


def encode(pictures: Iterable[Image], codec: str, *, fps: int, key_every: int) -> Encoded:
    """Encode ``(H, W, 3) uint8`` BGR pictures of even sides, ``codec`` being ``h264`` or ``hevc``."""
    name, options = _ENCODERS[codec]
    context: Any = None
    units: list[bytes] = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
        frame.pts = number
        if context is None:
            context = _context(name, options, frame, fps=fps, key_every=key_every)
        if number % key_every == 0:
            frame.pict_type = av.video.frame.PictureType.I
        units += [bytes(packet) for packet in context.encode(frame)]
    units += [bytes(packet) for packet in context.encode(None)]
    return Encoded(codec, key_every, fps, tuple(units))


def _context(name: str, options: dict[str, str], frame: Any, *, fps: int, key_every: int) -> Any:
    context = av.CodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, fps), Fraction(fps)
    context.gop_size, context.max_b_frames, context.thread_count = key_every, 0, 1
    context.options = dict(options)
    return context


def key_frame_decoder(codec: str, unit: bytes) -> Callable[[], Image]:
    """Return what decodes one key frame and nothing else: no opening, no probing, one thread."""

    def decode() -> Image:
        context: Any = av.CodecContext.create(codec, "r")
        context.thread_count = 1
        frames: list[Any] = [*context.decode(av.Packet(unit)), *context.decode(None)]
        converted = frames[0].reformat(format="bgr24", threads=1)
        # Not copied: a row of the cameras' pictures, some multiple of 64 pixels, has no gap behind it.
        return np.frombuffer(converted.planes[0], np.uint8).reshape(converted.height, converted.width, 3)

    return decode

"""Pictures and clips made for tests: drawn, never photographed, and no two frames alike."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import av
import cv2
import numpy as np

from streams.frame import Image


def scene(number: int = 0, *, width: int = 320, height: int = 240) -> Image:
    """Draw a bright, busy picture that differs for every ``number``, ``(height, width, 3) uint8`` BGR."""
    across, down = np.meshgrid(np.linspace(40, 220, width), np.linspace(40, 220, height))
    image = np.dstack((across, down, 255 - across)).astype(np.uint8)
    cv2.rectangle(image, (width // 4, height // 3), (width // 2, height * 2 // 3), (30, 30, 200), -1)
    cv2.circle(image, (width * (3 + number % 3) // 6, height // 2), height // 8, (250, 250, 250), -1)
    cv2.putText(image, f"{number}", (8, height - 12), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2)
    return image


def jpeg(image: Image, *, quality: int = 90) -> bytes:
    """Encode ``image``."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def huge_jpeg(width: int = 20_000, height: int = 20_000) -> bytes:
    """Return a small JPEG whose header claims ``width`` × ``height`` pixels: a decompression bomb."""
    data = jpeg(scene())
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 9 :]


def with_exif(
    data: bytes,
    order: str = "<",
    mark: bytes = b"II",
    *,
    local: str = "2026:02:01 12:00:00",
    offset: str | None = "+08:00",
) -> bytes:
    """Put an EXIF record with DateTimeOriginal (and its offset) into a JPEG."""
    texts = [(0x9003, local.encode() + b"\0")]
    if offset:
        texts.append((0x9011, offset.encode() + b"\0"))
    text_at = 26 + 2 + 12 * len(texts) + 4
    rows, tail = b"", b""
    for tag, text in texts:
        rows += struct.pack(order + "HHII", tag, 2, len(text), text_at + len(tail))
        tail += text
    tiff = mark + struct.pack(order + "HI", 42, 8)
    tiff += struct.pack(order + "HHHIII", 1, 0x8769, 4, 1, 26, 0)
    tiff += struct.pack(order + "H", len(texts)) + rows + struct.pack(order + "I", 0) + tail
    record = b"Exif\0\0" + tiff
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(record) + 2) + record + data[2:]


def huge_png(width: int = 20_000, height: int = 20_000) -> bytes:
    """Return a whole, valid PNG of so many white pixels: some 100 kB that unpack to more than a gigabyte as BGR."""
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(b"\0" + b"\xff" * (width // 8)) for _ in range(height)) + rows.flush()
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    chunks = ((b"IHDR", size + bytes((1, 0, 0, 0, 0))), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def write_clip(
    path: Path,
    images: Iterable[Image],
    *,
    fps: int = 10,
    gop: int = 10,
    codec: str = "libx264",
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a video file, its container by the file's ending, with a key frame each ``gop`` frames."""
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata or {})
        stream = None
        for number, image in enumerate(images):
            if stream is None:
                stream = container.add_stream(codec, rate=fps, options={"preset": "ultrafast", "sc_threshold": "0"})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
                stream.gop_size, stream.codec_context.max_b_frames = gop, 0
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        assert stream is not None
        container.mux(stream.encode())
    return path


def write_scenes(path: Path, count: int = 30, draw: Callable[[int], Image] = scene, **options: object) -> Path:
    """Write a clip of ``count`` scenes; see ``write_clip``."""
    return write_clip(path, map(draw, range(count)), **options)  # type: ignore[arg-type]


def write_sound(path: Path) -> Path:
    """Write half a second of sound without video."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux([*stream.encode(frame), *stream.encode()])
    return path

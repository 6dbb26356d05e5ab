"""RTSP cameras that cost almost nothing to serve: ready-made pictures, sent as RTP over the RTSP connection.

Speaks RTSP/1.0 (RFC 2326): OPTIONS, DESCRIBE, SETUP (interleaved TCP only), PLAY, GET_PARAMETER and TEARDOWN.
A stream begins with a key frame and goes on in real time, round and round.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from api.bench.behaviour import Behaviour, Place
from api.bench.encoding import Encoded
from api.bench.rtp import CLOCK_HZ, description, packets, payloads

_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
_CHANNEL = re.compile(r"interleaved=(\d+)-(\d+)")
_MOST_HEADER_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream in packets, and its first pictures ready to be written."""

    encoded: Encoded
    parts: tuple[tuple[bytes, ...], ...]
    sdp: bytes

    @classmethod
    def of(cls, encoded: Encoded) -> _Stream:
        parts = tuple(payloads(encoded.codec, unit) for unit in encoded.units)
        return cls(encoded, parts, description(encoded.codec, encoded.units[0], address="127.0.0.1").encode())


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]


class RtspCameras:
    """Serves any number of cameras by path: ``/BEHAVIOUR/STREAM/NAME``.

    Parameters
    ----------
    streams
        By the name that the path gives; ``NAME`` only tells cameras apart.
    """

    def __init__(self, streams: Mapping[str, Encoded]) -> None:
        self._streams = {name: _Stream.of(encoded) for name, encoded in streams.items()}
        self.shown: Counter[str] = Counter()
        """How often each camera was asked to play, by path."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; fits ``asyncio.start_server``."""
        session = _Session(self._streams, self.shown, writer)
        try:
            while request := await _request(reader):
                if Place.of(urlsplit(request.url).path).behaviour is Behaviour.SILENT:
                    await reader.read()  # accepted, and never a word until the client goes
                elif not await session.answer(request):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the client went, or speaks something else
        finally:
            session.end()
            writer.close()


async def _request(reader: asyncio.StreamReader) -> _Request | None:
    """Return the next request, passing over what the client reports of the stream (RTCP)."""
    while (begin := await reader.read(1)) == b"$":
        head = await reader.readexactly(3)
        await reader.readexactly(int.from_bytes(head[1:], "big"))
    if not begin:
        return None
    text = (begin + await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
    first, *rest = text.split("\r\n")
    method, url, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in rest if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    await reader.readexactly(min(int(headers.get("content-length", "0")), _MOST_HEADER_BYTES))
    return _Request(method, url, headers)


class _Session:
    """One client's connection."""

    def __init__(self, streams: Mapping[str, _Stream], plays: Counter[str], writer: asyncio.StreamWriter) -> None:
        self._streams, self._plays, self._writer = streams, plays, writer
        self._id = f"{random.getrandbits(48):012x}"
        self._playing: asyncio.Task[None] | None = None

    async def answer(self, request: _Request) -> bool:
        """Answer a request; return whether the connection goes on."""
        place = Place.of(urlsplit(request.url).path)
        stream = self._streams.get(place.material)
        if stream is None:
            self._reply(request, "404 Not Found")
        elif place.behaviour is Behaviour.UNAUTHORISED:
            self._reply(request, "401 Unauthorized", {"WWW-Authenticate": 'Basic realm="camera"'})
        else:
            self._served(request, place, stream)
        await self._writer.drain()
        return request.method != "TEARDOWN"

    def _served(self, request: _Request, place: Place, stream: _Stream) -> None:
        method = request.method
        if method == "OPTIONS":
            self._reply(request, "200 OK", {"Public": _METHODS})
        elif method == "DESCRIBE":
            about = {"Content-Type": "application/sdp", "Content-Base": f"{request.url.rstrip('/')}/"}
            self._reply(request, "200 OK", about, stream.sdp)
        elif method == "SETUP":
            self._set_up(request)
        elif method == "PLAY":
            self._reply(request, "200 OK", {"RTP-Info": f"url={request.url};seq=0;rtptime=0", "Range": "npt=now-"})
            self._playing = asyncio.create_task(self._play(place, stream))
        else:
            self._reply(request, "200 OK")

    def _set_up(self, request: _Request) -> None:
        asked = request.headers.get("transport", "")
        if not (channels := _CHANNEL.search(asked)) or channels[1] != "0":
            self._reply(request, "461 Unsupported Transport")
            return
        self._reply(request, "200 OK", {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=0000C0DE"})

    def _reply(
        self, request: _Request, status: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> None:
        told = {"CSeq": request.headers.get("cseq", "0"), "Session": f"{self._id};timeout=60"} | dict(headers or {})
        if body:
            told["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._writer.write(f"RTSP/1.0 {status}\r\n{lines}\r\n".encode() + body)

    async def _play(self, place: Place, stream: _Stream) -> None:
        """Send pictures in real time from a key frame on: each time another one, unless the camera is frozen."""
        encoded = stream.encoded
        frozen = place.behaviour is Behaviour.FROZEN
        at = 0 if frozen else self._plays[place.path] % len(encoded.key_frames) * encoded.key_every
        self._plays[place.path] += 1
        loop, sequence, number = asyncio.get_running_loop(), 0, 0
        began = loop.time()
        while place.behaviour is not Behaviour.MUTE:
            parts = stream.parts[at]
            stamp = number * CLOCK_HZ // encoded.fps
            self._writer.write(packets(parts, sequence=sequence, timestamp=stamp, source=0xC0DE))
            await self._writer.drain()
            sequence, number = sequence + len(parts), number + 1
            at = at if frozen else (at + 1) % len(stream.parts)
            await asyncio.sleep(max(0.0, began + number / encoded.fps - loop.time()))

    def end(self) -> None:
        """Stop sending."""
        if self._playing is not None:
            self._playing.cancel()

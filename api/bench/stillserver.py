"""Snapshot cameras that cost almost nothing to serve: ready-made JPEGs over kept-alive HTTP/1.1 connections."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from email.utils import formatdate

from api.bench.behaviour import Behaviour, Place

_PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"
_OLD_S = 7200.0
_A_TIME_S = 946_684_800.0
"""A camera's clock, years behind, as cameras' clocks are."""


class StillCameras:
    """Serves any number of snapshot cameras by path: ``/BEHAVIOUR/MATERIAL/NAME.jpg``.

    Parameters
    ----------
    pictures
        For each material its versions, shown in turn.
    dark
        A JPEG in which nothing can be seen.
    """

    def __init__(self, pictures: Mapping[str, Sequence[bytes]], dark: bytes) -> None:
        self._pictures = {name: list(bodies) for name, bodies in pictures.items()}
        self._whole = {name: bodies[0] for name, bodies in pictures.items()}
        self._dark = _answer(dark)
        self.shown: Counter[str] = Counter()
        """How often each camera has shown its view, by path."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; fits ``asyncio.start_server``."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode("ascii", "replace").partition("?")[0]
                if (answer := self._answer(Place.of(path))) is None:
                    await reader.read()  # accepted, and never a word until the client goes
                    break
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError):
            pass  # the client went, or speaks something else
        finally:
            writer.close()

    def _answer(self, place: Place) -> bytes | None:
        """Return the whole answer, or None for a camera that gives none."""
        if place.behaviour in {Behaviour.SILENT, Behaviour.MUTE}:
            return None
        if place.material not in self._pictures:
            return _answer(b"no such camera", status="404 Not Found", kind="text/plain")
        if (bad := self._bad(place)) is not None:
            return bad
        versions = self._pictures[place.material]
        number = 0 if place.behaviour is Behaviour.FROZEN else self.shown[place.path]
        self.shown[place.path] += 1
        return _answer(_own(versions[number % len(versions)], place.path))

    def _bad(self, place: Place) -> bytes | None:
        whole = self._whole[place.material]
        match place.behaviour:
            case Behaviour.UNAUTHORISED:
                return _answer(b"who?", status="401 Unauthorized", kind="text/plain")
            case Behaviour.HTML:
                return _answer(_PAGE, kind="text/html")
            case Behaviour.TRUNCATED:
                return _answer(whole[: len(whole) // 2])
            case Behaviour.STALE:
                return _answer(whole, dated=True)
            case Behaviour.DARK:
                return self._dark
            case _:
                return None


def _own(jpeg: bytes, name: str) -> bytes:
    """Return a camera's own picture: two cameras never send the same bytes, and what does counts as a gateway's."""
    comment = name.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def _answer(body: bytes, *, status: str = "200 OK", kind: str = "image/jpeg", dated: bool = False) -> bytes:
    headers = {"Content-Type": kind, "Content-Length": str(len(body))}
    if dated:
        headers["Date"] = formatdate(_A_TIME_S, usegmt=True)
        headers["Last-Modified"] = formatdate(_A_TIME_S - _OLD_S, usegmt=True)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body

"""A camera with an HTTP snapshot address, and every way such an address goes wrong: a real server on loopback."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import quote

import cv2

from tests.servers.clips import huge_jpeg, huge_png, jpeg, scene, with_exif

USER, PASSWORD = "patrol", "p@ss/w:rd?1"
REALM, NONCE = "camera", "dcd98b7102dd2f0e"
_OLD_S = 7200.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the camera answers: status, headers, and the body's pieces as they are sent."""

    body: bytes = b""
    status: int = 200
    kind: str = "image/jpeg"
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    """Claimed length; None means the body's own."""


class Camera:
    """A snapshot camera on a free port of 127.0.0.1. Use it as a context manager.

    Every request is recorded as ``(path, headers)`` in ``requests``. Paths:

    - a picture: ``/live.jpg`` (a new one each time), ``/fixed.jpg`` (``picture``, settable), ``/basic.jpg`` and
      ``/digest.jpg`` and ``/both.jpg`` (``/live.jpg`` behind USER and PASSWORD), ``/wrong_type.jpg`` (as text/plain),
      ``/etag.jpg`` (304 while ``picture`` stays), ``/always_304.jpg``, ``/fresh.jpg`` and ``/old.jpg`` (dated 1 s and
      2 h ago), ``/exif_fresh.jpg`` and ``/exif_old.jpg`` (taken then by their EXIF record), ``/cached.jpg`` (2 h in a
      cache), ``/odd_headers.jpg`` (an ETag and an Age that are not ASCII), ``/cookie.jpg`` (sets one),
      ``/closes.jpg`` (closes the connection after each answer), ``/breaks.jpg`` (breaks it instead of a second one),
      ``/logo.png`` and ``/index/api/getSnap`` (a PNG while ``offline``);
    - none: ``/401 /403 /404 /500 /204 /302``, ``/html``, ``/logo`` (an HTML page as image/jpeg), ``/empty.jpg``,
      ``/truncated.jpg``, ``/garbage.jpg``, ``/bomb.jpg``, ``/bomb.png``, ``/endless.jpg``, ``/midway.jpg`` (the
      connection breaks), ``/never.jpg`` (no answer), ``/drip.jpg`` (a byte now and then), ``/multipart``,
      ``/broken_challenge/…`` (a digest challenge without its values, see ``BROKEN_CHALLENGES``);
    - any file of ``folder``, for HLS and HTTP-FLV.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.picture = jpeg(scene())
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        self.open: set[socket.socket] = set()
        self.offline = False
        self.stopping = threading.Event()
        self._numbers = count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"camera": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def url(self, path: str, user: str | None = None, password: str | None = None) -> str:
        """Return the address of ``path`` (``/live.jpg``), with credentials when they are given."""
        secret = f"{quote(user, safe='')}:{quote(password or '', safe='')}@" if user else ""
        return f"http://{secret}127.0.0.1:{self.port}{path}"

    def next_picture(self) -> bytes:
        """Return a JPEG that was never returned before."""
        return jpeg(scene(next(self._numbers)))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for connection in tuple(self.open):  # clients keep them
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    camera: ClassVar[Camera]
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        self.camera.connections += 1
        self.camera.open.add(self.connection)
        self.answered = 0

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.camera.requests.append((self.path, dict(self.headers)))
        if path in _SLOW:
            _SLOW[path](self)
        elif path in _ANSWERS:
            self._send(_ANSWERS[path](self))
        else:
            self._send(self._file(path))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        length = len(answer.body) if answer.length is None else answer.length
        headers = {"Content-Type": answer.kind, "Content-Length": str(length), **answer.headers}
        for name, value in headers.items():
            for one in value.split("\n"):
                self.send_header(name, one)
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = answer.length is not None

    def _file(self, path: str) -> Answer:
        file = (self.camera.folder or Path("/nonexistent")) / path.lstrip("/")
        if not file.is_file():
            return Answer(b"no such file", 404, "text/plain")
        return Answer(file.read_bytes(), kind=_KINDS.get(file.suffix, "application/octet-stream"))

    def _live(self) -> Answer:
        return Answer(self.camera.next_picture())

    def _guarded(self, challenge: str) -> Answer:
        header = self.headers.get("Authorization", "")
        offered = challenge.lower()
        if header.startswith("Basic ") and "basic" in offered:
            is_known = header[6:] == base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        else:
            is_known = header.startswith("Digest ") and "digest" in offered and self._digest_matches(header)
        return self._live() if is_known else Answer(b"who?", 401, "text/plain", {"WWW-Authenticate": challenge})

    def _digest_matches(self, header: str) -> bool:
        """RFC 7616, 3.4.1, algorithm MD5, qop auth."""
        given = {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', header)}
        known = _md5(f"{USER}:{REALM}:{PASSWORD}")
        asked = _md5(f"{self.command}:{given.get('uri')}")
        middle = ":".join(given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        return given.get("nonce") == NONCE and given.get("response") == _md5(f"{known}:{middle}:{asked}")

    def _etag(self) -> Answer:
        tag = f'"{_md5(self.camera.picture.hex())}"'
        if self.headers.get("If-None-Match") == tag:
            return Answer(status=304, headers={"ETag": tag})
        return Answer(self.camera.picture, headers={"ETag": tag})

    def _always_304(self) -> Answer:
        is_conditional = "If-None-Match" in self.headers
        return Answer(status=304) if is_conditional else Answer(self.camera.next_picture(), headers={"ETag": '"x"'})

    def _closes(self) -> Answer:
        return Answer(self.camera.next_picture(), headers={"Connection": "close"})

    def _breaks(self) -> None:
        if self.answered:
            self.close_connection = True
            return
        self.answered += 1
        self._send(self._live())

    def _gateway(self) -> Answer:
        return Answer(LOGO, kind="image/png") if self.camera.offline else self._live()

    def _taken(self, age_s: float) -> Answer:
        # Again on the camera's own clock.
        taken = datetime.fromtimestamp(946_684_800.0 - age_s, timezone(timedelta(hours=8)))
        headers = {"Date": formatdate(946_684_800.0, usegmt=True)}
        picture = with_exif(self.camera.next_picture(), local=taken.strftime("%Y:%m:%d %H:%M:%S"))
        return Answer(picture, headers=headers)

    def _dated(self, age_s: float) -> Answer:
        # Both dates on the camera's own clock, which is years behind, as cameras' clocks are.
        camera_now = 946_684_800.0
        dates = {
            "Date": formatdate(camera_now, usegmt=True),
            "Last-Modified": formatdate(camera_now - age_s, usegmt=True),
        }
        return Answer(self.camera.next_picture(), headers=dates)

    def finish(self) -> None:
        """Forget the connection."""
        self.camera.open.discard(self.connection)
        super().finish()

    def send_response(self, code: int, message: str | None = None) -> None:
        """Leave the Date header to the answers."""
        self.send_response_only(code, message)

    def _never(self) -> None:
        self.camera.stopping.wait()
        self.close_connection = True

    def _drip(self) -> None:
        data = self.camera.picture
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self._pieces((data[at : at + 16] for at in range(0, len(data), 16)), pause_s=0.02)

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.end_headers()
        filler = bytes(65_536)
        self._pieces((self.camera.picture[:-2] if first else filler for first in _once_then_not()), pause_s=0)

    def _multipart(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        self._pieces(map(self._part, count()), pause_s=0.02)

    def _part(self, number: int) -> bytes:
        data = jpeg(scene(number))
        return b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(data), data)

    def _pieces(self, pieces: Iterator[bytes], *, pause_s: float) -> None:
        """Send until the client goes or the camera stops."""
        self.close_connection = True
        for piece in pieces:
            try:
                self.wfile.write(piece)
            except OSError:
                return
            if self.camera.stopping.wait(pause_s):
                return

    def handle(self) -> None:
        """Answer until the client goes, which it may do at any time."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Stay silent."""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _once_then_not() -> Iterator[bool]:
    return (number == 0 for number in count())


LOGO = cv2.imencode(".png", scene(99))[1].tobytes()
_DIGEST = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'
_BASIC = f'Basic realm="{REALM}"'
_KINDS = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t", ".flv": "video/x-flv", ".jpg": "image/jpeg"}
_PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"
_ODD_HEADERS = {"ETag": '"\u00e9\u00b2"', "Last-Modified": "\u00b2", "Age": "\u00b2"}
_CHALLENGES = {
    "empty": f'Digest realm="{REALM}", nonce=, qop="auth"',
    "missing": f'Digest realm="{REALM}"',
    "no_pairs": "Digest realm",
    "unknown": f'Digest realm="{REALM}", nonce="{NONCE}", algorithm=ROT13',
    "not_ascii": f'Digest realm="{REALM}", nonce="\u00e9"',
    "auth_int": f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth-int"',
}
BROKEN_CHALLENGES = {f"/broken_challenge/{name}": challenge for name, challenge in _CHALLENGES.items()}
_ANSWERS: dict[str, Callable[[_Handler], Answer]] = {
    "/live.jpg": _Handler._live,
    "/closes.jpg": _Handler._closes,
    "/cookie.jpg": lambda handler: Answer(handler.camera.next_picture(), headers={"Set-Cookie": "session=1; Path=/"}),
    "/exif_fresh.jpg": lambda handler: handler._taken(1),
    "/exif_old.jpg": lambda handler: handler._taken(_OLD_S),
    "/logo.png": _Handler._gateway,
    "/index/api/getSnap": _Handler._gateway,
    "/fixed.jpg": lambda handler: Answer(handler.camera.picture),
    "/basic.jpg": lambda handler: handler._guarded(_BASIC),
    "/digest.jpg": lambda handler: handler._guarded(_DIGEST),
    "/both.jpg": lambda handler: handler._guarded(f"{_BASIC}\n{_DIGEST}"),
    "/wrong_type.jpg": lambda handler: Answer(handler.camera.next_picture(), kind="text/plain"),
    "/etag.jpg": _Handler._etag,
    "/always_304.jpg": _Handler._always_304,
    "/fresh.jpg": lambda handler: handler._dated(1),
    "/old.jpg": lambda handler: handler._dated(_OLD_S),
    "/cached.jpg": lambda handler: Answer(handler.camera.picture, headers={"Age": f"{_OLD_S:.0f}"}),
    "/odd_headers.jpg": lambda handler: Answer(handler.camera.next_picture(), headers=_ODD_HEADERS),
    **{
        path: lambda _, challenge=challenge: Answer(b"who?", 401, headers={"WWW-Authenticate": challenge})
        for path, challenge in BROKEN_CHALLENGES.items()
    },
    "/401": lambda _: Answer(b"no", 401, "text/plain"),
    "/403": lambda _: Answer(b"no", 403, "text/plain"),
    "/404": lambda _: Answer(b"no", 404, "text/plain"),
    "/500": lambda _: Answer(b"no", 500, "text/plain"),
    "/204": lambda _: Answer(status=204),
    "/302": lambda _: Answer(status=302, headers={"Location": "http://admin:hidden@127.0.0.1/login?token=hidden"}),
    "/html": lambda _: Answer(_PAGE, kind="text/html"),
    "/logo": lambda _: Answer(_PAGE),
    "/empty.jpg": lambda _: Answer(),
    "/truncated.jpg": lambda handler: Answer(handler.camera.picture[: len(handler.camera.picture) // 2]),
    "/garbage.jpg": lambda _: Answer(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8),
    "/bomb.jpg": lambda _: Answer(huge_jpeg()),
    "/bomb.png": lambda _: Answer(huge_png(), kind="image/png"),
    "/midway.jpg": lambda handler: Answer(handler.camera.picture[:2000], length=len(handler.camera.picture)),
}
_SLOW: dict[str, Callable[[_Handler], None]] = {
    "/breaks.jpg": _Handler._breaks,
    "/never.jpg": _Handler._never,
    "/drip.jpg": _Handler._drip,
    "/endless.jpg": _Handler._endless,
    "/multipart": _Handler._multipart,
}

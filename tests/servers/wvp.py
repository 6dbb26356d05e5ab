"""A gateway that speaks the HTTP API of WVP-GB28181-pro: a real server on loopback with real streams behind it.

Answers, paging, the login with an MD5 password, 401 after a token's end, joining of a session that runs, and stopping
one that does not, are as in that project's controllers (648540858/wvp-GB28181-pro).
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

USER, PASSWORD = "admin", "p@ss/w:rd?1"
DEVICE = "34020000001180000001"
_HTML = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"


class Refusal(Exception):
    """An answer whose ``code`` is not 0."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(msg)
        self.code, self.msg = code, msg


@dataclass(slots=True)
class Misbehaviour:
    """What the gateway does wrong, by API path prefix: a ``Refusal``, ``html``, or an event it waits for first."""

    refused: dict[str, Refusal] = field(default_factory=dict)
    html: set[str] = field(default_factory=set)
    held: dict[str, threading.Event] = field(default_factory=dict)


class FakeWvp:
    """A gateway on a free port of 127.0.0.1. Use it as a context manager.

    Parameters
    ----------
    streams
        RTSP address behind each channel id.
    catalogue
        Device id → its channels as the API tells them; by default one device with the channels of ``streams``.
    """

    def __init__(
        self, streams: Mapping[str, str], catalogue: Mapping[str, list[dict[str, Any]]] | None = None
    ) -> None:
        self.streams = dict(streams)
        self.catalogue = dict(catalogue) if catalogue is not None else {DEVICE: [channel(name) for name in streams]}
        self.sessions: set[str] = set()
        """Streams that run now."""
        self.opened = self.stopped = self.logins = 0
        self.calls: list[str] = []
        self.wrong = Misbehaviour()
        self._tokens: set[str] = set()
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"wvp": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, channel_id: str = "", *, device: str = DEVICE, password: str = PASSWORD) -> str:
        """Return the gateway's address with credentials, or that of a channel behind it."""
        path = f"/{device}/{channel_id}" if channel_id else ""
        return f"wvp://{USER}:{quote(password, safe='')}@{self.address}{path}"

    def expire_tokens(self) -> None:
        """End every token, as half an hour does."""
        self._tokens.clear()

    def log_in(self, name: str, digest: str) -> dict[str, Any]:
        if name != USER or digest != hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest():
            raise Refusal(100, "用户名或密码错误")
        self.logins += 1
        token = f"token-{self.logins}"
        self._tokens.add(token)
        return {"id": 1, "username": name, "accessToken": token}

    def knows(self, token: str | None) -> bool:
        return token in self._tokens

    def play(self, device: str, channel_id: str) -> dict[str, Any]:
        if channel_id not in self.streams:
            raise Refusal(100, "通道不存在")
        stream = f"{device}_{channel_id}"
        with self.lock:
            self.opened += stream not in self.sessions
            self.sessions.add(stream)
        return {"app": "rtp", "stream": stream, "rtsp": self.streams[channel_id], "mediaServerId": "zlm"}

    def stop(self, device: str, channel_id: str) -> dict[str, Any]:
        with self.lock:
            if f"{device}_{channel_id}" not in self.sessions:
                raise Refusal(100, "点播未找到")
            self.sessions.discard(f"{device}_{channel_id}")
            self.stopped += 1
        return {"deviceId": device, "channelId": channel_id}

    def running(self) -> dict[str, Any]:
        listed = [
            {"deviceId": s.partition("_")[0], "channelId": 1, "ssrc": "0", "streamId": s} for s in self.sessions
        ]
        return {"data": listed, "count": len(listed)}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for event in self.wrong.held.values():
            event.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def channel(id: str, name: str = "", **more: Any) -> dict[str, Any]:  # noqa: A002 - as the API says
    """Return a channel as the API tells it."""
    return {"deviceId": id, "name": name or f"通道{id[-2:]}", "status": "ON", "channelType": 0, "parental": 0} | more


def _paged(items: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    page, count = int(query["page"]), int(query["count"])
    return {"total": len(items), "pageNum": page, "list": items[(page - 1) * count : page * count]}


class _Handler(BaseHTTPRequestHandler):
    wvp: ClassVar[FakeWvp]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.wvp.calls.append(url.path)
        held = _first(self.wvp.wrong.held, url.path)
        if held is not None:
            held.wait(30)
        if _first(dict.fromkeys(self.wvp.wrong.html, 1), url.path):
            self._send(200, _HTML, "text/html")
            return
        self._send_json(url.path, query)

    def _send_json(self, path: str, query: dict[str, str]) -> None:
        if path != "/api/user/login" and not self.wvp.knows(self.headers.get("access-token")):
            self._send(401, _packed(401, "请登录后重新请求"), "application/json;charset=UTF-8")
            return
        try:
            refusal = _first(self.wvp.wrong.refused, path)
            if refusal is not None:
                raise refusal
            body = _packed(0, "成功", self._data(path, query))
        except Refusal as refusal:
            body = _packed(refusal.code, refusal.msg)
        self._send(200, body, "application/json;charset=UTF-8")

    def _data(self, path: str, query: dict[str, str]) -> Any:
        parts = [unquote(part) for part in path.split("/")[2:]]
        match parts:
            case ["user", "login"]:
                return self.wvp.log_in(query.get("username", ""), query.get("password", ""))
            case ["device", "query", "devices"]:
                devices = [{"deviceId": name, "name": f"设备{name[-1]}"} for name in self.wvp.catalogue]
                return _paged(devices, query)
            case ["device", "query", "devices", device, "channels"]:
                return _paged(self.wvp.catalogue[device], query)
            case ["play", "ssrc"]:
                return self.wvp.running()
            case ["play", "start", device, channel_id]:
                return self.wvp.play(device, channel_id)
            case ["play", "stop", device, channel_id]:
                return self.wvp.stop(device, channel_id)
        raise Refusal(404, "资源未找到")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        """Answer until the client goes, which it may do at any time."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Stay silent."""


def _first(by_prefix: Mapping[str, Any], path: str) -> Any:
    return next((value for prefix, value in by_prefix.items() if path.startswith(prefix)), None)


def _packed(code: int, msg: str, data: Any = None) -> bytes:
    return json.dumps({"code": code, "msg": msg, "data": data}, ensure_ascii=False).encode()

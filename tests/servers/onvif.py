"""An ONVIF device: real SOAP over HTTP on loopback, with its own clock and either way of authentication.

Its answers follow the ONVIF Core and Media (version 1) specifications as far as a client of streams needs them.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import quote
from xml.etree.ElementTree import Element

import defusedxml.ElementTree

USER, PASSWORD = "patrol", "p@ss/w:rd?1"
_LENIENT = timedelta(seconds=30)
_REALM, _NONCE = "onvif", "9a8b7c"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"


@dataclass(frozen=True, slots=True)
class Way:
    """A profile of the device: token, video source, size, and the addresses it tells."""

    token: str
    source: str
    size: tuple[int, int]
    stream: str
    snapshot: str = ""


class OnvifServer:
    """A device on a free port of 127.0.0.1. Use it as a context manager.

    Parameters
    ----------
    ways
        Its profiles.
    clock_ahead
        How far its clock is ahead of the real time; it refuses tokens half a minute off by it.
    http_digest
        It asks for HTTP digest instead of WS-UsernameToken.
    odd
        ``namespaces``: all but the envelope's are wrong; ``html``; ``bomb``: entities that grow.
    """

    def __init__(
        self,
        ways: list[Way],
        *,
        clock_ahead: timedelta = timedelta(0),
        http_digest: bool = False,
        odd: str = "",
    ) -> None:
        self.ways, self.clock_ahead, self.http_digest, self.odd = ways, clock_ahead, http_digest, odd
        self.actions: list[str] = []
        self.nonces: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"device": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, password: str = PASSWORD) -> str:
        """Return its address with credentials."""
        return f"onvif://{USER}:{quote(password, safe='')}@{self.host}"

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.clock_ahead

    def trusts(self, envelope: Element) -> bool:
        """Whether the envelope's UsernameToken is right, fresh by the device's clock, and used once."""
        given = {element.tag.rpartition("}")[2]: (element.text or "") for element in envelope.iter()}
        try:
            nonce, created = base64.b64decode(given["Nonce"]), given["Created"]
            is_fresh = abs(datetime.fromisoformat(created) - self.clock()) < _LENIENT
        except (KeyError, ValueError):
            return False
        is_new = given["Nonce"] not in self.nonces
        self.nonces.add(given["Nonce"])
        digest = hashlib.sha1(nonce + created.encode() + PASSWORD.encode(), usedforsecurity=False).digest()
        return (
            is_fresh
            and is_new
            and given.get("Username") == USER
            and base64.b64decode(given.get("Password", "")) == digest
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    device: ClassVar[OnvifServer]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        body = next(e for e in defusedxml.ElementTree.fromstring(data).iter() if e.tag == f"{{{_SOAP}}}Body")
        action = body[0].tag.rpartition("}")[2]
        self.device.actions.append(action)
        if self.device.odd == "html":
            self._send(200, "<html><body>login</body></html>", kind="text/html")
        elif self.device.odd == "bomb":
            self._send(200, '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>')
        elif action != "GetSystemDateAndTime" and self.device.http_digest and not self._is_digest_right():
            challenge = f'Digest realm="{_REALM}", nonce="{_NONCE}", qop="auth", algorithm=MD5'
            self._send(401, "", challenge=challenge)
        elif (
            action != "GetSystemDateAndTime"
            and not self.device.http_digest
            and not self.device.trusts(defusedxml.ElementTree.fromstring(data))
        ):
            self._send(400, _fault("ter:NotAuthorized", "Sender not Authorized"))
        else:
            self._answer(action, body[0])

    def _answer(self, action: str, asked: Element) -> None:
        way = next((w for w in self.device.ways if w.token == _text(asked, "ProfileToken")), None)
        match action:
            case "GetSystemDateAndTime":
                self._send(200, _envelope(action, _time(self.device.clock())))
            case "GetDeviceInformation":
                told = "<Manufacturer>Examples</Manufacturer><Model>Eye 2</Model><SerialNumber>SN-42</SerialNumber>"
                self._send(200, _envelope(action, told))
            case "GetCapabilities":
                # The address that a device behind NAT believes to have.
                media = "<tt:Media><tt:XAddr>http://192.168.1.64/onvif/media_service</tt:XAddr></tt:Media>"
                self._send(200, _envelope(action, f"<Capabilities>{media}</Capabilities>"))
            case "GetProfiles" if self.path == "/onvif/media_service":
                self._send(200, _envelope(action, "".join(map(_profile, self.device.ways))))
            case "GetStreamUri" if way:
                self._send(200, _envelope(action, f"<MediaUri><tt:Uri>{way.stream}</tt:Uri></MediaUri>"))
            case "GetSnapshotUri" if way and way.snapshot:
                self._send(200, _envelope(action, f"<MediaUri><tt:Uri>{way.snapshot}</tt:Uri></MediaUri>"))
            case _:
                self._send(500, _fault("ter:ActionNotSupported", "Optional Action Not Implemented"))

    def _is_digest_right(self) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', self.headers.get("Authorization", "")))
        known = _md5(f"{USER}:{_REALM}:{PASSWORD}")
        middle = ":".join(given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        return given.get("response") == _md5(f"{known}:{middle}:{_md5(f'POST:{self.path}')}")

    def _send(self, status: int, text: str, *, kind: str = "application/soap+xml", challenge: str = "") -> None:
        if self.device.odd == "namespaces":
            text = text.replace("http://www.onvif.org/", "http://www.example.org/")
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Stay silent."""


def _envelope(action: str, inner: str) -> str:
    names = 'xmlns="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"'
    response = f"<{action}Response {names}>{inner}</{action}Response>"
    return f'<?xml version="1.0"?><s:Envelope xmlns:s="{_SOAP}"><s:Body>{response}</s:Body></s:Envelope>'


def _fault(code: str, reason: str) -> str:
    subcode = f'<s:Subcode><s:Value xmlns:ter="http://www.onvif.org/ver10/error">{code}</s:Value></s:Subcode>'
    fault = f"<s:Code><s:Value>s:Sender</s:Value>{subcode}</s:Code><s:Reason><s:Text>{reason}</s:Text></s:Reason>"
    return f'<s:Envelope xmlns:s="{_SOAP}"><s:Body><s:Fault>{fault}</s:Fault></s:Body></s:Envelope>'


def _time(moment: datetime) -> str:
    parts = {"Hour": moment.hour, "Minute": moment.minute, "Second": moment.second}
    days = {"Year": moment.year, "Month": moment.month, "Day": moment.day}
    time, date = ("".join(f"<tt:{k}>{v}</tt:{k}>" for k, v in each.items()) for each in (parts, days))
    return (
        f"<SystemDateAndTime><tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>"
        "</SystemDateAndTime>"
    )


def _profile(way: Way) -> str:
    size = f"<tt:Width>{way.size[0]}</tt:Width><tt:Height>{way.size[1]}</tt:Height>"
    return (
        f'<Profiles token="{way.token}"><tt:Name>{way.token}</tt:Name>'
        f"<tt:VideoSourceConfiguration><tt:SourceToken>{way.source}</tt:SourceToken></tt:VideoSourceConfiguration>"
        f"<tt:VideoEncoderConfiguration><tt:Resolution>{size}</tt:Resolution></tt:VideoEncoderConfiguration></Profiles>"
    )


def _text(element: Element, name: str) -> str:
    return next((e.text or "" for e in element.iter() if e.tag.rpartition("}")[2] == name), "")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

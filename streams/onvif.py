"""What an ONVIF device says of its pictures: profiles, stream and snapshot addresses. A small SOAP client.

Only names are looked at in answers, not namespaces, since devices get those wrong; XML with a document type is
refused.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit, urlunsplit
from xml.etree.ElementTree import Element  # the type alone; defusedxml parses
from xml.sax.saxutils import escape

import defusedxml.ElementTree
import httpx
from defusedxml.common import DefusedXmlException

from streams.errors import NotAnImage, SourceError, TimedOut, Unauthorised, Unreachable
from streams.url import masked

_DEVICE, _MEDIA = "http://www.onvif.org/ver10/device/wsdl", "http://www.onvif.org/ver10/media/wsdl"
_SECEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_NONCE_BYTES = 16
_MOST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Profile:
    """One way a video source is encoded; sizes in pixels, 0 where the device does not say."""

    token: str
    source: str
    width: int
    height: int


class OnvifDevice:
    """One device. Its clock is asked first, as it refuses credentials that are minutes off by that clock.

    Parameters
    ----------
    url
        ``onvif://user:password@host[:port]``; a path other than ``/onvif/device_service`` behind it.
    timeout_s
        Seconds for connecting and for each answer.
    now
        The wall clock; aware UTC.
    nonce
        Random bytes, as many as asked for.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        now: Callable[[], datetime],
        nonce: Callable[[int], bytes] = os.urandom,
    ) -> None:
        parts = urlsplit(url)
        if not parts.hostname:
            raise Unreachable(f"{masked(url)}: names no host; write onvif://user:password@host")
        self.host = parts.netloc.rpartition("@")[2]
        self._service = f"http://{self.host}{parts.path if len(parts.path) > 1 else '/onvif/device_service'}"
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._timeout_s, self._now, self._nonce = timeout_s, now, nonce
        self._ahead = timedelta(0)
        auth = httpx.DigestAuth(self._user, self._password) if self._user else None
        self._client = httpx.Client(timeout=timeout_s, trust_env=False, auth=auth)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def set_clock(self) -> timedelta:
        """Ask the device for its time, and return how far its clock is ahead of ours."""
        answer = self._call(self._service, _DEVICE, "GetSystemDateAndTime", signed=False)
        moment = _moment(_find(answer, "UTCDateTime"))
        self._ahead = moment - self._now() if moment else timedelta(0)
        return self._ahead

    def name(self) -> tuple[str, str]:
        """Return the device's make and model, and its serial number; empty where it does not say."""
        answer = self._call(self._service, _DEVICE, "GetDeviceInformation")
        make = f"{_text(answer, 'Manufacturer')} {_text(answer, 'Model')}".strip()
        return make, _text(answer, "SerialNumber")

    def media_service(self) -> str:
        """Return the address of its media service, on the host by which the device was reached."""
        answer = self._call(self._service, _DEVICE, "GetCapabilities", "<tds:Category>All</tds:Category>")
        media = _find(answer, "Media")
        told = _text(media, "XAddr") if media is not None else ""
        if not told:
            raise NotAnImage(f"{self.host}: the device has no media service")
        return self._here(told)

    def profiles(self, media: str) -> list[Profile]:
        """Return the profiles with video, in the device's order."""
        answer = self._call(media, _MEDIA, "GetProfiles")
        return [profile for element in _all(answer, "Profiles") if (profile := _profile(element))]

    def stream_uri(self, media: str, profile: Profile) -> str:
        """Return the RTSP address of a profile, without credentials."""
        setup = "<trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol>"
        token = f"<trt:ProfileToken>{escape(profile.token)}</trt:ProfileToken>"
        body = f"{setup}</tt:Transport></trt:StreamSetup>{token}"
        return self._uri(self._call(media, _MEDIA, "GetStreamUri", body))

    def snapshot_uri(self, media: str, profile: Profile) -> str:
        """Return the address of a profile's still picture, without credentials."""
        body = f"<trt:ProfileToken>{escape(profile.token)}</trt:ProfileToken>"
        return self._uri(self._call(media, _MEDIA, "GetSnapshotUri", body))

    def _uri(self, answer: Element) -> str:
        uri = _text(answer, "Uri")
        if "://" not in uri:
            raise NotAnImage(f"{self.host}: the device answered no address")
        return uri

    def _here(self, told: str) -> str:
        """Return an address on the host that answers us; devices behind NAT tell their own."""
        return urlunsplit(urlsplit(told)._replace(scheme="http", netloc=self.host))

    def _call(self, service: str, namespace: str, action: str, body: str = "", *, signed: bool = True) -> Element:
        prefix = "tds" if namespace == _DEVICE else "trt"
        envelope = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
            f'xmlns:{prefix}="{namespace}" xmlns:tt="http://www.onvif.org/ver10/schema">'
            f"{self._header() if signed and self._user else ''}"
            f"<s:Body><{prefix}:{action}>{body}</{prefix}:{action}></s:Body></s:Envelope>"
        )
        kind = f'application/soap+xml; charset=utf-8; action="{namespace}/{action}"'
        try:
            response = self._client.post(service, content=envelope.encode(), headers={"Content-Type": kind})
        except httpx.TimeoutException as error:
            raise TimedOut(f"{self.host}: no answer within {self._timeout_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(
                f"{self.host}: {masked(str(error)) or type(error).__name__}; check the address"
            ) from error
        return self._answer(response, action)

    def _answer(self, response: httpx.Response, action: str) -> Element:
        if response.status_code in {401, 403}:
            raise Unauthorised(f"{self.host}: answered {response.status_code} to {action}; check user and password")
        try:
            root: Element = defusedxml.ElementTree.fromstring(response.content[:_MOST_BYTES], forbid_dtd=True)
        except (SyntaxError, DefusedXmlException, ValueError) as error:
            raise self._no_onvif(response) from error
        if _local(root) != "Envelope":
            raise self._no_onvif(response)
        fault = _find(root, "Fault")
        if fault is not None:
            raise self._fault(fault, action)
        return root

    def _no_onvif(self, response: httpx.Response) -> NotAnImage:
        told = f"answered {response.status_code} {response.headers.get('content-type', '')}".strip()
        return NotAnImage(f"{self.host}: {told}, not ONVIF; check the address and port")

    def _fault(self, fault: Element, action: str) -> SourceError:
        told = " ".join(" ".join(text.split()) for text in fault.itertext() if text.strip())[:200]
        if "NotAuthorized" in told or "FailedAuthentication" in told:
            return Unauthorised(
                f"{self.host}: refuses {action} ({told}); check user, password and the device's clock"
            )
        return Unreachable(f"{self.host}: {action} failed: {masked(told)}")

    def _header(self) -> str:
        """Return a WS-UsernameToken by the device's clock: Base64(SHA-1(nonce + created + password))."""
        nonce = self._nonce(_NONCE_BYTES)
        created = (self._now() + self._ahead).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        digest = hashlib.sha1(nonce + created.encode() + self._password.encode(), usedforsecurity=False).digest()
        return (
            f'<s:Header><wsse:Security xmlns:wsse="{_SECEXT}" xmlns:wsu="{_UTILITY}" s:mustUnderstand="1">'
            f"<wsse:UsernameToken><wsse:Username>{escape(self._user)}</wsse:Username>"
            f'<wsse:Password Type="{_DIGEST}">{base64.b64encode(digest).decode()}</wsse:Password>'
            f"<wsse:Nonce>{base64.b64encode(nonce).decode()}</wsse:Nonce><wsu:Created>{created}</wsu:Created>"
            "</wsse:UsernameToken></wsse:Security></s:Header>"
        )


def _profile(element: Element) -> Profile | None:
    source, encoder = _find(element, "VideoSourceConfiguration"), _find(element, "VideoEncoderConfiguration")
    if encoder is None:
        return None
    size = _find(encoder, "Resolution")
    width, height = (_number(size, name) for name in ("Width", "Height")) if size is not None else (0, 0)
    return Profile(
        element.get("token", ""), _text(source, "SourceToken") if source is not None else "", width, height
    )


def _moment(element: Element | None) -> datetime | None:
    if element is None:
        return None
    try:
        year, month, day, hour, minute, second = (
            int(_text(element, name)) for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")
        )
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _all(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if _local(element) == name]


def _find(root: Element, name: str) -> Element | None:
    return next((element for element in root.iter() if _local(element) == name), None)


def _text(root: Element, name: str) -> str:
    element = _find(root, name)
    return (element.text or "").strip() if element is not None else ""


def _number(root: Element, name: str) -> int:
    text = _text(root, name)
    return int(text) if text.isdecimal() else 0

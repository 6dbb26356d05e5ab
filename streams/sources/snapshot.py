"""HTTP snapshots: one GET, one picture."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import httpx

from streams.errors import NotAnImage, Stale, TimedOut, Unauthorised, Unreachable
from streams.feed import Feed
from streams.frame import Frame
from streams.source import Limits
from streams.sources.challenge import ChallengeAuth, ChallengeError
from streams.sources.connections import asked
from streams.sources.freshness import age_of
from streams.sources.picture import MAGIC_BYTES, decode, digest_of, is_picture
from streams.url import masked

_UNAUTHORISED = (401, 403, 407)
_JPEG = b"\xff\xd8\xff"
_GATEWAYS_SNAPSHOT = re.compile(r"/index/api/getSnap(\?|$)")
"""ZLMediaKit's: always JPEG, but for the logo that it sends when it cannot reach the camera."""


_ASKING = {"Accept": "image/*", "Accept-Encoding": "identity", "Cache-Control": "no-cache"}


class SnapshotSource:
    """A camera's or gateway's snapshot address.

    Freshness: the picture's age is ``Date - Last-Modified`` on the server's own clock (cameras' clocks are often
    wrong, so the two are never compared with ours) plus the ``Age`` header of any cache between, or the age of its
    EXIF record if that is older; past the feed's ``max_age_s`` it is ``Stale``. Caches are asked to look anew
    (``Cache-Control: no-cache``), and with ``fresh_query`` each look has an address of its own. A look names the
    picture it already has (``If-None-Match``, ``If-Modified-Since``); ``304`` proves that nothing new was taken and
    is ``Stale``, too. The look after a 304 asks without condition, so a server whose tags never change still shows
    its picture every second time, and its digest then tells the truth.

    What counts is the bytes, not the content type: cameras send JPEG as ``text/plain``, gateways send error pages as
    ``200``. The type is quoted when the bytes are no picture. Where JPEG is sent, any other picture is a gateway's
    logo.

    Redirects are not followed: they lead to login pages and, for a shared camera, to hosts nobody approved.
    """

    def __init__(
        self,
        feed: Feed,
        limits: Limits,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._feed, self._limits, self._now, self._clock = feed, limits, now, clock
        self._auth: ChallengeAuth | None = None
        self._have: dict[str, str] = {}
        self._sends_jpeg = False

    def look(self) -> Frame:
        """Fetch one picture (see ``Source.look``)."""
        data, headers = self._fetch()
        self._check_kind(data)
        captured_at = self._now() - timedelta(seconds=self._fresh_age_s(data, headers))
        image, encoded = decode(data, whence=self._feed.shown_url, limits=self._limits)
        self._have = _validators(headers)
        return Frame(image, captured_at, digest_of(data), encoded=encoded)

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:  # noqa: ARG002  pacing is the caller's
        """Yield one frame (see ``Source.frames``)."""
        yield self.look()

    def _fetch(self) -> tuple[bytes, httpx.Headers]:
        shown = self._feed.shown_url
        timeout = httpx.Timeout(self._limits.read_timeout_s, connect=self._limits.open_timeout_s)
        try:
            with asked(self._address(), headers=_ASKING | self._have, auth=self._auth, timeout=timeout) as response:
                self._check(response)
                return self._read(response), response.headers
        except ChallengeError as error:
            self._auth = None  # it remembers the challenge
            raise Unauthorised(f"{shown}: {error}; set the camera's web authentication to basic or digest") from error
        except httpx.TimeoutException as error:
            raise TimedOut(f"{shown}: no answer within {self._allowed_s():g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise Unreachable(f"{shown}: {_reason(error)}; check the address and that the camera is on") from error

    def _address(self) -> httpx.URL:
        """Return the URL to ask. Its credentials go into ``_auth``, which remembers the challenge between looks."""
        url = httpx.URL(self._feed.url)
        if self._auth is None and url.userinfo:
            self._auth = ChallengeAuth(url.username, url.password)
        bare = url.copy_with(userinfo=b"")
        if self._feed.fresh_query is None:
            return bare
        # As it is written, because gateways sign their addresses.
        query = f"{self._feed.fresh_query}={self._now().timestamp():.3f}".encode()
        return bare.copy_with(query=bare.query + b"&" + query if bare.query else query)

    def _allowed_s(self) -> float:
        return self._limits.open_timeout_s + self._limits.read_timeout_s

    def _check(self, response: httpx.Response) -> None:
        """Raise unless the status promises a picture."""
        shown, status = self._feed.shown_url, f"{response.status_code} {response.reason_phrase}".strip()
        if response.status_code in _UNAUTHORISED:
            raise Unauthorised(f"{shown}: answered {status}; check the feed's user and password")
        if response.status_code == httpx.codes.NOT_MODIFIED:
            self._have = {}
            raise Stale(f"{shown}: answered {status}; the picture is the one seen on the visit before")
        if response.is_redirect:
            target = masked(response.headers.get("location", "nowhere"))
            raise Unreachable(f"{shown}: answered {status} to {target}; write that address if it is the camera's")
        if response.status_code == httpx.codes.NO_CONTENT:
            raise NotAnImage(f"{shown}: answered {status}, no picture")
        if not response.is_success:
            raise Unreachable(f"{shown}: answered {status}")

    def _read(self, response: httpx.Response) -> bytes:
        """Read the body, giving up at the first sign that it is no picture, too long or too slow."""
        shown, give_up_at = self._feed.shown_url, self._clock() + self._allowed_s()
        data = bytearray()
        try:
            for piece in response.iter_raw():  # as they come: with a chunk size a trickle would never be looked at
                data += piece
                self._check_body(data, response.headers)
                if self._clock() > give_up_at:
                    raise TimedOut(f"{shown}: not all there after {self._allowed_s():g} s ({len(data)} bytes came)")
        except httpx.RemoteProtocolError as error:
            raise NotAnImage(f"{shown}: broke off after {len(data)} bytes") from error
        if data and len(data) < MAGIC_BYTES:
            raise NotAnImage(f"{shown}: {_no_picture(response.headers)}")
        return bytes(data)

    def _check_body(self, data: bytearray, headers: httpx.Headers) -> None:
        shown = self._feed.shown_url
        if len(data) >= MAGIC_BYTES and not is_picture(bytes(data[:MAGIC_BYTES])):
            raise NotAnImage(f"{shown}: {_no_picture(headers)}")
        if len(data) > self._limits.max_bytes:
            raise NotAnImage(f"{shown}: more than the {self._limits.max_bytes} bytes allowed")

    def _fresh_age_s(self, data: bytes, headers: httpx.Headers) -> float:
        """Return how old the picture is, seconds; raise when it is too old."""
        age = age_of(data, headers, self._now())
        if age.seconds > self._feed.max_age_s:
            raise Stale(
                f"{self._feed.shown_url}: by {age.witness} the picture is {age.seconds:.0f} s old, more than the "
                f"{self._feed.max_age_s:g} s allowed; raise max_age_s if its clock is not to be trusted"
            )
        return age.seconds

    def _check_kind(self, data: bytes) -> None:
        """Raise when the picture is of another kind than this address sends."""
        is_jpeg = data.startswith(_JPEG)
        if not is_jpeg and (self._sends_jpeg or _GATEWAYS_SNAPSHOT.search(self._feed.url)):
            raise NotAnImage(
                f"{self._feed.shown_url}: answered a picture that is no JPEG where JPEG is sent: "
                "a gateway's logo in place of the camera's picture"
            )
        self._sends_jpeg = is_jpeg


def _validators(headers: httpx.Headers) -> dict[str, str]:
    """Return what the next request asks by; a request's headers are ASCII, so other tags cannot be sent back."""
    pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
    return {asked: headers[given] for asked, given in pairs if headers.get(given, "\u2026").isascii()}


def _no_picture(headers: httpx.Headers) -> str:
    kind = headers.get("content-type", "no content type")
    if kind.startswith("multipart/"):
        return f"answered a running stream ({kind.partition(';')[0]}), not one picture; set protocol: stream"
    if headers.get("content-encoding", "identity") != "identity":
        return f"answered {kind} packed as {headers['content-encoding']}, which was not asked for"
    return f"answered {kind}, not a JPEG, PNG, WebP or BMP picture"


def _reason(error: Exception) -> str:
    """Return the library's reason without addresses or secrets, such as ``Connection refused``."""
    return re.sub(r"^\[[^\]]*\]\s*", "", masked(str(error))) or type(error).__name__

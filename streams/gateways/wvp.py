"""The HTTP API of WVP-GB28181-pro (648540858/wvp-GB28181-pro), a gateway to cameras that speak GB/T 28181.

What this rests on, by that project's sources: every answer is ``{code, msg, data}`` with ``code`` 0 for success; a
login (the password's MD5) gives a token for the header ``access-token``, good for 30 minutes, after which answers are
401; ``play`` returns a session that is running already instead of opening another, and does not say so; ``stop``
closes a channel's one session for everybody; ``/api/play/ssrc`` lists the sessions that run.
"""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx

from streams.errors import NotAnImage, TimedOut, Unauthorised, Unreachable
from streams.url import masked

SCHEMES = ("wvp", "wvps")
_PAGE = 200
_MOST_PAGES = 10_000
_DENIED = {401, 403}
_NO_SESSION = 100
"""What ``stop`` answers when there is nothing to stop."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a gateway is and who asks: the part of ``wvp://user:password@host:port/…`` before the path."""

    base: str
    user: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def shown(self) -> str:
        """The address as it may be shown."""
        return self.base


def parted(url: str) -> tuple[Address, list[str]]:
    """Return a gateway's address and the parts of the path behind it, of ``wvp://`` (http) or ``wvps://`` (https).

    >>> parted("wvps://admin:a%40b@10.0.0.8:18080/34020000001320000001/34020000001310000001")[0].base
    'https://10.0.0.8:18080'

    Raises
    ------
    ValueError
        It names no host.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(f"{masked(url)}: names no host; write wvp://user:password@host:port")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    scheme = "https" if parts.scheme == "wvps" else "http"
    address = Address(f"{scheme}://{host}{port}", unquote(parts.username or ""), unquote(parts.password or ""))
    return address, [unquote(part) for part in parts.path.split("/") if part]


class Gateway:
    """One gateway; logs in when it must, once for all threads. Safe to share.

    Parameters
    ----------
    address
        Where it is and who asks.
    tls
        What verifies a gateway behind https.
    timeout_s
        Seconds for connecting and for each answer.
    """

    def __init__(self, address: Address, *, tls: ssl.SSLContext, timeout_s: float = 10.0) -> None:
        self._address, self._timeout_s = address, timeout_s
        self._client = httpx.Client(base_url=address.base, verify=tls, trust_env=False)
        self._token, self._lock = "", threading.Lock()

    @property
    def shown(self) -> str:
        """The gateway's address as it may be shown."""
        return self._address.shown

    def devices(self) -> Iterator[Mapping[str, Any]]:
        """Yield the devices that are registered with it."""
        yield from self._pages("/api/device/query/devices")

    def channels(self, device_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield a device's channels, without directories."""
        path = f"/api/device/query/devices/{quote(device_id, safe='')}/channels"
        yield from self._pages(path, {"channelType": "false"})

    def is_playing(self, device_id: str, channel_id: str) -> bool:
        """Whether a live session of the channel runs, whoever opened it."""
        listed = self._ask("/api/play/ssrc")
        running = listed.get("data") if isinstance(listed, dict) else None
        stream = f"{device_id}_{channel_id}"
        return any(isinstance(one, dict) and one.get("streamId") == stream for one in running or ())

    def play(self, device_id: str, channel_id: str, *, timeout_s: float) -> Mapping[str, Any]:
        """Open a channel's live session, or join the one that runs, and return its addresses by kind.

        Raises
        ------
        streams.errors.SourceError
            The gateway or the camera behind it did not.
        """
        path = f"/api/play/start/{quote(device_id, safe='')}/{quote(channel_id, safe='')}"
        content = self._ask(path, timeout_s=timeout_s)
        if not isinstance(content, dict):
            raise NotAnImage(f"{self._address.shown}: play answered no addresses")
        return content

    def stop(self, device_id: str, channel_id: str, *, timeout_s: float | None = None) -> None:
        """Close a channel's live session; one that does not run is closed already.

        Raises
        ------
        streams.errors.SourceError
            The gateway did not answer, so that the session may still run.
        """
        path = f"/api/play/stop/{quote(device_id, safe='')}/{quote(channel_id, safe='')}"
        self._ask(path, timeout_s=timeout_s, passing=_NO_SESSION)

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._client.close()

    def _pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Mapping[str, Any]]:
        got = 0
        for page in range(1, _MOST_PAGES):
            answer = self._ask(path, {**(query or {}), "page": str(page), "count": str(_PAGE)})
            if not isinstance(answer, dict) or not isinstance(answer.get("list"), list):
                raise NotAnImage(f"{self._address.shown}{path}: answered no list; is it a WVP-GB28181-pro?")
            yield from (item for item in answer["list"] if isinstance(item, dict))
            got += len(answer["list"])
            if not answer["list"] or got >= int(answer.get("total") or 0):
                return

    def _ask(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        timeout_s: float | None = None,
        passing: int = 0,
    ) -> Any:
        """Return an answer's data, logging in before the first question and once more when the token is too old."""
        token = self._token or self._log_in("")
        answer = self._get(path, query, token=token, timeout_s=timeout_s)
        if answer.get("code") in _DENIED:
            answer = self._get(path, query, token=self._log_in(token), timeout_s=timeout_s)
        code, shown = answer.get("code"), self._address.shown
        if code in _DENIED:
            raise Unauthorised(f"{shown}: the gateway refuses {path}; check the user's rights")
        if code not in {0, passing}:
            raise Unreachable(f"{shown}: {path}: the gateway answered {code}: {masked(str(answer.get('msg')))[:200]}")
        return answer.get("data")

    def _log_in(self, old: str) -> str:
        """Return a token that is not ``old``; of many threads with the same old one, one logs in."""
        with self._lock:
            if self._token != old:
                return self._token
            # MD5 is what this API wants; over http it is as good as the password itself.
            digest = hashlib.md5(self._address.password.encode(), usedforsecurity=False).hexdigest()
            answer = self._get("/api/user/login", {"username": self._address.user, "password": digest})
            data = answer.get("data")
            token = data.get("accessToken") if isinstance(data, dict) else None
            if answer.get("code") != 0 or not isinstance(token, str):
                told = masked(str(answer.get("msg")))[:200]
                raise Unauthorised(f"{self._address.shown}: login refused ({told}); check user and password")
            self._token = token
            return token

    def _get(
        self, path: str, query: Mapping[str, str] | None, *, token: str = "", timeout_s: float | None = None
    ) -> dict[str, Any]:
        shown, allowed_s = self._address.shown, timeout_s or self._timeout_s
        headers = {"access-token": token} if token else {}
        try:
            response = self._client.get(path, params=query, headers=headers, timeout=allowed_s)
        except httpx.TimeoutException as error:
            raise TimedOut(f"{shown}: no answer within {allowed_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{shown}: {masked(str(error)) or type(error).__name__}; check the gateway") from error
        if response.status_code in _DENIED:
            return {"code": response.status_code}
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            kind = response.headers.get("content-type", "no content type")
            raise NotAnImage(f"{shown}: answered {response.status_code} {kind}, not WVP's JSON; check the address")
        return answer

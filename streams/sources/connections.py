"""The kept-alive HTTP connections of this process."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from http.cookiejar import DefaultCookiePolicy

import httpx

from streams.sources.tls import tls_context

_MOST_IDLE, _IDLE_S = 64, 30.0
"""Gateways and recorders answer for hundreds of cameras each, so a connection to one is used again within seconds. A
camera's own is not worth keeping over the minutes between two looks."""
_BROKE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


@contextmanager
def asked(
    url: httpx.URL, *, headers: dict[str, str], auth: httpx.Auth | None, timeout: httpx.Timeout
) -> Generator[httpx.Response]:
    """GET ``url`` over a kept connection to its host where there is one; the body is read from the response.

    A server may close a connection that it kept at the very moment it is used again; then the question is put once
    more over a new one.

    Raises
    ------
    httpx.HTTPError
        As the library does.
    """
    response = _response(url, headers, auth, timeout)
    try:
        yield response
    finally:
        response.close()


def _response(
    url: httpx.URL, headers: dict[str, str], auth: httpx.Auth | None, timeout: httpx.Timeout
) -> httpx.Response:
    client = _client()
    request = client.build_request("GET", url, headers=headers, timeout=timeout)
    try:
        return client.send(request, stream=True, auth=auth)
    except _BROKE:
        again = client.build_request("GET", url, headers=headers, timeout=timeout)
        return client.send(again, stream=True, auth=auth)


@cache
def _client() -> httpx.Client:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=_MOST_IDLE, keepalive_expiry=_IDLE_S)
    client = httpx.Client(verify=tls_context(), trust_env=False, limits=limits)
    # What one camera sets is not for another behind the same gateway.
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client

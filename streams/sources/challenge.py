"""HTTP authentication as the camera's challenge asks: digest where offered, else basic."""

from __future__ import annotations

import base64
from collections.abc import Generator

import httpx

_UNANSWERABLE = (httpx.ProtocolError, IndexError, KeyError, NotImplementedError, ValueError)
"""What httpx raises on a digest challenge with empty, missing, unknown or non-ASCII values."""


class ChallengeError(Exception):
    """The camera's challenge cannot be answered: it breaks RFC 7616. The text is one sentence on what is wrong."""


class ChallengeAuth(httpx.DigestAuth):
    """Answer a 401 by the strongest scheme it offers, and remember it for the next request.

    The password is never sent before a challenge, so a camera that speaks digest never gets it in clear.
    """

    def __init__(self, user: str, password: str) -> None:
        super().__init__(user, password)
        self._basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._wants_basic = False

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the request, and once more with credentials when it was challenged.

        Raises
        ------
        ChallengeError
            The challenge cannot be answered.
        """
        if self._wants_basic:
            request.headers["Authorization"] = self._basic
            yield request
            return
        digest = super().auth_flow(request)
        response = yield next(digest)
        if response.status_code == httpx.codes.UNAUTHORIZED and _offers_only_basic(response):
            self._wants_basic = True
            request.headers["Authorization"] = self._basic
            yield request
            return
        yield from _sent(digest, response)


def _sent(
    flow: Generator[httpx.Request, httpx.Response, None], response: httpx.Response
) -> Generator[httpx.Request, httpx.Response, None]:
    try:
        answer = flow.send(response)
    except StopIteration:
        return
    except _UNANSWERABLE as error:
        raise ChallengeError("its digest challenge is broken") from error
    yield answer


def _offers_only_basic(response: httpx.Response) -> bool:
    schemes = {value.partition(" ")[0].lower() for value in response.headers.get_list("www-authenticate")}
    return "basic" in schemes and "digest" not in schemes

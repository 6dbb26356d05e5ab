"""URLs of feeds, which carry passwords: the one place that hides them."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/?#\s]*@")
_SECRET_QUERY = re.compile(
    r"(?i)([?&;](?:[a-z_-]*(?:password|passwd|pwd|secret|token|auth|key|signature|sign|sig)|pass|user(?:name)?)=)([^&;#\s]+)"
)


def masked(text: str) -> str:
    """Return ``text`` with user names, passwords and secret query values of every URL in it replaced by ``***``.

    Works on a bare URL and on any sentence that quotes one, such as a library's error message.

    >>> masked("cannot open rtsp://admin:p@ss@10.0.0.1/1?token=abc")
    'cannot open rtsp://***@10.0.0.1/1?token=***'
    >>> masked("http://10.0.0.1/1?token=a:b.c: no answer")
    'http://10.0.0.1/1?token=***: no answer'
    """
    return _SECRET_QUERY.sub(_without_value, _USERINFO.sub(r"\1***@", text))


def _without_value(found: re.Match[str]) -> str:
    """Return the match with its value hidden; punctuation at its end is the sentence's that quotes the URL."""
    name, value = found.groups()
    return f"{name}***{value[max(1, len(value.rstrip(':,.'))) :]}"


def with_credentials(url: str, user: str | None, password: str | None) -> str:
    """Return ``url`` with the user and password put in (percent-encoded), replacing any it had.

    >>> with_credentials("rtsp://10.0.0.1/1", "a", "p@s")
    'rtsp://a:p%40s@10.0.0.1/1'
    """
    if user is None:
        return url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    secret = f":{quote(password, safe='')}" if password is not None else ""
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}{secret}@{host}"))

"""User names and passwords of imported feeds: out of their URLs, and out of the file where that is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from api.importing.candidate import Candidate

_SECRETS = ("user", "password")


def parted(candidate: Candidate) -> Candidate:
    """Return the candidate with the credentials of its URL under ``user`` and ``password``.

    Those that stand there already go before the URL's. Other credentials of the main stream stay in its URL.
    """
    feed = dict(candidate.feed)
    bare, user, password = bare_url(feed["url"])
    if user is not None and "user" not in feed:
        feed |= {"user": user, "password": password or ""}
    if "user" in feed:
        feed.setdefault("password", "")
    if "main_url" in feed:
        main, *main_secrets = bare_url(feed["main_url"])
        if main_secrets in ([None, None], [feed.get("user"), feed.get("password")]):
            feed["main_url"] = main
    return replace(candidate, feed=_ordered(feed | {"url": bare}))


def bare_url(url: str) -> tuple[str, str | None, str | None]:
    """Return a URL without credentials, and its user and password where it has them.

    >>> bare_url("rtsp://admin:p%40ss@192.0.2.1/1")
    ('rtsp://192.0.2.1/1', 'admin', 'p@ss')
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, None, None
    secret, sign, host = parts.netloc.rpartition("@")
    if not sign:
        return url, None, None
    user, _, password = secret.partition(":")
    return urlunsplit(parts._replace(netloc=host)), unquote(user), unquote(password)


def named_in_environment(candidates: Iterable[Candidate], name: str) -> tuple[list[Candidate], dict[str, int]]:
    """Return the candidates with ``${NAME_USER}`` and ``${NAME_PASSWORD}`` for their credentials.

    Other credentials than the first are ``${NAME2_USER}`` and so on.

    Returns
    -------
    The candidates, and each variable's stem with how many feeds use it.
    """
    stems: dict[tuple[Any, Any], str] = {}
    used: dict[str, int] = {}
    hidden = []
    for candidate in candidates:
        if "user" not in candidate.feed:
            hidden.append(candidate)
            continue
        secret = (candidate.feed["user"], candidate.feed["password"])
        stem = stems.setdefault(secret, f"{name}{len(stems) + 1 if stems else ''}")
        used[stem] = used.get(stem, 0) + 1
        references = {"user": f"${{{stem}_USER}}", "password": f"${{{stem}_PASSWORD}}"}
        hidden.append(replace(candidate, feed=candidate.feed | references))
    return hidden, used


def are_written(feeds: Iterable[dict[str, Any]]) -> bool:
    """Whether a password would stand in the file."""
    return any(feed.get("password") and not str(feed["password"]).startswith("${") for feed in feeds)


def _ordered(feed: dict[str, Any]) -> dict[str, Any]:
    """Return the feed with its keys in the order that people look for them."""
    first = ("id", "name", "url", "main_url", "protocol", "transport", *_SECRETS, "enabled", "owner", "purpose")
    return {key: feed[key] for key in first if key in feed} | feed

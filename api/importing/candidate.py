"""What a source of cameras gives: feeds to be, and what cannot be one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from configs.feeds import FeedSettings
from configs.files import SCHEMES
from configs.mistakes import without_urls

_AUTHORITY = re.compile(r"\w+://([^/?#]*)([/?#]?)")
_PORT = re.compile(r"[^:]*(:\d*)?|\[.*\](:\d*)?")
"""A host and its port, as far as it tells them from ``user:password``."""


class ImportRefused(Exception):
    """A source as a whole cannot be imported: mend it or the command. ``str(error)`` is one sentence."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feed to be.

    Parameters
    ----------
    where
        Where it was found, such as ``row 12``.
    feed
        Its keys as they will be written; those that the source says nothing of are left out.
    gb_id
        Its channel's GB/T 28181 id, where known.
    named
        Whether the source itself tells it from others, by an id of its own.
    """

    where: str
    feed: dict[str, Any] = field(repr=False)
    gb_id: str = ""
    named: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """What cannot become a feed, where it was found, and why with the way out."""

    where: str
    reason: str

    def __str__(self) -> str:
        """Return both as one line."""
        return f"{self.where}: {self.reason}"


@dataclass(slots=True)
class Harvest:
    """Everything that a source gave; ``notes`` are sentences on it as a whole."""

    candidates: list[Candidate] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(self, candidate: Candidate) -> None:
        """Take a candidate that can be a feed, and refuse one that cannot."""
        reasons = list(_faults(candidate.feed))
        if reasons:
            self.refusals.append(Refusal(candidate.where, "; ".join(reasons)))
        else:
            self.candidates.append(candidate)


def _faults(feed: dict[str, Any]) -> Iterator[str]:
    """Yield what ``gridpatrol check`` would find wrong with the feed alone."""
    try:
        FeedSettings.model_validate(feed)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            where = ".".join(str(part) for part in fault["loc"])
            told = without_urls(fault["msg"].removeprefix("Value error, "))
            yield f"{where}: {told}" if where else told
    for key in ("url", "main_url"):
        yield from _url_faults(key, str(feed.get(key, "")))


def _url_faults(key: str, url: str) -> Iterator[str]:
    authority = _AUTHORITY.match(url)
    if (
        authority
        and "@" not in authority[0]
        and "@" in url
        and (authority[2] == "#" or not _PORT.fullmatch(authority[1]))
    ):
        # It would be taken for a host and a path, and the password be shown with them.
        yield f"{key}: its user or password holds # / or ?; write %23, %2F, %3F, or give both columns of their own"
    if url and not url.startswith(SCHEMES) and "${" not in url:
        yield f"{key}: it starts with none of {', '.join(SCHEMES)}; write the whole address"

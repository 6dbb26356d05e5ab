"""Questions to the case store, and the small records it keeps beside incidents and cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from api.http.feedshapes import FeedReport
from api.http.schemas import CaseState, Review
from api.mute import MuteState


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ended: the sort value and the id of its last item."""

    value: datetime | float
    id: str


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """Which incidents, in which order.

    Parameters
    ----------
    since, until
        Bounds of ``received_at``; since inclusive, until exclusive.
    seen_since
        Last seen then or later.
    order
        ``newest`` or ``oldest`` received first, or highest ``score`` first; equal ones by id.
    after
        The mark of the page before, or None for the first page.
    limit
        Most items returned.
    """

    review: Review | None = None
    matter: str | None = None
    feed: str | None = None
    cell: str | None = None
    present: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    seen_since: datetime | None = None
    min_score: float | None = None
    order: str = "newest"
    after: Mark | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Which cases, newest id first; ``since``/``until`` bound ``filed_at``; ``after`` is the last case id seen."""

    state: CaseState | None = None
    matter: str | None = None
    cell: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class MuteQuery:
    """Which mutes, newest first.

    Parameters
    ----------
    state
        As the clock says at ``now``: a mute expires without anybody writing so. Needs ``now``.
    after
        The last id of the page before.
    limit
        Most items returned; None returns all.
    """

    state: MuteState | None = None
    feed: str | None = None
    matter: str | None = None
    now: datetime | None = None
    after: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """Which feeds, by id; ``outcome`` may be ``waiting`` (not visited yet); ``text`` is part of an id or name."""

    outcome: str | None = None
    text: str | None = None
    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """A feed as last reported, and when its last picture came (its SHA-256 in hex)."""

    report: FeedReport
    picture_sha256: str | None = None
    picture_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Incidents received and cases filed since a moment."""

    since: datetime
    by_review: Mapping[Review, int]
    cases: int
    by_matter: Mapping[str, int]
    by_feed: Mapping[str, int]
    by_cell: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Receipt:
    """An idempotency key with the fingerprint of its first request and the answer that got."""

    key: str
    fingerprint: str
    answer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Expiry:
    """Pictures captured before these moments may go, by their incident's review; None keeps all of that kind."""

    pending: datetime
    rejected: datetime
    confirmed: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account; ``one_time`` until the first password was changed. Roles: viewer, operator, admin."""

    username: str
    password_hash: str
    role: str
    one_time: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A browser's session, known by the SHA-256 (hex) of its secret."""

    digest: str
    username: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A machine's or program's bearer token, known by the SHA-256 (hex) of its secret. Roles: those and machine."""

    name: str
    digest: str
    role: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords in a row for a name, known or not, and until when it is locked."""

    username: str
    count: int
    last_at: datetime
    locked_until: datetime | None

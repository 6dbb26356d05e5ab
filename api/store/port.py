"""The port behind which cases live: one transaction is one ``Book``, in which each noun has its shelf.

All writers take turns (on every database): what a rule reads inside ``writing()`` stays true until it is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from api.case import Case, Logged
from api.evidence import Picture
from api.http.schemas import CaseState, FeedReport, PatrolStatus, Review
from api.incident import IncidentRecord
from api.verdict import Verdict


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
    """A person's account; ``one_time`` until a printed password was changed. Roles: viewer, operator, admin."""

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


class Incidents(Protocol):
    """The incidents of one transaction."""

    def get(self, incident_id: str) -> IncidentRecord | None: ...
    def get_all(self, ids: Sequence[str]) -> dict[str, IncidentRecord]: ...
    def add(self, record: IncidentRecord) -> None: ...
    def change(self, record: IncidentRecord) -> None:
        """Write every field of a known record."""
        ...

    def page(self, query: IncidentQuery) -> list[IncidentRecord]: ...
    def earlier(self, record: IncidentRecord, *, within_m: float, limit: int) -> list[IncidentRecord]:
        """Return other incidents of its feed at its place (any place when it has none), newest first."""
        ...

    def merged_under(self, incident_id: str) -> set[str]:
        """Return the ids merged into this one, directly or through others."""
        ...

    def set_root(self, ids: Iterable[str], root_id: str) -> None: ...
    def counts(self, since: datetime) -> Counts: ...
    def pending(self) -> int: ...


class Pictures(Protocol):
    """The evidence records of one transaction."""

    def add(self, picture: Picture) -> None: ...
    def get(self, picture_id: int) -> Picture | None: ...
    def of(self, incident_ids: Sequence[str]) -> dict[str, list[Picture]]:
        """Return live pictures by incident, those of incidents merged into it included, oldest first."""
        ...

    def expired(self, expiry: Expiry, *, limit: int) -> list[Picture]:
        """Return live pictures that may go by their root's review, never those of a filed case; oldest first."""
        ...

    def mark_removed(self, ids: Iterable[int], at: datetime) -> None: ...
    def live_names(self, names: Iterable[str]) -> set[str]:
        """Return those of ``names`` that a live record still uses."""
        ...


class Verdicts(Protocol):
    """The verdicts of one transaction."""

    def add(self, verdict: Verdict) -> Verdict:
        """Keep it and return it with its id."""
        ...

    def standing(self, incident_id: str) -> Verdict | None:
        """Return the last verdict that was not undone."""
        ...

    def undo(self, verdict_id: int, *, by: str, at: datetime) -> None: ...
    def of(self, incident_ids: Sequence[str]) -> dict[str, list[Verdict]]: ...


class Cases(Protocol):
    """The cases of one transaction."""

    def next_number(self, day: date) -> int:
        """Return the day's next number, from 1; a number is used up only when the transaction commits."""
        ...

    def add(self, case: Case) -> None: ...
    def change(self, case: Case) -> None: ...
    def get(self, case_id: str) -> Case | None: ...
    def of_incidents(self, incident_ids: Sequence[str]) -> dict[str, Case]: ...
    def page(self, query: CaseQuery) -> list[Case]: ...
    def log(self, line: Logged) -> None: ...
    def lines(self, case_id: str) -> list[Logged]: ...


class Feeds(Protocol):
    """Feeds and the patrol's state in one transaction."""

    def put(self, reports: Sequence[FeedReport]) -> None: ...
    def keep_only(self, ids: Iterable[str]) -> None: ...
    def get(self, feed_id: str) -> FeedRecord | None: ...
    def page(self, query: FeedQuery) -> list[FeedRecord]: ...
    def set_picture(self, feed_id: str, *, sha256: str, at: datetime) -> None: ...
    def put_patrol(self, status: PatrolStatus, *, received_at: datetime) -> None: ...
    def patrol(self) -> tuple[PatrolStatus, datetime] | None:
        """Return the last status and when it was received."""
        ...


class Receipts(Protocol):
    """Idempotency keys of one transaction."""

    def get(self, key: str) -> Receipt | None: ...
    def add(self, receipt: Receipt) -> None: ...
    def prune(self, before: datetime, *, limit: int) -> int: ...


class AccountBook(Protocol):
    """Accounts, sessions and tokens in one transaction. Names are unique among each."""

    def get(self, username: str) -> Account | None: ...
    def put(self, account: Account) -> None: ...
    def all(self) -> list[Account]: ...
    def session(self, digest: str) -> LoginSession | None: ...
    def put_session(self, session: LoginSession) -> None: ...
    def drop_session(self, digest: str) -> None: ...
    def drop_sessions(self, username: str, *, but: str | None = None) -> None: ...
    def drop_expired(self, now: datetime) -> None: ...
    def token(self, digest: str) -> Token | None: ...
    def tokens(self) -> list[Token]: ...
    def put_token(self, token: Token) -> None: ...
    def drop_token(self, name: str) -> bool: ...
    def failures(self, username: str) -> Failures | None: ...
    def put_failures(self, failures: Failures) -> None: ...
    def drop_failures(self, username: str | None, *, before: datetime | None = None) -> None: ...


class Book(Protocol):
    """What one transaction sees and writes."""

    @property
    def incidents(self) -> Incidents: ...
    @property
    def pictures(self) -> Pictures: ...
    @property
    def verdicts(self) -> Verdicts: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def feeds(self) -> Feeds: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def accounts(self) -> AccountBook: ...


class CaseStore(Protocol):
    """Where everything of the case API but pictures is kept."""

    def reading(self) -> AbstractContextManager[Book]:
        """Open a transaction that sees one moment and writes nothing.

        Raises
        ------
        StoreBusy
            On entering or inside, when the database is locked or unreachable for longer than its busy timeout.
        """
        ...

    def writing(self) -> AbstractContextManager[Book]:
        """Open a transaction that commits when the block ends well and leaves nothing behind when it raises.

        Raises
        ------
        StoreBusy
            As ``reading``.
        """
        ...

    def check(self) -> None:
        """Ask the database for a sign of life.

        Raises
        ------
        StoreBusy
            When there is none.
        """
        ...

    def close(self) -> None:
        """Give back all connections."""
        ...

"""What can go wrong in the case API. ``str(error)`` is always one sentence for the person who asked.

ApiError
├── Missing                 no such incident, case, feed or account: ask for another (404)
├── PictureGone             the record is there, its picture was removed (410)
├── Conflict                somebody was faster, or the step does not fit the state: look again (409)
├── Unfit                   the request contradicts itself or names something unknown: mend it (422)
├── EvidenceRefused         a picture cannot be kept now: the record is kept without it (507)
│   └── NotAPicture         … nor ever, as it is no whole JPEG or too large: send another (422)
├── EvidenceAway            the evidence store elsewhere cannot be reached: try again, the report waits (503)
├── EvidenceUnfit           the evidence store cannot be opened as the settings say: mend them
├── AccountError            an account or token cannot be made or changed as asked: mend the command
├── LoginRefused            wrong name or password (401)
├── LoginLocked             too many wrong passwords: wait ``retry_after_s`` (429)
└── StoreError              the database cannot be used
    ├── StoreBusy           locked or unreachable for a moment: try again (503)
    └── StoreUnfit          wrong URL, folder or schema: mend the settings
"""

from __future__ import annotations


class ApiError(Exception):
    """Something a caller of the case API can act on."""


class Missing(ApiError):
    """No such incident, case, feed or account."""


class PictureGone(ApiError):
    """The record is there, its picture was removed."""


class Conflict(ApiError):
    """Somebody was faster, or the step does not fit the state."""


class Unfit(ApiError):
    """The request contradicts itself or names something unknown."""


class EvidenceRefused(ApiError):
    """A picture cannot be kept now."""


class NotAPicture(EvidenceRefused):
    """What was sent as a picture is no whole JPEG, or too large."""


class EvidenceAway(ApiError):
    """The evidence store, which is elsewhere, cannot be reached or refuses: what was asked can be asked again."""


class EvidenceUnfit(ApiError):
    """The evidence store cannot be opened as the settings say."""


class AccountError(ApiError):
    """An account or token cannot be made or changed as asked."""


class LoginRefused(ApiError):
    """Wrong name or password."""


class LoginLocked(ApiError):
    """Too many wrong passwords; ``retry_after_s`` seconds are left."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class StoreError(ApiError):
    """The database cannot be used."""


class StoreBusy(StoreError):
    """The database is locked or unreachable for a moment."""


class StoreUnfit(StoreError):
    """The database's URL, folder or schema cannot be used."""

"""Evidence in a bucket of a server that speaks S3, over fsspec's s3fs.

An object is there whole or not at all, so nothing half-written is left behind. What cannot be kept or read because
the server is away is told as ``EvidenceAway``: whoever asked tries again later, and a report waits in the patrol's
outbox.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import s3fs
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from api.errors import EvidenceAway, PictureGone
from api.evidence import Kept, check_picture

_CONNECT_S, _READ_S, _TRIES = 3, 8, 2
_PATIENCE_S = 15.0
"""Less than the 30 s that the patrol waits for the case API's answer."""
_TROUBLE = (OSError, BotoCoreError, ClientError, ValueError)
_NOT_ALLOWED = (PermissionError, NoCredentialsError, PartialCredentialsError)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the pictures are kept.

    Parameters
    ----------
    path
        ``bucket`` or ``bucket/prefix``.
    endpoint
        The server's URL; None means the one in the environment (AWS_ENDPOINT_URL), else Amazon's.
    access_key, secret_key
        None means those of the environment, the user's profile or the machine's role.
    path_style
        Whether the bucket is named in the path; some clouds want it in the host name.
    """

    path: str
    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    path_style: bool = True


class S3Evidence:
    """Evidence in a bucket; see ``EvidenceStore`` for what it promises. Nothing is opened before the first call.

    s3fs talks to the server in a thread of its own, which a fork would not take along: use it in the process that
    made it.

    Parameters
    ----------
    patience_s
        The longest any call lasts: a peer that takes a request and falls silent is not waited for.
    """

    def __init__(self, bucket: Bucket, *, patience_s: float = _PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._root = bucket.path.strip("/")
        self._bucket = bucket
        self._fs = s3fs.S3FileSystem(
            key=bucket.access_key,
            secret=bucket.secret_key,
            endpoint_url=bucket.endpoint,
            max_concurrency=1,
            use_listings_cache=False,
            skip_instance_cache=True,
            config_kwargs={
                "connect_timeout": _CONNECT_S,
                "read_timeout": _READ_S,
                "retries": {"max_attempts": 0},
                "s3": {"addressing_style": "path" if bucket.path_style else "virtual"},
                # Servers other than Amazon's do not all know the newer checksums.
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            },
        )
        self._fs.retries = _TRIES

    def put(self, jpeg: bytes, *, at: datetime) -> Kept:
        """Keep a JPEG; see ``EvidenceStore.put``. It is written again when it is there: that makes it young."""
        check_picture(jpeg)
        digest = hashlib.sha256(jpeg).hexdigest()
        name = f"{at.astimezone(UTC):%Y/%m/%d}/{digest}.jpg"
        self._write(name, jpeg)
        return Kept(name, digest)

    def read(self, name: str) -> bytes:
        """Return the JPEG; see ``EvidenceStore.read``."""
        with self._told():
            try:
                return bytes(self._ask("cat_file", self._path(name)))
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise
                raise PictureGone("the picture is not in the evidence store any more; its record stays") from error

    def remove(self, name: str, *, unless_put_since: datetime) -> None:
        """Remove the JPEG; see ``EvidenceStore.remove``."""
        with self._told(), suppress(FileNotFoundError):
            if self._ask("info", self._path(name))["LastModified"] < unless_put_since:
                self._ask("rm_file", self._path(name))

    def older(self, moment: datetime) -> Iterator[str]:
        """Yield names last put before ``moment``, one day's listing at a time."""
        for year in self._folders(self._root):
            for month in self._folders(year):
                for day in self._folders(month):
                    with self._told():
                        found = self._ask("find", day, detail=True)
                    yield from (self._name(path) for path, at in _put_at(found) if at < moment)

    def put_view(self, feed_id: str, jpeg: bytes) -> str:
        """Keep a feed's last picture; see ``EvidenceStore.put_view``."""
        check_picture(jpeg)
        self._write(_view(feed_id), jpeg)
        return hashlib.sha256(jpeg).hexdigest()

    def read_view(self, feed_id: str) -> bytes:
        """Return a feed's last picture; see ``EvidenceStore.read_view``."""
        return self.read(_view(feed_id))

    def views(self) -> list[str]:
        """Return the ids of all feeds that have a last picture."""
        with self._told():
            found = self._ask("find", self._path("feeds"))
        return sorted(PurePosixPath(path).stem for path in found if path.endswith(".jpg"))

    def remove_view(self, feed_id: str) -> None:
        """Remove a feed's last picture if there is one."""
        with self._told(), suppress(FileNotFoundError):
            self._ask("rm_file", self._path(_view(feed_id)))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _name(self, path: str) -> str:
        return path.removeprefix(f"{self._root}/")

    def _write(self, name: str, jpeg: bytes) -> None:
        with self._told():
            self._ask("pipe_file", self._path(name), jpeg, ContentType="image/jpeg")

    def _folders(self, path: str) -> list[str]:
        """Return the folders of years, months or days in ``path``."""
        with self._told():
            try:
                listed = self._ask("ls", path, detail=True)
            except FileNotFoundError as error:  # nothing was ever put there
                if _code(error) == "NoSuchBucket":
                    raise
                listed = []
        folders = [str(one["name"]) for one in listed if one["type"] == "directory"]
        return [folder for folder in folders if PurePosixPath(folder).name.isdigit()]

    def _ask(self, operation: str, *arguments: object, **options: object) -> Any:
        """Let the thread of s3fs do it, and give it up in time, which its blocking calls do not always."""
        coroutine: Coroutine[Any, Any, Any] = getattr(self._fs, f"_{operation}")(*arguments, **options)
        within = asyncio.wait_for(coroutine, self._patience_s)
        return asyncio.run_coroutine_threadsafe(within, self._fs.loop).result()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what the server, or the way to it, says in one sentence with the way out."""
        try:
            yield
        except _TROUBLE as error:
            raise EvidenceAway(f"{self._sentence(error)}; pictures cannot be kept or shown until then") from error

    def _sentence(self, error: Exception) -> str:
        code = _code(error)
        if code == "NoSuchBucket":
            return f"the evidence bucket {self._root.split('/')[0]} is not there; make it, or mend evidence.store"
        if isinstance(error, _NOT_ALLOWED):
            why = code or "there are none"
            return (
                f"the evidence store refuses the credentials ({why}); mend evidence.access_key and secret_key, or let"
                " them get, put, delete and list in the bucket"
            )
        where = self._bucket.endpoint or "s3"
        return f"the evidence store at {where} does not answer as it should ({code}); see that it runs"


def _code(error: Exception) -> str:
    """Return the server's word for what is wrong, or else ours."""
    cause = error if isinstance(error, ClientError) else error.__cause__
    if isinstance(cause, ClientError):
        return str(cause.response.get("Error", {}).get("Code", "unknown"))
    return "" if isinstance(error, _NOT_ALLOWED) else type(error).__name__


def _put_at(found: dict[str, dict[str, Any]]) -> Iterator[tuple[str, datetime]]:
    return ((path, info["LastModified"]) for path, info in found.items())


def _view(feed_id: str) -> str:
    return f"feeds/{feed_id}.jpg"

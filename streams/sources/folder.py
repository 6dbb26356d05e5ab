"""Folders of pictures: a camera's drop folder, or stills that are played or searched."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from streams.errors import NotAnImage, SourceError, Stale, Unreachable
from streams.feed import Feed
from streams.filename import readable
from streams.frame import Frame
from streams.source import Limits
from streams.sources.exif import taken_at
from streams.sources.picture import SUFFIXES, decode, digest_of

_TRIES = 2  # the newest file may still be on its way in (FTP upload); the one before it is whole


class FolderSource:
    """Pictures in one folder (its own files only, hidden ones left out), or one picture file.

    ``look`` takes the newest picture by file time, or the one before it while the newest is not whole yet; a picture
    older than the feed's ``max_age_s`` is ``Stale``. With ``replay`` it takes the next picture in name order, round
    and round, as if taken now.

    ``frames`` yields every picture in name order. One that cannot be read does not stop the run: after the last good
    one ``NotAnImage`` is raised, naming all the bad ones.
    """

    def __init__(self, feed: Feed, limits: Limits, *, now: Callable[[], datetime]) -> None:
        self._feed, self._limits, self._now = feed, limits, now
        self._path = Path(feed.url)
        self._shown = readable(feed.url)
        self._position = 0

    def look(self) -> Frame:
        """Take the newest picture, or in replay the next one (see ``Source.look``)."""
        return self._next() if self._feed.replay else self._newest()

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:  # noqa: ARG002  pictures have no media time
        """Yield every picture in name order (see ``Source.frames``)."""
        bad: list[str] = []
        for index, path in enumerate(self._pictures()):
            try:
                yield self._read(path, index=index)
            except SourceError as error:
                bad.append(str(error))
        if bad:
            raise NotAnImage(f"{len(bad)} of the pictures could not be read: " + "; ".join(bad))

    def _next(self) -> Frame:
        pictures = self._pictures()
        index = self._position % len(pictures)
        self._position = index + 1
        return self._read(pictures[index], index=index, captured_at=self._now())

    def _newest(self) -> Frame:
        newest_first = sorted(self._pictures(), key=_order, reverse=True)
        try:
            frame = self._read(newest_first[0])
        except NotAnImage:
            if len(newest_first) < _TRIES:
                raise
            frame = self._read(newest_first[1])
        age_s = (self._now() - frame.captured_at).total_seconds()
        if age_s > self._feed.max_age_s:
            raise Stale(
                f"{self._shown}: the newest picture, {frame.name}, is {age_s:.0f} s old, more than the "
                f"{self._feed.max_age_s:g} s allowed; set replay: true to play old pictures"
            )
        return frame

    def _pictures(self) -> list[Path]:
        """Return the picture files in name order; never empty."""
        try:
            entries = list(self._path.iterdir()) if self._path.is_dir() else [self._path]
        except OSError as error:
            raise Unreachable(f"{self._shown}: cannot be listed ({error.strerror})") from error
        pictures = [path for path in entries if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
        if not self._path.exists():
            raise Unreachable(f"{self._shown}: no such folder or file")
        if not pictures:
            raise NotAnImage(f"{self._shown}: no picture here ({', '.join(sorted(SUFFIXES))})")
        return sorted(pictures)

    def _read(self, path: Path, *, index: int = 0, captured_at: datetime | None = None) -> Frame:
        try:
            data, modified = self._bytes(path), _modified(path)
        except OSError as error:
            raise Unreachable(f"{readable(str(path))}: cannot be read ({error.strerror})") from error
        image, encoded = decode(data, whence=readable(str(path)), limits=self._limits)
        captured_at = captured_at or taken_at(data) or modified
        return Frame(image, captured_at, digest_of(data), name=readable(path.name), index=index, encoded=encoded)

    def _bytes(self, path: Path) -> bytes:
        size = path.stat().st_size
        if size > self._limits.max_bytes:
            raise NotAnImage(f"{readable(str(path))}: {size} bytes, more than the {self._limits.max_bytes} allowed")
        return path.read_bytes()


def _order(path: Path) -> tuple[datetime, str]:
    """Return the key that puts the newest last; a file that has just been taken away comes first."""
    with contextlib.suppress(OSError):
        return _modified(path), path.name
    return datetime.min.replace(tzinfo=UTC), path.name


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)

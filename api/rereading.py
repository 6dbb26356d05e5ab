"""Rereading: a running process takes up what was changed in its configuration.

The files are looked at again and again rather than watched: there are few of them, they may lie on a network mount,
and editors, deployments and mounted volumes each replace them in their own way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import structlog

from api.datafolder import DataFolderError
from api.errors import ApiError
from api.inspection import Inspection
from configs.loading import Configuration, load_configuration, named_files
from configs.mistakes import ConfigError, Mistake
from detector.errors import ModelError
from gridmap.errors import GridmapError
from streams.errors import TrackError

_EVERY_S = 1.0
_AGAIN_AFTER = 30
"""Looks after which refused files are read again: a track, the right on a folder or weights may have been mended."""
FIXED = (
    ("data_dir",),
    ("database",),
    ("ledger",),
    ("bus",),
    ("http", "host"),
    ("http", "port"),
    ("patrol", "processes"),
    ("demo",),
)
"""Settings that hold from a start to its end: several processes, or what was written before, go by them."""
_log = structlog.get_logger()
_Standing = Mapping[Path, tuple[int, int]]
"""Of each file that is there: when it was changed last, and its size."""


class Rereading:
    """Looks now and then whether the configuration was changed, and has it taken up once it can be used.

    A change is read when the files have stood still from one look to the next. One with mistakes changes nothing;
    they are told until they are mended. Nor does one of a setting that needs a restart, whatever was changed with it:
    the processes would go by halves of two configurations.

    Parameters
    ----------
    configuration
        The one in use.
    environ
        Environment variables, for ``${NAME}`` references.
    who
        Who goes on with it, such as ``the patrol``.
    take_up
        Takes up another one, which has no mistakes. May raise what opening its parts raises; it has changed nothing
        then.
    tell
        Told one sentence while the files cannot be used, and None when they can.
    wait
        ``wait(seconds)`` sleeps, or returns True at once when the process stops.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        environ: Mapping[str, str],
        who: str,
        take_up: Callable[[Configuration], None],
        tell: Callable[[str | None], None],
        wait: Callable[[float], bool],
    ) -> None:
        self._configuration = configuration
        self._meaning = _meaning(configuration)
        self._environ = environ
        self._who = who
        self._take_up = take_up
        self._tell = tell
        self._wait = wait
        self._seen: _Standing = {}
        self._read: _Standing = {}
        self._waited = 0
        self._refusal = ""
        self.usable = True
        """Whether a process that starts now can use the files."""
        self.taken_up = False
        """Whether another configuration was taken up since the start."""

    def run(self) -> None:
        """Look until the process stops."""
        while not self._wait(_EVERY_S):
            self.look()

    def look(self) -> None:
        """Look once."""
        standing = _standing(self._configuration.directory)
        if standing != self._seen:
            # Perhaps it is still being written.
            self._seen = standing
        elif standing != self._read or self._waited >= _AGAIN_AFTER:
            self._read = standing
            self._reread()
        elif not self.usable:
            self._waited += 1

    def _reread(self) -> None:
        self._waited = 0
        try:
            changed = load_configuration(self._configuration.directory, environ=self._environ)
            if (meaning := _meaning(changed)) != self._meaning:
                _refuse(_fixed_mistakes(self._configuration, changed))
                _refuse(_inspected(changed))
                self._take_up(changed)
                _log.info("configuration_changes", feeds=len(changed.feeds))
                self._configuration, self._meaning, self.taken_up = changed, meaning, True
        except ConfigError as error:
            self._refused(_told(error.mistakes))
        except (ApiError, DataFolderError, GridmapError, ModelError, TrackError) as error:
            self._refused(str(error))
        else:
            self.usable, self._refusal = True, ""
            self._tell(None)

    def _refused(self, sentence: str) -> None:
        self.usable = False
        if sentence != self._refusal:
            _log.warning("configuration_refused", reason=sentence)
        self._refusal = sentence
        self._tell(f"{sentence}; until then {self._who} goes on with the configuration it has")


def _standing(directory: Path) -> _Standing:
    return dict(_stated(named_files(directory)))


def _stated(files: tuple[Path, ...]) -> Iterator[tuple[Path, tuple[int, int]]]:
    for file in files:
        try:
            stat = file.stat()
        except (OSError, ValueError):
            continue
        yield file, (stat.st_mtime_ns, stat.st_size)


def _meaning(configuration: Configuration) -> tuple[Any, ...]:
    """Return what a configuration comes to, whatever its files are called and however they are written."""
    settings = configuration.settings.model_copy(update={"feeds": (), "plans": (), "matters": None})
    feeds = {feed.id: feed for feed in configuration.feeds}
    return settings, feeds, configuration.catalogue, configuration.plans, _grid_digest(configuration)


def _grid_digest(configuration: Configuration) -> bytes:
    grid = configuration.settings.grid
    try:
        content = configuration.path(grid.file.partition("|")[0]).read_bytes() if grid else b""
    except OSError:
        content = b""
    return hashlib.blake2b(content, digest_size=16).digest()


def _fixed_mistakes(used: Configuration, changed: Configuration) -> Iterator[Mistake]:
    for path in FIXED:
        if _setting(used, path) != _setting(changed, path):
            spot = changed.where.setting(*path)
            yield spot.mistake("a change of it needs a restart", "restart gridpatrol, or take the change back")


def _setting(configuration: Configuration, path: tuple[str, ...]) -> Any:
    value: Any = configuration.settings
    for name in path:
        value = getattr(value, name)
    return value


def _inspected(configuration: Configuration) -> list[Mistake]:
    inspection = Inspection(configuration)
    inspection.run()
    return inspection.mistakes


def _refuse(mistakes: Iterator[Mistake] | list[Mistake]) -> None:
    found = tuple(mistakes)
    if found:
        raise ConfigError(found)


def _told(mistakes: tuple[Mistake, ...]) -> str:
    more = len(mistakes) - 1
    return str(mistakes[0]) + (f" (and {more} more, see `gridpatrol check`)" if more else "")

"""The files that a configuration names: relative to its folder, and there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from configs.mistakes import Mistake
from configs.yamlfile import Document

_SCHEMES = ("rtsp://", "rtsps://", "http://", "https://")
_Path = tuple[str | int, ...]


def file_mistakes(directory: Path, settings: Document, feeds: Sequence[Document]) -> list[Mistake]:
    """Return every named file that is not there, and every feed URL of a kind that cannot be opened.

    Works on what was written, valid or not. A demonstration makes its pictures and tracks when it starts, so they
    are not looked for. URLs are never quoted.
    """
    missing = list(_missing_settings_files(directory, settings))
    if settings.value.get("demo") is True:
        return missing
    for document in feeds:
        for path, value in _feed_files(document):
            missing += _feed_file_mistakes(directory, document, path=path, value=value)
    return missing


def _missing_settings_files(directory: Path, settings: Document) -> Iterator[Mistake]:
    for path in (("grid", "file"), ("model", "manifest"), ("model", "truth")):
        section = settings.value.get(path[0])
        value = section.get(path[1]) if isinstance(section, dict) else None
        if isinstance(value, str) and not _there(directory / value, file=True):
            yield settings.spot(path).mistake(f"there is no file {value!r}", _mend(directory))


def _feed_files(document: Document) -> Iterator[tuple[_Path, str]]:
    feeds = document.value.get("feeds")
    for index, feed in enumerate(feeds if isinstance(feeds, list) else ()):
        for path in (("url",), ("main_url",), ("track", "file")):
            value = _at(feed, path)
            if isinstance(value, str) and value and "${" not in value:
                yield ("feeds", index, *path), value


def _feed_file_mistakes(directory: Path, document: Document, *, path: _Path, value: str) -> Iterator[Mistake]:
    if path[-1] == "file":
        if not _there(directory / value, file=True):
            yield document.spot(path).mistake(f"there is no file {value!r}", _mend(directory))
    elif "://" not in value:
        if not _there(directory / value):
            yield document.spot(path).mistake("there is no such video file or image folder", _mend(directory))
    elif not value.lower().startswith(_SCHEMES):
        right = f"start it with {', '.join(_SCHEMES)}, or give a path without a scheme"
        yield document.spot(path).mistake("this kind of url cannot be opened", right)


def _at(value: Any, path: _Path) -> Any:
    for slot in path:
        value = value.get(slot) if isinstance(value, dict) else None
    return value


def _there(path: Path, *, file: bool = False) -> bool:
    try:
        return path.is_file() if file else path.exists()
    except (OSError, ValueError):
        # Names that no file system can hold: too long, or with a zero byte.
        return False


def _mend(directory: Path) -> str:
    return f"mend the path, which starts at {directory}"

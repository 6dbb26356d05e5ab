"""The files that a configuration names: relative to its folder, and there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from configs.mistakes import Mistake
from configs.yamlfile import Document

DATA = "data:"
"""Starts a path inside the data folder."""

SCHEMES = ("rtsp://", "rtsps://", "http://", "https://", "wvp://", "wvps://")
"""What the url of a feed over the network starts with."""
_ADDRESS = re.compile(r"[\w.-]+:\d+(/|$)|\d+\.\d+\.\d+\.\d+(/|$)")
"""A host with its port, or an IPv4 address: a URL whose scheme was left out."""
_Path = tuple[str | int, ...]


def file_mistakes(directory: Path, settings: Document, feeds: Sequence[Document]) -> list[Mistake]:
    """Return every named file that is not there, and every feed URL of a kind that cannot be opened.

    Works on what was written, valid or not. Files in the data folder (``data:``) are made later and not looked for.
    URLs are never quoted.
    """
    missing = list(_missing_settings_files(directory, settings))
    for document in feeds:
        for path, value in _feed_files(document):
            missing += _feed_file_mistakes(directory, document, path=path, value=value)
    return missing


def _missing_settings_files(directory: Path, settings: Document) -> Iterator[Mistake]:
    for path in (("grid", "file"), ("model", "manifest"), ("model", "truth")):
        section = settings.value.get(path[0])
        value = section.get(path[1]) if isinstance(section, dict) else None
        # A layer of a grid file is named behind a bar, as QGIS does: grid.gpkg|layername=cells.
        if isinstance(value, str) and is_missing(directory, value.partition("|")[0], file=True):
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
        if is_missing(directory, value, file=True):
            yield document.spot(path).mistake(f"there is no file {value!r}", _mend(directory))
    elif "://" not in value:
        if is_missing(directory, value):
            right = _mend(directory) + (", or write rtsp:// or http:// before it" if _ADDRESS.match(value) else "")
            yield document.spot(path).mistake("there is no such video file or image folder", right)
    elif not value.lower().startswith(SCHEMES) and _is_auto(document, path):
        rights = [f"start it with {', '.join(SCHEMES)}", "give a path without a scheme"]
        rights += ["say which protocol it is"] if path[-1] == "url" else []
        right = f"{', '.join(rights[:-1])}, or {rights[-1]}"
        yield document.spot(path).mistake("this kind of url cannot be opened", right)


def _is_auto(document: Document, path: _Path) -> bool:
    """Return whether a url alone says how it is reached; that of a main stream always does."""
    feed = document.value["feeds"][path[1]]
    return bool(path[-1] == "main_url" or feed.get("protocol", "auto") == "auto")


def _at(value: Any, path: _Path) -> Any:
    for slot in path:
        value = value.get(slot) if isinstance(value, dict) else None
    return value


def is_missing(directory: Path, value: str, *, file: bool = False) -> bool:
    """Return whether nothing, or with ``file`` no file, is where a path of the configuration leads."""
    path = directory / value
    try:
        return not (value.startswith(DATA) or (path.is_file() if file else path.exists()))
    except (OSError, ValueError):
        # Names that no file system can hold: too long, or with a zero byte.
        return True


def _mend(directory: Path) -> str:
    return f"mend the path, which starts at {directory}"

"""The files of feeds as they are written, for commands that change them: references to the environment stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.loading import SETTINGS_FILE
from configs.mistakes import ConfigError, Mistake
from configs.settings import Settings
from configs.yamledit import Edits, item_text
from configs.yamlfile import Document, parse_yaml, read_yaml

_TO_BLOCK = "write its feeds as a list of - id: … lines; nothing was changed"

WrittenFeed = dict[str, Any]
"""A feed's keys as they are written."""


@dataclass(frozen=True, slots=True)
class FeedFile:
    """One file of feeds; ``document`` is None when there is no such file yet."""

    file: Path
    document: Document | None

    @property
    def feeds(self) -> list[WrittenFeed]:
        """The feeds in it, in their order."""
        listed = self.document.value.get("feeds") if self.document else None
        return [feed for feed in listed if isinstance(feed, dict)] if isinstance(listed, list) else []

    def with_changes(
        self,
        *,
        new: Sequence[WrittenFeed],
        changed: Mapping[int, Mapping[str, Any]],
        removed: Collection[int] = (),
        heading: str = "",
    ) -> str:
        """Return the file's text with feeds added at its end, keys of feeds set, and feeds taken out.

        Parameters
        ----------
        new
            Feeds that are not in it.
        changed
            Keys and values to set, by the feed's position in the file; all other keys stay.
        removed
            Positions of feeds to take out.
        heading
            Comment lines for a file that is made anew.

        Raises
        ------
        ConfigError
            The text would not read back as what was wanted, because of a layout that cannot be changed in place.
        """
        wanted = _wanted(self.feeds, new=new, changed=changed, removed=removed)
        if self.document is None:
            text = heading + _block(wanted)
        else:
            text = self._edited(Edits(self.document), new=new, changed=changed, removed=removed)
        if parse_yaml(self.file, text).value.get("feeds") != wanted:
            raise ConfigError([Mistake(self.file, None, "", "its layout cannot be changed in place", _TO_BLOCK)])
        return text

    def _edited(
        self,
        edits: Edits,
        *,
        new: Sequence[WrittenFeed],
        changed: Mapping[int, Mapping[str, Any]],
        removed: Collection[int],
    ) -> str:
        if edits.is_on_one_line(("feeds",)):
            edits.replace_list(("feeds",), _wanted(self.feeds, new=new, changed=changed, removed=removed))
            return edits.text()
        feeds = self.feeds
        for position, values in changed.items():
            for key, value in values.items():
                _set(edits, feeds[position], ("feeds", position), key=key, value=value)
        if removed:
            edits.remove_items(("feeds",), removed, leaves_none=not new and len(removed) == len(self.feeds))
        if new:
            edits.append(("feeds",), new)
        return edits.text()


def _block(feeds: Sequence[WrittenFeed]) -> str:
    return "feeds:\n" + "".join(item_text(feed, indent=2) for feed in feeds) if feeds else "feeds: []\n"


def _wanted(
    feeds: Sequence[WrittenFeed],
    *,
    new: Sequence[WrittenFeed],
    changed: Mapping[int, Mapping[str, Any]],
    removed: Collection[int],
) -> list[WrittenFeed]:
    kept = [
        feed | {key: _merged(feed.get(key), value) for key, value in changed.get(position, {}).items()}
        for position, feed in enumerate(feeds)
        if position not in removed
    ]
    return [*kept, *new]


def _merged(written: Any, value: Any) -> Any:
    return written | value if isinstance(written, dict) and isinstance(value, dict) else value


def _set(edits: Edits, feed: WrittenFeed, path: tuple[str | int, ...], *, key: str, value: Any) -> None:
    written = feed.get(key)
    if isinstance(value, dict) and isinstance(written, dict):
        for part, inner in value.items():
            if written.get(part) != inner:
                _set(edits, written, (*path, key), key=part, value=inner)
    elif key in feed:
        edits.replace((*path, key), value)
    else:
        edits.add(path, key, value)


def feed_files(directory: Path) -> list[FeedFile]:
    """Return the files of feeds that the settings in ``directory`` name, read as they are written.

    Raises
    ------
    ConfigError
        The settings or one of the files cannot be read; a file that is not there is no mistake here.
    """
    return [feed_file(directory / name) for name in _named(read_yaml(directory / SETTINGS_FILE))]


def feed_file(file: Path) -> FeedFile:
    """Return one file of feeds.

    Raises
    ------
    ConfigError
        It is there but cannot be read, or its feeds are not a list.
    """
    if not file.exists():
        return FeedFile(file, None)
    document = read_yaml(file)
    listed = document.value.get("feeds", [])
    if not isinstance(listed, list) or not all(isinstance(feed, dict) for feed in listed):
        raise ConfigError([document.spot(("feeds",)).mistake("the feeds are not a list", "write feeds: and - id: …")])
    if "feeds" not in document.value:
        raise ConfigError([Mistake(file, None, "", "this is no file of feeds", "name one that starts with feeds:")])
    return FeedFile(file, document)


def settings_naming(directory: Path, name: str) -> str | None:
    """Return the text of ``gridpatrol.yaml`` with ``name`` added to its files of feeds; None if it is named there.

    A default file of feeds that is not there is not named along with it.

    Raises
    ------
    ConfigError
        The settings cannot be read.
    """
    document = read_yaml(directory / SETTINGS_FILE)
    names = _named(document)
    if name in names:
        return None
    edits = Edits(document)
    if isinstance(document.value.get("feeds"), list):
        edits.append(("feeds",), [name])
    else:
        edits.add((), "feeds", [*(other for other in names if (directory / other).exists()), name])
    return edits.text()


def _named(settings: Document) -> list[str]:
    listed: Any = settings.value.get("feeds")
    names = listed if isinstance(listed, list) else Settings.model_fields["feeds"].default
    return [name for name in names if isinstance(name, str)]

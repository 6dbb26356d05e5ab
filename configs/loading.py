"""Reads a whole configuration: settings, feeds and matters, with every mistake found at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from configs import crosschecks
from configs.feeds import FeedList, FeedSettings
from configs.files import DATA, file_mistakes, is_missing
from configs.matters import Catalogue
from configs.mistakes import ConfigError, Mistake, Spot
from configs.plancheck import plan_mistakes
from configs.plans import PlanList
from configs.references import put_in
from configs.sentences import schema_mistakes
from configs.settings import ModelSettings, Settings
from configs.yamlfile import Document, read_yaml

SETTINGS_FILE = "gridpatrol.yaml"
SHIPPED_MATTERS = Path(__file__).with_name("matters.yaml")

_Schema = TypeVar("_Schema", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Where:
    """Where the parts of a configuration are written, for checks that come after reading."""

    settings: Document
    feeds: Mapping[str, tuple[Document, int]]
    """Each feed's file and position in it, by feed id."""
    matters: Document
    plans: tuple[Document, ...] = ()
    """The files of plans, in the order of ``Configuration.plans``."""

    def setting(self, *path: str | int) -> Spot:
        """Return where a setting is written, such as ``setting("grid", "file")``."""
        return self.settings.spot(path)

    def feed(self, feed_id: str, *path: str | int) -> Spot:
        """Return where a part of a feed is written, such as ``feed("cam-01", "calibration", "points", 2)``.

        Raises
        ------
        KeyError
            No feed has this id.
        """
        document, index = self.feeds[feed_id]
        return document.spot(("feeds", index, *path))


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration without mistakes.

    Parameters
    ----------
    directory
        The folder that holds ``gridpatrol.yaml``; relative paths start there.
    settings, feeds, catalogue
        What the files say, references to the environment replaced.
    where
        Where each part is written.
    """

    directory: Path
    settings: Settings
    feeds: tuple[FeedSettings, ...]
    catalogue: Catalogue
    where: Where
    plans: tuple[PlanList, ...] = ()

    def path(self, value: str) -> Path:
        """Return the file that a path in the configuration names; ``data:`` starts one in the data folder."""
        if value.startswith(DATA):
            return Path(self.settings.data_dir) / value.removeprefix(DATA)
        return self.directory / value

    @property
    def manifest(self) -> Path:
        """The model manifest: the one named, or where none is named and none lies here the project's own."""
        here = self.path(self.settings.model.manifest)
        named = self.settings.model.manifest != ModelSettings.model_fields["manifest"].default
        return here if named or here.is_file() else Path(__file__).parent.parent / self.settings.model.manifest


def load_configuration(directory: Path, *, environ: Mapping[str, str]) -> Configuration:
    """Return the configuration in ``directory``.

    Parameters
    ----------
    directory
        The folder that holds ``gridpatrol.yaml``.
    environ
        Environment variables, for ``${NAME}`` in user, password, url, main_url, database, ledger and bus.

    Raises
    ------
    ConfigError
        With every mistake in every file, in the order of the files and their lines. No message quotes a URL or a
        password.
    """
    _refuse_file(directory)
    return _Reading(directory, environ).configuration()


def load_settings(directory: Path, *, environ: Mapping[str, str]) -> Settings:
    """Return the settings in ``directory`` alone: neither feeds nor matters, nor the secrets they ask for, are read.

    Parameters and errors are those of ``load_configuration``, for ``gridpatrol.yaml`` only.
    """
    _refuse_file(directory)
    return _Reading(directory, environ).settings()


def named_files(directory: Path) -> tuple[Path, ...]:
    """Return the files in which the configuration in ``directory`` is written, whether they are there or not.

    They are ``gridpatrol.yaml`` and those it names: feeds, plans, matters, grid; it alone while it cannot be read.
    """
    file = directory / SETTINGS_FILE
    try:
        settings = read_yaml(file)
    except ConfigError:
        return (file,)
    listed = [name for key in ("feeds", "plans") for _, name in _named_files(settings, key)]
    matters, grid = settings.value.get("matters"), settings.value.get("grid")
    layer = grid.get("file") if isinstance(grid, dict) else None
    listed += [matters] if isinstance(matters, str) else []
    listed += [layer.partition("|")[0]] if isinstance(layer, str) else []
    return (file, *(directory / name for name in listed))


def _refuse_file(directory: Path) -> None:
    if directory.is_file():
        raise ConfigError([Mistake(directory, None, "", "this is a file", f"name the folder with {SETTINGS_FILE}")])


class _Reading:
    """One reading of a configuration and the mistakes met so far."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self._directory = directory
        self._environ = environ
        self._files: list[Path] = []
        self._mistakes: list[Mistake] = []
        self._plan_files: list[Document] = []

    def settings(self) -> Settings:
        document = self._document(self._directory / SETTINGS_FILE)
        settings = self._valid(document, Settings) if document else None
        self._mistakes += crosschecks.settings_mistakes(document) if document else ()
        if self._mistakes or settings is None:
            raise ConfigError(sorted(self._mistakes, key=self._order))
        return settings

    def configuration(self) -> Configuration:
        settings_file = self._document(self._directory / SETTINGS_FILE)
        if settings_file is None:
            raise ConfigError(self._mistakes)
        feed_files = [self._listed(settings_file, *named) for named in _named_files(settings_file, "feeds")]
        plan_files = [self._listed(settings_file, *named) for named in _named_files(settings_file, "plans")]
        self._plan_files = [document for document in plan_files if document]
        matters_file = self._matters(settings_file)
        return self._whole(settings_file, [document for document in feed_files if document], matters_file)

    def _whole(
        self, settings_file: Document, feed_files: list[Document], matters_file: Document | None
    ) -> Configuration:
        plans = [self._valid(document, PlanList) for document in self._plan_files]
        settings = self._valid(settings_file, Settings)
        lists = [self._valid(document, FeedList) for document in feed_files]
        catalogue = self._valid(matters_file, Catalogue) if matters_file else None
        self._cross_check(settings_file, feed_files, matters_file)
        # The three Nones are never without a mistake; naming them tells the type checker.
        if self._mistakes or settings is None or catalogue is None or matters_file is None:
            raise ConfigError(sorted(self._mistakes, key=self._order))
        feeds = [listed.feeds for listed in lists if listed]
        where = Where(
            settings_file, _places(zip(feed_files, feeds, strict=True)), matters_file, tuple(self._plan_files)
        )
        return Configuration(
            self._directory,
            settings,
            tuple(feed for part in feeds for feed in part),
            catalogue,
            where,
            tuple(listed for listed in plans if listed),
        )

    def _cross_check(self, settings: Document, feeds: list[Document], matters: Document | None) -> None:
        self._mistakes += crosschecks.settings_mistakes(settings, feeds=feeds)
        if matters:
            self._mistakes += crosschecks.catalogue_mistakes(matters)
        known = crosschecks.matter_keys(matters) if matters else None
        self._mistakes += crosschecks.feed_mistakes(feeds, matters=known)
        self._mistakes += plan_mistakes(self._plan_files, feeds, matters=known)
        self._mistakes += file_mistakes(self._directory, settings, feeds)

    def _matters(self, settings: Document) -> Document | None:
        named = settings.value.get("matters")
        if isinstance(named, str):
            return self._listed(settings, ("matters",), named)
        return self._document(SHIPPED_MATTERS)

    def _listed(self, settings: Document, path: tuple[str | int, ...], name: str) -> Document | None:
        if not is_missing(self._directory, name):
            return self._document(self._directory / name)
        right = f"create it, or mend the path, which starts at {self._directory}"
        self._mistakes.append(settings.spot(path).mistake(f"there is no file {name!r}", right))
        return None

    def _document(self, file: Path) -> Document | None:
        self._files.append(file)
        try:
            document = read_yaml(file)
        except ConfigError as error:
            self._mistakes += error.mistakes
            return None
        self._mistakes += put_in(document, self._environ)
        return document

    def _valid(self, document: Document, schema: type[_Schema]) -> _Schema | None:
        try:
            return schema.model_validate(document.value)
        except ValidationError as error:
            self._mistakes += schema_mistakes(error, document, schema=schema)
            return None

    def _order(self, mistake: Mistake) -> tuple[int, int]:
        return self._files.index(mistake.file), mistake.line or 0


def _named_files(settings: Document, key: str) -> list[tuple[tuple[str | int, ...], str]]:
    """Return the files listed under a key with their place in the settings; the default where they are not a list."""
    listed: Any = settings.value.get(key)
    names = listed if isinstance(listed, list) else Settings.model_fields[key].default
    return [((key, index), name) for index, name in enumerate(names) if isinstance(name, str)]


def _places(parts: Iterable[tuple[Document, tuple[FeedSettings, ...]]]) -> dict[str, tuple[Document, int]]:
    return {feed.id: (document, index) for document, feeds in parts for index, feed in enumerate(feeds)}

"""Opening a configuration for a command: load it, or list its mistakes and end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from api.commands.console import USAGE, err, fail
from api.datafolder import DataFolder, installed
from api.errors import ApiError
from api.store.port import CaseStore
from configs.loading import Configuration, load_configuration, load_settings
from configs.mistakes import ConfigError
from configs.settings import Settings


@dataclass(frozen=True, slots=True)
class Opened:
    """A configuration that loads, and where its installation keeps things."""

    configuration: Configuration
    folder: DataFolder

    @property
    def settings(self) -> Settings:
        """The settings as written."""
        return self.configuration.settings


@dataclass(frozen=True, slots=True)
class Installation:
    """The settings of a configuration, and where its installation keeps things: enough for what touches no feed."""

    settings: Settings
    folder: DataFolder


def open_configuration(directory: Path) -> Opened:
    """Load ``directory``; with mistakes, list them on standard error and end with the usage code."""
    with mistakes_told():
        configuration = load_configuration(directory, environ=os.environ)
    return Opened(configuration, installed(configuration.settings))


def open_settings(directory: Path) -> Installation:
    """Load the settings of ``directory`` alone, so that feeds and their secrets are not needed; else as above."""
    with mistakes_told():
        settings = load_settings(directory, environ=os.environ)
    return Installation(settings, installed(settings))


@contextmanager
def opened_cases(installation: Installation | Opened) -> Iterator[CaseStore]:
    """Open the case store of an installation; when it cannot be opened or refuses, say why and end the command."""
    from api.wiring.store import open_cases  # noqa: PLC0415 - a patrol opens an installation and no store

    if installation.settings.database is None and not installation.folder.cases.exists():
        fail(f"there is no {installation.folder.cases}: gridpatrol was never started with this data folder")
    try:
        store = open_cases(installation.settings, installation.folder)
        try:
            yield store
        finally:
            store.close()
    except ApiError as error:
        fail(str(error))


@contextmanager
def mistakes_told() -> Iterator[None]:
    """List the mistakes of a configuration that cannot be read on standard error, and end with the usage code."""
    try:
        yield
    except ConfigError as error:
        for mistake in error.mistakes:
            err.print(str(mistake), markup=False)
        raise typer.Exit(USAGE) from error

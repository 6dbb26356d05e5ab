"""Opening a configuration for a command: load it, or list its mistakes and end."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import typer

from api.commands.console import USAGE, err
from api.datafolder import DataFolder
from configs.loading import Configuration, load_configuration
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


def open_configuration(directory: Path) -> Opened:
    """Load ``directory``; with mistakes, list them on standard error and end with the usage code."""
    try:
        configuration = load_configuration(directory, environ=os.environ)
    except ConfigError as error:
        for mistake in error.mistakes:
            err.print(str(mistake), markup=False)
        raise typer.Exit(USAGE) from error
    return Opened(configuration, DataFolder(Path(configuration.settings.data_dir).absolute()))

"""Commands that are imported when they are called: who asks for a status need not wait for what trains models."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group


class Lazily(TyperGroup):
    """A group that imports of its commands the one that is called, and all of them to list them.

    Each process of an installation is a command: what it does not run costs it neither time nor memory.
    """

    places: ClassVar[Mapping[str, str]]
    """By command, in the order of the help: ``module:name`` of its function, or of its app when it is a group."""

    def __init__(self, **told: Any) -> None:
        super().__init__(**told)
        # The names alone: a mistyped one is compared with them.
        self.commands.update(dict.fromkeys(self.places))  # type: ignore[arg-type]  # None: imported when called

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer gives it
        """Return the names in order."""
        return list(self.places)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Typer gives it
        """Return a command, imported now, or None when there is none of this name."""
        if cmd_name not in self.places:
            return None
        module, _, name = self.places[cmd_name].partition(":")
        found = getattr(import_module(module), name)
        if isinstance(found, typer.Typer):
            group = get_group(found)
            group.name = cmd_name
            return group
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(found)
        return get_command(alone)

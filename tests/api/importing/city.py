"""A city to import into, and the command that does it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from api.cli import app
from configs.loading import load_configuration


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def city(folder: Path, feeds: str | None = None) -> Path:
    """Make a configuration folder; without ``feeds`` it has no file of feeds yet."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gridpatrol.yaml").write_text("version: 1\n# by hand\ncity: {name: 试验}\n", encoding="utf-8")
    if feeds is not None:
        (folder / "feeds.yaml").write_text(feeds, encoding="utf-8")
    return folder


def gridpatrol(*arguments: object, env: dict[str, str] | None = None) -> Ended:
    """Run the command line in this process."""
    result = CliRunner(env=env).invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def configured(folder: Path, env: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the feeds of a configuration that must be without mistakes, by id."""
    return {feed.id: feed for feed in load_configuration(folder, environ=env or {}).feeds}

"""The command line as a whole: each command is there, and is imported when it is called."""

from __future__ import annotations

import subprocess
import sys

from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from api.cli import app


def names(command, before=()):
    """Every command with the names that lead to it."""
    yield before, command
    if isinstance(command, TyperGroup):
        for name in command.list_commands(None):
            yield from names(command.get_command(None, name), (*before, name))


def test_each_command_is_listed_by_its_name_and_tells_what_it_does():
    listed = dict(names(get_command(app)))

    assert {("run",), ("bus", "dead", "show"), ("models", "dataset", "build"), ("models", "rollback")} <= set(listed)
    assert [called for called, command in listed.items() if not command.help] == []
    assert [called for called, command in listed.items() if called and command.name != called[-1]] == []


def test_a_mistyped_command_is_told_the_nearest():
    told = CliRunner().invoke(app, ["promot"]), CliRunner().invoke(app, ["models", "promot"])

    assert [each.exit_code for each in told] == [2, 2]
    assert "No such command 'promot'" in told[0].output
    assert "Did you mean 'promote'?" in told[1].output


def test_what_patrols_waits_for_nothing_that_trains_or_serves():
    program = "import sys, api.cli; api.cli.app(['patrol', '--help'], standalone_mode=False); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()

    assert not {"api.commands.models", "sqlalchemy", "fastapi", "pyarrow", "openvino", "torch"} & set(loaded)

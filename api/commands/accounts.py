"""``gridpatrol accounts …``: people and machines that may use the API."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from api.accounts import Accounts
from api.commands.console import DEMO, ConfigOption, fail
from api.commands.opening import open_settings
from api.errors import ApiError
from api.wiring.accounts import open_accounts

app = typer.Typer(help="People and machines that may use the API.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="Name of the account or token.")]
RoleOption = Annotated[str, typer.Option(help="viewer, operator or admin.")]


@contextmanager
def _accounts(config: ConfigOption) -> Iterator[Accounts]:
    opened = open_settings(config)
    try:
        with open_accounts(opened.settings, opened.folder) as accounts:
            yield accounts
    except ApiError as error:
        fail(str(error))


def _ask_password() -> str:
    """Ask twice on a terminal; otherwise read one line of standard input. Never an argument: others can see those."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password: str = typer.prompt("new password", hide_input=True, confirmation_prompt=True)
    return password


@app.command("list")
def show(config: ConfigOption = DEMO) -> None:
    """List accounts and tokens."""
    with _accounts(config) as accounts:
        for account in accounts.list():
            note = " (one-time password)" if account.one_time else ""
            typer.echo(f"person   {account.username:24} {account.role}{note}")
        for token in accounts.tokens():
            typer.echo(f"token    {token.name:24} {token.role}")


@app.command("add")
def add(name: NameArgument, role: RoleOption = "operator", config: ConfigOption = DEMO) -> None:
    """Add a person; the password is asked for, or read from standard input."""
    with _accounts(config) as accounts:
        accounts.create(name, _ask_password(), role)


@app.command("password")
def password(name: NameArgument, config: ConfigOption = DEMO) -> None:
    """Set a person's password; the way back in when it was forgotten."""
    with _accounts(config) as accounts:
        accounts.set_password(name, _ask_password())


@app.command("role")
def role(
    name: NameArgument,
    role: Annotated[str, typer.Argument(help="viewer, operator or admin.")],
    config: ConfigOption = DEMO,
) -> None:
    """Set a person's role."""
    with _accounts(config) as accounts:
        accounts.set_role(name, role)


@app.command("token")
def token(
    name: NameArgument,
    role: Annotated[str, typer.Option(help="machine, viewer, operator or admin.")] = "viewer",
    config: ConfigOption = DEMO,
) -> None:
    """Issue a bearer token for a machine or program; it is shown this once."""
    with _accounts(config) as accounts:
        typer.echo(accounts.issue_token(name, role))


@app.command("revoke")
def revoke(name: NameArgument, config: ConfigOption = DEMO) -> None:
    """Take a token back."""
    with _accounts(config) as accounts:
        accounts.revoke_token(name)

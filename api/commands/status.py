"""``gridpatrol status``."""

from __future__ import annotations

import sys
from typing import Annotated

import httpx
import typer

from api.commands.console import DEMO, ConfigOption, fail
from api.commands.opening import open_configuration
from api.http.schemas import StatusView


def status(
    config: ConfigOption = DEMO,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Say what the running patrol is doing: feeds by outcome, visits/s, queue, outbox, last case."""
    opened = open_configuration(config)
    address = f"http://{opened.settings.http.host}:{opened.settings.http.port}"
    token = opened.folder.read_token()
    if token is None:
        fail(f"no patrol was ever started with the data folder {opened.folder.path}; start one with `gridpatrol run`")
    try:
        answer = httpx.get(f"{address}/api/v1/patrol", headers={"Authorization": f"Bearer {token}"}, timeout=5)
        answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        fail(f"the API at {address} answers {error.response.status_code}: is it another installation's?")
    except httpx.HTTPError:
        fail(f"no gridpatrol answers at {address}; start it with `gridpatrol run`")
    view = StatusView.model_validate(answer.json())
    sys.stdout.write(view.model_dump_json(indent=2) + "\n" if as_json else _told(view))


def _told(view: StatusView) -> str:
    patrol = view.patrol
    if patrol is None:
        return "the API runs, but no patrol has reported yet\n"
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(patrol.outcomes.items()))
    last = view.last_case
    lines = [
        f"patrol      {'running' if view.alive else 'NOT REPORTING'}, process {patrol.pid}",
        f"started     {patrol.started_at:%Y-%m-%d %H:%M:%S %Z}",
        f"feeds       {patrol.feeds}: {outcomes}",
        f"visits      {patrol.visits} in all, {patrol.visits_per_s}/s, {patrol.late} late",
        f"incidents   {patrol.incidents} confirmed, {patrol.suspects} suspects",
        f"queue       {view.pending} wait for review",
        f"outbox      {patrol.outbox} wait to be posted, {patrol.dead_letters} refused",
        f"last case   {f'{last.id} {last.matter} {last.filed_at:%Y-%m-%d %H:%M}' if last else 'none yet'}",
        f"model       {patrol.model_id}{' (synthetic)' if patrol.synthetic else ''}",
        *(f"TROUBLE     {sentence}" for sentence in (*patrol.trouble, *view.trouble)),
    ]
    return "\n".join(lines) + "\n"

"""``gridpatrol status``."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import httpx
import typer

from api.commands.console import DEMO, ConfigOption, fail
from api.commands.opening import open_settings
from api.datafolder import DataFolder, DataFolderError
from api.http.feedshapes import CloserStatus, FeedView, PromiseStatus, ShadowStatus, StatusView
from api.http.schemas import Page
from api.promise import span

_MOST_SHOWN = 20
"""Blind feeds that are named; a whole district without power would fill the terminal."""
_NOT_BLIND = {"ok", "waiting"}


def status(
    config: ConfigOption = DEMO,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Say what the running patrol is doing: feeds by outcome, the blind ones, visits/s, queue, outbox, last case."""
    opened = open_settings(config)
    address = opened.settings.http.address
    token = _token(opened.folder)
    # Proxies of the environment lead outside; the API is this machine's own.
    with httpx.Client(
        base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=5, trust_env=False
    ) as api:
        try:
            told = _told(api, ZoneInfo(opened.settings.city.timezone), as_json=as_json)
        except httpx.HTTPStatusError as error:
            fail(f"the API at {address} answers {error.response.status_code}: is it another installation's?")
        except httpx.HTTPError:
            fail(f"no gridpatrol answers at {address}; start it with `gridpatrol run`")
    sys.stdout.write(told + "\n")


def _token(folder: DataFolder) -> str:
    try:
        token = folder.read_token()
    except DataFolderError as error:
        fail(str(error))
    if token is None:
        fail(f"no patrol was ever started with the data folder {folder.path}; start one with `gridpatrol run`")
    return token


def _told(api: httpx.Client, zone: ZoneInfo, *, as_json: bool) -> str:
    view = StatusView.model_validate_json(_asked(api, "/patrol"))
    if as_json:
        return view.model_dump_json(indent=2)
    return "\n".join([*_lines(view, zone), *_blind_lines(api, view)])


def _asked(api: httpx.Client, path: str, **query: str | int) -> bytes:
    answer = api.get(path, params=query)
    answer.raise_for_status()
    return answer.content


def _lines(view: StatusView, zone: ZoneInfo) -> list[str]:
    patrol = view.patrol
    if patrol is None:
        return ["the API runs, but no patrol has reported yet"]
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(patrol.outcomes.items()))
    last = view.last_case
    return [
        f"patrol      {'running' if view.alive else 'NOT REPORTING'}, process {patrol.pid}",
        f"started     {_local(patrol.started_at, zone)}",
        f"feeds       {patrol.feeds}: {outcomes}",
        f"visits      {patrol.visits} in all, {patrol.visits_per_s}/s, {patrol.late} late",
        *(f"resting     {count} feeds: {why}" for why, count in sorted(patrol.resting.items())),
        f"incidents   {patrol.incidents} confirmed, {patrol.suspects} suspects",
        f"queue       {view.pending} wait for review",
        f"outbox      {patrol.outbox} wait to be posted, {patrol.dead_letters} refused",
        f"muted       {patrol.muted} places",
        f"last case   {f'{last.id} {last.matter} {_local(last.filed_at, zone)}' if last else 'none yet'}",
        f"model       {patrol.model_id}{' (synthetic)' if patrol.synthetic else ''}",
        *(f"promise     {_promise(promise)}" for promise in patrol.promises),
        *_closer_lines(patrol.closer),
        *_shadow_lines(patrol.shadow),
        *(f"TROUBLE     {sentence}" for sentence in (*patrol.trouble, *view.trouble)),
    ]


def _promise(promise: PromiseStatus) -> str:
    if not promise.open:
        return f"{promise.plan}: closed now"
    kept = f"BROKEN for {promise.broken} of {promise.feeds}" if promise.broken else f"kept for all {promise.feeds}"
    return f"{promise.plan}: each feed seen within {span(promise.within_s)}, {kept}"


def _closer_lines(closer: CloserStatus | None) -> list[str]:
    if closer is None:
        return []
    said = f"{closer.confirmed} small findings confirmed, {closer.refuted} not, {closer.failed} not looked at"
    return [f"closer      {said}, {closer.opens} main streams opened, {closer.failing} failing"]


def _shadow_lines(shadow: ShadowStatus | None) -> list[str]:
    if shadow is None:
        return []
    state = f"{shadow.share:.0%} of the pictures" if shadow.on else "OFF"
    done = f"{shadow.looks} looks, {shadow.skipped} skipped, {shadow.failures} failures"
    return [f"shadow      {shadow.model}, {state}, {done}"]


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone.key}"


def _blind_lines(api: httpx.Client, view: StatusView) -> list[str]:
    """Return one line for each feed whose last visit did not see, the first ones of each outcome."""
    outcomes = view.patrol.outcomes if view.patrol else {}
    blind = {outcome: count for outcome, count in sorted(outcomes.items()) if outcome not in _NOT_BLIND and count}
    feeds: list[FeedView] = []
    for outcome in blind:
        left = _MOST_SHOWN - len(feeds)
        if left:
            page = _asked(api, "/feeds", outcome=outcome, limit=left)
            feeds += Page[FeedView].model_validate_json(page).items
    more = sum(blind.values()) - len(feeds)
    lines = [f"BLIND       {feed.id}: {feed.outcome}, {feed.detail or 'no detail'}" for feed in feeds]
    return [*lines, *([f"            and {more} more"] if more > 0 else [])]

"""``gridpatrol bus …``: how the bus between patrol processes is doing, and what was set aside on it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api.commands.console import DEMO, USAGE, ConfigOption, fail
from api.commands.opening import open_settings
from api.visited import Visited
from api.wiring.bus import patrol_bus
from streams.bus.port import Bus, BusStatus, DeadLetter
from streams.errors import BusError

app = typer.Typer(help="The bus between several patrol processes.", no_args_is_help=True)
dead = typer.Typer(no_args_is_help=True)
app.add_typer(dead, name="dead", help="Visits that nobody could make, and results that could not be remembered.")

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
KeysArgument = Annotated[list[str] | None, typer.Argument(help="As `list` shows them.")]
AllOption = Annotated[bool, typer.Option("--all", help="All there are.")]


@app.command("status")
def status(as_json: JsonOption = False, config: ConfigOption = DEMO) -> None:
    """Say who is on the bus, who leads, and how much waits."""
    with _bus(config) as bus:
        told = bus.status()
    text = json.dumps(told.as_record(), indent=2) if as_json else "\n".join(_lines(told))
    sys.stdout.write(text + "\n")


@dead.command("list")
def show_all(as_json: JsonOption = False, config: ConfigOption = DEMO) -> None:
    """List what was set aside, oldest first, with the reason."""
    with _bus(config) as bus:
        letters = bus.dead_letters()
    if as_json:
        sys.stdout.write(json.dumps([letter.as_record() for letter in letters], ensure_ascii=False, indent=2) + "\n")
        return
    sys.stdout.write("\n".join([*map(_line, letters), f"{len(letters)} dead letters"]) + "\n")


@dead.command("show")
def show(key: str, as_json: JsonOption = False, config: ConfigOption = DEMO) -> None:
    """Show one dead letter with all that it says; pictures are left out."""
    with _bus(config) as bus:
        letter = next((one for one in bus.dead_letters() if one.key == key), None)
    if letter is None:
        fail(f"there is no dead letter {key}; `gridpatrol bus dead list` shows them")
    record = letter.as_record()
    text = json.dumps(record, ensure_ascii=False, indent=2) if as_json else "\n".join(_told(record))
    sys.stdout.write(text + "\n")


@dead.command("requeue")
def requeue(keys: KeysArgument = None, everything: AllOption = False, config: ConfigOption = DEMO) -> None:
    """Put dead letters back where they were, once what was wrong has been mended. The patrol may be running."""
    with _bus(config) as bus:
        done = _each(bus, keys, everything=everything, do=bus.requeue)
    typer.echo(f"{done} put back")


@dead.command("drop")
def drop(keys: KeysArgument = None, everything: AllOption = False, config: ConfigOption = DEMO) -> None:
    """Forget dead letters."""
    with _bus(config) as bus:
        done = _each(bus, keys, everything=everything, do=bus.drop)
    typer.echo(f"{done} dropped")


@contextmanager
def _bus(config: Path) -> Iterator[Bus[Visited]]:
    settings = open_settings(config).settings
    if not settings.bus:
        fail("no bus is named: one process patrols, and nothing is on its way between processes; see docs/scaling.md")
    bus = patrol_bus(settings)
    try:
        yield bus
    except BusError as error:
        fail(str(error))
    finally:
        bus.close()


def _each(bus: Bus[Visited], keys: list[str] | None, *, everything: bool, do: Callable[[str], bool]) -> int:
    """Do it to the letters named, or to all, and return how many; one that is not there ends it."""
    if bool(keys) == everything:
        fail("name the dead letters, or say --all", USAGE)
    known = [letter.key for letter in bus.dead_letters()]
    wanted = known if everything else keys or []
    missing = next((key for key in wanted if key not in known), None)
    if missing is not None:
        fail(f"there is no dead letter {missing}; `gridpatrol bus dead list` shows them. Nothing was changed")
    return sum(map(do, wanted))


def _lines(told: BusStatus) -> Iterator[str]:
    for member in told.members:
        leads = "  leads" if member.leads else ""
        yield f"{member.name}  {member.leased} of {member.capacity} visits under way{leads}"
    yield f"{len(told.members)} processes; {told.waiting} visits wait for one, {told.leased} are being made"
    yield f"{told.results} results wait to be remembered; {told.dead} dead letters"


def _line(letter: DeadLetter) -> str:
    return f"{letter.key}  {letter.at:%Y-%m-%d %H:%M:%S}Z  {letter.part:6}  {letter.feed_id}  {letter.reason}"


def _told(record: dict[str, object]) -> Iterator[str]:
    content = str(record.pop("content"))
    yield from (f"{name}: {value}" for name, value in record.items())
    yield content

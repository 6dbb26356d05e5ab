"""Ledgers of every kind for tests, and what is put into them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gridmap.incident import Incident, Stage, Watcher
from gridmap.ledger import Ledger, Report
from gridmap.ledgers.opening import open_ledger
from gridmap.place import CellMatch, Method, Place, Relation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class LedgerPlace:
    """Where one ledger is kept."""

    where: Path | str
    _opened: list[Ledger] = field(default_factory=list)

    def open(self, timeout_s: float = 5.0) -> Ledger:
        ledger = open_ledger(self.where, timeout_s=timeout_s)
        self._opened.append(ledger)
        return ledger

    def close(self) -> None:
        """Close what was opened here."""
        for ledger in self._opened:
            ledger.close()

    @property
    def argument(self) -> str:
        """For another process: see ``opened``."""
        return str(self.where)


def opened(argument: str) -> Ledger:
    """Open what ``LedgerPlace.argument`` names."""
    return open_ledger(argument if "://" in argument else Path(argument))


def incident(key: str = "a", **changes) -> Incident:
    whole = Incident(
        id=key * 32,
        feed_id="cam-1",
        matter="exposed_garbage",
        label="garbage",
        view_box=(0.1, 0.2, 0.3, 0.4),
        score=0.75,
        stage=Stage.CONFIRMED,
        first_seen=NOON,
        last_seen=NOON + timedelta(microseconds=1),
        model_id="weights@1",
        looks=(True, False, True),
        misses=0,
        sightings=2,
        place=Place(106.5, 29.5, 7.5, Method.HOMOGRAPHY),
        cell=CellMatch("500103001001001", Relation.NEAREST, 3.25),
        confirmed_at=NOON,
        feeds=("cam-1", "car-1"),
        watchers=(Watcher("cam-1", (0.1, 0.2, 0.3, 0.4), 1),),
    )
    return replace(whole, **changes)


def report(key: str = "a", kind: str = "confirmed", evidence: bytes | None = b"\xff\xd8jpeg") -> Report:
    return Report(key * 32, -1, kind, '{"score": 0.75}', evidence)

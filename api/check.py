"""The check of a whole configuration: every mistake, and what it comes to, without starting anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.inspection import Inspection
from configs.loading import load_configuration
from configs.mistakes import ConfigError, Mistake


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Parameters
    ----------
    mistakes
        What must be mended before anything starts.
    notes
        What the configuration comes to, one sentence each; empty when its files could not be read.
    """

    mistakes: tuple[Mistake, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it can be started with."""
        return not self.mistakes

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values for editors and scripts."""
        return {
            "ok": self.ok,
            "mistakes": [mistake.as_json() for mistake in self.mistakes],
            "notes": list(self.notes),
        }

    def lines(self) -> list[str]:
        """Return the report for people: mistakes, notes, and the sum of it last."""
        count = len(self.mistakes)
        sum_of_it = "no mistakes" if self.ok else f"{count} mistake{'s' if count > 1 else ''}"
        return [*map(str, self.mistakes), *self.notes, sum_of_it]


def check(directory: Path, *, environ: Mapping[str, str]) -> CheckReport:
    """Return everything that is wrong with the configuration in ``directory``; nothing is started or written.

    Parameters
    ----------
    directory
        The folder that holds ``gridpatrol.yaml``.
    environ
        Environment variables, for ``${NAME}`` references.
    """
    try:
        configuration = load_configuration(directory, environ=environ)
    except ConfigError as error:
        return CheckReport(error.mistakes)
    inspection = Inspection(configuration)
    inspection.run()
    return CheckReport(tuple(inspection.mistakes), tuple(inspection.notes))

"""One import from end to end: what the source has, what it changes, and writing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.importing import credentials
from api.importing.candidate import Harvest, Refusal
from api.importing.comparing import Comparison, compared
from api.importing.writing import write_whole
from configs.loading import SETTINGS_FILE
from configs.written import FeedFile, feed_file, feed_files, settings_naming

_HEADING = "# Made by `gridpatrol feeds import`; what is written here by hand stays at the next import.\n"


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import will do; made by ``planned``.

    Parameters
    ----------
    directory, out
        The folder of the configuration, and the file of feeds that is written.
    comparison
        What changes.
    refusals
        What cannot become a feed.
    notes
        Sentences on the whole.
    """

    directory: Path
    out: FeedFile
    comparison: Comparison
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether the file would be another, feeds that are gone left aside."""
        return bool(self.comparison.new or self.comparison.changed)

    def write(self, *, remove_missing: bool) -> list[str]:
        """Write the file of feeds, name it in the settings, and return what was done in sentences.

        Raises
        ------
        ImportRefused
            A file cannot be written.
        configs.mistakes.ConfigError
            The file's layout cannot be changed in place, or the settings cannot be read.
        """
        comparison = self.comparison
        text = self.out.with_changes(
            new=[candidate.feed for candidate in comparison.new],
            changed={change.position: change.values for change in comparison.changed},
            removed=[position for position, _ in comparison.gone] if remove_missing else (),
            heading=_HEADING,
        )
        is_secret = credentials.are_written(candidate.feed for candidate in comparison.new)
        write_whole(self.out.file, text, secret=is_secret)
        done = [f"wrote {self.out.file}"]
        if is_secret:
            done.append("passwords stand in it; --credentials-env NAME keeps them out")
        return [*done, *self._named_in_settings()]

    def _named_in_settings(self) -> list[str]:
        name = _relative(self.out.file, self.directory)
        settings = settings_naming(self.directory, name)
        if settings is None:
            return []
        write_whole(self.directory / SETTINGS_FILE, settings)
        return [f"named it under feeds: in {self.directory / SETTINGS_FILE}"]


def planned(harvest: Harvest, *, directory: Path, out: Path, env: str | None) -> ImportPlan:
    """Return what importing ``harvest`` does.

    Parameters
    ----------
    harvest
        What the source gave.
    directory
        The folder with ``gridpatrol.yaml``.
    out
        The file of feeds to write; relative paths start in ``directory``.
    env
        Credentials are written as ``${ENV_USER}`` and ``${ENV_PASSWORD}``; None writes them as they are.

    Raises
    ------
    configs.mistakes.ConfigError
        The configuration's files cannot be read.
    """
    candidates, notes = [credentials.parted(candidate) for candidate in harvest.candidates], list(harvest.notes)
    if env is not None:
        candidates, used = credentials.named_in_environment(candidates, env)
        notes += [f"set {stem}_USER and {stem}_PASSWORD for {count} feeds" for stem, count in used.items()]
    target = directory / out
    files = feed_files(directory)
    here = next((file for file in files if file.file.resolve() == target.resolve()), None) or feed_file(target)
    known = files if here in files else [*files, here]
    comparison = compared(candidates, known, here.file)
    refusals = (*harvest.refusals, *comparison.refused)
    return ImportPlan(directory, here, comparison, refusals, tuple(notes))


def _relative(file: Path, directory: Path) -> str:
    try:
        return file.resolve().relative_to(directory.resolve()).as_posix()
    except ValueError:
        return str(file.resolve())


def as_json(plan: ImportPlan, *, written: bool) -> dict[str, Any]:
    """Return the plan as plain values, without credentials."""
    comparison = plan.comparison
    return {
        "file": str(plan.out.file),
        "written": written,
        "new": [candidate.feed["id"] for candidate in comparison.new],
        "changed": [{"id": change.feed.get("id"), "keys": change.shown()} for change in comparison.changed],
        "same": comparison.same,
        "gone": [feed.get("id") for _, feed in comparison.gone],
        **{
            name: [{"where": each.where, "reason": each.reason} for each in listed]
            for name, listed in (
                ("elsewhere", comparison.elsewhere),
                ("repeated", comparison.repeated),
                ("refused", plan.refusals),
            )
        },
        "notes": list(plan.notes),
    }

"""Which model serves: the settings' ``model.name``, until somebody promotes another one.

A promotion is state of the installation, not configuration: the folder of ``gridpatrol.yaml`` may be read-only, under
version control, shared by several installations, or shipped inside the package as the demonstration's is.
So the choice lies in the data folder, ``serving.json``, and counts over the ``model.name`` it was made against.
Whoever writes another ``model.name`` into the settings afterwards has the last word: the promotion has lapsed and the
settings count. ``gridpatrol check``, ``models list`` and the patrol all ask here, so there is one answer.
Each promotion and rollback is also a line of ``promotions.jsonl``.
"""

from __future__ import annotations

import json
import os
from datetime import datetime

from pydantic import ValidationError

from api.datafolder import DataFolder, DataFolderError
from configs.settings import ModelSettings
from configs.values import Strict


class Promotion(Strict):
    """What ``serving.json`` says.

    Parameters
    ----------
    name
        The model that serves.
    over
        The settings' ``model.name`` at that time; with another one there the promotion has lapsed.
    since, by
        When (aware) and who.
    earlier
        Models that served before it, the last one last: what rollbacks go back through.
    """

    name: str
    over: str
    since: datetime
    by: str
    earlier: tuple[str, ...] = ()


class Choice:
    """Which model serves in one installation.

    Parameters
    ----------
    settings
        The model settings as written.
    folder
        Where the installation keeps its state.
    """

    def __init__(self, settings: ModelSettings, folder: DataFolder) -> None:
        self._settings = settings
        self._folder = folder

    @property
    def written(self) -> Promotion | None:
        """The last promotion, lapsed or not; None before the first.

        Raises
        ------
        DataFolderError
            When it cannot be read.
        """
        path = self._folder.serving
        try:
            return Promotion.model_validate_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not what a promotion writes"
            raise DataFolderError(
                f"{path}, which says what model serves, cannot be read ({reason}); remove it to go back to the "
                f"settings' {self._settings.name}"
            ) from error

    @property
    def standing(self) -> Promotion | None:
        """The promotion that counts; raises as ``written``."""
        written = self.written
        return written if written and written.over == self._settings.name else None

    @property
    def name(self) -> str:
        """The model that serves; raises as ``written``."""
        standing = self.standing
        return standing.name if standing else self._settings.name

    @property
    def previous(self) -> str | None:
        """The model a rollback returns to, or None; raises as ``written``."""
        standing = self.standing
        return standing.earlier[-1] if standing and standing.earlier else None

    @property
    def note(self) -> str | None:
        """One sentence on the promotion, standing or lapsed, or None before the first; raises as ``written``."""
        written = self.written
        if written is None:
            return None
        said = f"promoted {written.since:%Y-%m-%d %H:%M} UTC by {written.by}"
        if written.over == self._settings.name:
            return f"model {written.name} serves, {said}, over model.name {written.over}"
        return (
            f"model.name is now {self._settings.name}, so the model {written.name}, {said} over {written.over}, "
            "serves no more"
        )

    def settings(self) -> ModelSettings:
        """Return the model settings with the name of the model that serves; raises as ``written``."""
        return self._settings.model_copy(update={"name": self.name})

    def promote(self, name: str, *, by: str, at: datetime) -> None:
        """Let another model serve from now on.

        Raises
        ------
        DataFolderError
            When it cannot be written; then nothing has changed.
        """
        standing = self.standing
        earlier = (*(standing.earlier if standing else ()), self.name)
        self._write("promote", Promotion(name=name, over=self._settings.name, since=at, by=by, earlier=earlier))

    def roll_back(self, *, by: str, at: datetime) -> None:
        """Return to ``previous``, which must be there; raises as ``promote``."""
        standing = self.standing
        assert standing is not None  # noqa: S101 - the caller asked for ``previous``
        *earlier, name = standing.earlier
        self._write(
            "rollback", standing.model_copy(update={"name": name, "since": at, "by": by, "earlier": tuple(earlier)})
        )

    def _write(self, kind: str, promotion: Promotion) -> None:
        line = {
            "at": promotion.since.isoformat(),
            "by": promotion.by,
            "kind": kind,
            "from": self.name,
            "to": promotion.name,
        }
        part = self._folder.serving.with_suffix(".part")
        try:
            with part.open("w", encoding="utf-8") as file:
                file.write(promotion.model_dump_json(indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            with self._folder.promotions.open("a", encoding="utf-8") as history:
                history.write(json.dumps(line, ensure_ascii=False) + "\n")
            part.replace(self._folder.serving)
        except OSError as error:
            raise DataFolderError(
                f"{self._folder.serving} cannot be written ({error.strerror}); make the data folder writable for "
                "this user"
            ) from error

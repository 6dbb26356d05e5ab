"""Where one installation keeps its things."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from configs.settings import Settings


class DataFolderError(Exception):
    """The data folder cannot be used. ``str(error)`` is one sentence with the way out."""


def installed(settings: Settings) -> DataFolder:
    """Return the data folder that the settings name, from the working folder."""
    return DataFolder(Path(settings.data_dir).absolute())


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The data folder and what is in it."""

    path: Path

    @property
    def ledger(self) -> Path:
        """The patrol's own memory: open incidents and the outbox."""
        return self.path / "patrol.db"

    @property
    def cases(self) -> Path:
        """The cases, when they are kept in SQLite."""
        return self.path / "cases.db"

    @property
    def evidence(self) -> Path:
        """Evidence pictures."""
        return self.path / "evidence"

    @property
    def log(self) -> Path:
        """Every visit and every raw detection."""
        return self.path / "log"

    @property
    def kept(self) -> Path:
        """Pictures that the patrol kept to learn from."""
        return self.path / "kept"

    @property
    def compiled(self) -> Path:
        """Compiled models, so that the next start is quick."""
        return self.path / "compiled"

    @property
    def serving(self) -> Path:
        """Which promoted model serves; missing until the first promotion."""
        return self.path / "serving.json"

    @property
    def promotions(self) -> Path:
        """Every promotion and rollback, one JSON line each."""
        return self.path / "promotions.jsonl"

    @property
    def token_file(self) -> Path:
        """The patrol's bearer token for the API; readable by its owner alone."""
        return self.path / "patrol.token"

    def prepare(self) -> None:
        """Make the folder and prove that it can be written.

        Raises
        ------
        DataFolderError
            When it cannot.
        """
        probe = self.path / f".probe-{secrets.token_hex(4)}"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"gridpatrol")
            probe.unlink()
        except OSError as error:
            raise DataFolderError(
                f"the data folder {self.path} cannot be written ({error.strerror}); make it writable for this "
                "user or set data_dir in gridpatrol.yaml to another folder"
            ) from error

    def write_token(self, token: str) -> None:
        """Keep the patrol's token where only its owner can read it."""
        part = self.token_file.with_suffix(".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(token)
        part.replace(self.token_file)

    def read_token(self) -> str | None:
        """Return the patrol's token, or None before the first start.

        Raises
        ------
        DataFolderError
            When it cannot be read.
        """
        try:
            return self.token_file.read_text().strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataFolderError(
                f"{self.token_file} cannot be read ({error.strerror}); see data_dir in gridpatrol.yaml"
            ) from error

"""One installation, one user: two patrols over the same data folder would report everything twice."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Locked(Exception):
    """Another process uses the data folder. ``str(error)`` is one sentence with the way out."""


@contextmanager
def sole_user(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; the lock goes with the process, however it ends.

    Raises
    ------
    Locked
        When another process holds it.
    """
    with (folder / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Locked(
                f"another gridpatrol already runs with the data folder {folder}; stop it, "
                "or set data_dir in gridpatrol.yaml to another folder"
            ) from error
        yield

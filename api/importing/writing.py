"""Puts files down whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from api.importing.candidate import ImportRefused


def write_whole(file: Path, text: str, *, secret: bool = False) -> None:
    """Write a file so that a reader, a crash or a full disk meets the old text or the new one, never a part.

    Parameters
    ----------
    file
        A link is followed. An existing file keeps its permissions.
    text
        All of it, written as UTF-8.
    secret
        A file that is made anew may be read by its owner alone.

    Raises
    ------
    ImportRefused
        It cannot be written; the file is as it was.
    """
    target = file.resolve()
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else (0o600 if secret else 0o644)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).chmod(mode)
            Path(name).replace(target)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ImportRefused(f"{file}: cannot be written: {error.strerror}; nothing was changed") from error

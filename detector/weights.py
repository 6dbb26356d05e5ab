"""Weights: the files a model is loaded from, and what is known of them before loading."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from detector.calibration import Platt


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A file that is there, and the hash of its bytes."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Weights:
    """Files of one set of weights, known to be there and unchanged.

    Parameters
    ----------
    name
        As the manifest lists it, or the file's stem.
    files
        One per format; the OpenVINO format has two, ``.xml`` and ``.bin``.
    labels
        Class names in the model's order; empty means "as the file itself says" (Ultralytics formats only).
    input_px
        Long side of the letterboxed input, a multiple of 32; None means "as the file itself says".
    end2end
        True when the model's own output is final, so that no suppression of overlaps follows.
    context
        Labels that never become findings by themselves.
    thresholds
        By label: from which calibrated score (0..1) it counts, where nobody says otherwise.
    calibration
        By label: from the model's score to how likely it is right; empty means that scores are the model's own.
    """

    name: str
    files: tuple[WeightFile, ...]
    labels: tuple[str, ...] = ()
    input_px: int | None = None
    end2end: bool = False
    context: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    calibration: Mapping[str, Platt] = field(default_factory=dict)

    @classmethod
    def of_file(cls, path: Path) -> Weights:
        """Return weights that no manifest lists: one file somebody points at.

        Raises
        ------
        OSError
            When the file cannot be read.
        """
        return cls(name=path.stem, files=(WeightFile(path, sha256_of(path)),))

    def file(self, *suffixes: str) -> WeightFile | None:
        """Return the first file with one of these suffixes, tried in the order given."""
        found = (file for suffix in suffixes for file in self.files if file.path.suffix.lower() == suffix)
        return next(found, None)

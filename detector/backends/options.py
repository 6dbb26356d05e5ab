"""How weights are run, whatever the library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Precision = Literal["auto", "f32"]


@dataclass(frozen=True, slots=True)
class Options:
    """How weights are run.

    Parameters
    ----------
    device
        The library's own name for it (``CPU``, ``GPU``, ``cuda:0``); None means the best one there is.
    precision
        ``f32``, or ``auto`` for bf16 where the processor has it, at about half the time (which weights serve is
        ``detector.loading``'s choice). Scores then move by up to 0.03, and boxes by some pixels where two candidates
        are nearly equal.
    min_score
        Detections scoring above this are returned.
    cache_dir
        Where the library may keep compiled models and its own settings; None means nowhere that lasts.
    as_validator
        Look as Ultralytics' validator does, so that accuracy compares with what others state: half a stride and more
        of padding around the picture, and every class of a candidate counts, not the best alone.
    threads
        So many threads of the processor at most (OpenVINO only), so that measurements compare; None means all.
    batch
        Most pictures of one input shape in one forward pass (OpenVINO only). Each pass then costs less a picture, and
        the last digits of a score depend on the picture's company.
    """

    device: str | None = None
    precision: Precision = "f32"
    min_score: float = 0.05
    cache_dir: Path | None = None
    as_validator: bool = False
    threads: int | None = None
    batch: int = 1

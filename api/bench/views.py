"""What the measuring's cameras look at: real streets when there are any on this machine, else a drawn one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np

from api.bench.patrolling import PROJECT
from api.demo.drawn import drawn_scene
from streams.frame import Image

_FIRST = tuple(f"street_{number}.jpg" for number in ("00481", "01876", "01706", "01735", "01861", "01882", "01991"))
"""A street with a heap of rubbish, the one view of all single measurements, and streets that are clean."""


def views(environ: Mapping[str, str], count: int, *, named: Path | None = None) -> list[Image]:
    """Return so many views, ``(H, W, 3) uint8`` BGR, the first with a finding; fewer when there are no more.

    Parameters
    ----------
    environ
        ``GRIDPATROL_SAMPLES`` may name the folder of samples.
    named
        A picture to use instead.

    Raises
    ------
    OSError
        When the named picture cannot be read.
    """
    if named is not None:
        return [_read(named)]
    stills = sorted(_stills(environ), key=_rank)
    return [_read(path) for path in stills[:count]] or [_drawn(number) for number in range(count)]


def _rank(path: Path) -> tuple[int, str]:
    return _FIRST.index(path.name) if path.name in _FIRST else len(_FIRST), path.name


def _drawn(number: int) -> Image:
    return drawn_scene(None if number else "garbage", seed=number, frame=0).picture


def _stills(environ: Mapping[str, str]) -> Iterator[Path]:
    samples = environ.get("GRIDPATROL_SAMPLES")
    for folder in (Path(samples) if samples else PROJECT.parent / "shared" / "samples", Path("var") / "samples"):
        if found := [*(folder / "stills").glob("street_*.jpg")]:
            yield from found
            return


def _read(path: Path) -> Image:
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise OSError(f"{path} is no picture that can be read")
    return np.asarray(picture, np.uint8)

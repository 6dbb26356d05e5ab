"""Numbers in 8 bits: NNCF's quantisation after training, calibrated on training pictures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.backends.unwatched import unwatched
from detector.errors import BackendMissing, ModelError
from detector.exporting.formats import saved
from detector.letterbox import letterbox

LEAST_PICTURES = 4


class Floating(StrEnum):
    """Which part of a detector stays in floating point.

    Box corners and scores are sums and softmaxes over small differences; 8 bits spoil them at once. The convolutions
    of the head usually bear it, the rest of the network nearly always.
    """

    TAIL = "tail"
    """What turns the head's maps into boxes and scores."""
    HEAD = "head"
    """The convolutions before that, too: more accurate, slower."""


def quantised(
    graph: Path, pictures: Sequence[Path], input_px: int, folder: Path, *, floating: Floating
) -> tuple[Path, Path]:
    """Write an OpenVINO graph with 8-bit numbers where they do little harm; return ``.xml`` and ``.bin``.

    Parameters
    ----------
    graph
        The ``.xml`` of 32-bit floats.
    pictures
        From which the range of each number is taken; about 300 training pictures.
    input_px
        Long side of the input; pictures are letterboxed as the OpenVINO backend does it.
    floating
        What is spared.

    Raises
    ------
    BackendMissing
        When NNCF is not installed.
    ModelError
        When there are too few pictures.
    """
    nncf = _nncf()
    if len(pictures) < LEAST_PICTURES:
        raise ModelError(f"8-bit numbers need training pictures to calibrate on; only {len(pictures)} can be read")
    import openvino as ov  # noqa: PLC0415  slow to import

    read = ov.Core().read_model(graph)
    dataset = nncf.Dataset(pictures, lambda picture: _tensor(picture, input_px))
    with unwatched():
        made = nncf.quantize(
            read,
            dataset,
            subset_size=len(pictures),
            preset=nncf.QuantizationPreset.MIXED,
            ignored_scope=nncf.IgnoredScope(names=_spared(read, floating)),
        )
    return saved(made, folder)


def readable(pictures: Sequence[Path], count: int, *, seed: int) -> tuple[Path, ...]:
    """Return up to ``count`` pictures that can be decoded, chosen by chance, the same ones for the same seed."""
    chosen: list[Path] = []
    for place in np.random.default_rng(seed).permutation(len(pictures)).tolist():
        if len(chosen) == count:
            break
        if cv2.haveImageReader(str(pictures[place])):
            chosen.append(pictures[place])
    return tuple(chosen)


def _nncf() -> Any:
    try:
        with unwatched():
            import nncf  # noqa: PLC0415  comes with the extra only
    except ModuleNotFoundError as error:
        raise BackendMissing("8-bit numbers need NNCF; pip install 'gridpatrol[training]'") from error
    nncf.set_log_level(logging.ERROR)
    return nncf


def _tensor(picture: Path, input_px: int) -> NDArray[np.float32]:
    """Return what the graph is given for a picture: ``(1, 3, H, W)`` RGB, 0..1."""
    image = np.asarray(cv2.imread(str(picture), cv2.IMREAD_COLOR), np.uint8)
    fitted, _ = letterbox(image, input_px)
    scaled: NDArray[np.float32] = fitted[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(scaled)


def _spared(graph: Any, floating: Floating) -> list[str]:
    """Return the names of the operations to spare. The last sigmoid makes the scores, so it is in the head."""
    names = [(each.get_friendly_name(), each.get_type_name()) for each in graph.get_ordered_ops()]
    scopes = [name.split("/", 1)[0] for name, kind in names if kind == "Sigmoid"]
    if not scopes:
        raise ModelError("the graph has no sigmoid at its end, so it is no detector that can be quantised here")
    starts = (f"{scopes[-1]}/", f"{scopes[-1]}.dfl") if floating is Floating.TAIL else (scopes[-1],)
    return [name for name, kind in names if name.startswith(starts) and kind not in _NO_OPERATION]


_NO_OPERATION = frozenset({"Constant", "Parameter", "Result", "Convert"})

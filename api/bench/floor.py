"""The floor: what no visit can cost less than. Decoding one key frame and one forward pass on the same picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from api.bench.encoding import key_frame_decoder
from api.bench.material import Kind, still_file, stream_of
from configs.settings import ModelSettings
from detector.loading import load_model
from detector.model import Model
from streams.frame import Image

_AT_ONCE = 6
"""So many of each work make one turn of a thread."""


def decoder(folder: Path, kind: Kind) -> Callable[[], Image]:
    """Return what decodes one prepared key frame, or one JPEG in full, and does nothing else."""
    if kind.codec == "jpeg":
        data = np.frombuffer(still_file(folder, kind.name, 0, 0).read_bytes(), np.uint8)
        return lambda: np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return key_frame_decoder(kind.codec, stream_of(folder, kind.name, 0).key_frames[0])


class Floor:
    """Measures the floor, a turn at a time. Close it afterwards.

    Parameters
    ----------
    decode
        Decodes one picture.
    model
        The patrol's model.
    lanes
        So many threads work at once: as many as the patrol keeps busy, because neighbours slow each other down.
    """

    def __init__(self, decode: Callable[[], Image], model: Model, *, lanes: int) -> None:
        self._decode, self._model = decode, model
        self._threads = ThreadPoolExecutor(lanes)
        self._lanes = lanes
        self._picture = decode()
        self._spent_s = {"decode": 0.0, "forward": 0.0}
        self._done = 0

    def warm_up(self) -> None:
        """Do everything once without counting it."""
        self._take_turn(self._forward)

    def turn(self) -> None:
        """Take one turn."""
        self._spent_s["decode"] += self._take_turn(self._decode)
        self._spent_s["forward"] += self._take_turn(self._forward)
        self._done += self._lanes * _AT_ONCE

    @property
    def decode_ms(self) -> float:
        """Processor milliseconds to decode one picture."""
        return self._spent_s["decode"] / self._done * 1000

    @property
    def forward_ms(self) -> float:
        """Processor milliseconds of one forward pass, letterbox and suppression included."""
        return self._spent_s["forward"] / self._done * 1000

    def close(self) -> None:
        """End the threads and the model."""
        self._threads.shutdown()
        self._model.close()

    def _forward(self) -> None:
        self._model.detect([self._picture])

    def _take_turn(self, work: Callable[[], object]) -> float:
        def several() -> None:
            for _ in range(_AT_ONCE):
                work()

        began = time.process_time()
        for running in [self._threads.submit(several) for _ in range(self._lanes)]:
            running.result()
        return time.process_time() - began


def patrols_model(project: Path, cache: Path) -> Model:
    """Load the model that a patrol with default settings uses.

    Raises
    ------
    detector.errors.ModelError
        When its weights cannot be used.
    """
    return load_model(
        ModelSettings(manifest=str(project / "models" / "manifest.yaml")), root=project, cache_dir=cache
    )

"""Annotated frames as a clip."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from detector.model import Image


class VideoWriter:
    """Writes pictures into an MP4 clip, all at the size of the first; later ones of another aspect get black bars.

    The codec is MPEG-4 part 2, the only fast one that OpenCV's packages carry; most players show it, most browsers do
    not.

    Parameters
    ----------
    path
        The ``.mp4`` file; one that is there is replaced. It appears with the first picture.
    fps
        Pictures shown a second.
    """

    def __init__(self, path: Path, fps: float) -> None:
        if fps <= 0:
            raise ValueError(f"a clip needs more than 0 pictures a second, not {fps}")
        self._path = path
        self._fps = fps
        self._clip: cv2.VideoWriter | None = None
        self._size = (0, 0)

    def add(self, image: Image) -> None:
        """Append a picture, ``(H, W, 3) uint8`` BGR.

        Raises
        ------
        OSError
            When the file cannot be written.
        """
        if self._clip is None:
            self._size = (image.shape[1], image.shape[0])
            self._clip = self._open()
        self._clip.write(_fitted(image, self._size))

    def close(self) -> None:
        """Finish the clip. A second call does nothing."""
        if self._clip is not None:
            self._clip.release()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the clip, whatever happened."""
        self.close()

    def _open(self) -> cv2.VideoWriter:
        if not self._path.parent.is_dir():
            raise FileNotFoundError(f"{self._path} cannot be written: its folder is not there; make it first")
        clip = cv2.VideoWriter(str(self._path), cv2.VideoWriter.fourcc(*"mp4v"), self._fps, self._size)
        if not clip.isOpened():
            raise OSError(f"{self._path} cannot be written as an MP4 clip; check the folder's rights and the disk")
        return clip


def _fitted(image: Image, size: tuple[int, int]) -> Image:
    width, height = size
    if image.shape[1::-1] == size:
        return image
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    canvas = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner, interpolation=cv2.INTER_AREA)
    return canvas

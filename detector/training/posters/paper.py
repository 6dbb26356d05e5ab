"""A flat paper, and the pen that writes on it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from detector.training.posters.fonts import Fonts, text_mask
from detector.training.posters.texts import Words

Color = tuple[int, int, int]  # BGR


@dataclass(slots=True)
class Paper:
    """A flat paper: ``bgr`` (H, W, 3) uint8 and ``alpha`` (H, W) uint8, 0 where there is no paper."""

    kind: str
    bgr: np.ndarray
    alpha: np.ndarray


@dataclass(slots=True)
class Pen:
    """What a drawing needs: chance, fonts, the words, and the sheet drawn on."""

    rng: np.random.Generator
    fonts: Fonts
    words: Words
    sheet: np.ndarray
    ink: Color = field(default=(20, 20, 20))

    def write(self, text: str, part: tuple[float, float, float, float], *, ink: Color | None = None,
              stretch: bool = False) -> None:  # fmt: skip
        """Write into ``part`` (left, top, right, bottom as shares of the sheet)."""
        height, width = self.sheet.shape[:2]
        x1, y1, x2, y2 = (int(share * side) for share, side in zip(part, (width, height) * 2, strict=True))
        script = "latin" if text.isascii() else self.words.script
        mask = text_mask(self.fonts.pick(self.rng, script), text, (x2 - x1, y2 - y1), stretch=stretch)
        blend(self.sheet[y1:y2, x1:x2], ink or self.ink, mask[: y2 - y1, : x2 - x1])

    def band(self, part: tuple[float, float, float, float], color: Color) -> None:
        """Fill ``part`` of the sheet with ``color``."""
        height, width = self.sheet.shape[:2]
        self.sheet[int(part[1] * height) : int(part[3] * height), int(part[0] * width) : int(part[2] * width)] = color

    def lines(self, part: tuple[float, float, float, float], texts: tuple[str, ...]) -> None:
        """Write ``texts`` one under the other."""
        left, top, right, bottom = part
        step = (bottom - top) / max(len(texts), 1)
        for row, text in enumerate(texts):
            indent = self.rng.uniform(0, 0.15) * (right - left)
            self.write(text, (left + indent, top + row * step, right - indent, top + (row + 0.72) * step))


def blend(area: np.ndarray, color: Color, mask: np.ndarray) -> None:
    """Lay ``color`` over ``area`` (h, w, 3) in place as strongly as ``mask`` (h, w; 0 to 255) says."""
    share = mask[..., None].astype(np.float32) / 255
    area[:] = area * (1 - share) + np.array(color, np.float32) * share

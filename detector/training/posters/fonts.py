"""Fonts of this computer by the scripts they can write, and letters drawn with them; the one place for Pillow."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from detector.errors import BackendMissing, ModelError

_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
_SUFFIXES = {".ttf", ".otf", ".ttc"}
_PROBES = {"latin": "Ag", "greek": "ΕΖ", "cyrillic": "Жд", "cjk": "锁贷"}  # letters that a font of the script has
_MISSING = "\U0010fffe"  # no font has a letter here, so each draws its sign for a missing one
_MEASURE_PX, _LARGEST_PX = 64, 400


@dataclass(frozen=True, slots=True)
class Fonts:
    """Font files by script. A script that no font can write is absent; every font is under latin, too."""

    paths: dict[str, tuple[Path, ...]]

    def pick(self, rng: np.random.Generator, script: str) -> Path:
        """Choose a font that writes ``script``."""
        options = self.paths[script]
        return options[rng.integers(len(options))]

    def shortage(self) -> str | None:
        """Say which scripts cannot be written and the way out; nothing when all can."""
        missing = [script for script in _PROBES if script not in self.paths]
        if not missing:
            return None
        packages = [name for name, needed in _PACKAGES.items() if needed & set(missing)]
        way = f"apt-get install {' '.join(packages)}"
        return f"no font on this computer writes {', '.join(missing)}, so no made ad is in it; to have some: {way}"


_PACKAGES = {"fonts-noto-cjk": {"cjk"}, "fonts-dejavu": {"latin", "greek", "cyrillic"}}


def installed_fonts() -> Fonts:
    """Find the fonts of this computer and what each can write: by fontconfig, else in the usual folders.

    Raises
    ------
    ModelError
        When there is none.
    BackendMissing
        When Pillow, which draws letters, is not installed.
    """
    fonts = sorted_fonts(_listed() or _walked())
    if not fonts.paths:
        raise ModelError("no font on this computer can be used; apt-get install fonts-noto-cjk fonts-dejavu")
    return fonts


def sorted_fonts(files: Iterable[Path]) -> Fonts:
    """Sort font files by the scripts they can write; what is no readable font of letters is left out."""
    found: dict[str, list[Path]] = {}
    for path in sorted(set(files)):
        for script in _scripts(path):
            found.setdefault(script, []).append(path)
    return Fonts({script: tuple(paths) for script, paths in found.items()})


def text_mask(path: Path, text: str, box_px: tuple[int, int], *, stretch: bool = False) -> np.ndarray:
    """Write ``text`` in the middle of ``box_px`` (width, height), as large as fits.

    Parameters
    ----------
    path
        The font.
    text
        One line.
    box_px
        Width and height.
    stretch
        Letters fill the box both ways, as cheap signs have them.

    Returns
    -------
    A (height, width) uint8 mask, 255 where ink is.
    """
    canvas = np.zeros((max(box_px[1], 1), max(box_px[0], 1)), np.uint8)
    if min(box_px) < 3:
        return canvas
    left, top, right, bottom = _font(path, _MEASURE_PX).getbbox(text)
    down = box_px[1] / max(bottom - top, 1)
    scale = down if stretch else min(down, box_px[0] / max(right - left, 1))
    letters = _letters(path, text, int(np.clip(_MEASURE_PX * scale, 4, _LARGEST_PX)))
    shape = box_px if stretch else (min(letters.width, box_px[0]), min(letters.height, box_px[1]))
    written = np.asarray(letters if letters.size == shape else letters.resize(shape))
    y, x = (canvas.shape[0] - written.shape[0]) // 2, (canvas.shape[1] - written.shape[1]) // 2
    canvas[y : y + written.shape[0], x : x + written.shape[1]] = written
    return canvas


def _pillow() -> Any:
    try:
        from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415  only making pictures needs it
    except ModuleNotFoundError as error:
        raise BackendMissing("drawing letters needs Pillow; pip install 'gridpatrol[training]'") from error
    return Image, ImageDraw, ImageFont


@lru_cache(maxsize=512)
def _font(path: Path, size_px: int) -> Any:
    return _pillow()[2].truetype(str(path), size_px)


def _letters(path: Path, text: str, size_px: int) -> Any:
    image, draw, _ = _pillow()
    font = _font(path, size_px)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    picture = image.new("L", (max(right - left, 1), max(bottom - top, 1)))
    draw.Draw(picture).text((-left, -top), text, fill=255, font=font)
    return picture


def _listed() -> list[Path]:
    tool = shutil.which("fc-list")
    if tool is None:
        return []
    answer = subprocess.run([tool, "--format", "%{file}\n"], capture_output=True, text=True, check=False)  # noqa: S603
    return [path for line in answer.stdout.splitlines() if (path := Path(line)).suffix.lower() in _SUFFIXES]


def _walked() -> list[Path]:
    return [path for folder in _FOLDERS for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES]


def _scripts(path: Path) -> list[str]:
    try:
        font = _font(path, 20)
        blank = bytes(font.getmask(_MISSING))
        able = [s for s, probe in _PROBES.items() if all(bytes(font.getmask(c)) not in {blank, b""} for c in probe)]
    except OSError:
        return []
    # A symbol font may answer any letter with a pictogram: only fonts that write latin too are kept.
    return able if "latin" in able else []

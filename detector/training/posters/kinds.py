"""The kinds of illegal paper: notice, handbill, sticker, number, rental band, tear-off, poster, stamp, blank."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np

from detector.training.posters.fonts import Fonts, text_mask
from detector.training.posters.paper import Color, Paper, Pen, blend
from detector.training.posters.pictures import photo
from detector.training.posters.texts import SCRIPTS, phone, words

# Cheap copy paper is white; trades use the bright papers; black ink, then red and blue.
PAPERS: tuple[Color, ...] = (
    (250, 250, 250), (240, 244, 246), (228, 236, 240), (90, 225, 250), (150, 240, 250), (195, 180, 250),
    (60, 60, 215), (120, 210, 130), (235, 205, 150), (60, 140, 250), (30, 30, 30), (150, 80, 30), (190, 240, 200),
)  # fmt: skip
PAPER_ODDS = np.array([24, 14, 10, 14, 6, 6, 6, 4, 4, 5, 3, 3, 2], float) / 101
INKS: tuple[Color, ...] = ((20, 20, 20), (40, 40, 200), (170, 60, 30), (90, 40, 150), (60, 110, 20))
SCRIPT_ODDS = {"cjk": 0.5, "greek": 0.2, "latin": 0.24, "cyrillic": 0.06}


def draw(rng: np.random.Generator, fonts: Fonts, long_side_px: int, *, kind: str | None = None) -> Paper:
    """Draw one paper whose long side is ``long_side_px``, of ``kind`` (a key of ``KINDS``) or of any."""
    kind = kind or str(rng.choice(list(KINDS), p=np.array(list(ODDS.values())) / sum(ODDS.values())))
    tall, wide = SHAPES[kind]
    ratio = rng.uniform(tall, wide)
    width = int(long_side_px * min(1, ratio))
    height = int(long_side_px * min(1, 1 / ratio))
    color = PAPERS[rng.choice(len(PAPERS), p=PAPER_ODDS)]
    sheet = np.full((max(height, 8), max(width, 8), 3), color, np.uint8)
    pen = Pen(rng, fonts, words(rng, _script(rng, fonts)), sheet, _ink(rng, color))
    alpha = KINDS[kind](pen)
    return Paper(kind, sheet, np.full(sheet.shape[:2], 255, np.uint8) if alpha is None else alpha)


def _script(rng: np.random.Generator, fonts: Fonts) -> str:
    known = [script for script in SCRIPTS if script in fonts.paths]
    odds = np.array([SCRIPT_ODDS[script] for script in known])
    return str(rng.choice(known, p=odds / odds.sum()))


def _ink(rng: np.random.Generator, paper: Color) -> Color:
    if sum(paper) < 330:
        return ((245, 245, 245), (90, 235, 250))[rng.integers(2)]
    return INKS[rng.choice(len(INKS), p=[0.55, 0.2, 0.15, 0.05, 0.05])]


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


def _notice(pen: Pen) -> None:
    rng, body = pen.rng, _between(pen.rng, 0.22, 0.34)
    pen.write(pen.words.title, (0.12, 0.06, 0.88, body - 0.04))
    texts = tuple(str(t) for t in rng.permutation(pen.words.lines * 3))[: rng.integers(4, 12)]
    pen.lines((0.1, body, 0.9, 0.8), texts)
    if rng.random() < 0.7:
        pen.write(pen.words.phone, (0.2, 0.84, 0.9, 0.94))


def _handbill(pen: Pen) -> None:
    split = _between(pen.rng, 0.35, 0.55)
    pen.write(pen.words.title, (0.06, 0.06, 0.94, split), ink=INKS[1] if pen.rng.random() < 0.5 else None,
              stretch=pen.rng.random() < 0.5)  # fmt: skip
    if pen.rng.random() < 0.6:
        pen.lines((0.08, split + 0.04, 0.92, 0.72), pen.words.lines[:3])
        pen.write(pen.words.phone, (0.06, 0.76, 0.94, 0.95))
    else:
        pen.write(pen.words.phone, (0.06, split + 0.1, 0.94, 0.92), stretch=True)


def _sticker(pen: Pen) -> np.ndarray | None:
    height, width = pen.sheet.shape[:2]
    if pen.rng.random() < 0.5:
        pen.band((0, 0, 1, 0.52), pen.ink)
        pen.write(pen.words.title, (0.06, 0.06, 0.94, 0.46), ink=(245, 245, 245), stretch=True)
    else:
        pen.write(pen.words.title, (0.06, 0.08, 0.94, 0.5))
    pen.write(pen.words.phone, (0.05, 0.58, 0.95, 0.92), stretch=pen.rng.random() < 0.6)
    if pen.rng.random() < 0.4:
        cv2.rectangle(pen.sheet, (1, 1), (width - 2, height - 2), pen.ink, max(1, height // 30))
    return _rounded(height, width) if pen.rng.random() < 0.4 else None


def _number(pen: Pen) -> None:
    shadow = _between(pen.rng, 0.05, 0.12)
    pen.write(pen.words.phone, (0.04, shadow, 0.96, 1 - shadow), stretch=True)


def _rental(pen: Pen) -> None:
    # The yellow or white band with a red word that hangs on every second shop to let.
    pen.sheet[:] = ((60, 225, 250), (248, 248, 248), (80, 120, 250))[pen.rng.integers(3)]
    pen.write(pen.words.title, (0.05, 0.1, 0.95, 0.6), ink=INKS[pen.rng.integers(3)], stretch=True)
    pen.write(pen.words.phone, (0.05, 0.68, _between(pen.rng, 0.6, 0.95), 0.9))


def _tearoff(pen: Pen) -> np.ndarray:
    _notice_top(pen)
    height, width = pen.sheet.shape[:2]
    alpha = np.full((height, width), 255, np.uint8)
    top, count = int(height * 0.76), int(pen.rng.integers(5, 10))
    edges = np.linspace(0, width, count + 1).astype(int)
    path = pen.fonts.pick(pen.rng, "latin")
    mask = cv2.rotate(
        text_mask(path, pen.words.phone, (height - top - 2, int(edges[1] * 0.7))), cv2.ROTATE_90_CLOCKWISE
    )
    for left, right in pairwise(edges):
        inner = int(left + (right - left) * 0.15)
        tab = pen.sheet[top : top + mask.shape[0], inner : inner + mask.shape[1]]
        blend(tab, pen.ink, mask[: tab.shape[0], : tab.shape[1]])
        alpha[top:, max(0, left - 1) : left + (1 if width > 120 else 0)] = 0
        if pen.rng.random() < 0.35:
            alpha[top + int(pen.rng.integers(0, max(2, height // 20))) :, left:right] = 0
    return alpha


def _notice_top(pen: Pen) -> None:
    pen.write(pen.words.title, (0.1, 0.06, 0.9, 0.26))
    pen.lines((0.08, 0.3, 0.92, 0.72), pen.words.lines)


def _poster(pen: Pen) -> None:
    rng = pen.rng
    pen.sheet[:] = photo(rng, pen.sheet.shape[:2])
    light: Color = ((245, 245, 245), (80, 230, 250), (30, 30, 30), (60, 60, 230))[rng.integers(4)]
    top = _between(rng, 0.03, 0.6)
    if rng.random() < 0.5:
        pen.band((0, top, 1, min(1, top + 0.26)), tuple(int(v) for v in rng.integers(0, 255, 3)))  # type: ignore[arg-type]
    pen.write(pen.words.title, (0.05, top + 0.02, 0.95, min(0.98, top + 0.24)), ink=light, stretch=rng.random() < 0.6)
    pen.ink = light
    if rng.random() < 0.7:
        pen.band((0, 0.84, 1, 1), ((245, 245, 245), (20, 20, 20))[int(sum(light) > 400)])
    pen.lines((0.08, 0.85, 0.92, 0.99), pen.words.lines[:2])


def _stamp(pen: Pen) -> np.ndarray:
    # Sprayed or stamped straight onto the wall: only the ink is there.
    pen.sheet[:] = 255
    ink: Color = ((20, 20, 20), (40, 40, 190), (150, 60, 30))[pen.rng.integers(3)]
    if pen.rng.random() < 0.6:
        pen.write(pen.words.title, (0.02, 0.02, 0.98, 0.46), ink=(0, 0, 0), stretch=True)
        pen.write(pen.words.phone, (0.02, 0.54, 0.98, 0.98), ink=(0, 0, 0), stretch=True)
    else:
        text = f"{pen.words.title} {phone(pen.rng, pen.words.script)}"
        pen.write(text, (0.02, 0.02, 0.98, 0.98), ink=(0, 0, 0), stretch=True)
    alpha = cv2.GaussianBlur(255 - pen.sheet[..., 0], (0, 0), pen.rng.uniform(0.4, 1.4))
    pen.sheet[:] = ink
    return (alpha * pen.rng.uniform(0.75, 0.97)).astype(np.uint8)


def _blank(pen: Pen) -> None:
    # Rain has washed the letters off, or the back of the paper shows.
    if pen.rng.random() < 0.6:
        pale = tuple(int(v * 0.85) for v in pen.sheet[0, 0])
        pen.ink = pale  # type: ignore[assignment]
        pen.lines((0.12, 0.1, 0.88, 0.9), (pen.words.title, *pen.words.lines))


def _rounded(height: int, width: int) -> np.ndarray:
    alpha, edge = np.zeros((height, width), np.uint8), max(1, min(height, width) // 6)
    cv2.rectangle(alpha, (edge, 0), (width - edge, height), 255, -1)
    cv2.rectangle(alpha, (0, edge), (width, height - edge), 255, -1)
    for x in (edge, width - edge - 1):
        for y in (edge, height - edge - 1):
            cv2.circle(alpha, (x, y), edge, 255, -1)
    return alpha


KINDS: dict[str, Callable[[Pen], np.ndarray | None]] = {
    "notice": _notice, "handbill": _handbill, "sticker": _sticker, "number": _number, "rental": _rental,
    "tearoff": _tearoff, "poster": _poster, "stamp": _stamp, "blank": _blank,
}  # fmt: skip
# Width over height, from and to.
SHAPES: dict[str, tuple[float, float]] = {
    "notice": (0.62, 0.85), "handbill": (0.6, 1.7), "sticker": (1.2, 2.6), "number": (2.2, 4.5),
    "rental": (1.6, 3.4), "tearoff": (0.65, 0.95), "poster": (0.62, 0.8), "stamp": (1.6, 4.5), "blank": (0.6, 1.6),
}  # fmt: skip
ODDS: dict[str, float] = {
    "notice": 22, "handbill": 17, "sticker": 15, "number": 7, "rental": 9, "tearoff": 6, "poster": 14, "stamp": 4,
    "blank": 8,
}  # fmt: skip

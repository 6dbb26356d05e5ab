"""Things that hang on walls by right: drawn as papers are, pasted as papers are, and never boxed."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from detector.training.posters.fonts import Fonts
from detector.training.posters.paper import Color, Paper, Pen, blend
from detector.training.posters.texts import Words

_STREETS = {
    "cjk": ("人民路", "中山北路", "和平街", "建设大道", "光明巷"),
    "greek": ("ΟΔΟΣ ΕΛΙΑΣ", "ΟΔΟΣ ΜΥΛΟΥ", "ΟΔΟΣ ΠΗΓΗΣ"),
    "latin": ("MILL STREET", "STATION ROAD", "RUE DU PONT"),
    "cyrillic": ("УЛИЦА МИРА", "САДОВАЯ УЛ."),
}
_NAMES = {
    "cjk": ("王医生诊所", "建国律师事务所", "光明会计", "平安物业管理处", "消防控制室", "配电房"),
    "greek": ("ΙΑΤΡΟΣ", "ΔΙΚΗΓΟΡΟΣ", "ΘΕΑΤΡΟ", "ΣΥΜΒΟΛΑΙΟΓΡΑΦΟΣ", "ΟΔΟΝΤΙΑΤΡΟΣ"),
    "latin": ("DENTIST", "Dr. A. MILLER", "NOTARY", "THEATRE", "LAW OFFICE", "BOOKS & MAPS"),
    "cyrillic": ("НОТАРИУС", "ВРАЧ", "БИБЛИОТЕКА"),
}
_BINS = {"cjk": ("可回收物", "其他垃圾", "厨余垃圾"), "latin": ("PAPER", "GLASS", "WASTE"), "greek": ("ΧΑΡΤΙ",)}
_WHITE: Color = (245, 245, 245)
_BLACK: Color = (25, 25, 25)
_RED: Color = (40, 30, 200)
_BLUE: Color = (170, 80, 20)
_GREEN: Color = (80, 120, 20)
_YELLOW: Color = (60, 205, 242)
_BRASS: Color = (95, 160, 190)
_STEEL: Color = (190, 190, 185)
_NAME_PLATES = (
    (_WHITE, _BLACK),
    (_WHITE, _BLUE),
    (_BLUE, _WHITE),
    (_BLACK, _WHITE),
    (_BRASS, _BLACK),
    (_STEEL, _BLACK),
)
"""Sheet and ink."""

Drawing = tuple[np.ndarray, np.ndarray]


def draw_legal(rng: np.random.Generator, fonts: Fonts, kind: str, side_px: int) -> Paper:
    """Draw a legal thing of ``kind`` (a key of ``LEGAL``) whose long side is ``side_px``."""
    bgr, alpha = LEGAL[kind](rng, fonts, side_px)
    return Paper(kind, bgr, alpha)


def _traffic_sign(rng: np.random.Generator, fonts: Fonts, side: int) -> Drawing:
    if rng.random() < 0.25:
        return _warning(rng, side)
    bgr, alpha, middle, radius = _sheet(side, side, _RED), np.zeros((side, side), np.uint8), side // 2, side // 2 - 1
    cv2.circle(alpha, (middle, middle), radius, 255, -1, cv2.LINE_AA)
    match int(rng.integers(3)):
        case 0:  # no parking
            cv2.circle(bgr, (middle, middle), int(radius * 0.8), _BLUE, -1, cv2.LINE_AA)
            near, far = int(side * 0.22), int(side * 0.78)
            cv2.line(bgr, (near, near), (far, far), _RED, max(1, side // 11), cv2.LINE_AA)
        case 1:  # speed limit
            cv2.circle(bgr, (middle, middle), int(radius * 0.78), _WHITE, -1, cv2.LINE_AA)
            _pen(rng, fonts, bgr).write(str(rng.integers(2, 9) * 10), (0.28, 0.3, 0.72, 0.7), ink=_BLACK)
        case _:  # no entry
            cv2.rectangle(bgr, (int(side * 0.2), int(side * 0.42)), (int(side * 0.8), int(side * 0.58)), _WHITE, -1)
    return bgr, alpha


def _warning(rng: np.random.Generator, side: int) -> Drawing:
    bgr, alpha = _sheet(side, side, _RED if rng.random() < 0.6 else _BLACK), np.zeros((side, side), np.uint8)
    corners = np.array([[side // 2, 1], [1, side - 2], [side - 2, side - 2]], np.int32)
    cv2.fillPoly(alpha, [corners], (255,), cv2.LINE_AA)
    weight = np.array([side / 2, side * 0.62])
    inner = ((corners - weight) * 0.72 + weight).astype(np.int32)
    cv2.fillPoly(bgr, [inner], _WHITE if rng.random() < 0.5 else _YELLOW, cv2.LINE_AA)
    cv2.line(bgr, (side // 2, int(side * 0.45)), (side // 2, int(side * 0.72)), _BLACK, max(1, side // 12))
    return bgr, alpha


def _house_number(rng: np.random.Generator, fonts: Fonts, side: int) -> Drawing:
    bgr, alpha = _plate(side, int(side * rng.uniform(0.6, 1)), (_BLUE, _GREEN, _RED)[rng.integers(3)])
    _pen(rng, fonts, bgr).write(str(rng.integers(1, 200)), (0.15, 0.18, 0.85, 0.82), ink=_WHITE)
    return bgr, alpha


def _street_plate(rng: np.random.Generator, fonts: Fonts, side: int) -> Drawing:
    bgr, alpha = _plate(side, int(side * rng.uniform(0.25, 0.4)), (_BLUE, _GREEN)[rng.integers(2)])
    script, name = _worded(rng, fonts, _STREETS)
    _pen(rng, fonts, bgr, script).write(name, (0.07, 0.18, 0.93, 0.82), ink=_WHITE)
    return bgr, alpha


def _name_plate(rng: np.random.Generator, fonts: Fonts, side: int) -> Drawing:
    # A doctor's, a shop's, an office's: the legal thing most like a notice. What tells it apart is that it is a
    # board: straight, of metal or enamel, with screws in its corners and often a rim.
    color, ink = _NAME_PLATES[rng.integers(len(_NAME_PLATES))]
    width, height = side, int(side * rng.uniform(0.5, 1))
    if rng.random() < 0.4:
        width, height = height, width
    bgr, inset = _sheet(width, height, color), max(2, min(height, width) // 12)
    if rng.random() < 0.5:
        rim = max(1, inset // 3)
        cv2.rectangle(bgr, (rim, rim), (width - 1 - rim, height - 1 - rim), ink, rim)
    script, name = _worded(rng, fonts, _NAMES)
    lines = [name, *rng.choice(_NAMES[script], int(rng.integers(0, 3)))]
    for line, text in enumerate(lines):
        top, bottom = (0.14 + 0.72 * at / len(lines) for at in (line, line + 0.8))
        _pen(rng, fonts, bgr, script).write(str(text), (0.16, top, 0.84, bottom), ink=ink)
    _screws(bgr, inset)
    _shine(rng, bgr)
    return bgr, _full(bgr)


def _screws(bgr: np.ndarray, inset: int) -> None:
    height, width = bgr.shape[:2]
    for x in (inset, width - 1 - inset):
        for y in (inset, height - 1 - inset):
            cv2.circle(bgr, (x, y), max(1, inset // 3), (90, 90, 90), -1, cv2.LINE_AA)


def _shine(rng: np.random.Generator, bgr: np.ndarray) -> None:
    """Lighten a sheet towards one side, as metal and enamel do and paper does not."""
    slope = np.linspace(0, float(rng.uniform(0.1, 0.4)), bgr.shape[1])[None, :, None]
    if rng.random() < 0.5:
        slope = slope[:, ::-1]
    bgr[:] = (bgr + (255 - bgr) * slope).astype(np.uint8)


def _number_plate(rng: np.random.Generator, fonts: Fonts, side: int) -> Drawing:
    color = (_BLUE, _WHITE, _YELLOW)[rng.integers(3)]
    bgr, alpha = _plate(side, int(side * 0.24), color)
    text = f"{''.join(rng.choice(list('ABEKMHT'), 2))} {rng.integers(10000, 99999)}"
    _pen(rng, fonts, bgr).write(text, (0.06, 0.15, 0.94, 0.85), ink=_WHITE if color == _BLUE else _BLACK)
    return bgr, alpha


def _bin_label(rng: np.random.Generator, fonts: Fonts, side: int) -> Drawing:
    # Printed onto the plastic: a ring of three arrows and a word, nothing behind them.
    ink, turn = _sheet(side, side, (0, 0, 0)), int(rng.integers(360))
    middle, radius, thick = (side // 2, int(side * 0.36)), (int(side * 0.3), int(side * 0.3)), max(1, side // 11)
    for start in (12, 132, 252):
        cv2.ellipse(ink, middle, radius, turn, start, start + 88, _WHITE, thick, cv2.LINE_AA)
    script, word = _worded(rng, fonts, _BINS)
    _pen(rng, fonts, ink, script).write(word, (0.05, 0.76, 0.95, 0.98), ink=_WHITE)
    color = _WHITE if rng.random() < 0.8 else _YELLOW
    return _sheet(side, side, color), (ink[..., 0] * 0.92).astype(np.uint8)


def _vent(rng: np.random.Generator, _fonts: Fonts, side: int) -> Drawing:
    height = int(side * rng.uniform(0.5, 1))
    bgr = _sheet(side, height, (int(rng.integers(150, 240)),) * 3)
    step = max(3, height // int(rng.integers(5, 10)))
    for y in range(step, height - 2, step):
        cv2.line(bgr, (side // 12, y), (side - side // 12, y), (60, 60, 60), max(1, step // 3))
    return bgr, _full(bgr)


def _intercom(rng: np.random.Generator, _fonts: Fonts, side: int) -> Drawing:
    width = int(side * rng.uniform(0.35, 0.7))
    bgr = _sheet(width, side, (int(rng.integers(110, 190)),) * 3)
    cv2.rectangle(bgr, (0, 0), (width - 1, side - 1), (80, 80, 80), max(1, side // 40))
    for y in range(int(side * 0.35), int(side * 0.92), max(4, side // 9)):
        for x in (0.3, 0.7):
            cv2.circle(bgr, (int(x * width), y), max(1, side // 36), (40, 40, 40), -1, cv2.LINE_AA)
    return bgr, _full(bgr)


def _plate(width: int, height: int, color: Color) -> Drawing:
    bgr = _sheet(width, max(height, 8), color)
    edge, rim = max(1, bgr.shape[0] // 18), _BLACK if sum(color) > 500 else _WHITE
    cv2.rectangle(bgr, (edge, edge), (width - 1 - edge, bgr.shape[0] - 1 - edge), rim, edge)
    return bgr, _full(bgr)


def _sheet(width: int, height: int, color: Color) -> np.ndarray:
    sheet = np.zeros((height, width, 3), np.uint8)
    blend(sheet, color, np.full((height, width), 255, np.uint8))
    return sheet


def _full(bgr: np.ndarray) -> np.ndarray:
    return np.full(bgr.shape[:2], 255, np.uint8)


def _pen(rng: np.random.Generator, fonts: Fonts, sheet: np.ndarray, script: str = "latin") -> Pen:
    return Pen(rng, fonts, Words(script, "", (), ""), sheet)


def _worded(rng: np.random.Generator, fonts: Fonts, options: dict[str, tuple[str, ...]]) -> tuple[str, str]:
    script = str(rng.choice([each for each in options if each in fonts.paths]))
    return script, options[script][rng.integers(len(options[script]))]


LEGAL: dict[str, Callable[[np.random.Generator, Fonts, int], Drawing]] = {
    "traffic sign": _traffic_sign,
    "house number": _house_number,
    "street plate": _street_plate,
    "name plate": _name_plate,
    "number plate": _number_plate,
    "vent": _vent,
    "intercom": _intercom,
    "bin label": _bin_label,
}
ON_WALLS = {
    "name plate": 0.28,
    "traffic sign": 0.16,
    "house number": 0.15,
    "street plate": 0.19,
    "number plate": 0.03,
    "vent": 0.1,
    "intercom": 0.09,
}
"""What hangs on walls, and how often each."""

"""Values out of cells, as people and spreadsheets write them."""

from __future__ import annotations

import re
import unicodedata

_BLANK = re.compile(r"[\s\u200b-\u200f\ufeff\x00-\x1f]+")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d{2}")
_YES, _NO = {"true", "yes", "y", "1", "是", "启用", "在用"}, {"false", "no", "n", "0", "否", "停用", "禁用"}
_DATUMS = {
    "wgs84": "wgs84", "wgs-84": "wgs84", "gps": "wgs84", "84": "wgs84", "gcj02": "gcj02", "gcj-02": "gcj02",
    "火星坐标": "gcj02", "高德": "gcj02", "腾讯": "gcj02", "bd09": "bd09", "bd-09": "bd09", "百度": "bd09",
    "cgcs2000": "cgcs2000", "国家2000": "cgcs2000", "2000国家大地坐标系": "cgcs2000",
}  # fmt: skip
_DIRECTIONS = {"北": 0, "东北": 45, "东": 90, "东南": 135, "南": 180, "西南": 225, "西": 270, "西北": 315} | {
    "n": 0, "ne": 45, "e": 90, "se": 135, "s": 180, "sw": 225, "w": 270, "nw": 315,
}  # fmt: skip
_ROUNDED = 1_000_000_000_000_000
"""A spreadsheet keeps 15 digits of a number: from here on others are noughts."""


def clean(cell: object) -> str:
    """Return a cell as text: full-width letters and digits made plain, blanks made one, none around it.

    >>> clean("　１０６．５７ ")
    '106.57'
    >>> clean(1001.0)
    '1001'
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return _BLANK.sub(" ", unicodedata.normalize("NFKC", str(cell))).strip()


def is_rounded(cell: object) -> bool:
    """Whether a cell holds a long number that a spreadsheet has kept the first 15 digits of only."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return abs(cell) >= _ROUNDED
    return isinstance(cell, str) and bool(_SCIENTIFIC.fullmatch(clean(cell)))


def number(text: str) -> float:
    """Return a number; a comma may be its decimal sign, or part its thousands where there is a point too.

    >>> number("106,573"), number("3,272,193.26"), number("106.57°")
    (106.573, 3272193.26, 106.57)

    Raises
    ------
    ValueError
        It is no number.
    """
    bare = text.rstrip("°,;、 ").replace(" ", "")
    if "." in bare or bare.count(",") > 1:
        bare = bare.replace(",", "")
    try:
        found = float(bare.replace(",", "."))
    except ValueError:
        raise ValueError(f"{text!r} is not a number; write digits with a decimal point") from None
    return found


def truth(text: str) -> bool:
    """Return a yes or no.

    Raises
    ------
    ValueError
        It is neither.
    """
    if text.lower() not in _YES | _NO:
        raise ValueError(f"{text!r} is neither yes nor no; write 是 or 否, true or false")
    return text.lower() in _YES


def datum(text: str) -> str:
    """Return the datum that a column states, by its own name or the one that people use; others as they are."""
    plain = text.lower().replace(" ", "").replace("_", "").removesuffix("坐标系").removesuffix("地图")
    return _DATUMS.get(plain, text.lower())


def direction_deg(text: str) -> float:
    """Return degrees clockwise from north, of a number or a word such as 东北 or NE.

    Raises
    ------
    ValueError
        It is no direction.
    """
    word = text.lower().removeprefix("朝").removeprefix("向").removesuffix("向").removesuffix("方")
    if word in _DIRECTIONS:
        return float(_DIRECTIONS[word])
    try:
        return number(text) % 360
    except ValueError:
        raise ValueError(f"{text!r} is no direction; write degrees from north, or 东, 东北, N, NE") from None

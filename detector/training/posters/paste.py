"""Papers laid onto a picture in the wall's perspective, light, blur and noise; and what stays visible of each."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from detector.training.posters.light import lighting
from detector.training.posters.paper import Paper

_VISIBLE, _INK_VISIBLE = 0.5, 0.2
_LEAST_LEFT = 0.45  # share of an earlier thing that a later one must leave to be seen
_LEAST_CHANGE = 11  # grey levels: what changes the picture by less, nobody could have boxed
_LEAST_SIDE_PX = 6
_MOST_THINGS = 250

PixelBox = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Plane:
    """A piece of wall.

    Parameters
    ----------
    center
        Its middle in the picture (px).
    right, down
        Picture px for one plane px along and down the wall.
    depth
        Change of scale for one plane px to the right; 0 when looked at squarely.
    """

    center: tuple[float, float]
    right: tuple[float, float]
    down: tuple[float, float]
    depth: float = 0.0

    def matrix(self) -> np.ndarray:
        """Return the (3, 3) homography from plane to picture."""
        (x, y), (a, c), (b, d), p = self.center, self.right, self.down, self.depth
        return np.array([[a + x * p, b, x], [c + y * p, d, y], [p, 0, 1]])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a paper hangs on a plane: its middle ``u``, ``v`` and ``width`` (plane px), its ``turn`` (radians)."""

    u: float
    v: float
    width: float
    turn: float = 0.0

    def matrix(self, paper: Paper) -> np.ndarray:
        """Return the (3, 3) map from the paper's px to the plane."""
        height, width = paper.alpha.shape
        scale = self.width / width
        cos, sin = np.cos(self.turn) * scale, np.sin(self.turn) * scale
        u, v = self.u - (cos * width - sin * height) / 2, self.v - (sin * width + cos * height) / 2
        return np.array([[cos, -sin, u], [sin, cos, v], [0, 0, 1]])


def outline(paper: Paper, plane: Plane, place: Place) -> np.ndarray:
    """Return the (4, 2) px of a paper's corners in the picture."""
    height, width = paper.alpha.shape
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    return np.asarray(cv2.perspectiveTransform(corners, plane.matrix() @ place.matrix(paper))[0])


class Scene:
    """A picture that things are laid onto.

    Parameters
    ----------
    bgr
        (H, W, 3) uint8; changed in place.
    """

    def __init__(self, bgr: np.ndarray) -> None:
        self.bgr = bgr
        self._light = lighting(bgr)
        self._marks = np.zeros(bgr.shape[:2], np.uint8)  # the number of the thing seen at each pixel
        self._whole = np.zeros(_MOST_THINGS + 1, int)
        self._count = 0

    def lay(self, rng: np.random.Generator, paper: Paper, plane: Plane, place: Place) -> int | None:
        """Lay a paper.

        Returns
        -------
        Its number, or nothing (and nothing laid) when it would reach out of the picture, hide an earlier thing, or be
        too small or too much like the wall to be seen.
        """
        area = self._area(outline(paper, plane, place))
        if area is None or self._count == _MOST_THINGS:
            return None
        colour, alpha = self._warped(paper, plane.matrix() @ place.matrix(paper), area)
        seen = alpha > (_INK_VISIBLE if paper.kind == "stamp" else _VISIBLE)
        if min(_extent(seen)) < _LEAST_SIDE_PX or self._hides(area, seen):
            return None
        blended, window = self._blended(rng, paper, area, (colour, alpha)), _window(area)
        if np.abs(blended[seen].astype(int) - self.bgr[window][seen]).mean() < _LEAST_CHANGE:
            return None
        self.bgr[window] = blended
        return self._mark(window, seen)

    def box(self, number: int) -> PixelBox:
        """Return the tight box (x1, y1, x2, y2; ends exclusive) around what can be seen of a thing."""
        rows, columns = np.nonzero(self._marks == number)
        return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1

    def _area(self, corners: np.ndarray) -> PixelBox | None:
        # With a margin for shadow and blur.
        x1, y1 = (int(v) - 3 for v in np.floor(corners.min(axis=0)))
        x2, y2 = (int(v) + 4 for v in np.ceil(corners.max(axis=0)))
        inside = x1 >= 0 and y1 >= 0 and x2 <= self.bgr.shape[1] and y2 <= self.bgr.shape[0]
        return (x1, y1, x2, y2) if inside and min(x2 - x1, y2 - y1) > 11 else None

    def _warped(self, paper: Paper, warp: np.ndarray, area: PixelBox) -> tuple[np.ndarray, np.ndarray]:
        paper, warp = _shrunk(paper, warp, area)
        warp = np.array([[1, 0, -area[0]], [0, 1, -area[1]], [0, 0, 1]], float) @ warp
        size = (area[2] - area[0], area[3] - area[1])
        colour = cv2.warpPerspective(paper.bgr, warp, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        alpha = cv2.warpPerspective(paper.alpha, warp, size).astype(np.float32) / 255
        if paper.kind == "real":  # a photograph has its blur already
            return colour, np.asarray(cv2.GaussianBlur(alpha, (0, 0), 0.6))
        soft = (0, 0), self._light.soft_px
        return np.asarray(cv2.GaussianBlur(colour, *soft)), np.asarray(cv2.GaussianBlur(alpha, *soft))

    def _hides(self, area: PixelBox, seen: np.ndarray) -> bool:
        covered = np.bincount(self._marks[_window(area)][seen], minlength=_MOST_THINGS + 1)
        left = np.bincount(self._marks.ravel(), minlength=_MOST_THINGS + 1) - covered
        return bool(((left < _LEAST_LEFT * self._whole) & (covered > 0))[1:].any())

    def _blended(self, rng: np.random.Generator, paper: Paper, area: PixelBox,
                 layers: tuple[np.ndarray, np.ndarray]) -> np.ndarray:  # fmt: skip
        (colour, alpha), light = layers, self._light
        base = self.bgr[_window(area)].astype(np.float32)
        white = light.white[_window(area)][..., None] * light.tint * rng.uniform(0.84, 1.08)
        lit = colour / 255 * white * (1 - light.black / 255) + light.black * 0.8
        if paper.kind != "real":
            lit += _grain(rng, alpha.shape, light.noise)
        if paper.kind != "stamp":
            base *= 1 - _shadow(rng, alpha)[..., None]
        mixed = base * (1 - alpha[..., None]) + lit * alpha[..., None]
        return _compressed(rng, np.clip(mixed, 0, 255).astype(np.uint8), alpha)

    def _mark(self, window: tuple[slice, slice], seen: np.ndarray) -> int:
        self._count += 1
        self._marks[window][seen] = self._count
        self._whole[self._count] = seen.sum()
        return self._count


def _extent(seen: np.ndarray) -> tuple[int, int]:
    rows, columns = np.nonzero(seen)
    return (int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1) if rows.size else (0, 0)


def _window(area: PixelBox) -> tuple[slice, slice]:
    return slice(area[1], area[3]), slice(area[0], area[2])


def _shrunk(paper: Paper, warp: np.ndarray, area: PixelBox) -> tuple[Paper, np.ndarray]:
    # A paper drawn larger than it will be seen is first averaged down: warping alone would skip its pixels.
    height, width = paper.alpha.shape
    ratio = max((area[2] - area[0] - 7) / width, (area[3] - area[1] - 7) / height) * 1.15
    if ratio >= 0.9:
        return paper, warp
    size = (max(4, round(width * ratio)), max(4, round(height * ratio)))
    bgr, alpha = (
        np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA)) for each in (paper.bgr, paper.alpha)
    )
    return Paper(paper.kind, bgr, alpha), warp @ np.diag([width / size[0], height / size[1], 1])


def _shadow(rng: np.random.Generator, alpha: np.ndarray) -> np.ndarray:
    # An edge that has come loose throws a thin shadow; others lie flat.
    if rng.random() < 0.4:
        return np.zeros_like(alpha)
    move = np.array([[1, 0, rng.uniform(-1.8, 1.8)], [0, 1, rng.uniform(0.2, 2)]])
    moved = cv2.warpAffine(alpha, move, alpha.shape[::-1])
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.6, 1.5)) * rng.uniform(0.1, 0.45))


def _grain(rng: np.random.Generator, shape: tuple[int, ...], spread: float) -> np.ndarray:
    fine = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), 0.6)
    return np.asarray(fine * spread * 2.2)[..., None]


def _compressed(rng: np.random.Generator, bgr: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    # The background has been through JPEG before; a paper that has not would stand out by its clean edges.
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(62, 93))])
    again = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    touched = np.asarray(cv2.dilate(alpha, np.ones((5, 5), np.uint8))) > 0.02
    return np.where(touched[..., None], again, bgr)

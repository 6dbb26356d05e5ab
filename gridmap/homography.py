"""A homography from picture to ground, and the point pairs that can carry one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import CalibrationError

Matrix = NDArray[np.float64]
Points = NDArray[np.float64]

MAX_CONDITION = 300.0
"""Largest over eighth singular value of the normalised equations. About 3 for points spread over the picture; for the
corners of a 4 m street, 50 seen 90 m along and 140 seen 230 m along (where clicks 0.3 % off move the ground 10 m)."""
_LINE = 0.01
"""Points whose spread across a line is under this share of the spread along it lie on one line."""
_SAME_PICTURE = 0.002
_SAME_GROUND_M = 0.05


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the point pairs agree with the homography, in metres on the ground.

    Parameters
    ----------
    points
        How many pairs.
    rms_m, max_m
        Distance of each pair's ground point from where the homography puts its picture point. With exactly 4 pairs
        both are 0 whatever the pairs are worth: a homography has as many unknowns as 4 pairs have numbers.
    left_out_rms_m, left_out_max_m
        The same with each pair judged by a homography made without it: the honest figure. None with 4 pairs.
    """

    points: int
    rms_m: float
    max_m: float
    left_out_rms_m: float | None = None
    left_out_max_m: float | None = None


def homography(picture: Points, ground: Points) -> Matrix:
    """Return the 3×3 matrix from picture to ground, scaled so that what the points show is in front (w > 0).

    Normalised direct linear transform (Hartley 1997, "In defense of the eight-point algorithm"), least squares over
    all pairs.

    Parameters
    ----------
    picture
        ``(N, 2)`` normalised 0..1, origin top left, N ≥ 4.
    ground
        ``(N, 2)`` metres east and north of some origin.

    Raises
    ------
    CalibrationError
        Too few pairs, doubled points, points on one line, an unsteady set, a mirrored view, or a horizon that runs
        between the points.
    """
    _refuse_weak(picture, ground)
    matrix, condition = _solve(picture, ground)
    if condition > MAX_CONDITION:
        raise CalibrationError(
            f"the point pairs are too unsteady (condition {condition:.0f}, at most {MAX_CONDITION:.0f}); "
            "spread them further over the picture"
        )
    depth = _depth(matrix, picture)
    if depth.min() * depth.max() <= 0:
        raise CalibrationError("the point pairs put the horizon between their picture points; one pair is wrong")
    matrix = matrix if depth[0] > 0 else -matrix
    if np.linalg.det(matrix) >= 0:
        raise CalibrationError(
            "the point pairs make a mirror image of the ground; two points are exchanged, or lon and lat are"
        )
    return matrix


def project(matrix: Matrix, picture: Points) -> tuple[Points, NDArray[np.bool_]]:
    """Return ground metres ``(N, 2)`` of picture points, and whether each lies below the horizon (else NaN)."""
    homogeneous = np.column_stack([picture, np.ones(len(picture))]) @ matrix.T
    visible = np.asarray(homogeneous[:, 2] > 1e-9 * np.abs(matrix[2]).sum())
    depth = np.where(visible, homogeneous[:, 2], np.nan)
    return homogeneous[:, :2] / depth[:, None], visible


def stretch(matrix: Matrix, point: Points) -> float:
    """Return the most metres that one unit of picture (its width or height) spans at a visible picture point."""
    x, y, w = matrix @ (point[0], point[1], 1.0)
    jacobian = (matrix[:2, :2] - np.outer((x / w, y / w), matrix[2, :2])) / w
    return float(np.linalg.norm(jacobian, ord=2))


def judge(matrix: Matrix, picture: Points, ground: Points) -> Fit:
    """Return how well the pairs that made ``matrix`` agree with it."""
    errors = _errors(matrix, picture, ground)
    left_out = [_left_out_error(index, picture, ground) for index in range(len(picture))] if len(picture) > 4 else []
    usable = np.array([error for error in left_out if np.isfinite(error)])
    return Fit(
        points=len(picture),
        rms_m=_rms(errors),
        max_m=float(errors.max()),
        left_out_rms_m=_rms(usable) if usable.size else None,
        left_out_max_m=float(usable.max()) if usable.size else None,
    )


def _rms(errors: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def _errors(matrix: Matrix, picture: Points, ground: Points) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(project(matrix, picture)[0] - ground, axis=1))


def _left_out_error(index: int, picture: Points, ground: Points) -> float:
    kept = np.arange(len(picture)) != index
    try:
        matrix = homography(picture[kept], ground[kept])
    except CalibrationError:
        return float("nan")
    return float(_errors(matrix, picture[[index]], ground[[index]])[0])


def _refuse_weak(picture: Points, ground: Points) -> None:
    if len(picture) < 4:
        raise CalibrationError(f"a calibration needs at least 4 point pairs, this one has {len(picture)}")
    for points, apart, what in (
        (picture, _SAME_PICTURE, "in the picture"),
        (ground, _SAME_GROUND_M, "on the ground"),
    ):
        for first, second in combinations(range(len(points)), 2):
            if np.linalg.norm(points[first] - points[second]) < apart:
                raise CalibrationError(f"points {first + 1} and {second + 1} are the same place {what}")
        if _lined_up(points):
            raise CalibrationError(
                f"all points but one at most lie on one line {what}; add points beside the line, 4 corners are best"
            )


def _lined_up(points: Points) -> bool:
    """Return whether no 4 of the points are free of 3 on a line, which is so when all but one are on one line."""
    rest = [points, *(np.delete(points, index, axis=0) for index in range(len(points)))]
    return any(_on_line(some) for some in rest)


def _on_line(points: Points) -> bool:
    along, across = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(across < _LINE * along)


def _solve(picture: Points, ground: Points) -> tuple[Matrix, float]:
    from_picture, from_ground = _normaliser(picture), _normaliser(ground)
    (x, y), (u, v) = project(from_picture, picture)[0].T, project(from_ground, ground)[0].T
    one, zero = np.ones_like(x), np.zeros_like(x)
    rows_u = np.column_stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u])
    rows_v = np.column_stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v])
    _, singular, solutions = np.linalg.svd(np.vstack([rows_u, rows_v]), full_matrices=True)
    matrix = np.linalg.inv(from_ground) @ solutions[-1].reshape(3, 3) @ from_picture
    return matrix, float(singular[0] / max(singular[7], 1e-300))


def _normaliser(points: Points) -> Matrix:
    """Return the matrix that moves points around the origin at a mean distance of √2."""
    centre = points.mean(axis=0)
    scale = np.sqrt(2) / np.linalg.norm(points - centre, axis=1).mean()
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])


def _depth(matrix: Matrix, picture: Points) -> NDArray[np.float64]:
    return np.asarray(np.column_stack([picture, np.ones(len(picture))]) @ matrix[2])

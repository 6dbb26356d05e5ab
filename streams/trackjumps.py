"""Finds the recorded positions that cannot be true, because nothing drives that fast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BACK = 60
"""So many positions back a believed predecessor is looked for; a minute of a usual recording."""
_PRICE = 10
"""A jump is only believed (a receiver that found itself again) if not believing it would cost more positions."""


def without_jumps(
    times: NDArray[np.float64], metres: NDArray[np.float64], max_mps: float
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return which positions to believe, and which steps between them are jumps all the same.

    Believed is the chain with the most positions, where each impossible step costs ten. So an isolated outlier is
    left out with both its impossible steps, and where the track moves elsewhere for good both its parts stay.

    Parameters
    ----------
    times, metres, max_mps
        ``(N,)`` ascending seconds, ``(N, 2)`` metres, and the highest possible speed.

    Returns
    -------
    ``(K,)`` ascending indices, and ``(K - 1,)`` booleans, True where the step cannot have been driven.
    """
    steps = np.hypot(*np.diff(metres, axis=0).T) > max_mps * np.diff(times)
    if not steps.any():
        return np.arange(len(times)), steps
    kept = _longest_chain(times, metres, max_mps)
    broken = np.hypot(*np.diff(metres[kept], axis=0).T) > max_mps * np.diff(times[kept])
    return kept, broken


def _longest_chain(times: NDArray[np.float64], metres: NDArray[np.float64], max_mps: float) -> NDArray[np.intp]:
    worth, came_from = np.ones(len(times)), np.full(len(times), -1)
    for index in range(1, len(times)):
        first = max(0, index - _BACK)
        far = np.hypot(*(metres[first:index] - metres[index]).T)
        gain = worth[first:index] - _PRICE * (far > max_mps * (times[index] - times[first:index]))
        # Of equals the latest, which leaves no gap.
        best = index - 1 - int(np.argmax(gain[::-1]))
        if gain[best - first] > 0:
            worth[index], came_from[index] = 1 + gain[best - first], best
    chain = [int(np.argmax(worth))]
    while came_from[chain[-1]] >= 0:
        chain.append(int(came_from[chain[-1]]))
    return np.array(chain[::-1], dtype=np.intp)

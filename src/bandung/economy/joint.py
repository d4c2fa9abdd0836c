"""The top of one smooth sum in a box: diagonal quasi-Newton steps in a trust region.

A tariff's curvature is nearly all its own: what a first cut of it gains, the next gains less of,
much the same whatever other tariffs do. So the curvature h of each lever is read off the change of
its own slope g, and the step has a closed form:

    maximise  Σ g Δ + ½ Σ h Δ²   subject to  lower ≤ y + Δ ≤ upper,  |Δ| ≤ radius

How far the top can still be is measured by the gap of Frank & Wolfe (1956), Naval Research
Logistics Quarterly 3: max over the box of g·(z − y). It is 0 exactly where no direction within the
box rises, and bounds what is missed if the sum is concave. Reference: Nocedal & Wright (2006),
Numerical Optimization, chapters 4 and 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from bandung.economy.baseline import Floats

TOLERANCE = 1e-7
"""Of the gap, relative to the sum, or absolute where that is below 1."""
MAX_EVALUATIONS = 100
FIRST_RADIUS = 0.5
LEAST_RADIUS = 1e-6
TOOK, GOOD, POOR = 0.05, 0.7, 0.25
"""Share of the foretold rise at which a step is taken, and the radius grows or shrinks."""
STEADY = 3.0
"""By what factor a curvature once known may change from one step to the next: where a lever hardly
moved, the change of its slope is due to the others."""
LEAST_MOVE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Top:
    """Where a climb ended.

    Attributes
    ----------
    position : array, n
    value : float
        The sum there.
    gap : float
        Frank and Wolfe's: the sum cannot rise by more within the box, if it is concave.
    evaluations : int
        Of the sum and its slopes.
    """

    position: Floats
    value: float
    gap: float
    evaluations: int


def climb(
    slopes: Callable[[Floats], tuple[float, Floats]],
    start: Floats,
    lower: Floats,
    upper: Floats,
    *,
    tolerance: float = TOLERANCE,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Top:
    """Climb until the gap is within the tolerance, the radius is spent, or the patience.

    Parameters
    ----------
    slopes
        From a position, n, to the sum and its slope in each lever, n.
    start
        Within the bounds.
    lower, upper
        Of each lever, n, finite.

    Returns
    -------
    Top
        A local top; `gap` says how nearly.
    """
    position, radius, evaluations = start, FIRST_RADIUS, 1
    value, slope = slopes(position)
    curvature = np.zeros_like(start)
    while evaluations < max_evaluations and radius >= LEAST_RADIUS:
        if _gap(slope, position, lower, upper) <= tolerance * max(abs(value), 1.0):
            break
        reach = np.clip(_newton(slope, curvature), -radius, radius)
        there = np.clip(position + reach, lower, upper)
        move = there - position
        foretold = float(slope @ move + 0.5 * curvature @ move**2)
        onward, onward_slope = slopes(there)
        evaluations += 1
        risen = (onward - value) / foretold
        curvature = _learn(curvature, move, onward_slope - slope)
        if risen > GOOD:
            radius = min(2.0 * radius, float((upper - lower).max()))
        elif not risen >= POOR:
            radius = 0.5 * float(np.abs(move).max())
        if risen > TOOK:
            position, value, slope = there, onward, onward_slope
    return Top(position, value, _gap(slope, position, lower, upper), evaluations)


def _gap(slope: Floats, position: Floats, lower: Floats, upper: Floats) -> float:
    """Return max over the box of slope·(z − position)."""
    room = np.where(slope > 0, upper - position, lower - position)
    return float(slope @ room)


def _newton(slope: Floats, curvature: Floats) -> Floats:
    """Return how far each lever is from its own top; infinitely far where it only rises."""
    bent = curvature < 0
    steep = np.where(slope == 0, 0.0, np.copysign(np.inf, slope))
    return np.where(bent, -slope / np.where(bent, curvature, -1.0), steep)


def _learn(curvature: Floats, move: Floats, change: Floats) -> Floats:
    """Return the curvatures that a step shows, each not far from what it was known to be."""
    moved = np.abs(move) > LEAST_MOVE
    seen = np.where(moved, change / np.where(moved, move, 1.0), curvature)
    steady = np.clip(seen, STEADY * curvature, curvature / STEADY)
    return np.where(curvature < 0, steady, np.minimum(seen, 0.0))

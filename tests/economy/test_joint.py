"""The top of one sum in a box: known tops, corners, bounds, and how far off it says it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from bandung.economy.joint import climb

SEED = 1955
NEAR = 1e-6
"""The gap asked for is 1e-7; values may be as far off, positions by its root."""


def quadratic(seed, n, coupling):
    """A concave quadratic with its own curvatures of many sizes, and some coupling."""
    rng = np.random.default_rng(seed)
    curvature = np.exp(rng.normal(0, 2, n))
    mixed = rng.normal(0, 1, (n, n))
    matrix = np.diag(curvature) + coupling * mixed @ mixed.T * curvature.mean() / n**2
    centre = rng.uniform(-0.5, 1.5, n)

    def slopes(position):
        off = position - centre
        return float(-0.5 * off @ matrix @ off), -matrix @ off

    return slopes


@pytest.mark.parametrize("n", [1, 7, 60])
@pytest.mark.parametrize("coupling", [0.0, 0.3])
def test_the_top_is_that_of_another_method(n, coupling):
    """L-BFGS-B finds a higher point of a concave sum, from anywhere, or the gap is understated."""
    slopes = quadratic(SEED, n, coupling)
    lower, upper = np.full(n, 0.05), np.ones(n)
    other = optimize.minimize(
        lambda y: tuple(-part for part in slopes(y)),
        (lower + upper) / 2,
        jac=True,
        method="L-BFGS-B",
        bounds=optimize.Bounds(lower, upper),
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10_000, "maxfun": 100_000},
    )
    for start in (lower, upper, (lower + upper) / 2):
        top = climb(slopes, start, lower, upper)
        assert top.value >= -other.fun - NEAR * max(abs(other.fun), 1)
        assert top.gap <= NEAR * max(abs(top.value), 1)
        assert -other.fun - top.value <= top.gap + 1e-9
        assert ((top.position >= lower) & (top.position <= upper)).all()
        assert top.value == slopes(top.position)[0]


def test_a_linear_sum_ends_in_its_corner():
    """Levers that only rise, or only fall, stop short of their bound, or one that is flat moves."""
    slope = np.array([1.0, -2.0, 0.0])
    top = climb(lambda y: (float(slope @ y), slope), np.full(3, 0.5), np.zeros(3), np.ones(3))
    assert top.position.tolist() == [1.0, 0.0, 0.5]
    assert top.gap == 0


def test_a_convex_sum_ends_in_a_corner():
    """A sum that curves upwards sends the search outside the box or keeps it in the middle."""
    top = climb(lambda y: (float(y @ y), 2 * y), np.array([0.4, 0.6]), np.zeros(2), np.ones(2))
    assert top.position.tolist() == [1.0, 1.0]


def test_the_gap_is_told_where_patience_ends():
    """A search cut short says that it is done."""
    slopes = quadratic(SEED, 50, 0.3)
    top = climb(slopes, np.ones(50), np.zeros(50), np.ones(50), max_evaluations=2)
    best = climb(slopes, np.ones(50), np.zeros(50), np.ones(50))
    assert top.evaluations == 2
    assert top.gap >= best.value - top.value > 0

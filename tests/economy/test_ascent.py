"""Sequential linear programming, where the best compromise is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from bandung.economy.ascent import Search, geometric_mean, least_gain, weighted_sum

REACHED = 1e-4
"""Of a gain of order one: the ascent ends when its radius is spent, at 1e-4."""
GOLDEN = (5**0.5 - 1) / 2


def scaled(size: float = 1e-4) -> Search:
    """Two members: one gains y, the other 1 − y², times a size; y in [0, 1]."""

    def gains(y):
        return size * np.array([y[0], 1 - y[0] ** 2])

    def slopes(y):
        return gains(y), size * np.array([[1.0], [-2 * y[0]]])

    return Search(gains, slopes, np.zeros(1), np.ones(1))


@pytest.mark.parametrize("size", [1.0, 1e-4, 1e-6])
def test_the_smallest_gain_is_the_largest_it_can_be(size):
    """Y = 1 − y² at the golden section, whatever gains are measured in."""
    end = scaled(size).ascend(np.array([0.1]), least_gain(np.ones(2)), tolerance=1e-9 * size)
    assert end.gains / size == pytest.approx([GOLDEN, GOLDEN], abs=REACHED)
    assert (end.multiplier > 0).all()


def test_the_product_of_gains_is_the_largest_it_can_be():
    """y(1 − y²) is largest at y = 1/√3."""
    end = scaled(1.0).ascend(np.array([0.1]), geometric_mean(np.ones(2)), tolerance=1e-9)
    assert end.position == pytest.approx([1 / 3**0.5], abs=REACHED)


def test_the_sum_of_gains_is_the_largest_it_can_be():
    """2y + 1 − y² over weights (2, 1) is largest at y = 1, y + 4(1 − y²) at y = 1/8."""
    there = scaled(1.0).ascend(np.array([0.1]), weighted_sum(np.array([2.0, 1.0])))
    assert there.position == pytest.approx([1.0], abs=REACHED)
    here = scaled(1.0).ascend(np.array([0.9]), weighted_sum(np.array([1.0, 4.0])))
    assert here.position == pytest.approx([1 / 8], abs=REACHED)


def test_shares_of_a_common_level():
    """Gains end in the proportion asked: y = 2(1 − y²) for shares 2 and 1."""
    end = scaled(1.0).ascend(np.array([0.1]), least_gain(np.array([2.0, 1.0])), tolerance=1e-9)
    assert end.position == pytest.approx([(-1 + 17**0.5) / 4], abs=REACHED)


def test_whoever_must_keep_something_keeps_it():
    """Raising one member takes from another below what it was to keep."""
    goal = least_gain(np.array([1.0, 0.0]), np.array([0.0, 0.5]))
    end = scaled(1.0).ascend(np.array([0.1]), goal, tolerance=1e-9)
    assert end.gains == pytest.approx([0.5**0.5, 0.5], abs=REACHED)


def test_levers_stay_in_their_box():
    """A lever leaves its bounds, or a start at a bound cannot be left."""
    search = scaled(1.0)
    search.upper = np.array([0.4])
    end = search.ascend(np.array([0.4]), least_gain(np.ones(2)))
    assert end.position.tolist() == [0.4]
    search.lower = np.array([0.3])
    assert search.ascend(np.array([0.4]), weighted_sum(np.array([0.0, 1.0]))).position == [0.3]


def test_progress_never_falls():
    """A step that lowers the smallest gain is taken."""
    seen = []
    search = scaled(1.0)
    search.taken = lambda step: seen.append(float(step.gains.min()))
    search.ascend(np.array([0.05]), least_gain(np.ones(2)))
    assert len(seen) > 2
    assert seen == sorted(seen)


def test_a_step_that_overshoots_is_not_taken():
    """Where gains bend much within the first radius, the goal falls, or the radius stays."""
    seen = []

    def gains(y):
        return np.array([y[0] - 40 * y[0] ** 2])

    def slopes(y):
        return gains(y), np.array([[1 - 80 * y[0]]])

    search = Search(gains, slopes, np.zeros(1), np.ones(1), taken=seen.append)
    end = search.ascend(np.zeros(1), weighted_sum(np.ones(1)), tolerance=1e-9)
    assert end.position == pytest.approx([1 / 80], abs=1e-3)
    risen = [0.0, *(float(step.gains[0]) for step in seen)]
    assert risen == sorted(risen)
    assert all(step.gains[0] >= 0 for step in seen)


def test_a_balance_is_kept_by_every_step():
    """Levers that must sum to the same drift apart from it, or the best among them is not found."""
    seen = []

    def gains(y):
        return np.array([y[0] - 0.5 * y[0] ** 2, y[1] - y[1] ** 2])

    def slopes(y):
        return gains(y), np.diag([1 - y[0], 1 - 2 * y[1]])

    search = Search(
        gains,
        slopes,
        np.full(2, -1.0),
        np.full(2, np.inf),
        np.array([1.0, 2.0]),
        lambda step: seen.append(step.position @ [1.0, 2.0]),
    )
    end = search.ascend(
        np.array([-0.9, 0.6]), weighted_sum(np.ones(2), -np.ones(2)), tolerance=1e-10
    )
    assert seen == pytest.approx(np.full(len(seen), 0.3), abs=1e-12)
    assert end.position == pytest.approx([1.3 / 3, -0.2 / 3], abs=1e-3)


def test_what_is_foretold_at_the_end_is_nothing():
    """An ascent ends though the slopes promise more, or promises more than there is."""
    end = scaled(1.0).ascend(np.array([0.1]), least_gain(np.ones(2)), tolerance=1e-6)
    assert 0 <= end.foretold <= 1e-4
    early = scaled(1.0).ascend(np.array([0.1]), least_gain(np.ones(2)), max_steps=1)
    assert early.steps == 1
    assert early.foretold == pytest.approx(0.25)


def test_what_lies_below_its_least_is_raised_first():
    """A member that starts below what it is to have is left there for the sake of a sum."""
    goal = weighted_sum(np.array([1.0, 0.0]), np.array([0.0, 0.8]))
    end = scaled(1.0).ascend(np.array([0.9]), goal, tolerance=1e-9)
    assert end.gains[1] == pytest.approx(0.8, abs=REACHED)
    assert end.position == pytest.approx([0.2**0.5], abs=REACHED)

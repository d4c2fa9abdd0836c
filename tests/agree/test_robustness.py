"""Agreements that hold at other trade elasticities."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bandung.agree import bargain, draw_elasticities, solve
from bandung.agree.demands import Demands
from bandung.agree.robustness import Trials, _rounded_up, gains_in
from bandung.errors import InputError

MEMBERS = ("CIV", "EGY", "SEN")
SETS = {"one": [3.0, 5.0], "other": [20.0, 1.0]}
EVERY = np.array(list(product(*zip(*SETS.values(), strict=True))))
"""All four draws there can be."""
SAME = 1e-8


@pytest.fixture(scope="module")
def doubted(three):
    """The world with two published sets of elasticities that differ by much."""
    return three.replace(trade_elasticity="one", elasticity_sets=SETS)


@pytest.fixture(scope="module")
def plain(doubted):
    """The agreement at the world's own elasticities."""
    return bargain(doubted, MEMBERS)


@pytest.fixture(scope="module")
def robust(doubted):
    """The agreement that is to hold at every draw."""
    return bargain(doubted, MEMBERS, robust=1.0, draws=12)


def worst(found, elasticities=EVERY) -> np.ndarray:
    """The gain of whoever gains least at each of these elasticities, solved anew."""
    return np.array(
        [
            solve(found.talks.world, tariff_new=found.tariff_new, trade_elasticity=row)
            .welfare_change.to_numpy()[:3]
            .min()
            for row in elasticities
        ]
    )


def test_nobody_loses_at_any_draw(plain, robust):
    """Made robust, an agreement leaves somebody worse off at elasticities that may be true.

    Without, it does here: the test would otherwise show nothing.
    """
    assert worst(plain).min() < -1e-3
    assert worst(robust).min() >= 0
    assert (robust.gains > 0).all()
    assert robust.robust == 1.0


def test_sureness_costs_something(plain, robust):
    """Who asks for more gets more, or gives up much more than sureness needs."""
    assert robust.smallest_gain < plain.smallest_gain
    assert robust.smallest_gain > 0.5 * plain.smallest_gain
    assert robust.steps > plain.steps


def test_the_same_seed_gives_the_same(doubted, robust):
    """Draws depend on something else than the seed."""
    again = bargain(doubted, MEMBERS, robust=1.0, draws=12)
    assert (again.position == robust.position).all()
    assert (again.gains == robust.gains).all()


@pytest.mark.parametrize("principle", ["nash", "utilitarian"])
def test_other_principles_are_made_robust_too(doubted, principle):
    """Only the smallest gain is; the principle then takes what it likes."""
    found = bargain(doubted, MEMBERS, principle, robust=1.0, draws=12)
    assert worst(found).min() >= 0
    loose = bargain(doubted, MEMBERS, principle)
    income = loose.talks.before.income[:3]
    if principle == "utilitarian":
        assert worst(loose).min() < 0
        assert found.gains @ income < loose.gains @ income


def test_a_share_of_draws_may_be_spared(doubted, plain, robust):
    """A share of draws is not spared, or a larger one is."""
    found = bargain(doubted, MEMBERS, robust=0.5, draws=12)
    assert robust.smallest_gain - SAME <= found.smallest_gain <= plain.smallest_gain + SAME
    fresh = draw_elasticities(doubted, 200, seed=99)
    assert (worst(found, np.unique(fresh, axis=0)) >= 0).any()
    gained = dict(zip(map(tuple, EVERY), worst(found) >= 0, strict=True))
    assert np.mean([gained[tuple(row)] for row in fresh]) >= 0.45


def test_draws_are_those_of_the_seed(doubted, plain):
    """A trial draws another sample, sets aside the wrong draws, or demands too much."""
    trials = Trials(share=0.75, draws=12, seed=5)
    assert trials.fails(plain.talks, plain.position)
    drawn = draw_elasticities(doubted, 12, seed=5)
    everywhere = [plain.talks.drawn(row) for row in drawn]
    least = gains_in(everywhere, plain.position).min(axis=1)
    assert trials.samples == 1
    assert len(trials.counting) == 9
    counted = gains_in(trials.counting, plain.position).min(axis=1)
    assert counted == pytest.approx(np.sort(least)[3:], abs=SAME)
    demands = trials.wider(Demands(plain.talks, np.zeros(3)), plain.position)
    assert 1 <= len(demands.elsewhere) <= 3
    for each in demands.elsewhere:
        losing = np.flatnonzero(each.talks.gains(plain.position) < 0)
        assert set(losing) <= set(each.rows)


def test_a_trial_passes_what_holds(plain):
    """An agreement that nobody loses by is found to fail."""
    trials = Trials(share=1.0, draws=5, seed=0)
    assert not trials.fails(plain.talks, plain.talks.start)
    assert trials.counting == []
    fair = Trials(share=0.25, draws=12, seed=0)
    assert not fair.fails(plain.talks, plain.position)
    assert fair.samples == 1


@pytest.mark.parametrize(
    ("losing", "count"), [([4], 2), ([0, 4], 2), ([0, 1, 4], 4), ([0, 1, 2, 3, 4], 6)]
)
def test_rows_are_rounded_up_to_a_power_of_two(losing, count):
    """A member that loses is left out, or those added are not the next to losing."""
    gains = np.array([-1.0, -2.0, 3.0, 1.0, -4.0, 2.0])
    rows = _rounded_up(np.array(losing), gains)
    assert len(rows) == count
    assert set(losing) <= set(rows)
    others = set(rows) - set(losing)
    left = set(range(6)) - set(rows)
    assert not others or not left or max(gains[list(others)]) <= min(gains[list(left)])
    assert (np.diff(rows) > 0).all()


def test_elasticities_that_nobody_doubts_are_refused_at_once(three):
    """The search runs to its end before it says that there is nothing to draw from."""
    steps = []
    with pytest.raises(InputError, match="published sets of elasticities"):
        bargain(three, MEMBERS, robust=1.0, progress=lambda *told: steps.append(told))
    assert not steps


def test_draws_must_be_some(doubted):
    """No draws at all are robust."""
    with pytest.raises(InputError, match="draws is 0; it must be at least 1"):
        bargain(doubted, MEMBERS, by="member", robust=1.0, draws=0)

"""Agreements under which nobody loses: bounds, principles against brute force, equal treatment."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bandung import World, solve
from bandung.agree import bargain
from bandung.agree.bargain import PRINCIPLES
from bandung.agree.limits import Limits
from bandung.agree.talks import open_talks
from bandung.economy import market_clearing
from bandung.economy.accounts import real_income
from bandung.economy.baseline import Baseline, Levers
from bandung.errors import BandungError, CodeUnknownError, InputError

SAME = 1e-9
"""Gains from one schedule computed twice, each to 1e-10 or 1e-11."""
NEAR = 0.02
"""Share of the best on the grid by which a search may miss it: the grid itself is coarser."""


@pytest.fixture(scope="module")
def eleven_agree(embedded, eleven):
    """The egalitarian agreement of the eleven."""
    return bargain(embedded, eleven)


def test_all_eleven_gain_at_least_what_is_known(eleven_agree):
    """The smallest gain stays below 0.0163 %, which another search had reached."""
    assert 100 * eleven_agree.smallest_gain >= 0.0163
    assert 100 * np.ptp(eleven_agree.gains) < 1e-3


def test_gains_are_those_of_the_outcome_and_of_another_method(eleven_agree, embedded):
    """The agreement promises what solving for it, in one way or another, does not give."""
    at = eleven_agree.talks.at
    found = eleven_agree.outcome.welfare_change.to_numpy()[at]
    assert eleven_agree.gains == pytest.approx(found, abs=SAME)
    baseline, levers = Baseline.of(embedded), Levers(tariff_new=eleven_agree.tariff_new)
    other = real_income(baseline, market_clearing.clear(baseline, levers))
    assert eleven_agree.gains == pytest.approx(other[at], abs=SAME)


def test_only_members_tariffs_on_each_other_move_and_only_down(eleven_agree, embedded):
    """A tariff rises, or one towards those outside, or of those outside, moves."""
    old, new = embedded.tariff, eleven_agree.tariff_new
    assert (new <= old).all()
    assert (new >= 0).all()
    inside = np.zeros(old.shape, dtype=bool)
    inside[np.ix_(eleven_agree.talks.at, eleven_agree.talks.at)] = True
    assert (new[~inside] == old[~inside]).all()
    table = eleven_agree.to_table()
    assert table.height == int((new < old - 1e-8).sum())
    assert set(table["destination"]) | set(table["origin"]) <= set(eleven_agree.members)


def test_record_is_in_per_cent(eleven_agree):
    """The record says other figures than the outcome."""
    record = eleven_agree.to_dict()
    outcome = eleven_agree.outcome
    assert record["smallest_gain_pct"] == 100 * eleven_agree.smallest_gain
    assert set(record["members"]) == set(eleven_agree.members)
    assert len(record["members"]) + len(record["outsiders"]) == len(outcome.world.members)
    cod = record["members"]["COD"]
    welfare = float(outcome.welfare_change.sel(member="COD"))
    assert cod["welfare_change_pct"] == pytest.approx(100 * welfare, rel=1e-9)
    at = outcome.world.index("COD")
    before = outcome.before.tariff_revenue[at]
    change = 100 * (float(outcome.tariff_revenue[at]) / before - 1)
    assert cod["tariff_revenue_change_pct"] == pytest.approx(change)


def best_on(grid, value) -> float:
    """The best value on the grid among points at which nobody loses."""
    _, _, gains = grid
    rational = gains[(gains >= 0).all(axis=1)]
    assert len(rational) > 10
    return max(value(row) for row in rational)


def test_principles_against_brute_force(three, grid):
    """A point of the grid, at which nobody loses, serves the principle better than the search."""
    talks, _, _ = grid
    members = ["CIV", "EGY", "SEN"]
    income = talks.before.income[talks.at]
    sums = bargain(three, members, "utilitarian", by="member").gains
    values = {
        "egalitarian": lambda row: row.min(),
        "nash": lambda row: np.prod(np.maximum(row, 0)) ** (1 / 3),
        "utilitarian": lambda row: float(row @ income),
    }
    for principle, value in values.items():
        gains = bargain(three, members, principle, by="member").gains
        assert (gains >= -SAME).all()
        assert value(gains) >= (1 - NEAR) * best_on(grid, value), principle
    assert sums.min() < bargain(three, members, by="member").smallest_gain


def test_equal_shares_of_what_each_could_have(three, grid):
    """Kalai–Smorodinsky: ideals are not the best each can have, or shares of them differ."""
    found = bargain(three, ["CIV", "EGY", "SEN"], "kalai-smorodinsky", by="member")
    for row in range(3):
        best = best_on(grid, lambda gains, row=row: gains[row])
        assert found.ideal[row] >= (1 - NEAR) * best
    share = (found.gains / found.ideal).min()
    reachable = best_on(grid, lambda gains: (gains / found.ideal).min())
    assert share >= (1 - NEAR) * reachable


def test_equal_members_get_the_same(three):
    """Two members that are the same in everything are treated differently."""
    trade = three.trade_value.copy()
    twin = trade.copy()
    order = [1, 0, 2, 3]
    twin = (trade + trade[np.ix_(order, order)]) / 2
    tariff = (three.tariff + three.tariff[np.ix_(order, order)]) / 2
    world = three.replace(trade_value=twin, tariff=tariff)
    for principle in PRINCIPLES:
        gains = bargain(world, ["CIV", "EGY", "SEN"], principle, by="member").gains
        assert gains[0] == pytest.approx(gains[1], rel=0.02), principle


def test_the_order_of_members_changes_nothing(three):
    """Whoever is named first, in the talks or in the world, gets another result."""
    one = bargain(three, ["CIV", "EGY", "SEN"])
    other = bargain(three, ["SEN", "CIV", "EGY"])
    assert one.members == other.members
    assert (one.gains == other.gains).all()
    order = [3, 1, 0, 2]
    turned = World.from_arrays(
        members=[three.members[at] for at in order],
        sectors=three.sectors,
        trade_value=three.trade_value[np.ix_(order, order)],
        tariff=three.tariff[np.ix_(order, order)],
        trade_elasticity=three.trade_elasticity,
    )
    again = bargain(turned, ["CIV", "EGY", "SEN"])
    assert again.gains == pytest.approx(one.gains, abs=1e-6)


def test_where_only_one_may_lower_nothing_is_forced_on_it(three):
    """A member lowers its tariffs alone although it loses by that."""
    found = bargain(three, ["CIV", "EGY"], exempt=["CIV"], by="member")
    alone = solve(three, tariff_new=found.talks.tariff(np.zeros(1)))
    assert float(alone.welfare_change.sel(member="EGY")) < 0
    assert found.smallest_gain >= 0


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"principle": "fair"}, CodeUnknownError, "unknown principle 'fair'"),
        ({"members": ["CIV"]}, InputError, "at least two members"),
        ({"members": ["CIV", "MAR"]}, CodeUnknownError, "MAR"),
        ({"exclude": ["wines"]}, CodeUnknownError, "wines"),
        ({"exclude": ["farms", "mills"]}, InputError, "no tariff to lower"),
        ({"floor": -0.1}, InputError, "the floor is -0.1"),
        ({"by": "lines"}, CodeUnknownError, "Did you mean line"),
    ],
)
def test_what_cannot_be_is_refused(three, asked, error, says):
    """A mistake is passed over in silence."""
    members = asked.pop("members", ["CIV", "EGY", "SEN"])
    with pytest.raises(error, match=says) as refused:
        bargain(three, members, **asked)
    assert isinstance(refused.value, BandungError)

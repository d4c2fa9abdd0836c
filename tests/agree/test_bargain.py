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
GRID = 21
NEAR = 0.02
"""Share of the best on the grid by which a search may miss it: the grid itself is coarser."""


@pytest.fixture(scope="module")
def three() -> World:
    """Three members of unequal size, two sectors, and a fourth outside; tariffs of 10 to 60 %."""
    rng = np.random.default_rng(24)
    own = np.arange(4)
    trade, tariff = rng.uniform(1, 9, (4, 4, 2)), rng.uniform(0.1, 0.6, (4, 4, 2))
    trade[own, own] += np.array([30, 60, 90, 120])[:, None]
    tariff[own, own] = 0
    return World.from_arrays(
        name="three",
        members=["CIV", "EGY", "SEN", "ZAF"],
        sectors=["farms", "mills"],
        trade_value=trade,
        tariff=tariff,
        trade_elasticity=[3.0, 5.0],
    )


@pytest.fixture(scope="module")
def grid(three):
    """Gains of the three at every share of tariffs kept on a grid, one lever for each member."""
    talks = open_talks(three, ["CIV", "EGY", "SEN"], limits=Limits(by="member"))
    shares = np.array(list(product(np.linspace(0, 1, GRID), repeat=3)))
    return talks, shares, np.array([talks.gains(share) for share in shares])


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


def test_what_is_left_out_stays(embedded, eleven):
    """A sensitive sector, an exempt member or the floor is touched."""
    talks = open_talks(
        embedded,
        eleven,
        limits=Limits(exclude=("A01", "ZAF:C29"), exempt=("STP",), floor=0.05),
    )
    new, old = talks.tariff(talks.lower), embedded.tariff
    cars = embedded.sector_index("C29")
    assert (
        new[:, :, embedded.sector_index("A01")] == old[:, :, embedded.sector_index("A01")]
    ).all()
    assert (new[:, embedded.index("ZAF"), cars] == old[:, embedded.index("ZAF"), cars]).all()
    assert (new[:, embedded.index("EGY"), cars] < old[:, embedded.index("EGY"), cars]).any()
    assert (new[:, embedded.index("STP")] == old[:, embedded.index("STP")]).all()
    moved = new < old
    assert new[moved].min() == pytest.approx(0.05)


@pytest.mark.parametrize(("by", "count"), [("all", 1), ("member", 3), ("sector", 6)])
def test_tariffs_tied_together_fall_together(three, by, count):
    """A member charges one fellow more of what it charged than another, though tied."""
    talks = open_talks(three, ["CIV", "EGY", "SEN"], limits=Limits(by=by))
    assert talks.count == count
    kept = np.linspace(0.2, 0.7, count)
    share = talks.tariff(kept)[tuple(talks.cells.T)] / talks.present
    assert share == pytest.approx(kept[talks.lever])


def test_slopes_are_those_of_the_gains(three):
    """A slope in a tied lever is not the sum of its tariffs' slopes."""
    talks = open_talks(three, ["CIV", "EGY", "SEN"], limits=Limits(by="sector"))
    kept, step = np.full(talks.count, 0.6), 1e-5
    value, slopes = talks.slopes(kept)
    assert value == pytest.approx(talks.gains(kept), abs=SAME)
    for lever in range(talks.count):
        move = step * np.eye(talks.count)[lever]
        rise = (talks.gains(kept + move) - talks.gains(kept - move)) / (2 * step)
        assert slopes[:, lever] == pytest.approx(rise, rel=1e-4, abs=1e-8)


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

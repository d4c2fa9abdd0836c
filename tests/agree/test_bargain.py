"""Agreements under which nobody loses: bounds, principles against brute force, equal treatment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bandung import World, solve
from bandung.agree import bargain, standoff
from bandung.agree.bargain import PRINCIPLES, _reach
from bandung.agree.climb import Climb
from bandung.agree.demands import Demands
from bandung.economy import market_clearing
from bandung.economy.accounts import real_income
from bandung.economy.baseline import Baseline, Levers
from bandung.errors import BandungError, CodeUnknownError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

MEMBERS = ("CIV", "EGY", "SEN")
SAME = 1e-9
"""Gains from one schedule computed twice, each to 1e-10 or 1e-11."""
CLOSE = 1e-3
"""Share of the best by which searches end short of it."""
DRAWN, DRAWN_NEAR = 4000, 500
SIZE = 1e-2
"""Of gains in closed form: like those of tariffs."""


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


@pytest.fixture(scope="module")
def by_member(three):
    """An agreement by each principle, one lever for each member."""
    return {each: bargain(three, MEMBERS, each, by="member", most_paid=0.05) for each in PRINCIPLES}


@pytest.fixture(scope="module")
def by_line(three):
    """An agreement by each principle, every tariff by itself."""
    return {each: bargain(three, MEMBERS, each, most_paid=0.05) for each in PRINCIPLES}


def values_of(talks, ideal) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """What each principle makes as large as can be, of gains, P×m."""
    income = talks.before.income[talks.at]
    return {
        "egalitarian": lambda rows: rows.min(axis=1),
        "nash": lambda rows: np.prod(np.maximum(rows, 0), axis=1) ** (1 / 3),
        "utilitarian": lambda rows: rows @ income,
        "kalai-smorodinsky": lambda rows: (rows / ideal).min(axis=1),
    }


def best_on(gains, value) -> float:
    """The best value among points at which nobody loses."""
    rational = gains[(gains >= 0).all(axis=1)]
    assert len(rational) > 10
    return float(value(rational).max())


def test_principles_against_brute_force(by_member, grid):
    """A point of the grid, at which nobody loses, serves the principle better than the search."""
    talks, _, gains = grid
    values = values_of(talks, by_member["kalai-smorodinsky"].ideal)
    for principle, value in values.items():
        own = by_member[principle].gains
        assert (own >= 0).all()
        assert value(own[None])[0] >= best_on(gains, value) - SAME, principle


def test_principles_by_line_against_points_at_random(by_line):
    """A point drawn anywhere, or near what was found, serves the principle better by 1 %."""
    talks = by_line["nash"].talks
    values = values_of(talks, by_line["kalai-smorodinsky"].ideal)
    rng = np.random.default_rng(1955)
    anywhere = rng.uniform(0, 1, (DRAWN, talks.count))
    near = [
        np.clip(by_line[each].position + rng.normal(0, size, (DRAWN_NEAR, talks.count)), 0, 1)
        for each in values
        for size in (0.02, 0.2)
    ]
    gains = np.array([talks.gains(point) for point in np.vstack([anywhere, *near])])
    for principle, value in values.items():
        own = float(value(by_line[principle].gains[None])[0])
        assert own >= 0.99 * best_on(gains, value), principle


@pytest.mark.parametrize("kind", ["by_member", "by_line"])
def test_each_principle_is_the_best_at_what_it_wants(kind, request):
    """Another principle's agreement serves this one better: a larger sum, product or smallest."""
    found = request.getfixturevalue(kind)
    values = values_of(found["nash"].talks, found["kalai-smorodinsky"].ideal)
    gains = np.array([found[each].gains for each in values])
    for principle, value in values.items():
        served = value(gains)
        best = list(values).index(principle)
        assert (served <= served[best] * (1 + CLOSE)).all(), principle


def test_equal_shares_of_what_each_could_have(by_member, by_line, grid):
    """Kalai–Smorodinsky: ideals are not the best each can have, or shares of them differ."""
    ideal = by_member["kalai-smorodinsky"].ideal
    for row in range(3):
        assert ideal[row] >= 0.99 * best_on(grid[2], lambda gains, row=row: gains[:, row])
    found = by_line["kalai-smorodinsky"]
    shares = found.gains / found.ideal
    assert shares == pytest.approx(np.full(3, shares[0]), rel=CLOSE)
    assert 0 < shares[0] < 1
    for each in by_line.values():
        if each.principle != "fund":
            assert (each.gains <= found.ideal * 1.01).all()


def test_the_product_cannot_rise(by_line):
    """Nash: some small move of levers raises one gain by more per cent than the others fall."""
    found = by_line["nash"]
    gains, slopes = found.talks.slopes(found.position)
    rise = (slopes / gains[:, None]).sum(axis=0)
    room = np.where(rise > 0, found.talks.upper, found.talks.lower) - found.position
    assert 0 <= (rise * room).sum() < 50 * CLOSE


def test_equal_members_get_the_same(three):
    """Two members that are the same in everything are treated differently."""
    order = [1, 0, 2, 3]
    world = three.replace(
        trade_value=(three.trade_value + three.trade_value[np.ix_(order, order)]) / 2,
        tariff=(three.tariff + three.tariff[np.ix_(order, order)]) / 2,
    )
    for principle in PRINCIPLES:
        gains = bargain(world, MEMBERS, principle, by="member", most_paid=0.05).gains
        assert gains[0] == pytest.approx(gains[1], rel=0.01), principle
        assert abs(gains[2] - gains[0]) > 0.02 * gains[0] or principle == "egalitarian"


def test_the_order_of_members_changes_nothing(three, by_member):
    """Whoever is named first, in the talks or in the world, gets another result."""
    order = [3, 1, 0, 2]
    turned = World.from_arrays(
        members=[three.members[at] for at in order],
        sectors=three.sectors,
        trade_value=three.trade_value[np.ix_(order, order)],
        tariff=three.tariff[np.ix_(order, order)],
        trade_elasticity=three.trade_elasticity,
    )
    for principle, one in by_member.items():
        other = bargain(three, MEMBERS[::-1], principle, by="member", most_paid=0.05)
        assert one.members == other.members
        assert (one.gains == other.gains).all()
        again = bargain(turned, MEMBERS, principle, by="member", most_paid=0.05)
        assert again.gains == pytest.approx(one.gains, abs=1e-6), principle


@dataclass
class Closed:
    """Talks whose gains are known in closed form: three members, two levers from 0 to 1."""

    both: Callable[[float, float], list[float]]
    threat: tuple[float, ...] = (0.0, 0.0, 0.0)
    members = ("A", "B", "C")
    lower, upper, balance = np.zeros(2), np.ones(2), None

    def gains(self, position):
        return SIZE * np.array(self.both(*position))

    def slopes(self, position):
        step = 1e-6 * np.eye(2)
        rows = [(self.gains(position + each) - self.gains(position - each)) / 2e-6 for each in step]
        return self.gains(position), np.array(rows).T

    def is_today(self, position):
        return not position.any()


CLOSED = {
    "one cannot rise beyond a quarter": lambda y, z: [
        0.25 * y,
        0.4 + 0.7 * z - 0.1 * y,
        1.2 - 0.6 * z - 0.2 * y * y,
    ],
    "one cannot rise at all": lambda y, z: [-y, z, 0.5 * z + y],
    "two are tied and one is not": lambda y, z: [y, 0.6 - y / 2, 0.2 + z],
    "one holds another back, then itself": lambda y, z: [
        0.3 * y,
        0.3 + 0.2 * y - 0.1 * z,
        0.5 * z * (1 - 0.3 * y),
    ],
}


@pytest.mark.parametrize("name", CLOSED)
def test_after_the_smallest_gain_the_next_smallest_is_raised(name):
    """Leximin: a point of a grid gives as much to who gains least, and more to the next."""
    talks = Closed(CLOSED[name])
    reached = _reach(
        "egalitarian", Climb(lambda *_: None), Demands(talks, np.zeros(3)), [np.zeros(2)]
    )
    points = np.array(list(product(np.linspace(0, 1, 101), repeat=2)))
    gains = np.sort([talks.gains(point) for point in points], axis=1)
    own = np.sort(reached.end.gains)
    for rank in range(3):
        best = gains[:, rank].max()
        assert own[rank] >= best - 0.015 * abs(best) - 2e-8, rank
        gains = gains[gains[:, rank] >= best - 1e-9]


def test_at_its_best_the_smallest_gain_stays():
    """Who gains least is at its best and hardly feels a small step; others are served by one."""
    talks = Closed(lambda y, z: [0.1 * (y - y * y), 50 * y * (1 + z), 60 * y * (2 - z)])
    seen: list[float] = []
    climb = Climb(lambda stage, _, gains: seen.append(gains[0]) if "next" not in stage else None)
    reached = _reach("egalitarian", climb, Demands(talks, np.zeros(3)), [np.zeros(2)])
    assert seen[-1] == pytest.approx(0.025 * SIZE, rel=1e-3)
    assert reached.end.gains[0] >= seen[-1] - 1e-7
    assert reached.end.gains[1] > 0.25


def test_the_smallest_gain_is_not_given_up_for_the_next(three):
    """Who hardly trades with the others gets less than it could, so that they get more.

    It lowers nothing; by another principle it would get more.
    """
    trade = three.trade_value.copy()
    trade[[0, 1, 3], 2] *= 1e-3
    trade[2, [0, 1, 3]] *= 1e-3
    world = three.replace(trade_value=trade)
    gains = {
        each: bargain(world, MEMBERS, each, by="member", exempt=["SEN"]).gains
        for each in ("egalitarian", "nash", "utilitarian")
    }
    assert gains["egalitarian"].argmin() == 2
    for each in ("nash", "utilitarian"):
        assert gains["egalitarian"][2] >= gains[each][2] - 1e-8
    assert gains["egalitarian"][1] > 100 * gains["egalitarian"][2]


def test_the_best_of_several_starts_is_taken(three):
    """Not the best of several starts is taken, or the same seed draws others.

    One tariff for all has kinks, and more than one local optimum here.
    """
    rng = np.random.default_rng(2)
    own = np.arange(4)
    trade, tariff = rng.uniform(1, 9, (4, 4, 2)), rng.uniform(0.1, 0.6, (4, 4, 2))
    trade[own, own] += np.array([30, 60, 90, 120])[:, None]
    tariff[own, own] = 0
    world = three.replace(trade_value=trade, tariff=tariff)
    found = bargain(world, MEMBERS, by="mfn", starts=4, seed=1)
    assert len(found.starts) == 4
    assert 0 < found.starts.argmax() < 3
    assert np.ptp(found.starts) > 0.1 * found.starts.max()
    assert found.smallest_gain >= found.starts.max() - 1e-7
    assert found.smallest_gain > 1.1 * bargain(world, MEMBERS, by="mfn").smallest_gain
    again = bargain(world, MEMBERS, by="mfn", starts=4, seed=1)
    assert (again.position == found.position).all()
    assert (again.starts == found.starts).all()
    other = bargain(world, MEMBERS, by="mfn", starts=4, seed=2)
    assert (other.starts[:2] == found.starts[:2]).all()
    assert (other.starts[2:] != found.starts[2:]).any()


def test_from_the_standoff(three):
    """Somebody loses against today or against failed talks.

    Or what is gained beyond failing is shared worse than by an agreement made from today.
    """
    failed = standoff(three, MEMBERS, starts=1).gains
    found = bargain(three, MEMBERS, threat="standoff")
    assert found.threat_gains == pytest.approx(failed, abs=SAME)
    assert np.abs(failed).min() > 1e-4
    assert (found.gains >= 0).all()
    assert (found.gains >= failed).all()
    plain = bargain(three, MEMBERS)
    assert (found.gains - failed).min() >= (plain.gains - failed).min() - 1e-8
    assert (found.gains - failed).min() > 1.01 * (plain.gains - failed).min()
    assert found.to_dict()["threat"] == "standoff"
    for principle in ("nash", "kalai-smorodinsky"):
        other = bargain(three, MEMBERS, principle, threat="standoff", by="member")
        assert (other.gains >= np.maximum(failed, 0)).all()


def test_nobody_loses_against_today_for_fear_of_worse(three):
    """Who would lose most by failed talks is made to lose by the agreement."""
    world = three.replace(tariff=0.2 * three.tariff)
    found = bargain(world, MEMBERS, by="all", threat="standoff")
    assert (found.threat_gains < -5e-4).all()
    assert (found.talks.gains(np.array([0.5])) - found.threat_gains).min() > 0
    assert (found.gains == 0).all()
    assert (found.tariff_new == world.tariff).all()


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
        ({"threat": "war"}, CodeUnknownError, "unknown threat 'war'"),
        ({"robust": 0.0}, InputError, "robust is 0; it is a share"),
        ({"robust": 1.5}, InputError, "robust is 1.5"),
        ({"starts": 0}, InputError, "starts is 0"),
        ({"principle": "fund", "threat": "standoff"}, InputError, "takes neither another threat"),
        ({"principle": "fund", "robust": 0.9}, InputError, "nor robust"),
        ({"phase_in": -1}, InputError, "phases in over -1 years"),
        ({"phase_in": {"CIV": 2.5}}, InputError, "phases in over 2.5 years"),
        ({"phase_in": {"ZAF": 2}}, CodeUnknownError, "unknown member 'ZAF'"),
    ],
)
def test_what_cannot_be_is_refused(three, asked, error, says):
    """A mistake is passed over in silence."""
    members = asked.pop("members", ["CIV", "EGY", "SEN"])
    with pytest.raises(error, match=says) as refused:
        bargain(three, members, **asked)
    assert isinstance(refused.value, BandungError)

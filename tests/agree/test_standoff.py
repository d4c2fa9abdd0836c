"""Tariffs if talks fail: nobody gains by moving, the textbook's optimal tariff, equal treatment."""

from __future__ import annotations

import sys
from itertools import product

import numpy as np
import pytest

from bandung import World, solve
from bandung.agree import Standoff, standoff
from bandung.economy import market_clearing
from bandung.economy.accounts import real_income
from bandung.economy.baseline import Baseline, Levers
from bandung.economy.equilibrium import equilibrium
from bandung.errors import BandungError, CodeUnknownError, InputError, NotConvergedError

SAME = 1e-9
"""Gains at one point computed twice, each to 1e-11; nothing on a grid may be better by more."""
ALIKE = 1e-6
"""Tariffs of two searches, each ended when no tariff moves by 1e-8 a round."""
CLOSE = 1e-8
"""Gains at the ends of two searches: tariffs there differ by some 1e-8."""
NEAR = 1e-3
"""A member a ten-thousandth of the world is not quite without weight."""
GRID = np.linspace(0.0, 0.8, 9)
module = sys.modules[Standoff.__module__]


def one_sector(trade, elasticity: float) -> World:
    """A world of three members and one sector, without inputs or tariffs."""
    return World.from_arrays(
        name="one sector",
        members=["CIV", "EGY", "SEN"],
        sectors=["goods"],
        trade_value=np.asarray(trade)[:, :, None],
        tariff=np.zeros((3, 3, 1)),
        trade_elasticity=[elasticity],
    )


def charged(found, member: str) -> np.ndarray:
    """What a member charges fellow members in the standoff."""
    own = found.cells[found.cells[:, 1] == found.world.index(member)]
    return found.tariff_new[tuple(own.T)]


def gain_of(world, baseline, tariff, member: str) -> float:
    """A member's change of real income at some tariffs."""
    after = equilibrium(baseline, Levers(tariff_new=tariff))
    return float(real_income(baseline, after)[world.index(member)])


@pytest.fixture(scope="module")
def pair(five):
    """The standoff of two of the five."""
    return standoff(five, ["AGO", "CIV"])


@pytest.fixture(scope="module")
def whole(five):
    """The standoff of all five."""
    return standoff(five, five.members, starts=4)


@pytest.fixture(scope="module")
def eleven_apart(embedded, eleven):
    """The standoff of the eleven."""
    return standoff(embedded, eleven)


@pytest.mark.parametrize("member", ["AGO", "CIV"])
def test_nothing_on_a_grid_of_own_tariffs_is_better(five, pair, member):
    """A member could gain more than its regret by some other tariffs, the other's as they are."""
    baseline = Baseline.of(five)
    at, other = five.index(member), five.index({"AGO": "CIV", "CIV": "AGO"}[member])
    here = gain_of(five, baseline, pair.tariff_new, member)
    assert here == pytest.approx(pair.gains[pair.members.index(member)], abs=SAME)
    best = -np.inf
    for own in product(GRID, repeat=3):
        tariff = pair.tariff_new.copy()
        tariff[other, at] = own
        best = max(best, gain_of(five, baseline, tariff, member))
    regret = pair.regret[pair.members.index(member)]
    assert best - here <= regret + SAME
    assert here - best < 1e-3
    assert regret < 1e-8


def test_a_best_answer_is_the_best_on_a_grid(five):
    """From tariffs that are no standoff, the search for what a member could gain misses some."""
    contest = module._contest(five, ["AGO", "CIV"], 2.0, "fixed")
    today = five.tariff[tuple(contest.cells.T)]
    answer, regret = module._best_answer(contest, 1, today)
    baseline = Baseline.of(five)
    best = -np.inf
    for own in product(GRID, repeat=3):
        tariff = five.tariff.copy()
        tariff[five.index("AGO"), five.index("CIV")] = own
        best = max(best, gain_of(five, baseline, tariff, "CIV"))
    assert best > 1e-4
    assert best <= regret <= 1.2 * best
    mine = contest.cells[:, 1] == five.index("CIV")
    assert (answer[~mine] == today[~mine]).all()
    assert gain_of(five, baseline, contest.tariff(answer), "CIV") == pytest.approx(regret, abs=SAME)


def test_every_start_ends_at_the_same_tariffs(pair, whole, eleven_apart):
    """There is a second standoff, or the search stops before it is there."""
    for found in (pair, whole, eleven_apart):
        assert found.apart < ALIKE
        assert np.ptp(found.starts, axis=0).max() < CLOSE
        assert found.starts[0] == pytest.approx(found.gains, abs=0)
    assert len(whole.starts) == 4
    assert len(pair.starts) == 3


def test_moving_in_turn_ends_where_moving_at_once_does(five, pair, monkeypatch):
    """The standoff depends on how it is searched for."""
    monkeypatch.setattr(module, "MAX_ROUNDS", 0)
    turns = standoff(five, ["AGO", "CIV"], starts=2)
    assert turns.rounds == 0
    assert turns.tariff_new == pytest.approx(pair.tariff_new, abs=1e-4)
    assert turns.starts == pytest.approx(pair.starts[:2], abs=1e-5)
    assert (turns.gains != pair.gains).any()
    assert (turns.regret < 1e-8).all()


def test_who_goes_on_moving_is_no_standoff(five, monkeypatch):
    """Something is returned although members would still move."""
    monkeypatch.setattr(module, "MAX_ROUNDS", 1)
    monkeypatch.setattr(module, "MAX_TURNS", 1)
    with pytest.raises(NotConvergedError, match="the standoff did not converge"):
        standoff(five, ["AGO", "CIV"], starts=1)


@pytest.mark.parametrize("elasticity", [2.5, 4.0, 8.0])
def test_a_small_member_charges_the_textbook_tariff(elasticity):
    """The best tariff of a member without weight is not 1/θ, the same on all (Gros 1987).

    What it sells falls by 1 + θ times as much as its price rises, so that a monopolist would add
    1/θ; a tax on all it buys does the same (Lerner). Alvarez & Lucas (2007), section 6.
    """
    small = 1e-4
    size = np.array([small, 1.0, 1.7])
    trade = np.outer(size, size) + 3 * np.diag(size)
    found = standoff(one_sector(trade, elasticity), ["CIV", "EGY", "SEN"], starts=1)
    assert charged(found, "CIV") == pytest.approx(np.full(2, 1 / elasticity), rel=NEAR)
    assert (charged(found, "SEN") > (1 + NEAR) / elasticity).all()


@pytest.mark.parametrize("elasticity", [2.0, 5.0])
def test_two_large_members_charge_the_textbook_tariffs(elasticity):
    """Tariffs are not t = (1 + t*(1 − π*)) / (θ(1 − π*)(1 + t*)), 1/(θ(1 − π*)) where t* is 0.

    One sector, two that trade, and in balance. The other's purchases before its tariff are
    E = π*w*L*/(1 + t*(1 − π*)), with π* its share of spending on imports, whose elasticity in
    the seller's wage is −ε, ε = θ(1 − π*)(1 + t*)/(1 + t*(1 − π*)); the best tariff is 1/ε.
    Gros (1987), Journal of International Economics 23, has it for t* = 0.
    """
    world = one_sector([[60.0, 20.0, 0.0], [20.0, 150.0, 0.0], [0.0, 0.0, 9.0]], elasticity)
    found = standoff(world, ["CIV", "EGY"])
    share = found.outcome.world_after.trade_share[:, :, 0]
    tariff = found.tariff_new[:, :, 0]
    for own, other in ((0, 1), (1, 0)):
        bought, theirs = share[own, other], tariff[own, other]
        reply = elasticity * (1 - bought) * (1 + theirs) / (1 + theirs * (1 - bought))
        assert tariff[other, own] == pytest.approx(1 / reply, rel=ALIKE)
    alone = module._contest(world, ["CIV", "EGY"], 2.0, "fixed")
    answer, _ = module._best_answer(alone, 0, np.zeros(2))
    after = solve(world, tariff_new=alone.tariff(answer)).world_after
    expected = 1 / (elasticity * (1 - after.trade_share[0, 1, 0]))
    assert answer[alone.row == 0] == pytest.approx([expected], rel=NEAR)


def test_equal_members_choose_equal_tariffs(five):
    """Two members that are the same in everything charge different tariffs."""
    order = [1, 0, 2, 3, 4]
    turned = np.ix_(order, order)
    world = five.replace(
        trade_value=(five.trade_value + five.trade_value[turned]) / 2,
        tariff=(five.tariff + five.tariff[turned]) / 2,
        input_share=(five.input_share + five.input_share[order]) / 2,
    )
    found = standoff(world, world.members, starts=1)
    assert found.gains[0] == pytest.approx(found.gains[1], abs=CLOSE)
    tariff = found.tariff_new
    assert tariff == pytest.approx(tariff[turned], abs=ALIKE)
    assert tariff[0, 1] == pytest.approx(tariff[1, 0], abs=ALIKE)
    assert np.abs(tariff[2, 0] - tariff[0, 2]).max() > 1e-3


def test_the_order_of_members_changes_nothing(five, whole):
    """Whoever is named first, by the caller or in the world, ends with another tariff."""
    again = standoff(five, five.members[::-1], starts=1)
    assert again.members == whole.members
    assert (again.tariff_new == whole.tariff_new).all()
    order = [3, 1, 4, 0, 2]
    turned = World.from_arrays(
        members=[five.members[at] for at in order],
        sectors=five.sectors,
        trade_value=five.trade_value[np.ix_(order, order)],
        tariff=five.tariff[np.ix_(order, order)],
        input_share=five.input_share[order],
        trade_elasticity=five.trade_elasticity,
    )
    other = standoff(turned, five.members, starts=4)
    assert other.tariff_new == pytest.approx(whole.tariff_new[np.ix_(order, order)], abs=ALIKE)
    assert other.starts == pytest.approx(whole.starts, abs=CLOSE)


def test_starts_at_random_follow_the_seed(five):
    """Two runs with one seed differ, or two seeds begin at the same tariffs."""
    contest = module._contest(five, five.members, 2.0, "fixed")
    one, same, other = (module._starts(contest, 5, seed) for seed in (7, 7, 8))
    assert all((a == b).all() for a, b in zip(one, same, strict=True))
    assert not np.allclose(one[3], other[3])
    assert not np.allclose(one[3], one[4])
    assert one[0] == pytest.approx(five.tariff[tuple(contest.cells.T)])
    assert (one[1] == 0).all()
    assert (one[2] == 2).all()


def test_only_members_tariffs_on_each_other_move(embedded, pair, eleven_apart):
    """A tariff towards those outside, of those outside, or on services moves."""
    for found in (pair, eleven_apart):
        world, at = found.world, [found.world.index(code) for code in found.members]
        inside = np.zeros(world.tariff.shape, dtype=bool)
        inside[np.ix_(at, at)] = True
        inside[at, at] = False
        inside &= world.trade_value > 0
        inside[:, :, [world.sector_index(code) for code in world.services]] = False
        assert (found.tariff_new[~inside] == world.tariff[~inside]).all()
        moved = found.tariff_new != world.tariff
        assert moved[inside].mean() > 0.99
        assert len(found.cells) == inside.sum()
    assert embedded.services


def test_war_costs_members_together_more_than_free_trade(five, whole):
    """What everybody does for itself is best for all."""
    free = solve(five, tariff_new=np.zeros_like(five.tariff))
    income = free.before.income
    assert whole.gains @ income < float(free.welfare_change.to_numpy() @ income)
    assert whole.gains @ income == pytest.approx(whole.joint_gain_musd)


def test_no_tariff_rises_above_the_ceiling(five):
    """A tariff is above the ceiling, or one that wants to be above it is left below."""
    found = standoff(five, ["AGO", "CIV"], ceiling=0.05)
    assert charged(found, "AGO") == pytest.approx(np.full(3, 0.05), abs=0)
    assert charged(found, "CIV") == pytest.approx(np.full(3, 0.05), abs=0)
    assert (found.regret < SAME).all()


def test_a_sole_supplier_is_no_obstacle(five):
    """Where a member buys a product from one fellow member alone, no standoff is found."""
    trade = five.trade_value.copy()
    sole = (five.index("AGO"), five.sector_index("mills"))
    trade[[0, 1, 3, 4], sole[0], sole[1]] = 0
    found = standoff(five.replace(trade_value=trade), ["AGO", "CIV"])
    assert len(found.cells) == 6
    assert (found.regret < SAME).all()
    assert found.apart < ALIKE
    assert charged(found, "AGO").argmax() == sole[1]


@pytest.mark.parametrize("deficits", ["share", "zero", "proportional"])
def test_every_rule_for_deficits_has_a_standoff(five, pair, deficits):
    """Under another rule somebody still gains by moving, or the gains are not the outcome's."""
    found = standoff(five, ["AGO", "CIV"], deficits=deficits, starts=2)
    assert (found.regret < SAME).all()
    assert found.apart < ALIKE
    at = [five.index(code) for code in found.members]
    assert found.gains == pytest.approx(found.outcome.welfare_change.to_numpy()[at], abs=SAME)
    assert (deficits == "share") == np.allclose(found.tariff_new, pair.tariff_new, atol=ALIKE)


def test_the_eleven_settle_and_nobody_regrets(eleven_apart, eleven):
    """Of the eleven, somebody gains 1e-7 of its income by moving alone."""
    assert eleven_apart.members == tuple(sorted(eleven))
    assert (eleven_apart.regret >= 0).all()
    assert (eleven_apart.regret < 1e-7).all()
    own = eleven_apart.tariff_new[tuple(eleven_apart.cells.T)]
    assert own.min() > 0
    assert own.max() < 0.3


def test_the_eleven_by_another_method(embedded, eleven_apart):
    """Newton's method finds other gains, or that a member gains by charging all a little else."""
    baseline = Baseline.of(embedded)
    found = market_clearing.clear(baseline, Levers(tariff_new=eleven_apart.tariff_new))
    at = [embedded.index(code) for code in eleven_apart.members]
    assert eleven_apart.gains == pytest.approx(real_income(baseline, found)[at], abs=SAME)
    for member, factor in product(("AGO", "SEN"), (0.8, 1.2)):
        tariff = eleven_apart.tariff_new.copy()
        own = eleven_apart.cells[eleven_apart.cells[:, 1] == embedded.index(member)]
        tariff[tuple(own.T)] *= factor
        moved = market_clearing.clear(baseline, Levers(tariff_new=tariff))
        gain = real_income(baseline, moved)[embedded.index(member)]
        assert gain < eleven_apart.gains[eleven_apart.members.index(member)] - 1e-7


def test_record_and_table_are_in_per_cent(eleven_apart):
    """The record or the table says other figures than the standoff."""
    record, outcome = eleven_apart.to_dict(), eleven_apart.outcome
    world = outcome.world
    assert len(record["members"]) + len(record["outsiders"]) == len(world.members)
    at, code = world.index("CMR"), "CMR"
    own = record["members"][code]
    row = eleven_apart.members.index(code)
    assert own["welfare_change_pct"] == pytest.approx(100 * eleven_apart.gains[row], abs=1e-7)
    assert own["regret_pct"] == 100 * eleven_apart.regret[row]
    revenue = 100 * (float(outcome.tariff_revenue[at]) / outcome.before.tariff_revenue[at] - 1)
    assert own["tariff_revenue_change_pct"] == pytest.approx(revenue)
    table = eleven_apart.to_table()
    assert table.height == len(eleven_apart.cells)
    mine = table.filter(destination=code)
    trade = [
        world.trade_value[world.index(o), at, world.sector_index(j)]
        for o, j in mine.select("origin", "sector").iter_rows()
    ]
    old, new = (np.average(mine[name], weights=trade) for name in mine.columns[3:])
    assert own["mean_tariff_before_pct"] == pytest.approx(old)
    assert own["mean_tariff_pct"] == pytest.approx(new)
    assert record["starts"][0][code] == 100 * eleven_apart.starts[0, row]
    assert record["apart_pct"] == 100 * eleven_apart.apart


def test_what_cannot_be_said_is_none():
    """A member that buys nothing from fellow members, or without revenue, is given figures."""
    trade = [[50.0, 5.0, 2.0], [0.0, 40.0, 1.0], [3.0, 6.0, 90.0]]
    found = standoff(one_sector(trade, 4.0), ["CIV", "EGY"], starts=1)
    own = found.to_dict()["members"]["CIV"]
    assert own["mean_tariff_pct"] is None
    assert own["tariff_revenue_change_pct"] is None
    assert own["regret_pct"] == 0


def test_progress_is_told(five, pair):
    """Rounds are not counted, or the last gains told are not those found."""
    told = []
    found = standoff(five, ["AGO", "CIV"], starts=1, progress=lambda *each: told.append(each))
    assert [rounds for rounds, _ in told[: found.rounds]] == [*range(1, found.rounds + 1)]
    assert told[-1][1] == pytest.approx(found.gains, abs=SAME)
    assert found.rounds < pair.rounds


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"members": ["AGO"]}, InputError, "at least two members"),
        ({"members": ["AGO", "AGO"]}, InputError, "at least two members"),
        ({"members": ["AGO", "MAR"]}, CodeUnknownError, "MAR"),
        ({"ceiling": 0.0}, InputError, "the ceiling is 0; it must be above 0"),
        ({"ceiling": -0.5}, InputError, "the ceiling is -0.5"),
        ({"ceiling": 101.0}, InputError, "at most 100"),
        ({"ceiling": float("nan")}, InputError, "the ceiling is nan"),
        ({"starts": 0}, InputError, "0 starts were asked for"),
        ({"seed": -1}, InputError, "the seed is -1"),
        ({"deficits": "gone"}, InputError, "unknown rule for deficits"),
    ],
)
def test_what_cannot_be_is_refused(five, asked, error, says):
    """A mistake is passed over in silence."""
    members = asked.pop("members", ["AGO", "CIV"])
    with pytest.raises(error, match=says) as refused:
        standoff(five, members, **asked)
    assert isinstance(refused.value, BandungError)


def test_members_that_trade_nothing_are_refused():
    """An empty standoff is returned where nothing can move."""
    trade = [[50.0, 0.0, 2.0], [0.0, 40.0, 1.0], [3.0, 6.0, 90.0]]
    with pytest.raises(InputError, match="CIV, EGY trade no goods with one another"):
        standoff(one_sector(trade, 4.0), ["CIV", "EGY"])

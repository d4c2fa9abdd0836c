"""Values of coalitions against brute force; the Shapley value against closed forms."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest

from bandung import Levers, World, solve
from bandung.agree import coalitions, draw_elasticities, pool, spread
from bandung.agree.coalitions import (
    CoalitionValues,
    best_of,
    coalition_values,
    question,
    shapley,
)
from bandung.agree.corridors import Corridor
from bandung.agree.journal import Journal
from bandung.agree.limits import Limits
from bandung.agree.talks import open_talks
from bandung.errors import InputError

ROUNDING = 1e-12
GRID = 6
SEED = 1955


def three_members(seed=24) -> World:
    """Three members of unequal size, two sectors, and a fourth outside; tariffs of 10 to 60 %."""
    rng = np.random.default_rng(seed)
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
def three() -> World:
    """See `three_members`."""
    return three_members()


MEMBERS = ("CIV", "EGY", "SEN")


def gloves(members):
    """One right glove, two left ones: a pair is worth 1."""
    return float("R" in members and len(members) > 1)


def airport(members):
    """Minus the runway that the largest needs; in closed form since Littlechild & Owen (1973)."""
    cost = {"A": 1.0, "B": 4.0, "C": 9.0, "D": 9.5}
    return -max(cost[code] for code in members)


def additive(members):
    """What each is worth by itself, summed."""
    return float(sum(ord(code) for code in members))


def unanimity(members):
    """Worth 12 once A, C and D are there."""
    return 12.0 * ({"A", "C", "D"} <= set(members))


def arbitrary(members):
    """Any game: a figure from the members' names."""
    return float(np.random.default_rng([ord(code) for code in members]).normal())


@pytest.mark.parametrize(
    ("game", "members", "expected"),
    [
        (gloves, "LMR", [1 / 6, 1 / 6, 4 / 6]),
        (airport, "ABCD", [-1 / 4, -1 / 4 - 3 / 3, -1 / 4 - 1 - 5 / 2, -1 / 4 - 1 - 5 / 2 - 0.5]),
        (additive, "ABCDE", [65, 66, 67, 68, 69]),
        (unanimity, "ABCDE", [4, 0, 4, 4, 0]),
    ],
)
def test_shapley_in_closed_form(game, members, expected):
    """The value of a textbook game is another."""
    found = shapley(CoalitionValues.of(members, game))
    assert found.musd == pytest.approx(expected, abs=ROUNDING)
    assert found.standard_error_musd is None
    assert found.orders == 0


def test_shapley_is_the_mean_over_all_orders():
    """The weights of the formula are not those of the definition."""
    members = "ABCDE"
    values = CoalitionValues.of(members, arbitrary)
    mean = dict.fromkeys(members, 0.0)
    orders = list(permutations(members))
    for order in orders:
        for place, code in enumerate(order):
            before = values.value(order[:place]) if place else 0.0
            mean[code] += (values.value(order[: place + 1]) - before) / len(orders)
    assert shapley(values).musd == pytest.approx(list(mean.values()), abs=ROUNDING)


def test_sampled_orders_estimate_it():
    """The estimate is further from the truth than its errors say, or does not share out all."""
    members = tuple("ABCDEFGH")
    exact = shapley(CoalitionValues.of(members, arbitrary))
    drawn = coalitions._sample(8, 400, SEED)
    found = shapley(CoalitionValues.of(members, arbitrary, orders=drawn))
    apart = np.abs(found.musd - exact.musd) / found.standard_error_musd
    assert found.orders == 400
    assert apart.max() < 4
    assert apart.max() > 0.1
    assert found.musd.sum() == pytest.approx(exact.musd.sum(), abs=ROUNDING)
    assert found.musd.sum() == pytest.approx(arbitrary(members), abs=ROUNDING)


def test_the_same_seed_draws_the_same_orders_each_with_its_reverse():
    """A sampled result cannot be had again, or orders do not come in pairs."""
    drawn = coalitions._sample(20, 10, SEED)
    assert (drawn == coalitions._sample(20, 10, SEED)).all()
    assert (drawn != coalitions._sample(20, 10, SEED + 1)).any()
    assert (drawn[1::2] == drawn[0::2, ::-1]).all()
    assert (np.sort(drawn, axis=1) == np.arange(20)).all()


def test_sampling_shares_out_all_and_leaves_additive_games_exact():
    """In a game without interaction, chance enters."""
    drawn = coalitions._sample(26, 4, SEED)
    members = [chr(65 + at) for at in range(26)]
    values = CoalitionValues.of(members, additive, orders=drawn)
    assert not values.exhaustive
    assert values.whole_musd == additive(members)
    assert values.value(["A", "Z"]) == 155
    found = shapley(values)
    assert found.musd == pytest.approx(np.arange(65, 91), abs=1e-9)
    assert found.standard_error_musd == pytest.approx(np.zeros(26), abs=1e-9)


def brute_force(world, members) -> float:
    """The best sum on a grid of shares kept, one for each member and sector."""
    talks = open_talks(world, members, limits=Limits(by="sector"))
    income = talks.before.income[talks.at]
    shares = product(np.linspace(0, 1, GRID), repeat=talks.count)
    return max(float(income @ talks.gains(np.array(share))) for share in shares)


def test_values_against_brute_force(three):
    """A point of a grid is worth more to two members than the value that was found."""
    values = coalition_values(open_talks(three, MEMBERS, limits=Limits(by="sector")))
    for pair in (("CIV", "EGY"), ("CIV", "SEN"), ("EGY", "SEN")):
        best = brute_force(three, pair)
        assert values.value(pair) >= best > 0
        assert values.value(pair) < 1.05 * best
    assert values.value(["SEN"]) == 0


def test_the_value_is_that_of_a_schedule_among_members_only(three):
    """The value is not what solving for its tariffs gives, or other tariffs move."""
    talks = open_talks(three, MEMBERS)
    pair = ("CIV", "SEN")
    best = best_of(coalitions.without_transfers(talks), pair)
    tariff = best.talks.tariff(best.top.position)
    moved = tariff != three.tariff
    assert (tariff <= three.tariff).all()
    at = [three.index(code) for code in pair]
    inside = np.zeros_like(moved)
    inside[np.ix_(at, at)] = True
    assert not moved[~inside].any()
    outcome = solve(three, tariff_new=tariff)
    gain = outcome.welfare_change.to_numpy()[at] @ outcome.before.income[at]
    assert coalition_values(talks).value(pair) == pytest.approx(gain, rel=1e-6)


def test_later_starts_find_no_more_where_the_first_is_best(three):
    """The search depends on where it starts: from another corner it finds more."""
    values = coalition_values(open_talks(three, MEMBERS), starts=3)
    assert values.second_musd.max() <= 1e-6 * values.whole_musd
    assert values.gap_musd.max() <= 1e-6 * values.whole_musd


def test_equal_members_get_the_same(three):
    """Two members that are the same in everything are treated differently."""
    order = [1, 0, 2, 3]
    world = three.replace(
        trade_value=(three.trade_value + three.trade_value[np.ix_(order, order)]) / 2,
        tariff=(three.tariff + three.tariff[np.ix_(order, order)]) / 2,
    )
    found = shapley(coalition_values(open_talks(world, MEMBERS)))
    assert found.musd[0] == pytest.approx(found.musd[1], rel=1e-6)
    assert found.musd[0] != pytest.approx(found.musd[2], rel=1e-2)


def test_a_member_that_hardly_trades_gets_nothing(three):
    """Somebody who adds nothing to any coalition is paid.

    It sells and buys a very little outside: what it sells inside is nothing at all.
    """
    trade = three.trade_value.copy()
    sen = three.index("SEN")
    trade[sen, :3] *= np.eye(4)[sen, :3, None]
    trade[:3, sen] *= np.eye(4)[:3, sen, None]
    trade[sen, 3] = trade[3, sen] = 0.01
    values = coalition_values(open_talks(three.replace(trade_value=trade), MEMBERS))
    assert values.value(["CIV", "SEN"]) == values.value(["EGY", "SEN"]) == 0
    found = shapley(values)
    assert abs(found.musd[2]) < 1e-4 * values.whole_musd
    assert found.musd[:2] == pytest.approx(values.value(["CIV", "EGY"]) / 2, rel=1e-4)


def test_limits_hold_for_coalitions_too(three):
    """A coalition lowers what its members have kept out of the talks."""
    free = coalition_values(open_talks(three, MEMBERS))
    limited = [
        Limits(floor=0.2),
        Limits(exclude=("mills",)),
        Limits(exempt=("SEN",)),
        Limits(by="all"),
        Limits(most_cut=0.3),
        Limits(most_sectors=1),
        Limits(by="mfn"),
        Limits(by="member", formula="swiss"),
    ]
    for limits in limited:
        values = coalition_values(open_talks(three, MEMBERS, limits=limits))
        assert (values.musd <= free.musd + 1e-6).all(), limits
        assert 0 < values.whole_musd < free.whole_musd, limits
    narrow = open_talks(three, MEMBERS, limits=Limits(most_sectors=1))
    best = best_of(narrow, MEMBERS)
    moved = (best.talks.tariff(best.top.position) != three.tariff).any(axis=0)
    assert moved.sum(axis=1).max() == 1


def test_nobody_is_made_to_lower_what_does_harm(three):
    """A coalition whose limits ask for cuts that cost it more than they bring does conclude."""
    tariff = np.array(three.tariff)
    at = [three.index(code) for code in ("CIV", "SEN")]
    tariff[np.ix_(at, at)] = 0.01
    tariff[[0, 2], [0, 2]] = 0
    world = three.replace(tariff=tariff)
    talks = open_talks(world, MEMBERS, limits=Limits(least_cut=1.0))
    pair = open_talks(world, ("CIV", "SEN"), limits=Limits(least_cut=1.0))
    harm = pair.gains(pair.upper) @ pair.before.income[pair.at]
    assert harm < -1e-4
    assert coalition_values(talks).value(("CIV", "SEN")) == 0


def test_corridors_count_among_those_they_join(three):
    """A corridor adds nothing to its two members' value, or something to others'."""
    road = Corridor(("CIV", "SEN"), largest_cut=0.05, cost_musd=0.001)
    both = ("tariffs", "corridors")
    plain = coalition_values(open_talks(three, MEMBERS))
    built = coalition_values(open_talks(three, MEMBERS, levers=both, corridors=[road]))
    assert built.value(["CIV", "SEN"]) > plain.value(["CIV", "SEN"]) + 0.01
    assert built.value(["CIV", "EGY"]) == pytest.approx(plain.value(["CIV", "EGY"]), rel=1e-9)
    dear = replace(road, cost_musd=1e3)
    kept = coalition_values(open_talks(three, MEMBERS, levers=both, corridors=[dear]))
    assert kept.musd == pytest.approx(plain.musd, rel=1e-6)


def test_transfers_are_left_out(three):
    """Values depend on whether the talks have transfers; or there is nothing but transfers."""
    plain = coalition_values(open_talks(three, MEMBERS))
    paid = coalition_values(open_talks(three, MEMBERS, levers=("tariffs", "transfers")))
    assert (paid.musd == plain.musd).all()
    with pytest.raises(InputError, match="something to lower or to build"):
        coalition_values(open_talks(three, MEMBERS, levers=("transfers",)))


@pytest.fixture
def two_threads(monkeypatch):
    """Let workers compute with two threads, in a block: here there may be one."""
    names = pool.SETTINGS["distributed.nanny.pre-spawn-environ"]

    @contextmanager
    def block():
        with monkeypatch.context() as patch:
            for name in names:
                patch.setenv(name, "2")
            yield

    return block


def test_workers_find_the_same_bit_for_bit(three, two_threads):
    """A value depends on how many processes there are, or on their threads."""
    talks = open_talks(three, MEMBERS)
    here = coalition_values(talks, workers=0)
    with two_threads():
        one = coalition_values(talks, workers=1)
    two = coalition_values(talks, workers=2)
    assert (one.musd == two.musd).all()
    assert (one.musd == here.musd).all()


def test_draws_are_the_same_in_other_processes(three, two_threads):
    """A draw of the elasticities gives another result on a worker, or results change places."""
    levers = Levers(tariff_new=three.tariff / 2)
    rows = draw_elasticities(three, 60, spread_pct=30)
    told = []
    here = spread(three, levers, rows)
    with two_threads():
        there = spread(three, levers, rows, workers=1, done=told.append)
    assert (there.welfare_change == here.welfare_change).all()
    assert told == list(range(1, 61))
    closed = spread(three, levers, rows, deficits="zero", workers=0)
    assert closed.welfare_change == pytest.approx(
        spread(three, levers, rows, deficits="zero").welfare_change, rel=1e-9
    )


def test_values_are_the_same_whoever_else_is_there(three):
    """A coalition's value depends on who else is in the talks, so that a journal is not shared."""
    large = coalition_values(open_talks(three, MEMBERS))
    small = coalition_values(open_talks(three, MEMBERS[:2]))
    assert small.whole_musd == large.value(MEMBERS[:2])


def test_a_search_cut_off_goes_on(three, tmp_path, monkeypatch):
    """After an interruption, values are computed again, are lost, or are others."""
    talks = open_talks(three, three.members)
    whole = coalition_values(talks)
    journal = Journal(tmp_path / "journal")

    def cut_off(count, _):
        if count == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        coalition_values(talks, journal=journal, done=cut_off)
    asked, told = [], []
    run = pool.run
    monkeypatch.setattr(
        pool, "run", lambda work, tasks, *a, **k: asked.extend(tasks) or run(work, tasks, *a, **k)
    )
    again = coalition_values(talks, journal=journal, done=lambda *counts: told.append(counts))
    assert (again.musd == whole.musd).all()
    assert (again.gap_musd == whole.gap_musd).all()
    assert len(asked) == 11 - 4
    assert told == [(count, 11) for count in range(4, 12)]
    asked.clear()
    assert (coalition_values(talks, journal=journal).musd == whole.musd).all()
    assert asked == []


def test_a_journal_belongs_to_a_question(three, tmp_path, monkeypatch):
    """Values found under other limits, or in another world, are taken for these."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    other = three.replace(tariff=three.tariff / 2)
    asked = [
        open_talks(three, MEMBERS),
        open_talks(other, MEMBERS),
        open_talks(three, MEMBERS, limits=Limits(floor=0.1)),
        open_talks(three, MEMBERS, deficits="zero"),
        open_talks(three, MEMBERS).drawn(np.array([4.0, 4.0])),
    ]
    folders = {Journal.for_question(question(talks)).folder for talks in asked}
    assert len(folders) == len(asked)
    fewer = open_talks(three, MEMBERS[:2])
    assert Journal.for_question(question(fewer)).folder in folders


def test_drawn_elasticities_are_kept(three):
    """A coalition is valued at the world's own elasticities, not at those drawn."""
    talks = open_talks(three, MEMBERS).drawn(np.array([9.0, 2.0]))
    own = best_of(talks, MEMBERS).talks
    assert (own.before.trade_elasticity == [9.0, 2.0]).all()
    plain = coalition_values(open_talks(three, MEMBERS)).whole_musd
    assert coalition_values(talks).whole_musd != pytest.approx(plain, rel=1e-3)


def test_splits_that_leave_more_are_counted():
    """A coalition that its parts do better without goes unnoticed."""
    worth = {"A": 0, "B": 0, "C": 0, "AB": 3, "AC": 1, "BC": 1, "ABC": 2}
    values = CoalitionValues.of("ABC", lambda some: worth["".join(some)])
    assert values.short_of_parts == 1
    assert CoalitionValues.of("ABC", gloves).short_of_parts == 0
    table = values.to_table()
    assert table.height == 8
    assert dict(zip(table["members"], table["value_musd"], strict=True))["A+B"] == 3


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"orders": 3}, "even number from 4"),
        ({"orders": 2}, "even number from 4"),
        ({"orders": 4, "seed": -1}, "the seed is -1"),
        ({"starts": 4}, "choose 1, 2 or 3"),
    ],
)
def test_what_cannot_be_is_refused(three, asked, says):
    """A mistake is passed over in silence."""
    with pytest.raises(InputError, match=says):
        coalition_values(open_talks(three, MEMBERS), **asked)


def test_what_has_no_value_is_refused():
    """A value is made up for a coalition that has none, or a game of too many members begun."""
    values = CoalitionValues.of("ABC", gloves)
    with pytest.raises(InputError, match="A, X was not valued"):
        values.value(["A", "X"])
    with pytest.raises(InputError, match="too many coalitions"):
        CoalitionValues.of([f"M{at:02}" for at in range(30)], lambda _: 0.0)
    with pytest.raises(InputError, match="63 members cannot be numbered"):
        CoalitionValues.of([f"M{at:02}" for at in range(63)], lambda _: 0.0)
    some = replace(values, coalitions=values.coalitions[[0, 1, 2, 4, 7]])
    with pytest.raises(InputError, match="needs every coalition's value"):
        shapley(some)

"""Corridors: how deep they are built, what they cost and whom."""

from __future__ import annotations

import numpy as np
import pytest

from bandung.agree import bargain, solve
from bandung.agree.corridors import Corridor
from bandung.agree.solve import baseline_of
from bandung.agree.talks import open_talks
from bandung.errors import CodeUnknownError, InputError

MEMBERS = ("CIV", "EGY", "SEN")
BUILD = ("tariffs", "corridors", "transfers")
SAME = 1e-8


def test_what_costs_nothing_and_helps_all_is_built_whole(three):
    """A free corridor that serves everybody is not built to its largest cut.

    With transfers, so that whoever trades less for it can be paid.
    """
    roads = [Corridor(("CIV", "EGY"), 0.1), Corridor(("EGY", "SEN"), 0.2, sectors=("mills",))]
    found = bargain(three, MEMBERS, levers=BUILD, corridors=roads, by="member", most_paid=0.05)
    assert found.talks.corridor_cuts(found.position) == pytest.approx([0.1, 0.2])
    assert found.costs == pytest.approx(np.zeros(3), abs=0)
    change = found.levers.trade_cost_change
    assert change[0, 1] == pytest.approx([-0.1, -0.1])
    assert change[2, 1] == pytest.approx([0.0, -0.2])
    without = bargain(three, MEMBERS, levers=("tariffs", "transfers"), by="member", most_paid=0.05)
    assert found.smallest_gain > without.smallest_gain


def test_what_costs_more_than_it_gives_is_not_built(three):
    """A corridor is built that costs everybody more than it is worth to them."""
    dear = Corridor(("CIV", "EGY"), 0.1, 50.0)
    found = bargain(three, MEMBERS, levers=BUILD, corridors=[dear], by="member", most_paid=0.05)
    assert found.talks.corridor_cuts(found.position) == pytest.approx([0.0], abs=1e-6)
    assert found.smallest_gain > 0


def test_costs_are_deducted_and_shared(three):
    """Gains leave out what a corridor costs, or it is paid for by another rule than agreed."""
    roads = [
        Corridor(("CIV", "EGY"), 0.1, 0.3, "equal"),
        Corridor(("CIV", "SEN"), 0.1, 0.2, "income"),
        Corridor(("EGY", "SEN"), 0.1, 0.1, "trade"),
    ]
    found = bargain(three, MEMBERS, levers=BUILD, corridors=roads, by="member", most_paid=0.05)
    depth = found.talks.corridor_cuts(found.position) / 0.1
    assert (depth > 0.5).all()
    before = baseline_of(three)
    income, buys = before.income, three.trade_value.sum(axis=2)
    part = income[0] / (income[0] + income[2])
    bought = buys[2, 1] / (buys[2, 1] + buys[1, 2])
    first, second, third = np.array([0.3, 0.2, 0.1]) * depth
    expected = [first / 2 + part * second, first / 2 + bought * third]
    expected.append((1 - part) * second + (1 - bought) * third)
    assert found.costs == pytest.approx(expected)
    assert found.costs.sum() == pytest.approx(np.array([0.3, 0.2, 0.1]) @ depth)
    welfare = found.outcome.welfare_change.to_numpy()[:3]
    net = (1 + welfare) * (1 - found.costs / income[:3]) - 1
    assert found.gains == pytest.approx(net, abs=SAME / 10)
    assert found.joint_gain_musd == pytest.approx(float(net @ income[:3]), rel=1e-6)
    record = found.to_dict()
    assert record["corridors"] == pytest.approx(
        {"CIV-EGY": -10 * depth[0], "CIV-SEN": -10 * depth[1], "EGY-SEN": -10 * depth[2]}
    )
    told = record["members"]["CIV"]["welfare_change_pct"]
    assert told == pytest.approx(100 * net[0], abs=1e-7)


def test_a_corridor_makes_both_ways_cheaper_and_nothing_else(three):
    """Trade with others, or in other sectors, becomes cheaper; or that of one way only does."""
    corridor = Corridor(("SEN", "CIV"), 0.1, sectors=("mills",))
    there = corridor.cells(three)
    assert there.sum() == 2
    assert there[0, 2, 1] == there[2, 0, 1] == 1
    talks = open_talks(three, MEMBERS, levers=("corridors",), corridors=[corridor])
    change = np.zeros((4, 4, 2))
    change[0, 2, 1] = change[2, 0, 1] = -0.05
    outcome = solve(three, trade_cost_change=change)
    gains = talks.gains(np.array([0.5]))
    assert gains == pytest.approx(outcome.welfare_change.to_numpy()[:3], abs=SAME / 10)


@pytest.mark.parametrize("shared", ["equal", "income", "trade"])
def test_parts_of_the_cost_sum_to_one(three, shared):
    """More or less than the cost is paid, or by somebody else."""
    part = Corridor(("CIV", "SEN"), 0.1, 1.0, shared).paid(three, baseline_of(three))
    assert part.sum() == pytest.approx(1)
    assert set(np.flatnonzero(part)) == {0, 2}
    if shared == "equal":
        assert part[0] == part[2]
    else:
        assert abs(part[0] - part[2]) > 0.01


def test_two_corridors_between_the_same_two(three):
    """One for each sector: the record keeps one of the two only."""
    roads = [
        Corridor(("CIV", "EGY"), 0.1, sectors=("farms",)),
        Corridor(("CIV", "EGY"), 0.2, sectors=("mills",)),
    ]
    found = bargain(three, MEMBERS, levers=BUILD, corridors=roads, by="member", most_paid=0.05)
    cuts = found.talks.corridor_cuts(found.position)
    assert (cuts > 0.05).all()
    said = found.to_dict()["corridors"]
    assert said == pytest.approx({"CIV-EGY:farms": -100 * cuts[0], "CIV-EGY:mills": -100 * cuts[1]})


def test_corridors_are_written_in_words():
    """A part is read as another, or a spelling is not taken."""
    assert Corridor.parse("SEN-CIV:5:120") == Corridor(("CIV", "SEN"), 0.05, 120.0)
    assert Corridor.parse(" CIV-SEN:2.5:0:trade ") == Corridor(("CIV", "SEN"), 0.025, 0.0, "trade")
    assert Corridor.parse("CIV-SEN:5:120:income").shared == "income"
    assert Corridor.parse("CIV-SEN:5:120").name == "CIV-SEN"


@pytest.mark.parametrize(
    "text",
    ["", "CIV-SEN", "CIV-SEN:5", "CIV-SEN:a:1", "CIV:5:1", "CIV-SEN-EGY:5:1", "CIV-SEN:5:1:x:y"],
)
def test_what_is_no_corridor_is_refused(text):
    """Something is made of words that name no corridor."""
    with pytest.raises(InputError, match="a corridor is written FIRST-SECOND:PERCENT:COST"):
        Corridor.parse(text)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ((("CIV", "CIV"), 0.1), InputError, "joins two members"),
        ((("CIV", "SEN"), 0.0), InputError, "cuts trade costs by 0;"),
        ((("CIV", "SEN"), 1.0), InputError, "cuts trade costs by 1;"),
        ((("CIV", "SEN"), float("nan")), InputError, "cuts trade costs by nan"),
        ((("CIV", "SEN"), 0.1, -1.0), InputError, "costs -1 million USD"),
        ((("CIV", "SEN"), 0.1, float("inf")), InputError, "costs inf million USD"),
        ((("CIV", "SEN"), 0.1, 1.0, "size"), CodeUnknownError, "unknown way of sharing a cost"),
    ],
)
def test_corridors_without_sense_are_refused(given, error, says):
    """A figure out of bounds is taken."""
    with pytest.raises(error, match=says):
        Corridor(*given)


@pytest.mark.parametrize(
    ("roads", "error", "says"),
    [
        ([Corridor(("CIV", "ZAF"), 0.1)], InputError, "CIV-ZAF needs ZAF among the members"),
        ([Corridor(("CIV", "SEN"), 0.1, sectors=("wines",))], CodeUnknownError, "wines"),
        ([Corridor(("CIV", "SEN"), 0.1)] * 2, InputError, "two corridors CIV-SEN carry farms"),
        (
            [Corridor(("CIV", "SEN"), 0.1), Corridor(("CIV", "SEN"), 0.1, sectors=("mills",))],
            InputError,
            "two corridors CIV-SEN carry mills",
        ),
    ],
)
def test_corridors_that_fit_no_talks_are_refused(three, roads, error, says):
    """A corridor leads out of the group, carries what is not there, or is built twice."""
    with pytest.raises(error, match=says):
        open_talks(three, MEMBERS, levers=("corridors",), corridors=roads)


def test_those_who_do_not_trade_cannot_share_by_trade(three):
    """A cost is divided by nothing."""
    trade = three.trade_value.copy()
    trade[0, 2] = trade[2, 0] = 0
    world = three.replace(trade_value=trade)
    road = Corridor(("CIV", "SEN"), 0.1, 1.0, "trade")
    with pytest.raises(InputError, match="CIV and SEN do not trade"):
        open_talks(world, MEMBERS, levers=("corridors",), corridors=[road]).costs(np.ones(1))

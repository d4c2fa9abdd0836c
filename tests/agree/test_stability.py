"""Who objects to an agreement: games known in closed form, and tariffs that deviate."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
import pytest

from bandung import World
from bandung.agree.coalitions import CoalitionValues, coalition_values, shapley
from bandung.agree.limits import Limits
from bandung.agree.stability import stability
from bandung.agree.talks import Talks, open_talks
from bandung.errors import InputError

module = sys.modules["bandung.agree.stability"]
MEMBERS = ("CIV", "EGY", "SEN")
GRID = 17


@dataclass(frozen=True)
class Agreed:
    """The little that is asked of an agreement."""

    talks: Talks
    gains: np.ndarray


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


def given(world, musd) -> Agreed:
    """An agreement that gives its members so many million USD."""
    talks = open_talks(world, MEMBERS)
    return Agreed(talks, np.asarray(musd) / talks.before.income[talks.at])


def game(*worth) -> CoalitionValues:
    """A game of three: the values of CIV+EGY, CIV+SEN, EGY+SEN and of all."""
    names = [("CIV", "EGY"), ("CIV", "SEN"), ("EGY", "SEN"), MEMBERS]
    known = dict(zip(names, worth, strict=True))
    return CoalitionValues.of(MEMBERS, lambda some: float(known.get(some, 0)))


def test_the_objection_with_most_per_head_is_named(three):
    """In a game made by hand, another coalition objects, or by another sum."""
    found = stability(given(three, [3, 3, 3]), game(8, 4, 9, 10), side_payments=True)
    assert not found.stable
    assert [each.members for each in found.objections] == [("EGY", "SEN"), ("CIV", "EGY")]
    assert found.worst.excess_musd == pytest.approx(3)
    assert found.worst.excess_per_head_musd == pytest.approx(1.5)
    assert found.worst.given_musd == pytest.approx(6)
    assert found.unclaimed_musd == pytest.approx(1)
    assert (found.coalitions, found.exhaustive) == (6, True)


def test_excess_counts_per_head(three):
    """A coalition with more excess in all, but less for each of its members, is named first."""
    found = stability(given(three, [-1.2, 5, 5]), game(0, 5.8, 0, 10), side_payments=True)
    assert [each.members for each in found.objections] == [("CIV",), ("CIV", "SEN")]
    assert found.objections[1].excess_musd == pytest.approx(2)


def test_a_member_that_loses_objects_alone(three):
    """An agreement under which a member loses is called stable."""
    found = stability(given(three, [-1, 5, 6]), game(0, 0, 0, 10), side_payments=True)
    assert [each.members for each in found.objections] == [("CIV",)]
    without = stability(given(three, [-1, 5, 6]), game(0, 0, 0, 10), side_payments=False)
    assert [each.members for each in without.deviations] == [("CIV",)]
    assert without.deviations[0].gains.tolist() == [0]


def test_nobody_objects_to_the_shapley_value_of_a_convex_game(three):
    """Shapley (1971): it lies in the core of every convex game."""
    values = game(2, 3, 4, 9)
    found = stability(given(three, shapley(values).musd), values, side_payments=True)
    assert found.stable
    assert found.worst is None
    assert found.unclaimed_musd == pytest.approx(0, abs=1e-9)


def test_where_the_core_is_empty_somebody_always_objects(three):
    """A split of an indivisible majority's prize is called stable."""
    values = game(1, 1, 1, 1)
    for split in product(np.linspace(0, 1, 5), repeat=2):
        if sum(split) <= 1:
            shares = [*split, 1 - sum(split)]
            assert not stability(given(three, shares), values, side_payments=True).stable


def test_a_hair_more_is_no_objection(three):
    """Rounding makes coalitions object."""
    values = game(6, 0, 0, 9)
    assert stability(given(three, [3 - 1e-9, 3, 3]), values, side_payments=True).stable
    assert not stability(given(three, [3 - 1e-4, 3, 3]), values, side_payments=True).stable


def best_smallest_excess(world, members, agreed) -> float:
    """On a grid of shares kept, by how much all of some members can have more."""
    talks = open_talks(world, members, limits=Limits(by="member"))
    shares = product(np.linspace(0, 1, GRID), repeat=talks.count)
    return max(float((talks.gains(np.array(share)) - agreed).min()) for share in shares)


@pytest.fixture(scope="module")
def tied(three):
    """The talks with one lever for each member, and their values."""
    talks = open_talks(three, MEMBERS, limits=Limits(by="member"))
    return talks, coalition_values(talks)


def test_a_deviation_gives_every_member_more(three, tied):
    """Without payments: a coalition is said to object that loses by it, or one is overlooked."""
    talks, values = tied
    agreed = Agreed(talks, np.full(3, 0.001))
    found = stability(agreed, values, thorough=True)
    assert not found.side_payments
    assert found.tried == len(found.objections)
    objecting = {each.members for each in found.deviations}
    known = {pair: best_smallest_excess(three, pair, 0.001) for pair in combinations(MEMBERS, 2)}
    assert objecting == {pair for pair in known if known[pair] > 1e-8}
    assert objecting
    for each in found.deviations:
        assert (each.gains > each.agreed).all()
        assert (each.agreed == 0.001).all()
        assert (each.gains - each.agreed).min() >= 0.98 * known[each.members]
    first = stability(agreed, values)
    assert len(first.deviations) == 1
    assert first.deviations[0].members == found.deviations[0].members
    assert first.tried <= found.tried


def test_what_needs_payments_is_no_deviation_without_them(tied):
    """A coalition objects although one of its members would have less."""
    talks, values = tied
    income = talks.before.income[talks.at]
    pair = values.value(["CIV", "EGY"])
    gains = np.array([0.0, 0.9 * pair, 5.0 * pair]) / income
    found = stability(Agreed(talks, gains), values, thorough=True)
    assert [each.members for each in found.objections] == [("CIV", "EGY")]
    assert found.tried == 1
    assert found.deviations == ()
    assert found.stable
    assert not stability(Agreed(talks, gains), values, side_payments=True).stable


def test_all_of_its_members_must_have_more(tied):
    """A coalition objects because one of its members would have more."""
    talks, values = tied
    income = talks.before.income[talks.at]
    pair = values.value(["CIV", "EGY"])
    gains = np.array([-0.5 * pair, 1.4 * pair, 9.0 * pair]) / income
    found = stability(Agreed(talks, gains), values, thorough=True)
    assert {each.members for each in found.objections} == {("CIV",), ("CIV", "EGY")}
    assert [each.members for each in found.deviations] == [("CIV",)]


def test_the_rest_is_tried_elsewhere(tied, monkeypatch):
    """Coalitions tried after the first few are taken for others."""
    talks, values = tied
    agreed = Agreed(talks, np.full(3, 0.001))
    here = stability(agreed, values, thorough=True)
    monkeypatch.setattr(module, "FEW", 1)
    there = stability(agreed, values, thorough=True, workers=0)
    assert there.tried == here.tried > 1
    assert there.to_dict() == here.to_dict()


def test_by_default_payments_are_possible_where_transfers_are(three, tied):
    """Transfers among the levers change nothing about who objects."""
    _, values = tied
    paid = open_talks(three, MEMBERS, levers=("tariffs", "transfers"), limits=Limits(by="member"))
    gains = np.full(3, 0.001)
    assert stability(Agreed(paid, gains), values).side_payments
    assert stability(Agreed(paid, gains), values).tried == 0
    assert stability(Agreed(paid, gains), values, side_payments=False).tried > 0


def test_progress_and_record(tied):
    """The record says other things than the result, or progress is not told."""
    talks, values = tied
    told = []
    found = stability(
        Agreed(talks, np.full(3, 0.001)),
        values,
        thorough=True,
        done=lambda *counts: told.append(counts),
    )
    assert told == [(at + 1, found.tried) for at in range(found.tried)]
    record = found.to_dict()
    assert record["stable"] is False
    assert record["tried"] == found.tried
    assert record["objections"][0]["members"] == list(found.worst.members)
    assert record["objections"][0]["excess_per_head_musd"] == found.worst.excess_per_head_musd
    assert sum(record["given_musd"].values()) + record["unclaimed_musd"] == pytest.approx(
        values.whole_musd
    )
    (first, *_) = found.deviations
    code = first.members[0]
    assert record["deviations"][0][code] == {
        "welfare_change_pct": 100 * first.gains[0],
        "agreed_pct": pytest.approx(0.1),
    }


def test_sampled_values_are_said_not_to_be_all(three):
    """A check of some coalitions passes for one of all."""
    values = game(0, 0, 0, 9)
    some = replace(values, coalitions=values.coalitions[[0, 1, 2, 4, 7]], musd=values.musd[[0] * 5])
    found = stability(given(three, [3, 3, 3]), some, side_payments=True)
    assert not found.exhaustive
    assert found.coalitions == 3


def test_values_of_others_are_refused(three):
    """The values of one group judge the agreement of another."""
    values = CoalitionValues.of(("CIV", "EGY", "ZAF"), lambda _: 0.0)
    with pytest.raises(InputError, match="coalitions of CIV, EGY, ZAF, the agreement is of CIV"):
        stability(given(three, [3, 3, 3]), values)

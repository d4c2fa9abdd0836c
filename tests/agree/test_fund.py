"""The fund: the best of all together, shared by what each adds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandung.agree import bargain, solve
from bandung.agree.coalitions import coalition_values, shapley
from bandung.agree.corridors import Corridor
from bandung.agree.fund import fund
from bandung.agree.limits import Limits
from bandung.agree.talks import open_talks
from bandung.errors import InputError

MEMBERS = ("CIV", "EGY", "SEN")
CLOSE = 1e-6
SAME = 1e-8


@pytest.fixture(scope="module")
def shared(three):
    """Their fund, one lever for each member."""
    return bargain(three, MEMBERS, "fund", by="member", most_paid=0.05)


def test_together_they_reach_the_best_there_is(grid):
    """A point of a grid gives all together more than the fund is made of."""
    talks, _, gains = grid
    income = talks.before.income[talks.at]
    best = float((gains @ income).max())
    whole = coalition_values(talks).whole_musd
    assert whole >= best * (1 - 1e-9)
    assert whole < 1.01 * best


def test_each_ends_with_its_shapley_value(shared, grid):
    """Somebody gets other than it adds on average; what is over is not shared in proportion."""
    talks = grid[0]
    expected = shapley(coalition_values(talks)).musd
    income = talks.before.income[talks.at]
    multiple = shared.gains * income / expected
    assert multiple == pytest.approx(np.full(3, multiple[0]), rel=CLOSE)
    assert abs(multiple[0] - 1) < 0.02
    assert shared.ideal == pytest.approx(expected / income, rel=CLOSE)
    welfare = shared.outcome.welfare_change.to_numpy()[:3]
    assert welfare == pytest.approx(shared.gains, abs=SAME)


def test_what_is_paid_is_received(shared):
    """Money comes from nowhere, or from those outside."""
    paid = shared.levers.transfers
    assert paid[:3] == pytest.approx(shared.transfers)
    assert paid[3] == 0
    assert abs(paid.sum()) < SAME
    assert np.abs(paid).max() > 0.1
    assert (shared.transfers >= -0.05 * shared.talks.before.income[:3] * (1 + SAME)).all()
    assert shared.to_dict()["transfers_musd"] == pytest.approx(
        dict(zip(MEMBERS, shared.transfers, strict=True))
    )


def test_without_transfers_it_is_the_schedule_that_serves_all_together(shared, three):
    """The tariffs of the fund are others than those of the largest sum."""
    alone = solve(three, tariff_new=shared.tariff_new)
    income = alone.before.income[:3]
    total = alone.welfare_change.to_numpy()[:3] @ income
    assert total == pytest.approx(coalition_values(shared.talks).whole_musd, rel=CLOSE)
    assert total >= bargain(three, MEMBERS, "utilitarian", by="member").gains @ income - SAME


def test_a_fund_builds_corridors_too(three):
    """Corridors are left out, or what they cost is."""
    road = Corridor(("CIV", "EGY"), 0.1, 0.3)
    found = bargain(
        three,
        MEMBERS,
        "fund",
        levers=("tariffs", "corridors"),
        corridors=[road],
        by="member",
        most_paid=0.05,
    )
    assert found.talks.corridor_cuts(found.position) == pytest.approx([0.1])
    assert found.costs.sum() == pytest.approx(0.3)
    assert found.talks.kinds == ("tariffs", "corridors", "transfers")
    income = found.talks.before.income[:3]
    welfare = found.outcome.welfare_change.to_numpy()[:3]
    assert (1 + welfare) * (1 - found.costs / income) - 1 == pytest.approx(found.gains, abs=SAME)


def test_who_would_pay_more_than_it_may_is_told(three):
    """A member pays more than its limit, or is not told how much it would be."""
    with pytest.raises(InputError, match=r"would pay \d\.\d+ % of its income .* limit is 0\.1 %"):
        bargain(three, MEMBERS, "fund", by="member", most_paid=0.001)


def test_who_costs_others_more_than_it_adds_is_told(three, monkeypatch):
    """Somebody is left worse off than today by its share, in silence."""
    from bandung.agree import fund as module  # noqa: PLC0415

    talks = open_talks(three, MEMBERS, limits=Limits(by="member"))
    shares = shapley(coalition_values(talks))

    def lowered(values):
        musd = shapley(values).musd - np.array([0, 0, 10.0])
        return type(shares)(values.members, musd, None, 0)

    monkeypatch.setattr(module, "shapley", lowered)
    with pytest.raises(InputError, match="would leave SEN worse off by"):
        fund(talks)


def test_where_cuts_serve_nobody_there_is_no_fund(three):
    """Limits that force cuts doing harm are kept, and the harm is said to be a gain of 0."""
    tariff = np.full_like(three.tariff, 0.01)
    tariff[3] = 1.5
    tariff[np.arange(4), np.arange(4)] = 0
    world = three.replace(tariff=tariff)
    found = bargain(world, MEMBERS, "fund", by="all")
    assert (found.gains == 0).all()
    assert (found.tariff_new == world.tariff).all()
    assert (found.transfers == 0).all()
    assert found.obstacle is not None
    with pytest.raises(InputError, match="the least cut"):
        bargain(world, MEMBERS, "fund", by="all", least_cut=0.9)


def test_in_no_year_of_a_phase_in_does_anybody_lose(three):
    """The fund pays in full from the first year while tariffs fall slowly: somebody loses then."""
    at_once = bargain(three, MEMBERS, "fund", by="member", most_paid=0.05)
    slow = {"EGY": 10}
    assert replace(at_once, phase_in=slow).path()[0].min() < -0.01
    with pytest.raises(InputError, match="CIV loses in year 1 of the phase-in"):
        bargain(three, MEMBERS, "fund", by="member", most_paid=0.05, phase_in=slow)
    found = bargain(three, MEMBERS, "fund", by="member", most_paid=0.05, phase_in={"SEN": 2})
    assert found.path().min() > 0
    assert (found.position == at_once.position).all()

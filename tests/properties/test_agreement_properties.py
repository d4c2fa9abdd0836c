"""What must hold of any agreement: nothing outside its levers moves, and limits hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandung import World, solve
from bandung.agree import bargain
from bandung.agree.corridors import Corridor
from bandung.agree.talks import KINDS
from bandung.errors import InputError

CODES = ("CIV", "EGY", "SEN", "ZAF")
SAME = 1e-8
EXACT = 1e-12
FEW = settings(max_examples=12, deadline=None, derandomize=True)
"""All worlds are of one size, so that programs are compiled once."""

cuts = st.tuples(st.floats(0, 0.3), st.floats(0.4, 1)).map(
    lambda pair: {"least_cut": pair[0], "most_cut": pair[1]}
)
limits = st.fixed_dictionaries(
    {
        "by": st.sampled_from(["line", "sector", "mfn", "member", "all"]),
        "floor": st.sampled_from([0.0, 0.02, 0.1]),
        "exempt": st.sets(st.sampled_from(CODES[:3]), max_size=1),
        "exclude": st.sets(st.sampled_from(["mills", "CIV:farms"]), max_size=1),
        "most_sectors": st.sampled_from([None, 1]),
    }
)
worlds = st.integers(0, 2**32 - 1)
principles = st.sampled_from(["egalitarian", "nash", "kalai-smorodinsky", "utilitarian"])


def world_of(seed: int) -> World:
    """Sales and tariffs drawn at random; some members do not trade, some tariffs are none."""
    rng = np.random.default_rng(seed)
    own = np.arange(4)
    trade = rng.uniform(1, 9, (4, 4, 2)) * (rng.random((4, 4, 2)) > 0.1)
    tariff = rng.uniform(0.0, 0.6, (4, 4, 2)) * (rng.random((4, 4, 2)) > 0.2)
    trade[own, own] += rng.uniform(20, 120, 4)[:, None]
    tariff[own, own] = 0
    return World.from_arrays(
        members=CODES,
        sectors=["farms", "mills"],
        trade_value=trade,
        tariff=tariff,
        trade_elasticity=rng.uniform(2, 8, 2),
    )


def agreed(world, *asked, **words):
    """The agreement, or None where there is nothing to lower."""
    try:
        return bargain(world, CODES[:3], *asked, **words)
    except InputError as refused:
        assert "no tariff to lower" in str(refused) or "cannot all hold" in str(refused)  # noqa: PT017
        return None


def assert_tariffs(world, found, floor=0.0, exempt=(), **_):
    old, new = world.tariff, found.tariff_new
    assert (new <= old).all()
    assert (new >= np.minimum(old, floor) - EXACT).all()
    outside = np.ones(old.shape, dtype=bool)
    outside[:3, :3] = False
    for code in exempt:
        outside[:, CODES.index(code)] = True
    assert (new[outside] == old[outside]).all()


@FEW
@given(seed=worlds, principle=principles, limited=limits)
def test_only_members_tariffs_on_each_other_fall_and_nobody_loses(seed, principle, limited):
    """A tariff rises, falls below the floor, or is another's; or somebody loses.

    Or a sector too many is opened, what is excluded falls, or gains are not those of the schedule.
    """
    world = world_of(seed)
    found = agreed(world, principle, **limited)
    if found is None:
        return
    assert_tariffs(world, found, **limited)
    fallen = found.tariff_new < world.tariff - SAME
    if limited["most_sectors"]:
        assert fallen.any(axis=0).sum(axis=1).max() <= 1
    if "mills" in limited["exclude"]:
        assert not fallen[:, :, 1].any()
    if "CIV:farms" in limited["exclude"]:
        assert not fallen[:, 0, 0].any()
    assert (found.gains >= 0).all()
    assert found.levers.trade_cost_change is None
    assert found.levers.transfers is None
    welfare = solve(world, tariff_new=found.tariff_new).welfare_change.to_numpy()[:3]
    assert found.gains == pytest.approx(welfare, abs=SAME)
    assert (found.obstacle is None) == (found.gains.min() > SAME)


@FEW
@given(seed=worlds, limited=cuts, by=st.sampled_from(["line", "sector", "member"]))
def test_cuts_stay_within_their_limits(seed, limited, by):
    """A tariff falls by less or more than was agreed."""
    world = world_of(seed)
    found = agreed(world, by=by, **limited)
    if found is not None:
        old, new = found.talks.present, found.tariff_new[tuple(found.talks.cells.T)]
        assert (new <= (1 - limited["least_cut"]) * old + EXACT).all()
        assert (new >= (1 - limited["most_cut"]) * old - EXACT).all()
        assert_tariffs(world, found)


@FEW
@given(
    seed=worlds,
    principle=principles,
    cut=st.floats(0.01, 0.3),
    cost=st.floats(0, 2),
    shared=st.sampled_from(["equal", "income"]),
    most=st.sampled_from([0.001, 0.05]),
)
def test_with_every_lever_nothing_else_moves(seed, principle, cut, cost, shared, most):
    """Trade costs change off the corridor or rise, or costs are not those of how deep it is built.

    Or transfers reach those outside or do not balance, or a member pays more than it may.
    """
    world = world_of(seed)
    road = Corridor(("CIV", "SEN"), cut, cost, shared, ("mills",))
    found = agreed(world, principle, levers=KINDS, corridors=[road], by="sector", most_paid=most)
    if found is None:
        return
    assert_tariffs(world, found)
    change = found.levers.trade_cost_change
    there = np.zeros(change.shape, dtype=bool)
    there[0, 2, 1] = there[2, 0, 1] = True
    assert (change[~there] == 0).all()
    assert change[0, 2, 1] == change[2, 0, 1]
    assert -cut - EXACT <= change[0, 2, 1] <= 0
    depth = -change[0, 2, 1] / cut
    assert found.costs.sum() == pytest.approx(depth * cost)
    paid = found.levers.transfers
    assert paid[3] == 0
    assert abs(paid.sum()) <= SAME * max(np.abs(paid).sum(), 1)
    assert (paid[:3] >= -most * found.talks.before.income[:3] * (1 + SAME)).all()
    assert (found.gains >= 0).all()

"""How much better an agreement could be at most."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bandung.agree import bargain, upper_bound
from bandung.errors import InputError

MEMBERS = ("CIV", "EGY", "SEN")


@pytest.mark.parametrize("by", ["line", "member"])
def test_the_bound_is_above_what_is_reached(three, by):
    """An agreement passes its own bound, or the bound is far above it."""
    found = bargain(three, MEMBERS, by=by)
    bound = upper_bound(found)
    assert bound.smallest_gain == found.smallest_gain
    assert bound.at_most >= found.smallest_gain
    assert bound.reached == found.smallest_gain / bound.at_most
    assert bound.gap >= 0
    assert len(bound.tops) == 3
    if by == "line":
        assert bound.reached > 0.99


def test_no_point_of_a_grid_passes_the_bound(three, grid):
    """Brute force finds a schedule that gives everyone more than the bound."""
    found = bargain(three, MEMBERS, by="member")
    bound = upper_bound(found)
    assert grid[2].min(axis=1).max() <= bound.at_most
    weighted = grid[2] @ found.multiplier
    assert weighted.max() <= bound.at_most
    assert weighted.max() >= 0.99 * bound.at_most


@pytest.mark.parametrize("principle", ["nash", "kalai-smorodinsky", "utilitarian"])
def test_the_bound_is_of_the_smallest_gain_by_any_principle(three, principle):
    """The bound of another principle's agreement lies below what the smallest gain can be."""
    best = bargain(three, MEMBERS).smallest_gain
    found = bargain(three, MEMBERS, principle)
    assert upper_bound(found).at_most >= best > found.smallest_gain


def test_whatever_sectors_are_opened_the_bound_holds():
    """Members that may open one sector each choose others, and all gain more than the bound."""
    from bandung import World  # noqa: PLC0415

    rng = np.random.default_rng(58)
    own = np.arange(4)
    trade, tariff = rng.uniform(1, 9, (4, 4, 2)), rng.uniform(0.1, 0.6, (4, 4, 2))
    trade[own, own] += np.array([30, 60, 90, 120])[:, None]
    tariff[own, own] = 0
    world = World.from_arrays(
        members=["CIV", "EGY", "SEN", "ZAF"],
        sectors=["farms", "mills"],
        trade_value=trade,
        tariff=tariff,
        trade_elasticity=[3.0, 5.0],
    )
    bound = upper_bound(bargain(world, MEMBERS, most_sectors=1)).at_most
    for choice in product(world.sectors, repeat=3):
        shut = [
            f"{code}:{sector}"
            for code, open_ in zip(MEMBERS, choice, strict=True)
            for sector in world.sectors
            if sector != open_
        ]
        assert bargain(world, MEMBERS, exclude=shut).smallest_gain <= bound


def test_limits_hold_for_the_bound_too(three):
    """The bound is that of other limits than the agreement's."""
    found = bargain(three, MEMBERS, by="member", floor=0.2)
    bound = upper_bound(found)
    assert found.smallest_gain <= bound.at_most < upper_bound(bargain(three, MEMBERS)).at_most


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"levers": ("tariffs", "transfers")}, "tariffs and corridors, from the status quo"),
        ({"threat": "standoff"}, "from the status quo"),
        ({"members": ("CIV", "EGY"), "by": "all", "exclude": ["CIV"]}, None),
    ],
)
def test_what_has_no_such_bound_is_refused(three, asked, says):
    """A bound is given where the argument for it does not hold."""
    if says is None:
        world = three.replace(tariff=0.2 * three.tariff)
        found, says = bargain(world, MEMBERS, by="all"), "see its obstacle"
    else:
        found = bargain(three, MEMBERS, by="member", **asked)
    with pytest.raises(InputError, match=says):
        upper_bound(found)

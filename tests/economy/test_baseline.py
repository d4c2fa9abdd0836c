"""`Baseline` reads a world as it is; it and `Levers` refuse what no economy can be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandung import Levers, World
from bandung.economy import baseline as economy_baseline
from bandung.economy.baseline import Baseline
from bandung.errors import InputError, WorldError
from bandung.world import model

IDENTITY = 1e-12
"""Relative; sums of a few dozen doubles."""


def small_world(low: float = 0.05) -> World:
    """Three members and two sectors, with one input share of `low`."""
    rng = np.random.default_rng(1955)
    trade = rng.uniform(1, 9, (3, 3, 2))
    tariff = rng.uniform(0, 0.3, (3, 3, 2))
    own = np.arange(3)
    trade[own, own] += 30
    tariff[own, own] = 0
    shares = rng.uniform(0.05, 0.3, (3, 2, 2))
    shares[1, 0, 1] = low
    return World.from_arrays(
        members=["AGO", "CIV", "ZAF"],
        sectors=["farms", "mills"],
        trade_value=trade,
        tariff=tariff,
        input_share=shares,
        trade_elasticity=[3.0, 5.0],
    )


@pytest.fixture(scope="module")
def base() -> Baseline:
    return Baseline.of(small_world())


def with_cell(array: np.ndarray, cell: tuple[int, ...], value: float) -> np.ndarray:
    changed = array.copy()
    changed[cell] = value
    return changed


def test_a_baseline_says_of_a_world_what_the_world_says():
    """Trade, revenue, value-added shares and income derived here are the world's own."""
    world = small_world()
    base = Baseline.of(world)
    assert base.trade_value == pytest.approx(world.trade_value, rel=IDENTITY)
    assert base.tariff_revenue == pytest.approx(world.tariff_revenue, rel=IDENTITY)
    assert base.value_added_share == pytest.approx(world.value_added_share, rel=IDENTITY)
    assert base.income == pytest.approx(world.final_demand.sum(axis=1), rel=IDENTITY)
    assert base.final_share * base.income[:, None] == pytest.approx(
        world.final_demand, rel=IDENTITY
    )


def test_whoever_spends_nothing_in_the_end_still_has_shares_of_spending():
    """Final shares sum to 1 for every member, or a price index would be no mean of prices."""
    world = small_world()
    trade = world.trade_value.copy()
    trade[:, 1] = 0
    base = Baseline.of(world.replace(trade_value=trade, input_share=0 * world.input_share))
    assert base.final_share[[0, 2]].sum(axis=1) == pytest.approx(1, rel=IDENTITY)
    assert np.isfinite(base.final_share).all()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tariff", -1.0, r"tariff is -1 at position \(0, 1, 0\): a tariff must be above −1"),
        ("tariff", np.nan, r"tariff is nan at position \(0, 1, 0\): it must be a number"),
        ("trade_share", np.inf, r"trade_share is inf at position \(0, 1, 0\)"),
        ("input_share", -0.0011, r"input_share is -0.0011 at .*: shares must be at least -0.001"),
        ("input_share", 1.0, r"value_added_share is -.* input shares must sum to less than 1"),
    ],
)
def test_a_baseline_names_the_cell_that_cannot_be(base, name, value, message):
    """A figure that breaks the equations is refused with its position, not solved with."""
    array = with_cell(getattr(base, name), (0, 1, 0), value)
    with pytest.raises(InputError, match=message):
        replace(base, **{name: array})


@pytest.mark.parametrize(
    "name",
    [
        "tariff",
        "input_share",
        "value_added",
        "final_share",
        "deficit",
        "expenditure",
        "trade_elasticity",
    ],
)
def test_a_baseline_refuses_arrays_that_do_not_fit(base, name):
    """An array of another world's size would be broadcast into nonsense."""
    short = getattr(base, name)[:-1]
    wanted = ", ".join(str(size) for size in getattr(base, name).shape)
    with pytest.raises(InputError, match=rf"{name} has shape \(.*\); it should be \({wanted},?\)"):
        replace(base, **{name: short})


@pytest.mark.parametrize("value", [0.0, -4.0])
def test_a_baseline_refuses_elasticities_that_are_not_above_zero(base, value):
    """With θ ≤ 0 dearer goods would be bought more."""
    with pytest.raises(InputError, match=r"trade_elasticity is -?\d at position \(1,\)"):
        replace(base, trade_elasticity=np.array([4.0, value]))


def test_a_world_and_a_baseline_draw_the_line_for_input_shares_at_one_place():
    """What a world takes as published, an equilibrium must take; what it refuses, both refuse."""
    assert model.LOWEST_INPUT_SHARE == economy_baseline.LOWEST_SHARE == -0.001
    world = small_world(low=-0.0009)
    (noted,) = world.adjustments
    assert noted.what == "input share"
    assert noted.where == "member CIV, input farms, sector mills"
    assert Baseline.of(world).input_share[1, 0, 1] == noted.was == noted.now == -0.0009
    with pytest.raises(WorldError, match=r"input_share is -0.0011 at member CIV, input farms"):
        small_world(low=-0.0011)


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        (Levers(tariff_new=np.full((3, 3, 2), -1.0)), r"tariff_new is -1 at position \(0, 0, 0\)"),
        (Levers(tariff_new=np.full((3, 3, 2), np.nan)), r"tariff_new is nan .* a number"),
        (Levers(tariff_new=np.full((3, 3, 2), np.inf)), r"tariff_new is inf .* must be finite"),
        (
            Levers(tariff_new=np.full((3, 3, 2), 0.1)),
            r"tariff_new is 0.1 at position \(0, 0, 0\): a member levies no tariff on itself",
        ),
        (Levers(tariff_new=np.zeros((3, 2))), r"tariff_new has shape \(3, 2\); .* \(3, 3, 2\)"),
        (Levers(trade_cost_change=np.full((3, 3, 2), -1.0)), r"trade_cost_change is -1 at"),
        (Levers(trade_cost_change=np.full((3, 3, 2), np.nan)), r"trade_cost_change is nan at"),
        (Levers(trade_cost_change=np.zeros((3, 3))), r"trade_cost_change has shape \(3, 3\)"),
        (Levers(productivity_change=np.full((3, 2), -1.5)), r"productivity_change is -1.5 at"),
        (Levers(productivity_change=np.full((3, 2), np.inf)), r"productivity_change is inf at"),
        (Levers(productivity_change=np.zeros((2, 3))), r"productivity_change has shape \(2, 3\)"),
        (Levers(transfers=np.array([1.0, 2.0, -2.0])), r"transfers sum to 1 million USD; .* to 0"),
        (Levers(transfers=np.array([np.inf, -np.inf, 0])), r"transfers is inf at position \(0,\)"),
        (Levers(transfers=np.zeros(2)), r"transfers has shape \(2,\); it should be \(3,\)"),
    ],
)
def test_levers_name_the_cell_that_cannot_be(base, levers, message):
    """A lever out of bounds is refused by name and position before anything is solved."""
    with pytest.raises(InputError, match=message):
        levers.check(base)


def test_levers_take_what_is_extreme_but_possible(base):
    """Subsidies, trade that stops, and transfers that sum to 0 but for rounding are no errors."""
    Levers(
        tariff_new=np.where(np.eye(3)[:, :, None] > 0, 0.0, np.full((3, 3, 2), -0.99)),
        trade_cost_change=np.full((3, 3, 2), np.inf),
        productivity_change=np.full((3, 2), -0.99),
        transfers=np.array([0.1, 0.2, -0.3]) * 1e6,
    ).check(base)

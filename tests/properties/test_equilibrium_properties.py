"""What must hold of any equilibrium in changes: units, names and borders, and known formulas."""

from __future__ import annotations

import numpy as np
import pytest

from bandung import Levers, Outcome, World, solve
from bandung.agree import solve_many

SAME = 1e-9
"""Ratios; two equilibria, each solved to 1e-11."""
CODES = ("AGO", "BRA", "CIV", "EGY", "ZAF")
SEEDS = (0, 1, 2)
RESULTS = (
    "welfare_change",
    "real_wage_change",
    "wage_change",
    "price_change",
    "terms_of_trade",
    "volume_of_trade",
)


def drawn(seed: int, members: int = 5, sectors: int = 3, **changed) -> World:
    """Sales, tariffs, inputs and elasticities drawn at random, and some of them given."""
    rng = np.random.default_rng(seed)
    n, j, own = members, sectors, np.arange(members)
    trade, tariff = rng.uniform(1, 9, (n, n, j)), rng.uniform(0, 0.3, (n, n, j))
    trade[own, own] += 30
    tariff[own, own] = 0
    figures = {
        "members": CODES[:n],
        "sectors": [f"S{number}" for number in range(j)],
        "trade_value": trade,
        "tariff": tariff,
        "input_share": rng.uniform(0, 0.6 / j, (n, j, j)),
        "trade_elasticity": rng.uniform(2, 8, j),
    }
    return World.from_arrays(**{**figures, **changed})


def shock(world: World, seed: int) -> dict[str, np.ndarray]:
    """Every lever moved, all by much."""
    rng = np.random.default_rng(100 + seed)
    n, j = world.output.shape
    paid = rng.normal(size=n)
    return {
        "tariff_new": world.tariff * rng.uniform(0, 3, (n, n, j)),
        "trade_cost_change": np.expm1(0.2 * rng.normal(size=(n, n, j))),
        "productivity_change": np.expm1(0.2 * rng.normal(size=(n, j))),
        "transfers": 3 * (paid - paid.mean()),
    }


def as_arrays(outcome: Outcome) -> dict[str, np.ndarray]:
    return {name: getattr(outcome, name).to_numpy() for name in RESULTS}


@pytest.mark.parametrize("rule", ["fixed", "zero", "proportional"])
@pytest.mark.parametrize("factor", [1e-6, 1e3])
def test_the_unit_of_money_changes_no_ratio(factor, rule):
    """In billions or in cents, an economy is the same: only money itself is scaled."""
    world = drawn(0)
    levers = shock(world, 0)
    scaled = world.replace(trade_value=factor * world.trade_value)
    here = solve(world, **levers, deficits=rule)
    there = solve(scaled, **{**levers, "transfers": factor * levers["transfers"]}, deficits=rule)
    expected = as_arrays(here)
    for name, found in as_arrays(there).items():
        assert found == pytest.approx(expected[name], abs=SAME), name
    sales = factor * here.trade_value.to_numpy()
    assert there.trade_value.to_numpy() == pytest.approx(sales, rel=SAME)


@pytest.mark.parametrize("seed", SEEDS)
def test_equality_the_order_of_members_and_sectors_changes_nothing(seed):
    """Whoever stands first in the table gains nothing by it: results are permuted alike."""
    world, rng = drawn(seed), np.random.default_rng(seed)
    levers = shock(world, seed)
    rows, columns = rng.permutation(5), rng.permutation(3)
    flow, cell = np.ix_(rows, rows, columns), np.ix_(rows, columns)
    turned = World.from_arrays(
        members=[world.members[row] for row in rows],
        sectors=[world.sectors[column] for column in columns],
        trade_value=world.trade_value[flow],
        tariff=world.tariff[flow],
        input_share=world.input_share[np.ix_(rows, columns, columns)],
        trade_elasticity=world.trade_elasticity[columns],
    )
    where = {
        "tariff_new": flow,
        "trade_cost_change": flow,
        "productivity_change": cell,
        "transfers": rows,
    }
    other = solve(turned, **{name: array[where[name]] for name, array in levers.items()})
    assert other.world.checksum == world.checksum
    here, there = solve(world, **levers).to_xarray(), other.to_xarray().sortby(["member", "sector"])
    for name in RESULTS:
        assert there[name].to_numpy() == pytest.approx(here[name].to_numpy(), abs=SAME), name


@pytest.mark.parametrize("inputs", [False, True], ids=["without inputs", "with inputs"])
@pytest.mark.parametrize("seed", SEEDS)
def test_one_sector_without_tariffs_follows_the_formula_from_domestic_shares(seed, inputs):
    """Welfare is π̂_dd^(−1/(θβ)) of one's own domestic share alone, whatever moved abroad.

    Without inputs β = 1: Arkolakis, Costinot & Rodríguez-Clare (2012), American Economic Review
    102(1), equation (1); with inputs Costinot & Rodríguez-Clare (2014), Handbook of International
    Economics 4, section 3.3. Deficits are closed, as there.
    """
    world = drawn(seed, sectors=1, tariff=None)
    if not inputs:
        world = world.replace(input_share=None)
    cost = shock(world, seed)["trade_cost_change"]
    own = np.arange(5)
    cost[own, own] = 0
    outcome = solve(world, trade_cost_change=cost, deficits="zero")
    after = outcome.trade_value.to_numpy()[own, own, 0] / outcome.after.expenditure[:, 0]
    change = after / outcome.before.trade_share[own, own, 0]
    exponent = -1 / (world.trade_elasticity * world.value_added_share[:, 0])
    welfare = change**exponent - 1
    assert np.abs(welfare).max() > 1e-3
    assert outcome.welfare_change.to_numpy() == pytest.approx(welfare, abs=SAME)
    assert outcome.real_wage_change.to_numpy() == pytest.approx(welfare, abs=SAME)


@pytest.mark.parametrize("seed", SEEDS)
def test_real_wages_follow_from_domestic_shares_and_sectoral_prices(seed):
    """The log of ŵ/P̂ splits as in Caliendo & Parro (2015), equation (15), with tariffs and inputs.

    The three sums are over final spending: domestic shares, the same through inputs, and prices
    of inputs over that of the sector itself.
    """
    world = drawn(seed)
    levers = shock(world, seed)
    levers["productivity_change"] *= 0
    levers["trade_cost_change"][np.arange(5), np.arange(5)] = 0
    outcome = solve(world, **levers)
    own, theta = np.arange(5), world.trade_elasticity
    spending = outcome.after.expenditure
    share = outcome.trade_value.to_numpy()[own, own] / spending
    fall = np.log(share / world.trade_share[own, own])
    price = np.log1p(outcome.price_change.to_numpy())
    relative = price[:, :, None] - price[:, None, :]
    beta, alpha = world.value_added_share, outcome.before.final_share
    final = -(alpha / theta * fall).sum(axis=1)
    through_inputs = -(alpha / theta * (1 - beta) / beta * fall).sum(axis=1)
    linkages = -np.einsum("dj,dkj,dkj->d", alpha / beta, world.input_share, relative)
    expected = np.expm1(final + through_inputs + linkages)
    assert outcome.real_wage_change.to_numpy() == pytest.approx(expected, abs=SAME)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_border_drawn_through_a_member_changes_nobodys_welfare(seed):
    """Two halves of a member that trade freely with each other are, to all, the whole.

    Were welfare to depend on how a country is cut into members, counting would be politics.
    """
    whole = drawn(seed, members=4)
    tariff = whole.tariff * np.random.default_rng(seed).uniform(0, 3, whole.tariff.shape)
    part_of, size = np.array([0, 0, 1, 2, 3]), np.array([0.5, 0.5, 1, 1, 1])
    cut = np.ix_(part_of, part_of)
    halves = World.from_arrays(
        members=CODES,
        sectors=whole.sectors,
        trade_value=whole.trade_value[cut] * size[:, None, None] * size[:, None],
        tariff=whole.tariff[cut],
        input_share=whole.input_share[part_of],
        trade_elasticity=whole.trade_elasticity,
    )
    one, other = solve(whole, tariff_new=tariff), solve(halves, tariff_new=tariff[cut])
    assert np.abs(one.welfare_change).max() > 1e-3
    for name in ("welfare_change", "real_wage_change", "wage_change", "price_change"):
        expected = getattr(one, name).to_numpy()[part_of]
        assert getattr(other, name).to_numpy() == pytest.approx(expected, abs=SAME), name


@pytest.mark.parametrize("better", [0.1, -0.2])
def test_everybody_better_at_everything_is_better_off_by_as_much_and_by_inputs(better):
    """Productivity Â everywhere, value added β of every sale: welfare is Â^(1/β), trade as before.

    Inputs made with better inputs compound: 1 + (1 − β) + (1 − β)² + … = 1/β.
    """
    rng = np.random.default_rng(5)
    inputs = rng.uniform(0.1, 1, (5, 3, 3))
    world = drawn(5, input_share=0.4 * inputs / inputs.sum(axis=1, keepdims=True))
    outcome = solve(world, productivity_change=np.full((5, 3), better))
    expected = (1 + better) ** (1 / 0.6) - 1
    assert outcome.welfare_change.to_numpy() == pytest.approx(expected, abs=SAME)
    assert outcome.wage_change.to_numpy() == pytest.approx(0, abs=SAME)
    assert outcome.trade_value.to_numpy() == pytest.approx(world.trade_value, rel=SAME)


def test_dearer_trade_with_oneself_is_a_worse_technology():
    """A trade cost on all that a member sells, to itself too, is the productivity it lacks."""
    world = drawn(4)
    cost = np.zeros((5, 5, 3))
    cost[2, :, 1] = 0.25
    worse = np.zeros((5, 3))
    worse[2, 1] = 1 / 1.25 - 1
    costs, made = solve_many(
        world,
        [
            Levers(trade_cost_change=cost, productivity_change=np.zeros((5, 3))),
            Levers(trade_cost_change=np.zeros((5, 5, 3)), productivity_change=worse),
        ],
    )
    for name in ("welfare_change", "wage_change", "price_change", "trade_value"):
        one, other = getattr(costs, name).to_numpy(), getattr(made, name).to_numpy()
        assert one == pytest.approx(other, rel=SAME, abs=SAME), name

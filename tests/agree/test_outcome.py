"""`Outcome`: labelled results that add up, and worlds that can be asked anything."""

from __future__ import annotations

import re

import numpy as np
import pytest

from bandung import Levers, Outcome, World, solve
from bandung.economy import accounts
from bandung.economy.baseline import Baseline
from bandung.economy.equilibrium import equilibrium

CLEARED = 1e-9
"""Relative gap of a market: each equation is solved to 1e-11 of its own measure."""
UNCHANGED = 1e-10
"""Ratios where nothing moves."""
LABELS = {
    "welfare_change": (("member",), "ratio minus one"),
    "real_wage_change": (("member",), "ratio minus one"),
    "wage_change": (("member",), "ratio minus one"),
    "price_change": (("member", "sector"), "ratio minus one"),
    "trade_value": (("origin", "destination", "sector"), "million USD"),
    "output": (("member", "sector"), "million USD"),
    "tariff_revenue": (("member",), "million USD"),
    "terms_of_trade": (("member",), "share of income before"),
    "volume_of_trade": (("member",), "share of income before"),
    "emissions_change": (("member",), "ratio minus one"),
}


@pytest.fixture(scope="module")
def small(five) -> World:
    """Five members, three sectors, drawn at random; the emissions of one are not known."""
    return five.replace(satellites={"co2_kt": [10.0, 20.0, np.nan, 40.0, 50.0]})


@pytest.fixture(scope="module")
def levers(small) -> dict[str, np.ndarray]:
    """Large random changes of everything."""
    rng = np.random.default_rng(7)
    paid = rng.normal(size=5)
    return {
        "tariff_new": small.tariff * rng.uniform(0, 3, (5, 5, 3)),
        "trade_cost_change": np.expm1(0.2 * rng.normal(size=(5, 5, 3))),
        "productivity_change": np.expm1(0.2 * rng.normal(size=(5, 3))),
        "transfers": 3 * (paid - paid.mean()),
    }


@pytest.fixture(scope="module")
def outcome(small, levers) -> Outcome:
    return solve(small, **levers)


def test_every_market_and_budget_closes_in_the_figures_shown(small, levers, outcome):
    """From the labelled arrays and the world before, anyone can check that the sums are right.

    Output is what is sold; wages are value added's share of it; spending is income and inputs;
    income is wages, revenue and what is lent.
    """
    sales, output = outcome.trade_value.to_numpy(), outcome.output.to_numpy()
    tariff = levers["tariff_new"]
    assert output == pytest.approx(sales.sum(axis=1), rel=CLEARED)
    wages = (1 + outcome.wage_change.to_numpy()) * small.value_added
    assert (small.value_added_share * output).sum(axis=1) == pytest.approx(wages, rel=CLEARED)
    revenue = (tariff * sales).sum(axis=(0, 2))
    assert outcome.tariff_revenue.to_numpy() == pytest.approx(revenue, rel=CLEARED)
    income = wages + revenue + small.deficit + levers["transfers"]
    used = np.einsum("dkj,dj->dk", small.input_share, output)
    final = small.final_demand / small.final_demand.sum(axis=1, keepdims=True)
    spending = (sales * (1 + tariff)).sum(axis=0)
    assert spending == pytest.approx(final * income[:, None] + used, rel=CLEARED)
    assert wages.sum() == pytest.approx(small.value_added.sum(), rel=CLEARED)
    index = np.prod((1 + outcome.price_change.to_numpy()) ** final, axis=1)
    before = small.final_demand.sum(axis=1)
    assert outcome.welfare_change.to_numpy() == pytest.approx(
        income / before / index - 1, abs=CLEARED
    )
    real_wage = (1 + outcome.wage_change.to_numpy()) / index - 1
    assert outcome.real_wage_change.to_numpy() == pytest.approx(real_wage, abs=CLEARED)


def test_buyers_turn_to_whoever_became_cheaper_as_elasticities_say(small, levers, outcome):
    """Ratios of two origins' sales to a buyer move by relative cost to the power −θ alone."""
    cost = accounts.log_cost(outcome.before, outcome.levers, outcome.after)
    spent = outcome.trade_value.to_numpy() * (1 + levers["tariff_new"])
    moved = np.log(spent / (small.trade_value * (1 + small.tariff)))
    dearer = (
        cost[:, None]
        + np.log1p(levers["trade_cost_change"])
        + np.log1p(levers["tariff_new"])
        - np.log1p(small.tariff)
    )
    expected = -small.trade_elasticity * (dearer - dearer[:1])
    assert moved - moved[:1] == pytest.approx(expected, abs=CLEARED)


@pytest.mark.parametrize("rule", ["fixed", "share", "zero", "proportional"])
def test_without_levers_nothing_changes(small, rule):
    """Every array that is a change is 0, and every level is the world's before."""
    still = solve(small, deficits=rule)
    for name, (_, units) in LABELS.items():
        values = getattr(still, name).to_numpy()
        if units != "million USD":
            known = np.isfinite(values)
            assert known.all() or name == "emissions_change"
            assert values[known] == pytest.approx(0, abs=UNCHANGED), name
    before = still.world_before
    assert still.trade_value.to_numpy() == pytest.approx(before.trade_value, rel=UNCHANGED)
    assert still.output.to_numpy() == pytest.approx(before.output, rel=UNCHANGED)
    assert still.tariff_revenue.to_numpy() == pytest.approx(before.tariff_revenue, rel=UNCHANGED)


def test_the_embedded_world_stands_still_too(embedded):
    """The data's own discrepancies do not move anything by themselves."""
    still = solve(embedded)
    assert still.welfare_change.to_numpy() == pytest.approx(0, abs=UNCHANGED)
    assert still.trade_value.to_numpy() == pytest.approx(embedded.trade_value, rel=1e-8)


@pytest.mark.parametrize("name", LABELS)
def test_results_are_labelled(small, outcome, name):
    """Dimensions, coordinates and units are those documented, so that no axis is guessed."""
    array = getattr(outcome, name)
    dims, units = LABELS[name]
    assert array.dims == dims
    assert array.attrs == {"units": units}
    for axis in dims:
        labels = small.sectors if axis == "sector" else small.members
        assert tuple(array.coords[axis].to_numpy()) == labels


def test_everything_is_in_the_dataset(small, outcome):
    """One dataset holds every labelled result, unaltered, and says where it comes from."""
    dataset = outcome.to_xarray()
    assert set(dataset.data_vars) == set(LABELS)
    for name in LABELS:
        assert dataset[name].identical(getattr(outcome, name).rename(name)), name
    assert dataset.attrs["checksum"] == small.checksum
    assert dataset.attrs["world"] == "five"
    assert dataset.attrs["deficits"] == "fixed"
    assert dataset.attrs["elasticities"] == "given"
    assert dataset.attrs["iterations"] == outcome.iterations > 1
    assert dataset.attrs["residual"] == outcome.residual <= 1e-11


def test_the_first_order_parts_are_summed_over_partners_and_sectors(outcome):
    """What is shown by member is the sum of what is kept by partner and sector."""
    parts = accounts.first_order(outcome.before, outcome.levers, outcome.after)
    terms = parts.terms_of_trade.sum(axis=(1, 2))
    volume = parts.volume_of_trade.sum(axis=(1, 2))
    assert np.array_equal(outcome.terms_of_trade.to_numpy(), terms)
    assert np.array_equal(outcome.volume_of_trade.to_numpy(), volume)


def test_the_decomposition_follows_the_rule_for_deficits(small, levers):
    """Taken along a path with another rule, the parts would not add up to this outcome."""
    milder = {name: 0.3 * array for name, array in levers.items() if name != "tariff_new"}
    outcome = solve(small, **milder, deficits="proportional")
    assert np.array_equal(outcome.decomposition.total, outcome.welfare_change.to_numpy())
    assert outcome.decomposition.remainder == pytest.approx(0, abs=1e-8)


def test_the_world_after_is_its_own_equilibrium(outcome):
    """Put into the engine again, the world after stands still at the first look."""
    after = outcome.world_after
    still = equilibrium(Baseline.of(after), tolerance=CLEARED, max_passes=1)
    assert still.residual <= CLEARED
    assert still.wage == pytest.approx(1, abs=CLEARED)
    assert after.name == "five, after"
    assert after.adjustments == outcome.world.adjustments
    assert after.deficit == pytest.approx(outcome.after.deficit, rel=1e-7)
    assert after.final_demand.sum(axis=1) == pytest.approx(outcome.after.income, rel=CLEARED)
    assert after.trade_elasticity.tolist() == outcome.world.trade_elasticity.tolist()


def test_the_world_before_is_the_world_unless_deficits_were_closed(small, levers):
    """With the rule ``"zero"`` changes are measured from a world whose deficits are 0."""
    kept = solve(small, **levers, deficits="proportional")
    assert kept.world_before is small
    closed = solve(small, **levers, deficits="zero")
    before = closed.world_before
    assert np.abs(small.deficit).max() > 1
    assert before.deficit == pytest.approx(0, abs=1e-8)
    assert before.tariff == pytest.approx(small.tariff, abs=0)
    assert np.array_equal(closed.before.trade_value, before.trade_value)
    again = solve(before, **levers)
    assert again.welfare_change.to_numpy() == pytest.approx(
        closed.welfare_change.to_numpy(), abs=CLEARED
    )


def test_emissions_follow_quantities_and_are_unknown_where_they_were(small, outcome):
    """Where the world has no CO2 figure the change is NaN, not 0; elsewhere it is a number."""
    known = np.isfinite(outcome.emissions_change.to_numpy())
    assert known.tolist() == [True, True, False, True, True]
    nowhere = solve(small.replace(satellites={})).emissions_change.to_numpy()
    assert np.isnan(nowhere).all()


def test_emissions_rise_with_quantities_not_with_prices(small):
    """Twice as productive at everything, the world makes twice as much for the same money."""
    simple = small.replace(input_share=None)
    outcome = solve(simple, productivity_change=np.ones((5, 3)))
    found = outcome.emissions_change.to_numpy()
    assert outcome.output.to_numpy() == pytest.approx(simple.output, rel=CLEARED)
    assert found[np.isfinite(found)] == pytest.approx(1, abs=CLEARED)


def test_what_is_printed_of_an_outcome_is_counted_from_it(outcome):
    """The line in the interpreter names the rule and counts who gains."""
    gain = int((outcome.welfare_change > 0).sum())
    assert repr(outcome) == (
        f"Outcome('five', deficits fixed, elasticities given: {gain} of 5 members gain)"
    )
    assert re.search(r"5 of 5", repr(outcome)) is None


def test_an_outcome_says_what_it_was_given(small, levers, outcome):
    """The levers and the baseline can be read back, so that a result can be checked."""
    assert outcome.world is small
    assert isinstance(outcome.levers, Levers)
    assert np.array_equal(outcome.levers.transfers, levers["transfers"])
    assert np.array_equal(outcome.before.trade_share, small.trade_share)

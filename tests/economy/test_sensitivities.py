"""Gradients by the implicit function theorem against central differences of the equilibrium."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandung import Levers
from bandung.economy import accounts
from bandung.economy.baseline import Baseline
from bandung.economy.equilibrium import equilibrium
from bandung.economy.sensitivities import LEVERS, OBJECTIVES, gradients
from bandung.errors import InputError, NotConvergedError

SLOPE = 1e-6
"""Of the largest derivative among members; the adjoint is solved to 1e-9."""
STEP = 2e-3
"""Of each lever: error h⁴ ≈ 1e-11 of the five-point formula, 1e-13/h of what it differences."""
EXACT = 1e-13
"""Tolerance of the equilibria that are differenced."""
NOTHING = 1e-9
"""Of derivatives that are 0; welfare per unit of an elasticity is near 1e-3 elsewhere."""
EVERYBODY = np.arange(5)


@pytest.fixture(scope="module")
def base(five) -> Baseline:
    return Baseline.of(five)


def status_quo(base: Baseline) -> Levers:
    """Every lever at the value that changes nothing, in every cell."""
    return Levers(
        tariff_new=base.tariff,
        trade_cost_change=np.zeros_like(base.tariff),
        productivity_change=np.zeros_like(base.expenditure),
        transfers=np.zeros_like(base.deficit),
    )


def far_away(base: Baseline) -> Levers:
    """Every lever moved by much."""
    rng = np.random.default_rng(7)
    paid = rng.normal(size=5)
    return Levers(
        tariff_new=base.tariff * rng.uniform(0, 3, base.tariff.shape),
        trade_cost_change=np.expm1(0.2 * rng.normal(size=base.tariff.shape)),
        productivity_change=np.expm1(0.2 * rng.normal(size=base.expenditure.shape)),
        transfers=3 * (paid - paid.mean()),
    )


PLACES = {"status quo": status_quo, "far away": far_away}


def directions(base: Baseline) -> dict[str, np.ndarray]:
    """One direction per lever that moves all its cells, by one step's worth."""
    rng = np.random.default_rng(11)
    abroad = 1.0 - np.eye(5)[:, :, None]
    paid = rng.uniform(0.5, 1.5, 5) * np.array([1.0, -1.0, 1.0, -1.0, 0.0]) * 10
    paid[4] = -paid.sum()
    return {
        "tariff": abroad * rng.uniform(0.5, 1.5, base.tariff.shape),
        "trade_cost": rng.uniform(0.5, 1.5, base.tariff.shape),
        "productivity": rng.uniform(0.5, 1.5, base.expenditure.shape),
        "transfer": paid,
        "trade_elasticity": rng.uniform(0.5, 1.5, base.trade_elasticity.shape),
    }


def moved(base: Baseline, levers: Levers, lever: str, by: np.ndarray) -> tuple[Baseline, Levers]:
    """The same place with one lever moved."""
    if lever == "trade_elasticity":
        return replace(base, trade_elasticity=base.trade_elasticity + by), levers
    name = {
        "tariff": "tariff_new",
        "trade_cost": "trade_cost_change",
        "productivity": "productivity_change",
        "transfer": "transfers",
    }[lever]
    return base, replace(levers, **{name: getattr(levers, name) + by})


def measured(base: Baseline, levers: Levers, deficits: str) -> dict[str, np.ndarray]:
    """Every objective, from an equilibrium as exact as doubles allow."""
    after = equilibrium(base, levers, deficits=deficits, tolerance=EXACT)
    return {
        "welfare_change": accounts.real_income(base, after),
        "real_wage_change": accounts.real_wage(base, after),
        "wage_change": after.wage - 1,
        "tariff_revenue": after.tariff_revenue,
    }


@pytest.fixture(scope="module")
def differences(base):
    """Derivatives along each lever's direction by the five-point central difference."""
    found: dict[tuple[str, str, str], np.ndarray] = {}
    rule = "proportional"
    for place, levers_at in PLACES.items():
        for lever, direction in directions(base).items():
            at = {
                k: measured(*moved(base, levers_at(base), lever, k * STEP * direction), rule)
                for k in (-2, -1, 1, 2)
            }
            for of in OBJECTIVES:
                near, far = at[1][of] - at[-1][of], at[2][of] - at[-2][of]
                found[place, lever, of] = (8 * near - far) / (12 * STEP)
    return found


@pytest.mark.parametrize("of", OBJECTIVES)
@pytest.mark.parametrize("place", PLACES)
def test_gradients_are_the_slopes_of_the_equilibrium(base, differences, place, of):
    """Each lever's slope of each member's objective, at the status quo and away from it."""
    levers = PLACES[place](base)
    found = gradients(base, levers, of=of, members=EVERYBODY, to=LEVERS, deficits="proportional")
    expected = measured(base, levers, "proportional")[of]
    assert found.value == pytest.approx(expected, abs=NOTHING * (1 + np.abs(expected).max()))
    for lever, direction in directions(base).items():
        slopes = found.by_lever[lever]
        assert slopes.shape == (5, *direction.shape), lever
        along = (slopes * direction).reshape(5, -1).sum(axis=1)
        wanted = differences[place, lever, of]
        if place == "status quo" and lever == "trade_elasticity":
            assert along == pytest.approx(0, abs=NOTHING)
        else:
            largest = np.abs(wanted).max()
            assert largest > 100 * NOTHING, lever
            assert along == pytest.approx(wanted, abs=SLOPE * largest), lever


def test_gradients_come_in_the_order_asked_for(base):
    """Rows are the members named, one by one, whatever the order."""
    forth = gradients(base, of="welfare_change", members=EVERYBODY, to=LEVERS)
    back = gradients(base, of="welfare_change", members=EVERYBODY[::-1], to=LEVERS)
    assert list(back.by_lever) == list(LEVERS)
    for lever, slopes in forth.by_lever.items():
        tolerance = SLOPE * np.abs(slopes).max() + NOTHING
        assert back.by_lever[lever][::-1] == pytest.approx(slopes, abs=tolerance), lever


def test_what_is_received_is_worth_having_and_what_is_paid_is_not(base):
    """Signs: a million received raises one's own real income; a tariff lowers its target's."""
    found = gradients(base, of="welfare_change", members=EVERYBODY, to=LEVERS)
    assert (np.diag(found.by_lever["transfer"]) > 0).all()
    levied_on = np.einsum("oodj->od", found.by_lever["tariff"])
    assert (levied_on[~np.eye(5, dtype=bool)] < 0).all()
    own_productivity = np.einsum("mmj->mj", found.by_lever["productivity"])
    assert (own_productivity > 0).all()


def test_gradients_where_trade_is_stopped_are_numbers(base):
    """A flow that an infinite cost stops responds to nothing, and spoils no other slope."""
    cost = np.zeros_like(base.tariff)
    cost[0, 1, 2] = np.inf
    levers = replace(status_quo(base), trade_cost_change=cost)
    found = gradients(base, levers, of="welfare_change", members=EVERYBODY, to=LEVERS)
    for lever, slopes in found.by_lever.items():
        assert np.isfinite(slopes).all(), lever
    assert found.by_lever["tariff"][:, 0, 1, 2] == pytest.approx(0, abs=0)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"of": "gdp"}, r"unknown objective 'gdp'; choose among welfare_change, real_wage_change"),
        ({"to": ("tariff", "tax")}, r"unknown lever 'tax'; choose among tariff, trade_cost"),
        ({"deficits": "none"}, r"unknown rule for deficits 'none'"),
    ],
)
def test_unknown_names_are_refused(base, asked, message):
    """A misspelt objective, lever or rule is an error that lists the names there are."""
    arguments = {"of": "welfare_change", "to": ("tariff",), **asked}
    with pytest.raises(InputError, match=message):
        gradients(base, members=EVERYBODY, **arguments)


def test_a_gradient_where_there_is_no_equilibrium_is_an_error(base):
    """Levers out of bounds are refused, and a member left without supplier is, as in solving."""
    with pytest.raises(InputError, match=r"tariff_new is -2 at position \(0, 0, 0\)"):
        gradients(
            base,
            Levers(tariff_new=np.full_like(base.tariff, -2)),
            of="welfare_change",
            members=EVERYBODY,
            to=("tariff",),
        )
    alone = np.zeros_like(base.tariff)
    alone[:, 3, 1] = np.inf
    with pytest.raises(InputError, match=r"nobody is left to supply .* at position \(3, 1\)"):
        gradients(
            base,
            Levers(trade_cost_change=alone),
            of="welfare_change",
            members=EVERYBODY,
            to=("tariff",),
        )


def test_an_adjoint_that_does_not_settle_is_an_error(base, monkeypatch):
    """A gradient short of its tolerance is not returned as one."""
    monkeypatch.setattr("bandung.economy.sensitivities.TOLERANCE", 0.0)
    with pytest.raises(NotConvergedError, match=r"the gradient did not converge: .* 0.0e\+00"):
        gradients(base, of="welfare_change", members=EVERYBODY, to=LEVERS)

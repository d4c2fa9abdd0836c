"""The equilibrium's own equations, its rules for deficits, and what it refuses."""

from __future__ import annotations

from dataclasses import fields

import jax
import numpy as np
import pytest

from bandung import Levers
from bandung.economy import accounts, system
from bandung.economy.accounts import Equilibrium, rebase
from bandung.economy.baseline import DEFICIT_RULES, Baseline
from bandung.economy.compiled import float64
from bandung.economy.equilibrium import equilibrium, fixed_of, moving_of
from bandung.errors import CellError, InputError, NotConvergedError

CLEARED = 1e-9
"""Relative gap of a market: each equation is solved to 1e-11 of its own measure."""
UNCHANGED = 1e-10
"""Ratios where nothing moves."""
IDENTITY = 1e-11
"""Relative; sums of a few hundred doubles of mixed signs."""
FEW = 3


@pytest.fixture(scope="module")
def base(five) -> Baseline:
    return Baseline.of(five)


@pytest.fixture(scope="module")
def everything(five) -> Levers:
    """Large random changes of tariffs, trade costs and productivities, and transfers."""
    rng = np.random.default_rng(7)
    paid = rng.normal(size=5)
    return Levers(
        tariff_new=five.tariff * rng.uniform(0, 3, (5, 5, 3)),
        trade_cost_change=np.expm1(0.2 * rng.normal(size=(5, 5, 3))),
        productivity_change=np.expm1(0.2 * rng.normal(size=(5, 3))),
        transfers=3 * (paid - paid.mean()),
    )


@pytest.mark.parametrize("rule", ["fixed", "share", "proportional"])
def test_nothing_moves_where_nothing_is_moved(base, rule):
    """No lever, no change: the baseline of a world is its own equilibrium, found at once."""
    still = equilibrium(base, deficits=rule)
    assert still.iterations == 1
    assert still.wage == pytest.approx(1, abs=UNCHANGED)
    assert still.price == pytest.approx(1, abs=UNCHANGED)
    assert still.expenditure == pytest.approx(base.expenditure, rel=UNCHANGED)
    assert still.tariff_revenue == pytest.approx(base.tariff_revenue, rel=UNCHANGED)
    assert still.deficit == pytest.approx(base.deficit, abs=UNCHANGED)
    assert accounts.real_income(base, still) == pytest.approx(0, abs=UNCHANGED)


@pytest.mark.parametrize("rule", DEFICIT_RULES)
def test_every_equation_of_the_paper_holds(base, everything, rule):
    """Prices, shares, goods, labour and budgets, each recomputed here from the results alone.

    Caliendo & Parro (2015), equations (10) to (14).
    """
    after = equilibrium(base, everything, deficits=rule)
    beta, theta, tariff = base.value_added_share, base.trade_elasticity, everything.tariff_new
    inputs = np.prod(after.price[:, :, None] ** base.input_share, axis=1)
    cost = after.wage[:, None] ** beta * inputs / (1 + everything.productivity_change)
    dearer = (1 + everything.trade_cost_change) * (1 + tariff) / (1 + base.tariff)
    weight = base.trade_share * (dearer * cost[:, None]) ** -theta
    assert after.price == pytest.approx(weight.sum(axis=0) ** (-1 / theta), rel=CLEARED)
    share = weight / weight.sum(axis=0)
    assert accounts.trade_share(base, everything, after) == pytest.approx(share, rel=CLEARED)
    sales = share * after.expenditure / (1 + tariff)
    output = sales.sum(axis=1)
    wages = after.wage * base.value_added
    assert (beta * output).sum(axis=1) == pytest.approx(wages, rel=CLEARED)
    revenue = (tariff * sales).sum(axis=(0, 2))
    assert after.tariff_revenue == pytest.approx(revenue, rel=CLEARED)
    assert after.income == pytest.approx(wages + revenue + after.deficit, rel=CLEARED)
    used = np.einsum("dkj,dj->dk", base.input_share, output)
    spent = base.final_share * after.income[:, None] + used
    assert after.expenditure == pytest.approx(spent, rel=CLEARED)
    assert wages.sum() == pytest.approx(base.value_added.sum(), rel=CLEARED)


def test_walras_law_holds_wherever_the_equations_are_evaluated(base, everything):
    """At any wages, prices and spending, excess demands for goods and labour sum to 0 in value.

    One equation is then implied by the others; were money lost anywhere, it would show here.
    """
    with float64():
        fixed, moving = fixed_of(base, "fixed"), moving_of(base, everything)
        to, unit = system.reach(fixed, moving), system.scale(fixed, moving)
        evaluate = jax.jit(system.evaluate)
        rng = np.random.default_rng(3)
        for _ in range(5):
            state = system.State(
                log_wage=rng.normal(size=5),
                log_price=rng.normal(size=(3, 5)),
                spending=rng.uniform(0.2, 3, (3, 5)),
            )
            found = evaluate(fixed, moving, to, unit, state)
            wages = np.exp(np.asarray(found.log_wage)) * base.value_added
            paid = np.exp(np.asarray(found.log_wage_paid)) * base.value_added
            goods = np.asarray(found.expenditure) - state.spending * np.asarray(unit.spending)
            gaps = np.abs(goods).sum() + np.abs(paid - wages).sum()
            assert gaps > 0.1 * base.value_added.sum()
            assert abs(goods.sum() + (paid - wages).sum()) < IDENTITY * gaps


def test_deficits_are_what_their_rule_says(base, everything):
    """Fixed and share are one by the choice of numeraire; proportional ones keep their sum."""
    after = {rule: equilibrium(base, everything, deficits=rule) for rule in DEFICIT_RULES}
    paid, wage = everything.transfers, {rule: found.wage for rule, found in after.items()}
    assert after["fixed"].deficit == pytest.approx(base.deficit + paid, rel=IDENTITY)
    assert np.array_equal(after["share"].deficit, after["fixed"].deficit)
    assert np.array_equal(after["share"].wage, wage["fixed"])
    assert after["zero"].deficit == pytest.approx(paid, rel=IDENTITY)
    value = base.value_added * wage["proportional"]
    own = after["proportional"].deficit - paid
    shift = own / value - base.deficit / base.value_added
    assert shift == pytest.approx(np.full(5, shift[0]), abs=IDENTITY)
    assert own.sum() == pytest.approx(0, abs=IDENTITY * value.sum())
    assert np.abs(wage["proportional"] - wage["fixed"]).max() > 1e-4


def test_an_equilibrium_taken_as_baseline_stays_where_it_is(base, everything):
    """`rebase` loses nothing: the economy after is its own equilibrium, at the first look."""
    after = equilibrium(base, everything)
    again = rebase(base, everything, after)
    still = equilibrium(again, tolerance=CLEARED)
    assert still.iterations == 1
    assert again.income == pytest.approx(after.income, rel=CLEARED)
    assert again.trade_share.sum(axis=0) == pytest.approx(1, rel=CLEARED)


def test_change_and_change_back_is_no_change(base, everything):
    """From the economy after, the opposite levers lead back to the economy before."""
    after = equilibrium(base, everything)
    again = rebase(base, everything, after)
    back = Levers(
        tariff_new=base.tariff,
        trade_cost_change=-everything.trade_cost_change / (1 + everything.trade_cost_change),
        productivity_change=-everything.productivity_change / (1 + everything.productivity_change),
        transfers=-everything.transfers,
    )
    home = equilibrium(again, back)
    assert after.wage * home.wage == pytest.approx(1, rel=CLEARED)
    assert after.price * home.price == pytest.approx(1, rel=CLEARED)
    assert home.expenditure == pytest.approx(base.expenditure, rel=CLEARED)


def test_an_infinite_trade_cost_removes_the_flow(base):
    """What cannot be delivered is not bought, and everything else still clears."""
    cost = np.zeros_like(base.tariff)
    cost[0, 1, 2] = np.inf
    stopped = Levers(trade_cost_change=cost)
    after = equilibrium(base, stopped)
    share = accounts.trade_share(base, stopped, after)
    assert share[0, 1, 2] == 0
    assert (np.delete(share[:, 1, 2], 0) > base.trade_share[1:, 1, 2]).all()
    assert share.sum(axis=0) == pytest.approx(1, rel=CLEARED)
    cost[0, 1, 2] = 1e8
    nearly = equilibrium(base, Levers(trade_cost_change=cost))
    assert after.price == pytest.approx(nearly.price, rel=CLEARED)


def test_whoever_is_left_without_any_supplier_is_named(base):
    """There is no price at which nobody sells: the member and the product are named."""
    cost = np.zeros_like(base.tariff)
    cost[:, 3, 1] = np.inf
    message = r"nobody is left to supply a product to a member at position \(3, 1\): leave it a"
    with pytest.raises(CellError, match=message) as refused:
        equilibrium(base, Levers(trade_cost_change=cost))
    assert refused.value.cell == (3, 1)


def test_whoever_buys_none_of_a_product_is_no_obstacle(five):
    """A member that neither makes, buys nor uses a product has no price for it, and solves."""
    trade = five.trade_value.copy()
    trade[:, 1, 0] = trade[1, :, 0] = 0
    inputs = five.input_share.copy()
    inputs[1, 0, :] = 0
    base = Baseline.of(five.replace(trade_value=trade, input_share=inputs))
    after = equilibrium(base, Levers(tariff_new=np.zeros_like(base.tariff)))
    assert after.expenditure[1, 0] == after.price[1, 0] - 1 == 0
    assert np.isfinite(accounts.real_income(base, after)).all()


def test_iterations_that_do_not_suffice_are_an_error(base):
    """Three passes do not reach the tolerance; what they reached is in the error and its text."""
    levers = Levers(tariff_new=np.zeros_like(base.tariff))
    with pytest.raises(NotConvergedError, match="the equilibrium did not converge") as refused:
        equilibrium(base, levers, max_passes=FEW)
    error = refused.value
    assert error.iterations == FEW
    assert error.residual > error.tolerance
    for said in (f"residual {error.residual:.3e}", f"after {FEW} iterations", "tolerance 1.0e-11"):
        assert said in str(error)
    assert equilibrium(base, levers).residual <= error.tolerance


def test_whoever_must_pay_more_than_it_has_is_refused(base):
    """A transfer above a member's income leaves it less than nothing to spend: no result."""
    paid = 1.5 * base.income[0] * np.array([-1.0, 0.25, 0.25, 0.25, 0.25])
    with pytest.raises(CellError, match=r"an income of -.* million USD is left at position \(0,\)"):
        equilibrium(base, Levers(transfers=paid))
    bearable = equilibrium(base, Levers(transfers=0.1 * paid))
    assert (bearable.income > 0).all()


def test_an_unknown_rule_for_deficits_is_refused(base):
    """A misspelt rule must not fall back on another one."""
    with pytest.raises(InputError, match=r"unknown rule for deficits 'none'; choose one of fixed"):
        equilibrium(base, deficits="none")


def test_results_do_not_depend_on_what_was_solved_before(base, everything):
    """Arrays kept on the device for one rule or scenario are not another's."""
    first = equilibrium(base, everything, deficits="zero")
    equilibrium(base, deficits="proportional")
    again = equilibrium(base, everything, deficits="zero")
    for field in fields(Equilibrium):
        assert np.array_equal(getattr(first, field.name), getattr(again, field.name)), field.name

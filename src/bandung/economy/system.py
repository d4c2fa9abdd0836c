"""The equations of an equilibrium in changes, one evaluation of each, written for JAX.

Caliendo & Parro (2015), Review of Economic Studies 82(1), section 2.2, equations (10)–(14), with
trade costs, productivities and transfers beside tariffs. Arrays here have the sector first,
[sector, origin, destination] and [sector, member]: then every product over origins or
destinations is one matrix–vector product per sector, and nothing is exponentiated per cell of a
trade matrix but once per scenario.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

SMALL_CELL = 1e-2
"""Spending cells below this share of a member's mean cell are measured against it."""


class Fixed(NamedTuple):
    """What no lever moves: see `Baseline`, here with the sector first."""

    trade_share: Array
    tariff: Array
    input_share: Array
    value_added_share: Array
    value_added: Array
    final_share: Array
    expenditure: Array
    income: Array
    deficit_kept: Array
    deficit_following: Array


class Moving(NamedTuple):
    """Levers and parameters, in the forms that the equations use."""

    tariff: Array
    trade_cost: Array
    productivity: Array
    transfer: Array
    trade_elasticity: Array


class Reach(NamedTuple):
    """What one scenario makes of the trade shares, before costs and prices move.

    Attributes
    ----------
    spent : array, J×N×N
        π (d̂ (1+t')/(1+t))^−θ.
    received : array, J×N×N
        The same over 1+t': what reaches the seller.
    none : array of bool, J×N
        Nobody supplies this member with this product.
    """

    spent: Array
    received: Array
    none: Array


class Scale(NamedTuple):
    """How long steps are and in what they are measured.

    Attributes
    ----------
    spending : array, J×N
        Million USD to a unit of the iteration's third block.
    wage : array, N
        Share of a wage's excess demand taken up in one plain step: 1/(1 + ε), ε the elasticity
        of a member's sales to its costs.
    """

    spending: Array
    wage: Array


class State(NamedTuple):
    """A point of the iteration: log ŵ (N), log P̂ (J×N), X' over its scale (J×N)."""

    log_wage: Array
    log_price: Array
    spending: Array


class Evaluated(NamedTuple):
    """What the equations say at a state; million USD but for the logs.

    Attributes
    ----------
    log_wage : array, N
        With the numeraire Σ ŵV = ΣV applied.
    log_wage_paid : array, N
        log of what sales pay for labour over V.
    log_price : array, J×N
    expenditure : array, J×N
    output : array, J×N
    income : array, N
    revenue : array, N
    deficit : array, N
    """

    log_wage: Array
    log_wage_paid: Array
    log_price: Array
    expenditure: Array
    output: Array
    income: Array
    revenue: Array
    deficit: Array


def reach(fixed: Fixed, moving: Moving) -> Reach:
    """Return what tariffs and trade costs make of the trade shares."""
    theta = moving.trade_elasticity[:, None, None]
    open_ = jnp.isfinite(moving.trade_cost)
    cost = jnp.where(open_, moving.trade_cost, 1.0)
    dearer = cost * (1.0 + moving.tariff) / (1.0 + fixed.tariff)
    spent = jnp.where(open_, fixed.trade_share * jnp.exp(-theta * jnp.log(dearer)), 0.0)
    return Reach(
        spent=spent,
        received=spent / (1.0 + moving.tariff),
        none=spent.sum(axis=1) <= 0.0,
    )


def scale(fixed: Fixed, moving: Moving) -> Scale:
    """Return the measure of each block, from the baseline."""
    spent = fixed.expenditure
    mean = spent.mean(axis=0)
    sales = fixed.trade_share * spent[:, None, :] / (1.0 + fixed.tariff)
    lost = (sales * (1.0 - fixed.trade_share)).sum(axis=2) * moving.trade_elasticity[:, None]
    paid = (fixed.value_added_share * sales.sum(axis=2)).sum(axis=0)
    elasticity = (fixed.value_added_share * lost).sum(axis=0) / jnp.where(paid > 0, paid, 1.0)
    floor = jnp.maximum(spent, SMALL_CELL * mean)
    return Scale(spending=jnp.where(floor > 0, floor, 1.0), wage=1.0 / (1.0 + elasticity))


def numeraire(fixed: Fixed, log_wage: Array) -> Array:
    """Shift log wages so that world value added stays what it was."""
    total = (jnp.exp(log_wage) * fixed.value_added).sum()
    return log_wage - jnp.log(total / fixed.value_added.sum())


def log_cost(fixed: Fixed, moving: Moving, log_wage: Array, log_price: Array) -> Array:
    """Log ĉ[j,o] = β log ŵ + Σ_k γ log P̂ − log Â (equation 10)."""
    bought = jnp.einsum("dkj,kd->jd", fixed.input_share, log_price)
    return fixed.value_added_share * log_wage + bought - jnp.log(moving.productivity)


def evaluate(fixed: Fixed, moving: Moving, to: Reach, unit: Scale, state: State) -> Evaluated:
    """Evaluate every equation once at a state."""
    theta = moving.trade_elasticity[:, None]
    log_wage = numeraire(fixed, state.log_wage)
    expenditure = state.spending * unit.spending
    strength = jnp.exp(-theta * log_cost(fixed, moving, log_wage, state.log_price))
    reached = jnp.einsum("jod,jo->jd", to.spent, strength)
    reached = jnp.where(to.none, 1.0, reached)
    per_reach = jnp.where(to.none, 0.0, expenditure / reached)
    log_price = -jnp.log(reached) / theta
    output = strength * jnp.einsum("jod,jd->jo", to.received, per_reach)
    net = per_reach * jnp.einsum("jod,jo->jd", to.received, strength)
    revenue = (jnp.where(to.none, 0.0, expenditure) - net).sum(axis=0)
    wages = jnp.exp(log_wage) * fixed.value_added
    deficit = _deficit(fixed, moving, log_wage, wages)
    income = wages + revenue + deficit
    used = jnp.einsum("dkj,jd->kd", fixed.input_share, output)
    paid = (fixed.value_added_share * output).sum(axis=0)
    active = fixed.value_added > 0
    ratio = jnp.where(active, paid, 1.0) / jnp.where(active, fixed.value_added, 1.0)
    return Evaluated(
        log_wage=log_wage,
        log_wage_paid=jnp.where(active, jnp.log(ratio), log_wage),
        log_price=log_price,
        expenditure=fixed.final_share * income + used,
        output=output,
        income=income,
        revenue=revenue,
        deficit=deficit,
    )


def step(fixed: Fixed, moving: Moving, to: Reach, unit: Scale, state: State) -> tuple[State, State]:
    """Return the plain step from a state, and by how much each equation fails there.

    The gaps are of wages and prices in logs and of spending over its scale. The step takes up
    prices and spending as found, wages by their share of the gap.
    """
    found = evaluate(fixed, moving, to, unit, state)
    gap = State(
        log_wage=found.log_wage_paid - found.log_wage,
        log_price=found.log_price - state.log_price,
        spending=found.expenditure / unit.spending - state.spending,
    )
    onward = numeraire(fixed, found.log_wage + unit.wage * gap.log_wage)
    return gap._replace(log_wage=onward - state.log_wage), gap


def measures(fixed: Fixed, state: State, found: Evaluated) -> dict[str, Array]:
    """Return what gradients can be asked of, N each: changes minus one, revenue in million USD."""
    index = (fixed.final_share * state.log_price).sum(axis=0)
    return {
        "welfare_change": jnp.expm1(jnp.log(found.income / fixed.income) - index),
        "real_wage_change": jnp.expm1(found.log_wage - index),
        "wage_change": jnp.expm1(found.log_wage),
        "tariff_revenue": found.revenue,
    }


def _deficit(fixed: Fixed, moving: Moving, log_wage: Array, wages: Array) -> Array:
    following = fixed.deficit_following * jnp.exp(log_wage)
    spread = wages * following.sum() / wages.sum()
    return fixed.deficit_kept + following - spread + moving.transfer

"""Where a change of welfare comes from: exact parts, by partner and sector.

Along a path from the old levers to the new, the change of log real income is at every point

    I d ln W = Σ_d,j T[n,d,j] d ln c[n,j] − Σ_o,j T[o,n,j] d ln c[o,j]      terms of trade
             + Σ_o,j t (dT − T d ln c[o,j])                               volume of trade
             − Σ_o,j (1+t) T d ln d̂ + Σ_j Y d ln A + dD                   costs, productivity, money

(the total differential behind equation (16) of Caliendo & Parro 2015, which is its value at the
start alone). Integrated, the parts add up to the whole. The path is straight in the logs of tariff
factors, trade costs and productivities and in transfers; integral and derivatives are those of the
polynomial through Chebyshev points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import chebyshev

from bandung.economy.accounts import log_cost, real_income, trade_value
from bandung.economy.baseline import Levers
from bandung.economy.equilibrium import equilibrium
from bandung.errors import InputError

if TYPE_CHECKING:
    from bandung.economy.accounts import Equilibrium
    from bandung.economy.baseline import Baseline, Floats

POINTS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Decomposition:
    """Parts of the change of welfare, as shares of income before; they add up to `total`.

    Attributes
    ----------
    terms_of_trade : array, N×N×J
        [member, partner, sector]: what it earns more on its sales, less what it pays more.
    volume_of_trade : array, N×N×J
        [member, partner, sector]: tariff revenue that larger import volumes bring.
    trade_cost : array, N×N×J
        [member, supplier, sector]: cheaper deliveries.
    productivity : array, N×J
        More from the same inputs.
    deficit : array, N
        Transfers, and the change of what is lent or borrowed.
    total : array, N
        The exact change of welfare, a ratio minus one.
    remainder : array, N
        `total` less all parts: the error of the integration.
    """

    terms_of_trade: Floats
    volume_of_trade: Floats
    trade_cost: Floats
    productivity: Floats
    deficit: Floats
    total: Floats
    remainder: Floats


def decompose(
    baseline: Baseline, levers: Levers, after: Equilibrium, *, deficits: str = "fixed"
) -> Decomposition:
    """Split every member's change of welfare.

    Parameters
    ----------
    baseline, levers, deficits
        As given to :func:`bandung.economy.equilibrium.equilibrium`.
    after
        What it returned.

    Raises
    ------
    InputError
        Where a trade cost is infinite: there is no path to it.
    """
    cost = levers.trade_cost_change
    if cost is not None and np.isinf(cost).any():
        raise InputError("a change of welfare cannot be split where a trade cost is infinite")
    positions, weights, slope = _points(POINTS)
    states = [_at(baseline, levers, after, share, deficits) for share in positions]
    costs = np.stack([state.log_cost for state in states])
    values = np.stack([state.trade_value for state in states])
    cost_slope = np.tensordot(slope, costs, axes=1)
    value_slope = np.tensordot(slope, values, axes=1)
    deficit_slope = slope @ np.stack([state.deficit for state in states])
    n, _, j = baseline.tariff.shape
    terms, volume, barrier = (np.zeros((n, n, j)) for _ in range(3))
    made, money = np.zeros((n, j)), np.zeros(n)
    for point, state in enumerate(states):
        income = state.income[:, None, None]
        dearer = state.trade_value * cost_slope[point][:, None, :]
        grown = state.tariff * (value_slope[point] - dearer)
        terms += weights[point] * (dearer - dearer.swapaxes(0, 1)) / income
        volume += weights[point] * grown.swapaxes(0, 1) / income
        if cost is not None:
            saved = (1.0 + state.tariff) * state.trade_value * np.log1p(cost)
            barrier -= weights[point] * saved.swapaxes(0, 1) / income
        if levers.productivity_change is not None:
            gained = state.trade_value.sum(axis=1) * np.log1p(levers.productivity_change)
            made += weights[point] * gained / state.income[:, None]
        money += weights[point] * deficit_slope[point] / state.income
    total = real_income(baseline, after)
    factor = np.divide(total, np.log1p(total), out=np.ones_like(total), where=total != 0)
    terms, volume, barrier = (part * factor[:, None, None] for part in (terms, volume, barrier))
    made, money = made * factor[:, None], money * factor
    added = (terms + volume + barrier).sum(axis=(1, 2)) + made.sum(axis=1) + money
    return Decomposition(
        terms_of_trade=terms,
        volume_of_trade=volume,
        trade_cost=barrier,
        productivity=made,
        deficit=money,
        total=total,
        remainder=total - added,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    tariff: Floats
    trade_value: Floats
    log_cost: Floats
    income: Floats
    deficit: Floats


def _at(
    baseline: Baseline, levers: Levers, after: Equilibrium, share: float, deficits: str
) -> _State:
    """Return the economy a share of the way along the path."""
    partly = _partly(baseline, levers, share)
    found = after if share == 1.0 else equilibrium(baseline, partly, deficits=deficits)
    return _State(
        tariff=partly.tariff_after(baseline),
        trade_value=trade_value(baseline, partly, found),
        log_cost=log_cost(baseline, partly, found),
        income=found.income,
        deficit=found.deficit,
    )


def _partly(baseline: Baseline, levers: Levers, share: float) -> Levers:
    tariff, cost, made, paid = (
        levers.tariff_new,
        levers.trade_cost_change,
        levers.productivity_change,
        levers.transfers,
    )
    old = np.log1p(baseline.tariff)
    return Levers(
        tariff_new=(None if tariff is None else np.expm1(old + share * (np.log1p(tariff) - old))),
        trade_cost_change=None if cost is None else np.expm1(share * np.log1p(cost)),
        productivity_change=None if made is None else np.expm1(share * np.log1p(made)),
        transfers=None if paid is None else share * paid,
    )


def _points(count: int) -> tuple[Floats, Floats, Floats]:
    """Chebyshev points on [0, 1], the weights of an integral and the matrix of a derivative."""
    nodes = chebyshev.chebpts2(count)
    to_coefficients = np.linalg.inv(chebyshev.chebvander(nodes, count - 1))
    each = np.eye(count)
    integral = np.array(
        [np.diff(chebyshev.chebval([-1, 1], chebyshev.chebint(c)))[0] for c in each]
    )
    derivative = np.array([chebyshev.chebval(nodes, chebyshev.chebder(c)) for c in each]).T
    return (
        (nodes + 1.0) / 2.0,
        integral @ to_coefficients / 2.0,
        derivative @ to_coefficients * 2.0,
    )

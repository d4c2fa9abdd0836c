"""What an equilibrium says: flows, welfare, and the paper's first-order measure of it.

NumPy only. Reference: Caliendo & Parro (2015), Review of Economic Studies 82(1): equations (10),
(12) and (16).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bandung.errors import CellError

if TYPE_CHECKING:
    from bandung.economy.baseline import Baseline, Floats, Levers


@dataclass(frozen=True, slots=True, eq=False)
class Equilibrium:
    """Where the world settles; ratios are to the baseline.

    Attributes
    ----------
    wage : array, N
        ŵ[d], a ratio; the numeraire is world value added.
    price : array, N×J
        P̂[d,j], a ratio.
    expenditure : array, N×J
        X'[d,j], million USD.
    income : array, N
        I'[d] = ŵV + R' + D', million USD.
    tariff_revenue : array, N
        R'[d], million USD.
    deficit : array, N
        D'[d], million USD, transfers included.
    iterations : int
        How often the equations were evaluated.
    residual : float
        Largest relative gap of any equation: labour markets, prices, spending.
    """

    wage: Floats
    price: Floats
    expenditure: Floats
    income: Floats
    tariff_revenue: Floats
    deficit: Floats
    iterations: int
    residual: float


def rebase(baseline: Baseline, levers: Levers, after: Equilibrium) -> Baseline:
    """Return an equilibrium as the baseline of what comes next."""
    return replace(
        baseline,
        trade_share=trade_share(baseline, levers, after),
        tariff=levers.tariff_after(baseline),
        value_added=baseline.value_added * after.wage,
        deficit=after.deficit,
        expenditure=after.expenditure,
    )


def log_cost(baseline: Baseline, levers: Levers, after: Equilibrium) -> Floats:
    """Log ĉ[o,j], N×J: the change of a unit's cost (equation 10)."""
    bought = np.einsum("dkj,dk->dj", baseline.input_share, np.log(after.price))
    cost = baseline.value_added_share * np.log(after.wage)[:, None] + bought
    if levers.productivity_change is not None:
        cost = cost - np.log1p(levers.productivity_change)
    return np.asarray(cost)


def trade_share(baseline: Baseline, levers: Levers, after: Equilibrium) -> Floats:
    """π'[o,d,j], N×N×J (equation 12)."""
    dearer = log_cost(baseline, levers, after)[:, None, :] - np.log(after.price)[None]
    if levers.tariff_new is not None:
        dearer = dearer + np.log1p(levers.tariff_new) - np.log1p(baseline.tariff)
    if levers.trade_cost_change is not None:
        dearer = dearer + np.log1p(levers.trade_cost_change)
    return np.asarray(baseline.trade_share * np.exp(-baseline.trade_elasticity * dearer))


def trade_value(baseline: Baseline, levers: Levers, after: Equilibrium) -> Floats:
    """T'[o,d,j] = π'X'/(1+t'), N×N×J, million USD, before tariff."""
    spent = trade_share(baseline, levers, after) * after.expenditure
    return np.asarray(spent / (1.0 + levers.tariff_after(baseline)))


def refuse_debt(income: Floats) -> None:
    """Raise `CellError` for the first member that has paid away more than it earns."""
    if (income < 0).any():
        member = int(np.flatnonzero(income < 0)[0])
        raise CellError(
            f"an income of {float(income[member]):g} million USD is left",
            (member,),
            "what it pays to others must stay below what it earns",
        )


def real_income(baseline: Baseline, after: Equilibrium) -> Floats:
    """I'/I over Π P̂^α, minus one, N: the exact change of welfare."""
    return np.asarray(np.expm1(np.log(after.income / baseline.income) - _index(baseline, after)))


def real_wage(baseline: Baseline, after: Equilibrium) -> Floats:
    """ŵ over Π P̂^α, minus one, N."""
    return np.asarray(np.expm1(np.log(after.wage) - _index(baseline, after)))


@dataclass(frozen=True, slots=True, eq=False)
class FirstOrder:
    """The first-order measure of welfare, as shares of income: their sum is equation (16).

    Attributes
    ----------
    terms_of_trade : array, N×N×J
        [member, partner, sector]: dearer exports less dearer imports, at the trade before.
    volume_of_trade : array, N×N×J
        [member, partner, sector]: revenue on the change of import volumes, at tariffs before.
    """

    terms_of_trade: Floats
    volume_of_trade: Floats


def first_order(baseline: Baseline, levers: Levers, after: Equilibrium) -> FirstOrder:
    """Return the terms-of-trade and volume-of-trade effects of equation (16).

    Changes are taken as ratios minus one, as the paper's own Table 2 takes them. Far from small
    changes they add up to something else than the exact change of welfare.
    """
    before = baseline.trade_value
    later = trade_value(baseline, levers, after)
    growth = np.divide(later, before, out=np.ones_like(before), where=before > 0)
    cost = np.expm1(log_cost(baseline, levers, after))
    dearer = before * cost[:, None, :]
    volume = baseline.tariff * before * (growth - 1.0 - cost[:, None, :])
    income = baseline.income[:, None, None]
    return FirstOrder(
        terms_of_trade=(dearer - dearer.swapaxes(0, 1)) / income,
        volume_of_trade=volume.swapaxes(0, 1) / income,
    )


def _index(baseline: Baseline, after: Equilibrium) -> Floats:
    """Log of the price index of final spending, N."""
    return np.asarray((baseline.final_share * np.log(after.price)).sum(axis=1))

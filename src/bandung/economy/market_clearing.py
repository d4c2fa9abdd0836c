"""The same equilibrium by another road: Newton on the clearing of labour markets.

Wages are the only unknowns. For given wages, prices are iterated to the end, then spending; SciPy's
hybrid method (Powell's, with Broyden updates) closes the gap between what sales pay for labour and
what labour costs. NumPy and SciPy only, written apart from `equilibrium` and `system`, whose
results it checks. Reference: Caliendo & Parro (2015), Review of Economic Studies 82(1), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

from bandung.economy.accounts import Equilibrium, refuse_debt
from bandung.economy.baseline import DEFICIT_RULES, Levers
from bandung.errors import InputError, NotConvergedError

if TYPE_CHECKING:
    from bandung.economy.baseline import Baseline, Floats

TOLERANCE = 1e-11
INNER_TOLERANCE = 1e-15
MAX_ROUNDS = 5000
STALLED = 20
"""Rounds without a smaller change after which an inner iteration has reached rounding."""


@dataclass(slots=True)
class _Markets:
    """One scenario's arrays, [origin, destination, sector]; `rounds` counts inner rounds."""

    baseline: Baseline
    theta: Floats
    weight: Floats
    tariff: Floats
    productivity: Floats
    kept: Floats
    following: Floats
    log_price: Floats
    spending: Floats
    rounds: int = 0

    def wages(self, free: Floats) -> Floats:
        """Log wages from all but the last, which the numeraire gives."""
        log_wage = np.append(free, 0.0)
        value = self.baseline.value_added
        return np.asarray(log_wage - np.log((np.exp(log_wage) * value).sum() / value.sum()))

    def clear_prices(self, log_wage: Floats) -> Floats:
        """Iterate prices at these wages; return the trade shares they give."""
        base = self.baseline
        least, stalled = np.inf, 0
        while True:
            bought = np.einsum("dkj,dk->dj", base.input_share, self.log_price)
            cost = base.value_added_share * log_wage[:, None] + bought - np.log(self.productivity)
            attracted = self.weight * np.exp(-self.theta * cost)[:, None, :]
            total = attracted.sum(axis=0)
            found = -np.log(np.where(total > 0, total, 1.0)) / self.theta
            change = float(np.abs(found - self.log_price).max())
            self.log_price = found
            stalled = 0 if change < least else stalled + 1
            least = min(least, change)
            if self._done(change, stalled):
                return np.asarray(attracted / np.where(total > 0, total, 1.0))

    def clear_goods(self, share: Floats, wages: Floats, deficit: Floats) -> tuple[Floats, Floats]:
        """Iterate spending at these trade shares; return output and tariff revenue."""
        base = self.baseline
        net = share / (1.0 + self.tariff)
        levied = (self.tariff * net).sum(axis=0)
        least, stalled = np.inf, 0
        while True:
            output = np.einsum("odj,dj->oj", net, self.spending)
            revenue = (levied * self.spending).sum(axis=1)
            income = wages + revenue + deficit
            used = np.einsum("dkj,dj->dk", base.input_share, output)
            found = base.final_share * income[:, None] + used
            change = float((np.abs(found - self.spending).max(axis=1) / wages).max())
            self.spending = found
            stalled = 0 if change < least else stalled + 1
            least = min(least, change)
            if self._done(change, stalled):
                return output, revenue

    def gap(self, free: Floats) -> Floats:
        """Relative gap of all labour markets but the last (Walras' law closes that one)."""
        return self.at(free)[0][:-1]

    def at(self, free: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Every market at these wages: gap, log wages, revenue, deficit."""
        log_wage = self.wages(free)
        wages = np.exp(log_wage) * self.baseline.value_added
        moved = self.following * np.exp(log_wage)
        deficit = self.kept + moved - wages * moved.sum() / wages.sum()
        share = self.clear_prices(log_wage)
        output, revenue = self.clear_goods(share, wages, deficit)
        paid = (self.baseline.value_added_share * output).sum(axis=1)
        return paid / wages - 1.0, log_wage, revenue, deficit

    def _done(self, change: float, stalled: int) -> bool:
        self.rounds += 1
        if not np.isfinite(change) or stalled > MAX_ROUNDS:
            raise NotConvergedError(
                "market clearing",
                iterations=self.rounds,
                residual=change,
                tolerance=INNER_TOLERANCE,
            )
        return change <= INNER_TOLERANCE or (stalled > STALLED and change < TOLERANCE)


def clear(
    baseline: Baseline,
    levers: Levers = Levers(),  # noqa: B008 - frozen, and means that nothing moves
    *,
    deficits: str = "fixed",
) -> Equilibrium:
    """Solve what :func:`bandung.economy.equilibrium.equilibrium` solves, in another way.

    Slower by two orders of magnitude; every member must have value added.

    Raises
    ------
    InputError
        For a lever out of bounds or an unknown deficit rule.
    NotConvergedError
        With iterations and residual.
    """
    levers.check(baseline)
    if deficits not in DEFICIT_RULES:
        raise InputError(f"unknown rule for deficits {deficits!r}; one of {DEFICIT_RULES}")
    markets = _markets(baseline, levers, deficits)
    start = np.zeros(len(baseline.value_added) - 1)
    found = start
    if len(start):
        end = optimize.root(markets.gap, start, method="hybr", options={"xtol": 1e-14})
        found = np.asarray(end.x)
    gap, log_wage, revenue, deficit = markets.at(found)
    income = np.exp(log_wage) * baseline.value_added + revenue + deficit
    refuse_debt(income)
    residual = float(np.abs(gap).max())
    if not residual <= TOLERANCE:
        raise NotConvergedError(
            "market clearing", iterations=markets.rounds, residual=residual, tolerance=TOLERANCE
        )
    wage = np.exp(log_wage)
    return Equilibrium(
        wage=wage,
        price=np.exp(markets.log_price),
        expenditure=markets.spending,
        income=income,
        tariff_revenue=revenue,
        deficit=deficit,
        iterations=markets.rounds,
        residual=residual,
    )


def _markets(baseline: Baseline, levers: Levers, deficits: str) -> _Markets:
    tariff = levers.tariff_after(baseline)
    dearer = (1.0 + tariff) / (1.0 + baseline.tariff)
    if levers.trade_cost_change is not None:
        dearer = dearer * (1.0 + levers.trade_cost_change)
    made = np.ones_like(baseline.expenditure)
    if levers.productivity_change is not None:
        made = made + levers.productivity_change
    paid = np.zeros_like(baseline.deficit) if levers.transfers is None else levers.transfers
    none = np.zeros_like(baseline.deficit)
    return _Markets(
        baseline=baseline,
        theta=baseline.trade_elasticity,
        weight=baseline.trade_share * dearer ** (-baseline.trade_elasticity),
        tariff=tariff,
        productivity=made,
        kept=paid + (baseline.deficit if deficits in {"fixed", "share"} else none),
        following=baseline.deficit if deficits == "proportional" else none,
        log_price=np.zeros_like(baseline.expenditure),
        spending=baseline.expenditure.copy(),
    )

"""The system in changes of Caliendo & Parro (2015), solved plainly in NumPy: a peer.

Written from the paper (equations 10 to 14) and from nothing of the package, as an economist
would: prices, expenditure and wages move together, one step a pass, until all of them rest.
Axes: origin o, destination d, sector j, input k.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bandung.errors import NotConvergedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOLERANCE = 1e-10
MAX_PASSES = 2_000
DAMPING = 0.3
DAMPINGS = (0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """An economy and what changes in it.

    Attributes
    ----------
    trade_share : array, N×N×J
        π[o,d,j]; sums to 1 over o, or to 0 where d buys no j.
    tariff, tariff_new : array, N×N×J
        t[o,d,j] and t', fractions.
    trade_cost_change : array, N×N×J
        d̂ − 1; 0 is unchanged.
    input_share : array, N×J×J
        γ[d,k,j].
    value_added : array, N
        V[d], money.
    final_share : array, N×J
        α[d,k].
    deficit : array, N
        D[d], money, afterwards; before too, unless the problem is to take it away.
    expenditure : array, N×J
        X[d,k], money: before, and where the iteration starts.
    trade_elasticity : array, J
        θ[j].
    """

    trade_share: Floats
    tariff: Floats
    tariff_new: Floats
    trade_cost_change: Floats
    input_share: Floats
    value_added: Floats
    final_share: Floats
    deficit: Floats
    expenditure: Floats
    trade_elasticity: Floats

    @property
    def value_added_share(self) -> Floats:
        """β[d,j] = 1 − Σ_k γ[d,k,j], N×J."""
        return 1.0 - self.input_share.sum(axis=1)

    @property
    def trade_value(self) -> Floats:
        """T[o,d,j] = πX/(1+t) before the change, N×N×J, money."""
        return self.trade_share * self.expenditure / (1.0 + self.tariff)

    @property
    def income(self) -> Floats:
        """I[d] = V + D + R before the change, N, money."""
        revenue = (self.tariff * self.trade_value).sum(axis=(0, 2))
        return self.value_added + self.deficit + revenue


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Where the iteration came to rest.

    Attributes
    ----------
    wage_change : array, N
        ŵ − 1; world value added is the numeraire.
    price_change, cost_change : array, N×J
        P̂ − 1 of a destination, ĉ − 1 of an origin.
    trade_share_new : array, N×N×J
        π'.
    expenditure_new : array, N×J
        X', money.
    welfare_change : array, N
        Real income, exact: (I'/I) / Π_k P̂^α − 1.
    passes : int
    residual : float
        Largest relative excess demand for labour, or relative move of a price or an expenditure.
    """

    wage_change: Floats
    price_change: Floats
    cost_change: Floats
    trade_share_new: Floats
    expenditure_new: Floats
    welfare_change: Floats
    passes: int
    residual: float


def numpy_fixed_point(
    problem: Problem,
    *,
    damping: float = DAMPING,
    tolerance: float = TOLERANCE,
    max_passes: int = MAX_PASSES,
) -> Solution:
    """Solve the system in changes by a damped iteration.

    Parameters
    ----------
    damping
        Power of the ratio of demand for labour to its supply by which a wage moves in a pass.
    tolerance
        On the largest relative excess demand and the largest relative move.

    Raises
    ------
    NotConvergedError
        After `max_passes`, or once a figure is no number.
    """
    p = problem
    dearer = (1.0 + p.trade_cost_change) * (1.0 + p.tariff_new) / (1.0 + p.tariff)
    weight = p.trade_share * dearer**-p.trade_elasticity
    beta, bought = p.value_added_share, weight.any(axis=0)
    wage, price, spent = np.ones_like(p.value_added), np.ones_like(p.expenditure), p.expenditure
    residual, passes = np.inf, 0
    while passes < max_passes:
        passes += 1
        found = _equations(p, beta, weight, bought, (wage, price, spent))
        demand = (beta * found.sales).sum(axis=1) / (wage * p.value_added)
        residual = max(
            _move(demand, 1.0), _move(found.price, price), _move(found.expenditure, spent)
        )
        if residual <= tolerance:
            return _solution(p, wage, found, passes, residual)
        if not np.isfinite(residual):
            break
        wage = wage * demand**damping
        wage *= p.value_added.sum() / (wage * p.value_added).sum()
        price, spent = found.price, found.expenditure
    raise NotConvergedError(
        "the plain fixed point", iterations=passes, residual=residual, tolerance=tolerance
    )


def best_damping(problem: Problem) -> float:
    """Return the damping of `DAMPINGS` that needs the fewest passes on this problem.

    Raises
    ------
    NotConvergedError
        When none of them converges.
    """
    passes: dict[float, int] = {}
    failed: NotConvergedError | None = None
    for damping in DAMPINGS:
        try:
            with np.errstate(all="ignore"):
                passes[damping] = numpy_fixed_point(problem, damping=damping).passes
        except NotConvergedError as error:
            failed = error
    if failed is not None and not passes:
        raise failed
    return min(passes, key=lambda damping: passes[damping])


def rebased(problem: Problem, solution: Solution) -> Problem:
    """Return the equilibrium a solution describes as the economy of a new problem, unchanged."""
    return replace(
        problem,
        trade_share=solution.trade_share_new,
        tariff=problem.tariff_new,
        trade_cost_change=np.zeros_like(problem.tariff),
        value_added=(1.0 + solution.wage_change) * problem.value_added,
        expenditure=solution.expenditure_new,
    )


def first_order_welfare(problem: Problem, solution: Solution) -> Floats:
    """Return the sum of terms of trade and volume of trade: equation 16 of the paper, its Table 2.

    Every d ln x of the paper is taken as x̂ − 1, which is what reproduces its table.

    Returns
    -------
    array, N
        Fraction of income.
    """
    before = problem.trade_value
    after = solution.trade_share_new * solution.expenditure_new / (1.0 + problem.tariff_new)
    traded = before > 0
    volume = np.divide(after, before, out=np.ones_like(before), where=traded) - 1.0
    cost = solution.cost_change[:, None, :]
    terms = (before * cost).sum(axis=(1, 2)) - (before * cost).sum(axis=(0, 2))
    own_volume = (problem.tariff * before * (volume - cost)).sum(axis=(0, 2))
    return (terms + own_volume) / problem.income


class _Found(NamedTuple):
    """What the equations give: ĉ, P̂, X' and sales N×J, π' N×N×J, I' N."""

    cost: Floats
    price: Floats
    expenditure: Floats
    sales: Floats
    trade_share: Floats
    income: Floats


def _equations(
    p: Problem,
    beta: Floats,
    weight: Floats,
    bought: NDArray[np.bool_],
    state: tuple[Floats, Floats, Floats],
) -> _Found:
    """Evaluate equations 10 to 13 once, at wages, prices and expenditure."""
    wage, price, spent = state
    theta = p.trade_elasticity
    inputs = np.exp(np.einsum("dkj,dk->dj", p.input_share, np.log(price)))
    cost = wage[:, None] ** beta * inputs
    power = cost**-theta
    total = np.where(bought, np.einsum("odj,oj->dj", weight, power), 1.0)
    share = weight * power[:, None, :] / total
    paid = share * spent
    received = paid / (1.0 + p.tariff_new)
    sales = received.sum(axis=1)
    revenue = (paid - received).sum(axis=(0, 2))
    income = wage * p.value_added + p.deficit + revenue
    used = np.einsum("dkj,dj->dk", p.input_share, sales)
    return _Found(
        cost=cost,
        price=total ** (-1.0 / theta),
        expenditure=p.final_share * income[:, None] + used,
        sales=sales,
        trade_share=share,
        income=income,
    )


def _solution(p: Problem, wage: Floats, found: _Found, passes: int, residual: float) -> Solution:
    index = np.exp((p.final_share * np.log(found.price)).sum(axis=1))
    return Solution(
        wage_change=wage - 1.0,
        price_change=found.price - 1.0,
        cost_change=found.cost - 1.0,
        trade_share_new=found.trade_share,
        expenditure_new=found.expenditure,
        welfare_change=found.income / p.income / index - 1.0,
        passes=passes,
        residual=residual,
    )


def _move(new: Floats, old: Floats | float) -> float:
    """Return the largest relative move; what stays at zero does not move."""
    size = np.abs(old)
    return float((np.abs(new - old) / np.where(size > 0, size, 1.0)).max())

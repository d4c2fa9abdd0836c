"""The equilibrium after tariffs, trade costs, productivities or transfers have moved.

Arrays in, frozen results out. Reference: Caliendo & Parro (2015), Review of Economic Studies
82(1); equations in `system`, iteration in `fixed_point`.
"""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from bandung.economy import system
from bandung.economy.accounts import Equilibrium, rebase, refuse_debt
from bandung.economy.baseline import DEFICIT_RULES, Baseline, Levers
from bandung.economy.compiled import float64, keep_programs
from bandung.economy.fixed_point import fixed_point
from bandung.errors import CellError, InputError, NotConvergedError

if TYPE_CHECKING:
    from bandung.economy.baseline import Floats

TOLERANCE = 1e-11
MAX_PASSES = 2000

keep_programs()


class Solved(NamedTuple):
    """A solution as it lies on the device, with what gradients need of it."""

    state: system.State
    found: system.Evaluated
    residual: jax.Array
    passes: jax.Array
    stranded: jax.Array


def equilibrium(
    baseline: Baseline,
    levers: Levers = Levers(),  # noqa: B008 - frozen, and means that nothing moves
    *,
    deficits: str = "fixed",
    tolerance: float = TOLERANCE,
    max_passes: int = MAX_PASSES,
) -> Equilibrium:
    """Solve for wages, prices and spending once the levers have moved.

    Parameters
    ----------
    baseline
        The economy before.
    levers
        What moves; nothing by default.
    deficits
        ``"fixed"`` in units of the numeraire, ``"share"`` of world value added (the same, as
        the numeraire is world value added), ``"zero"``, or ``"proportional"`` to each member's
        value added, less the common share that keeps the world's sum.
    tolerance
        Largest relative gap of any equation.
    max_passes
        Evaluations of the equations before giving up.

    Returns
    -------
    Equilibrium

    Raises
    ------
    InputError
        For a lever out of bounds, an unknown deficit rule, or a member left without any supplier
        of a product it buys.
    NotConvergedError
        With iterations and residual.
    """
    levers.check(baseline)
    with float64():
        moving = moving_of(baseline, levers)
        solved = solve(fixed_of(baseline, deficits), moving, tolerance, max_passes)
        judge(solved, tolerance)
        return _result(solved)


_ON_DEVICE: weakref.WeakKeyDictionary[Baseline, dict[str, system.Fixed]] = (
    weakref.WeakKeyDictionary()
)


def without_deficits(baseline: Baseline) -> Baseline:
    """Return the equilibrium with every deficit closed, as a baseline."""
    return rebase(baseline, Levers(), equilibrium(baseline, deficits="zero"))


def with_elasticity(baseline: Baseline, trade_elasticity: Floats) -> Baseline:
    """Return a baseline with other elasticities; what lies on the device is shared."""
    other = replace(baseline, trade_elasticity=trade_elasticity)
    _ON_DEVICE[other] = _ON_DEVICE.setdefault(baseline, {})
    return other


def fixed_of(baseline: Baseline, deficits: str) -> system.Fixed:
    """Return a baseline's arrays as the equations want them; kept while the baseline lives."""
    if deficits not in DEFICIT_RULES:
        raise InputError(
            f"unknown rule for deficits {deficits!r}; choose one of {', '.join(DEFICIT_RULES)}"
        )
    known = _ON_DEVICE.setdefault(baseline, {})
    if deficits not in known:
        none = np.zeros_like(baseline.deficit)
        kept = baseline.deficit if deficits in {"fixed", "share"} else none
        following = baseline.deficit if deficits == "proportional" else none
        known[deficits] = system.Fixed(
            trade_share=_sector_first(baseline.trade_share),
            tariff=_sector_first(baseline.tariff),
            input_share=jnp.asarray(baseline.input_share),
            value_added_share=jnp.asarray(baseline.value_added_share.T),
            value_added=jnp.asarray(baseline.value_added),
            final_share=jnp.asarray(baseline.final_share.T),
            expenditure=jnp.asarray(baseline.expenditure.T),
            income=jnp.asarray(baseline.income),
            deficit_kept=jnp.asarray(kept),
            deficit_following=jnp.asarray(following),
        )
    return known[deficits]


def moving_of(baseline: Baseline, levers: Levers, *, spread: bool = False) -> system.Moving:
    """Return levers as the equations want them, with `spread` every cell of each."""
    n, _, j = baseline.tariff.shape
    cost, made = levers.trade_cost_change, levers.productivity_change
    paid = np.zeros(n) if levers.transfers is None else levers.transfers
    return system.Moving(
        tariff=_sector_first(levers.tariff_after(baseline)),
        trade_cost=(
            jnp.ones((j, n, n) if spread else (1, 1, 1))
            if cost is None
            else _sector_first(1.0 + cost)
        ),
        productivity=jnp.ones((j, n)) if made is None else jnp.asarray(1.0 + made.T),
        transfer=jnp.asarray(paid),
        trade_elasticity=jnp.asarray(baseline.trade_elasticity),
    )


@jax.jit
def solve(
    fixed: system.Fixed,
    moving: system.Moving,
    tolerance: float | jax.Array,
    max_passes: int | jax.Array,
) -> Solved:
    """Solve on the device; the caller judges the residual."""
    to = system.reach(fixed, moving)
    unit = system.scale(fixed, moving)
    start = system.State(
        log_wage=jnp.zeros_like(fixed.value_added),
        log_price=jnp.zeros_like(fixed.expenditure),
        spending=fixed.expenditure / unit.spending,
    )
    flat, unravel = ravel_pytree(start)

    def one(point: jax.Array) -> tuple[jax.Array, jax.Array]:
        move, gap = system.step(fixed, moving, to, unit, unravel(point))
        worst = jnp.abs(ravel_pytree(gap)[0]).max()
        return ravel_pytree(move)[0], worst

    end = fixed_point(one, flat, tolerance=tolerance, max_passes=max_passes)
    state = unravel(end.point)
    return Solved(
        state=state,
        found=system.evaluate(fixed, moving, to, unit, state),
        residual=end.residual,
        passes=end.passes,
        stranded=to.none & (fixed.expenditure > 0),
    )


def judge(solved: Solved, tolerance: float) -> None:
    """Raise where a solution cannot be: nobody left to supply something, or no convergence."""
    stranded = np.asarray(solved.stranded)
    if stranded.any():
        sector, member = (int(i) for i in np.argwhere(stranded)[0])
        raise CellError(
            "nobody is left to supply a product to a member",
            (member, sector),
            "leave it a supplier, or make the trade dearer, not impossible",
        )
    residual, passes = float(solved.residual), int(solved.passes)
    if not residual <= tolerance:
        raise NotConvergedError(
            "the equilibrium", iterations=passes, residual=residual, tolerance=tolerance
        )
    refuse_debt(np.asarray(solved.found.income))


def _result(solved: Solved) -> Equilibrium:
    found = solved.found
    return Equilibrium(
        wage=np.exp(np.asarray(found.log_wage)),
        price=np.exp(np.asarray(solved.state.log_price).T),
        expenditure=np.asarray(found.expenditure).T,
        income=np.asarray(found.income),
        tariff_revenue=np.asarray(found.revenue),
        deficit=np.asarray(found.deficit),
        iterations=int(solved.passes),
        residual=float(solved.residual),
    )


def _sector_first(array: Floats) -> jax.Array:
    return jnp.asarray(np.ascontiguousarray(np.moveaxis(array, -1, 0)))

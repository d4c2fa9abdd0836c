"""Gradients of an equilibrium by the implicit function theorem.

At a solution u of G(u, m) = 0, an objective w(u, m) has dw/dm = w_m + λᵀG_m, where
G_uᵀλ = −w_u. The adjoint λ is found by the same accelerated iteration as the equilibrium, so that
a gradient in all levers costs about as much as one more solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from bandung.economy import equilibrium, system
from bandung.economy.baseline import Baseline, Levers
from bandung.economy.compiled import float64
from bandung.economy.equilibrium import MAX_PASSES, Solved, fixed_of, judge, moving_of, solve
from bandung.economy.fixed_point import fixed_point
from bandung.errors import InputError, NotConvergedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bandung.economy.baseline import Floats

OBJECTIVES = ("welfare_change", "real_wage_change", "wage_change", "tariff_revenue")
LEVERS = ("tariff", "trade_cost", "productivity", "transfer", "trade_elasticity")
TOLERANCE = 1e-9
"""Of the adjoint, relative to the objective's own gradient."""
SMALLEST = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """Derivatives of m members' objectives, or of r weighted sums of them.

    Attributes
    ----------
    value : array, m
        The objectives themselves.
    by_lever : mapping of str to array
        Per lever asked for: ``tariff`` and ``trade_cost`` r×N×N×J, ``productivity`` r×N×J,
        ``transfer`` r×N, ``trade_elasticity`` r×J, with r = m where no weights are given. A tariff
        counts as a fraction, a trade cost or a productivity as its ratio, a transfer in million
        USD.
    iterations : int
        Evaluations of the equations for the equilibrium.
    adjoint_iterations : int
        Rounds of the adjoint iteration, all objectives at once.
    residual : float
        The larger of the two residuals.
    """

    value: Floats
    by_lever: dict[str, Floats]
    iterations: int
    adjoint_iterations: int
    residual: float


def gradients(
    baseline: Baseline,
    levers: Levers = Levers(),  # noqa: B008 - frozen, and means that nothing moves
    *,
    of: str,
    members: NDArray[np.int64],
    to: tuple[str, ...],
    weights: Floats | None = None,
    deficits: str = "fixed",
) -> Gradients:
    """Differentiate an objective of some members in all cells of some levers.

    Parameters
    ----------
    baseline, levers, deficits
        See :func:`bandung.economy.equilibrium.equilibrium`; the derivative is taken there.
    of
        One of `OBJECTIVES`.
    members
        Positions of the members whose objective it is, m of them.
    to
        Some of `LEVERS`.
    weights
        r×m: differentiate these sums of the objectives, at one adjoint each; by default every
        objective by itself.

    Raises
    ------
    InputError
        For an unknown objective or lever, and as `equilibrium` does.
    NotConvergedError
        For the equilibrium or the adjoint.
    """
    for what, given, known in (("objective", (of,), OBJECTIVES), ("lever", to, LEVERS)):
        unknown = [name for name in given if name not in known]
        if unknown:
            raise InputError(f"unknown {what} {unknown[0]!r}; choose among {', '.join(known)}")
    levers.check(baseline)
    with float64():
        fixed, moving = fixed_of(baseline, deficits), moving_of(baseline, levers, spread=True)
        solved = solve(fixed, moving, equilibrium.TOLERANCE, MAX_PASSES)
        judge(solved, equilibrium.TOLERANCE)
        rows = jnp.eye(len(members)) if weights is None else jnp.asarray(weights)
        value, slopes, passes, residual = _adjoint(
            fixed, moving, solved, jnp.asarray(members), rows, of=of, to=to
        )
        if not float(residual) <= TOLERANCE:
            raise NotConvergedError(
                "the gradient",
                iterations=int(passes),
                residual=float(residual),
                tolerance=TOLERANCE,
            )
        by_lever = {name: _sector_last(np.asarray(slopes[name]), name) for name in to}
        return Gradients(
            value=np.asarray(value),
            by_lever=by_lever,
            iterations=int(solved.passes),
            adjoint_iterations=int(passes),
            residual=max(float(solved.residual), float(residual)),
        )


@partial(jax.jit, static_argnames=("of", "to"))
def _adjoint(
    fixed: system.Fixed,
    moving: system.Moving,
    solved: Solved,
    members: jax.Array,
    rows: jax.Array,
    *,
    of: str,
    to: tuple[str, ...],
) -> tuple[jax.Array, dict[str, jax.Array], jax.Array, jax.Array]:
    unit = system.scale(fixed, moving)
    flat, unravel = ravel_pytree(solved.state)

    def both(
        point: jax.Array, some: dict[str, jax.Array]
    ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        moved = moving._replace(**some)
        to_there = system.reach(fixed, moved)
        state = unravel(point)
        move, _ = system.step(fixed, moved, to_there, unit, state)
        found = system.evaluate(fixed, moved, to_there, unit, state)
        value = system.measures(fixed, state, found)[of][members]
        return (value, ravel_pytree(move)[0]), value

    _, pull, value = jax.vjp(both, flat, {name: getattr(moving, name) for name in to}, has_aux=True)

    def one(row: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        start = pull((row, jnp.zeros_like(flat)))[0]
        size = jnp.maximum(jnp.abs(start).max(), SMALLEST)

        def onward(multiplier: jax.Array) -> tuple[jax.Array, jax.Array]:
            gap = pull((row, multiplier))[0]
            return gap, jnp.abs(gap).max() / size

        end = fixed_point(onward, start, tolerance=TOLERANCE, max_passes=MAX_PASSES)
        return end.point, end.residual, end.passes

    multiplier, residual, passes = jax.vmap(one)(rows)
    slopes = jax.lax.map(lambda pair: pull(pair)[1], (rows, multiplier))
    return value, slopes, passes.max(), residual.max()


def _sector_last(array: Floats, name: str) -> Floats:
    """From the equations' order, [objective, sector, …], to the public one."""
    return array if name in {"transfer", "trade_elasticity"} else np.moveaxis(array, 1, -1)

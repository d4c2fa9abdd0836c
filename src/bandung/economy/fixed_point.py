"""A fixed point by Anderson acceleration, written for JAX.

The last few steps are combined so that the residual, were it linear, would be smallest; where
that fails (the residual jumps or is not a number) the iteration goes back to the best point
known, forgets its memory and takes shorter steps, longer ones again as they succeed.
Reference: Walker & Ni (2011), SIAM Journal on Numerical Analysis 49(4), algorithm AA.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY = 10
JUMP = 100.0
"""How many times the best residual so far counts as having gone astray."""
RIDGE = 1e-14
"""Added to the unit diagonal of the normal equations, which are nearly singular at the end."""


class FixedPoint(NamedTuple):
    """Where an iteration ended.

    Attributes
    ----------
    point : array, n
        The point with the smallest residual seen.
    residual : scalar
        At that point, in the measure that `step` returns.
    passes : scalar, int
        How often `step` was evaluated.
    """

    point: jax.Array
    residual: jax.Array
    passes: jax.Array


class _State(NamedTuple):
    """`changes` are of the step from one pass to the next, `jumps` of point and step together."""

    point: jax.Array
    last_point: jax.Array
    last_step: jax.Array
    changes: jax.Array
    jumps: jax.Array
    gram: jax.Array
    filled: jax.Array
    best: jax.Array
    best_step: jax.Array
    best_residual: jax.Array
    shorten: jax.Array
    passes: jax.Array


def fixed_point(
    step: Callable[[jax.Array], tuple[jax.Array, jax.Array]],
    start: jax.Array,
    *,
    tolerance: float | jax.Array,
    max_passes: int | jax.Array,
    memory: int = MEMORY,
) -> FixedPoint:
    """Iterate ``u ← u + step(u)`` until the residual is within the tolerance.

    Parameters
    ----------
    step
        From a point, n, to the plain step from there, n, and the residual there, a scalar.
    start
        First point, n.
    tolerance, max_passes
        Stop once the residual is at most the first, or after the second.
    memory
        How many earlier steps are combined.

    Returns
    -------
    FixedPoint
        The caller judges `residual`: nothing is raised inside a compiled program.
    """

    def more(state: _State) -> jax.Array:
        return (state.best_residual > tolerance) & (state.passes < max_passes)

    last = jax.lax.while_loop(more, partial(_one_pass, step, memory), _first(start, memory))
    return FixedPoint(point=last.best, residual=last.best_residual, passes=last.passes)


def _one_pass(
    step: Callable[[jax.Array], tuple[jax.Array, jax.Array]], memory: int, state: _State
) -> _State:
    """Take one step, learn from it, and choose where to go next."""
    plain, residual = step(state.point)
    astray = ~(residual <= JUMP * state.best_residual)
    better = residual <= state.best_residual
    longer = jnp.where(better, jnp.minimum(2.0 * state.shorten, 1.0), state.shorten)
    shorten = jnp.where(astray, 0.5 * state.shorten, longer)
    move = shorten * plain
    best = jnp.where(better, state.point, state.best)
    best_step = jnp.where(better, plain, state.best_step)

    learn = (state.filled >= 0) & ~astray
    change = move - state.last_step
    length = jnp.linalg.norm(change)
    scale = jnp.where(learn & (length > 0), 1.0 / length, 0.0)
    slot = jnp.maximum(state.filled, 0) % memory
    unit = jnp.where(learn, scale * change, 0.0)
    jump = jnp.where(learn, scale * (state.point - state.last_point + change), 0.0)
    changes = state.changes.at[slot].set(unit)
    jumps = state.jumps.at[slot].set(jump)
    row = changes @ unit
    gram = state.gram.at[slot, :].set(row).at[:, slot].set(row)
    known = (jnp.arange(memory) <= state.filled) & (jnp.diagonal(gram) > 0)
    both = known[:, None] & known[None, :]
    normal = jnp.where(both, gram, 0.0) + jnp.diag(jnp.where(known, RIDGE, 1.0))
    weights = jnp.linalg.solve(normal, jnp.where(known, changes @ move, 0.0))
    onward = state.point + move - weights @ jumps
    return _State(
        point=jnp.where(astray, best + shorten * best_step, onward),
        last_point=jnp.where(astray, best, state.point),
        last_step=jnp.where(astray, shorten * best_step, move),
        changes=changes,
        jumps=jumps,
        gram=gram,
        filled=jnp.where(astray, 0, state.filled + 1),
        best=best,
        best_step=best_step,
        best_residual=jnp.minimum(jnp.where(better, residual, jnp.inf), state.best_residual),
        shorten=shorten,
        passes=state.passes + 1,
    )


def _first(start: jax.Array, memory: int) -> _State:
    empty = jnp.zeros((memory, start.shape[0]), start.dtype)
    zero = jnp.zeros_like(start)
    return _State(
        point=start,
        last_point=start,
        last_step=zero,
        changes=empty,
        jumps=empty,
        gram=jnp.zeros((memory, memory), start.dtype),
        filled=jnp.asarray(-1),
        best=start,
        best_step=zero,
        best_residual=jnp.asarray(jnp.inf, start.dtype),
        shorten=jnp.asarray(1.0, start.dtype),
        passes=jnp.asarray(0),
    )

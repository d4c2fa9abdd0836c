"""Sequential linear programming in a trust region: many objectives, one compromise.

Members' gains W(y) are smooth in the levers y, and a step is chosen on their slopes by a linear
programme (HiGHS, through SciPy):

    maximise    s + c·GΔ − M v
    subject to  W_i + G_iΔ + v ≥ a_i s + b_i,  lower ≤ y + Δ ≤ upper,  |Δ| ≤ radius,  v ≥ 0,
                h·Δ = 0

with `a` who shares the level s that is raised, `b` the least that each must have, `c` what a sum
counts, and `h` a balance that no step disturbs. The step is taken if the goal itself rises; the
radius follows how well the slopes foretold it. Where the gains bend so much that they foretold it
badly, a second programme is solved with the gains as they bend at the first one's end (a
second-order correction): without it steps along a ridge become tiny. Reference: Nocedal & Wright
(2006), Numerical Optimization, chapters 4 and 18 (section 18.3 on the correction).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import optimize

from bandung.errors import NotConvergedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bandung.economy.baseline import Floats

SCALE = 1e4
"""Gains are of the order of 1e-4; the solver's tolerances are absolute."""
SMALLEST = 1e-9
"""A gain below this counts as none."""
FLAT = 1e-9
"""A scaled slope below this is rounding."""
FIRM, YIELDING = 1e3, 10.0
"""Penalties. A firm one keeps what earlier stages gave, though others would gain a thousand times
what is missed; a yielding one lets the search cut corners, and who uses it must mend what is missed
in the end."""
FIRST_RADIUS = 0.25
LEAST_RADIUS = 1e-4
TOOK, GOOD, POOR = 0.1, 0.7, 0.3
"""Share of the foretold rise at which a step is taken, and the radius grows or shrinks."""


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """What is to rise.

    Attributes
    ----------
    share : array, m
        a ≥ 0: a member's gain less `least` is compared with this many times the common level; 0
        for members that only must keep their least.
    least : array, m
        b.
    sum_weight : callable
        From gains, m, to c, m: what the sum counts, or its slope where it is no sum.
    total : callable
        From gains, m, to the value of that sum.
    penalty : float
        M, what a unit of a missed least costs.
    """

    share: Floats
    least: Floats
    sum_weight: Callable[[Floats], Floats]
    total: Callable[[Floats], float]
    penalty: float

    def merit(self, gains: Floats) -> float:
        """Return what is maximised: the common level, the sum, less what is missed."""
        return self.total(gains) + self._level(gains)

    def foretold(self, gains: Floats, change: Floats) -> float:
        """Return by how much slopes say that it rises when gains change so."""
        summed = float(self.sum_weight(gains) @ change)
        return summed + self._level(gains + change) - self._level(gains)

    def _level(self, gains: Floats) -> float:
        """Return the common level, less what is missed."""
        over = gains - self.least
        raised = self.share > 0
        level = float((over[raised] / self.share[raised]).min()) if raised.any() else 0.0
        missed = float(np.maximum(-over[~raised], 0.0).max(initial=0.0))
        return level - self.penalty * missed


def least_gain(share: Floats, least: Floats | None = None) -> Goal:
    """Raise the smallest gain over `share`; members of share 0 keep their `least`."""
    none = np.zeros_like(share)
    return Goal(
        share=share,
        least=none if least is None else least,
        sum_weight=np.zeros_like,
        total=lambda _: 0.0,
        penalty=FIRM,
    )


def geometric_mean(
    counted: Floats, least: Floats | None = None, origin: Floats | None = None
) -> Goal:
    """Raise the geometric mean of what the members `counted` gain over `origin`.

    Their product rises with it. Members keep their `least`, and those counted also `origin`.
    """
    base = np.zeros_like(counted) if origin is None else origin
    kept = np.zeros_like(counted) if least is None else least
    members = counted.sum()

    def over(gains: Floats) -> Floats:
        return np.maximum(gains - base, SMALLEST)

    def mean(gains: Floats) -> float:
        return float(np.exp(counted @ np.log(over(gains)) / members))

    return Goal(
        share=np.zeros_like(counted),
        least=np.where(counted > 0, np.maximum(kept, base) + SMALLEST, kept),
        sum_weight=lambda gains: counted * mean(gains) / (members * over(gains)),
        total=mean,
        penalty=YIELDING,
    )


def weighted_sum(weight: Floats, least: Floats | None = None) -> Goal:
    """Raise a weighted sum while members keep their `least`."""
    none = np.zeros_like(weight)
    return Goal(
        share=none,
        least=none if least is None else least,
        sum_weight=lambda _: weight,
        total=lambda gains: float(weight @ gains),
        penalty=YIELDING,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ascent:
    """Where an ascent ended.

    Attributes
    ----------
    position : array, n
    gains : array, m
    multiplier : array, m
        Of each member's constraint in the last linear programme: how much the goal would rise with
        its gain. Members above 0 hold the others back.
    steps : int
    foretold : float
        By how much the slopes say the goal could still rise within the last radius.
    radius : float
    """

    position: Floats
    gains: Floats
    multiplier: Floats
    steps: int
    foretold: float
    radius: float


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A step taken: how many there were, where it led, and how far the next may go.

    Its multipliers and what was foretold of it are the ascent's, where it is the last.
    """

    steps: int
    position: Floats
    gains: Floats
    radius: float
    multiplier: Floats
    foretold: float


@dataclass(slots=True)
class Search:
    """Gains of m members in n levers, and the box the levers stay in.

    `slopes` gives gains (m) and their slopes (m×n); `balance` (n), where given, is what no step
    may change the sum of; `taken` is told of every step taken.
    """

    gains: Callable[[Floats], Floats]
    slopes: Callable[[Floats], tuple[Floats, Floats]]
    lower: Floats
    upper: Floats
    balance: Floats | None = None
    taken: Callable[[Taken], object] = field(default=lambda _: None)

    def ascend(  # noqa: PLR0913 - where it goes on from, and when it ends
        self,
        start: Floats,
        goal: Goal,
        *,
        radius: float = FIRST_RADIUS,
        steps: int = 0,
        multiplier: Floats | None = None,
        foretold: float = np.inf,
        tolerance: float = 1e-8,
        relative: float = 0.0,
        max_steps: int = 200,
    ) -> Ascent:
        """Climb until the slopes foretell a rise below the tolerance, or the radius is spent.

        `relative` is a tolerance too, as a share of what the goal has reached.

        An ascent cut short goes on from what the last step taken says.

        Raises
        ------
        NotConvergedError
            When a linear programme cannot be solved.
        """
        position = start
        multiplier = np.zeros(len(goal.share)) if multiplier is None else multiplier
        gains, slopes = self.slopes(position)
        while steps < max_steps and radius >= LEAST_RADIUS:
            steps += 1
            move, multiplier = self._step(position, gains, slopes, goal, radius)
            foretold = goal.foretold(gains, slopes @ move)
            if foretold <= max(tolerance, relative * abs(goal.merit(gains))):
                break
            onward, risen = self._risen(position, move, gains, goal, foretold)
            if risen < GOOD:
                bent = self.gains(onward) - slopes @ (onward - position)
                again, _ = self._step(position, bent, slopes, goal, radius)
                other, mended = self._risen(position, again, gains, goal, foretold)
                if mended > risen:
                    onward, risen = other, mended
            if risen > GOOD:
                radius = min(2.0 * radius, 1.0)
            elif risen < POOR:
                radius *= 0.5
            if risen > TOOK:
                position = onward
                gains, slopes = self.slopes(position)
                self.taken(Taken(steps, position, gains, radius, multiplier, foretold))
        return Ascent(position, gains, multiplier, steps, foretold, radius)

    def _risen(
        self, position: Floats, move: Floats, gains: Floats, goal: Goal, foretold: float
    ) -> tuple[Floats, float]:
        """Return where a move leads, and what it raises as a share of what was foretold."""
        onward = np.clip(position + move, self.lower, self.upper)
        return onward, (goal.merit(self.gains(onward)) - goal.merit(gains)) / foretold

    def _step(
        self, position: Floats, gains: Floats, slopes: Floats, goal: Goal, radius: float
    ) -> tuple[Floats, Floats]:
        """Solve the linear programme; return the move and the members' multipliers."""
        n = slopes.shape[1]
        raised = goal.share > 0
        soft = (~raised).astype(float)
        steep = slopes * (SCALE * radius)
        steep[np.abs(steep) < FLAT] = 0.0
        cost = np.r_[-goal.sum_weight(gains) @ steep, -float(raised.any()), goal.penalty]
        low = np.clip((self.lower - position) / radius, -1.0, 0.0)
        high = np.clip((self.upper - position) / radius, 0.0, 1.0)
        level = [-np.inf, np.inf] if raised.any() else [0.0, 0.0]
        missed = [0.0, np.inf] if soft.any() else [0.0, 0.0]
        found = _programme(
            cost,
            np.c_[-steep, goal.share, -soft],
            (gains - goal.least) * SCALE,
            np.vstack([np.c_[low, high], [level, missed]]),
            None if self.balance is None else np.r_[self.balance, 0.0, 0.0][None, :],
        )
        return radius * np.asarray(found.x[:n]), -np.asarray(found.ineqlin.marginals)


def _programme(
    cost: Floats, rows: Floats, limit: Floats, bounds: Floats, balance: Floats | None
) -> Any:  # noqa: ANN401
    """Solve a linear programme; where HiGHS is in doubt after presolving, without that."""
    solve: Any = optimize.linprog
    level = None if balance is None else np.zeros(1)
    for presolve in (True, False):
        options = {"presolve": presolve}
        found = solve(
            cost, rows, limit, balance, level, bounds=bounds, method="highs", options=options
        )
        if found.status == 0:
            return found
    raise NotConvergedError(
        f"a linear programme of the search ({found.message})",
        iterations=int(found.nit),
        residual=float("nan"),
        tolerance=0.0,
    )

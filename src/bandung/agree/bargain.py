"""Agreements that leave no member worse off, and share the gain by a principle.

Principles: `egalitarian` (the smallest gain as large as can be, then the next smallest: leximin),
`nash` (the product of the gains), `kalai-smorodinsky` (equal shares of what each could have at
best), `utilitarian` (the sum of real incomes). References: Thomson (1994), Handbook of Game Theory
2, chapter 35; Kalai & Smorodinsky (1975), Econometrica 43(3); model.md, 'A fair agreement'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bandung.agree.solve import solve
from bandung.agree.talks import Talks, open_talks
from bandung.economy.ascent import Search, geometric_mean, least_gain, weighted_sum
from bandung.errors import CodeUnknownError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bandung.agree.outcome import Outcome
    from bandung.economy.ascent import Ascent
    from bandung.economy.baseline import Floats
    from bandung.world.model import World

PRINCIPLES = ("egalitarian", "nash", "kalai-smorodinsky", "utilitarian")
HOLDS_BACK = 1e-3
"""Share of the largest multiplier above which a member holds the others back."""
STEPS_OF_NEXT = 25
HALVINGS = 12
SAME = 1e-8
"""Gains closer than this, as fractions of income, are the same."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """A schedule of tariffs among members, and what it gives each of them.

    Attributes
    ----------
    talks : Talks
        What could move.
    principle : str
        One of `PRINCIPLES`.
    kept : array, n
        Share of present tariffs that each lever keeps.
    gains : array, m
        Change of each member's real income, a ratio minus one, in the order of `members`.
    ideal : array, m, or None
        For `kalai-smorodinsky`: what each could have at best while nobody loses.
    steps : int
        Linear programmes solved.
    foretold : float
        By how much the slopes say the goal could still rise within the last step's reach: 0 at an
        exact optimum.
    """

    talks: Talks
    principle: str
    kept: Floats
    gains: Floats
    ideal: Floats | None
    steps: int
    foretold: float

    @property
    def members(self) -> tuple[str, ...]:
        """The members, by code."""
        return self.talks.members

    @property
    def smallest_gain(self) -> float:
        """The gain of whoever gains least."""
        return float(self.gains.min())

    @cached_property
    def tariff_new(self) -> Floats:
        """Every tariff of the world under the agreement, N×N×J, fractions."""
        return self.talks.tariff(self.kept)

    @cached_property
    def outcome(self) -> Outcome:
        """What it does to everybody."""
        return solve(self.talks.world, tariff_new=self.tariff_new, deficits=self.talks.deficits)

    def to_dict(self) -> dict[str, Any]:
        """Return members' and outsiders' results, in per cent."""
        world, outcome = self.talks.world, self.outcome
        welfare = 100 * outcome.welfare_change.to_numpy()
        before, after = outcome.before.tariff_revenue, outcome.tariff_revenue.to_numpy()
        levied = np.where(before > 0, before, np.inf)
        revenue = 100 * (after - before) / levied
        return {
            "principle": self.principle,
            "smallest_gain_pct": 100 * self.smallest_gain,
            "members": {
                code: {
                    "welfare_change_pct": float(welfare[at]),
                    "tariff_revenue_change_pct": float(revenue[at]),
                }
                for code, at in zip(self.members, self.talks.at, strict=True)
            },
            "outsiders": {
                code: {"welfare_change_pct": float(welfare[at])}
                for at, code in enumerate(world.members)
                if code not in self.members
            },
            "deficits": outcome.deficits,
            "elasticities": outcome.elasticities,
            "world": {"name": world.name, "checksum": world.checksum},
            "steps": self.steps,
            "foretold_pct": 100 * self.foretold,
        }

    def to_table(self) -> pl.DataFrame:
        """Return one row for each tariff that falls: origin, destination, sector, old and new."""
        world, talks = self.talks.world, self.talks
        new = self.tariff_new[tuple(talks.cells.T)]
        falls = new < talks.present - SAME
        origin, destination, sector = talks.cells[falls].T
        return pl.DataFrame(
            {
                "origin": [world.members[at] for at in origin],
                "destination": [world.members[at] for at in destination],
                "sector": [world.sectors[at] for at in sector],
                "tariff_pct": 100 * talks.present[falls],
                "tariff_new_pct": 100 * new[falls],
            }
        )


def bargain(  # noqa: PLR0913 - whom, by which principle, under which limits
    world: World,
    members: Sequence[str],
    principle: str = "egalitarian",
    *,
    floor: float = 0.0,
    exclude: Sequence[str] = (),
    exempt: Sequence[str] = (),
    by: str = "line",
    deficits: str = "fixed",
    progress: Callable[[int, Floats], object] = lambda _, __: None,
) -> Agreement:
    """Search for tariffs among members under which nobody loses and the gain is shared fairly.

    The search climbs from the tariffs of today on the slopes of every member's welfare; it finds
    a local optimum, which `Agreement.foretold` measures.

    Parameters
    ----------
    world
        The world before.
    members
        Codes of the world's members.
    principle
        One of `PRINCIPLES`.
    floor, exclude, exempt, by, deficits
        See :func:`bandung.agree.talks.open_talks`.
    progress
        Called with the number of the step and the members' gains after it.

    Returns
    -------
    Agreement
        With gains of 0 and tariffs as they are, where no step from there leaves nobody worse off.

    Raises
    ------
    CodeUnknownError, InputError
        For an unknown principle, member or sector, and where there is nothing to lower.
    NotConvergedError
        For an equilibrium or a linear programme.

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.agree import bargain
    >>> found = bargain(World.embedded(), ["CIV", "MAR", "SEN", "ZAF"], by="sector")
    >>> found.smallest_gain > 0
    True
    """
    if principle not in PRINCIPLES:
        raise CodeUnknownError("principle", principle, PRINCIPLES)
    talks = open_talks(
        world, members, floor=floor, exclude=exclude, exempt=exempt, by=by, deficits=deficits
    )
    search = Search(talks.gains, talks.slopes, talks.lowest, np.ones(talks.count), progress)
    fair = _leximin(search, talks, thorough=principle == "egalitarian")
    ideal = None
    end = fair
    if principle == "nash":
        end = _onward(fair, search.ascend(fair.position, geometric_mean(len(talks.at))))
    elif principle == "utilitarian":
        income = talks.before.income[talks.at]
        end = _onward(fair, search.ascend(fair.position, weighted_sum(income / income.sum())))
    elif principle == "kalai-smorodinsky":
        ideal = _ideal(search, fair)
        goal = least_gain(ideal / ideal.max())
        end = _onward(fair, search.ascend(fair.position, goal))
    end = _rational(search, fair, end)
    return Agreement(
        talks=talks,
        principle=principle,
        kept=end.position,
        gains=end.gains,
        ideal=ideal,
        steps=end.steps,
        foretold=max(float(end.foretold), 0.0),
    )


def _leximin(search: Search, talks: Talks, *, thorough: bool) -> Ascent:
    """Raise the smallest gain, then, if thorough, the smallest of those not held back, and on."""
    members = len(talks.at)
    end = search.ascend(np.ones(talks.count), least_gain(np.ones(members)))
    held = np.zeros(members, dtype=bool)
    while thorough and not held.all():
        free = np.where(held, np.inf, end.gains)
        pressed = end.multiplier >= HOLDS_BACK * end.multiplier[~held].max(initial=0.0)
        held |= ~held & (pressed | (free <= free.min() + SAME))
        if held.all():
            break
        goal = least_gain((~held).astype(float), np.where(held, end.gains - SAME / 10, 0.0))
        onward = search.ascend(end.position, goal, max_steps=STEPS_OF_NEXT)
        end = _onward(end, onward)
    return end


def _ideal(search: Search, fair: Ascent) -> Floats:
    """Return what each member could have at best while nobody loses, m."""
    best = np.array(fair.gains)
    for member in range(len(best)):
        alone = np.zeros(len(best))
        alone[member] = 1.0
        found = search.ascend(fair.position, weighted_sum(alone))
        best[member] = max(best[member], found.gains[member])
    return best


def _rational(search: Search, fair: Ascent, end: Ascent) -> Ascent:
    """Go back towards an agreement in which all gain, as far as nobody loses any more."""
    if (end.gains >= 0).all():
        return end
    far, near, position, gains = 0.0, 1.0, fair.position, fair.gains
    for _ in range(HALVINGS):
        middle = (far + near) / 2
        between = end.position + middle * (fair.position - end.position)
        found = search.gains(between)
        if (found >= 0).all():
            near, position, gains = middle, between, found
        else:
            far = middle
    return replace(end, position=position, gains=gains)


def _onward(before: Ascent, after: Ascent) -> Ascent:
    """Return an ascent that began where another ended, with the steps of both."""
    return replace(after, steps=before.steps + after.steps)

"""How much better an agreement could be at most: the weighted sum that bounds the smallest gain.

Under any weights on the members that sum to 1, the smallest gain is at most the weighted sum of the
gains, and so at most the largest that sum can be. The weights under which the search ended, the
multipliers of its last linear programme, give a bound that is close (Lagrangian relaxation;
Bertsekas 2016, Nonlinear Programming, chapter 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bandung.agree.coalitions import without_transfers
from bandung.economy.joint import climb
from bandung.errors import InputError

if TYPE_CHECKING:
    from bandung.agree.agreement import Agreement
    from bandung.economy.baseline import Floats


SCALE = 1e8
"""The climb's tolerance is absolute below 1: a hundred-millionth of income is 1 here."""


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """An upper bound of the smallest gain.

    Attributes
    ----------
    smallest_gain : float
        What the agreement reaches, a ratio minus one.
    tops : array, s
        The largest weighted sum found from each start.
    gap : float
        By how much the best of them can still be missed, if the sum is concave in the levers.
    """

    smallest_gain: float
    tops: Floats
    gap: float

    @property
    def at_most(self) -> float:
        """The bound: no schedule found or, under concavity, possible gives everyone more."""
        return float(self.tops.max()) + self.gap

    @property
    def reached(self) -> float:
        """The smallest gain as a share of the bound."""
        return self.smallest_gain / self.at_most


def upper_bound(agreement: Agreement) -> Bound:
    """Bound the smallest gain that any agreement under the same limits could give.

    The bound is strict if the weighted sum of real incomes has no higher top in the box of the
    levers than those climbed to from three starts: the agreement, every tariff as low as may be,
    and today. That is not proven, as real incomes need not be concave in tariffs; that the three
    tops are one says that it is likely. A limit on the number of sectors is left out: the bound
    holds for whatever sectors are chosen, and is less close.

    Parameters
    ----------
    agreement
        With tariffs or corridors, no transfers, from the status quo, not made robust.

    Raises
    ------
    InputError
        For other agreements, or one without gains.
    """
    talks = agreement.talks
    if "transfers" in talks.kinds or agreement.threat_gains.any() or agreement.robust is not None:
        raise InputError(
            "the bound is for agreements on tariffs and corridors, from the status quo, that are "
            "not made robust"
        )
    if agreement.obstacle is not None:
        raise InputError("the agreement gives somebody nothing: see its obstacle")
    weight, starts = agreement.multiplier, [agreement.position]
    if talks.limits.most_sectors is not None:
        talks, starts = without_transfers(talks), []

    def scaled(position: Floats) -> tuple[float, Floats]:
        gains, slope = talks.slopes(position, weight[None, :])
        return SCALE * float(weight @ gains), SCALE * slope[0]

    lower, upper = talks.lower, talks.upper
    tops = [climb(scaled, start, lower, upper) for start in (*starts, lower, upper)]
    best = max(tops, key=lambda top: top.value)
    return Bound(
        smallest_gain=agreement.smallest_gain,
        tops=np.array([top.value for top in tops]) / SCALE,
        gap=best.gap / SCALE,
    )

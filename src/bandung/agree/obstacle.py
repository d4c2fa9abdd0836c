"""`Obstacle`: why, to first order, no agreement lets every member gain.

By a theorem of the alternative (Gordan 1873; Mangasarian 1969, Nonlinear Programming, chapter 2),
either some small move of the levers raises every member's real income, or there are weights on the
members, none below zero, under which no small move raises the weighted sum. The linear programme
finds whichever it is; its dual gives the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bandung.economy.ascent import Search, least_gain

if TYPE_CHECKING:
    from bandung.agree.talks import Talks
    from bandung.economy.baseline import Floats

NONE = 1e-9
"""A rise of the smallest gain below this, for levers moved all the way, is none."""
BINDS = 1e-6


@dataclass(frozen=True, eq=False)
class Obstacle:
    """What stands against an agreement.

    Attributes
    ----------
    members : tuple of str
    weight : array, m
        Under these weights, which sum to 1, no small move raises the sum of gains; all 0 where the
        first order does not settle it.
    rise : float
        What the slopes at the status quo promise whoever gains least, all levers moved all the way.
    """

    members: tuple[str, ...]
    weight: Floats
    rise: float

    @property
    def proven(self) -> bool:
        """Whether no small move lets every member gain; false where only the search failed."""
        return self.rise <= NONE

    @property
    def binding(self) -> tuple[str, ...]:
        """The members whose interests cannot all be served at once."""
        return tuple(
            code
            for code, weight in zip(self.members, self.weight, strict=True)
            if weight > BINDS and self.proven
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "proven_to_first_order": self.proven,
            "binding": list(self.binding),
            "weight": dict(zip(self.members, map(float, self.weight), strict=True)),
        }


def obstacle(talks: Talks) -> Obstacle:
    """Ask, at the status quo, whether a small move of the levers lets every member gain."""
    gains, slopes = talks.slopes(talks.start)
    search = Search(
        gains=lambda _: gains,
        slopes=lambda _: (gains, slopes),
        lower=talks.lower,
        upper=talks.upper,
        balance=talks.balance,
    )
    end = search.ascend(talks.start, least_gain(np.ones(len(gains))), radius=1.0, max_steps=1)
    rise = max(float(end.foretold), 0.0)
    weight = np.maximum(end.multiplier, 0.0) if rise <= NONE else np.zeros(len(gains))
    return Obstacle(
        members=talks.members,
        weight=weight / weight.sum() if weight.sum() > 0 else weight,
        rise=rise,
    )

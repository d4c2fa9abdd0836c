"""`Corridor`: trade between two members made cheaper by a joint work, and who pays for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bandung.errors import CodeUnknownError, InputError

if TYPE_CHECKING:
    from bandung.economy.baseline import Baseline, Floats
    from bandung.world.model import World

SHARING = ("equal", "income", "trade")


@dataclass(frozen=True, slots=True)
class Corridor:
    """A road, a port, a customs post that makes trade between two members cheaper, both ways.

    Attributes
    ----------
    between : tuple of str
        The two members' codes; kept sorted.
    largest_cut : float
        By what share trade costs between the two can fall at most, in (0, 1).
    cost_musd : float
        What it costs a year at the largest cut, million USD; in proportion to the cut below it.
    shared : str
        Who pays: ``"equal"``, half each; ``"income"``, in proportion to income; ``"trade"``, in
        proportion to what each buys from the other today.
    sectors : tuple of str
        What is carried; every sector where empty.
    """

    between: tuple[str, str]
    largest_cut: float
    cost_musd: float = 0.0
    shared: str = "equal"
    sectors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        first, second = sorted(self.between)
        if first == second:
            raise InputError(f"a corridor joins two members, not {first} and {second}")
        object.__setattr__(self, "between", (first, second))
        object.__setattr__(self, "sectors", tuple(sorted(set(self.sectors))))
        if not 0 < self.largest_cut < 1:
            raise InputError(
                f"the corridor {self.name} cuts trade costs by {self.largest_cut:g}; it must be "
                "above 0 and below 1"
            )
        if not 0 <= self.cost_musd < np.inf:
            raise InputError(
                f"the corridor {self.name} costs {self.cost_musd:g} million USD a year; it must be "
                "at least 0"
            )
        if self.shared not in SHARING:
            raise CodeUnknownError("way of sharing a cost", self.shared, SHARING)

    @property
    def name(self) -> str:
        """Both codes, with a hyphen."""
        return "-".join(self.between)

    @classmethod
    def parse(cls, text: str) -> Corridor:
        """Read ``CIV-SEN:5:120:income``: members, largest cut in %, million USD a year, who pays.

        Raises
        ------
        InputError
            Where a part is missing or no number.

        Examples
        --------
        >>> Corridor.parse("SEN-CIV:5:120").between
        ('CIV', 'SEN')
        """
        pair, *rest = text.strip().split(":")
        try:
            first, second = pair.split("-")
            cut, cost, *shared = rest
            (way,) = shared or ["equal"]
            numbers = float(cut) / 100, float(cost)
        except ValueError:
            raise InputError(
                f"a corridor is written FIRST-SECOND:PERCENT:COST or FIRST-SECOND:PERCENT:COST:WHO "
                f"(CIV-SEN:5:120:income), not {text!r}"
            ) from None
        return cls((first.strip(), second.strip()), *numbers, shared=way.strip())

    def paid(self, world: World, baseline: Baseline) -> Floats:
        """Return each member's part of the cost, N, summing to 1."""
        one, other = (world.index(code) for code in self.between)
        weight = {
            "equal": (1.0, 1.0),
            "income": (baseline.income[one], baseline.income[other]),
            "trade": (
                baseline.trade_value[other, one].sum(),
                baseline.trade_value[one, other].sum(),
            ),
        }[self.shared]
        part = np.zeros(len(world.members))
        part[[one, other]] = weight
        if not part.sum() > 0:
            raise InputError(
                f"{self.between[0]} and {self.between[1]} do not trade, so that the cost of their "
                "corridor cannot be shared by trade; share it 'equal' or by 'income'"
            )
        return np.asarray(part / part.sum())

    def cells(self, world: World) -> Floats:
        """Return which trade becomes cheaper: 1 there, 0 elsewhere, N×N×J."""
        one, other = (world.index(code) for code in self.between)
        sectors = self.sectors or world.sectors
        at = [world.sector_index(sector) for sector in sectors]
        there = np.zeros((len(world.members),) * 2 + (len(world.sectors),))
        there[one, other, at] = 1.0
        there[other, one, at] = 1.0
        return there

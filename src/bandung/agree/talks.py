"""`Talks`: what members may lower towards each other, and what each gains by it.

Members lower what they charge fellow members, and nothing else moves: no tariff rises, none
towards those outside changes. A lever is the share of present tariffs that is kept, between the
floor and 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bandung.agree.solve import baseline_of
from bandung.economy import sensitivities
from bandung.economy.accounts import real_income
from bandung.economy.baseline import Levers
from bandung.economy.equilibrium import equilibrium
from bandung.errors import CodeUnknownError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bandung.economy.baseline import Baseline, Floats
    from bandung.world.model import World

DEPTHS = ("line", "sector", "member", "all")
TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class Talks:
    """The members, the tariffs they may lower, and how these are tied together.

    Attributes
    ----------
    world : World
    before : Baseline
    deficits : str
    members : tuple of str, length m
        Sorted by code.
    cells : array, K×3
        Positions [origin, destination, sector] of the tariffs that may fall.
    lever : array, K
        Which of the n levers moves each of them.
    lowest : array, n
        The least share of present tariffs that a lever may leave.
    """

    world: World
    before: Baseline
    deficits: str
    members: tuple[str, ...]
    cells: NDArray[np.int64]
    lever: NDArray[np.int64]
    lowest: Floats

    @cached_property
    def at(self) -> NDArray[np.int64]:
        """Positions of the members in the world, m."""
        return np.array([self.world.index(code) for code in self.members], dtype=np.int64)

    @cached_property
    def present(self) -> Floats:
        """The tariffs that may fall, K, fractions."""
        return np.asarray(self.world.tariff[tuple(self.cells.T)])

    @property
    def count(self) -> int:
        """How many levers there are, n."""
        return len(self.lowest)

    def tariff(self, kept: Floats) -> Floats:
        """Return every tariff of the world, N×N×J, when levers keep these shares, n."""
        new = np.array(self.world.tariff)
        new[tuple(self.cells.T)] = kept[self.lever] * self.present
        return new

    def gains(self, kept: Floats) -> Floats:
        """Return each member's change of real income, m."""
        levers = Levers(tariff_new=self.tariff(kept))
        after = equilibrium(self.before, levers, deficits=self.deficits, tolerance=TOLERANCE)
        return real_income(self.before, after)[self.at]

    def slopes(self, kept: Floats) -> tuple[Floats, Floats]:
        """Return each member's change of real income, m, and its slope in every lever, m×n."""
        found = sensitivities.gradients(
            self.before,
            Levers(tariff_new=self.tariff(kept)),
            of="welfare_change",
            members=self.at,
            to=("tariff",),
            deficits=self.deficits,
        )
        origin, destination, sector = self.cells.T
        by_cell = found.by_lever["tariff"][:, origin, destination, sector] * self.present
        by_lever = np.zeros((len(self.members), self.count))
        for row, slope in enumerate(by_cell):
            by_lever[row] = np.bincount(self.lever, weights=slope, minlength=self.count)
        return found.value, by_lever


def open_talks(
    world: World,
    members: Sequence[str],
    *,
    floor: float = 0.0,
    exclude: Sequence[str] = (),
    exempt: Sequence[str] = (),
    by: str = "line",
    deficits: str = "fixed",
) -> Talks:
    """Say which tariffs members may lower towards each other.

    Parameters
    ----------
    members
        Codes of the world's members, at least two.
    floor
        No tariff falls below this fraction; those below it already stay.
    exclude
        Sectors that nobody opens (``"C29"``), or one member does not (``"ZAF:C29"``).
    exempt
        Members that lower nothing.
    by
        What moves on its own: ``"line"``, every tariff; ``"sector"``, a member's tariffs on a
        sector fall by the same share for all fellow members; ``"member"``, all its tariffs by the
        same share; ``"all"``, all tariffs of all members.
    deficits
        As :func:`bandung.solve`.

    Raises
    ------
    CodeUnknownError, InputError
        For a member or sector that the world lacks, a floor below 0, or nothing left to lower.

    Examples
    --------
    >>> from bandung import World
    >>> open_talks(World.embedded(), ["SEN", "CIV", "MAR"], by="member").count
    3
    """
    codes = tuple(sorted(set(members)))
    at = [world.index(code) for code in codes]
    if len(at) < 2:
        raise InputError("talks need at least two members")
    if not floor >= 0:
        raise InputError(f"the floor is {floor:g}; it must be at least 0")
    if by not in DEPTHS:
        raise CodeUnknownError("way of lowering tariffs", by, DEPTHS)
    open_ = np.zeros(world.tariff.shape, dtype=bool)
    open_[np.ix_(at, at)] = True
    for code in exempt:
        open_[:, world.index(code)] = False
    for word in exclude:
        member, _, sector = word.rpartition(":")
        where = world.index(member) if member else slice(None)
        open_[:, where, world.sector_index(sector)] = False
    cells = np.argwhere(open_ & (world.tariff > floor) & (world.trade_value > 0))
    if not len(cells):
        raise InputError(
            f"{', '.join(codes)} have no tariff to lower towards each other, above a floor of "
            f"{100 * floor:g} % and without what is excluded"
        )
    origin, destination, sector_at = cells.T
    j = len(world.sectors)
    tied = {
        "line": np.arange(len(cells)),
        "sector": destination * j + sector_at,
        "member": destination,
        "all": np.zeros(len(cells), dtype=np.int64),
    }[by]
    names, lever = np.unique(tied, return_inverse=True)
    present = world.tariff[origin, destination, sector_at]
    lowest = np.zeros(len(names))
    np.maximum.at(lowest, lever, floor / present)
    return Talks(
        world=world,
        before=baseline_of(world, deficits),
        deficits=deficits,
        members=codes,
        cells=cells,
        lever=lever.astype(np.int64),
        lowest=lowest,
    )

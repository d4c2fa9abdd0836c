"""`Talks`: what members may do for each other, and what each gains by it.

Members lower what they charge fellow members, make trade among themselves cheaper by joint works,
and pay each other; nothing else moves: no tariff rises, none towards those outside changes. A
position says how far each lever is moved: first the tariffs (1 as today, downwards), then the
corridors (0 as today, 1 the largest cut), then the transfers (0 none, −1 the most a member pays).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bandung.agree.formulas import formula_of
from bandung.agree.limits import Limits
from bandung.agree.solve import baseline_of
from bandung.economy import sensitivities
from bandung.economy.accounts import real_income
from bandung.economy.baseline import Levers
from bandung.economy.equilibrium import equilibrium, with_elasticity, without_deficits
from bandung.errors import CodeUnknownError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bandung.agree.corridors import Corridor
    from bandung.agree.formulas import Formula
    from bandung.economy.baseline import Baseline, Floats
    from bandung.economy.sensitivities import Gradients
    from bandung.world.model import World

KINDS = ("tariffs", "corridors", "transfers")
TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class Talks:
    """The members, what they may move, and how that is tied together.

    Attributes
    ----------
    world : World
    before : Baseline
    deficits : str
    members : tuple of str, length m
        Sorted by code.
    kinds : tuple of str
        Some of `KINDS`, in that order.
    limits : Limits
    corridors : tuple of Corridor, length c
    cells : array, K×3
        Positions [origin, destination, sector] of the tariffs that may fall.
    lever : array, K
        Which of the tariff levers moves each of them.
    pitch : array, K
        Each of them over the highest tariff of its lever.
    done : array, K
        The share of its fall that has been made: 1 but in the years of a phase-in.
    lower, upper : array, n
        Between which the levers stay.
    start : array, n
        The status quo, or, where every tariff must fall by some share, what is nearest to it.
    """

    world: World
    before: Baseline
    deficits: str
    members: tuple[str, ...]
    kinds: tuple[str, ...]
    limits: Limits
    corridors: tuple[Corridor, ...]
    cells: NDArray[np.int64]
    lever: NDArray[np.int64]
    pitch: Floats
    done: Floats
    lower: Floats
    upper: Floats
    start: Floats

    @cached_property
    def at(self) -> NDArray[np.int64]:
        """Positions of the members in the world, m."""
        return np.array([self.world.index(code) for code in self.members], dtype=np.int64)

    @cached_property
    def present(self) -> Floats:
        """The tariffs that may fall, K, fractions."""
        return np.asarray(self.world.tariff[tuple(self.cells.T)])

    @cached_property
    def tariff_levers(self) -> int:
        """How many of the levers move tariffs."""
        return int(self.lever.max()) + 1 if len(self.lever) else 0

    @property
    def count(self) -> int:
        """How many levers there are, n."""
        return len(self.start)

    @cached_property
    def unit(self) -> Floats:
        """Million USD to a unit of each member's transfer, m."""
        return np.asarray(self.limits.most_paid * self.before.income[self.at])

    @cached_property
    def balance(self) -> Floats | None:
        """What a unit of each lever adds to the sum of transfers, n; None without transfers."""
        if "transfers" not in self.kinds:
            return None
        return np.asarray(np.r_[np.zeros(self.count - len(self.at)), self.unit / self.unit.max()])

    @cached_property
    def shares_of_cost(self) -> Floats:
        """What a member pays for each corridor at its largest cut, m×c, as a share of income."""
        paid = np.zeros((len(self.at), len(self.corridors)))
        for column, corridor in enumerate(self.corridors):
            part = corridor.paid(self.world, self.before)[self.at] * corridor.cost_musd
            paid[:, column] = part / self.before.income[self.at]
        return paid

    def is_today(self, position: Floats) -> bool:
        """Whether a position leaves everything as it is."""
        n = self.tariff_levers
        return bool((position[:n] == 1.0).all() and not position[n:].any())

    def tariff(self, position: Floats) -> Floats:
        """Return every tariff of the world at a position, N×N×J."""
        new = np.array(self.world.tariff)
        kept = self._formula.kept(position[: self.tariff_levers][self.lever], self.pitch)
        new[tuple(self.cells.T)] = (1.0 - self.done * (1.0 - kept)) * self.present
        return new

    def corridor_cuts(self, position: Floats) -> Floats:
        """Return by what share each corridor makes trade cheaper, c."""
        return np.array([each.largest_cut for each in self.corridors]) * self._depth(position)

    def transfers(self, position: Floats) -> Floats:
        """Return what each member receives, m, million USD; sums to 0."""
        if "transfers" not in self.kinds:
            return np.zeros(len(self.at))
        received = position[-len(self.at) :] * self.unit
        received[self.unit.argmax()] -= received.sum()
        return received

    def costs(self, position: Floats) -> Floats:
        """Return what each member pays for corridors, m, million USD a year at present incomes."""
        return self._cost_shares(position) * self.before.income[self.at]

    def levers(self, position: Floats) -> Levers:
        """Return what moves the economy at a position."""
        cheaper = paid = None
        if self.corridors:
            cheaper = np.zeros_like(self.world.tariff)
            for cut, corridor in zip(self.corridor_cuts(position), self.corridors, strict=True):
                cheaper -= cut * corridor.cells(self.world)
        if "transfers" in self.kinds:
            paid = np.zeros(len(self.world.members))
            paid[self.at] = self.transfers(position)
        return Levers(
            tariff_new=self.tariff(position) if self.tariff_levers else None,
            trade_cost_change=cheaper,
            transfers=paid,
        )

    def gains(self, position: Floats) -> Floats:
        """Return each member's change of real income, corridor costs deducted, m."""
        levers = self.levers(position)
        after = equilibrium(self.before, levers, deficits=self.deficits, tolerance=TOLERANCE)
        return self.net(real_income(self.before, after)[self.at], position)

    def net(self, welfare: Floats, position: Floats) -> Floats:
        """Deduct what members pay for corridors, m, from their change of real income, m."""
        return (1.0 + welfare) * (1.0 - self._cost_shares(position)) - 1.0

    def slopes(self, position: Floats, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Return each member's change of real income, m, and its slope in every lever, m×n.

        With weights, r×m, the slopes of these weighted sums instead, r×n; each costs the same.
        """
        summed = np.eye(len(self.at)) if weights is None else weights
        rows = summed * (1.0 - self._cost_shares(position))
        found = self._gradients(position, rows, self._moved)
        slopes = np.zeros((len(rows), self.count))
        n = self.tariff_levers
        if n:
            by_cell = self._by_cell(found.by_lever["tariff"])
            shift = self._formula.slope(position[:n][self.lever], self.pitch)
            shift = shift * self.done * self.present
            for row, slope in enumerate(by_cell * shift):
                slopes[row, :n] = np.bincount(self.lever, weights=slope, minlength=n)
        for column, corridor in enumerate(self.corridors):
            there = corridor.cells(self.world)
            dearer = np.tensordot(found.by_lever["trade_cost"], there, axes=3)
            slopes[:, n + column] = -corridor.largest_cut * dearer
        if self.corridors:
            spent = (1.0 + found.value)[:, None] * self.shares_of_cost
            slopes[:, n : n + len(self.corridors)] -= summed @ spent
        if "transfers" in self.kinds:
            slopes[:, -len(self.at) :] = found.by_lever["transfer"][:, self.at] * self.unit
        return self.net(found.value, position), slopes

    def cell_slopes(self, position: Floats, weights: Floats) -> Floats:
        """Return the slope of a weighted sum of real incomes in every tariff that may fall, K."""
        found = self._gradients(position, weights[None, :], ("tariff",))
        return np.asarray(self._by_cell(found.by_lever["tariff"])[0])

    def narrowed(self, opened: NDArray[np.bool_]) -> Talks:
        """Return the talks with only these sectors of each member open, N×J."""
        _, destination, sector = self.cells.T
        cells = self.cells[opened[destination, sector]]
        lever, pitch, lower, upper = _tie(self.world, cells, self.limits)
        n = self.tariff_levers
        return replace(
            self,
            cells=cells,
            lever=lever,
            pitch=pitch,
            done=np.ones(len(cells)),
            lower=np.r_[lower, self.lower[n:]],
            upper=np.r_[upper, self.upper[n:]],
            start=np.r_[upper, self.start[n:]],
        )

    def phased(self, years: Mapping[str, int], year: int) -> Talks:
        """Return the talks as they stand in a year (1 the first), by each member's years.

        A member's tariffs fall in equal yearly steps; at once where it has no years.
        """
        done = np.ones(len(self.world.members))
        for code, count in years.items():
            done[self.world.index(code)] = min(1.0, year / count) if count else 1.0
        return replace(self, done=done[self.cells[:, 1]])

    def with_transfers(self) -> Talks:
        """Return the talks with transfers among the levers."""
        if "transfers" in self.kinds:
            return self
        _check_paid(self.limits)
        nothing = np.zeros(len(self.at))
        return replace(
            self,
            kinds=(*self.kinds, "transfers"),
            lower=np.r_[self.lower, nothing - 1.0],
            upper=np.r_[self.upper, nothing + np.inf],
            start=np.r_[self.start, nothing],
        )

    def drawn(self, trade_elasticity: Floats) -> Talks:
        """Return the same talks at other trade elasticities, J."""
        before = with_elasticity(baseline_of(self.world), trade_elasticity)
        if self.deficits == "zero":
            before = without_deficits(before)
        return replace(self, before=before)

    @property
    def _formula(self) -> Formula:
        return formula_of(self.limits.by, self.limits.formula)

    @property
    def _moved(self) -> tuple[str, ...]:
        names = {"corridors": "trade_cost", "transfers": "transfer"}
        moved = ("tariff",) if self.tariff_levers else ()
        return moved + tuple(names[kind] for kind in self.kinds if kind in names)

    def _by_cell(self, slopes: Floats) -> Floats:
        origin, destination, sector = self.cells.T
        return np.asarray(slopes[:, origin, destination, sector])

    def _cost_shares(self, position: Floats) -> Floats:
        return np.asarray(self.shares_of_cost @ self._depth(position))

    def _depth(self, position: Floats) -> Floats:
        return position[self.tariff_levers : self.tariff_levers + len(self.corridors)]

    def _gradients(self, position: Floats, rows: Floats, to: tuple[str, ...]) -> Gradients:
        """Differentiate weighted sums of members' real incomes, rows×m, at a position."""
        return sensitivities.gradients(
            self.before,
            self.levers(position),
            of="welfare_change",
            members=self.at,
            to=to,
            weights=rows,
            deficits=self.deficits,
        )


def open_talks(
    world: World,
    members: Sequence[str],
    *,
    levers: Sequence[str] = ("tariffs",),
    limits: Limits = Limits(),  # noqa: B008 - frozen
    corridors: Sequence[Corridor] = (),
    deficits: str = "fixed",
) -> Talks:
    """Say what members may do for each other.

    Parameters
    ----------
    members
        Codes of the world's members, at least two.
    levers
        Some of `KINDS`.
    limits
        What stays as it is, and how tariffs are tied together.
    corridors
        What could be built, where ``"corridors"`` is among the levers.
    deficits
        As :func:`bandung.solve`.

    Raises
    ------
    CodeUnknownError, InputError
        For a member, sector or lever that nobody knows, limits that cannot all hold, or nothing
        left to move.

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.agree.limits import Limits
    >>> open_talks(World.embedded(), ["SEN", "CIV", "MAR"], limits=Limits(by="member")).count
    3
    """
    codes = tuple(sorted(set(members)))
    for code in codes:
        world.index(code)
    if len(codes) < 2:
        raise InputError("talks need at least two members")
    for kind in levers:
        if kind not in KINDS:
            raise CodeUnknownError("lever", kind, KINDS)
    kinds = tuple(kind for kind in KINDS if kind in levers)
    if not kinds:
        raise InputError(f"nothing may move: no lever is named; choose some of {', '.join(KINDS)}")
    limits.check(world)
    if "transfers" in kinds:
        _check_paid(limits)
    built = _check_corridors(corridors, codes, world)
    if ("corridors" in kinds) != bool(built):
        raise InputError(
            f"corridors are not among the levers, but {built[0].name} is named: add them"
            if built
            else "corridors are among the levers, but none is named: say which"
        )
    before = baseline_of(world, deficits)
    cells = _open_cells(world, codes, limits)
    if kinds == ("tariffs",) and not len(cells):
        raise InputError(
            f"{', '.join(codes)} have no tariff to lower towards each other, above a floor of "
            f"{100 * limits.floor:g} % and without what is excluded"
        )
    cells = cells if "tariffs" in kinds else cells[:0]
    lever, pitch, lower, upper = _tie(world, cells, limits)
    receivers = len(codes) if "transfers" in kinds else 0
    zeros, nothing = np.zeros(len(built)), np.zeros(receivers)
    return Talks(
        world=world,
        before=before,
        deficits=deficits,
        members=codes,
        kinds=kinds,
        limits=limits,
        corridors=built,
        cells=cells,
        lever=lever,
        pitch=pitch,
        done=np.ones(len(cells)),
        lower=np.r_[lower, zeros, nothing - 1.0],
        upper=np.r_[upper, zeros + 1.0, nothing + np.inf],
        start=np.r_[upper, zeros, nothing],
    )


def _open_cells(world: World, codes: Sequence[str], limits: Limits) -> NDArray[np.int64]:
    """Return which tariffs may fall, K×3."""
    at = [world.index(code) for code in codes]
    open_ = np.zeros(world.tariff.shape, dtype=bool)
    open_[np.ix_(at, at)] = True
    for code in limits.exempt:
        open_[:, world.index(code)] = False
    for word in limits.exclude:
        member, _, sector = word.rpartition(":")
        where = world.index(member) if member else slice(None)
        open_[:, where, world.sector_index(sector)] = False
    return np.argwhere(open_ & (world.tariff > limits.floor) & (world.trade_value > 0))


def _tie(
    world: World, cells: NDArray[np.int64], limits: Limits
) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
    """Return the lever of each tariff and its pitch, K, and the levers' bounds."""
    origin, destination, sector = cells.T
    by_sector = destination * len(world.sectors) + sector
    tied = {
        "line": np.arange(len(cells)),
        "sector": by_sector,
        "mfn": by_sector,
        "member": destination,
        "all": np.zeros(len(cells), dtype=np.int64),
    }[limits.by]
    names, lever = np.unique(tied, return_inverse=True)
    lever = lever.astype(np.int64)
    present = world.tariff[origin, destination, sector]
    highest = np.zeros(len(names))
    np.maximum.at(highest, lever, present)
    pitch = present / highest[lever]
    least_kept = np.maximum(1.0 - limits.most_cut, limits.floor / present)
    most_kept = np.maximum(1.0 - limits.least_cut, least_kept)
    position = formula_of(limits.by, limits.formula).lever
    lower, upper = np.zeros(len(names)), np.ones(len(names))
    np.maximum.at(lower, lever, position(least_kept, pitch))
    np.minimum.at(upper, lever, position(most_kept, pitch) if limits.least_cut else 1.0)
    crossed = lower > upper
    if crossed.any():
        first = int(np.flatnonzero(crossed[lever])[0])
        raise InputError(
            f"the limits cannot all hold for {world.members[destination[first]]} in "
            f"{world.sectors[sector[first]]}: tariffs tied together would have to fall both "
            "further and less far; lower the least cut or the floor, or tie fewer tariffs"
        )
    return lever, pitch, lower, upper


def _check_paid(limits: Limits) -> None:
    if limits.most_paid == 0:
        raise InputError("most_paid is 0, so that nobody can pay anything; leave transfers out")


def _check_corridors(
    corridors: Sequence[Corridor], codes: Sequence[str], world: World
) -> tuple[Corridor, ...]:
    built = tuple(sorted(corridors, key=lambda each: (each.between, each.sectors)))
    taken: set[tuple[str, str, str]] = set()
    for corridor in built:
        for code in corridor.between:
            if code not in codes:
                raise InputError(f"the corridor {corridor.name} needs {code} among the members")
        for sector in corridor.sectors or world.sectors:
            world.sector_index(sector)
            if (*corridor.between, sector) in taken:
                raise InputError(f"two corridors {corridor.name} carry {sector}; name one")
            taken.add((*corridor.between, sector))
    return built

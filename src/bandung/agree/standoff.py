"""If talks fail: tariffs among members from which nobody gains by moving alone.

Each member chooses what it charges fellow members on goods, for the largest real income of its
own, and takes what the others charge as given: a Nash equilibrium in tariffs. References: Johnson
(1953), Review of Economic Studies 21(2); Gros (1987), Journal of International Economics 23(3–4);
Ossa (2014), American Economic Review 104(12).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy import optimize

from bandung.agree.solve import baseline_of, solve
from bandung.economy import accounts, sensitivities
from bandung.economy.baseline import Levers
from bandung.economy.equilibrium import equilibrium
from bandung.errors import InputError, NotConvergedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bandung.agree.outcome import Outcome
    from bandung.economy.baseline import Baseline, Floats
    from bandung.world.model import World

CEILING = 2.0
HIGHEST = 100.0
STARTS = 3
STILL = 1e-8
"""A round in which no tariff wants to move by more, as a fraction, is the last."""
MEMORY = 6
"""Rounds that the acceleration combines."""
MAX_ROUNDS = 200
NO_GAIN = 1e-10
"""A member that could gain less than this share of its real income stays where it is."""
MAX_TURNS = 50
STEEP = 1e-6
"""Slope, in units in which the curvature is about 1, at which a best answer is found."""
FLAT = 1e-13
"""Gain of a step, as a share of real income, below which a search for a best answer ends."""


@dataclass(frozen=True, eq=False)
class Standoff:
    """Tariffs among members when each answers the others' with its best.

    Attributes
    ----------
    world : World
    members : tuple of str, length m
        Sorted by code.
    deficits : str
        The rule for trade deficits.
    ceiling : float
        No tariff was let rise above this fraction.
    seed : int
        Of the starts drawn at random.
    cells : array, K×3
        Positions [origin, destination, sector] of the tariffs that could move.
    tariff_new : array, N×N×J
        Every tariff of the world, fractions; those not in `cells` are today's.
    gains : array, m
        Change of each member's real income against today, a ratio minus one.
    regret : array, m
        What each could still gain by moving alone, as a share of its real income: the best that
        searches from there, from no tariffs and from the ceiling have found.
    starts : array, number of starts × m
        Gains where the search ended from today's tariffs, from none, from the ceiling, and from
        tariffs drawn at random.
    apart : float
        Largest difference of a tariff between these ends, a fraction.
    rounds : int
        Rounds of all starts together.
    """

    world: World
    members: tuple[str, ...]
    deficits: str
    ceiling: float
    seed: int
    cells: NDArray[np.int64]
    tariff_new: Floats
    gains: Floats
    regret: Floats
    starts: Floats
    apart: float
    rounds: int

    @cached_property
    def outcome(self) -> Outcome:
        """What it does to everybody."""
        return solve(self.world, tariff_new=self.tariff_new, deficits=self.deficits)

    @property
    def joint_gain_musd(self) -> float:
        """What the gains of all members come to, million USD of today's income."""
        at = [self.world.index(code) for code in self.members]
        return float(self.gains @ self.outcome.before.income[at])

    def to_dict(self) -> dict[str, Any]:
        """Return members' and outsiders' results, in per cent.

        A mean tariff, weighted with today's trade, is None for a member that buys no goods from
        fellow members, and a change of revenue for one that has none today.
        """
        outcome, world = self.outcome, self.world
        welfare = 100 * outcome.welfare_change.to_numpy()
        before, after = outcome.before.tariff_revenue, outcome.tariff_revenue.to_numpy()
        at = [world.index(code) for code in self.members]
        means = {own: self._means(own) for own in at}
        return {
            "members": {
                code: {
                    "welfare_change_pct": float(welfare[own]),
                    "tariff_revenue_change_pct": (
                        100 * float(after[own] / before[own] - 1) if before[own] > 0 else None
                    ),
                    "mean_tariff_before_pct": means[own][0],
                    "mean_tariff_pct": means[own][1],
                    "regret_pct": 100 * float(regret),
                }
                for code, own, regret in zip(self.members, at, self.regret, strict=True)
            },
            "outsiders": {
                code: {"welfare_change_pct": float(welfare[own])}
                for own, code in enumerate(world.members)
                if code not in self.members
            },
            "joint_gain_musd": self.joint_gain_musd,
            "starts": [
                dict(zip(self.members, (100 * row).tolist(), strict=True)) for row in self.starts
            ],
            "apart_pct": 100 * self.apart,
            "ceiling_pct": 100 * self.ceiling,
            "rounds": self.rounds,
            "seed": self.seed,
            "deficits": outcome.deficits,
            "elasticities": outcome.elasticities,
            "world": {"name": world.name, "checksum": world.checksum},
        }

    def to_table(self) -> pl.DataFrame:
        """Return one row for each tariff that could move: origin, destination, sector, old, new."""
        origin, destination, sector = self.cells.T
        return pl.DataFrame(
            {
                "origin": [self.world.members[at] for at in origin],
                "destination": [self.world.members[at] for at in destination],
                "sector": [self.world.sectors[at] for at in sector],
                "tariff_pct": 100 * self.world.tariff[origin, destination, sector],
                "tariff_new_pct": 100 * self.tariff_new[origin, destination, sector],
            }
        )

    def _means(self, destination: int) -> tuple[float, float] | tuple[None, None]:
        """Return what a member charges fellow members on the average, per cent, old and new."""
        own = tuple(self.cells[self.cells[:, 1] == destination].T)
        weight = self.outcome.before.trade_value[own]
        if not len(weight):
            return None, None
        old, new = (
            100 * float(np.average(tariff[own], weights=weight))
            for tariff in (self.world.tariff, self.tariff_new)
        )
        return old, new


def standoff(
    world: World,
    members: Sequence[str],
    *,
    ceiling: float = CEILING,
    starts: int = STARTS,
    seed: int = 0,
    deficits: str = "fixed",
    progress: Callable[[int, Floats], object] = lambda _, __: None,
) -> Standoff:
    """Find tariffs among members from which nobody gains by moving alone.

    Tariffs move on goods, where members trade them, between 0 and the ceiling; those towards
    others, and all of others, stay. From each start all members move at once towards their best
    answers until none wants to move. Where the search from today's tariffs ends, every member's
    best answer is then searched for in full; whoever gains by it moves, in turn, until nobody does.

    Parameters
    ----------
    world
        The world before.
    members
        Codes of the world's members, at least two; their order changes nothing.
    ceiling
        No tariff rises above this fraction; one above it today falls to it.
    starts
        How many searches: from today's tariffs, from none, from the ceiling, then from tariffs
        drawn at random.
    seed
        The same seed draws the same tariffs.
    deficits
        As :func:`bandung.solve`.
    progress
        Called with the number of rounds so far and the members' gains, after every round and
        after every member's best answer.

    Returns
    -------
    Standoff
        As found from today's tariffs.

    Raises
    ------
    CodeUnknownError, InputError
        For a member that the world lacks, fewer than two, no goods traded between them, or a
        ceiling, a number of starts or a seed that cannot be.
    NotConvergedError
        For an equilibrium, or where members go on moving.

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.agree import standoff
    >>> found = standoff(World.embedded(), ["SEN", "CIV"], starts=1)
    >>> bool((found.regret < 1e-9).all())
    True
    """
    contest = _contest(world, members, ceiling, deficits)
    if starts < 1:
        raise InputError(f"{starts} starts were asked for; at least 1 is needed")
    if seed < 0:
        raise InputError(f"the seed is {seed}; it must be at least 0")
    rounds = 0
    ends: list[Floats] = []
    gains: list[Floats] = []
    regret = np.zeros(len(contest.at))

    def told(own: Floats) -> None:
        nonlocal rounds
        rounds += 1
        progress(rounds, own)

    for start in _starts(contest, starts, seed):
        level, settled = _at_once(contest, start, told)
        if not (settled and ends):
            level, own = _in_turn(contest, level, lambda found: progress(rounds, found))
            regret = regret if ends else own
        ends.append(level)
        gains.append(contest.gains(level))
    return Standoff(
        world=world,
        members=contest.members,
        deficits=deficits,
        ceiling=ceiling,
        seed=seed,
        cells=contest.cells,
        tariff_new=contest.tariff(ends[0]),
        gains=gains[0],
        regret=regret,
        starts=np.array(gains),
        apart=float(np.ptp(np.array(ends), axis=0).max()),
        rounds=rounds,
    )


@dataclass(frozen=True, eq=False)
class _Contest:
    """Who moves which tariffs; a `level` holds the K of them, fractions.

    `row` says which of the m members levies each of the K tariffs.
    """

    world: World
    before: Baseline
    deficits: str
    members: tuple[str, ...]
    at: NDArray[np.int64]
    cells: NDArray[np.int64]
    row: NDArray[np.int64]
    ceiling: float

    @cached_property
    def elasticity(self) -> Floats:
        return np.asarray(self.before.trade_elasticity[self.cells[:, 2]])

    def tariff(self, level: Floats) -> Floats:
        """Return every tariff of the world, N×N×J."""
        new = np.array(self.before.tariff)
        new[tuple(self.cells.T)] = level
        return new

    def gains(self, level: Floats) -> Floats:
        """Return each member's change of real income, m."""
        after = equilibrium(self.before, self._levers(level), deficits=self.deficits)
        return accounts.real_income(self.before, after)[self.at]

    def slopes(self, level: Floats) -> tuple[Floats, Floats]:
        """Return every member's gain, m, and its slope in each tariff of its own, K."""
        found = self._gradients(level, self.at)
        return found.value, found.by_lever["tariff"][(self.row, *self.cells.T)]

    def slopes_of(self, row: int, level: Floats) -> tuple[float, Floats]:
        """Return one member's gain, and its slope in each tariff of its own."""
        found = self._gradients(level, self.at[row : row + 1])
        own = self.cells[self.row == row]
        return float(found.value[0]), found.by_lever["tariff"][(0, *own.T)]

    def curvature(self, level: Floats) -> Floats:
        """Return about minus the second slope of each member's gain in its own tariffs, K.

        θT/((1 + t)I): what is bought from one supplier falls with its tariff by about θ times as
        much, and the first dollar not bought costs the tariff that it would have paid.
        """
        levers = self._levers(level)
        after = equilibrium(self.before, levers, deficits=self.deficits)
        trade = accounts.trade_value(self.before, levers, after)[tuple(self.cells.T)]
        income = after.income[self.cells[:, 1]]
        return np.asarray(self.elasticity * trade / ((1.0 + level) * income))

    def _levers(self, level: Floats) -> Levers:
        return Levers(tariff_new=self.tariff(level))

    def _gradients(self, level: Floats, at: NDArray[np.int64]) -> sensitivities.Gradients:
        return sensitivities.gradients(
            self.before,
            self._levers(level),
            of="welfare_change",
            members=at,
            to=("tariff",),
            deficits=self.deficits,
        )


def _contest(world: World, members: Sequence[str], ceiling: float, deficits: str) -> _Contest:
    codes = tuple(sorted(set(members)))
    at = np.array([world.index(code) for code in codes], dtype=np.int64)
    if len(at) < 2:
        raise InputError("a standoff needs at least two members")
    if not 0 < ceiling <= HIGHEST:
        raise InputError(
            f"the ceiling is {ceiling:g}; it must be above 0 and at most {HIGHEST:g}, "
            f"which is {100 * HIGHEST:,.0f} %"
        )
    before = baseline_of(world, deficits)
    goods = np.array([world.sector_index(code) for code in world.goods], dtype=np.int64)
    inside = np.zeros(world.tariff.shape, dtype=bool)
    inside[np.ix_(at, at, goods)] = True
    inside[at, at] = False
    cells = np.argwhere(inside & (before.trade_value > 0))
    if not len(cells):
        raise InputError(f"{', '.join(codes)} trade no goods with one another; nothing can move")
    rank = np.full(len(world.members), -1)
    rank[at] = np.arange(len(at))
    return _Contest(
        world=world,
        before=before,
        deficits=deficits,
        members=codes,
        at=at,
        cells=cells,
        row=rank[cells[:, 1]],
        ceiling=ceiling,
    )


def _starts(contest: _Contest, count: int, seed: int) -> list[Floats]:
    """Return where searches begin: today's tariffs, none, the ceiling, then any."""
    today = contest.before.tariff[tuple(contest.cells.T)]
    known = [np.clip(today, 0.0, contest.ceiling), 0.0 * today, 0.0 * today + contest.ceiling]
    rng = np.random.default_rng(seed)
    rank = np.argsort(np.argsort(contest.world.members))
    origin, destination, sector = contest.cells.T
    size = (len(rank), len(rank), len(contest.world.sectors))
    drawn = [
        rng.uniform(0.0, contest.ceiling, size)[rank[origin], rank[destination], sector]
        for _ in range(count - len(known))
    ]
    return [*known, *drawn][:count]


def _at_once(
    contest: _Contest, start: Floats, told: Callable[[Floats], None]
) -> tuple[Floats, bool]:
    """Move all members at once until none wants to; return where, and whether that came about.

    A round's move is Newton's with the diagonal of the second slopes, kept between 0 and the
    ceiling; Anderson's acceleration combines the last rounds (Walker & Ni 2011), and forgets them
    when moves grow.
    """
    level, last = start, np.inf
    levels: list[Floats] = []
    moves: list[Floats] = []
    for _ in range(MAX_ROUNDS):
        gains, slope = contest.slopes(level)
        told(gains)
        curvature = contest.curvature(level)
        move = np.clip(level + slope / curvature, 0.0, contest.ceiling) - level
        if np.abs(move).max() <= STILL:
            return level, True
        weight = np.sqrt(curvature)
        size = float(np.linalg.norm(weight * move))
        if size > last:
            levels, moves = [], []
        last = size
        levels, moves = [*levels, level][-MEMORY - 1 :], [*moves, move][-MEMORY - 1 :]
        level = np.clip(level + _accelerated(levels, moves, weight), 0.0, contest.ceiling)
    return level, False


def _accelerated(levels: list[Floats], moves: list[Floats], weight: Floats) -> Floats:
    """Return the move that combines earlier ones so that, were they linear, none would be left."""
    if len(moves) == 1:
        return moves[0]
    change, move = np.diff(levels, axis=0).T, np.diff(moves, axis=0).T
    share = np.linalg.lstsq(weight[:, None] * move, weight * moves[-1], rcond=None)[0]
    return np.asarray(moves[-1] - (change + move) @ share)


def _in_turn(
    contest: _Contest, level: Floats, told: Callable[[Floats], object]
) -> tuple[Floats, Floats]:
    """Let members move in turn, until nobody gains by it; return where, and all regrets, m."""
    regret = np.full(len(contest.at), np.inf)
    for _ in range(MAX_TURNS):
        for row in range(len(contest.at)):
            answer, regret[row] = _best_answer(contest, row, level)
            if regret[row] > NO_GAIN:
                level = answer
            told(contest.gains(level))
        if regret.max() <= NO_GAIN:
            return level, regret
    raise NotConvergedError(
        "the standoff", iterations=MAX_TURNS, residual=float(regret.max()), tolerance=NO_GAIN
    )


def _best_answer(contest: _Contest, row: int, level: Floats) -> tuple[Floats, float]:
    """Return the best tariffs of one member against the others', and what it gains by them.

    Searched by L-BFGS-B from where it is, from no tariffs and from the ceiling. The search moves
    (1 + t)^−θ, which imports about follow and in which the gain is nearly quadratic, scaled by
    the curvature.
    """
    own = contest.row == row
    if not own.any():
        return level, 0.0
    power = contest.elasticity[own]
    unit = np.sqrt(contest.curvature(level)[own]) * (1.0 + level[own]) ** (1.0 + power) / power

    def scaled(tariff: Floats | float) -> Floats:
        return np.asarray(unit * (1.0 + tariff) ** -power)

    def unscaled(position: Floats) -> Floats:
        moved = np.array(level)
        moved[own] = np.clip((position / unit) ** (-1.0 / power) - 1.0, 0.0, contest.ceiling)
        return moved

    def lost(position: Floats) -> tuple[float, Floats]:
        moved = unscaled(position)
        gain, slope = contest.slopes_of(row, moved)
        return -gain, slope * (1.0 + moved[own]) ** (1.0 + power) / (power * unit)

    present, _ = contest.slopes_of(row, level)
    bounds = optimize.Bounds(scaled(contest.ceiling), scaled(0.0))
    best, answer = present, level
    for start in (level[own], 0.0, contest.ceiling):
        found = optimize.minimize(
            lost,
            scaled(start),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"gtol": STEEP, "ftol": FLAT},
        )
        if -found.fun > best:
            best, answer = float(-found.fun), unscaled(found.x)
    return answer, (1.0 + best) / (1.0 + present) - 1.0

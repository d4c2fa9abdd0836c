"""Agreements that leave no member worse off, and share the gain by a principle.

Principles: `egalitarian` (the smallest gain as large as can be, then the next smallest: leximin),
`nash` (the product of the gains), `kalai-smorodinsky` (equal shares of what each could have at
best), `utilitarian` (the sum of real incomes), `fund` (see `agree.fund`). References: Thomson
(1994), Handbook of Game Theory 2, chapter 35; Kalai & Smorodinsky (1975), Econometrica 43(3);
model.md, 'A fair agreement'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bandung.agree.agreement import SAME, Agreement
from bandung.agree.climb import Climb
from bandung.agree.demands import Demands, Elsewhere
from bandung.agree.draws import draw_elasticities
from bandung.agree.fund import fund
from bandung.agree.limits import Limits, LimitsOptions
from bandung.agree.obstacle import obstacle
from bandung.agree.robustness import Trials
from bandung.agree.talks import open_talks
from bandung.economy.ascent import geometric_mean, least_gain, weighted_sum
from bandung.errors import CodeUnknownError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Unpack

    from bandung.agree.climb import Progress
    from bandung.agree.corridors import Corridor
    from bandung.agree.fund import Fund
    from bandung.agree.journal import Journal
    from bandung.agree.talks import Talks
    from bandung.economy.ascent import Ascent
    from bandung.economy.baseline import Floats
    from bandung.world.model import World

PRINCIPLES = ("egalitarian", "nash", "kalai-smorodinsky", "utilitarian", "fund")
RAISE_ONLY = "smallest gain"
THREATS = ("status-quo", "standoff")
HOLDS_BACK = 1e-3
"""Share of the largest multiplier above which a member holds the others back."""
STEPS_OF_NEXT = 1200
"""Over the number of members: of each search for a next smallest gain, which is slow with many."""
NEARLY = 5e-3
"""A member's best is known well enough when the next step promises less than this share of its fair
gain."""
HALVINGS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """Where a principle led: the end, what it started to share from, each one's best."""

    end: Ascent
    multiplier: Floats
    starts: Floats
    ideal: Floats | None = None


def bargain(  # noqa: PLR0913 - whom, by which principle, what may move
    world: World,
    members: Sequence[str],
    principle: str = "egalitarian",
    *,
    levers: Sequence[str] = ("tariffs",),
    corridors: Sequence[Corridor] = (),
    threat: str = "status-quo",
    robust: float | None = None,
    draws: int = 100,
    starts: int = 1,
    phase_in: Mapping[str, int] | int = 0,
    seed: int = 0,
    deficits: str = "fixed",
    journal: Journal | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    progress: Progress = lambda *_: None,
    **limits: Unpack[LimitsOptions],
) -> Agreement:
    """Search for what members may do for each other so that nobody loses and the gain is shared.

    The search climbs from today on the slopes of every member's welfare; it finds a local optimum,
    which `Agreement.foretold`, several starts and :func:`bandung.agree.bound` measure.

    Parameters
    ----------
    world
        The world before.
    members
        Codes of the world's members.
    principle
        One of `PRINCIPLES`.
    levers
        What may move: some of ``"tariffs"``, ``"corridors"``, ``"transfers"``.
    corridors
        What could be built, with ``"corridors"`` among the levers.
    threat
        What each has if talks fail: ``"status-quo"``, or ``"standoff"``, the tariffs from which
        nobody would move alone (:func:`bandung.agree.standoff`). Gains are shared from there; that
        nobody loses against today holds all the same.
    robust
        Share of draws of the trade elasticities, in (0, 1], in which nobody may lose.
    draws
        How many draws that is.
    starts
        From how many points the search begins: today, all tariffs gone, then random ones.
    phase_in
        Years over which tariffs fall, for all members or by code. Nobody may lose in any of them.
    seed
        Of draws and of random starts.
    deficits
        As :func:`bandung.solve`.
    journal
        Where steps are kept, so that a search cut off goes on from there.
    scheduler, workers
        For `fund`: where coalitions are valued, as :func:`bandung.agree.coalition_values`.
    progress
        Called with the stage, the number of the step and the members' gains after it.
    **limits
        Fields of :class:`bandung.agree.Limits`: `floor`, `exclude`, `exempt`, `by` and others.

    Returns
    -------
    Agreement
        Where no step from today leaves nobody worse off: tariffs as they are, gains of 0, and in
        `obstacle` why. Where a least cut forces harm on a member, `obstacle` is set too; such an
        agreement cannot be certified.

    Raises
    ------
    CodeUnknownError, InputError
        For an unknown principle, member or sector, and where there is nothing to move.
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
    _check(principle, threat, robust, starts)
    talks = open_talks(
        world,
        members,
        levers=levers,
        limits=Limits.of(**limits),
        corridors=corridors,
        deficits=deficits,
    )
    years = _years(phase_in, talks.members)
    if robust is not None:
        draw_elasticities(world, draws, seed=seed)  # refuses, before the search, what cannot be
    if principle == "fund":
        shared = fund(
            talks,
            seed=seed,
            scheduler=scheduler,
            workers=workers,
            journal=journal,
            progress=progress,
        )
        return _in_no_year_lost(_of_fund(shared, seed, years))
    demands = Demands(talks, _threat(talks, threat, seed))
    climb = Climb(progress, journal)
    if talks.limits.most_sectors is not None:
        demands = _narrowed(climb, demands, talks.limits.most_sectors)
        talks = demands.talks
    reached = _reach(principle, climb, demands, _starts(talks, starts, seed))
    while (wider := _in_every_year(demands, years, reached.end.position)) is not None:
        demands = wider
        reached = _reach(principle, climb, demands, [reached.end.position])
    if robust is not None:
        trials = Trials(robust, draws, seed)
        reached = _made_robust(principle, climb, demands, trials, reached)
    gains = reached.end.gains[: demands.members]
    if talks.is_today(reached.end.position):
        gains = np.zeros_like(gains)
    short = float((gains - demands.threat).min()) <= SAME
    return Agreement(
        talks=talks,
        principle=principle,
        position=reached.end.position,
        gains=gains,
        threat=threat,
        threat_gains=demands.threat,
        ideal=reached.ideal,
        robust=robust,
        seed=seed,
        phase_in=years,
        steps=climb.steps,
        foretold=max(float(reached.end.foretold), 0.0),
        multiplier=reached.multiplier,
        starts=reached.starts,
        obstacle=obstacle(talks) if short else None,
    )


def _check(principle: str, threat: str, robust: float | None, starts: int) -> None:
    if principle not in PRINCIPLES:
        raise CodeUnknownError("principle", principle, PRINCIPLES)
    if threat not in THREATS:
        raise CodeUnknownError("threat", threat, THREATS)
    if robust is not None and not 0 < robust <= 1:
        raise InputError(f"robust is {robust:g}; it is a share of draws, above 0 and at most 1")
    if starts < 1:
        raise InputError(f"starts is {starts}; it must be at least 1")
    if principle == "fund" and (threat != THREATS[0] or robust is not None):
        raise InputError(
            "the fund is shared by what coalitions can gain from today, at the world's own "
            "elasticities: it takes neither another threat nor robust"
        )


def _of_fund(shared: Fund, seed: int, years: dict[str, int]) -> Agreement:
    none = np.zeros(len(shared.gains))
    return Agreement(
        talks=shared.talks,
        principle="fund",
        position=shared.position,
        gains=shared.gains,
        threat="status-quo",
        threat_gains=none,
        ideal=shared.share,
        robust=None,
        seed=seed,
        phase_in=years,
        steps=0,
        foretold=shared.missed,
        multiplier=none,
        starts=np.zeros(0),
        obstacle=None if shared.gains.min() > SAME else obstacle(shared.talks),
    )


def _in_no_year_lost(found: Agreement) -> Agreement:
    path = found.path()
    if path.size and path.min() < -SAME:
        year, row = np.unravel_index(int(path.argmin()), path.shape)
        raise InputError(
            f"{found.members[row]} loses in year {year + 1} of the phase-in: the fund is paid in "
            "full while tariffs still fall. Choose fewer years, for all the same, or another "
            "principle"
        )
    return found


def _in_every_year(demands: Demands, years: Mapping[str, int], position: Floats) -> Demands | None:
    """Demand that nobody loses in the years of a phase-in in which somebody does; None if none."""
    m, last = demands.members, max(years.values(), default=0)
    added = []
    for year in range(1, last):
        stage = demands.talks.phased(years, year)
        known = any((stage.done == each.talks.done).all() for each in demands.elsewhere)
        if not known and (stage.gains(position) < 0).any():
            added.append(Elsewhere(stage, np.arange(m)))
    return replace(demands, elsewhere=(*demands.elsewhere, *added)) if added else None


def _made_robust(
    principle: str, climb: Climb, demands: Demands, trials: Trials, reached: Reached
) -> Reached:
    """Search again with more demanded, until the agreement holds at enough of the draws.

    First only the smallest gain is raised, which is quick and finds most of the draws that matter.
    """
    for serve in (RAISE_ONLY, principle):
        while trials.fails(demands.talks, reached.end.position):
            while (wider := trials.wider(demands, reached.end.position)) is not None:
                demands = wider
                reached = _reach(serve, climb, demands, [reached.end.position])
        if serve == RAISE_ONLY:
            reached = _reach(principle, climb, demands, [reached.end.position])
    return reached


def _reach(principle: str, climb: Climb, demands: Demands, starts: Sequence[Floats]) -> Reached:
    """Raise the smallest gain from the best of the starts, then serve the principle from there."""
    goal = least_gain(demands.counted, demands.origin)
    ends = [climb(RAISE_ONLY, demands, start, goal) for start in starts]
    m = demands.members
    levels = np.array([float((end.gains[:m] - demands.threat).min()) for end in ends])
    fair = ends[int(levels.argmax())]
    pressed = np.maximum(fair.multiplier[:m], 0.0)
    multiplier = pressed / pressed.sum() if pressed.sum() > 0 else pressed
    ideal = None
    end = fair
    if principle == "egalitarian":
        end = _leximin(climb, demands, fair)
    elif principle == "nash":
        goal = geometric_mean(demands.counted, demands.kept, demands.rows(demands.threat))
        end = climb("product of gains", demands, fair.position, goal)
    elif principle == "utilitarian":
        income = demands.talks.before.income[demands.talks.at]
        goal = weighted_sum(demands.rows(income / income.sum()), demands.kept)
        end = climb("sum of real incomes", demands, fair.position, goal)
    elif principle == "kalai-smorodinsky":
        ideal = _ideal(climb, demands, fair)
        over = np.maximum(ideal - demands.threat, SAME)
        goal = least_gain(demands.rows(over / over.max()), demands.origin)
        end = climb("share of the best", demands, fair.position, goal)
    return Reached(_rational(demands, fair, end), multiplier, levels, ideal)


def _leximin(climb: Climb, demands: Demands, end: Ascent) -> Ascent:
    """Raise the smallest gain of those who are not held back, and on until all are.

    Held back are those for whose sake the smallest gain does not rise: their constraint has a
    multiplier. Whoever merely stands as low can still rise.
    """
    m = demands.members
    held = np.zeros(m, dtype=bool)
    while True:
        free = np.where(held, np.inf, end.gains[:m] - demands.threat)
        multiplier = np.where(held, 0.0, end.multiplier[:m])
        pressed = multiplier > HOLDS_BACK * multiplier.max()
        held |= pressed if pressed.any() else free <= free.min() + SAME
        if held.all():
            return end
        least = demands.origin
        kept = np.maximum(end.gains[:m] - SAME / 2, demands.kept[:m])
        least[:m] = np.where(held, kept, demands.threat)
        goal = least_gain(demands.rows((~held).astype(float)), least)
        far = climb(
            "next smallest gain",
            demands,
            end.position,
            goal,
            relative=0.0,
            max_steps=STEPS_OF_NEXT // m,
        )
        end = _back(demands, end, far, _keeps(np.where(held, end.gains[:m] - SAME, -np.inf)))


def _ideal(climb: Climb, demands: Demands, fair: Ascent) -> Floats:
    """Return what each member could have at best while nobody loses, m."""
    best = np.array(fair.gains[: demands.members])
    for row, code in enumerate(demands.talks.members):
        goal = weighted_sum(demands.rows(np.eye(demands.members)[row]), demands.kept)
        enough = NEARLY * max(float(best[row]), SAME)
        found = climb(f"best for {code}", demands, fair.position, goal, tolerance=enough)
        best[row] = max(best[row], found.gains[row])
    return best


def _rational(demands: Demands, fair: Ascent, end: Ascent) -> Ascent:
    """Go back towards an agreement in which all gain, as far as nobody loses any more."""
    if not (demands.met(fair.gains) or demands.talks.is_today(fair.position)):
        return end
    return _back(demands, fair, end, demands.met)


def _keeps(least: Floats) -> Callable[[Floats], bool]:
    return lambda gains: bool((gains[: len(least)] >= least).all())


def _back(demands: Demands, near: Ascent, end: Ascent, holds: Callable[[Floats], bool]) -> Ascent:
    """Go back from an end to where an ascent began, as far as is needed for something to hold."""
    if holds(end.gains):
        return end
    far, enough, position, gains = 0.0, 1.0, near.position, near.gains
    for _ in range(HALVINGS):
        middle = (far + enough) / 2
        between = end.position + middle * (near.position - end.position)
        found = demands.gains(between)
        if holds(found):
            enough, position, gains = middle, between, found
        else:
            far = middle
    return replace(end, position=position, gains=gains)


def _starts(talks: Talks, count: int, seed: int) -> list[Floats]:
    """Return where to begin: today, every tariff as low as may be, then at random."""
    random = np.random.default_rng(seed)
    paid = len(talks.members) if "transfers" in talks.kinds else 0
    still = np.zeros(paid)
    moved = slice(0, talks.count - paid)
    lower, upper = talks.lower[moved], talks.upper[moved]
    far = np.r_[lower[: talks.tariff_levers], upper[talks.tariff_levers :]]
    points = [talks.start, np.r_[far, still]]
    drawn = [np.r_[random.uniform(lower, upper), still] for _ in range(count - len(points))]
    return [*points[:count], *drawn]


def _narrowed(climb: Climb, demands: Demands, most: int) -> Demands:
    """Open only the sectors of each member that serve the smallest gain most.

    Half of them are shut after each search, those whose cuts add least to the gains that hold
    the others back, until no member has more than it may.
    """
    while True:
        talks = demands.talks
        _, destination, sector = talks.cells.T
        opened = np.zeros((len(talks.world.members), len(talks.world.sectors)), dtype=bool)
        opened[destination, sector] = True
        if (opened.sum(axis=1) <= most).all():
            return demands
        start = talks.start
        goal = least_gain(demands.counted, demands.origin)
        end = climb("which sectors", demands, start, goal)
        weight = np.maximum(end.multiplier[: demands.members], 0.0)
        moved = (talks.tariff(end.position) - talks.tariff(start))[tuple(talks.cells.T)]
        slope = talks.cell_slopes(start, weight) + talks.cell_slopes(end.position, weight)
        worth = np.zeros(opened.shape)
        np.add.at(worth, (destination, sector), slope * moved / 2)
        worth[~opened] = -np.inf
        keep = np.maximum(most, opened.sum(axis=1) // 2)
        rank = (-worth).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
        demands = replace(demands, talks=talks.narrowed(opened & (rank < keep[:, None])))


def _threat(talks: Talks, threat: str, seed: int) -> Floats:
    if threat == "status-quo":
        return np.zeros(len(talks.members))
    from bandung.agree.standoff import standoff  # noqa: PLC0415 - only where asked for

    return standoff(talks.world, talks.members, starts=1, seed=seed, deficits=talks.deficits).gains


def _years(phase_in: Mapping[str, int] | int, members: Sequence[str]) -> dict[str, int]:
    """Return the years of each member that phases its cuts in."""
    given = dict.fromkeys(members, phase_in) if isinstance(phase_in, int) else dict(phase_in)
    for code, years in given.items():
        if code not in members:
            raise CodeUnknownError("member", code, members)
        if years != int(years) or not 0 <= years <= 100:
            raise InputError(f"{code} phases in over {years} years; a whole number from 0 to 100")
    return {code: int(years) for code, years in sorted(given.items()) if years}

"""How sure a result is: elasticities drawn many times, and what the draws say.

Published estimates of trade elasticities differ by more than their standard errors. A draw takes
each sector's elasticity from one of the world's published sets, each with the same chance, or
from a lognormal distribution around the world's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bandung.agree import pool
from bandung.agree.solve import baseline_of, solve_many
from bandung.economy.accounts import real_income
from bandung.economy.equilibrium import equilibrium, with_elasticity, without_deficits
from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bandung.economy.baseline import Floats, Levers
    from bandung.world.model import World

QUANTILES = (0.05, 0.5, 0.95)
BATCH = 25
"""Draws sent to a worker at a time: some tenths of a second of work."""


@dataclass(frozen=True, eq=False)
class Spread:
    """What D draws say about N members' changes of welfare.

    Attributes
    ----------
    welfare_change : array, D×N
        Ratio minus one.
    trade_elasticity : array, D×J
        What was drawn.
    """

    welfare_change: Floats
    trade_elasticity: Floats

    @cached_property
    def low(self) -> Floats:
        """Five in a hundred draws lie below, N."""
        return np.quantile(self.welfare_change, QUANTILES[0], axis=0)

    @cached_property
    def median(self) -> Floats:
        """Half of the draws lie below, N."""
        return np.quantile(self.welfare_change, QUANTILES[1], axis=0)

    @cached_property
    def high(self) -> Floats:
        """Five in a hundred draws lie above, N."""
        return np.quantile(self.welfare_change, QUANTILES[2], axis=0)

    @cached_property
    def gaining(self) -> Floats:
        """Share of draws in which a member gains, N."""
        return np.asarray((self.welfare_change > 0).mean(axis=0))


def draw_elasticities(
    world: World, draws: int, *, spread_pct: float | None = None, seed: int = 0
) -> Floats:
    """Draw trade elasticities.

    Parameters
    ----------
    draws
        How many, at least 1.
    spread_pct
        Sectors are drawn one by one from a lognormal distribution with the world's own
        elasticity as median, two thirds of it within this many per cent; by default from the
        world's published sets.
    seed
        The same seed gives the same draws.

    Returns
    -------
    array, draws×J

    Raises
    ------
    InputError
        Where the world has fewer than two sets and no spread is given.

    Examples
    --------
    >>> from bandung import World
    >>> draw_elasticities(World.embedded(), 100, seed=1).shape
    (100, 28)
    """
    if draws < 1:
        raise InputError(f"draws is {draws}; it must be at least 1")
    random = np.random.default_rng(seed)
    if spread_pct is not None:
        if not (math.isfinite(spread_pct) and spread_pct > 0):
            raise InputError(f"the spread is {spread_pct:g} per cent; it must be above 0")
        normal = random.standard_normal((draws, len(world.sectors)))
        return np.asarray(world.trade_elasticity * np.exp(math.log1p(spread_pct / 100) * normal))
    if len(world.elasticity_sets) < 2:
        raise InputError(
            f"world {world.name!r} has {len(world.elasticity_sets)} published sets of elasticities "
            "to draw from; give a spread in per cent instead (--spread 30)"
        )
    sets = np.stack([world.elasticity_sets[name] for name in sorted(world.elasticity_sets)])
    chosen = random.integers(len(sets), size=(draws, len(world.sectors)))
    return np.asarray(sets[chosen, np.arange(len(world.sectors))])


def spread(
    world: World,
    levers: Levers,
    trade_elasticity: Floats,
    *,
    deficits: str = "fixed",
    scheduler: str | None = None,
    workers: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> Spread:
    """Solve one scenario at every draw of the elasticities.

    Parameters
    ----------
    trade_elasticity
        Draws×J, as :func:`draw_elasticities` gives.
    scheduler, workers
        Solve on a cluster or in so many processes, as :func:`bandung.agree.pool.run`; by default
        on this process's threads.
    done
        Called with the number of draws solved so far.
    """
    found = []
    if scheduler is not None or workers is not None:
        common, rows = (world, levers, deficits), list(trade_elasticity)
        by_draw = np.zeros((len(rows), len(world.members)))
        results = pool.run(_drawn, rows, common, scheduler=scheduler, workers=workers, batch=BATCH)
        for count, (draw, welfare) in enumerate(results, start=1):
            by_draw[draw] = welfare
            done(count)
        return Spread(welfare_change=by_draw, trade_elasticity=trade_elasticity)
    outcomes = solve_many(world, [levers], trade_elasticity=trade_elasticity, deficits=deficits)
    for outcome in outcomes:
        found.append(outcome.welfare_change.to_numpy())
        done(len(found))
    return Spread(welfare_change=np.stack(found), trade_elasticity=trade_elasticity)


def _drawn(common: tuple[World, Levers, str], trade_elasticity: Floats) -> Floats:
    """Return every member's change of welfare at one draw, N."""
    world, levers, deficits = common
    before = with_elasticity(baseline_of(world), trade_elasticity)
    if deficits == "zero":
        before = without_deficits(before)
    return real_income(before, equilibrium(before, levers, deficits=deficits))

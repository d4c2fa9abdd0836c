"""What an agreement would do: one change, many, or the slope of every lever."""

from __future__ import annotations

import os
import weakref
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bandung.agree.outcome import MEMBER, Outcome, coordinates
from bandung.economy import sensitivities
from bandung.economy.baseline import Baseline, Levers, as_floats
from bandung.economy.equilibrium import equilibrium, with_elasticity, without_deficits
from bandung.errors import CellError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from numpy.typing import ArrayLike

    from bandung.economy.baseline import Floats
    from bandung.world.model import World

SLOPES = {
    "tariff": ("member", "origin", "destination", "sector"),
    "trade_cost": ("member", "origin", "destination", "sector"),
    "productivity": ("member", "at", "sector"),
    "transfer": ("member", "at"),
    "trade_elasticity": ("member", "sector"),
}
"""Dimensions of a slope in each lever; `at` is whose productivity, or who receives."""

_KNOWN: weakref.WeakKeyDictionary[World, Baseline] = weakref.WeakKeyDictionary()


def solve(
    world: World,
    *,
    tariff_new: ArrayLike | None = None,
    trade_cost_change: ArrayLike | None = None,
    productivity_change: ArrayLike | None = None,
    transfers: ArrayLike | None = None,
    deficits: str = "fixed",
    trade_elasticity: str | float | ArrayLike | None = None,
) -> Outcome:
    """Solve for the world after tariffs, trade costs, productivities or transfers have moved.

    Parameters
    ----------
    world
        The world before.
    tariff_new
        N×N×J [origin, destination, sector], fractions above −1: every tariff afterwards.
    trade_cost_change
        N×N×J, ratio minus one, above −1; 0.1 is ten per cent dearer, infinity stops the trade.
    productivity_change
        N×J [member, sector], ratio minus one, above −1.
    transfers
        N, million USD received (negative: paid), summing to 0.
    deficits
        ``"fixed"`` in units of the numeraire (world value added), ``"share"`` of world value
        added (the same by that choice of numeraire), ``"zero"`` (the world is first solved
        without deficits, and changes are measured from there) or ``"proportional"`` to each
        member's value added, less the common share that keeps the world's sum.
    trade_elasticity
        Name of a set in the world, one figure, or J of them; default the world's own.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        For a lever of the wrong shape or out of bounds, an unknown rule or set of elasticities,
        or a member left without any supplier of what it buys.
    NotConvergedError
        With iterations and residual.

    References
    ----------
    Caliendo & Parro (2015), Review of Economic Studies 82(1).

    Examples
    --------
    >>> from bandung import World, solve
    >>> world = World.embedded()
    >>> tariff = world.tariff.copy()
    >>> tariff[world.index("ZAF"), world.index("SEN")] = 0
    >>> outcome = solve(world, tariff_new=tariff)
    >>> f"{100 * float(outcome.welfare_change.sel(member='ZAF')):.4f} %"
    '0.0024 %'
    """
    given = {
        "tariff_new": tariff_new,
        "trade_cost_change": trade_cost_change,
        "productivity_change": productivity_change,
        "transfers": transfers,
    }
    levers = Levers(
        **{name: as_floats(name, array) for name, array in given.items() if array is not None}
    )
    own, rows = _elasticities(world, trade_elasticity)
    if len(rows) != 1:
        raise InputError(
            f"trade_elasticity has {len(rows)} rows; one solution takes one, solve_many takes draws"
        )
    return next(solve_many(own, [levers], deficits=deficits))


def solve_many(
    world: World,
    scenarios: Sequence[Levers] = (Levers(),),
    *,
    trade_elasticity: str | float | ArrayLike | None = None,
    deficits: str = "fixed",
) -> Iterator[Outcome]:
    """Solve a batch of scenarios, or one scenario at many draws of the elasticities.

    Results come one by one, in order, while others are being computed on the machine's other
    processors; each is what :func:`solve` gives. Stop taking them, and the rest is not computed.

    Parameters
    ----------
    scenarios
        S of them.
    trade_elasticity
        As in :func:`solve`, for all; or S×J, one row for each scenario; or, with one scenario,
        any number of rows.
    deficits
        As in :func:`solve`.

    Yields
    ------
    Outcome

    Examples
    --------
    >>> import numpy as np
    >>> from bandung import Levers, World, solve_many
    >>> world = World.embedded()
    >>> halves = [Levers(tariff_new=share * world.tariff) for share in (0.5, 0.0)]
    >>> [outcome.iterations > 1 for outcome in solve_many(world, halves)]
    [True, True]
    """
    own, rows = _elasticities(world, trade_elasticity)
    changes = list(scenarios)
    count = max(len(changes), len(rows))
    if {len(changes), len(rows)} - {1, count}:
        raise InputError(
            f"{len(changes)} scenarios and {len(rows)} draws of elasticities do not match; give as "
            "many of each, or one of either"
        )
    shared = baseline_of(own, deficits if len(rows) == 1 else "fixed")

    def one(position: int) -> Outcome:
        before = shared
        if len(rows) > 1:
            drawn = with_elasticity(baseline_of(own), rows[position])
            before = without_deficits(drawn) if deficits == "zero" else drawn
        levers = changes[position if len(changes) > 1 else 0]
        with _labelled(own):
            after = equilibrium(before, levers, deficits=deficits)
        return Outcome(
            world=own,
            before=before,
            levers=levers,
            after=after,
            deficits=deficits,
            elasticities=own.elasticities if len(rows) == 1 else "drawn",
        )

    return iter([one(0)]) if count == 1 else ahead(one, count)


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """How members' results respond to every cell of some levers, at one point.

    Attributes
    ----------
    of : str
        The result differentiated.
    value : xarray.DataArray
        Itself, by member (m).
    slopes : xarray.Dataset
        One variable per lever: ``tariff``, ``trade_cost`` [member, origin, destination, sector],
        ``productivity`` [member, at, sector], ``transfer`` [member, at], ``trade_elasticity``
        [member, sector]. Per unit: a tariff of 1 is 100 %, a trade cost or productivity a ratio,
        a transfer a million USD.
    """

    of: str
    value: xr.DataArray
    slopes: xr.Dataset


def sensitivity(
    world: World,
    *,
    of: str = "welfare_change",
    to: str | Sequence[str] = "tariff",
    members: Sequence[str] | None = None,
    levers: Levers = Levers(),  # noqa: B008 - frozen, and means that nothing moves
    deficits: str = "fixed",
    trade_elasticity: str | float | ArrayLike | None = None,
) -> Sensitivity:
    """Return the derivatives of members' results in every cell of some levers.

    All levers at once cost about one more solution per member (implicit function theorem).

    Parameters
    ----------
    of
        ``"welfare_change"``, ``"real_wage_change"``, ``"wage_change"`` or ``"tariff_revenue"``.
    to
        Some of ``"tariff"``, ``"trade_cost"``, ``"productivity"``, ``"transfer"``,
        ``"trade_elasticity"``.
    members
        Whose results; default all.
    levers
        Where the derivative is taken; default the world as it is.
    deficits, trade_elasticity
        As in :func:`solve`.

    Returns
    -------
    Sensitivity

    Raises
    ------
    InputError, NotConvergedError
        As :func:`solve`.

    Examples
    --------
    >>> from bandung import World, sensitivity
    >>> found = sensitivity(World.embedded(), to="tariff", members=["SEN"])
    >>> bool(found.slopes["tariff"].sel(member="SEN", origin="SEN", destination="ZAF").sum() < 0)
    True
    """
    own, rows = _elasticities(world, trade_elasticity)
    if len(rows) != 1:
        raise InputError("a sensitivity is taken at one set of elasticities, not at several draws")
    names = (to,) if isinstance(to, str) else tuple(to)
    if deficits == "zero" and "trade_elasticity" in names:
        raise InputError(
            "with deficits 'zero' the world before depends on the elasticities too, and the slope "
            "in them is not computed; take the difference of two solutions, or another rule"
        )
    codes = tuple(world.members if members is None else members)
    if not codes:
        raise InputError("members names nobody; leave it out for all")
    with _labelled(own):
        found = sensitivities.gradients(
            baseline_of(own, deficits),
            levers,
            of=of,
            members=np.array([world.index(code) for code in codes], dtype=np.int64),
            to=names,
            deficits=deficits,
        )
    coords = {**coordinates(world.members, world.sectors), "member": list(codes)}
    used = {name for lever in names for name in SLOPES[lever]}
    return Sensitivity(
        of=of,
        value=xr.DataArray(found.value, dims=MEMBER, coords={"member": list(codes)}),
        slopes=xr.Dataset(
            {name: (SLOPES[name], found.by_lever[name]) for name in names},
            coords={name: labels for name, labels in coords.items() if name in used},
        ),
    )


def baseline_of(world: World, deficits: str = "fixed") -> Baseline:
    """Return what changes are measured against: the world, or with ``"zero"`` without deficits."""
    if world not in _KNOWN:
        _KNOWN[world] = Baseline.of(world)
    return without_deficits(_KNOWN[world]) if deficits == "zero" else _KNOWN[world]


def _elasticities(
    world: World, given: str | float | ArrayLike | None
) -> tuple[World, list[Floats]]:
    """Return the world with the elasticities asked for, and one row of them per draw."""
    if given is None:
        return world, [world.trade_elasticity]
    if not isinstance(given, str) and np.ndim(given) == 2:
        rows = np.asarray(given, dtype=np.float64)
        if rows.shape[1] != len(world.sectors) or not len(rows):
            raise InputError(
                f"trade_elasticity has shape {rows.shape}; draws have one row each and "
                f"{len(world.sectors)} columns, one per sector"
            )
        if len(rows) == 1:
            return world.select_elasticities(rows[0]), [rows[0]]
        return world, list(rows)
    chosen = world.select_elasticities(given)
    return chosen, [chosen.trade_elasticity]


def ahead(one: Callable[[int], Outcome], count: int) -> Iterator[Outcome]:
    """Compute a few results ahead of the one being taken, on as many threads as processors."""
    threads = os.cpu_count() or 1
    pool = ThreadPoolExecutor(max_workers=threads)
    waiting: deque[Future[Outcome]] = deque()
    positions = iter(range(count))
    try:
        waiting.extend(pool.submit(one, position) for position in islice(positions, 2 * threads))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(pool.submit(one, position) for position in islice(positions, 1))
            yield done
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _labelled(world: World) -> Iterator[None]:
    """Name the members and sectors of a cell that an error gives by position."""
    try:
        yield
    except CellError as error:
        axes = {3: (world.members, world.members, world.sectors), 2: (world.members, world.sectors)}
        labels = axes.get(len(error.cell), (world.members,))
        names = tuple(names[at] for names, at in zip(labels, error.cell, strict=True))
        raise CellError(error.problem, error.cell, error.mend, names) from None

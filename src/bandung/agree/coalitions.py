"""What coalitions of members could gain together, and what each member adds to it.

A coalition S alone lowers tariffs among its own members, and builds corridors between them, within
the same limits; everything else stays as today. Its value v(S) is the largest sum of its members'
equivalent variations, Σ I (change of real income), million USD: members may pay each other, so
that no one of them has to gain by the schedule itself. References: von Neumann & Morgenstern
(1944), chapter 6; Shapley (1953), Contributions to the Theory of Games 2; model.md, 'A fair
agreement'.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bandung.agree import pool
from bandung.agree.talks import open_talks
from bandung.economy.joint import climb
from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from bandung.agree.journal import Journal
    from bandung.agree.talks import Talks
    from bandung.economy.baseline import Floats
    from bandung.economy.joint import Top

MOST_EXACT = 12
"""Members up to whom every coalition is valued: 4,083 of them."""
MOST = 62
"""Members whose coalitions can be numbered."""
ORDERS = 200
FEW = 40
"""So many coalitions are valued here: starting other processes takes longer."""
BATCH = 4


@dataclass(frozen=True, eq=False)
class CoalitionValues:
    """Coalitions of m members, and what they could gain together.

    Attributes
    ----------
    members : tuple of str, length m
        Sorted by code.
    coalitions : array of int, c
        Ascending; bit i of each says whether member i is in it. The empty one is the first.
    musd : array, c
        v(S), million USD; 0 for nobody and for each member by itself.
    orders : array, s×m, or None
        Orders of the members along which coalitions were valued; None where all coalitions were.
    gap_musd : array, c
        What each value can still miss, if the sum is concave in the tariffs.
    second_musd : array, c
        By how much later starts of the search reached more than the first.

    Examples
    --------
    >>> gloves = CoalitionValues.of(["L", "M", "R"], lambda s: float("R" in s and len(s) > 1))
    >>> gloves.value(["L", "R"]), gloves.value(["L", "M"]), gloves.whole_musd
    (1.0, 0.0, 1.0)
    """

    members: tuple[str, ...]
    coalitions: NDArray[np.int64]
    musd: Floats
    orders: NDArray[np.int64] | None
    gap_musd: Floats
    second_musd: Floats

    @classmethod
    def of(
        cls,
        members: Iterable[str],
        value: Callable[[tuple[str, ...]], float],
        *,
        orders: NDArray[np.int64] | None = None,
    ) -> CoalitionValues:
        """Take values from a function of the members' codes: for games known in closed form."""
        codes = tuple(sorted(set(members)))
        masks = _wanted(len(codes), orders)
        found = np.array([value(_codes(codes, mask)) if mask else 0.0 for mask in masks])
        none = np.zeros(len(masks))
        return cls(codes, np.array(masks, dtype=np.int64), found, orders, none, none)

    @property
    def exhaustive(self) -> bool:
        """Whether every coalition has its value."""
        return len(self.coalitions) == 1 << len(self.members)

    @property
    def whole_musd(self) -> float:
        """The value of all members together."""
        return float(self.musd[-1])

    def value(self, members: Iterable[str]) -> float:
        """Return v(S), million USD.

        Raises
        ------
        InputError
            For a coalition that was not valued.
        """
        codes = set(members)
        mask = sum(1 << at for at, code in enumerate(self.members) if code in codes)
        if mask.bit_count() != len(codes) or mask not in self._place:
            raise InputError(f"the coalition of {', '.join(sorted(codes))} was not valued")
        return float(self.musd[self._place[mask]])

    def codes(self, coalition: int) -> tuple[str, ...]:
        """Return the members of a coalition."""
        return _codes(self.members, int(coalition))

    def places(self, coalitions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where coalitions stand; all of them must have a value."""
        return np.searchsorted(self.coalitions, coalitions)

    @cached_property
    def short_of_parts(self) -> int:
        """How many splits of a coalition in two leave more than it has: 0 if superadditive.

        It need not be 0: what a coalition lowers within it costs those outside some trade, also
        those of another coalition. Splits of which a part was not valued are not counted.
        """
        count = 0
        for mask, value in zip(self.coalitions, self.musd, strict=True):
            inside = (self.coalitions & mask) == self.coalitions
            parts = self.coalitions[inside]
            others = mask - parts
            known = np.isin(others, parts) & (parts < others) & (parts > 0)
            sums = self.musd[self.places(parts[known])] + self.musd[self.places(others[known])]
            count += int((sums > value + 1e-9 * max(abs(value), 1.0)).sum())
        return count

    def to_table(self) -> pl.DataFrame:
        """Return one row for each coalition: members, how many, value."""
        return pl.DataFrame(
            {
                "members": ["+".join(self.codes(mask)) for mask in self.coalitions],
                "count": [int(mask).bit_count() for mask in self.coalitions],
                "value_musd": self.musd,
            }
        )

    @cached_property
    def _place(self) -> dict[int, int]:
        return {int(mask): at for at, mask in enumerate(self.coalitions)}


@dataclass(frozen=True, slots=True, eq=False)
class Shapley:
    """What each member adds to those before it, on the average over all orders of joining.

    Attributes
    ----------
    members : tuple of str, length m
    musd : array, m
        Million USD; sums to what all gain together.
    standard_error_musd : array, m, or None
        Where orders were sampled.
    orders : int
        How many orders were sampled; 0 where it is exact.
    """

    members: tuple[str, ...]
    musd: Floats
    standard_error_musd: Floats | None
    orders: int


def coalition_values(
    talks: Talks,
    *,
    orders: int | None = None,
    seed: int = 0,
    starts: int = 1,
    scheduler: str | None = None,
    workers: int | None = None,
    journal: Journal | None = None,
    done: Callable[[int, int], object] = lambda _, __: None,
) -> CoalitionValues:
    """Value coalitions of the members of some talks.

    Every coalition up to `MOST_EXACT` members; beyond, those of who has joined so far along random
    orders, and all pairs. Transfers, where the talks have them, are left out: in these games
    members may pay each other anyway.

    Parameters
    ----------
    talks
        Of all members, with their limits.
    orders
        How many orders to sample, whatever the number of members: an even number from 4, each
        order with its reverse. By default none up to `MOST_EXACT` members, and `ORDERS` beyond.
    seed
        The same seed, the same orders.
    starts
        From how many points to search, 1 to 3; the best counts. Of the 1,013 coalitions of ten
        African economies, a second start found none worth more.
    scheduler, workers
        See :func:`bandung.agree.pool.run`. By default processes on this computer, none where few
        coalitions are left to value.
    journal
        Keeps every value; what is there is not computed again. See :func:`question`.
    done
        Called with how many coalitions have their values, and how many there are.

    Returns
    -------
    CoalitionValues
        The same, bit for bit, wherever and in whatever order coalitions were valued.

    Raises
    ------
    InputError
        For more than `MOST` members, or a number of orders that cannot be.
    NotConvergedError
        For an equilibrium.

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.agree.talks import open_talks
    >>> found = coalition_values(open_talks(World.embedded(), ["CIV", "MAR", "SEN"]))
    >>> found.whole_musd >= found.value(["CIV", "SEN"]) > 0
    True
    """
    m = len(talks.members)
    if starts not in {1, 2, 3}:
        raise InputError(f"{starts} starts were asked for; choose 1, 2 or 3")
    if orders is None and m > MOST_EXACT:
        orders = ORDERS
    sampled = None if orders is None else _sample(m, orders, seed)
    masks = _wanted(m, sampled)
    codes = {mask: _codes(talks.members, mask) for mask in masks if mask.bit_count() > 1}
    names = {mask: f"{'+'.join(some)} from {starts}" for mask, some in codes.items()}
    found = {mask: known for mask, name in names.items() if (known := _kept(journal, name))}
    left = sorted(names.keys() - found.keys(), key=lambda mask: (-mask.bit_count(), mask))
    if workers is None and scheduler is None and len(left) <= FEW:
        workers = 0
    done(len(found), len(names))
    results = pool.run(
        _valued,
        [codes[mask] for mask in left],
        (without_transfers(talks), starts),
        scheduler=scheduler,
        workers=workers,
        batch=BATCH,
    )
    for at, valued in results:
        found[left[at]] = valued
        if journal is not None:
            journal.put(names[left[at]], valued=valued)
        done(len(found), len(names))
    rows = np.array([found.get(mask, (0.0, 0.0, 0.0)) for mask in masks])
    return CoalitionValues(
        members=talks.members,
        coalitions=np.array(masks, dtype=np.int64),
        musd=rows[:, 0],
        orders=sampled,
        gap_musd=rows[:, 1],
        second_musd=rows[:, 2],
    )


def shapley(values: CoalitionValues) -> Shapley:
    """Return the Shapley value of a game, exact or from the sampled orders.

    A member's standard error is that of the mean over pairs of an order and its reverse.

    Raises
    ------
    InputError
        Where neither all coalitions nor those along sampled orders were valued.

    Examples
    --------
    >>> gloves = CoalitionValues.of(["L", "M", "R"], lambda s: float("R" in s and len(s) > 1))
    >>> [round(share, 4) for share in shapley(gloves).musd.tolist()]
    [0.1667, 0.1667, 0.6667]
    """
    if values.orders is not None:
        return _from_orders(values, values.orders)
    if not values.exhaustive:
        raise InputError("the Shapley value needs every coalition's value, or sampled orders")
    m = len(values.members)
    size = np.bitwise_count(values.coalitions).astype(np.int64)
    weight = np.array([1.0 / (m * math.comb(m - 1, count)) for count in range(m)])
    musd = np.zeros(m)
    for member in range(m):
        without = np.flatnonzero((values.coalitions >> member) & 1 == 0)
        joined = values.places(values.coalitions[without] | (1 << member))
        added = values.musd[joined] - values.musd[without]
        musd[member] = math.fsum(weight[size[without]] * added)
    return Shapley(values.members, musd, None, 0)


def question(talks: Talks) -> dict[str, Any]:
    """Return what the values of coalitions depend on, for a journal of theirs.

    The members are not among it: a coalition's value is the same whoever else is in the talks.
    """
    return {
        "what": "coalition values",
        "world": talks.world.checksum,
        "trade_elasticity": talks.before.trade_elasticity.tolist(),
        "deficits": talks.deficits,
        "kinds": [kind for kind in talks.kinds if kind != "transfers"],
        "limits": talks.limits.to_dict(),
        "corridors": [asdict(each) for each in talks.corridors],
    }


def without_transfers(talks: Talks) -> Talks:
    """Return the talks as they were opened, with every sector open, but for transfers.

    Raises
    ------
    InputError
        Where nothing else is left to move.
    """
    kinds = [kind for kind in talks.kinds if kind != "transfers"]
    if not kinds:
        raise InputError("coalitions need something to lower or to build; give them tariffs")
    return _opened(talks, talks.members, kinds)


def among(talks: Talks, members: Sequence[str]) -> Talks | None:
    """Return what some of the members may move among themselves; None where that is nothing."""
    at = [talks.world.index(code) for code in members]
    kinds = []
    if np.isin(talks.cells[:, :2], at).all(axis=1).any():
        kinds.append("tariffs")
    if any(set(each.between) <= set(members) for each in talks.corridors):
        kinds.append("corridors")
    return _opened(talks, members, kinds) if kinds else None


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The best that a coalition can do for the sum of its members' real incomes.

    Attributes
    ----------
    talks : Talks
        What it may move; with limits on the number of sectors, those it opens.
    top : Top
        Where its search ended, `value` in million USD.
    second_musd : float
        By how much later starts reached more than the first.
    """

    talks: Talks
    top: Top
    second_musd: float


def best_of(talks: Talks, members: Sequence[str], starts: int = 1) -> Best | None:
    """Search for what serves some of the members best; None where they can move nothing.

    Gains of all the world's members are computed, with weights of 0 outside the coalition: so one
    compiled program, and one rounding, serves every coalition of every group.
    """
    own = among(talks, members)
    if own is None:
        return None
    weights = np.zeros(len(talks.world.members))
    weights[own.at] = talks.before.income[own.at]
    wide = replace(own, members=talks.world.members)
    found = _climb(wide, weights, starts)
    while (opened := _fewer_sectors(wide, found.top.position, weights)) is not None:
        wide = wide.narrowed(opened)
        found = _climb(wide, weights, starts)
    return replace(found, talks=replace(wide, members=own.members))


def _climb(talks: Talks, weights: Floats, starts: int) -> Best:
    """Climb from the middle of the box, then from its lower and its upper corner."""

    def slopes(position: Floats) -> tuple[float, Floats]:
        gains, slope = talks.slopes(position, weights[None, :])
        return float(weights @ gains), slope[0]

    lower, upper = talks.lower, talks.upper
    tops = [climb(slopes, at, lower, upper) for at in ((lower + upper) / 2, lower, upper)[:starts]]
    best = max(tops, key=lambda top: top.value)
    return Best(talks, best, best.value - tops[0].value)


def _valued(common: tuple[Talks, int], members: tuple[str, ...]) -> tuple[float, float, float]:
    """Return a coalition's value, what it can still miss, and what later starts added.

    Nobody has to lower anything: where limits ask for cuts that do harm, the value is 0.
    """
    talks, starts = common
    found = best_of(talks, members, starts)
    if found is None or found.top.value <= 0:
        return 0.0, 0.0, 0.0
    return found.top.value, found.top.gap, found.second_musd


def _opened(talks: Talks, members: Sequence[str], kinds: Sequence[str]) -> Talks:
    corridors = [each for each in talks.corridors if set(each.between) <= set(members)]
    opened = open_talks(
        talks.world,
        members,
        levers=kinds,
        limits=talks.limits,
        corridors=corridors,
        deficits=talks.deficits,
    )
    return replace(opened, before=talks.before)


def _fewer_sectors(talks: Talks, position: Floats, weights: Floats) -> NDArray[np.bool_] | None:
    """Return the sectors that each member keeps open, N×J, where the limits allow but so many.

    Half of them are shut at a time, those whose cuts add least; None where few enough are open.
    """
    most = talks.limits.most_sectors
    _, destination, sector = talks.cells.T
    opened = np.zeros(talks.world.expenditure.shape, dtype=bool)
    opened[destination, sector] = True
    if most is None or (opened.sum(axis=1) <= most).all():
        return None
    moved = (talks.tariff(position) - talks.tariff(talks.start))[tuple(talks.cells.T)]
    slope = talks.cell_slopes(talks.start, weights) + talks.cell_slopes(position, weights)
    worth = np.zeros(opened.shape)
    np.add.at(worth, (destination, sector), slope * moved / 2)
    worth[~opened] = -np.inf
    keep = np.maximum(most, opened.sum(axis=1) // 2)
    rank = (-worth).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return np.asarray(opened & (rank < keep[:, None]))


def _kept(journal: Journal | None, name: str) -> tuple[float, float, float] | None:
    """Return what a journal says of a coalition, where it does."""
    entry = None if journal is None else journal.get(name)
    if entry is None or entry.keys() != {"valued"} or entry["valued"].shape != (3,):
        return None
    value, gap, second = entry["valued"].tolist()
    return value, gap, second


def _sample(m: int, orders: int, seed: int) -> NDArray[np.int64]:
    """Draw orders of the members, each followed by its reverse."""
    if orders < 4 or orders % 2:
        raise InputError(f"{orders} orders were asked for; it must be an even number from 4")
    if seed < 0:
        raise InputError(f"the seed is {seed}; it must be at least 0")
    each = np.tile(np.arange(m, dtype=np.int64), (orders // 2, 1))
    drawn = np.random.default_rng(seed).permuted(each, axis=1)
    return np.stack([drawn, drawn[:, ::-1]], axis=1).reshape(orders, m)


def _wanted(m: int, orders: NDArray[np.int64] | None) -> list[int]:
    """Return the coalitions to value, ascending."""
    if m > MOST:
        raise InputError(f"coalitions of {m} members cannot be numbered; {MOST} are the most")
    if orders is None:
        if m > 2 * MOST_EXACT:
            raise InputError(f"{m} members have too many coalitions; sample orders of them")
        return list(range(2**m))
    along = np.left_shift(1, orders).cumsum(axis=1)
    pairs = [(1 << one) | (1 << other) for one, other in combinations(range(m), 2)]
    return sorted({0, *(1 << at for at in range(m)), *pairs, *np.unique(along).tolist()})


def _from_orders(values: CoalitionValues, orders: NDArray[np.int64]) -> Shapley:
    along = np.left_shift(1, orders).cumsum(axis=1)
    worth = values.musd[values.places(along)]
    added = np.diff(worth, axis=1, prepend=0.0)
    by_member = np.take_along_axis(added, orders.argsort(axis=1), axis=1)
    pairs = by_member.reshape(-1, 2, len(values.members)).mean(axis=1)
    error = pairs.std(axis=0, ddof=1) / math.sqrt(len(pairs))
    return Shapley(values.members, pairs.mean(axis=0), error, len(orders))


def _codes(members: Sequence[str], mask: int) -> tuple[str, ...]:
    return tuple(code for at, code in enumerate(members) if mask >> at & 1)

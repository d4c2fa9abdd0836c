"""`Change`: what is to change, in words; and what changes set in a world, as arrays.

A change checks by itself what holds in every world; `levers_of` checks what depends on one: its
members, sectors and tariffs. Axes are fixed: origin, destination, sector.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bandung.codes import groups
from bandung.economy.baseline import Levers
from bandung.errors import CodeUnknownError, GroupEmptyError, ScenarioError
from bandung.find import selection

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Sequence

    from bandung.agree.scenario import Scenario
    from bandung.agree.toml_lines import KeyPath
    from bandung.world.model import World

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Positions = NDArray[np.intp]

AXES: dict[str, tuple[str, ...]] = {
    "tariff": ("origin", "destination", "sector"),
    "trade_cost": ("origin", "destination", "sector"),
    "productivity": ("origin", "sector"),
    "transfer": ("origin", "destination"),
}
"""What a change can move, and the axes of its cells."""

AMOUNTS: dict[str, tuple[str, ...]] = {
    "tariff": ("cut_pct", "to_pct", "change_pct", "add_points"),
    "trade_cost": ("change_pct",),
    "productivity": ("change_pct",),
    "transfer": ("amount_musd",),
}
"""The keys that say by how much: exactly one of them."""

GROUP, ALL, OTHERS, GOODS, SERVICES = "group:", "all", "others", "goods", "services"
OPPOSITE = {"origin": "destination", "destination": "origin"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changes, for the cells that origin, destination and sector select.

    Attributes
    ----------
    what : str
        ``"tariff"``, ``"trade_cost"``, ``"productivity"`` or ``"transfer"``.
    origin, destination : tuple of str
        Codes of the world's members, ``"group:CODE"``, ``"all"``, or ``"others"``: every member
        of the world that the opposite key does not select. In a transfer every origin pays every
        destination. A productivity has no destination.
    sector : tuple of str
        Codes of the world's sectors, ``"goods"``, ``"services"`` or ``"all"``, the default.
        A transfer has none.
    cut_pct, to_pct, change_pct, add_points : float or None
        Of a tariff t, one: t(1 − cut_pct/100), to_pct/100, t(1 + change_pct/100) or
        t + add_points/100. Of a trade cost or a productivity: change_pct > −100.
    amount_musd : float or None
        Of a transfer: million USD > 0 from each origin to each destination.

    Raises
    ------
    ScenarioError
        For a value that no world could take.

    Examples
    --------
    >>> Change("trade_cost", origin=("AGO",), destination=("others",), change_pct=-10).sector
    ('all',)
    """

    what: str
    origin: tuple[str, ...] = ()
    destination: tuple[str, ...] = ()
    sector: tuple[str, ...] = ()
    cut_pct: float | None = None
    to_pct: float | None = None
    change_pct: float | None = None
    add_points: float | None = None
    amount_musd: float | None = None

    def __post_init__(self) -> None:
        if self.what not in AXES:
            raise ScenarioError(unknown("what", self.what, AXES), path=("what",))
        for axis in ("origin", "destination", "sector"):
            given = getattr(self, axis)
            words = (given,) if isinstance(given, str) else tuple(given)
            object.__setattr__(self, axis, tuple(_word(axis, word) for word in words))
        self._check_keys()
        if "sector" in AXES[self.what] and not self.sector:
            object.__setattr__(self, "sector", (ALL,))
        self._check_words()
        self._check_amount()

    @property
    def amount_key(self) -> str:
        """The one key that says how much."""
        return next(key for key in AMOUNTS[self.what] if getattr(self, key) is not None)

    @property
    def amount(self) -> float:
        """What stands under `amount_key`."""
        value: float = getattr(self, self.amount_key)
        return value

    def groups(self) -> dict[str, str]:
        """Return the codes of the groups it names, with the key that names each."""
        return {
            word.removeprefix(GROUP): axis
            for axis, words in (("destination", self.destination), ("origin", self.origin))
            for word in words
            if word.startswith(GROUP)
        }

    def _check_keys(self) -> None:
        """Refuse keys that do not go with what is moved, and the lack of those that do."""
        given = [key for key in KEYS if getattr(self, key) not in {None, ()}]
        takes = (*AXES[self.what], *AMOUNTS[self.what])
        for key in given:
            if key not in {"what", *takes}:
                raise ScenarioError(
                    f'{key} does not go with what = "{self.what}", which takes {", ".join(takes)}',
                    path=(key,),
                )
        for axis in AXES[self.what]:
            if axis not in given and axis != "sector":
                raise ScenarioError(f'{axis} is missing; what = "{self.what}" needs it')
        amounts = [key for key in AMOUNTS[self.what] if key in given]
        if not amounts:
            one_of = "one of " if len(AMOUNTS[self.what]) > 1 else ""
            raise ScenarioError(
                f'what = "{self.what}" needs {one_of}{", ".join(AMOUNTS[self.what])}'
            )
        if len(amounts) > 1:
            raise ScenarioError(
                f"{' and '.join(amounts)} are given; keep one of them", path=(amounts[1],)
            )

    def _check_words(self) -> None:
        for axis, opposite in OPPOSITE.items():
            if OTHERS in getattr(self, axis):
                if opposite not in AXES[self.what]:
                    problem = f"a change of {self.what} has no {opposite} for it to be the rest of"
                elif OTHERS in getattr(self, opposite):
                    problem = f"so is {opposite}; one of the two must name members"
                elif ALL in getattr(self, opposite):
                    problem = f'{opposite} is "all", which leaves nobody'
                else:
                    continue
                raise ScenarioError(f'{axis} is "others", and {problem}', path=(axis,))
        pair = {*self.origin, *self.destination}
        if self.destination and len(pair) == 1 and not _is_several(next(iter(pair))):
            raise ScenarioError(
                f"destination is origin, {next(iter(pair))}: what a member does at home is left "
                "out, so the change selects nothing",
                path=("destination",),
            )

    def _check_amount(self) -> None:
        key, amount = self.amount_key, self.amount
        if not math.isfinite(amount):
            raise ScenarioError(f"{key} is {amount}; it must be finite", path=(key,))
        lowest = {"to_pct": -100.0, "amount_musd": 0.0}.get(key)
        if key == "change_pct" and self.what != "tariff":
            lowest = -100.0
        if lowest is not None and amount <= lowest:
            raise ScenarioError(
                f"{key} is {amount:g}; for a {self.what} it must be above {lowest:g}", path=(key,)
            )


KEYS = tuple(each.name for each in fields(Change))
"""The keys of a change, in the order in which they are written."""


def levers_of(scenario: Scenario, world: World) -> Levers:
    """Carry out a scenario's changes in a world.

    Parameters
    ----------
    scenario
        What changes.
    world
        N members, J sectors.

    Returns
    -------
    Levers

    Raises
    ------
    ScenarioError
        With the `path` of the key at fault; :meth:`Scenario.levers` adds file and line.
    """
    _check_elasticities(scenario, world)
    values: dict[str, Floats] = {}
    owners: dict[str, Positions] = {}
    for number, change in enumerate(scenario.changes):
        axes = AXES[change.what]
        if change.what not in values:
            shape = tuple(len(_labels(world, axis)) for axis in axes)
            values[change.what] = (
                world.tariff.copy() if change.what == "tariff" else np.zeros(shape)
            )
            owners[change.what] = np.full(shape, -1)
        value, owner = values[change.what], owners[change.what]
        block = _block(scenario, number, world)
        _refuse_overlap(scenario, number, block, owner)
        old = value[block.index]
        new = np.where(block.inside, _moved(change, old), old)
        if change.what == "tariff":
            _refuse_tariff(change, number, block, old, new)
        value[block.index] = new
        owner[block.index] = number
    return Levers(
        tariff_new=_frozen(values.get("tariff")),
        trade_cost_change=_frozen(values.get("trade_cost")),
        productivity_change=_frozen(values.get("productivity")),
        transfers=_frozen(_received(scenario, values.get("transfer"))),
    )


def missing_of(scenario: Scenario, world: World) -> dict[str, tuple[str, ...]]:
    """Return, by group, the members that a world does not have by themselves, if any."""
    found = {}
    for number, change in enumerate(scenario.changes):
        for group, axis in change.groups().items():
            path = ("change", number, axis)
            found[group] = selection.missing_of(world, members_on(group, scenario.day, path))
    return {group: missing for group, missing in found.items() if missing}


def parties_of(scenario: Scenario, world: World) -> tuple[str, ...]:
    """Return the members that changes name, sorted; all where none is named."""
    named: set[str] = set()
    for number, change in enumerate(scenario.changes):
        for axis, words in (("origin", change.origin), ("destination", change.destination)):
            own = [word for word in words if word != ALL]
            named.update(_named(scenario, number, axis, own, world))
    return tuple(sorted(named or world.members))


def members_on(group: str, day: dt.date, path: KeyPath) -> tuple[str, ...]:
    """Return the members of a known group on a day.

    Raises
    ------
    ScenarioError
        When there are none, with the `path` of the key that names the group.
    """
    try:
        return groups.members(group, day)
    except GroupEmptyError:
        known = groups.group(group)
        span = f"it was founded on {known.founded.isoformat()}"
        if known.ended:
            span += f" and ended on {known.ended.isoformat()}"
        raise ScenarioError(
            f"{path[-1]}: group {known.code} has no members on {day.isoformat()}: {span}; give "
            "another day, as in: on = 2024-01-31",
            path=path,
        ) from None


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """The cells that a change touches: a block of an array, and which of its cells are meant.

    Attributes
    ----------
    axes : tuple of str
        As `AXES` names them.
    labels : tuple of tuple of str
        Members or sectors that the block spans, along each axis.
    index : tuple of array
        Where the block stands in the whole array, as `numpy.ix_` gives it.
    inside : array of bool
        False from a member to itself.
    """

    axes: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    index: tuple[Positions, ...]
    inside: Bools

    def first(self, among: Bools) -> tuple[int, ...]:
        """Return the place of the first cell in a selection of the block's cells."""
        return tuple(int(i) for i in np.argwhere(among)[0])

    def name(self, at: tuple[int, ...]) -> str:
        """Return the name of a cell of the block, for a message."""
        named = zip(self.axes, self.labels, at, strict=True)
        return ", ".join(f"{axis} {labels[place]}" for axis, labels, place in named)


def unknown(what: str, given: str, known: Collection[str]) -> str:
    """Say that a word is none of the known ones, with near ones and with all."""
    return f"{CodeUnknownError(what, given, known)} Known are {', '.join(known)}."


def _word(axis: str, text: str) -> str:
    """Return a word without blanks around it, a group by its own code."""
    prefix, colon, code = text.strip().partition(":")
    if not text.strip():
        raise ScenarioError(f'{axis}: "" is empty', path=(axis,))
    if not colon or axis == "sector":
        return text.strip()
    if prefix + colon != GROUP:
        raise ScenarioError(
            f'{axis}: {text!r} is not understood; a group is written "{GROUP}CODE"', path=(axis,)
        )
    try:
        return GROUP + groups.group(code.strip()).code
    except CodeUnknownError as error:
        raise ScenarioError(f"{axis}: {error}", path=(axis,)) from None


def _is_several(word: str) -> bool:
    return word in {ALL, OTHERS} or word.startswith(GROUP)


def _labels(world: World, axis: str) -> tuple[str, ...]:
    return world.sectors if axis == "sector" else world.members


def _check_elasticities(scenario: Scenario, world: World) -> None:
    given, sets = scenario.elasticities, world.elasticity_sets
    if isinstance(given, str) and given not in sets:
        problem = (
            unknown(f"set of world {world.name!r}", given, sets)
            if sets
            else f"world {world.name!r} has no published sets."
        )
        raise ScenarioError(
            f"elasticities: {problem} A figure is written without quotes.", path=("elasticities",)
        )
    if scenario.uncertainty and scenario.uncertainty.spread_pct is None and not sets:
        raise ScenarioError(
            f"uncertainty: world {world.name!r} has no published sets of elasticities to draw "
            "from; give spread_pct",
            path=("uncertainty",),
        )


def _block(scenario: Scenario, number: int, world: World) -> _Block:
    axes = AXES[scenario.changes[number].what]
    chosen = _members(scenario, number, world)
    if "sector" in axes:
        chosen["sector"] = _sectors(scenario, number, world)
    inside = np.ones(tuple(len(chosen[axis]) for axis in axes), dtype=np.bool_)
    if "destination" in axes:
        apart = chosen["origin"][:, None] != chosen["destination"]
        inside &= apart.reshape(apart.shape + (1,) * (inside.ndim - 2))
    if not inside.any():
        only = world.members[chosen["origin"][0]]
        raise ScenarioError(
            f"the change selects nothing: its only pair is {only} with itself, and what a member "
            "does at home is left out",
            path=("change", number),
        )
    return _Block(
        axes=axes,
        labels=tuple(tuple(_labels(world, axis)[i] for i in chosen[axis]) for axis in axes),
        index=np.ix_(*(chosen[axis] for axis in axes)),
        inside=inside,
    )


def _members(scenario: Scenario, number: int, world: World) -> dict[str, Positions]:
    """Return the positions that each of a change's origin and destination selects."""
    change = scenario.changes[number]
    given = {
        axis: tokens
        for axis, tokens in (("origin", change.origin), ("destination", change.destination))
        if axis in AXES[change.what]
    }
    chosen = {
        axis: set(_named(scenario, number, axis, tokens, world)) for axis, tokens in given.items()
    }
    for axis, tokens in given.items():
        if OTHERS in tokens:
            chosen[axis] |= set(world.members) - chosen[OPPOSITE[axis]]
        if not chosen[axis]:
            raise ScenarioError(
                f"{axis} selects nobody: {OPPOSITE[axis]} already selects every member of world "
                f"{world.name!r}",
                path=("change", number, axis),
            )
    return {axis: _positions(world.members, codes) for axis, codes in chosen.items()}


def _named(
    scenario: Scenario, number: int, axis: str, tokens: Sequence[str], world: World
) -> Iterable[str]:
    """Members that the words name by themselves: all but "others"."""
    path = ("change", number, axis)
    for token in tokens:
        if token == ALL:
            yield from world.members
        elif token.startswith(GROUP):
            yield from _of_group(token.removeprefix(GROUP), scenario.day, world, path)
        elif token != OTHERS:
            yield _member(token, world, path)


def _of_group(group: str, day: dt.date, world: World, path: KeyPath) -> tuple[str, ...]:
    present = tuple(selection.present_of(world, members_on(group, day, path)))
    if not present:
        raise ScenarioError(
            f"{path[-1]}: world {world.name!r} has none of the members of {group} by themselves; "
            f"it has {', '.join(world.members)}",
            path=path,
        )
    return present


def _member(code: str, world: World, path: KeyPath) -> str:
    for spelled in (code, code.upper()):
        if spelled in world.members:
            return spelled
    problem = f"{path[-1]}: " + str(
        CodeUnknownError(f"member of world {world.name!r}", code, world.members)
    )
    within = [region for region, parts in world.regions.items() if code.upper() in parts]
    if within:
        problem += f" It is part of {within[0]}."
    if code.upper() in groups.groups():
        problem += f' A group is written "{GROUP}{code.upper()}".'
    raise ScenarioError(problem, path=path)


def _sectors(scenario: Scenario, number: int, world: World) -> Positions:
    path = ("change", number, "sector")
    words = {ALL: world.sectors, GOODS: world.goods, SERVICES: world.services}
    codes: set[str] = set()
    tokens = scenario.changes[number].sector
    for token in tokens:
        if token not in words and token not in world.sectors:
            known = (*world.sectors, *words)
            problem = CodeUnknownError(f"sector of world {world.name!r}", token, known)
            raise ScenarioError(f"sector: {problem}", path=path)
        codes.update(words.get(token, (token,)))
    if not codes:
        raise ScenarioError(
            f"sector selects nothing: world {world.name!r} has no {' and no '.join(tokens)}",
            path=path,
        )
    return _positions(world.sectors, codes)


def _positions(labels: Sequence[str], codes: set[str]) -> Positions:
    return np.array([at for at, label in enumerate(labels) if label in codes], dtype=np.intp)


def _moved(change: Change, old: Floats) -> Floats:
    """Return what a change makes of its cells."""
    ratio = change.amount / 100.0
    match change.amount_key:
        case "cut_pct":
            return old * (1.0 - ratio)
        case "add_points":
            return old + ratio
        case "change_pct" if change.what == "tariff":
            return old * (1.0 + ratio)
        case "amount_musd":
            return np.full_like(old, change.amount)
        case _:
            return np.full_like(old, ratio)


def _received(scenario: Scenario, paid: Floats | None) -> Floats | None:
    """Return each member's transfers received less those paid, million USD."""
    if paid is None:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        net: Floats = paid.sum(axis=0) - paid.sum(axis=1)
    if not np.isfinite(net).all():
        amounts = [
            (change.amount, number)
            for number, change in enumerate(scenario.changes)
            if change.what == "transfer"
        ]
        largest, number = max(amounts)
        raise ScenarioError(
            f"amount_musd = {largest:g}: the transfers add up to more than a number can hold; "
            "give a smaller amount",
            path=("change", number, "amount_musd"),
        )
    return net


def _refuse_overlap(scenario: Scenario, number: int, block: _Block, owner: Positions) -> None:
    earlier = owner[block.index]
    clash = block.inside & (earlier >= 0)
    if clash.any():
        at = block.first(clash)
        raise ScenarioError(
            f"this change of {scenario.changes[number].what} touches {block.name(at)}, and so does "
            f"{scenario.where('change', int(earlier[at]))}; let each cell be changed once",
            path=("change", number),
        )


def _refuse_tariff(change: Change, number: int, block: _Block, old: Floats, new: Floats) -> None:
    bad = block.inside & (new <= -1.0)
    if bad.any():
        at = block.first(bad)
        raise ScenarioError(
            f"{change.amount_key} = {change.amount:g} takes the tariff at {block.name(at)} from "
            f"{100 * old[at]:g} % to {100 * new[at]:g} %; it must stay above −100 % (cells where "
            f"it would not: {int(bad.sum())})",
            path=("change", number, change.amount_key),
        )


def _frozen(array: Floats | None) -> Floats | None:
    if array is not None:
        array.flags.writeable = False
    return array

"""`Scenario`: what changes in a world, written as a TOML file.

A file is read without a world: its keys, types and words are checked here. What depends on a
world's members, sectors and tariffs is checked when :meth:`Scenario.levers` meets one. Every
message begins with the file and the line at fault. Reference: TOML 1.0.0, https://toml.io.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandung.agree.changes import (
    KEYS,
    Change,
    levers_of,
    members_on,
    missing_of,
    parties_of,
    unknown,
)
from bandung.agree.toml_lines import lines_of
from bandung.economy.baseline import DEFICIT_RULES
from bandung.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bandung.agree.toml_lines import KeyPath
    from bandung.economy.baseline import Levers
    from bandung.world.model import World

EXAMPLE = """\
# What changes in a world. A line that begins with # is a comment.
title = "Half of all tariffs among the eleven"

# A world by name; `bandung world list` lists them.
world = "embedded"

# What trade deficits do: "fixed", "share" (of world value added), "zero" (in the baseline
# too) or "proportional" (to each member's value added).
deficits = "fixed"

# A published set of trade elasticities by name, or one figure for all sectors.
# Without this line: the world's own.
elasticities = "GYY"

# The day whose membership of groups counts. Without this line: today.
on = 2024-08-31

# Each [[change]] moves one thing; no cell may be changed twice.
#   origin       who sells, or pays: a code, "group:…", "all", "others", or an array of these
#   destination  who buys and levies the tariff, or is paid; likewise
#   sector       a code, "goods", "services", "all" (as without it), or an array of these
# "others" are all members of the world that the opposite key does not select. A member's
# sales to itself are left out.
[[change]]
what = "tariff"
origin = "group:AFCFTA"
destination = "group:AFCFTA"
sector = "all"
cut_pct = 50          # a tariff of 8 % becomes 4 %
# Instead of cut_pct, one of:
#   to_pct = 2        the tariff becomes 2 %
#   change_pct = 25   a tariff of 8 % becomes 10 %
#   add_points = 3    a tariff of 8 % becomes 11 %

# Take the # away to add one of these.
#
# Goods cost a tenth less to bring from Senegal and Morocco to everybody else:
#[[change]]
#what = "trade_cost"
#origin = ["SEN", "MAR"]
#destination = "others"
#sector = "goods"
#change_pct = -10

# Farms of Côte d'Ivoire produce five per cent more from the same work and inputs:
#[[change]]
#what = "productivity"
#origin = "CIV"
#sector = "A01"
#change_pct = 5

# South Africa pays each of three fellow members 100 million dollars:
#[[change]]
#what = "transfer"
#origin = "ZAF"
#destination = ["CMR", "COD", "STP"]
#amount_musd = 100

# How sure the results are: elasticities drawn 200 times around those above.
# Without spread_pct: drawn from the world's published sets.
#[uncertainty]
#draws = 200
#spread_pct = 20
#seed = 0
"""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How often, and how widely, the elasticities are drawn.

    Attributes
    ----------
    draws : int
        At least 1.
    spread_pct : float or None
        Above 0; None draws from the world's published sets.
    seed : int
        At least 0.
    """

    draws: int
    spread_pct: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for key, least in (("draws", 1), ("seed", 0)):
            if getattr(self, key) < least:
                raise ScenarioError(
                    f"{key} is {getattr(self, key)}; it must be at least {least}", path=(key,)
                )
        _check_above_zero("spread_pct", self.spread_pct)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a scenario was written: a file's name, and the line of each key and table."""

    name: str
    lines: Mapping[KeyPath, int]

    def at(self, *path: str | int) -> str:
        """Return ``FILE:LINE`` of a key, or of the innermost table that was to hold it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return f"{self.name}:{self.lines[path[:length]]}"
        return f"{self.name}:1"


@dataclass(frozen=True, slots=True)
class Scenario:
    """What changes in a world. Read one with :func:`read` or :func:`parse`, or make it in code.

    Attributes
    ----------
    title : str
    world : str
        Name of a world in the store.
    deficits : str
        One of `DEFICIT_RULES`.
    elasticities : str, float or None
        A set of the world's by name, or a figure > 0 for all sectors; None: the world's own.
    on : date or None
        The day whose membership of groups counts; None: today.
    changes : tuple of Change
    uncertainty : Uncertainty or None
    source : Source or None
        Where it was written; two scenarios that say the same are equal wherever they stand.

    Raises
    ------
    ScenarioError
        For a value that no world could take.

    Examples
    --------
    >>> from bandung import World
    >>> half = Change("tariff", origin=("all",), destination=("group:SACU",), cut_pct=50)
    >>> scenario = Scenario("An open customs union", on=dt.date(2022, 1, 1), changes=(half,))
    >>> scenario.levers(World.embedded()).tariff_new.shape
    (55, 55, 28)
    >>> scenario.missing(World.embedded())
    {'SACU': ('BWA', 'LSO', 'NAM', 'SWZ')}
    """

    title: str
    world: str = "embedded"
    deficits: str = "fixed"
    elasticities: str | float | None = None
    on: dt.date | None = None
    changes: tuple[Change, ...] = ()
    uncertainty: Uncertainty | None = None
    source: Source | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        for key in ("title", "world", "elasticities"):
            value = getattr(self, key)
            if isinstance(value, str) and not value.strip():
                raise ScenarioError(f"{key} is empty", path=(key,))
        if self.deficits not in DEFICIT_RULES:
            raise ScenarioError(
                unknown("rule of deficits", self.deficits, DEFICIT_RULES), path=("deficits",)
            )
        if not isinstance(self.elasticities, str):
            _check_above_zero("elasticities", self.elasticities)
        for number, change in enumerate(self.changes):
            for code, axis in change.groups().items() if self.on else ():
                members_on(code, self.day, ("change", number, axis))

    @property
    def day(self) -> dt.date:
        """The day whose membership of groups counts."""
        return self.on or dt.date.today()  # noqa: DTZ011 - the user's own day is meant

    def levers(self, world: World) -> Levers:
        """Carry out the changes in a world.

        Raises
        ------
        ScenarioError
            For a member, sector or set of elasticities that the world lacks, a group of which it
            has no member, a change that selects nothing, two that touch the same cell, or a
            tariff of −100 % or less.
        """
        with _located(self.where):
            return levers_of(self, world)

    def missing(self, world: World) -> dict[str, tuple[str, ...]]:
        """Return, by group, the members that the world does not have by themselves.

        Groups that the world has whole are left out.
        """
        with _located(self.where):
            return missing_of(self, world)

    def parties(self, world: World) -> tuple[str, ...]:
        """Return the members of a world that the changes name, by code or group, sorted.

        "all" and "others" name nobody; where nobody is named, all members are returned.
        """
        with _located(self.where):
            return parties_of(self, world)

    def where(self, *path: str | int) -> str:
        """Return ``FILE:LINE`` of a key; of a scenario made in code, which change it is in."""
        if self.source is not None:
            return self.source.at(*path)
        match path:
            case ("change", int(number), *_):
                return f"change {number + 1}"
            case _:
                return f"scenario {self.title!r}"

    def to_toml(self) -> str:
        """Return a file that :func:`parse` reads back as an equal scenario.

        Examples
        --------
        >>> print(Scenario("Nothing changes").to_toml(), end="")
        title = "Nothing changes"
        world = "embedded"
        deficits = "fixed"
        """
        lines = [
            f"{key} = {_toml(getattr(self, key))}"
            for key in ("title", "world", "deficits", "elasticities", "on")
            if getattr(self, key) is not None
        ]
        tables = [("[[change]]", change) for change in self.changes]
        for head, table in [*tables, ("[uncertainty]", self.uncertainty)]:
            if table is not None:
                lines += ["", head]
                lines += [
                    f"{each.name} = {_toml(getattr(table, each.name))}"
                    for each in fields(table)
                    if getattr(table, each.name) not in {None, ()}
                ]
        return "\n".join(lines) + "\n"


def read(path: str | Path) -> Scenario:
    """Read a scenario from a TOML file, encoded in UTF-8.

    Raises
    ------
    ScenarioError
        When the file cannot be read, is not TOML, or says what no world could take; the message
        begins with the file and, where there is one, the line.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise ScenarioError(
            f"the file cannot be read: {error.strerror or error}", where=str(path)
        ) from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ScenarioError(
            f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8",
            where=f"{path}:{line}",
        ) from error
    return parse(text, source=str(path))


def parse(text: str, *, source: str) -> Scenario:
    r"""Read a scenario from the text of a TOML file.

    Parameters
    ----------
    source
        Name of the file, for messages.

    Raises
    ------
    ScenarioError
        As :func:`read` does.

    Examples
    --------
    >>> parse(EXAMPLE, source="example.toml").changes[0].cut_pct
    50.0
    >>> parse('title = "A"\ndeficit = "zero"', source="mine.toml")
    Traceback (most recent call last):
    bandung.errors.ScenarioError: mine.toml:2: unknown key 'deficit'. Did you mean deficits? ...
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    table = _loaded(text, source)
    place = Source(source, lines_of(text))
    with _located(place.at):
        top = _typed(table, _TOP, "title")
        raw = top.pop("change", [])
    changes = []
    for number, each in enumerate(raw):
        with _located(place.at, "change", number):
            changes.append(Change(**_typed(each, _CHANGE, "what")))
    with _located(place.at, "uncertainty"):
        if "uncertainty" in top:
            top["uncertainty"] = Uncertainty(**_typed(top["uncertainty"], _UNCERTAINTY, "draws"))
    with _located(place.at):
        return Scenario(**top, changes=tuple(changes), source=place)


def _loaded(text: str, source: str) -> dict[str, Any]:
    """Return what tomllib reads; its errors have the line in the message and nowhere else."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        problem, line = "arrays or tables are nested too deeply", 1
    except ValueError as error:
        found = re.fullmatch(r"(.*) \(at line (\d+), (column \d+)\)", str(error), re.DOTALL)
        line = int(found[2]) if found else text.rstrip("\n").count("\n") + 1
        problem = f"{found[1]} ({found[3]})" if found else str(error)
    raise ScenarioError(f"this is not TOML: {problem}", where=f"{source}:{line}")


@contextmanager
def _located(where: Callable[..., str], *base: str | int) -> Iterator[None]:
    """Say where, under a table at `base`, an error inside arose."""
    try:
        yield
    except ScenarioError as error:
        path = (*base, *error.path)
        raise ScenarioError(error.problem, where=where(*path), path=path) from None


def _check_above_zero(key: str, number: float | None) -> None:
    if number is not None and not (math.isfinite(number) and number > 0):
        raise ScenarioError(f"{key} is {number:g}; it must be finite and above 0", path=(key,))


def _typed(
    table: dict[str, Any], known: Mapping[str, Callable[[object], Any]], needed: str
) -> dict[str, Any]:
    """Return a table of a file with every value read as its key asks."""
    typed = {}
    for key, value in table.items():
        if key not in known:
            raise ScenarioError(unknown("key", key, known), path=(key,))
        try:
            typed[key] = known[key](value)
        except TypeError as error:
            raise ScenarioError(f"{key} is {_shown(value)}; {error}", path=(key,)) from None
    if needed not in table:
        raise ScenarioError(f"{needed} is missing")
    return typed


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("it must be a text in quotes")
    return value


def _words(value: object) -> tuple[str, ...]:
    words = value if isinstance(value, list) else [value]
    if not words:
        raise TypeError("it selects nothing")
    if not all(isinstance(word, str) for word in words):
        raise TypeError("it must be a text in quotes, or an array of them")
    return tuple(words)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("it must be a number, without quotes")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("it must be a whole number")
    return value


def _set_or_number(value: object) -> str | float:
    try:
        return value if isinstance(value, str) else _number(value)
    except TypeError:
        raise TypeError("it must be a number, or the name of a set in quotes") from None


def _day(value: object) -> dt.date:
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise TypeError("it must be a date, without quotes or a time: on = 2024-01-31")
    return value


def _changes(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise TypeError("each change begins with a line [[change]]")
    return value


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("it is a table, which begins with a line [uncertainty]")
    return value


_TOP: dict[str, Callable[[object], Any]] = {
    "title": _text,
    "world": _text,
    "deficits": _text,
    "elasticities": _set_or_number,
    "on": _day,
    "change": _changes,
    "uncertainty": _table,
}
_CHANGE: dict[str, Callable[[object], Any]] = {
    **dict.fromkeys(KEYS, _number),
    **dict.fromkeys(("origin", "destination", "sector"), _words),
    "what": _text,
}
_UNCERTAINTY: dict[str, Callable[[object], Any]] = {
    "draws": _whole,
    "spread_pct": _number,
    "seed": _whole,
}


def _shown(value: object) -> str:
    """Return a value as TOML writes it, cut when long."""
    text = str(value) if isinstance(value, float | dict | None) else _toml(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _toml(value: object) -> str:
    """Return a value as TOML; an array of one is written without its brackets."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case float() if value.is_integer() and abs(value) < 1e15:
            return f"{value + 0.0:.0f}"
        case list() | tuple():
            items = [_toml(item) for item in value]
            return items[0] if len(items) == 1 else f"[{', '.join(items)}]"
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)

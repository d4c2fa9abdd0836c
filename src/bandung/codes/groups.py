"""Groups of countries with dated membership, and Security Council measures.

A group has the members it had on a day: every question about a group names the day. The data
are one line per spell of membership, each with its source (``data/memberships.csv``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from bandung.codes.tables import LANGUAGES, parse_date, rows
from bandung.errors import CodeUnknownError, GroupEmptyError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

THE_SOUTH, LEAST_DEVELOPED = "G77", "LDC"


@dataclass(frozen=True, slots=True)
class Group:
    """A group of countries: names by language, when it was founded and when it ended."""

    code: str
    kind: str
    founded: dt.date
    ended: dt.date | None
    names: Mapping[str, str]
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Membership:
    """One spell of membership; `joined` and `left` keep the precision their source has."""

    group: str
    member: str
    joined: str
    left: str
    source: str
    checked: str
    note: str

    def holds(self, on: dt.date) -> bool:
        """Whether it holds on a day; the day of leaving is the first day outside."""
        return parse_date(self.joined) <= on and (not self.left or on < parse_date(self.left))


@dataclass(frozen=True, slots=True)
class Measure:
    """Measures of the United Nations Security Council that concern a country."""

    member: str
    resolution: str
    since: str
    ended: str
    text: Mapping[str, str]
    source: str
    checked: str

    def holds(self, on: dt.date) -> bool:
        """Whether the measures were in force on a day."""
        return parse_date(self.since) <= on and (not self.ended or on < parse_date(self.ended))


@cache
def groups() -> Mapping[str, Group]:
    """Return every group by code, in the order of the file."""
    return MappingProxyType(
        {
            row["code"]: Group(
                code=row["code"],
                kind=row["kind"],
                founded=parse_date(row["founded"]),
                ended=parse_date(row["ended"]) if row["ended"] else None,
                names=MappingProxyType({lang: row[f"name_{lang}"] for lang in LANGUAGES}),
                source=row["source"],
                note=row["note"],
            )
            for row in rows("groups.csv")
        }
    )


@cache
def memberships(code: str) -> tuple[Membership, ...]:
    """Return every spell of membership in a group, past ones too."""
    known = group(code).code
    return tuple(Membership(**row) for row in rows("memberships.csv") if row["group"] == known)


def group(code: str) -> Group:
    """Return a group by its code, in any case; raises `CodeUnknownError` with near names.

    Examples
    --------
    >>> group("ecowas").names["fr"]
    "Communauté économique des États de l'Afrique de l'Ouest"
    """
    found = groups().get(code.upper())
    if found is None:
        names = [text for each in groups().values() for text in (each.code, each.names["en"])]
        raise CodeUnknownError("group", code, names)
    return found


def members(code: str, on: dt.date) -> tuple[str, ...]:
    """Return the members of a group on a day, sorted by code.

    Raises
    ------
    CodeUnknownError
        When nobody knows the group; near names are suggested.
    GroupEmptyError
        When the group did not exist on that day.

    Examples
    --------
    >>> import datetime as dt
    >>> members("MERCOSUR", dt.date(1995, 1, 1))
    ('ARG', 'BRA', 'PRY', 'URY')
    """
    known = group(code)
    found = tuple(sorted({spell.member for spell in memberships(known.code) if spell.holds(on)}))
    if on < known.founded or (known.ended and on >= known.ended) or not found:
        span = f"it was founded on {known.founded.isoformat()}"
        if known.ended:
            span += f" and ended on {known.ended.isoformat()}"
        raise GroupEmptyError(
            f"group {known.code} has no members on {on.isoformat()}: {span}; give another --on"
        )
    return found


def least_developed(on: dt.date) -> frozenset[str]:
    """Return the least developed countries on a day; none before the category was made.

    Examples
    --------
    >>> import datetime as dt
    >>> "SEN" in least_developed(dt.date(2024, 1, 1)), least_developed(dt.date(1960, 1, 1))
    (True, frozenset())
    """
    try:
        return frozenset(members(LEAST_DEVELOPED, on))
    except GroupEmptyError:
        return frozenset()


def measures(member: str, on: dt.date) -> tuple[Measure, ...]:
    """Return the Security Council measures in force that concern a country on a day."""
    return tuple(
        measure for measure in _measures() if measure.member == member and measure.holds(on)
    )


@cache
def _measures() -> tuple[Measure, ...]:
    return tuple(
        Measure(
            member=row["member"],
            resolution=row["resolution"],
            since=row["since"],
            ended=row["ended"],
            text=MappingProxyType({lang: row[f"text_{lang}"] for lang in LANGUAGES}),
            source=row["source"],
            checked=row["checked"],
        )
        for row in rows("un_measures.csv")
    )

"""Whom a question is about: a group as a world sees it on a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandung.codes import countries, groups
from bandung.errors import CodeUnknownError, GroupEmptyError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bandung.world.model import World

ORIGINS = ("own", "fellow", "south", "rest")


@dataclass(frozen=True, slots=True)
class Selection:
    """A group within a world.

    Attributes
    ----------
    group : str
        Code of the group, or "" when members were listed.
    on : date
        The day whose membership counts.
    members : tuple of str
        Members that the world has, sorted by code.
    missing : tuple of str
        Members of the group that the world does not have by themselves.
    south : tuple of str
        Members of the world that are of the South, the group's own included.
    south_name : str
        The code or list that defined the South.
    """

    group: str
    on: dt.date
    members: tuple[str, ...]
    missing: tuple[str, ...]
    south: tuple[str, ...]
    south_name: str

    def kind(self, member: str, other: str) -> str:
        """Return which of `ORIGINS` the other is, as seen by a member."""
        if other == member:
            return "own"
        if other in self.members:
            return "fellow"
        return "south" if other in self.south else "rest"

    def notices(self) -> dict[str, list[str]]:
        """Return the Security Council resolutions that concern members, by member."""
        found = {
            code: [measure.resolution for measure in groups.measures(code, self.on)]
            for code in self.members
        }
        return {code: resolutions for code, resolutions in found.items() if resolutions}


def select(
    world: World,
    group: str | None = None,
    *,
    members: Sequence[str] | None = None,
    on: dt.date | None = None,
    south: str = groups.THE_SOUTH,
) -> Selection:
    """Find a group's members in a world.

    Parameters
    ----------
    group
        Code of a group; or give `members`.
    members
        Codes or names of countries, or codes of the world's own members.
    on
        Day whose membership counts; default today.
    south
        What 'the South' is: codes of groups, countries or members of the world, by commas.

    Raises
    ------
    CodeUnknownError, GroupEmptyError, InputError
        For an unknown group or member (with near names), a day on which the group had no
        members, or a group none of whose members the world has.

    Examples
    --------
    >>> import datetime as dt
    >>> from bandung import World
    >>> chosen = select(World.embedded(), "SACU", on=dt.date(2022, 1, 1))
    >>> chosen.members, chosen.missing
    (('ZAF',), ('BWA', 'LSO', 'NAM', 'SWZ'))
    """
    if (group is None) == (not members):
        raise InputError("name either a group or its members (--members AGO,CIV,…), one of the two")
    day = on or dt.date.today()  # noqa: DTZ011 - the user's own day is meant
    wanted = (
        groups.members(group, day)
        if group is not None
        else tuple(_member(world, text) for text in dict.fromkeys(members or ()))
    )
    present = tuple(sorted(set(present_of(world, wanted))))
    if not present:
        label = group.upper() if group else ", ".join(wanted)
        raise GroupEmptyError(
            f"world {world.name!r} has none of the members of {label} by themselves; it has "
            f"{', '.join(world.members)}; another world may: bandung world list"
        )
    return Selection(
        group=groups.group(group).code if group is not None else "",
        on=day,
        members=present,
        missing=missing_of(world, wanted),
        south=tuple(sorted(_south(world, south, day))),
        south_name=south,
    )


def present_of(world: World, wanted: Sequence[str]) -> list[str]:
    """Return the members of a world among the wanted; a region counts when all of it is wanted."""
    asked = set(wanted)
    return [
        code
        for code in world.members
        if code in asked or (world.regions.get(code) and set(world.regions[code]) <= asked)
    ]


def missing_of(world: World, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the wanted that a world does not have by themselves, sorted."""
    present = present_of(world, wanted)
    covered = {part for code in present for part in (code, *world.regions.get(code, ()))}
    return tuple(sorted(set(wanted) - covered))


def origin_kinds(world: World, chosen: Selection, member: str) -> list[int]:
    """Return, for every member of the world, its position in `ORIGINS` as `member` sees it."""
    return [ORIGINS.index(chosen.kind(member, other)) for other in world.members]


def _member(world: World, text: str) -> str:
    """Return a code of this world's own, or a country by code or name."""
    code = text.strip()
    if code.upper() in world.members:
        return code.upper()
    return countries.parse(code)


def _south(world: World, given: str, day: dt.date) -> list[str]:
    wanted: list[str] = []
    for text in filter(None, (part.strip() for part in given.split(","))):
        if text.upper() in groups.groups():
            wanted.extend(groups.members(text, day))
        else:
            try:
                wanted.append(_member(world, text))
            except CodeUnknownError as error:
                raise InputError(
                    f"--south {given!r}: {text!r} is neither a group nor a country. {error}"
                ) from error
    return present_of(world, wanted)

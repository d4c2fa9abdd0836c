"""What the page is about: every result, computed once, in the order of the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from bandung.agree import Change, Scenario, Simulation, Uncertainty, simulate
from bandung.brief.negotiated import DRAWS, QUICK, Negotiated, negotiate
from bandung.codes import groups
from bandung.find.complementarity import Complementarity, complementarity_of
from bandung.find.dependence import Dependence, dependence_of
from bandung.find.reliance import Reliance, reliance_of
from bandung.find.selection import Selection, select
from bandung.world.store import Store

if TYPE_CHECKING:
    from bandung.agree.climb import Progress
    from bandung.brief.cooperation import Cooperation
    from bandung.codes.groups import Measure
    from bandung.world.model import World

NAMED_SUPPLIERS = 10


@dataclass(frozen=True, slots=True)
class Contents:
    """The results behind a page.

    Attributes
    ----------
    world, selection
        What was asked.
    reliance, dependence
    complementarity : Complementarity or None
        None for a single member.
    deficits : str
        The rule for trade deficits wherever an equilibrium is solved.
    elimination : Simulation or None
        All tariffs among the members at zero. None for a single member, where there is no such
        tariff, and where the source does not state everybody's domestic sales of every product:
        one without them would be taken for all imported.
    goods_only : Simulation or None
        The same for goods alone, without draws; None where there is no tariff on services.
    agreement : Negotiated or None
        What they could agree on instead so that nobody loses. None where `elimination` is, and
        where it was not asked for.
    trend : tuple of (year, Reliance)
        Reliance in the years the local store has of the same economies, this one included;
        empty when there is no other year.
    notices : dict of member to Measures
        Security Council measures in force.
    cooperation : Cooperation or None
        What the members did together, from a register; None where none was named.
    """

    world: World
    selection: Selection
    reliance: Reliance
    dependence: Dependence
    complementarity: Complementarity | None
    deficits: str
    elimination: Simulation | None
    goods_only: Simulation | None
    agreement: Negotiated | None
    trend: tuple[tuple[int, Reliance], ...]
    notices: dict[str, tuple[Measure, ...]]
    cooperation: Cooperation | None = None


def gather(
    world: World,
    chosen: Selection,
    *,
    deficits: str = "fixed",
    agreement: bool | None = None,
    progress: Progress = lambda *_: None,
    cooperation: Cooperation | None = None,
) -> Contents:
    """Compute everything a page needs; an `agreement` by default for up to `QUICK` members."""
    asked = len(chosen.members) <= QUICK if agreement is None else agreement
    several = len(chosen.members) > 1
    goods, services = (
        _levied(world, chosen, some) if several and world.domestic_known.all() else False
        for some in (world.goods, world.services)
    )
    here = reliance_of(world, chosen)
    notices = {code: groups.measures(code, chosen.on) for code in chosen.members}
    return Contents(
        world=world,
        selection=chosen,
        reliance=here,
        dependence=dependence_of(world, chosen, top=NAMED_SUPPLIERS, deficits=deficits),
        complementarity=complementarity_of(world, chosen) if several else None,
        deficits=deficits,
        elimination=_elimination(world, chosen, deficits) if goods or services else None,
        goods_only=_elimination(world, chosen, deficits, "goods") if goods and services else None,
        agreement=negotiate(world, chosen, deficits=deficits, progress=progress)
        if asked and (goods or services)
        else None,
        trend=_trend(world, chosen, here),
        notices={code: found for code, found in notices.items() if found},
        cooperation=cooperation,
    )


def joined(chosen: Selection) -> dict[str, str]:
    """Return since when each member has been in the group; nothing for a list of members."""
    if not chosen.group:
        return {}
    spells = groups.memberships(chosen.group)
    return {spell.member: spell.joined for spell in spells if spell.holds(chosen.on)}


def members_table(contents: Contents) -> pl.DataFrame:
    """Return who the members are, one row each, by code."""
    world, chosen = contents.world, contents.selection
    at = [world.index(code) for code in chosen.members]
    since = joined(chosen)
    return pl.DataFrame(
        {
            "member": chosen.members,
            "joined": [since.get(code) for code in chosen.members],
            **{
                key: [None if value[i] != value[i] else float(value[i]) for i in at]
                for key, value in world.satellites.items()
            },
            "value_added_musd": [float(world.value_added[i]) for i in at],
            "final_demand_musd": [float(world.final_demand[i].sum()) for i in at],
            "resolutions": [
                "; ".join(each.resolution for each in contents.notices.get(code, ())) or None
                for code in chosen.members
            ],
        },
        schema_overrides={"joined": pl.String, "resolutions": pl.String},
    )


def trend_table(contents: Contents) -> pl.DataFrame:
    """Return the four shares of every member and of the group by year."""
    return pl.concat(
        [
            found.to_table().filter(pl.col("of") != "sector").with_columns(year=pl.lit(year))
            for year, found in contents.trend
        ]
    )


def _levied(world: World, chosen: Selection, sectors: tuple[str, ...]) -> bool:
    """Tell whether members collect any tariff from one another on some sectors."""
    at = [world.index(code) for code in chosen.members]
    cells = np.ix_(at, at, [world.sector_index(code) for code in sectors])
    return bool((world.tariff[cells] * world.trade_value[cells]).any())


def _elimination(world: World, chosen: Selection, deficits: str, sector: str = "all") -> Simulation:
    """Drop every tariff among the members; draw elasticities where there are sets to draw from."""
    sets = world.elasticity_sets
    dropped = Change(
        "tariff", origin=chosen.members, destination=chosen.members, sector=(sector,), to_pct=0.0
    )
    drawn = sector == "all" and len(sets) > 1
    scenario = Scenario(
        "All tariffs among the members fall to zero",
        world=world.name,
        deficits=deficits,
        elasticities=world.elasticities if world.elasticities in sets else None,
        on=chosen.on,
        changes=(dropped,),
        uncertainty=Uncertainty(draws=DRAWS, seed=0) if drawn else None,
    )
    return simulate(world, scenario, south=chosen.south_name)


def _trend(world: World, chosen: Selection, here: Reliance) -> tuple[tuple[int, Reliance], ...]:
    store = Store()
    years = {world.year: here}
    for name in store.years_like(world):
        other = store.get(name)
        same = select(other, members=chosen.members, on=chosen.on, south=chosen.south_name)
        same = replace(same, group=chosen.group)
        there = reliance_of(other, same)
        if there.codes == here.codes:
            years.setdefault(other.year, there)
    return tuple(sorted(years.items())) if len(years) > 1 else ()

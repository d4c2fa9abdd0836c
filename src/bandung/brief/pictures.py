"""One question, one picture: the results of `find` as charts, each with the table behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bandung.brief import charts
from bandung.brief.figure import Caption
from bandung.brief.tables import Column, Table
from bandung.errors import GroupEmptyError
from bandung.find.dependence import GROUP
from bandung.find.selection import ORIGINS

if TYPE_CHECKING:
    from bandung.brief.contents import Contents
    from bandung.brief.figure import Figure
    from bandung.brief.languages import Language
    from bandung.find.complementarity import Complementarity, Opportunity
    from bandung.find.dependence import Bond, Link
    from bandung.world.model import Floats

MAPPED_FLOWS = 10
SHOWN_PRODUCTS = 30
TREND_MEMBERS = 12


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is read: what it shows, the drawing, the table behind it."""

    title: str
    figure: Figure
    table: Table
    note: str = ""


def suppliers(contents: Contents, tongue: Language) -> Picture:
    """Who relies on whom: a map of what every country earns of the members' spending."""
    found, world = contents.reliance, contents.world
    share: dict[str, float] = {}
    for code, value in zip(world.members, found.supplier_share, strict=True):
        for part in world.regions.get(code, (code,)):
            share[part] = float(value)
    title = tongue.say("Which other countries earn from what members spend")
    note = tongue.say(
        "Share of the members' spending that becomes income in each country, counting parts and "
        "materials as well as the final product. The European Union counts as one. Members are "
        "outlined."
    )
    order = np.argsort(-found.supplier_share, kind="stable")
    listed = [int(i) for i in order if found.supplier_share[i] > 0]
    figure = charts.supplier_map(
        share,
        _parts(contents),
        charts.MapWords(
            scale=tongue.say("Share of the members' spending"),
            no_data=tongue.say("No separate figures"),
            members=tongue.say("Member"),
        ),
        Caption(
            title,
            tongue.say(
                "Map of the world. The largest shares: {list}.",
                list=_list(
                    tongue,
                    [
                        (tongue.country(world.members[i]), float(found.supplier_share[i]))
                        for i in listed[:5]
                    ],
                ),
            ),
            key="suppliers",
        ),
        tongue.style,
    )
    rows = tuple(
        (tongue.country(world.members[i]), tongue.percent(float(found.supplier_share[i]), 2))
        for i in listed
    )
    return Picture(
        title,
        figure,
        Table(
            title,
            (
                Column(tongue.say("Country"), figures=False),
                Column(
                    tongue.say("Share"),
                    tongue.say("percent of the income that members' spending creates"),
                ),
            ),
            rows,
        ),
        note,
    )


def reliance_of_members(contents: Contents, tongue: Language) -> Picture:
    """How much is our own, fellow members', the South's, the rest's, by member."""
    found = contents.reliance
    rows = [
        (tongue.country(code), row) for code, row in zip(found.codes, found.members, strict=True)
    ]
    return _bars(
        contents,
        tongue,
        key="members",
        title=tongue.say("Where each member's spending becomes income"),
        heading=tongue.say("Member"),
        rows=rows,
    )


def reliance_by_sector(contents: Contents, tongue: Language) -> Picture:
    """Show the same by product, for the group: the products it spends most on."""
    found = contents.reliance
    largest = np.argsort(-found.sector_demand_musd, kind="stable")[:SHOWN_PRODUCTS]
    rows = [
        (tongue.sector(contents.world.sectors[k]), found.sectors[k])
        for k in sorted(largest)
        if np.isfinite(found.sectors[k]).all()
    ]
    return _bars(
        contents,
        tongue,
        key="sectors",
        title=tongue.say("Where the members' spending becomes income, by product"),
        heading=tongue.say("Product"),
        rows=rows,
    )


def trend(contents: Contents, tongue: Language) -> Picture:
    """How reliance changed: small multiples on one scale."""
    years = [year for year, _ in contents.trend]
    first = contents.trend[0][1]
    codes = first.codes[:TREND_MEMBERS]
    outside = {
        tongue.country(code): [
            1.0 - float(found.members[found.codes.index(code), 0]) for _, found in contents.trend
        ]
        for code in codes
    }
    whole = [1.0 - float(found.group[0]) for _, found in contents.trend]
    lines = {tongue.say("All members"): whole, **outside}
    title = tongue.say("Share of spending that becomes income abroad, by year")
    figure = charts.trend_lines(
        [
            charts.Point(name, year, value)
            for name, values in lines.items()
            for year, value in zip(years, values, strict=True)
        ],
        Caption(
            title,
            tongue.say(
                "For all members it went from {start} to {end}.",
                start=tongue.percent(whole[0]),
                end=tongue.percent(whole[-1]),
            ),
            key="trend",
        ),
        tongue.style,
        lead=tongue.say("All members"),
    )
    columns = (
        Column(tongue.say("Member"), figures=False),
        *(Column(tongue.style.year(year), tongue.percent_sign) for year in years),
    )
    rows = tuple(
        (name, *(tongue.percent(value) for value in values)) for name, values in lines.items()
    )
    return Picture(
        title,
        figure,
        Table(title, columns, rows),
        tongue.say(
            "For other years, where the source does not say what each industry buys to make its "
            "goods, the pattern of {year} is used.",
            year=tongue.style.year(contents.world.year),
        ),
    )


def losses(contents: Contents, tongue: Language) -> Picture:
    """Which loss would hurt most: whole suppliers."""
    links = contents.dependence.suppliers_of(GROUP)
    return _losses(
        contents,
        tongue,
        links,
        key="losses",
        title=tongue.say("What members would lose without one supplier's deliveries"),
        note=tongue.say(
            "Share of what members consume and invest, if nobody replaces the supplier."
        ),
        columns=(Column(tongue.say("Supplier"), figures=False),),
        labels=[(tongue.country(link.supplier),) for link in links],
    )


def losses_by_product(contents: Contents, tongue: Language) -> Picture:
    """Which loss would hurt most: one product of one supplier."""
    links = contents.dependence.of(GROUP)
    return _losses(
        contents,
        tongue,
        links,
        key="products",
        title=tongue.say("What members would lose without one product of one supplier"),
        note=tongue.say(
            "Share of what members consume and invest, if nobody replaces these deliveries."
        ),
        columns=(
            Column(tongue.say("Product"), figures=False),
            Column(tongue.say("Supplier"), figures=False),
        ),
        labels=[(tongue.sector(link.sector), tongue.country(link.supplier)) for link in links],
    )


def bonds(contents: Contents, tongue: Language) -> Picture:
    """Is the bond equal: each member and the partner it depends on most."""
    strongest: dict[str, Bond] = {}
    for bond in contents.dependence.bonds:
        strongest.setdefault(bond.member, bond)
    ordered = sorted(strongest.values(), key=lambda bond: -bond.member_on_partner)
    title = tongue.say("Each member and the partner it depends on most, in both directions")
    figure = charts.bonds(
        [
            charts.Pair(
                tongue.country(bond.member),
                tongue.country(bond.partner),
                bond.member_on_partner,
                bond.partner_on_member,
            )
            for bond in ordered
        ],
        (
            tongue.say("Member's spending earned by the partner"),
            tongue.say("Partner's spending earned by the member"),
        ),
        Caption(
            title,
            tongue.say(
                "Each line has two bars: on the left what the partner earns from the member, on "
                "the right the reverse. The table gives the figures."
            ),
            key="bonds",
        ),
        tongue.style,
    )
    spread = dict(zip(contents.dependence.codes, contents.dependence.concentration, strict=True))
    return Picture(
        title,
        figure,
        Table(
            title,
            (
                Column(tongue.say("Member"), figures=False),
                Column(tongue.say("Partner"), figures=False),
                Column(tongue.say("Member's spending earned by the partner"), tongue.percent_sign),
                Column(tongue.say("Partner's spending earned by the member"), tongue.percent_sign),
                Column(tongue.say("Concentration on few countries"), tongue.say("0 many, 1 one")),
            ),
            tuple(
                (
                    tongue.country(bond.member),
                    tongue.country(bond.partner),
                    tongue.style.small_percent(bond.member_on_partner),
                    tongue.style.small_percent(bond.partner_on_member),
                    tongue.number(float(spread[bond.member]), 2),
                )
                for bond in ordered
            ),
        ),
        tongue.say("Share of what one side consumes and invests that the other side earns."),
    )


def potential(contents: Contents, tongue: Language) -> Picture:
    """Show what they could supply one another: supplier × buyer."""
    found = _several(contents)
    codes = tongue.alphabetical(contents.selection.members)
    at = [contents.selection.members.index(code) for code in codes]
    money = found.unrealised_musd.sum(axis=2)[np.ix_(at, at)]
    title = tongue.say("What members could supply one another, in addition to what they trade now")
    places = [charts.Place(code, tongue.country(code)) for code in codes]
    figure = charts.potential_heat(
        places,
        money.tolist(),
        charts.HeatWords(
            supplier=tongue.say("Supplier"),
            buyer=tongue.say("Buyer"),
            million=tongue.say("million USD"),
            billion=tongue.say("billion USD"),
        ),
        Caption(
            title,
            tongue.say(
                "Each row is a supplier, each column a buyer; darker means more. In all {total}.",
                total=tongue.money(float(money.sum())),
            ),
            key="potential",
        ),
        tongue.style,
    )
    columns = (
        Column(tongue.say("Supplier"), figures=False),
        *(Column(tongue.country(code)) for code in codes),
    )
    rows = tuple(
        (
            tongue.country(code),
            *("" if i == j else tongue.number(float(money[i, j])) for j in range(len(codes))),
        )
        for i, code in enumerate(codes)
    )
    return Picture(
        title,
        figure,
        Table(f"{title} ({tongue.say('million USD')})", columns, rows),
        tongue.say("Million US dollars a year; suppliers in rows, buyers in columns."),
    )


def flows(contents: Contents, tongue: Language) -> Picture:
    """Show the largest potential flows on a map."""
    best = _several(contents).opportunities[:MAPPED_FLOWS]
    world = contents.world
    title = (
        tongue.say("The ten largest, on the map")
        if len(best) == MAPPED_FLOWS
        else tongue.say("The largest, on the map")
    )
    figure = charts.flow_map(
        [
            charts.Flow(
                _place(world.regions.get(each.supplier), each.supplier),
                _place(world.regions.get(each.buyer), each.buyer),
                each.unrealised_musd,
                rank,
            )
            for rank, each in enumerate(best, start=1)
        ],
        _parts(contents),
        Caption(
            title,
            tongue.say("Map with numbered arrows from suppliers to buyers; the table names them."),
            key="flows",
        ),
        tongue.style,
    )
    return Picture(
        title,
        figure,
        Table(
            title,
            opportunity_columns(tongue),
            tuple(opportunity_cells(tongue, rank, each) for rank, each in enumerate(best, start=1)),
        ),
        tongue.say("The numbers are those of the table below."),
    )


def loss_columns(tongue: Language, *, long_run: bool) -> tuple[Column, ...]:
    """Return the columns that tell a loss, with that of the long run or without."""
    return (
        Column(
            tongue.say("Loss if no other supplier is found"),
            tongue.say("percent of what is consumed and invested"),
        ),
        *(
            [Column(tongue.say("Loss with another supplier"), tongue.say("percent of real income"))]
            if long_run
            else []
        ),
        Column(
            tongue.say("Supplier's share of purchases"), tongue.say("percent of these products")
        ),
    )


def loss_cells(tongue: Language, link: Link, *, long_run: bool) -> tuple[str, ...]:
    """Return the cells of `loss_columns`."""
    later = link.loss_buyers_switch
    known = tongue.say("no other supplier") if later is None else tongue.percent(later, 2)
    return (
        tongue.percent(link.loss_nobody_switches, 2),
        *([known] if long_run else []),
        tongue.percent(link.purchases_share),
    )


def opportunity_columns(tongue: Language) -> tuple[Column, ...]:
    """Return the columns that tell an opportunity."""
    return (
        Column(tongue.say("No.")),
        Column(tongue.say("Supplier"), figures=False),
        Column(tongue.say("Buyer"), figures=False),
        Column(tongue.say("Product"), figures=False),
        Column(tongue.say("Possible increase"), tongue.say("million USD")),
    )


def opportunity_cells(tongue: Language, rank: int, each: Opportunity) -> tuple[str, ...]:
    """Return the cells of `opportunity_columns`."""
    return (
        tongue.number(rank),
        tongue.country(each.supplier),
        tongue.country(each.buyer),
        tongue.sector(each.sector),
        tongue.number(each.unrealised_musd),
    )


def _bars(
    contents: Contents,
    tongue: Language,
    *,
    key: str,
    title: str,
    heading: str,
    rows: list[tuple[str, Floats]],
) -> Picture:
    """Stacked bars of the four shares, the group on top, the most reliant on others first."""
    words = {
        "own": tongue.say("Own country"),
        "fellow": tongue.say("Other members"),
        "south": tongue.say("Rest of the South"),
        "rest": tongue.say("Rest of the world"),
    }
    ordered = sorted(rows, key=lambda row: (float(row[1][0]), row[0]))
    group = (tongue.say("All members"), contents.reliance.group)
    most, least = ordered[0], ordered[-1]
    figure = charts.reliance_bars(
        _shares(*group),
        [_shares(name, row) for name, row in ordered],
        [words[name] for name in ORIGINS],
        Caption(
            title,
            tongue.say(
                "Bars of four shares. The share of the own country runs from {low} ({low_name}) to "
                "{high} ({high_name}); for all members it is {all}.",
                low=tongue.percent(float(most[1][0])),
                low_name=most[0],
                high=tongue.percent(float(least[1][0])),
                high_name=least[0],
                all=tongue.percent(float(group[1][0])),
            ),
            key=key,
        ),
        tongue.style,
    )
    unit = tongue.say("percent of the income that spending creates")
    return Picture(
        title,
        figure,
        Table(
            f"{title} ({unit})",
            (
                Column(heading, figures=False),
                *(Column(words[name], tongue.percent_sign) for name in ORIGINS),
            ),
            tuple(
                (name, *(tongue.percent(float(value)) for value in row))
                for name, row in [group, *ordered]
            ),
        ),
        tongue.say("Those that keep least at home come first."),
    )


def _shares(name: str, row: Floats) -> charts.Shares:
    own, fellow, south, rest = map(float, row)
    return charts.Shares(name, (own, fellow, south, rest))


def _list(tongue: Language, items: list[tuple[str, float]]) -> str:
    return tongue.join([f"{name} ({tongue.percent(share)})" for name, share in items])


def _losses(
    contents: Contents,
    tongue: Language,
    links: tuple[Link, ...],
    *,
    key: str,
    title: str,
    note: str,
    columns: tuple[Column, ...],
    labels: list[tuple[str, ...]],
) -> Picture:
    """Draw a dot with a bracket for each loss, and write the table behind it."""
    long_run = contents.dependence.equilibrium
    names = [f"{first} ({rest[0]})" if rest else first for first, *rest in labels]
    described = tongue.say(
        "Dots of the loss if no other supplier is found. The largest: {list}.",
        list=_list(
            tongue,
            [
                (name, link.loss_nobody_switches)
                for name, link in zip(names[:3], links[:3], strict=True)
            ],
        ),
    )
    if long_run:
        reach = tongue.say(
            "The line from each dot reaches to the loss of real income with another supplier."
        )
        described, note = f"{described} {reach}", f"{note} {reach}"
    figure = charts.loss_dots(
        [
            charts.Loss(name, link.loss_buyers_switch, link.loss_nobody_switches)
            for name, link in zip(names, links, strict=True)
        ],
        (tongue.say("with another supplier"), tongue.say("without another supplier")),
        Caption(title, described, key=key),
        tongue.style,
    )
    return Picture(
        title,
        figure,
        Table(
            title,
            (
                *columns,
                *loss_columns(tongue, long_run=long_run),
                Column(tongue.say("Delivered in a year"), tongue.say("million USD")),
            ),
            tuple(
                (
                    *label,
                    *loss_cells(tongue, link, long_run=long_run),
                    tongue.number(link.delivered_musd),
                )
                for label, link in zip(labels, links, strict=True)
            ),
        ),
        note,
    )


def _several(contents: Contents) -> Complementarity:
    if contents.complementarity is None:
        raise GroupEmptyError("a single member has nobody to supply; name at least two")
    return contents.complementarity


def _parts(contents: Contents) -> list[str]:
    """Return the countries that the members are made of."""
    regions = contents.world.regions
    return [part for code in contents.selection.members for part in regions.get(code, (code,))]


def _place(parts: tuple[str, ...] | None, code: str) -> str:
    """Where a member stands on the map: a region at its largest economy known, its first."""
    return parts[0] if parts else code

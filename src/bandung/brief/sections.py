"""The sections: each begins with its finding, then pictures with their tables, then the method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bandung.brief import agreement, cooperation, elimination, pictures
from bandung.brief.contents import joined
from bandung.brief.section import Section, deficits
from bandung.brief.tables import Column, Table
from bandung.codes import countries, groups
from bandung.find.dependence import GROUP

if TYPE_CHECKING:
    from bandung.brief.contents import Contents
    from bandung.brief.languages import Language
    from bandung.brief.pictures import Picture
    from bandung.find.dependence import Link

BEST = 10
SUPPLIERS_PER_MEMBER = 3


def title(contents: Contents, tongue: Language) -> str:
    """Return the heading of the page."""
    if contents.selection.group:
        return tongue.say(
            "{group}: what its members can do for one another",
            group=groups.group(contents.selection.group).names[tongue.code],
        )
    if len(contents.selection.members) == 1:
        return tongue.say(
            "{country}: whom it depends on",
            country=tongue.country(contents.selection.members[0]),
        )
    return tongue.say_n(
        "{count} country: what it can do",
        "{count} countries: what they can do for one another",
        len(contents.selection.members),
    )


def build(contents: Contents, tongue: Language) -> tuple[Section, ...]:
    """Return the sections of the page in order."""
    made = [who(contents, tongue), reliance(contents, tongue), dependence(contents, tongue)]
    if contents.complementarity is not None:
        made.append(complementarity(contents, tongue))
    if contents.elimination is not None:
        made.append(
            elimination.section(contents.elimination, tongue, goods_only=contents.goods_only)
        )
    if contents.agreement is not None:
        made.append(agreement.section(contents.agreement, tongue))
    if contents.cooperation is not None:
        made.append(cooperation.section(contents.cooperation, tongue))
    return tuple(made)


def who(contents: Contents, tongue: Language) -> Section:
    """Say who they are and what the data cover."""
    world, chosen = contents.world, contents.selection
    at = [world.index(code) for code in chosen.members]
    income = world.satellites.get("gdp_musd", world.value_added)[at]
    if not np.isfinite(income).all():
        income = world.value_added[at]
    people = world.satellites.get("population", np.full(len(world.members), np.nan))[at]
    size = {"money": tongue.money(float(income.sum()))}
    if np.isfinite(people).all():
        size["people"] = tongue.people(float(people.sum()))
        together = tongue.say("{people}, who produce {money} a year.", **size)
    else:
        together = tongue.say("They produce {money} a year.", **size)
    finding = together
    paragraphs = []
    if chosen.group:
        finding = tongue.say(
            "{group}: the data cover {present} of its {total} members. {together}",
            present=tongue.number(len(chosen.members)),
            total=tongue.number(len(chosen.members) + len(chosen.missing)),
            group=groups.group(chosen.group).names[tongue.code],
            together=together,
        )
    if chosen.missing:
        paragraphs.append(
            tongue.say(
                "No separate figures, and counted in the rest of the world: {names}.",
                names=tongue.names(chosen.missing),
            )
        )
    paragraphs.append(
        tongue.say(
            "The figures are those of {year}; the members are those on {day}.",
            year=tongue.style.year(world.year),
            day=tongue.date(chosen.on),
        )
    )
    return Section(
        key="members",
        title=tongue.say("Who they are"),
        finding=finding,
        paragraphs=tuple(paragraphs),
        notices=_notices(contents, tongue),
        tables=(_members(contents, tongue),),
        method=(
            tongue.say(
                "Names of countries are those of the Unicode Common Locale Data Repository or, "
                "where they differ, of the United Nations and the publishers of the figures."
            ),
        ),
    )


def reliance(contents: Contents, tongue: Language) -> Section:
    """Show the reliance on oneself, fellows, the South and the rest."""
    found = contents.reliance
    four = {
        name: tongue.number(100 * value, 1)
        for name, value in zip(("own", "fellow", "south", "rest"), found.group, strict=True)
    }
    if len(contents.selection.members) > 1:
        finding = tongue.say(
            "Of every 100 dollars that the members spend, {own} become income at home, {fellow} in "
            "other member countries, {south} elsewhere in the South and {rest} in the rest of the "
            "world.",
            **four,
        )
    else:
        four.pop("fellow")
        finding = tongue.say(
            "Of every 100 dollars spent, {own} become income at home, {south} elsewhere in the "
            "South and {rest} in the rest of the world.",
            **four,
        )
    shown = [
        pictures.suppliers(contents, tongue),
        pictures.reliance_of_members(contents, tongue),
        pictures.reliance_by_sector(contents, tongue),
    ]
    if contents.trend:
        shown.append(pictures.trend(contents, tongue))
    return Section(
        key="reliance",
        title=tongue.say("Whom they rely on"),
        finding=finding,
        paragraphs=_remarks_on_reliance(contents, tongue),
        pictures=tuple(shown),
        method=(
            tongue.say(
                "Almost everything bought contains work done in several countries. Each dollar "
                "that members consume or invest is followed back to where it became wages, "
                "profits or taxes (value added), through all parts and materials. Method: the "
                "Leontief inverse of the world input-output table, which shows who buys what from "
                "whom. Import duties paid along the way are not counted: between {low} and {high} "
                "of what members spend.",
                low=tongue.percent(float(found.tariff_share.min())),
                high=tongue.percent(float(found.tariff_share.max())),
            ),
            tongue.say(
                "The South here means: {south}, with its members on the same day. Those without "
                "separate figures are in the rest of the world, so the true share of the South is "
                "higher.",
                south=_south(contents, tongue),
            ),
        ),
    )


def dependence(contents: Contents, tongue: Language) -> Section:
    """Name the suppliers whose loss would hurt most, and both directions of the bonds."""
    if not contents.dependence.suppliers:
        return Section(
            key="dependence",
            title=tongue.say("Which loss would hurt most"),
            finding=tongue.say("The data name no single country from which members buy."),
        )
    first = contents.dependence.suppliers_of(GROUP)[0]
    product = contents.dependence.of(GROUP)[0]
    unequal = max(contents.dependence.bonds, key=lambda bond: bond.member_on_partner)
    return Section(
        key="dependence",
        title=tongue.say("Which loss would hurt most"),
        finding=tongue.say(
            "The supplier whose loss would hurt most: {supplier}. If its deliveries stopped and "
            "nobody replaced them, {share} of what members consume and invest would be lost.",
            supplier=tongue.country(first.supplier),
            share=tongue.percent(first.loss_nobody_switches),
        ),
        paragraphs=(
            *_in_the_long_run(first, tongue),
            tongue.say(
                "The single product whose loss would hurt most: {product} ({supplier}), {share}.",
                product=tongue.sector(product.sector),
                supplier=tongue.country(product.supplier),
                share=tongue.percent(product.loss_nobody_switches),
            ),
            tongue.say(
                "The strongest dependence on one partner: {member} (partner: {partner}). The "
                "partner earns {there} of what the member spends; the member earns {back} of what "
                "the partner spends.",
                partner=tongue.country(unequal.partner),
                member=tongue.country(unequal.member),
                there=tongue.percent(unequal.member_on_partner),
                back=tongue.style.small_percent(unequal.partner_on_member),
            ),
        ),
        pictures=(
            pictures.losses(contents, tongue),
            pictures.losses_by_product(contents, tongue),
            pictures.bonds(contents, tongue),
        ),
        tables=(_suppliers(contents, tongue),),
        method=(
            tongue.say(
                "One supplier's deliveries are taken out of the world's table, and what a member "
                "can still consume and invest is counted again (hypothetical extraction). This is "
                "the loss soon after the stop, when nobody has found another supplier. The figure "
                "for all members is a mean in which those who spend more count more."
            ),
            _how_buyers_switch(contents, tongue),
            tongue.say(
                "A bond is shown in both directions: the share of what one side consumes and "
                "invests that becomes income of the other. Concentration (Herfindahl index) says "
                "whether a country relies on many foreign suppliers (near 0) or on a single one "
                "(1)."
            ),
        ),
    )


def complementarity(contents: Contents, tongue: Language) -> Section:
    """Show what members could supply to one another."""
    found = contents.complementarity
    if found is None or not found.opportunities:
        finding = tongue.say(
            "The data show no good that one member sells outside the group and another buys "
            "there, beyond what the two trade already."
        )
        shown: tuple[Picture, ...] = ()
        tables: tuple[Table, ...] = ()
    else:
        best = found.opportunities[0]
        finding = tongue.say(
            "Members could supply one another with goods worth {total} a year more than they do "
            "now. The largest: {product} (supplier: {supplier}; buyer: {buyer}), {amount}.",
            total=tongue.money(float(found.unrealised_musd.sum())),
            product=tongue.sector(best.sector),
            supplier=tongue.country(best.supplier),
            buyer=tongue.country(best.buyer),
            amount=tongue.money(best.unrealised_musd),
        )
        shown = (pictures.potential(contents, tongue), pictures.flows(contents, tongue))
        tables = (_opportunities(contents, tongue),)
    return Section(
        key="potential",
        title=tongue.say("What they could supply one another"),
        finding=finding,
        notices=_notices(contents, tongue),
        pictures=shown,
        tables=tables,
        method=(
            tongue.say(
                "A pair is listed when the supplier already exports the good outside the group, "
                "and more of it than the average country (Balassa index above 1), and the buyer "
                "imports it from outside. The estimate multiplies the supplier's share of world "
                "supply, the buyer's demand, and how much the two trade compared with what their "
                "size suggests, corrected for re-exports and tariffs (Decreux and Spies 2016, "
                "International Trade Centre); present trade is taken off. It is never more than "
                "the buyer imports from outside or the supplier exports there, and it is not a "
                "forecast. How strongly trade reacts to prices (trade elasticities): set {set}.",
                set=contents.world.elasticities,
            ),
        ),
    )


def _remarks_on_reliance(contents: Contents, tongue: Language) -> tuple[str, ...]:
    """Say between which members it differs most, and what the source does not state."""
    found = contents.reliance
    said = []
    most, least = int(np.argmin(found.members[:, 0])), int(np.argmax(found.members[:, 0]))
    if most != least:
        said.append(
            tongue.say(
                "The share that becomes income at home runs from {low} ({low_name}) to {high} "
                "({high_name}).",
                low_name=tongue.country(found.codes[most]),
                low=tongue.percent(float(found.members[most, 0])),
                high_name=tongue.country(found.codes[least]),
                high=tongue.percent(float(found.members[least, 0])),
            )
        )
    partly = [code for code, share in zip(found.codes, found.coverage, strict=True) if share < 1]
    if partly:
        said.append(
            tongue.say(
                "For some countries the source does not state what they sell at home of every "
                "product; only the products for which it does are counted: {names}.",
                names=tongue.names(partly),
            )
        )
    if found.unmeasured:
        said.append(
            tongue.say(
                "The source states nothing of what these members sell at home; they are left out "
                "here and in the next section: {names}.",
                names=tongue.names(found.unmeasured),
            )
        )
    return tuple(said)


def _in_the_long_run(link: Link, tongue: Language) -> tuple[str, ...]:
    """Say what remains of the gravest loss once buyers have switched."""
    if link.loss_buyers_switch is None or link.loss_buyers_switch < 0:
        return ()
    return (
        tongue.say(
            "Later, once buyers have found other suppliers and wages and prices have adjusted, "
            "members' real income would be {share} lower than before.",
            share=tongue.percent(link.loss_buyers_switch),
        ),
    )


def _how_buyers_switch(contents: Contents, tongue: Language) -> str:
    """Say how the loss with another supplier is computed, or why it is not."""
    if not contents.dependence.equilibrium:
        return tongue.say(
            "The loss with another supplier is not computed: the source does not state what every "
            "country sells at home of every product, and a product without that figure would seem "
            "to be all imported."
        )
    return tongue.say(
        "The loss with another supplier is that of the long run. Trade from the supplier to the "
        "member becomes impossible, and everywhere in the world buyers, wages and prices adjust "
        "until supply meets demand again (equilibrium model of Caliendo and Parro 2015); the loss "
        "is the fall of the member's real income. {deficits} How strongly trade reacts to prices "
        "(trade elasticities): set {set}. This loss is usually the smaller one, but not always: it "
        "includes import duties that are no longer collected.",
        deficits=deficits(contents.deficits, tongue),
        set=contents.world.elasticities,
    )


def _notices(contents: Contents, tongue: Language) -> tuple[str, ...]:
    return tuple(
        tongue.say(
            "{country}: measures of the United Nations Security Council are in force. {text} "
            "Resolutions: {resolution}.",
            country=tongue.country(code),
            resolution=measure.resolution,
            text=measure.text[tongue.code],
        )
        for code in tongue.alphabetical(list(contents.notices))
        for measure in contents.notices[code]
    )


def _members(contents: Contents, tongue: Language) -> Table:
    world, chosen = contents.world, contents.selection
    since = joined(chosen)
    columns = [Column(tongue.say("Member"), figures=False)]
    if since:
        columns.append(Column(tongue.say("Since"), figures=False))
    columns += [
        Column(tongue.say("Population"), tongue.say("million")),
        Column(tongue.say("Income (GDP)"), tongue.say("million USD")),
        Column(tongue.say("CO2 emissions"), tongue.say("thousand tonnes")),
    ]
    rows = []
    for code in tongue.alphabetical(chosen.members):
        i = world.index(code)
        beside = [
            world.satellites[key][i] if key in world.satellites else np.nan
            for key in ("population", "gdp_musd", "co2_kt")
        ]
        row = [tongue.country(code)]
        if since:
            row.append(tongue.reduced_date(since[code]) if code in since else "")
        row += [
            _known(beside[0] / 1e6, 1, tongue),
            _known(beside[1], 0, tongue),
            _known(beside[2], 0, tongue),
        ]
        rows.append(tuple(row))
    return Table(tongue.say("The members"), tuple(columns), tuple(rows))


def _suppliers(contents: Contents, tongue: Language) -> Table:
    found = contents.dependence
    rows = []
    for code in tongue.alphabetical(found.codes):
        rows += [
            (
                tongue.country(code),
                tongue.country(link.supplier),
                tongue.sector(link.sector),
                *pictures.loss_cells(tongue, link, long_run=found.equilibrium),
            )
            for link in found.of(code)[:SUPPLIERS_PER_MEMBER]
        ]
    return Table(
        tongue.say("For each member, the deliveries whose loss would hurt most"),
        (
            Column(tongue.say("Member"), figures=False),
            Column(tongue.say("Supplier"), figures=False),
            Column(tongue.say("Product"), figures=False),
            *pictures.loss_columns(tongue, long_run=found.equilibrium),
        ),
        tuple(rows),
    )


def _opportunities(contents: Contents, tongue: Language) -> Table:
    found = contents.complementarity
    best = found.opportunities[:BEST] if found else ()
    return Table(
        tongue.say("The largest, with the reasons"),
        (
            *pictures.opportunity_columns(tongue),
            Column(tongue.say("Now"), tongue.say("million USD")),
        ),
        tuple(
            (*pictures.opportunity_cells(tongue, rank, each), tongue.number(each.current_musd))
            for rank, each in enumerate(best, start=1)
        ),
        remarks=tuple(
            tongue.say(
                "The supplier exports {capacity} outside the group (its share in the supplier's "
                "exports is {advantage} times the world average); the buyer imports {need} "
                "from outside. Import duty the buyer charges: {tariff}.",
                capacity=tongue.money(each.capacity_musd),
                advantage=tongue.number(each.advantage, 1),
                need=tongue.money(each.need_musd),
                tariff=tongue.percent(each.tariff),
            )
            for each in best
        ),
    )


def _south(contents: Contents, tongue: Language) -> str:
    given = contents.selection.south_name
    if given.upper() in groups.groups():
        return groups.group(given).names[tongue.code]
    return ", ".join(
        groups.group(part).names[tongue.code]
        if part.upper() in groups.groups()
        else countries.name(part.upper(), tongue.code)
        for part in (text.strip() for text in given.split(","))
    )


def _known(value: float, digits: int, tongue: Language) -> str:
    return tongue.number(value, digits) if np.isfinite(value) else tongue.say("not known")

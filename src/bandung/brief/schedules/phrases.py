"""Words and small sums that the workbooks and the text of an agreement share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from bandung.codes import countries, sectors

if TYPE_CHECKING:
    from bandung.brief.languages import Language
    from bandung.brief.schedules.concessions import Schedules


def named(table: pl.DataFrame, lang: str) -> pl.DataFrame:
    """Add the names of countries and sectors behind their codes, in a language."""
    naming = {"origin": countries.name, "destination": countries.name, "sector": sectors.name}
    columns: list[pl.Series] = []
    for column in table.columns:
        columns.append(table[column])
        if column in naming:
            name = naming[column]
            words = [None if code is None else name(code, lang) for code in table[column]]
            columns.append(pl.Series(f"{column}_name", words, dtype=pl.String))
    return pl.DataFrame(columns)


def average_tariffs(lines: pl.DataFrame) -> tuple[float, float] | tuple[None, None]:
    """Return the average tariff today and under the agreement, per cent, weighted by trade today.

    None where there are no lines, or no trade in them.
    """
    weight = lines["imports_musd"].to_numpy()
    if not weight.sum() > 0:
        return None, None
    today, under = (
        float(np.average(lines[name].to_numpy(), weights=weight))
        for name in ("tariff_pct", "tariff_new_pct")
    )
    return today, under


def principle(found: Schedules, tongue: Language) -> str:
    """Say in a sentence how the gain is shared."""
    say, name = tongue.say, found.certificate.principle
    sentences = {
        "egalitarian": say(
            "The schedules were sought so that the Party that gains least gains as much as "
            "possible."
        ),
        "nash": say(
            "The schedules were sought so that the product of the Parties’ gains is as large as "
            "possible."
        ),
        "kalai-smorodinsky": say(
            "The schedules were sought so that every Party receives the same part of the gain "
            "that it could have at best."
        ),
        "utilitarian": say(
            "The schedules were sought so that the sum of the Parties’ real incomes is as large "
            "as possible while none of them loses."
        ),
        "fund": say(
            "The schedules were sought so that the Parties together gain as much as possible; "
            "transfers then give each what it contributes on average (Shapley value)."
        ),
    }
    other = say("The principle by which the gain is shared: {name}.", name=foreign(name, tongue))
    return sentences.get(name, other)


def data(found: Schedules, tongue: Language) -> list[str]:
    """Say which data, elasticities and rules the figures rest on, a sentence or two each."""
    world, certificate = found.outcome.world, found.certificate
    return [
        tongue.say(
            "Data: world “{name}” of {year}. {publisher}: {title}. Licence: {licence}.",
            name=foreign(world.name, tongue),
            year=tongue.style.year(world.year),
            publisher=foreign(world.origin.publisher, tongue),
            title=foreign(world.origin.title, tongue),
            licence=foreign(world.origin.licence, tongue),
        ),
        tongue.say(
            "Trade elasticities: {set}. Rule for trade deficits: {rule}.",
            set=foreign(world.elasticities, tongue),
            rule=foreign(certificate.deficits, tongue),
        ),
        tongue.say(
            "Code (checksum) of the data: {code}",
            code=foreign(certificate.world.checksum, tongue),
        ),
    ]


def foreign(text: str, tongue: Language) -> str:
    """Keep the letters of an English text in their order within a text from right to left."""
    return f"\u2068{text}\u2069" if tongue.rtl else text


def sectors_note(tongue: Language) -> str:
    """Say that sectors are not tariff lines."""
    return tongue.say(
        "A product here is a sector of the statistics, and its tariff an average. The Parties have "
        "yet to name the lines of the Harmonized System that each sector stands for."
    )


def services_note(found: Schedules, tongue: Language) -> str:
    """Say that services are among the lines, or nothing where they are not."""
    services = found.outcome.world.services
    if not found.lines["sector"].is_in(list(services)).any():
        return ""
    return tongue.say(
        "The source counts duties on services too, which customs do not collect. Lines on services "
        "can be left out of a new search."
    )


def notes(found: Schedules, tongue: Language) -> list[str]:
    """Return what a reader of the tables has to know, a paragraph each."""
    year = tongue.style.year(found.outcome.world.year)
    sentences = [
        tongue.say(
            "Amounts are million US dollars of {year}, for one year. Imports and exports are "
            "valued before tariff.",
            year=year,
        ),
        tongue.say(
            "“Today” is {year}. “Under the agreement” is with every reduction, corridor and "
            "transfer in full effect, once trade everywhere has adjusted.",
            year=year,
        ),
        tongue.say(
            "Tariffs fall in equal yearly steps. Year 1 begins on the day of entry into force, "
            "with the first step."
        ),
        tongue.say(
            "The change of tariff revenue is what a tariff would bring in under the agreement, on "
            "the imports of then, less what it brings in today."
        ),
        tongue.say(
            "“All other imports” are those from all countries on which the Party lowers nothing. "
            "They change too, as buyers switch; with them the table adds up to the Party’s whole "
            "tariff revenue."
        ),
        tongue.say(
            "The change of real income is that of what the Party’s whole income can buy, its part "
            "of the cost of corridors deducted."
        ),
        sectors_note(tongue),
        services_note(found, tongue),
        principle(found, tongue),
        *data(found, tongue),
    ]
    return [sentence for sentence in sentences if sentence]

"""The annexes of an agreement: the parties' schedules in short, and the figures it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandung.brief.schedules import phrases
from bandung.brief.schedules.articles import Paragraph, least_developed
from bandung.brief.tables import Column, Table

if TYPE_CHECKING:
    from bandung.brief.languages import Language
    from bandung.brief.schedules.concessions import Schedules

DASH = "–"


@dataclass(frozen=True, slots=True)
class Annex:
    """An annex: ``Annex I``, its heading, and its paragraphs."""

    label: str
    heading: str
    paragraphs: tuple[Paragraph, ...]


def annexes(found: Schedules, tongue: Language) -> list[Annex]:
    """Return both annexes."""
    return [
        Annex(
            tongue.say("Annex I"),
            tongue.say("The schedules in short"),
            tuple(_schedules(found, tongue)),
        ),
        Annex(
            tongue.say("Annex II"),
            tongue.say("The certificate: what the Agreement is expected to bring"),
            tuple(_certificate(found, tongue)),
        ),
    ]


def _schedules(found: Schedules, tongue: Language) -> list[Paragraph]:
    say = tongue.say
    rows = []
    for code in tongue.alphabetical(found.members):
        lines = found.lowers(code)
        today, under = phrases.average_tariffs(lines)
        rows.append(
            (
                tongue.country(code),
                tongue.number(lines.height),
                DASH if today is None else tongue.percent(today / 100, 2),
                DASH if under is None else tongue.percent(under / 100, 2),
                tongue.number(float(lines["imports_musd"].to_numpy().sum()), 1),
                tongue.number(found.years[code]) if lines.height else DASH,
                f"{code}.xlsx, {code}.csv",
            )
        )
    table = Table(
        caption=say("The schedules of the Parties"),
        columns=(
            Column(say("Party"), figures=False),
            Column(say("Tariffs reduced")),
            Column(say("Base tariff, average")),
            Column(say("Reduced tariff, average")),
            Column(say("Imports concerned"), say("million US dollars")),
            Column(say("Yearly steps")),
            Column(say("Full schedule"), figures=False),
        ),
        rows=tuple(rows),
    )
    texts = [
        say(
            "The full schedule of each Party, tariff by tariff and year by year, is in the files "
            "that accompany this text. Averages are of the tariffs that are reduced, weighted by "
            "the imports of {year}.",
            year=tongue.style.year(found.outcome.world.year),
        ),
        phrases.sectors_note(tongue),
        phrases.services_note(found, tongue),
    ]
    first, *others = [Paragraph(text) for text in texts if text]
    return [Paragraph(first.text, table=table), *others]


def _certificate(found: Schedules, tongue: Language) -> list[Paragraph]:
    texts = [phrases.principle(found, tongue), *_gains(found, tongue), *_draws(found, tongue)]
    first = Paragraph(" ".join(texts), table=_figures(found, tongue))
    after = [
        tongue.say(
            "The change of real income is that of what the Party’s whole income can buy, its part "
            "of the cost of corridors deducted."
        ),
        *_outsiders(found, tongue),
        *phrases.data(found, tongue),
        tongue.say(
            "These figures are estimates of a model, not forecasts. Whoever has the certificate "
            "file can compute them again by a second method with the command “bandung verify”."
        ),
    ]
    return [first, *(Paragraph(text) for text in after)]


def _gains(found: Schedules, tongue: Language) -> list[str]:
    """Say who gains least, and what all gain together."""
    gain = dict(zip(found.members, found.gains, strict=True))
    least = min(gain, key=lambda code: gain[code])
    return [
        tongue.say(
            "No Party loses. The smallest gain is that of {name}: {gain} of its real income.",
            name=tongue.country(least),
            gain=tongue.style.small_percent(gain[least]),
        ),
        tongue.say(
            "Together the Parties gain {amount} million US dollars a year.",
            amount=tongue.number(found.certificate.claims.joint_gain_musd, 1),
        ),
    ]


def _draws(found: Schedules, tongue: Language) -> list[str]:
    made = found.certificate.robustness
    if made is None:
        return []
    return [
        tongue.say(
            "How strongly trade reacts to prices (trade elasticities) is known only roughly. It "
            "was drawn at random again and again ({draws} draws); in {share} of the draws every "
            "Party gains.",
            draws=tongue.number(made.draws),
            share=tongue.percent(made.all_gain_pct / 100, 0),
        )
    ]


def _figures(found: Schedules, tongue: Language) -> Table:
    say, style = tongue.say, tongue.style
    made = found.certificate.robustness
    columns = [
        Column(say("Party"), figures=False),
        Column(say("Change of real income")),
        Column(say("Change of real income"), say("million US dollars a year")),
        Column(say("Tariff revenue today"), say("million US dollars a year")),
        Column(say("Change of tariff revenue"), say("million US dollars a year")),
    ]
    if made is not None:
        columns.append(Column(say("Draws in which it gains")))
    rows = []
    for code in tongue.alphabetical(found.members):
        own = found.summary(code)
        row = [
            tongue.country(code),
            style.signed_percent(own.gain, 4),
            style.signed(own.gain_musd, 1),
            tongue.number(own.revenue_musd, 1),
            style.signed(own.revenue_new_musd - own.revenue_musd, 1),
        ]
        if made is not None:
            row.append(tongue.percent(made.gaining_pct[code] / 100, 0))
        rows.append(tuple(row))
    return Table(
        caption=say("What the Agreement is expected to bring each Party"),
        columns=tuple(columns),
        rows=tuple(rows),
    )


def _outsiders(found: Schedules, tongue: Language) -> list[str]:
    """Say how the economies outside fare, the least developed countries among them too."""
    outside = found.certificate.claims.outsiders
    if not outside:
        return []
    least = least_developed(found)
    sentences = []
    worst = min(outside, key=lambda code: outside[code])
    if outside[worst] < 0:
        sentences.append(
            tongue.say(
                "Outside the Agreement, the largest loss of real income is that of {name}: {loss}.",
                name=tongue.country(worst),
                loss=tongue.style.small_percent(-outside[worst] / 100),
            )
        )
    else:
        sentences.append(tongue.say("No economy outside the Agreement loses real income by it."))
    poorest = {code: change for code, change in outside.items() if code in least}
    if poorest and min(poorest.values()) < 0:
        name = min(poorest, key=lambda code: poorest[code])
        sentences.append(
            tongue.say(
                "Among the least developed countries outside, the largest loss is that of {name}: "
                "{loss}.",
                name=tongue.country(name),
                loss=tongue.style.small_percent(-poorest[name] / 100),
            )
        )
    elif poorest:
        sentences.append(
            tongue.say("None of the least developed countries outside in the data loses by it.")
        )
    return [" ".join(sentences)]

"""The articles of an agreement, in treaty language, by what its certificate holds.

The form follows arrangements among developing countries under the Enabling Clause (GATT document
L/4903, 28 November 1979, paragraphs 2(c), 3(a) and 4), such as the Agreement on the Global System
of Trade Preferences (Belgrade, 1988).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandung.brief.tables import Column, Table
from bandung.codes import groups
from bandung.errors import GroupEmptyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bandung.brief.languages import Language
    from bandung.brief.schedules.concessions import Schedules

LEAST_DEVELOPED = "LDC"
LOWEST_SHOWN = 1e-9


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of an article: its sentence, then items or a table that belong to it."""

    text: str
    items: tuple[str, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """An article: ``Article 3``, its heading, and its paragraphs."""

    label: str
    heading: str
    paragraphs: tuple[Paragraph, ...]


def preamble(tongue: Language) -> list[str]:
    """Return the clauses of the preamble, in order."""
    return [
        tongue.say("The Parties to this Agreement, named above,"),
        tongue.say(
            "Recalling the principles on which cooperation among developing countries rests: "
            "sovereign equality, mutual benefit, respect for independence, non-interference in "
            "domestic affairs and collective self-reliance,"
        ),
        tongue.say(
            "Convinced that trade among developing countries, on terms fair to each of them, "
            "strengthens their economies and their place in the world economy,"
        ),
        tongue.say(
            "Having regard to the Decision of the CONTRACTING PARTIES to the General Agreement on "
            "Tariffs and Trade of 28 November 1979 on Differential and More Favourable Treatment, "
            "Reciprocity and Fuller Participation of Developing Countries (L/4903), and in "
            "particular to its paragraph 2(c), which provides for arrangements among developing "
            "countries for the mutual reduction or elimination of tariffs on products imported "
            "from one another,"
        ),
        tongue.say(
            "Resolved that no Party shall be worse off by this Agreement and that it shall raise "
            "no barrier to the trade of others,"
        ),
        tongue.say("Have agreed as follows:"),
    ]


def articles(found: Schedules, tongue: Language) -> list[Article]:
    """Return the articles, numbered; those on what the agreement lacks are left out."""
    certificate = found.certificate
    limits = certificate.limits
    builders: dict[str, Callable[[_Writer], tuple[str, list[Paragraph]]]] = {
        "definitions": _definitions
    }
    if certificate.tariffs:
        builders |= {
            "reduction": _reduction,
            "staging": _staging,
            "standstill": _standstill,
            "origin": _origin,
        }
    if limits.exclude or limits.exempt:
        builders["left_out"] = _left_out
    if certificate.transfers_musd:
        builders["transfers"] = _transfers
    if certificate.corridors:
        builders["corridors"] = _corridors
    builders |= {
        "equality": _equality,
        "review": _review,
        "consultations": _consultations,
        "notification": _notification,
        "accession": _accession,
        "entry": _entry,
        "withdrawal": _withdrawal,
        "texts": _texts,
    }
    numbers = {key: number for number, key in enumerate(builders, start=1)}
    writer = _Writer(found, tongue, numbers)
    return [
        Article(writer.label(key), heading, tuple(paragraphs))
        for key, build in builders.items()
        for heading, paragraphs in [build(writer)]
    ]


@dataclass(frozen=True, slots=True)
class _Writer:
    found: Schedules
    tongue: Language
    numbers: dict[str, int]

    def label(self, key: str) -> str:
        number = self.numbers[key]
        if number == 1:
            return self.tongue.say("Article 1")
        return self.tongue.say("Article {number}", number=self.tongue.number(number))


def _definitions(w: _Writer) -> tuple[str, list[Paragraph]]:
    say = w.tongue.say
    year = w.tongue.style.year(w.found.outcome.world.year)
    items = [
        say("“Party” means a State or customs territory for which this Agreement is in force;"),
        say(
            "“tariff” means a customs duty, or a charge of equivalent effect, levied on the import "
            "of a product, as a percentage of its value;"
        ),
        say("“base tariff” means the tariff that a Party applied in {year};", year=year),
        say("“schedule” means the list, in Annex I, of the tariffs that a Party reduces;"),
        say(
            "“product” means the goods of a sector named in a schedule. Before signature the "
            "Parties list, for each sector, the lines of the Harmonized Commodity Description and "
            "Coding System that it comprises."
        ),
    ]
    text = say("For the purposes of this Agreement:")
    return say("Definitions"), [Paragraph(text, tuple(items))]


def _reduction(w: _Writer) -> tuple[str, list[Paragraph]]:
    say = w.tongue.say
    sentences = [
        say(
            "Each Party shall reduce its tariffs on products originating in the other Parties, "
            "from the base tariff to the tariff stated in its schedule."
        ),
        say("A tariff that is not in a Party’s schedule is not affected by this Agreement."),
        say(
            "Nothing in this Agreement obliges a Party to change its domestic policy, or its "
            "tariffs on the products of States that are not Parties."
        ),
    ]
    floor = w.found.certificate.limits.floor
    if floor > 0:
        sentences.append(
            say(
                "No Party is required to reduce a tariff below {floor}.",
                floor=w.tongue.style.small_percent(floor),
            )
        )
    return say("Reduction of tariffs"), [Paragraph(sentence) for sentence in sentences]


def _staging(w: _Writer) -> tuple[str, list[Paragraph]]:
    say, found = w.tongue.say, w.found
    lowering = {cut.destination for cut in found.certificate.tariffs}
    several = {code: found.years[code] for code in lowering if found.years[code] > 1}
    heading = say("Stages of reduction")
    faster = Paragraph(say("A Party may reduce its tariffs faster than its schedule provides."))
    if not several:
        at_once = say(
            "The reductions are made in full on the day this Agreement enters into force."
        )
        return heading, [Paragraph(at_once)]
    paragraphs = [
        Paragraph(
            say(
                "The Parties named below reduce their tariffs in equal yearly steps. The first "
                "step is made on the day this Agreement enters into force, each further one on the "
                "same day of the following years."
            ),
            tuple(
                w.tongue.say_n(
                    "{party}: {count} step", "{party}: {count} steps", steps, party=party
                )
                for code in w.tongue.alphabetical(list(several))
                for party, steps in [(w.tongue.country(code), several[code])]
            ),
        )
    ]
    if set(several) != lowering:
        others = say(
            "The other Parties make their reductions in full on the day this Agreement enters into "
            "force."
        )
        paragraphs.append(Paragraph(others))
    return heading, [*paragraphs, faster]


def _standstill(w: _Writer) -> tuple[str, list[Paragraph]]:
    say = w.tongue.say
    sentences = [
        say(
            "No Party shall raise a tariff on products originating in another Party above the base "
            "tariff or, once it has been reduced, above the reduced tariff."
        ),
        say(
            "No Party shall introduce a charge, quota or other measure that takes away the benefit "
            "of a reduction."
        ),
        say(
            "This Agreement shall facilitate trade among the Parties. No Party shall, on account "
            "of it, raise duties or other barriers to the trade of other States."
        ),
    ]
    return say("No increase"), [Paragraph(sentence) for sentence in sentences]


def _origin(w: _Writer) -> tuple[str, list[Paragraph]]:
    say = w.tongue.say
    sentences = [
        say(
            "A product originates in a Party if it was wholly obtained there, or sufficiently "
            "worked or processed there. Materials originating in one Party count as those of the "
            "Party where they are worked."
        ),
        say(
            "Before this Agreement enters into force the Parties adopt rules of origin by a "
            "protocol: [reference]."
        ),
    ]
    return say("Originating products"), [Paragraph(sentence) for sentence in sentences]


def _left_out(w: _Writer) -> tuple[str, list[Paragraph]]:
    say, tongue, limits = w.tongue.say, w.tongue, w.found.certificate.limits
    by_party: dict[str, list[str]] = {}
    for word in limits.exclude:
        member, _, sector = word.rpartition(":")
        by_party.setdefault(member, []).append(tongue.sector(sector))
    paragraphs = []
    if "" in by_party:
        text = say("The tariffs of all Parties on the following products are not reduced:")
        paragraphs.append(Paragraph(text, tuple(by_party.pop(""))))
    if by_party:
        text = say("Nor are the tariffs of the Parties named below on the following products:")
        if not paragraphs:
            text = say(
                "The tariffs of the Parties named below on the following products are not reduced:"
            )
        items = tuple(
            say(
                "{party}: {products}",
                party=tongue.country(code),
                products=tongue.join(by_party[code]),
            )
            for code in tongue.alphabetical(list(by_party))
        )
        paragraphs.append(Paragraph(text, items))
    return say("Products left out, and Parties that reduce no tariffs"), [
        *paragraphs,
        *_exempt(w, limits.exempt),
    ]


def _exempt(w: _Writer, exempt: Sequence[str]) -> list[Paragraph]:
    say, tongue = w.tongue.say, w.tongue
    least = least_developed(w.found)
    poorest = [code for code in exempt if code in least]
    others = [code for code in exempt if code not in least]
    paragraphs = []
    if poorest:
        text = say(
            "As least developed countries, the following Parties enjoy the reductions of the "
            "others and are not required to reduce tariffs themselves:"
        )
        paragraphs.append(Paragraph(text, _countries(tongue, poorest)))
    if others:
        text = say(
            "The following Parties enjoy the reductions of the others and are not required to "
            "reduce tariffs themselves:"
        )
        paragraphs.append(Paragraph(text, _countries(tongue, others)))
    return paragraphs


def _transfers(w: _Writer) -> tuple[str, list[Paragraph]]:
    say, tongue = w.tongue.say, w.tongue
    amounts = {
        code: amount
        for code, amount in w.found.certificate.transfers_musd.items()
        if abs(amount) > LOWEST_SHOWN
    }
    table = Table(
        caption=say("Yearly transfers"),
        columns=(
            Column(say("Party"), figures=False),
            Column(say("Pays"), say("million US dollars a year")),
            Column(say("Receives"), say("million US dollars a year")),
        ),
        rows=tuple(
            (
                tongue.country(code),
                tongue.number(-amounts[code], 3) if amounts[code] < 0 else "",
                tongue.number(amounts[code], 3) if amounts[code] > 0 else "",
            )
            for code in tongue.alphabetical(list(amounts))
        ),
    )
    paragraphs = [
        Paragraph(
            say(
                "So that each of them benefits from this Agreement, the Parties make the following "
                "transfers every year:"
            ),
            table=table,
        ),
        Paragraph(
            say(
                "A transfer is due on [day and month] of each year, for the first time in the year "
                "in which this Agreement enters into force, and is paid through [institution]."
            )
        ),
        Paragraph(
            say("The amounts are reviewed under {article}.", article=_inside(w, "review")),
        ),
    ]
    return say("Transfers"), paragraphs


def _corridors(w: _Writer) -> tuple[str, list[Paragraph]]:
    say, tongue = w.tongue.say, w.tongue
    rows = []
    for cut in w.found.certificate.corridors:
        goods = tongue.join([tongue.sector(code) for code in cut.sectors])
        payers = tongue.alphabetical(list(cut.paid_by_musd))
        rows.append(
            (
                tongue.names(cut.between),
                goods or say("All products"),
                tongue.style.small_percent(-cut.trade_cost_change_pct / 100),
                tongue.number(cut.cost_musd, 3),
                tongue.join(
                    [
                        say(
                            "{party} {amount}",
                            party=tongue.country(code),
                            amount=tongue.number(cut.paid_by_musd[code], 3),
                        )
                        for code in payers
                    ]
                ),
            )
        )
    table = Table(
        caption=say("Corridors"),
        columns=(
            Column(say("Between"), figures=False),
            Column(say("Products"), figures=False),
            Column(say("Fall of the cost of trade")),
            Column(say("Cost"), say("million US dollars a year")),
            Column(say("Borne by"), say("million US dollars a year"), figures=False),
        ),
        rows=tuple(sorted(rows)),
    )
    paragraphs = [
        Paragraph(
            say(
                "The Parties named below carry out together the works and the simplifications that "
                "lower the cost of trade between them, in both directions, by the share stated, "
                "and bear the cost in the amounts stated:"
            ),
            table=table,
        ),
        Paragraph(
            say(
                "They agree on the works, their timetable and their upkeep by [reference]. Other "
                "Parties may use a corridor on the same terms."
            )
        ),
    ]
    return say("Corridors"), paragraphs


def _equality(w: _Writer) -> tuple[str, list[Paragraph]]:
    say = w.tongue.say
    sentences = [
        say("The Parties are equal in rights and duties under this Agreement."),
        say(
            "A Joint Committee, in which every Party has one seat, oversees this Agreement. It "
            "meets at least once a year. The Parties preside in turn, for a year each, in "
            "alphabetical order."
        ),
        say(
            "The Joint Committee decides by consensus. There is consensus when no Party present at "
            "the meeting formally objects."
        ),
    ]
    return say("Equality of the Parties, and decisions"), [Paragraph(each) for each in sentences]


def _review(w: _Writer) -> tuple[str, list[Paragraph]]:
    say = w.tongue.say
    sentences = [
        say(
            "Each year, by [day and month], every Party reports to the Joint Committee the tariffs "
            "that it applies to the other Parties, its imports from them and its revenue from "
            "those tariffs."
        ),
        say(
            "Annex II holds the certificate of this Agreement: what it is expected to bring each "
            "Party, the data and the method by which this was computed, and the code by which "
            "anyone can tell that the data are the same."
        ),
        say(
            "Every [three] years the Joint Committee has the figures of Annex II computed again "
            "with new data. Where a Party is found to be worse off, the Parties agree without "
            "delay on changes that restore its benefit."
        ),
    ]
    return say("Reports, certificate and review"), [Paragraph(sentence) for sentence in sentences]


def _consultations(w: _Writer) -> tuple[str, list[Paragraph]]:
    say = w.tongue.say
    sentences = [
        say(
            "A Party may request consultations on any matter of this Agreement, and in particular "
            "where its imports cause serious injury to a domestic industry or its revenue falls "
            "further than Annex II foresees. Consultations begin within [30] days of the request."
        ),
        say(
            "The Parties concerned seek a mutually acceptable solution. If there is none within "
            "[90] days, any of them may bring the matter before the Joint Committee."
        ),
        say(
            "While the matter is before the Joint Committee, a Party that suffers serious injury "
            "may put off further steps on the products concerned for up to [two] years, and "
            "informs the others beforehand."
        ),
    ]
    return say("Consultations"), [Paragraph(sentence) for sentence in sentences]


def _notification(w: _Writer) -> tuple[str, list[Paragraph]]:
    text = w.tongue.say(
        "The Parties that are Members of the World Trade Organization notify this Agreement "
        "together to its Committee on Trade and Development, under paragraph 4 of the Decision of "
        "28 November 1979, and consult promptly with any Member that so requests."
    )
    return w.tongue.say("Notification"), [Paragraph(text)]


def _accession(w: _Writer) -> tuple[str, list[Paragraph]]:
    text = w.tongue.say(
        "Any developing country may accede to this Agreement on terms that it agrees with the "
        "Parties. The Joint Committee decides once the figures of Annex II have been computed "
        "again with the country that accedes."
    )
    return w.tongue.say("Accession"), [Paragraph(text)]


def _entry(w: _Writer) -> tuple[str, list[Paragraph]]:
    say = w.tongue.say
    sentences = [
        say(
            "This Agreement is subject to ratification, acceptance or approval by each Party. The "
            "instruments are deposited with [Depositary]."
        ),
        say(
            "As the figures of Annex II hold only if all Parties take part, this Agreement enters "
            "into force on the thirtieth day after the last of them has deposited its instrument."
        ),
        say("Amendments are adopted by consensus and enter into force in the same way."),
    ]
    return say("Entry into force and amendments"), [Paragraph(sentence) for sentence in sentences]


def _withdrawal(w: _Writer) -> tuple[str, list[Paragraph]]:
    say = w.tongue.say
    sentences = [
        say(
            "A Party may withdraw by written notice to the Depositary. Withdrawal takes effect "
            "[twelve] months after the notice is received."
        ),
        say(
            "Within that time the other Parties consult on whether their schedules remain fair "
            "without it."
        ),
    ]
    return say("Withdrawal"), [Paragraph(sentence) for sentence in sentences]


def _texts(w: _Writer) -> tuple[str, list[Paragraph]]:
    say = w.tongue.say
    sentences = [
        say("The annexes are an integral part of this Agreement."),
        say(
            "This Agreement is done in a single original in the Arabic, English, French, "
            "Portuguese and Spanish languages, all five texts being equally authentic."
        ),
    ]
    return say("Annexes and authentic texts"), [Paragraph(sentence) for sentence in sentences]


def _inside(w: _Writer, key: str) -> str:
    """Name an article inside a sentence."""
    return w.tongue.say("article {number}", number=w.tongue.number(w.numbers[key]))


def least_developed(found: Schedules) -> frozenset[str]:
    """Return the least developed countries at the end of the world's year."""
    try:
        return frozenset(groups.members(LEAST_DEVELOPED, dt.date(found.outcome.world.year, 12, 31)))
    except (GroupEmptyError, ValueError):
        return frozenset()


def _countries(tongue: Language, codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(tongue.country(code) for code in tongue.alphabetical(codes))

"""What members did together, as a register has it: both sides' figures, side by side.

The figures come as JSON values from a running register (``/api/v1/together``) or from its data;
nothing here knows how.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import polars as pl

from bandung.brief.cooperation_chart import Recorded, recorded
from bandung.brief.figure import Caption
from bandung.brief.pictures import Picture
from bandung.brief.section import Command, Section
from bandung.brief.tables import Column, Table
from bandung.codes import countries
from bandung.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bandung.brief.languages import Language

VERSION = 1
VERDICTS = ("agree", "differ", "one_side")
SHOWN_PAIRS = 12
LISTED_LINES = 200
NAMED_GOALS = 5
MOST_DECIMALS = 2
PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Said:
    """One side's figures; None where it states none."""

    contributions: int
    quantity: Decimal | None
    value_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Line:
    """All of one modality in one unit that one member gave another, as each side says.

    `exchanges` are numbers: recorded alike, differently, on one side only.
    """

    giver: str
    receiver: str
    modality: str
    unit: str
    currency: str
    given: Said
    received: Said
    exchanges: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Cooperation:
    """What is on record among the members.

    Attributes
    ----------
    seen_by
        A member's code, or ``public``.
    activities
        How many.
    years, goals
        Activities by year, and by number of the Sustainable Development Goal.
    names
        Names of codes in five languages, by ``modality`` and ``unit``.
    address
        Of the register; empty where it was read from its data.
    record
        The values as they came.
    """

    seen_by: str
    activities: int
    years: tuple[tuple[int, int], ...]
    goals: tuple[tuple[str, int], ...]
    lines: tuple[Line, ...]
    names: Mapping[str, Mapping[str, Mapping[str, str]]]
    address: str
    record: Mapping[str, Any]

    @classmethod
    def read(cls, record: Mapping[str, Any], *, address: str = "") -> Cooperation:
        """Return what a register answered.

        Raises
        ------
        SourceError
            When the values are not those of a register of this version.
        """
        if record.get("version") != VERSION:
            raise SourceError(
                f"the register answers in version {record.get('version')!r}; this program reads "
                f"version {VERSION}: bring both to the same release"
            )
        try:
            return cls(
                seen_by=str(record["seen_by"]),
                activities=int(record["activities"]),
                years=tuple((int(row["year"]), int(row["activities"])) for row in record["years"]),
                goals=tuple((str(row["goal"]), int(row["activities"])) for row in record["goals"]),
                lines=tuple(_line(pair, row) for pair in record["pairs"] for row in pair["lines"]),
                names=record["names"],
                address=address,
                record=record,
            )
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise SourceError(
                f"what the register answered cannot be read ({type(error).__name__}: {error})"
            ) from error

    @property
    def exchanges(self) -> tuple[int, int, int]:
        """How many both sides record alike, differently, and one side only."""
        return _sum(self.lines)

    def table(self) -> pl.DataFrame:
        """Return a row for each giver, receiver, modality and unit."""
        return pl.DataFrame(
            [
                {
                    "provider": line.giver,
                    "receiver": line.receiver,
                    "modality": line.modality,
                    "unit": line.unit,
                    "currency": line.currency,
                    "quantity_provider_says": _text(line.given.quantity),
                    "quantity_receiver_says": _text(line.received.quantity),
                    "value_usd_provider_says": _text(line.given.value_usd),
                    "value_usd_receiver_says": _text(line.received.value_usd),
                    **dict(zip(VERDICTS, line.exchanges, strict=True)),
                }
                for line in self.lines
            ],
            schema_overrides=dict.fromkeys(
                (
                    "quantity_provider_says",
                    "quantity_receiver_says",
                    "value_usd_provider_says",
                    "value_usd_receiver_says",
                ),
                pl.String,
            ),
        )


def section(found: Cooperation, tongue: Language) -> Section:
    """Say what the members did together; where nothing is on record, how to begin."""
    total = sum(found.exchanges)
    return Section(
        key="cooperation",
        title=tongue.say("What you did together"),
        finding=_finding(found, total, tongue),
        paragraphs=_paragraphs(found, total, tongue),
        pictures=(_picture(found, tongue),) if total else (),
        commands=() if total else _beginning(tongue),
        method=_method(found, tongue),
    )


def _finding(found: Cooperation, total: int, tongue: Language) -> str:
    if total:
        alike, differ, one = (tongue.number(count) for count in found.exchanges)
        return tongue.say_n(
            "{count} exchange between members is on record. Recorded alike by both sides: "
            "{alike}; recorded differently: {differ}; recorded by one side only: {one}.",
            "{count} exchanges between members are on record. Recorded alike by both sides: "
            "{alike}; recorded differently: {differ}; recorded by one side only: {one}.",
            total,
            alike=alike,
            differ=differ,
            one=one,
        )
    if found.activities:
        return tongue.say_n(
            "{count} activity of these members is on record, and nothing yet that was delivered.",
            "{count} activities of these members are on record, and nothing yet that was "
            "delivered.",
            found.activities,
        )
    return tongue.say("Nothing that these members did together is on record yet.")


def _paragraphs(found: Cooperation, total: int, tongue: Language) -> tuple[str, ...]:
    said = []
    if total:
        said.append(
            tongue.say_n(
                "{count} activity of these members is on record.",
                "{count} activities of these members are on record.",
                found.activities,
            )
        )
    if found.years:
        first, last = found.years[0][0], found.years[-1][0]
        if first == last:
            said.append(tongue.say("All was delivered in {year}.", year=tongue.style.year(first)))
        else:
            said.append(
                tongue.say(
                    "The first was delivered in {first}, the last in {last}.",
                    first=tongue.style.year(first),
                    last=tongue.style.year(last),
                )
            )
    if found.goals:
        often = sorted(found.goals, key=lambda row: -row[1])[:NAMED_GOALS]
        said.append(
            tongue.say(
                "Sustainable Development Goals that the activities name most often: {goals}.",
                goals=tongue.join([_number(goal, tongue) for goal, _ in often]),
            )
        )
    paragraphs = [" ".join(said)] if said else []
    if not total:
        paragraphs.append(
            tongue.say(
                "To begin, a member enters what it gave or received, in quantities; its partner "
                "then confirms it with an account of its own. Both accounts are kept."
            )
        )
    return tuple(paragraphs)


def _beginning(tongue: Language) -> tuple[Command, ...]:
    return (
        Command(
            tongue.say("This command opens a register on your own computer:"),
            "bandung register start",
        ),
    )


def _picture(found: Cooperation, tongue: Language) -> Picture:
    of_pair: dict[tuple[str, str], list[Line]] = {}
    for line in found.lines:
        of_pair.setdefault((line.giver, line.receiver), []).append(line)
    pairs = sorted(
        (Recorded(_direction(*pair, tongue), _sum(lines)) for pair, lines in of_pair.items()),
        key=lambda row: (-sum(row.counts), countries.folded(row.label)),
    )
    shown = pairs[:SHOWN_PAIRS]
    title = tongue.say("Who gave to whom, and whether both records say the same")
    heads = (
        tongue.say("both say the same"),
        tongue.say("they differ"),
        tongue.say("one side only"),
    )
    listed = tongue.join([f"{row.label} ({tongue.number(sum(row.counts))})" for row in shown[:5]])
    figure = recorded(
        shown,
        heads,
        Caption(
            title,
            tongue.say("Bars of numbers of exchanges. The most: {list}.", list=listed),
            key="cooperation",
        ),
        tongue.style,
    )
    note = tongue.say("Numbers of exchanges.")
    if len(pairs) > len(shown):
        note = tongue.say_n(
            "Numbers of exchanges. The picture shows the {shown} largest; {count} more is in the "
            "table.",
            "Numbers of exchanges. The picture shows the {shown} largest; {count} more are in the "
            "table.",
            len(pairs) - len(shown),
            shown=tongue.number(len(shown)),
        )
    return Picture(title, figure, _table(found, tongue), note)


def _table(found: Cooperation, tongue: Language) -> Table:
    lines = sorted(
        found.lines,
        key=lambda line: (
            countries.folded(tongue.country(line.giver)),
            countries.folded(tongue.country(line.receiver)),
            _name(found, "modality", line.modality, tongue),
            line.unit,
        ),
    )
    caption = tongue.say("What was given and received, as each side records it")
    if len(lines) > LISTED_LINES:
        caption = tongue.say(
            "What was given and received, as each side records it: the first {shown} of {all} "
            "lines; the file cooperation.csv has them all",
            shown=tongue.number(LISTED_LINES),
            all=tongue.number(len(lines)),
        )
    dollars = tongue.say("US dollars, where stated")
    return Table(
        caption,
        (
            Column(tongue.say("Who gave, and who received"), figures=False),
            Column(tongue.say("What"), figures=False),
            Column(tongue.say("Unit"), figures=False),
            Column(tongue.say("Given, the giver says")),
            Column(tongue.say("Received, the receiver says")),
            Column(tongue.say("Its value, the giver says"), dollars),
            Column(tongue.say("Its value, the receiver says"), dollars),
        ),
        tuple(_row(found, line, tongue) for line in lines[:LISTED_LINES]),
    )


def _row(found: Cooperation, line: Line, tongue: Language) -> tuple[str, ...]:
    unit = _name(found, "unit", line.unit, tongue)
    if line.currency:
        unit = f"{unit} ({line.currency})"
    return (
        _direction(line.giver, line.receiver, tongue),
        _name(found, "modality", line.modality, tongue),
        unit,
        *(
            _figure(value, tongue)
            for value in (
                line.given.quantity,
                line.received.quantity,
                line.given.value_usd,
                line.received.value_usd,
            )
        ),
    )


def _method(found: Cooperation, tongue: Language) -> tuple[str, ...]:
    seen = (
        tongue.say("Counted is what the public sees: activities that every party has published.")
        if found.seen_by == PUBLIC
        else tongue.say(
            "Counted is what {country} sees in the register: its own record, what its partners "
            "share with it, and what is public.",
            country=tongue.country(found.seen_by),
        )
    )
    said = [
        tongue.say(
            "An exchange is all of one kind, counted in one unit, that one member gave another "
            "within one activity. Only what was delivered counts, in the year in which its period "
            "ends."
        ),
        tongue.say(
            "Each side records what it gave and what it received. The two records are set beside "
            "each other; neither is corrected, and they are never added together. They say the "
            "same where the quantities are equal."
        ),
        seen,
        tongue.say(
            "Quantities come first: a value stands only where somebody has stated one, in US "
            "dollars or with an exchange rate."
        ),
    ]
    if found.address:
        said.append(tongue.say("From the register at {address}.", address=found.address))
    return tuple(said)


def _line(pair: Mapping[str, Any], row: Mapping[str, Any]) -> Line:
    counts = row["exchanges"]
    return Line(
        giver=str(pair["provider"]),
        receiver=str(pair["receiver"]),
        modality=str(row["modality"]),
        unit=str(row["unit"]),
        currency=str(row["currency"]),
        given=_said(row["provider_says"]),
        received=_said(row["receiver_says"]),
        exchanges=(int(counts["agree"]), int(counts["differ"]), int(counts["one_side"])),
    )


def _said(record: Mapping[str, Any]) -> Said:
    return Said(
        int(record["contributions"]), _decimal(record["quantity"]), _decimal(record["value_usd"])
    )


def _decimal(value: object) -> Decimal | None:
    if value is None:
        return None
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"{value!r} is no number")
    return number


def _sum(lines: Sequence[Line]) -> tuple[int, int, int]:
    counted: Counter[int] = Counter()
    for line in lines:
        counted.update(dict(enumerate(line.exchanges)))
    return counted[0], counted[1], counted[2]


def _direction(giver: str, receiver: str, tongue: Language) -> str:
    return tongue.say(
        "From {giver} to {receiver}",
        giver=tongue.country(giver),
        receiver=tongue.country(receiver),
    )


def _name(found: Cooperation, kind: str, code: str, tongue: Language) -> str:
    names = found.names.get(kind, {}).get(code, {})
    return names.get(tongue.code) or names.get("en") or code


def _figure(value: Decimal | None, tongue: Language) -> str:
    if value is None:
        return "–"
    digits = 0 if value == value.to_integral_value() else MOST_DECIMALS
    return tongue.number(float(value), digits)


def _number(goal: str, tongue: Language) -> str:
    return tongue.number(int(goal)) if goal.isdecimal() else goal


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")

"""The return for SDG indicator 17.3.1: what a member gave in a year, by recipient and modality.

The voluntary framework that UNCTAD keeps has three groups: A, money; B, what is not money and is
put in money; C, what is counted in people, days and items. Only what was delivered counts, gross,
in the year in which its period ends. Quantities of different units are never added up, nor are
amounts of different currencies; US dollars stand beside them where a dated rate is at hand.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bandung.register.content import MONEY
from bandung.register.returns.lines import Line, Modality, Worth, total, worth
from bandung.register.returns.rates import USD, Rate, Rates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

Measure = Literal["quantity", "money", "usd"]
Reason = Literal[
    "not_provided", "no_year", "not_delivered", "no_recipient", "unknown_modality", "no_quantity"
]
MEASURES: tuple[Measure, ...] = ("quantity", "money", "usd")
MONETARY_GROUPS = {"A", "B"}
DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Counted:
    """A line that counts: its quantity in a unit that is not money, its worth, or both."""

    line: Line
    group: str
    quantity: Decimal | None
    worth: Worth | None

    @property
    def unit(self) -> str:
        """The unit of its quantity."""
        return self.line.contribution.unit if self.quantity is not None else ""

    def amounts(self) -> tuple[tuple[Measure, str, Decimal], ...]:
        """Return what it adds to, each as measure, unit or currency, and amount."""
        found: list[tuple[Measure, str, Decimal]] = []
        if self.quantity is not None:
            found.append(("quantity", self.unit, self.quantity))
        if self.worth is not None:
            found.append(("money", self.worth.currency, self.worth.amount))
            if self.worth.usd is not None:
                found.append(("usd", USD, self.worth.usd))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that does not count, and why: an exclusion's code, a `Reason`, or the objection."""

    line: Line
    reason: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A sum, and the lines it is the sum of.

    Attributes
    ----------
    recipient, modality
        Empty in a total of a group.
    unit
        The unit of a quantity, or a currency.
    tossd
        How much of it also goes to TOSSD.
    traces
        The statements and contributions it is the sum of.
    """

    group: str
    recipient: str
    modality: str
    measure: Measure
    unit: str
    total: Decimal
    tossd: Decimal
    traces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """A member's return for a year.

    Attributes
    ----------
    cells, group_totals
        Sums by group, recipient and modality; by group.
    counted, excluded, objected, left_out
        Each line once, in the order of their references.
    other_years
        How many lines are of other years.
    without_rate
        Lines that count and whose money stands in no sum of US dollars.
    rates
        Every rate that was used.
    versions
        The version of each code list.
    """

    member: str
    year: int
    made_on: dt.date
    cells: tuple[Cell, ...]
    group_totals: tuple[Cell, ...]
    counted: tuple[Counted, ...]
    excluded: tuple[LeftOut, ...]
    objected: tuple[LeftOut, ...]
    left_out: tuple[LeftOut, ...]
    other_years: int
    without_rate: tuple[Counted, ...]
    rates: tuple[Rate, ...]
    versions: tuple[tuple[str, int], ...]
    checksum: str


def sdg_17_3_1(
    lines: Iterable[Line],
    member: str,
    year: int,
    *,
    modalities: Mapping[str, Modality],
    rates: Rates | None = None,
    made_on: dt.date | None = None,
    versions: Mapping[str, int] | None = None,
) -> Return:
    """Make a member's return for a year.

    Parameters
    ----------
    lines
        The member's own contributions, of any year, given and received.
    modalities
        The code list, by code: which group each is in, and which are excluded.
    rates
        Dated exchange rates; where none holds and the statement gives none, no dollars are stated.
    made_on
        The day it is made, today by default.
    """
    every = sorted(lines, key=lambda line: (line.trace, line.contribution.model_dump_json()))
    held = rates or Rates.of()
    counted: list[Counted] = []
    excluded, objected, left_out = [], [], []
    other_years = 0
    for line in every:
        if line.contribution.year not in {None, year}:
            other_years += 1
        elif line.contribution.provider != member:
            left_out.append(LeftOut(line, "not_provided"))
        elif line.objected is not None:
            objected.append(LeftOut(line, line.objected))
        elif exclusion := _exclusion(line, modalities):
            excluded.append(LeftOut(line, exclusion))
        elif reason := _reason(line, modalities):
            left_out.append(LeftOut(line, reason))
        else:
            counted.append(_counted(line, modalities[line.contribution.modality].group, held))
    used = {one.worth.rate for one in counted if one.worth and one.worth.rate}
    return Return(
        member=member,
        year=year,
        made_on=made_on or dt.datetime.now(tz=dt.UTC).date(),
        cells=_cells(counted, by_recipient=True),
        group_totals=_cells(counted, by_recipient=False),
        counted=tuple(counted),
        excluded=tuple(excluded),
        objected=tuple(objected),
        left_out=tuple(left_out),
        other_years=other_years,
        without_rate=tuple(one for one in counted if one.worth and one.worth.usd is None),
        rates=tuple(sorted(used, key=lambda rate: (rate.currency, rate.when, rate.source))),
        versions=tuple(sorted((versions or {}).items())),
        checksum=_checksum(member, year, counted, (*excluded, *objected, *left_out)),
    )


def _exclusion(line: Line, modalities: Mapping[str, Modality]) -> str:
    known = modalities.get(line.contribution.modality)
    return line.contribution.exclusion or (known.exclusion if known else "")


def _reason(line: Line, modalities: Mapping[str, Modality]) -> Reason | None:
    item = line.contribution
    if item.year is None:
        return "no_year"
    if item.stage != DELIVERED:
        return "not_delivered"
    if not line.recipient or item.receiver == item.provider:
        return "no_recipient"
    if item.modality not in modalities:
        return "unknown_modality"
    monetary = modalities[item.modality].group in MONETARY_GROUPS
    if item.quantity is None and (item.valuation is None or not monetary):
        return "no_quantity"
    return None


def _counted(line: Line, group: str, rates: Rates) -> Counted:
    item = line.contribution
    quantity = item.quantity if item.unit != MONEY else None
    return Counted(line, group, quantity, worth(line, rates, valuations=group in MONETARY_GROUPS))


def _cells(counted: Sequence[Counted], *, by_recipient: bool) -> tuple[Cell, ...]:
    parts: dict[tuple[str, str, str, Measure, str], list[tuple[Counted, Decimal]]] = defaultdict(
        list
    )
    for one in counted:
        recipient = one.line.recipient if by_recipient else ""
        modality = one.line.contribution.modality if by_recipient else ""
        for measure, unit, amount in one.amounts():
            parts[one.group, recipient, modality, measure, unit].append((one, amount))
    order = {measure: at for at, measure in enumerate(MEASURES)}
    return tuple(
        Cell(
            *key,
            total=total(tuple(amount for _, amount in items)),
            tossd=total(tuple(amount for one, amount in items if one.line.to_tossd)),
            traces=tuple(one.line.trace for one, _ in items),
        )
        for key, items in sorted(
            parts.items(), key=lambda part: (*part[0][:3], order[part[0][3]], part[0][4])
        )
    )


def _checksum(member: str, year: int, counted: Sequence[Counted], others: Sequence[LeftOut]) -> str:
    """Return the SHA-256 of everything the return was made of."""
    said = [
        "bandung sdg 17.3.1",
        member,
        year,
        [
            [
                one.group,
                *_said(one.line),
                [[measure, unit, format(amount, "f")] for measure, unit, amount in one.amounts()],
            ]
            for one in counted
        ],
        [[*_said(one.line), one.reason] for one in others],
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _said(line: Line) -> list[object]:
    item = line.contribution.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(item, ensure_ascii=False, sort_keys=True)
    return [line.reference, line.activity, line.title, text, list(line.also_reported)]

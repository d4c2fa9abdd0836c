"""Exchange rates brought as a file, and which of them holds on a day. None is ever guessed."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandung.register.content import MONEY
from bandung.register.returns import tables
from bandung.register.returns.tables import LineProblem, ValueProblemError
from bandung.register.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal
    from pathlib import Path

USD = "USD"
MOST_DAYS = 31
"""How many days a dated rate may be older than what it converts."""
RATE_PLACES, AMOUNT_PLACES = 12, 6
COLUMNS = ("currency", "date", "usd_per_unit", "source")
UNIT_COLUMNS = ("modality", "unit", "amount", "currency", "valid_from", "source")
YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency cost in US dollars on a day, or over a year (`on` None)."""

    currency: str
    year: int
    on: dt.date | None
    usd_per_unit: Decimal
    source: str

    @property
    def when(self) -> str:
        """The day, or the year of an average, as the file writes it."""
        return self.on.isoformat() if self.on else str(self.year)


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What a member says one unit of a modality costs it, from a day on."""

    modality: str
    unit: str
    amount: Decimal
    currency: str
    valid_from: dt.date
    source: str


@dataclass(frozen=True, slots=True)
class RatesReading:
    """The rates of a file, and each line that cannot be taken."""

    rates: tuple[Rate, ...]
    problems: tuple[LineProblem, ...]


@dataclass(frozen=True, slots=True)
class PricesReading:
    """The unit rates of a file, and each line that cannot be taken."""

    prices: tuple[UnitPrice, ...]
    problems: tuple[LineProblem, ...]


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates by currency: by day, and by year.

    Examples
    --------
    >>> from decimal import Decimal
    >>> march = Rate("BRL", 2024, dt.date(2024, 3, 28), Decimal("0.2"), "central bank")
    >>> whole = Rate("BRL", 2024, None, Decimal("0.1853"), "central bank")
    >>> rates = Rates.of([march, whole])
    >>> rates.at("BRL", dt.date(2024, 4, 2)).when, rates.at("BRL", dt.date(2024, 9, 1)).when
    ('2024-03-28', '2024')
    >>> rates.at("BRL", dt.date(2023, 9, 1)) is None
    True
    """

    by_day: Mapping[str, tuple[Rate, ...]]
    by_year: Mapping[tuple[str, int], Rate]
    _days: Mapping[str, tuple[dt.date, ...]]

    @classmethod
    def of(cls, rates: Iterable[Rate] = ()) -> Rates:
        """Return rates to be looked up. Of two for one day or year, the last one holds."""
        days: dict[tuple[str, dt.date], Rate] = {}
        years: dict[tuple[str, int], Rate] = {}
        for rate in rates:
            if rate.on is None:
                years[rate.currency, rate.year] = rate
            else:
                days[rate.currency, rate.on] = rate
        by_currency: dict[str, list[Rate]] = defaultdict(list)
        for _key, rate in sorted(days.items(), key=lambda item: item[0]):
            by_currency[rate.currency].append(rate)
        by_day = {code: tuple(found) for code, found in by_currency.items()}
        listed = {code: tuple(_day(rate) for rate in found) for code, found in by_day.items()}
        return cls(by_day, years, listed)

    def at(self, currency: str, day: dt.date) -> Rate | None:
        """Return the rate for a day: of that day or up to `MOST_DAYS` before, else of its year."""
        days = self._days.get(currency, ())
        at = bisect_right(days, day) - 1
        if at >= 0 and (day - days[at]).days <= MOST_DAYS:
            return self.by_day[currency][at]
        return self.by_year.get((currency, day.year))


def read_exchange_rates(source: Path | str | bytes) -> RatesReading:
    """Read ``currency,date,usd_per_unit,source``; a date of four digits is a year's average.

    Raises
    ------
    SourceError
        When it is no such file. What is wrong with its lines is returned.
    """
    rates: dict[tuple[str, str], Rate] = {}
    problems: list[LineProblem] = []
    for line, values in tables.lines_of(source, COLUMNS):
        try:
            rate = _rate(values)
        except ValueProblemError as error:
            problems.append(_problem(line, error))
            continue
        known = rates.setdefault((rate.currency, rate.when), rate)
        if known.usd_per_unit != rate.usd_per_unit:
            message = _(
                "%(currency)s on %(when)s stands in the file twice, as %(first)s and as "
                "%(second)s: only one can be right"
            ) % {
                "currency": rate.currency,
                "when": rate.when,
                "first": known.usd_per_unit,
                "second": rate.usd_per_unit,
            }
            written = values["usd_per_unit"]
            problems.append(LineProblem(line, "usd_per_unit", "repeated", message, written))
    return RatesReading(tuple(rates.values()), tuple(problems))


def read_unit_rates(
    source: Path | str | bytes, units: Mapping[str, tuple[str, ...]] | None = None
) -> PricesReading:
    """Read ``modality,unit,amount,currency,valid_from,source``: a member's own rate table.

    Parameters
    ----------
    units
        The modalities there are, each with its units; without them any are taken.

    Raises
    ------
    SourceError
        When it is no such file. What is wrong with its lines is returned.
    """
    prices: dict[tuple[str, str, dt.date], UnitPrice] = {}
    problems: list[LineProblem] = []
    for line, values in tables.lines_of(source, UNIT_COLUMNS):
        try:
            price = UnitPrice(
                modality=tables.said(values, "modality", 40),
                unit=tables.said(values, "unit", 40),
                amount=tables.positive(values, "amount", AMOUNT_PLACES),
                currency=tables.currency(values, "currency"),
                valid_from=tables.day(values, "valid_from"),
                source=tables.said(values, "source"),
            )
            _known(price, units)
        except ValueProblemError as error:
            problems.append(_problem(line, error))
            continue
        if prices.setdefault((price.modality, price.unit, price.valid_from), price) != price:
            message = _(
                "%(modality)s per %(unit)s from %(day)s stands in the file twice: only one can "
                "be right"
            ) % {"modality": price.modality, "unit": price.unit, "day": price.valid_from}
            problems.append(LineProblem(line, "amount", "repeated", message, values["amount"]))
    return PricesReading(tuple(prices.values()), tuple(problems))


def _known(price: UnitPrice, units: Mapping[str, tuple[str, ...]] | None) -> None:
    if units is None:
        return
    if price.modality not in units:
        told = {"modality": price.modality}
        message = _("'%(modality)s' is no modality of the register") % told
        raise ValueProblemError("modality", "code", message, price.modality)
    counted = units[price.modality]
    if price.unit not in counted or price.unit == MONEY:
        own = ", ".join(unit for unit in counted if unit != MONEY)
        message = _("%(modality)s is not counted in '%(unit)s'; its units are %(units)s") % {
            "modality": price.modality,
            "unit": price.unit,
            "units": own,
        }
        raise ValueProblemError("unit", "code", message, price.unit)


def _rate(values: dict[str, str]) -> Rate:
    currency = tables.currency(values, "currency")
    usd = tables.positive(values, "usd_per_unit", RATE_PLACES)
    if currency == USD and usd != 1:
        message = _("the US dollar costs 1 US dollar: leave the line out")
        raise ValueProblemError("usd_per_unit", "range", message, values["usd_per_unit"])
    source = tables.said(values, "source")
    if YEAR.fullmatch(values["date"]):
        return Rate(currency, int(values["date"]), None, usd, source)
    day = tables.day(values, "date")
    return Rate(currency, day.year, day, usd, source)


def _problem(line: int, error: ValueProblemError) -> LineProblem:
    return LineProblem(line, error.column, error.rule, str(error), error.value)


def _day(rate: Rate) -> dt.date:
    return rate.on or dt.date(rate.year, 1, 1)

"""The figures a ministry of finance asks for: by account, fiscal year and currency of the country.

A plain table of commitments and deliveries, given and received; one row for each contribution,
with its statement's reference. No debit and no credit, and nothing is netted: how it is booked is
the ministry's to say, and so is the chart of accounts.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from bandung.errors import CodeUnknownError, InputError
from bandung.register.content import MONEY
from bandung.register.returns import tables
from bandung.register.returns.lines import Line, Modality, Worth, quotient, total, worth
from bandung.register.returns.rates import USD, Rate, Rates
from bandung.register.returns.tables import LineProblem, ValueProblemError
from bandung.register.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


Direction = Literal["given", "received"]
STAGES = ("committed", "delivered")
CENTS = Decimal("0.01")
ACCOUNT_COLUMNS = ("modality", "direction", "account", "name")
DIRECTIONS: tuple[Direction, ...] = ("given", "received")


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the ministry's chart, with its name if the file gives one."""

    code: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class AccountsReading:
    """Which account each modality goes to, by modality and direction; and each bad line."""

    accounts: Mapping[tuple[str, str], Account]
    problems: tuple[LineProblem, ...]


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """A year of twelve months that begins in any month; it bears the year in which it begins."""

    year: int
    first_month: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.first_month <= 12:
            raise InputError(
                _("a fiscal year begins in month 1 to 12, not %(month)s")
                % {"month": self.first_month}
            )

    @property
    def start(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, self.first_month, 1)

    @property
    def end(self) -> dt.date:
        """Its last day."""
        month = (self.first_month - 2) % 12 + 1
        year = self.year + (self.first_month > 1)
        return dt.date(year, month, calendar.monthrange(year, month)[1])

    @property
    def label(self) -> str:
        """Return it as ministries write it.

        Examples
        --------
        >>> FiscalYear(2024).label, FiscalYear(2024, 4).label, FiscalYear(2024, 4).end.isoformat()
        ('2024', '2024/25', '2025-03-31')
        """
        return f"{self.year}" if self.first_month == 1 else f"{self.year}/{self.end.year % 100:02}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A contribution in the ministry's terms.

    Attributes
    ----------
    account
        None where the modality has none.
    day
        The day it is booked on: that on which its period ends.
    worth
        Its money as stated; None for a quantity without a value.
    national
        The same in the currency of the country, to the cent; None where a rate is missing.
    national_rate
        The rate of the country's currency that was used; None where none was needed.
    note
        Why there is no amount: ``not_valued`` or ``no_rate``; ``no_account`` where that is missing.
    """

    line: Line
    account: Account | None
    direction: Direction
    partner: str
    day: dt.date
    worth: Worth | None
    national: Decimal | None
    national_rate: Rate | None
    note: str

    @property
    def quantity(self) -> Decimal | None:
        """Its quantity, where that is not money."""
        item = self.line.contribution
        return item.quantity if item.unit != MONEY else None


@dataclass(frozen=True, slots=True)
class Subtotal:
    """A sum in the currency of the country, and how many rows have no amount to add."""

    account: str
    direction: Direction
    stage: str
    total: Decimal
    rows: int
    without_amount: int


@dataclass(frozen=True, slots=True)
class FinanceTable:
    """A member's fiscal year: every contribution committed or delivered in it, and the sums."""

    member: str
    fiscal_year: FiscalYear
    currency: str
    entries: tuple[Entry, ...]
    subtotals: tuple[Subtotal, ...]


def finance_table(
    lines: Iterable[Line],
    member: str,
    fiscal_year: FiscalYear,
    currency: str,
    *,
    modalities: Mapping[str, Modality],
    rates: Rates,
    accounts: Mapping[tuple[str, str], Account] | None = None,
) -> FinanceTable:
    """Put a member's contributions in accounts of a fiscal year.

    Parameters
    ----------
    lines
        The member's own contributions, of any year, given and received.
    currency
        Of the country, as an ISO 4217 code.
    accounts
        The ministry's own, by modality and direction, in place of those of the code list.

    Raises
    ------
    CodeUnknownError
        When `currency` is no currency.
    """
    try:
        tables.currency({"currency": currency}, "currency")
    except ValueProblemError as error:
        raise CodeUnknownError("currency", currency, ()) from error
    entries = []
    for line in sorted(lines, key=lambda one: one.trace):
        day, item = line.day, line.contribution
        if day is None or not fiscal_year.start <= day <= fiscal_year.end:
            continue
        if item.stage not in STAGES or member not in {item.provider, item.receiver}:
            continue
        direction: Direction = "given" if item.provider == member else "received"
        account = _account(line, direction, modalities, accounts or {})
        entries.append(_entry(line, day, direction, account, currency, rates))
    return FinanceTable(member, fiscal_year, currency, tuple(entries), _subtotals(entries))


def read_accounts(source: Path | str | bytes) -> AccountsReading:
    """Read ``modality,direction,account,name``: the ministry's chart. Direction may be empty.

    Raises
    ------
    SourceError
        When it is no such file. What is wrong with its lines is returned.
    """
    accounts: dict[tuple[str, str], Account] = {}
    problems: list[LineProblem] = []
    for line, values in tables.lines_of(source, ACCOUNT_COLUMNS):
        direction = values["direction"].lower()
        try:
            modality = tables.said(values, "modality", 40)
            account = Account(tables.said(values, "account", 40), values["name"][:300])
        except ValueProblemError as error:
            problems.append(LineProblem(line, error.column, error.rule, str(error), error.value))
            continue
        if direction not in {"", *DIRECTIONS}:
            message = f"{values['direction']!r} is no direction: write given, received or nothing"
            problems.append(LineProblem(line, "direction", "code", message, direction))
            continue
        for way in (direction,) if direction else DIRECTIONS:
            if accounts.setdefault((modality, way), account) != account:
                message = f"{modality}, {way}, stands in the file twice: only one can be right"
                problems.append(LineProblem(line, "account", "repeated", message, account.code))
    return AccountsReading(accounts, tuple(problems))


def _account(
    line: Line,
    direction: Direction,
    modalities: Mapping[str, Modality],
    own: Mapping[tuple[str, str], Account],
) -> Account | None:
    code = line.contribution.modality
    if (code, direction) in own:
        return own[code, direction]
    known = modalities.get(code)
    if known is None:
        return None
    listed = known.account if direction == "given" else known.account_received
    return Account(listed) if listed else None


def _entry(
    line: Line,
    day: dt.date,
    direction: Direction,
    account: Account | None,
    currency: str,
    rates: Rates,
) -> Entry:
    stated = worth(line, rates)
    national, used, note = _national(stated, day, currency, rates)
    partner = line.recipient if direction == "given" else line.provider
    return Entry(
        line=line,
        account=account,
        direction=direction,
        partner=partner,
        day=day,
        worth=stated,
        national=national,
        national_rate=used,
        note=note or ("" if account else "no_account"),
    )


def _national(
    stated: Worth | None, day: dt.date, currency: str, rates: Rates
) -> tuple[Decimal | None, Rate | None, str]:
    if stated is None:
        return None, None, "not_valued"
    if stated.currency == currency:
        return stated.amount, None, ""
    if stated.usd is None:
        return None, None, "no_rate"
    if currency == USD:
        return quotient(stated.usd, Decimal(1), CENTS), None, ""
    rate = rates.at(currency, stated.day or day)
    if rate is None:
        return None, None, "no_rate"
    return quotient(stated.usd, rate.usd_per_unit, CENTS), rate, ""


def _subtotals(entries: Iterable[Entry]) -> tuple[Subtotal, ...]:
    rows: dict[tuple[str, Direction, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        account = entry.account.code if entry.account else ""
        rows[account, entry.direction, entry.line.contribution.stage].append(entry)
    return tuple(
        Subtotal(
            *key,
            total=total(tuple(entry.national for entry in items if entry.national is not None)),
            rows=len(items),
            without_amount=sum(entry.national is None for entry in items),
        )
        for key, items in sorted(rows.items())
    )

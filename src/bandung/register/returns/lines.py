"""What a return is made of: one line for each contribution a member states, and its worth."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from bandung.register.content import MONEY
from bandung.register.returns.rates import USD, Rate, Rates

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from bandung.register.content import Contribution

EXACT = 80
"""Digits that products of amounts and rates are kept to: more than any of them has."""
TOSSD = "tossd"
STATED = "statement"


@dataclass(frozen=True, slots=True)
class Line:
    """A contribution as its member states it.

    Attributes
    ----------
    reference
        The statement's reference in the register.
    activity
        The activity's identifier.
    objected
        The receiving member's reason where it objects, empty if it gave none; None if it does not.
    also_reported
        Codes of the systems that the activity is also reported to.
    """

    reference: str
    activity: str
    title: str
    contribution: Contribution
    objected: str | None = None
    also_reported: tuple[str, ...] = ()

    @property
    def trace(self) -> str:
        """What the line is known by: the statement's reference and the contribution's key."""
        return f"{self.reference}/{self.contribution.key}"

    @property
    def recipient(self) -> str:
        """Alpha-3 code of the receiving member, else the name of the receiving organisation."""
        return self.contribution.receiver or self.contribution.receiver_name

    @property
    def provider(self) -> str:
        """Alpha-3 code of the providing member, else the name of the providing organisation."""
        return self.contribution.provider or self.contribution.provider_name

    @property
    def day(self) -> dt.date | None:
        """The day it is counted on: that on which its period ends."""
        return self.contribution.period_end or self.contribution.period_start

    @property
    def to_tossd(self) -> bool:
        """Whether the activity also goes to TOSSD."""
        return any(code.lower() == TOSSD for code in self.also_reported)


@dataclass(frozen=True, slots=True)
class Modality:
    """What a return asks of a modality: its group, A, B or C, and why it is left out if it is."""

    code: str
    group: str
    exclusion: str = ""
    account: str = ""
    account_received: str = ""


@dataclass(frozen=True, slots=True)
class Worth:
    """Money of a line, as it is stated and in US dollars.

    Attributes
    ----------
    valued
        Whether it is a valuation of a quantity, and not money that moved.
    method
        How it was valued, a code of the list ``valuation_method``.
    usd
        None where no rate is at hand.
    day
        The day whose prices it is in.
    rate
        The rate used; None where none was needed, or none is at hand. The source of a rate that
        the statement itself gives begins with ``statement``.
    """

    amount: Decimal
    currency: str
    valued: bool
    day: dt.date | None
    method: str = ""
    usd: Decimal | None = None
    rate: Rate | None = None


def worth(line: Line, rates: Rates, *, valuations: bool = True) -> Worth | None:
    """Return what a line says it is worth; None if it says nothing.

    Parameters
    ----------
    valuations
        Whether a valuation of a quantity counts as money.
    """
    item = line.contribution
    valuation = item.valuation
    if item.unit == MONEY and item.quantity is not None:
        amount, currency, day, valued = item.quantity, item.currency, line.day, False
    elif valuation is not None and valuations:
        amount, currency, valued = valuation.amount, valuation.currency, True
        day = valuation.price_date or line.day
    else:
        return None
    method = valuation.method if valuation is not None and valued else ""
    if currency == USD:
        return Worth(amount, currency, valued, day, method, amount)
    if valuation is not None and valuation.currency == USD and not valued:
        return Worth(amount, currency, valued, day, method, valuation.amount, _stated(line, amount))
    rate = None
    if valuation is not None and valuation.currency == currency and valuation.rate is not None:
        stated_on = valuation.price_date or day
        year = stated_on.year if stated_on else 0
        source = f"{STATED} {line.reference}: {valuation.rate_source}".rstrip(": ")
        rate = Rate(currency, year, stated_on, valuation.rate, source)
    elif day is not None:
        rate = rates.at(currency, day)
    if rate is None:
        return Worth(amount, currency, valued, day, method)
    return Worth(amount, currency, valued, day, method, product(amount, rate.usd_per_unit), rate)


def product(amount: Decimal, factor: Decimal) -> Decimal:
    """Return a product without rounding, so that parts add up to the whole."""
    with localcontext(prec=EXACT):
        return amount * factor


def quotient(amount: Decimal, divisor: Decimal, places: Decimal) -> Decimal:
    """Return a quotient rounded to so many places."""
    with localcontext(prec=EXACT):
        return (amount / divisor).quantize(places)


def total(amounts: Mapping[str, Decimal] | tuple[Decimal, ...]) -> Decimal:
    """Return a sum without rounding."""
    values = amounts if isinstance(amounts, tuple) else tuple(amounts.values())
    with localcontext(prec=EXACT):
        return sum(values, Decimal(0))


def _stated(line: Line, amount: Decimal) -> Rate | None:
    """Return the rate that lies in a statement's own amounts in two currencies."""
    valuation, item = line.contribution.valuation, line.contribution
    if valuation is None or not amount:
        return None
    day = valuation.price_date or line.day
    implied = quotient(valuation.amount, amount, Decimal("1e-12"))
    year = day.year if day else 0
    return Rate(item.currency, year, day, implied, f"{STATED} {line.reference}")

"""Pictures of what was given and received: bars to both sides of one axis, and their table.

A picture is in one measure; its table has them all. Given is to the left of the axis and
received to the right, in every language.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from babel import numbers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandung.codes import countries
from bandung.register import codelists
from bandung.register.content import MONEY
from bandung.register.pages import filters, localised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bandung.register.selection import Selection
    from bandung.register.sums import Dimension, Side, Sums, Total

MOST_BARS = 12
LONGEST = 68
"""Percent of its side that the longest bar takes; its number stands behind it."""
COMPACT_FROM = 1_000_000
COUNTS = ("activities", "usd")
FILTER = {
    "partner": "partner",
    "member": "member",
    "modality": "modality",
    "sector": "sector",
    "goal": "sdg",
}


@dataclass(frozen=True, slots=True)
class Half:
    """One bar: its number, and where it begins and how long it is, in percent of its side."""

    text: str
    length: str
    start: str
    label_at: str
    query: str


@dataclass(frozen=True, slots=True)
class Bar:
    """What stands on both sides of the axis for one key; `query` narrows to it."""

    label: str
    query: str
    given: Half
    received: Half


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: every measure of both sides."""

    label: str
    query: str
    given: Side
    received: Side


@dataclass(frozen=True, slots=True)
class Picture:
    """A finding, its bars, and the table behind them."""

    key: str
    title: str
    finding: str
    bars: list[Bar]
    left_out: int
    lines: list[Line]


def picture(
    dimension: Dimension, found: Sums, selection: Selection, measure: str
) -> Picture | None:
    """Return the picture of sums by one dimension; None where there is nothing to show."""
    totals = [total for total in found.totals if total.key]
    if not totals:
        return None
    lines = [
        Line(
            label(dimension, total.key),
            _query(selection, dimension, total.key),
            total.given,
            total.received,
        )
        for total in _in_order(dimension, totals, measure)
    ]
    shown = [
        total for total in _in_order(dimension, totals, measure) if _largest(total, measure) > 0
    ]
    if dimension == "year":
        shown, left_out = shown[-MOST_BARS:], max(0, len(shown) - MOST_BARS)
    else:
        shown, left_out = shown[:MOST_BARS], max(0, len(shown) - MOST_BARS)
    longest = max((_largest(total, measure) for total in shown), default=Decimal(0))
    bars = [_bar(dimension, total, selection, measure, longest) for total in shown]
    said = _finding(dimension, totals, measure)
    return Picture(dimension, titles()[dimension], said, bars, left_out, lines)


def titles() -> dict[str, str]:
    """Return what each picture shows."""
    return {
        "partner": _("By partner"),
        "member": _("By member, each by its own account"),
        "modality": _("By modality"),
        "sector": _("By sector"),
        "goal": _("By Sustainable Development Goal"),
        "year": _("By year"),
    }


def label(dimension: str, key: str) -> str:
    """Return what a key is called."""
    if dimension in {"partner", "member"}:
        return countries.name(key, localised.lang())
    if dimension == "modality":
        return codelists.label("modality", key, localised.lang())
    if dimension == "sector":
        return filters.sector_label(key)
    if dimension == "goal":
        return filters.goal_label(key)
    return localised.digits(key)


def measures(selection_units: Sequence[str]) -> list[tuple[str, str]]:
    """Return what the pictures can be in: activities, stated dollars, and each unit."""
    found = [("activities", _("Number of activities")), ("usd", _("Stated value, US dollars"))]
    return found + [(unit, measure_label(unit)) for unit in selection_units]


def measure_label(measure: str) -> str:
    """Return what a measure is called."""
    unit, _colon, currency = measure.partition(":")
    if unit == MONEY:
        return _("Money, %(currency)s") % {"currency": currency}
    if measure in COUNTS:
        return dict(measures(()))[measure]
    return codelists.label("unit", unit, localised.lang())


def short(value: Decimal) -> str:
    """Write a number short enough to stand beside a bar."""
    if abs(value) < COMPACT_FROM:
        return localised.number(value.quantize(Decimal(1)) if value >= 100 else value, None)
    lang = localised.lang()
    return localised.digits(
        numbers.format_compact_decimal(
            value, locale=localised.locale(lang), format_type="short", fraction_digits=1
        )
    )


def _in_order(dimension: Dimension, totals: list[Total], measure: str) -> list[Total]:
    if dimension == "year":
        return sorted(totals, key=lambda total: int(total.key))
    if dimension == "member":
        return sorted(totals, key=lambda total: countries.folded(label("member", total.key)))
    return sorted(
        totals, key=lambda total: (-_largest(total, measure), -total.activities, total.key)
    )


def _largest(total: Total, measure: str) -> Decimal:
    return max(total.given.in_measure(measure), total.received.in_measure(measure))


def _bar(
    dimension: Dimension, total: Total, selection: Selection, measure: str, longest: Decimal
) -> Bar:
    query = _query(selection, dimension, total.key)

    def half(side: Side, direction: str, *, left: bool) -> Half:
        value = side.in_measure(measure)
        length = float(value / longest * LONGEST) if longest else 0.0
        start = 100 - length if left else 0.0
        at = start - 1.5 if left else length + 1.5
        narrowed = _query(selection, dimension, total.key, direction=direction)
        text = short(value) if value else ""
        return Half(text, f"{length:.2f}%", f"{start:.2f}%", f"{at:.2f}%", narrowed)

    return Bar(
        label(dimension, total.key),
        query,
        half(total.given, "given", left=True),
        half(total.received, "received", left=False),
    )


def _query(selection: Selection, dimension: Dimension, key: str, **more: object) -> str:
    """Return the address of the list of what a bar counts."""
    if dimension == "year":
        more |= {"year_from": int(key), "year_to": int(key)}
    else:
        more[FILTER[dimension]] = key
    return selection.query(stage="delivered", **more)


def _finding(dimension: Dimension, totals: list[Total], measure: str) -> str:
    most = max(totals, key=lambda total: (total.activities, _largest(total, measure)))
    values = {
        "name": label(dimension, most.key),
        "n": localised.number(most.activities),
        "shown": localised.number(len(totals)),
    }
    said: dict[str, Callable[[], str]] = {
        "partner": lambda: ngettext(
            "%(shown)s partner: %(name)s, in %(n)s of the activities.",
            "%(shown)s partners; the one in most activities is %(name)s, in %(n)s.",
            len(totals),
        ),
        "member": lambda: ngettext(
            "%(shown)s member has accounts here.",
            "%(shown)s members have accounts here.",
            len(totals),
        ),
        "modality": lambda: _("The modality used in most activities: %(name)s, in %(n)s."),
        "sector": lambda: _("The sector of most activities: %(name)s, with %(n)s."),
        "goal": lambda: _("The goal that most activities serve: %(name)s, with %(n)s."),
        "year": lambda: _("The year in which most activities delivered: %(name)s, with %(n)s."),
    }
    return said[dimension]() % values

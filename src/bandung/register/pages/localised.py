"""Numbers and dates as the reader's language writes them, and as people type them (CLDR)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale, dates, lists, numbers
from django.utils import timezone, translation

from bandung.codes import countries
from bandung.codes.tables import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_BREAK = "\u00a0"
_ASCII = "0123456789"
_NUMERALS = {"arab": "٠١٢٣٤٥٦٧٨٩", "arabext": "۰۱۲۳۴۵۶۷۸۹"}
_TO_ASCII = str.maketrans({d: str(n) for row in _NUMERALS.values() for n, d in enumerate(row)})
_MARKS = re.compile("[\u200e\u200f\u061c\u2066-\u2069]")
_SPACES = re.compile(r"\s|’|'")
_ISO_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_MONTH_FIRST = frozenset({"en"})


def lang() -> str:
    """Return the language the page is being written in."""
    code = (translation.get_language() or "en")[:2]
    return code if code in LANGUAGES else "en"


@cache
def locale(code: str) -> Locale:
    """Return CLDR's locale of one of the five languages."""
    return Locale(code)


def system(code: str) -> str:
    """Return the numbering system a language's pages are written in."""
    native = locale(code).other_numbering_systems.get("native", "latn")
    return native if native in _NUMERALS else "latn"


def digits(text: str) -> str:
    """Write the digits of a text with the numerals of the page's language."""
    numerals = _NUMERALS.get(system(lang()))
    return text.translate(str.maketrans(_ASCII, numerals)) if numerals else text


def number(value: Decimal | float, decimals: int | None = None) -> str:
    """Write a number with so many decimals, or with those it has (at most six)."""
    pattern = (
        "#,##0.######" if decimals is None else "#,##0" + "." * bool(decimals) + "0" * decimals
    )
    written = numbers.format_decimal(
        value, pattern, locale=locale(lang()), numbering_system=system(lang())
    )
    return digits(written)


def percent(share: Decimal | float, decimals: int = 0) -> str:
    """Write a share of one as percent."""
    pattern = "#,##0" + "." * bool(decimals) + "0" * decimals + "%"
    written = numbers.format_percent(
        share, pattern, locale=locale(lang()), numbering_system=system(lang())
    )
    return digits(written)


def plain_number(value: Decimal) -> str:
    """Write a number without separators of thousands, for a field somebody will change."""
    sign = locale(lang()).number_symbols["latn"]["decimal"]
    text = format(value.normalize(), "f")
    return text.replace(".", sign)


def day(value: dt.date) -> str:
    """Write a date, its month in letters so that no order of figures can be mistaken."""
    width = "long" if lang() == "ar" else "medium"
    return digits(dates.format_date(value, width, locale=locale(lang())))


def moment(value: dt.datetime) -> str:
    """Write a day and time of day in UTC, and say so."""
    at = timezone.localtime(value, dt.UTC)
    return f"{day(at.date())}, {clock(at)} UTC"


def clock(value: dt.datetime) -> str:
    """Write the time of day in UTC, by 24 hours."""
    return digits(f"{timezone.localtime(value, dt.UTC):%H:%M}")


def joined(items: Iterable[str]) -> str:
    """Write a list as the page's language does."""
    return str(lists.format_list(list(items), locale=locale(lang())))


def either(items: Iterable[str]) -> str:
    """Write a list of which one is to be taken."""
    return str(lists.format_list(list(items), style="or", locale=locale(lang())))


def member_names(codes: Iterable[str]) -> str:
    """Name countries, in the order of the language's alphabet."""
    return joined(countries.name(code, lang()) for code in alphabetical(codes))


def alphabetical(codes: Iterable[str]) -> list[str]:
    """Order countries by their names in the page's language."""
    return sorted(codes, key=lambda code: countries.folded(countries.name(code, lang())))


def read_number(text: str) -> Decimal:
    """Read a number as the page's language writes it, or with a point for the decimals.

    One separator followed by other than three digits is the decimal sign in any language; by
    three digits it means what it means in the page's language.

    Raises
    ------
    ValueError
        When it is none, or can be read two ways.

    Examples
    --------
    >>> read_number("1 250,5"), read_number("١٢٫٥"), read_number("1,250")
    (Decimal('1250.5'), Decimal('12.5'), Decimal('1250'))
    """
    plain = _SPACES.sub("", _MARKS.sub("", text)).translate(_TO_ASCII)
    plain = plain.replace("٫", "d").replace("٬", "").replace("،", ",").replace("−", "-")
    seen = [sign for sign in ".,d" if sign in plain]
    if "d" in seen:
        decimal = "d"
    elif len(seen) == 2:
        decimal = max(seen, key=plain.rindex)
    elif seen and plain.count(seen[0]) == 1:
        decimal = seen[0] if _is_decimal(plain, seen[0]) else ""
    else:
        decimal = ""
    whole = plain
    for sign in seen:
        if sign != decimal:
            _refuse_odd_groups(whole.partition(decimal)[0] if decimal else whole, sign)
            whole = whole.replace(sign, "")
    if decimal and whole.count(decimal) > 1:
        raise ValueError(text)
    if decimal:
        whole = whole.replace(decimal, ".")
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?|[+-]?\.\d+", whole):
        raise ValueError(text)
    try:
        return Decimal(whole)
    except InvalidOperation:
        raise ValueError(text) from None


def read_day(text: str) -> dt.date:
    """Read a date: year first, or in the order of the page's language; digits of any script.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> read_day("2024-03-09"), read_day("٢٠٢٤/٣/٩")
    (datetime.date(2024, 3, 9), datetime.date(2024, 3, 9))
    """
    plain = _MARKS.sub("", text).strip().translate(_TO_ASCII).replace(" ", "")
    if found := _ISO_DAY.fullmatch(plain):
        year, month, date = map(int, found.groups())
    elif found := _DAY_FIRST.fullmatch(plain):
        first, second, year = map(int, found.groups())
        month_first = lang() in _MONTH_FIRST and "/" in plain
        month, date = (first, second) if month_first else (second, first)
    else:
        raise ValueError(text)
    return dt.date(year, month, date)


def _is_decimal(plain: str, sign: str) -> bool:
    after = plain.rpartition(sign)[2]
    if len(after) != 3 or plain.lstrip("+-").startswith(("0", sign)):
        return True
    return bool(locale(lang()).number_symbols["latn"]["decimal"] == sign)


def _refuse_odd_groups(whole: str, sign: str) -> None:
    first, *others = whole.lstrip("+-").split(sign)
    if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in others):
        raise ValueError(whole)

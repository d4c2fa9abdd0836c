"""Numbers and dates as the reader's language writes them, and as people type them (CLDR)."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale, dates, lists, numbers, units
from django.utils import timezone, translation

from bandung.codes import countries
from bandung.codes.tables import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    Style = Literal["standard", "or"]

NO_BREAK = "\u00a0"
_ASCII = "0123456789"
_NUMERALS = {"arab": "٠١٢٣٤٥٦٧٨٩", "arabext": "۰۱۲۳۴۵۶۷۸۹"}
_TO_ASCII = str.maketrans({d: str(n) for row in _NUMERALS.values() for n, d in enumerate(row)})
_MARKS = re.compile("[\u200e\u200f\u061c\u2066-\u2069]")
_SPACES = re.compile(r"\s|’|'")
_ISO_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_LEFT_TO_RIGHT = frozenset({"L"})
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_SOUNDS_I = re.compile(r"\W*(?:[ií]|h[ií](?![aeoáéó]))", re.IGNORECASE)
_SOUNDS_O = re.compile(r"\W*h?[oó]", re.IGNORECASE)
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


def plural_form(value: Decimal) -> str:
    """Return which form of a word a number asks for in the page's language.

    Examples
    --------
    >>> [plural_form(Decimal(text)) for text in ("1.000", "1.5", "2")]
    ['one', 'other', 'other']
    """
    return str(locale(lang()).plural_form(Decimal(f"{value.normalize():f}")))


def percent(share: Decimal | float, decimals: int = 0) -> str:
    r"""Write a share of one as percent.

    Examples
    --------
    >>> with translation.override("fr"):
    ...     percent(Decimal("0.125"), 1)
    '12,5\xa0%'
    """
    tongue, numerals = locale(lang()), system(lang())
    whole = tongue.percent_formats[None].pattern
    pattern = whole.replace("##0", "##0" + "." * bool(decimals) + "0" * decimals)
    written = numbers.format_percent(share, pattern, locale=tongue, numbering_system=numerals)
    return digits(written.replace("%", tongue.number_symbols[numerals]["percentSign"]))


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
    return parted((day(at.date()), f"{clock(at)} UTC"))


def clock(value: dt.datetime) -> str:
    """Write the time of day in UTC, by 24 hours."""
    return digits(f"{timezone.localtime(value, dt.UTC):%H:%M}")


def isolated(text: str) -> str:
    """Keep a text that runs against the page from turning round what stands beside it.

    A text that runs with the page, or has no direction, stays as it is.

    Examples
    --------
    >>> isolated("Kaolack"), isolated("كولخ") == "\u2068كولخ\u2069"
    ('Kaolack', True)
    """
    against = _LEFT_TO_RIGHT if lang() == "ar" else _RIGHT_TO_LEFT
    found = any(unicodedata.bidirectional(letter) in against for letter in text)
    return f"\u2068{text}\u2069" if found else text


def file_size(octets: int) -> str:
    r"""Write the size of a file in megabytes.

    Examples
    --------
    >>> with translation.override("fr"):
    ...     file_size(20 * 2**20)
    '20\xa0mégaoctets'
    """
    code = lang()
    written = units.format_unit(
        round(octets / 2**20, 1),
        "digital-megabyte",
        "long",
        "#,##0.#",
        locale=locale(code),
        numbering_system=system(code),
    )
    return digits(written)


def comma() -> str:
    """Return what the page's language sets between the parts of a line."""
    return "، " if lang() == "ar" else ", "


def parted(parts: Iterable[str]) -> str:
    """Write the parts of a line that there are, a comma between them.

    Examples
    --------
    >>> parted(("Kaolack", "", "Senegal"))
    'Kaolack, Senegal'
    """
    return comma().join(part for part in parts if part)


def coordinates(latitude: Decimal | None, longitude: Decimal | None) -> str:
    """Write where a place lies, in degrees; empty where that is not said.

    Examples
    --------
    >>> coordinates(Decimal("-15.12"), Decimal("39.26")), coordinates(None, None)
    ('-15.12°, 39.26°', '')
    """
    if latitude is None or longitude is None:
        return ""
    return parted(f"{number(degrees)}°" for degrees in (latitude, longitude))


def joined(items: Iterable[str]) -> str:
    """Write a list as the page's language does.

    Examples
    --------
    >>> with translation.override("es"):
    ...     joined(["Brasil", "India"]), joined(["Brasil", "Cuba", "Haití"])
    ('Brasil e India', 'Brasil, Cuba y Haití')
    """
    return _listed(items, "standard", " y ", " e ", _SOUNDS_I)


def either(items: Iterable[str]) -> str:
    """Write a list of which one is to be taken."""
    return _listed(items, "or", " o ", " u ", _SOUNDS_O)


def _listed(
    items: Iterable[str], style: Style, usual: str, before_sound: str, sound: re.Pattern[str]
) -> str:
    """Write a list; Spanish writes "e" for "y" before the sound i, and "u" for "o" before o."""
    parts = list(items)
    written = str(lists.format_list(parts, style=style, locale=locale(lang())))
    if lang() != "es" or len(parts) < 2 or not sound.match(parts[-1]):
        return written
    return written.removesuffix(usual + parts[-1]) + before_sound + parts[-1]


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

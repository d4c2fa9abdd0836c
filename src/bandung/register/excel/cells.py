"""What a cell says: text, code, date or number, as people and Excel write them."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, cast

from babel import Locale

from bandung.register.excel.codebook import AmbiguousNameError, Codebook, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bandung.register.excel.layout import Column

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the beginning of a formula."""
MOST_SHOWN = 80
EXACT_DIGITS = 15
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
UNSAYABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
DAY_FIRST = re.compile(r"(\d{1,2})[-/.\s](\d{1,2})[-/.\s](\d{4})")
SPACES_IN_NUMBERS = re.compile(r"[\s\u00a0\u202f\u2009'’\u200e\u200f\u061c]")
PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
LIST_MARKS = re.compile(r"[;؛\n]")
EASTERN_MARKS = {"٫": ".", "٬": "", "،": ",", "−": "-"}


class CellProblemError(ValueError):
    """What is wrong with a cell: a rule, and the values its sentence names."""

    def __init__(self, rule: str, **values: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self.values = values


@dataclass(frozen=True, slots=True)
class Reader:
    """How the cells of a sheet are read: its codes, and the language that its headings are in."""

    codes: Codebook
    lang: str

    def read(self, value: object, kind: str, column: Column) -> object:
        """Return what a cell says, None if it is empty.

        Parameters
        ----------
        value
            What stands in the cell.
        kind
            Excel's type of it: ``f`` a formula, ``e`` an error, ``s``, ``n``, ``d``, ``b``.

        Raises
        ------
        CellProblemError
        """
        if kind == "f":
            raise CellProblemError("formula", value=shown(value))
        if kind == "e":
            raise CellProblemError("cell_error", value=shown(value))
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if column.kind == "date":
            return date(value)
        if column.kind == "number":
            return number(value, self.lang)
        written = text(value, retyped=bool(column.codes))
        return self._said(written, column) if written else None

    def _said(self, written: str, column: Column) -> str | tuple[str, ...]:
        if column.kind == "codes":
            parts = [part.strip() for part in LIST_MARKS.split(written)]
            return tuple(self.code(part, column.codes) for part in parts if part)
        if column.kind == "code":
            return self.code(written, column.codes)
        if len(written) > column.most:
            raise CellProblemError("long", count=len(written), most=column.most, value=written)
        return written

    def code(self, written: str, codes: str) -> str:
        """Return the code of a list that a text means.

        Raises
        ------
        CellProblemError
        """
        try:
            return self.codes.find(codes, written)
        except AmbiguousNameError as error:
            near = ", ".join(error.near)
            raise CellProblemError("code_ambiguous", value=written, near=near) from error
        except UnknownNameError as error:
            near = ", ".join(self.codes.label(codes, code, self.lang) for code in error.near)
            rule = "code_near" if near else "code"
            raise CellProblemError(rule, value=written, near=near) from error


def text(value: object, *, retyped: bool = False) -> str:
    """Return a cell's text; `retyped` refuses what Excel made of a code that was typed.

    Raises
    ------
    CellProblemError
    """
    if isinstance(value, str):
        return unescaped(value).replace("\x00", "").strip()
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**EXACT_DIGITS:
        value = int(value)
    if retyped and (isinstance(value, bool) or not isinstance(value, int)):
        raise CellProblemError("retyped", value=shown(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    return str(value).upper() if isinstance(value, bool) else str(value)


def date(value: object) -> dt.date:
    """Return the day that a cell says.

    Raises
    ------
    CellProblemError

    Examples
    --------
    >>> date("2024-02-29"), date("29/2/2024") == date("٢٩/٢/٢٠٢٤")
    (datetime.date(2024, 2, 29), True)
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        written = _western(value).strip(" \u200e\u200f\u061c")
        iso, day_first = ISO_DATE.fullmatch(written), DAY_FIRST.fullmatch(written)
        try:
            if iso:
                return dt.date(int(iso[1]), int(iso[2]), int(iso[3]))
            if day_first:
                return dt.date(int(day_first[3]), int(day_first[2]), int(day_first[1]))
        except ValueError as error:
            raise CellProblemError("date", value=shown(value)) from error
    raise CellProblemError("date", value=shown(value))


def number(value: object, lang: str) -> Decimal:
    """Return the number that a cell says, with the separators of a language if it is text.

    Raises
    ------
    CellProblemError

    Examples
    --------
    >>> number("1 234,5", "fr"), number("1.234,5", "pt"), number("1,234.5", "en")
    (Decimal('1234.5'), Decimal('1234.5'), Decimal('1234.5'))
    >>> number("1,234", "en"), number("1,234", "fr")
    (Decimal('1234'), Decimal('1.234'))
    """
    if isinstance(value, (bool, dt.date, dt.time, dt.timedelta)):
        raise CellProblemError("number", value=shown(value))
    if isinstance(value, (int, float)):
        if isinstance(value, float) and not math.isfinite(value):
            raise CellProblemError("number", value=shown(value))
        return Decimal(f"{value:.{EXACT_DIGITS}g}") if isinstance(value, float) else Decimal(value)
    written = _in_points(SPACES_IN_NUMBERS.sub("", _western(str(value))), lang)
    if not PLAIN_NUMBER.fullmatch(written):
        raise CellProblemError("number", value=shown(value))
    try:
        return Decimal(written)
    except InvalidOperation as error:
        raise CellProblemError("number", value=shown(value)) from error


def unescaped(value: str) -> str:
    r"""Return a text of a workbook with its characters written ``_x000D_`` put back.

    A character written as two halves is put together; a half alone becomes U+FFFD, for no text
    can hold it.

    Examples
    --------
    >>> unescaped("a_x000D_b"), unescaped("_xD83C__xDF31_"), unescaped("_xD83C_")
    ('a\rb', '🌱', '�')
    """
    if "_x" not in value:
        return value
    found = ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def escaped(value: str) -> str:
    r"""Return a text as a workbook can hold it, from which `unescaped` makes it again.

    Examples
    --------
    >>> escaped("a\rb"), unescaped(escaped("_x0041_"))
    ('a_x000D_b', '_x0041_')
    """
    kept = LOOKS_ESCAPED.sub("_x005F_", value) if "_x" in value else value
    return UNSAYABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", kept)


def exact_in_excel(value: Decimal) -> bool:
    """Whether a spreadsheet's binary number, to its fifteen digits, is this one."""
    return len(value.normalize().as_tuple().digits) <= EXACT_DIGITS


def shown(value: object) -> str:
    """Return a value as a message repeats it: on one line, and not at length."""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    said = " ".join(str(getattr(value, "text", value)).split())
    return said if len(said) <= MOST_SHOWN else f"{said[: MOST_SHOWN - 1]}…"


def _western(value: str) -> str:
    """Return a text with the digits 0 to 9 and the marks of Arabic numbers in their place."""
    return "".join(
        str(unicodedata.digit(char)) if char.isdecimal() else EASTERN_MARKS.get(char, char)
        for char in value
    )


def _in_points(written: str, lang: str) -> str:
    """Return a number with a decimal point and no separator of thousands; "?" if it is none."""
    marks = [char for char in written if char in ".,"]
    if not marks:
        return written
    last = marks[-1]
    if len(marks) > 1:
        decimal = "" if len(set(marks)) == 1 else last
        group = last if not decimal else {",": ".", ".": ","}[last]
        whole = written.split(decimal, maxsplit=1)[0] if decimal else written
        if (decimal and marks.count(decimal) > 1) or not _grouped(whole, group):
            return "?"
        return written.replace(group, "").replace(last, ".")
    if not _grouped(written, last) or last == _symbols(lang)["decimal"]:
        return written.replace(last, ".")
    if last == _symbols(lang)["group"]:
        return written.replace(last, "")
    raise CellProblemError("number_ambiguous", value=written)


def _grouped(written: str, mark: str) -> bool:
    """Whether a mark stands where thousands are parted."""
    head, *rest = written.lstrip("+-").split(mark)
    fits = 1 <= len(head) <= 3 and head.isdigit() and not head.startswith("0")
    return fits and all(len(part) == 3 and part.isdigit() for part in rest)


def _symbols(lang: str) -> Mapping[str, str]:
    return cast("Mapping[str, str]", Locale(lang).number_symbols["latn"])

"""Files of comma-separated lines: read with every line's problem, written without formulas."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import pycountry

from bandung.errors import SourceError
from bandung.register.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_LINES = 200_000
MAX_TEXT = 300
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
DIGITS_BEFORE = 12


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A line that cannot be taken: its number (1 is the headings), its column and the reason."""

    line: int
    column: str
    rule: str
    message: str
    value: str = ""


class ValueProblemError(ValueError):
    """What is wrong with one value of a line."""

    def __init__(self, column: str, rule: str, message: str, value: str = "") -> None:
        super().__init__(message)
        self.column = column
        self.rule = rule
        self.value = value


def lines_of(
    source: Path | str | bytes, columns: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a file of lines that has these columns, among others, in any order.

    Raises
    ------
    SourceError
        When it is too large, no text in UTF-8, or lacks a column.
    """
    text = _text(source)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [str(name).strip().lower() for name in reader.fieldnames or ()]
    missing = [column for column in columns if column not in names]
    if missing:
        raise SourceError(
            _("the file lacks the column %(missing)s: its first line names the columns %(columns)s")
            % {"missing": ", ".join(missing), "columns": ",".join(columns)}
        )
    if len(set(names)) < len(names):
        raise SourceError(_("the file names a column twice"))
    reader.fieldnames = names
    try:
        for row in reader:
            if reader.line_num > MAX_LINES:
                raise SourceError(
                    _("the file has more than %(most)s lines: divide it")
                    % {"most": f"{MAX_LINES:,}"}
                )
            values = {name: (row.get(name) or "").strip() for name in columns}
            if any(values.values()):
                yield reader.line_num, values
    except csv.Error as error:
        raise SourceError(
            _("line %(line)s cannot be read as CSV: %(problem)s")
            % {"line": reader.line_num, "problem": error}
        ) from error


def _text(source: Path | str | bytes) -> str:
    if isinstance(source, bytes):
        data, size = source, len(source)
    else:
        try:
            size = Path(source).stat().st_size
            data = Path(source).read_bytes() if size <= MAX_FILE_BYTES else b""
        except OSError as error:
            raise SourceError(
                _("%(file)s cannot be read: %(problem)s")
                % {"file": source, "problem": error.strerror}
            ) from error
    if size > MAX_FILE_BYTES:
        raise SourceError(
            _("the file has %(size)s MB; at most %(most)s MB are read")
            % {"size": f"{size / 2**20:,.0f}", "most": MAX_FILE_BYTES // 2**20}
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            _("the file is no text in UTF-8 (byte %(place)s): save it as 'CSV UTF-8'")
            % {"place": error.start}
        ) from error
    if "\x00" in text:
        raise SourceError(_("the file is no CSV: it holds bytes that no text has"))
    return text


def currency(values: dict[str, str], column: str) -> str:
    """Return an ISO 4217 code."""
    code = values[column].upper()
    if len(code) != 3 or pycountry.currencies.get(alpha_3=code) is None:
        message = _("'%(code)s' is no ISO 4217 code, as in USD") % {"code": values[column]}
        raise ValueProblemError(column, "currency", message, values[column])
    return code


def positive(values: dict[str, str], column: str, places: int) -> Decimal:
    """Return a number above zero, written with a point and so many decimals at most."""
    written = values[column]
    try:
        number = Decimal(written if NUMBER.fullmatch(written) else "")
    except InvalidOperation:
        message = _("'%(value)s' is no number: write digits and a decimal point, as in 0.1853") % {
            "value": written
        }
        raise ValueProblemError(column, "number", message, written) from None
    exponent = number.normalize().as_tuple().exponent
    too_fine = isinstance(exponent, int) and -exponent > places
    if number <= 0 or too_fine or number >= 10**DIGITS_BEFORE:
        message = _(
            "%(value)s is not possible here: above 0, below 10^%(digits)s, at most %(places)s "
            "decimals"
        ) % {"value": written, "digits": DIGITS_BEFORE, "places": places}
        raise ValueProblemError(column, "range", message, written)
    return number


def day(values: dict[str, str], column: str) -> dt.date:
    """Return an ISO date."""
    written = values[column]
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        message = _("'%(value)s' is no date: write YYYY-MM-DD") % {"value": written}
        raise ValueProblemError(column, "date", message, written) from None


def said(values: dict[str, str], column: str, most: int = MAX_TEXT) -> str:
    """Return a text that must be there."""
    written = values[column]
    if not written:
        raise ValueProblemError(column, "required", _("%(column)s is missing") % {"column": column})
    if len(written) > most:
        told = {"column": column, "count": len(written), "most": most}
        message = _("%(column)s has %(count)s characters; at most %(most)s fit") % told
        raise ValueProblemError(column, "long", message, written[:80])
    return written


def written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV in UTF-8 with its mark, which spreadsheets ask for; no cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([plain(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def plain(value: object) -> str:
    """Return a value as a cell of a CSV: numbers in full, text that begins no formula.

    Examples
    --------
    >>> plain("=1+1"), plain(Decimal("-12.50")), plain(None)
    ("'=1+1", '-12.50', '')
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text

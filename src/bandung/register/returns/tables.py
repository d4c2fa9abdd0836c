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
            f"the file lacks the column {', '.join(missing)}: its first line names the columns "
            f"{','.join(columns)}"
        )
    if len(set(names)) < len(names):
        raise SourceError("the file names a column twice")
    reader.fieldnames = names
    try:
        for row in reader:
            if reader.line_num > MAX_LINES:
                raise SourceError(f"the file has more than {MAX_LINES:,} lines: divide it")
            values = {name: (row.get(name) or "").strip() for name in columns}
            if any(values.values()):
                yield reader.line_num, values
    except csv.Error as error:
        raise SourceError(f"line {reader.line_num} cannot be read as CSV: {error}") from error


def _text(source: Path | str | bytes) -> str:
    if isinstance(source, bytes):
        data, size = source, len(source)
    else:
        try:
            size = Path(source).stat().st_size
            data = Path(source).read_bytes() if size <= MAX_FILE_BYTES else b""
        except OSError as error:
            raise SourceError(f"{source} cannot be read: {error.strerror}") from error
    if size > MAX_FILE_BYTES:
        raise SourceError(
            f"the file has {size / 2**20:,.0f} MB; at most {MAX_FILE_BYTES // 2**20} MB are read"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"the file is no text in UTF-8 (byte {error.start}): save it as 'CSV UTF-8'"
        ) from error
    if "\x00" in text:
        raise SourceError("the file is no CSV: it holds bytes that no text has")
    return text


def currency(values: dict[str, str], column: str) -> str:
    """Return an ISO 4217 code."""
    code = values[column].upper()
    if len(code) != 3 or pycountry.currencies.get(alpha_3=code) is None:
        raise ValueProblemError(
            column, "currency", f"{values[column]!r} is no ISO 4217 code, as in USD", values[column]
        )
    return code


def positive(values: dict[str, str], column: str, places: int) -> Decimal:
    """Return a number above zero, written with a point and so many decimals at most."""
    written = values[column]
    try:
        number = Decimal(written if NUMBER.fullmatch(written) else "")
    except InvalidOperation:
        message = f"{written!r} is no number: write digits and a decimal point, as in 0.1853"
        raise ValueProblemError(column, "number", message, written) from None
    exponent = number.normalize().as_tuple().exponent
    too_fine = isinstance(exponent, int) and -exponent > places
    if number <= 0 or too_fine or number >= 10**DIGITS_BEFORE:
        message = (
            f"{written} is not possible here: above 0, below 10^{DIGITS_BEFORE}, "
            f"at most {places} decimals"
        )
        raise ValueProblemError(column, "range", message, written)
    return number


def day(values: dict[str, str], column: str) -> dt.date:
    """Return an ISO date."""
    written = values[column]
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        message = f"{written!r} is no date: write YYYY-MM-DD"
        raise ValueProblemError(column, "date", message, written) from None


def said(values: dict[str, str], column: str, most: int = MAX_TEXT) -> str:
    """Return a text that must be there."""
    written = values[column]
    if not written:
        raise ValueProblemError(column, "required", f"{column} is missing")
    if len(written) > most:
        message = f"{column} has {len(written)} characters; at most {most} fit"
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

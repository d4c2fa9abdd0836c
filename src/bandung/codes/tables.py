"""Reading the lists that come with the package."""

from __future__ import annotations

import csv
import datetime as dt
import io
from functools import cache
from importlib.resources import files

from bandung.errors import InputError

LANGUAGES = ("en", "fr", "es", "pt", "ar")


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the lines of a list in ``codes/data``, in the order of the file."""
    text = (files("bandung.codes") / "data" / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text, newline="")))


def parse_date(text: str) -> dt.date:
    """Read an ISO 8601 date of full or reduced precision: a year or a month means its first day.

    Raises
    ------
    InputError
        When the text is not such a date.

    Examples
    --------
    >>> parse_date("1955-04").isoformat()
    '1955-04-01'
    """
    padded = text + {4: "-01-01", 7: "-01"}.get(len(text), "")
    try:
        return dt.date.fromisoformat(padded)
    except ValueError:
        raise InputError(
            f"{text!r} is not a date; write it as YYYY-MM-DD, YYYY-MM or YYYY"
        ) from None

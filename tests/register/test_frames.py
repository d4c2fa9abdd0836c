"""Rows of the database as a table of columns."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from bandung.register.frames import QUANTITY, frame
from bandung.register.models import Code, CodeList, ExchangeRate

pytestmark = pytest.mark.django_db

SCHEMA = {
    "code": pl.String,
    "source": pl.String,
    "position": pl.Int32,
    "our_reading": pl.Boolean,
    "withdrawn_version": pl.Int64,
}


def test_every_text_comes_as_it_is():
    """A line break, a quotation mark or an empty text that moves or loses a field."""
    listed = CodeList.objects.create(name="unit", version=1, shipped_version=1)
    texts = ["", 'so-called "days"', "two\nlines", "a, b; c\td", "\\N", "ثلاثة أيام", "None"]
    for at, text in enumerate(texts):
        withdrawn = at if at % 2 else None
        Code.objects.create(
            list=listed,
            code=f"c{at}",
            position=at,
            source=text,
            our_reading=at % 3 == 0,
            since_version=1,
            withdrawn_version=withdrawn,
        )
    read = frame(Code.objects.order_by("position"), SCHEMA)
    assert read.schema == SCHEMA
    expected = [
        (f"c{at}", text, at, at % 3 == 0, at if at % 2 else None) for at, text in enumerate(texts)
    ]
    assert read.rows() == expected


def test_no_rows_are_a_table_too():
    """A register without entries that breaks its charts."""
    for rows in (Code.objects.filter(code="none"), Code.objects.none()):
        read = frame(rows, SCHEMA)
        assert read.schema == SCHEMA
        assert read.is_empty()


def test_amounts_keep_their_places():
    """A sum that differs in its last digit from what was entered."""
    amounts = [Decimal("0.000001"), Decimal("123456789.123456"), Decimal(7)]
    ExchangeRate.objects.bulk_create(
        ExchangeRate(currency="BRL", year=year, usd_per_unit=amount, source="a", batch=1)
        for year, amount in enumerate(amounts, start=2001)
    )
    read = frame(ExchangeRate.objects.order_by("year"), {"usd_per_unit": QUANTITY})
    assert [value for (value,) in read.rows()] == amounts

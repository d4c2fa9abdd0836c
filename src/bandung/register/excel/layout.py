"""The sheets of the workbook and their columns, in the order in which they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "key", "texts", "code", "codes", "date", "number", "url"]

REFERENCE = "reference"
NARROW, MIDDLE, WIDE = 13.0, 22.0, 44.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column: where its value stands in the content, and how a cell of it is read.

    Attributes
    ----------
    field
        The name of the value in the part of the content that the row tells of.
    word
        The key of its heading in ``words.csv``.
    kind
        How a cell is read. ``texts`` has one column for each language.
    codes
        The code list, for ``code`` and ``codes``.
    needed
        Whether an approval asks for it; marked in the heading.
    refused
        Whether a row without it is refused.
    most
        The most characters of a text.
    """

    field: str
    word: str
    kind: Kind = "text"
    codes: str = ""
    needed: bool = False
    refused: bool = False
    most: int = 500
    width: float = MIDDLE
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: the field of the content it fills and its columns; empty for the activities."""

    name: str
    field: str
    columns: tuple[Column, ...]


_REFERENCE = Column(
    REFERENCE, REFERENCE, "key", needed=True, refused=True, width=20, hint="reference", most=300
)


def _date(field: str, word: str = "") -> Column:
    return Column(field, word or field, "date", width=NARROW, hint="date")


def _number(field: str, word: str = "", *, width: float = NARROW) -> Column:
    return Column(field, word or field, "number", width=width, hint="number")


def _code(field: str, codes: str, word: str = "", **more: bool) -> Column:
    return Column(field, word or field, "code", codes=codes, hint="code", **more)


SHEETS = (
    Sheet(
        "activities",
        "",
        (
            _REFERENCE,
            Column("titles", "title", "texts", needed=True, width=WIDE, hint="title"),
            Column(
                "descriptions", "description", "texts", most=20_000, width=WIDE, hint="description"
            ),
            Column("role", "role", "code", codes="role", needed=True, hint="role"),
            Column("status", "status", "code", codes="status", needed=True, hint="status"),
            Column("partners", "partners", "codes", codes="country", needed=True, hint="partners"),
            _date("planned_start"),
            _date("planned_end"),
            _date("actual_start"),
            _date("actual_end"),
            Column("adaptation", "adaptation", "code", codes="marker", hint="marker"),
            Column("mitigation", "mitigation", "code", codes="marker", hint="marker"),
            Column(
                "reported_elsewhere",
                "reported_elsewhere",
                "codes",
                codes="reported_elsewhere",
                hint="reported_elsewhere",
            ),
            Column("identifier", "identifier", hint="identifier"),
        ),
    ),
    Sheet(
        "contributions",
        "contributions",
        (
            _REFERENCE,
            Column("key", "key", "key", most=40, width=NARROW, hint="key"),
            _code("modality", "modality", needed=True, refused=True),
            _code("stage", "stage", needed=True),
            _code("provider", "country", "provider"),
            Column("provider_name", "provider_name", hint="text"),
            _code("receiver", "country", "receiver"),
            Column("receiver_name", "receiver_name", hint="text"),
            _number("quantity", width=MIDDLE),
            _code("unit", "unit"),
            _code("currency", "currency"),
            _date("period_start"),
            _date("period_end"),
            _number("amount", "value_amount", width=MIDDLE),
            _code("value_currency", "currency", "value_currency"),
            _date("price_date"),
            _code("method", "valuation_method", "value_method"),
            _number("rate", "value_rate", width=MIDDLE),
            Column("rate_source", "value_rate_source", hint="text"),
            _code("exclusion", "exclusion"),
            Column("note", "note", most=20_000, width=WIDE, hint="text"),
            Column("own_reference", "own_reference", hint="text"),
        ),
    ),
    Sheet(
        "sectors",
        "sectors",
        (
            _REFERENCE,
            Column("code", "sector", "code", codes="sector", width=WIDE, hint="code"),
            _code("vocabulary", "vocabulary"),
            _number("share"),
            Column("target", "target", "code", codes="sdg_target", width=WIDE, hint="code"),
        ),
    ),
    Sheet(
        "bodies",
        "bodies",
        (
            _REFERENCE,
            Column("name", "body_name", needed=True, refused=True, width=WIDE, hint="text"),
            _code("role", "body_role", "body_role"),
            Column("reference_of_body", "body_reference", hint="text"),
            _code("kind", "body_kind", "body_kind"),
            _code("country", "country"),
        ),
    ),
    Sheet(
        "places",
        "places",
        (
            _REFERENCE,
            Column("name", "place_name", width=WIDE, hint="text"),
            _code("country", "country"),
            _number("latitude"),
            _number("longitude"),
        ),
    ),
    Sheet(
        "results",
        "results",
        (
            _REFERENCE,
            Column("title", "title", "texts", needed=True, width=WIDE, hint="title"),
            Column("unit", "result_unit", hint="text"),
            _number("baseline"),
            _number("target", "target_value"),
            _number("actual", "actual_value"),
            _date("period_start"),
            _date("period_end"),
        ),
    ),
    Sheet(
        "documents",
        "documents",
        (
            _REFERENCE,
            Column("title", "title", "texts", needed=True, width=WIDE, hint="title"),
            Column(
                "url",
                "url",
                "url",
                needed=True,
                refused=True,
                most=2_000,
                width=WIDE,
                hint="url",
            ),
            Column("format", "format", hint="text"),
        ),
    ),
)
BY_NAME = {sheet.name: sheet for sheet in SHEETS}
SECTOR_LISTS = {"crs": "sector_crs", "dac3": "sector_dac3", "isic": "sector_isic", "own": ""}
"""The code list that a sector is looked up in, by its vocabulary."""

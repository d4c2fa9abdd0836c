"""The register's own element in IATI files: what IATI has no place for.

An activity ends with ``<bandung:statement>``; a contribution stands in the transaction or planned
disbursement that tells of it, else in the statement. With them a file of ours is read back as the
account it was written from.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml import etree

from bandung.register.content import MONEY, Contribution, Document, Result, Valuation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bandung.register.iati.parsing import Element

NAMESPACE = "urn:bandung:register:1"
Q = f"{{{NAMESPACE}}}"
SPACES = {"bandung": NAMESPACE}
MODALITY_URI = "urn:bandung:register:1:modality"
TARGET_URI = "urn:bandung:register:1:target"
OWN_SECTOR_URI = "urn:bandung:register:1:sector"
ISIC_URI = "https://unstats.un.org/unsd/classifications/Econ/isic"
STATEMENT, CONTRIBUTION, VALUATION = Q + "statement", Q + "contribution", Q + "valuation"
RESULT, DOCUMENT, TITLE, NOTE, ELSEWHERE = (
    Q + "result",
    Q + "document",
    Q + "title",
    Q + "note",
    Q + "elsewhere",
)
SHARE, REPEATS, PARTY, BLANK, COUNTRY, KIND, POSITION = (
    Q + "share",
    Q + "repeats",
    Q + "party",
    Q + "blank",
    Q + "country",
    Q + "kind",
    "position",
)
LATITUDE, LONGITUDE = Q + "latitude", Q + "longitude"

_CONTRIBUTION = (
    "key",
    "modality",
    "stage",
    "provider",
    "provider_name",
    "receiver",
    "receiver_name",
    "quantity",
    "unit",
    "currency",
    "period_start",
    "period_end",
    "exclusion",
    "reference",
)
_VALUATION = ("amount", "currency", "price_date", "method", "rate", "rate_source")
_RESULT = ("unit", "baseline", "target", "actual", "period_start", "period_end")


def text(value: object) -> str:
    """Return a value as an attribute has it: numbers in full, dates in ISO 8601.

    Examples
    --------
    >>> text(Decimal("1E+3")), text(None)
    ('1000', '')
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def _fill(element: Element, part: object, names: Iterable[str]) -> None:
    for name in names:
        value = text(getattr(part, name))
        if value:
            element.set(name.replace("_", "-"), value)


def _fields(element: Element, names: Iterable[str]) -> dict[str, Any]:
    found = {name: element.get(name.replace("_", "-")) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def add_contribution(parent: Element, item: Contribution, position: int) -> None:
    """Write a contribution whole."""
    element = etree.SubElement(parent, CONTRIBUTION, {POSITION: str(position)}, nsmap=SPACES)
    _fill(element, item, _CONTRIBUTION)
    if item.note:
        etree.SubElement(element, NOTE).text = item.note
    if item.valuation:
        _fill(etree.SubElement(element, VALUATION), item.valuation, _VALUATION)


def contribution(element: Element) -> Contribution:
    """Read a contribution.

    Raises
    ------
    pydantic.ValidationError
        It is not what `add_contribution` writes.
    """
    fields = {"modality": "", **_fields(element, _CONTRIBUTION)}
    valued = element.find(VALUATION)
    if valued is not None:
        stated = {"currency": "", **_fields(valued, _VALUATION)}
        fields["valuation"] = Valuation.model_validate(stated)
    fields["note"] = element.findtext(NOTE) or ""
    return Contribution.model_validate(fields)


def amount(item: Contribution) -> tuple[Decimal, str] | None:
    """Return the amount of money that somebody stated for a contribution, and its currency."""
    if item.unit == MONEY and item.quantity is not None:
        return item.quantity, item.currency
    if item.valuation and item.valuation.currency:
        return item.valuation.amount, item.valuation.currency
    return None


def with_amount(item: Contribution, value: Decimal) -> Contribution:
    """Return the contribution with another amount of money."""
    if item.unit == MONEY:
        return item.model_copy(update={"quantity": value})
    if item.valuation:
        valued = item.valuation.model_copy(update={"amount": value})
        return item.model_copy(update={"valuation": valued})
    return item


def add_titles(parent: Element, titles: dict[str, str]) -> None:
    """Write a text in every language it was given in."""
    for language, title in titles.items():
        child = etree.SubElement(parent, TITLE, {"lang": language})
        child.text = title


def _titles(element: Element) -> dict[str, str]:
    return {child.get("lang", ""): child.text or "" for child in element.iterfind(TITLE)}


def add_result(parent: Element, item: Result, position: int, *, titled: bool) -> None:
    """Write a result; its titles too where no element of IATI's stands around it."""
    element = etree.SubElement(parent, RESULT, {POSITION: str(position)}, nsmap=SPACES)
    _fill(element, item, _RESULT)
    if titled:
        add_titles(element, item.title)


def result(element: Element, titles: dict[str, str] | None = None) -> Result:
    """Read a result."""
    fields = _fields(element, _RESULT)
    return Result.model_validate({**fields, "title": titles or _titles(element)})


def add_document(parent: Element, item: Document) -> None:
    """Write a document."""
    element = etree.SubElement(parent, DOCUMENT, {"url": item.url}, nsmap=SPACES)
    if item.format:
        element.set("format", item.format)
    add_titles(element, item.title)


def document(element: Element) -> Document:
    """Read a document."""
    return Document(
        title=_titles(element), url=element.get("url", ""), format=element.get("format", "")
    )


def position_of(element: Element) -> int:
    """Return the place that a contribution or result had in the account."""
    found = element.get(POSITION, "")
    return int(found) if found.isascii() and found.isdigit() and len(found) < 10 else 10**9

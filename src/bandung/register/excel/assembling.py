"""From rows of sheets to contents, and the keys by which contributions are known again."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from bandung.register.content import MAX_ITEMS, MONEY, Content
from bandung.register.excel import words
from bandung.register.excel.cells import CellProblemError, Reader
from bandung.register.excel.findings import Findings, Reading, Row, Told
from bandung.register.excel.layout import SECTOR_LISTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

KEY_LENGTH = 12
KEYED_BY = (
    "modality",
    "stage",
    "provider",
    "provider_name",
    "receiver",
    "receiver_name",
    "unit",
    "currency",
    "period_start",
    "period_end",
    "own_reference",
)
"""What tells contributions without a number of their own apart: not the quantity or the value, so
that a line that is corrected stays the same line."""
VALUE = {
    "amount": "amount",
    "value_currency": "currency",
    "price_date": "price_date",
    "method": "method",
    "rate": "rate",
    "rate_source": "rate_source",
}
RENAMED = {"own_reference": "reference", "reference_of_body": "reference"}
PERIODS = (
    ("planned_start", "planned_end"),
    ("actual_start", "actual_end"),
    ("period_start", "period_end"),
)


SIGNS = {"le": "≤", "ge": "≥", "gt": ">", "lt": "<"}
DIGITS = {"decimal_max_digits", "decimal_max_places", "decimal_whole_digits"}
RANGES = {"less_than_equal", "greater_than_equal", "greater_than", "less_than"}

Part = tuple[dict[str, object], Told]
"""A part of a content, and the row that tells of it."""
Parts = dict[str, list[Part]]


def assemble(findings: Findings) -> Reading:
    """Make a content of each activity's rows; one with a problem anywhere is refused whole."""
    activities = _activities(findings)
    parts = _parts(findings, activities)
    rows = []
    for reference, told in activities.items():
        content = _content(told, parts.get(reference, {}), findings)
        if content is not None:
            rows.append(Row(reference, content.identifier, told.title, told.number, content))
    titles = [told[0].title for told in findings.told.values()]
    order = {title: at for at, title in enumerate(titles)}
    refused = findings.refused | (set(activities) if findings.blocked else set())
    return Reading(
        rows=tuple(row for row in rows if row.reference not in refused),
        problems=tuple(
            sorted(findings.problems, key=lambda one: (order.get(one.sheet, -1), one.row))
        ),
        refused=tuple(sorted(refused)),
        absent=findings.absent,
        examples=findings.examples,
    )


def _activities(findings: Findings) -> dict[str, Told]:
    found: dict[str, Told] = {}
    identifiers: dict[str, Told] = {}
    for told in findings.told.get("activities", ()):
        if not told.reference:
            continue
        if told.reference in found:
            first = found[told.reference].number
            findings.report(told, "reference", "repeated", value=told.reference, first=first)
            continue
        found[told.reference] = told
        identifier = str(told.values.get("identifier") or "")
        if identifier in identifiers:
            first = identifiers[identifier].number
            findings.report(told, "identifier", "repeated", value=identifier, first=first)
            findings.refused.add(identifiers[identifier].reference)
        elif identifier:
            identifiers[identifier] = told
    return found


def _parts(findings: Findings, activities: Mapping[str, Told]) -> dict[str, Parts]:
    """Return by activity, and by field of the content, its parts."""
    parts: dict[str, Parts] = defaultdict(lambda: defaultdict(list))
    activities_title = words.excel().say(findings.lang, "sheet.activities")
    for told in (told for items in findings.told.values() for told in items):
        if not told.sheet.field or not told.reference:
            continue
        if told.reference not in activities:
            values = {"activities": activities_title, "value": told.reference}
            findings.report(told, "reference", "unknown_reference", **values)
            continue
        own = parts[told.reference]
        if told.sheet.name == "sectors":
            _sector(findings, told, own)
        elif told.sheet.name == "contributions":
            own["contributions"].append((_contribution(findings, told), told))
        else:
            texts: dict[str, object] = {
                column.field: {} for column in told.sheet.columns if column.kind == "texts"
            }
            own[told.sheet.field].append(({**texts, **_renamed(told.values)}, told))
        if len(own[told.sheet.field]) == MAX_ITEMS + 1:
            findings.report(told, "reference", "too_many_items", most=MAX_ITEMS)
    for own in parts.values():
        _keys(findings, own["contributions"])
    return parts


def _sector(findings: Findings, told: Told, own: Parts) -> None:
    """Take up a row that names a sector, a target, or both."""
    values = dict(told.values)
    target = values.pop("target", None)
    if target is not None:
        own["targets"].append(({"target": target}, told))
    written = values.get("code")
    if written is None:
        if "code" not in values and (values or "target" not in told.values):
            findings.report(told, "code", "required")
        return
    codes = SECTOR_LISTS[str(values.get("vocabulary") or "crs")]
    try:
        code = Reader(findings.codes, findings.lang).code(str(written), codes)
    except CellProblemError as error:
        findings.report(told, "code", error.rule, heading="", **error.values)
        return
    own["sectors"].append(({**values, "code": code}, told))


def _contribution(findings: Findings, told: Told) -> dict[str, object]:
    values = dict(told.values)
    value = {name: values.pop(field) for field, name in VALUE.items() if field in values}
    if value and not ({"amount", "value_currency"} & told.unread):
        if value.get("amount") is None or value.get("currency") is None:
            findings.report(told, "amount", "value_incomplete")
        else:
            values["valuation"] = value
    currency = values.get("currency")
    if not ({"unit", "currency"} & told.unread):
        if values.get("unit") == MONEY and currency is None:
            findings.report(told, "currency", "currency_missing")
        if values.get("unit") != MONEY and currency is not None:
            findings.report(told, "currency", "currency_stray", value=currency)
    return _renamed(values)


def _renamed(values: Mapping[str, object]) -> dict[str, object]:
    return {RENAMED.get(field, field): value for field, value in values.items()}


def _keys(findings: Findings, items: Sequence[Part]) -> None:
    """Give every contribution its key: the writer's number, else one made of what it is."""
    seen: dict[str, int] = {}
    nth: dict[str, int] = defaultdict(int)
    for values, told in items:
        if values.get("key") is None:
            alike = "\x1f".join(str(told.values.get(field) or "") for field in KEYED_BY)
            nth[alike] += 1
            said = f"{told.reference}\x1f{alike}\x1f{nth[alike]}"
            values["key"] = hashlib.sha256(said.encode()).hexdigest()[:KEY_LENGTH]
        key = str(values["key"])
        if key in seen:
            findings.report(told, "key", "repeated", value=key, first=seen[key])
        else:
            seen[key] = told.number


def _content(told: Told, parts: Parts, findings: Findings) -> Content | None:
    for row in (told, *(row for items in parts.values() for _, row in items)):
        _in_order(row, findings)
    partners = cast("tuple[str, ...]", told.values.get("partners") or ())
    if len(set(partners)) < len(partners):
        value = ", ".join(partners)
        findings.report(told, "partners", "repeated", value=value, first=told.number)
    fields: dict[str, object] = {
        **told.values,
        **{name: [_said(value) for value, _ in items] for name, items in parts.items()},
    }
    if "targets" in parts:
        fields["targets"] = [value["target"] for value, _ in parts["targets"]]
    for marker in ("adaptation", "mitigation"):
        if fields.get(marker) is not None:
            fields[marker] = int(str(fields[marker]))
    try:
        content = Content.model_validate(_said(fields))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _detail(detail, told, parts, findings)
        return None
    return None if told.reference in findings.refused else content


def _said(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values that are there, in a valuation too."""
    return {
        name: _said(value) if name == "valuation" else value  # type: ignore[arg-type]
        for name, value in values.items()
        if value is not None
    }


def _in_order(told: Told, findings: Findings) -> None:
    for first, last in PERIODS:
        start, end = told.values.get(first), told.values.get(last)
        if isinstance(start, dt.date) and isinstance(end, dt.date) and end < start:
            findings.report(told, last, "order", value=end, start=start, end=end)


def _detail(detail: ErrorDetails, told: Told, parts: Parts, findings: Findings) -> None:
    """Say what the content refused, in the row and column that it came from."""
    path = list(detail["loc"])
    if len(path) > 1 and isinstance(path[1], int) and path[0] in parts:
        told = parts[str(path[0])][path[1]][1]
        path = path[2:]
    field = _field(path, told)
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind in DIGITS:
        findings.report(told, field, "number_digits", value=value)
    elif kind in RANGES:
        limits = ", ".join(f"{SIGNS[name]} {limit}" for name, limit in context.items())
        findings.report(told, field, "number_range", value=value, range=limits)
    elif kind == "string_too_long":
        most = context["max_length"]
        findings.report(told, field, "long", value=value, count=len(str(value)), most=most)
    elif kind == "string_pattern_mismatch":
        findings.report(told, field, "url", value=value)
    elif told.reference not in findings.refused:
        # Rules between fields, most of which were told above in the user's language.
        said = detail["msg"].removeprefix("Value error, ")
        findings.report(told, field, "content", value=said)


def _field(path: Sequence[int | str], told: Told) -> str:
    """Return the field of the layout that a place in a content belongs to."""
    if path and path[0] == "valuation":
        return {name: mine for mine, name in VALUE.items()}.get(str(path[-1]), "amount")
    if path and path[-1] == "reference":
        return next((mine for mine in RENAMED if mine in told.headings), "reference")
    return next((str(step) for step in path if str(step) in told.headings), "reference")

"""From a content to the rows of each sheet, as `assembling` makes a content of them again."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bandung.register.content import Content, Contribution

Record = dict[str, object]


def records(content: Content) -> dict[str, list[Record]]:
    """Return by sheet the rows that tell of a content, by field of the layout."""
    return {
        "activities": [_activity(content)],
        "contributions": [_contribution(item) for item in content.contributions],
        "sectors": _sectors(content),
        "bodies": [
            {
                "name": body.name,
                "role": body.role,
                "reference_of_body": body.reference,
                "kind": body.kind,
                "country": body.country,
            }
            for body in content.bodies
        ],
        "places": [dict(place) for place in content.places],
        "results": [dict(result) for result in content.results],
        "documents": [dict(document) for document in content.documents],
    }


def _activity(content: Content) -> Record:
    return {
        "titles": content.titles,
        "descriptions": content.descriptions,
        "role": content.role,
        "status": content.status,
        "partners": content.partners,
        "planned_start": content.planned_start,
        "planned_end": content.planned_end,
        "actual_start": content.actual_start,
        "actual_end": content.actual_end,
        "adaptation": content.adaptation,
        "mitigation": content.mitigation,
        "reported_elsewhere": content.reported_elsewhere,
        "identifier": content.identifier,
    }


def _contribution(item: Contribution) -> Record:
    record = dict(item)
    record["own_reference"] = record.pop("reference")
    valuation = item.valuation
    if valuation is not None:
        record.update(
            amount=valuation.amount,
            value_currency=valuation.currency,
            price_date=valuation.price_date,
            method=valuation.method,
            rate=valuation.rate,
            rate_source=valuation.rate_source,
        )
    return record


def _sectors(content: Content) -> list[Record]:
    """Return rows that hold a sector and a target side by side, as far as there are both."""
    rows = []
    for sector, target in zip_longest(content.sectors, content.targets):
        row: Record = {"target": target}
        if sector is not None:
            row.update(vocabulary=sector.vocabulary, code=sector.code, share=sector.share)
        rows.append(row)
    return rows

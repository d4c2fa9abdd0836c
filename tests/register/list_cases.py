"""A register to list: six activities of three members, at every step of their way."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from bandung.register.actions import statements
from bandung.register.content import Content, Contribution, Sector, Valuation

if TYPE_CHECKING:
    from bandung.register.actor import Actor
    from bandung.register.models import Statement

ROWS = (
    (
        "BRA",
        "MOZ",
        "Milk banks in Maputo",
        ("experts", "person_days", 90),
        2021,
        "12220",
        "3.2",
        3,
        3,
    ),
    (
        "BRA",
        "SEN",
        "Soil science for Kaolack",
        ("training", "people", 40),
        2022,
        "31181",
        "2.4",
        3,
        3,
    ),
    ("SEN", "MOZ", "Fishing statistics", ("training", "people", 15), 2023, "31310", "14.4", 3, 2),
    (
        "BRA",
        "MOZ",
        "Secret draft of a dam",
        ("infrastructure", "works", 1),
        2024,
        "14020",
        "6.1",
        0,
        0,
    ),
    (
        "MOZ",
        "BRA",
        "Makonde carving shown",
        ("cultural_cooperation", "events", 3),
        2022,
        "16061",
        "11.4",
        2,
        0,
    ),
    (
        "BRA",
        "SEN",
        "Seed potatoes",
        ("agricultural_inputs", "tonnes", 12),
        2023,
        "31150",
        "2.3",
        3,
        3,
    ),
)
WORTH = Valuation(amount=90_000, currency="USD", method="actual_cost")
"""Member, partner, title, what was given, year, sector, target, steps of both parties."""
STEPS = ("approve", "share", "publish")


def fill(actors: dict[str, Actor]) -> list[Statement]:
    """Enter the activities; the public sees the first two and the last."""
    found = []
    for member, partner, title, gift, year, sector, target, steps, back in ROWS:
        modality, unit, quantity = gift
        content = Content(
            titles={"en": title, "fr": f"{title} (fr)"},
            descriptions={"en": "Entered to be listed."},
            role="provides",
            status="closed" if year < 2023 else "under_way",
            partners=(partner,),
            actual_start=dt.date(year, 1, 1),
            actual_end=dt.date(year, 12, 31),
            sectors=(Sector(code=sector),),
            targets=(target,),
            contributions=(
                Contribution(
                    key="one",
                    modality=modality,
                    provider=member,
                    receiver=partner,
                    quantity=quantity,
                    unit=unit,
                    period_start=dt.date(year, 1, 1),
                    period_end=dt.date(year, 12, 31),
                    valuation=Valuation(
                        amount=1000 * quantity, currency="USD", method="actual_cost"
                    )
                    if year == 2021
                    else None,
                ),
            ),
        )
        statement = statements.create(actors[member], content)
        go(actors[member], statement, steps)
        if back:
            answer = statements.answer(actors[partner], statement.activity_id, of=statement.pk)
            go(actors[partner], answer, back)
        found.append(statement)
    return found


def go(actor: Actor, statement: Statement, steps: int) -> None:
    """Take a statement some steps on."""
    for step in STEPS[:steps]:
        statement.refresh_from_db()
        getattr(statements, step)(actor, statement.pk, expected_version=statement.version)

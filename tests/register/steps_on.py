"""A complete account, and taking a statement some steps on its way."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from bandung.register.actions import statements
from bandung.register.content import Content, Contribution, Sector

if TYPE_CHECKING:
    from bandung.register.actor import Actor
    from bandung.register.models import Statement

TRAINING = Content(
    titles={"pt": "Formação em agricultura tropical", "en": "Training in tropical farming"},
    descriptions={"en": "Two courses for extension workers in Nampula."},
    role="provides",
    status="closed",
    partners=("MOZ",),
    actual_start=dt.date(2023, 3, 1),
    actual_end=dt.date(2023, 11, 30),
    sectors=(Sector(code="31181"),),
    targets=("2.4",),
    contributions=(
        Contribution(
            key="courses",
            modality="training",
            provider="BRA",
            receiver="MOZ",
            quantity="120",
            unit="person_days",
            period_start=dt.date(2023, 3, 1),
            period_end=dt.date(2023, 11, 30),
        ),
    ),
)


def further(actor: Actor, statement: Statement, *steps: str) -> Statement:
    """Take a statement on by the steps named, as in ``"approve", "share"``."""
    for step in steps:
        statement = getattr(statements, step)(
            actor, statement.pk, expected_version=statement.version
        )
    return statement


def shared(actor: Actor, content: object) -> Statement:
    """Enter, approve and share a statement."""
    return further(actor, statements.create(actor, content), "approve", "share")

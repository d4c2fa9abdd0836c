"""Taking a statement some steps on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandung.register.actions import statements

if TYPE_CHECKING:
    from bandung.register.actor import Actor
    from bandung.register.models import Statement


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

"""Taking turns: who changes the record holds the head of the audit chain while doing so.

Every action ends in an entry at the head of the chain. Were its lock taken only then, two parties
of one activity could each hold rows that the other waits for, and what lists go by could be
written from what was there before the other was done. Taken first, it is the one lock that they
wait for, and whatever an action reads is as the one before it has left it.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.db import transaction

from bandung.register import audit

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Made = TypeVar("Made")


def in_turn(action: Callable[Given, Made]) -> Callable[Given, Made]:
    """Have an action do all it does or nothing, and after every other that has begun before."""

    @wraps(action)
    def taking_turns(*args: Given.args, **more: Given.kwargs) -> Made:
        with transaction.atomic():
            audit.take_turn()
            return action(*args, **more)

    return taking_turns

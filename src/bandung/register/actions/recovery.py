"""Letting a person in again who lost the password, or the second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axes.utils import reset
from django_otp import devices_for_user

from bandung.register import audit
from bandung.register.actions import people
from bandung.register.actions.turns import in_turn

if TYPE_CHECKING:
    from bandung.register.actor import Actor
    from bandung.register.models import Person


@in_turn
def readmit(
    actor: Actor, person: Person, password: str, *, remove_second_factor: bool = False
) -> int:
    """Set a person's password, end a lock-out, and remove the second factor where it was lost.

    Returns
    -------
    int
        How many devices of a second factor were removed.

    Raises
    ------
    NotAllowedError, RegisterError
    """
    actor.require_administrator("Letting a person in again")
    people.set_password(actor, person, password)
    reset(username=person.email)
    if not remove_second_factor:
        return 0
    devices = list(devices_for_user(person, confirmed=None))
    for device in devices:
        device.delete()
    if devices:
        audit.write(actor, [audit.Deed("remove second factor", "person", str(person.pk))])
    return len(devices)

"""A person's second factor: a clock-based code (TOTP) and ten recovery codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from bandung.errors import NotAllowedError, RegisterError
from bandung.register import audit

if TYPE_CHECKING:
    from bandung.register.actor import Actor
    from bandung.register.models import Person

RECOVERY_CODES = 10


def begin(actor: Actor) -> TOTPDevice:
    """Return the device that is being set up, made anew where there is none.

    Raises
    ------
    RegisterError
        When a second factor is in use already.
    """
    person = _person(actor)
    if is_on(person):
        raise RegisterError(_("A second factor is in use already: remove it first."))
    device = TOTPDevice.objects.filter(user=person, confirmed=False).first()
    return device or TOTPDevice.objects.create(user=person, name="app", confirmed=False)


@transaction.atomic
def confirm(actor: Actor, code: str) -> tuple[TOTPDevice, tuple[str, ...]]:
    """Take the second factor into use if the code fits; return it with the recovery codes.

    Raises
    ------
    RegisterError
        When the code does not fit, or nothing is being set up.
    """
    person = _person(actor)
    device = TOTPDevice.objects.select_for_update().filter(user=person, confirmed=False).first()
    if device is None:
        raise RegisterError(_("No second factor is being set up."))
    if not device.verify_token(code):
        raise RegisterError(_("The code does not fit."))
    device.confirmed = True
    device.save()
    StaticDevice.objects.filter(user=person).delete()
    spare = StaticDevice.objects.create(user=person, name="recovery")
    codes = tuple(StaticToken.random_token() for _ in range(RECOVERY_CODES))
    StaticToken.objects.bulk_create(StaticToken(device=spare, token=code) for code in codes)
    audit.write(actor, [audit.Deed("add second factor", "person", str(person.pk))])
    return device, codes


@transaction.atomic
def remove(actor: Actor, password: str) -> None:
    """Remove one's second factor and its recovery codes.

    Raises
    ------
    RegisterError
        When the password is wrong.
    """
    person = _person(actor)
    if not person.check_password(password):
        raise RegisterError(_("The password is wrong."))
    TOTPDevice.objects.filter(user=person).delete()
    StaticDevice.objects.filter(user=person).delete()
    audit.write(actor, [audit.Deed("remove second factor", "person", str(person.pk))])


def is_on(person: Person) -> bool:
    """Whether a person has a second factor in use."""
    return bool(TOTPDevice.objects.filter(user=person, confirmed=True).exists())


def _person(actor: Actor) -> Person:
    if actor.person is None:
        raise NotAllowedError(_("A second factor belongs to a person."))
    return actor.person

"""The first person of a register: the focal point who opens it, made on the page, once."""

from __future__ import annotations

import os

from django.utils.crypto import constant_time_compare, salted_hmac

from bandung.errors import NotFoundError
from bandung.register.actions import people
from bandung.register.actions.turns import in_turn
from bandung.register.actor import Actor
from bandung.register.models import Person

SETUP_CODE = "BANDUNG_SETUP_CODE"
CODE_LENGTH = 12


def is_needed() -> bool:
    """Whether nobody is in this register yet."""
    return not Person.objects.exists()


def setup_code() -> str:
    """Return the code that whoever opens a register in service must know.

    It is what the environment says, else one that follows from the server's secret key, so that
    every process of a server knows the same; the server prints it while nobody is there.
    """
    given = os.environ.get(SETUP_CODE, "").strip()
    return given or salted_hmac("bandung.register.setup", "code").hexdigest()[:CODE_LENGTH]


def is_setup_code(text: str) -> bool:
    """Whether a text is the setup code."""
    return constant_time_compare(text.strip(), setup_code())


@in_turn
def create(
    *, member: str, agency: str, name: str, email: str, password: str, language: str
) -> Person:
    """Make the first focal point with its agency, if there is nobody yet.

    Raises
    ------
    NotFoundError
        When somebody is there already, made a moment ago perhaps.
    RegisterError
        When something given cannot be used.
    """
    if not is_needed():
        raise NotFoundError("this register has people already: sign in")
    actor = Actor.operator(member)
    body = people.add_agency(actor, member, agency)
    return people.add_person(
        actor,
        email,
        name,
        agency=body,
        role=Person.Role.FOCAL_POINT,
        password=password,
        language=language,
    )

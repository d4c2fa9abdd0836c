"""A small register: three members with people of every role, and statements to begin from."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import make_password

from bandung.register.actions import statements
from bandung.register.actor import Actor
from bandung.register.models import Agency, Member, Person

sys.path.insert(0, str(Path(__file__).parent))
from steps_on import TRAINING, further

if TYPE_CHECKING:
    from bandung.register.content import Content

MEMBERS = ("BRA", "MOZ", "SEN")
HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"
PASSWORD = "a long enough pass phrase"  # noqa: S105 - of people who exist in tests only


@pytest.fixture(autouse=True)
def quick_hashing(settings):
    """Argon2 is slow on purpose; what tests store in its place is thrown away."""
    settings.PASSWORD_HASHERS = [HASHER]


@pytest.fixture
def people_of(db) -> dict[str, dict[str, Person]]:
    """People by member and role, each member with one agency; written past the actions, quickly."""
    members = Member.objects.bulk_create(
        Member(code=code, joined_on=dt.date(2024, 1, 1)) for code in MEMBERS
    )
    agencies = Agency.objects.bulk_create(
        Agency(member=member, name=f"Agency of {member.code}") for member in members
    )
    password = make_password(PASSWORD, hasher="md5")
    made = Person.objects.bulk_create(
        Person(
            email=f"{role}@{agency.member_id.lower()}.example.org",
            name=f"{role} of {agency.member_id}",
            agency=agency,
            role=role,
            password=password,
        )
        for agency in agencies
        for role in Person.Role.values
    )
    return {
        code: {person.role: person for person in made if person.agency.member_id == code}
        for code in MEMBERS
    }


@pytest.fixture
def actors(people_of) -> dict[str, Actor]:
    """The focal point of each member, as actor."""
    return {member: Actor.of(roles["focal_point"]) for member, roles in people_of.items()}


@pytest.fixture
def content() -> Content:
    """Brazil's account of a training course it gave to Mozambique: complete."""
    return TRAINING


@pytest.fixture
def published(actors, content):
    """An activity of Brazil and Mozambique that both have published; Brazil's statement."""
    given = statements.create(actors["BRA"], content)
    given = further(actors["BRA"], given, "approve", "share", "publish")
    received = statements.answer(actors["MOZ"], given.activity_id, of=given.pk)
    further(actors["MOZ"], received, "approve", "share", "publish")
    return given

"""Members, their agencies, the people of these, and the tokens by which programs act for them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from bandung.codes import countries
from bandung.codes.tables import LANGUAGES

LANGUAGE_CHOICES = [(code, code) for code in LANGUAGES]


class Member(models.Model):
    """A country. It takes part once it has an agency here; before that others may name it."""

    code = models.CharField(primary_key=True, max_length=3)
    joined_on = models.DateField(null=True)

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.code

    def name(self, lang: str) -> str:
        """Return the country's name in a language."""
        return countries.name(self.code, lang)


class Agency(models.Model):
    """One of a member's bodies."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="agencies")
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=40, blank=True)
    iati_reference = models.CharField(max_length=120, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "name"], name="agency_named_once")
        ]

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """How persons are found by Django's authentication."""

    def get_by_natural_key(self, username: str | None) -> Person:
        """Return the person with an e-mail address, whatever its case."""
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """A user: of one agency with a role, or an administrator of the server, of no member."""

    class Role(models.TextChoices):
        """What a person may do for the agency, each including the one before."""

        VIEWER = "viewer"
        EDITOR = "editor"
        APPROVER = "approver"
        FOCAL_POINT = "focal_point"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="people")
    role = models.CharField(max_length=20, choices=Role, default=Role.VIEWER)
    is_administrator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=2, choices=LANGUAGE_CHOICES, default="en")
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = PersonManager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_administrator=True, agency=None)
                | Q(is_administrator=False, agency__isnull=False),
                name="person_of_one_agency_or_administrator",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A key by which a program acts for a person, within its scopes. Only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.prefix}…"

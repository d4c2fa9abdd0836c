"""Files looked at before they are accepted, the audit chain, and the counter of references."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from bandung.register.models.people import Member, Person


class ImportPreview(models.Model):
    """A file that somebody has looked at the effects of and not yet accepted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="previews")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)
    file_name = models.CharField(max_length=300)
    file = models.BinaryField()
    summary = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file_name


class AuditEntry(models.Model):
    """Who did what, when, with what was there before and after, chained by hash."""

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=300)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=80)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["kind", "object_id"]),
            models.Index(fields=["member", "sequence"]),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"


class ChainHead(models.Model):
    """The last entry of the chain; writers take turns by locking this one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.sequence}"


class ReferenceCounter(models.Model):
    """The last number given to a member's statements of a year."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    year = models.SmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "year"], name="one_counter")
        ]

    def __str__(self) -> str:
        return f"{self.member_id}-{self.year}"

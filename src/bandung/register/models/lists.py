"""Code lists as they stand in a register, and rates that were brought as files."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from bandung.register.models.people import Member


class CodeList(models.Model):
    """A list of codes; `version` rises with every change of one of them, and `stamp` is new."""

    name = models.CharField(primary_key=True, max_length=40)
    version = models.PositiveIntegerField(default=1)
    stamp = models.UUIDField(default=uuid.uuid4)
    shipped_version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Code(models.Model):
    """A code, in its words of five languages. Codes are withdrawn, never deleted."""

    list = models.ForeignKey(CodeList, models.PROTECT, related_name="codes")
    code = models.CharField(max_length=40)
    names = models.JSONField(default=dict)
    hints = models.JSONField(default=dict)
    group = models.CharField(max_length=40, blank=True)
    parent = models.CharField(max_length=40, blank=True)
    properties = models.JSONField(default=dict)
    source = models.TextField(blank=True)
    our_reading = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    since_version = models.PositiveIntegerField()
    withdrawn_version = models.PositiveIntegerField(null=True)
    withdrawn_on = models.DateField(null=True)

    class Meta:
        ordering: ClassVar = ["list", "position", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["list", "code"], name="code_once_in_a_list")
        ]

    def __str__(self) -> str:
        return f"{self.list_id} {self.code}"


class ExchangeRate(models.Model):
    """What one unit of a currency cost in US dollars on a day, or over a year (`on` None)."""

    currency = models.CharField(max_length=3)
    on = models.DateField(null=True)
    year = models.SmallIntegerField()
    usd_per_unit = models.DecimalField(max_digits=24, decimal_places=12)
    source = models.CharField(max_length=300)
    batch = models.PositiveIntegerField()
    superseded_by = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.currency} {self.on or self.year}"


class UnitRate(models.Model):
    """What a member says a unit of a modality costs it, from a day on."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="unit_rates")
    modality = models.CharField(max_length=40)
    unit = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=24, decimal_places=6)
    currency = models.CharField(max_length=3)
    valid_from = models.DateField()
    source = models.CharField(max_length=300)
    batch = models.PositiveIntegerField()
    superseded_by = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.member_id} {self.modality} per {self.unit}"

"""Activities, statements and their revisions: what each party said, and the index of it.

A revision's `content` (canonical JSON of a `Content`) is what a party said. The rows of
`RevisionPartner`, `RevisionSector`, `RevisionTarget` and `Contribution` are an index of it for
searching and adding up; `bandung.register.actions.storing` writes both and nothing else does.
They exist for the revisions somebody may look at: the working, the shared and the published one.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from bandung.register.content import Content
from bandung.register.models.people import Agency, Member, Person


class Activity(models.Model):
    """What two or more members do together. It has no owner.

    `public` says that every party has published; `visibility.is_public` says which parties.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    public = models.BooleanField(default=False, db_index=True)

    def __str__(self) -> str:
        return str(self.id)


class Statement(models.Model):
    """One member's account of an activity.

    `version` rises with every change and is what an editor must have seen last. `standing` is
    false once the statement was absorbed into another or discarded before anybody else saw it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="statements")
    member = models.ForeignKey(Member, models.PROTECT, related_name="statements")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="statements")
    reference = models.CharField(max_length=40)
    identifier = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    working = models.OneToOneField("Revision", models.PROTECT, null=True, related_name="working_of")
    shared = models.OneToOneField("Revision", models.PROTECT, null=True, related_name="shared_of")
    published = models.OneToOneField(
        "Revision", models.PROTECT, null=True, related_name="published_of"
    )
    absorbed_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="absorbed")
    standing = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["activity", "member"],
                condition=Q(standing=True),
                name="one_statement_of_a_member",
            ),
            models.UniqueConstraint(fields=["member", "reference"], name="reference_once"),
            models.UniqueConstraint(
                fields=["member", "identifier"],
                condition=Q(standing=True) & ~Q(identifier=""),
                name="identifier_once",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Revision(models.Model):
    """What a statement said at one time. Once it is no draft what it says never changes.

    `activity`, `member` and the three flags repeat where its statement points, so that lists find
    what a reader may see without looking at every statement; `storing.mark` alone writes them.
    """

    class State(models.TextChoices):
        """How far it has gone."""

        DRAFT = "draft"
        AGENCY_APPROVED = "agency_approved"
        APPROVED = "approved"
        SHARED = "shared"
        PUBLISHED = "published"

    id = models.BigAutoField(primary_key=True)
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    content = models.TextField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField()
    modified_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    remark = models.TextField(blank=True)

    title = models.CharField(max_length=500, blank=True)
    search_text = models.TextField(blank=True)
    role = models.CharField(max_length=12)
    status = models.CharField(max_length=12)
    start = models.DateField(null=True)
    end = models.DateField(null=True)
    adaptation = models.SmallIntegerField(null=True)
    mitigation = models.SmallIntegerField(null=True)

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="revisions")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    is_working = models.BooleanField(default=False)
    is_shared = models.BooleanField(default=False)
    is_public = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["statement", "number"], name="revision_numbered_once")
        ]
        indexes: ClassVar = [
            models.Index(F("modified_at").desc(), F("id").desc(), name="revision_by_change"),
            models.Index(fields=["title", "id"], name="revision_by_title"),
            models.Index(
                F("member"),
                F("modified_at").desc(),
                F("id").desc(),
                condition=Q(is_working=True),
                name="revision_own",
            ),
            models.Index(
                F("modified_at").desc(),
                F("id").desc(),
                condition=Q(is_public=True),
                name="revision_public",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} revision {self.number}"

    def said(self) -> Content:
        """Return what the party said."""
        return Content.read(self.content)


class RevisionPartner(models.Model):
    """Index: a member that a revision names as partner."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="partners")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["revision", "member"], name="partner_once")
        ]

    def __str__(self) -> str:
        return self.member_id


class RevisionSector(models.Model):
    """Index: a sector that a revision names."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="sectors")
    vocabulary = models.CharField(max_length=8)
    code = models.CharField(max_length=40)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["vocabulary", "code"])]

    def __str__(self) -> str:
        return f"{self.vocabulary} {self.code}"


class RevisionTarget(models.Model):
    """Index: an SDG target (``4.4``) or goal (``4``) that a revision names."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="targets")
    code = models.CharField(max_length=8, db_index=True)
    goal = models.CharField(max_length=2, db_index=True)

    def __str__(self) -> str:
        return self.code


class Contribution(models.Model):
    """Index: a contribution that a revision states.

    `counterpart` is the other member as the stating member sees it and `given` whether the
    stating member gave it (None where it neither gave nor received: it facilitated).
    """

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="contributions")
    key = models.CharField(max_length=40)
    modality = models.CharField(max_length=40)
    stage = models.CharField(max_length=12)
    provider = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    receiver = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    counterpart = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    given = models.BooleanField(null=True)
    quantity = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    unit = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=40, blank=True)
    year = models.SmallIntegerField(null=True)
    value_usd = models.DecimalField(max_digits=24, decimal_places=2, null=True)
    exclusion = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["revision", "key"], name="contribution_key_once")
        ]
        indexes: ClassVar = [models.Index(fields=["modality"]), models.Index(fields=["year"])]

    def __str__(self) -> str:
        return self.key

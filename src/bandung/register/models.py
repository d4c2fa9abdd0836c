"""The tables of the register.

A revision's `content` (canonical JSON of a `Content`) is what a party said. The rows of
`RevisionPartner`, `RevisionSector`, `RevisionTarget` and `Contribution` are an index of it for
searching and adding up; `bandung.register.actions.storing` writes both and nothing else does.
They exist for the revisions somebody may look at: the working, the shared and the published one.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from bandung.codes import countries
from bandung.codes.tables import LANGUAGES
from bandung.register.content import Content

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


class Response(models.Model):
    """The receiving member's word on what a partner says it gave. An empty key means all of it."""

    class Kind(models.TextChoices):
        """Accepts, or objects."""

        ACCEPTS = "accepts"
        OBJECTS = "objects"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="responses")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="responses")
    contribution_key = models.CharField(max_length=40, blank=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="responses")
    kind = models.CharField(max_length=8, choices=Kind)
    reason = models.TextField(blank=True)
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["statement", "contribution_key", "member"],
                condition=Q(withdrawn_at=None),
                name="one_standing_response",
            )
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.kind}"


class Assessment(models.Model):
    """A member's answers to the indicators of quality for an activity.

    `answers` is ``{indicator: {"score": 0-4 or None, "comment": text}}``; what was shared last
    stays in `shared_answers` while the next answers are being drafted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="assessments")
    member = models.ForeignKey(Member, models.PROTECT, related_name="assessments")
    answers = models.JSONField(default=dict)
    shared_answers = models.JSONField(null=True)
    shared_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["activity", "member"], name="one_assessment")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} on {self.activity_id}"


class Pairing(models.Model):
    """A member's view that two contributions of two statements are, or are not, the same one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    own = models.ForeignKey(Statement, models.PROTECT, related_name="pairings")
    own_key = models.CharField(max_length=40)
    other = models.ForeignKey(Statement, models.PROTECT, related_name="+")
    other_key = models.CharField(max_length=40)
    same = models.BooleanField()
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "own", "own_key", "other", "other_key"], name="one_view_of_a_pair"
            )
        ]

    def __str__(self) -> str:
        return f"{self.own_key} {'is' if self.same else 'is not'} {self.other_key}"


class MatchProposal(models.Model):
    """One member's proposal that its statement and another's are about the same activity.

    When it is accepted `left_activity` remembers the activity the proposer's statement came from,
    so that it can leave again.
    """

    class State(models.TextChoices):
        """What has become of it."""

        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        LEFT = "left"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proposer = models.ForeignKey(Member, models.PROTECT, related_name="+")
    own = models.ForeignKey(Statement, models.PROTECT, related_name="proposed_matches")
    other = models.ForeignKey(Statement, models.PROTECT, related_name="received_matches")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    reasons = models.JSONField(default=list)
    left_activity = models.ForeignKey(Activity, models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.own_id} ↔ {self.other_id}: {self.state}"


class Merge(models.Model):
    """Two statements of one member made one. What was there before can be restored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kept = models.ForeignKey(Statement, models.PROTECT, related_name="merges")
    absorbed = models.ForeignKey(Statement, models.PROTECT, related_name="absorptions")
    kept_before = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    kept_after = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    absorbed_activity = models.ForeignKey(Activity, models.PROTECT, related_name="+")
    reasons = models.JSONField(default=list)
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.absorbed_id} into {self.kept_id}"


class NotADuplicate(models.Model):
    """A member's word that two statements, suggested as one, are two."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    first = models.ForeignKey(Statement, models.PROTECT, related_name="+")
    second = models.ForeignKey(Statement, models.PROTECT, related_name="+")
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "first", "second"], name="refused_suggestion_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_id} is not {self.second_id}"


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

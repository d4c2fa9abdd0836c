"""What members say of statements beside what stands in them: responses, assessments, matches."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from bandung.register.models.people import Member, Person
from bandung.register.models.record import Activity, Revision, Statement


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

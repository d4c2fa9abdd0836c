"""Entering the demonstration register: what people would do one by one, done at once.

Only an empty register takes it. Each step checks what the action of that name checks, and writes
the same audit entry in the name of the person who takes it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.errors import NotAllowedError, RegisterError
from bandung.register import audit, codelists, completeness
from bandung.register.actions import statements, storing
from bandung.register.actions.turns import in_turn
from bandung.register.models import Activity, Person, Revision, Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bandung.register.actor import Actor
    from bandung.register.content import Content

Role = Person.Role
State = Revision.State
STATES = (
    (State.AGENCY_APPROVED, "approve"),
    (State.APPROVED, "approve"),
    (State.SHARED, "share"),
    (State.PUBLISHED, "publish"),
)
"""The states after the draft, in the order of the way, each with the action that leads to it."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A statement to enter, and who takes it how far.

    Attributes
    ----------
    activity
        Number of the activity that it is of; statements with the same number are of one.
    editor
        Who enters it.
    approver, focal_point
        Who approves it for the agency; who approves, shares and publishes it for the member.
    steps
        How many of `STATES` it goes through.
    """

    activity: int
    content: Content
    editor: Actor
    approver: Actor
    focal_point: Actor
    steps: int

    def actor(self, step: int) -> Actor:
        """Return who takes a step of `STATES`."""
        return self.focal_point if step else self.approver


@in_turn
def enter(actor: Actor, entries: Sequence[Entered]) -> tuple[Statement, ...]:
    """Enter statements and take each as far as it is to go.

    Raises
    ------
    NotAllowedError
        When the actor is no administrator, or a person may not do what it is named for.
    RegisterError
        When the register holds statements already, or an account that is to be approved is not
        complete.
    """
    actor.require_administrator(_("Entering a demonstration"))
    _require_empty()
    with codelists.held():
        for item in entries:
            _check(item)
    made = _create(entries)
    _go_on(entries, made)
    _save(entries, made)
    storing.mark({item.activity_id for item in made})
    for activity in {item.activity for item in made if item.published is not None}:
        statements.refresh_public(activity)
    return tuple(made)


@in_turn
def share_password(actor: Actor, password: str) -> None:
    """Give everybody in a register without statements one password, hashed once.

    Raises
    ------
    NotAllowedError
        When the actor is no administrator.
    RegisterError
        When the register holds statements already, or the password is not good enough.
    """
    actor.require_administrator(_("Entering a demonstration"))
    _require_empty()
    try:
        validate_password(password)
    except ValidationError as error:
        raise RegisterError(" ".join(error.messages)) from None
    hashed = make_password(password)
    persons = list(Person.objects.all())
    for person in persons:
        person.password = hashed
    Person.objects.bulk_update(persons, ["password"])
    audit.write(actor, [audit.Deed("set password", "person", str(item.pk)) for item in persons])


def _require_empty() -> None:
    if Statement.objects.exists():
        raise RegisterError(
            _("This register holds statements already: the demonstration needs an empty one.")
        )


def _check(item: Entered) -> None:
    item.editor.require(Role.EDITOR, _("Entering a statement"))
    if item.steps:
        item.approver.require(Role.APPROVER, _("Approving a statement"))
        problems = completeness.problems(item.content, item.editor.member)
        blocking = [str(problem) for problem in problems if problem.blocks]
        if blocking:
            raise RegisterError(
                _("“%(title)s” of %(member)s cannot be approved yet: %(problems)s")
                % {
                    "title": item.content.title("en"),
                    "member": item.editor.member,
                    "problems": " ".join(blocking),
                }
            )
    if item.steps > 1:
        item.focal_point.require(Role.FOCAL_POINT, _("Sharing a statement"))
    if len({item.editor.member, item.approver.member, item.focal_point.member}) > 1:
        raise NotAllowedError(_("Those who enter and approve a statement are of one member."))


def _create(entries: Sequence[Entered]) -> list[Statement]:
    """Write activities, statements and drafts, and what the editors did."""
    now = timezone.now()
    count: dict[str, int] = defaultdict(int)
    for item in entries:
        count[item.editor.member] += 1
    references = {
        member: iter(statements.next_references(member, number)) for member, number in count.items()
    }
    activities = {number: Activity() for number in sorted({item.activity for item in entries})}
    Activity.objects.bulk_create(activities.values())
    made = Statement.objects.bulk_create(
        Statement(
            activity=activities[item.activity],
            member_id=item.editor.member,
            agency=item.editor.agency,
            reference=next(references[item.editor.member]),
            identifier=item.content.identifier,
            changed_at=now,
        )
        for item in entries
    )
    deeds: dict[str, tuple[Actor, list[audit.Deed]]] = {}
    for item, statement in zip(entries, made, strict=True):
        revision = storing.begin(statement, 1, item.content, now, item.editor.person)
        statement.working = revision
        told = statements.deed("create", statement, revision, after_content=item.content.record())
        deeds.setdefault(item.editor.name, (item.editor, []))[1].append(told)
    _audit(deeds)
    return made


def _go_on(entries: Sequence[Entered], made: Sequence[Statement]) -> None:
    """Take every statement through its states, in memory, and write who did it."""
    for step, (state, action) in enumerate(STATES):
        deeds: dict[str, tuple[Actor, list[audit.Deed]]] = {}
        for item, statement in zip(entries, made, strict=True):
            if item.steps <= step:
                continue
            revision = statements.working(statement)
            before = {"state": revision.state, "version": statement.version}
            revision.state = state
            statement.version += 1
            after = statements.deed(action, statement, revision).after
            told = audit.Deed(action, "statement", str(statement.pk), before, after)
            by = item.actor(step)
            deeds.setdefault(by.name, (by, []))[1].append(told)
        _audit(deeds)


def _save(entries: Sequence[Entered], made: Sequence[Statement]) -> None:
    revisions = [statements.working(statement) for statement in made]
    Revision.objects.bulk_create(revisions)
    for item, statement, revision in zip(entries, made, revisions, strict=True):
        statement.working = revision
        reached = [state for state, _action in STATES[: item.steps]]
        statement.shared = revision if State.SHARED in reached else None
        statement.published = revision if State.PUBLISHED in reached else None
    Statement.objects.bulk_update(made, ["working", "shared", "published", "version"])
    storing.index(
        [
            (revision, statement.member_id, item.content)
            for item, statement, revision in zip(entries, made, revisions, strict=True)
        ]
    )


def _audit(deeds: dict[str, tuple[Actor, list[audit.Deed]]]) -> None:
    for by, done in deeds.values():
        audit.write(by, done)

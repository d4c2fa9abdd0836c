"""A statement's way: draft, approved by its agency, by its member, shared, published.

Every action takes the version its caller saw last. When somebody else has changed the statement
since, `EditConflictError` says who and when, and nothing is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.errors import EditConflictError, IncompleteError, NotAllowedError, RegisterError
from bandung.register import audit, completeness, mirror, visibility
from bandung.register.actions import storing
from bandung.register.actions.turns import in_turn
from bandung.register.models import (
    Activity,
    Agency,
    Member,
    Person,
    ReferenceCounter,
    Revision,
    Statement,
)

if TYPE_CHECKING:
    from uuid import UUID

    from bandung.register.actor import Actor
    from bandung.register.content import Content

State = Revision.State
Role = Person.Role


@in_turn
def create(
    actor: Actor,
    content: Content,
    *,
    activity: Activity | None = None,
    agency: Agency | None = None,
) -> Statement:
    """Open a draft of the actor's member, of a new activity unless one is named.

    Raises
    ------
    NotAllowedError
        When the actor is no editor, or the agency is not its own.
    RegisterError
        When the member has a statement of this activity already, or one with this identifier.
    """
    actor.require(Role.EDITOR, _("Entering a statement"))
    agency = agency or actor.agency
    if agency is not None and agency.member_id != actor.member:
        raise NotAllowedError(
            _("%(agency)s is no agency of %(member)s.")
            % {"agency": agency.name, "member": actor.member}
        )
    activity = activity or Activity.objects.create()
    if activity.statements.filter(member=actor.member, standing=True).exists():
        raise RegisterError(
            _("%(member)s has a statement of this activity already: change that.")
            % {"member": actor.member}
        )
    refuse_repeated_identifier(actor.member, content.identifier)
    statement = Statement.objects.create(
        activity=activity,
        member_id=actor.member,
        agency=agency,
        reference=next_references(actor.member, 1)[0],
        identifier=content.identifier,
        changed_at=timezone.now(),
    )
    revision = open_revision(statement, 1, content, actor)
    statement.working = revision
    statement.save()
    storing.mark([activity.pk])
    audit.write(actor, [deed("create", statement, revision, after_content=content.record())])
    return statement


@in_turn
def save(actor: Actor, key: UUID | str, content: Content, *, expected_version: int) -> Statement:
    """Write what a draft says; of anything further on, open the next revision as a draft.

    What was shared or published stays as it was for those who see it. Saving what is there
    already changes nothing.
    """
    actor.require(Role.EDITOR, _("Changing a statement"))
    statement = locked(actor, key, expected_version)
    before = said_in(statement)
    if content.digest() == before.digest():
        return statement
    if content.identifier != statement.identifier:
        refuse_repeated_identifier(actor.member, content.identifier)
    revision = next_revision(statement, content, actor)
    old, new = changed_fields(before.record(), content.record())
    statement.identifier = content.identifier
    advance(statement)
    audit.write(actor, [deed("save", statement, revision, before_content=old, after_content=new)])
    return statement


@in_turn
def approve(actor: Actor, key: UUID | str, *, expected_version: int) -> Statement:
    """Approve for the agency (an approver) or for the member (the focal point).

    Raises
    ------
    IncompleteError
        When something is missing; it carries each problem.
    """
    actor.require(Role.APPROVER, _("Approving a statement"))
    statement = locked(actor, key, expected_version)
    revision = working(statement)
    focal_point = actor.may(Role.FOCAL_POINT)
    allowed = {State.DRAFT, State.AGENCY_APPROVED} if focal_point else {State.DRAFT}
    if revision.state not in allowed:
        raise RegisterError(
            _("%(reference)s is %(state)s, not to be approved.") % _named(statement, revision)
        )
    problems = [p for p in completeness.problems(revision.said(), statement.member_id) if p.blocks]
    if problems:
        raise IncompleteError(
            _("%(reference)s cannot be approved yet: %(problems)s")
            % {
                "reference": statement.reference,
                "problems": " ".join(str(problem) for problem in problems),
            },
            problems,
        )
    return _step(actor, statement, State.APPROVED if focal_point else State.AGENCY_APPROVED)


@in_turn
def return_to_draft(
    actor: Actor, key: UUID | str, *, remark: str, expected_version: int
) -> Statement:
    """Give a statement that was not shared yet back to its editors, with a remark."""
    actor.require(Role.APPROVER, _("Returning a statement"))
    statement = locked(actor, key, expected_version)
    revision = working(statement)
    if revision.state not in {State.DRAFT, State.AGENCY_APPROVED, State.APPROVED}:
        raise RegisterError(
            _("%(reference)s is %(state)s: change it instead.") % _named(statement, revision)
        )
    if not remark.strip():
        raise RegisterError(_("Say what is to be mended: the remark is empty."))
    revision.remark = remark.strip()
    return _step(actor, statement, State.DRAFT, remark=revision.remark)


@in_turn
def share(actor: Actor, key: UUID | str, *, expected_version: int) -> Statement:
    """Show the approved revision to the partners it names."""
    actor.require(Role.FOCAL_POINT, _("Sharing a statement"))
    statement = locked(actor, key, expected_version)
    revision = working(statement)
    if revision.state != State.APPROVED:
        raise RegisterError(
            _("%(reference)s is %(state)s: approve it first.") % _named(statement, revision)
        )
    former = statement.shared
    statement.shared = revision
    return _show(actor, statement, State.SHARED, former)


@in_turn
def publish(actor: Actor, key: UUID | str, *, expected_version: int) -> Statement:
    """Publish the shared revision; the public sees it once every party has published."""
    actor.require(Role.FOCAL_POINT, _("Publishing a statement"))
    statement = locked(actor, key, expected_version)
    revision = working(statement)
    if revision.state != State.SHARED:
        raise RegisterError(
            _("%(reference)s is %(state)s: share it first.") % _named(statement, revision)
        )
    former = statement.published
    statement.published = revision
    return _show(actor, statement, State.PUBLISHED, former)


@in_turn
def withdraw(
    actor: Actor, key: UUID | str, *, expected_version: int, also_from_partners: bool = False
) -> Statement:
    """Take one's statement back from the public, and from the partners if asked.

    The revision becomes approved, or shared, again; what was said is kept.
    """
    actor.require(Role.FOCAL_POINT, _("Withdrawing a statement"))
    statement = locked(actor, key, expected_version)
    if statement.published is None and (statement.shared is None or not also_from_partners):
        raise RegisterError(
            _("%(reference)s was not published: there is nothing to withdraw.")
            % {"reference": statement.reference}
        )
    revision = working(statement)
    former = [item for item in (statement.published, statement.shared) if item is not None]
    statement.published = None
    if also_from_partners:
        statement.shared = None
    state = State.SHARED if statement.shared == revision else State.APPROVED
    still_ahead = revision.state in {State.SHARED, State.PUBLISHED}
    _step(actor, statement, state if still_ahead else State(revision.state), action="withdraw")
    for item in former:
        storing.unindex_unseen(item)
    refresh_public(statement.activity)
    return statement


@in_turn
def discard(actor: Actor, key: UUID | str, *, expected_version: int) -> None:
    """Take a statement out of the lists that nobody but its own member sees, or sees any more."""
    actor.require(Role.EDITOR, _("Discarding a statement"))
    statement = locked(actor, key, expected_version)
    if statement.revisions.filter(state__in=[State.SHARED, State.PUBLISHED]).exists():
        raise RegisterError(
            _("%(reference)s was shared: withdraw it instead.") % {"reference": statement.reference}
        )
    statement.standing = False
    _step(actor, statement, State(working(statement).state), action="discard")


@in_turn
def answer(actor: Actor, activity_key: UUID | str, *, of: UUID | str) -> Statement:
    """Open one's own draft of an activity, filled in from what a partner shared, mirrored.

    Parameters
    ----------
    activity_key
        The activity.
    of
        The partner's statement to begin from.
    """
    actor.require(Role.EDITOR, _("Entering a statement"))
    activity = visibility.activity(actor, activity_key)
    theirs = next(
        (v for v in visibility.views(actor, activity) if str(v.statement.pk) == str(of)), None
    )
    if theirs is None or theirs.own:
        raise RegisterError(_("Begin from a statement that a partner has shared."))
    content = mirror.mirrored(
        theirs.revision.said(), mine=actor.member, theirs=theirs.statement.member_id
    )
    return create(actor, content, activity=activity)


def locked(actor: Actor, key: UUID | str, expected_version: int) -> Statement:
    """Return one's own statement, locked for this transaction, if nobody changed it since.

    Raises
    ------
    NotFoundError, NotAllowedError, EditConflictError
    """
    found = visibility.own_statement(actor, key)
    statement = (
        Statement.objects.select_for_update(of=("self",))
        .select_related("activity", "agency", "working", "shared", "published")
        .get(pk=found.pk)
    )
    if not actor.acts_for(statement.agency_id):
        raise NotAllowedError(
            _("%(reference)s is of %(agency)s: its people, or the focal point, may change it.")
            % {"reference": statement.reference, "agency": statement.agency}
        )
    if not statement.standing:
        raise RegisterError(
            _("%(reference)s was merged or discarded: it cannot be changed.")
            % {"reference": statement.reference}
        )
    if statement.version != expected_version:
        by = working(statement).modified_by
        raise EditConflictError(
            _(
                "%(who)s changed %(reference)s at %(when)s UTC (version %(version)s; you had "
                "version %(expected)s): nothing of yours was saved. Look at it again."
            )
            % {
                "who": by.name if by else _("Somebody"),
                "reference": statement.reference,
                "when": f"{statement.changed_at:%Y-%m-%d %H:%M}",
                "version": statement.version,
                "expected": expected_version,
            }
        )
    return statement


def working(statement: Statement) -> Revision:
    """Return the working revision, which every statement has once it was made."""
    if statement.working is None:
        raise RegisterError(
            _("%(reference)s says nothing yet.") % {"reference": statement.reference}
        )
    return statement.working


def said_in(statement: Statement) -> Content:
    """Return what a statement's working revision says."""
    return working(statement).said()


def open_revision(statement: Statement, number: int, content: Content, actor: Actor) -> Revision:
    """Write a new draft revision and its index."""
    revision = storing.begin(statement, number, content, timezone.now(), actor.person)
    revision.save()
    storing.index([(revision, statement.member_id, content)])
    return revision


def next_revision(statement: Statement, content: Content, actor: Actor) -> Revision:
    """Write a content into the working draft, or into the revision that follows it."""
    revision = working(statement)
    if revision.state == State.DRAFT:
        storing.fill(revision, content, timezone.now(), actor.person)
        revision.save()
        storing.index([(revision, statement.member_id, content)])
        return revision
    last = statement.revisions.order_by("-number").values_list("number", flat=True)[0]
    following = open_revision(statement, last + 1, content, actor)
    statement.working = following
    statement.save()
    storing.unindex_unseen(revision)
    return following


def advance(statement: Statement) -> None:
    """Raise the version, save, and mark what is seen of it."""
    statement.version += 1
    statement.changed_at = timezone.now()
    statement.save()
    storing.mark([statement.activity_id])


def refresh_public(activity: Activity) -> None:
    """Set whether an activity is public from what its parties have published."""
    public = visibility.is_public(activity)
    if public != activity.public:
        activity.public = public
        activity.save()
        storing.mark([activity.pk])


def refuse_repeated_identifier(member: str, identifier: str) -> None:
    """Refuse an identifier that another statement of the member has.

    Raises
    ------
    RegisterError
    """
    same = Statement.objects.filter(member=member, identifier=identifier, standing=True)
    if identifier and (other := same.first()):
        raise RegisterError(
            _("%(reference)s has the identifier “%(identifier)s” already.")
            % {"reference": other.reference, "identifier": identifier}
        )


def next_references(member: str, count: int) -> list[str]:
    """Take so many references of a member, as in ``BRA-2024-00017``."""
    year = timezone.now().year
    Member.objects.get_or_create(code=member)
    counter, _ = ReferenceCounter.objects.get_or_create(member_id=member, year=year)
    counter = ReferenceCounter.objects.select_for_update().get(pk=counter.pk)
    first = counter.last + 1
    ReferenceCounter.objects.filter(pk=counter.pk).update(last=F("last") + count)
    return [f"{member}-{year}-{number:05d}" for number in range(first, first + count)]


def deed(
    action: str,
    statement: Statement,
    revision: Revision,
    *,
    before_content: dict[str, object] | None = None,
    after_content: dict[str, object] | None = None,
    **more: str,
) -> audit.Deed:
    """Return the audit of something done to a statement; `digest` ties it to the revision."""
    after = {
        "reference": statement.reference,
        "activity": str(statement.activity_id),
        "revision": revision.number,
        "version": statement.version,
        "state": revision.state,
        "digest": revision.digest,
        **{name: text for name, text in more.items() if text},
    }
    if after_content is not None:
        after["content"] = after_content
    before = {"content": before_content} if before_content is not None else None
    return audit.Deed(action, "statement", str(statement.pk), before, after)


def changed_fields(
    before: dict[str, object], after: dict[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """Return what the fields that changed said before, and say now."""
    names = {name for name in before | after if before.get(name) != after.get(name)}
    return (
        {name: before.get(name) for name in sorted(names)},
        {name: after.get(name) for name in sorted(names)},
    )


def state_word(revision: Revision) -> str:
    """Return a revision's state in the words of the language in use."""
    return {
        State.DRAFT: _("a draft"),
        State.AGENCY_APPROVED: _("approved by the agency"),
        State.APPROVED: _("approved"),
        State.SHARED: _("shared"),
        State.PUBLISHED: _("published"),
    }[State(revision.state)]


def _named(statement: Statement, revision: Revision) -> dict[str, str]:
    return {"reference": statement.reference, "state": state_word(revision)}


def _show(
    actor: Actor, statement: Statement, state: Revision.State, former: Revision | None
) -> Statement:
    """Go on to a state in which others see the working revision in place of a former one."""
    _step(actor, statement, state)
    if former is not None:
        storing.unindex_unseen(former)
    refresh_public(statement.activity)
    return statement


def _step(
    actor: Actor,
    statement: Statement,
    state: Revision.State,
    *,
    remark: str = "",
    action: str = "",
) -> Statement:
    revision = working(statement)
    before = {"state": revision.state, "version": statement.version}
    revision.state = state
    revision.save()
    advance(statement)
    done = deed(action or _ACTION[state], statement, revision, remark=remark)
    audit.write(actor, [audit.Deed(done.action, done.kind, done.object_id, before, done.after)])
    return statement


_ACTION = {
    State.DRAFT: "return",
    State.AGENCY_APPROVED: "approve",
    State.APPROVED: "approve",
    State.SHARED: "share",
    State.PUBLISHED: "publish",
}

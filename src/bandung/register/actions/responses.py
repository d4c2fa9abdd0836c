"""A receiving member's word on what a partner says it gave: it accepts, or objects with a reason.

An objection stands until the member that made it withdraws it or says otherwise; what the partner
changes meanwhile does not silence it. An acceptance is of what was said then: when the partner
shares something else it is shown as outdated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.errors import EditConflictError, NotAllowedError, NotFoundError, RegisterError
from bandung.register import audit, visibility
from bandung.register.actions.turns import in_turn
from bandung.register.models import Person, Response, Statement

if TYPE_CHECKING:
    from uuid import UUID

    from bandung.register.actor import Actor
    from bandung.register.content import Content, Contribution
    from bandung.register.models import Revision

Kind = Response.Kind
Role = Person.Role
MAX_REASON = 5_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A response that holds.

    Attributes
    ----------
    response
        What was answered; an empty `contribution_key` is about the whole statement.
    outdated
        Whether what it answers has been changed in the shared revision since, or taken out.
    """

    response: Response
    outdated: bool

    @property
    def objects(self) -> bool:
        """Whether it keeps a contribution out of the return."""
        return self.response.kind == Kind.OBJECTS


@in_turn
def respond(
    actor: Actor,
    statement_key: UUID | str,
    *,
    kind: str,
    expected_revision: int,
    contribution_key: str = "",
    reason: str = "",
) -> Response:
    """Accept or object to a contribution that a partner shared, or to all that it says it gave.

    What the member answered to the same thing before is withdrawn by it.

    Parameters
    ----------
    kind
        ``"accepts"`` or ``"objects"``.
    expected_revision
        Number of the shared revision that the person read.
    contribution_key
        Empty for the whole statement.
    reason
        Needed for an objection.

    Raises
    ------
    NotAllowedError
        When the actor is no approver, or its member is not the one that receives.
    EditConflictError
        When the partner has shared another revision since.
    """
    actor.require(Role.APPROVER, _("Responding to a partner"))
    reason = _checked_reason(kind, reason)
    statement, revision = _answerable(actor, statement_key, expected_revision)
    _require_receiver(actor, statement, revision.said(), contribution_key)
    before = _close(actor.member, statement, contribution_key)
    response = Response.objects.create(
        statement=statement,
        revision=revision,
        contribution_key=contribution_key,
        member_id=actor.member,
        kind=kind,
        reason=reason,
        made_by=actor.person,
        made_at=timezone.now(),
    )
    audit.write(actor, [audit.Deed(kind, "response", str(response.pk), before, _record(response))])
    return response


@in_turn
def withdraw(actor: Actor, response_key: UUID | str) -> Response:
    """Take back what one's own member answered, for another's statement one no longer sees too."""
    actor.require(Role.APPROVER, _("Withdrawing a response"))
    key = visibility.as_uuid(response_key)
    found = (
        Response.objects.select_for_update(of=("self",))
        .filter(pk=key, member=actor.member or None, withdrawn_at=None)
        .first()
    )
    if found is None:
        raise NotFoundError(
            _("There is no standing response %(key)s of yours.") % {"key": response_key}
        )
    found.withdrawn_at = timezone.now()
    found.save()
    before = _record(found)
    audit.write(actor, [audit.Deed("withdraw", "response", str(found.pk), before, None)])
    return found


def standing(actor: Actor, statement: Statement) -> tuple[Standing, ...]:
    """Return the responses to a statement that a reader may see: those to its own, and its own.

    Third parties and the public see none.
    """
    if not actor.member:
        return ()
    about = Q(statement__member=actor.member) | Q(member=actor.member)
    found = (
        Response.objects.filter(about, statement=statement, withdrawn_at=None)
        .select_related("revision", "made_by")
        .order_by("contribution_key", "member_id")
    )
    shared = statement.shared
    now = shared.said() if shared is not None else None
    if now and actor.member not in {statement.member_id, *now.partners}:
        shared = now = None
    return tuple(Standing(item, _is_outdated(item, shared, now)) for item in found)


def answerable(actor: Actor, statement: Statement) -> tuple[str, ...]:
    """Return the keys of the contributions of a partner's statement that one may answer to."""
    shared = statement.shared
    if not actor.may(Role.APPROVER) or shared is None or statement.member_id == actor.member:
        return ()
    content = shared.said()
    if actor.member not in content.partners:
        return ()
    return tuple(
        item.key
        for item in content.contributions
        if _receives(item, content, statement.member_id, actor.member)
    )


def _checked_reason(kind: str, reason: str) -> str:
    reason = reason.replace("\x00", "").strip()
    if kind not in Kind.values:
        raise RegisterError(
            _("“%(kind)s” is no response: it is “accepts” or “objects”.") % {"kind": kind}
        )
    if kind == Kind.OBJECTS and not reason:
        raise RegisterError(_("An objection needs its reason: say what is not so."))
    if len(reason) > MAX_REASON:
        raise RegisterError(
            _("The reason has %(count)s characters; %(most)s are allowed.")
            % {"count": len(reason), "most": MAX_REASON}
        )
    return reason


def _answerable(
    actor: Actor, key: UUID | str, expected_revision: int
) -> tuple[Statement, Revision]:
    """Return a partner's statement, locked, and the revision of it shared with one's member."""
    found = visibility.statement(actor, key)
    statement = (
        Statement.objects.select_for_update(of=("self",)).select_related("shared").get(pk=found.pk)
    )
    if statement.member_id == actor.member:
        raise NotAllowedError(
            _("%(reference)s is your own: its partners respond to it.")
            % {"reference": statement.reference}
        )
    shared = statement.shared
    if shared is None or not shared.partners.filter(member=actor.member).exists():
        raise NotAllowedError(
            _("%(reference)s was not shared with %(member)s: only its partners respond.")
            % {"reference": statement.reference, "member": actor.member}
        )
    if shared.number != expected_revision:
        raise EditConflictError(
            _(
                "%(member)s has shared revision %(number)s of %(reference)s since you read "
                "revision %(read)s: read it first."
            )
            % {
                "member": statement.member_id,
                "number": shared.number,
                "reference": statement.reference,
                "read": expected_revision,
            }
        )
    return statement, shared


def _require_receiver(actor: Actor, statement: Statement, content: Content, key: str) -> None:
    """Refuse unless the actor's member is said to receive it."""
    owner = statement.member_id
    if not key:
        received = any(
            _receives(item, content, owner, actor.member) for item in content.contributions
        )
        if not received and (content.contributions or content.role not in {"provides", "both"}):
            raise NotAllowedError(
                _("%(reference)s says of nothing that %(member)s received it.")
                % {"reference": statement.reference, "member": actor.member}
            )
        return
    item = next((item for item in content.contributions if item.key == key), None)
    if item is None:
        raise NotFoundError(
            _("%(reference)s has no contribution “%(key)s”.")
            % {"reference": statement.reference, "key": key}
        )
    if not _receives(item, content, owner, actor.member):
        raise NotAllowedError(
            _(
                "The contribution “%(key)s” of %(reference)s is not said to go to %(member)s: who "
                "receives it may respond."
            )
            % {"key": key, "reference": statement.reference, "member": actor.member}
        )


def _receives(item: Contribution, content: Content, owner: str, member: str) -> bool:
    if item.receiver or item.receiver_name:
        return item.receiver == member
    return item.provider in {owner, None} and content.partners == (member,)


def _close(member: str, statement: Statement, key: str) -> dict[str, object] | None:
    """Withdraw what stood before and return it."""
    former = Response.objects.filter(
        statement=statement, contribution_key=key, member=member, withdrawn_at=None
    ).first()
    if former is None:
        return None
    before = _record(former)
    former.withdrawn_at = timezone.now()
    former.save()
    return before


def _is_outdated(response: Response, shared: Revision | None, now: Content | None) -> bool:
    if shared is None or now is None:
        return True
    if response.revision_id == shared.pk:
        return False
    then = response.revision.said()
    key = response.contribution_key
    if not key:
        return then.contributions != now.contributions
    return _contribution(then, key) != _contribution(now, key)


def _contribution(content: Content, key: str) -> Contribution | None:
    return next((item for item in content.contributions if item.key == key), None)


def _record(response: Response) -> dict[str, object]:
    return {
        "response": str(response.pk),
        "statement": str(response.statement_id),
        "revision": response.revision.number,
        "contribution": response.contribution_key,
        "kind": str(response.kind),
        "reason": response.reason,
    }

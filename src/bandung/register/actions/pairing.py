"""Which contributions, and which statements, are about the same thing: people decide.

Each member records its own view of two contributions; they are agreed to be one when both say so.
Two statements that were entered as two activities become one when one member proposes it and the
other accepts; the proposer's statement then moves to the other's activity, and either may leave
again. Nobody's statement is changed or moved by anybody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.errors import NotAllowedError, NotFoundError, RegisterError
from bandung.register import audit, visibility
from bandung.register.actions import statements, storing
from bandung.register.actions.turns import in_turn
from bandung.register.actor import Actor
from bandung.register.models import (
    Activity,
    MatchProposal,
    NotADuplicate,
    Pairing,
    Person,
    Statement,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from bandung.register.linkage import Reason

Role = Person.Role
State = MatchProposal.State


@in_turn
def say(
    actor: Actor,
    own_key: UUID | str,
    own_contribution: str,
    other_key: UUID | str,
    other_contribution: str,
    *,
    same: bool,
) -> Pairing:
    """Record one's own view that two contributions are one, or are not.

    A contribution is one with at most one of another statement: a new word takes back the old.

    Raises
    ------
    NotFoundError
        When a statement or a contribution is not there for the actor's member.
    RegisterError
        When the two are not statements of one activity.
    """
    actor.require(Role.EDITOR, _("Pairing contributions"))
    own, other = _own_and_other(actor, own_key, other_key)
    for view, key in ((own, own_contribution), (other, other_contribution)):
        if key not in {item.key for item in view.revision.said().contributions}:
            raise NotFoundError(
                _("%(reference)s has no contribution “%(key)s”.")
                % {"reference": view.statement.reference, "key": key}
            )
    former = _views(actor, own.statement, other.statement)
    if same:
        taken = Q(own_key=own_contribution) | Q(other_key=other_contribution)
        kept = Q(own_key=own_contribution, other_key=other_contribution)
        replaced = former.filter(taken, same=True).exclude(kept)
    else:
        replaced = former.none()
    before = [_pairing_record(item) for item in replaced]
    replaced.delete()
    pairing, _made = Pairing.objects.update_or_create(
        member_id=actor.member,
        own=own.statement,
        own_key=own_contribution,
        other=other.statement,
        other_key=other_contribution,
        defaults={"same": same, "made_by": actor.person, "made_at": timezone.now()},
    )
    action = "pair" if same else "set_apart"
    done = audit.Deed(action, "pairing", str(pairing.pk), before or None, _pairing_record(pairing))
    audit.write(actor, [done])
    return pairing


@in_turn
def unsay(
    actor: Actor,
    own_key: UUID | str,
    own_contribution: str,
    other_key: UUID | str,
    other_contribution: str,
) -> None:
    """Take back one's own view of two contributions: the register pairs them as it finds them."""
    actor.require(Role.EDITOR, _("Pairing contributions"))
    own, other = _own_and_other(actor, own_key, other_key)
    found = (
        _views(actor, own.statement, other.statement)
        .filter(own_key=own_contribution, other_key=other_contribution)
        .first()
    )
    if found is None:
        raise NotFoundError(
            _("You have said nothing of “%(own)s” and “%(other)s”.")
            % {"own": own_contribution, "other": other_contribution}
        )
    done = audit.Deed("unpair", "pairing", str(found.pk), _pairing_record(found), None)
    found.delete()
    audit.write(actor, [done])


@in_turn
def propose(
    actor: Actor,
    own_key: UUID | str,
    other_key: UUID | str,
    *,
    reasons: Sequence[Reason] = (),
) -> MatchProposal:
    """Propose to another member that one's statement and its are about one activity.

    Both must have been shared with each other: a proposal shows nothing that was not.

    Raises
    ------
    RegisterError
        When the two cannot be joined, or the other member has refused before.
    """
    actor.require(Role.APPROVER, _("Proposing a match"))
    own = _own(actor, own_key)
    other = visibility.statement(actor, other_key)
    own, other = _locked_pair(own.pk, other.pk)
    _require_shared_with_each_other(own, other)
    _require_joinable(own, other)
    between = MatchProposal.objects.filter(
        Q(own=own, other=other) | Q(own=other, other=own)
    ).order_by("made_at")
    for former in between:
        if former.state == State.PROPOSED:
            raise RegisterError(
                _("%(member)s has proposed this match already: it waits for its answer.")
                % {"member": former.proposer_id}
            )
        if former.state == State.REFUSED and former.proposer_id == actor.member:
            raise RegisterError(
                _("%(member)s has refused this match: only %(member)s may propose it again.")
                % {"member": other.member_id}
            )
    proposal = MatchProposal.objects.create(
        proposer_id=actor.member,
        own=own,
        other=other,
        reasons=[reason.record() for reason in reasons],
        made_by=actor.person,
        made_at=timezone.now(),
    )
    audit.write(actor, [_match_deed("propose", proposal, None)])
    return proposal


@in_turn
def accept(actor: Actor, proposal_key: UUID | str) -> MatchProposal:
    """Accept another member's proposal: its statement joins the activity of one's own."""
    actor.require(Role.APPROVER, _("Accepting a match"))
    proposal = _received(actor, proposal_key)
    own, other = _locked_pair(proposal.own_id, proposal.other_id)
    _require_agency(actor, other)
    _require_shared_with_each_other(own, other)
    try:
        _require_joinable(own, other)
    except RegisterError:
        # Why is the proposer's own affair: it may be about statements hidden from the accepter.
        raise RegisterError(
            _("%(own)s can no longer join %(other)s: %(member)s has to propose it anew.")
            % {"own": own.reference, "other": other.reference, "member": own.member_id}
        ) from None
    proposal.left_activity = own.activity
    _move(own, other.activity)
    return _decide(actor, proposal, State.ACCEPTED, "accept")


@in_turn
def refuse(actor: Actor, proposal_key: UUID | str) -> MatchProposal:
    """Refuse another member's proposal: the two are not suggested again."""
    actor.require(Role.APPROVER, _("Refusing a match"))
    proposal = _received(actor, proposal_key)
    _require_agency(actor, proposal.other)
    return _decide(actor, proposal, State.REFUSED, "refuse")


@in_turn
def withdraw(actor: Actor, proposal_key: UUID | str) -> MatchProposal:
    """Withdraw one's own proposal while it waits for its answer."""
    actor.require(Role.APPROVER, _("Withdrawing a proposal"))
    proposal = _proposal(proposal_key, Q(proposer=actor.member or None, state=State.PROPOSED))
    _require_agency(actor, proposal.own)
    return _decide(actor, proposal, State.WITHDRAWN, "withdraw")


@in_turn
def leave(actor: Actor, proposal_key: UUID | str) -> MatchProposal:
    """Leave an activity that a match joined: one's own statement goes, the other's stays.

    The proposer's goes back where it came from, unless its member has since made another
    statement there; else it gets an activity of its own.
    """
    actor.require(Role.APPROVER, _("Leaving an activity"))
    parties = Q(proposer=actor.member or None) | Q(other__member=actor.member or None)
    proposal = _proposal(proposal_key, parties & Q(state=State.ACCEPTED))
    own, other = _locked_pair(proposal.own_id, proposal.other_id)
    mine = own if own.member_id == actor.member else other
    _require_agency(actor, mine)
    if own.activity_id != other.activity_id or not mine.standing:
        raise RegisterError(
            _("%(reference)s has left that activity already.") % {"reference": mine.reference}
        )
    back = proposal.left_activity if mine == own else None
    if back is None or back.statements.filter(member=actor.member, standing=True).exists():
        back = Activity.objects.create()
    _move(mine, back)
    return _decide(actor, proposal, State.LEFT, "leave")


@in_turn
def dismiss(actor: Actor, first_key: UUID | str, second_key: UUID | str) -> NotADuplicate:
    """Say that two statements suggested as one are two: it is not suggested to one's member again.

    The other member, if the second is another's, is not told and keeps its own view.
    """
    actor.require(Role.EDITOR, _("Dismissing a suggestion"))
    first = visibility.statement(actor, first_key)
    second = visibility.statement(actor, second_key)
    if first == second or actor.member not in {first.member_id, second.member_id}:
        raise RegisterError(
            _("A suggestion is about two statements, of which one at least is yours.")
        )
    first, second = sorted((first, second), key=lambda item: str(item.pk))
    word, made = NotADuplicate.objects.get_or_create(
        member_id=actor.member,
        first=first,
        second=second,
        defaults={"made_by": actor.person, "made_at": timezone.now()},
    )
    if made:
        told = {"first": str(first.pk), "second": str(second.pk)}
        audit.write(actor, [audit.Deed("dismiss", "suggestion", str(word.pk), None, told)])
    return word


def received(actor: Actor) -> QuerySet[MatchProposal]:
    """Return the proposals that wait for one's own member's answer.

    One whose statement is no longer shared with it is not there.
    """
    return _shown(
        MatchProposal.objects.filter(
            state=State.PROPOSED, other__member=actor.member or None, other__standing=True
        ).filter(own__shared__partners__member=actor.member)
    )


def made(actor: Actor) -> QuerySet[MatchProposal]:
    """Return one's own member's proposals that wait for an answer."""
    return _shown(MatchProposal.objects.filter(state=State.PROPOSED, proposer=actor.member or None))


def joined(actor: Actor, activity: Activity) -> QuerySet[MatchProposal]:
    """Return the matches by which one's own member may leave an activity."""
    parties = Q(proposer=actor.member or None) | Q(other__member=actor.member or None)
    return _shown(
        MatchProposal.objects.filter(
            parties, state=State.ACCEPTED, own__activity=activity, other__activity=activity
        )
    )


def _shown(found: QuerySet[MatchProposal]) -> QuerySet[MatchProposal]:
    standing = found.filter(own__standing=True, other__standing=True)
    return standing.select_related("own", "other", "made_by").order_by("made_at", "pk")


def _own(actor: Actor, key: UUID | str) -> Statement:
    """Return one's own standing statement that the actor may act for."""
    own = visibility.own_statement(actor, key)
    if not own.standing:
        raise RegisterError(
            _("%(reference)s was merged or discarded: there is nothing to change.")
            % {"reference": own.reference}
        )
    _require_agency(actor, own)
    return own


def _require_agency(actor: Actor, own: Statement) -> None:
    if not actor.acts_for(own.agency_id):
        raise NotAllowedError(
            _("%(reference)s is of %(agency)s: its people or the focal point may.")
            % {"reference": own.reference, "agency": own.agency}
        )


def _move(statement: Statement, to: Activity) -> None:
    """Move a statement to another activity, and its member's assessment with it."""
    left = statement.activity
    if not to.assessments.filter(member=statement.member_id).exists():
        left.assessments.filter(member=statement.member_id).update(activity=to)
    statement.activity = to
    statement.save()
    storing.mark([left.pk, to.pk])
    for activity in (left, to):
        statements.refresh_public(activity)


def _own_and_other(
    actor: Actor, own_key: UUID | str, other_key: UUID | str
) -> tuple[visibility.View, visibility.View]:
    own = _own(actor, own_key)
    other = visibility.statement(actor, other_key)
    if own.activity_id != other.activity_id or other.member_id == actor.member:
        raise RegisterError(
            _("%(own)s and %(other)s are not two members’ statements of one activity.")
            % {"own": own.reference, "other": other.reference}
        )
    return visibility.view_of(actor, own), visibility.view_of(actor, other)


def _views(actor: Actor, own: Statement, other: Statement) -> QuerySet[Pairing]:
    return Pairing.objects.select_for_update().filter(member=actor.member, own=own, other=other)


def _require_shared_with_each_other(own: Statement, other: Statement) -> None:
    if own.member_id == other.member_id:
        raise RegisterError(_("Two statements of one member are merged, not matched."))
    for item, reader in ((own, other.member_id), (other, own.member_id)):
        shared = item.shared if item.standing else None
        if shared is None or not shared.partners.filter(member=reader).exists():
            raise RegisterError(
                _("%(reference)s is not shared with %(member)s: share it first.")
                % {"reference": item.reference, "member": reader}
            )


def _require_joinable(own: Statement, other: Statement) -> None:
    """Refuse where joining would part the proposer's statement from others, or double it.

    Only what the proposer's own member may see is asked about: a hidden draft is no obstacle.
    """
    if own.activity_id == other.activity_id:
        raise RegisterError(
            _("%(own)s and %(other)s are of one activity already.")
            % {"own": own.reference, "other": other.reference}
        )
    ours = Actor(name=own.member_id, member=own.member_id)
    beside = visibility.statements(ours).filter(activity=own.activity).exclude(pk=own.pk)
    if neighbour := beside.order_by("reference").first():
        raise RegisterError(
            _(
                "%(reference)s stands beside %(neighbour)s: %(member)s may propose that its "
                "statement joins them."
            )
            % {
                "reference": own.reference,
                "neighbour": neighbour.reference,
                "member": other.member_id,
            }
        )
    there = other.activity.statements.filter(member=own.member_id, standing=True).first()
    if there is not None:
        raise RegisterError(
            _("%(member)s has %(reference)s in that activity: merge the two instead.")
            % {"member": own.member_id, "reference": there.reference}
        )


def _proposal(key: UUID | str, which: Q) -> MatchProposal:
    found = (
        MatchProposal.objects.select_for_update(of=("self",))
        .select_related("left_activity", "own", "other")
        .filter(which, pk=visibility.as_uuid(key))
        .first()
    )
    if found is None:
        raise NotFoundError(_("There is no proposal %(key)s that you can decide.") % {"key": key})
    return found


def _received(actor: Actor, key: UUID | str) -> MatchProposal:
    return _proposal(key, Q(pk__in=received(actor).values("pk")))


def _locked_pair(own: UUID, other: UUID) -> tuple[Statement, Statement]:
    """Return two statements, locked in one order for everybody."""
    found = {
        item.pk: item
        for item in Statement.objects.select_for_update(of=("self",))
        .select_related("activity", "shared")
        .filter(pk__in=[own, other])
        .order_by("pk")
    }
    return found[own], found[other]


def _decide(
    actor: Actor, proposal: MatchProposal, state: MatchProposal.State, action: str
) -> MatchProposal:
    before: dict[str, object] = {"state": str(proposal.state)}
    proposal.state = state
    proposal.decided_by = actor.person
    proposal.decided_at = timezone.now()
    proposal.save()
    audit.write(actor, [_match_deed(action, proposal, before)])
    return proposal


def _match_deed(
    action: str, proposal: MatchProposal, before: dict[str, object] | None
) -> audit.Deed:
    own = Statement.objects.get(pk=proposal.own_id)
    after = {
        "own": str(own.pk),
        "other": str(proposal.other_id),
        "state": str(proposal.state),
        "activity": str(own.activity_id),
    }
    return audit.Deed(action, "match", str(proposal.pk), before, after)


def _pairing_record(item: Pairing) -> dict[str, object]:
    return {
        "own": str(item.own_id),
        "own_key": item.own_key,
        "other": str(item.other_id),
        "other_key": item.other_key,
        "same": item.same,
    }

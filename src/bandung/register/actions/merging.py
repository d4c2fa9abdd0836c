"""Two statements of one member that two of its agencies entered, made one; and taken apart again.

One is kept, the other absorbed: it leaves every list and says where it went. Contributions of the
absorbed one may be brought over; each says in its reference where it came from.

Taking apart restores the absorbed statement exactly as it was. The kept one is put back to the
revision it had, if what the merge wrote has neither been edited nor shared since; else its next
draft is what it says now without the contributions that were brought over.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.errors import NotFoundError, RegisterError
from bandung.register import audit, visibility
from bandung.register.actions import statements, storing
from bandung.register.actions.turns import in_turn
from bandung.register.content import MAX_ITEMS, MAX_NAME
from bandung.register.models import Merge, Person, Response, Revision, Statement

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from bandung.register.actor import Actor
    from bandung.register.content import Content, Contribution
    from bandung.register.linkage import Reason

Role = Person.Role
State = Revision.State


@in_turn
def merge(
    actor: Actor,
    kept_key: UUID | str,
    absorbed_key: UUID | str,
    *,
    kept_version: int,
    absorbed_version: int,
    bring: Collection[str] = (),
    reasons: Sequence[Reason] = (),
) -> Merge:
    """Keep one of two statements of one's member and absorb the other.

    Parameters
    ----------
    kept_version, absorbed_version
        The versions that the person read.
    bring
        Keys of the contributions of the absorbed one that the kept one takes over.

    Raises
    ------
    RegisterError
        When a partner has answered the one to be absorbed, or objects to it.
    NotAllowedError, NotFoundError, EditConflictError
    """
    actor.require(Role.FOCAL_POINT, _("Merging statements"))
    kept, absorbed = _locked(actor, kept_key, kept_version, absorbed_key, absorbed_version)
    _refuse_answered(actor, absorbed, kept)
    brought = _brought(absorbed, bring)
    before = after = statements.working(kept)
    if brought:
        after = _following(kept, _with(before.said(), brought, kept), actor)
    absorbed.standing = False
    absorbed.absorbed_into = kept
    statements.advance(kept)
    statements.advance(absorbed)
    made = Merge.objects.create(
        kept=kept,
        absorbed=absorbed,
        kept_before=before,
        kept_after=after,
        absorbed_activity=absorbed.activity,
        reasons=[reason.record() for reason in reasons],
        made_by=actor.person,
        made_at=after.modified_at if brought else timezone.now(),
    )
    for activity in (kept.activity, absorbed.activity):
        statements.refresh_public(activity)
    _audit(actor, "merge", made, kept, absorbed)
    return made


@in_turn
def undo(actor: Actor, merge_key: UUID | str, *, kept_version: int) -> Merge:
    """Take a merge apart: the absorbed statement is as it was, the kept one gives back.

    Raises
    ------
    RegisterError
        When the kept one was itself absorbed since, or the place of the absorbed one is taken.
    NotFoundError, NotAllowedError, EditConflictError
    """
    actor.require(Role.FOCAL_POINT, _("Taking a merge apart"))
    made = (
        Merge.objects.select_for_update(of=("self",))
        .select_related("kept_before", "kept_after", "absorbed")
        .filter(pk=visibility.as_uuid(merge_key), kept__member=actor.member or None, undone_at=None)
        .first()
    )
    if made is None:
        raise NotFoundError(
            _("There is no merge %(key)s of yours to take apart.") % {"key": merge_key}
        )
    kept = statements.locked(actor, made.kept_id, kept_version)
    absorbed = (
        Statement.objects.select_for_update(of=("self",))
        .select_related("activity", "working")
        .get(pk=made.absorbed_id)
    )
    _refuse_taken_place(absorbed)
    if made.kept_after_id != made.kept_before_id:
        _give_back(actor, made, kept, absorbed)
    absorbed.standing = True
    absorbed.absorbed_into = None
    statements.advance(kept)
    statements.advance(absorbed)
    made.undone_by = actor.person
    made.undone_at = timezone.now()
    made.save()
    for activity in (kept.activity, absorbed.activity):
        statements.refresh_public(activity)
    _audit(actor, "take_apart", made, kept, absorbed)
    return made


def merged_into(actor: Actor, activity_key: UUID | str) -> Statement | None:
    """Return where one's own statement of an activity went: the one that stands now.

    None when the actor's member has none there that was merged into another.
    """
    found = Statement.objects.filter(
        activity=visibility.as_uuid(activity_key),
        member=actor.member or None,
        absorbed_into__isnull=False,
    ).first()
    while found is not None and found.absorbed_into is not None:
        found = found.absorbed_into
    return found


def standing_merges(actor: Actor, statement: Statement | None = None) -> QuerySet[Merge]:
    """Return the merges of one's own member that can be taken apart, the last one first.

    With a statement, those into that one only.
    """
    into = {} if statement is None else {"kept": statement}
    return (
        Merge.objects.filter(**into, kept__member=actor.member or None, undone_at=None)
        .select_related("kept", "absorbed", "made_by")
        .order_by("-made_at", "pk")
    )


def brought_key(absorbed: Statement, key: str) -> str:
    """Return the key under which a contribution of an absorbed statement is taken over."""
    return hashlib.sha256(f"{absorbed.pk}:{key}".encode()).hexdigest()[:12]


def brought_keys(absorbed: Statement) -> frozenset[str]:
    """Return the keys under which all contributions of an absorbed statement are taken over."""
    said = statements.said_in(absorbed)
    return frozenset(brought_key(absorbed, item.key) for item in said.contributions)


def _locked(
    actor: Actor,
    kept_key: UUID | str,
    kept_version: int,
    absorbed_key: UUID | str,
    absorbed_version: int,
) -> tuple[Statement, Statement]:
    """Return both, locked in one order for everybody."""
    kept_id, absorbed_id = (visibility.as_uuid(key) for key in (kept_key, absorbed_key))
    if kept_id == absorbed_id:
        raise RegisterError(_("A statement cannot be merged with itself."))
    wanted = sorted([(kept_id, kept_version), (absorbed_id, absorbed_version)], key=str)
    found = {key: statements.locked(actor, key, version) for key, version in wanted}
    return found[kept_id], found[absorbed_id]


def _refuse_answered(actor: Actor, absorbed: Statement, kept: Statement) -> None:
    """Refuse what would leave a partner's answer alone or silence its objection."""
    beside = visibility.statements(actor).filter(activity=absorbed.activity).exclude(pk=absorbed.pk)
    if answer := beside.order_by("reference").first():
        raise RegisterError(
            _(
                "%(member)s has answered %(absorbed)s with %(answer)s: keep that one and absorb "
                "%(kept)s."
            )
            % {
                "member": answer.member_id,
                "absorbed": absorbed.reference,
                "answer": answer.reference,
                "kept": kept.reference,
            }
        )
    objections = Response.objects.filter(
        statement=absorbed, kind=Response.Kind.OBJECTS, withdrawn_at=None
    )
    if objection := objections.order_by("made_at").first():
        raise RegisterError(
            _(
                "%(member)s objects to %(absorbed)s: settle that first, or keep that one and "
                "absorb %(kept)s."
            )
            % {
                "member": objection.member_id,
                "absorbed": absorbed.reference,
                "kept": kept.reference,
            }
        )


def _refuse_taken_place(absorbed: Statement) -> None:
    there = absorbed.activity.statements.filter(member=absorbed.member_id, standing=True)
    if other := there.first():
        raise RegisterError(
            _(
                "%(other)s has taken the place of %(absorbed)s in its activity: discard or merge "
                "it first."
            )
            % {"other": other.reference, "absorbed": absorbed.reference}
        )
    statements.refuse_repeated_identifier(absorbed.member_id, absorbed.identifier)


def _brought(absorbed: Statement, keys: Collection[str]) -> tuple[Contribution, ...]:
    """Return the contributions to take over, under their new keys, each saying where it is from."""
    said = {item.key: item for item in statements.said_in(absorbed).contributions}
    if unknown := sorted(set(keys) - said.keys()):
        raise NotFoundError(
            _("%(reference)s has no contribution “%(key)s”.")
            % {"reference": absorbed.reference, "key": unknown[0]}
        )
    return tuple(
        item.model_copy(
            update={
                "key": brought_key(absorbed, key),
                "reference": _reference(item.reference, absorbed.reference),
            }
        )
        for key, item in said.items()
        if key in keys
    )


def _reference(own: str, absorbed: str) -> str:
    if not own:
        return absorbed
    return f"{own[: MAX_NAME - len(absorbed) - 3]} ({absorbed})"


def _with(content: Content, brought: tuple[Contribution, ...], kept: Statement) -> Content:
    """Return a content with contributions more; those brought over before are not doubled."""
    new = {item.key for item in brought}
    ours = tuple(item for item in content.contributions if item.key not in new)
    if len(ours) + len(brought) > MAX_ITEMS:
        raise RegisterError(
            _(
                "%(reference)s would have %(count)s contributions; %(most)s are allowed: bring "
                "over fewer."
            )
            % {
                "reference": kept.reference,
                "count": len(ours) + len(brought),
                "most": MAX_ITEMS,
            }
        )
    return content.model_copy(update={"contributions": (*ours, *brought)})


def _following(kept: Statement, content: Content, actor: Actor) -> Revision:
    """Write the next revision beside the present one, which stays as it is even if a draft."""
    present = statements.working(kept)
    last = kept.revisions.order_by("-number").values_list("number", flat=True)[0]
    revision = statements.open_revision(kept, last + 1, content, actor)
    kept.working = revision
    kept.save()
    storing.unindex_unseen(present)
    return revision


def _give_back(actor: Actor, made: Merge, kept: Statement, absorbed: Statement) -> None:
    """Put the kept statement back, or take out of it what was brought over."""
    now = statements.working(kept)
    untouched = (
        now.pk == made.kept_after_id
        and now.modified_at == made.made_at
        and now.pk not in {kept.shared_id, kept.published_id}
    )
    if untouched:
        before = made.kept_before
        kept.working = before
        kept.save()
        # Approved or not, nobody stands by it any more: a return takes up what was approved last.
        now.state = State.DRAFT
        now.save()
        storing.unindex_unseen(now)
        storing.index([(before, kept.member_id, before.said())])
        return
    brought = brought_keys(absorbed)
    said = now.said()
    rest = tuple(item for item in said.contributions if item.key not in brought)
    if len(rest) < len(said.contributions):
        _following(kept, said.model_copy(update={"contributions": rest}), actor)


def _audit(actor: Actor, action: str, made: Merge, kept: Statement, absorbed: Statement) -> None:
    """Tell of the merge, and of both statements, whose revisions the chain vouches for."""
    told = {
        "kept": str(kept.pk),
        "absorbed": str(absorbed.pk),
        "kept_before": made.kept_before.number,
        "kept_after": made.kept_after.number,
        "absorbed_activity": str(made.absorbed_activity_id),
    }
    audit.write(
        actor,
        [
            audit.Deed(action, "merge", str(made.pk), None, told),
            statements.deed(action, kept, statements.working(kept), merge=str(made.pk)),
            statements.deed(action, absorbed, statements.working(absorbed), merge=str(made.pk)),
        ],
    )

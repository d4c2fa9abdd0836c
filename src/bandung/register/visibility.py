"""What a reader may see of the record. Nothing else decides it.

Of its own member's statements a reader sees the working revision; of another's the revision that
was shared, where it names the reader's member as a partner; of everybody's the published one,
once every party of the activity has published. The rest does not exist for it: look-ups of what
is hidden and of what is not there are one query with one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from bandung.errors import NotFoundError
from bandung.register.models import Activity, Revision, RevisionPartner, Statement

if TYPE_CHECKING:
    from bandung.register.actor import Actor

NOWHERE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class View:
    """A statement as a reader sees it.

    Attributes
    ----------
    statement, revision
        The statement, and the revision of it that the reader sees.
    own
        Whether it is the reader's own member's.
    """

    statement: Statement
    revision: Revision
    own: bool


def statements(actor: Actor) -> QuerySet[Statement]:
    """Return the statements a reader may see in some revision."""
    standing = Statement.objects.filter(standing=True)
    public = Q(published__isnull=False, activity__public=True)
    if not actor.member:
        return standing.filter(public)
    named = RevisionPartner.objects.filter(revision=OuterRef("shared"), member=actor.member)
    return standing.filter(Q(member=actor.member) | public | Exists(named))


def activities(actor: Actor) -> QuerySet[Activity]:
    """Return the activities of which a reader may see at least one statement."""
    seen = statements(actor).filter(activity=OuterRef("pk"))
    return Activity.objects.filter(Exists(seen))


def activity(actor: Actor, key: UUID | str) -> Activity:
    """Return an activity.

    Raises
    ------
    NotFoundError
        When there is none, or none that this reader may see.
    """
    found = activities(actor).filter(pk=as_uuid(key)).first()
    if found is None:
        raise NotFoundError(f"there is no activity {key}")
    return found


def statement(actor: Actor, key: UUID | str) -> Statement:
    """Return a statement of which the reader may see some revision.

    Raises
    ------
    NotFoundError
        When there is none, or none that this reader may see.
    """
    found = statements(actor).filter(pk=as_uuid(key)).select_related("activity").first()
    if found is None:
        raise NotFoundError(f"there is no statement {key}")
    return found


def own_statement(actor: Actor, key: UUID | str) -> Statement:
    """Return a statement of the reader's own member, to be changed.

    Raises
    ------
    NotFoundError
        When there is none, or it is another member's.
    """
    found = (
        Statement.objects.filter(pk=as_uuid(key), member=actor.member or None)
        .select_related("activity", "working", "shared", "published")
        .first()
    )
    if found is None:
        raise NotFoundError(f"there is no statement {key} of yours")
    return found


def views(actor: Actor, of: Activity) -> tuple[View, ...]:
    """Return the statements of an activity as a reader sees them, its own first, then by code."""
    seen = (
        statements(actor)
        .filter(activity=of)
        .select_related("working", "shared", "published", "agency")
        .order_by("member_id")
    )
    found = [view_of(actor, item) for item in seen]
    return tuple(sorted(found, key=lambda item: not item.own))


def view_of(actor: Actor, item: Statement) -> View:
    """Return the revision of a statement that a reader sees.

    Raises
    ------
    NotFoundError
        When it may see none.
    """
    if actor.member and item.member_id == actor.member and item.working:
        return View(item, item.working, own=True)
    if item.shared and actor.member and item.shared.partners.filter(member=actor.member).exists():
        return View(item, item.shared, own=False)
    if item.published and item.activity.public:
        return View(item, item.published, own=False)
    raise NotFoundError(f"there is no statement {item.pk}")


def revisions(actor: Actor, *, of: str = "") -> QuerySet[Revision]:
    """Return one revision for each statement a reader may see: the one it sees.

    For lists, search and sums, in the database.

    Parameters
    ----------
    of
        Only this member's statements; asked for here, the database looks at no others.
    """
    rows = Revision.objects.filter(member=of) if of else Revision.objects.all()
    if not actor.member:
        return rows.filter(is_public=True)
    own = Q(member=actor.member, is_working=True)
    if of == actor.member:
        return rows.filter(own)
    others = ~Q(member=actor.member)
    named = RevisionPartner.objects.filter(member=actor.member)
    shared = Q(is_shared=True) & Exists(named.filter(revision=OuterRef("pk")))
    # A published revision that is not the shared one is shown unless a newer one was shared.
    newer = Exists(named.filter(revision__shared_of=OuterRef("statement")))
    public = Q(is_public=True) & (Q(is_shared=True) | ~newer)
    return rows.filter(own | (others & (shared | public)))


def is_public(item: Activity) -> bool:
    """Whether every party has published: who stated and shared, and whom they name.

    A member that is named and has said nothing has not published.
    """
    standing = item.statements.filter(standing=True, shared__isnull=False)
    stated = {row.member_id: row.published_id for row in standing}
    looked_at = Q(revision__shared_of__in=standing) | Q(revision__published_of__in=standing)
    named = set(RevisionPartner.objects.filter(looked_at).values_list("member_id", flat=True))
    return bool(stated) and all(stated.get(member) for member in named | stated.keys())


def as_uuid(key: UUID | str) -> UUID:
    """Return a key as a UUID; what is none becomes one that nothing has."""
    if isinstance(key, UUID):
        return key
    try:
        return UUID(str(key))
    except ValueError:
        return NOWHERE

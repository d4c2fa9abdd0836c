"""Likely duplicates and matches among what a member may see, for its people to decide.

Reading only: what is suggested to a member depends on its own statements and on what others have
shared with it, and on nothing else.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Count, Max, Q, Sum

from bandung.register import visibility
from bandung.register.linkage import Record, Suggestion, suggest
from bandung.register.models import MatchProposal, Merge, NotADuplicate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet

    from bandung.register.actor import Actor
    from bandung.register.models import Revision

KEPT_S = 24 * 3600
BATCH = 2_000


def duplicates(actor: Actor, *, look: bool = True) -> tuple[Suggestion, ...]:
    """Return pairs of one's own member's statements that may be one, the likeliest first.

    Keys are those of statements. What was dismissed, or merged and taken apart again, is left out.
    Looking takes seconds; without `look` only what was found since the last change is returned.
    """
    if not actor.member:
        return ()
    own = _own(actor)
    refused = _dismissed(actor.member)
    undone = Merge.objects.filter(kept__member=actor.member, undone_at__isnull=False)
    refused |= _pairs(undone.values_list("kept", "absorbed"))
    records = (lambda: (_records(own), None)) if look else None
    return _kept("duplicates", actor.member, [own], refused, records)


def matches(actor: Actor, *, look: bool = True) -> tuple[Suggestion, ...]:
    """Return pairs of one's own statement and one shared with one's member, the likeliest first.

    What was proposed, refused, left or dismissed is left out, and so is what stands beside a
    statement of one's own already. Looking takes seconds; without `look` only what was found since
    the last change is returned.
    """
    if not actor.member:
        return ()
    own, others = _own(actor), _shared_with(actor)
    refused = _dismissed(actor.member)
    between = MatchProposal.objects.filter(
        Q(own__member=actor.member) | Q(other__member=actor.member)
    ).exclude(state=MatchProposal.State.WITHDRAWN)
    refused |= _pairs(between.values_list("own", "other"))
    records = (lambda: (_records(own), _records(others))) if look else None
    return _kept("matches", actor.member, [own, others], refused, records)


def _own(actor: Actor) -> QuerySet[Revision]:
    return visibility.revisions(actor, of=actor.member)


def _shared_with(actor: Actor) -> QuerySet[Revision]:
    """Return what others share with one's member, where it has said nothing beside it yet."""
    return (
        visibility.revisions(actor)
        .filter(is_shared=True, partners__member=actor.member)
        .exclude(member=actor.member)
        .exclude(activity__in=_own(actor).values("activity"))
    )


def _records(revisions: QuerySet[Revision]) -> list[Record]:
    chosen = revisions.select_related("statement").order_by("statement__pk")
    return [
        Record(
            key=str(item.statement_id),
            member=item.statement.member_id,
            agency=str(item.statement.agency_id or ""),
            content=item.said(),
            activity=str(item.statement.activity_id),
        )
        for item in chosen.iterator(chunk_size=BATCH)
    ]


def _dismissed(member: str) -> set[frozenset[str]]:
    return _pairs(NotADuplicate.objects.filter(member=member).values_list("first", "second"))


def _pairs(rows: Iterable[tuple[object, object]]) -> set[frozenset[str]]:
    return {frozenset({str(a), str(b)}) for a, b in rows}


def _kept(
    kind: str,
    member: str,
    looked_at: list[QuerySet[Revision]],
    refused: set[frozenset[str]],
    records: Callable[[], tuple[list[Record], list[Record] | None]] | None,
) -> tuple[Suggestion, ...]:
    """Return what was found before, as long as nothing that the member may see has changed.

    What people have decided since is left out without looking again.
    """
    state: list[object] = [kind, member]
    for revisions in looked_at:
        counted = revisions.aggregate(Count("pk"), Sum("pk"), Max("pk"), Max("modified_at"))
        state.append(sorted((name, str(value)) for name, value in counted.items()))
    key = "suggestions-" + hashlib.sha256(repr(state).encode()).hexdigest()
    found: tuple[Suggestion, ...] | None = cache.get(key)
    if found is None:
        if records is None:
            return ()
        own, others = records()
        found = suggest(own, others)
        cache.set(key, found, KEPT_S)
    return tuple(item for item in found if frozenset({item.ours, item.theirs}) not in refused)

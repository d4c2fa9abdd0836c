"""Likely duplicates and matches among what a member may see, for its people to decide.

Reading only: what is suggested to a member depends on its own statements and on what others have
shared with it, and on nothing else.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Count, Max, Q, Sum

from bandung.register.linkage import Record, Suggestion, suggest
from bandung.register.models import MatchProposal, Merge, NotADuplicate, Revision, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet

    from bandung.register.actor import Actor

KEPT_S = 24 * 3600
BATCH = 2_000


def duplicates(actor: Actor) -> tuple[Suggestion, ...]:
    """Return pairs of one's own member's statements that may be one, the likeliest first.

    Keys are those of statements. What was dismissed, or merged and taken apart again, is left out.
    """
    if not actor.member:
        return ()
    own = _own(actor.member)
    refused = _dismissed(actor.member)
    undone = Merge.objects.filter(kept__member=actor.member, undone_at__isnull=False)
    refused |= _pairs(undone.values_list("kept", "absorbed"))
    return _kept("duplicates", actor.member, [own], refused, lambda: (_records(own), None))


def matches(actor: Actor) -> tuple[Suggestion, ...]:
    """Return pairs of one's own statement and one shared with one's member, the likeliest first.

    What was proposed, refused, left or dismissed is left out, and so is what stands beside a
    statement of one's own already.
    """
    if not actor.member:
        return ()
    own, others = _own(actor.member), _shared_with(actor.member)
    refused = _dismissed(actor.member)
    between = MatchProposal.objects.filter(
        Q(own__member=actor.member) | Q(other__member=actor.member)
    ).exclude(state=MatchProposal.State.WITHDRAWN)
    refused |= _pairs(between.values_list("own", "other"))
    return _kept(
        "matches", actor.member, [own, others], refused, lambda: (_records(own), _records(others))
    )


def _own(member: str) -> QuerySet[Revision]:
    return Revision.objects.filter(working_of__member=member, working_of__standing=True)


def _shared_with(member: str) -> QuerySet[Revision]:
    ours = Statement.objects.filter(member=member, standing=True)
    return (
        Revision.objects.filter(
            shared_of__isnull=False, shared_of__standing=True, partners__member=member
        )
        .exclude(shared_of__member=member)
        .exclude(statement__activity__in=ours.values("activity"))
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
    records: Callable[[], tuple[list[Record], list[Record] | None]],
) -> tuple[Suggestion, ...]:
    """Return what was found before, as long as nothing that the member may see has changed."""
    state: list[object] = [kind, member, sorted(sorted(pair) for pair in refused)]
    for revisions in looked_at:
        counted = revisions.aggregate(Count("pk"), Sum("pk"), Max("pk"), Max("modified_at"))
        state.append(sorted((name, str(value)) for name, value in counted.items()))
    key = "suggestions-" + hashlib.sha256(repr(state).encode()).hexdigest()
    found: tuple[Suggestion, ...] | None = cache.get(key)
    if found is None:
        own, others = records()
        found = suggest(own, others, refused=refused)
        cache.set(key, found, KEPT_S)
    return found

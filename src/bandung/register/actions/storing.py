"""Writing a revision: its content, and the rows that index it. For actions only."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, Subquery

from bandung.codes.countries import folded
from bandung.register.content import MONEY
from bandung.register.models import (
    Contribution,
    Member,
    Revision,
    RevisionPartner,
    RevisionSector,
    RevisionTarget,
    Statement,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from bandung.register import content as said
    from bandung.register.models import Person

BATCH = 2_000
INDEXES = (RevisionPartner, RevisionSector, RevisionTarget, Contribution)


def begin(
    statement: Statement, number: int, content: said.Content, at: dt.datetime, by: Person | None
) -> Revision:
    """Return a draft revision of a statement, still to be saved."""
    revision = Revision(
        statement=statement,
        number=number,
        activity_id=statement.activity_id,
        member_id=statement.member_id,
    )
    fill(revision, content, at, by)
    return revision


def fill(revision: Revision, content: said.Content, at: dt.datetime, by: Person | None) -> None:
    """Set a revision's fields from a content; the caller saves it."""
    revision.content = content.canonical()
    revision.digest = content.digest()
    revision.modified_at = at
    revision.modified_by = by
    revision.title = content.title("en")
    revision.search_text = _search_text(content)
    revision.role = content.role
    revision.status = content.status
    revision.start = content.start
    revision.end = content.end
    revision.adaptation = content.adaptation
    revision.mitigation = content.mitigation


def index(written: Sequence[tuple[Revision, str, said.Content]]) -> None:
    """Write the index rows of revisions anew, given with who states each and what it says."""
    unindex(revision for revision, _, _ in written)
    named = {code for _, member, content in written for code in _members(member, content)}
    Member.objects.bulk_create([Member(code=code) for code in sorted(named)], ignore_conflicts=True)
    partners, sectors, targets, contributions = [], [], [], []
    for revision, member, content in written:
        partners += [RevisionPartner(revision=revision, member_id=p) for p in content.partners]
        sectors += [
            RevisionSector(revision=revision, vocabulary=vocabulary, code=code)
            for vocabulary, code in sorted({(s.vocabulary, s.code) for s in content.sectors})
        ]
        targets += [
            RevisionTarget(revision=revision, code=code[:8], goal=code.partition(".")[0][:2])
            for code in sorted(set(content.targets))
        ]
        contributions += [_row(revision, member, item) for item in content.contributions]
    RevisionPartner.objects.bulk_create(partners, batch_size=BATCH)
    RevisionSector.objects.bulk_create(sectors, batch_size=BATCH)
    RevisionTarget.objects.bulk_create(targets, batch_size=BATCH)
    Contribution.objects.bulk_create(contributions, batch_size=BATCH)


def mark(activities: Iterable[UUID]) -> None:
    """Write where the statements of these activities point into their revisions."""
    pointing = Statement.objects.filter(standing=True)
    here = OuterRef("pk")
    Revision.objects.filter(statement__activity__in=list(activities)).update(
        activity=Subquery(
            Statement.objects.filter(pk=OuterRef("statement")).values("activity")[:1]
        ),
        is_working=Exists(pointing.filter(working=here)),
        is_shared=Exists(pointing.filter(shared=here)),
        is_public=Exists(pointing.filter(published=here, activity__public=True)),
    )


def unindex(revisions: Iterable[Revision]) -> None:
    """Remove the index rows of revisions that nobody looks at any more."""
    keys = [revision.pk for revision in revisions]
    for model in INDEXES:
        model._default_manager.filter(revision__in=keys).delete()  # noqa: SLF001 - Django's public name


def unindex_unseen(revision: Revision) -> None:
    """Remove a revision's index rows unless it is still the working, shared or published one."""
    seen = Q(working_of__isnull=False) | Q(shared_of__isnull=False) | Q(published_of__isnull=False)
    if not Revision.objects.filter(seen, pk=revision.pk).exists():
        unindex([revision])


def value_usd(item: said.Contribution) -> Decimal | None:
    """Return what a contribution is stated to be worth in US dollars; None where nobody says."""
    valuation = item.valuation
    if valuation is not None:
        if valuation.currency == "USD":
            return valuation.amount.quantize(Decimal("0.01"))
        if valuation.rate is not None:
            return (valuation.amount * valuation.rate).quantize(Decimal("0.01"))
        return None
    if item.unit == MONEY and item.currency == "USD" and item.quantity is not None:
        return item.quantity.quantize(Decimal("0.01"))
    return None


def _row(revision: Revision, member: str, item: said.Contribution) -> Contribution:
    given = {item.provider: True, item.receiver: False}.get(member)
    counterpart = {True: item.receiver, False: item.provider, None: None}[given]
    return Contribution(
        revision=revision,
        key=item.key,
        modality=item.modality,
        stage=item.stage,
        provider_id=item.provider,
        receiver_id=item.receiver,
        counterpart_id=counterpart,
        given=given,
        quantity=item.quantity,
        unit=item.unit,
        currency=item.currency,
        year=item.year,
        value_usd=value_usd(item),
        exclusion=item.exclusion,
    )


def _members(member: str, content: said.Content) -> set[str]:
    named = {member, *content.partners}
    for item in content.contributions:
        named |= {item.provider or member, item.receiver or member}
    return named


def _search_text(content: said.Content) -> str:
    parts = [*content.titles.values(), *content.descriptions.values(), content.identifier]
    parts += [place.name for place in content.places] + [body.name for body in content.bodies]
    return folded(" ".join(part for part in parts if part))

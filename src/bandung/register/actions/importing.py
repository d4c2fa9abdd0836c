"""Taking many statements in at once, from Excel or IATI: a plan first, then its acceptance.

A plan says what a file would add, change and leave, and what it refuses with the reason.
Accepting it does all of that or nothing. The same file again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.errors import NotAllowedError, RegisterError
from bandung.register import audit
from bandung.register.actions import statements, storing
from bandung.register.actions.turns import in_turn
from bandung.register.models import Activity, Agency, Person, Revision, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bandung.register.actor import Actor
    from bandung.register.content import Content

BATCH = 500


@dataclass(frozen=True, slots=True)
class Item:
    """One account in a file.

    Attributes
    ----------
    where
        As in ``"line 120"`` or ``"Activities, row 7"``.
    content
        What it says.
    reference
        The register's reference where the file gives one; else the content's identifier is
        what it is known by.
    absent
        Fields that the file has no place for, as when a sheet was deleted; a statement that is
        there already keeps what it says in them.
    """

    where: str
    content: Content
    reference: str = ""
    absent: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the file calls it."""
        return self.reference or self.content.identifier


@dataclass(frozen=True, slots=True)
class Refused:
    """An account, or a row, that is not taken in."""

    where: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """A statement that a file would change, with the names of the fields that differ."""

    item: Item
    statement: Statement
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What accepting a file would do."""

    member: str
    added: tuple[Item, ...]
    changed: tuple[Change, ...]
    unchanged: tuple[Item, ...]
    refused: tuple[Refused, ...]

    def counts(self) -> dict[str, int]:
        """Return the counts, by the names that the commands print."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "refused": len(self.refused),
        }


def plan(actor: Actor, items: Sequence[Item], refused: Iterable[Refused] = ()) -> Plan:
    """Compare a file's accounts with what the actor's member says now. Changes nothing.

    Raises
    ------
    NotAllowedError
        When the actor is no editor of a member.
    """
    actor.require(Person.Role.EDITOR, _("Importing"))
    refusals = list(refused)
    own = Statement.objects.filter(member=actor.member, standing=True)
    known: dict[str, Statement] = {}
    for row in own.select_related("working", "agency").iterator(chunk_size=BATCH):
        known[row.reference] = row
        if row.identifier:
            known.setdefault(row.identifier, row)
    added, changed, unchanged = [], [], []
    seen: dict[object, str] = {}
    for item in items:
        found = known.get(item.name)
        identity = found.pk if found else item.name
        reason = _why_not(actor, item, found, seen.get(identity))
        if reason:
            refusals.append(Refused(item.where, item.name, reason))
            continue
        seen[identity] = item.where
        if found is None:
            added.append(item)
            continue
        before = statements.said_in(found)
        whole = _with_what_stays(item, before)
        if whole.content == before:
            unchanged.append(item)
        else:
            _before, new = statements.changed_fields(before.record(), whole.content.record())
            changed.append(Change(whole, found, tuple(new)))
    return Plan(actor.member, tuple(added), tuple(changed), tuple(unchanged), tuple(refusals))


@in_turn
def accept(
    actor: Actor,
    accepted: Plan,
    *,
    source: str,
    agency: Agency | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Do what a plan says: all of it, or nothing.

    Parameters
    ----------
    source
        What the audit calls the file.
    agency
        The agency that new statements are of; the actor's own by default.
    progress
        Is told how many accounts were written since it was told last.

    Raises
    ------
    EditConflictError
        When somebody changed one of the statements since the plan was made.
    """
    actor.require(Person.Role.EDITOR, _("Importing"))
    if accepted.member != actor.member:
        raise NotAllowedError(_("The plan is that of %(member)s.") % {"member": accepted.member})
    agency = agency or actor.agency
    if agency is not None and agency.member_id != actor.member:
        raise NotAllowedError(
            _("%(agency)s is no agency of %(member)s.")
            % {"agency": agency.name, "member": actor.member}
        )
    for first in range(0, len(accepted.added), BATCH):
        batch = accepted.added[first : first + BATCH]
        _add(actor, batch, agency, source)
        progress(len(batch))
    for first in range(0, len(accepted.changed), BATCH):
        batch_of_changes = accepted.changed[first : first + BATCH]
        _change(actor, batch_of_changes, source)
        progress(len(batch_of_changes))


def _add(actor: Actor, items: Sequence[Item], agency: Agency | None, source: str) -> None:
    taken = Statement.objects.filter(
        member=actor.member,
        standing=True,
        identifier__in=[item.content.identifier for item in items],
    ).first()
    if taken is not None:
        raise RegisterError(
            _("%(reference)s was entered since the preview: look at the file's effects again.")
            % {"reference": taken.reference}
        )
    now = timezone.now()
    references = statements.next_references(actor.member, len(items))
    activities = Activity.objects.bulk_create(Activity() for _ in items)
    made = Statement.objects.bulk_create(
        Statement(
            activity=activity,
            member_id=actor.member,
            agency=agency,
            reference=reference,
            identifier=item.content.identifier,
            changed_at=now,
        )
        for item, activity, reference in zip(items, activities, references, strict=True)
    )
    revisions = []
    for item, statement in zip(items, made, strict=True):
        revision = storing.begin(statement, 1, item.content, now, actor.person)
        revision.is_working = True
        revisions.append(revision)
    Revision.objects.bulk_create(revisions)
    for statement, revision in zip(made, revisions, strict=True):
        statement.working = revision
    Statement.objects.bulk_update(made, ["working"])
    storing.index(
        [
            (revision, actor.member, item.content)
            for item, revision in zip(items, revisions, strict=True)
        ]
    )
    audit.write(
        actor,
        [
            statements.deed(
                "import", statement, revision, after_content=item.content.record(), source=source
            )
            for item, statement, revision in zip(items, made, revisions, strict=True)
        ],
    )


def _change(actor: Actor, changes: Sequence[Change], source: str) -> None:
    deeds = []
    for change in changes:
        seen = change.statement
        statement = statements.locked(actor, seen.pk, seen.version)
        before = statements.said_in(statement).record()
        content = change.item.content
        if content.identifier != statement.identifier:
            statements.refuse_repeated_identifier(actor.member, content.identifier)
        revision = statements.next_revision(statement, content, actor)
        statement.identifier = content.identifier
        statements.advance(statement)
        old, new = statements.changed_fields(before, content.record())
        deeds.append(
            statements.deed(
                "import", statement, revision, before_content=old, after_content=new, source=source
            )
        )
    audit.write(actor, deeds)


def _why_not(actor: Actor, item: Item, found: Statement | None, twin: str | None) -> str:
    """Return why an account is not taken in; empty when it is."""
    if twin is not None:
        return _("the same as %(where)s: only one can be right") % {"where": twin}
    if found is None and item.reference:
        return _("there is no statement %(reference)s of yours") % {"reference": item.reference}
    if not item.name:
        return _("it has neither a reference nor an identifier")
    if found is not None and not actor.acts_for(found.agency_id):
        return _("%(reference)s is of %(agency)s, not of yours") % {
            "reference": found.reference,
            "agency": found.agency,
        }
    return ""


def _with_what_stays(item: Item, before: Content) -> Item:
    if not item.absent:
        return item
    stays = {name: getattr(before, name) for name in item.absent}
    return replace(item, content=item.content.model_copy(update=stays))

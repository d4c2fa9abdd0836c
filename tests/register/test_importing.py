"""Imports: a plan that changes nothing, an acceptance that does all of it or nothing."""

from __future__ import annotations

import pytest

from bandung.errors import EditConflictError, NotAllowedError, RegisterError
from bandung.register import audit
from bandung.register.actions import importing, statements
from bandung.register.actions.importing import Item, Refused
from bandung.register.actor import Actor
from bandung.register.models import AuditEntry, Contribution, Revision, Statement

pytestmark = pytest.mark.django_db


@pytest.fixture
def items(content):
    """Three accounts as a file would give them."""
    return [Item(f"row {n}", content.model_copy(update={"identifier": f"X-{n}"})) for n in range(3)]


def counts(plan):
    """The four counts in their order."""
    return tuple(plan.counts().values())


def test_a_plan_changes_nothing(actors, items):
    """Looking at a file's effects leaves no trace."""
    entries = AuditEntry.objects.count()
    plan = importing.plan(actors["BRA"], items, [Refused("row 9", "", "unreadable")])
    assert counts(plan) == (3, 0, 0, 1)
    assert not Statement.objects.exists()
    assert AuditEntry.objects.count() == entries


def test_the_same_file_again_changes_nothing(actors, items):
    """Importing twice is importing once."""
    actor = actors["BRA"]
    importing.accept(actor, importing.plan(actor, items), source="a.xlsx")
    entries = AuditEntry.objects.count()
    plan = importing.plan(actor, items)
    assert counts(plan) == (0, 0, 3, 0)
    importing.accept(actor, plan, source="a.xlsx")
    assert AuditEntry.objects.count() == entries
    assert Statement.objects.count() == 3
    assert audit.verify().holds


def test_a_changed_row_changes_its_statement(actors, items):
    """Only what differs is written, and what was shared stays visible as it was."""
    actor = actors["BRA"]
    importing.accept(actor, importing.plan(actor, items), source="a.xlsx")
    statement = Statement.objects.get(identifier="X-1")
    for step in ("approve", "share"):
        statement = getattr(statements, step)(
            actor, statement.pk, expected_version=statement.version
        )
    new = items[1].content.model_copy(update={"titles": {"en": "New"}})
    plan = importing.plan(actor, [items[0], Item("row 1", new, statement.reference)])
    assert counts(plan) == (0, 1, 1, 0)
    assert plan.changed[0].fields == ("titles",)
    importing.accept(actor, plan, source="b.xlsx")
    statement.refresh_from_db()
    assert statement.working.said() == new
    assert statement.shared.said() == items[1].content
    assert statement.working.state == Revision.State.DRAFT
    assert audit.verify().holds


def test_repeated_ones_are_reported(actors, items):
    """Of two accounts with one identifier neither vanishes: the second is refused by name."""
    plan = importing.plan(actors["BRA"], [*items, Item("row 7", items[0].content)])
    assert counts(plan) == (3, 0, 0, 1)
    assert plan.refused[0] == Refused("row 7", "X-0", "the same as row 0: only one can be right")


def test_what_cannot_be_known_again_is_refused(actors, content):
    """Without reference or identifier a second import could not find it; a foreign one neither."""
    anonymous = Item("row 1", content)
    foreign = Item("row 2", content, "SEN-2020-00001")
    plan = importing.plan(actors["BRA"], [anonymous, foreign])
    assert [refusal.reason for refusal in plan.refused] == [
        "it has neither a reference nor an identifier",
        "there is no statement SEN-2020-00001 of yours",
    ]


def test_all_or_nothing(actors, items):
    """A statement that was changed since the preview stops the whole import."""
    actor = actors["BRA"]
    importing.accept(actor, importing.plan(actor, items[:1]), source="a.xlsx")
    new = items[0].content.model_copy(update={"titles": {"en": "New"}})
    plan = importing.plan(actor, [Item("row 0", new), *items[1:]])
    statement = Statement.objects.get()
    other = new.model_copy(update={"titles": {"en": "Other"}})
    statements.save(actor, statement.pk, other, expected_version=statement.version)
    with pytest.raises(EditConflictError):
        importing.accept(actor, plan, source="a.xlsx")
    assert Statement.objects.count() == 1


def test_entered_since_the_preview(actors, items):
    """An identifier that was taken meanwhile is no second statement."""
    actor = actors["BRA"]
    plan = importing.plan(actor, items)
    statements.create(actor, items[0].content)
    with pytest.raises(RegisterError, match="entered since the preview"):
        importing.accept(actor, plan, source="a.xlsx")
    assert Statement.objects.count() == 1


def test_each_imports_for_its_own_member(actors, items, people_of):
    """A plan of one member is not accepted by another, nor by who may not enter statements."""
    plan = importing.plan(actors["BRA"], items)
    with pytest.raises(NotAllowedError, match="The plan is that of BRA"):
        importing.accept(actors["MOZ"], plan, source="a.xlsx")
    with pytest.raises(NotAllowedError, match="needs the role “editor”"):
        importing.plan(Actor.of(people_of["BRA"]["viewer"]), items)
    with pytest.raises(NotAllowedError):
        importing.plan(Actor.public(), items)


def test_the_index_follows(actors, items):
    """Imported contributions are there to be added up, once each."""
    importing.accept(actors["BRA"], importing.plan(actors["BRA"], items), source="a.xlsx")
    assert Contribution.objects.count() == 3


def test_what_a_file_has_no_place_for_stays(actors, items):
    """A deleted sheet empties nothing that is on record; an emptied one does."""
    actor = actors["BRA"]
    importing.accept(actor, importing.plan(actor, items[:1]), source="a.xlsx")
    bare = items[0].content.model_copy(update={"contributions": (), "targets": ()})
    plan = importing.plan(actor, [Item("row 1", bare, absent=("contributions",))])
    assert plan.changed[0].fields == ("targets",)
    importing.accept(actor, plan, source="b.xlsx")
    said = Statement.objects.get().working.said()
    assert said.contributions == items[0].content.contributions
    assert said.targets == ()

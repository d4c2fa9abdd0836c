"""The chain of audit entries: what breaks it is named."""

from __future__ import annotations

import pytest
from django.db import transaction

from bandung.register import audit
from bandung.register.actions import statements
from bandung.register.actor import Actor
from bandung.register.models import AuditEntry, ChainHead, Contribution, Revision

pytestmark = pytest.mark.django_db


def test_it_holds_and_ends_in_its_head(published):
    """An untouched register verifies, and the verdict names its last digest."""
    verdict = audit.verify()
    assert verdict.holds
    assert verdict.entries == AuditEntry.objects.count() > 0
    assert verdict.head == ChainHead.objects.get().digest


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor", "somebody else"),
        ("after", '{"state":"draft"}'),
        ("before", "{}"),
        ("action", "publish"),
        ("object_id", "other"),
        ("member_id", "SEN"),
    ],
)
def test_a_changed_entry_is_named(published, field, value):
    """No field of an entry can be changed without the chain saying which entry it was."""
    entry = AuditEntry.objects.filter(kind="statement").first()
    AuditEntry.objects.filter(pk=entry.pk).update(**{field: value})
    problems = audit.verify().problems
    assert any(f"entry {entry.sequence} " in problem for problem in problems)


def test_a_removed_entry_is_named(published):
    """An entry taken out of the middle, or off the end, is missed."""
    middle = AuditEntry.objects.count() // 2
    entry = AuditEntry.objects.get(sequence=middle)
    entry.delete()
    assert any(f"entries {middle} to {middle} are missing" in p for p in audit.verify().problems)


def test_a_cut_off_end_is_named(published):
    """The head tells that the last entries are gone."""
    AuditEntry.objects.order_by("-sequence").first().delete()
    assert any("the last entries were removed" in p for p in audit.verify().problems)


def test_a_rewritten_end_differs_from_a_head_noted_elsewhere(published):
    """Whoever rewrites an entry and all after it consistently ends in another digest."""
    noted = ChainHead.objects.get().digest
    previous = None
    for entry in AuditEntry.objects.order_by("sequence"):
        if previous is None:
            entry.actor = "rewritten"
        else:
            entry.previous = previous
        previous = entry.digest = audit.digest(entry)
        entry.save()
    ChainHead.objects.update(digest=previous)
    verdict = audit.verify()
    assert verdict.holds
    assert verdict.head != noted


def test_a_record_changed_past_the_register_is_named(published):
    """What a revision says is tied to the chain, not only to its own digest."""
    revision = Revision.objects.get(statement=published)
    content = revision.said().model_copy(update={"titles": {"en": "Forged"}})
    Revision.objects.filter(pk=revision.pk).update(
        content=content.canonical(), digest=content.digest()
    )
    assert any("changed past the register" in p for p in audit.verify().problems)


def test_a_revision_removed_past_the_register_is_named(actors, content):
    """A revision that the chain knows cannot be gone."""
    statement = statements.create(actors["BRA"], content)
    Contribution.objects.all().delete()
    revision = statement.working
    statement.working = None
    statement.save()
    revision.delete()
    assert any("was removed past the register" in p for p in audit.verify().problems)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_written():
    """A deed and its entry stand or fall together."""
    with pytest.raises(RuntimeError, match="in the transaction"):
        audit.write(Actor.operator(), [audit.Deed("do", "thing", "1")])


@pytest.mark.django_db(transaction=True)
def test_what_fails_leaves_no_entry(actors, content):
    """A deed undone by its transaction is not in the chain, and the next entry follows on."""
    before = AuditEntry.objects.count()
    with transaction.atomic():
        statements.create(actors["BRA"], content)
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == before
    statements.create(actors["BRA"], content)
    assert audit.verify().holds

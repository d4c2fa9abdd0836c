"""Results that are kept: never longer than they are true, and not less long than that."""

from __future__ import annotations

import pytest

from bandung.register import visibility
from bandung.register.actions import statements
from bandung.register.actor import Actor
from bandung.register.kept import head, kept

pytestmark = pytest.mark.django_db


def test_anothers_work_on_its_draft_changes_nothing_for_me(actors, content):
    """What nobody else sees does not have the public's figures added up anew."""
    readers = {name: actors[name] for name in ("MOZ", "SEN")} | {"": Actor.public()}
    before = {name: head(actor) for name, actor in readers.items()}
    own = head(actors["BRA"])
    draft = statements.create(actors["BRA"], content)
    new = content.model_copy(update={"titles": {"en": "Other"}})
    draft = statements.save(actors["BRA"], draft.pk, new, expected_version=draft.version)
    draft = statements.approve(actors["BRA"], draft.pk, expected_version=draft.version)
    assert {name: head(actor) for name, actor in readers.items()} == before
    assert head(actors["BRA"]) != own


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_whatever_changes_what_a_reader_sees_changes_its_head(actors, content, steps):
    """Sharing, publishing and withdrawing are seen at once by everybody they concern."""
    actor, partner, public = actors["BRA"], actors["MOZ"], Actor.public()
    given = statements.create(actor, content)
    given = statements.approve(actor, given.pk, expected_version=given.version)
    seen = []
    for step in ("share", "publish", "answer", "withdraw")[:steps]:
        before = {reader: (head(reader), told(reader)) for reader in (partner, public)}
        if step == "answer":
            answer = statements.answer(partner, given.activity_id, of=given.pk)
            for name in ("approve", "share", "publish"):
                answer = getattr(statements, name)(
                    partner, answer.pk, expected_version=answer.version
                )
        else:
            given = getattr(statements, step)(actor, given.pk, expected_version=given.version)
        for reader, (at, said) in before.items():
            if told(reader) != said:
                assert head(reader) != at
                seen.append(step)
    assert seen


def told(reader):
    """All that a reader is told."""
    return sorted(visibility.revisions(reader).values_list("pk", "state"))


def test_readers_of_two_members_share_nothing(actors):
    """What was computed for one member is never given to another, nor to the public."""
    said = {
        actor.member: kept(actor, "who", lambda actor=actor: actor.member)
        for actor in (*actors.values(), Actor.public())
    }
    assert all(member == told_to for member, told_to in said.items())

"""What lists find in the database is what each statement, asked one by one, shows a reader."""

from __future__ import annotations

import random

import pytest

from bandung.errors import NotFoundError, RegisterError
from bandung.register import visibility
from bandung.register.actions import statements
from bandung.register.actor import Actor
from bandung.register.models import Statement

pytestmark = pytest.mark.django_db
STEPS = ("save", "approve", "share", "publish", "withdraw", "discard", "answer")


def at_random(rng, actors, content):
    """Do one thing that some member may do, or nothing where the register refuses it."""
    actor = actors[rng.choice(sorted(actors))]
    own = list(Statement.objects.filter(member=actor.member, standing=True).order_by("reference"))
    step = rng.choice(STEPS)
    partners = tuple(
        sorted(rng.sample([m for m in actors if m != actor.member], rng.randint(1, 2)))
    )
    said = content.model_copy(
        update={
            "partners": partners,
            "contributions": (),
            "titles": {"en": f"Number {rng.randint(1, 99)}"},
        }
    )
    if not own or rng.random() < 0.15:
        statements.create(actor, said)
        return
    item = rng.choice(own)
    version = {"expected_version": item.version}
    if step == "save":
        statements.save(actor, item.pk, said, **version)
    elif step == "withdraw":
        statements.withdraw(actor, item.pk, **version, also_from_partners=rng.random() < 0.5)
    elif step == "answer":
        others = visibility.statements(actor).exclude(member=actor.member).order_by("reference")
        if others:
            other = rng.choice(list(others))
            statements.answer(actor, other.activity_id, of=other.pk)
    else:
        getattr(statements, step)(actor, item.pk, **version)


@pytest.mark.parametrize("seed", range(2))
def test_lists_and_look_ups_agree(actors, content, seed):
    """A revision that a list shows and a look-up hides, or the other way round."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    readers = (*actors.values(), Actor.public())
    shown = 0
    for _ in range(60):
        try:
            at_random(rng, actors, content)
        except RegisterError:
            continue
        for reader in readers:
            one_by_one = set()
            for item in Statement.objects.filter(standing=True):
                try:
                    one_by_one.add(visibility.view_of(reader, item).revision.pk)
                except NotFoundError:
                    continue
            assert set(visibility.revisions(reader).values_list("pk", flat=True)) == one_by_one
            for member in actors:
                of = set(visibility.revisions(reader, of=member).values_list("pk", flat=True))
                assert of == {
                    key
                    for key in one_by_one
                    if Statement.objects.filter(revisions=key, member=member).exists()
                }
            shown += len(one_by_one)
    assert shown > 100


def test_a_partner_sees_the_newer_revision_only_and_the_public_the_older(
    actors, published, content
):
    """Between sharing and publishing anew there are two revisions: each reader sees one of them."""
    statement = Statement.objects.get(pk=published.pk)
    new = content.model_copy(update={"titles": {"en": "Renamed"}})
    statements.save(actors["BRA"], statement.pk, new, expected_version=statement.version)
    for step in ("approve", "share"):
        statement.refresh_from_db()
        getattr(statements, step)(actors["BRA"], statement.pk, expected_version=statement.version)
    titles = {
        reader.member: sorted(
            visibility.revisions(reader, of="BRA").values_list("title", flat=True)
        )
        for reader in (*actors.values(), Actor.public())
    }
    older = content.title("en")
    assert titles == {"BRA": ["Renamed"], "MOZ": ["Renamed"], "SEN": [older], "": [older]}

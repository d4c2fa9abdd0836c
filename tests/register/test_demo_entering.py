"""Entering a demonstration at once: checked, audited and kept as if people had done it."""

from __future__ import annotations

import json

import pytest
from django.db import transaction

from bandung.errors import NotAllowedError, RegisterError
from bandung.register import audit, demo
from bandung.register.actions import demonstration, people, statements
from bandung.register.actor import Actor
from bandung.register.models import Activity, AuditEntry, Person, Statement


@pytest.fixture(scope="module")
def plan():
    """The demonstration of the usual seed."""
    return demo.build()


def test_entered_at_once_is_entered_one_by_one(plan, db):
    """A statement that the demonstration writes otherwise than the actions of people would."""
    chosen = [item for item in plan.activities if item.scenario in {"agreed", "in_approval"}][:6]
    kept = []
    for way in (_at_once, _one_by_one):
        with transaction.atomic():
            actors = demo._add_people(plan)
            before = AuditEntry.objects.count()
            way(plan, chosen, actors)
            assert audit.verify().holds
            kept.append(
                (_statements(), _deeds(before), Activity.objects.filter(public=True).count())
            )
            transaction.set_rollback(True)
    assert kept[0] == kept[1]


def _at_once(plan, chosen, actors):
    part = demo.Plan(plan.seed, plan.agencies, plan.people, tuple(chosen))
    demo._write_statements(part, actors)


def _one_by_one(plan, chosen, actors):
    del plan
    for item in chosen:
        activity = Activity.objects.create()
        for said in item.statements:
            editor = actors[said.agency, Person.Role.EDITOR]
            made = statements.create(editor, said.content, activity=activity)
            ways = (statements.approve, statements.approve, statements.share, statements.publish)
            for step, way in enumerate(ways[: demo.STEPS[said.reach]]):
                by = (
                    actors[said.member, Person.Role.FOCAL_POINT]
                    if step
                    else actors[said.agency, Person.Role.APPROVER]
                )
                made = way(by, made.pk, expected_version=made.version)


def _statements():
    rows = Statement.objects.select_related("working", "agency")
    return sorted(
        (
            row.member_id,
            row.agency.name,
            row.version,
            row.working.state,
            row.working.digest,
            row.working.modified_by.email,
            row.shared_id == row.working_id,
            row.published_id == row.working_id,
            row.working.contributions.count(),
            sorted(row.working.partners.values_list("member_id", flat=True)),
        )
        for row in rows
    )


def _deeds(before):
    """Return who did what, without the keys and references that are given out in turn."""
    found = []
    for entry in AuditEntry.objects.filter(sequence__gt=before):
        after = json.loads(entry.after)
        kept = {name: after[name] for name in ("state", "version", "digest", "revision")}
        found.append((entry.actor, entry.member_id, entry.action, entry.before, json.dumps(kept)))
    return sorted(found)


def test_a_register_in_use_is_left_alone(plan, db):
    """A demonstration poured into somebody's real record."""
    agency = people.add_agency(Actor.operator("BRA"), "BRA", "Ministry")
    people.add_person(Actor.operator("BRA"), "a@example.org", "Ana", agency=agency, role="editor")
    with pytest.raises(RegisterError, match="in use already"):
        demo.load(plan)


def test_only_an_administrator_enters_a_demonstration(db):
    """A member that writes statements in the names of others."""
    actor = Actor(name="focal point", member="BRA", role=Person.Role.FOCAL_POINT)
    with pytest.raises(NotAllowedError):
        demonstration.enter(actor, [])
    with pytest.raises(NotAllowedError):
        demonstration.share_password(actor, "a long enough pass phrase")
    with pytest.raises(RegisterError, match="too short"):
        demonstration.share_password(Actor.operator(), "short")


def test_an_incomplete_account_is_not_entered_as_approved(plan, db):
    """A way round the checks that everybody's statements go through."""
    actors = demo._add_people(plan)
    item = demonstration.Entered(
        activity=0,
        content=plan.activities[0].statements[0].content.model_copy(update={"titles": {}}),
        editor=actors["BR-DEMO-1", "editor"],
        approver=actors["BR-DEMO-1", "approver"],
        focal_point=actors["BRA", "focal_point"],
        steps=3,
    )
    with pytest.raises(RegisterError, match="Give the activity a title"):
        demonstration.enter(Actor.operator(), [item])
    assert not Statement.objects.exists()

"""What members did together, by the register: both sides' figures, and only what may be seen."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client

from bandung.brief.cooperation import Cooperation
from bandung.errors import RegisterError
from bandung.register.actions import statements
from bandung.register.actor import Actor
from bandung.register.api.application import api
from bandung.register.content import Valuation
from bandung.register.models import Statement
from bandung.register.together import together

pytestmark = pytest.mark.django_db
SNAPSHOT = Path(__file__).parent / "openapi.json"
PUBLIC = Actor.public()


def step(actor, statement, *names):
    """Take a statement some steps on."""
    for name in names:
        act = getattr(statements, name)
        statement = act(actor, statement.pk, expected_version=statement.version)
    return statement


def test_both_sides_stand_beside_each_other(published, actors):
    """A side is lost, added to the other one, or called alike when it differs."""
    found = together(PUBLIC, ["MOZ", "BRA"])
    assert found["exchanges"] == {"agree": 1, "differ": 0, "one_side": 0}
    (pair,) = found["pairs"]
    assert (pair["provider"], pair["receiver"], pair["activities"]) == ("BRA", "MOZ", 1)
    (line,) = pair["lines"]
    assert line["provider_says"]["quantity"] == line["receiver_says"]["quantity"] == "120"
    assert found["goals"] == [{"goal": "2", "activities": 1}]
    assert found["years"] == [{"year": 2023, "activities": 1}]
    assert found["names"]["modality"]["training"]["fr"]

    theirs = Statement.objects.get(member="MOZ")
    said = statements.said_in(theirs)
    fewer = said.contributions[0].model_copy(
        update={
            "quantity": Decimal(80),
            "valuation": Valuation(amount=Decimal("1000.50"), currency="USD", method="actual_cost"),
        }
    )
    changed = said.model_copy(update={"contributions": (fewer,)})
    theirs = statements.save(actors["MOZ"], theirs.pk, changed, expected_version=theirs.version)
    assert together(PUBLIC, ["MOZ", "BRA"])["exchanges"]["agree"] == 1, "a draft shows"
    step(actors["MOZ"], theirs, "approve", "share", "publish")
    found = together(PUBLIC, ["MOZ", "BRA"])
    assert found["exchanges"] == {"agree": 0, "differ": 1, "one_side": 0}
    (line,) = found["pairs"][0]["lines"]
    assert (line["provider_says"]["quantity"], line["receiver_says"]["quantity"]) == ("120", "80")
    assert (line["provider_says"]["value_usd"], line["receiver_says"]["value_usd"]) == (
        None,
        "1000.5",
    )


def test_only_what_the_reader_sees_counts(actors, content):
    """The public is told of what was shared between two, or one of the two is not."""
    step(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    for actor, activities in (
        (actors["BRA"], 1),
        (actors["MOZ"], 1),
        (actors["SEN"], 0),
        (PUBLIC, 0),
    ):
        found = together(actor, ["BRA", "MOZ", "SEN"])
        assert found["activities"] == activities
        assert found["exchanges"]["one_side"] == activities
        assert bool(found["names"]["modality"]) == bool(activities)


@pytest.mark.parametrize(
    ("members", "since", "until", "exchanges"),
    [
        (["BRA", "MOZ"], 2023, 2023, 1),
        (["BRA", "MOZ"], 2024, None, 0),
        (["BRA", "MOZ"], None, 2022, 0),
        (["BRA", "SEN"], None, None, 0),
    ],
)
def test_years_and_members_bound_it(published, members, since, until, exchanges):
    """Another year, or another member, is counted."""
    found = together(PUBLIC, members, since, until)
    assert sum(found["exchanges"].values()) == exchanges


def test_what_is_planned_was_not_done(actors, content):
    """A promise is counted as given."""
    planned = content.contributions[0].model_copy(update={"stage": "planned"})
    plan = content.model_copy(
        update={"contributions": (planned,), "actual_end": None, "planned_end": dt.date(2030, 1, 1)}
    )
    statements.create(actors["BRA"], plan)
    found = together(actors["BRA"], ["BRA", "MOZ"])
    assert (found["activities"], found["pairs"]) == (1, [])


def test_one_member_or_a_wrong_code_is_refused(db):
    """A question that cannot be meant is answered with nothing."""
    with pytest.raises(RegisterError, match="two to 250 members"):
        together(PUBLIC, ["BRA", "BRA"])
    with pytest.raises(RegisterError, match="'XYZ'"):
        together(PUBLIC, ["BRA", "XYZ"])


def test_the_brief_reads_what_the_api_answers(published):
    """The API's answer is not what the brief reads, or loses a figure on the way."""
    answered = Client().get("/api/v1/together?members=BRA,MOZ")
    assert answered.status_code == 200, answered.content
    assert answered.json() == json.loads(json.dumps(together(PUBLIC, ["BRA", "MOZ"])))
    found = Cooperation.read(answered.json())
    assert found.exchanges == (1, 0, 0)
    assert found.lines[0].given.quantity == Decimal(120)
    assert Client().get("/api/v1/together?members=BRA").status_code == 422
    assert Client().get("/api/v1/together?members=bra,moz").status_code == 422
    assert Client().get("/api/v1/together").status_code == 422


def test_the_description_is_the_one_that_was_agreed(db):
    """An operation changes without anybody having looked at what programs would meet.

    After a change that is meant, write the document anew from ``/api/v1/openapi.json``.
    """
    document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
    assert document["openapi"] == "3.1.0"
    assert document == json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert Client().get("/api/v1/openapi.json").json() == document

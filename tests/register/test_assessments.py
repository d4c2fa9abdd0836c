"""Both parties answer the same indicators; neither sees the other's before it is shared."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bandung.errors import EditConflictError, NotAllowedError, NotFoundError, RegisterError
from bandung.register import audit
from bandung.register.actions import assessments, statements
from bandung.register.actions.assessments import NEW, Answer
from bandung.register.actor import Actor
from bandung.register.codelists import shipped
from bandung.register.models import Assessment

sys.path.insert(0, str(Path(__file__).parent))
from steps_on import further

pytestmark = pytest.mark.django_db
FIRST, SECOND = (item.code for item in shipped("indicator")[:2])
ANSWERS = {FIRST: Answer(3, "Joint planning"), SECOND: Answer(None)}


@pytest.fixture
def activity(actors, content):
    """An activity that Brazil has shared with Mozambique."""
    given = statements.create(actors["BRA"], content)
    return further(actors["BRA"], given, "approve", "share").activity


def seen(actor, activity):
    return {item.member: item for item in assessments.seen(actor, activity)}


def test_there_are_twenty_indicators():
    """The list is that of NeST 2017: twenty indicators."""
    assert len(shipped("indicator")) == 20


def test_answers_stand_side_by_side_once_shared(actors, activity):
    """A draft is its member's own; what was shared stays while the next answers are drafted."""
    assessments.save(actors["BRA"], activity.pk, ANSWERS, expected_version=NEW)
    assert set(seen(actors["BRA"], activity)) == {"BRA"}
    assert seen(actors["MOZ"], activity) == {}
    assessments.share(actors["BRA"], activity.pk, expected_version=1)
    assessments.save(actors["MOZ"], activity.pk, {FIRST: Answer(1)}, expected_version=NEW)
    found = seen(actors["MOZ"], activity)
    assert list(found) == ["MOZ", "BRA"]
    assert found["BRA"].answers == ANSWERS
    assert found["BRA"].version is None
    assert found["MOZ"].answers == {FIRST: Answer(1)}
    assessments.save(actors["BRA"], activity.pk, {FIRST: Answer(0)}, expected_version=2)
    assert seen(actors["MOZ"], activity)["BRA"].answers == ANSWERS
    own = seen(actors["BRA"], activity)["BRA"]
    assert (own.answers, own.shared_answers) == ({FIRST: Answer(0)}, ANSWERS)
    assessments.withdraw(actors["BRA"], activity.pk, expected_version=3)
    assert set(seen(actors["MOZ"], activity)) == {"MOZ"}
    assert audit.verify().holds


def test_third_parties_and_the_public_see_none(actors, content):
    """A published activity shows no assessment to who is not in it, and takes none from it."""
    given = statements.create(actors["BRA"], content)
    further(actors["BRA"], given, "approve", "share", "publish")
    received = statements.answer(actors["MOZ"], given.activity_id, of=given.pk)
    further(actors["MOZ"], received, "approve", "share", "publish")
    activity = given.activity
    assessments.save(actors["BRA"], activity.pk, ANSWERS, expected_version=NEW)
    assessments.share(actors["BRA"], activity.pk, expected_version=1)
    assert seen(actors["SEN"], activity) == {}
    assert seen(Actor.public(), activity) == {}
    with pytest.raises(NotAllowedError, match="no part"):
        assessments.save(actors["SEN"], activity.pk, ANSWERS, expected_version=NEW)


def test_a_hidden_activity_takes_no_assessment(actors, content):
    """A draft does not exist for the partner that it names."""
    draft = statements.create(actors["BRA"], content)
    with pytest.raises(NotFoundError):
        assessments.save(actors["MOZ"], draft.activity_id, ANSWERS, expected_version=NEW)


def test_roles(actors, people_of, activity):
    """Editors draft, approvers share; viewers do neither."""
    people = {role: Actor.of(person) for role, person in people_of["MOZ"].items()}
    with pytest.raises(NotAllowedError):
        assessments.save(people["viewer"], activity.pk, ANSWERS, expected_version=NEW)
    assessments.save(people["editor"], activity.pk, ANSWERS, expected_version=NEW)
    with pytest.raises(NotAllowedError):
        assessments.share(people["editor"], activity.pk, expected_version=1)
    assessments.share(people["approver"], activity.pk, expected_version=1)
    with pytest.raises(NotAllowedError):
        assessments.withdraw(people["editor"], activity.pk, expected_version=2)


def test_a_stale_version_changes_nothing(actors, activity):
    """Who has not seen the last answers is told, and they stay."""
    assessments.save(actors["BRA"], activity.pk, ANSWERS, expected_version=NEW)
    assessments.save(actors["BRA"], activity.pk, {FIRST: Answer(2)}, expected_version=1)
    for expected in (NEW, 1, 3):
        with pytest.raises(EditConflictError, match="version 2"):
            assessments.save(actors["BRA"], activity.pk, {}, expected_version=expected)
    assert Assessment.objects.get().answers == {FIRST: {"score": 2, "comment": ""}}


def test_saving_the_same_answers_changes_nothing(actors, activity):
    """The version rises only when something was changed."""
    assessments.save(actors["BRA"], activity.pk, ANSWERS, expected_version=NEW)
    again = assessments.save(actors["BRA"], activity.pk, ANSWERS, expected_version=1)
    assert again.version == 1


def test_answers_outside_the_scale_are_refused(actors, activity):
    """Scores are whole numbers from 0 to 4, of indicators in use."""
    for answers, words in (
        ({"kindness": Answer(3)}, "is no indicator"),
        ({FIRST: Answer(5)}, "no score"),
        ({FIRST: Answer(-1)}, "no score"),
        ({FIRST: Answer(True)}, "no score"),  # noqa: FBT003 - a value out of range
        ({FIRST: Answer(2.5)}, "no score"),
        ({FIRST: Answer(2, "x" * 5_001)}, "5001 characters"),
    ):
        with pytest.raises(RegisterError, match=words):
            assessments.save(actors["BRA"], activity.pk, answers, expected_version=NEW)
    assert not Assessment.objects.exists()


def test_nothing_is_not_shared(actors, activity):
    """An assessment without answers cannot be shared, nor withdrawn before it was."""
    assessments.save(actors["BRA"], activity.pk, {}, expected_version=NEW)
    with pytest.raises(RegisterError, match="at least one"):
        assessments.share(actors["BRA"], activity.pk, expected_version=1)
    with pytest.raises(RegisterError, match="not shared"):
        assessments.withdraw(actors["BRA"], activity.pk, expected_version=1)

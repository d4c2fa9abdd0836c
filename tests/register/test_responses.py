"""The receiving member's word: who may give it, on what, and how long it stands."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest

from bandung.errors import EditConflictError, NotAllowedError, NotFoundError, RegisterError
from bandung.register import audit
from bandung.register.actions import responses, statements
from bandung.register.actor import Actor
from bandung.register.models import AuditEntry, Response

sys.path.insert(0, str(Path(__file__).parent))
from steps_on import further

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(actors, content):
    """Brazil's statement of a course for Mozambique, shared with it."""
    two = (*content.contributions, content.contributions[0].model_copy(update={"key": "second"}))
    back = two[0].model_copy(update={"key": "back", "provider": "MOZ", "receiver": "BRA"})
    content = content.model_copy(update={"contributions": (*two, back)})
    given = statements.create(actors["BRA"], content)
    return further(actors["BRA"], given, "approve", "share")


def respond(actor, statement, key="courses", kind="objects", reason="only 90 days", revision=1):
    return responses.respond(
        actor,
        statement.pk,
        kind=kind,
        reason=reason,
        contribution_key=key,
        expected_revision=revision,
    )


def shared_again(actors, statement, **update):
    """The next revision of Brazil's statement, shared."""
    statement.refresh_from_db()
    content = statement.working.said()
    content = content.model_copy(update=update)
    statement = statements.save(
        actors["BRA"], statement.pk, content, expected_version=statement.version
    )
    return further(actors["BRA"], statement, "approve", "share")


def test_a_recipient_objects_and_takes_it_back(actors, shared):
    """An objection stands for both sides until its member says otherwise; all of it is told."""
    objection = respond(actors["MOZ"], shared)
    for reader in ("MOZ", "BRA"):
        (found,) = responses.standing(actors[reader], shared)
        assert (found.response, found.objects, found.outdated) == (objection, True, False)
    acceptance = respond(actors["MOZ"], shared, kind="accepts", reason="")
    (found,) = responses.standing(actors["BRA"], shared)
    assert (found.response, found.objects) == (acceptance, False)
    responses.withdraw(actors["MOZ"], acceptance.pk)
    assert responses.standing(actors["BRA"], shared) == ()
    with pytest.raises(NotFoundError):
        responses.withdraw(actors["MOZ"], acceptance.pk)
    told = AuditEntry.objects.filter(kind="response").order_by("sequence")
    assert [entry.action for entry in told] == ["objects", "accepts", "withdraw"]
    assert audit.verify().holds


def test_what_is_no_response_is_refused(actors, shared):
    """A reason, a known kind and a contribution that one receives are asked for."""
    for key, kind, reason, error, words in (
        ("courses", "objects", "  ", RegisterError, "needs its reason"),
        ("courses", "perhaps", "", RegisterError, "is no response"),
        ("courses", "objects", "x" * 5_001, RegisterError, "5001 characters"),
        ("nothing", "objects", "no", NotFoundError, "no contribution"),
        ("back", "objects", "no", NotAllowedError, "not said to go to MOZ"),
    ):
        with pytest.raises(error, match=words):
            respond(actors["MOZ"], shared, key, kind, reason)
    assert not Response.objects.exists()


def test_only_an_approver_of_the_recipient_responds(actors, people_of, shared):
    """Its viewers and editors, the giver, third parties, the public and tokens to read may not."""
    for role in ("viewer", "editor"):
        with pytest.raises(NotAllowedError):
            respond(Actor.of(people_of["MOZ"][role]), shared)
    with pytest.raises(NotAllowedError):
        respond(Actor.of(people_of["MOZ"]["approver"], scopes=("read",)), shared)
    with pytest.raises(NotAllowedError, match="your own"):
        respond(actors["BRA"], shared)
    with pytest.raises(NotFoundError):
        respond(actors["SEN"], shared)
    with pytest.raises(NotAllowedError):
        respond(Actor.public(), shared)
    assert not Response.objects.exists()
    assert respond(Actor.of(people_of["MOZ"]["approver"]), shared)


def test_who_sees_only_what_is_public_does_not_respond(actors, published):
    """Senegal may read the published statement and has no word on it."""
    with pytest.raises(NotAllowedError, match="not shared with SEN"):
        respond(actors["SEN"], published)


def test_a_draft_is_not_responded_to(actors, content):
    """What Brazil has not shared does not exist for Mozambique."""
    draft = statements.create(actors["BRA"], content)
    with pytest.raises(NotFoundError):
        respond(actors["MOZ"], draft)


def test_one_responds_to_what_one_has_read(actors, shared):
    """When another revision was shared meanwhile the response is refused."""
    shared_again(actors, shared, titles={"en": "Another title"})
    with pytest.raises(EditConflictError, match="revision 2"):
        respond(actors["MOZ"], shared)
    assert respond(actors["MOZ"], shared, revision=2)


def test_an_objection_outlives_a_new_revision(actors, shared):
    """What the giver changes silences no objection; it is shown to be about something else."""
    objection = respond(actors["MOZ"], shared)
    kept = respond(actors["MOZ"], shared, key="second", kind="accepts", reason="")
    courses, *others = shared.shared.said().contributions
    changed = courses.model_copy(update={"quantity": Decimal(90)})
    statement = shared_again(actors, shared, contributions=(changed, *others))
    found = {item.response: item.outdated for item in responses.standing(actors["MOZ"], statement)}
    assert found == {objection: True, kept: False}


def test_the_whole_may_be_accepted(actors, shared):
    """A response without a key is about all that one received; who received nothing gives none."""
    whole = respond(actors["MOZ"], shared, key="", kind="accepts", reason="")
    assert whole.contribution_key == ""
    back = shared.shared.said().contributions[2]
    statement = shared_again(actors, shared, contributions=(back,))
    (found,) = responses.standing(actors["MOZ"], statement)
    assert found.outdated
    with pytest.raises(NotAllowedError, match="received"):
        respond(actors["MOZ"], statement, key="", revision=2)


def test_third_parties_and_the_public_see_no_response(actors, published):
    """What one party answers to the other is theirs, published or not."""
    respond(actors["MOZ"], published)
    assert responses.standing(actors["SEN"], published) == ()
    assert responses.standing(Actor.public(), published) == ()
    assert len(responses.standing(actors["BRA"], published)) == 1


def test_the_page_offers_what_the_action_allows(actors, people_of, shared):
    """Of the contributions on offer each is accepted, and of no other member's."""
    offered = responses.answerable(actors["MOZ"], shared)
    assert offered == ("courses", "second")
    for key in offered:
        assert respond(actors["MOZ"], shared, key=key)
    assert responses.answerable(actors["BRA"], shared) == ()
    assert responses.answerable(actors["SEN"], shared) == ()
    assert responses.answerable(Actor.of(people_of["MOZ"]["editor"]), shared) == ()

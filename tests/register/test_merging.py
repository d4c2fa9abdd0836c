"""Two agencies' entries of one activity made one, and taken apart exactly as they were."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from bandung.errors import EditConflictError, NotAllowedError, NotFoundError, RegisterError
from bandung.register import audit, suggestions, visibility
from bandung.register.actions import merging, pairing, people, responses, statements
from bandung.register.actor import Actor
from bandung.register.models import Contribution, Merge, Revision, RevisionPartner, Statement
from bandung.register.returns import source

sys.path.insert(0, str(Path(__file__).parent))
from steps_on import further, shared

pytestmark = pytest.mark.django_db


@pytest.fixture
def embrapa(people_of):
    """A second agency of Brazil's."""
    return people.add_agency(Actor.operator("BRA"), "BRA", "Embrapa")


@pytest.fixture
def two(actors, content, embrapa):
    """Brazil's agency and Embrapa have entered one course; each under the key 'courses'."""
    kept = statements.create(actors["BRA"], content)
    item = content.contributions[0].model_copy(update={"reference": "E-7"})
    again = content.model_copy(
        update={"titles": {"en": "Tropical farming, training"}, "contributions": (item,)}
    )
    return kept, statements.create(actors["BRA"], again, agency=embrapa)


def merge(actor, kept, absorbed, bring=("courses",)):
    for item in (kept, absorbed):
        item.refresh_from_db()
    return merging.merge(
        actor,
        kept.pk,
        absorbed.pk,
        kept_version=kept.version,
        absorbed_version=absorbed.version,
        bring=bring,
    )


def undo(actor, made):
    kept = Statement.objects.get(pk=made.kept_id)
    return merging.undo(actor, made.pk, kept_version=kept.version)


def state(*items):
    """Everything that is kept of statements, but for when and how often they were touched."""
    found = []
    for item in items:
        now = Statement.objects.get(pk=item.pk)
        found.append(
            (
                [
                    getattr(now, f"{name}_id")
                    for name in ("activity", "working", "shared", "published")
                ],
                now.standing,
                now.absorbed_into_id,
                now.identifier,
                now.working.digest,
                now.working.state,
                sorted(now.working.contributions.values_list("key", "quantity")),
                sorted(now.working.partners.values_list("member", flat=True)),
            )
        )
    return found


@pytest.mark.parametrize("steps", [(), ("approve",), ("approve", "share")])
def test_a_merge_is_taken_apart_exactly(actors, two, steps):
    """Whatever state the two were in, and whatever was brought, both are as they were."""
    kept, absorbed = (further(actors["BRA"], item, *steps) for item in two)
    before = state(kept, absorbed)
    for bring in ((), ("courses",)):
        made = merge(actors["BRA"], kept, absorbed, bring)
        assert state(kept, absorbed) != before
        assert list(visibility.statements(actors["BRA"])) == [kept]
        assert set(visibility.revisions(actors["BRA"]).values_list("statement", flat=True)) == {
            kept.pk
        }
        undo(actors["BRA"], made)
        assert state(kept, absorbed) == before
        assert not list(merging.standing_merges(actors["BRA"], kept))
    assert audit.verify().holds


def test_what_is_brought_says_where_it_comes_from(actors, two):
    """A contribution under a key that both have gets its own, and the reference of the other."""
    kept, absorbed = two
    made = merge(actors["BRA"], kept, absorbed)
    now = Statement.objects.get(pk=kept.pk).working.said()
    first, second = now.contributions
    assert (first.key, first.reference) == ("courses", "")
    assert second.key == merging.brought_key(absorbed, "courses")
    assert second.reference == f"E-7 ({absorbed.reference})"
    assert second.quantity == Decimal(120)
    assert merging.merged_into(actors["BRA"], absorbed.activity_id) == kept
    assert [item.absorbed for item in merging.standing_merges(actors["BRA"], kept)] == [absorbed]
    assert merging.merged_into(actors["BRA"], kept.activity_id) is None
    for other in (actors["MOZ"], Actor.public()):
        assert merging.merged_into(other, absorbed.activity_id) is None
    assert made.absorbed_activity == absorbed.activity


def test_the_absorbed_one_leaves_every_list(actors, two):
    """Its partner no longer sees it, nothing of it is counted, and it cannot be changed."""
    kept, absorbed = (further(actors["BRA"], item, "approve", "share") for item in two)
    assert visibility.statements(actors["MOZ"]).count() == 2
    merge(actors["BRA"], kept, absorbed)
    assert list(visibility.statements(actors["MOZ"])) == [kept]
    seen = visibility.revisions(actors["BRA"])
    assert Contribution.objects.filter(revision__in=seen).count() == 2
    absorbed.refresh_from_db()
    with pytest.raises(RegisterError, match="merged or discarded"):
        statements.save(
            actors["BRA"],
            absorbed.pk,
            absorbed.working.said(),
            expected_version=absorbed.version,
        )


def test_what_was_edited_since_stays(actors, two):
    """Taken apart after an edit, the kept one loses what was brought over and nothing else."""
    kept, absorbed = two
    before = state(absorbed)
    made = merge(actors["BRA"], kept, absorbed)
    kept.refresh_from_db()
    edited = kept.working.said().model_copy(update={"titles": {"en": "Edited since"}})
    statements.save(actors["BRA"], kept.pk, edited, expected_version=kept.version)
    undo(actors["BRA"], made)
    kept.refresh_from_db()
    assert kept.working.said().titles == {"en": "Edited since"}
    assert [item.key for item in kept.working.said().contributions] == ["courses"]
    assert state(absorbed) == before
    assert audit.verify().holds


def test_what_was_shared_since_is_taken_out_in_a_draft(actors, two):
    """Partners see the merged account until the focal point shares the next one."""
    kept, absorbed = two
    original = kept.working.digest
    made = merge(actors["BRA"], kept, absorbed)
    kept.refresh_from_db()
    further(actors["BRA"], kept, "approve", "share")
    undo(actors["BRA"], made)
    kept.refresh_from_db()
    assert kept.working.state == Revision.State.DRAFT
    assert kept.working.number > kept.shared.number
    assert kept.working.digest == original
    assert len(kept.shared.said().contributions) == 2
    assert RevisionPartner.objects.filter(revision=kept.shared).exists()


def test_two_merges_are_taken_apart_in_either_order(actors, two, content, embrapa):
    """Each takes out what it brought; in the end all three are as they were entered."""
    kept, first = two
    second = statements.create(actors["BRA"], content, agency=embrapa)
    digests = [item.working.digest for item in (kept, first, second)]
    for order in ((0, 1), (1, 0)):
        made = [merge(actors["BRA"], kept, item) for item in (first, second)]
        assert len(Statement.objects.get(pk=kept.pk).working.said().contributions) == 3
        for number in order:
            undo(actors["BRA"], made[number])
        now = [Statement.objects.get(pk=item.pk) for item in (kept, first, second)]
        assert [item.working.digest for item in now] == digests
        assert all(item.standing for item in now)
    assert audit.verify().holds


def test_a_chain_of_merges_is_followed_and_undone_from_its_end(actors, two, content, embrapa):
    """What was merged into what was merged leads to what stands; the last merge goes first."""
    kept, absorbed = two
    top = statements.create(actors["BRA"], content, agency=embrapa)
    inner = merge(actors["BRA"], kept, absorbed)
    outer = merge(actors["BRA"], top, kept)
    assert merging.merged_into(actors["BRA"], absorbed.activity_id) == top
    with pytest.raises(RegisterError, match="merged or discarded"):
        undo(actors["BRA"], inner)
    undo(actors["BRA"], outer)
    undo(actors["BRA"], inner)
    assert Statement.objects.filter(standing=True).count() == 3


def test_a_partners_answer_is_not_left_alone(actors, two):
    """The one that Mozambique has answered is the one to keep."""
    kept, absorbed = two
    absorbed = further(actors["BRA"], absorbed, "approve", "share")
    answer = statements.answer(actors["MOZ"], absorbed.activity_id, of=absorbed.pk)
    further(actors["MOZ"], answer, "approve", "share")
    with pytest.raises(RegisterError, match=f"MOZ has answered {absorbed.reference}"):
        merge(actors["BRA"], kept, absorbed)
    assert merge(actors["BRA"], absorbed, kept)


def test_a_partners_draft_is_no_obstacle_and_shows_nowhere(actors, two):
    """A hidden answer does not change what Brazil may do."""
    kept, absorbed = two
    absorbed = further(actors["BRA"], absorbed, "approve", "share")
    statements.answer(actors["MOZ"], absorbed.activity_id, of=absorbed.pk)
    assert merge(actors["BRA"], kept, absorbed)


def test_an_objection_is_not_silenced(actors, two):
    """What a recipient objects to cannot be merged into what it has not objected to."""
    kept, absorbed = two
    absorbed = further(actors["BRA"], absorbed, "approve", "share")
    objection = responses.respond(
        actors["MOZ"],
        absorbed.pk,
        kind="objects",
        reason="not held",
        contribution_key="courses",
        expected_revision=1,
    )
    with pytest.raises(RegisterError, match="MOZ objects"):
        merge(actors["BRA"], kept, absorbed)
    responses.withdraw(actors["MOZ"], objection.pk)
    assert merge(actors["BRA"], kept, absorbed)


def test_who_may_merge(actors, people_of, two, content):
    """The focal point, its own member's two statements, as it last saw them."""
    kept, absorbed = two
    for role in ("viewer", "editor", "approver"):
        with pytest.raises(NotAllowedError):
            merge(Actor.of(people_of["BRA"][role]), kept, absorbed)
    with pytest.raises(NotFoundError):
        merge(actors["MOZ"], kept, absorbed)
    with pytest.raises(RegisterError, match="with itself"):
        merge(actors["BRA"], kept, kept)
    with pytest.raises(NotFoundError, match="no contribution"):
        merge(actors["BRA"], kept, absorbed, bring=("x",))
    with pytest.raises(EditConflictError):
        merging.merge(
            actors["BRA"], kept.pk, absorbed.pk, kept_version=kept.version, absorbed_version=9
        )
    assert not Merge.objects.exists()
    made = merge(actors["BRA"], kept, absorbed)
    for actor in (actors["MOZ"], Actor.operator("SEN")):
        with pytest.raises(NotFoundError):
            undo(actor, made)
    with pytest.raises(EditConflictError):
        merging.undo(actors["BRA"], made.pk, kept_version=1)
    undo(actors["BRA"], made)
    with pytest.raises(NotFoundError):
        undo(actors["BRA"], made)


def test_a_taken_place_is_not_taken_over(actors, two, content):
    """Taking apart is refused when the absorbed one's identifier was given to another."""
    kept, absorbed = two
    named = absorbed.working.said().model_copy(update={"identifier": "BR-1"})
    absorbed = statements.save(actors["BRA"], absorbed.pk, named, expected_version=absorbed.version)
    made = merge(actors["BRA"], kept, absorbed)
    other = statements.create(actors["BRA"], content.model_copy(update={"identifier": "BR-1"}))
    with pytest.raises(RegisterError, match="BR-1"):
        undo(actors["BRA"], made)
    statements.discard(actors["BRA"], other.pk, expected_version=other.version)
    undo(actors["BRA"], made)
    assert Statement.objects.get(pk=absorbed.pk).identifier == "BR-1"


def test_duplicates_are_suggested_until_people_decide(actors, two):
    """Merged, taken apart again or dismissed, a pair is not suggested any more."""
    kept, absorbed = two
    (found,) = suggestions.duplicates(actors["BRA"])
    assert {found.ours, found.theirs} == {str(kept.pk), str(absorbed.pk)}
    assert suggestions.duplicates(actors["MOZ"]) == ()
    made = merge(actors["BRA"], kept, absorbed)
    assert suggestions.duplicates(actors["BRA"]) == ()
    undo(actors["BRA"], made)
    assert suggestions.duplicates(actors["BRA"]) == ()


def test_a_dismissed_duplicate_is_not_suggested_again(actors, two):
    """The member's word that the two are two is remembered."""
    kept, absorbed = two
    assert len(suggestions.duplicates(actors["BRA"])) == 1
    pairing.dismiss(actors["BRA"], kept.pk, absorbed.pk)
    assert suggestions.duplicates(actors["BRA"]) == ()


def test_publication_follows(actors, content, embrapa):
    """An absorbed statement is public no longer, and is again once it is taken apart."""
    alone = content.model_copy(update={"partners": (), "contributions": ()})
    absorbed = further(actors["BRA"], shared(actors["BRA"], content), "publish")
    answer = statements.answer(actors["MOZ"], absorbed.activity_id, of=absorbed.pk)
    further(actors["MOZ"], answer, "approve", "share", "publish")
    kept = statements.create(actors["BRA"], alone, agency=embrapa)
    with pytest.raises(RegisterError, match="has answered"):
        merge(actors["BRA"], kept, absorbed)
    made = merge(actors["BRA"], absorbed, kept, bring=())
    assert visibility.statements(Actor.public()).count() == 2
    undo(actors["BRA"], made)
    assert visibility.statements(Actor.public()).count() == 2


def test_a_merge_says_when_it_was_made(actors, two):
    """A merge that brings nothing bears the day its statement was last edited."""
    kept, absorbed = two
    Revision.objects.update(modified_at="2020-01-01T00:00:00Z")
    before = timezone.now()
    assert merge(actors["BRA"], kept, absorbed, ()).made_at >= before


def test_a_return_counts_nothing_twice_after_taking_apart(actors, two):
    """What was brought over, and approved there, stays in the return beside the restored one."""
    kept, absorbed = (further(actors["BRA"], item, "approve") for item in two)
    before = [line.trace for line in source.lines(actors["BRA"])]
    made = merge(actors["BRA"], kept, absorbed)
    further(actors["BRA"], Statement.objects.get(pk=kept.pk), "approve")
    undo(actors["BRA"], made)
    assert [line.trace for line in source.lines(actors["BRA"])] == before
    assert audit.verify().holds


def test_nor_when_the_kept_one_was_changed_in_between(actors, two):
    """The approved revision still has what was brought over; a new draft without it waits."""
    kept, absorbed = (further(actors["BRA"], item, "approve") for item in two)
    before = [line.trace for line in source.lines(actors["BRA"])]
    made = merge(actors["BRA"], kept, absorbed)
    now = Statement.objects.get(pk=kept.pk)
    said = now.working.said().model_copy(update={"status": "finishing"})
    statements.save(actors["BRA"], now.pk, said, expected_version=now.version)
    further(actors["BRA"], Statement.objects.get(pk=kept.pk), "approve")
    assert len(list(source.lines(actors["BRA"]))) == len(before)
    undo(actors["BRA"], made)
    assert [line.trace for line in source.lines(actors["BRA"])] == before

"""Contributions paired and statements joined by people: each decides for its own member only."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bandung.errors import NotAllowedError, NotFoundError, RegisterError
from bandung.register import audit, suggestions, visibility
from bandung.register.actions import assessments, pairing, statements
from bandung.register.actions.assessments import NEW, Answer
from bandung.register.actor import Actor
from bandung.register.codelists import shipped
from bandung.register.models import Activity, MatchProposal, Pairing, Statement
from bandung.register.side_by_side import beside, side_by_side

sys.path.insert(0, str(Path(__file__).parent))
from steps_on import further, shared

pytestmark = pytest.mark.django_db


def renamed(content, *keys, **update):
    """The content with one contribution for each key."""
    item = content.contributions[0]
    items = tuple(item.model_copy(update={"key": key}) for key in keys)
    return content.model_copy(update={"contributions": items, **update})


@pytest.fixture
def content_of_mozambique(content):
    """Mozambique's account of the same course, in its own words and with keys of its own."""
    return renamed(
        content,
        "m1",
        titles={"en": "Tropical farming: training"},
        role="receives",
        partners=("BRA",),
    )


@pytest.fixture
def both(actors, content, content_of_mozambique):
    """Two statements of one activity, each with two contributions under keys of its own."""
    ours = shared(actors["BRA"], renamed(content, "b1", "b2"))
    theirs = statements.create(
        actors["MOZ"],
        renamed(content_of_mozambique, "m1", "m2"),
        activity=ours.activity,
    )
    return ours, further(actors["MOZ"], theirs, "approve", "share")


@pytest.fixture
def apart(actors, content, content_of_mozambique):
    """Two shared statements of what was entered as two activities."""
    return shared(actors["BRA"], content), shared(actors["MOZ"], content_of_mozambique)


def seen_by(actor, activity):
    (found,) = side_by_side(actor, activity)
    return found


def paired(found):
    return {
        (item.ours.key, item.theirs.key): item.how
        for item in found.comparison.contributions
        if item.ours and item.theirs
    }


def test_a_pair_is_agreed_when_both_say_so(actors, both):
    """One side's word is used by both until the other says otherwise; two words make it agreed."""
    ours, theirs = both
    activity = ours.activity
    assert set(paired(seen_by(actors["BRA"], activity))) == {("b1", "m1"), ("b2", "m2")}
    pairing.say(actors["BRA"], ours.pk, "b1", theirs.pk, "m2", same=True)
    found = seen_by(actors["BRA"], activity)
    assert paired(found) == {("b1", "m2"): "people", ("b2", "m1"): "nearest"}
    assert found.paired_by_us == {("b1", "m2")}
    assert not found.paired_by_both
    back = seen_by(actors["MOZ"], activity)
    assert paired(back) == {("m2", "b1"): "people", ("m1", "b2"): "nearest"}
    assert back.paired_by_them == {("m2", "b1")}
    assert back.comparison == found.comparison.mirrored()
    pairing.say(actors["MOZ"], theirs.pk, "m2", ours.pk, "b1", same=True)
    assert seen_by(actors["BRA"], activity).paired_by_both == {("b1", "m2")}
    assert audit.verify().holds


def test_ones_own_word_goes_before_the_others(actors, both):
    """Where they disagree each sees its own view first; neither changes the other's."""
    ours, theirs = both
    pairing.say(actors["BRA"], ours.pk, "b1", theirs.pk, "m2", same=True)
    pairing.say(actors["MOZ"], theirs.pk, "m2", ours.pk, "b1", same=False)
    assert ("m2", "b1") not in paired(seen_by(actors["MOZ"], ours.activity))
    assert ("b1", "m2") in paired(seen_by(actors["BRA"], ours.activity))
    assert seen_by(actors["BRA"], ours.activity).parted_by_them == {("b1", "m2")}
    pairing.say(actors["MOZ"], theirs.pk, "m1", ours.pk, "b1", same=True)
    assert ("m1", "b1") in paired(seen_by(actors["MOZ"], ours.activity))
    assert ("b1", "m2") in paired(seen_by(actors["BRA"], ours.activity))


def test_what_people_said_of_a_pair_is_between_the_two(actors, both):
    """A third party that reads both statements sees the register's own pairs."""
    ours, theirs = (further(actors[item.member_id], item, "publish") for item in both)
    pairing.say(actors["BRA"], ours.pk, "b1", theirs.pk, "m2", same=True)
    ours.activity.refresh_from_db()
    first, second = visibility.views(actors["SEN"], ours.activity)
    assert set(paired(beside(first, second)).values()) == {"nearest"}


def test_a_contribution_has_one_counterpart(actors, both):
    """A new word takes back the old one, and a word can be taken back."""
    ours, theirs = both
    for key in ("m1", "m2"):
        pairing.say(actors["BRA"], ours.pk, "b1", theirs.pk, key, same=True)
    assert [(row.own_key, row.other_key) for row in Pairing.objects.all()] == [("b1", "m2")]
    pairing.unsay(actors["BRA"], ours.pk, "b1", theirs.pk, "m2")
    assert not Pairing.objects.exists()
    with pytest.raises(NotFoundError, match="said nothing"):
        pairing.unsay(actors["BRA"], ours.pk, "b1", theirs.pk, "m2")


def test_who_may_pair(actors, people_of, both):
    """Only editors of the two, of their own statement, contributions that are there to see."""
    ours, theirs = both
    say = (ours.pk, "b1", theirs.pk, "m1")
    with pytest.raises(NotAllowedError):
        pairing.say(Actor.of(people_of["BRA"]["viewer"]), *say, same=True)
    for actor in (actors["MOZ"], actors["SEN"]):
        with pytest.raises(NotFoundError):
            pairing.say(actor, *say, same=True)
    with pytest.raises(NotFoundError, match="no contribution"):
        pairing.say(actors["BRA"], ours.pk, "b1", theirs.pk, "x", same=True)
    draft = statements.save(
        actors["MOZ"],
        theirs.pk,
        renamed(theirs.working.said(), "m1", "hidden"),
        expected_version=theirs.version,
    )
    with pytest.raises(NotFoundError, match="no contribution"):
        pairing.say(actors["BRA"], ours.pk, "b1", draft.pk, "hidden", same=True)
    assert not Pairing.objects.exists()
    assert pairing.say(Actor.of(people_of["BRA"]["editor"]), *say, same=True)


def test_two_activities_become_one_and_two_again(actors, apart):
    """Proposed, accepted, left: only the proposer's statement moves, and it goes back."""
    ours, theirs = apart
    home, digest = ours.activity, ours.shared.digest
    assessments.save(
        actors["BRA"], home.pk, {shipped("indicator")[0].code: Answer(3)}, expected_version=NEW
    )
    assert side_by_side(actors["BRA"], home) == ()
    proposal = pairing.propose(actors["BRA"], ours.pk, theirs.pk)
    assert list(pairing.received(actors["MOZ"])) == [proposal] == list(pairing.made(actors["BRA"]))
    assert not pairing.received(actors["BRA"]).exists()
    pairing.accept(actors["MOZ"], proposal.pk)
    ours.refresh_from_db()
    assert ours.activity == theirs.activity
    assert ours.shared.digest == digest
    assert seen_by(actors["BRA"], theirs.activity).comparison.contribution_counts.agreed == 1
    assert [item.own for item in assessments.seen(actors["BRA"], theirs.activity)] == [True]
    assert list(pairing.joined(actors["BRA"], theirs.activity)) == [proposal]
    assert list(pairing.joined(actors["MOZ"], theirs.activity)) == [proposal]
    pairing.leave(actors["BRA"], proposal.pk)
    ours.refresh_from_db()
    assert ours.activity == home
    assert suggestions.matches(actors["BRA"]) == ()
    assert audit.verify().holds


def test_the_one_that_was_joined_may_leave_too(actors, apart):
    """Who accepted goes with its own statement only; the proposer's stays where it is."""
    ours, theirs = apart
    proposal = pairing.propose(actors["BRA"], ours.pk, theirs.pk)
    pairing.accept(actors["MOZ"], proposal.pk)
    joint = theirs.activity
    pairing.leave(actors["MOZ"], proposal.pk)
    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert ours.activity == joint
    assert theirs.activity not in {joint, proposal.left_activity}
    with pytest.raises(NotFoundError):
        pairing.leave(actors["BRA"], proposal.pk)


def test_a_refusal_is_remembered(actors, apart):
    """What was refused is suggested to neither, and only who refused may propose it."""
    ours, theirs = apart
    assert [(s.ours, s.theirs) for s in suggestions.matches(actors["BRA"])] == [
        (str(ours.pk), str(theirs.pk))
    ]
    proposal = pairing.propose(actors["BRA"], ours.pk, theirs.pk)
    with pytest.raises(RegisterError, match="already"):
        pairing.propose(actors["MOZ"], theirs.pk, ours.pk)
    pairing.refuse(actors["MOZ"], proposal.pk)
    assert suggestions.matches(actors["BRA"]) == suggestions.matches(actors["MOZ"]) == ()
    with pytest.raises(RegisterError, match="only MOZ"):
        pairing.propose(actors["BRA"], ours.pk, theirs.pk)
    again = pairing.propose(actors["MOZ"], theirs.pk, ours.pk)
    pairing.accept(actors["BRA"], again.pk)
    theirs.refresh_from_db()
    assert theirs.activity == ours.activity


def test_a_proposal_can_be_withdrawn(actors, apart):
    """Its own member takes it back; nobody else, and not once it was decided."""
    ours, theirs = apart
    proposal = pairing.propose(actors["BRA"], ours.pk, theirs.pk)
    for actor in (actors["MOZ"], actors["SEN"], Actor.public()):
        with pytest.raises((NotFoundError, NotAllowedError)):
            pairing.withdraw(actor, proposal.pk)
    for actor in (actors["BRA"], actors["SEN"]):
        with pytest.raises(NotFoundError):
            pairing.accept(actor, proposal.pk)
    pairing.withdraw(actors["BRA"], proposal.pk)
    for decide in (pairing.accept, pairing.refuse):
        with pytest.raises(NotFoundError):
            decide(actors["MOZ"], proposal.pk)
    assert len(suggestions.matches(actors["BRA"])) == 1


def test_a_proposal_shows_nothing_that_was_not_shared(actors, content, content_of_mozambique):
    """Both must have shared with each other; what is withdrawn meanwhile takes it along."""
    ours = statements.create(actors["BRA"], content)
    theirs = shared(actors["MOZ"], content_of_mozambique)
    with pytest.raises(RegisterError, match="share it first"):
        pairing.propose(actors["BRA"], ours.pk, theirs.pk)
    with pytest.raises(NotFoundError):
        pairing.propose(actors["MOZ"], theirs.pk, ours.pk)
    ours = further(actors["BRA"], ours, "approve", "share")
    proposal = pairing.propose(actors["BRA"], ours.pk, theirs.pk)
    statements.withdraw(
        actors["BRA"], ours.pk, expected_version=ours.version, also_from_partners=True
    )
    assert not pairing.received(actors["MOZ"]).exists()
    with pytest.raises(NotFoundError):
        pairing.accept(actors["MOZ"], proposal.pk)


def test_a_statement_beside_others_is_not_taken_away(actors, apart, content_of_mozambique):
    """A statement that a partner has answered stays; the partner may join, and no draft tells."""
    ours, theirs = apart
    hidden = statements.answer(actors["MOZ"], ours.activity_id, of=ours.pk)
    proposal = pairing.propose(actors["BRA"], ours.pk, theirs.pk)
    further(actors["MOZ"], hidden, "approve", "share")
    with pytest.raises(RegisterError, match="BRA has to propose it anew") as refused:
        pairing.accept(actors["MOZ"], proposal.pk)
    assert hidden.reference not in str(refused.value)
    pairing.refuse(actors["MOZ"], proposal.pk)
    other = shared(actors["MOZ"], content_of_mozambique)
    with pytest.raises(RegisterError, match=hidden.reference):
        pairing.propose(actors["BRA"], ours.pk, other.pk)
    with pytest.raises(RegisterError, match="merge the two"):
        pairing.propose(actors["MOZ"], other.pk, ours.pk)


def test_roles_and_agencies_in_matching(actors, people_of, apart):
    """Editors do not propose or decide for their member; approvers do."""
    ours, theirs = apart
    with pytest.raises(NotAllowedError):
        pairing.propose(Actor.of(people_of["BRA"]["editor"]), ours.pk, theirs.pk)
    proposal = pairing.propose(Actor.of(people_of["BRA"]["approver"]), ours.pk, theirs.pk)
    for decide in (pairing.accept, pairing.refuse):
        with pytest.raises(NotAllowedError):
            decide(Actor.of(people_of["MOZ"]["editor"]), proposal.pk)
    assert pairing.accept(Actor.of(people_of["MOZ"]["approver"]), proposal.pk)
    with pytest.raises(NotAllowedError):
        pairing.leave(Actor.of(people_of["MOZ"]["editor"]), proposal.pk)


def test_what_is_hidden_never_moves_a_suggestion(actors, content, content_of_mozambique):
    """Drafts and what is shared with others change no suggestion, reason or weight."""
    ours = shared(actors["BRA"], content)
    theirs = shared(actors["MOZ"], content_of_mozambique)
    before = suggestions.matches(actors["BRA"])
    assert [(item.ours, item.theirs) for item in before] == [(str(ours.pk), str(theirs.pk))]
    statements.create(actors["MOZ"], content_of_mozambique)
    statements.create(actors["SEN"], content_of_mozambique)
    gift = content.contributions[0].model_copy(update={"provider": "SEN"})
    of_senegal = {"partners": ("MOZ",), "contributions": (gift,)}
    shared(actors["SEN"], content.model_copy(update=of_senegal))
    statements.save(
        actors["MOZ"],
        theirs.pk,
        renamed(content_of_mozambique, "m1", titles={"en": "Something else"}),
        expected_version=theirs.version,
    )
    assert suggestions.matches(actors["BRA"]) == before
    assert suggestions.matches(Actor.public()) == ()
    assert suggestions.duplicates(Actor.public()) == ()
    assert {item.theirs for item in suggestions.matches(actors["MOZ"])} == {str(ours.pk)}


def test_a_dismissed_suggestion_stays_away_from_who_dismissed_it(actors, apart):
    """Brazil's word that the two are two is Brazil's: Mozambique still gets the suggestion."""
    ours, theirs = apart
    pairing.dismiss(actors["BRA"], theirs.pk, ours.pk)
    pairing.dismiss(actors["BRA"], ours.pk, theirs.pk)
    assert suggestions.matches(actors["BRA"]) == ()
    assert len(suggestions.matches(actors["MOZ"])) == 1
    with pytest.raises(NotFoundError):
        pairing.dismiss(actors["SEN"], ours.pk, theirs.pk)
    with pytest.raises(RegisterError, match="one at least is yours"):
        pairing.dismiss(actors["BRA"], ours.pk, ours.pk)


def test_joining_and_leaving_keep_what_the_public_sees(actors, apart):
    """Two published halves become public together, and hidden again when one leaves."""
    ours, theirs = (further(actors[item.member_id], item, "publish") for item in apart)
    assert not Activity.objects.filter(public=True).exists()
    proposal = pairing.propose(actors["BRA"], ours.pk, theirs.pk)
    pairing.accept(actors["MOZ"], proposal.pk)
    assert visibility.statements(Actor.public()).count() == 2
    pairing.leave(actors["BRA"], proposal.pk)
    assert visibility.statements(Actor.public()).count() == 0
    assert Statement.objects.filter(standing=True).count() == 2
    assert MatchProposal.objects.get().state == "left"

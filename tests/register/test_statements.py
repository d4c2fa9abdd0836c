"""The way of a statement, and what each step refuses."""

from __future__ import annotations

import pytest

from bandung.errors import (
    EditConflictError,
    IncompleteError,
    NotAllowedError,
    NotFoundError,
    RegisterError,
)
from bandung.register import audit, visibility
from bandung.register.actions import statements
from bandung.register.actor import Actor
from bandung.register.content import Content, Contribution
from bandung.register.models import AuditEntry, Revision, Statement
from bandung.register.models import Contribution as Row

pytestmark = pytest.mark.django_db


def steps(actor, statement, *names):
    """Take a statement some steps on."""
    for name in names:
        statement = getattr(statements, name)(
            actor, statement.pk, expected_version=statement.version
        )
    return statement


def test_from_draft_to_public(actors, content):
    """An activity is public when, and only when, both have published."""
    given = statements.create(actors["BRA"], content)
    assert given.reference.startswith("BRA-")
    given = steps(actors["BRA"], given, "approve", "share", "publish")
    assert not visibility.activities(Actor.public()).exists()
    received = statements.answer(actors["MOZ"], given.activity_id, of=given.pk)
    received = steps(actors["MOZ"], received, "approve", "share")
    assert not visibility.activities(Actor.public()).exists()
    steps(actors["MOZ"], received, "publish")
    assert [row.pk for row in visibility.activities(Actor.public())] == [given.activity_id]
    assert len(visibility.views(Actor.public(), given.activity)) == 2
    assert audit.verify().holds


def test_a_named_member_that_says_nothing_keeps_it_from_the_public(actors, content):
    """Naming a third member means that its word is awaited too."""
    three = content.model_copy(update={"partners": ("MOZ", "SEN")})
    given = steps(actors["BRA"], statements.create(actors["BRA"], three), "approve", "share")
    steps(actors["BRA"], given, "publish")
    received = statements.answer(actors["MOZ"], given.activity_id, of=given.pk)
    steps(actors["MOZ"], received, "approve", "share", "publish")
    assert not visibility.activities(Actor.public()).exists()
    third = statements.answer(actors["SEN"], given.activity_id, of=given.pk)
    steps(actors["SEN"], third, "approve", "share", "publish")
    assert visibility.activities(Actor.public()).exists()


def test_the_answer_mirrors_what_was_shared(actors, content):
    """The partner's draft says the same from its side, and nothing of it was typed."""
    given = steps(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    received = statements.answer(actors["MOZ"], given.activity_id, of=given.pk)
    said = received.working.said()
    assert (said.role, said.partners) == ("receives", ("BRA",))
    assert said.contributions == content.contributions
    assert received.activity_id == given.activity_id
    row = Row.objects.get(revision=received.working)
    assert (row.given, row.counterpart_id) == (False, "BRA")


def test_a_change_after_sharing_stays_at_home(actors, content):
    """The partner goes on seeing what was shared; the next revision is a draft of its own."""
    given = steps(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    new = content.model_copy(update={"titles": {"en": "Another name"}})
    given = statements.save(actors["BRA"], given.pk, new, expected_version=given.version)
    (theirs,) = visibility.views(actors["MOZ"], given.activity)
    assert theirs.revision.said() == content
    assert visibility.view_of(actors["BRA"], given).revision.said() == new
    assert given.revisions.count() == 2
    given = steps(actors["BRA"], given, "approve", "share")
    (theirs,) = visibility.views(actors["MOZ"], given.activity)
    assert theirs.revision.said() == new
    assert Revision.objects.get(statement=given, number=1).said() == content
    assert not Row.objects.filter(revision__number=1).exists()


def test_a_second_editor_is_told_and_nothing_is_overwritten(people_of, content):
    """Whoever saves on top of what they have not seen is refused, with who and when."""
    first, second = (Actor.of(people_of["BRA"][role]) for role in ("editor", "approver"))
    statement = statements.create(first, content)
    seen = statement.version
    new = content.model_copy(update={"titles": {"en": "First"}})
    statements.save(first, statement.pk, new, expected_version=seen)
    other = content.model_copy(update={"titles": {"en": "Second"}})
    with pytest.raises(EditConflictError, match=r"editor of BRA changed BRA-.* you had version 1"):
        statements.save(second, statement.pk, other, expected_version=seen)
    statement = Statement.objects.get(pk=statement.pk)
    assert statement.working.said() == new
    assert AuditEntry.objects.filter(action="save").count() == 1


def test_saving_the_same_changes_nothing(actors, content):
    """The version and the chain stay as they were when nothing new was said."""
    statement = statements.create(actors["BRA"], content)
    entries = AuditEntry.objects.count()
    again = statements.save(
        actors["BRA"], statement.pk, Content.read(content.canonical()), expected_version=1
    )
    assert (again.version, AuditEntry.objects.count()) == (1, entries)


def test_nobody_changes_anothers_record(actors, content):
    """Another member's statement does not exist for whoever would change it, even when shared."""
    given = steps(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    for name in ("approve", "share", "publish", "withdraw", "discard"):
        with pytest.raises(NotFoundError):
            steps(actors["MOZ"], given, name)
    with pytest.raises(NotFoundError):
        statements.save(actors["MOZ"], given.pk, content, expected_version=given.version)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("viewer", ()),
        ("editor", ("create",)),
        ("approver", ("create", "approve")),
        ("focal_point", ("create", "approve", "share", "publish")),
    ],
)
def test_each_role_goes_as_far_as_it_may(people_of, content, role, allowed):
    """A role does what it may and is refused, in words, what it may not."""
    actor, focal = (Actor.of(people_of["BRA"][name]) for name in (role, "focal_point"))
    if "create" not in allowed:
        with pytest.raises(NotAllowedError, match="needs the role “editor”"):
            statements.create(actor, content)
        return
    statement = statements.create(actor, content)
    for name in ("approve", "share", "publish"):
        if name in allowed:
            statement = steps(actor, statement, name)
        else:
            with pytest.raises(NotAllowedError, match="needs the role"):
                steps(actor, statement, name)
            if name == "share":
                break
            statement = steps(focal, statement, name)


def test_an_approver_approves_for_the_agency_only(people_of, content):
    """The member has approved only once its focal point has."""
    approver, focal = (Actor.of(people_of["BRA"][name]) for name in ("approver", "focal_point"))
    statement = steps(approver, statements.create(approver, content), "approve")
    assert statement.working.state == Revision.State.AGENCY_APPROVED
    with pytest.raises(RegisterError, match="is approved by the agency: approve it first"):
        steps(focal, statement, "share")
    assert steps(focal, statement, "approve").working.state == Revision.State.APPROVED


def test_what_is_missing_is_said_and_blocks(actors):
    """An empty draft can be kept, but not approved; every problem is carried."""
    statement = statements.create(actors["BRA"], Content())
    with pytest.raises(IncompleteError, match="Give the activity a title") as refusal:
        steps(actors["BRA"], statement, "approve")
    fields = {problem.field for problem in refusal.value.problems}
    assert fields == {"titles", "partners", "actual_start", "sectors"}


def test_returned_with_a_remark(people_of, content):
    """What an approver gives back is a draft again and says what is to be mended."""
    editor, approver = (Actor.of(people_of["BRA"][name]) for name in ("editor", "approver"))
    statement = steps(approver, statements.create(editor, content), "approve")
    with pytest.raises(RegisterError, match="the remark is empty"):
        statements.return_to_draft(
            approver, statement.pk, remark=" ", expected_version=statement.version
        )
    statement = statements.return_to_draft(
        approver, statement.pk, remark="Which months?", expected_version=statement.version
    )
    assert (statement.working.state, statement.working.remark) == ("draft", "Which months?")


def test_withdrawing_hides_and_keeps(actors, published):
    """A withdrawn statement is gone from the public and, if asked, from partners; not at home."""
    actor = actors["BRA"]
    statement = Statement.objects.get(pk=published.pk)
    statement = steps(actor, statement, "withdraw")
    assert not visibility.activities(Actor.public()).exists()
    assert statement.working.state == Revision.State.SHARED
    statement = statements.withdraw(
        actor, statement.pk, expected_version=statement.version, also_from_partners=True
    )
    assert [view.own for view in visibility.views(actors["MOZ"], statement.activity)] == [True]
    assert statement.working.state == Revision.State.APPROVED
    assert visibility.view_of(actor, statement).own
    assert steps(actor, statement, "share", "publish").published is not None
    assert visibility.activities(Actor.public()).exists()


def test_a_draft_may_be_discarded_and_a_shared_one_not(actors, content):
    """What others have seen cannot be made undone; a draft leaves the lists, its audit stays."""
    draft = statements.create(actors["BRA"], content)
    steps_before = AuditEntry.objects.count()
    statements.discard(actors["BRA"], draft.pk, expected_version=draft.version)
    assert not visibility.statements(actors["BRA"]).exists()
    assert AuditEntry.objects.count() == steps_before + 1
    with pytest.raises(RegisterError, match="merged or discarded"):
        statements.save(actors["BRA"], draft.pk, content, expected_version=draft.version + 1)
    shared = steps(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    with pytest.raises(RegisterError, match="was shared: withdraw it instead"):
        statements.discard(actors["BRA"], shared.pk, expected_version=shared.version)


def test_one_statement_of_a_member(actors, content):
    """A member says what it has to say of an activity in one statement."""
    given = steps(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    statements.answer(actors["MOZ"], given.activity_id, of=given.pk)
    with pytest.raises(RegisterError, match="MOZ has a statement of this activity already"):
        statements.answer(actors["MOZ"], given.activity_id, of=given.pk)


def test_an_identifier_is_given_once(actors, content):
    """Two statements of a member never have one identifier; two members may."""
    named = content.model_copy(update={"identifier": "BR-1"})
    first = statements.create(actors["BRA"], named)
    with pytest.raises(RegisterError, match=f"{first.reference} has the identifier “BR-1”"):
        statements.create(actors["BRA"], named)
    other = named.model_copy(update={"partners": ("BRA",), "contributions": ()})
    assert statements.create(actors["MOZ"], other).identifier == "BR-1"


def test_order_of_members_changes_nothing(actors, content):
    """Whoever enters first, the two records stand side by side alike."""
    views = []
    for first, second in (("BRA", "MOZ"), ("MOZ", "BRA")):
        role = "provides" if first == "BRA" else "receives"
        mine = content.model_copy(update={"role": role, "partners": (second,)})
        begun = steps(actors[first], statements.create(actors[first], mine), "approve", "share")
        answered = statements.answer(actors[second], begun.activity_id, of=begun.pk)
        steps(actors[second], answered, "approve", "share")
        seen = visibility.views(actors["BRA"], begun.activity)
        views.append([(view.statement.member_id, view.revision.content) for view in seen])
    assert views[0] == views[1]


def test_index_rows_say_what_the_content_says(actors, content):
    """The rows that are added up are those of the contents that are looked at, and no others."""
    money = Contribution(
        key="cash", modality="grant", provider="BRA", receiver="MOZ", quantity="12.5",
        unit="money", currency="USD", period_end="2024-01-31",
    )  # fmt: skip
    both = content.model_copy(update={"contributions": (*content.contributions, money)})
    statement = statements.create(actors["BRA"], content)
    statements.save(actors["BRA"], statement.pk, both, expected_version=1)
    rows = {row.key: row for row in Row.objects.all()}
    assert rows.keys() == {"courses", "cash"}
    assert (rows["cash"].value_usd, rows["cash"].year, rows["cash"].given) == (12.5, 2024, True)
    assert rows["courses"].value_usd is None

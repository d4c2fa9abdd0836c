"""The activity page, inbox, assessment and suggestions: who sees what, and who may do what."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from bandung.register import suggestions
from bandung.register.actions import statements
from bandung.register.actor import Actor
from bandung.register.models import (
    Assessment,
    MatchProposal,
    Merge,
    Pairing,
    Response,
    Revision,
    Statement,
)

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
STEPS = ("approve", "share", "publish")


@pytest.fixture
def browser(people_of):
    """Browsers by member and role; of nobody where neither is named."""

    def of(member: str = "", role: str = "") -> Client:
        client = Client()
        if member:
            client.force_login(people_of[member][role], backend=BACKEND)
        return client

    return of


def further(actor, statement, *steps):
    """Take a statement some steps on."""
    for step in steps:
        take = getattr(statements, step)
        statement = take(actor, statement.pk, expected_version=statement.version)
    return statement


def offered(page: str, statement: Statement) -> set[str]:
    """Return the steps that a page has a form or a link for."""
    steps = {"approve", "return", "share", "publish", "withdraw", "discard", "edit"}
    return {step for step in steps if f"/statements/{statement.pk}/{step}/" in page}


OFFERED = [
    ((), "viewer", set()),
    ((), "editor", {"edit", "discard"}),
    ((), "approver", {"approve", "edit", "discard"}),
    ((), "focal_point", {"approve", "edit", "discard"}),
    (("approve",), "editor", {"edit", "discard"}),
    (("approve",), "approver", {"return", "edit", "discard"}),
    (("approve",), "focal_point", {"share", "return", "edit", "discard"}),
    (("approve", "share"), "approver", {"edit"}),
    (("approve", "share"), "focal_point", {"publish", "withdraw", "edit"}),
    (STEPS, "focal_point", {"withdraw", "edit"}),
]


def test_buttons_are_what_the_role_may_do(browser, actors, content):
    """Neither a button that would be refused, nor a step that is missing."""
    for done, role, expected in OFFERED:
        made = further(actors["BRA"], statements.create(actors["BRA"], content), *done)
        page = browser("BRA", role).get(reverse("activity", args=[made.activity_id]))
        assert (done, role, offered(page.content.decode(), made)) == (done, role, expected)


def test_a_draft_does_not_exist_for_others(browser, actors, content):
    """Whoever is not of the member gets the page of what is not there."""
    made = statements.create(actors["BRA"], content)
    address = reverse("activity", args=[made.activity_id])
    nowhere = reverse("activity", args=[uuid4()])
    for client in (browser("MOZ", "focal_point"), browser("SEN", "focal_point"), browser()):
        hidden, missing = client.get(address), client.get(nowhere)
        assert (hidden.status_code, missing.status_code) == (404, 404)
        same = [
            page.content.decode().replace(str(made.activity_id), "").split("<main")[1]
            for page in (hidden, missing)
        ]
        assert same[0].split("</main>")[0] == same[1].split("</main>")[0]


@pytest.mark.parametrize(
    "path",
    ["statements/{s}/edit/", "statements/{s}/history/", "statements/{s}/approve/"],
)
def test_anothers_statement_is_nobodys_to_change(browser, actors, content, path):
    """A partner that sees what was shared finds no page to change it, nor its history."""
    made = further(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    address = "/" + path.format(s=made.pk)
    partner = browser("MOZ", "focal_point")
    sent = {"expected_version": "3"}
    assert partner.get(address).status_code in {404, 405}
    assert partner.post(address, sent).status_code in {404, 405}
    assert browser().get(address).status_code in {302, 405}


def test_steps_are_taken_by_post_with_the_version_that_was_read(browser, actors, content):
    """A stale step is refused with 409, a GET with 405, and neither changes anything."""
    made = statements.create(actors["BRA"], content)
    client = browser("BRA", "focal_point")
    address = reverse("statement-step", args=[made.pk, "approve"])
    assert client.get(address).status_code == 405
    assert client.post(address, {"expected_version": "7"}).status_code == 409
    assert client.post(address, {}).status_code == 400
    assert Revision.objects.get().state == "draft"
    client.post(address, {"expected_version": "1"})
    assert Revision.objects.get().state == "approved"


def test_what_is_missing_leads_back_to_the_form(browser, actors, content):
    """An incomplete draft is not approved; the person lands where it is mended."""
    bare = content.model_copy(update={"sectors": ()})
    made = statements.create(actors["BRA"], bare)
    address = reverse("statement-step", args=[made.pk, "approve"])
    response = browser("BRA", "focal_point").post(address, {"expected_version": "1"})
    assert response.headers["Location"] == reverse("statement-edit", args=[made.pk])


def test_a_remark_goes_back_to_the_editor(browser, actors, content):
    """What the approver wrote stands on the editor's form and in the inbox."""
    made = further(actors["BRA"], statements.create(actors["BRA"], content), "approve")
    address = reverse("statement-step", args=[made.pk, "return"])
    sent = {"expected_version": str(made.version), "remark": "Which province?"}
    browser("BRA", "focal_point").post(address, sent)
    editor = browser("BRA", "editor")
    assert (
        "Which province?" in editor.get(reverse("statement-edit", args=[made.pk])).content.decode()
    )
    assert "returned" in editor.get(reverse("inbox")).content.decode()


def test_two_accounts_stand_side_by_side_with_their_differences(browser, actors, content):
    """Both values are there, the row says in words that they differ, and no side goes under."""
    given = further(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    mine = statements.answer(actors["MOZ"], given.activity_id, of=given.pk)
    said = mine.working.said()
    other = said.contributions[0].model_copy(update={"quantity": Decimal(96)})
    changed = said.model_copy(update={"contributions": (other,)})
    statements.save(actors["MOZ"], mine.pk, changed, expected_version=mine.version)
    page = browser("MOZ", "viewer").get(reverse("activity", args=[given.activity_id]))
    row = page.content.decode().split('class="differs')[1].split("</tr>")[0]
    assert "120" in row
    assert "96" in row
    assert "Differs" in row


def test_a_partner_that_has_not_answered_is_said_to_be_silent(browser, actors, content):
    """A draft answer changes nothing of what the others are told."""
    given = further(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    address = reverse("activity", args=[given.activity_id])
    client = browser("BRA", "viewer")
    before = client.get(address).content.decode()
    assert "Has shared nothing yet" in before
    statements.answer(actors["MOZ"], given.activity_id, of=given.pk)
    strip = before.split("<main")[1]
    assert (
        client.get(address).content.decode().split("<main")[1].split("<form")[0]
        == strip.split("<form")[0]
    )


def test_a_partner_answers_from_the_page(browser, actors, content):
    """One press opens one's own draft turned round; a viewer has no such button."""
    given = further(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    address = reverse("activity-answer", args=[given.activity_id])
    page = reverse("activity", args=[given.activity_id])
    assert address not in browser("MOZ", "viewer").get(page).content.decode()
    editor = browser("MOZ", "editor")
    assert address in editor.get(page).content.decode()
    editor.post(address, {"of": str(given.pk)})
    mine = Statement.objects.get(member="MOZ")
    assert mine.working.said().role == "receives"


def test_a_receiver_objects_and_takes_it_back(browser, actors, content):
    """The objection needs a reason, is shown to both, and can be withdrawn."""
    given = further(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    address = reverse("respond", args=[given.pk])
    approver = browser("MOZ", "approver")
    sent = {"kind": "objects", "contribution": "courses", "expected_revision": "1", "reason": ""}
    assert approver.post(address, sent).status_code == 400
    approver.post(address, {**sent, "reason": "The second course was not held."})
    page = browser("BRA", "viewer").get(reverse("activity", args=[given.activity_id]))
    assert "The second course was not held." in page.content.decode()
    inbox = browser("BRA", "viewer").get(reverse("inbox")).content.decode()
    assert "objections" in inbox
    approver.post(address, {"withdraw": str(Response.objects.get().pk)})
    assert Response.objects.get().withdrawn_at is not None


def test_contributions_are_said_to_be_two_and_the_word_is_taken_back(browser, published):
    """A pairing of the register is undone by people, and redone."""
    mine = Statement.objects.get(member="MOZ")
    sent = {"own": mine.pk, "own_key": "courses", "other": published.pk, "other_key": "courses"}
    address = reverse("pair", args=[published.activity_id])
    editor = browser("MOZ", "editor")
    editor.post(address, {**sent, "do": "apart"})
    assert not Pairing.objects.get().same
    page = editor.get(reverse("activity", args=[published.activity_id])).content.decode()
    assert "Only Brazil" in page
    editor.post(address, {**sent, "do": "unsay"})
    assert not Pairing.objects.exists()


def test_the_inbox_has_what_awaits_the_role(browser, actors, people_of, content):
    """Each role finds what it can do next, and nobody what is another's to do."""
    editor = Actor.of(people_of["BRA"]["editor"])
    statements.create(editor, content)
    statements.create(Actor.of(people_of["SEN"]["approver"]), content)
    further(actors["BRA"], statements.create(actors["BRA"], content), "approve")
    further(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    kinds = ("drafts", "to-approve", "to-share", "to-publish", "to-confirm")
    found = {
        (member, role): {
            kind
            for kind in kinds
            if f'id="{kind}"' in browser(member, role).get(reverse("inbox")).content.decode()
        }
        for member, role in (
            ("BRA", "editor"),
            ("BRA", "approver"),
            ("BRA", "focal_point"),
            ("MOZ", "viewer"),
            ("SEN", "approver"),
            ("SEN", "focal_point"),
        )
    }
    assert found == {
        ("BRA", "editor"): {"drafts"},
        ("BRA", "approver"): {"to-approve"},
        ("BRA", "focal_point"): {"to-approve", "to-share", "to-publish"},
        ("MOZ", "viewer"): {"to-confirm"},
        ("SEN", "approver"): {"drafts"},
        ("SEN", "focal_point"): {"to-approve"},
    }


def test_an_empty_inbox_says_what_to_do_first(browser):
    """A member that has entered nothing is told to begin, and where."""
    page = browser("SEN", "editor").get(reverse("inbox")).content.decode()
    assert reverse("statement-new") in page
    assert "Begin with one activity" in page


def test_both_parties_assess_and_read_each_other_once_shared(browser, published):
    """Answers are drafted, then shared; a comment without a number is told, and kept."""
    address = reverse("assessment", args=[published.activity_id])
    sent = {"expected_version": "0", "score-demand_driven": "3", "comment-demand_driven": "It was."}
    brazil, mozambique = browser("BRA", "approver"), browser("MOZ", "viewer")
    page = brazil.post(address, {**sent, "comment-people_centred": "Women first"}).content.decode()
    assert "Women first" in page
    assert Assessment.objects.count() == 0
    brazil.post(address, sent)
    assert "It was." not in mozambique.get(address).content.decode()
    brazil.post(address, {**sent, "expected_version": "1", "do": "share"})
    assert "It was." in mozambique.get(address).content.decode()
    assert browser("SEN", "focal_point").get(address).status_code == 403
    assert browser("BRA", "editor").post(address, sent).status_code == 409


def test_a_match_is_proposed_accepted_and_left(browser, actors, content):
    """Two activities become one when both say so; leaving parts them again."""
    given = further(actors["BRA"], statements.create(actors["BRA"], content), "approve", "share")
    answer = content.model_copy(update={"role": "receives", "partners": ("BRA",)})
    got = further(actors["MOZ"], statements.create(actors["MOZ"], answer), "approve", "share")
    address = reverse("suggestion-decide")
    brazil, mozambique = browser("BRA", "approver"), browser("MOZ", "approver")
    brazil.post(address, {"do": "propose", "own": given.pk, "other": got.pk})
    proposal = MatchProposal.objects.get()
    assert str(proposal.pk) in mozambique.get(reverse("suggestions")).content.decode()
    assert (
        str(proposal.pk)
        not in browser("SEN", "approver").get(reverse("suggestions")).content.decode()
    )
    mozambique.post(address, {"do": "accept", "proposal": proposal.pk})
    given.refresh_from_db()
    assert given.activity_id == got.activity_id
    brazil.post(address, {"do": "leave", "proposal": proposal.pk})
    given.refresh_from_db()
    assert given.activity_id != got.activity_id


def test_two_of_ones_own_are_merged_and_taken_apart(browser, actors, content):
    """The page shows both and what differs; the merge is undone from the suggestions."""
    kept = statements.create(actors["BRA"], content)
    titles = {"en": "Training in tropical farming, Nampula"}
    absorbed = statements.create(actors["BRA"], content.model_copy(update={"titles": titles}))
    client = browser("BRA", "focal_point")
    sent = {"kept": kept.pk, "absorbed": absorbed.pk}
    assert titles["en"] in client.get(reverse("merge"), sent).content.decode()
    client.post(reverse("merge"), {**sent, "kept_version": "1", "absorbed_version": "1"})
    absorbed.refresh_from_db()
    assert not absorbed.standing
    gone = reverse("activity", args=[absorbed.activity_id])
    followed = client.get(gone, follow=True).content.decode()
    assert f"was merged into {kept.reference}" in followed
    assert browser("MOZ", "focal_point").get(gone).status_code == 404
    kept.refresh_from_db()
    undo = reverse("merge-undo", args=[Merge.objects.get().pk])
    assert undo in client.get(reverse("suggestions")).content.decode()
    client.post(undo, {"expected_version": str(kept.version)})
    absorbed.refresh_from_db()
    assert absorbed.standing


def test_likely_duplicates_are_shown_with_reasons_and_dismissed(browser, actors, content):
    """What speaks for it is said in words; what people call two is not shown again."""
    first = statements.create(actors["BRA"], content)
    second = statements.create(actors["BRA"], content)
    client = browser("BRA", "editor")
    look = {"look": "duplicates"}
    page = client.get(reverse("suggestions"), look).content.decode()
    assert "The titles are the same" in page
    sent = {"do": "dismiss", "own": first.pk, "other": second.pk}
    client.post(reverse("suggestion-decide"), sent)
    assert (
        "The titles are the same" not in client.get(reverse("suggestions"), look).content.decode()
    )


def test_the_demonstration_says_so_on_every_page(browser, settings, published):
    """With it on, the band is on each page, those of errors too."""
    settings.DEMONSTRATION = True
    client = browser("BRA", "viewer")
    for path in ("/inbox/", f"/activities/{published.activity_id}/", "/account/", "/nowhere/"):
        assert 'class="demonstration"' in client.get(path).content.decode()


def test_the_inbox_counts_what_was_found_and_does_not_look_itself(
    browser, actors, content, monkeypatch
):
    """A suggestion that was found awaits nobody, or every look at the inbox searches anew."""
    made = [
        statements.create(actors["BRA"], content.model_copy(update={"identifier": name}))
        for name in "abc"
    ]
    focal, viewer = browser("BRA", "focal_point"), browser("BRA", "viewer")
    assert 'id="duplicates"' not in focal.get(reverse("inbox")).content.decode()
    focal.get(reverse("suggestions"), {"look": "duplicates"})
    monkeypatch.setattr(suggestions, "suggest", None)
    page = focal.get(reverse("inbox")).content.decode()
    assert 'Likely duplicates <span class="muted">(3)' in page
    assert f"{reverse('merge')}?kept=" in page
    assert 'id="duplicates"' not in viewer.get(reverse("inbox")).content.decode()
    pair = {"own": made[0].pk, "other": made[1].pk}
    focal.post(reverse("suggestion-decide"), {"do": "dismiss"} | pair)
    page = focal.get(reverse("inbox")).content.decode()
    assert 'Likely duplicates <span class="muted">(2)' in page

"""What is hidden changes nothing that others are shown: no list, count, sum, search or file."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from isolation import Address, Viewer, operations, pages, token_of

from bandung.register import previews, visibility
from bandung.register.actions import people, statements
from bandung.register.actor import Actor
from bandung.register.content import Content
from bandung.register.models import Revision

pytestmark = pytest.mark.django_db
MARK = "Kumquatweide"
SEARCHED = {
    "activities": ("?text=kumquatweide", "?sector=12220&sdg=3", "?partner=SEN&sort=newest"),
    "list_activities": ("?text=kumquatweide", "?sector=12220", "?sdg=3.3&year_from=2020"),
    "overview": ("?by=partner", "?sector=122"),
}
# The head of the chain counts what everybody does; people of members and administrators may read
# it, to write it down elsewhere. It says nothing else.
COUNTS_EVERYBODY = {"/api/v1/audit/head", "/manage/audit/"}


def addresses() -> list[Address]:
    """Return all that can be read without naming anything, and searches for what is hidden."""
    plain = [item for item in (*pages(), *operations()) if item.method == "GET" and not item.kinds]
    searches = [
        Address(item.name, "GET", item.path + query)
        for item in plain
        for query in SEARCHED.get(item.name, ())
    ]
    return [*plain, *searches]


def everything(viewer: Viewer, *more: Address) -> dict[str, tuple[int, str]]:
    """Return what a viewer is shown at every address that names nothing, and at some more."""
    return {item.path: viewer.ask(item)[:2] for item in (*addresses(), *more)}


@pytest.fixture
def outsiders(people_of, published) -> dict[str, Viewer]:
    """Somebody of an unrelated member, of a partner, an administrator and the public."""
    administrator = people.add_person(
        Actor.operator(), "administrator@example.org", "Administrator", agency=None
    )
    chosen = {
        "unrelated": people_of["SEN"]["focal_point"],
        "partner": people_of["MOZ"]["focal_point"],
        "administrator": administrator,
    }
    found = {name: Viewer(name, person, token_of(person)) for name, person in chosen.items()}
    return {**found, "public": Viewer("public")}


def marked(content: Content, *partners: str) -> Content:
    """Return a content that is found by words, codes and numbers nothing else has."""
    contribution = content.contributions[0].model_copy(
        update={"quantity": Decimal(98765), "receiver": partners[0], "note": MARK, "key": "hidden"}
    )
    return Content.model_validate(
        content.model_copy(
            update={
                "titles": {"en": f"{MARK} clinic"},
                "descriptions": {"fr": MARK},
                "identifier": f"XM-{MARK}",
                "partners": partners,
                "sectors": (content.sectors[0].model_copy(update={"code": "12220"}),),
                "targets": ("3.3",),
                "contributions": (contribution,),
                "places": ({"name": MARK, "latitude": 1, "longitude": 2},),
                "bodies": ({"name": MARK},),
            }
        ).model_dump(warnings=False)
    )


def step(actor, statement, *names):
    """Take a statement some steps on."""
    for name in names:
        act = getattr(statements, name)
        statement = act(actor, statement.pk, expected_version=statement.version)
    return statement


def test_what_is_hidden_changes_nothing_that_others_are_shown(
    actors, content, outsiders, people_of, published
):
    """Something hidden changes a list, count, sum, search or file of somebody who may not see it.

    Hidden are: a file that somebody looked at, a draft, a draft that follows what is published;
    then what is shared with a partner, what one party of two has published, and what was public
    before a party took its statement back.
    """
    brazil, mozambique = actors["BRA"], actors["MOZ"]
    read = Address("", "GET", f"/api/v1/activities/{published.activity_id}")
    shown = {name: everything(viewer, read) for name, viewer in outsiders.items()}
    wrong = []

    def compare(stage: str, *names: str) -> None:
        for name in names:
            for path, answer in everything(outsiders[name], read).items():
                changed = answer != shown[name][path] and path not in COUNTS_EVERYBODY
                if changed or MARK in answer[1]:
                    wrong.append(f"{stage}: {path} for {name}")

    _preview(Actor.of(people_of["BRA"]["editor"]))
    made = step(brazil, statements.create(brazil, marked(content, "MOZ", "TUV")), "approve")
    statements.create(brazil, marked(content, "SEN").model_copy(update={"identifier": ""}))
    published.refresh_from_db()
    newer = marked(content, "MOZ", "SEN").model_copy(update={"identifier": ""})
    statements.save(brazil, published.pk, newer, expected_version=published.version)
    compare("draft", *outsiders)
    others = ("unrelated", "administrator", "public")
    made = step(brazil, made, "share")
    compare("shared with a partner", *others)
    made = step(brazil, made, "publish")
    compare("published by one", *others)
    answered = statements.answer(mozambique, made.activity_id, of=made.pk)
    answered = step(mozambique, answered, "approve", "share", "publish")
    member = statements.create(brazil, marked(content, "MOZ").model_copy(update={"identifier": ""}))
    made = step(brazil, member, "approve", "share", "publish")
    answered = statements.answer(mozambique, made.activity_id, of=made.pk)
    answered = step(mozambique, answered, "approve", "share", "publish")
    search = Address("", "GET", "/api/v1/activities?text=kumquatweide")
    assert all(MARK in viewer.ask(search)[1] for viewer in outsiders.values()), "nothing to see"
    statements.withdraw(
        mozambique, answered.pk, expected_version=answered.version, also_from_partners=True
    )
    compare("withdrawn by one", *others)
    assert wrong == []


def test_an_import_is_its_own_persons(actors, outsiders, people_of):
    """A file that somebody looked at is given to a colleague or to others."""
    preview = _preview(Actor.of(people_of["BRA"]["editor"]))
    asked = Address("", "GET", f"/api/v1/imports/{preview.pk}")
    colleague = Viewer("colleague", *_with_token(people_of["BRA"]["focal_point"]))
    for viewer in (*outsiders.values(), colleague):
        status, said, _ = viewer.ask(asked)
        assert status == (401 if viewer.name == "public" else 404)
        assert MARK not in said
    assert not Revision.objects.filter(search_text__contains=MARK.lower()).exists()


def _preview(editor: Actor):
    text = f"""<iati-activities version="2.03"><iati-activity>
        <iati-identifier>XM-{MARK}</iati-identifier><title><narrative>{MARK}</narrative></title>
        </iati-activity></iati-activities>"""
    return previews.keep_preview(editor, "file.xml", text.encode(), "en")


def _with_token(person):
    return person, token_of(person)


def test_each_sees_its_own_revision(actors, content):
    """Somebody sees another revision than its own draft, the shared one or the published one."""
    brazil, mozambique, senegal = actors["BRA"], actors["MOZ"], actors["SEN"]
    made = statements.create(brazil, content)
    seen = []

    def look() -> None:
        row = []
        for actor in (brazil, mozambique, senegal, Actor.public()):
            found = visibility.revisions(actor).filter(statement=made.pk)
            listed = {item.number for item in found}
            views = {
                view.revision.number
                for item in visibility.activities(actor)
                for view in visibility.views(actor, item)
                if view.statement.pk == made.pk
            }
            assert listed == views, "lists and pages show different revisions"
            row.append(min(listed, default=0))
        seen.append(tuple(row))

    look()
    made = step(brazil, made, "approve", "share")
    look()
    made = step(brazil, made, "publish")
    answered = statements.answer(mozambique, made.activity_id, of=made.pk)
    look()
    step(mozambique, answered, "approve", "share", "publish")
    look()
    changed = content.model_copy(update={"status": "cancelled"})
    made = statements.save(brazil, made.pk, changed, expected_version=made.version)
    look()
    step(brazil, made, "approve", "share")
    look()
    assert seen == [
        (1, 0, 0, 0),
        (1, 1, 0, 0),
        (1, 1, 0, 0),
        (1, 1, 1, 1),
        (2, 1, 1, 1),
        (2, 2, 1, 1),
    ]


def test_a_partner_that_has_said_nothing_keeps_it_from_the_public(actors, content):
    """An activity is public although a partner that is named has not published."""
    three = content.model_copy(update={"partners": ("MOZ", "SEN")})
    made = step(
        actors["BRA"], statements.create(actors["BRA"], three), "approve", "share", "publish"
    )
    for member in ("MOZ", "SEN"):
        assert not visibility.activities(Actor.public()).exists()
        answered = statements.answer(actors[member], made.activity_id, of=made.pk)
        step(actors[member], answered, "approve", "share", "publish")
    assert visibility.activities(Actor.public()).count() == 1

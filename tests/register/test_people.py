"""Agencies, persons and tokens: who may add whom."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from bandung.errors import NotAllowedError, NotFoundError, RegisterError
from bandung.register import audit
from bandung.register.actions import people
from bandung.register.actor import Actor
from bandung.register.models import ApiToken, AuditEntry, Person

pytestmark = pytest.mark.django_db
PASSWORD = "another long pass phrase"  # noqa: S105 - of people who exist in tests only


def test_an_administrator_brings_the_first_person_and_no_second(db):
    """Whoever runs the server opens a member's door and cannot come in by it."""
    admin = people.add_person(
        Actor.operator(), "root@example.org", "Root", agency=None, password=PASSWORD
    )
    actor = Actor.of(admin)
    agency = people.add_agency(actor, "KEN", "Ministry")
    people.add_person(actor, "a@example.org", "A", agency=agency, role="focal_point")
    with pytest.raises(NotAllowedError, match="its focal point adds the others"):
        people.add_person(actor, "b@example.org", "B", agency=agency)
    assert (actor.member, actor.role) == ("", None)


def test_a_focal_point_rules_its_own_member_only(actors, people_of):
    """People and agencies of another member are out of reach."""
    with pytest.raises(NotAllowedError, match="is for the focal point of MOZ"):
        people.add_agency(actors["BRA"], "MOZ", "Intruders")
    agency = people_of["MOZ"]["viewer"].agency
    with pytest.raises(NotAllowedError):
        people.add_person(actors["BRA"], "x@example.org", "X", agency=agency)
    with pytest.raises(NotAllowedError):
        people.change_person(actors["BRA"], people_of["MOZ"]["viewer"], role="focal_point")
    with pytest.raises(NotAllowedError):
        people.set_password(actors["BRA"], people_of["MOZ"]["viewer"], PASSWORD)


def test_an_editor_adds_nobody(people_of):
    """Adding people is for the focal point."""
    editor = Actor.of(people_of["BRA"]["editor"])
    with pytest.raises(NotAllowedError, match="needs the role “focal point”"):
        people.add_person(editor, "x@example.org", "X", agency=editor.agency)


def test_nobody_raises_themselves(actors, people_of):
    """Roles are given by others, and a focal point cannot lock itself out."""
    with pytest.raises(RegisterError, match="Nobody changes their own role"):
        people.change_person(actors["BRA"], people_of["BRA"]["focal_point"], active=False)
    person = people.change_person(actors["BRA"], people_of["BRA"]["viewer"], role="editor")
    assert Actor.of(person).may(Person.Role.EDITOR)


@pytest.mark.parametrize(
    ("field", "value", "refusal"),
    [
        ("email", "no address", "is no e-mail address"),
        ("email", "Viewer@BRA.example.org", "is here already"),
        ("name", " ", "needs a name"),
        ("role", "king", "is no role; the roles are viewer, editor, approver, focal_point"),
        ("language", "xx", "is none of en, fr, es, pt, ar"),
        ("password", "short", "too short"),
        ("password", "123456789012345", "entirely numeric"),
    ],
)
def test_what_is_wrong_with_a_person_is_said(actors, people_of, field, value, refusal):
    """Nobody is added half."""
    given = {"email": "x@example.org", "name": "X", "role": "viewer", "password": PASSWORD}
    given[field] = value
    email, name = given.pop("email"), given.pop("name")
    with pytest.raises(RegisterError, match=refusal):
        people.add_person(actors["BRA"], email, name, agency=actors["BRA"].agency, **given)
    assert Person.objects.filter(agency__member="BRA").count() == 4


def test_a_token_acts_within_its_scopes(actors):
    """A token for reading writes nothing; a wrong, ended or revoked one is nobody."""
    token, secret = people.add_token(actors["BRA"], "statistics", ["read"])
    actor = people.actor_of_token(secret)
    assert (actor.member, actor.may(Person.Role.EDITOR)) == ("BRA", False)
    for wrong in (secret[:-1], secret + "x", "bdg_x_y", "", "bdg", f"bdg_{token.prefix}_"):
        assert people.actor_of_token(wrong) is None
    ApiToken.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert people.actor_of_token(secret) is None
    ApiToken.objects.update(expires_at=None)
    with pytest.raises(NotFoundError):
        people.revoke_token(actors["MOZ"], token.pk)
    people.revoke_token(actors["BRA"], token.pk)
    assert people.actor_of_token(secret) is None


def test_a_person_locked_out_has_no_token(actors, people_of):
    """A token stands no longer than its person."""
    editor = people_of["BRA"]["editor"]
    _, secret = people.add_token(Actor.of(editor), "entry", ["read", "write"])
    assert people.actor_of_token(secret).may(Person.Role.EDITOR)
    people.change_person(actors["BRA"], editor, active=False)
    assert people.actor_of_token(secret) is None


def test_secrets_are_nowhere_in_the_record(actors):
    """Neither passwords nor tokens can be read back from the tables or the chain."""
    _, secret = people.add_token(actors["BRA"], "x", ["read"])
    said = " ".join(f"{e.before} {e.after}" for e in AuditEntry.objects.all())
    said += " ".join(str(row) for row in ApiToken.objects.values())
    assert secret.split("_", 2)[2] not in said
    assert "pass phrase" not in said
    assert audit.verify().holds


def test_an_administrator_changes_nobody_inside_a_member(actors, people_of):
    """Whoever runs the server gives itself the password of somebody who may see drafts."""
    actor = Actor.of(people.add_person(Actor.operator(), "root@example.org", "Root", agency=None))
    inside = people_of["MOZ"]["focal_point"]
    for refused in (
        lambda: people.set_password(actor, inside, PASSWORD),
        lambda: people.change_person(actor, inside, name="Root"),
        lambda: people.change_agency(actor, inside.agency, name="Root"),
        lambda: people.add_agency(actor, "MOZ", "Second door"),
    ):
        with pytest.raises(NotAllowedError, match="is for the focal point of MOZ"):
            refused()
    reading = Actor.of(actor.person, ("read",))
    with pytest.raises(NotAllowedError, match="scope 'write'"):
        people.add_agency(reading, "KEN", "Ministry")


def test_a_change_leaves_alone_what_somebody_else_changed_meanwhile(actors, people_of):
    """A new password brings a locked-out person back, or a new role an old password."""
    seen_before = Person.objects.get(pk=people_of["BRA"]["editor"].pk)
    people.change_person(actors["BRA"], people_of["BRA"]["editor"], active=False)
    people.set_password(Actor.of(seen_before), seen_before, PASSWORD)
    people.change_person(actors["BRA"], people_of["BRA"]["editor"], role="viewer")
    now = Person.objects.get(pk=seen_before.pk)
    assert (now.is_active, now.role, now.check_password(PASSWORD)) == (False, "viewer", True)


def test_two_agencies_have_two_names_also_after_a_change(actors):
    """A renamed agency takes another's name: the database's own error, and no refusal."""
    second = people.add_agency(actors["BRA"], "BRA", " Embrapa ")
    with pytest.raises(RegisterError, match="has an agency named “Agency of BRA” already"):
        people.change_agency(actors["BRA"], second, name="Agency of BRA ")
    assert people.change_agency(actors["BRA"], second, name="Embrapa").name == "Embrapa"
    with pytest.raises(RegisterError, match="A person needs a name"):
        people.change_person(actors["BRA"], actors["BRA"].person, name=" ")

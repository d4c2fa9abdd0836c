"""Opening the register, signing in, the second factor, and what belongs to oneself."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from bandung.errors import NotFoundError
from bandung.register.actions import first_person
from bandung.register.models import ApiToken, AuditEntry, Person

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough pass phrase"  # noqa: S105 - of people who exist in tests only
BACKEND = "django.contrib.auth.backends.ModelBackend"
FIRST = {
    "country": "Égypte",
    "agency": "Agency for Partnership",
    "name": "Mona",
    "email": "mona@example.org",
    "password": PASSWORD,
    "again": PASSWORD,
}


@pytest.fixture
def focal_point(client, people_of):
    """A browser in which Brazil's focal point is signed in."""
    client.force_login(people_of["BRA"]["focal_point"], backend=BACKEND)
    return client


def test_the_first_focal_point_opens_the_register_once(client):
    """Who fills the page in is focal point and signed in; then the page is no more."""
    response = client.post(reverse("setup"), FIRST)
    assert response.headers["Location"] == reverse("inbox")
    person = Person.objects.get()
    assert (person.role, person.agency.member_id) == ("focal_point", "EGY")
    assert client.get(reverse("inbox")).status_code == 200
    assert Client().get(reverse("setup")).status_code == 404
    again = {**FIRST, "email": "other@example.org"}
    assert Client().post(reverse("setup"), again).status_code == 404
    assert Person.objects.count() == 1


def test_who_comes_second_makes_nobody(people_of):
    """The look at whether somebody is there is made under the lock that writers take."""
    before = Person.objects.count()
    with pytest.raises(NotFoundError, match="people already"):
        first_person.create(
            member="EGY",
            agency="A",
            name="N",
            email="n@example.org",
            password=PASSWORD,
            language="en",
        )
    assert Person.objects.count() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "Atlantis"),
        ("again", "something else"),
        ("email", "mona"),
        ("password", "short"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field(client, field, value):
    """Nobody is made, and what else was typed is still there."""
    page = client.post(reverse("setup"), {**FIRST, field: value}).content.decode()
    assert Person.objects.count() == 0
    assert 'class="wrong"' in page
    assert "Agency for Partnership" in page


def test_in_service_a_stranger_needs_the_setup_code(client, monkeypatch):
    """Without the code that the server printed, nobody takes the register."""
    monkeypatch.setenv("BANDUNG_SERVICE", "1")
    client.post(reverse("setup"), {**FIRST, "code": "guess"})
    client.post(reverse("setup"), FIRST)
    assert Person.objects.count() == 0
    client.post(reverse("setup"), {**FIRST, "code": first_person.setup_code()})
    assert Person.objects.count() == 1


def test_signing_in_says_nothing_of_who_is_here(client, people_of):
    """A wrong password and an unknown address are answered alike."""
    known = {"username": "editor@bra.example.org", "password": "wrong"}
    unknown = {"username": "nobody@bra.example.org", "password": "wrong"}
    pages = []
    for attempt in (known, unknown):
        page = Client().post(reverse("sign-in"), attempt).content.decode()
        page = re.sub(r"(nonce|value|name)=\"[^\"]*\"", "", page)
        pages.append(page)
    assert pages[0] == pages[1]


def test_too_many_attempts_close_signing_in(client, people_of, settings):
    """After the limit the right password does not open either, whatever the case of the address."""
    settings.AXES_FAILURE_LIMIT = 3
    for email in ("Editor@bra.example.org", "editor@BRA.example.org", "editor@bra.example.org"):
        client.post(reverse("sign-in"), {"username": email, "password": "wrong"})
    right = {"username": "editor@bra.example.org", "password": PASSWORD}
    response = client.post(reverse("sign-in"), right)
    assert response.status_code == 429
    assert client.get(reverse("inbox")).status_code == 302


@pytest.mark.parametrize(("service", "status"), [("1", 302), ("", 429)])
def test_attempts_behind_a_proxy_close_it_for_who_made_them(
    people_of, settings, monkeypatch, service, status
):
    """In service the proxy's own address counts for everybody; elsewhere a header is believed."""
    settings.AXES_FAILURE_LIMIT = 3
    settings.SECURE_SSL_REDIRECT = False
    monkeypatch.setenv("BANDUNG_SERVICE", service)
    said = {"username": "editor@bra.example.org", "password": "wrong"}
    for forged in ("198.51.100.1, 192.0.2.7", "198.51.100.2, 192.0.2.7", "192.0.2.7"):
        Client(headers={"X-Forwarded-For": forged}).post(reverse("sign-in"), said)
    said["password"] = PASSWORD
    other = Client(headers={"X-Forwarded-For": "192.0.2.8"}).post(reverse("sign-in"), said)
    assert other.status_code == status
    same = Client(headers={"X-Forwarded-For": "192.0.2.7"}).post(reverse("sign-in"), said)
    assert same.status_code == 429


def test_signing_in_and_out(client, people_of):
    """The right password opens the inbox in the person's language; signing out is a POST."""
    right = {"username": "EDITOR@bra.example.org", "password": PASSWORD}
    response = client.post(reverse("sign-in"), right)
    assert response.headers["Location"] == reverse("inbox")
    assert client.get(reverse("sign-out")).status_code == 405
    client.post(reverse("sign-out"))
    assert client.get(reverse("inbox")).status_code == 302


def test_a_second_factor_is_set_up_asked_for_and_removed(focal_point, people_of):
    """With it a password opens nothing but the page that asks for the code."""
    person = people_of["BRA"]["focal_point"]
    page = focal_point.get(reverse("second-factor")).content.decode()
    device = TOTPDevice.objects.get(user=person)
    assert "<svg" in page
    assert not device.confirmed
    focal_point.post(reverse("second-factor"), {"code": "000000"})
    assert not TOTPDevice.objects.get(user=person).confirmed
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    code = f"{totp(device.bin_key):06d}"
    page = focal_point.post(reverse("second-factor"), {"code": code}).content.decode()
    codes = list(StaticToken.objects.values_list("token", flat=True))
    assert len(codes) == 10
    assert all(code in page for code in codes)
    other = Client()
    other.post(reverse("sign-in"), {"username": person.email, "password": PASSWORD})
    assert other.get(reverse("inbox")).headers["Location"] == reverse("second-factor")
    other.post(reverse("second-factor"), {"code": codes[0]})
    assert other.get(reverse("inbox")).status_code == 200
    assert StaticToken.objects.count() == 9
    focal_point.post(reverse("second-factor"), {"password": "wrong"})
    assert TOTPDevice.objects.filter(user=person).exists()
    focal_point.post(reverse("second-factor"), {"password": PASSWORD})
    assert not TOTPDevice.objects.filter(user=person).exists()
    done = AuditEntry.objects.filter(object_id=str(person.pk)).values_list("action", flat=True)
    assert {"add second factor", "remove second factor"} <= set(done)


def test_a_password_is_changed_by_who_knows_it(focal_point, people_of):
    """The old one is asked for, and one stays signed in."""
    new = "another long pass phrase"
    focal_point.post(reverse("account-password"), {"old": "no", "new": new, "again": new})
    person = Person.objects.get(email="focal_point@bra.example.org")
    assert person.check_password(PASSWORD)
    focal_point.post(reverse("account-password"), {"old": PASSWORD, "new": new, "again": new})
    person.refresh_from_db()
    assert person.check_password(new)
    assert focal_point.get(reverse("account")).status_code == 200


def test_a_token_is_shown_once_and_revoked_by_its_owner_only(focal_point, people_of):
    """The page has the key once; another person's attempt to revoke it finds nothing."""
    sent = {"name": "nightly export", "days": "30"}
    page = focal_point.post(reverse("tokens"), sent).content.decode()
    token = ApiToken.objects.get()
    assert token.scopes == ["read"]
    assert f"bdg_{token.prefix}_" in page
    assert f"bdg_{token.prefix}_" not in focal_point.get(reverse("account")).content.decode()
    other = Client()
    other.force_login(people_of["BRA"]["editor"], backend=BACKEND)
    assert other.post(reverse("tokens"), {"revoke": str(token.pk)}).status_code == 404
    assert other.post(reverse("tokens"), {"revoke": "x"}).status_code == 404
    focal_point.post(reverse("tokens"), {"revoke": str(token.pk)})
    assert ApiToken.objects.get().revoked_at is not None


def test_the_language_is_remembered_and_leads_nowhere_else(focal_point, people_of):
    """The page that was read comes back in the language; an address elsewhere is not followed."""
    there = {"language": "ar", "next": reverse("account")}
    response = focal_point.post(reverse("language"), there)
    assert response.headers["Location"] == reverse("account")
    assert 'dir="rtl"' in focal_point.get(reverse("account")).content.decode()
    assert Person.objects.get(email="focal_point@bra.example.org").language == "ar"
    response = focal_point.post(reverse("language"), {**there, "next": "https://example.org/"})
    assert response.headers["Location"] == "/"

"""Who manages people, agencies, members, code lists and rates, and who reads the chain."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bandung.register import codelists
from bandung.register.actions import codelists as acting
from bandung.register.actions import people, statements
from bandung.register.actor import Actor
from bandung.register.models import Agency, AuditEntry, ChainHead, ExchangeRate, Person

WORDS = "a long enough pass phrase"
CSV = b"currency,date,usd_per_unit,source\nBRL,2023,0.2,Central bank\n"


@pytest.fixture
def administrator(people_of) -> Person:
    """Who runs the server, with its code lists installed."""
    acting.install_shipped(Actor.operator())
    return people.add_person(Actor.operator(), "root@example.org", "Root", agency=None)


def test_a_focal_point_adds_and_changes_people_of_its_own_member_alone(people_of, client):
    """An editor who adds people; a focal point who reaches into another member."""
    client.force_login(people_of["BRA"]["editor"])
    assert client.get(reverse("people")).status_code == 403
    client.force_login(people_of["BRA"]["focal_point"])
    said = {
        "name": "New one",
        "email": "new@example.org",
        "agency": str(people_of["BRA"]["editor"].agency_id),
        "role": "editor",
        "language": "pt",
        "password": WORDS,
    }
    assert client.post(reverse("people"), said).status_code == 302
    assert Person.objects.get(email="new@example.org").agency.member_id == "BRA"
    foreign = said | {"agency": str(people_of["MOZ"]["editor"].agency_id), "email": "x@example.org"}
    assert client.post(reverse("people"), foreign).status_code == 400
    page = client.get(reverse("people")).content.decode()
    assert "new@example.org" in page
    assert "moz.example.org" not in page
    theirs = reverse("person", args=[people_of["MOZ"]["editor"].pk])
    assert client.get(theirs).status_code == 404
    mine = people_of["BRA"]["viewer"]
    change = {"name": mine.name, "agency": str(mine.agency_id), "role": "approver", "active": "on"}
    assert client.post(reverse("person", args=[mine.pk]), change).status_code == 302
    mine.refresh_from_db()
    assert mine.role == "approver"
    itself = people_of["BRA"]["focal_point"]
    client.post(reverse("person", args=[itself.pk]), change | {"role": "viewer"})
    itself.refresh_from_db()
    assert itself.role == "focal_point"


def test_agencies_are_added_and_changed_within_ones_member(people_of, client):
    """An agency under another member's name."""
    client.force_login(people_of["BRA"]["focal_point"])
    said = {"name": "State of Bahia", "kind": "", "iati_reference": "BR-GOV-29"}
    assert client.post(reverse("agencies"), said).status_code == 302
    agency = Agency.objects.get(name="State of Bahia")
    assert agency.member_id == "BRA"
    assert client.post(reverse("agencies"), said).status_code == 400
    client.post(reverse("agency", args=[agency.pk]), said | {"name": "Bahia", "active": "on"})
    agency.refresh_from_db()
    assert (agency.name, agency.active) == ("Bahia", True)
    client.force_login(people_of["MOZ"]["focal_point"])
    assert client.get(reverse("agency", args=[agency.pk])).status_code == 404


def test_an_administrator_takes_in_a_member_and_its_first_person_and_sees_no_further(
    administrator, people_of, client
):
    """A member nobody can open; an administrator who adds itself into one that has people."""
    client.force_login(administrator)
    said = {"country": "KEN", "name": "Ministry of Planning"}
    assert client.post(reverse("manage-members"), said).status_code == 302
    page = client.get(reverse("people")).content.decode()
    assert "Ministry of Planning" in page
    assert "bra.example.org" not in page
    agency = Agency.objects.get(name="Ministry of Planning")
    first = {
        "name": "First",
        "email": "first@example.org",
        "agency": str(agency.pk),
        "role": "focal_point",
        "language": "en",
        "password": WORDS,
    }
    assert client.post(reverse("people"), first).status_code == 302
    again = client.post(reverse("people"), first | {"email": "second@example.org"})
    assert again.status_code == 400
    client.force_login(people_of["BRA"]["focal_point"])
    assert client.get(reverse("manage-members")).status_code == 403


def test_code_lists_are_open_to_all_and_changed_by_administrators_alone(
    administrator, people_of, client
):
    """A list nobody can read, a change by anybody, or one that is not in its history."""
    page = client.get(reverse("code-list", args=["modality"])).content.decode()
    assert "our reading" in page
    assert client.get(reverse("code-list", args=["none"])).status_code == 404
    client.force_login(people_of["BRA"]["focal_point"])
    assert client.get(reverse("add-code", args=["unit"])).status_code == 403
    client.force_login(administrator)
    version = codelists.version("unit")
    said = {
        "code": "herds",
        "group": "number",
        "source": "a ministry",
        "name_en": "Herds",
        "expected_version": version,
    }
    assert client.post(reverse("add-code", args=["unit"]), said).status_code == 302
    assert codelists.version("unit") == version + 1
    one = reverse("code", args=["unit", "herds"])
    assert client.post(one, said | {"name_en": "Flocks"}).status_code == 409
    step = {"withdraw": "1", "expected_version": version + 1}
    assert client.post(one, step).status_code == 302
    shown = client.get(reverse("code-list", args=["unit"])).content.decode()
    assert f"withdrawn in version {version + 2}" in shown
    assert "Code withdrawn" in shown


def test_a_file_of_rates_is_shown_before_it_is_taken_in(administrator, people_of, client):
    """Rates that stand before anybody has seen them, or that anybody may bring."""
    where = reverse("import-rates", args=["exchange"])
    client.force_login(people_of["BRA"]["focal_point"])
    assert client.get(where).status_code == 403
    client.force_login(administrator)
    sent = client.post(where, {"file": SimpleUploadedFile("rates.csv", CSV)})
    assert not ExchangeRate.objects.exists()
    kept = re.search(r'name="kept" value="([^"]+)"', sent.content.decode())[1]
    assert client.post(where, {"kept": kept, "accept": "1"}).status_code == 302
    assert ExchangeRate.objects.get().currency == "BRL"
    wrong = client.post(where, {"file": SimpleUploadedFile("rates.csv", b"\xff\xfe\x00nothing")})
    assert wrong.status_code == 400
    shown = client.get(reverse("rates")).content.decode()
    assert "Central bank" in shown


def test_a_member_reads_its_own_entries_of_the_chain_and_the_head_of_all(
    people_of, actors, client, content
):
    """Another member's deeds in the open, or a head that nobody can note down."""
    statement = statements.create(actors["BRA"], content)
    client.force_login(people_of["BRA"]["viewer"])
    page = client.get(reverse("audit")).content.decode()
    assert statement.reference in page
    assert ChainHead.objects.get().digest in page
    client.force_login(people_of["MOZ"]["focal_point"])
    page = client.get(reverse("audit")).content.decode()
    assert statement.reference not in page
    others = AuditEntry.objects.filter(member="BRA").values_list("digest", flat=True)
    last = ChainHead.objects.get().digest
    assert not [digest for digest in others if digest[:16] in page and digest != last]
    client.logout()
    assert client.get(reverse("audit")).status_code == 302

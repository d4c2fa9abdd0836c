"""Files on the pages: looked at first, refused clearly, taken in once."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from bandung.register import exchange
from bandung.register.actions import statements
from bandung.register.models import AuditEntry, ImportPreview, Statement
from bandung.register.pages import exchange as page

XML = "application/xml"


def exported(client, form: str) -> bytes:
    """The member's statements as a file."""
    return client.get(reverse("export", args=[form])).content


def bring(client, data: bytes, name: str):
    """Hand a file in."""
    return client.post(reverse("import"), {"file": SimpleUploadedFile(name, data)})


def changed_title(book: bytes, title: str) -> bytes:
    """A workbook whose first activity has another English title."""
    opened = load_workbook(io.BytesIO(book))
    sheet = opened[opened.sheetnames[1]]
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == "Training in tropical farming":
                cell.value = title
    out = io.BytesIO()
    opened.save(out)
    return out.getvalue()


def test_a_file_changes_nothing_until_it_is_accepted_and_nothing_the_second_time(
    actors, client, content
):
    """A preview that writes; an import that adds the same twice."""
    statement = statements.create(actors["BRA"], content)
    client.force_login(actors["BRA"].person)
    book = changed_title(exported(client, "xlsx"), "Farming courses")
    entries = AuditEntry.objects.count()
    sent = bring(client, book, "mine.xlsx")
    assert sent.status_code == 302
    preview = ImportPreview.objects.get()
    assert preview.summary["counts"] == {"added": 0, "changed": 1, "unchanged": 0, "refused": 0}
    shown = client.get(sent.headers["Location"]).content.decode()
    assert "Farming courses" in shown
    assert statement.reference in shown
    assert AuditEntry.objects.count() == entries
    client.post(sent.headers["Location"], {"accept": "1"})
    statement.refresh_from_db()
    assert statement.working.said().titles["en"] == "Farming courses"
    bring(client, exported(client, "xlsx"), "again.xlsx")
    assert ImportPreview.objects.get(accepted_at=None).summary["counts"]["unchanged"] == 1


def test_a_preview_that_the_record_has_overtaken_is_shown_anew_and_not_done(
    actors, client, content
):
    """A file that overwrites what a colleague entered after it was looked at."""
    statement = statements.create(actors["BRA"], content)
    client.force_login(actors["BRA"].person)
    sent = bring(client, changed_title(exported(client, "xlsx"), "From the file"), "mine.xlsx")
    newer = content.model_copy(update={"titles": {"en": "By a colleague"}})
    statements.save(actors["BRA"], statement.pk, newer, expected_version=statement.version)
    answer = client.post(sent.headers["Location"], {"accept": "1"})
    assert answer.status_code == 409
    assert "nothing was taken in" in answer.content.decode()
    statement.refresh_from_db()
    assert statement.working.said().titles["en"] == "By a colleague"
    assert client.post(sent.headers["Location"], {"accept": "1"}).status_code == 302
    statement.refresh_from_db()
    assert statement.working.said().titles["en"] == "From the file"


def test_a_preview_is_its_own_persons(actors, client, content):
    """Another member that reads a file, or accepts it."""
    statements.create(actors["BRA"], content)
    client.force_login(actors["BRA"].person)
    where = bring(client, exported(client, "xlsx"), "mine.xlsx").headers["Location"]
    client.force_login(actors["MOZ"].person)
    assert client.get(where).status_code == 404
    assert client.post(where, {"accept": "1"}).status_code == 404


def test_files_that_cannot_be_are_refused_in_words_and_the_record_stays(
    actors, client, monkeypatch
):
    """A file of another kind, one that expands without end, or one too large, taken for data."""
    client.force_login(actors["BRA"].person)
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><iati-activities/>'
    for data, name, word in (
        (b"%PDF-1.7", "a.pdf", "neither an Excel workbook"),
        (b"PK\x03\x04rubbish", "a.xlsx", "damaged"),
        (bomb, "a.xml", "document type"),
    ):
        answer = bring(client, data, name)
        assert answer.status_code == 400
        assert word in answer.content.decode()
    monkeypatch.setattr(exchange, "MOST_BYTES", 1000)
    monkeypatch.setattr(page, "FORM_BYTES", 500)
    answer = bring(client, b"<" * 2000, "a.xml")
    assert answer.status_code == 413
    assert "too large" in answer.content.decode()
    assert not ImportPreview.objects.exists()
    assert not Statement.objects.exists()


def test_a_form_without_its_token_is_refused_though_the_size_is_looked_at_first(
    actors, django_user_model
):
    """The early look at the size as a way past the protection against forged forms."""
    from django.test import Client  # noqa: PLC0415 - used here alone

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(actors["BRA"].person)
    assert bring(strict, b"<iati-activities/>", "a.xml").status_code == 403


def test_every_refused_row_is_shown_with_its_sheet_row_and_column(actors, client, content):
    """A row left out in silence."""
    statements.create(actors["BRA"], content)
    client.force_login(actors["BRA"].person)
    opened = load_workbook(io.BytesIO(exported(client, "xlsx")))
    sheet = opened[opened.sheetnames[1]]
    heads = [cell.value for cell in sheet[1]]
    status = next(at for at, head in enumerate(heads, 1) if head and head.startswith("Status"))
    sheet.cell(row=3, column=status).value = "no such status"
    out = io.BytesIO()
    opened.save(out)
    where = bring(client, out.getvalue(), "mine.xlsx").headers["Location"]
    shown = client.get(where).content.decode()
    assert ImportPreview.objects.get().summary["counts"]["refused"] == 1
    for word in (f"{sheet.title}, 3", "no such status", "Status"):
        assert word in shown


def test_the_return_page_and_its_files_are_of_ones_own_member_and_year(actors, client, content):
    """Another member's figures in a return; a file of another year."""
    statement = statements.create(actors["BRA"], content)
    statements.approve(actors["BRA"], statement.pk, expected_version=statement.version)
    client.force_login(actors["BRA"].person)
    shown = client.get(reverse("return-17-3-1"), {"year": 2023}).content.decode()
    assert statement.reference in shown
    empty = client.get(reverse("return-17-3-1"), {"year": 2022}).content.decode()
    assert "Nothing counts in 2022" in empty
    sent = client.get(reverse("return-file", args=[2023, "csv"])).content.decode("utf-8-sig")
    assert statement.reference in sent
    assert client.get(reverse("return-file", args=[2023, "xlsx"])).content[:2] == b"PK"
    finance = {"year": 2023, "first_month": 1, "currency": "usd"}
    told = client.get(reverse("finance-file", args=["csv"]), finance).content.decode("utf-8-sig")
    assert statement.reference in told
    client.force_login(actors["SEN"].person)
    assert (
        statement.reference
        not in client.get(reverse("return-17-3-1"), {"year": 2023}).content.decode()
    )

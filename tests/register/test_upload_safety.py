"""Files that are meant to do harm, or are none: refused clearly, and nothing of them is kept."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

sys.path.insert(0, str(Path(__file__).parent))
from isolation import token_of

from bandung.errors import InputError
from bandung.register import exchange
from bandung.register.models import AuditEntry, ImportPreview, Statement

pytestmark = pytest.mark.django_db
ACTIVITY = (
    "<iati-activity><iati-identifier>{0}</iati-identifier>"
    "<title><narrative>{0}</narrative></title></iati-activity>"
)
DOCUMENT = '<?xml version="1.0"{1}?>{2}<iati-activities version="2.03">{0}</iati-activities>'
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10))
MIB = 2**20


def xml(inside: str, declared: str = "", doctype: str = "") -> str:
    """Return an IATI document with an activity that says something."""
    return DOCUMENT.format(ACTIVITY.format(inside), declared, doctype)


def zipped(parts: dict[str, bytes]) -> bytes:
    """Return a zip of some parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return out.getvalue()


def workbook(more: dict[str, bytes] | None = None) -> bytes:
    """Return a workbook, with some more parts."""
    out = io.BytesIO()
    Workbook().save(out)
    with zipfile.ZipFile(out) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    return zipped({**parts, **(more or {})})


def hostile() -> dict[str, tuple[str, bytes, int]]:
    """Return files by what is wrong with them: name, bytes, and the API's answer."""
    laughs = f"<!DOCTYPE x [{LAUGHS}]>"
    outside = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    dtd = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/evil.dtd">'
    sheet = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'
    plain = xml("São Tomé")
    return {
        "outside entity": ("a.xml", xml("&f;", doctype=outside).encode(), 422),
        "entities in entities": ("a.xml", xml("&a9;", doctype=laughs).encode(), 422),
        "document type elsewhere": ("a.xml", xml("x", doctype=dtd).encode(), 422),
        "entities in UTF-16": (
            "a.xml",
            xml("&a9;", ' encoding="UTF-16"', laughs).encode("utf-16"),
            422,
        ),
        "entities in UTF-16 without a mark": (
            "a.xml",
            xml("&f;", ' encoding="UTF-16"', outside).encode("utf-16-le"),
            422,
        ),
        "Latin-1 said to be UTF-8": ("a.xml", plain.encode("latin-1"), 422),
        "UTF-7": ("a.xml", xml("x", ' encoding="UTF-7"').encode(), 422),
        "cut off": ("a.xml", plain.encode()[:-30], 422),
        "nested without end": ("a.xml", ("<iati-activities>" + "<a>" * 200_000).encode(), 422),
        "another root": ("a.xml", b"<html><body/></html>", 422),
        "NUL": ("a.xml", xml("a\x00b").encode(), 422),
        "empty": ("a.xml", b"", 415),
        "blanks": ("a.xml", b" \n", 415),
        "a picture": ("a.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(500), 415),
        "an old workbook": ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(500), 415),
        "a zip bomb": ("a.xlsx", workbook({"xl/worksheets/sheet9.xml": bytes(150 * MIB)}), 422),
        "a zip of something else": ("a.xlsx", zipped({"readme.txt": b"hello"}), 422),
        "a damaged workbook": ("a.xlsx", workbook()[:-200], 422),
        "macros": ("a.xlsx", workbook({"xl/vbaProject.bin": b"x"}), 422),
        "links to other files": (
            "a.xlsx",
            workbook({"xl/externalLinks/externalLink1.xml": b"<a/>"}),
            422,
        ),
        "an entity in a sheet": ("a.xlsx", workbook({"xl/worksheets/sheet1.xml": sheet}), 422),
        "too large": ("a.xml", b"<iati-activities>" + b" " * (21 * MIB), 413),
    }  # fmt: skip


FILES = hostile()


@pytest.fixture
def person(people_of):
    """Somebody who may import."""
    return people_of["BRA"]["editor"]


def counts() -> tuple[int, ...]:
    """Return how much is written."""
    return tuple(model.objects.count() for model in (Statement, ImportPreview, AuditEntry))


def test_the_api_refuses_it(person):
    """A hostile file breaks the server, is kept, or is refused without saying why."""
    client, headers = Client(), {"Authorization": f"Bearer {token_of(person)}"}
    before, wrong = counts(), {}
    for what, (name, data, status) in FILES.items():
        sent = {"file": SimpleUploadedFile(name, data)}
        answer = client.post("/api/v1/imports", sent, headers=headers)
        said = answer.json().get("detail", "")
        clear = len(said) > 20 and "root:" not in said
        still_up = client.get("/api/v1/me", headers=headers).status_code == 200
        if answer.status_code != status or not clear or not still_up:
            wrong[what] = (answer.status_code, answer.content[:300])
    assert wrong == {}
    assert counts() == before


def test_the_page_refuses_it(person):
    """A hostile file that is handed in on the page breaks it, or is kept."""
    client = Client()
    client.force_login(person)
    before, wrong = counts(), {}
    for what, (name, data, status) in FILES.items():
        answer = client.post("/exchange/import/", {"file": SimpleUploadedFile(name, data)})
        still_up = client.get("/exchange/import/").status_code == 200
        refused = {400, 413} if status == 413 else {400}
        if answer.status_code not in refused or b"root:" in answer.content or not still_up:
            wrong[what] = answer.status_code
    assert wrong == {}
    assert counts() == before


def test_the_commands_refuse_it(actors, tmp_path):
    """A hostile file on the machine's own command line ends in anything but our own error."""
    before, wrong = counts(), []
    for what, (name, data, status) in FILES.items():
        if status == 413:
            continue
        file = tmp_path / name
        file.write_bytes(data)
        plan = exchange.plan_excel if name.endswith((".xlsx", ".xls")) else exchange.plan_iati
        try:
            plan(actors["BRA"], file)
        except InputError:
            continue
        wrong.append(what)
    assert wrong == []
    assert counts() == before


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1"])
def test_other_encodings_are_read_right_or_not_at_all(actors, encoding):
    """A file in another encoding becomes another text."""
    declared = f' encoding="{encoding.removesuffix("-sig").removesuffix("-le").upper()}"'
    try:
        found = exchange.plan_iati(actors["BRA"], xml("São Tomé", declared).encode(encoding))
    except InputError:
        return
    assert [item.content.titles for item in found.plan.added] == [{"en": "São Tomé"}]


def test_formulas_are_no_figures(person):
    """A formula in a cell is computed, or taken in as if it were text."""
    out = io.BytesIO()
    exchange.excel_template(out)
    book = load_workbook(out)
    sheet = next(item for item in book.worksheets if item.title == "Activities")
    for row in range(2, 12):
        for column in range(1, 4):
            sheet.cell(row, column).value = '=HYPERLINK("http://127.0.0.1/","x")'
    made = io.BytesIO()
    book.save(made)
    client, headers = Client(), {"Authorization": f"Bearer {token_of(person)}"}
    sent = {"file": SimpleUploadedFile("a.xlsx", made.getvalue())}
    answer = client.post("/api/v1/imports", sent, headers=headers)
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert said["counts"]["added"] == 0
    assert any("formula" in item["message"] for item in said["findings"])
    assert not Statement.objects.exists()


def test_a_hundred_megabytes_are_refused_and_the_server_stays_up(person):
    """A file of 100 MB is read into memory whole, or the next request fails."""
    client, headers = Client(), {"Authorization": f"Bearer {token_of(person)}"}
    sent = SimpleUploadedFile("a.xml", b"<iati-activities>" + bytes(100 * MIB))
    answer = client.post("/api/v1/imports", {"file": sent}, headers=headers)
    assert answer.status_code == 413
    assert "divide it" in answer.json()["detail"]
    assert client.get("/api/v1/me", headers=headers).status_code == 200


def test_a_body_that_is_no_form_is_refused(person):
    """A damaged form of files is answered by an error of the server."""
    client, headers = Client(), {"Authorization": f"Bearer {token_of(person)}"}
    for kind, body in (
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=file"),
        ("multipart/form-data", b"abc"),
        ("multipart/form-data; boundary=" + "x" * 500, b"abc"),
        ("application/json", b"{}"),
        ("text/plain", b"abc"),
    ):
        answer = client.post("/api/v1/imports", body, content_type=kind, headers=headers)
        assert answer.status_code in {400, 415, 422}, (kind, answer.content)
        assert answer["Content-Type"] == "application/problem+json"

"""Files that are handed in to do harm, and exports that could."""

from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from bandung.errors import SourceError
from bandung.register.content import Content
from bandung.register.excel import Codebook, Entry, guard, read, write
from bandung.register.excel.cells import FORMULA_STARTS

CODES = Codebook.of({})
MIB = 2**20


def workbook() -> bytes:
    """A small good workbook."""
    made = Workbook()
    made.active.title = "Activities"
    made.active.append(["Reference or number", "Title [en]"])
    made.active.append(["7", "Wells"])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def altered(changes: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The good workbook with some parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(out, "w", kind) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, data in changes.items():
            new.writestr(name, data)
    return out.getvalue()


def sheet(rows: bytes, prolog: bytes = b"") -> bytes:
    """The XML of a sheet."""
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>'
        + prolog
        + b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        + b"<sheetData>"
        + rows
        + b"</sheetData></worksheet>"
    )


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
XXE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
HARMFUL = {
    "empty": (b"", "empty"),
    "text": (b"reference,title\n7,Wells\n", "no Excel workbook"),
    "old xls": (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "before 2007"),
    "another zip": (
        altered({}).replace(b"xl/workbook.xml", b"xl/workbooks.xm"),
        "no Excel workbook|damaged",
    ),
    "truncated": (workbook()[:-200], "damaged"),
    "no zip at all": (b"PK\x03\x04" + b"\xff" * 400, "damaged"),
    "macros": (altered({"xl/vbaProject.bin": b"x"}), "macros"),
    "macro sheet": (altered({"xl/macrosheets/sheet1.xml": b"<x/>"}), "macros"),
    "external link": (altered({"xl/externalLinks/externalLink1.xml": b"<x/>"}), "linked to other"),
    "connection": (altered({"xl/connections.xml": b"<x/>"}), "linked to other"),
    "embedding": (altered({"xl/embeddings/oleObject1.bin": b"x"}), "linked to other"),
    "laughs": (
        altered({SHEET: sheet(b"<row><c t='inlineStr'><is><t>&c;</t></is></c></row>", LAUGHS)}),
        "entities",
    ),
    "XXE": (
        altered({SHEET: sheet(b"<row><c t='inlineStr'><is><t>&e;</t></is></c></row>", XXE)}),
        "entities",
    ),
    "late doctype": (
        altered({SHEET: sheet(b"", b" " * (guard.CHUNK - 42) + b'<!DOCTYPE x SYSTEM "a">')}),
        "entities",
    ),
    "UTF-16": (
        altered({SHEET: sheet(b"").decode().replace("UTF-8", "UTF-16").encode("utf-16")}),
        "UTF-8",
    ),
    "UTF-7": (altered({SHEET: sheet(b"").replace(b"UTF-8", b"UTF-7")}), "UTF-8"),
    "bomb": (altered({SHEET: sheet(b" " * (30 * MIB))}), "times its size"),
    "large bomb": (
        altered({"xl/media/a.png": bytes(guard.MAX_EXPANDED_BYTES + 1)}),
        "expands to 200 MB; at most",
    ),
    "many parts": (altered({f"xl/media/{at}.png": b"" for at in range(1_001)}), "parts"),
    "two of one name": (altered({"XL/WORKBOOK.XML": b"<x/>"}), "one name"),
    "broken XML": (altered({SHEET: sheet(b"<row><c></row>")}), "damaged"),
    "bad number": (
        altered({SHEET: sheet(b'<row r="1"><c r="A1"><v>abc</v></c></row>')}),
        "damaged",
    ),
}


def test_directory_that_lies_about_a_size_does_not_hide_a_bomb():
    """A part becomes larger than the directory of the zip says."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name in (guard.CONTENT_TYPES, guard.WORKBOOK):
            book.writestr(name, b"<x/>")
        book.writestr(SHEET, sheet(b" " * (300 * 1024)))
        book.getinfo(SHEET).file_size = 100
    with pytest.raises(SourceError, match="damaged"):
        read(out.getvalue(), CODES)


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful_file_is_refused(name):
    """A file of this kind is opened, or fails with something else than a clear refusal."""
    data, said = HARMFUL[name]
    with pytest.raises(SourceError, match=said):
        read(data, CODES)


def test_macros_named_in_the_content_types_are_refused():
    """A workbook with macros passes under the name .xlsx."""
    with zipfile.ZipFile(io.BytesIO(workbook())) as old:
        types = old.read(guard.CONTENT_TYPES)
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    with_macros = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    assert kind in types
    with pytest.raises(SourceError, match="xlsm"):
        read(altered({guard.CONTENT_TYPES: types.replace(kind, with_macros)}), CODES)


def test_large_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    """A file of 100 MB is read into memory before its size is looked at."""
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.truncate(100 * MIB)
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda _: pytest.fail("it was read"))
    with pytest.raises(SourceError, match="100 MB; at most 20 MB"):
        read(path, CODES)
    with pytest.raises(SourceError, match="cannot be read"):
        read(tmp_path / "none.xlsx", CODES)


def test_row_number_beyond_every_limit_is_not_walked_to():
    """A row that says it is the thousand-millionth costs as many steps."""
    headings = ("Reference or number", "Our role")
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in headings)
    rows = f'<row r="1">{cells}</row>'.encode()
    rows += b'<row r="999999999"><c><v>7</v></c></row>'
    assert read(altered({SHEET: sheet(rows)}), CODES).problems == ()
    assert read(altered({SHEET: sheet(rows)}), CODES).rows == ()


def test_no_export_holds_a_formula():
    """A title that begins as a formula is one in the exported workbook."""
    starts = [*FORMULA_STARTS, "=cmd|'/c calc'!A1", "#REF!"]
    contents = [
        Content(titles={"en": f"{start}1+1"}, identifier=f"{at}{start}")
        for at, start in enumerate(starts)
    ]
    out = io.BytesIO()
    entries = [Entry(f"BRA-2024-{at:05}", content) for at, content in enumerate(contents)]
    write(entries, out, "en", CODES)
    with zipfile.ZipFile(io.BytesIO(out.getvalue())) as book:
        for name in book.namelist():
            assert b"<f>" not in book.read(name)
            assert b"<f " not in book.read(name)
    titles = [
        row[1]
        for row in load_workbook(io.BytesIO(out.getvalue()))["Activities"].iter_rows(min_row=3)
    ]
    for cell, content in zip(titles, contents, strict=True):
        assert cell.data_type == "s"
        assert cell.quotePrefix is content.titles["en"].startswith(FORMULA_STARTS)
    assert [row.content for row in read(out.getvalue(), CODES).rows] == contents


def test_half_a_character_is_no_text():
    """A character's half, written as Excel writes odd ones, stops the server at its digest."""
    rows = b"".join(
        f'<row r="{at}">'.encode()
        + b"".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>'.encode() for text in texts)
        + b"</row>"
        for at, texts in enumerate(
            [("Reference or number", "Title [en]"), ("_xDC00_7", "_xD800_ _xD83C__xDF31_")], 1
        )
    )
    (row,) = read(altered({SHEET: sheet(rows)}), CODES).rows
    assert (row.reference, row.content.titles) == ("\ufffd7", {"en": "\ufffd 🌱"})
    assert row.content.digest()


def test_a_fault_of_ours_is_not_called_a_damaged_workbook(monkeypatch):
    """Somebody is told to save a good workbook again, and nobody hears of the fault."""

    def fault(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("bandung.register.excel.cells.Reader.read", fault)
    with pytest.raises(ZeroDivisionError):
        read(workbook(), CODES)

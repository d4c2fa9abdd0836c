"""Files from strangers: what could harm the server is refused with a sentence."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from bandung.errors import SourceError
from bandung.register.iati import parsing, reading, standard, validating

ACTIVITY = "<iati-activity><iati-identifier>A</iati-identifier><title>{}</title></iati-activity>"
FILE = '<iati-activities version="2.03">' + ACTIVITY + "</iati-activities>"
LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>{}]>".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
)
SECRET = "what only this machine may read"  # noqa: S105 - a text that must not appear


def hostile(tmp_path) -> dict[str, bytes]:
    """Documents that are refused, by what is wrong."""
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    deep = "<title>" * 100 + "</title>" * 100
    return {
        "document type": (
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>' + FILE.format("&e;")
        ).encode(),
        "document type in UTF-16": (
            f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x SYSTEM "{secret}">'
            + FILE.format("")
        ).encode("utf-16"),
        "document type late": (
            "<!--" + "x" * 70_000 + "-->" + LAUGHS + FILE.format("&a9;")
        ).encode(),
        "document type laughs": (LAUGHS + FILE.format("&a9;")).encode(),
        "document type in attribute": (LAUGHS + FILE.format("").replace("2.03", "&a9;")).encode(),
        "deep": FILE.format(deep).encode(),
        "well-formed": FILE.format("x").encode()[:-20],
        "well-formed tail": (FILE.format("x") + "<more/>").encode(),
        "well-formed encoding": FILE.format("São Tomé").encode("latin-1"),
        "well-formed zeros": FILE.format("\x00").encode(),
        "well-formed zip": gzip.compress(FILE.format("x").encode()),
        "well-formed name": FILE.format("&nbsp;").encode(),
        "encoding": ('<?xml version="1.0" encoding="shift_jis"?>' + FILE.format("x")).encode(),
        "encoding unknown": (
            '<?xml version="1.0" encoding="nonsense"?>' + FILE.format("x")
        ).encode(),
        "empty": b"",
    }


NAMES = (
    "document type",
    "document type in UTF-16",
    "document type late",
    "document type laughs",
    "document type in attribute",
    "deep",
    "well-formed",
    "well-formed tail",
    "well-formed encoding",
    "well-formed zeros",
    "well-formed zip",
    "well-formed name",
    "encoding",
    "encoding unknown",
    "empty",
)


@pytest.mark.parametrize("name", NAMES)
def test_hostile_and_broken_documents_are_refused(tmp_path, name):
    """A document grows without end, reads a file of the machine, or ends in a traceback."""
    document = hostile(tmp_path)[name]
    word = next(
        w for w in ("document type", "deep", "well-formed", "encoding", "empty") if w in name
    )
    tracemalloc.start()
    try:
        with pytest.raises(parsing.XmlRefusedError) as refused:
            reading.read(document, "BRA")
        with pytest.raises(parsing.XmlRefusedError):
            parsing.tree(document)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert isinstance(refused.value, SourceError)
    assert word in str(refused.value)
    assert SECRET not in str(refused.value)


def test_the_line_of_the_problem_is_told(tmp_path):
    """A file that breaks off is refused without saying where."""
    path = tmp_path / "cut.xml"
    path.write_text(FILE.format("\n\n\n<a></b>"))
    with pytest.raises(parsing.XmlRefusedError, match=r"cut\.xml, line 4:"):
        reading.read(path, "BRA")


def test_large_files_are_refused_before_they_are_read(tmp_path):
    """A file of 100 MB is parsed; or the limit is a byte off."""
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    tracemalloc.start()
    try:
        with pytest.raises(parsing.XmlRefusedError, match="split it"):
            reading.read(path, "BRA")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    document = FILE.format("x").encode()
    assert reading.read(document, "BRA", max_bytes=len(document)).activities
    with pytest.raises(parsing.XmlRefusedError):
        reading.read(document, "BRA", max_bytes=len(document) - 1)


def test_a_missing_file_is_told(tmp_path):
    """A path that is not there ends in a traceback."""
    with pytest.raises(parsing.XmlRefusedError, match="cannot be read"):
        reading.read(tmp_path / "none.xml", "BRA")
    with pytest.raises(parsing.XmlRefusedError, match="cannot be read"):
        reading.read(tmp_path, "BRA")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b"<iati-organisations version='2.03'/>", "no file of IATI activities"),
        (b"<iati-activities version='1.05'/>", "version 1.05"),
    ],
)
def test_other_documents_are_refused(document, problem):
    """A file of organisations, or of a version with other meanings, is read as activities."""
    with pytest.raises(parsing.XmlRefusedError, match=problem):
        reading.read(document, "BRA")


def test_other_encodings_are_read():
    """A file in another encoding that it declares comes out garbled."""
    for encoding in ("utf-16", "iso-8859-1", "windows-1252", "utf-8-sig"):
        name = encoding.removesuffix("-sig")
        title = "<narrative>Poços</narrative>"
        document = f'<?xml version="1.0" encoding="{name}"?>' + FILE.format(title)
        found = reading.read(document.encode(encoding), "BRA").activities
        assert found[0].content.titles == {"en": "Poços"}


def test_the_validator_answers_for_hostile_files_too(shared_data, tmp_path):
    """The validator raises on a file that is not safe, and a page that calls it falls over."""
    against = standard.find(shared_data / "iati_standard")
    for document in hostile(tmp_path).values():
        found = validating.validate(document, against)
        assert [(item.rule, item.level) for item in found] == [("xml", "critical")]
        assert not validating.is_valid(found)

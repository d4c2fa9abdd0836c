"""What is checked of a workbook that somebody hands in, before anything opens it.

A workbook is a zip of XML parts. Its size is checked first, then the directory of the zip (which
says how large each part becomes: no more than that is ever unpacked), then that no part declares
a document type, and so no entities.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from bandung.errors import SourceError
from bandung.register.translation import gettext as _

MIB = 1024 * 1024
MAX_FILE_BYTES = 20 * MIB
MAX_ENTRIES = 1_000
MAX_EXPANDED_BYTES = 200 * MIB
MAX_RATIO = 120
"""Expanded bytes for each byte of the file; sheets of real activities reach some 20."""
RATIO_FROM_BYTES = 5 * MIB
"""Below this expanded size a ratio does no harm."""
ZIP_MAGIC, OLE_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
CONTENT_TYPES, WORKBOOK = "[Content_Types].xml", "xl/workbook.xml"
CHUNK = 256 * 1024
PROLOG = 400
XML_KINDS = (".xml", ".rels", ".vml")
MACROS = re.compile(r"vbaproject|(^|/)(macrosheets|dialogsheets|activex|ctrlprops)/", re.IGNORECASE)
OUTSIDE = re.compile(
    r"^xl/(externallinks|querytables|connections\.xml|embeddings|webextensions|model)",
    re.IGNORECASE,
)
FORBIDDEN = (b"<!doctype", b"<!entity")
ENCODING = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
PLAIN_ENCODINGS = {b"utf-8", b"us-ascii", b"ascii"}


def checked(source: Path | str | bytes) -> bytes:
    """Return the bytes of a workbook that is safe to open.

    Raises
    ------
    SourceError
        When it is too large, no .xlsx, damaged, a zip bomb, or holds macros, links to other
        files or document types.
    """
    data = _within_size(source)
    _kind(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            _directory(book, len(data))
            for entry in book.infolist():
                _part(book, entry)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise SourceError(
            _("the workbook is damaged (%(problem)s): open it in Excel and save it again")
            % {"problem": error}
        ) from error
    except zipfile.LargeZipFile as error:
        raise SourceError(_("the workbook is larger than its format allows")) from error
    return data


def _within_size(source: Path | str | bytes) -> bytes:
    if isinstance(source, bytes):
        size = len(source)
    else:
        try:
            size = Path(source).stat().st_size
        except OSError as error:
            raise SourceError(
                _("%(file)s cannot be read: %(problem)s")
                % {"file": source, "problem": error.strerror}
            ) from error
    if size > MAX_FILE_BYTES:
        raise SourceError(
            _("the file has %(size)s MB; at most %(most)s MB are read: divide it by activities")
            % {"size": f"{size / MIB:,.0f}", "most": MAX_FILE_BYTES // MIB}
        )
    return source if isinstance(source, bytes) else Path(source).read_bytes()


def _kind(data: bytes) -> None:
    if data.startswith(ZIP_MAGIC):
        return
    if not data:
        problem = _("the file is empty: save it in Excel as .xlsx without a password")
    elif data.startswith(OLE_MAGIC):
        problem = _(
            "the file is an .xls workbook of before 2007, or locked with a password: save it in "
            "Excel as .xlsx without a password"
        )
    else:
        problem = _("the file is no Excel workbook: save it in Excel as .xlsx without a password")
    raise SourceError(problem)


def _directory(book: zipfile.ZipFile, size: int) -> None:
    entries = book.infolist()
    if len(entries) > MAX_ENTRIES:
        raise SourceError(
            _("the workbook has %(count)s parts; at most %(most)s are read")
            % {"count": f"{len(entries):,}", "most": f"{MAX_ENTRIES:,}"}
        )
    names = [entry.filename for entry in entries]
    if len({name.casefold() for name in names}) < len(names):
        raise SourceError(
            _("the workbook holds two parts of one name: it is damaged or tampered with")
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise SourceError(_("the workbook is locked with a password: save it without one"))
    expanded = sum(entry.file_size for entry in entries)
    if expanded > MAX_EXPANDED_BYTES:
        raise SourceError(
            _(
                "the workbook expands to %(size)s MB; at most %(most)s MB are read: divide it by "
                "activities"
            )
            % {"size": f"{expanded / MIB:,.0f}", "most": MAX_EXPANDED_BYTES // MIB}
        )
    if expanded > RATIO_FROM_BYTES and expanded > MAX_RATIO * size:
        raise SourceError(
            _(
                "the workbook expands to %(times)s times its size; at most %(most)s times is "
                "read: delete its empty formatted rows and save it again"
            )
            % {"times": expanded // max(size, 1), "most": MAX_RATIO}
        )
    if CONTENT_TYPES not in names or WORKBOOK not in names:
        raise SourceError(_("the file is a zip, but no Excel workbook: save it in Excel as .xlsx"))
    for name in names:
        if MACROS.search(name):
            raise SourceError(
                _("the workbook holds macros or controls (%(part)s): save it as .xlsx")
                % {"part": name}
            )
        if OUTSIDE.search(name):
            raise SourceError(
                _(
                    "the workbook is linked to other files or data (%(part)s): break the links in "
                    "Excel (Data, Edit Links) and save it again"
                )
                % {"part": name}
            )


def _part(book: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Refuse a part of XML that declares a document type, or whose encoding would hide one."""
    if not entry.filename.casefold().endswith(XML_KINDS):
        return
    tail = b""
    with book.open(entry) as part:
        first = True
        while chunk := part.read(CHUNK):
            if first:
                _encoding(entry.filename, chunk[:PROLOG])
                first = False
            searched = (tail + chunk).lower()
            if any(mark in searched for mark in FORBIDDEN):
                raise SourceError(
                    _(
                        "%(part)s in the workbook declares a document type or entities, which no "
                        "workbook needs: it is refused"
                    )
                    % {"part": entry.filename}
                )
            if entry.filename == CONTENT_TYPES and b"macroenabled" in searched:
                raise SourceError(_("the workbook is one with macros (.xlsm): save it as .xlsx"))
            tail = chunk[-16:]


def _encoding(name: str, start: bytes) -> None:
    plain = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    said = ENCODING.search(plain)
    if (plain and not plain.startswith(b"<")) or (said and said[1].lower() not in PLAIN_ENCODINGS):
        raise SourceError(
            _("%(part)s in the workbook is not written in UTF-8: save it again in Excel")
            % {"part": name}
        )

"""Reading a workbook of activities: every row, every problem, and no change to anything."""

from __future__ import annotations

import io
import re
import warnings
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol, cast

from openpyxl import load_workbook

from bandung.codes.countries import folded
from bandung.errors import SourceError
from bandung.register.excel import guard, words
from bandung.register.excel.assembling import assemble
from bandung.register.excel.cells import CellProblemError, Reader, shown
from bandung.register.excel.findings import Findings, Told
from bandung.register.excel.layout import BY_NAME, REFERENCE, SHEETS, Column, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from bandung.register.excel.codebook import Codebook
    from bandung.register.excel.findings import Reading

MAX_ROWS = 50_000
"""Rows of one sheet below its headings."""
MAX_COLUMNS = 200
EXCEL_ROWS = 1_048_576
"""No sheet has more: a row that says it stands below was made up."""
HEADINGS_WITHIN = 10
"""The headings stand in one of the first rows."""
LEAST_HEADINGS = 2
LANGUAGE_OF_HEADING = re.compile(r"^(.*?)\s*\[([a-z]{2,3})\]$")


class _Cell(Protocol):
    value: object
    data_type: str


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading as a file writes it: whole, without its language, and that language."""

    whole: str
    base: str
    lang: str

    @classmethod
    def of(cls, text: str) -> _Heading:
        whole = " ".join(text.split()).rstrip("* ")
        match = LANGUAGE_OF_HEADING.match(whole)
        return cls(whole, match[1].rstrip("* "), match[2]) if match else cls(whole, whole, "")


@dataclass(frozen=True, slots=True)
class _Place:
    """A column of a sheet in a file: where it stands, which one it is, its language."""

    at: int
    column: Column
    lang: str
    heading: str


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet whose headings are found; the reference is the first of its places."""

    sheet: Sheet
    title: str
    headings_row: int
    places: tuple[_Place, ...]
    lang: str


def read(source: Path | str | bytes, codes: Codebook, lang: str = "en") -> Reading:
    """Read a workbook of activities in whichever of the five languages it was made.

    Parameters
    ----------
    source
        The file, or its bytes.
    codes
        The register's code lists, withdrawn codes among them.
    lang
        The language of the messages.

    Raises
    ------
    SourceError
        When the file is no workbook, not one that is safe to open (see `guard`), or longer than
        `MAX_ROWS`. What is wrong with its rows is returned, not raised.
    """
    data = guard.checked(source)
    findings = Findings(words.checked_language(lang), codes)
    with warnings.catch_warnings():
        # openpyxl warns of every extension of Excel's that it leaves aside.
        warnings.simplefilter("ignore", UserWarning)
        with _damage_said():
            book = load_workbook(
                io.BytesIO(data), read_only=True, data_only=False, keep_links=False
            )
        try:
            _sheets(book, findings)
        finally:
            book.close()
    return assemble(findings)


@contextmanager
def _damage_said() -> Iterator[None]:
    """Turn whatever openpyxl raises of a broken part, which it says nowhere, into a refusal."""
    try:
        yield
    except Exception as error:
        raise SourceError(
            f"the workbook is damaged ({type(error).__name__}: {shown(str(error))}): open it in "
            "Excel and save it again"
        ) from error


def _rows(sheet: Worksheet) -> Iterator[Sequence[_Cell]]:
    """Yield the rows of a sheet, each parsed when it is asked for."""
    with _damage_said():
        rows = iter(sheet.iter_rows(min_row=1, max_row=EXCEL_ROWS, min_col=1, max_col=MAX_COLUMNS))
    while True:
        with _damage_said():
            row = next(rows, None)
        if row is None:
            return
        yield cast("Sequence[_Cell]", row)


def _sheets(book: Workbook, findings: Findings) -> None:
    seen: set[str] = set()
    known = words.excel().known("sheet")
    for sheet in book.worksheets:
        title = " ".join(sheet.title.split())
        name = known.get(folded(title), "")
        if name not in BY_NAME:
            continue
        if name in seen:
            findings.report_sheet(title, "sheet_repeated", value=title)
            findings.blocked = True
            continue
        seen.add(name)
        _one_sheet(BY_NAME[name], title, _rows(sheet), findings)
    findings.absent = tuple(sheet.field for sheet in SHEETS if sheet.name not in seen)
    if "activities" not in seen:
        activities = words.excel().say(findings.lang, "sheet.activities")
        findings.report_sheet(activities, "sheet_missing", activities=activities)
        findings.blocked = True


def _one_sheet(
    sheet: Sheet, title: str, rows: Iterator[Sequence[_Cell]], findings: Findings
) -> None:
    top = list(islice(rows, HEADINGS_WITHIN))
    table = _table(sheet, title, top, findings)
    if table is None:
        reference = words.excel().say(findings.lang, "col.reference")
        findings.report_sheet(title, "headings_missing", reference=reference)
        findings.blocked = True
        return
    reader = Reader(findings.codes, table.lang)
    below = chain(top[table.headings_row :], rows)
    blank: Sequence[_Cell] | None = None
    for number, cells in enumerate(below, start=table.headings_row + 1):
        if cells is blank:
            continue
        filled = [(place, cells[place.at]) for place in table.places if _holds(cells[place.at])]
        if not filled:
            # Rows that the file leaves out are all this one object.
            blank = cells
            continue
        if number - table.headings_row > MAX_ROWS:
            raise SourceError(
                f"the sheet {title!r} has more than {MAX_ROWS:,} rows: divide the file by "
                "activities"
            )
        lead = filled[0][1].value if filled[0][0].column.field == REFERENCE else None
        if isinstance(lead, str) and lead in words.excel().texts["hint.reference"].values():
            continue
        if isinstance(lead, str) and _is_example(lead):
            findings.examples += 1
            continue
        _row(table, number, filled, reader, findings)


def _holds(cell: _Cell) -> bool:
    return cell.value is not None and not (isinstance(cell.value, str) and not cell.value.strip())


def _table(
    sheet: Sheet, title: str, top: Sequence[Sequence[_Cell]], findings: Findings
) -> _Table | None:
    """Find the headings among the first rows."""
    known = _known_headings(sheet)
    for count, cells in enumerate(top, start=1):
        found = {
            at: _Heading.of(cell.value)
            for at, cell in enumerate(cells)
            if isinstance(cell.value, str) and cell.value.strip()
        }
        fields = [known[folded(one.base)] for one in found.values() if folded(one.base) in known]
        if REFERENCE in fields and len(fields) >= LEAST_HEADINGS:
            places = _places(sheet, title, count, found, findings)
            return _Table(sheet, title, count, places, _language(sheet, found))
    return None


def _places(
    sheet: Sheet, title: str, row: int, found: Mapping[int, _Heading], findings: Findings
) -> tuple[_Place, ...]:
    """Return the columns found. A heading that may stand for a missing one blocks the file."""
    known = _known_headings(sheet)
    by_field = {column.field: column for column in sheet.columns}
    places: dict[tuple[str, str], _Place] = {}
    strange = False
    for at, heading in found.items():
        column = by_field.get(known.get(folded(heading.base), ""))
        said = {"row": row, "column": heading.whole, "value": heading.whole}
        if column is None or (column.kind == "texts") != bool(heading.lang):
            findings.report_sheet(title, "heading_unknown", **said)  # type: ignore[arg-type]
            strange = True
        elif (column.field, heading.lang) in places:
            findings.report_sheet(title, "heading_repeated", **said)  # type: ignore[arg-type]
            findings.blocked = True
        else:
            places[column.field, heading.lang] = _Place(at, column, heading.lang, heading.whole)
    whole = {field for field, _ in places} == set(by_field)
    findings.blocked = findings.blocked or (strange and not whole)
    return tuple(sorted(places.values(), key=lambda place: place.column.field != REFERENCE))


def _row(
    table: _Table,
    number: int,
    filled: Sequence[tuple[_Place, _Cell]],
    reader: Reader,
    findings: Findings,
) -> None:
    values: dict[str, object] = {}
    wrong: list[tuple[_Place, CellProblemError]] = []
    for place, cell in filled:
        try:
            value = reader.read(cell.value, cell.data_type, place.column)
        except CellProblemError as error:
            wrong.append((place, error))
            values.setdefault(place.column.field, None)
            continue
        if place.lang and value is not None:
            texts = values.get(place.column.field) or {}
            values[place.column.field] = {**cast("dict[str, str]", texts), place.lang: value}
        elif value is not None:
            values[place.column.field] = value
    headings = {place.column.field: place.heading for place in table.places}
    reference = str(values.get(REFERENCE) or "")
    told = Told(table.sheet, table.title, number, reference, values, headings)
    for place, problem in wrong:
        findings.report(told, "", problem.rule, heading=place.heading, **problem.values)
    for column in table.sheet.columns:
        if column.refused and column.field not in values:
            heading = headings.get(column.field) or words.excel().say(
                findings.lang, f"col.{column.word}"
            )
            findings.report(told, column.field, "required", heading=heading)
    values.pop(REFERENCE, None)
    findings.told[table.sheet.name].append(told)


@cache
def _known_headings(sheet: Sheet) -> dict[str, str]:
    """Return which field each heading of a sheet stands for, in every language."""
    texts = words.excel().texts
    return {
        folded(heading): column.field
        for column in sheet.columns
        for heading in texts[f"col.{column.word}"].values()
    }


def _language(sheet: Sheet, found: Mapping[int, _Heading]) -> str:
    """Return the language that most headings are in."""
    texts = words.excel().texts
    count: dict[str, int] = defaultdict(int)
    written = {folded(heading.base) for heading in found.values()}
    for column in sheet.columns:
        for lang, heading in texts[f"col.{column.word}"].items():
            count[lang] += folded(heading) in written
    return max(count, key=lambda lang: count[lang])


@cache
def _example_words() -> frozenset[str]:
    return frozenset(folded(text) for text in words.excel().texts["example"].values())


def _is_example(reference: str) -> bool:
    head, _, rest = folded(reference).rpartition("-")
    return head in _example_words() and rest.isdigit()

"""Writing the workbook of activities: the empty template, and statements in the same form."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from bandung.codes.tables import LANGUAGES
from bandung.errors import InputError
from bandung.register.excel import sheets, words
from bandung.register.excel.cells import LIST_MARKS
from bandung.register.excel.examples import examples
from bandung.register.excel.layout import REFERENCE, SECTOR_LISTS, SHEETS, Column, Sheet
from bandung.register.excel.records import records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import BinaryIO

    from openpyxl.cell import Cell
    from openpyxl.styles import Font
    from openpyxl.worksheet.worksheet import Worksheet

    from bandung.register.content import Content
    from bandung.register.excel.codebook import Codebook

READY_ROWS = 5_000
"""Rows of a sheet that have drop-downs."""
MOST_IN_HINT = 250
MOST_IN_HEADING_OF_HINT = 32
HEADINGS, HINTS, FIRST = 1, 2, 3
FROZEN = f"B{FIRST}"
README_LINES = 6
README_WIDTH, CODES_WIDTH = 100, 36
HEADINGS_HEIGHT, HINTS_HEIGHT = 48, 60
SECTOR = "sector"


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement to be written: its reference in the register, and what it says."""

    reference: str
    content: Content


def write_template(out: Path | str | BinaryIO, lang: str, codes: Codebook) -> None:
    """Write the empty workbook, with three example activities that no import reads.

    Parameters
    ----------
    out
        A path, or a binary file open for writing.
    lang
        One of the five languages; its headings, names of codes and hints.
    """
    mark = words.excel().say(words.checked_language(lang), "example")
    entries = [
        Entry(f"{mark}-{at}", content) for at, content in enumerate(examples(lang, codes), 1)
    ]
    book = _Book(lang, codes, extra=())
    book.fill("readme.title", entries, font=sheets.EXAMPLE_FONT)
    book.save(out)


def write(
    statements: Iterable[Entry], out: Path | str | BinaryIO, lang: str, codes: Codebook
) -> None:
    """Write statements in the form of the template; reading them gives the same contents.

    Raises
    ------
    InputError
        When a text does not fit into a cell, or a statement has no reference.
    """
    entries = tuple(statements)
    for entry in entries:
        if not entry.reference.strip():
            raise InputError("a statement without a reference cannot be written to a workbook")
    used = {
        code
        for entry in entries
        for texts in (
            entry.content.titles,
            entry.content.descriptions,
            *(result.title for result in entry.content.results),
            *(document.title for document in entry.content.documents),
        )
        for code in texts
    }
    book = _Book(words.checked_language(lang), codes, extra=tuple(sorted(used - {*LANGUAGES})))
    book.fill("readme.export", entries)
    book.save(out)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A column as it stands in a sheet: one for each language of a text."""

    column: Column
    lang: str = ""


class _Book:
    def __init__(self, lang: str, codes: Codebook, extra: Sequence[str]) -> None:
        self.lang = lang
        self.codes = codes
        self.say = words.excel().say
        self.languages = (lang, *(code for code in LANGUAGES if code != lang), *extra)
        self.book = Workbook(write_only=True)
        self.lists: dict[str, str] = {}

    def fill(self, title: str, entries: Iterable[Entry], font: Font | None = None) -> None:
        """Write every sheet."""
        told = [(entry.reference, records(entry.content)) for entry in entries]
        self._readme(title)
        self._place_lists()
        for sheet in SHEETS:
            self._sheet(sheet, told, font)
        self._codes()

    def save(self, out: Path | str | BinaryIO) -> None:
        """Save the workbook."""
        self.book.save(str(out) if isinstance(out, Path) else out)

    def _new(self, key: str, widths: Sequence[float] = ()) -> Worksheet:
        return sheets.new_sheet(self.book, self.say(self.lang, f"sheet.{key}"), self.lang, widths)

    def _readme(self, title: str) -> None:
        sheet = self._new("readme", (README_WIDTH,))
        sheet.sheet_view.showGridLines = False
        values = {
            "activities": self.say(self.lang, "sheet.activities"),
            "example": self.say(self.lang, "example"),
        }
        heading = self.say(self.lang, title)
        sheet.append([sheets.styled(sheet, heading, self.lang, font=sheets.TITLE_FONT, wrap=True)])
        for number in range(1, README_LINES + 1):
            line = self.say(self.lang, f"readme.{number}", **values)
            sheet.append([sheets.styled(sheet, line, self.lang, wrap=True)])

    def _place_lists(self) -> None:
        """Decide where on the sheet of codes each drop-down finds its list."""
        title = self.say(self.lang, "sheet.codes").replace("'", "''")
        names = dict.fromkeys(
            _listed(column) for sheet in SHEETS for column in sheet.columns if column.codes
        )
        for name in names:
            count = len(self.codes.offered(name))
            if count:
                letter = get_column_letter(len(self.lists) + 1)
                self.lists[name] = f"'{title}'!${letter}$2:${letter}${count + 1}"

    def _codes(self) -> None:
        sheet = self._new("codes", (CODES_WIDTH,) * len(self.lists))
        sheet.freeze_panes = "A2"
        columns = [
            [
                self._list_heading(name),
                *(self.codes.label(name, one.code, self.lang) for one in self.codes.offered(name)),
            ]
            for name in self.lists
        ]
        for row, texts in enumerate(zip_longest(*columns)):
            write_one = self._list_title if row == 0 else sheets.text_cell
            sheet.append([text and write_one(sheet, text) for text in texts])

    def _list_title(self, sheet: Worksheet, text: str) -> Cell:
        font, fill = sheets.HEADING_FONT, sheets.FILLED
        return sheets.styled(sheet, text, self.lang, font=font, fill=fill)

    def _list_heading(self, name: str) -> str:
        words_of = (
            column.word
            for sheet in SHEETS
            for column in sheet.columns
            if column.codes and _listed(column) == name
        )
        return self.say(self.lang, f"col.{next(words_of)}")

    def _spots(self, sheet: Sheet) -> tuple[_Spot, ...]:
        spots: list[_Spot] = []
        for column in sheet.columns:
            if column.kind == "texts":
                spots += [_Spot(column, lang) for lang in self.languages]
            else:
                spots.append(_Spot(column))
        return tuple(spots)

    def _sheet(
        self,
        sheet: Sheet,
        told: Sequence[tuple[str, Mapping[str, Sequence[Mapping[str, object]]]]],
        font: Font | None,
    ) -> None:
        target = self._new(sheet.name)
        target.freeze_panes = FROZEN
        spots = self._spots(sheet)
        for at, spot in enumerate(spots, start=1):
            letter = get_column_letter(at)
            dimension = target.column_dimensions[letter]
            dimension.width = spot.column.width
            dimension.number_format = _format(spot.column)
            self._drop_down(target, spot, letter)
        target.row_dimensions[HEADINGS].height = HEADINGS_HEIGHT
        target.row_dimensions[HINTS].height = HINTS_HEIGHT
        target.append([self._heading(target, spot) for spot in spots])
        target.append([self._hint(target, spot) for spot in spots])
        for reference, parts in told:
            for values in parts[sheet.name]:
                row = {**values, REFERENCE: reference}
                target.append([self._cell(target, spot, row, font) for spot in spots])

    def _heading(self, sheet: Worksheet, spot: _Spot) -> Cell:
        heading = self.say(self.lang, f"col.{spot.column.word}")
        needed = spot.column.needed and spot.lang in {"", self.lang}
        text = f"{heading}{f' [{spot.lang}]' if spot.lang else ''}{' *' if needed else ''}"
        fill = sheets.FILLED_NEEDED if needed else sheets.FILLED
        font = sheets.HEADING_FONT
        return sheets.styled(sheet, text, self.lang, font=font, fill=fill, wrap=True)

    def _hint(self, sheet: Worksheet, spot: _Spot) -> Cell:
        text = self.say(self.lang, f"hint.{spot.column.hint}")
        font, fill = sheets.HINT_FONT, sheets.TINTED
        cell = sheets.styled(sheet, text, self.lang, font=font, fill=fill, wrap=True)
        cell.border = sheets.UNDER
        return cell

    def _drop_down(self, sheet: Worksheet, spot: _Spot, letter: str) -> None:
        source = self.lists.get(_listed(spot.column))
        if source is None:
            return
        several = spot.column.kind == "codes" or spot.column.codes == SECTOR
        rule = DataValidation(
            type="list",
            formula1=source,
            allow_blank=True,
            showErrorMessage=not several,
            showInputMessage=True,
        )
        heading = self.say(self.lang, f"col.{spot.column.word}")
        rule.promptTitle = heading[:MOST_IN_HEADING_OF_HINT]
        rule.prompt = self.say(self.lang, f"hint.{spot.column.hint}")[:MOST_IN_HINT]
        # A code may be typed in any language: Excel warns of it and lets it stand.
        rule.errorStyle = "warning"
        rule.add(f"{letter}{FIRST}:{letter}{FIRST + READY_ROWS - 1}")
        sheet.data_validations.append(rule)

    def _cell(
        self,
        sheet: Worksheet,
        spot: _Spot,
        row: Mapping[str, object],
        font: Font | None,
    ) -> object:
        value = row.get(spot.column.field)
        if spot.lang:
            value = value.get(spot.lang) if isinstance(value, dict) else None
        if value is None or value in ("", ()):
            return None
        if spot.column.codes:
            value = self._coded(spot.column, value, row)
        if font is None:
            return sheets.quick(sheet, value, str(row[REFERENCE]))
        cell = sheets.value_cell(sheet, value, str(row[REFERENCE]))
        if cell is not None:
            cell.font = font
        return cell

    def _coded(self, column: Column, value: object, row: Mapping[str, object]) -> str:
        """Return what a cell shows of one code or of several."""
        codes = [str(code) for code in value] if isinstance(value, tuple) else [str(value)]
        if column.codes == SECTOR:
            return self.codes.label(SECTOR_LISTS[str(row["vocabulary"])], codes[0], self.lang)
        label = self.codes.label(column.codes, codes[0], self.lang)
        fits = len(codes) == 1 and not (column.kind == "codes" and LIST_MARKS.search(label))
        return label if fits else "; ".join(codes)


def _listed(column: Column) -> str:
    """Return the list that a column's drop-down shows."""
    return SECTOR_LISTS["crs"] if column.codes == SECTOR else column.codes


def _format(column: Column) -> str:
    """Return the format of a column's empty cells: codes stay as they are typed."""
    return {"date": sheets.DATE, "number": sheets.GENERAL}.get(column.kind, sheets.TEXT)

"""How cells and sheets are written: text that is never a formula, figures, dates, headings."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from bandung.errors import InputError
from bandung.register.excel.cells import FORMULA_STARTS, escaped, exact_in_excel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

FIRST_EXCEL_YEAR = 1901
HARMLESS = re.compile(r"[^\W_][^\x00-\x1f_\ufffe\uffff]{0,999}")
"""Texts that begin no formula, are no error of Excel's and hold nothing to escape."""
MOST_IN_CELL = 32_767
RIGHT_TO_LEFT = {"ar"}
INK, MUTED, WHITE, BAND, NEEDED, TINT = "1A1A1A", "5B5B5B", "FFFFFF", "0B5A8F", "8A3B00", "EEF3F7"
DATE, TEXT, GENERAL = "yyyy-mm-dd", "@", "General"
HEADING_FONT, INK_FONT = Font(bold=True, color=WHITE), Font(color=INK)
TITLE_FONT, BOLD_FONT = Font(bold=True, size=14, color=INK), Font(bold=True, color=INK)
EXAMPLE_FONT, HINT_FONT = Font(italic=True, color=MUTED), Font(color=MUTED, size=9)
FILLED, FILLED_NEEDED = PatternFill("solid", fgColor=BAND), PatternFill("solid", fgColor=NEEDED)
TINTED = PatternFill("solid", fgColor=TINT)
ALIGNED = {
    (rtl, wrap): Alignment(horizontal="right" if rtl else "left", vertical="top", wrap_text=wrap)
    for rtl in (False, True)
    for wrap in (False, True)
}
UNDER = Border(bottom=Side("thin", color=BAND))


def new_sheet(book: Workbook, title: str, lang: str, widths: Sequence[float] = ()) -> Worksheet:
    """Begin a sheet that reads as its language does, with the widths of its columns."""
    # A write-only sheet has what is used of a worksheet here; its published types do not say so.
    sheet = cast("Worksheet", book.create_sheet(title))
    sheet.sheet_view.rightToLeft = lang in RIGHT_TO_LEFT
    for at, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    return sheet


def text_cell(sheet: Worksheet, text: str, of: str = "") -> Cell:
    """Return a cell of text: never a formula, whatever it begins with.

    Parameters
    ----------
    of
        What the text belongs to, for the message.

    Raises
    ------
    InputError
        When it is longer than a cell holds.
    """
    kept = escaped(text)
    if len(kept.encode("utf-16-le")) // 2 > MOST_IN_CELL:
        raise InputError(
            f"a text of {of} has {len(text):,} characters and does not fit into a cell "
            f"({MOST_IN_CELL:,}): shorten it"
        )
    cell = _cell(sheet, kept)
    cell.data_type = "s"
    if kept.startswith(FORMULA_STARTS):
        cell.quotePrefix = True
    return cell


def value_cell(sheet: Worksheet, value: object, of: str = "") -> Cell | None:
    """Return a cell of a text, a number or a day; numbers that Excel would round are text."""
    if value is None or value == "":
        return None
    if isinstance(value, dt.date) and value.year >= FIRST_EXCEL_YEAR:
        cell = _cell(sheet, value)
        cell.number_format = DATE
        return cell
    if isinstance(value, Decimal):
        if exact_in_excel(value):
            return _cell(sheet, _binary(value))
        return text_cell(sheet, format(value, "f"), of)
    if isinstance(value, int):
        return _cell(sheet, value)
    return text_cell(sheet, str(value), of)


def quick(sheet: Worksheet, value: object, of: str = "") -> object:
    """Return what a row of many may hold: a bare value where that is safe, else `value_cell`."""
    if isinstance(value, str) and HARMLESS.fullmatch(value):
        return value
    if isinstance(value, int):
        return value
    return value_cell(sheet, value, of)


def figure(value: Decimal | None) -> float | None:
    """Return a number as Excel holds it, so that it can be added up."""
    return None if value is None else _binary(value)


def formula_cell(sheet: Worksheet, formula: str) -> Cell:
    """Return a cell of a formula of ours, which begins with ``=``."""
    return _cell(sheet, formula)


def styled(
    sheet: Worksheet,
    text: str,
    lang: str,
    *,
    font: Font = INK_FONT,
    fill: PatternFill | None = None,
    wrap: bool = False,
) -> Cell:
    """Return a cell of a text of ours, on the side that its language begins."""
    cell = text_cell(sheet, text)
    cell.font = font
    if fill is not None:
        cell.fill = fill
    cell.alignment = ALIGNED[lang in RIGHT_TO_LEFT, wrap]
    return cell


def _cell(sheet: Worksheet, value: object) -> Cell:
    return WriteOnlyCell(sheet, value)  # type: ignore[arg-type]  # it takes a date too


def _binary(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)

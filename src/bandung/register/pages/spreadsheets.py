"""Lists as files for spreadsheets: nothing in a cell is taken for a formula."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils.exceptions import IllegalCharacterError

from bandung.errors import RegisterError
from bandung.register.pages import localised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def csv_cell(value: object) -> str:
    """Return a cell of a CSV file; a text that a spreadsheet would reckon with is quoted."""
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text


def workbook(title: str, lines: Iterable[Sequence[object]], most: int) -> bytes:
    """Return a workbook of one sheet: the first line in bold, texts as texts.

    Raises
    ------
    RegisterError
        When there are more than `most` lines.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, line in enumerate(lines):
        if number > most:
            raise RegisterError(
                _("A workbook takes %(most)s lines: narrow the list, or take CSV.")
                % {"most": localised.number(most)}
            )
        sheet.append([_cell(sheet, value, bold=not number) for value in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Any, *, bold: bool) -> Any:  # noqa: ANN401 - openpyxl has no types
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        value = float(value)
    try:
        cell = WriteOnlyCell(sheet, value)
    except IllegalCharacterError:
        cell = WriteOnlyCell(sheet, "".join(c for c in str(value) if c.isprintable()))
    if isinstance(value, str):
        cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell

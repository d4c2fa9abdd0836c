"""One party's schedule as a workbook for Excel and its like.

Amounts are kept in full and shown rounded; sums are formulas. Text is never a formula: what begins
as one is stored as text, with the mark that says so.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from bandung.brief.schedules import phrases
from bandung.brief.schedules.concessions import year_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from bandung.brief.languages import Language
    from bandung.brief.schedules.concessions import Schedules

TITLE, LEAD, HEADER, FIRST = 1, 2, 4, 5
"""Rows of a sheet: its title, a sentence on it, the headings, and the first that they head."""
TEXT, TARIFF, MONEY, COUNT = "@", "0.00", "#,##0.000", "#,##0"
SHARE, ROUND_SHARE = "0.0000%", "0.00%"
CODE_WIDTH, NAME_WIDTH, FIGURE_WIDTH, WORDS_WIDTH, PROSE_WIDTH = 10.0, 32.0, 15.0, 62.0, 110.0
A4 = 9
INK, MUTED, WHITE, BAND, RULE, TINT = "1A1A1A", "5B5B5B", "FFFFFF", "0B5A8F", "C9CDD1", "EEF3F7"
HEADER_HEIGHT, MARGIN_INCHES = 64, 0.5
LINE_LETTERS, LINE_HEIGHT = 105, 16
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
UNDERLINED = Border(bottom=Side("hair", color=RULE))
ABOVE, HEAVY_ABOVE = (Border(top=Side(style, color=BAND)) for style in ("thin", "medium"))
AT_SIDE = {
    side: Alignment(vertical="center", horizontal=side, wrap_text=False)
    for side in ("left", "right")
}
BOLD = Font(bold=True, color=INK)
TINTED, FILLED = PatternFill("solid", fgColor=TINT), PatternFill("solid", fgColor=BAND)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: its heading, its width, and how its cells are shown."""

    heading: str
    width: float = FIGURE_WIDTH
    shown: str = MONEY


@dataclass(frozen=True, slots=True)
class Sums:
    """What stands below a table: the words of its three rows, and the amounts of the second.

    The first row is the sum of the table, the second what is not in it, the third both together.
    `rest` has amounts by column of the table; other columns stay empty.
    """

    words: tuple[str, str, str]
    rest: Mapping[str, float]


def to_xlsx(found: Schedules, member: str, tongue: Language) -> bytes:
    """Return a party's workbook: at a glance, what it lowers, what it obtains, and notes.

    Parameters
    ----------
    found
        The schedules.
    member
        Code of a party.
    tongue
        Language of titles, headings and names; in Arabic sheets run from right to left.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    book.calculation.fullCalcOnLoad = True
    party = tongue.country(member)
    book.properties.title = tongue.say("{party}: schedule under the draft agreement", party=party)
    book.properties.creator = "bandung"
    book.properties.language = tongue.code
    _glance(book, found, member, tongue)
    _lowers(book, found, member, tongue)
    _gets(book, found, member, tongue)
    _notes(book, found, tongue)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _glance(book: Workbook, found: Schedules, member: str, tongue: Language) -> None:
    sheet = _sheet(
        book,
        tongue.say("At a glance"),
        tongue.say("{party}: the agreement at a glance", party=tongue.country(member)),
        (
            Column("", WORDS_WIDTH, TEXT),
            Column(tongue.say("Today")),
            Column(tongue.say("Under the agreement")),
            Column(tongue.say("Change")),
        ),
        tongue,
    )
    sheet.freeze_panes = f"B{FIRST}"
    for row, line in enumerate(_glance_lines(found, member, tongue), start=FIRST):
        _put(_at(sheet, row, 1), line.words, TEXT, tongue)
        change: float | str | None = line.change
        if line.before is not None and line.after is not None:
            change = f"=C{row}-B{row}"
        for column, value in ((2, line.before), (3, line.after), (4, change)):
            _figure(_at(sheet, row, column), value, line.shown)
        for column in range(1, 5):
            _at(sheet, row, column).border = UNDERLINED


@dataclass(frozen=True, slots=True)
class _Line:
    words: str
    shown: str
    before: float | None = None
    after: float | None = None
    change: float | None = None


def _glance_lines(found: Schedules, member: str, tongue: Language) -> list[_Line]:
    own, say = found.summary(member), tongue.say
    lowers, gets = found.lowers(member), found.gets(member)
    lines = [
        _Line(say("Real income (share of income)"), SHARE, change=own.gain),
        _Line(say("Real income (million USD a year)"), MONEY, change=own.gain_musd),
        _Line(
            say("Tariff revenue from all imports (million USD a year)"),
            MONEY,
            own.revenue_musd,
            own.revenue_new_musd,
        ),
        _Line(
            say("Imports from the other Parties (million USD a year)"),
            MONEY,
            own.imports_musd,
            own.imports_new_musd,
        ),
        _Line(
            say("Exports to the other Parties (million USD a year)"),
            MONEY,
            own.exports_musd,
            own.exports_new_musd,
        ),
        _Line(say("Tariffs that the Party lowers (number)"), COUNT, after=lowers.height),
        _Line(
            say("Their average, weighted by its imports today (%)"),
            TARIFF,
            *phrases.average_tariffs(lowers),
        ),
        _Line(say("Tariffs that fall on its exports (number)"), COUNT, after=gets.height),
        _Line(
            say("Their average, weighted by its exports today (%)"),
            TARIFF,
            *phrases.average_tariffs(gets),
        ),
    ]
    if own.reliance_before is not None and own.reliance_after is not None:
        words = {
            "own": say("Share of its final demand earned at home"),
            "fellow": say("Share of its final demand earned in the other Parties"),
            "south": say("Share of its final demand earned in the rest of the South"),
            "rest": say("Share of its final demand earned in the rest of the world"),
        }
        lines += [
            _Line(text, SHARE, own.reliance_before[kind], own.reliance_after[kind])
            for kind, text in words.items()
        ]
    return lines + _payment_lines(found, member, tongue)


def _payment_lines(found: Schedules, member: str, tongue: Language) -> list[_Line]:
    own, certificate = found.summary(member), found.certificate
    lines = []
    if certificate.transfers_musd:
        words = tongue.say("Transfers received, paid where negative (million USD a year)")
        lines.append(_Line(words, MONEY, after=own.transfer_musd))
    for cut in certificate.corridors:
        if member in cut.between:
            (other,) = set(cut.between) - {member}
            partner = tongue.country(other)
            words = tongue.say("Corridor with {party}: cost of trade", party=partner)
            lines.append(_Line(words, ROUND_SHARE, change=cut.trade_cost_change_pct / 100))
            words = tongue.say(
                "Corridor with {party}: what the Party pays (million USD a year)", party=partner
            )
            lines.append(_Line(words, MONEY, after=cut.paid_by_musd.get(member, 0.0)))
    if certificate.robustness is not None:
        words = tongue.say("Draws of the trade elasticities in which the Party gains (share)")
        share = certificate.robustness.gaining_pct[member] / 100
        lines.append(_Line(words, ROUND_SHARE, after=share))
    return lines


def _lowers(book: Workbook, found: Schedules, member: str, tongue: Language) -> None:
    say = tongue.say
    table, years = found.lowers(member), found.years[member]
    columns = {
        "origin": Column(say("Code"), CODE_WIDTH, TEXT),
        "origin_name": Column(say("Imported from"), NAME_WIDTH, TEXT),
        **_common(years, tongue),
        "imports_musd": Column(say("Imports today (million USD)")),
        "imports_new_musd": Column(say("Imports under the agreement (million USD)")),
        "imports_change_musd": Column(say("Change of imports (million USD)")),
        "revenue_musd": Column(say("Tariff revenue today (million USD)")),
        "revenue_new_musd": Column(say("Tariff revenue under the agreement (million USD)")),
        "revenue_change_musd": Column(say("Change of tariff revenue (million USD)")),
    }
    words = say("All tariffs above"), say("All other imports"), say("All imports")
    title = say("{party}: the tariffs it lowers", party=tongue.country(member))
    sheet = _sheet(book, say("It lowers"), title, tuple(columns.values()), tongue)
    _table(sheet, table, columns, Sums(words, found.other_imports(member)), tongue)


def _gets(book: Workbook, found: Schedules, member: str, tongue: Language) -> None:
    say = tongue.say
    table = found.gets(member)
    years = max((found.years[code] for code in table["destination"].unique()), default=1)
    columns = {
        "destination": Column(say("Code"), CODE_WIDTH, TEXT),
        "destination_name": Column(say("Exported to"), NAME_WIDTH, TEXT),
        **_common(years, tongue),
        "imports_musd": Column(say("Exports today (million USD)")),
        "imports_new_musd": Column(say("Exports under the agreement (million USD)")),
        "imports_change_musd": Column(say("Change of exports (million USD)")),
    }
    words = say("All tariffs above"), say("All other exports"), say("All exports")
    title = say("{party}: the tariffs lowered for its exports", party=tongue.country(member))
    sheet = _sheet(book, say("It obtains"), title, tuple(columns.values()), tongue)
    _table(sheet, table, columns, Sums(words, found.other_exports(member)), tongue)


def _common(years: int, tongue: Language) -> dict[str, Column]:
    """Return the columns of both tables: the product, and its tariffs year by year."""
    say = tongue.say
    steps = range(1, years + 1) if years > 1 else ()
    return {
        "sector": Column(say("Code"), CODE_WIDTH, TEXT),
        "sector_name": Column(say("Product"), NAME_WIDTH, TEXT),
        "tariff_pct": Column(say("Tariff today (%)"), shown=TARIFF),
        "tariff_new_pct": Column(say("Tariff under the agreement (%)"), shown=TARIFF),
        **{
            year_column(year): Column(
                say("Tariff in year {year} (%)", year=tongue.number(year)), shown=TARIFF
            )
            for year in steps
        },
    }


def _table(
    sheet: Worksheet,
    table: pl.DataFrame,
    columns: Mapping[str, Column],
    sums: Sums,
    tongue: Language,
) -> None:
    """Fill in a table, and below it its sums, out of reach of the filter."""
    named = phrases.named(table, tongue.code)
    last = FIRST + named.height - 1
    for row, cells in enumerate(named.select(*columns).iter_rows(), start=FIRST):
        for at, (value, column) in enumerate(zip(cells, columns.values(), strict=True), start=1):
            _put(_at(sheet, row, at), value, column.shown, tongue).border = UNDERLINED
    if named.height:
        sheet.auto_filter.ref = f"A{HEADER}:{get_column_letter(len(columns))}{last}"
    listed, rest, total = (last + more for more in (1, 2, 3))
    for row, words in zip((listed, rest, total), sums.words, strict=True):
        for at in range(1, len(columns) + 1):
            cell = _at(sheet, row, at)
            cell.fill = TINTED
            cell.border = HEAVY_ABOVE if row == listed else ABOVE
        _put(_at(sheet, row, 2), words, TEXT, tongue).font = BOLD
    for at, name in enumerate(columns, start=1):
        if name not in sums.rest:
            continue
        letter = get_column_letter(at)
        of_table = f"=SUM({letter}{FIRST}:{letter}{last})" if named.height else 0
        of_both = f"={letter}{listed}+{letter}{rest}"
        amounts = {listed: of_table, rest: sums.rest[name], total: of_both}
        for row, value in amounts.items():
            _figure(_at(sheet, row, at), value, columns[name].shown).font = BOLD


def _notes(book: Workbook, found: Schedules, tongue: Language) -> None:
    columns = (Column("", PROSE_WIDTH, TEXT),)
    title = tongue.say("How to read these tables")
    sheet = _sheet(book, tongue.say("Notes"), title, columns, tongue)
    for row, sentence in enumerate(phrases.notes(found, tongue), start=HEADER):
        cell = _put(_at(sheet, row, 1), sentence, TEXT, tongue)
        cell.fill, cell.font = PatternFill(), Font(color=INK)
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal=_side(tongue))
        lines = 1 + len(sentence) // LINE_LETTERS
        sheet.row_dimensions[row].height = LINE_HEIGHT * lines + 6
    sheet.freeze_panes = None
    sheet.print_title_rows = None


def _sheet(
    book: Workbook, name: str, title: str, columns: Sequence[Column], tongue: Language
) -> Worksheet:
    """Begin a sheet: its title, what it is part of, its headings, and how it prints."""
    sheet: Worksheet = book.create_sheet(name)
    sheet.sheet_view.rightToLeft = tongue.rtl
    sheet.sheet_view.showGridLines = False
    _put(_at(sheet, TITLE, 1), title, TEXT, tongue).font = Font(size=16, bold=True, color=INK)
    draft = tongue.say("Draft for negotiation, made by a program. It binds nobody.")
    _put(_at(sheet, LEAD, 1), draft, TEXT, tongue).font = Font(color=MUTED)
    for at, column in enumerate(columns, start=1):
        cell = _put(_at(sheet, HEADER, at), column.heading, TEXT, tongue)
        cell.font = Font(bold=True, color=WHITE)
        cell.fill = FILLED
        cell.alignment = Alignment(
            wrap_text=True,
            vertical="center",
            horizontal="center" if column.shown != TEXT else _side(tongue),
        )
        sheet.column_dimensions[get_column_letter(at)].width = column.width
    sheet.row_dimensions[TITLE].height = 26
    sheet.row_dimensions[HEADER].height = HEADER_HEIGHT
    sheet.freeze_panes = f"E{FIRST}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADER}:{HEADER}"
    for edge in ("left", "right", "top", "bottom"):
        setattr(sheet.page_margins, edge, MARGIN_INCHES)
    footer = sheet.oddFooter
    if footer is not None:
        footer.left.text, footer.right.text = title.replace("&", "&&"), "&P / &N"
    return sheet


def _at(sheet: Worksheet, row: int, column: int) -> Cell:
    return cast("Cell", sheet.cell(row, column))


def _side(tongue: Language) -> Literal["left", "right"]:
    return "right" if tongue.rtl else "left"


def _put(cell: Cell, value: float | str | None, shown: str, tongue: Language) -> Cell:
    """Write a text or a figure of a table."""
    if shown != TEXT:
        return _figure(cell, value, shown)
    cell.value = value
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        cell.data_type = "s"
        cell.quotePrefix = True
    cell.alignment = AT_SIDE[_side(tongue)]
    return cell


def _figure(cell: Cell, value: float | str | None, shown: str) -> Cell:
    """Write a figure, or a formula of ours."""
    cell.value = value
    cell.number_format = shown
    return cell

"""The return as files: a workbook whose every sum names its lines, and a CSV of the lines."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from bandung.register.excel import sheets, words
from bandung.register.returns import tables
from bandung.register.returns.rates import MOST_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from openpyxl.worksheet.worksheet import Worksheet

    from bandung.register.excel.codebook import Codebook
    from bandung.register.returns.lines import Line
    from bandung.register.returns.rates import Rate
    from bandung.register.returns.sdg import Cell, Counted, LeftOut, Return

TITLE, LEAD, HEADINGS, FIRST = 1, 2, 4, 5
"""Rows of a sheet: its title, a sentence on it, the headings, and the first that they head."""
MOST_TRACES = 30_000
"""Characters of references in one cell; the rest is on the sheet of lines."""
DEFINITIONS = 5
WIDTHS = {"title": 44.0, "traces": 60.0, "recipient_name": 26.0, "modality_name": 30.0}
WIDTH, ABOUT_WIDTHS = 16.0, (60.0, 70.0)
SUMMED = {"quantity": ("quantity", "unit"), "money": ("amount", "currency"), "usd": ("usd", "")}
"""Which column of the lines a measure adds up, and which one names its unit."""
CELLS = (
    "group",
    "recipient",
    "recipient_name",
    "modality",
    "modality_name",
    "measure",
    "unit",
    "unit_name",
    "total",
    "tossd",
    "count",
    "traces",
    "check",
)
LINES = (
    "trace",
    "reference",
    "key",
    "title",
    "group",
    "recipient",
    "recipient_name",
    "modality",
    "modality_name",
    "period_start",
    "period_end",
    "quantity",
    "unit",
    "unit_name",
    "amount",
    "currency",
    "basis",
    "usd",
    "rate",
    "rate_date",
    "rate_source",
    "to_tossd",
)
OTHERS = (*LINES[:4], *LINES[5:16], "stage", "to_tossd", "reason_code", "reason")
RATES = ("currency", "rate", "rate_date", "rate_source", "count")
CSV_COLUMNS = (
    "record",
    "reference",
    "contribution",
    "activity",
    "title",
    "recipient",
    "recipient_name",
    "group",
    "modality",
    "modality_name",
    "measure",
    "unit",
    "amount",
    "rate",
    "rate_date",
    "rate_source",
    "also_to_tossd",
    "reason",
)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of ours; texts never are one."""

    text: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A number that is written as Excel holds it, so that formulas can add it up."""

    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Writer:
    """How a return's files are written: their language and the names of codes."""

    lang: str
    codes: Codebook

    def say(self, key: str, **values: object) -> str:
        """Return a text of returns in the language."""
        return words.table("bandung.register.returns").say(self.lang, key, **values)

    def unit(self, code: str) -> str:
        """Name a unit, or a currency."""
        listed = "unit" if self.codes.name("currency", code, self.lang) == code else "currency"
        return self.codes.name(listed, code, self.lang)

    def about(self, line: Line, group: str) -> dict[str, object]:
        """Return what every sheet says of a line."""
        item = line.contribution
        return {
            "trace": line.trace,
            "reference": line.reference,
            "key": item.key,
            "title": line.title,
            "group": group,
            "recipient": line.recipient,
            "recipient_name": self.codes.name("country", line.recipient, self.lang),
            "modality": item.modality,
            "modality_name": self.codes.name("modality", item.modality, self.lang),
            "period_start": item.period_start,
            "period_end": item.period_end,
            "stage": self.say(f"stage.{item.stage}"),
            "to_tossd": self.say("yes" if line.to_tossd else "no"),
        }

    def counted(self, one: Counted) -> dict[str, object]:
        """Return a line that counts."""
        told = self.about(one.line, one.group)
        told.update(
            quantity=Sum(one.quantity),
            unit=one.unit,
            unit_name=self.unit(one.unit) if one.unit else "",
        )
        if one.worth is not None:
            told.update(
                amount=Sum(one.worth.amount),
                currency=one.worth.currency,
                basis=self.say("basis.valued" if one.worth.valued else "basis.paid"),
                usd=Sum(one.worth.usd),
                **rate_of(one.worth.rate),
            )
            if one.worth.usd is None:
                told["rate_source"] = self.say("reason.no_rate")
        return told

    def other(self, one: LeftOut, record: str) -> dict[str, object]:
        """Return a line that does not count, with what it states and the reason."""
        item = one.line.contribution
        told = self.about(one.line, "")
        valued = item.valuation
        told.update(
            quantity=item.quantity,
            unit=item.unit,
            unit_name=self.unit(item.unit) if item.unit else "",
            amount=valued.amount if valued else None,
            currency=valued.currency if valued else item.currency,
            reason_code="" if record == "objected" else one.reason,
            reason=self.reason(one, record),
        )
        return told

    def reason(self, one: LeftOut, record: str) -> str:
        """Say why a line does not count."""
        if record == "objected":
            return one.reason or self.say("reason.objected")
        if record == "excluded":
            return self.codes.name("exclusion", one.reason, self.lang)
        return self.say(f"reason.{one.reason}")


def rate_of(rate: Rate | None) -> dict[str, object]:
    """Return the columns that tell of a rate."""
    if rate is None:
        return {}
    return {"rate": rate.usd_per_unit, "rate_date": rate.when, "rate_source": rate.source}


def workbook(made: Return, lang: str, codes: Codebook) -> bytes:
    """Return the workbook of a return in a language.

    Every sum of the first sheet names the lines it is the sum of, and has beside it a formula that
    adds them up again.
    """
    writer = Writer(words.checked_language(lang), codes)
    book = Workbook(write_only=True)
    member = codes.name("country", made.member, lang)
    title = writer.say("title.return", member=member, year=made.year)
    lines = writer.say("sheet.lines").replace("'", "''")
    last = FIRST + max(len(made.counted), 1) - 1
    sheet = begin(book, writer, "return", CELLS, title, "lead.revision")
    row = FIRST
    for cell in made.cells:
        append(sheet, CELLS, _cell(writer, cell, f"'{lines}'", row, last))
        row += 1
    sheet.append([])
    heading = writer.say("title.groups")
    sheet.append([sheets.styled(sheet, heading, lang, font=sheets.BOLD_FONT)])
    row += 2
    for cell in made.group_totals:
        append(sheet, CELLS, _cell(writer, cell, f"'{lines}'", row, last))
        row += 1
    sheet = begin(book, writer, "lines", LINES, title, "lead.lines")
    for one in made.counted:
        append(sheet, LINES, writer.counted(one))
    for record in ("excluded", "objected", "left_out"):
        sheet = begin(book, writer, record, OTHERS, title, f"lead.{record}")
        for other in getattr(made, record):
            append(sheet, OTHERS, writer.other(other, record))
    sheet = begin(book, writer, "rates", RATES, title, "lead.rates")
    for rate in made.rates:
        count = sum(1 for one in made.counted if one.worth and one.worth.rate == rate)
        append(sheet, RATES, {"currency": rate.currency, "count": count, **rate_of(rate)})
    _about(book, writer, made, title)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_file(made: Return, lang: str, codes: Codebook) -> bytes:
    """Return the return as a CSV in long form: a row for each amount of each line.

    Column names are the same in every language; the names of codes are in `lang`.
    """
    writer = Writer(words.checked_language(lang), codes)
    return tables.written(CSV_COLUMNS, _csv_rows(made, writer))


def _csv_rows(made: Return, writer: Writer) -> Iterable[tuple[object, ...]]:
    for one in made.counted:
        rate = one.worth.rate if one.worth else None
        for measure, unit, amount in one.amounts():
            used = rate_of(rate) if measure == "usd" else {}
            no_rate = measure == "money" and one.worth is not None and one.worth.usd is None
            yield (
                "counted",
                *_csv_line(one.line, one.group, writer),
                measure,
                unit,
                amount,
                *(used.get(name, "") for name in ("rate", "rate_date", "rate_source")),
                "yes" if one.line.to_tossd else "no",
                writer.say("reason.no_rate") if no_rate else "",
            )
    for record in ("excluded", "objected", "left_out"):
        for other in getattr(made, record):
            item = other.line.contribution
            yield (
                record,
                *_csv_line(other.line, "", writer),
                "money" if item.currency else "quantity",
                item.currency or item.unit,
                item.quantity,
                *("", "", ""),
                "yes" if other.line.to_tossd else "no",
                writer.reason(other, record),
            )


def _csv_line(line: Line, group: str, writer: Writer) -> tuple[object, ...]:
    told = writer.about(line, group)
    names = ("title", "recipient", "recipient_name", "group", "modality", "modality_name")
    return (line.reference, line.contribution.key, line.activity, *(told[name] for name in names))


def begin(
    book: Workbook,
    writer: Writer,
    name: str,
    columns: Sequence[str],
    title: str,
    lead: str,
    named: dict[str, str] | None = None,
) -> Worksheet:
    """Begin a sheet: its title, what it is, and its headings, which stay when it is scrolled."""
    widths = [WIDTHS.get(column, WIDTH) for column in columns]
    sheet = sheets.new_sheet(book, writer.say(f"sheet.{name}"), writer.lang, widths)
    sheet.freeze_panes = f"A{FIRST}"
    sheet.append([sheets.styled(sheet, title, writer.lang, font=sheets.TITLE_FONT)])
    sheet.append([sheets.styled(sheet, writer.say(lead), writer.lang, font=sheets.HINT_FONT)])
    sheet.append([])
    append_headings(
        sheet, writer, [writer.say(f"col.{column}", **(named or {})) for column in columns]
    )
    return sheet


def append_headings(sheet: Worksheet, writer: Writer, headings: Sequence[str]) -> None:
    """Write a row of headings."""
    font, fill = sheets.HEADING_FONT, sheets.FILLED
    sheet.append(
        [
            sheets.styled(sheet, one, writer.lang, font=font, fill=fill, wrap=True)
            for one in headings
        ]
    )


def append(sheet: Worksheet, columns: Sequence[str], values: dict[str, object]) -> None:
    """Write a row: texts never as formulas, sums as numbers, formulas only where they are ours."""
    cells: list[object] = []
    for column in columns:
        value = values.get(column)
        if isinstance(value, Formula):
            cells.append(sheets.formula_cell(sheet, value.text))
        elif isinstance(value, Sum):
            cells.append(sheets.figure(value.value))
        else:
            cells.append(sheets.quick(sheet, value, str(values.get("trace") or "")))
    sheet.append(cells)


def _cell(writer: Writer, cell: Cell, lines: str, row: int, last: int) -> dict[str, object]:
    traces = "; ".join(cell.traces)
    if len(traces) > MOST_TRACES:
        traces = traces[:MOST_TRACES].rpartition("; ")[0] + "; …"
    lang, codes = writer.lang, writer.codes
    return {
        "group": cell.group,
        "recipient": cell.recipient,
        "recipient_name": codes.name("country", cell.recipient, lang)
        if cell.recipient
        else writer.say(f"group.{cell.group}"),
        "modality": cell.modality,
        "modality_name": codes.name("modality", cell.modality, lang) if cell.modality else "",
        "measure": writer.say(f"measure.{cell.measure}"),
        "unit": cell.unit,
        "unit_name": writer.unit(cell.unit),
        "total": Sum(cell.total),
        "tossd": Sum(cell.tossd),
        "count": len(cell.traces),
        "traces": traces,
        "check": Formula(_check(cell, lines, row, last)),
    }


def _check(cell: Cell, lines: str, row: int, last: int) -> str:
    """Return the formula that takes the lines' sum from the total: 0 where they agree."""

    def column(name: str) -> str:
        letter = get_column_letter(LINES.index(name) + 1)
        return f"{lines}!${letter}${FIRST}:${letter}${last}"

    def here(name: str) -> str:
        return f"${get_column_letter(CELLS.index(name) + 1)}{row}"

    summed, unit = SUMMED[cell.measure]
    conditions = ["group"]
    if cell.recipient:
        conditions += ["recipient", "modality"]
    pairs = [f"{column(name)},{here(name)}" for name in conditions]
    if unit:
        pairs.append(f"{column(unit)},{here('unit')}")
    return f"=ROUND({here('total')}-SUMIFS({column(summed)},{','.join(pairs)}),6)"


def _about(book: Workbook, writer: Writer, made: Return, title: str) -> None:
    sheet = sheets.new_sheet(book, writer.say("sheet.about"), writer.lang, ABOUT_WIDTHS)
    sheet.append([sheets.styled(sheet, title, writer.lang, font=sheets.TITLE_FONT)])
    said: list[tuple[str, object]] = [
        (writer.say("about.member"), writer.codes.label("country", made.member, writer.lang)),
        (writer.say("about.year"), made.year),
        (writer.say("about.made_on"), made.made_on),
        (writer.say("about.checksum"), made.checksum),
        *(
            (writer.say(f"about.{name}"), len(getattr(made, name)))
            for name in ("counted", "excluded", "objected", "left_out", "without_rate")
        ),
        *((writer.say("about.version", name=name), version) for name, version in made.versions),
    ]
    for name, value in said:
        sheet.append(
            [sheets.styled(sheet, name, writer.lang), sheets.value_cell(sheet, value, name)]
        )
    sheet.append([])
    definitions = [writer.say(f"about.{at}", days=MOST_DAYS) for at in range(1, DEFINITIONS + 1)]
    for line in (writer.say("lead.revision"), *definitions):
        sheet.append([sheets.styled(sheet, line, writer.lang, wrap=True)])

"""The finance ministry's table as files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from openpyxl import Workbook

from bandung.register.excel import sheets, words
from bandung.register.returns import tables
from bandung.register.returns.report import Sum, Writer, append, begin, rate_of

if TYPE_CHECKING:
    from bandung.register.excel.codebook import Codebook
    from bandung.register.returns.finance import Entry, FinanceTable

ROWS = (
    "account",
    "account_name",
    "fiscal_year",
    "date",
    "direction",
    "stage",
    "partner",
    "partner_name",
    "modality",
    "modality_name",
    "title",
    "reference",
    "key",
    "national",
    "amount",
    "currency",
    "basis",
    "usd",
    "rate",
    "rate_date",
    "rate_source",
    "national_rate",
    "national_rate_date",
    "quantity",
    "unit",
    "unit_name",
    "note",
)
ACCOUNTS = ("account", "account_name", "direction", "stage", "national", "count", "note")
ABOUT_WIDTHS = (40.0, 60.0)


def workbook(table: FinanceTable, lang: str, codes: Codebook) -> bytes:
    """Return the workbook of a fiscal year in a language: rows, sums by account, what it is."""
    writer = Writer(words.checked_language(lang), codes)
    book = Workbook(write_only=True)
    member = codes.name("country", table.member, lang)
    title = writer.say("title.finance", member=member, year=table.fiscal_year.label)
    named = {"currency": table.currency}
    sheet = begin(book, writer, "lines", ROWS, title, "lead.finance", named)
    for entry in table.entries:
        append(sheet, ROWS, _row(entry, table, writer))
    sheet = begin(book, writer, "accounts", ACCOUNTS, title, "lead.accounts", named)
    names = {entry.account.code: entry.account.name for entry in table.entries if entry.account}
    for one in table.subtotals:
        told: dict[str, object] = {
            "account": one.account,
            "account_name": _account_name(one.account, names.get(one.account, ""), writer),
            "direction": writer.say(f"direction.{one.direction}"),
            "stage": writer.say(f"stage.{one.stage}"),
            "national": Sum(one.total),
            "count": one.rows,
        }
        if one.without_amount:
            told["note"] = writer.say("note.without_amount", count=one.without_amount)
        append(sheet, ACCOUNTS, told)
    about = sheets.new_sheet(book, writer.say("sheet.about"), lang, ABOUT_WIDTHS)
    year = table.fiscal_year
    for name, value in (
        ("member", codes.label("country", table.member, lang)),
        ("fiscal_year", f"{year.label}: {year.start.isoformat()} – {year.end.isoformat()}"),
        ("currency", codes.label("currency", table.currency, lang)),
    ):
        said = writer.say(f"about.{name}")
        about.append([sheets.styled(about, said, lang), sheets.styled(about, value, lang)])
    about.append([sheets.styled(about, writer.say("lead.revision"), lang, wrap=True)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_file(table: FinanceTable, lang: str, codes: Codebook) -> bytes:
    """Return the rows as a CSV; column names are the same in every language."""
    writer = Writer(words.checked_language(lang), codes)
    columns = [*(f"amount_{table.currency.lower()}" if c == "national" else c for c in ROWS)]
    rows = []
    for entry in table.entries:
        told = _row(entry, table, writer)
        values = (told.get(column) for column in ROWS)
        rows.append([value.value if isinstance(value, Sum) else value for value in values])
    return tables.written(columns, rows)


def _row(entry: Entry, table: FinanceTable, writer: Writer) -> dict[str, object]:
    told = writer.about(entry.line, "")
    account = entry.account
    item = entry.line.contribution
    told.update(
        account=account.code if account else "",
        account_name=_account_name(account.code, account.name, writer) if account else "",
        fiscal_year=table.fiscal_year.label,
        date=entry.day,
        direction=writer.say(f"direction.{entry.direction}"),
        partner=entry.partner,
        partner_name=writer.codes.name("country", entry.partner, writer.lang),
        national=Sum(entry.national),
        quantity=entry.quantity,
        unit=item.unit if entry.quantity is not None else "",
        unit_name=writer.unit(item.unit) if entry.quantity is not None else "",
        note=writer.say(f"reason.{entry.note}") if entry.note else "",
    )
    if entry.worth is not None:
        told.update(
            amount=Sum(entry.worth.amount),
            currency=entry.worth.currency,
            basis=writer.say("basis.valued" if entry.worth.valued else "basis.paid"),
            usd=Sum(entry.worth.usd),
            **rate_of(entry.worth.rate),
        )
    if entry.national_rate is not None:
        told.update(
            national_rate=entry.national_rate.usd_per_unit,
            national_rate_date=entry.national_rate.when,
        )
    return told


def _account_name(code: str, own: str, writer: Writer) -> str:
    return own or (writer.codes.name("account", code, writer.lang) if code else "")

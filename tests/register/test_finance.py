"""The finance ministry's table: fiscal years, accounts, the country's currency, every line."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from bandung.codes.tables import LANGUAGES
from bandung.errors import CodeUnknownError, InputError
from bandung.register.content import Contribution, Valuation
from bandung.register.excel import Codebook, Option
from bandung.register.returns import (
    FiscalYear,
    Line,
    Modality,
    Rate,
    Rates,
    finance_report,
    finance_table,
    read_accounts,
)

MODALITIES = {
    "grant": Modality("grant", "A", account="2611", account_received="1311"),
    "experts": Modality("experts", "C", account="22", account_received="1311"),
    "loan": Modality("loan", "A"),
}
CODES = Codebook.of({"account": [Option("2611", {"en": "Grants", "fr": "Dons"})], "modality": []})
RATES = Rates.of(
    [
        Rate("BRL", 2024, None, Decimal("0.2"), "central bank"),
        Rate("ZAR", 2024, None, Decimal("0.05"), "reserve bank"),
    ]
)


def line(key: str, modality: str, quantity, unit="money", **more) -> Line:
    """A line of Brazil's of June 2024."""
    fields = {"provider": "BRA", "receiver": "MOZ", "period_end": dt.date(2024, 6, 30), **more}
    item = Contribution(key=key, modality=modality, quantity=quantity, unit=unit, **fields)
    return Line(f"BRA-2024-0000{key}", f"a{key}", f"=Title {key}", item)


LINES = [
    line("1", "grant", 1000, currency="BRL"),
    line("2", "grant", 500, currency="USD"),
    line("3", "grant", 300, currency="ZAR", provider="MOZ", receiver="BRA"),
    line("4", "experts", 10, "person_days", valuation=Valuation(amount=90, currency="ZAR")),
    line("5", "experts", 10, "person_days"),
    line("6", "grant", 100, currency="CUP", stage="committed"),
    line("7", "loan", 100, currency="BRL"),
    line("8", "grant", 100, currency="BRL", stage="planned"),
    line("9", "grant", 100, currency="BRL", period_end=dt.date(2023, 6, 30)),
    line("a", "grant", 100, currency="BRL", provider="MOZ", receiver="SEN"),
    line("b", "grant", 100, currency="BRL", period_end=None),
]


def table(**more):
    """The table of 2024 in reais."""
    return finance_table(
        LINES, "BRA", FiscalYear(2024), "BRL", modalities=MODALITIES, rates=RATES, **more
    )


def test_amounts_in_the_currency_of_the_country_by_hand():
    """Another amount than paper and pencil give: 500 / 0.2, 300 × 0.05 / 0.2, 90 × 0.05 / 0.2."""
    found = {
        one.line.contribution.key: (one.direction, one.national, one.note)
        for one in table().entries
    }
    assert found == {
        "1": ("given", 1000, ""),
        "2": ("given", 2500, ""),
        "3": ("received", 75, ""),
        "4": ("given", Decimal("22.50"), ""),
        "5": ("given", None, "not_valued"),
        "6": ("given", None, "no_rate"),
        "7": ("given", 100, "no_account"),
    }
    sums = {(one.account, one.direction, one.stage): one for one in table().subtotals}
    assert sums["2611", "given", "delivered"].total == 3500
    assert sums["2611", "given", "committed"].without_amount == 1
    assert sums["1311", "received", "delivered"].total == 75
    assert sums["22", "given", "delivered"].total == Decimal("22.50")
    assert sum(one.rows for one in sums.values()) == len(table().entries) == 7


def test_dollars_are_a_country_s_currency_too():
    """A country that uses the dollar needs a rate of the dollar."""
    found = finance_table(LINES, "BRA", FiscalYear(2024), "USD", modalities=MODALITIES, rates=RATES)
    assert [one.national for one in found.entries][:3] == [200, 500, 15]
    with pytest.raises(CodeUnknownError, match="XXQ"):
        finance_table([], "BRA", FiscalYear(2024), "XXQ", modalities={}, rates=RATES)


@pytest.mark.parametrize(
    ("month", "year", "start", "end", "label"),
    [
        (1, 2024, "2024-01-01", "2024-12-31", "2024"),
        (4, 2023, "2023-04-01", "2024-03-31", "2023/24"),
        (7, 2024, "2024-07-01", "2025-06-30", "2024/25"),
        (3, 2023, "2023-03-01", "2024-02-29", "2023/24"),
        (12, 1999, "1999-12-01", "2000-11-30", "1999/00"),
    ],
)
def test_fiscal_year_has_twelve_months_from_its_first(month, year, start, end, label):
    """A fiscal year loses its last day, or takes one of the next."""
    found = FiscalYear(year, month)
    assert (found.start.isoformat(), found.end.isoformat(), found.label) == (start, end, label)
    assert found.end + dt.timedelta(days=1) == FiscalYear(year + 1, month).start


def test_fiscal_year_decides_what_is_in_it():
    """A delivery of June is in the year that begins in July."""
    july = finance_table(
        LINES, "BRA", FiscalYear(2023, 7), "BRL", modalities=MODALITIES, rates=RATES
    )
    assert len(july.entries) == 7
    after = finance_table(
        LINES, "BRA", FiscalYear(2024, 7), "BRL", modalities=MODALITIES, rates=RATES
    )
    assert after.entries == ()
    before = finance_table(
        LINES, "BRA", FiscalYear(2022, 7), "BRL", modalities=MODALITIES, rates=RATES
    )
    assert [one.line.contribution.key for one in before.entries] == ["9"]
    with pytest.raises(InputError, match="month 1 to 12, not 13"):
        FiscalYear(2024, 13)


def test_the_ministry_s_own_accounts_replace_the_list_s():
    """The ministry's chart is not used, or only where the list has no account."""
    text = b"modality,direction,account,name\ngrant,given,7.1,Our grants\nloan,,8,Loans\n"
    reading = read_accounts(text)
    assert reading.problems == ()
    accounts = {
        one.line.contribution.key: one.account.code
        for one in table(accounts=reading.accounts).entries
    }
    assert accounts == {
        "1": "7.1",
        "2": "7.1",
        "3": "1311",
        "4": "22",
        "5": "22",
        "6": "7.1",
        "7": "8",
    }
    bad = text + b"grant,given,7.2,x\n,given,7,x\nexperts,sideways,7,x\nexperts,given,,x\n"
    assert [(one.line, one.column) for one in read_accounts(bad).problems] == [
        (4, "account"),
        (5, "modality"),
        (6, "direction"),
        (7, "account"),
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_files_hold_every_row_with_its_reference(lang):
    """A row is missing from a file, has no reference, or its title is a formula."""
    made = table()
    book = load_workbook(io.BytesIO(finance_report.workbook(made, lang, CODES)))
    rows = list(book.worksheets[0].iter_rows(min_row=5))
    at = finance_report.ROWS.index("reference")
    assert [row[at].value for row in rows] == [one.line.reference for one in made.entries]
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d"}
    assert all(sheet.sheet_view.rightToLeft is (lang == "ar") for sheet in book)
    text = finance_report.csv_file(made, lang, CODES).decode("utf-8-sig")
    written = list(csv.DictReader(io.StringIO(text)))
    assert [row["reference"] for row in written] == [one.line.reference for one in made.entries]
    assert [row["amount_brl"] for row in written][:2] == ["1000", "2500.00"]
    assert written[0]["title"] == "'=Title 1"
    assert written[0]["account_name"] == ("Dons" if lang == "fr" else "Grants")

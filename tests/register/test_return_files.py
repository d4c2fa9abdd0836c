"""The return's workbook and CSV say what the return says, in every language, and where from."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string

from bandung.codes.tables import LANGUAGES
from bandung.errors import NotAllowedError
from bandung.register.actions import responses, statements
from bandung.register.actor import Actor
from bandung.register.content import Contribution, Valuation
from bandung.register.excel import Codebook, Option
from bandung.register.returns import Line, Modality, Rate, Rates, report, sdg_17_3_1, source

MODALITIES = {
    "grant": Modality("grant", "A"),
    "medicines": Modality("medicines", "B"),
    "experts": Modality("experts", "C"),
}
CODES = Codebook.of(
    {
        "modality": [
            Option("grant", {"en": "Grant", "ar": "منحة"}),
            Option("medicines", {"en": "Medicines"}),
            Option("experts", {"en": "Experts"}),
        ],
        "unit": [Option("person_days", {"en": "Person-days"})],
        "exclusion": [Option("portfolio", {"en": "Portfolio investment"})],
    }
)
SUMIFS = re.compile(r"=ROUND\(\$(\w)(\d+)-SUMIFS\((.*)\),6\)")
RANGE = re.compile(r"'(.*)'!\$(\w+)\$(\d+):\$\w+\$(\d+)")


def line(key: str, modality: str, quantity, unit: str, receiver="MOZ", **more) -> Line:
    """A line of Brazil's, delivered in 2024."""
    about = {name: more.pop(name) for name in ("objected", "also_reported") if name in more}
    fields = {"provider": "BRA", "period_end": dt.date(2024, 12, 31), **more}
    item = Contribution(
        key=key, modality=modality, receiver=receiver, quantity=quantity, unit=unit, **fields
    )
    return Line(f"BRA-2024-0000{key}", f"activity {key}", f"=Title {key}", item, **about)


VALUE = Valuation(amount="2000.50", currency="BRL")
LINES = [
    line("1", "experts", "30.5", "person_days"),
    line("2", "experts", 12, "person_days", also_reported=("tossd",)),
    line("3", "experts", 5, "person_days", "SEN"),
    line("4", "grant", 1000, "money", currency="BRL"),
    line("5", "grant", 500, "money", currency="USD", also_reported=("tossd",)),
    line("6", "medicines", 3, "tonnes", valuation=VALUE),
    line("7", "grant", 900, "money", currency="CUP"),
    line("8", "experts", 5, "person_days", objected="@never came"),
    line("9", "grant", 5, "money", currency="USD", exclusion="portfolio"),
    line("a", "experts", 5, "person_days", stage="planned"),
]


@pytest.fixture(scope="module")
def made():
    """A return with a line of every kind."""
    rates = Rates.of([Rate("BRL", 2024, None, Decimal("0.1853"), "central bank")])
    return sdg_17_3_1(
        LINES,
        "BRA",
        2024,
        modalities=MODALITIES,
        rates=rates,
        made_on=dt.date(2025, 3, 1),
        versions={"modality": 3},
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_checks_beside_the_sums_come_to_nothing(made, lang):
    """A formula beside a sum adds up other lines than those of the sum, in some language."""
    book = load_workbook(io.BytesIO(report.workbook(made, lang, CODES)))
    first = book.worksheets[0]
    assert len(book.sheetnames) == 7
    assert all(sheet.sheet_view.rightToLeft is (lang == "ar") for sheet in book)
    checks = [
        row[-1] for row in first.iter_rows(min_row=report.FIRST) if len(row) > 5 and row[-1].value
    ]
    assert len(checks) == len(made.cells) + len(made.group_totals)
    for cell in checks:
        letter, row, arguments = SUMIFS.fullmatch(cell.value).groups()
        assert int(row) == cell.row
        stated = first[f"{letter}{row}"].value
        assert round(stated - sumifs(book, first, arguments), 6) == 0
        assert stated > 0


def sumifs(book, here, arguments: str) -> float:
    """What a spreadsheet makes of SUMIFS."""
    summed, *pairs = arguments.split(",")
    name, letter, start, end = RANGE.fullmatch(summed).groups()
    total = 0.0
    for row in range(int(start), int(end) + 1):
        fits = all(
            book[name][f"{RANGE.fullmatch(where)[2]}{row}"].value
            == here[what.replace("$", "")].value
            for where, what in zip(pairs[::2], pairs[1::2], strict=True)
        )
        total += (book[name][f"{letter}{row}"].value or 0) if fits else 0
    return total


def test_every_sum_names_its_lines(made):
    """A line that a sum names is not on the sheet of lines, or its place is wrong."""
    book = load_workbook(io.BytesIO(report.workbook(made, "en", CODES)))
    rows = list(book["Lines"].iter_rows(min_row=report.FIRST, values_only=True))
    traces = {row[0] for row in rows}
    assert traces == {one.line.trace for one in made.counted}
    at = column_index_from_string("L") - 1
    for row in book["Return"].iter_rows(min_row=report.FIRST, values_only=True):
        if row[0] in {"A", "B", "C"}:
            named = row[report.CELLS.index("traces")].split("; ")
            assert set(named) <= traces
            assert len(named) == row[report.CELLS.index("count")]
    assert [row[at] for row in rows if row[0] == "BRA-2024-00001/1"] == [30.5]


def test_what_does_not_count_stands_on_a_sheet_with_its_reason(made):
    """An excluded, an objected or an undelivered flow is missing, or its reason is."""
    book = load_workbook(io.BytesIO(report.workbook(made, "fr", CODES)))
    reasons = {
        name: [row[-1] for row in book[name].iter_rows(min_row=report.FIRST, values_only=True)]
        for name in ("Exclus", "Contestés", "Non comptés")
    }
    assert reasons == {
        "Exclus": ["Portfolio investment"],
        "Contestés": ["@never came"],
        "Non comptés": ["Pas encore livré"],
    }
    about = {row[0]: row[1] for row in book["À propos"].iter_rows(values_only=True) if len(row) > 1}
    assert made.checksum in about.values()
    assert about["Version de la liste de codes « modality »"] == 3


def test_no_text_is_a_formula(made):
    """A title that begins with = becomes a formula in the workbook or in the CSV."""
    with zipfile.ZipFile(io.BytesIO(report.workbook(made, "en", CODES))) as book:
        formulas = [
            text
            for name in book.namelist()
            for text in re.findall(r"<f>(.*?)</f>", book.read(name).decode("utf-8", "replace"))
        ]
    assert formulas
    assert all(text.startswith("ROUND(") for text in formulas)
    text = report.csv_file(made, "en", CODES).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'=Title 1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_csv_adds_up_to_the_return(made):
    """Adding up the rows of the CSV gives other sums than the return."""
    text = report.csv_file(made, "pt", CODES).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    found = defaultdict(Decimal)
    for row in rows:
        if row["record"] == "counted":
            key = (row["group"], row["recipient"], row["modality"], row["measure"], row["unit"])
            found[key] += Decimal(row["amount"])
    cells = {
        (one.group, one.recipient, one.modality, one.measure, one.unit): one.total
        for one in made.cells
    }
    assert found == cells
    assert {row["reference"] for row in rows} == {one.reference for one in LINES}
    assert [row["record"] for row in rows if row["reason"] == "@never came"] == []
    objected = next(row for row in rows if row["record"] == "objected")
    assert objected["reason"] == "'@never came"


def test_empty_return_is_a_file_too():
    """A year without a line makes a formula over no rows, or no file."""
    none = sdg_17_3_1([], "BRA", 2024, modalities=MODALITIES, made_on=dt.date(2025, 3, 1))
    book = load_workbook(io.BytesIO(report.workbook(none, "ar", CODES)))
    assert len(book.sheetnames) == 7
    assert report.csv_file(none, "ar", CODES).count(b"\n") == 1


def test_lines_come_from_the_last_approved_revision_of_ones_own(actors, content, published):
    """A draft, a partner's statement or an earlier revision is in the return."""
    found = list(source.lines(actors["BRA"], "pt"))
    assert [one.reference for one in found] == [published.reference]
    assert found[0].title == "Formação em agricultura tropical"
    assert found[0].contribution == content.contributions[0]
    more = content.contributions[0].model_copy(update={"quantity": Decimal(999)})
    changed = content.model_copy(update={"contributions": (more,)})
    saved = statements.save(
        actors["BRA"], published.pk, changed, expected_version=published.version
    )
    assert [one.contribution.quantity for one in source.lines(actors["BRA"])] == [120]
    statements.approve(actors["BRA"], saved.pk, expected_version=saved.version)
    assert [one.contribution.quantity for one in source.lines(actors["BRA"])] == [999]
    assert list(source.lines(actors["SEN"])) == []
    assert list(source.lines(actors["BRA"], years={2024})) == []
    assert len(list(source.lines(actors["BRA"], years={2023}))) == 1
    with pytest.raises(NotAllowedError, match="belongs to no member"):
        list(source.lines(Actor.public()))


def test_objection_keeps_a_flow_out_until_it_is_withdrawn(actors, published):
    """What the recipient objects to is counted, or stays out when the objection is taken back."""

    def result():
        return sdg_17_3_1(
            source.lines(actors["BRA"]),
            "BRA",
            2023,
            modalities=source.modalities(),
            rates=source.rates(),
            versions=source.versions(),
        )

    assert len(result().counted) == 1
    number = statements.visibility.own_statement(actors["BRA"], published.pk).shared.number
    said = {"kind": "objects", "expected_revision": number, "reason": "It never took place."}
    objection = responses.respond(actors["MOZ"], published.pk, **said)
    assert [one.reason for one in result().objected] == ["It never took place."]
    assert result().counted == ()
    only = {"kind": "accepts", "expected_revision": number, "contribution_key": "courses"}
    accepted = responses.respond(actors["MOZ"], published.pk, **only)
    assert len(result().counted) == 1
    responses.withdraw(actors["MOZ"], accepted.pk)
    assert result().counted == ()
    responses.withdraw(actors["MOZ"], objection.pk)
    assert len(result().counted) == 1
    assert dict(result().versions)["modality"] >= 1
    assert replace(result(), made_on=dt.date(2020, 1, 1)).checksum == result().checksum
    book = load_workbook(io.BytesIO(report.workbook(result(), "fr", source.names())))
    assert book.worksheets[0]["E5"].value

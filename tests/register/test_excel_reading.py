"""What people type into the workbook, and every problem in it, told at once."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook

from bandung.errors import SourceError
from bandung.register.excel import Codebook, Option, read, reading
from bandung.register.excel.cells import CellProblemError, date, number

FIVE = {
    "en": "Experts sent",
    "fr": "Experts envoyés",
    "es": "Expertos",
    "pt": "Peritos",
    "ar": "خبراء",
}
CODES = Codebook.of(
    {
        "modality": [
            Option("experts", FIVE),
            Option("grant", {"en": "Grant", "fr": "Don"}),
            Option("loan_1", {"en": "Loan"}),
            Option("loan_2", {"en": "Loan"}),
        ],
        "unit": [Option("money", {"en": "Money"}), Option("people", {"en": "People"})],
        "sector_crs": [Option("11420", {"en": "Higher education"})],
        "sdg_target": [Option("8.1", {}), Option("8.10", {})],
    }
)
ACTIVITIES = ["Reference or number *", "Title [en] *", "Our role", "Partners (countries)"]
CONTRIBUTIONS = [
    "Reference or number",
    "Line number",
    "Modality",
    "Stage",
    "Quantity (number of units)",
    "Unit",
    "From (date)",
    "To (date)",
]
PLAIN = ["7", "Wells", "We provide", "MOZ"]


def book(**sheets) -> bytes:
    """A workbook with these rows on its sheets, as somebody's own program would write it."""
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def rules(found) -> list[tuple[str, int, str]]:
    """Where which rule is broken."""
    return [(problem.sheet, problem.row, problem.rule) for problem in found.problems]


def test_every_problem_of_every_row_is_told():
    """Reading stops at the first problem, or names another place than that of the problem."""
    data = book(
        Activities=[
            ACTIVITIES,
            PLAIN,
            ["8", "Roads", "We give", "Mozambik"],
            ["8", "Roads again", "We provide", "SEN"],
            [None, "Nameless", None, None],
        ],
        Contributions=[
            CONTRIBUTIONS,
            ["7", "1", "expertz", "Delivered", "many", "people", "2024-13-01", "31/12/2024"],
            ["7", "1", "experts", "Delivered", 5, "people", "2024-12-01", "2024-11-30"],
            ["9", "1", "experts", "Delivered", 5, "people", None, None],
            ["7", "2", None, "Delivered", 5, "money", None, None],
            ["7", "3", "Loan", "Delivered", 12345678901234567890, "people", None, None],
        ],
    )
    found = read(data, CODES)
    assert rules(found) == [
        ("Activities", 3, "code"),
        ("Activities", 3, "code_near"),
        ("Activities", 4, "repeated"),
        ("Activities", 5, "required"),
        ("Contributions", 2, "code_near"),
        ("Contributions", 2, "number"),
        ("Contributions", 2, "date"),
        ("Contributions", 3, "repeated"),
        ("Contributions", 3, "order"),
        ("Contributions", 4, "unknown_reference"),
        ("Contributions", 5, "required"),
        ("Contributions", 5, "currency_missing"),
        ("Contributions", 6, "code_ambiguous"),
        ("Contributions", 6, "number_digits"),
    ]
    assert found.rows == ()
    assert set(found.refused) == {"7", "8", "9"}
    near = next(one for one in found.problems if one.sheet == "Contributions")
    assert (near.column, near.value) == ("Modality", "expertz")
    assert "experts – Experts sent" in near.message
    assert "loan_1, loan_2" in found.problems[-2].message


def test_a_problem_refuses_its_own_activity_only():
    """One bad row keeps the good activities of the file out, or lets half of its own one in."""
    data = book(
        Activities=[ACTIVITIES, PLAIN, ["8", "Roads", "We provide", "MOZ"]],
        Contributions=[CONTRIBUTIONS, ["8", "1", "nothing", "Delivered", 1, "people", None, None]],
    )
    found = read(data, CODES)
    assert [row.reference for row in found.rows] == ["7"]
    assert found.refused == ("8",)


@pytest.mark.parametrize(
    "said", ["experts", "EXPERTS", "Experts envoyés", "experts envoyes", "خبراء", "experts – x"]
)
def test_code_is_known_by_code_and_by_name_in_any_language(said):
    """A name in one of the five languages, a label or another case of a code is not understood."""
    data = book(
        Activities=[ACTIVITIES, PLAIN],
        Contributions=[CONTRIBUTIONS, ["7", 1, said, None, 2, "people", None, None]],
    )
    content = read(data, CODES).rows[0].content
    assert content.contributions[0].modality == "experts"
    assert content.contributions[0].key == "1"


def test_names_and_columns_of_another_language_and_order_are_known():
    """Sheets and headings are known in the language of the page only, or in one order only."""
    data = book(
        الأنشطة=[["الشركاء (بلدان)", "المرجع أو الرقم", "العنوان [ar]"], ["موزمبيق", 7, "آبار"]],
        Contribuições=[["Modalidade", "Referência ou número"], ["Peritos", 7]],
    )
    found = read(data, CODES)
    assert found.problems == ()
    assert found.rows[0].content.partners == ("MOZ",)
    assert found.rows[0].content.titles == {"ar": "آبار"}
    assert found.rows[0].content.contributions[0].modality == "experts"
    assert "results" in found.absent
    assert "contributions" not in found.absent


def test_the_same_line_without_a_number_keeps_its_key():
    """A line without a number of its own is another one when its quantity or place changes."""

    def keys(*rows) -> set[str]:
        data = book(Activities=[ACTIVITIES, PLAIN], Contributions=[CONTRIBUTIONS, *rows])
        return {item.key for item in read(data, CODES).rows[0].content.contributions}

    one = ["7", None, "experts", None, 2, "people", "2024-01-01", None]
    more = ["7", None, "experts", None, 3, "people", "2024-01-01", None]
    other = ["7", None, "grant", None, 2, "people", "2024-01-01", None]
    assert keys(one) == keys(more)
    assert keys(one, other) == keys(other, more)
    assert len(keys(one, one, other)) == 3


def test_formula_error_and_retyped_code_are_refused_in_their_cell():
    """A formula is computed or taken as text, or 8.1 is taken where 8.10 may have been typed."""
    data = book(
        Activities=[ACTIVITIES, ["7", '=HYPERLINK("http://x","y")', "#REF!", "MOZ"]],
        Sectors_and_targets=[
            ["Reference or number", "SDG target"],
            ["7", 8.1],
            ["7", dt.date(2024, 8, 10)],
        ],
    )
    found = read(data, CODES)
    assert [problem.rule for problem in found.problems] == [
        "formula",
        "cell_error",
        "retyped",
        "retyped",
    ]
    assert found.rows == ()


def test_unknown_heading_blocks_the_file_only_where_a_column_may_be_meant():
    """A misspelt heading empties a column unnoticed, or a column of one's own refuses the file."""
    misspelt = [*CONTRIBUTIONS[:4], "Quantiti", *CONTRIBUTIONS[5:]]
    row = ["7", "1", "experts", None, 2, "people", None, None]
    found = read(book(Activities=[ACTIVITIES, PLAIN], Contributions=[misspelt, row]), CODES)
    assert (found.rows, found.refused) == ((), ("7",))
    assert [problem.rule for problem in found.problems] == ["heading_unknown"]
    places = ["Reference or number", "Name of the place", "Country"]
    places += ["Latitude (degrees, north is positive)", "Longitude (degrees, east is positive)"]
    data = book(
        Activities=[ACTIVITIES, PLAIN],
        Places=[[*places, "Our remark"], ["7", "Nampula", "MOZ", -15.1, 39.3, "x"]],
    )
    found = read(data, CODES)
    assert found.rows[0].content.places[0].latitude == Decimal("-15.1")
    assert [problem.rule for problem in found.problems] == ["heading_unknown"]


def test_no_activities_no_headings_and_a_sheet_twice():
    """A file that lacks what is needed reads as an empty one."""
    assert rules(read(book(Notes=[["x"]]), CODES))[0][2] == "sheet_missing"
    assert rules(read(book(Activities=[["x", "y"]]), CODES)) == [
        ("Activities", 0, "headings_missing")
    ]
    twice = book(Activities=[ACTIVITIES, PLAIN], Actividades=[ACTIVITIES, PLAIN])
    found = read(twice, CODES, "fr")
    assert [problem.rule for problem in found.problems] == ["sheet_repeated"]
    assert found.rows == ()
    assert found.problems[0].message.startswith("Deux feuilles")


def test_more_rows_than_are_read_refuse_the_file(monkeypatch):
    """Rows beyond the limit are dropped, and half an activity taken in."""
    monkeypatch.setattr(reading, "MAX_ROWS", 3)
    rows = [[str(at), "Wells", "We provide", "MOZ"] for at in range(4)]
    assert len(read(book(Activities=[ACTIVITIES, *rows[:3]]), CODES).rows) == 3
    with pytest.raises(SourceError, match="more than 3 rows"):
        read(book(Activities=[ACTIVITIES, *rows]), CODES)


def test_a_row_far_below_is_not_overlooked():
    """A row below many empty ones is dropped without a word."""
    made = load_workbook(io.BytesIO(book(Activities=[ACTIVITIES, PLAIN])))
    made.active.cell(30_000, 1, "8")
    out = io.BytesIO()
    made.save(out)
    assert [row.reference for row in read(out.getvalue(), CODES).rows] == ["7", "8"]
    made.active.cell(900_000, 1, "9")
    out = io.BytesIO()
    made.save(out)
    with pytest.raises(SourceError, match="more than 50,000 rows"):
        read(out.getvalue(), CODES)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2024-02-29", dt.date(2024, 2, 29)),
        ("29/02/2024", dt.date(2024, 2, 29)),
        ("29.2.2024", dt.date(2024, 2, 29)),
        ("٢٩/٠٢/٢٠٢٤", dt.date(2024, 2, 29)),
        ("2024-02-29 00:00:00", dt.date(2024, 2, 29)),
        (dt.datetime(2024, 2, 29, 13, tzinfo=dt.UTC), dt.date(2024, 2, 29)),
    ],
)
def test_dates_as_people_write_them(said, meant):
    """A day written in one of these ways is another day, or none."""
    assert date(said) == meant


@pytest.mark.parametrize(
    "said", ["30/02/2024", "02/29/2024", "1/2/24", "2024", "March 2024", 45351, True]
)
def test_what_is_no_day_is_refused(said):
    """A day is guessed from what does not say one."""
    with pytest.raises(CellProblemError):
        date(said)


@pytest.mark.parametrize(
    ("said", "lang", "meant"),
    [
        ("1\u202f234,5", "fr", "1234.5"),
        ("1.234.567", "en", "1234567"),
        ("1,234.5", "fr", "1234.5"),
        ("1.234,5", "en", "1234.5"),
        ("1,234", "en", "1234"),
        ("1,234", "es", "1.234"),
        ("1.234", "pt", "1234"),
        ("1.234", "en", "1.234"),
        ("0,125", "en", "0.125"),
        ("١٬٢٣٤٫٥", "ar", "1234.5"),
        ("-12", "en", "-12"),
        ("1e3", "en", "1000"),
        (0.1 + 0.2, "en", "0.3"),
        (3, "en", "3"),
        ("123456789012345678.125", "fr", "123456789012345678.125"),
    ],
)
def test_numbers_as_people_write_them(said, lang, meant):
    """A number in one of these ways becomes another one: a thousand times as much, say."""
    assert number(said, lang) == Decimal(meant)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("1.234", "number_ambiguous"),
        ("12 people", "number"),
        ("1,2,3", "number"),
        ("1.2.3,4", "number"),
        ("1,23.456,7", "number"),
        ("NaN", "number"),
        ("inf", "number"),
        (float("inf"), "number"),
        (True, "number"),
        ("1e9999", "number"),
        (dt.date(2024, 1, 1), "number"),
    ],
)
def test_what_is_no_number_is_refused(said, rule):
    """A number is guessed from what is none, or can be read as two."""
    with pytest.raises(CellProblemError) as caught:
        number(said, "fr")
    assert caught.value.rule == rule

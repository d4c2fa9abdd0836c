"""Each party's schedule says what the agreement does, in CSV and in Excel, whole and once."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import openpyxl
import polars as pl
import pytest

from bandung import World
from bandung.agree import solve
from bandung.brief.languages import language
from bandung.brief.schedules import Schedules, schedules_of, write_schedules
from bandung.brief.schedules.concessions import to_csv
from bandung.brief.schedules.files import write_all
from bandung.brief.schedules.phrases import named
from bandung.brief.schedules.workbook import to_xlsx
from bandung.codes.tables import LANGUAGES
from bandung.errors import CodeUnknownError, InputError, StoreError

MONEY = 1e-9
"""Million USD: sums of a few dozen amounts of at most a few hundred, in another order."""
EXCEL_DIGITS = 1e-15
"""A number in a workbook has 16 digits."""
HEADER, FIRST = 4, 5
MEMBERS = ("AGO", "CIV", "EGY", "ZAF")


@pytest.fixture(scope="module")
def books(schedules) -> dict[str, openpyxl.Workbook]:
    """Every party's workbook, read again as another program would."""
    return {
        member: openpyxl.load_workbook(io.BytesIO(to_xlsx(schedules, member, language("en"))))
        for member in schedules.members
    }


def rows(sheet, count: int) -> list[tuple]:
    """The first rows of a table in a sheet."""
    return list(sheet.iter_rows(min_row=FIRST, max_row=FIRST + count - 1, values_only=True))


def texts(sheet) -> list[str]:
    """Every text in a sheet but codes, names of countries and formulas."""
    own = {
        name for code in MEMBERS for lang in LANGUAGES for name in (language(lang).country(code),)
    }
    found = [cell.value for row in sheet.iter_rows() for cell in row]
    return [text for text in found if isinstance(text, str) and text not in own and text[:1] != "="]


def labelled(sheet) -> dict[str, int]:
    """The rows that begin with a label in the first or second column, by that label."""
    return {
        cell.value: cell.row
        for line in sheet.iter_rows(min_row=FIRST, max_col=2)
        for cell in line
        if isinstance(cell.value, str)
    }


def test_the_lines_are_the_certificates(schedules, certificate):
    """A tariff that falls is missing, or stands there with another figure."""
    written = {
        (cut.origin, cut.destination, cut.sector): (cut.old_pct, cut.new_pct)
        for cut in certificate.tariffs
    }
    lines = schedules.lines
    found = {
        row[:3]: row[3:]
        for row in lines.select(
            "origin", "destination", "sector", "tariff_pct", "tariff_new_pct"
        ).iter_rows()
    }
    assert len(found) == lines.height == len(certificate.tariffs) > 0
    assert found == written


def test_trade_and_revenue_are_those_of_the_equilibrium(schedules, certificate, five):
    """Imports or revenue of a line are another cell's, or of another agreement."""
    levers = certificate.levers(five)
    outcome = solve(
        five,
        tariff_new=levers.tariff_new,
        trade_cost_change=levers.trade_cost_change,
        transfers=levers.transfers,
    )
    for row in schedules.lines.iter_rows(named=True):
        cell = {key: row[key] for key in ("origin", "destination", "sector")}
        at = tuple(
            names.index(code)
            for names, code in zip(
                (five.members, five.members, five.sectors), cell.values(), strict=True
            )
        )
        after = float(outcome.trade_value.sel(cell))
        assert row["imports_musd"] == pytest.approx(five.trade_value[at])
        assert row["imports_new_musd"] == pytest.approx(after)
        assert row["revenue_musd"] == pytest.approx(five.tariff[at] * five.trade_value[at])
        assert row["revenue_new_musd"] == pytest.approx(row["tariff_new_pct"] / 100 * after)
        for name in ("imports", "revenue"):
            change = row[f"{name}_new_musd"] - row[f"{name}_musd"]
            assert row[f"{name}_change_musd"] == pytest.approx(change, abs=MONEY)


@pytest.mark.parametrize("member", MEMBERS)
def test_lines_and_all_other_imports_are_the_whole_revenue(schedules, five, certificate, member):
    """What a party is told that the agreement costs its treasury is not what it costs."""
    table = schedules.of_member(member).filter(pl.col("part").is_in(["lowers", "other_imports"]))
    at = five.index(member)
    outcome = schedules.outcome
    before, after = five.tariff_revenue[at], float(outcome.tariff_revenue[at])
    assert table["revenue_musd"].sum() == pytest.approx(before, abs=MONEY)
    assert table["revenue_new_musd"].sum() == pytest.approx(after, abs=MONEY)
    assert table["revenue_change_musd"].sum() == pytest.approx(after - before, abs=MONEY)
    claimed = certificate.claims.members[member].tariff_revenue_change_musd
    assert table["revenue_change_musd"].sum() == pytest.approx(claimed, abs=0.0005 + MONEY)
    bought = np.delete(five.trade_value[:, at], at, axis=0).sum()
    assert table["imports_musd"].sum() == pytest.approx(bought, abs=MONEY)


@pytest.mark.parametrize("member", MEMBERS)
def test_lines_and_all_other_exports_are_all_exports(schedules, five, member):
    """Exports are counted twice, or not at all."""
    table = schedules.of_member(member).filter(pl.col("part").is_in(["gets", "other_exports"]))
    at = five.index(member)
    after = schedules.outcome.trade_value.to_numpy()
    for column, trade in (("imports_musd", five.trade_value), ("imports_new_musd", after)):
        sold = np.delete(trade[at], at, axis=0).sum()
        assert table[column].sum() == pytest.approx(sold, abs=MONEY)


def test_what_one_lowers_to_another_is_what_the_other_gets(schedules):
    """Two parties at one table read different figures for the same tariff."""
    figures = [name for name in schedules.lines.columns if name.endswith(("_pct", "_musd"))]
    pairs = 0
    for giver in schedules.members:
        for taker in schedules.members:
            gives = schedules.lowers(giver).filter(pl.col("origin") == taker)
            takes = schedules.gets(taker).filter(pl.col("destination") == giver)
            assert gives.select("sector", *figures).equals(takes.select("sector", *figures))
            pairs += gives.height > 0
    assert pairs > 3
    assert not schedules.lines.filter(pl.col("origin") == pl.col("destination")).height


def test_tariffs_fall_in_equal_steps_and_end_at_the_new_tariff(schedules, certificate):
    """A year's tariff is none of the equal steps, or the last year is not the end."""
    assert schedules.most_years == max(certificate.phase_in_years["CIV"], 2)
    for row in schedules.lines.iter_rows(named=True):
        years = certificate.phase_in_years.get(row["destination"], 1)
        path = [row[f"tariff_year_{year}_pct"] for year in range(1, schedules.most_years + 1)]
        steps = -np.diff([row["tariff_pct"], *path])
        fall = row["tariff_pct"] - row["tariff_new_pct"]
        assert steps[:years] == pytest.approx(fall / years)
        assert steps[years:] == pytest.approx(0)
        assert path[years - 1 :] == [row["tariff_new_pct"]] * (len(path) - years + 1)


def test_where_all_falls_at_once_there_are_no_years(five, certificate):
    """Columns of years that say nothing."""
    at_once = dataclasses.replace(certificate, phase_in_years={})
    found = schedules_of(five, at_once)
    assert not [name for name in found.lines.columns if "year" in name]


@pytest.mark.parametrize("member", MEMBERS)
def test_the_summary_is_what_is_certified(schedules, certificate, five, member):
    """A party is told another gain, transfer or reliance than its certificate has."""
    own, claim = schedules.summary(member), certificate.claims.members[member]
    income = schedules.outcome.before.income[five.index(member)]
    assert 100 * own.gain == pytest.approx(claim.welfare_change_pct, abs=1e-6)
    assert own.gain_musd == pytest.approx(own.gain * income)
    assert own.transfer_musd == certificate.transfers_musd[member]
    paid = sum(cut.paid_by_musd.get(member, 0) for cut in certificate.corridors)
    assert own.corridors_musd == pytest.approx(paid)
    after = {kind: 100 * share for kind, share in own.reliance_after.items()}
    assert after == pytest.approx(dict(claim.reliance_after_pct))
    assert own.reliance_before != own.reliance_after


def test_csv_keeps_every_digit(schedules, tmp_path, five, certificate):
    """Reading the file gives other figures than the schedule has."""
    write_schedules(five, certificate, tmp_path / "out", lang="en")
    for member in schedules.members:
        again = pl.read_csv(tmp_path / "out" / f"{member}.csv", null_values=[""])
        table = named(schedules.of_member(member), "en")
        assert again.columns == table.columns
        for name in table.columns:
            assert again[name].to_list() == table[name].to_list(), name
    whole = pl.read_csv(tmp_path / "out" / "all.csv")
    assert whole["tariff_new_pct"].to_list() == schedules.lines["tariff_new_pct"].to_list()
    assert set(pl.read_csv(tmp_path / "out" / "CIV.csv")["origin_name"]) >= {"Côte d’Ivoire"}


@pytest.mark.parametrize(
    ("sheet", "part", "key"),
    [("It lowers", "lowers", "origin"), ("It obtains", "gets", "destination")],
)
def test_excel_keeps_every_digit_it_can(schedules, books, sheet, part, key):
    """A figure is rounded on the way into the workbook, or stands under another heading."""
    seen = 0
    for member in schedules.members:
        table = getattr(schedules, part)(member)
        filled = rows(books[member][sheet], table.height) if table.height else []
        headings = [cell.value for cell in books[member][sheet][HEADER]]
        trade = "Imports today" if part == "lowers" else "Exports today"
        columns = {
            key: headings.index("Code"),
            "tariff_pct": headings.index("Tariff today (%)"),
            "tariff_new_pct": headings.index("Tariff under the agreement (%)"),
            "imports_musd": headings.index(f"{trade} (million USD)"),
            "imports_change_musd": next(
                at for at, words in enumerate(headings) if words.startswith("Change of")
            ),
        }
        for name, at in columns.items():
            found = [row[at] for row in filled]
            if name == key:
                assert found == table[name].to_list()
            else:
                assert found == pytest.approx(table[name].to_list(), rel=EXCEL_DIGITS), name
        seen += table.height
    assert seen == schedules.lines.height


def test_sums_in_excel_are_formulas_over_the_whole_table(schedules, books):
    """A sum leaves a row out, or does not follow when a figure is changed."""
    sheet, height = books["CIV"]["It lowers"], schedules.lowers("CIV").height
    at = labelled(sheet)
    column = next(
        cell.column_letter
        for cell in sheet[HEADER]
        if cell.value == "Change of tariff revenue (million USD)"
    )
    listed, rest, total = (
        sheet[f"{column}{at[words]}"].value
        for words in ("All tariffs above", "All other imports", "All imports")
    )
    assert listed == f"=SUM({column}{FIRST}:{column}{FIRST + height - 1})"
    other = schedules.other_imports("CIV")["revenue_change_musd"]
    assert rest == pytest.approx(other, rel=EXCEL_DIGITS)
    here = at["All tariffs above"]
    assert total == f"={column}{here}+{column}{here + 1}"
    assert at["All other imports"] == here + 1
    assert here == FIRST + height
    assert sheet.auto_filter.ref.endswith(str(FIRST + height - 1))


def test_sheets_are_ready_to_be_read_and_printed(books):
    """Headings scroll away, or a table is cut in two on paper."""
    for book in books.values():
        assert book.sheetnames == ["At a glance", "It lowers", "It obtains", "Notes"]
        for sheet in book.worksheets[1:3]:
            assert sheet.freeze_panes == f"E{FIRST}"
            assert sheet.page_setup.orientation == "landscape"
            assert sheet.page_setup.fitToWidth == 1
            assert sheet.page_setup.fitToHeight == 0
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert sheet.print_title_rows == f"${HEADER}:${HEADER}"
            assert not sheet.sheet_view.rightToLeft


def test_a_party_that_lowers_nothing_has_a_workbook_too(schedules, books):
    """An empty table breaks its sums."""
    assert schedules.lowers("AGO").is_empty()
    sheet = books["AGO"]["It lowers"]
    at = labelled(sheet)
    assert at["All tariffs above"] == FIRST
    assert sheet.auto_filter.ref is None


@pytest.mark.parametrize("lang", ["fr", "es", "pt", "ar"])
def test_a_workbook_is_in_its_language_throughout(schedules, books, lang):
    """A heading stays English, or an Arabic reader has to read a sheet backwards."""
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(schedules, "CIV", language(lang))))
    assert language(lang).country("CIV") in book.worksheets[0]["A1"].value
    english = {text for sheet in books["CIV"].worksheets for text in texts(sheet)}
    for sheet in book.worksheets:
        assert sheet.sheet_view.rightToLeft is (lang == "ar")
        words = texts(sheet)
        assert words
        assert not [text for text in words if text in english and len(text.split()) > 1]


def test_a_text_never_becomes_a_formula(five):
    """A sector or a member that is named like a formula runs in whoever opens the file."""
    sly = ("=1+1", "@SUM(A1)", "-2+3")
    renamed = World.from_arrays(
        name="sly",
        members=five.members,
        sectors=sly,
        trade_value=five.trade_value,
        tariff=five.tariff,
        input_share=five.input_share,
        trade_elasticity=five.trade_elasticity,
    )
    table = pl.DataFrame({"sector": [*sly, "+1", "mills"], "change_musd": [-1.0] * 5})
    text = to_csv(named(table, "en"))
    assert "mills,mills,-1.0" in text
    for code in (*sly, "+1"):
        assert f"'{code},'{code},-1.0" in text
    found = _all_halved(renamed)
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(found, "CIV", language("en"))))
    cells = [
        cell
        for row in book["It lowers"].iter_rows(min_row=FIRST)
        for cell in row
        if cell.value in sly
    ]
    assert {cell.value for cell in cells} == set(sly)
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in cells)


def _all_halved(world: World, paid_musd: float = 0.0) -> Schedules:
    """Schedules of a certificate by hand: all tariffs of two halve, and one pays the other."""
    from bandung.agree.certificate import (  # noqa: PLC0415 - here alone
        Certificate,
        Claims,
        MemberClaim,
        TariffCut,
        WorldName,
    )
    from bandung.agree.limits import Limits  # noqa: PLC0415

    pair = ("CIV", "EGY")
    cuts = tuple(
        TariffCut(origin, destination, sector, 100 * old, 50 * old)
        for origin, destination in (pair, pair[::-1])
        for sector in world.sectors
        for old in [
            float(
                world.tariff[
                    world.index(origin), world.index(destination), world.sector_index(sector)
                ]
            )
        ]
    )
    claim = MemberClaim(0.0, 0.0, 0.0, None, None)
    made = Certificate(
        world=WorldName(world.name, world.year, world.checksum),
        elasticities=tuple(map(float, world.trade_elasticity)),
        deficits="fixed",
        members=pair,
        principle="egalitarian",
        threat="status-quo",
        limits=Limits(),
        tariffs=cuts,
        corridors=(),
        transfers_musd={"CIV": -paid_musd, "EGY": paid_musd} if paid_musd else {},
        phase_in_years={},
        claims=Claims(0.0, 0.0, dict.fromkeys(pair, claim), {}),
        south="",
        robustness=None,
        seed=0,
        versions={},
    )
    levers = made.levers(world)
    outcome = solve(world, tariff_new=levers.tariff_new, transfers=levers.transfers)
    return Schedules(outcome=outcome, certificate=made)


def _claiming(certificate, **changes):
    own = dataclasses.replace(certificate.claims.members["CIV"], **changes)
    members = {**certificate.claims.members, "CIV": own}
    return dataclasses.replace(
        certificate, claims=dataclasses.replace(certificate.claims, members=members)
    )


def test_a_certificate_of_another_world_is_refused(five, certificate):
    """Figures of one world are printed for an agreement about another."""
    with pytest.raises(InputError, match=r"checksum sha256:.*--world"):
        schedules_of(five.replace(trade_value=1.01 * five.trade_value), certificate)


def test_a_gain_that_does_not_follow_is_refused(five, certificate):
    """A claim that somebody raised by hand is carried to the table."""
    gain = certificate.claims.members["CIV"].welfare_change_pct
    with pytest.raises(InputError, match=r"claims \+.* for CIV, but its levers give"):
        schedules_of(five, _claiming(certificate, welfare_change_pct=gain + 0.001))


def test_a_tariff_of_today_that_is_not_the_worlds_is_refused(five, certificate):
    """A cut from a tariff that nobody levies looks deeper than it is."""
    first, *others = certificate.tariffs
    higher = dataclasses.replace(first, old_pct=first.old_pct + 1)
    with pytest.raises(InputError, match=f"{first.destination} levies"):
        schedules_of(five, dataclasses.replace(certificate, tariffs=(higher, *others)))


def test_an_agreement_by_which_somebody_loses_is_refused(five):
    """A text of mutual benefit is written for an agreement that harms a party."""
    found = _all_halved(five, paid_musd=5.0)
    claims = found.certificate.claims
    members = {
        code: dataclasses.replace(claims.members[code], welfare_change_pct=100 * float(gain))
        for code, gain in zip(found.members, found.gains, strict=True)
    }
    assert found.gains.min() < 0
    losing = dataclasses.replace(
        found.certificate, claims=dataclasses.replace(claims, members=members)
    )
    with pytest.raises(InputError, match="would lose"):
        schedules_of(five, losing)


def test_nothing_is_overwritten_unless_asked(five, certificate, tmp_path):
    """A second call destroys what a delegation has written into its files."""
    made = write_schedules(five, certificate, tmp_path, lang="en")
    assert {path.name for path in made} == {path.name for path in tmp_path.iterdir()}
    (tmp_path / "CIV.csv").write_text("my notes")
    with pytest.raises(InputError, match="--replace"):
        write_schedules(five, certificate, tmp_path, lang="en")
    assert (tmp_path / "CIV.csv").read_text() == "my notes"
    write_schedules(five, certificate, tmp_path, lang="en", replace=True)
    assert (tmp_path / "CIV.csv").read_text() != "my notes"


def test_where_one_file_cannot_be_put_all_is_as_before(tmp_path):
    """Half of the files are of the new agreement, half of the old."""
    (tmp_path / "a").write_text("old")
    (tmp_path / "c").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        write_all(tmp_path, {"a": b"new", "b": b"new", "c": b"new"}, replace=True)
    assert (tmp_path / "a").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"a", "c"}


def test_a_language_nobody_has_is_refused(five, certificate, tmp_path):
    """Files come out half in English."""
    with pytest.raises(CodeUnknownError, match="language"):
        write_schedules(five, certificate, tmp_path, lang="de")
    assert not list(tmp_path.iterdir())

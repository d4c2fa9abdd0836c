"""An agreement that leaves everybody better off: what the page says is what was searched for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest

from bandung.agree import Certificate, verify
from bandung.agree.comparison import ELIMINATION
from bandung.agree.obstacle import Obstacle
from bandung.brief import (
    agreement,
    agreement_members,
    agreement_method,
    charts,
    contents,
    figure,
    negotiated,
    page,
    write_brief,
)
from bandung.brief.charts_zero import LOSS
from bandung.brief.figure import Caption, NumberStyle
from bandung.brief.languages import language
from bandung.brief.negotiated import negotiate
from bandung.codes import countries
from bandung.codes.tables import LANGUAGES
from bandung.find import select

DAY = dt.date(2022, 1, 1)
FEW = ["CIV", "CMR", "MAR", "SEN"]
ENGLISH = language("en")
PIXEL = 0.11
"""Coordinates are printed to a tenth of a pixel."""
pytestmark = pytest.mark.usefixtures("store_home")


@pytest.fixture(scope="module")
def gathered(embedded):
    """What a page on four African countries is made of; one of them loses if all tariffs fall."""
    return contents.gather(embedded, select(embedded, members=FEW, on=DAY))


@pytest.fixture(scope="module")
def found(gathered):
    return gathered.agreement


@pytest.fixture(scope="module")
def brief(gathered, tmp_path_factory, leave_blank):
    """The folder of that brief."""
    folder = tmp_path_factory.mktemp("brief")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents, "gather", lambda *_, **__: gathered)
        leave_blank(patch)
        write_brief(gathered.world, gathered.selection, out=folder)
    return folder


@pytest.fixture(scope="module")
def one_way(five):
    """Two members, of whom one levies one low tariff on the other: lowering it costs it income."""
    tariff = five.tariff.copy()
    tariff[np.ix_([0, 2], [0, 2])] = 0.0
    tariff[0, 2, 0] = 0.05
    return negotiate(world := five.replace(tariff=tariff), select(world, members=["AGO", "CIV"]))


class Reader(HTMLParser):
    """The section's paragraphs, and the rows of its tables by caption."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.tables, self.folds, self.inside = [], [], [], None
        self.feed(text.partition('<section id="agreement"')[2].partition("</section>")[0])

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
            self.inside = self.tables[-1][-1]
        elif tag in {"p", "h3", "code"}:
            self.text.append("")
            self.inside = self.text
        elif tag == "details" and given.get("class") == "sheet":
            self.folds.append(given["id"])

    def handle_endtag(self, tag):
        self.inside = None if tag in {"td", "th", "p", "h3", "code"} else self.inside

    def handle_data(self, data):
        if self.inside is not None:
            self.inside[-1] += data


@pytest.fixture(scope="module")
def shown(brief):
    """The section as a reader meets it."""
    return Reader((brief / "brief.html").read_text(encoding="utf-8"))


def changed(found, gains=None, obstacle=None, **parts):
    """The same search with another outcome: members' gains, what stands against it, the rest."""
    agreed = found.shown
    gains = agreed.gains if gains is None else np.array(gains)
    bargained = dataclasses.replace(agreed.agreement, gains=gains, obstacle=obstacle)
    other = dataclasses.replace(agreed, gains=gains, agreement=bargained)
    several = tuple(other if each is agreed else each for each in found.comparison.alternatives)
    comparison = dataclasses.replace(found.comparison, alternatives=several)
    return dataclasses.replace(found, comparison=comparison, **parts)


def test_the_section_follows_full_elimination(brief):
    """Refuted by an agreement that is missing, or put before what it is compared with."""
    keys = re.findall(r'<section id="(\w+)"', (brief / "brief.html").read_text(encoding="utf-8"))
    assert keys.index("agreement") == keys.index("elimination") + 1


def test_the_finding_says_what_the_search_found(found):
    """Refuted by another smallest gain or number of losers than the engine's."""
    told = agreement.section(found, ENGLISH)
    losers = found.comparison.get(ELIMINATION).losers
    assert losers
    assert found.shown.gains.min() > 0
    least = ENGLISH.style.small_percent(found.shown.gains.min())
    assert told.title == "An agreement that leaves every one of you better off"
    assert told.finding.startswith(f"Each of the {len(FEW)} could gain")
    assert f"by at least {least} of its real income" in told.finding
    assert f"would leave {len(losers)} worse off" in told.finding
    joint = float(
        found.shown.gains
        @ found.shown.outcome.before.income[
            [found.shown.outcome.world.index(code) for code in found.shown.members]
        ]
    )
    assert f"would gain {agreement_members.amount(joint, ENGLISH)} a year" in told.paragraphs[0]


def test_where_nobody_would_lose_anyway_the_smallest_gains_are_compared(found):
    """Refuted by '0 worse off'."""
    gone = found.comparison.get(ELIMINATION)
    better = dataclasses.replace(gone, gains=np.full(len(FEW), 2e-6))
    several = tuple(better if each is gone else each for each in found.comparison.alternatives)
    comparison = dataclasses.replace(found.comparison, alternatives=several)
    finding = agreement.section(dataclasses.replace(found, comparison=comparison), ENGLISH).finding
    assert finding.endswith("the member that gains least would gain 0.00020%.")
    assert "worse off" not in finding


def test_where_there_is_none_it_is_said_with_who_and_what_payments_would_do(one_way):
    """Refuted by an agreement on the page where the engine found none, or by the wrong member."""
    assert one_way.agreement.obstacle.binding == ("CIV",)
    assert one_way.schedules is None
    told = agreement.section(one_way, ENGLISH)
    assert "better off" not in told.title
    assert told.finding == (
        "No schedule of tariff cuts was found by which each of the 2 would gain. No small cut "
        "would raise the real income of this member: Côte d’Ivoire."
    )
    paid = one_way.with_transfers
    assert paid.smallest_gain > 0
    [payments] = told.paragraphs
    assert ENGLISH.style.small_percent(paid.smallest_gain) in payments
    assert payments.endswith("most of all by Angola.")
    assert any("to first order" in text for text in told.method)
    assert (told.pictures, told.folds, told.commands) == ((), (), ())


def test_where_payments_do_not_help_that_is_said(one_way):
    """Refuted by a promise of gains that the search with payments did not find."""
    still = dataclasses.replace(one_way.with_transfers, gains=np.zeros(2))
    told = agreement.section(dataclasses.replace(one_way, with_transfers=still), ENGLISH)
    [payments] = told.paragraphs
    assert payments.startswith("Payments among the members, each of at most 1.0% of its income")
    assert payments.endswith("would not change that.")


@pytest.mark.parametrize(
    ("weight", "rise", "said"),
    [
        ([0.5, 0.0, 0.5, 0.0], 0.0, "harm another: Côte d’Ivoire and Morocco."),
        ([0.0, 1.0, 0.0, 0.0], 0.0, "of this member: Cameroon."),
        ([0.5, 0.0, 0.5, 0.0], 1.0, "it is not shown that there is none."),
    ],
)
def test_those_who_stand_against_each_other_are_named(found, weight, rise, said):
    """Refuted by a member without weight among them, or a proof where the search only failed."""
    obstacle = Obstacle(tuple(FEW), np.array(weight), rise)
    other = changed(found, [0.0, 2e-6, 0.0, 0.0], obstacle, bound=None)
    told = agreement.section(other, ENGLISH)
    assert f"{said} Without a loss to anybody, 1 could gain: Cameroon." in told.finding
    assert any("to first order" in text for text in told.method) == (rise == 0.0)
    assert "every one of you" not in told.title


def test_the_comparison_holds_the_engine_s_figures(shown, found):
    """Refuted by a figure of the page that the comparison does not give."""
    [table] = [rows for rows in shown.tables if "Today" in rows[0] and len(rows) > 9]
    header, *rows = table
    several = found.comparison.alternatives
    assert header[1:3] == ["Today", "All tariffs at zero"]
    assert len(header) == 1 + len(several) == 6
    for column, each in enumerate(several, start=1):
        said = [row[column] for row in rows]
        record = each.to_dict()
        digits = len(said[0].partition(".")[2])
        assert float(said[0]) == pytest.approx(
            record["smallest_gain_pct"], abs=0.51 * 10.0**-digits
        )
        assert int(said[1]) == len(record["losers"])
        assert float(said[2]) == pytest.approx(record["joint_gain_musd"], abs=0.051)
        gini = record["gini"]
        assert said[3] == "–" if gini is None else float(said[3]) == pytest.approx(gini, abs=0.0051)
        assert float(said[4]) == pytest.approx(record["outsiders_musd"], abs=0.051)
        assert float(said[6]) == pytest.approx(record["fellow_share_pct"], abs=0.00051)
        revenue = record["tariff_revenue_change_musd"]
        assert float(said[7].replace(",", "")) == pytest.approx(revenue, abs=0.051)
        assert float(said[8]) == pytest.approx(record["emissions_change_pct"], abs=0.00051)
        assert float(said[9]) == pytest.approx(record["lines_cut_pct"], abs=0.051)
        if each.name == "status quo":
            assert said[5] == "–"
        else:
            worst = next(iter(record["outsiders"]))
            assert said[5].startswith(countries.name(worst, "en"))


def test_the_members_gains_stand_behind_the_picture(shown, found):
    """Refuted by a member left out, a gain in another's row, or another amount."""
    [table] = [rows for rows in shown.tables if rows[0][0] == "Member"]
    header, *rows = table
    by_name = {row[0]: row[1:] for row in rows}
    assert header[1:3] == ["All tariffs at zero %", "This agreement %"]
    several = found.comparison.alternatives[1:]
    for at, code in enumerate(found.shown.members):
        row = by_name[countries.name(code, "en")]
        assert len(row) == len(several) + 1
        for text, each in zip(row, several, strict=False):
            digits = len(text.partition(".")[2])
            assert float(text) == pytest.approx(100 * each.gains[at], abs=0.51 * 10.0**-digits)
        income = found.shown.outcome.before.income[found.shown.outcome.world.index(code)]
        assert float(row[-1]) == pytest.approx(found.shown.gains[at] * income, abs=0.051)


def test_the_certificate_beside_the_page_holds(brief, found, embedded):
    """Refuted by a certificate that another method does not confirm, or of another schedule."""
    certificate = Certificate.read(brief / "agreement.json")
    checked = verify(certificate, embedded, draws=False)
    assert not [check for check in checked.failed if check.group != "robustness"]
    assert certificate.robustness.draws == negotiated.DRAWS
    assert certificate.members == tuple(FEW)
    assert 100 * found.shown.gains.min() == pytest.approx(
        certificate.claims.smallest_gain_pct, abs=2e-6
    )
    table = pl.read_csv(brief / "agreement.csv")
    assert table.columns == ["origin", "destination", "sector", "tariff_pct", "tariff_new_pct"]
    cuts = {(cut.origin, cut.destination, cut.sector): cut.new_pct for cut in certificate.tariffs}
    assert {row[:3]: row[4] for row in table.iter_rows()} == cuts
    text = (brief / "brief.html").read_text(encoding="utf-8")
    assert f"<code>{embedded.checksum}</code>" in text
    assert "<code>bandung verify agreement.json</code>" in text


def test_json_and_csv_hold_the_comparison(brief, found):
    """Refuted by figures for statisticians that differ from the page's."""
    record = json.loads((brief / "brief.json").read_text(encoding="utf-8"))["agreement"]
    assert (
        record["alternatives"] == json.loads(json.dumps(found.comparison.to_dict()))["alternatives"]
    )
    assert record["obstacle"] is None
    assert record["smallest_gain_at_most_pct"] >= 100 * found.shown.gains.min()
    table = pl.read_csv(brief / "comparison.csv")
    assert table["name"].to_list() == [each.name for each in found.comparison.alternatives]


def test_every_member_has_a_fold(shown, found):
    """Refuted by a member that finds nothing about itself, or somebody else's figures."""
    assert sorted(shown.folds) == [f"agreement-{code}" for code in FEW]
    for code in FEW:
        [fold] = [each for each in agreement_members.folds(found, ENGLISH) if each.key == code]
        account = found.schedules.summary(code)
        assert fold.title == countries.name(code, "en")
        assert ENGLISH.style.small_percent(account.gain) in fold.paragraphs[0]
        gaining = found.certificate.robustness.gaining_pct[code]
        assert f"It gains in {gaining:.0f} of 100 draws" in fold.paragraphs[0]
        rows = {row[0].partition(" (")[0]: row[1:] for row in fold.tables[0].rows}
        assert rows["Tariff revenue from all imports"] == (
            f"{account.revenue_musd:,.1f}",
            f"{account.revenue_new_musd:,.1f}",
        )
        claimed = found.certificate.claims.members[code]
        assert rows["Of what it spends, earned by fellow members"] == (
            f"{claimed.reliance_before_pct['fellow']:.3f}",
            f"{claimed.reliance_after_pct['fellow']:.3f}",
        )


def test_the_average_tariff_of_a_member_is_weighted_by_trade_today(found, embedded):
    """Refuted by an average over sectors, over trade afterwards, or over all partners."""
    for code in FEW:
        [fold] = [each for each in agreement_members.folds(found, ENGLISH) if each.key == code]
        buyer = embedded.index(code)
        sellers = [embedded.index(other) for other in FEW if other != code]
        trade = embedded.trade_value[sellers, buyer]
        new = found.certificate.tariff_new(embedded)[sellers, buyer]
        expected = [
            f"{100 * (tariff * trade).sum() / trade.sum():.2f}"
            for tariff in (embedded.tariff[sellers, buyer], new)
        ]
        assert list(fold.tables[0].rows[0][1:]) == expected


def test_the_cuts_named_are_those_with_most_duty_at_stake(found):
    """Refuted by a larger cut that is left out, or the buyer's cuts under the seller's name."""
    for code in FEW:
        [fold] = [each for each in agreement_members.folds(found, ENGLISH) if each.key == code]
        for table, lines, partner in (
            (fold.tables[1], found.schedules.lowers(code), "origin"),
            (fold.tables[2], found.schedules.gets(code), "destination"),
        ):
            stake = sorted(
                (
                    (row["tariff_pct"] - row["tariff_new_pct"]) / 100 * row["imports_musd"],
                    ENGLISH.country(row[partner]),
                    ENGLISH.sector(row["sector"]),
                )
                for row in lines.iter_rows(named=True)
            )[::-1]
            named = stake[: agreement_members.LARGEST]
            assert [row[:2] for row in table.rows] == [(who, what) for _, who, what in named]
            assert f": {lines.height}." in table.caption
            for row, (duty, *_) in zip(table.rows, named, strict=True):
                assert float(row[5].replace(",", "")) == pytest.approx(duty, abs=0.051)


def test_a_member_that_lowers_or_obtains_nothing_is_told_so(found):
    """Refuted by an empty table."""
    certificate = found.certificate
    spared = tuple(cut for cut in certificate.tariffs if "CIV" not in (cut.origin, cut.destination))
    emptied = dataclasses.replace(
        found.schedules, certificate=dataclasses.replace(certificate, tariffs=spared)
    )
    other = dataclasses.replace(found, schedules=emptied)
    [fold] = [each for each in agreement_members.folds(other, ENGLISH) if each.key == "CIV"]
    assert "lowers no tariff. No tariff on what this member sells falls." in fold.paragraphs[0]
    assert len(fold.tables) == 1


def test_robustness_is_said_as_it_was_certified(found):
    """Refuted by other counts of draws, or another member as the least sure."""
    claim = found.certificate.robustness
    told = " ".join(agreement.section(found, ENGLISH).paragraphs)
    assert f"Every member gains in {claim.all_gain_pct:.0f} of 100 draws" in told
    least = min(claim.gaining_pct, key=lambda code: (claim.gaining_pct[code], code))
    said = f"least sure is {countries.name(least)}: it gains in {claim.gaining_pct[least]:.0f} of"
    assert (said in told) == (claim.all_gain_pct < 100)


def test_one_set_of_elasticities_leaves_no_draws(embedded):
    """Refuted by words on draws where there is nothing to draw from."""
    single = embedded.replace(elasticity_sets={"GYY": embedded.elasticity_sets["GYY"]})
    alone = negotiate(single, select(single, members=["CIV", "SEN"], on=DAY))
    assert alone.certificate.robustness is None
    told = agreement.section(alone, ENGLISH)
    words = [*told.paragraphs, *told.method, *(text for f in told.folds for text in f.paragraphs)]
    assert not [text for text in words if "draws" in text]


def test_the_outsider_who_loses_most_is_named(found):
    """Refuted by an agreement whose harm to others is not told."""
    told = " ".join(agreement.section(found, ENGLISH).paragraphs)
    worst, change = next(iter(found.shown.outsiders.items()))
    assert change < 0
    assert f"most of all {countries.name(worst)} (" in told
    poorest = [code for code in found.shown.least_developed if found.shown.outsiders[code] < 0]
    assert f"{len(poorest)} of {len(found.shown.least_developed)} would lose" in told


def test_more_members_get_one_principle_and_are_told_of_the_others(embedded, found, monkeypatch):
    """Refuted by a search that takes hours, or by a page that hides what was left out."""
    monkeypatch.setattr(negotiated, "QUICK", 2)
    monkeypatch.setattr(agreement_method, "QUICK", 2)
    asked = []
    several = []

    def compare(*given, **_):
        several.extend(given[2])
        return found.comparison

    monkeypatch.setattr(negotiated, "compare", compare)
    chosen = select(embedded, members=FEW, on=DAY)
    again = negotiate(embedded, chosen, progress=lambda *told: asked.append(told))
    assert several == ["egalitarian"]
    assert any("bandung compare" in text for text in agreement_method.method(again, ENGLISH))


def test_it_can_be_left_out(embedded, brief, tmp_path, monkeypatch, leave_blank):
    """Refuted by a search that was not asked for, its files, or a command that makes it."""
    monkeypatch.setattr(contents, "negotiate", None)
    leave_blank(monkeypatch)
    chosen = select(embedded, members=["CIV", "SEN"], on=DAY)
    write_brief(embedded, chosen, out=tmp_path, agreement=False)
    assert not [*tmp_path.glob("agreement*"), *tmp_path.glob("comparison*")]
    record = json.loads((tmp_path / "brief.json").read_text(encoding="utf-8"))
    assert record["agreement"] is None
    assert record["command"].endswith(" --no-agreement")
    asked = json.loads((brief / "brief.json").read_text(encoding="utf-8"))
    assert "--no-agreement" not in asked["command"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_section_is_whole_in_every_language(found, one_way, lang):
    """Refuted by a message that cannot be filled, or by English on another page."""
    tongue = language(lang)
    for each in (found, one_way):
        told = agreement.section(each, tongue)
        texts = [told.title, told.finding, *told.paragraphs, *told.method]
        texts += [text for fold in told.folds for text in fold.paragraphs]
        texts += [cell for table in told.tables for row in table.rows for cell in row]
        assert not [text for text in texts if "{" in text or "}" in text]
        if lang != "en":
            same = agreement.section(each, ENGLISH)
            assert told.title != same.title
            assert told.finding != same.finding
            assert not set(told.method) & set(same.method)
    if lang == "fr":
        assert not re.search(r"[^\u00a0\u202f]%|\w [:;?!]", told.finding + told.paragraphs[0])


def marks(svg: str) -> dict[float, dict[str, tuple[float, str]]]:
    """Rings and discs of a drawing by height: where they stand, and their colour."""
    found: dict[float, dict[str, tuple[float, str]]] = {}
    for node in ET.fromstring(svg).iter():  # noqa: S314 - our own drawing
        place = re.findall(r"-?\d*\.?\d+", node.get("transform") or "")
        if not node.tag.endswith("path") or len(place) != 2 or node.get("fill") is None:
            continue
        x, y = map(float, place)
        ring = node.get("fill") == figure.paint("paper")
        colour = node.get("stroke") if ring else node.get("fill")
        found.setdefault(y, {})["ring" if ring else "disc"] = (x, colour)
    return found


@pytest.mark.parametrize("width", ["wide", "narrow"])
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_marks_stand_where_the_scale_puts_them(width, lang):
    """Refuted by a loser right of zero, a mirrored axis, or marks off their scale."""
    rows = [
        charts.Dumbbell("loses much", -0.004, 0.0005),
        charts.Dumbbell("loses", -0.001, 0.0005),
        charts.Dumbbell("gains", 0.003, 0.0005),
    ]
    drawn = charts.dumbbells(
        rows[::-1],
        charts.DumbbellWords("loss", "gain", "all at zero", "agreement"),
        Caption("Two ways", "Marks"),
        NumberStyle.of(lang),
        2,
    )
    svg = getattr(drawn, width)
    heights = sorted(marks(svg).items())
    (_, key), *placed = heights
    assert len(placed) == len(rows)
    assert set(key) == {"ring", "disc"}
    at = [(pair["ring"][0], pair["disc"][0]) for _, pair in placed]
    scale = (at[2][0] - at[0][0]) / (rows[2].ring - rows[0].ring)
    zero = at[0][0] - scale * rows[0].ring
    assert scale > 0
    for (ring, disc), row in zip(at, rows, strict=True):
        assert ring == pytest.approx(zero + scale * row.ring, abs=2 * PIXEL)
        assert disc == pytest.approx(zero + scale * row.disc, abs=2 * PIXEL)
    colours = [pair["ring"][1] for _, pair in placed]
    assert colours == [LOSS, LOSS, figure.paint("line")]
    for text in ("-0.40%", "+0.30%", "+0.05%") if lang == "en" else ():
        assert text in svg


def test_the_page_s_command_asks_for_what_is_not_the_default(gathered, monkeypatch):
    """Refuted by a command that writes the page again without its agreement, or with another."""
    without = dataclasses.replace(gathered, agreement=None)
    assert page.command(gathered, "en").endswith("--lang en")
    assert page.command(without, "en").endswith("--lang en --no-agreement")
    monkeypatch.setattr(page, "QUICK", len(FEW) - 1)
    assert page.command(gathered, "en").endswith("--lang en --agreement")
    assert page.command(without, "en").endswith("--lang en")


def test_the_command_names_the_world_and_the_members(one_way):
    """Refuted by a command that searches in another world than the page's."""
    [command] = [text for text in agreement_method.method(one_way, ENGLISH) if "again," in text]
    assert command.endswith("bandung agree --members AGO,CIV --world five")


def test_the_bound_is_said_with_what_is_reached_of_it(found):
    """Refuted by a bound below the gain, or a share of it that is not the engine's."""
    bound = found.bound
    assert bound.at_most >= found.shown.gains.min()
    [told] = [text for text in agreement_method.method(found, ENGLISH) if "weighted sum" in text]
    assert f"is {ENGLISH.style.small_percent(bound.at_most)};" in told
    assert f"everyone {ENGLISH.percent(min(bound.reached, 1.0), 1)} of that" in told

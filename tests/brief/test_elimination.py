"""What if all tariffs among them fell: the page says what the equilibrium gives, losers by name."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest

from bandung import solve
from bandung.agree import Change, Scenario, Uncertainty, scenario, simulate
from bandung.brief import (
    charts,
    charts_canvas,
    contents,
    elimination,
    figure,
    sections,
    write_brief,
)
from bandung.brief.charts_gains import LOSS
from bandung.brief.figure import Caption, NumberStyle
from bandung.brief.languages import language
from bandung.codes import countries
from bandung.codes.tables import LANGUAGES
from bandung.find import select

DAY = dt.date(2026, 1, 1)
pytestmark = pytest.mark.usefixtures("store_home")
PIXEL = 0.1
"""Coordinates are printed to a tenth of a pixel."""
ENGLISH = language("en")
ISOLATES = "\u2067\u2069"


class Cells(HTMLParser):
    """The rows of the table behind the picture, and the paragraphs of the section."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows, self.text, self.inside = [], [], None
        self.feed(page.partition('<section id="elimination"')[2].partition("</section>")[0])

    def handle_starttag(self, tag, _):
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")
            self.inside = self.rows[-1]
        elif tag == "p":
            self.text.append("")
            self.inside = self.text

    def handle_endtag(self, tag):
        self.inside = None if tag in {"td", "th", "p"} else self.inside

    def handle_data(self, data):
        if self.inside is not None:
            self.inside[-1] += data


def carried_out(world, members, draws=0, **changed):
    """The scenario of the brief, without the rest of it."""
    codes = tuple(sorted(members))
    change = Change("tariff", origin=codes, destination=codes, to_pct=0)
    asked = Uncertainty(draws=draws, seed=0) if draws else None
    return simulate(
        world, Scenario("Open", on=DAY, changes=(change,), uncertainty=asked), **changed
    )


@pytest.fixture(scope="module")
def brief(embedded, eleven, tmp_path_factory, leave_blank):
    """The folder of the brief of the eleven."""
    folder = tmp_path_factory.mktemp("brief")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANDUNG_HOME", str(folder / "home"))
        chosen = select(embedded, members=eleven, on=DAY)
        leave_blank(patch)
        write_brief(embedded, chosen, out=folder, agreement=False)
    return folder


@pytest.fixture(scope="module")
def shown(brief):
    """The section as a reader meets it."""
    return Cells((brief / "brief.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def direct(embedded, eleven):
    """The same change of tariffs, put to the solver without a scenario."""
    at = [embedded.index(code) for code in eleven]
    tariff = embedded.tariff.copy()
    tariff[np.ix_(at, at)] = 0.0
    return solve(embedded, tariff_new=tariff)


@pytest.fixture(scope="module")
def opened(embedded, eleven):
    """The eleven, at twenty draws."""
    return carried_out(embedded, eleven, draws=20)


def test_the_table_says_what_a_direct_solve_gives(shown, direct, eleven):
    """Refuted by a figure of the page that the solver does not give for the same tariffs."""
    header, *rows = shown.rows
    column = {title: number for number, title in enumerate(header)}
    by_name = {row[0]: row for row in rows}
    assert set(by_name) == {countries.name(code, "en") for code in eleven}
    for code in eleven:
        row = by_name[countries.name(code, "en")]
        for title, found in (
            ("Change of real income %", direct.welfare_change),
            ("Change of the real wage %", direct.real_wage_change),
        ):
            percent = 100 * float(found.sel(member=code))
            assert row[column[title]] == f"{percent:+.3f}"
        at = direct.world.index(code)
        before = f"{direct.before.tariff_revenue[at]:,.0f}"
        after = f"{float(direct.tariff_revenue.sel(member=code)):,.0f}"
        assert row[column["Tariff revenue before million USD"]] == before
        assert row[column["Tariff revenue after million USD"]] == after


def test_the_two_parts_add_up_to_the_change(shown):
    """Refuted by parts of trade that leave something of the change unexplained."""
    header, *rows = shown.rows
    terms, volume = (
        header.index(f"{part} of trade percent of real income") for part in ("Terms", "Volume")
    )
    for row in rows:
        # Each of the three is rounded to a thousandth.
        assert float(row[terms]) + float(row[volume]) == pytest.approx(float(row[1]), abs=0.0015001)


def test_the_finding_names_exactly_the_losers(shown, direct, eleven):
    """Refuted by a loser left out, a winner called a loser, or another figure than the solver's."""
    change = {code: 100 * float(direct.welfare_change.sel(member=code)) for code in eleven}
    lost = sorted((code for code in eleven if change[code] < 0), key=lambda code: change[code])
    finding = shown.text[0]
    assert f"{len(eleven) - len(lost)} of the 11 would gain. {len(lost)} would lose" in finding
    named = re.findall(r"(?:^|, and |, |and )([^,()]+) \((\d\.\d+)%\)", finding.partition(": ")[2])
    assert named == [(countries.name(code, "en"), f"{-change[code]:.2f}") for code in lost]


def test_it_is_said_that_nobody_is_compensated(shown):
    """Refuted by a page that lets a loss pass for what an agreement would give."""
    assert shown.text[1].startswith("This is before any compensation")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (("EGY", "ZAF"), "each of the 2 would gain, from 0.0004% of its real income (Egypt) to"),
        (("CIV", "NGA"), "1 of the 2 would gain. 1 would lose part of its real income:"),
    ],
)
def test_the_sentence_follows_the_numbers(embedded, members, said):
    """Refuted by a plural for one, or by losers where there are none."""
    assert said in elimination.section(carried_out(embedded, members), ENGLISH).finding


def test_of_many_losers_the_gravest_are_named(embedded):
    """Refuted by a finding that runs on over nine names, or loses their number."""
    found = carried_out(embedded, select(embedded, "G77", on=DAY).members)
    losers = found.losers
    assert len(losers) > elimination.NAMED_LOSERS
    finding = elimination.section(found, ENGLISH).finding
    assert f"{len(losers)} would lose part of their real income, most of all" in finding
    told = finding.partition("most of all")[2]
    assert [code for code in losers if countries.name(code, "en") in told] == list(losers[:3])


def test_where_nobody_gains_it_is_said(embedded, monkeypatch):
    """Refuted by '0 of the 2 would gain'."""
    found = carried_out(embedded, ("EGY", "ZAF"))
    worse = found.outcome.welfare_change.copy(data=-found.outcome.welfare_change.to_numpy())
    monkeypatch.setitem(found.outcome.__dict__, "welfare_change", worse)
    finding = elimination.section(found, ENGLISH).finding
    assert "none of the 2 would gain. 2 would lose part of their real income: South" in finding


def test_members_whose_sign_is_unsure_are_named(opened):
    """Refuted by an unsure member that is not named, or a sure one that is."""
    low, high, change = opened.spread.low, opened.spread.high, opened.outcome.welfare_change
    unsure = [
        code
        for code in opened.parties
        if min(low[at := opened.world.index(code)], float(change[at])) < 0
        and max(high[at], float(change[at])) > 0
    ]
    assert 0 < len(unsure) < len(opened.parties)
    [told] = [
        text for text in elimination.section(opened, ENGLISH).paragraphs if "depends on" in text
    ]
    names = told.rpartition(": ")[2]
    assert [c for c in opened.parties if countries.name(c, "en") in names] == sorted(unsure)
    drawn = elimination.picture(opened, ENGLISH).figure.wide
    assert drawn.count("gains in") == len(unsure)


def test_those_outside_are_counted_the_poorest_first(opened):
    """Refuted by other numbers of losers outside, or by the poorest told last."""
    change = {
        code: float(opened.outcome.welfare_change.sel(member=code)) for code in opened.outsiders
    }
    poorest = [code for code in opened.outsiders if code in opened.least_developed]
    lost = sum(value < 0 for value in change.values())
    [told] = [text for text in elimination.section(opened, ENGLISH).paragraphs if "outside" in text]
    assert told.startswith(
        "Among the least developed countries outside the group, "
        f"{sum(change[code] < 0 for code in poorest)} of {len(poorest)} would lose"
    )
    assert f"Of all {len(change)} countries and regions outside, {lost} would lose" in told
    worst = min(change, key=change.get)
    assert f"most of all {countries.name(worst, 'en')} ({-100 * change[worst]:.2g}% of" in told
    assert f"{sum(value > 0 for value in change.values())} of those outside would gain" in told


def test_reliance_on_fellows_is_told_before_and_after(opened):
    """Refuted by other shares than those of the world before and the world after."""
    before, after = (
        100 * each.group[1] for each in (opened.reliance_before, opened.reliance_after)
    )
    told = elimination.section(opened, ENGLISH).paragraphs[-1]
    assert f"from {before:.2f}% to {after:.2f}%, a change of {after - before:+.2f}" in told


def test_json_csv_and_scenario_say_the_same(brief, embedded, direct):
    """Refuted by a file beside the page whose figures are of another change of tariffs."""
    record = json.loads((brief / "brief.json").read_text(encoding="utf-8"))["elimination"]
    table = pl.read_csv(brief / "elimination.csv")
    again = simulate(embedded, scenario.read(brief / "elimination.toml"))
    assert record["losers"] == list(again.losers)
    assert record["draws"] == contents.DRAWS
    assert table["member"].to_list()[: len(again.parties)] == list(again.parties)
    for code in embedded.members:
        expected = float(direct.welfare_change.sel(member=code))
        row = table.filter(member=code).row(0, named=True)
        assert row["welfare_change"] == pytest.approx(expected, abs=1e-9)
        assert record["members"][code]["welfare_change"] == pytest.approx(expected, abs=1e-9)
        at = again.world.index(code)
        assert row["welfare_low"] == pytest.approx(float(again.spread.low[at]), abs=1e-9)


@pytest.mark.parametrize("members", [("SEN",), ("HKG", "SGP")], ids=["alone", "free already"])
def test_without_tariffs_among_members_there_is_no_section(embedded, members):
    """Refuted by gains and losses made of rounding errors where nothing can fall."""
    found = contents.gather(embedded, select(embedded, members=members, on=DAY))
    assert found.elimination is None
    assert found.agreement is None
    keys = [part.key for part in sections.build(found, ENGLISH)]
    assert not {"elimination", "agreement"} & set(keys)


def test_duties_on_services_are_told_apart(embedded):
    """The page counts duties that no customs collect, and does not say what goods alone give."""
    chosen = select(embedded, members=["AGO", "CMR", "COD", "ZAF"], on=DAY)
    found = contents.gather(embedded, chosen, agreement=False)
    scenario_of_goods = found.goods_only.scenario
    assert [change.sector for change in scenario_of_goods.changes] == [("goods",)]
    told = next(each for each in sections.build(found, ENGLISH) if each.key == "elimination")
    [paragraph] = [text for text in told.paragraphs if "duties on services" in text]
    assert f"{len(found.goods_only.losers)} members would lose" in paragraph
    assert all(countries.name(code) in paragraph for code in found.goods_only.losers)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("fixed", "stay as they are"),
        ("zero", "closed first"),
        ("proportional", "move with each country"),
    ],
)
def test_the_rule_for_deficits_is_said_and_in_the_command(
    embedded, tmp_path, monkeypatch, leave_blank, rule, said
):
    """A page solved under another rule says that deficits stay as they are."""
    leave_blank(monkeypatch)
    chosen = select(embedded, members=["SEN", "TUN"], on=DAY)
    write_brief(embedded, chosen, out=tmp_path, deficits=rule, agreement=False)
    text = (tmp_path / "brief.html").read_text(encoding="utf-8")
    record = json.loads((tmp_path / "brief.json").read_text(encoding="utf-8"))
    assert text.count(said) == 2
    assert record["elimination"]["deficits"] == rule
    assert (f"--deficits {rule}" in record["command"]) == (rule != "fixed")


def test_without_everybody_s_domestic_sales_there_is_no_section(
    embedded, tmp_path, monkeypatch, leave_blank
):
    """Refuted by an equilibrium that takes a product without domestic sales for all imported."""
    known = embedded.domestic_known.copy()
    known[embedded.index("USA"), 0] = False
    trade = embedded.trade_value.copy()
    trade[embedded.index("USA"), embedded.index("USA"), 0] = 0.0
    partly = embedded.replace(domestic_known=known, trade_value=trade)
    leave_blank(monkeypatch)
    write_brief(partly, select(partly, members=["CIV", "NGA"], on=DAY), out=tmp_path)
    assert 'id="elimination"' not in (tmp_path / "brief.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "brief.json").read_text(encoding="utf-8"))["elimination"] is None
    assert not [*tmp_path.glob("elimination*"), *tmp_path.glob("agreement*")]


def test_one_set_of_elasticities_leaves_no_draws(embedded):
    """Refuted by a band, or words on draws, where there is nothing to draw from."""
    single = embedded.replace(elasticity_sets={"GYY": embedded.elasticity_sets["GYY"]})
    chosen = select(single, members=["CIV", "NGA"], on=DAY)
    found = contents.gather(single, chosen, agreement=False).elimination
    assert found.spread is None
    made = elimination.section(found, ENGLISH)
    words = [*made.paragraphs, *made.method, made.pictures[0].note]
    words += [column.heading for column in made.pictures[0].table.columns]
    assert not [text for text in words if re.search(r"\bband\b|draw|times", text)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_its_own_digits_and_no_gap(opened, lang):
    """Refuted by a value that was not filled in, or Western digits on the Arabic page."""
    made = elimination.section(opened, language(lang))
    picture = made.pictures[0]
    words = [made.title, made.finding, *made.paragraphs, picture.title, picture.note, *made.method]
    cells = [cell for row in picture.table.rows for cell in row]
    assert not [text for text in (*words, *cells) if "{" in text]
    assert {len(row) for row in picture.table.rows} == {len(picture.table.columns)}
    if lang == "ar":
        assert not re.search(r"[0-9%]", "".join((*words[:-1], *cells)))


# The chart, by itself.

ROWS = (
    charts.Gain("Egypt", 0.0002, 0.0001, 0.0004),
    charts.Gain("Cameroon", -0.0014, -0.0021, -0.0012),
    charts.Gain("Senegal", 0.0004, -0.0003, 0.0009, "gains in 65 of 100 draws"),
    charts.Gain(
        "Democratic Republic of the Congo", -0.002, -0.0036, 0.0005, "gains in 9 of 100 draws"
    ),
    charts.Gain("Niger", 0.0),
)


def drawn(rows=ROWS, lang="en", digits=2):
    heads = {"en": ("loss", "gain"), "ar": ("خسارة", "مكسب")}[lang]
    return charts.gains(rows, heads, Caption("Gains", "Dots"), NumberStyle.of(lang), digits)


def nodes(svg):
    """Every node by its bare tag."""
    return [(node.tag.rpartition("}")[2], node) for node in ET.fromstring(svg).iter()]  # noqa: S314 - our own drawing


def texts(svg):
    """The texts of a drawing with their place, without the marks that isolate runs."""
    found = []
    for tag, node in nodes(svg):
        if tag == "text":
            x, y = map(float, re.findall(r"-?[\d.]+", node.get("transform")))
            found.append(((node.text or "").strip(ISOLATES), x, y))
    return found


def dots(svg):
    """Centres of the dots from top to bottom, each with its colour."""
    found = []
    for tag, node in nodes(svg):
        if tag == "path" and "A" in node.get("d"):
            x, y = map(float, re.findall(r"-?[\d.]+", node.get("transform")))
            found.append((y, x, node.get("fill")))
    return [(x, y, fill) for y, x, fill in sorted(found)]


def bands(svg):
    """Left, right and middle of the bands."""
    found = []
    for tag, node in nodes(svg):
        if tag == "path" and node.get("fill-opacity"):
            left, top, wide, tall = map(
                float, re.fullmatch(r"M([^,]+),([^h]+)h([^v]+)v([^h]+)h.*", node.get("d")).groups()
            )
            found.append((left, left + wide, top + tall / 2))
    return found


def zero(svg):
    """Where the heaviest line stands, and how heavy it is beside the next."""
    lines = []
    for tag, node in nodes(svg):
        if tag == "line" and node.get("x2") in {None, "0"} and node.get("y2"):
            x = float(re.match(r"translate\(([^,]+)", node.get("transform"))[1])
            lines.append((float(node.get("stroke-width")), x))
    lines.sort(reverse=True)
    return lines[0][1], lines[0][0] / lines[1][0]


@pytest.mark.parametrize("width", ["wide", "narrow"])
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_dots_stand_in_proportion_to_zero(lang, width):
    """Refuted by a dot on the wrong side or off the scale, on a page of either direction."""
    svg = getattr(drawn(lang=lang), width)
    line, heavier = zero(svg)
    assert heavier >= 2
    ordered = sorted(ROWS, key=lambda row: row.change)
    places = dots(svg)
    scale = (places[-1][0] - places[0][0]) / (ordered[-1].change - ordered[0].change)
    assert scale > 0, "losers stand to the left in Arabic too"
    for row, (x, _, fill) in zip(ordered, places, strict=True):
        assert x == pytest.approx(line + scale * row.change, abs=2 * PIXEL)
        assert (fill == LOSS) == (row.change < 0)
        assert (fill == figure.paint("line")) == (row.change > 0)


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_the_band_spans_the_dot(width):
    """Refuted by a band that is not as wide as the interval, or lies in another row."""
    svg = getattr(drawn(), width)
    line, _ = zero(svg)
    ordered = sorted(ROWS, key=lambda row: row.change)
    places = dots(svg)
    scale = (places[-1][0] - places[0][0]) / (ordered[-1].change - ordered[0].change)
    found = bands(svg)
    for row, (x, y, _) in zip(ordered, places, strict=True):
        own = [(left, right) for left, right, middle in found if abs(middle - y) < 1]
        if row.low is None:
            assert own == []
            continue
        left, right = min(own)[0], max(right for _, right in own)
        assert left == pytest.approx(line + scale * row.low, abs=4 * PIXEL)
        assert right == pytest.approx(line + scale * row.high, abs=4 * PIXEL)
        assert left <= x <= right
        # One that reaches over zero changes colour there.
        assert len(own) == (2 if row.low < 0 < row.high else 1)


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_the_sign_is_printed(width):
    """Refuted by a gain or a loss that only its colour or its place tells."""
    written = [text for text, *_ in texts(getattr(drawn(), width))]
    for figure_ in ("-0.20%", "-0.14%", "0.00%", "+0.02%", "+0.04%"):
        assert written.count(figure_) == 1


@pytest.mark.parametrize("width", ["wide", "narrow"])
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_every_name_and_remark_is_whole_and_inside(lang, width):
    """Refuted by words cut short or written past the edge of the sheet."""
    svg = getattr(drawn(lang=lang), width)
    edge = {"wide": figure.WIDE, "narrow": figure.NARROW}[width]
    size = {"wide": 13, "narrow": 12}[width]
    together = " ".join(text for text, *_ in texts(svg))
    for row in ROWS:
        assert all(word in together for word in (*row.label.split(), *row.remark.split()))
    for tag, node in nodes(svg):
        if tag == "text":
            words, x = node.text, float(re.search(r"-?[\d.]+", node.get("transform"))[0])
            wide = charts_canvas.text_width(words, size)
            left = x - wide * {"end": 1, "middle": 0.5}.get(node.get("text-anchor"), 0)
            # The axis writes in a smaller size than these widths are for.
            assert left >= -6
            assert left + wide <= edge + 6


def test_arabic_pictures_have_arabic_numerals():
    """Refuted by a figure or an axis in other numerals on the Arabic page."""
    rows = [dataclasses.replace(row, remark="") for row in ROWS]
    for svg in (drawn(rows, "ar").wide, drawn(rows, "ar").narrow):
        written = "".join(text for text, *_ in texts(svg))
        assert "٠" in written
        assert not re.search("[0-9%]", written)


def test_names_are_right_of_the_plot_in_arabic():
    """Refuted by a page whose words mirror and whose picture does not."""
    places = {text: x for text, x, _ in texts(drawn(lang="ar").wide)}
    line, _ = zero(drawn(lang="ar").wide)
    assert places["Egypt"] > max(x for x, *_ in dots(drawn(lang="ar").wide))
    assert places["gains in 65"] < line


def test_same_rows_in_any_order_give_the_same_bytes():
    """Refuted by a drawing that follows the order in which members were given."""
    one, other = drawn(), drawn(ROWS[::-1])
    assert (one.wide, one.narrow) == (other.wide, other.narrow)


@pytest.mark.parametrize(
    "rows",
    [
        [charts.Gain("A", 0.01), charts.Gain("B", 0.02)],
        [charts.Gain("A", -0.01, -0.02, -0.005), charts.Gain("B", -0.03)],
        [charts.Gain("A", 0.0), charts.Gain("B", 0.0)],
    ],
    ids=["all gain", "all lose", "none"],
)
def test_one_side_alone_is_drawn_too(rows):
    """Refuted by a scale that needs both gains and losses."""
    for svg in (drawn(rows).wide, drawn(rows).narrow):
        line, _ = zero(svg)
        edge = float(ET.fromstring(svg).get("viewBox").split()[2])  # noqa: S314 - our own drawing
        assert all(0 < x < edge for x, *_ in dots(svg))
        assert 0 < line < edge


def test_many_members_stay_apart_and_small():
    """Refuted by rows that run into one another, or a picture too heavy for a phone."""
    rows = [
        charts.Gain(
            f"Member {n}", (n - 10) / 1e4, (n - 14) / 1e4, (n - 8) / 1e4, "gains in 7 of 100"
        )
        for n in range(45)
    ]
    for svg in (drawn(rows).wide, drawn(rows).narrow):
        heights = [y for _, y, _ in dots(svg)]
        assert min(np.diff(heights)) >= 20
        assert len(svg.encode()) < 60_000


def test_the_drawing_follows_the_schema_and_the_palette(monkeypatch):
    """Refuted by a mark Vega-Lite does not know, or words in a colour dark mode cannot turn."""
    real = figure.alt.LayerChart.to_dict

    def strict(chart, *args, **kwargs):
        return real(chart, *args, **{**kwargs, "validate": True})

    monkeypatch.setattr(figure, "debug_mode", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(figure.alt.LayerChart, "to_dict", strict)
    for svg in (drawn().wide, drawn().narrow):
        assert {node.get("fill")[:6] for tag, node in nodes(svg) if tag == "text"} == {"var(--"}
        asked = set(re.findall(r"var\(--([a-z0-9-]+)", svg))
        assert asked <= set(figure.PALETTE)

"""Both ends of a loss: drawn to one scale wherever they lie, explained, or said to be missing."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from bandung import World
from bandung.brief import charts, figure, sections
from bandung.brief.contents import gather
from bandung.brief.figure import Caption, NumberStyle
from bandung.brief.languages import language
from bandung.codes.tables import LANGUAGES
from bandung.find import select

# Coordinates are printed to a tenth of a pixel; the scale, taken from two dots, is stretched to
# three times their distance.
EDGE = 0.5
LOSSES = (
    charts.Loss("gain", -0.004, 0.02),
    charts.Loss("usual", 0.003, 0.012),
    charts.Loss("above", 0.026, 0.009),
    charts.Loss("nothing known", None, 0.004),
)


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


def brackets(svg):
    """Dots by height, and the thick lines at the height of each: (from, to) in pixels."""
    root = ET.fromstring(svg)  # noqa: S314 - our own drawing
    ink = figure.paint("line")
    dots, lines = {}, {}
    for node in root.iter():
        place = numbers(node.get("transform") or "")
        if node.get("fill") == ink and node.tag.endswith("path") and place:
            dots[round(place[1])] = place[0]
        if node.get("stroke") == ink and node.tag.endswith("line"):
            x2, y2 = (float(node.get(key) or 0) for key in ("x2", "y2"))
            if abs(y2) < EDGE:
                lines[round(place[1])] = (place[0], place[0] + x2)
    return dots, lines


@pytest.mark.parametrize("width", ["wide", "narrow"])
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_ends_of_a_bracket_stand_where_the_scale_puts_them(width, lang):
    """Refuted by a gain drawn at zero, or a long-run loss above the other drawn below it."""
    drawn = charts.loss_dots(
        LOSSES, ("switched", "not switched"), Caption("Losses", "Dots"), NumberStyle.of(lang)
    )
    dots, lines = brackets(getattr(drawn, width))
    ordered = sorted(LOSSES, key=lambda row: -row.high)
    heights = sorted(dots)
    assert len(heights) == len(LOSSES)
    high = [dots[at] for at in heights]
    scale = (high[0] - high[1]) / (ordered[0].high - ordered[1].high)
    zero = high[0] - scale * ordered[0].high
    for at, row in zip(heights, ordered, strict=True):
        assert dots[at] == pytest.approx(zero + scale * row.high, abs=EDGE)
        if row.low is None:
            assert at not in lines
        else:
            ends = sorted(zero + scale * end for end in (row.low, row.high))
            assert sorted(lines[at]) == pytest.approx(ends, abs=EDGE)
    assert min(min(line) for line in lines.values()) >= 0


def gathered(world, members):
    return gather(world, select(world, members=members, on=dt.date(2022, 1, 1)))


@pytest.fixture(scope="module")
def whole(embedded):
    """What a page is made of where every domestic sale is known."""
    return gathered(embedded, ["SEN"])


@pytest.fixture(scope="module")
def partial(embedded):
    """The same where one is not, of a country outside the group."""
    known = np.ones((55, 28), dtype=bool)
    known[embedded.index("JPN"), 3] = False
    return gathered(embedded.replace(domestic_known=known), ["SEN"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_long_run_is_explained_and_tabled(whole, lang):
    """Refuted by a page without the loss after switching, in any language."""
    tongue = language(lang)
    shown = sections.dependence(whole, tongue)
    assert any("Caliendo" in paragraph for paragraph in shown.method)
    for table in (*shown.tables, *(picture.table for picture in shown.pictures[:2])):
        headings = [column.heading for column in table.columns]
        assert tongue.say("Loss with another supplier") in headings
        assert all(len(row) == len(headings) for row in table.rows)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_that_cannot_know_the_long_run_says_why(partial, lang):
    """Refuted by an empty column, or by an explanation of what was not computed."""
    tongue = language(lang)
    shown = sections.dependence(partial, tongue)
    assert not any("Caliendo" in paragraph for paragraph in shown.method)
    assert (
        tongue.say(
            "The loss with another supplier is not computed: the source does not state what every "
            "country sells at home of every product, and a product without that figure would seem "
            "to be all imported."
        )
        in shown.method
    )
    for table in (*shown.tables, *(picture.table for picture in shown.pictures[:2])):
        headings = [column.heading for column in table.columns]
        assert tongue.say("Loss with another supplier") not in headings
        assert all(len(row) == len(headings) for row in table.rows)


def test_a_product_of_one_supplier_is_said_to_have_no_other():
    """Refuted by a figure, or an empty cell, where nobody else is left to supply a member."""
    trade = np.full((3, 3, 2), 10.0)
    trade[[0, 2], 0, 1] = 0
    world = World.from_arrays(
        members=["SEN", "TUN", "ZAF"], sectors=["A01", "B05"], trade_value=trade
    )
    shown = sections.dependence(gathered(world, ["SEN"]), language("en"))
    cells = [row[4] for row in shown.tables[0].rows]
    assert cells.count("no other supplier") == 1
    assert sum(cell.endswith("%") for cell in cells) == len(cells) - 1 > 0

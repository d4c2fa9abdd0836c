"""The pictures of a brief: safe and complete SVG, true geometry, one language at a time."""

from __future__ import annotations

import contextlib
import itertools
import re
import xml.etree.ElementTree as ET

import pytest

from bandung.brief import charts, charts_canvas, charts_projection, figure
from bandung.brief.figure import Caption, NumberStyle
from bandung.codes import countries
from bandung.errors import InputError

MEMBERS = ("AGO", "CIV", "CMR", "COD", "EGY", "MAR", "NGA", "SEN", "STP", "TUN", "ZAF")
LANGUAGES = ("en", "fr", "es", "pt", "ar")
# Coordinates are printed to a tenth of a pixel, so each edge is off by up to half of that.
EDGE = 0.1
BAR_BYTES = 40_000
MAP_BYTES = {"wide": 300_000, "narrow": 250_000}
ARABIC_INDIC = frozenset("٠١٢٣٤٥٦٧٨٩")
NAMES = ("Own", "Fellow members", "Rest of the South", "Rest of the world")
MAP_WORDS = charts.MapWords("Share of spending", "No data", "Members")
HEAT_WORDS = charts.HeatWords("Supplier", "Buyer", "million USD", "billion USD")


def style(lang="en"):
    return NumberStyle.of(lang)


def name(code, lang="en"):
    return countries.name(code, lang)


def shares(number):
    own = 0.55 + 0.03 * number
    fellow, south = 0.002 + 0.004 * number, 0.05 + 0.004 * number
    return (own, fellow, south, 1 - own - fellow - south)


def reliance(lang="en", members=MEMBERS):
    rows = [charts.Shares(name(code, lang), shares(MEMBERS.index(code))) for code in members]
    group = charts.Shares("Group", (0.705, 0.009, 0.09, 0.196))
    return charts.reliance_bars(group, rows, NAMES, Caption("Reliance", "Bars"), style(lang))


def supplier_map(lang="en", members=MEMBERS):
    share = {"CHN": 0.043, "USA": 0.02, "ZAF": 0.004, "SGP": 0.0008, "ROW": 0.03}
    return charts.supplier_map(share, members, MAP_WORDS, Caption("Map", "A map"), style(lang))


def trend(lang="en", members=MEMBERS):
    rows = [
        charts.Point(name(code, lang), year, 0.01 + 0.001 * (year - 2000) + ord(code[0]) / 1e4)
        for code in members
        for year in range(2000, 2023)
    ]
    return charts.trend_lines(rows, Caption("Trend", "Lines"), style(lang))


def losses(lang="en", members=MEMBERS):
    rows = [
        charts.Loss(name(c, lang), None if c == "STP" else 0.001, 0.01 + 0.002 * MEMBERS.index(c))
        for c in members
    ]
    ends = ("buyers switch", "nobody switches")
    return charts.loss_dots(rows, ends, Caption("Losses", "Dots"), style(lang))


def bonds(lang="en", members=MEMBERS):
    rows = [
        charts.Pair(name(c, lang), name("BRA", lang), 0.001 * (1 + MEMBERS.index(c)), 0.004)
        for c in members
    ]
    return charts.bonds(rows, ("left", "right"), Caption("Bonds", "Bars"), style(lang))


def heat(lang="en", members=MEMBERS):
    value = {c: 3.0 ** MEMBERS.index(c) / 30 for c in MEMBERS}
    musd = [[value[a] + value[b] / 2 for b in members] for a in members]
    places = [charts.Place(c, name(c, lang)) for c in members]
    return charts.potential_heat(places, musd, HEAT_WORDS, Caption("Heat", "Cells"), style(lang))


def flows(lang="en", members=MEMBERS):
    best = [
        charts.Flow("ZAF", "NGA", 900, 1),
        charts.Flow("NGA", "ZAF", 700, 2),
        charts.Flow("CMR", "STP", 20, 3),
    ]
    return charts.flow_map(best, members, Caption("Flows", "Arrows"), style(lang))


DRAWN = {
    "reliance": reliance,
    "map": supplier_map,
    "trend": trend,
    "losses": losses,
    "bonds": bonds,
    "heat": heat,
    "flows": flows,
}


@pytest.fixture(scope="module")
def page():
    """Both drawings of every picture of one page."""
    return {
        (kind, width): getattr(picture, width)
        for kind, picture in ((kind, draw()) for kind, draw in DRAWN.items())
        for width in ("wide", "narrow")
    }


def nodes(svg):
    """Every node by its bare tag."""
    return [(node.tag.rpartition("}")[2], node) for node in ET.fromstring(svg).iter()]  # noqa: S314 - our own drawing


def words(svg):
    """The texts of the drawing without the marks that isolate right-to-left runs."""
    texts = [node.text or "" for tag, node in nodes(svg) if tag == "text"]
    return [text.strip("\u2067\u2069") for text in texts]


def boxes(svg, fill):
    """Left, top, width and height of the rectangles of one colour."""
    found = []
    for tag, node in nodes(svg):
        if tag == "path" and (node.get("fill") or "").upper() == fill.upper():
            parts = re.fullmatch(r"M([^,]+),([^h]+)h([^v]+)v([^h]+)h.*", node.get("d"))
            found.append(tuple(map(float, parts.groups())))
    return found


@pytest.mark.parametrize("kind", DRAWN)
def test_drawings_are_safe_and_named(page, kind):
    """Refuted by SVG without title and description, with a script, or that calls elsewhere."""
    for width in ("wide", "narrow"):
        svg = page[kind, width]
        root = ET.fromstring(svg)  # noqa: S314 - our own drawing
        tags = [tag for tag, _ in nodes(svg)]
        assert root.get("role") == "img"
        assert tags.count("title") == tags.count("desc") == 1
        title, description = root.get("aria-labelledby").split()
        assert {title, description} <= {node.get("id") for _, node in nodes(svg)}
        assert not {"script", "image", "style", "foreignObject", "a"} & set(tags)
        assert "href" not in svg
        assert set(re.findall(r"https?://[^\"']+", svg)) <= {"http://www.w3.org/2000/svg"}
        assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", svg))
        assert "direction:ltr" in root.get("style")
        assert root.get("width") is None
        readable = [n for _, n in nodes(svg) if any("aria-" in key for key in n.attrib)]
        assert len(readable) <= 2, "screen readers meet the picture once, not each mark"


def test_ids_are_unique_on_a_page_and_resolve(page):
    """Refuted by an id that two drawings share, or a reference to none."""
    ids = [n.get("id") for svg in page.values() for _, n in nodes(svg) if n.get("id")]
    assert len(ids) == len(set(ids))
    for svg in page.values():
        own = {node.get("id") for _, node in nodes(svg)}
        assert set(re.findall(r"url\(#([^)]*)\)", svg)) <= own


@pytest.mark.parametrize("kind", DRAWN)
def test_same_input_same_bytes(page, kind):
    """Refuted by a counter, a clock or an unordered set that leaks into the drawing."""
    again = DRAWN[kind]()
    assert (again.wide, again.narrow) == (page[kind, "wide"], page[kind, "narrow"])


@pytest.mark.parametrize("kind", DRAWN)
def test_order_of_members_does_not_matter(page, kind):
    """Refuted by a drawing that follows the order in which members were given."""
    turned = DRAWN[kind](members=MEMBERS[4:] + MEMBERS[:4][::-1])
    assert turned.wide == page[kind, "wide"]
    assert turned.narrow == page[kind, "narrow"]


@pytest.mark.parametrize("kind", ["reliance", "trend", "losses", "bonds", "heat"])
def test_every_member_is_written(page, kind):
    """Refuted by a member that is left out of a picture, or cut short."""
    wide = " ".join(words(page[kind, "wide"]))
    for code in MEMBERS:
        assert all(part in wide for part in name(code).split(" "))
    if kind == "heat":
        assert set(MEMBERS) <= set(words(page[kind, "narrow"]))


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_parts_fill_the_bar(page, width):
    """Refuted by parts that overlap, leave a gap, or are not as wide as their share."""
    svg = page["reliance", width]
    colours = (figure.OWN, figure.FELLOW, figure.SOUTH, figure.REST)
    full = {}
    for colour in colours:
        for left, top, wide, tall in boxes(svg, colour):
            if tall > 10:  # the small squares beside the fellow figures are not parts
                full.setdefault(top, []).append((left, wide))
    assert len(full) == len(MEMBERS) + 1
    bar = sum(wide for _, wide in next(iter(full.values())))
    for parts in full.values():
        assert sum(wide for _, wide in parts) == pytest.approx(bar, abs=4 * EDGE)
        for (left, wide), (after, _) in itertools.pairwise(sorted(parts)):
            assert after == pytest.approx(left + wide, abs=EDGE + 1e-9)
    own = [wide for _, wide in (max(parts, key=lambda p: p[1]) for parts in full.values())]
    expected = [0.705, *sorted(shares(n)[0] for n in range(len(MEMBERS)))]
    assert own == pytest.approx([share * bar for share in expected], abs=2 * EDGE)


def test_least_self_reliant_first_under_the_group(page):
    """Refuted by rows that are not sorted by what comes from outside."""
    written = words(page["reliance", "narrow"])
    found = [text for text in written if text in {"Group", *map(name, MEMBERS)}]
    assert found == ["Group", *map(name, MEMBERS)]


def test_opposite_bars_have_one_scale(page):
    """Refuted by a pair whose two bars are not as long as their shares are to each other."""
    drawn = sorted(
        boxes(page["bonds", "wide"], figure.paint("amount-5")), key=lambda box: (box[1], box[0])
    )
    pairs = list(zip(drawn[::2], drawn[1::2], strict=True))
    ratio = pairs[0][0][2] / 0.011
    assert len(pairs) == len(MEMBERS)
    for left, right in pairs:
        assert right[2] == pytest.approx(0.004 * ratio, abs=2 * EDGE)
        assert left[0] + left[2] == pytest.approx(right[0], abs=EDGE)


@pytest.mark.parametrize("kind", DRAWN)
def test_arabic_has_its_numerals_and_no_others(kind):
    """Refuted by a figure, an axis or a year in other numerals on the Arabic page."""
    for svg in (DRAWN[kind]("ar").wide, DRAWN[kind]("ar").narrow):
        written = "".join(words(svg))
        assert ARABIC_INDIC & set(written)
        assert not set("0123456789%") & set(written)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_axis_and_labels_agree(lang):
    """Refuted by an axis that writes percent otherwise than the labels do."""
    for svg in (reliance(lang).wide, reliance(lang).narrow):
        written = words(svg)
        for share in (0, 0.25, 0.5, 0.75, 1):
            assert style(lang).percent(share) in written


@pytest.mark.parametrize(
    ("lang", "percent", "number"),
    [
        ("en", "12.3%", "-1,234,567"),
        ("fr", "12,3\u00a0%", "-1\u202f234\u202f567"),
        ("es", "12,3\u00a0%", "-1.234.567"),
        ("pt", "12,3%", "-1.234.567"),
        ("ar", "١٢٫٣٪\u061c", "\u061c-١٬٢٣٤٬٥٦٧"),
    ],
)
def test_numbers_by_language(lang, percent, number):
    """Refuted by separators, signs or numerals that are not the language's in CLDR."""
    assert style(lang).percent(0.1234, 1) == percent
    assert style(lang).number(-1234567) == number


def test_unknown_language_is_refused_in_words():
    """Refuted by a style for a language nobody speaks, or an error of Babel's."""
    with pytest.raises(InputError, match="tlh-xx"):
        NumberStyle.of("tlh-xx")


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_countries_without_data_are_hatched(page, width):
    """Refuted by a country that has a share and is hatched, or has none and is not."""
    svg = page["map", width]
    hatch = [
        node
        for tag, node in nodes(svg)
        if tag == "path" and (node.get("fill") or "").startswith("url(#")
    ]
    drawn_members = set(MEMBERS) | {"CHN", "USA", "SGP"}
    without = set(charts_projection.countries()) - drawn_members
    # One more is the square in the key; specks that round to a point may go.
    assert len(without) * 0.95 <= len(hatch) <= len(without) + 1
    assert "<pattern" in svg
    full = charts.supplier_map(
        dict.fromkeys(charts_projection.countries(), 0.01),
        (),
        MAP_WORDS,
        Caption("a", "b"),
        style(),
    )
    assert getattr(full, width).count('fill="url(#') == 1


def test_shares_fall_into_the_classes_of_the_key(page):
    """Refuted by a country coloured by another class than the key's boundaries say."""
    svg = page["map", "wide"]
    bounds = charts_canvas.nice_bounds(0.043)
    assert [style().percent(b, 1).replace(".0%", "%") for b in bounds] == [
        text for text in words(svg) if text.endswith("%")
    ]
    fills = [node.get("fill") for tag, node in nodes(svg) if tag == "path"]
    # Beside its square in the key: China; the United States at a boundary belong above it.
    assert fills.count(figure.paint("amount-6")) == 1 + 2


@pytest.mark.parametrize(
    ("members", "across"),
    [(("FJI", "WSM", "TON", "KIR"), 40), (("BRA", "ZAF", "IND"), 160), (("RUS", "CHN"), 190)],
)
def test_map_fits_groups_across_oceans(members, across):
    """Refuted by a frame that leaves a member out, or opens on the wrong side of the globe."""
    for width in (figure.WIDE, figure.NARROW):
        view = charts_projection.fit_group(members, width)
        for code in members:
            place = charts_projection.countries()[code]
            x, y = view.pixel(place.lon, place.lat)
            assert 0 <= x <= view.width
            assert 0 <= y <= view.height
        # At the equator one unit of the projection is about 66.5 degrees wide.
        assert view.width / view.scale * 66.5 < across * 1.6


@pytest.mark.parametrize("code", ["STP", "MLT", "WSM", "LUX"])
def test_our_projection_is_the_map_s(code):
    """Refuted by dots and arrows that stand beside the land they belong to."""
    view = charts_projection.fit_world(figure.WIDE)
    place = charts_projection.countries()[code]
    x, y = view.pixel(place.lon, place.lat)
    near = []
    for tag, node in nodes(supplier_map(members=(code,)).wide):
        if tag == "path" and node.get("stroke-width") == "1.5":
            start = re.match(r"M([-\d.]+),([-\d.]+)", node.get("d"))
            near.append(abs(float(start[1]) - x) + abs(float(start[2]) - y))
    # These are a degree wide at most: the outline lies within three pixels of the label's point.
    assert min(near) < 3


def test_heat_prints_a_unit_that_fits(page):
    """Refuted by figures of the finest unit where they pass the cell's edge."""
    assert "million USD" in words(page["heat", "wide"])
    places = [charts.Place(code, name(code)) for code in MEMBERS]
    large = [[54_321.0] * len(places)] * len(places)
    picture = charts.potential_heat(places, large, HEAT_WORDS, Caption("a", "b"), style())
    assert {"billion USD", "54"} <= set(words(picture.narrow))
    assert words(picture.wide).count("54,321") == len(places) * (len(places) - 1)


def test_wrong_shape_is_refused():
    """Refuted by a heat map of figures that do not belong to its places."""
    with pytest.raises(InputError, match="2 lines of 2"):
        charts.potential_heat(
            [charts.Place("A", "A"), charts.Place("B", "B")],
            [[1.0]],
            HEAT_WORDS,
            Caption("a", "b"),
            style(),
        )


def test_flow_off_the_map_is_refused():
    """Refuted by an arrow to a place the map does not have."""
    with pytest.raises(InputError, match="ROW"):
        charts.flow_map([charts.Flow("ZAF", "ROW", 1, 1)], MEMBERS, Caption("a", "b"), style())


@pytest.mark.parametrize(
    "parts",
    [shares(0), shares(10), (0.1, 0.05, 0.25, 0.6), (1.0, 0.0, 0.0, 0.0), (0.02, 0.9, 0.04, 0.04)],
)
@pytest.mark.parametrize("width", [figure.WIDE, figure.NARROW])
def test_names_of_parts_do_not_touch(parts, width):
    """Refuted by two names that overlap, or a leader that runs through a name."""
    edges = list(itertools.accumulate(parts, initial=0.0))
    points = [(a + b) / 2 * (width - 60) for a, b in itertools.pairwise(edges)]
    widths = [charts_canvas.text_width(words, 13) for words in NAMES]
    spots = charts_canvas.place_labels(points, widths, (0, width))
    for (one, point), (other, _) in itertools.permutations(zip(spots, points, strict=True), 2):
        if one.line == other.line:
            assert one.right < other.left or other.right < one.left
        elif one.line > other.line:
            # Parts of no width share one leader, which may then stand at a name's end.
            assert not other.left < point < other.right
    assert all(spot.left >= 0 and spot.right <= width + 1 for spot in spots)


@pytest.mark.parametrize("kind", DRAWN)
def test_drawings_stay_small(page, kind):
    """Refuted by a picture too heavy for a page that is read on a phone."""
    for width in ("wide", "narrow"):
        limit = MAP_BYTES[width] if kind in {"map", "flows"} else BAR_BYTES
        assert len(page[kind, width].encode()) < limit


def test_specifications_follow_the_schema(monkeypatch):
    """Refuted by a mark or an encoding that Vega-Lite's schema does not know."""
    checked = []
    real = figure.alt.LayerChart.to_dict

    def strict(chart, *args, **kwargs):
        checked.append(chart)
        return real(chart, *args, **{**kwargs, "validate": True})

    monkeypatch.setattr(figure, "debug_mode", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(figure.alt.LayerChart, "to_dict", strict)
    for draw in DRAWN.values():
        draw()
    assert len(checked) == 2 * len(DRAWN)


def test_colours_follow_the_page(page):
    """Refuted by words or lines in a colour that dark mode cannot turn."""
    for svg in page.values():
        for tag, node in nodes(svg):
            if tag == "text":
                fill = node.get("fill")
                assert fill.startswith("var(--") or fill in {"#ffffff", "#111111"}
    sheet = figure.style_sheet()
    assert all(f"--{name}: " in sheet for name in figure.PALETTE)
    asked = set(re.findall(r"var\(--([a-z0-9-]+)", "".join(page.values())))
    assert asked <= set(figure.PALETTE)

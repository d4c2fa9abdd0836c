"""Maps: where a group's final demand is earned, and the best flows among its members."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import altair as alt

from bandung.brief.charts_canvas import (
    FRONT,
    Sheet,
    decimals,
    nice_bounds,
    text_width,
)
from bandung.brief.charts_projection import (
    View,
    countries,
    fit_group,
    fit_world,
    topology,
)
from bandung.brief.figure import HATCH, NARROW, Figure, NumberStyle, paint, render
from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bandung.brief.figure import Caption

# Above this many members only those with a flow are marked by their code.
MOST_NAMED = 30
_BEND = 0.16
_STEPS = 16


@dataclass(frozen=True, slots=True)
class MapWords:
    """Words of the map's key, in the page's language.

    Attributes
    ----------
    scale
        What the colour says: «share of the group's final demand».
    no_data
        What the hatching says.
    members
        What the heavy outline says.
    """

    scale: str
    no_data: str
    members: str


@dataclass(frozen=True, slots=True)
class Flow:
    """One of the best flows: codes of the two members, million USD, its rank in the table."""

    supplier: str
    buyer: str
    value: float
    rank: int


def supplier_map(
    share: Mapping[str, float],
    members: Sequence[str],
    words: MapWords,
    caption: Caption,
    style: NumberStyle,
) -> Figure:
    """Draw who, outside each buyer itself, earns the group's final demand.

    Parameters
    ----------
    share
        Fraction of the group's final demand by ISO 3166-1 alpha-3 code. A region that has one
        share as a whole is given by its countries; codes that are not on the map (the rest of
        the world) are not drawn.
    members
        Codes of the group's members, in any order: outlined.
    words
        The key.
    caption, style
        The words for readers who do not see the picture, and the language.
    """
    spread = {code: value for code, value in share.items() if code in countries()}
    inside = set(members) & countries().keys()
    bounds = nice_bounds(max(spread.values(), default=0.0))

    def build(width: int) -> alt.LayerChart:
        return _suppliers(Sheet(width, style), spread, sorted(inside), bounds, words)

    return render(build, caption, style, {"world": topology()})


def flow_map(
    flows: Sequence[Flow],
    members: Sequence[str],
    caption: Caption,
    style: NumberStyle,
) -> Figure:
    """Draw numbered arrows among the members, as wide as their value, on a map that fits them.

    Parameters
    ----------
    flows
        The best ones, in any order; ranks count from 1 and stand beside the table's words.
    members
        Codes of the group's members, in any order: tinted, and their codes written.
    caption, style
        The words for readers who do not see the picture, and the language.

    Raises
    ------
    InputError
        If a flow starts or ends at a place that is not on the map.
    """
    for flow in flows:
        for end in (flow.supplier, flow.buyer):
            if end not in countries():
                raise InputError(
                    f"flow {flow.rank} from {flow.supplier!r} to {flow.buyer!r}: {end!r} is not on "
                    "the world map; leave it out or name one of its countries"
                )
    ordered = sorted(flows, key=lambda flow: flow.rank)

    def build(width: int) -> alt.LayerChart:
        return _flows(Sheet(width, style), ordered, members)

    return render(build, caption, style, {"world": topology()})


def _land(view: View, looks: Mapping[str, str], other: str, edge: tuple[str, float]) -> alt.Chart:
    """Draw all countries, those named with their own fill and the others alike."""
    rows = [{"id": code, "fill": fill} for code, fill in sorted(looks.items())]
    fill = alt.LookupData(alt.InlineData(values=rows), key="id", fields=["fill"])
    return (
        _shapes(view, edge)
        .transform_lookup(lookup="id", from_=fill, default=other)
        .encode(fill=alt.Fill("fill:N", scale=None))
    )


def _outline(view: View, codes: Sequence[str], edge: tuple[str, float]) -> alt.Chart:
    return _shapes(view, edge, fill="transparent").transform_filter(
        alt.FieldOneOfPredicate(field="id", oneOf=list(codes))
    )


def _shapes(view: View, edge: tuple[str, float], fill: str | None = None) -> alt.Chart:
    """Draw countries with an edge of a colour and a width in pixels."""
    form = alt.TopoDataFormat(type="topojson", feature="countries")
    margin = 4
    look = alt.MarkDef(
        type="geoshape",
        clip=False,
        fill=fill or alt.Undefined,
        stroke=edge[0],
        strokeWidth=edge[1],
        strokeJoin="round",
    )
    place = alt.Projection(
        type="equalEarth",
        rotate=[-view.centre, 0, 0],
        scale=view.scale,
        translate=list(view.shift),
        clipExtent=[[-margin, -margin], [view.width + margin, view.height + margin]],
        precision=0.3,
    )
    named = alt.NamedData(name="world", format=form)
    return alt.Chart(named, mark=look, projection=place)


def _suppliers(
    sheet: Sheet,
    share: Mapping[str, float],
    members: Sequence[str],
    bounds: Sequence[float],
    words: MapWords,
) -> alt.LayerChart:
    view = fit_world(sheet.width)
    narrow = sheet.width <= NARROW
    looks = {code: _amount(value, bounds) for code, value in share.items()}
    looks |= {code: paint("paper") for code in members if code not in share}
    thin = 0.25 if narrow else 0.4
    sheet.add(_land(view, looks, HATCH, (paint("muted"), thin)))
    sheet.add(_outline(view, members, (paint("ink"), 1.0 if narrow else 1.5)))
    for code in sorted(set(share) | set(members)):
        place = countries()[code]
        if place.small:
            inside = code in members
            x, y = view.pixel(place.lon, place.lat)
            sheet.dot(
                x,
                y,
                2.0 if narrow else 3.0,
                fill=looks[code],
                stroke=paint("ink" if inside else "muted"),
                strokeWidth=1.3 if inside else 0.6,
            )
    return sheet.chart(_key(sheet, bounds, words, view.height + 12))


def _amount(value: float, bounds: Sequence[float]) -> str:
    return paint(f"amount-{bisect_right(bounds, value) + 1}")


def _key(sheet: Sheet, bounds: Sequence[float], words: MapWords, top: float) -> float:
    """Draw the key below the map; return where the sheet ends."""
    rtl = sheet.style.rtl
    edge, anchor = (sheet.width - 1, "right") if rtl else (1, "left")
    cell = 44.0
    sheet.text(edge, top + 6, words.scale, anchor)
    left = sheet.width - 1 - cell * (len(bounds) + 1) if rtl else 1
    thin = {"stroke": paint("muted"), "strokeWidth": 0.5}
    for number in range(len(bounds) + 1):
        x = left + cell * number
        sheet.box(x, top + 18, x + cell, top + 30, fill=paint(f"amount-{number + 1}"), **thin)
    for number, bound in enumerate(bounds):
        label = sheet.style.percent(bound, decimals([bound]))
        sheet.text(
            left + cell * (number + 1),
            top + 40,
            label,
            "center",
            fontSize=sheet.size - 1,
            color=paint("muted"),
        )
    beside = sheet.width > NARROW
    down = top + 24 if beside else top + 62
    start = left + cell * (len(bounds) + 1) + 40 if not rtl else left - 40
    at = start if beside else edge
    for word, look in (
        (words.members, {"fill": paint("paper"), "stroke": paint("ink"), "strokeWidth": 1.5}),
        (words.no_data, {"fill": HATCH, **thin}),
    ):
        side = -1 if rtl else 1
        near, far = at, at + side * 20
        sheet.box(min(near, far), down - 6, max(near, far), down + 6, **look)
        sheet.text(far + side * 6, down, word, anchor)
        at = far + side * (6 + text_width(word, sheet.size) + 26)
    return down + (24 if beside else 10)


def _flows(sheet: Sheet, flows: Sequence[Flow], members: Sequence[str]) -> alt.LayerChart:
    codes = sorted(set(members) & countries().keys())
    view = fit_group(codes, sheet.width)
    narrow = sheet.width <= NARROW
    tint = dict.fromkeys(codes, paint("tint"))
    sheet.add(_land(view, tint, paint("land"), (paint("paper"), 0.8)))
    points = {
        code: view.pixel(countries()[code].lon, countries()[code].lat)
        for code in sorted({code for flow in flows for code in (flow.supplier, flow.buyer)})
    }
    if len(codes) <= MOST_NAMED:
        points |= {code: view.pixel(countries()[code].lon, countries()[code].lat) for code in codes}
    for code, (x, y) in points.items():
        small = countries()[code].small
        sheet.dot(
            x,
            y,
            4 if small else 2.5,
            fill=paint("tint" if small else "ink"),
            stroke=paint("ink"),
            strokeWidth=1 if small else 0,
        )
    highest = max((flow.value for flow in flows), default=1.0)
    radius = 8.0 if narrow else 9.5
    curves = {}
    for flow in flows:
        curves[flow.rank] = _curve(points[flow.supplier], points[flow.buyer])
    for number, flow in enumerate(reversed(flows)):
        wide = max(flow.value / highest * (5.0 if narrow else 8.0), 1.8)
        outline = _arrow(curves[flow.rank], wide)
        look = {"interpolate": "linear-closed", "strokeJoin": "round"}
        depth = FRONT + number / 100
        sheet.curve(
            outline, depth, **look, fill=paint("paper"), stroke=paint("paper"), strokeWidth=2
        )
        sheet.curve(outline, depth, **look, fill=paint("line"), strokeWidth=0)
    codes_at = _codes(sheet, points, curves)
    for rank, (x, y) in _badges(curves, codes_at, radius).items():
        _badge(sheet, (x, y), radius, sheet.style.number(rank))
    return sheet.chart(view.height)


def _badge(sheet: Sheet, at: tuple[float, float], radius: float, words: str) -> None:
    x, y = at
    look: dict[str, Any] = {"fill": paint("paper"), "stroke": paint("line"), "strokeWidth": 1.5}
    sheet.dot(x, y, radius, depth=FRONT + 0.9, **look)
    sheet.text(x, y + 0.5, words, "center", fontSize=sheet.size - 1, fontWeight="bold")


def _curve(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Return points of a gentle bend from start to end, always to the left of the way."""
    across, down = end[0] - start[0], end[1] - start[1]
    bend = (
        (start[0] + end[0]) / 2 + _BEND * down,
        (start[1] + end[1]) / 2 - _BEND * across,
    )
    length = max(math.hypot(across, down), 1.0)
    clear = min(5.0 / length, 0.2)
    points = []
    for step in range(_STEPS + 1):
        t = clear + (1 - 2 * clear) * step / _STEPS
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        points.append(
            (
                a * start[0] + b * bend[0] + c * end[0],
                a * start[1] + b * bend[1] + c * end[1],
            )
        )
    return points


def _arrow(curve: Sequence[tuple[float, float]], wide: float) -> list[tuple[float, float]]:
    """Return the outline of an arrow along a curve: shaft, head, tip."""
    length = sum(math.dist(a, b) for a, b in pairwise(curve))
    head = min(max(8.0, wide * 1.6), length * 0.6)
    half = max(4.5, wide * 1.05)
    tip = curve[-1]
    shaft = [point for point in curve if math.dist(point, tip) > head] or [curve[0]]
    left, right = [], []
    for number, point in enumerate(shaft):
        after = shaft[number + 1] if number + 1 < len(shaft) else tip
        nx, ny = _normal(point, after)
        left.append((point[0] + nx * wide / 2, point[1] + ny * wide / 2))
        right.append((point[0] - nx * wide / 2, point[1] - ny * wide / 2))
    nx, ny = _normal(shaft[-1], tip)
    x, y = shaft[-1]
    corners = [(x + nx * half, y + ny * half), tip, (x - nx * half, y - ny * half)]
    return [*left, *corners, *reversed(right)]


def _normal(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    length = math.dist(start, end) or 1.0
    return (end[1] - start[1]) / length, -(end[0] - start[0]) / length


def _badges(
    curves: Mapping[int, Sequence[tuple[float, float]]],
    codes: Sequence[tuple[float, float]],
    radius: float,
) -> dict[int, tuple[float, float]]:
    """Place each rank on or beside its own arrow, away from other ranks and arrows."""
    placed: dict[int, tuple[float, float]] = {}
    for rank, curve in curves.items():
        spots = []
        for step, aside in product(range(3, _STEPS - 2), (0, 1, -1)):
            nx, ny = _normal(curve[step - 1], curve[step + 1])
            x, y = curve[step]
            shift = aside * (radius + 5)
            at = (x + nx * shift, y + ny * shift)
            others = [
                min(math.dist(at, point) for point in other)
                for name, other in curves.items()
                if name != rank
            ]
            own = min(math.dist(at, point) for point in curve)
            cost = abs(step - _STEPS / 2) + 10 * abs(aside)
            cost += 100 * sum(math.dist(at, other) < 2 * radius + 3 for other in placed.values())
            cost += 12 * sum(other < radius for other in others)
            cost += 30 * (aside != 0) * sum(other < own + 6 for other in others)
            cost += 60 * sum(
                abs(at[0] - x) < radius + 16 and abs(at[1] - y) < radius + 7 for x, y in codes
            )
            cost += 40 * (math.dist(at, curve[-1]) < radius + 9)
            spots.append((cost, at))
        placed[rank] = min(spots)[1]
    return placed


def _codes(
    sheet: Sheet,
    points: Mapping[str, tuple[float, float]],
    curves: Mapping[int, Sequence[tuple[float, float]]],
) -> list[tuple[float, float]]:
    """Write each code beside its point, on the side with the most room; return where."""
    written: list[tuple[float, float]] = []
    wide = text_width("WWW", 11)
    for code, (x, y) in points.items():
        aside = wide / 2 + 5
        spots = [(x, y + 11), (x, y - 11), (x + aside, y), (x - aside, y)]
        spots += [(x + across, y + down) for across in (aside, -aside) for down in (11, -11)]
        crowded = [
            sum(math.dist(spot, p) < 13 for curve in curves.values() for p in curve)
            + 60 * (not wide / 2 <= spot[0] <= sheet.width - wide / 2)
            + 30 * sum(abs(spot[0] - a) < wide and abs(spot[1] - b) < 12 for a, b in written)
            + 5 * sum(math.dist(spot, point) < 12 for point in points.values() if point != (x, y))
            for spot in spots
        ]
        at = spots[crowded.index(min(crowded))]
        sheet.text(*at, code, "center", fontSize=11, stroke=paint("paper"), strokeWidth=2.5)
        written.append(at)
    return written

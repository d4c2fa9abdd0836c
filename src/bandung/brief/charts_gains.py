"""The chart of gains and losses: a dot per member beside a heavy line of zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bandung.brief.charts_canvas import (
    BODY,
    FRONT,
    Sheet,
    alphabetical,
    decimals,
    gutter,
    text_width,
    ticks_around,
    wrapped,
)
from bandung.brief.figure import NARROW, Figure, NumberStyle, paint, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt

    from bandung.brief.figure import Caption

LOSS = "#D55E00"
"""Okabe and Ito's vermilion: three to one against white and against the dark page."""
HALO = {"stroke": paint("paper"), "strokeWidth": 3}
WIDE_HALO = {**HALO, "strokeWidth": 6}
"""Around words above a dot, which may stand on the line of zero."""
NAME_LIMIT = 190
REMARK_LIMIT = 136
RADIUS = 5.5
BEYOND_DOT, BEYOND_BAND, BEYOND_ZERO = 10, 6, 9
GAP = 9
"""Between rows whose names stand above their dots."""
BAND = {"fillOpacity": 0.4}
MOST_TICKS = (6, 5, 4, 3)


@dataclass(frozen=True, slots=True)
class Gain:
    """What one member gains or loses, as fractions.

    Attributes
    ----------
    label
        Name in the page's language.
    change
        Above 0: gains.
    low, high
        Ends of the interval; None where there is none.
    remark
        Words beside the dot, such as how often it gains; may be empty.
    """

    label: str
    change: float
    low: float | None = None
    high: float | None = None
    remark: str = ""

    @property
    def least(self) -> float:
        """The lowest of change, interval and zero."""
        return min(0.0, self.change, self.change if self.low is None else self.low)

    @property
    def most(self) -> float:
        """The highest of change, interval and zero."""
        return max(0.0, self.change, self.change if self.high is None else self.high)


class _Plot(NamedTuple):
    """Where the plot stands: its edges, the pixel of zero, and pixels per unit."""

    left: float
    right: float
    zero: float
    scale: float

    def at(self, value: float) -> float:
        return self.zero + self.scale * value


class _Columns(NamedTuple):
    """Where names and remarks stand: pixel, anchor and room of each; above the plot or beside."""

    name: tuple[float, str, float]
    remark: tuple[float, str, float]
    above: bool


def gains(
    rows: Sequence[Gain],
    heads: tuple[str, str],
    caption: Caption,
    style: NumberStyle,
    digits: int = 2,
) -> Figure:
    """Draw a dot per member, losers to the left of zero, with its interval behind it.

    Parameters
    ----------
    rows
        In any order: sorted here, the gravest loss first.
    heads
        What the left and the right of zero are: «loss», «gain».
    caption, style
        The words for readers who do not see the picture, and the language.
    digits
        Decimals of the percentages beside the dots.
    """
    ordered = sorted(rows, key=lambda row: (round(row.change, 12), *alphabetical(row.label)))

    def build(width: int) -> alt.LayerChart:
        return _gains(Sheet(width, style), ordered, heads, digits)

    return render(build, caption, style)


def _gains(
    sheet: Sheet, rows: Sequence[Gain], heads: tuple[str, str], digits: int
) -> alt.LayerChart:
    columns, edges = _columns(sheet, rows)
    values = [sheet.style.signed_percent(row.change, digits) for row in rows]
    plot = _fitted(sheet, rows, values, heads, edges)
    down = sheet.size * 1.45 + 4
    top = down - 6
    for head, side, anchor in zip(heads, (-1, 1), ("right", "left"), strict=True):
        x = plot.zero + side * BEYOND_ZERO
        sheet.text(x, down / 2 - 3, head, anchor, fontWeight="bold", **HALO)
    for row, value in zip(rows, values, strict=True):
        down = _named(sheet, columns, row, down)
        tall = _beside(sheet, columns, row, down)
        middle = down + tall / 2
        if not columns.above:
            sheet.rule((plot.left, middle), (plot.right, middle))
        _mark(sheet, plot, row, value, middle)
        down += tall + (GAP if columns.above else 0)
    sheet.rule((plot.zero, top), (plot.zero, down), BODY + 0.5, color=paint("ink"), strokeWidth=2.5)
    _axis(sheet, plot, rows, (top, down))
    return sheet.chart(down, below=22)


def _columns(sheet: Sheet, rows: Sequence[Gain]) -> tuple[_Columns, tuple[float, float]]:
    """Share the width out; return the columns of words and the edges of the plot."""
    far, rtl = sheet.width, sheet.style.rtl
    if far <= NARROW:
        start = (far, "right", far - 4) if rtl else (0.0, "left", far - 4)
        return _Columns(start, start, above=True), (1.0, far - 1)
    room = gutter([row.label for row in rows], NAME_LIMIT, sheet.size)
    lines = [line for row in rows for line in wrapped(row.remark, REMARK_LIMIT, sheet.size) if line]
    remark = max((text_width(line, sheet.size) for line in lines), default=0)
    column = remark + 12 if remark else 2.0
    if rtl:
        name, beside = (far - room + 10, "left", NAME_LIMIT), (column - 12, "right", REMARK_LIMIT)
        return _Columns(name, beside, above=False), (column, far - room)
    name, beside = (room - 10, "right", NAME_LIMIT), (far - column + 12, "left", REMARK_LIMIT)
    return _Columns(name, beside, above=False), (room, far - column)


def _fitted(
    sheet: Sheet,
    rows: Sequence[Gain],
    values: Sequence[str],
    heads: tuple[str, str],
    edges: tuple[float, float],
) -> _Plot:
    """Find the widest scale at which every band and figure is inside the edges.

    On each side a row asks for its reach times the scale, and for pixels besides.
    """
    sides: list[list[tuple[float, float]]] = [
        [(0.0, text_width(head, sheet.size, bold=True) + BEYOND_ZERO)] for head in heads
    ]
    for row, value in zip(rows, values, strict=True):
        width = text_width(value, sheet.size) + BEYOND_DOT
        sides[0].append((-row.least, width if row.change < 0 else RADIUS))
        sides[1].append((row.most, RADIUS if row.change < 0 else width))
    left, right = edges
    scales = [
        (right - left - here - there) / (a + b)
        for a, here in sides[0]
        for b, there in sides[1]
        if a + b > 0
    ]
    scale = min(scales, default=1.0)
    zero = left + max(reach * scale + pixels for reach, pixels in sides[0])
    return _Plot(left, right, zero, scale)


def _named(sheet: Sheet, columns: _Columns, row: Gain, down: float) -> float:
    """Write name and remark from ``down`` on above the dot, if that is their place."""
    if not columns.above:
        return down
    step = sheet.size * 1.2
    for words, (x, anchor, room), colour in (
        (row.label, columns.name, "ink"),
        (row.remark, columns.remark, "muted"),
    ):
        lines = wrapped(words, room, sheet.size) if words else []
        tall = len(lines) * step
        sheet.lines(x, down + tall / 2, lines, anchor, color=paint(colour), **WIDE_HALO)
        down += tall
    return down + 1


def _beside(sheet: Sheet, columns: _Columns, row: Gain, down: float) -> float:
    """Write name and remark beside the dot, if that is their place; return the row's height."""
    if columns.above:
        return 20
    cells = [
        (wrapped(words, room, sheet.size), x, anchor, colour)
        for words, (x, anchor, room), colour in (
            (row.label, columns.name, "ink"),
            (row.remark, columns.remark, "muted"),
        )
        if words
    ]
    tall = max(26.0, max(len(lines) for lines, *_ in cells) * sheet.size * 1.2 + 6)
    for lines, x, anchor, colour in cells:
        sheet.lines(x, down + tall / 2, lines, anchor, color=paint(colour))
    return tall


def _mark(sheet: Sheet, plot: _Plot, row: Gain, value: str, middle: float) -> None:
    """Draw the band, in the colour of each side of zero, the dot, and the figure beyond both."""
    blue = paint("line")
    if row.low is not None and row.high is not None:
        for low, high, colour in (
            (row.low, min(row.high, 0.0), LOSS),
            (max(row.low, 0.0), row.high, blue),
        ):
            if low < high:
                sheet.box(plot.at(low), middle - 4, plot.at(high), middle + 4, fill=colour, **BAND)
    loses = row.change < 0
    dot = plot.at(row.change)
    colour = paint("muted") if row.change == 0 else LOSS if loses else blue
    sheet.dot(dot, middle, RADIUS, FRONT, color=colour, stroke=paint("paper"), strokeWidth=1)
    if loses:
        x = min(dot - BEYOND_DOT, plot.at(row.least) - BEYOND_BAND)
        sheet.text(x, middle, value, "right", **HALO)
    else:
        x = max(dot + BEYOND_DOT, plot.at(row.most) + BEYOND_BAND)
        sheet.text(x, middle, value, "left", **HALO)


def _axis(sheet: Sheet, plot: _Plot, rows: Sequence[Gain], down: tuple[float, float]) -> None:
    """Draw the axis with as many round ticks as have room for their labels."""
    least = min((row.least for row in rows), default=0.0)
    most = max((row.most for row in rows), default=0.0)
    for count in MOST_TICKS:
        ticks = [
            tick
            for tick in ticks_around(least, most, count)
            if plot.left <= plot.at(tick) <= plot.right
        ]
        places = decimals(ticks)
        widest = max(
            text_width(sheet.style.percent(tick, places), sheet.size - 1) for tick in ticks
        )
        if plot.scale * (ticks[-1] - ticks[0]) >= (len(ticks) - 1) * (widest + 8):
            break
    if len(ticks) > 1:
        sheet.percent_axis((plot.at(ticks[0]), plot.at(ticks[-1])), down, ticks)

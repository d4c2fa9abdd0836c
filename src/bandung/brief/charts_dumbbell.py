"""The chart of two ways for each member: a ring and a disc, joined, beside a heavy line of zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bandung.brief.charts_canvas import (
    BODY,
    FRONT,
    Sheet,
    alphabetical,
    gutter,
    text_width,
    wrapped,
)
from bandung.brief.charts_zero import WIDE_HALO, draw_zero, fitted, head_zero, sign_colour
from bandung.brief.figure import NARROW, Figure, NumberStyle, paint, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt

    from bandung.brief.charts_zero import Plot
    from bandung.brief.figure import Caption

NAME_LIMIT = 190
COLUMN_LIMIT = 104
RING, DISC = 6.5, 4.5
"""Radii: a disc in the middle of a ring leaves both to be seen."""
ROW, ROW_BELOW_NAME = 28.0, 22.0
GAP = 8
INSET = 24.0
"""On a phone, room on both sides of the plot for half a label of the axis."""


@dataclass(frozen=True, slots=True)
class Dumbbell:
    """What one member would gain or lose in either of two ways, as fractions.

    Attributes
    ----------
    label
        Name in the page's language.
    ring, disc
        Changes of real income in the first and the second way. Above 0: gains.
    """

    label: str
    ring: float
    disc: float


@dataclass(frozen=True, slots=True)
class DumbbellWords:
    """Words of the chart.

    Attributes
    ----------
    loss, gain
        What the left and the right of zero are.
    ring, disc
        The two ways; they head the columns of figures and so are the key.
    """

    loss: str
    gain: str
    ring: str
    disc: str


class _Layout(NamedTuple):
    """Where things stand: names (pixel, anchor, room), the plot's edges, columns of figures."""

    name: tuple[float, str, float]
    edges: tuple[float, float]
    columns: tuple[float, float]
    anchor: str
    room: float
    above: bool


def dumbbells(
    rows: Sequence[Dumbbell],
    words: DumbbellWords,
    caption: Caption,
    style: NumberStyle,
    digits: int = 2,
) -> Figure:
    """Draw a ring and a disc for each member on one axis, with both figures beside them.

    Parameters
    ----------
    rows
        In any order: sorted here, the gravest loss of the rings first.
    words, caption, style
        Words on the chart, words for readers who do not see it, and the language.
    digits
        Decimals of the percentages.
    """
    ordered = sorted(rows, key=lambda row: (round(row.ring, 12), *alphabetical(row.label)))

    def build(width: int) -> alt.LayerChart:
        return _drawn(Sheet(width, style), ordered, words, digits)

    return render(build, caption, style)


def _drawn(
    sheet: Sheet, rows: Sequence[Dumbbell], words: DumbbellWords, digits: int
) -> alt.LayerChart:
    figures = [
        tuple(sheet.style.signed_percent(each, digits) for each in (row.ring, row.disc))
        for row in rows
    ]
    layout = _layout(sheet, rows, words, figures)
    values = [value for row in rows for value in (row.ring, row.disc)]
    reach = min(0.0, *values), max(0.0, *values)
    marks = [(-reach[0], RING + 2.0)], [(reach[1], RING + 2.0)]
    plot = fitted(sheet, (words.loss, words.gain), marks, layout.edges)
    down = _head(sheet, layout, plot, words)
    top = down - 4
    strips = []
    for row, figure in zip(rows, figures, strict=True):
        lines = wrapped(row.label, layout.name[2], sheet.size)
        tall = len(lines) * sheet.size * 1.2
        height = tall + ROW_BELOW_NAME if layout.above else max(ROW, tall + 6)
        middle = down + (tall + 1 + ROW_BELOW_NAME / 2 if layout.above else height / 2)
        named = down + (tall / 2 if layout.above else height / 2)
        if not layout.above:
            sheet.rule((plot.left, middle), (plot.right, middle))
        x, anchor, _ = layout.name
        sheet.lines(x, named, lines, anchor, **WIDE_HALO)
        first = named - sheet.size * 0.6 * (len(lines) - 1) if layout.above else middle
        for column, text in zip(layout.columns, figure, strict=True):
            sheet.text(column, first, text, layout.anchor, **WIDE_HALO)
        _mark(sheet, plot, row, middle)
        down += height
        strips.append((middle - ROW_BELOW_NAME / 2, down) if layout.above else (top, down))
        down += GAP if layout.above else 0
    draw_zero(sheet, plot, reach, (top, down), strips)
    return sheet.chart(down, below=22)


def _layout(
    sheet: Sheet,
    rows: Sequence[Dumbbell],
    words: DumbbellWords,
    figures: Sequence[tuple[str, ...]],
) -> _Layout:
    """Share the width out: names, plot and figures side by side, or the plot below on a phone."""
    far, rtl = sheet.width, sheet.style.rtl
    widest = max((text_width(text, sheet.size) for pair in figures for text in pair), default=0.0)
    longest = max(
        text_width(part, sheet.size, bold=True)
        for head in (words.ring, words.disc)
        for part in head.split(" ")
    )
    column = min(max(widest, longest), COLUMN_LIMIT) + 6
    step = column + 10
    anchor = "left" if rtl else "right"
    columns = (step, 0.0) if rtl else (far - step, far)
    beyond = 2 * step
    if far <= NARROW:
        start = (far, "right", far - beyond) if rtl else (0.0, "left", far - beyond)
        return _Layout(start, (INSET, far - INSET), columns, anchor, column, above=True)
    room = gutter([row.label for row in rows], NAME_LIMIT, sheet.size)
    if rtl:
        name = (far - room + 10, "left", NAME_LIMIT)
        return _Layout(name, (beyond, far - room), columns, anchor, column, above=False)
    name = (room - 10, "right", NAME_LIMIT)
    return _Layout(name, (room, far - beyond), columns, anchor, column, above=False)


def _head(sheet: Sheet, layout: _Layout, plot: Plot, words: DumbbellWords) -> float:
    """Write what the two ways are, each under its mark, and loss and gain; return the height."""
    heads = [wrapped(head, layout.room, sheet.size, bold=True) for head in (words.ring, words.disc)]
    step = sheet.size * 1.2
    tall = max(map(len, heads)) * step
    inward = 1 if layout.anchor == "left" else -1
    for x, lines, ring in zip(layout.columns, heads, (True, False), strict=True):
        _sign(sheet, x + inward * ((RING if ring else DISC) + 1), RING + 2, ring=ring)
        top = 2 * RING + 6
        sheet.lines(
            x, top + len(lines) * step / 2, lines, layout.anchor, fontWeight="bold", **WIDE_HALO
        )
    down = 2 * RING + 6 + tall + 8
    if layout.above:
        down += sheet.size * 1.45
    head_zero(sheet, plot, (words.loss, words.gain), down - sheet.size * 0.8 - 3)
    return down


def _sign(sheet: Sheet, x: float, y: float, *, ring: bool, change: float = 1.0) -> None:
    """Draw a ring or a disc in the colour of its change."""
    colour = sign_colour(change)
    if ring:
        sheet.dot(x, y, RING, FRONT, color=paint("paper"), stroke=colour, strokeWidth=2.5)
    else:
        edge = {"stroke": paint("paper"), "strokeWidth": 1}
        sheet.dot(x, y, DISC, FRONT + 0.5, color=colour, **edge)


def _mark(sheet: Sheet, plot: Plot, row: Dumbbell, middle: float) -> None:
    ring, disc = plot.at(row.ring), plot.at(row.disc)
    sheet.rule((ring, middle), (disc, middle), BODY + 0.7, color=paint("muted"), strokeWidth=2)
    _sign(sheet, ring, middle, ring=True, change=row.ring)
    _sign(sheet, disc, middle, ring=False, change=row.disc)

"""The chart of gains and losses: a dot per member beside a heavy line of zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bandung.brief.charts_canvas import (
    FRONT,
    Sheet,
    alphabetical,
    gutter,
    text_width,
    wrapped,
)
from bandung.brief.charts_zero import (
    HALO,
    LOSS,
    WIDE_HALO,
    Plot,
    draw_zero,
    fitted,
    head_zero,
    sign_colour,
)
from bandung.brief.figure import NARROW, Figure, NumberStyle, paint, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt

    from bandung.brief.figure import Caption

NAME_LIMIT = 190
REMARK_LIMIT = 136
RADIUS = 5.5
BEYOND_DOT, BEYOND_BAND = 10, 6
GAP = 9
"""Between rows whose names stand above their dots."""
BAND = {"fillOpacity": 0.4}


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
    plot = fitted(sheet, heads, _sides(sheet, rows, values), edges)
    down = sheet.size * 1.45 + 4
    top = down - 6
    head_zero(sheet, plot, heads, down / 2 - 3)
    for row, value in zip(rows, values, strict=True):
        down = _named(sheet, columns, row, down)
        tall = _beside(sheet, columns, row, down)
        middle = down + tall / 2
        if not columns.above:
            sheet.rule((plot.left, middle), (plot.right, middle))
        _mark(sheet, plot, row, value, middle)
        down += tall + (GAP if columns.above else 0)
    reach = (
        min((row.least for row in rows), default=0.0),
        max((row.most for row in rows), default=0.0),
    )
    draw_zero(sheet, plot, reach, (top, down))
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


def _sides(
    sheet: Sheet, rows: Sequence[Gain], values: Sequence[str]
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return the reach of every band or dot, and the pixels beyond it, on each side of zero."""
    left, right = [], []
    for row, value in zip(rows, values, strict=True):
        width = text_width(value, sheet.size) + BEYOND_DOT
        left.append((-row.least, width if row.change < 0 else RADIUS))
        right.append((row.most, RADIUS if row.change < 0 else width))
    return left, right


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


def _mark(sheet: Sheet, plot: Plot, row: Gain, value: str, middle: float) -> None:
    """Draw the band, in the colour of each side of zero, the dot, and the figure beyond both."""
    blue = paint("line")
    if row.low is not None and row.high is not None:
        for low, high, fill in (
            (row.low, min(row.high, 0.0), LOSS),
            (max(row.low, 0.0), row.high, blue),
        ):
            if low < high:
                sheet.box(plot.at(low), middle - 4, plot.at(high), middle + 4, fill=fill, **BAND)
    loses = row.change < 0
    dot = plot.at(row.change)
    sheet.dot(
        dot,
        middle,
        RADIUS,
        FRONT,
        color=sign_colour(row.change),
        stroke=paint("paper"),
        strokeWidth=1,
    )
    if loses:
        x = min(dot - BEYOND_DOT, plot.at(row.least) - BEYOND_BAND)
        sheet.text(x, middle, value, "right", **HALO)
    else:
        x = max(dot + BEYOND_DOT, plot.at(row.most) + BEYOND_BAND)
        sheet.text(x, middle, value, "left", **HALO)

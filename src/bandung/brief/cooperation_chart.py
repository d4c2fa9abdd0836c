"""The chart of what is on record: a bar for each giver and receiver, by how the accounts agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bandung.brief.charts_canvas import FRONT, Sheet, gutter, text_width, wrapped
from bandung.brief.figure import NARROW, OWN, REST, Figure, NumberStyle, paint, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt

    from bandung.brief.figure import Caption

DIFFERS = "#E69F00"
"""Okabe and Ito's orange, apart from blue and grey in every kind of colour vision."""
COLOURS = (OWN, DIFFERS, REST)
ON_COLOURS = ("#ffffff", "#111111", "#111111")
NAME_LIMIT = 230
BAR = 18
SQUARE = 11
GAP = 16


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one member gave another, as numbers of exchanges.

    Attributes
    ----------
    label
        Who gave and who received, in the page's language.
    counts
        Recorded alike by both sides, differently, and by one side only.
    """

    label: str
    counts: tuple[int, int, int]


class _Plot(NamedTuple):
    begin: float
    scale: float
    rtl: bool

    def across(self, count: float) -> float:
        reach = self.scale * count
        return self.begin - reach if self.rtl else self.begin + reach


def recorded(
    rows: Sequence[Recorded], heads: tuple[str, str, str], caption: Caption, style: NumberStyle
) -> Figure:
    """Draw a bar for each row, in the order given.

    Parameters
    ----------
    heads
        What the three parts of a bar are.
    caption, style
        The words for readers who do not see the picture, and the language.
    """

    def build(width: int) -> alt.LayerChart:
        return _bars(Sheet(width, style), rows, heads)

    return render(build, caption, style)


def _bars(sheet: Sheet, rows: Sequence[Recorded], heads: tuple[str, str, str]) -> alt.LayerChart:
    narrow, rtl, far = sheet.width <= NARROW, sheet.style.rtl, sheet.width
    room = 0.0 if narrow else gutter([row.label for row in rows], NAME_LIMIT, sheet.size)
    most = max(sum(row.counts) for row in rows)
    widest = text_width(sheet.style.number(most, 0), sheet.size, bold=True) + 10
    plot = _Plot(far - room if rtl else room, (far - room - widest) / most, rtl)
    down = _heads(sheet, heads, 0.0)
    for row in rows:
        down = _row(sheet, plot, row, down, room)
    return sheet.chart(down)


def _heads(sheet: Sheet, heads: tuple[str, str, str], down: float) -> float:
    """Write what the colours are, from the side the language begins at, in as many lines."""
    rtl, far = sheet.style.rtl, sheet.width
    at, step = 0.0, sheet.size * 1.5
    for colour, words in zip(COLOURS, heads, strict=True):
        width = SQUARE + 6 + text_width(words, sheet.size) + GAP
        if at and at + width - GAP > far:
            at, down = 0.0, down + step
        left = far - at - SQUARE if rtl else at
        middle = down + step / 2
        sheet.box(left, middle - SQUARE / 2, left + SQUARE, middle + SQUARE / 2, fill=colour)
        x = left - 6 if rtl else left + SQUARE + 6
        sheet.text(x, middle, words, "right" if rtl else "left")
        at += width
    return down + step + 6


def _row(sheet: Sheet, plot: _Plot, row: Recorded, down: float, room: float) -> float:
    if room:
        lines = wrapped(row.label, NAME_LIMIT, sheet.size)
        tall = max(BAR + 8.0, len(lines) * sheet.size * 1.2 + 6)
        x = plot.begin + 10 if plot.rtl else plot.begin - 10
        sheet.lines(x, down + tall / 2, lines, "left" if plot.rtl else "right")
    else:
        lines = wrapped(row.label, sheet.width, sheet.size)
        tall = BAR + 8.0
        named = len(lines) * sheet.size * 1.2
        sheet.lines(plot.begin, down + named / 2, lines, "right" if plot.rtl else "left")
        down += named
    top, middle = down + (tall - BAR) / 2, down + tall / 2
    done = 0
    for count, colour, on in zip(row.counts, COLOURS, ON_COLOURS, strict=True):
        if not count:
            continue
        ends = sorted((plot.across(done), plot.across(done + count)))
        sheet.box(ends[0], top, ends[1], top + BAR, fill=colour)
        words = sheet.style.number(count, 0)
        if text_width(words, sheet.size) + 6 < ends[1] - ends[0]:
            sheet.text(sum(ends) / 2, middle, words, "center", color=on)
        done += count
        if done < sum(row.counts):
            edge = plot.across(done)
            sheet.rule((edge, top), (edge, top + BAR), FRONT, color=paint("paper"))
    x = plot.across(done) + (-6 if plot.rtl else 6)
    said = sheet.style.number(done, 0)
    sheet.text(x, middle, said, "right" if plot.rtl else "left", fontWeight="bold")
    return down + tall

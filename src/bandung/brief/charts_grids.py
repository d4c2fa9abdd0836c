"""Charts on a grid: small multiples of lines, and the heat map of supplier by buyer."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bandung.brief.charts_canvas import (
    BODY,
    Sheet,
    alphabetical,
    decimals,
    gutter,
    nice_bounds,
    nice_ticks,
    text_width,
    wrapped,
)
from bandung.brief.figure import NARROW, Figure, NumberStyle, paint, render
from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import altair as alt

    from bandung.brief.figure import Caption

NAME_LIMIT = 190
# Codes over columns narrower than this stand on end.
UPRIGHT = 26


@dataclass(frozen=True, slots=True)
class Point:
    """One share of one member in one year.

    Attributes
    ----------
    label
        The member's name in the page's language.
    year
        Calendar year.
    share
        Fraction; None where unknown: the line breaks there.
    """

    label: str
    year: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """A country: its code, and its name in the page's language."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class HeatWords:
    """Words of a heat map, in the page's language.

    Attributes
    ----------
    supplier, buyer
        What the lines and the columns are.
    million, billion
        The units, «million USD» and «billion USD».
    """

    supplier: str
    buyer: str
    million: str
    billion: str


class _Panel(NamedTuple):
    """One small multiple: its frame in pixels, and the scales all panels share."""

    left: float
    right: float
    top: float
    bottom: float
    years: tuple[int, int]
    highest: float

    def x(self, year: int) -> float:
        first, last = self.years
        return self.left + 3 + (self.right - self.left - 6) * (year - first) / max(last - first, 1)

    def y(self, share: float) -> float:
        return self.bottom - (self.bottom - self.top) * share / self.highest


def trend_lines(
    rows: Sequence[Point], caption: Caption, style: NumberStyle, lead: str | None = None
) -> Figure:
    """Draw one small line per member, all on one scale, first and last value printed.

    Parameters
    ----------
    rows
        In any order; members stand in alphabetical order.
    caption, style
        The words for readers who do not see the picture, and the language.
    lead
        The label that comes first, if any (the group's).

    Raises
    ------
    InputError
        If no row has a share.
    """
    if all(row.share is None for row in rows):
        raise InputError("trend lines need at least one share; every row given has none")
    names = sorted({row.label for row in rows}, key=lambda n: (n != lead, *alphabetical(n)))
    series = [
        sorted((row for row in rows if row.label == name), key=lambda row: row.year)
        for name in names
    ]

    def build(width: int) -> alt.LayerChart:
        return _trends(Sheet(width, style), series, lead)

    return render(build, caption, style)


def potential_heat(
    places: Sequence[Place],
    musd: Sequence[Sequence[float]],
    words: HeatWords,
    caption: Caption,
    style: NumberStyle,
) -> Figure:
    """Draw what each member could sell each other, the value printed in its cell.

    Parameters
    ----------
    places
        The members, in any order: set alphabetically here. Columns are headed by codes, which
        the wide drawing explains beside the names.
    musd
        Million USD, suppliers by buyers in the order of ``places``; shape (N, N). NaN stays blank,
        and so does the diagonal, which is crossed.
    words
        What lines and columns are, and the units: the finest in which every figure fits its cell
        is taken, and named above the columns.
    caption, style
        The words for readers who do not see the picture, and the language.

    Raises
    ------
    InputError
        If the shape is not (N, N) or there are no places.
    """
    widths = {len(line) for line in musd}
    if not places or len(musd) != len(places) or widths != {len(places)}:
        raise InputError(
            f"a heat map of {len(places)} places needs {len(places)} lines of {len(places)} "
            f"figures; given {len(musd)} lines of {sorted(widths)}"
        )
    values = {
        (supplier.code, buyer.code): float(value)
        for supplier, line in zip(places, musd, strict=True)
        for buyer, value in zip(places, line, strict=True)
        if supplier.code != buyer.code and not math.isnan(value)
    }
    ordered = sorted(places, key=lambda place: (*alphabetical(place.name), place.code))

    def build(width: int) -> alt.LayerChart:
        return _heat(Sheet(width, style), ordered, values, words)

    return render(build, caption, style)


def _trends(sheet: Sheet, series: Sequence[Sequence[Point]], lead: str | None) -> alt.LayerChart:
    shares = [row.share for rows in series for row in rows if row.share is not None]
    years = [row.year for rows in series for row in rows]
    ticks = nice_ticks(max(shares), 4)
    digits = decimals(ticks)
    room = max(text_width(sheet.style.percent(t, digits), sheet.size - 1) for t in ticks) + 8
    columns = min(2 if sheet.width <= NARROW else 4, len(series))
    gap = 16.0
    wide = min((sheet.width - room - gap * (columns - 1)) / columns, 240.0)
    heads = [wrapped(rows[0].label, wide, sheet.size, bold=True) for rows in series]
    tall, foot = 74.0, 28.0
    down = 0.0
    for first in range(0, len(series), columns):
        head = max(map(len, heads[first : first + columns])) * sheet.size * 1.2 + 6
        for column, rows in enumerate(series[first : first + columns]):
            left = room + column * (wide + gap)
            if sheet.style.rtl:
                left = sheet.width - left - wide
            span = (down + head + 4, down + head + tall)
            panel = _Panel(left, left + wide, *span, (min(years), max(years)), ticks[-1])
            edge, anchor = (panel.right, "right") if sheet.style.rtl else (left, "left")
            weight = "bold" if rows[0].label == lead else "normal"
            names = heads[first + column]
            middle = down + len(names) * sheet.size * 0.6 + 1
            sheet.lines(edge, middle, names, anchor, fontWeight=weight)
            _grid(sheet, panel, ticks, labels=column == 0)
            _line(sheet, panel, rows)
        down += head + tall + foot
    return sheet.chart(down)


def _grid(sheet: Sheet, panel: _Panel, ticks: Sequence[float], *, labels: bool) -> None:
    small = {"fontSize": sheet.size - 1, "color": paint("muted")}
    for tick in ticks:
        y = panel.y(tick)
        sheet.rule((panel.left, y), (panel.right, y))
        if labels:
            words = sheet.style.percent(tick, decimals(ticks))
            if sheet.style.rtl:
                sheet.text(panel.right + 6, y, words, "left", **small)
            else:
                sheet.text(panel.left - 6, y, words, "right", **small)
    for year, x, anchor in zip(
        panel.years, (panel.left, panel.right), ("left", "right"), strict=True
    ):
        if anchor == "right" and len(set(panel.years)) == 1:
            continue
        sheet.text(x, panel.bottom + 11, sheet.style.year(year), anchor, **small)


def _line(sheet: Sheet, panel: _Panel, rows: Sequence[Point]) -> None:
    known = [row for row in rows if row.share is not None]
    run: list[tuple[float, float]] = []
    for row in [*rows, None]:
        if row is not None and row.share is not None:
            run.append((panel.x(row.year), panel.y(row.share)))
            continue
        if len(run) > 1:
            sheet.curve(run, BODY, color=paint("line"), strokeWidth=2, strokeJoin="round")
        run = []
    if not known:
        return
    ends = (known[0], known[-1]) if len(known) > 1 else (known[-1],)
    for row in ends:
        x, y = panel.x(row.year), panel.y(row.share or 0)
        first = row is known[0]
        sheet.dot(x, y, 3, color=paint("line"))
        near = [panel.y(p.share or 0) for p in known if abs(panel.x(p.year) - x) < 44]
        above = min(near) - 10
        room = above > panel.top - 8
        place = above if room else max(near) + 11
        words = sheet.style.percent(row.share or 0, 1)
        halo = {"stroke": paint("paper"), "strokeWidth": 3}
        anchor = "left" if first else "right"
        sheet.text(x, place, words, anchor, fontSize=sheet.size - 1, **halo)


def _heat(
    sheet: Sheet,
    places: Sequence[Place],
    values: Mapping[tuple[str, str], float],
    words: HeatWords,
) -> alt.LayerChart:
    narrow = sheet.width <= NARROW
    codes = max(text_width(place.code, sheet.size - 1) for place in places) + 6
    names = 0.0 if narrow else gutter([place.name for place in places], NAME_LIMIT, sheet.size)
    room = codes + names
    cell = min((sheet.width - room) / len(places), 64.0)
    tall = min(max(cell * 0.72, 26.0), 34.0)
    small = sheet.size - 1
    unit, printed = _cell_words(sheet, values, cell - 1)
    top = 3 * sheet.size * 1.45 + (2 if cell >= UPRIGHT else 16)
    rtl = sheet.style.rtl
    start = sheet.width - room - cell * len(places) if rtl else room
    _heat_heads(
        sheet, (start, cell, room), places, words, words.million if unit == 1 else words.billion
    )
    bounds = nice_bounds(max(values.values(), default=0.0))
    for line, supplier in enumerate(places):
        middle = top + tall * (line + 0.5)
        edge, anchor, side = (sheet.width - room + 6, "left", 1) if rtl else (room - 6, "right", -1)
        sheet.text(edge, middle, supplier.code, anchor, color=paint("muted"), fontSize=small)
        if not narrow:
            name = wrapped(supplier.name, NAME_LIMIT, sheet.size)
            sheet.lines(edge + side * codes, middle, name, anchor)
        for column, buyer in enumerate(places):
            place = len(places) - 1 - column if rtl else column
            left, up = start + cell * place, top + tall * line
            frame = (left + 0.5, up + 0.5, left + cell - 0.5, up + tall - 0.5)
            value = values.get((supplier.code, buyer.code))
            if supplier.code == buyer.code:
                sheet.rule((frame[0], frame[3]), (frame[2], frame[1]))
            elif value is not None:
                level = bisect_right(bounds, value) + 1
                sheet.box(*frame, fill=paint(f"amount-{level}"))
                ink = paint(f"on-amount-{level}")
                cellwords = printed.get((supplier.code, buyer.code), "")
                sheet.text(left + cell / 2, middle, cellwords, "center", color=ink, fontSize=small)
    return sheet.chart(top + tall * len(places) + 2)


def _cell_words(
    sheet: Sheet,
    values: Mapping[tuple[str, str], float],
    room: float,
) -> tuple[int, dict[tuple[str, str], str]]:
    """Choose the finest unit whose figures all fit a cell; none printed if no unit does."""
    for unit in (1, 1000):
        digits = 0 if unit == 1 else 1
        words = {
            pair: sheet.style.number(value / unit, digits if 0.05 <= value / unit < 9.95 else 0)
            for pair, value in values.items()
        }
        bare = {pair: word.replace(sheet.style.grouping, "") for pair, word in words.items()}
        for written in (words, bare):
            if all(text_width(word, sheet.size - 1) <= room for word in written.values()):
                return unit, written
    return 1, {}


def _heat_heads(
    sheet: Sheet,
    columns: tuple[float, float, float],
    places: Sequence[Place],
    words: HeatWords,
    unit: str,
) -> None:
    start, cell, room = columns
    small = {"fontSize": sheet.size - 1, "color": paint("muted")}
    step = sheet.size * 1.45
    end = start + cell * len(places)
    rtl = sheet.style.rtl
    first, last = ("right", "left") if rtl else ("left", "right")
    far = start if rtl else end
    sheet.text(sheet.width if rtl else 0, step * 0.5, unit, first, **small)
    side = sheet.width - room + 6 if rtl else room - 6
    down, across = ("↓ " + words.supplier, words.buyer + (" ←" if rtl else " →"))
    if sheet.width <= NARROW:
        sheet.text(sheet.width if rtl else 0, step * 1.5, down, first)
    else:
        sheet.text(side, step * 2.5, down, last)
    sheet.text(far, step * 1.5, across, last)
    for column, buyer in enumerate(places):
        place = len(places) - 1 - column if rtl else column
        x = start + cell * (place + 0.5)
        if cell >= UPRIGHT:
            sheet.text(x, step * 2.5, buyer.code, "center", **small)
        else:
            sheet.text(x, step * 3 + 10, buyer.code, "left", angle=-90, **small)

"""Charts of bars and dots: what is earned where, what a loss costs, what two are to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bandung.brief.charts_canvas import (
    BODY,
    FRONT,
    Sheet,
    Spot,
    alphabetical,
    gutter,
    place_labels,
    text_width,
    ticks_around,
    wrapped,
)
from bandung.brief.figure import (
    FELLOW,
    NARROW,
    OWN,
    REST,
    SOUTH,
    SOUTH_EDGE,
    Figure,
    NumberStyle,
    paint,
    render,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt

    from bandung.brief.figure import Caption

DARK_WORDS = "#111111"
HALO = {"stroke": paint("paper"), "strokeWidth": 3}
NAME_LIMIT = 190
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Shares:
    """Who earns the final demand of one member, one sector or the group.

    Attributes
    ----------
    label
        Name in the page's language.
    shares
        Fractions that sum to 1: earned at home, by fellow members, by other developing
        countries, by the rest of the world.
    """

    label: str
    shares: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Loss:
    """What one loss costs, as fractions.

    Attributes
    ----------
    label
        What is lost, in the page's language.
    low
        If buyers switch to others; None if that was not computed.
    high
        If nobody switches.
    """

    label: str
    low: float | None
    high: float


@dataclass(frozen=True, slots=True)
class Pair:
    """What two members are to each other, as fractions.

    Attributes
    ----------
    left_label, right_label
        Names in the page's language.
    left_share, right_share
        What each relies on the other for.
    """

    left_label: str
    right_label: str
    left_share: float
    right_share: float


class _Frame(NamedTuple):
    """Where the plot stands: pixels; names stand at ``name`` and have ``limit`` of room."""

    left: float
    right: float
    name: float
    anchor: str
    limit: float
    above: bool


def reliance_bars(
    group: Shares,
    rows: Sequence[Shares],
    names: Sequence[str],
    caption: Caption,
    style: NumberStyle,
) -> Figure:
    """Draw one stacked bar per row under the group's bar, the least self-reliant first.

    Parameters
    ----------
    group
        The bar set apart on top, whose parts are named.
    rows
        Members or sectors, in any order: sorted here by what comes from outside.
    names
        Of the four parts, from left to right.
    caption, style
        The words for readers who do not see the picture, and the language.
    """
    ordered = sorted(rows, key=lambda row: (round(row.shares[0], 12), *alphabetical(row.label)))

    def build(width: int) -> alt.LayerChart:
        return _reliance(Sheet(width, style), group, ordered, names)

    return render(build, caption, style)


def loss_dots(
    rows: Sequence[Loss],
    ends: tuple[str, str],
    caption: Caption,
    style: NumberStyle,
) -> Figure:
    """Draw a dot per loss, with a bracket to what it costs once buyers switch.

    Parameters
    ----------
    rows
        In any order: sorted here by the higher figure.
    ends
        What the two ends of a bracket are: «buyers switch», «nobody switches».
    caption, style
        The words for readers who do not see the picture, and the language.
    """
    ordered = sorted(rows, key=lambda row: (-round(row.high, 12), *alphabetical(row.label)))

    def build(width: int) -> alt.LayerChart:
        return _losses(Sheet(width, style), ordered, ends)

    return render(build, caption, style)


def bonds(
    rows: Sequence[Pair],
    heads: tuple[str, str],
    caption: Caption,
    style: NumberStyle,
) -> Figure:
    """Draw each pair as two opposite bars from one axis, the strongest bond first.

    Parameters
    ----------
    rows
        In any order: sorted here by the larger share.
    heads
        What the bars to the left and to the right are.
    caption, style
        The words for readers who do not see the picture, and the language.
    """
    ordered = sorted(
        rows,
        key=lambda row: (
            -round(max(row.left_share, row.right_share), 12),
            *alphabetical(row.left_label),
            *alphabetical(row.right_label),
        ),
    )

    def build(width: int) -> alt.LayerChart:
        return _bonds(Sheet(width, style), ordered, heads)

    return render(build, caption, style)


def _frame(sheet: Sheet, names: Sequence[str], column: float) -> _Frame:
    """Share the width out: names beside the plot, or above each bar on a phone.

    ``column`` is the room kept for figures at the end of the line.
    """
    if sheet.width <= NARROW:
        left, right = (column, sheet.width) if sheet.style.rtl else (0.0, sheet.width - column)
        name, anchor = (sheet.width, "right") if sheet.style.rtl else (0.0, "left")
        return _Frame(left + 1, right - 1, name, anchor, sheet.width - 4, above=True)
    room = gutter(names, NAME_LIMIT, sheet.size)
    if sheet.style.rtl:
        edge = sheet.width - room
        return _Frame(column, edge, edge + 10, "left", NAME_LIMIT, above=False)
    return _Frame(room, sheet.width - column, room - 10, "right", NAME_LIMIT, above=False)


def _heading(sheet: Sheet, frame: _Frame, label: str, down: float, *, bold: bool = False) -> float:
    """Write a row's name from ``down`` on above its bar, if that is its place; return its end."""
    if not frame.above:
        return down
    words = wrapped(label, frame.limit, sheet.size, bold=bold)
    tall = len(words) * sheet.size * 1.2
    weight = "bold" if bold else "normal"
    sheet.lines(frame.name, down + tall / 2, words, frame.anchor, fontWeight=weight, **HALO)
    return down + tall + 4


def _beside(
    sheet: Sheet, frame: _Frame, label: str, down: float, tall: float, *, bold: bool = False
) -> float:
    """Write a row's name beside its bar, if that is its place; return how tall the row is."""
    if frame.above:
        return tall
    words = wrapped(label, frame.limit, sheet.size, bold=bold)
    tall = max(tall, len(words) * sheet.size * 1.2 + 6)
    weight = "bold" if bold else "normal"
    sheet.lines(frame.name, down + tall / 2, words, frame.anchor, fontWeight=weight)
    return tall


def _reliance(
    sheet: Sheet, group: Shares, rows: Sequence[Shares], names: Sequence[str]
) -> alt.LayerChart:
    figures = [sheet.style.percent(row.shares[1], 1) for row in (group, *rows)]
    column = max(text_width(figure, sheet.size) for figure in figures) + 26
    frame = _frame(sheet, [row.label for row in (group, *rows)], column)
    top = _heading(sheet, frame, group.label, 2, bold=True)
    spots = place_labels(
        _centres(frame, group), [text_width(n, sheet.size) for n in names], (0, sheet.width)
    )
    step = sheet.size * 1.45
    bar = top + (max(spot.line for spot in spots) + 1) * step + 4
    _leaders(sheet, _centres(frame, group), names, spots, bar)
    _stack(sheet, frame, group, (bar, bar + 24), bold=True)
    down = bar + _beside(sheet, frame, group.label, bar, 24, bold=True) + 16
    sheet.rule((0, down - 8), (sheet.width, down - 8), color=paint("muted"))
    start = bar - 4
    for row in rows:
        down = _heading(sheet, frame, row.label, down)
        tall = _beside(sheet, frame, row.label, down, 26)
        thick = 16 if frame.above else 18
        top = down if frame.above else down + (tall - thick) / 2
        _stack(sheet, frame, row, (top, top + thick))
        down += tall
    sheet.percent_axis((frame.left, frame.right), (start, down), QUARTERS)
    return sheet.chart(down, below=22)


def _centres(frame: _Frame, row: Shares) -> list[float]:
    centres, before = [], 0.0
    for share in row.shares:
        centres.append(frame.left + (frame.right - frame.left) * (before + share / 2))
        before += share
    return centres


def _leaders(
    sheet: Sheet,
    points: Sequence[float],
    names: Sequence[str],
    spots: Sequence[Spot],
    bar: float,
) -> None:
    """Write the names of the parts above the bar, each with a line down to its part."""
    step = sheet.size * 1.45
    for point, name, spot in zip(points, names, spots, strict=True):
        middle = bar - 4 - (spot.line + 0.5) * step
        start = middle + (step / 2 - 2 if spot.side in {-2, 0, 2} else -4)
        sheet.rule((point, start), (point, bar), BODY, color=paint("muted"))
        anchor = {-2: "left", -1: "right", 0: "center", 1: "left", 2: "right"}[spot.side]
        x = {"left": spot.left, "center": (spot.left + spot.right) / 2, "right": spot.right}[anchor]
        sheet.text(x, middle, name, anchor)


def _stack(
    sheet: Sheet,
    frame: _Frame,
    row: Shares,
    down: tuple[float, float],
    *,
    bold: bool = False,
) -> None:
    """Draw the four parts, their percent where it fits, and the fellow figure at the end."""
    weight = "bold" if bold else "normal"
    looks: tuple[tuple[dict[str, Any], str], ...] = (
        ({"fill": OWN}, "#ffffff"),
        ({"fill": FELLOW}, DARK_WORDS),
        ({"fill": SOUTH, "stroke": SOUTH_EDGE, "strokeWidth": 0.6}, DARK_WORDS),
        ({"fill": REST}, DARK_WORDS),
    )
    middle = (down[0] + down[1]) / 2
    wide = frame.right - frame.left
    before = 0.0
    for share, (look, ink) in zip(row.shares, looks, strict=True):
        left, right = frame.left + wide * before, frame.left + wide * (before + share)
        before += share
        if share <= 0:
            continue
        sheet.box(left, down[0], right, down[1], **look)
        words = sheet.style.percent(share)
        if text_width(words, sheet.size - 1, bold=bold) + 4 <= right - left:
            sheet.text(
                (left + right) / 2,
                middle,
                words,
                "center",
                color=ink,
                fontSize=sheet.size - 1,
                fontWeight=weight,
            )
    # Blue and green are alike in grey: a white line keeps them apart on paper.
    seam = frame.left + wide * row.shares[0] - 0.5
    if row.shares[0] > 0 and row.shares[1] > 0:
        sheet.rule((seam, down[0]), (seam, down[1]), FRONT, color="#ffffff")
    figure = sheet.style.percent(row.shares[1], 1)
    edge, side = (frame.left, -1) if sheet.style.rtl else (frame.right, 1)
    inner = edge + side * 8
    sheet.box(
        min(inner, inner + side * 8),
        middle - 4,
        max(inner, inner + side * 8),
        middle + 4,
        fill=FELLOW,
    )
    far = 0 if sheet.style.rtl else sheet.width
    sheet.text(far, middle, figure, "left" if sheet.style.rtl else "right", fontWeight=weight)


def _losses(sheet: Sheet, rows: Sequence[Loss], ends: tuple[str, str]) -> alt.LayerChart:
    values = [_loss_words(row, sheet.style) for row in rows]
    room = max((text_width(value, sheet.size) for value in values), default=0) + 16
    far = [end for row in rows for end in (row.high, row.low) if end is not None]
    highest = max(far, default=0)
    ticks = ticks_around(min(far, default=0), highest, 4)
    frame = _frame(sheet, [row.label for row in rows], 0)
    left, right = frame.left + 6, frame.right - 14
    span = (highest or ticks[-1]) - ticks[0]
    scale = min((right - left) / (ticks[-1] - ticks[0]), (right + 12 - left - room) / span)
    right, zero = left + scale * (ticks[-1] - ticks[0]), left - scale * ticks[0]
    keyed = next((n for n, row in enumerate(rows) if row.low is not None), None)
    down = 2.0
    start = down
    for number, row in enumerate(rows):
        down = _heading(sheet, frame, row.label, down)
        if number == keyed:
            down = _ends(sheet, (zero, scale), row, ends, down)
            start = down if number == 0 else start
        tall = _beside(sheet, frame, row.label, down, 26)
        _bracket(sheet, zero, scale, row, down + (9 if frame.above else tall / 2))
        down += tall
    sheet.percent_axis((left, right), (start, down), ticks)
    if ticks[0] < 0:
        sheet.rule((zero, start), (zero, down), color=paint("muted"))
    return sheet.chart(down, below=22)


def _loss_words(row: Loss, style: NumberStyle) -> str:
    ends = sorted({row.high if row.low is None else row.low, row.high})
    return " \u2013 ".join(style.small_percent(end) for end in ends)


def _ends(
    sheet: Sheet, plot: tuple[float, float], row: Loss, ends: tuple[str, str], down: float
) -> float:
    """Name the two ends above the first bracket; return where its row begins."""
    zero, scale = plot
    points = [zero + scale * (row.low or 0), zero + scale * row.high]
    spots = place_labels(points, [text_width(end, sheet.size) for end in ends], (0, sheet.width))
    bar = down + (max(spot.line for spot in spots) + 1) * sheet.size * 1.45 + 8
    _leaders(sheet, points, ends, spots, bar)
    return bar - 5


def _bracket(sheet: Sheet, zero: float, scale: float, row: Loss, middle: float) -> None:
    ink = {"color": paint("line"), "strokeWidth": 3}
    high = zero + scale * row.high
    low = high if row.low is None else zero + scale * row.low
    if row.low is None:
        sheet.rule((zero, middle), (high, middle), BODY, color=paint("muted"))
    else:
        sheet.rule((zero, middle), (max(zero, min(low, high)), middle), BODY, color=paint("grid"))
        sheet.rule((low, middle), (high, middle), BODY, **ink)
        sheet.rule((low, middle - 6), (low, middle + 6), BODY, **ink)
    sheet.dot(high, middle, 5.5, color=paint("line"))
    sheet.text(max(low, high) + 11, middle, _loss_words(row, sheet.style))


def _bonds(sheet: Sheet, rows: Sequence[Pair], heads: tuple[str, str]) -> alt.LayerChart:
    centre = sheet.width / 2
    highest = max((max(row.left_share, row.right_share) for row in rows), default=0) or 1
    values = [
        sheet.style.small_percent(share)
        for row in rows
        for share in (row.left_share, row.right_share)
    ]
    room = max((text_width(value, sheet.size) for value in values), default=0) + 10
    scale = (centre - room) / highest
    tops = [wrapped(head, centre - 14, sheet.size) for head in heads]
    head = max(map(len, tops)) * sheet.size * 1.2 + 10
    for words, x, anchor in zip(tops, (centre - 8, centre + 8), ("right", "left"), strict=True):
        sheet.lines(x, head / 2 - 2, words, anchor, color=paint("muted"))
    down = head
    for row in rows:
        names = [
            wrapped(label, centre - 12, sheet.size) for label in (row.left_label, row.right_label)
        ]
        tall = max(map(len, names)) * sheet.size * 1.2
        sheet.lines(centre - 8, down + 4 + tall / 2, names[0], "right")
        sheet.lines(centre + 8, down + 4 + tall / 2, names[1], "left")
        bar = down + tall + 7
        for side, share in ((-1, row.left_share), (1, row.right_share)):
            tip = centre + side * scale * share
            sheet.box(min(centre, tip), bar, max(centre, tip), bar + 18, fill=paint("amount-5"))
            anchor = "right" if side < 0 else "left"
            sheet.text(tip + side * 6, bar + 9, sheet.style.small_percent(share), anchor)
        down = bar + 28
    sheet.rule((centre, 2), (centre, down - 6), FRONT, color=paint("ink"), strokeWidth=1.5)
    return sheet.chart(down)

"""A sheet to draw on by the pixel: marks, words that fit, and where labels stand.

Widths of words are estimated here, on the generous side, and nothing is measured by the
machine's fonts: the same input is laid out alike everywhere.
"""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import altair as alt

from bandung.brief.figure import NARROW, paint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bandung.brief.figure import NumberStyle

BACK, BODY, FRONT, WORDS = range(4)

_SLIM = frozenset("iIjlft.,:;|!'\u2019()[]-· \u00a0\u202f")
_STOUT = frozenset("mwMW%@—")
# Labels of an axis this near the edge of the sheet are drawn inwards.
EDGE = 16

_SIDES = (0, -1, 1, 2, -2)


class Spot(NamedTuple):
    """Where a label stands: its line above the bar (0 is nearest), its span in pixels."""

    line: int
    left: float
    right: float
    side: int


class Sheet:
    """Marks placed by the pixel, gathered by kind and look into few layers.

    Parameters
    ----------
    width
        CSS pixels.
    style
        The page's language: right-to-left words are isolated, so that each reads as a whole.
    """

    def __init__(self, width: float, style: NumberStyle) -> None:
        self.width = width
        self.style = style
        self.size = 12 if width <= NARROW else 13
        self._marks: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
        self._layers: list[alt.Chart] = []

    def text(
        self,
        x: float,
        y: float,
        words: str,
        anchor: str = "left",
        **look: Any,  # noqa: ANN401 - properties of Vega's text mark
    ) -> None:
        """Write words; y is the middle of the line."""
        look = {"fontSize": self.size, "color": paint("ink"), "baseline": "middle", **look}
        row = {"x": x, "y": y, "text": isolated(words, self.style)}
        self._put(WORDS, "text", {"align": anchor, **look}, row)

    def lines(
        self,
        x: float,
        y: float,
        words: Sequence[str],
        anchor: str = "left",
        **look: Any,  # noqa: ANN401 - properties of Vega's text mark
    ) -> None:
        """Write several lines around the middle y."""
        step = self.size * 1.2
        top = y - step * (len(words) - 1) / 2
        for number, line in enumerate(words):
            self.text(x, top + number * step, line, anchor, **look)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        **look: Any,  # noqa: ANN401 - properties of Vega's rect mark
    ) -> None:
        """Fill a rectangle."""
        self._put(BODY, "rect", look, {"x": left, "x2": right, "y": top, "y2": bottom})

    def rule(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        depth: float = BACK,
        **look: Any,  # noqa: ANN401 - properties of Vega's rule mark
    ) -> None:
        """Draw a straight line."""
        look = {"color": paint("grid"), "strokeWidth": 1, **look}
        row = {"x": start[0], "y": start[1], "x2": end[0], "y2": end[1]}
        self._put(depth, "rule", look, row)

    def dot(
        self,
        x: float,
        y: float,
        radius: float,
        depth: float = FRONT,
        **look: Any,  # noqa: ANN401 - properties of Vega's point mark
    ) -> None:
        """Draw a disc."""
        look = {"size": round(math.pi * radius**2, 1), "filled": True, "opacity": 1, **look}
        self._put(depth, "point", look, {"x": x, "y": y})

    def curve(
        self,
        points: Iterable[tuple[float, float]],
        depth: float = FRONT,
        **look: Any,  # noqa: ANN401 - properties of Vega's line mark
    ) -> None:
        """Draw a line through points, or with ``interpolate="linear-closed"`` fill a shape."""
        key = (depth, "line", tuple(sorted(look.items())))
        name = len({row["path"] for row in self._marks[key]})
        for order, (x, y) in enumerate(points):
            self._marks[key].append({"x": x, "y": y, "order": order, "path": name})

    def add(self, layer: alt.Chart) -> None:
        """Put a ready layer (an axis, a map) below everything drawn so far and later."""
        self._layers.append(layer)

    def percent_axis(
        self, across: tuple[float, float], down: tuple[float, float], ticks: Sequence[float]
    ) -> None:
        """Draw the axis of shares below the sheet, and its lines over the pixels ``down``.

        ``across`` is where the first and the last tick stand.
        """
        low, high = across
        for tick in ticks:
            x = low + (high - low) * (tick - ticks[0]) / (ticks[-1] - ticks[0])
            self.rule((x, down[0]), (x, down[1]))
        axis = alt.Axis(
            values=list(ticks),
            format=f".{decimals(ticks)}%",
            domain=False,
            ticks=False,
            grid=False,
            labelColor=paint("muted"),
            labelFontSize=self.size - 1,
            labelOverlap=False,
            labelFlush=low < EDGE or self.width - high < EDGE,
            labelPadding=5,
            title=None,
        )
        scale = alt.Scale(domain=[ticks[0], ticks[-1]], range=[low, high], zero=True, nice=False)
        empty = alt.Chart(alt.InlineData(values=[]))
        self.add(empty.mark_point().encode(x=alt.X("share:Q", scale=scale, axis=axis)))

    def chart(self, height: float, below: float = 0) -> alt.LayerChart:
        """Put the layers together; ``below`` is the room for an axis under the sheet."""
        drawn = [
            _layer(kind, dict(look), rows)
            for (_, kind, look), rows in sorted(self._marks.items(), key=lambda item: item[0][0])
        ]
        return alt.LayerChart(layer=[*self._layers, *drawn]).properties(
            width=self.width,
            height=height,
            padding={"left": 0, "top": 0, "right": 0, "bottom": below},
            autosize=alt.AutoSizeParams(type="none"),
        )

    def _put(self, depth: float, kind: str, look: dict[str, Any], row: dict[str, Any]) -> None:
        self._marks[(depth, kind, tuple(sorted(look.items())))].append(row)


def isolated(words: str, style: NumberStyle) -> str:
    """Wrap right-to-left words so that a left-to-right drawing sets them as one run."""
    mixed = style.rtl and any(unicodedata.bidirectional(c) in {"R", "AL", "AN"} for c in words)
    return f"\u2067{words}\u2069" if mixed else words


def text_width(words: str, size: float, *, bold: bool = False) -> float:
    """Estimate the width of words in pixels, as in the widest of the usual system fonts."""
    ems = 0.0
    for character in words:
        if unicodedata.category(character) in {"Mn", "Cf"}:
            continue
        if character in _SLIM:
            ems += 0.36
        elif character in _STOUT:
            ems += 0.95
        elif unicodedata.bidirectional(character) == "AL":
            ems += 0.56
        elif character.isdecimal():
            ems += 0.6
        else:
            ems += 0.7 if character.isupper() else 0.62
    return ems * size * (1.1 if bold else 1.0)


def wrapped(words: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break words into lines where one does not fit: two of about equal length, or more.

    Examples
    --------
    >>> wrapped("Democratic Republic of the Congo", 170, 13)
    ['Democratic Republic', 'of the Congo']
    """

    def long(line: str) -> float:
        return text_width(line, size, bold=bold)

    if long(words) <= width or " " not in words:
        return [words]
    parts = words.split(" ")
    splits = [(" ".join(parts[:n]), " ".join(parts[n:])) for n in range(1, len(parts))]
    best = min(splits, key=lambda pair: max(map(long, pair)))
    if max(map(long, best)) <= width:
        return list(best)
    lines = [parts[0]]
    for part in parts[1:]:
        if long(f"{lines[-1]} {part}") <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def gutter(names: Iterable[str], limit: float, size: float) -> float:
    """Return the width that holds all names, in two lines where one would pass the limit."""
    widths = (
        text_width(line, size, bold=True)
        for name in names
        for line in wrapped(name, limit, size, bold=True)
    )
    return min(max(widths, default=0.0) + 10, limit + 10)


def alphabetical(name: str) -> tuple[str, str]:
    """Sort key of names: accents and case count only between equals."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return plain.casefold(), name


def nice_ticks(highest: float, most: int = 5) -> list[float]:
    """Return round ticks from zero to at least the highest value, ``most`` steps at most.

    Examples
    --------
    >>> nice_ticks(0.043)
    [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]
    """
    if highest <= 0:
        return [0.0, 0.01]
    step = 10.0 ** math.floor(math.log10(highest / most))
    factor = next(f for f in (1, 2, 5, 10, 20) if highest <= step * f * most * (1 + 1e-9))
    count = math.ceil(highest / (step * factor) - 1e-9)
    return [round(step * factor * number, 12) for number in range(count + 1)]


def ticks_around(lowest: float, highest: float, most: int = 5) -> list[float]:
    """Return round ticks from zero or, where the lowest value is below it, from at most that.

    Examples
    --------
    >>> ticks_around(-0.012, 0.043)
    [-0.02, -0.01, 0.0, 0.01, 0.02, 0.03, 0.04, 0.05]
    """
    ticks = nice_ticks(max(highest, -lowest), most)
    step = ticks[1]
    above = max(math.ceil(highest / step - 1e-9), 0)
    below = math.ceil(max(-lowest, 0.0) / step - 1e-9)
    return [round(step * number, 12) for number in range(-below, max(above, 1 - below) + 1)]


def nice_bounds(highest: float, count: int = 5) -> list[float]:
    """Return rising class boundaries 1-2-5 below the highest value.

    Examples
    --------
    >>> nice_bounds(0.046)
    [0.001, 0.002, 0.005, 0.01, 0.02]
    """
    if highest <= 0:
        return [0.01]
    power = math.floor(math.log10(highest))
    steps = [f * 10.0**p for p in range(power - count, power + 1) for f in (1, 2, 5)]
    return [round(step, 12) for step in steps if step < highest * 0.999][-count:]


def decimals(shares: Sequence[float]) -> int:
    """Return how many decimals of a percent tell these shares apart."""
    for digits in range(4):
        if all(abs(share * 100 - round(share * 100, digits)) < 1e-9 for share in shares):
            return digits
    return 4


def place_labels(
    points: Sequence[float], widths: Sequence[float], span: tuple[float, float]
) -> list[Spot]:
    """Find lines and sides for labels over points of a bar, so that no leader crosses a word.

    Parameters
    ----------
    points, widths
        Where each label points to and how wide it is, in pixels.
    span
        The leftmost and rightmost pixel a label may take.
    """
    count = len(points)
    choices = [
        [(side, edges) for side in _SIDES if (edges := _edges(point, width, side, span))]
        for point, width in zip(points, widths, strict=True)
    ]
    for lines in sorted(product(range(count), repeat=count), key=lambda h: (max(h), sum(h), h)):
        spots = _seated(points, lines, choices, [])
        if spots:
            return spots
    middles = [
        min(max(point, span[0] + width / 2), span[1] - width / 2)
        for point, width in zip(points, widths, strict=True)
    ]
    return [
        Spot(line, middle - width / 2, middle + width / 2, 0)
        for line, (middle, width) in enumerate(zip(middles, widths, strict=True))
    ]


def _edges(
    point: float, width: float, side: int, span: tuple[float, float]
) -> tuple[float, float] | None:
    """Return where a label begins and ends on a side; None if that is off the sheet."""
    left = {
        -2: span[0],
        -1: point - 5 - width,
        0: point - width / 2,
        1: point + 5,
        2: span[1] - width,
    }[side]
    reaches = abs(side) == 1 or left <= point <= left + width
    inside = span[0] - 0.5 <= left and left + width <= span[1] + 0.5
    return (left, left + width) if inside and reaches else None


def _seated(
    points: Sequence[float],
    lines: Sequence[int],
    choices: Sequence[Sequence[tuple[int, tuple[float, float]]]],
    seated: list[Spot],
) -> list[Spot] | None:
    """Seat the labels one after another, back to the one before when one finds no place."""
    number = len(seated)
    if number == len(points):
        return seated
    for side, (left, right) in choices[number]:
        spot = Spot(lines[number], left, right, side)
        if all(
            _apart((points[i], other), (points[number], spot)) for i, other in enumerate(seated)
        ):
            found = _seated(points, lines, choices, [*seated, spot])
            if found:
                return found
    return None


def _apart(one: tuple[float, Spot], other: tuple[float, Spot]) -> bool:
    """Whether two labels neither overlap nor lie in the way of each other's leader."""
    (point, spot), (point_b, spot_b) = one, other
    if spot.line == spot_b.line:
        return spot.right + 10 < spot_b.left or spot_b.right + 10 < spot.left
    low, high = (spot, point_b) if spot_b.line > spot.line else (spot_b, point)
    return not low.left - 4 < high < low.right + 4


def _layer(kind: str, look: dict[str, Any], rows: list[dict[str, Any]]) -> alt.Chart:
    chart = alt.Chart(alt.InlineData(values=[_tidy(row) for row in rows]))
    make: Callable[..., alt.Chart] = getattr(chart, f"mark_{kind}")
    x, y = alt.X("x:Q", scale=None), alt.Y("y:Q", scale=None)
    if kind == "text":
        return make(**look).encode(x=x, y=y, text=alt.Text("text:N"))
    if kind in {"rect", "rule"}:
        return make(**look).encode(x=x, y=y, x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"))
    if kind == "line":
        return make(**look).encode(
            x=x, y=y, order=alt.Order("order:Q"), detail=alt.Detail("path:N")
        )
    return make(**look).encode(x=x, y=y)


def _tidy(row: dict[str, Any]) -> dict[str, Any]:
    """Round pixels, so that noise in the last digits cannot move a mark."""
    return {
        name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()
    }

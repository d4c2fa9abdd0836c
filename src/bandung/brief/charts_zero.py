"""Changes of either sign on one axis: where zero and the scale stand, and the axis below."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bandung.brief.charts_canvas import BODY, Sheet, decimals, text_width, ticks_around
from bandung.brief.figure import paint

if TYPE_CHECKING:
    from collections.abc import Sequence

LOSS = "#D55E00"
"""Okabe and Ito's vermilion: three to one against white and against the dark page."""
HALO = {"stroke": paint("paper"), "strokeWidth": 3}
WIDE_HALO = {**HALO, "strokeWidth": 6}
"""Around words above a dot, which may stand on the line of zero."""
BEYOND_ZERO = 9
MOST_TICKS = (6, 5, 4, 3)


class Plot(NamedTuple):
    """Where the plot stands: its edges, the pixel of zero, and pixels per unit."""

    left: float
    right: float
    zero: float
    scale: float

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.zero + self.scale * value


def sign_colour(change: float) -> str:
    """Return the colour of a change: one for losses, one for gains, grey for none."""
    return paint("muted") if change == 0 else LOSS if change < 0 else paint("line")


def fitted(
    sheet: Sheet,
    heads: tuple[str, str],
    sides: tuple[Sequence[tuple[float, float]], Sequence[tuple[float, float]]],
    edges: tuple[float, float],
) -> Plot:
    """Find the widest scale at which everything is inside the edges.

    Parameters
    ----------
    heads
        What the left and the right of zero are; they stand beside it.
    sides
        For the left and the right, what each mark asks for: its reach, which is drawn to scale,
        and pixels besides.
    edges
        The first and the last pixel.
    """
    asked = [
        [(0.0, text_width(head, sheet.size, bold=True) + BEYOND_ZERO), *side]
        for head, side in zip(heads, sides, strict=True)
    ]
    left, right = edges
    scales = [
        (right - left - here - there) / (a + b)
        for a, here in asked[0]
        for b, there in asked[1]
        if a + b > 0
    ]
    scale = min(scales, default=1.0)
    zero = left + max(reach * scale + pixels for reach, pixels in asked[0])
    return Plot(left, right, zero, scale)


def head_zero(sheet: Sheet, plot: Plot, heads: tuple[str, str], middle: float) -> None:
    """Write what the left and the right of zero are, beside it."""
    for head, side, anchor in zip(heads, (-1, 1), ("right", "left"), strict=True):
        x = plot.zero + side * BEYOND_ZERO
        sheet.text(x, middle, head, anchor, fontWeight="bold", **HALO)


def draw_zero(
    sheet: Sheet,
    plot: Plot,
    reach: tuple[float, float],
    down: tuple[float, float],
    strips: Sequence[tuple[float, float]] | None = None,
) -> None:
    """Draw the heavy line of zero, and the axis with as many round ticks as have room.

    ``reach`` is the lowest and the highest value, ``down`` the first and the last pixel; where
    words stand between rows, ``strips`` are the pixels that the line of zero runs over.
    """
    for top, bottom in strips or [down]:
        sheet.rule(
            (plot.zero, top), (plot.zero, bottom), BODY + 0.5, color=paint("ink"), strokeWidth=2.5
        )
    for count in MOST_TICKS:
        ticks = [
            tick for tick in ticks_around(*reach, count) if plot.left <= plot.at(tick) <= plot.right
        ]
        places = decimals(ticks)
        widest = max(
            text_width(sheet.style.percent(tick, places), sheet.size - 1) for tick in ticks
        )
        if plot.scale * (ticks[-1] - ticks[0]) >= (len(ticks) - 1) * (widest + 8):
            break
    if len(ticks) > 1:
        sheet.percent_axis((plot.at(ticks[0]), plot.at(ticks[-1])), down, ticks)

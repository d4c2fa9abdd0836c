"""The pictures of a brief: one question, one picture, drawn for a desk and for a phone.

Every function takes plain data, its words already in the page's language, and returns a
:class:`~bandung.brief.figure.Figure`. The order in which members are given never matters.
"""

from __future__ import annotations

from bandung.brief.charts_bars import (
    Loss,
    Pair,
    Shares,
    bonds,
    loss_dots,
    reliance_bars,
)
from bandung.brief.charts_dumbbell import Dumbbell, DumbbellWords, dumbbells
from bandung.brief.charts_gains import Gain, gains
from bandung.brief.charts_grids import HeatWords, Place, Point, potential_heat, trend_lines
from bandung.brief.charts_maps import Flow, MapWords, flow_map, supplier_map
from bandung.brief.figure import Caption, Figure, NumberStyle, style_sheet

__all__ = [
    "Caption",
    "Dumbbell",
    "DumbbellWords",
    "Figure",
    "Flow",
    "Gain",
    "HeatWords",
    "Loss",
    "MapWords",
    "NumberStyle",
    "Pair",
    "Place",
    "Point",
    "Shares",
    "bonds",
    "dumbbells",
    "flow_map",
    "gains",
    "loss_dots",
    "potential_heat",
    "reliance_bars",
    "style_sheet",
    "supplier_map",
    "trend_lines",
]

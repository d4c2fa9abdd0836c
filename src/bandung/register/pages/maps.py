"""The world map: Equal Earth, so that areas are true; drawn here, with nobody else's tiles.

The outlines are Natural Earth's (public domain), made into paths by
``scripts/compile_register_map.py``. The map is a picture for the eye: the bars and the table
beside it say the same to everybody, so that it is hidden from screen readers and from the
keyboard.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.safestring import SafeString

CLASSES = 5
DOT = 4


@dataclass(frozen=True, slots=True)
class Spot:
    """A country that has something to show: its number, what a pointer is told, its address."""

    count: int
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Step:
    """A colour of the key: its class, and the numbers it stands for."""

    style: str
    lowest: int
    highest: int


def world(spots: Mapping[str, Spot], outlined: str = "") -> tuple[SafeString, list[Step]]:
    """Return the map, and the key of its one scale.

    Parameters
    ----------
    outlined
        The member whose outline is heavy.
    """
    steps = scale([spot.count for spot in spots.values()])
    drawn = []
    for code, outline in _outlines()["outlines"].items():
        spot = spots.get(code)
        style = _style(spot.count, steps) if spot else "land"
        drawn.append((code == outlined, _country(outline, spot, style, here=code == outlined)))
    # The outlined member comes last, so that no neighbour covers its outline.
    drawn.sort(key=lambda item: item[0])
    size = _outlines()
    return (
        format_html(
            '<svg class="map" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">{}</svg>',
            size["width"],
            size["height"],
            format_html_join("", "{}", ((shape,) for _, shape in drawn)),
        ),
        steps,
    )


def scale(counts: list[int]) -> list[Step]:
    """Return at most five steps that together hold every count, each about as many countries.

    Examples
    --------
    >>> [(step.lowest, step.highest) for step in scale([1, 1, 2, 3, 5, 8, 40])]
    [(1, 1), (2, 2), (3, 5), (6, 8), (9, 40)]
    """
    different = sorted(set(counts))
    if len(different) <= CLASSES:
        tops = different
    else:
        ordered = sorted(counts)
        places = [len(ordered) * part // CLASSES for part in range(1, CLASSES)]
        tops = sorted({ordered[place] for place in places} | {different[-1]})
    found, lowest = [], 1
    for number, top in enumerate(tops, start=CLASSES - len(tops) + 1):
        found.append(Step(f"a{number}", lowest, top))
        lowest = top + 1
    return found


def _style(count: int, steps: list[Step]) -> str:
    return next((step.style for step in steps if count <= step.highest), "land")


def _country(outline: dict[str, Any], spot: Spot | None, style: str, *, here: bool) -> SafeString:
    style = f"{style} here" if here else style
    shape = format_html('<path class="{}" d="{}"/>', style, outline["path"])
    if outline["small"] and (spot or here):
        x, y = outline["at"]
        shape += format_html('<circle class="{}" cx="{}" cy="{}" r="{}"/>', style, x, y, DOT)
    if spot is None:
        return shape
    return format_html(
        '<a href="{}" tabindex="-1"><title>{}</title>{}</a>', spot.href, spot.label, shape
    )


@cache
def _outlines() -> dict[str, Any]:
    text = (files("bandung.register") / "data" / "world_outlines.json").read_text("utf-8")
    read: dict[str, Any] = json.loads(text)
    return read

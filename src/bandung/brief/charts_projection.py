"""Equal Earth on our own paper: where a place stands, and how any group of countries fits."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Coefficients of the Equal Earth projection (Šavrič, Patterson and Jenny, 2018).
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = math.sqrt(3) / 2
# A part of a country smaller than this share of its largest part does not stretch the frame.
_MAIN_PART = 0.1
_WORLD_CENTRE = 11.0
# No map comes closer than this part of the sphere's radius: outlines are too coarse for it.
LEAST_ACROSS = 0.2

Ring = list[tuple[float, float]]


class Country(NamedTuple):
    """A country of the map: the point for its label in degrees, whether it needs a dot."""

    lon: float
    lat: float
    small: bool


@dataclass(frozen=True, slots=True)
class View:
    """An Equal Earth projection fitted to a sheet.

    Attributes
    ----------
    centre
        Longitude in the middle of the projection, degrees.
    scale
        Pixels per unit of the projection.
    shift
        Pixels from the sheet's corner to the projection's origin.
    width, height
        Of the sheet, pixels.
    """

    centre: float
    scale: float
    shift: tuple[float, float]
    width: float
    height: float

    def pixel(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a place stands on the sheet."""
        x, y = equal_earth(_turned(lon, self.centre), lat)
        return self.shift[0] + self.scale * x, self.shift[1] - self.scale * y


def equal_earth(lon: float, lat: float) -> tuple[float, float]:
    """Project degrees to the Equal Earth plane, the sphere's radius being one.

    Examples
    --------
    >>> [round(part, 4) for part in equal_earth(180.0, 0.0)]
    [2.7066, 0.0]
    """
    angle = math.asin(_M * math.sin(math.radians(lat)))
    square = angle * angle
    sixth = square**3
    slope = _A1 + 3 * _A2 * square + sixth * (7 * _A3 + 9 * _A4 * square)
    x = math.radians(lon) * math.cos(angle) / (_M * slope)
    return x, angle * (_A1 + _A2 * square + sixth * (_A3 + _A4 * square))


@cache
def topology() -> dict[str, Any]:
    """Return the world map as TopoJSON, object ``countries``, ids ISO 3166-1 alpha-3."""
    kept = resources.files("bandung").joinpath("brief", "data", "world_map.topojson")
    text = kept.read_text("utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


@cache
def countries() -> dict[str, Country]:
    """Return every country of the map by its code."""
    return {
        shape["id"]: Country(**shape["properties"])
        for shape in topology()["objects"]["countries"]["geometries"]
    }


def fit_world(width: float) -> View:
    """Fit the whole map to a width; no country is cut at the edge."""
    points = [point for ring in _all_rings() for point in ring]
    return _fitted(points, _WORLD_CENTRE, width, (0.0, width), 2.0)


def fit_group(codes: Iterable[str], width: float) -> View:
    """Fit the countries named, wherever they lie, with some of what surrounds them.

    Raises
    ------
    InputError
        If none of them is on the map.
    """
    known = sorted(set(codes) & countries().keys())
    if not known:
        raise InputError(f"none of the countries {sorted(codes)} is on the world map")
    points = [point for code in known for ring in _main_rings(code) for point in ring]
    points += [(countries()[code].lon, countries()[code].lat) for code in known]
    limits = (width * 0.45, width * (1.15 if width < 500 else 0.8))
    return _fitted(points, _middle([lon for lon, _ in points]), width, limits, width * 0.05)


def _fitted(
    points: list[tuple[float, float]],
    centre: float,
    width: float,
    limits: tuple[float, float],
    margin: float,
) -> View:
    flat = [equal_earth(_turned(lon, centre), lat) for lon, lat in points]
    left, right = min(x for x, _ in flat), max(x for x, _ in flat)
    low, high = min(y for _, y in flat), max(y for _, y in flat)
    across, up = max(right - left, LEAST_ACROSS), max(high - low, LEAST_ACROSS / 2)
    scale = min((width - 2 * margin) / across, (limits[1] - 2 * margin) / up)
    height = max(scale * up + 2 * margin, limits[0])
    shift = (width / 2 - scale * (left + right) / 2, height / 2 + scale * (low + high) / 2)
    rounded = (round(shift[0], 2), round(shift[1], 2))
    return View(round(centre, 2), round(scale, 3), rounded, width, float(math.ceil(height)))


def _turned(lon: float, centre: float) -> float:
    return (lon - centre + 540) % 360 - 180


def _middle(longitudes: list[float]) -> float:
    """Return the middle of the shortest arc that holds all longitudes."""
    turned = sorted({round(lon % 360, 2) for lon in longitudes})
    gaps = [after - before for before, after in pairwise([*turned, turned[0] + 360])]
    widest = max(range(len(gaps)), key=gaps.__getitem__)
    arc = 360 - gaps[widest]
    return _turned((turned[(widest + 1) % len(turned)] + arc / 2) % 360, 0)


@cache
def _arcs() -> list[Ring]:
    step, origin = topology()["transform"]["scale"], topology()["transform"]["translate"]
    arcs = []
    for coded in topology()["arcs"]:
        x = y = 0
        arc = []
        for across, up in coded:
            x, y = x + across, y + up
            arc.append((x * step[0] + origin[0], y * step[1] + origin[1]))
        arcs.append(arc)
    return arcs


def _outer_rings(shape: dict[str, Any]) -> list[Ring]:
    polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
    return [
        [
            point
            for index in polygon[0]
            for point in (_arcs()[index] if index >= 0 else _arcs()[~index][::-1])
        ]
        for polygon in polygons
    ]


@cache
def _all_rings() -> list[Ring]:
    shapes = topology()["objects"]["countries"]["geometries"]
    return [ring for shape in shapes for ring in _outer_rings(shape)]


def _main_rings(code: str) -> list[Ring]:
    shapes = topology()["objects"]["countries"]["geometries"]
    rings = _outer_rings(next(shape for shape in shapes if shape["id"] == code))
    areas = [_area(ring) for ring in rings]
    return [
        ring for ring, area in zip(rings, areas, strict=True) if area >= _MAIN_PART * max(areas)
    ]


def _area(ring: Ring) -> float:
    flat = [equal_earth(lon, lat) for lon, lat in ring]
    closed = [*flat, flat[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(closed))) / 2

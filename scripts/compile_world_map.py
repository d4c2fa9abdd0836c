"""Compile the small world map that the HTML brief draws.

The source is ``countries-50m.json`` of the npm package ``world-atlas`` 2.0.2 (ISC licence),
which redistributes Natural Earth 4.1.0 (public domain). The script decodes it, keys every
territory by its ISO 3166-1 alpha-3 code, corrects Natural Earth's de-facto units towards the
practice of the United Nations, simplifies the outlines with shared borders kept shared, and
writes two files: the map (TopoJSON, one object named ``countries``) and a record of its origin
with every correction and the reason for it.

How to run it (it is not part of the package; it needs ``topojson`` >= 1.5 and ``shapely`` >= 2.0)::

    pip install topojson shapely
    npm pack world-atlas@2.0.2 && tar -xzf world-atlas-2.0.2.tgz
    python scripts/compile_world_map.py package/countries-50m.json

Each geometry has ``id`` (ISO alpha-3; Kosovo, which has no ISO code, is ``XKX``) and the
properties ``lon`` and ``lat`` (a point inside its largest polygon) and ``small`` (true when the
territory is too small to be seen at world scale, so that a page draws a dot there). Longitudes of
outlines may run past 180 degrees, so that no outline is cut at the antimeridian; ``lon`` does not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapely import set_precision
from shapely.geometry import LinearRing, LineString, MultiPolygon, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry
from shapely.ops import polylabel, snap, unary_union
from shapely.validation import make_valid
from topojson.core.topology import Topology

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE_SHA256 = "04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394"
DATA = Path(__file__).resolve().parent.parent / "src" / "bandung" / "brief" / "data"
MAP_NAME = "world_map.topojson"
ORIGIN_NAME = "world_map.origin.json"

EARTH_RADIUS_KM = 6371.0088
SIMPLIFY_DEGREES = 0.08  # greatest distance between an outline and its simplification
MIN_SCALE = 0.15  # least shortening of a degree of longitude when simplifying
QUANTISATION = (12_000, 6_000)  # steps across the bounding box, west-east and south-north
GRID_DEGREES = 1e-9  # rounding that makes the same corner of two neighbours the same number
SMALL_KM2 = 6_000.0  # below this area a page draws a dot
MIN_PART_KM2 = 400.0  # islets below this are dropped ...
MIN_PART_SHARE = 0.02  # ... unless they are this share of their territory
MIN_EXTENT = 0.35  # a territory narrower and lower than this becomes a square
SQUARE = 0.12  # half-side of that square, in degrees

# ISO 3166-1 numeric and alpha-3 codes.
ISO = """
004AFG 008ALB 010ATA 012DZA 016ASM 020AND 024AGO 028ATG 031AZE 032ARG 036AUS 040AUT 044BHS
048BHR 050BGD 051ARM 052BRB 056BEL 060BMU 064BTN 068BOL 070BIH 072BWA 074BVT 076BRA 084BLZ
086IOT 090SLB 092VGB 096BRN 100BGR 104MMR 108BDI 112BLR 116KHM 120CMR 124CAN 132CPV 136CYM
140CAF 144LKA 148TCD 152CHL 156CHN 158TWN 162CXR 166CCK 170COL 174COM 175MYT 178COG 180COD
184COK 188CRI 191HRV 192CUB 196CYP 203CZE 204BEN 208DNK 212DMA 214DOM 218ECU 222SLV 226GNQ
231ETH 232ERI 233EST 234FRO 238FLK 239SGS 242FJI 246FIN 248ALA 250FRA 254GUF 258PYF 260ATF
262DJI 266GAB 268GEO 270GMB 275PSE 276DEU 288GHA 292GIB 296KIR 300GRC 304GRL 308GRD 312GLP
316GUM 320GTM 324GIN 328GUY 332HTI 334HMD 336VAT 340HND 344HKG 348HUN 352ISL 356IND 360IDN
364IRN 368IRQ 372IRL 376ISR 380ITA 384CIV 388JAM 392JPN 398KAZ 400JOR 404KEN 408PRK 410KOR
414KWT 417KGZ 418LAO 422LBN 426LSO 428LVA 430LBR 434LBY 438LIE 440LTU 442LUX 446MAC 450MDG
454MWI 458MYS 462MDV 466MLI 470MLT 474MTQ 478MRT 480MUS 484MEX 492MCO 496MNG 498MDA 499MNE
500MSR 504MAR 508MOZ 512OMN 516NAM 520NRU 524NPL 528NLD 531CUW 533ABW 534SXM 535BES 540NCL
548VUT 554NZL 558NIC 562NER 566NGA 570NIU 574NFK 578NOR 580MNP 581UMI 583FSM 584MHL 585PLW
586PAK 591PAN 598PNG 600PRY 604PER 608PHL 612PCN 616POL 620PRT 624GNB 626TLS 630PRI 634QAT
638REU 642ROU 643RUS 646RWA 652BLM 654SHN 659KNA 660AIA 662LCA 663MAF 666SPM 670VCT 674SMR
678STP 682SAU 686SEN 688SRB 690SYC 694SLE 702SGP 703SVK 704VNM 705SVN 706SOM 710ZAF 716ZWE
724ESP 728SSD 729SDN 732ESH 740SUR 744SJM 748SWZ 752SWE 756CHE 760SYR 762TJK 764THA 768TGO
772TKL 776TON 780TTO 784ARE 788TUN 792TUR 795TKM 796TCA 798TUV 800UGA 804UKR 807MKD 818EGY
826GBR 831GGY 832JEY 833IMN 834TZA 840USA 850VIR 854BFA 858URY 860UZB 862VEN 876WLF 882WSM
887YEM 894ZMB
"""

# The codes above that are not Member States of the United Nations; the other 193 are.
NOT_MEMBER_STATES = """
ABW AIA ALA ASM ATA ATF BES BLM BMU BVT CCK COK CUW CXR CYM ESH FLK FRO GGY GIB GLP GRL GUF GUM
HKG HMD IMN IOT JEY MAC MAF MNP MSR MTQ MYT NCL NFK NIU PCN PRI PSE PYF REU SGS SHN SJM SPM SXM
TCA TKL TWN UMI VAT VGB VIR WLF
"""
MEMBER_STATE_COUNT = 193
ALSO_REQUIRED = ("ESH", "GUF", "HKG", "MAC", "PSE", "TWN", "XKX")

# Units of the source without an ISO code of their own: name -> code (None: left out).
NAMED_UNITS: dict[str, str | None] = {
    "Somaliland": "SOM",
    "N. Cyprus": "CYP",
    "Kosovo": "XKX",
    "Indian Ocean Ter.": "CXR",
    "Siachen Glacier": None,
    "Antarctica": None,
}

# Territories that the source draws inside another code: code, from, (west, south, east, north).
SPLITS: tuple[tuple[str, str, tuple[float, float, float, float]], ...] = (
    ("GUF", "FRA", (-55.0, 2.0, -51.0, 6.0)),
    ("GLP", "FRA", (-62.0, 15.7, -60.9, 16.6)),
    ("MTQ", "FRA", (-61.3, 14.3, -60.7, 15.0)),
    ("REU", "FRA", (55.0, -21.5, 56.0, -20.7)),
    ("MYT", "FRA", (44.9, -13.1, 45.4, -12.5)),
    ("BES", "NLD", (-69.0, 11.9, -62.8, 17.8)),
    ("SJM", "NOR", (-10.0, 70.7, 34.0, 81.0)),
    ("TKL", "NZL", (-173.0, -10.0, -171.0, -8.0)),
    ("CCK", "CXR", (96.0, -13.0, 97.5, -11.0)),
)
# Mainland Norway ends south of the one and east of the other; only parts beyond are SJM.
SJM_NORTH, SJM_WEST = 72.0, 0.0

# Absent from the source at this scale: code -> (lon, lat).
ADDED_POINTS: dict[str, tuple[float, float]] = {"TUV": (179.20, -8.52), "GIB": (-5.35, 36.14)}

CRIMEA_BOX = (32.3, 44.3, 36.8, 46.3)  # a polygon of its own in the source
# The Golan: its western edge follows the 1923 line (Banias, upper Jordan, lake, Yarmouk); the
# rest of the ring lies outside Israel's outline. Its two ends are corners of the source.
GOLAN_RING = (
    (35.628, 33.275),
    (35.66, 33.24),
    (35.63, 33.10),
    (35.625, 33.00),
    (35.64, 32.88),
    (35.655, 32.80),
    (35.65, 32.74),
    (35.610, 32.683),
    (35.70, 32.60),
    (36.20, 32.50),
    (36.20, 33.60),
    (35.70, 33.60),
)
GOLAN_SNAP = 0.002

CORRECTIONS: tuple[tuple[str, str, str], ...] = (
    (
        "SOM",
        "The unit 'Somaliland' is merged into Somalia.",
        "The United Nations recognises one Member State, Somalia, within its borders.",
    ),
    (
        "CYP",
        "The unit 'N. Cyprus' is merged into Cyprus.",
        "Security Council resolutions 541 (1983) and 550 (1984).",
    ),
    (
        "UKR",
        "The polygon of Crimea is moved from RUS to UKR.",
        "General Assembly resolution 68/262 (2014), territorial integrity of Ukraine.",
    ),
    (
        "ESH",
        "The part of MAR south of the boundary at about 27.66 N is moved to ESH.",
        (
            "Western Sahara is on the United Nations list of Non-Self-Governing Territories; the "
            "source draws the line of actual control instead."
        ),
    ),
    (
        "SYR",
        "The Golan is moved from ISR to SYR, along an approximate line.",
        "Security Council resolutions 242 (1967) and 497 (1981).",
    ),
    (
        "XKX",
        "Kosovo keeps a unit of its own under the user-assigned code XKX.",
        (
            "It has no ISO 3166-1 code. Understood in the context of Security Council resolution "
            "1244 (1999) and without prejudice to positions on status."
        ),
    ),
    (
        "",
        "The unit 'Siachen Glacier' is left out.",
        (
            "It belongs to Jammu and Kashmir, whose final status has not been agreed upon by the "
            "parties; the map assigns it to none."
        ),
    ),
    (
        "GUF GLP MTQ REU MYT",
        "The overseas departments are split off from FRA.",
        "They have ISO codes of their own; no position on their status is implied.",
    ),
    (
        "BES SJM TKL CXR CCK",
        "Split off from NLD, NOR, NZL and the unit 'Indian Ocean Ter.'.",
        "They have ISO codes of their own; the source puts them inside another unit.",
    ),
    (
        "AUS",
        "The unit 'Ashmore and Cartier Is.' is merged into Australia.",
        "The source gives it Australia's code.",
    ),
    (
        "TUV GIB",
        "Added as small squares at a point.",
        "Tuvalu, a Member State, and Gibraltar are absent from the source at this scale.",
    ),
    ("ATA", "Antarctica is left out.", "It has no data and takes a tenth of the drawing."),
    (
        "RUS FJI",
        (
            "The parts on both sides of the antimeridian are joined, with longitudes that "
            "run past 180."
        ),
        "No outline is cut by a line at 180 degrees.",
    ),
)
LEFT_AS_IN_SOURCE = (
    "Baikonur is not a unit of the source at this scale: it is already inside KAZ.",
    "Jammu and Kashmir (line of control), Aksai Chin and Arunachal Pradesh are as in the source.",
    (
        "Hala'ib and Bir Tawil, Abyei, the Ilemi triangle, the southern Kuril islands, the "
        "Falkland Islands (Malvinas; code FLK) and the Chagos archipelago (code IOT; General "
        "Assembly resolution 73/295) are as in the source."
    ),
    "TWN keeps its ISO 3166-1 code; the United Nations name is Taiwan, Province of China.",
    (
        "Abkhazia, South Ossetia and Transnistria are not units of the source: they are inside GEO "
        "and MDA."
    ),
)
DISCLAIMER = (
    "The boundaries and names shown and the designations used on this map do not imply official "
    "endorsement or any opinion concerning the legal status of any country, territory, city or "
    "area, or of its authorities, or concerning the delimitation of its frontiers or boundaries."
)

Ring = list[tuple[float, float]]
Territories = dict[str, BaseGeometry]


def read_source(path: Path) -> dict[str, Any]:
    """Read the source topology, after checking that it is the expected file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SystemExit(f"Cannot read {path}: {error.strerror}.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != SOURCE_SHA256:
        raise SystemExit(
            f"{path} is not countries-50m.json of world-atlas 2.0.2: its SHA-256 is {found}, "
            f"expected {SOURCE_SHA256}."
        )
    topology: dict[str, Any] = json.loads(content)
    return topology


def decode_arcs(topology: dict[str, Any]) -> list[Ring]:
    """Decode the arcs of a quantised topology to degrees."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points: Ring = []
        for step in arc:
            x, y = x + step[0], y + step[1]
            points.append((x * kx + dx, y * ky + dy))
        arcs.append(points)
    return arcs


def decode_ring(arcs: list[Ring], indexes: Iterable[int]) -> Ring:
    """Stitch one ring from its arcs; a negative index means the arc reversed."""
    ring: Ring = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring.extend(arc[1:] if ring else arc)
    return ring


def unwrap(ring: Ring) -> Ring:
    """Let longitudes run past 180 in a ring that jumps across the antimeridian."""
    if all(abs(a[0] - b[0]) < 180 for a, b in pairwise(ring)):
        return ring
    return [(x + 360 if x < 0 else x, y) for x, y in ring]


def geometry_polygons(arcs: list[Ring], geometry: dict[str, Any]) -> list[Polygon]:
    """Build the polygons of one geometry of a topology."""
    parts = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
    rings = [[unwrap(decode_ring(arcs, ring)) for ring in part] for part in parts]
    return [Polygon(part[0], part[1:]) for part in rings]


def code_of(geometry: dict[str, Any], iso: dict[str, str]) -> str | None:
    """Find the alpha-3 code that a unit of the source is kept under; None leaves it out."""
    name = geometry["properties"]["name"]
    if name in NAMED_UNITS:
        return NAMED_UNITS[name]
    if geometry.get("id") not in iso:
        raise SystemExit(f"The unit {name!r} has no known code: add it to NAMED_UNITS.")
    return iso[geometry["id"]]


def read_territories(topology: dict[str, Any]) -> Territories:
    """Merge the units of the source that share a code: code -> geometry."""
    iso = {entry[:3]: entry[3:] for entry in ISO.split()}
    arcs = decode_arcs(topology)
    polygons: dict[str, list[Polygon]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        code = code_of(geometry, iso)
        if code is not None:
            polygons.setdefault(code, []).extend(geometry_polygons(arcs, geometry))
    return {code: merge(parts) for code, parts in polygons.items()}


def polygons_of(geometry: BaseGeometry) -> list[Polygon]:
    """List the polygons of a geometry, lines and points left aside."""
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    return [p for part in getattr(geometry, "geoms", []) for p in polygons_of(part)]


def merge(parts: Iterable[BaseGeometry]) -> BaseGeometry:
    """Join parts to a valid geometry, corners rounded so that neighbours keep sharing them."""
    valid = [part if part.is_valid else make_valid(part) for part in parts]
    union = unary_union([set_precision(part, GRID_DEGREES) for part in valid])
    return MultiPolygon(polygons_of(union))


def in_box(polygon: Polygon, bounds: tuple[float, float, float, float]) -> bool:
    """Say whether the polygon lies wholly inside the bounds."""
    return bool(box(*bounds).contains(polygon))


def move(territories: Territories, source: str, target: str, moved: list[Polygon]) -> None:
    """Move whole polygons of one territory to another (which may be new)."""
    if not moved:
        raise SystemExit(f"Found nothing to move from {source} to {target}.")
    kept = [p for p in polygons_of(territories[source]) if p not in moved]
    territories[source] = MultiPolygon(kept)
    old = [territories[target]] if target in territories else []
    territories[target] = merge([*old, *moved])


def split_territories(territories: Territories) -> None:
    """Give the territories with an ISO code of their own their polygons."""
    for code, source, bounds in SPLITS:
        moved = [p for p in polygons_of(territories[source]) if in_box(p, bounds)]
        if code == "SJM":
            moved = [p for p in moved if p.bounds[1] > SJM_NORTH or p.bounds[2] < SJM_WEST]
        move(territories, source, code, moved)


def cut(territories: Territories, source: str, target: str, shape: Polygon) -> None:
    """Move the area of ``source`` inside ``shape`` to ``target``."""
    whole = territories[source]
    inside, outside = whole.intersection(shape), whole.difference(shape)
    if inside.is_empty:
        raise SystemExit(f"Found nothing to cut from {source} for {target}.")
    territories[source] = merge(polygons_of(outside))
    territories[target] = merge([territories[target], *polygons_of(inside)])


def follow_united_nations(territories: Territories) -> None:
    """Correct Crimea, Western Sahara and the Golan, as CORRECTIONS records them."""
    crimea = [p for p in polygons_of(territories["RUS"]) if in_box(p, CRIMEA_BOX)]
    move(territories, "RUS", "UKR", crimea)
    north = territories["ESH"].bounds[3]
    cut(territories, "MAR", "ESH", box(-30.0, 0.0, 0.0, north))
    golan = snap(Polygon(GOLAN_RING), territories["ISR"], GOLAN_SNAP)
    cut(territories, "ISR", "SYR", golan)


def join_antimeridian(territories: Territories) -> None:
    """Put the western parts of RUS and FJI past 180 and join them with the eastern ones."""
    for code in ("RUS", "FJI"):
        parts = [
            Polygon([(x + 360, y) for x, y in p.exterior.coords]) if p.bounds[0] < -90 else p
            for p in polygons_of(territories[code])
        ]
        territories[code] = merge(parts)


def ring_km2(coordinates: Iterable[tuple[float, ...]]) -> float:
    """Measure the area on the sphere inside a ring."""
    points = [(math.radians(p[0]), math.sin(math.radians(p[1]))) for p in coordinates]
    total = sum((b[0] - a[0]) * (2 + a[1] + b[1]) for a, b in pairwise(points))
    return abs(total) * EARTH_RADIUS_KM**2 / 2


def area_km2(geometry: BaseGeometry) -> float:
    """Measure the area on the sphere of a geometry, holes taken out."""
    return sum(
        ring_km2(p.exterior.coords) - sum(ring_km2(hole.coords) for hole in p.interiors)
        for p in polygons_of(geometry)
    )


def square(lon: float, lat: float) -> Polygon:
    """Draw a small square around a point."""
    return box(lon - SQUARE, lat - SQUARE, lon + SQUARE, lat + SQUARE)


def drawable(geometry: BaseGeometry) -> BaseGeometry:
    """Drop islets and pinholes; make squares of a territory that is tiny as a whole."""
    parts = sorted(polygons_of(geometry), key=area_km2, reverse=True)
    limit = min(MIN_PART_KM2, MIN_PART_SHARE * sum(area_km2(p) for p in parts))
    kept = [p for i, p in enumerate(parts) if i == 0 or area_km2(p) >= limit]
    west, south, east, north = kept[0].bounds
    if max(east - west, north - south) < MIN_EXTENT:
        tiny = [p.representative_point() for p in kept]
        return unary_union([square(p.x, p.y) for p in tiny])
    kept = [p for p in kept if max(p.bounds[2] - p.bounds[0], p.bounds[3] - p.bounds[1]) > SQUARE]
    holes = [[h for h in p.interiors if ring_km2(h.coords) >= MIN_PART_KM2] for p in kept]
    return MultiPolygon([Polygon(p.exterior, h) for p, h in zip(kept, holes, strict=True)])


def label_point(geometry: BaseGeometry) -> tuple[float, float]:
    """Find a point well inside the largest polygon, longitude within -180 and 180."""
    largest = max(polygons_of(geometry), key=area_km2)
    extent = max(largest.bounds[2] - largest.bounds[0], largest.bounds[3] - largest.bounds[1])
    point = polylabel(largest, max(extent / 200, 1e-4))
    lon = point.x - 360 if point.x > 180 else point.x
    return round(lon, 2), round(point.y, 2)


def features(territories: Territories) -> list[dict[str, Any]]:
    """List GeoJSON features, the largest first, so that small ones are drawn on top."""
    rows = []
    for code, geometry in territories.items():
        area = area_km2(geometry)
        lon, lat = label_point(geometry)
        rows.append((area, code, lon, lat, geometry))
    for code, (lon, lat) in ADDED_POINTS.items():
        rows.append((0.0, code, lon, lat, square(lon, lat)))
    rows.sort(key=lambda row: (-row[0], row[1]))
    return [
        {
            "type": "Feature",
            "id": code,
            "properties": {"lon": lon, "lat": lat, "small": area < SMALL_KM2},
            "geometry": mapping(drawable(geometry)),
        }
        for area, code, lon, lat, geometry in rows
    ]


def simplify_arc(arc: Ring) -> Ring:
    """Leave out the corners of an arc that do not show, its two ends kept.

    Degrees of longitude are shortened by the cosine of the latitude, squared because the
    projection squeezes the polar regions once more, so that the far north is not overdrawn.
    """
    middle = (min(p[1] for p in arc) + max(p[1] for p in arc)) / 2
    scale = max(math.cos(math.radians(middle)) ** 2, MIN_SCALE)
    squeezed = [(x * scale, y) for x, y in arc]
    shape = LinearRing(squeezed) if arc[0] == arc[-1] else LineString(squeezed)
    kept = shape.simplify(SIMPLIFY_DEGREES, preserve_topology=True).coords
    return [(x / scale, y) for x, y in kept]


def quantise(arcs: list[Ring]) -> dict[str, Any]:
    """Code arcs as whole steps, each point as the difference from the one before."""
    xs = [x for arc in arcs for x, _ in arc]
    ys = [y for arc in arcs for _, y in arc]
    low, high = (min(xs), min(ys)), (max(xs), max(ys))
    step_x, step_y = (round((high[i] - low[i]) / QUANTISATION[i], 6) for i in (0, 1))
    start_x, start_y = (round(low[i], 6) for i in (0, 1))
    coded = []
    for arc in arcs:
        steps = [(round((x - start_x) / step_x), round((y - start_y) / step_y)) for x, y in arc]
        coded.append([list(steps[0])])
        for before, now in pairwise(steps):
            if now != before:
                coded[-1].append([now[0] - before[0], now[1] - before[1]])
        if len(coded[-1]) == 1:
            coded[-1].append([0, 0])
    return {
        "transform": {"scale": [step_x, step_y], "translate": [start_x, start_y]},
        "arcs": coded,
    }


def compile_topology(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Build the simplified, quantised topology of the features."""
    exact = Topology(
        {"type": "FeatureCollection", "features": rows},
        object_name="countries",
        prequantize=False,
        topology=True,
        shared_coords=True,
        winding_order="CW_CCW",
    ).to_dict()
    arcs = [simplify_arc([(p[0], p[1]) for p in arc]) for arc in exact["arcs"]]
    geometries = [
        {key: geometry[key] for key in ("type", "id", "properties", "arcs")}
        for geometry in exact["objects"]["countries"]["geometries"]
    ]
    objects = {"countries": {"type": "GeometryCollection", "geometries": geometries}}
    return {"type": "Topology", "objects": objects, **quantise(arcs)}


def check(topology: dict[str, Any]) -> None:
    """Stop unless every required code is there once and every ring is a proper clockwise one."""
    geometries = topology["objects"]["countries"]["geometries"]
    codes = [geometry["id"] for geometry in geometries]
    others = set(NOT_MEMBER_STATES.split())
    members = [entry[3:] for entry in ISO.split() if entry[3:] not in others]
    if len(members) != MEMBER_STATE_COUNT:
        raise SystemExit(f"The code table has {len(members)} Member States, not 193.")
    missing = sorted({*members, *ALSO_REQUIRED} - set(codes))
    if missing or len(codes) != len(set(codes)):
        raise SystemExit(f"Codes missing: {missing}, or some code comes twice.")
    arcs = decode_arcs(topology)
    for geometry in geometries:
        parts = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
        for part in parts:
            ring = decode_ring(arcs, part[0])
            polygon = Polygon(ring)
            if len(ring) < 4 or ring[0] != ring[-1] or polygon.exterior.is_ccw:
                raise SystemExit(f"{geometry['id']}: a ring is open or turns the wrong way.")


def origin(topology: dict[str, Any], content: bytes) -> dict[str, Any]:
    """Record where the map comes from and what was changed."""
    geometries = topology["objects"]["countries"]["geometries"]
    return {
        "title": "World map of countries and territories, for drawing only",
        "publisher": "Natural Earth",
        "via": {"package": "world-atlas", "version": "2.0.2", "file": "countries-50m.json"},
        "vintage": "Natural Earth 4.1.0 (2018), Admin 0 countries, 1:50 million",
        "licence": "Natural Earth: public domain. world-atlas: ISC, (c) 2013-2019 Michael Bostock.",
        "source_sha256": SOURCE_SHA256,
        "output": MAP_NAME,
        "output_sha256": hashlib.sha256(content).hexdigest(),
        "output_bytes": len(content),
        "geometries": len(geometries),
        "made_by": "scripts/compile_world_map.py",
        "processing": [
            (
                f"Outlines simplified to {SIMPLIFY_DEGREES} degrees with shared borders kept "
                f"shared; quantised to {QUANTISATION[0]} by {QUANTISATION[1]} steps."
            ),
            (
                f"Polygons below {MIN_PART_KM2:.0f} km2 and below {MIN_PART_SHARE:.0%} of their "
                f"territory are left out; holes below {MIN_PART_KM2:.0f} km2 are filled."
            ),
            f"Territories within {MIN_EXTENT} degrees are drawn as squares.",
            f"'small' marks an area below {SMALL_KM2:.0f} km2.",
        ],
        "corrections": [
            {"ids": ids.split(), "change": change, "reason": reason}
            for ids, change, reason in CORRECTIONS
        ],
        "left_as_in_source": list(LEFT_AS_IN_SOURCE),
        "disclaimer": DISCLAIMER,
    }


def main(arguments: list[str] | None = None) -> int:
    """Compile the map and its record of origin."""
    parser = argparse.ArgumentParser(description="Compile the world map of the HTML brief.")
    parser.add_argument("source", type=Path, help="countries-50m.json of world-atlas 2.0.2")
    parser.add_argument("--out", type=Path, default=DATA, help="folder to write to")
    options = parser.parse_args(arguments)
    territories = read_territories(read_source(options.source))
    split_territories(territories)
    follow_united_nations(territories)
    join_antimeridian(territories)
    topology = compile_topology(features(territories))
    check(topology)
    content = (json.dumps(topology, separators=(",", ":")) + "\n").encode()
    record = json.dumps(origin(topology, content), indent=2, ensure_ascii=False) + "\n"
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / MAP_NAME).write_bytes(content)
    (options.out / ORIGIN_NAME).write_text(record, encoding="utf-8")
    count = len(topology["objects"]["countries"]["geometries"])
    print(f"{MAP_NAME}: {count} territories, {len(content) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

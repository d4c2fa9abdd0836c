"""Make the register's world map: one SVG path for each country, in the Equal Earth projection.

    python scripts/compile_register_map.py

Reads the outlines of the brief (Natural Earth, see ``brief/data/world_map.origin.json``) and
writes ``register/data/world_outlines.json``: the sheet's width and height, and by alpha-3 code
the path, the place of a dot, and whether the country is too small to be seen without one.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

from bandung.brief import charts_projection as projection

OUT = Path(__file__).parents[1] / "src/bandung/register/data/world_outlines.json"
WIDTH = 1000.0
LEAST_CORNERS = 3


def ring_path(view: projection.View, ring: projection.Ring) -> str:
    """Return a ring as a path of whole units, relative after its first corner."""
    corners: list[tuple[int, int]] = []
    turned = 0.0
    for place, (lon, lat) in enumerate(ring):
        angle = (lon - view.centre + 540) % 360 - 180
        # An island on the edge of the map stays in one piece.
        turned = angle if not place else angle - 360 * round((angle - turned) / 360)
        x, y = projection.equal_earth(turned, lat)
        corner = (round(view.shift[0] + view.scale * x), round(view.shift[1] - view.scale * y))
        if not corners or corner != corners[-1]:
            corners.append(corner)
    if len(set(corners)) < LEAST_CORNERS:
        return ""
    steps = [
        f"{after[0] - before[0]} {after[1] - before[1]}" for before, after in pairwise(corners)
    ]
    return f"M{corners[0][0]} {corners[0][1]}l{' '.join(steps)}z".replace(" -", "-")


def main() -> None:
    """Write the file."""
    view = projection.fit_world(WIDTH)
    shapes = projection.topology()["objects"]["countries"]["geometries"]
    outlines = {}
    for shape in sorted(shapes, key=lambda found: found["id"]):
        place = projection.countries()[shape["id"]]
        x, y = view.pixel(place.lon, place.lat)
        rings = projection._outer_rings(shape)  # noqa: SLF001 - the one reader of the outlines
        outlines[shape["id"]] = {
            "path": "".join(ring_path(view, ring) for ring in rings),
            "at": [round(x), round(y)],
            "small": place.small,
        }
    said = {"width": round(view.width), "height": round(view.height), "outlines": outlines}
    OUT.write_text(json.dumps(said, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{OUT.name}: {len(outlines)} countries, {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

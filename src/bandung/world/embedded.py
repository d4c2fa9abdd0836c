"""The world that comes with the package, so that everything works offline."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from bandung.world import parquet

if TYPE_CHECKING:
    from bandung.world.model import World

NAME = "embedded"


@cache
def load() -> World:
    """Return the world of 2022, compiled by ``scripts/compile_embedded_world.py``."""
    with as_file(files("bandung.world") / "data" / NAME) as folder:
        return parquet.read(folder)

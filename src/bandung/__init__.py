"""bandung: an open workbench for South–South cooperation. Find, agree, account."""

from __future__ import annotations

from bandung.errors import BandungError
from bandung.find import complementarity, dependence, reliance
from bandung.world.model import World
from bandung.world.origin import Origin

__version__ = "0.1.0"

__all__ = [
    "BandungError",
    "Origin",
    "World",
    "__version__",
    "complementarity",
    "dependence",
    "reliance",
]

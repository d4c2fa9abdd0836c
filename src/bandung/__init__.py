"""bandung: an open workbench for South–South cooperation. Find, agree, account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bandung.economy.baseline import Levers
from bandung.errors import BandungError
from bandung.find import complementarity, dependence, reliance
from bandung.world.model import World
from bandung.world.origin import Origin

__version__ = "0.1.0"

if TYPE_CHECKING:
    from bandung.agree.outcome import Outcome
    from bandung.agree.solve import sensitivity, solve, solve_many

__all__ = [
    "BandungError",
    "Levers",
    "Origin",
    "Outcome",
    "World",
    "__version__",
    "complementarity",
    "dependence",
    "reliance",
    "sensitivity",
    "solve",
    "solve_many",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the public name stands for
    """Import what needs JAX when it is first asked for: it takes half a second."""
    if name in {"Outcome", "sensitivity", "solve", "solve_many"}:
        from bandung import agree  # noqa: PLC0415 - see above

        return getattr(agree, name)
    raise AttributeError(f"module 'bandung' has no attribute {name!r}")

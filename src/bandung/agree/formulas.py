"""How tied tariffs fall with their lever y, from 1 (as today) downwards.

`pitch` is what a tariff t is measured against, relative to its lever's highest tariff T: r = t/T.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from bandung.economy.baseline import Floats


@dataclass(frozen=True, slots=True)
class Formula:
    """One way for tariffs to fall.

    Attributes
    ----------
    kept : callable
        Of the lever y and r, the share of the tariff that is kept; 1 at y = 1.
    slope : callable
        Its derivative in y.
    lever : callable
        Of the share kept and r, the y that gives it.
    """

    kept: Callable[[Floats, Floats], Floats]
    slope: Callable[[Floats, Floats], Floats]
    lever: Callable[[Floats, Floats], Floats]


LINEAR = Formula(
    kept=lambda y, _: y,
    slope=lambda y, _: np.ones_like(y),
    lever=lambda kept, _: kept,
)
"""All by the same share."""

COMMON = Formula(
    kept=lambda y, r: np.minimum(1.0, y / r),
    slope=lambda y, r: np.where(y <= r, 1.0 / r, 0.0),
    lever=lambda kept, r: kept * r,
)
"""None above y T: min(t, y T)."""

SWISS = Formula(
    kept=lambda y, r: y / (y + (1.0 - y) * r),
    slope=lambda y, r: r / (y + (1.0 - y) * r) ** 2,
    lever=lambda kept, r: kept * r / (1.0 - kept + kept * r),
)
"""To a t/(a + t), the formula of 1974 (Francois & Hall 2003), with a = T y/(1 − y)."""


def formula_of(by: str, formula: str) -> Formula:
    """Return how tariffs fall under these limits."""
    if by == "mfn":
        return COMMON
    return SWISS if formula == "swiss" else LINEAR

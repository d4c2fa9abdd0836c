"""What gegravity solves, in NumPy, so that its difference from an equilibrium is explained.

gegravity 0.3 solves the resistances of the new trade costs at the output and spending shares of
the baseline, takes factory-gate prices from them, and stops. The guide it follows (Yotov,
Piermartini, Monteiro & Larch 2016, section 2.D) goes on: new prices are new outputs, which give
new resistances, until prices rest. One round here is gegravity's answer; many are the
equilibrium.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bandung.errors import NotConvergedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOLERANCE = 1e-13
MAX_ROUNDS = 20_000
STEP = 0.5
"""Share of the way to the prices a further round asks for."""


def real_output_change(
    trade_value: Floats, cost_ratio: Floats, theta: float, rounds: int
) -> Floats:
    """Return the change of real output after some rounds from a balanced baseline.

    Parameters
    ----------
    trade_value
        N×N, [origin, destination]; what each sells is what it spends.
    cost_ratio
        N×N, trade costs afterwards over before.
    theta
        Trade elasticity θ: the elasticity of substitution less 1.
    rounds
        At least 1.

    Returns
    -------
    array, N
    """
    output = trade_value.sum(axis=1)
    share = output / output.sum()
    reach = trade_value * output.sum() / np.outer(output, output) * cost_ratio**-theta
    price = np.ones_like(share)
    outward = np.ones_like(share)
    level = np.ones_like(share)
    for number in range(rounds):
        weight = price * output / (price * output).sum()
        outward, inward = _resistances(reach, weight, outward)
        asked = (weight * outward / share) ** (-1.0 / theta)
        price = asked if number == 0 else price ** (1.0 - STEP) * asked**STEP
        level = inward ** (1.0 / theta)
    return price / level - 1.0


def _resistances(reach: Floats, weight: Floats, outward: Floats) -> tuple[Floats, Floats]:
    """Return Π^θ of origins and P^θ of destinations, the last P being 1."""
    for _ in range(MAX_ROUNDS):
        inward = 1.0 / ((weight * outward) @ reach)
        found = 1.0 / (reach @ (weight * inward))
        residual = float(np.abs(found / outward - 1.0).max())
        outward = found
        if residual <= TOLERANCE:
            return outward * inward[-1], inward / inward[-1]
    raise NotConvergedError(
        "resistances", iterations=MAX_ROUNDS, residual=residual, tolerance=TOLERANCE
    )

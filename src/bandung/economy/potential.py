"""Trade that could be: comparative advantage, similarity, complementarity, export potential.

Arrays in, arrays out. E[o,k] are exports, M[d,k] imports, T[o,d,k] trade between members
(zero on the diagonal), t tariffs, θ trade elasticities.
References: Balassa (1965); Finger & Kreinin (1979), Economic Journal 89; Michaely (1996), World
Bank Policy Research Working Paper 1583; Decreux & Spies (2016), Export Potential Assessments,
International Trade Centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Potential:
    """Export potential and its three factors.

    Attributes
    ----------
    supply_share : array, N×J
        Projected share of o in world supply of k, corrected for re-exports and tariffs faced.
    demand : array, N×N×J
        [o,d,k]: d's projected imports of k, corrected for the tariff margin o has there.
    ease : array, N×N
        Trade o→d over what supply and demand alone would give.
    value : array, N×N×J
        Potential trade: supply share × demand × ease, in the unit of the trade given.
    """

    supply_share: Floats
    demand: Floats
    ease: Floats
    value: Floats


def between_members(trade_value: Floats) -> Floats:
    """Return trade without domestic sales, N×N×J."""
    trade = trade_value.copy()
    diagonal = np.arange(trade.shape[0])
    trade[diagonal, diagonal] = 0.0
    return trade


def comparative_advantage(trade: Floats) -> Floats:
    """Return Balassa's revealed comparative advantage, N×J; 0 where nothing is exported."""
    exports = trade.sum(axis=1)
    own = _ratio(exports, exports.sum(axis=1, keepdims=True))
    world = _ratio(exports.sum(axis=0), exports.sum())
    return _ratio(own, np.broadcast_to(world, own.shape))


def michaely(trade: Floats) -> Floats:
    """Return how far d's imports match o's exports, N×N: 1 alike, 0 nothing in common."""
    exports, imports = _structures(trade)
    apart: Floats = np.abs(exports[:, None, :] - imports[None, :, :]).sum(axis=2)
    return 1.0 - apart / 2.0


def finger_kreinin(trade: Floats) -> Floats:
    """Return how similar the exports of two members are, N×N, symmetric: 1 alike."""
    exports, _ = _structures(trade)
    common: Floats = np.minimum(exports[:, None, :], exports[None, :, :]).sum(axis=2)
    return common


def export_potential(
    trade: Floats, tariff: Floats, trade_elasticity: Floats, growth: Floats
) -> Potential:
    """Return the potential of every exporter in every market.

    Supply: o's exports times min(1, exports/imports), which takes re-exports out, times
    ((1 + tariff faced)/(1 + world mean))^θ, which takes out what preferences gave; as a share
    of all. Demand: d's imports times ((1 + mean tariff)/(1 + tariff on o))^θ, the margin that o
    has. Ease: actual trade o→d over Σ_k supply share × demand.

    Parameters
    ----------
    trade
        N×N×J, zero diagonal.
    tariff
        N×N×J.
    trade_elasticity
        J.
    growth
        N: projected GDP over today's GDP; ones for no projection.
    """
    exports, imports = trade.sum(axis=1), trade.sum(axis=0)
    revenue = trade * tariff
    faced = _ratio(revenue.sum(axis=1), exports)
    levied = _ratio(revenue.sum(axis=0), imports)
    mean = _ratio(revenue.sum(axis=(0, 1)), trade.sum(axis=(0, 1)))
    net = np.minimum(1.0, _ratio(exports, imports, empty=1.0))
    supply = exports * net * ((1.0 + faced) / (1.0 + mean)) ** trade_elasticity * growth[:, None]
    supply_share = _ratio(supply, supply.sum(axis=0, keepdims=True))
    margin = ((1.0 + levied[None, :, :]) / (1.0 + tariff)) ** trade_elasticity
    demand = imports[None, :, :] * growth[None, :, None] * margin
    expected = supply_share[:, None, :] * demand
    diagonal = np.arange(trade.shape[0])
    expected[diagonal, diagonal] = 0.0
    ease = _ratio(trade.sum(axis=2), expected.sum(axis=2))
    return Potential(
        supply_share=supply_share, demand=demand, ease=ease, value=expected * ease[:, :, None]
    )


def _structures(trade: Floats) -> tuple[Floats, Floats]:
    exports, imports = trade.sum(axis=1), trade.sum(axis=0)
    return (
        _ratio(exports, exports.sum(axis=1, keepdims=True)),
        _ratio(imports, imports.sum(axis=1, keepdims=True)),
    )


def _ratio(above: Floats, below: Floats, *, empty: float = 0.0) -> Floats:
    """Above over below; `empty` where nothing is below."""
    below = np.broadcast_to(below, np.shape(above))
    ratio: Floats = np.divide(above, below, out=np.full(np.shape(above), empty), where=below > 0)
    return ratio

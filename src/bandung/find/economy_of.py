"""From a labelled world to the arrays that `economy` computes with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bandung.economy.leontief import Economy

if TYPE_CHECKING:
    from bandung.world.model import Floats, World


def economy_of(world: World, *, final_demand: Floats | None = None) -> Economy:
    """Return a world's arrays for Leontief calculations."""
    return Economy(
        sourcing_share=world.sourcing_share,
        input_share=world.input_share,
        value_added_share=world.value_added_share,
        final_demand=world.final_demand if final_demand is None else final_demand,
    )


def known_final_demand(world: World) -> tuple[Floats, Floats]:
    """Return final demand where domestic sales are known, and how much of it that covers.

    A product whose domestic sales the source does not state would seem to be all imported.
    It is left out, and the coverage says so.

    Returns
    -------
    final_demand : array, N×J
        Million USD; 0 where domestic sales are unknown.
    coverage : array, N
        Share of imports that falls on the products counted; 0 for a member without any.
    """
    known = world.domestic_known
    final = np.where(known, world.final_demand, 0.0)
    diagonal = np.arange(len(world.members))
    imports = world.trade_value.sum(axis=0) - world.trade_value[diagonal, diagonal]
    total = imports.sum(axis=1)
    share = np.divide(
        (imports * known).sum(axis=1),
        total,
        out=known.any(axis=1).astype(float),
        where=total > 0,
    )
    return final, np.where(final.sum(axis=1) > 0, share, 0.0)

"""From a labelled world to the arrays that `economy` computes with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bandung.economy.leontief import Economy
from bandung.errors import WorldError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bandung.find.selection import Selection
    from bandung.world.model import Floats, World


def economy_of(world: World, *, final_demand: Floats | None = None) -> Economy:
    """Return a world's arrays for Leontief calculations."""
    return Economy(
        sourcing_share=world.sourcing_share,
        input_share=world.input_share,
        value_added_share=world.value_added_share,
        final_demand=world.final_demand if final_demand is None else final_demand,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What can be measured of a selection: final demand where domestic sales are known.

    A product whose domestic sales the source does not state would seem to be all imported. It
    is left out, and so is a member of whom the source states none.

    Attributes
    ----------
    members, unmeasured : tuple of str
        The selection's members with and without any domestic sales in the source.
    positions : array, n
        Where the measured members stand in the world.
    final_demand : array, N×J
        Million USD, for everybody; 0 where domestic sales are unknown.
    coverage : array, n
        Share of a member's imports that falls on the products counted.
    """

    members: tuple[str, ...]
    unmeasured: tuple[str, ...]
    positions: NDArray[np.int64]
    final_demand: Floats
    coverage: Floats


def measured(world: World, chosen: Selection) -> Measured:
    """Tell which members and products of a selection can be measured.

    Raises
    ------
    WorldError
        When the world states no domestic sales of any member.
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
    states = {code for code, spent in zip(world.members, final.sum(axis=1), strict=True) if spent}
    members = tuple(code for code in chosen.members if code in states)
    if not members:
        raise WorldError(
            f"world {world.name!r} states no domestic sales of {', '.join(chosen.members)}, so "
            "what they rely on cannot be measured; use another world"
        )
    at = np.array([world.index(code) for code in members])
    return Measured(
        members=members,
        unmeasured=tuple(code for code in chosen.members if code not in states),
        positions=at,
        final_demand=final,
        coverage=share[at],
    )

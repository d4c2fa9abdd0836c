"""Complementarity: what members buy from outsiders that one of them sells.

Reference: model.md, 'Complementarity'; the potential is that of Decreux & Spies (2016),
International Trade Centre (see :mod:`bandung.economy.potential`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bandung.codes import groups
from bandung.economy import potential as trade_potential
from bandung.errors import GroupEmptyError, InputError
from bandung.find.selection import Selection, select

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from bandung.world.model import Floats, World

ADVANTAGE = 1.0


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One member could supply another with one product, and the figures that say why.

    Attributes
    ----------
    supplier, buyer, sector : str
    unrealised_musd : float
        Potential less present trade, at most what the buyer needs from outside and what the
        supplier sells outside; million USD a year.
    potential_musd, current_musd : float
        Export potential and present trade between the two.
    need_musd : float
        The buyer's imports of the product from outside the group.
    capacity_musd : float
        The supplier's exports of the product outside the group.
    advantage : float
        The supplier's revealed comparative advantage, above 1.
    tariff : float
        What the buyer levies on it now, as a fraction.
    ease : float
        Trade between the two over what their supply and demand alone would give.
    """

    supplier: str
    buyer: str
    sector: str
    unrealised_musd: float
    potential_musd: float
    current_musd: float
    need_musd: float
    capacity_musd: float
    advantage: float
    tariff: float
    ease: float


@dataclass(frozen=True, slots=True, eq=False)
class Complementarity:
    """What members need from outside and could get from each other, goods only.

    Attributes
    ----------
    selection : Selection
    world : World
    sectors : tuple of str, length K
        The goods of the world.
    need_musd : array, n×K
        Imports from outside the group.
    capacity_musd : array, n×K
        Exports outside the group where the comparative advantage exceeds 1, else 0.
    advantage : array, n×K
        Revealed comparative advantage (Balassa).
    unrealised_musd : array, n×n×K
        [supplier, buyer, sector]
    michaely : array, n×n
        How far the buyer's imports match the supplier's exports.
    finger_kreinin : array, n×n
        How similar their exports are.
    growth : mapping of str to float
        Projected GDP over today's GDP that was used; empty when nothing was projected.
    opportunities : tuple of Opportunity
        All with an unrealised potential, the largest first.
    """

    selection: Selection
    world: World
    sectors: tuple[str, ...]
    need_musd: Floats
    capacity_musd: Floats
    advantage: Floats
    unrealised_musd: Floats
    michaely: Floats
    finger_kreinin: Floats
    growth: Mapping[str, float]
    opportunities: tuple[Opportunity, ...]

    def to_dict(self, top: int | None = None) -> dict[str, Any]:
        """Return the JSON object of ``bandung complementarity --json``."""
        codes = self.selection.members
        return {
            "opportunities": [asdict(each) for each in self.opportunities[:top]],
            "unrealised_musd": float(self.unrealised_musd.sum()),
            "need_musd": {
                code: _cells(self.sectors, row)
                for code, row in zip(codes, self.need_musd, strict=True)
            },
            "capacity_musd": {
                code: _cells(self.sectors, row)
                for code, row in zip(codes, self.capacity_musd, strict=True)
            },
            "michaely": {
                code: _cells(codes, row) for code, row in zip(codes, self.michaely, strict=True)
            },
            "finger_kreinin": {
                code: _cells(codes, row)
                for code, row in zip(codes, self.finger_kreinin, strict=True)
            },
            "missing": list(self.selection.missing),
            "notices": self.selection.notices(),
            "on": self.selection.on.isoformat(),
            "elasticities": self.world.elasticities,
            "growth": dict(self.growth),
            "world": {"name": self.world.name, "checksum": self.world.checksum},
        }

    def to_table(self) -> pl.DataFrame:
        """Return one row per opportunity, the largest first."""
        words = {"supplier", "buyer", "sector"}
        return pl.DataFrame(
            [asdict(each) for each in self.opportunities],
            schema={
                each.name: pl.String if each.name in words else pl.Float64
                for each in fields(Opportunity)
            },
        )

    def to_xarray(self) -> xr.DataArray:
        """Return `unrealised_musd`, labelled."""
        import xarray as xr  # noqa: PLC0415 - slow to import

        return xr.DataArray(
            self.unrealised_musd,
            dims=("supplier", "buyer", "sector"),
            coords={
                "supplier": list(self.selection.members),
                "buyer": list(self.selection.members),
                "sector": list(self.sectors),
            },
            name="unrealised",
            attrs={"units": "million USD"},
        )


def complementarity(
    world: World,
    group: str | None = None,
    *,
    members: Sequence[str] | None = None,
    on: dt.date | None = None,
    south: str = groups.THE_SOUTH,
    growth: Mapping[str, float] | None = None,
) -> Complementarity:
    """Find what members of a group could supply to one another.

    Parameters
    ----------
    group, members, on, south
        See :func:`bandung.find.selection.select`.
    growth
        Projected GDP over today's GDP, by member of the world; 1 where not named. Without it
        nothing is projected: potential is that of the world's own year.

    Raises
    ------
    GroupEmptyError
        When the world has fewer than two members of the group.

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.find import complementarity
    >>> found = complementarity(World.embedded(), members=["CIV", "NGA", "SEN"])
    >>> found.opportunities[0].supplier in ("CIV", "NGA", "SEN")
    True
    """
    chosen = select(world, group, members=members, on=on, south=south)
    return complementarity_of(world, chosen, growth=growth)


def complementarity_of(
    world: World, chosen: Selection, *, growth: Mapping[str, float] | None = None
) -> Complementarity:
    """Find what members of a selection made before could supply to one another."""
    if len(chosen.members) < 2:
        raise GroupEmptyError(
            f"world {world.name!r} has only {chosen.members[0]} of this group; "
            "at least two members are needed to supply one another"
        )
    goods = [world.sector_index(code) for code in world.goods]
    trade = trade_potential.between_members(world.trade_value[:, :, goods])
    tariff = world.tariff[:, :, goods]
    projected = trade_potential.export_potential(
        trade, tariff, world.trade_elasticity[goods], _growth(world, growth)
    )
    at = np.array([world.index(code) for code in chosen.members])
    outside = np.setdiff1d(np.arange(len(world.members)), at)
    advantage = trade_potential.comparative_advantage(trade)[at]
    need = trade[np.ix_(outside, at)].sum(axis=0)
    capacity = np.where(advantage > ADVANTAGE, trade[np.ix_(at, outside)].sum(axis=1), 0.0)
    inside = np.ix_(at, at)
    room = np.minimum(need[None, :, :], capacity[:, None, :])
    unrealised = np.clip(projected.value[inside] - trade[inside], 0.0, room)
    unrealised[np.arange(len(at)), np.arange(len(at))] = 0.0
    return Complementarity(
        selection=chosen,
        world=world,
        sectors=world.goods,
        need_musd=need,
        capacity_musd=capacity,
        advantage=advantage,
        unrealised_musd=unrealised,
        michaely=trade_potential.michaely(trade)[inside],
        finger_kreinin=trade_potential.finger_kreinin(trade)[inside],
        growth=dict(growth or {}),
        opportunities=tuple(
            Opportunity(
                supplier=chosen.members[o],
                buyer=chosen.members[d],
                sector=world.goods[k],
                unrealised_musd=float(unrealised[o, d, k]),
                potential_musd=float(projected.value[at[o], at[d], k]),
                current_musd=float(trade[at[o], at[d], k]),
                need_musd=float(need[d, k]),
                capacity_musd=float(capacity[o, k]),
                advantage=float(advantage[o, k]),
                tariff=float(tariff[at[o], at[d], k]),
                ease=float(projected.ease[at[o], at[d]]),
            )
            for o, d, k in _ranked(unrealised, chosen.members, world.goods)
        ),
    )


def _ranked(
    unrealised: Floats, members: tuple[str, ...], sectors: tuple[str, ...]
) -> list[tuple[int, int, int]]:
    """Cells above zero, largest first; equal ones by their codes, whatever the order given."""
    cells = [(int(o), int(d), int(k)) for o, d, k in np.argwhere(unrealised > 0)]
    return sorted(
        cells,
        key=lambda cell: (-unrealised[cell], members[cell[0]], members[cell[1]], sectors[cell[2]]),
    )


def _growth(world: World, given: Mapping[str, float] | None) -> Floats:
    growth = np.ones(len(world.members))
    for code, ratio in (given or {}).items():
        if not ratio > 0:
            raise InputError(f"growth of {code} is {ratio}; give GDP over today's GDP, above 0")
        growth[world.index(code)] = ratio
    return growth


def _cells(labels: tuple[str, ...], row: Floats) -> dict[str, float]:
    return {label: float(value) for label, value in zip(labels, row, strict=True)}

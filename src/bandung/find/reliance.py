"""Reliance: whose work a group's final demand is made of, through the whole supply chain.

Reference: model.md, 'Reliance and dependence'; Johnson & Noguera (2012) and Koopman, Wang & Wei
(2014) for value added in final demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bandung.codes import groups
from bandung.economy import leontief
from bandung.find.economy_of import economy_of, measured
from bandung.find.selection import ORIGINS, Selection, origin_kinds, select

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import xarray as xr

    from bandung.world.model import Floats, World


@dataclass(frozen=True, slots=True, eq=False)
class Reliance:
    """Shares of the value added in final demand by origin; each row of four sums to 1.

    Attributes
    ----------
    selection : Selection
    world : World
    codes : tuple of str, length n
        The members measured.
    unmeasured : tuple of str
        Members of whom the source states no domestic sales: how far they rely on themselves
        cannot be told. They are fellow members to the others all the same.
    group : array, 4
        Own, fellow, South, rest, as in `ORIGINS`: each member's own share and what the other
        members add, weighted by value.
    members : array, n×4
    sectors : array, J×4
        By product of the group's final demand.
    member_sectors : array, n×J×4
        NaN where a member has no final demand for a product.
    sector_demand_musd : array, J
        What the members measured spend on each product, million USD, tariffs included.
    origin_share : array, N
        Share of every member of the world in the group's final demand; for one of the group,
        what its fellows spend on it and it on itself.
    supplier_share : array, N
        The same without what each member earns of its own demand.
    final_demand_musd : array, n
        Million USD, tariffs included.
    tariff_share : array, n
        Tariffs paid on the way, as a share of final demand.
    coverage : array, n
        Share of the sectors whose domestic sales the source states, weighted by what is
        imported; where it is below 1 only those sectors are counted.
    """

    selection: Selection
    world: World
    codes: tuple[str, ...]
    unmeasured: tuple[str, ...]
    group: Floats
    members: Floats
    sectors: Floats
    member_sectors: Floats
    sector_demand_musd: Floats
    origin_share: Floats
    supplier_share: Floats
    final_demand_musd: Floats
    tariff_share: Floats
    coverage: Floats

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``bandung reliance --json``."""
        codes = self.codes
        return {
            "group": _four(self.group),
            "members": {code: _four(row) for code, row in zip(codes, self.members, strict=True)},
            "sectors": {
                code: _four(row)
                for code, row in zip(self.world.sectors, self.sectors, strict=True)
                if np.isfinite(row).all()
            },
            "tariffs": {
                code: float(share) for code, share in zip(codes, self.tariff_share, strict=True)
            },
            "coverage": {
                code: float(share) for code, share in zip(codes, self.coverage, strict=True)
            },
            "unmeasured": list(self.unmeasured),
            "missing": list(self.selection.missing),
            "notices": self.selection.notices(),
            "on": self.selection.on.isoformat(),
            "south": self.selection.south_name,
            "world": {"name": self.world.name, "checksum": self.world.checksum},
        }

    def to_table(self) -> pl.DataFrame:
        """Return one row for the group, each member and each sector, sorted by code."""
        rows = [
            ("group", self.selection.group or "group", self.group),
            *(("member", code, row) for code, row in zip(self.codes, self.members, strict=True)),
            *(
                ("sector", code, row)
                for code, row in zip(self.world.sectors, self.sectors, strict=True)
            ),
        ]
        return pl.DataFrame(
            [(kind, code, *map(float, row)) for kind, code, row in rows],
            schema=["of", "code", *(f"{name}_share" for name in ORIGINS)],
            orient="row",
        )

    def to_xarray(self) -> xr.DataArray:
        """Return `member_sectors`, labelled."""
        import xarray as xr  # noqa: PLC0415 - slow to import

        return xr.DataArray(
            self.member_sectors,
            dims=("member", "sector", "origin"),
            coords={
                "member": list(self.codes),
                "sector": list(self.world.sectors),
                "origin": list(ORIGINS),
            },
            name="reliance",
            attrs={"units": "fraction of the value added in final demand"},
        )


def reliance(
    world: World,
    group: str | None = None,
    *,
    members: Sequence[str] | None = None,
    on: dt.date | None = None,
    south: str = groups.THE_SOUTH,
) -> Reliance:
    """Measure how far a group relies on itself, on fellows, on the South and on the rest.

    Parameters
    ----------
    group, members, on, south
        See :func:`bandung.find.selection.select`.

    Returns
    -------
    Reliance

    Raises
    ------
    WorldError
        When the world states no domestic sales of any member.

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.find import reliance
    >>> shares = reliance(World.embedded(), members=["EGY", "MAR", "TUN"])
    >>> round(float(shares.group.sum()), 12)
    1.0
    """
    chosen = select(world, group, members=members, on=on, south=south)
    return reliance_of(world, chosen)


def reliance_of(world: World, chosen: Selection) -> Reliance:
    """Measure the reliance of a selection that was made before."""
    known = measured(world, chosen)
    at = known.positions
    economy = economy_of(world, final_demand=known.final_demand)
    value = leontief.value_added(economy).by_product[:, at, :]
    kinds = np.zeros((len(at), len(world.members), len(ORIGINS)))
    for row, code in enumerate(known.members):
        kinds[row, np.arange(len(world.members)), origin_kinds(world, chosen, code)] = 1.0
    money = np.einsum("odk,dof->dkf", value, kinds)
    by_origin = value.sum(axis=2)
    total = by_origin.sum()
    foreign = by_origin.copy()
    foreign[at, np.arange(len(at))] = 0.0
    spent = known.final_demand[at].sum(axis=1)
    return Reliance(
        selection=chosen,
        world=world,
        codes=known.members,
        unmeasured=known.unmeasured,
        group=_shares(money.sum(axis=(0, 1))),
        members=_shares(money.sum(axis=1)),
        sectors=_shares(money.sum(axis=0)),
        member_sectors=_shares(money),
        sector_demand_musd=known.final_demand[at].sum(axis=0),
        origin_share=by_origin.sum(axis=1) / total,
        supplier_share=foreign.sum(axis=1) / total,
        final_demand_musd=spent,
        tariff_share=1.0 - by_origin.sum(axis=0) / spent,
        coverage=known.coverage,
    )


def _shares(money: Floats) -> Floats:
    total = money.sum(axis=-1, keepdims=True)
    shares: Floats = np.divide(money, total, out=np.full_like(money, np.nan), where=total > 0)
    return shares


def _four(row: Floats) -> dict[str, float]:
    return {name: float(value) for name, value in zip(ORIGINS, row, strict=True)}

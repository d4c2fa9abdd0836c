"""`Outcome`: what an agreement would do, labelled.

Every name that ends in ``_change`` is a ratio minus one: 0 is unchanged, 0.02 two per cent more.
Money is million USD of the world's year, in units of the numeraire, which is world value added.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bandung.economy import accounts
from bandung.economy.decomposition import decompose

if TYPE_CHECKING:
    from collections.abc import Callable

    from bandung.economy.accounts import Equilibrium, FirstOrder
    from bandung.economy.baseline import Baseline, Floats, Levers
    from bandung.economy.decomposition import Decomposition
    from bandung.world.model import World

MEMBER = ("member",)
CELL = ("member", "sector")
FLOW = ("origin", "destination", "sector")
CHANGE = "ratio minus one"
MONEY = "million USD"
SHARE = "share of income before"


@dataclass(frozen=True, eq=False)
class Outcome:
    """The world after a change, beside the world before. Arrays are labelled `xarray` ones.

    Attributes
    ----------
    world : World
        As given.
    before : Baseline
        What the changes are measured against: the world as it is, or, with deficits ``"zero"``,
        the same world with every deficit closed.
    levers : Levers
        What moved.
    after : Equilibrium
        The unlabelled result.
    deficits : str
        The rule for trade deficits.
    elasticities : str
        Name of the set of trade elasticities, or the figure.
    """

    world: World
    before: Baseline
    levers: Levers
    after: Equilibrium
    deficits: str
    elasticities: str

    @property
    def iterations(self) -> int:
        """How often the equations were evaluated."""
        return self.after.iterations

    @property
    def residual(self) -> float:
        """Largest relative gap of any equation."""
        return self.after.residual

    @cached_property
    def welfare_change(self) -> xr.DataArray:
        """Exact change of real income, (I'/I)/Π P̂^α − 1, by member (N)."""
        return self._labelled(accounts.real_income(self.before, self.after), MEMBER, CHANGE)

    @cached_property
    def real_wage_change(self) -> xr.DataArray:
        """Change of what a wage buys, ŵ/Π P̂^α − 1, by member (N)."""
        return self._labelled(accounts.real_wage(self.before, self.after), MEMBER, CHANGE)

    @cached_property
    def wage_change(self) -> xr.DataArray:
        """ŵ − 1, by member (N): value added in units of the numeraire."""
        return self._labelled(self.after.wage - 1.0, MEMBER, CHANGE)

    @cached_property
    def price_change(self) -> xr.DataArray:
        """P̂ − 1, by member and sector (N×J): what buyers pay, tariffs included."""
        return self._labelled(self.after.price - 1.0, CELL, CHANGE)

    @cached_property
    def trade_value(self) -> xr.DataArray:
        """T', by origin, destination and sector (N×N×J), before tariff."""
        return self._labelled(self._flows, FLOW, MONEY)

    @cached_property
    def output(self) -> xr.DataArray:
        """Y', by member and sector (N×J)."""
        return self._labelled(self._flows.sum(axis=1), CELL, MONEY)

    @cached_property
    def tariff_revenue(self) -> xr.DataArray:
        """R', by member (N)."""
        return self._labelled((self._tariff * self._flows).sum(axis=(0, 2)), MEMBER, MONEY)

    @cached_property
    def terms_of_trade(self) -> xr.DataArray:
        """First-order effect of export over import prices, by member (N).

        With `volume_of_trade` the measure of Caliendo & Parro (2015, equation 16), which their
        Table 2 prints; `welfare_change` is the exact one.
        """
        part = self.first_order.terms_of_trade.sum(axis=(1, 2))
        return self._labelled(part, MEMBER, SHARE)

    @cached_property
    def volume_of_trade(self) -> xr.DataArray:
        """First-order effect of changed import volumes on tariff revenue, by member (N)."""
        part = self.first_order.volume_of_trade.sum(axis=(1, 2))
        return self._labelled(part, MEMBER, SHARE)

    @cached_property
    def emissions_change(self) -> xr.DataArray:
        """Change of CO2 emitted at home, by member (N); NaN where the world has no figure for it.

        Emissions are taken to follow each sector's quantity produced, with the member's mean
        emission per dollar in every sector: the world has a national total only.
        """
        before = self.before.trade_value.sum(axis=1)
        cost = np.exp(accounts.log_cost(self.before, self.levers, self.after))
        quantity = (self._flows.sum(axis=1) / cost).sum(axis=1)
        known = np.isfinite(self.world.satellites.get("co2_kt", np.full(len(before), np.nan)))
        total = before.sum(axis=1)
        ratio = np.divide(quantity, total, out=np.full_like(total, np.nan), where=total > 0)
        return self._labelled(np.where(known, ratio - 1.0, np.nan), MEMBER, CHANGE)

    @cached_property
    def first_order(self) -> FirstOrder:
        """The two first-order effects by partner and sector, unlabelled."""
        return accounts.first_order(self.before, self.levers, self.after)

    @cached_property
    def decomposition(self) -> Decomposition:
        """Exact parts of the change of welfare by partner and sector, unlabelled."""
        return decompose(self.before, self.levers, self.after, deficits=self.deficits)

    @cached_property
    def world_before(self) -> World:
        """The world the changes are measured against, as a `World`."""
        if self.deficits != "zero":
            return self.world
        return self.world.replace(
            name=f"{self.world.name}, deficits closed",
            trade_value=self.before.trade_value,
            trade_elasticity=self._elasticity,
        )

    @cached_property
    def world_after(self) -> World:
        """The world after the change, as a `World`: every question of `find` can be put to it."""
        return self.world.replace(
            name=f"{self.world.name}, after",
            trade_value=self._flows,
            tariff=self._tariff,
            trade_elasticity=self._elasticity,
        )

    def to_xarray(self) -> xr.Dataset:
        """Return all results, labelled, as one dataset."""
        names = (
            "welfare_change",
            "real_wage_change",
            "wage_change",
            "price_change",
            "trade_value",
            "output",
            "tariff_revenue",
            "terms_of_trade",
            "volume_of_trade",
            "emissions_change",
        )
        return xr.Dataset(
            {name: getattr(self, name) for name in names},
            attrs={
                "world": self.world.name,
                "checksum": self.world.checksum,
                "deficits": self.deficits,
                "elasticities": self.elasticities,
                "iterations": self.iterations,
                "residual": self.residual,
            },
        )

    def __repr__(self) -> str:
        gain = int((self.welfare_change > 0).sum())
        return (
            f"Outcome({self.world.name!r}, deficits {self.deficits}, elasticities "
            f"{self.elasticities}: {gain} of {len(self.world.members)} members gain)"
        )

    @property
    def _elasticity(self) -> str | Floats:
        """The set by its name, where it is the world's own."""
        drawn = self.before.trade_elasticity
        named = self.world.elasticities in self.world.elasticity_sets
        own = named and np.array_equal(drawn, self.world.trade_elasticity)
        return self.world.elasticities if own else drawn

    @property
    def _tariff(self) -> Floats:
        return self.levers.tariff_after(self.before)

    @cached_property
    def _flows(self) -> Floats:
        return accounts.trade_value(self.before, self.levers, self.after)

    def _labelled(self, array: Floats, dims: tuple[str, ...], units: str) -> xr.DataArray:
        coords = coordinates(self.world.members, self.world.sectors)
        some = {name: coords[name] for name in dims}
        return xr.DataArray(array, dims=dims, coords=some, attrs={"units": units})


@lru_cache(maxsize=8)
def coordinates(members: tuple[str, ...], sectors: tuple[str, ...]) -> dict[str, xr.IndexVariable]:
    """Return the coordinates of every dimension, made once: they cost more than a result."""
    labels = dict.fromkeys(("member", "origin", "destination", "at"), members)
    variable: Callable[[str, list[str]], xr.IndexVariable] = xr.IndexVariable
    return {
        name: variable(name, list(codes)) for name, codes in {**labels, "sector": sectors}.items()
    }

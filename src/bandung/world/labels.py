"""Labelled arrays at the public boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from bandung.world.model import SATELLITES

if TYPE_CHECKING:
    from bandung.world.model import World


def to_xarray(world: World) -> xr.Dataset:
    """Return every array of a world, given and derived, as one labelled dataset.

    Dimensions are ``origin``, ``destination``, ``sector``, ``input_sector`` and ``member``;
    the units are in each variable's ``units`` attribute.
    """
    odj = ("origin", "destination", "sector")
    mj = ("member", "sector")
    share = "fraction"
    money = "million USD"
    variables = {
        "trade_value": (odj, world.trade_value, money),
        "tariff": (odj, world.tariff, share),
        "trade_share": (odj, world.trade_share, share),
        "input_share": (("member", "input_sector", "sector"), world.input_share, share),
        "value_added_share": (mj, world.value_added_share, share),
        "trade_elasticity": (("sector",), world.trade_elasticity, "1"),
        "expenditure": (mj, world.expenditure, money),
        "output": (mj, world.output, money),
        "final_demand": (mj, world.final_demand, money),
        "value_added": (("member",), world.value_added, money),
        "tariff_revenue": (("member",), world.tariff_revenue, money),
        "deficit": (("member",), world.deficit, money),
        **{
            key: (("member",), value, SATELLITES.get(key, ""))
            for key, value in world.satellites.items()
        },
    }
    return xr.Dataset(
        {name: (dims, value, {"units": unit}) for name, (dims, value, unit) in variables.items()},
        coords={
            "origin": list(world.members),
            "destination": list(world.members),
            "member": list(world.members),
            "sector": list(world.sectors),
            "input_sector": list(world.sectors),
        },
        attrs={"name": world.name, "year": world.year, "checksum": world.checksum},
    )

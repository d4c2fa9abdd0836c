"""The registry of cases: what is timed, and what it is compared with in the same run."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pymrio

from bandung import World
from bandung.brief import write_brief
from bandung.economy import leontief
from bandung.find import reliance, select
from bandung.find.economy_of import economy_of
from bandung.world import embedded
from bandung.world.sources.itpd_e import read_world
from bandung.world.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).resolve().parents[2] / "shared/data"
ITPD_E = DATA / "itpd_e/itpde_r02_2016.parquet"
ELEVEN = ("AGO", "CIV", "CMR", "COD", "EGY", "MAR", "NGA", "SEN", "STP", "TUN", "ZAF")


@dataclass(frozen=True, slots=True)
class Case:
    """What is timed, and its peers or its limit in seconds.

    `needs` is a file without which the case is left out.
    """

    name: str
    ours: Callable[[], object]
    peers: dict[str, Callable[[], object]]
    limit_s: float | None = None
    needs: Path | None = None
    runs: int = 5


def cases() -> list[Case]:
    """Return every case."""
    world = World.embedded()
    economy = economy_of(world)
    table = _table(world)
    return [
        Case(
            "load the embedded world",
            lambda: (embedded.load.cache_clear(), World.embedded()),
            {},
            limit_s=0.3,
        ),
        Case(
            "value added in final demand, all members",
            lambda: leontief.value_added(economy),
            {
                "dense inverse (NumPy)": lambda: _dense(table),
                "pymrio": lambda: _pymrio(table),
            },
        ),
        Case(
            "reliance of all members",
            lambda: reliance(world, members=world.members),
            {"dense inverse (NumPy)": lambda: _dense(table)},
            limit_s=1.0,
        ),
        Case("the whole brief, warm", lambda: _brief(world), {}, limit_s=20.0, runs=3),
        Case(
            "add ITPD-E 2016 to the store",
            _add_itpd_e,
            {},
            limit_s=20.0,
            needs=ITPD_E,
            runs=3,
        ),
    ]


def _table(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray, pd.MultiIndex]:
    """Return flows, final demand and value added in the layout of an input-output table."""
    n, j = world.output.shape
    s = world.sourcing_share
    flows = np.einsum("odk,dkj,dj->okdj", s, world.input_share, world.output)
    final = np.moveaxis(s * world.final_demand, 1, 2).reshape(n * j, n)
    rows = pd.MultiIndex.from_product([world.members, world.sectors], names=["region", "sector"])
    value = (world.value_added_share * world.output).ravel()
    return flows.reshape(n * j, n * j), final, value, rows


def _dense(table: tuple[np.ndarray, np.ndarray, np.ndarray, pd.MultiIndex]) -> np.ndarray:
    flows, final, value, _ = table
    output = flows.sum(axis=1) + final.sum(axis=1)
    per_unit = np.divide(1.0, output, out=np.zeros_like(output), where=output > 0)
    inverse = np.linalg.inv(np.eye(len(flows)) - flows * per_unit)
    return (value * per_unit)[:, None] * (inverse @ final)


def _pymrio(table: tuple[np.ndarray, np.ndarray, np.ndarray, pd.MultiIndex]) -> pd.DataFrame:
    flows, final, value, rows = table
    regions = rows.get_level_values("region").unique()
    columns = pd.MultiIndex.from_product([regions, ["final"]], names=["region", "category"])
    system = pymrio.IOSystem(
        Z=pd.DataFrame(flows, index=rows, columns=rows),
        Y=pd.DataFrame(final, index=rows, columns=columns),
    )
    system.va = pymrio.Extension("va", F=pd.DataFrame([value], index=["value added"], columns=rows))
    system.calc_all()
    return system.va.D_cba


def _brief(world: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_brief(world, select(world, members=ELEVEN), out=folder)


def _add_itpd_e() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BANDUNG_HOME"] = folder
        try:
            Store().add(read_world(ITPD_E, year=2016), "itpd-e-2016")
        finally:
            del os.environ["BANDUNG_HOME"]

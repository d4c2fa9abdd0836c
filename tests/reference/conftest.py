"""The data of published papers that several tests are held against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from bandung import Levers
from bandung.economy.baseline import Baseline


@dataclass(frozen=True)
class Nafta:
    """Caliendo & Parro (2015): 31 regions, 40 sectors, 1993, million USD, deficits as published."""

    regions: list[str]
    sectors: list[str]
    published: Baseline
    levers: Levers


@pytest.fixture(scope="session")
def nafta_data(shared_data) -> Nafta:
    """The authors' data, and the tariffs of 2005 among the three."""
    folder = shared_data / "cp2015"
    deficits = pl.read_parquet(folder / "nafta_deficit.parquet")
    by_region = dict(zip(deficits["region"], deficits["D"], strict=True))
    with np.load(folder / "cp2015_data.npz") as given:
        read = {name: given[name] for name in given.files}
    origin_first = {
        name: np.ascontiguousarray(read[name].transpose(1, 0, 2))
        for name in ("pi_nij", "tau_nij", "tau_nij_cfl")
    }
    regions = [str(name) for name in read["regions"]]
    return Nafta(
        regions=regions,
        sectors=[str(name) for name in read["sectors"]],
        published=Baseline(
            trade_share=origin_first["pi_nij"],
            tariff=origin_first["tau_nij"],
            input_share=read["gamma_nkj"],
            value_added=read["wL_n"] / 1e6,
            final_share=read["alpha_nj"],
            deficit=np.array([by_region[name] for name in regions]) / 1e6,
            expenditure=read["X_nj"] / 1e6,
            trade_elasticity=read["theta_j"],
        ),
        levers=Levers(tariff_new=origin_first["tau_nij_cfl"]),
    )

"""Fixtures that every room's tests may use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bandung import World

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ELEVEN = ("AGO", "CIV", "CMR", "COD", "EGY", "MAR", "NGA", "SEN", "STP", "TUN", "ZAF")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of publishers' files; tests that need it skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the publishers' data files (shared/data beside the repository) are not here")
    return SHARED_DATA


@pytest.fixture
def store_home(tmp_path, monkeypatch) -> Path:
    """A local store of its own for one test."""
    home = tmp_path / "home"
    monkeypatch.setenv("BANDUNG_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def embedded() -> World:
    """The world that comes with the package."""
    return World.embedded()


@pytest.fixture(scope="session")
def eleven() -> tuple[str, ...]:
    """The eleven African economies of the embedded world."""
    return ELEVEN


@pytest.fixture(scope="session")
def five() -> World:
    """Five members, three sectors: sales, tariffs, inputs and elasticities drawn at random."""
    rng = np.random.default_rng(1955)
    own = np.arange(5)
    trade, tariff = rng.uniform(1, 9, (5, 5, 3)), rng.uniform(0, 0.3, (5, 5, 3))
    trade[own, own] += 30
    tariff[own, own] = 0
    return World.from_arrays(
        name="five",
        members=["AGO", "BRA", "CIV", "EGY", "ZAF"],
        sectors=["farms", "mills", "banks"],
        trade_value=trade,
        tariff=tariff,
        input_share=rng.uniform(0, 0.2, (5, 3, 3)),
        trade_elasticity=rng.uniform(2, 8, 3),
    )

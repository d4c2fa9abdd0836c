"""Fixtures that every room's tests may use."""

from __future__ import annotations

from pathlib import Path

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

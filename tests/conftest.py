"""Fixtures that every room's tests may use."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from bandung import World
from bandung.cli import main, options

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


@pytest.fixture
def program():
    """Run the program within this process, in a folder and with variables of its own.

    Everything is as after a start but what was loaded and compiled before, which takes seconds:
    words, streams, consoles, and how a mistake ends. What the program does not catch is raised.
    """

    def runs(*words: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        code = 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(folder)
            for name, value in env.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["bandung", *words])
            patch.setattr(options.console, "__dict__", vars(Console()))
            patch.setattr(options.notes, "__dict__", vars(Console(stderr=True)))
            try:
                main()
            except SystemExit as end:
                code = end.code or 0
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), err.read())

    return runs


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

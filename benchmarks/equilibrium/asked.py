"""What was asked of the engine itself: times on two cores, warm, to a residual of 1e-10."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import bandung
from bandung.agree.draws import draw_elasticities, spread
from bandung.economy.baseline import Levers
from benchmarks.equilibrium import ours, problems
from benchmarks.equilibrium.machine import median_s

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RUNS = 15
DRAWS = 1000
FIRST = """
import time
start = time.perf_counter()
import bandung
world = bandung.World.embedded()
loaded = time.perf_counter()
bandung.solve(world, tariff_new=0.5 * world.tariff).welfare_change
print(time.perf_counter() - loaded)
"""
PEAK = """
import resource, sys
import numpy as np
import bandung
n, j = int(sys.argv[1]), int(sys.argv[2])
random, own = np.random.default_rng(0), np.arange(n)
trade = random.lognormal(0, 2, (n, n, j))
trade[own, own] *= 2 * n
tariff = 0.1 * random.random((n, n, j))
tariff[own, own] = 0
share = random.random((n, j, j))
codes = [f"M{i}" for i in range(n)]
world = bandung.World.from_arrays(
    members=codes,
    sectors=[f"s{i}" for i in range(j)],
    regions={code: ["AGO"] for code in codes},
    trade_value=trade,
    tariff=tariff,
    input_share=0.5 * share / share.sum(axis=1, keepdims=True),
)
bandung.solve(world, tariff_new=0.5 * tariff).welfare_change
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
MEMORY_MB = {(81, 28): 500, (200, 50): 2048}


@dataclass(frozen=True, slots=True)
class Asked:
    """A case, its limit, and how to time it."""

    name: str
    limit_s: float
    seconds: Callable[[], float]
    needs: Path | None = None


def asked() -> list[Asked]:
    """Return every case."""
    return [
        Asked("NAFTA 31×40, baseline and counterfactual", 0.05, _pair, problems.NAFTA),
        Asked("no tariffs among eleven, 55×28", 0.015, lambda: _solve(problems.eleven_embedded())),
        Asked(
            "no tariffs among eleven, 81×28",
            0.03,
            lambda: _solve(problems.eleven_released()),
            problems.ICIO,
        ),
        Asked(
            "trade costs −10 %, 194×1", 0.005, lambda: _solve(problems.all_cheaper()), problems.BACI
        ),
        Asked(f"{DRAWS} draws of the elasticities, 55×28", 12.0, _draws),
        Asked("first call in a new process, programs kept", 3.0, _first_call),
    ]


def gradient_in_solves() -> tuple[float, float, float]:
    """Return the seconds of one welfare's gradient in all tariffs, a solution, eleven gradients."""
    scenario = problems.eleven_embedded()
    world, levers = scenario.world, Levers(tariff_new=0.5 * scenario.world.tariff)
    eleven = [code for code in problems.ELEVEN if code in world.members]

    def gradient(members: list[str]) -> Callable[[], object]:
        return lambda: bandung.sensitivity(world, to="tariff", members=members, levers=levers)

    return (
        median_s(gradient(eleven[:1]), RUNS),
        median_s(lambda: bandung.solve(world, tariff_new=levers.tariff_new), RUNS),
        median_s(gradient(eleven), RUNS),
    )


def peak_mb(members: int, sectors: int) -> float:
    """Measure the peak memory of a process that makes a random world and solves it once, MB."""
    done = subprocess.run(  # noqa: S603 - the constant above, by this interpreter
        [sys.executable, "-c", PEAK, str(members), str(sectors)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _solve(scenario: problems.Scenario) -> float:
    return median_s(lambda: ours.world(scenario), RUNS)


def _pair() -> float:
    baseline = problems.nafta_baseline()
    tariff_new = problems.nafta_counterfactual(baseline).tariff_new
    return median_s(lambda: ours.pair(baseline, tariff_new), RUNS)


def _draws() -> float:
    scenario = problems.eleven_embedded()
    rows = draw_elasticities(scenario.world, DRAWS)
    levers = Levers(tariff_new=np.asarray(scenario.tariff_new))
    start = time.perf_counter()
    spread(scenario.world, levers, rows)
    return time.perf_counter() - start


def _first_call() -> float:
    """Time the first solution of a process that finds the programs an earlier one compiled."""
    with tempfile.TemporaryDirectory() as folder:
        taken = [
            subprocess.run(  # noqa: S603 - the constant above, by this interpreter
                [sys.executable, "-c", FIRST],
                env={"PATH": "", "XDG_CACHE_HOME": folder},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for _ in range(4)
        ]
    return float(np.median([float(each) for each in taken[1:]]))

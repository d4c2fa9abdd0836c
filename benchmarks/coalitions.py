"""``python -m benchmarks.coalitions [MEMBERS]``: values of coalitions, beside SciPy's L-BFGS-B.

MEMBERS is how many of the eleven African economies take part in the second measurement (7).
"""

from __future__ import annotations

import os
import platform
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from scipy import optimize

from bandung import World
from bandung.agree.coalitions import coalition_values
from bandung.agree.talks import open_talks
from bandung.economy.joint import climb

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

ELEVEN = ("ZAF", "COD", "MAR", "CIV", "NGA", "EGY", "CMR", "SEN", "TUN", "AGO", "STP")
MOST_EVALUATIONS = 300


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, in how many evaluations and seconds."""

    value: float
    evaluations: int
    seconds: float


def main(words: list[str]) -> None:
    """Compare the two searches at several sizes, then one worker with one to a core."""
    console = Console()
    world = World.embedded()
    table = Table(
        title=f"{platform.machine()}, {os.cpu_count()} cores: the best sum of all members"
    )
    for column in ("members", "tariffs", "ours", "L-BFGS-B", "theirs / ours"):
        table.add_column(column, justify="right")
    for count in (2, 5, 11):
        tariffs, ours, theirs = _compare(world, ELEVEN[:count])
        cells = (
            f"{found.value:.4f} m USD, {found.evaluations} slopes, {found.seconds:.2f} s"
            for found in (ours, theirs)
        )
        table.add_row(str(count), f"{tariffs:,}", *cells, f"{theirs.seconds / ours.seconds:.1f}×")
    console.print(table)
    members = ELEVEN[: int(words[0]) if words else 7]
    talks = open_talks(world, members)
    took = {}
    for workers in sorted({1, os.cpu_count() or 1}):
        start = time.perf_counter()
        coalition_values(talks, workers=workers)
        took[workers] = time.perf_counter() - start
    count = 2 ** len(members) - len(members) - 1
    for workers, seconds in took.items():
        console.print(
            f"{count:,} coalitions of {len(members)}, {workers} workers: {seconds:.1f} s, "
            f"{took[1] / seconds:.2f} times as fast as one"
        )


def _compare(world: World, members: tuple[str, ...]) -> tuple[int, Found, Found]:
    talks = open_talks(world, members)
    weights = talks.before.income[talks.at]
    lower, upper = talks.lower, talks.upper
    middle = (lower + upper) / 2

    def slopes(position: np.ndarray) -> tuple[float, np.ndarray]:
        gains, slope = talks.slopes(position, weights[None, :])
        return float(weights @ gains), slope[0]

    slopes(middle)

    def ours() -> tuple[float, int]:
        top = climb(slopes, middle, lower, upper)
        return top.value, top.evaluations

    def theirs() -> tuple[float, int]:
        found = optimize.minimize(
            lambda position: tuple(-part for part in slopes(position)),
            middle,
            jac=True,
            method="L-BFGS-B",
            bounds=optimize.Bounds(lower, upper),
            options={"maxcor": 20, "maxfun": MOST_EVALUATIONS, "ftol": 1e-12, "gtol": 1e-9},
        )
        return -float(found.fun), int(found.nfev)

    return talks.count, _timed(ours), _timed(theirs)


def _timed(search: Callable[[], tuple[float, int]]) -> Found:
    start = time.perf_counter()
    value, evaluations = search()
    return Found(value, evaluations, time.perf_counter() - start)


if __name__ == "__main__":
    main(sys.argv[1:])

"""``python -m benchmarks.agreements [WORD ...]``: agreements of known groups, found and bounded.

For each group: who loses if all tariffs fall, the smallest gain of the egalitarian agreement, how
near that is to its upper bound, and how long it took. For the eleven African economies the same
smallest gain is sought by a naive way in the same run: L-BFGS on a soft minimum of the gains, with
the same gains and slopes.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import optimize

from bandung import World
from bandung.agree import bargain, solve, upper_bound
from bandung.agree.talks import open_talks

ELEVEN = "AGO CIV CMR COD EGY MAR NGA SEN STP TUN ZAF"
GROUPS = {
    "eleven African economies": (ELEVEN, 0.0163, 10.0),
    "ASEAN": ("BRN IDN KHM LAO MMR MYS PHL SGP THA VNM", None, None),
    "Mercosur with its neighbours": ("ARG BRA CHL COL PER", None, None),
    "BRICS": ("ARE BRA CHN EGY IDN IND RUS ZAF", None, None),
    "thirty-four of the Group of 77": (
        (
            "AGO ARE ARG BGD BRA BRN CHL CHN CIV CMR COD COL CRI EGY IDN IND JOR KHM LAO MAR MMR "
            "MYS NGA PAK PER PHL SAU SEN SGP STP THA TUN VNM ZAF"
        ),
        0.1155,
        120.0,
    ),
}
"""Members, and where an issue asks for them: the smallest gain in per cent, and in what time."""
SHARPNESS = (1e4, 1e5, 1e6)
"""Of the soft minimum, −log Σ exp(−sharpness·gain) / sharpness, one after the other."""
NAIVE_S, LEAST_WIDTH = 120.0, 150


@dataclass(slots=True)
class Reached:
    """When a smallest gain was first reached, seconds; and the largest there was."""

    wanted: float
    began: float
    at: float | None = None
    largest: float = -np.inf

    def tell(self, gains: np.ndarray) -> None:
        """Look at the gains after a step."""
        self.largest = max(self.largest, float(gains.min()))
        if self.at is None and self.largest >= self.wanted:
            self.at = time.perf_counter() - self.began


def main(words: list[str]) -> None:
    """Search for the groups' agreements and print what came out."""
    world = World.embedded()
    bargain(world, ["CIV", "MAR", "SEN"], by="member")
    console = Console()
    console = Console(width=max(console.width, LEAST_WIDTH))
    table = Table(title=f"{platform.machine()}, {os.cpu_count()} cores; egalitarian, tariffs only")
    for column in (
        "group",
        "tariffs",
        "lose without any",
        "smallest gain",
        "largest",
        "of the bound",
        "asked",
        "reached after",
        "all",
    ):
        table.add_column(column, justify="left" if column == "group" else "right")
    for name, (codes, asked, within) in GROUPS.items():
        if words and not any(word in name for word in words):
            continue
        members = codes.split()
        bargain(world, members, by="all")
        seen = Reached((asked or np.inf) / 100, time.perf_counter())
        found = bargain(world, members, progress=lambda _, __, gains, seen=seen: seen.tell(gains))
        took = time.perf_counter() - seen.began
        bound = upper_bound(found)
        at = found.talks.at
        gone = world.tariff.copy()
        gone[np.ix_(at, at)] = 0.0
        lost = solve(world, tariff_new=gone).welfare_change.to_numpy()[at]
        losers = sorted(zip(lost, found.members, strict=True))
        worst = ", ".join(f"{code} {100 * change:.2f} %" for change, code in losers[:2])
        table.add_row(
            name,
            f"{found.talks.count:,}",
            f"{(lost < 0).sum()} of {len(at)}: {worst}",
            f"{100 * found.smallest_gain:.5f} %",
            f"{100 * found.gains.max():.5f} %",
            f"{100 * bound.reached:.2f} %",
            "" if asked is None else f"{asked} % in {within:g} s",
            "" if seen.at is None else f"{seen.at:.1f} s",
            f"{took:.1f} s",
        )
        if name.startswith("eleven") and seen.at is not None:
            naive = naively(world, members, asked / 100)
            console.print(
                f"L-BFGS on a soft minimum: {100 * naive.largest:.5f} % after at most "
                f"{NAIVE_S:g} s; "
                + (
                    "the same level not reached"
                    if naive.at is None
                    else f"the same level after {naive.at:.1f} s, {naive.at / seen.at:.1f}× as long"
                )
            )
    console.print(table)


def naively(world: World, members: list[str], wanted: float) -> Reached:
    """Climb a soft minimum of the gains by L-BFGS until it has what is wanted, or time is up."""
    talks = open_talks(world, members)
    seen = Reached(wanted, time.perf_counter())
    position = np.full(talks.count, 0.9)

    class Enough(Exception):  # noqa: N818 - not an error
        """The level is reached, or time is up."""

    def soft(kept: np.ndarray, sharp: float) -> tuple[float, np.ndarray]:
        gains, slopes = talks.slopes(kept)
        seen.tell(gains)
        if seen.at is not None or time.perf_counter() - seen.began > NAIVE_S:
            raise Enough
        weight = np.exp(-sharp * (gains - gains.min()))
        value = gains.min() - np.log(weight.sum()) / sharp
        return -1e4 * value, -1e4 * (weight / weight.sum()) @ slopes

    try:
        for sharp in SHARPNESS:
            position = optimize.minimize(
                soft,
                position,
                args=(sharp,),
                jac=True,
                method="L-BFGS-B",
                bounds=[(0.0, 1.0)] * talks.count,
                options={"maxiter": 2000},
            ).x
    except Enough:
        pass
    return seen


if __name__ == "__main__":
    main(sys.argv[1:])

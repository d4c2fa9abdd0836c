"""``python -m benchmarks.equilibrium [--all] [--limit S] [--python PATH] [WORD ...]``.

The engine, the same equations in plain NumPy, and the packages gegravity and puremacro solve the
same problems in the same run; times, ratios and the largest difference in welfare are printed, then
the engine against what was asked of it, then its passes against the machine.
"""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.equilibrium.asked import MEMORY_MB, asked, gradient_in_solves, peak_mb
from benchmarks.equilibrium.peers import LIMIT_S, Options, cases, comparison, passes

LEAST_WIDTH = 130


def main(arguments: list[str]) -> None:
    """Run the cases and print what they took."""
    parser = argparse.ArgumentParser(prog="benchmarks.equilibrium", description=__doc__)
    parser.add_argument("words", nargs="*", help="run the cases whose names hold one of these")
    parser.add_argument("--all", action="store_true", help="gegravity at 194 economies too")
    parser.add_argument(
        "--limit", type=float, default=LIMIT_S, help="seconds that a run of a peer may take"
    )
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the peers")
    given = parser.parse_args(arguments)
    console = Console()
    console = Console(width=max(console.width, LEAST_WIDTH))
    found = []
    for case in cases(Options(given.limit, given.python, given.all)):
        if given.words and not any(word in case.name for word in given.words):
            continue
        if case.needs is not None and not case.needs.exists():
            console.print(f"{case.name}: left out, {case.needs.name} is not here")
            continue
        found.append(case.run(case.name))
    if found:
        console.print(comparison(found))
        for one in found:
            for remark in one.remarks:
                console.print(f"{one.case}: {remark}", highlight=False)
        console.print(passes(found))
    if not given.words:
        console.print(_asked())


def _asked() -> Table:
    table = Table(title="what was asked of the engine; medians, warm")
    for column in ("case", "ours", "asked", "asked / ours"):
        table.add_column(column, justify="left" if column == "case" else "right")
    for case in asked():
        if case.needs is not None and not case.needs.exists():
            table.add_row(case.name, "left out", f"{case.needs.name} is not here", "")
            continue
        taken = case.seconds()
        ratio = case.limit_s / taken
        table.add_row(case.name, f"{taken:.4f} s", f"{case.limit_s:g} s", f"{ratio:.1f}×")
    one, solution, eleven = gradient_in_solves()
    for name, taken, limit in (
        ("solution and gradient of one welfare in every tariff", one, "2 more solutions"),
        ("the same for eleven members", eleven, ""),
    ):
        more = (taken - solution) / solution
        table.add_row(name, f"{taken:.4f} s", limit, f"{more:.1f} more")
    for (members, sectors), limit_mb in MEMORY_MB.items():
        taken_mb = peak_mb(members, sectors)
        name = f"peak memory of a process that solves {members}×{sectors}"
        ratio = f"{limit_mb / taken_mb:.1f}×"
        table.add_row(name, f"{taken_mb:.0f} MB", f"{limit_mb} MB", ratio)
    return table


if __name__ == "__main__":
    main(sys.argv[1:])

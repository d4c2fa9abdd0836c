"""``python -m benchmarks [WORD ...]``: run the cases whose names hold a word, or all of them."""

from __future__ import annotations

import os
import platform
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.cases import cases
from benchmarks.equilibrium.machine import median_s


def main(words: list[str]) -> None:
    """Time the cases and print medians and ratios."""
    console = Console()
    table = Table(title=f"{platform.machine()}, {os.cpu_count()} cores, medians")
    for column in ("case", "ours", "compared with", "theirs", "theirs / ours"):
        table.add_column(column, justify="left" if column in {"case", "compared with"} else "right")
    for case in cases():
        if words and not any(word in case.name for word in words):
            continue
        if case.needs is not None and not case.needs.exists():
            table.add_row(case.name, "left out", f"{case.needs.name} is not here", "", "")
            continue
        ours = median_s(case.ours, case.runs)
        compared = {name: median_s(work, case.runs) for name, work in case.peers.items()}
        if case.limit_s is not None:
            compared["the limit asked for"] = case.limit_s
        for name, theirs in compared.items():
            table.add_row(
                case.name, f"{ours:.3f} s", name, f"{theirs:.3f} s", f"{theirs / ours:.1f}×"
            )
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])

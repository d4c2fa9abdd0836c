"""What a pass of the equilibrium asks of the machine, and what the machine can do."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

DOUBLE = 8
LEAST_S = 0.02
"""A measured stretch lasts at least this long."""
REPEATS = 7


@dataclass(frozen=True, slots=True)
class Counted:
    """One pass over N members and J sectors, counted by hand.

    Attributes
    ----------
    operations : int
        Multiplications and additions, 6N²J + 4NJ²: three products with arrays of N×N×J and two
        with arrays of N×J×J, a multiply-add a cell.
    bytes : int
        Moved between memory and processor, 8(3N²J + 2NJ²): every cell once a product.
    working_set : int
        Bytes of the distinct arrays, 8(2N²J + NJ²): one of each kind is used twice.
    """

    operations: int
    bytes: int
    working_set: int


def counted(n: int, j: int) -> Counted:
    """Count one pass over `n` members and `j` sectors."""
    trade, inputs = n * n * j, n * j * j
    return Counted(
        operations=6 * trade + 4 * inputs,
        bytes=DOUBLE * (3 * trade + 2 * inputs),
        working_set=DOUBLE * (2 * trade + inputs),
    )


def measured_bandwidth(working_set: int) -> float:
    """Measure how fast NumPy moves memory at a working set, bytes per second.

    The fastest of copy, triad, inner product and matrix–vector product, on as many threads as
    NumPy's linear algebra uses; so a share of it does not flatter. At a few MB it is the
    cache's, at hundreds of MB the memory's.

    Parameters
    ----------
    working_set
        Bytes touched over and over.
    """
    doubles = max(working_set // DOUBLE, 64)
    two, three = doubles // 2, doubles // 3
    rows = int(doubles**0.5)
    a, b = np.ones(two), np.ones(two)
    x, y, z = np.ones(three), np.ones(three), np.ones(three)
    matrix, vector, out = np.ones((rows, rows)), np.ones(rows), np.ones(rows)

    def triad() -> None:
        np.multiply(z, 0.5, out=x)
        np.add(x, y, out=x)

    kernels: list[tuple[int, Callable[[], object]]] = [
        (2 * two, lambda: np.copyto(a, b)),
        (5 * three, triad),
        (2 * two, lambda: a @ b),
        (rows * rows, lambda: np.matmul(matrix, vector, out=out)),
    ]
    return max(DOUBLE * moved / _fastest_s(kernel) for moved, kernel in kernels)


def measured_operations(size: int = 1024) -> float:
    """Measure multiplications and additions per second in a product of square matrices."""
    a, b = np.ones((size, size)), np.ones((size, size))
    out = np.empty_like(a)
    return 2 * size**3 / _fastest_s(lambda: np.matmul(a, b, out=out))


def median_s(work: Callable[[], object], runs: int) -> float:
    """Return the median wall time after one run to warm up, garbage collected before each."""
    work()
    taken = []
    for _ in range(runs):
        gc.collect()
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _fastest_s(kernel: Callable[[], object]) -> float:
    """Return seconds of one call in the fastest of several stretches."""
    calls, taken = 1, 0.0
    while True:
        taken = _stretch_s(kernel, calls)
        if taken >= LEAST_S:
            break
        calls *= 2
    return min([taken, *(_stretch_s(kernel, calls) for _ in range(REPEATS - 1))]) / calls


def _stretch_s(kernel: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        kernel()
    return time.perf_counter() - start

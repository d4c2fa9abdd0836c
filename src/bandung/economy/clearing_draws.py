"""Market clearing at many draws of the trade elasticities, in this process or in several.

NumPy and SciPy only, like :mod:`bandung.economy.market_clearing`, which it calls: a process starts
without loading anything else.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np

from bandung.economy.accounts import real_income, rebase
from bandung.economy.baseline import Levers
from bandung.economy.market_clearing import clear
from bandung.errors import BandungError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bandung.economy.accounts import Equilibrium
    from bandung.economy.baseline import Baseline, Floats

_ASKED: dict[str, Drawn] = {}
"""In a process of its own: what it solves."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What is solved at every draw.

    Attributes
    ----------
    baseline : Baseline
        With its deficits; its elasticities give way to those drawn.
    levers : Levers
    deficits : str
        As :func:`bandung.economy.market_clearing.clear`.
    """

    baseline: Baseline
    levers: Levers
    deficits: str

    def welfare_change(self, trade_elasticity: Floats) -> Floats:
        """Return everybody's change of real income, N, at elasticities J; raises as `clear`."""
        own = replace(self.baseline, trade_elasticity=trade_elasticity)
        before = before_changes(own, self.deficits)
        return real_income(before, cleared(before, self.levers, self.deficits))


def before_changes(baseline: Baseline, deficits: str) -> Baseline:
    """Return what changes are measured against: with ``"zero"``, without deficits."""
    if deficits != "zero":
        return baseline
    return rebase(baseline, Levers(), cleared(baseline, Levers(), "zero"))


def cleared(baseline: Baseline, levers: Levers, deficits: str) -> Equilibrium:
    """Clear markets; what overflows on the way is an equilibrium that is not reached.

    Somebody else's file may ask for anything; raises as
    :func:`bandung.economy.market_clearing.clear`, and warns of nothing besides.
    """
    with np.errstate(all="ignore"):
        return clear(baseline, levers, deficits=deficits)


def welfare_changes(
    asked: Drawn, trade_elasticity: Floats, *, jobs: int = 1
) -> Iterator[Floats | str]:
    """Solve at every draw, in order.

    Parameters
    ----------
    trade_elasticity
        Draws×J.
    jobs
        In how many processes. More than one needs the caller's program to be importable
        (``if __name__ == "__main__"``).

    Yields
    ------
    array, N, or str
        Everybody's change of real income; or why there is no equilibrium.
    """
    if jobs == 1:
        yield from (_solved(asked, row) for row in trade_elasticity)
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_keep, initargs=(asked,))
    try:
        yield from pool.map(_solved_here, trade_elasticity)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _keep(asked: Drawn) -> None:
    _ASKED["here"] = asked


def _solved_here(row: Floats) -> Floats | str:
    return _solved(_ASKED["here"], row)


def _solved(asked: Drawn, row: Floats) -> Floats | str:
    try:
        return asked.welfare_change(row)
    except BandungError as error:
        return str(error)

"""The loss once buyers have switched: real income after a supplier's deliveries to a member stop.

The supplier's trade cost to the member goes to infinity, and every wage, price and purchase in
the world adjusts. References: Caliendo & Parro (2015), Review of Economic Studies 82(1); Costinot
& Rodríguez-Clare (2014), Handbook of International Economics 4, on what a member loses when trade
stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bandung.economy.accounts import real_income
from bandung.economy.baseline import Baseline, Levers

if TYPE_CHECKING:
    from bandung.economy.leontief import Positions
    from bandung.world.model import Floats, World

TOLERANCE = 1e-9
BALANCED = 1e-9
"""A deficit below this share of a member's value added is rounding."""


class LongRun:
    """Equilibrium losses in one world, each solved for once.

    Parameters
    ----------
    world
        One whose source states the domestic sales of every member and sector: where they are
        missing, a product would seem to be all imported.
    deficits
        The rule for trade deficits, as `bandung.solve` has it.
    """

    __slots__ = ("_before", "_deficits", "_found", "_trade")

    def __init__(self, world: World, deficits: str) -> None:
        from bandung.economy.equilibrium import (  # noqa: PLC0415 - JAX is slow to import
            without_deficits,
        )

        own = Baseline.of(world)
        self._before = without_deficits(own) if deficits == "zero" else own
        self._deficits = deficits
        self._trade = world.trade_value
        self._found: dict[tuple[int, ...], float | None] = {}

    def lost(
        self, origin: int, products: slice, members: Positions, weight: Floats
    ) -> float | None:
        """Return the mean by `weight` of members' own losses, each without its own deliveries.

        Parameters
        ----------
        origin
            Position of the supplier.
        products
            Which of its products stop.
        members, weight
            R positions of members and R weights that sum to 1.

        Returns
        -------
        float or None
            Fall of real income, fraction; a gain is negative. None where a member with weight
            has no equilibrium without these deliveries (see `_stopped`).

        Raises
        ------
        NotConvergedError
            With iterations and residual.
        """
        total = 0.0
        for row in np.flatnonzero(weight):
            own = self._of_member(int(members[row]), origin, products)
            if own is None:
                return None
            total += float(weight[row]) * own
        return total

    def _of_member(self, member: int, origin: int, products: slice) -> float | None:
        bought = np.flatnonzero(self._trade[origin, member, products]) + (products.start or 0)
        if member == origin or not bought.size:
            return 0.0
        key = (member, origin, *map(int, bought))
        if key not in self._found:
            self._found[key] = self._solve(member, origin, bought)
        return self._found[key]

    def _solve(self, member: int, origin: int, products: Positions) -> float | None:
        from bandung.economy.equilibrium import (  # noqa: PLC0415 - JAX is slow to import
            equilibrium,
        )

        cost = self._stopped(member, origin, products)
        if cost is None:
            return None
        after = equilibrium(
            self._before,
            Levers(trade_cost_change=cost),
            deficits=self._deficits,
            tolerance=TOLERANCE,
        )
        return -float(real_income(self._before, after)[member])

    def _stopped(self, member: int, origin: int, products: Positions) -> Floats | None:
        """Return trade costs, ratio minus one, or None where the world cannot settle with them.

        It cannot where somebody would have no supplier left of a product that it buys, nor where
        nothing would come to the member from abroad while its deficit says that it buys more
        there than it sells. With balanced trade, a member that imports nothing exports nothing:
        its wages rise until it does, without limit, so its exports are stopped too.
        """
        before = self._before
        cost = np.zeros_like(before.tariff)
        cost[origin, member, products] = np.inf
        abroad = np.arange(len(before.deficit)) != member
        coming = np.where(np.isinf(cost[:, member]), 0.0, before.trade_share[:, member])
        if not coming[abroad].any():
            deficit, rounding = before.deficit[member], BALANCED * before.value_added[member]
            if deficit > rounding:
                return None
            if deficit >= -rounding:
                cost[member, abroad] = np.inf
        left = np.where(np.isinf(cost), 0.0, before.trade_share).sum(axis=0)
        return None if ((left <= 0) & (before.expenditure > 0)).any() else cost

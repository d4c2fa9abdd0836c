"""Agreements that hold although trade elasticities are not known well.

An agreement is to leave nobody worse off in a share q of draws. The search draws a sample, sets
aside the 1 − q of it where the worst-off member loses most, and demands at more and more of the
others that nobody loses, until it is so at all of them. As an agreement fits the draws it was made
for, fresh samples decide: while it fails in more than 1 − q of one, that sample is demanded too.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from bandung.agree.demands import Elsewhere
from bandung.agree.draws import draw_elasticities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bandung.agree.demands import Demands
    from bandung.agree.talks import Talks
    from bandung.economy.baseline import Floats

AT_ONCE = 3
"""So many failing draws are demanded more each round."""
SAMPLES = 5


@dataclass(slots=True)
class Trials:
    """An agreement on trial at many draws.

    Attributes
    ----------
    share : float
        In what share of draws nobody may lose, in (0, 1].
    draws : int
        How many there are in a sample.
    seed : int
        Of the first sample; later ones count on.
    samples : int
        How many were drawn.
    counting : list of Talks
        The talks at every draw at which nobody may lose.
    demanded : dict
        By position in `counting`, the members (positions) that it is demanded for.
    put : int
        How many of the demands were put there by this trial, after those of a phase-in.
    """

    share: float
    draws: int
    seed: int
    samples: int = 0
    counting: list[Talks] = field(default_factory=list)
    demanded: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    put: int = 0

    def fails(self, talks: Talks, position: Floats) -> bool:
        """Try an agreement on a fresh sample; where it fails, its draws count from now on."""
        if self.samples == SAMPLES or talks.is_today(position):
            return False
        rows = draw_elasticities(talks.world, self.draws, seed=self.seed + self.samples)
        fresh = [talks.drawn(row) for row in rows]
        worst = gains_in(fresh, position).min(axis=1)
        self.samples += 1
        spared = int(np.floor((1.0 - self.share) * self.draws + 1e-9))
        if int((worst < 0).sum()) <= spared:
            return False
        self.counting += [fresh[draw] for draw in np.argsort(worst, kind="stable")[spared:]]
        return True

    def wider(self, demands: Demands, position: Floats) -> Demands | None:
        """Demand more, where the agreement fails at draws that count; None where it holds."""
        gains = gains_in(self.counting, position)
        worst = gains.min(axis=1)
        added = 0
        for draw in map(int, np.argsort(worst, kind="stable")[: int((worst < 0).sum())]):
            known = self.demanded.get(draw, np.zeros(0, dtype=np.int64))
            losing = np.flatnonzero(gains[draw] < 0)
            if added < AT_ONCE and len(np.setdiff1d(losing, known)):
                self.demanded[draw] = _rounded_up(np.union1d(losing, known), gains[draw])
                added += 1
        if not added:
            return None
        kept = demands.elsewhere[: len(demands.elsewhere) - self.put]
        drawn = [Elsewhere(self.counting[draw], rows) for draw, rows in self.demanded.items()]
        self.put = len(drawn)
        return replace(demands, elsewhere=(*kept, *drawn))


def gains_in(everywhere: Sequence[Talks], position: Floats) -> Floats:
    """Return the members' gains at every draw, D×m."""
    with ThreadPoolExecutor() as pool:
        return np.array(list(pool.map(lambda talks: talks.gains(position), everywhere)))


def _rounded_up(rows: NDArray[np.int64], gains: Floats) -> NDArray[np.int64]:
    """Add those next to losing, to a power of two: every number of rows is compiled anew."""
    count = min(1 << max(len(rows) - 1, 1).bit_length(), len(gains))
    order = np.argsort(gains, kind="stable")
    others = order[~np.isin(order, rows)]
    return np.sort(np.r_[rows, others[: count - len(rows)]])

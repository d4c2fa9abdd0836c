"""`Demands`: what an agreement has to give, in rows that a search can climb.

The first m rows are the members' gains. Where the threat is not the status quo, m more rows hold
them to losing nothing against today; where the agreement is to hold at other trade elasticities, or
in the years of a phase-in, so do the gains of those who could lose there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bandung.agree.talks import Talks
    from bandung.economy.baseline import Floats

T = TypeVar("T")
MARGIN = 1e-8
"""By how much a member is to gain elsewhere: steps overshoot by less than this."""


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """The same talks at other elasticities or in another year; who (positions) could lose."""

    talks: Talks
    rows: NDArray[np.int64]

    def gains(self, position: Floats) -> Floats:
        """Return the gains of these members."""
        return self.talks.gains(position)[self.rows]

    def slopes(self, position: Floats) -> tuple[Floats, Floats]:
        """Return the gains of these members and their slope in every lever."""
        gains, slopes = self.talks.slopes(position, np.eye(len(self.talks.at))[self.rows])
        return gains[self.rows], slopes


@dataclass(frozen=True, eq=False)
class Demands:
    """Rows of gains and what each must be at least.

    Attributes
    ----------
    talks : Talks
    threat : array, m
        Each member's gain if talks fail; what is shared is what is gained beyond.
    elsewhere : tuple of Elsewhere
        Where nobody may lose either.
    """

    talks: Talks
    threat: Floats
    elsewhere: tuple[Elsewhere, ...] = field(default=())

    @property
    def members(self) -> int:
        """How many members there are, m."""
        return len(self.talks.members)

    @property
    def counted(self) -> Floats:
        """1 for the members' own gains, 0 for what must only be kept; R."""
        return self.rows(np.ones(self.members))

    @property
    def kept(self) -> Floats:
        """What each row is to be at least: nobody loses, nor has less than by the threat; R."""
        own = np.maximum(self.threat, 0.0)
        elsewhere = np.full(self._rows_elsewhere, MARGIN)
        return np.concatenate([own, *([own] if self.threat.any() else []), elsewhere])

    @property
    def origin(self) -> Floats:
        """From where each row's gain is measured: the threat; for other rows what is kept; R."""
        return np.asarray(np.r_[self.threat, self.kept[self.members :]])

    def rows(self, of_members: Floats) -> Floats:
        """Return a vector of the members, m, with 0 for every other row; R."""
        return np.asarray(np.r_[of_members, np.zeros(self._others)])

    def gains(self, position: Floats) -> Floats:
        """Return every row at a position, R."""
        own = self.talks.gains(position)
        elsewhere = self._each(lambda each: each.gains(position))
        return np.concatenate([own, *([own] if self.threat.any() else []), *elsewhere])

    def slopes(self, position: Floats) -> tuple[Floats, Floats]:
        """Return every row at a position, R, and its slope in every lever, R×n."""
        own = self.talks.slopes(position)
        found = [own, *([own] if self.threat.any() else [])]
        found += self._each(lambda each: each.slopes(position))
        return np.concatenate([gains for gains, _ in found]), np.vstack([rows for _, rows in found])

    def met(self, gains: Floats) -> bool:
        """Whether nobody loses, in any row."""
        firm = len(gains) - self._rows_elsewhere
        return bool((gains[:firm] >= self.kept[:firm]).all() and (gains[firm:] >= 0).all())

    @property
    def _rows_elsewhere(self) -> int:
        return sum(len(each.rows) for each in self.elsewhere)

    @property
    def _others(self) -> int:
        return self.members * bool(self.threat.any()) + self._rows_elsewhere

    def _each(self, one: Callable[[Elsewhere], T]) -> list[T]:
        if len(self.elsewhere) < 2:
            return [one(each) for each in self.elsewhere]
        with ThreadPoolExecutor() as pool:
            return list(pool.map(one, self.elsewhere))

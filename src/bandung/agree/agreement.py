"""`Agreement`: what members lower, build and pay, and what it gives each of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bandung.agree.solve import solve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bandung.agree.obstacle import Obstacle
    from bandung.agree.outcome import Outcome
    from bandung.agree.talks import Talks
    from bandung.economy.baseline import Floats, Levers

SAME = 1e-8
"""Gains closer than this, as fractions of income, are the same; so are shares of tariffs."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """A schedule among members, and what it gives each of them.

    Attributes
    ----------
    talks : Talks
        What could move.
    principle : str
        How the gain is shared.
    position : array, n
        How far each lever of `talks` is moved.
    gains : array, m
        Change of each member's real income, a ratio minus one, corridor costs deducted, in the
        order of `members`.
    threat : str
        What happens if talks fail: ``"status-quo"`` or ``"standoff"``.
    threat_gains : array, m
        Each member's change of real income then.
    ideal : array, m, or None
        For `kalai-smorodinsky`: what each could have at best while nobody loses. For `fund`: what
        the Shapley value gives it, as a share of income.
    robust : float or None
        The share of draws of the elasticities in which nobody was to lose.
    seed : int
        Of draws and of random starts.
    phase_in : mapping of str to int
        Over how many years a member's tariffs fall, in equal yearly steps; at once where absent.
    steps : int
        Linear programmes solved.
    foretold : float
        By how much the slopes say the goal could still rise within the last step's reach: 0 at an
        exact optimum.
    multiplier : array, m
        How much each member's gain held back the smallest one; sums to 1.
    starts : array, s
        The smallest gain that the search reached from each of its starts.
    obstacle : Obstacle or None
        Where not all can gain: why.
    """

    talks: Talks
    principle: str
    position: Floats
    gains: Floats
    threat: str
    threat_gains: Floats
    ideal: Floats | None
    robust: float | None
    seed: int
    phase_in: Mapping[str, int]
    steps: int
    foretold: float
    multiplier: Floats
    starts: Floats
    obstacle: Obstacle | None

    @property
    def members(self) -> tuple[str, ...]:
        """The members, by code."""
        return self.talks.members

    @property
    def smallest_gain(self) -> float:
        """The gain of whoever gains least."""
        return float(self.gains.min())

    @cached_property
    def levers(self) -> Levers:
        """What moves the economy."""
        return self.talks.levers(self.position)

    @cached_property
    def tariff_new(self) -> Floats:
        """Every tariff of the world under the agreement, N×N×J, fractions."""
        return self.talks.tariff(self.position)

    @cached_property
    def transfers(self) -> Floats:
        """What each member receives, paid where negative, m, million USD a year."""
        return self.talks.transfers(self.position)

    @cached_property
    def costs(self) -> Floats:
        """What each member pays for corridors, m, million USD a year."""
        return self.talks.costs(self.position)

    @cached_property
    def joint_gain_musd(self) -> float:
        """What all gain together, million USD a year at present prices (equivalent variation)."""
        return float(self.gains @ self.talks.before.income[self.talks.at])

    @cached_property
    def outcome(self) -> Outcome:
        """What it does to everybody, once phased in; corridor costs are not deducted there."""
        moved = self.levers
        return solve(
            self.talks.world,
            tariff_new=moved.tariff_new,
            trade_cost_change=moved.trade_cost_change,
            transfers=moved.transfers,
            deficits=self.talks.deficits,
        )

    @property
    def years(self) -> int:
        """After how many years every tariff has reached its end; 0 where all fall at once."""
        return max(self.phase_in.values(), default=0)

    def tariff_in(self, year: int) -> Floats:
        """Return every tariff of the world in a year of the phase-in (1 the first), N×N×J."""
        return self.talks.phased(self.phase_in, year).tariff(self.position)

    def path(self) -> Floats:
        """Return the members' gains in each year of the phase-in, years×m.

        Corridors and transfers count in full from the first year.
        """
        found = [
            self.talks.phased(self.phase_in, year).gains(self.position)
            for year in range(1, self.years + 1)
        ]
        return np.array(found).reshape(self.years, len(self.members))

    def to_dict(self) -> dict[str, Any]:
        """Return members' and outsiders' results, in per cent, and what was asked."""
        world, outcome, talks = self.talks.world, self.outcome, self.talks
        welfare = 100 * outcome.welfare_change.to_numpy()
        before, after = outcome.before.tariff_revenue, outcome.tariff_revenue.to_numpy()
        levied = np.where(before > 0, before, np.inf)
        revenue = 100 * (after - before) / levied
        net = 100 * talks.net(welfare[talks.at] / 100, self.position)
        record: dict[str, Any] = {
            "principle": self.principle,
            "threat": self.threat,
            "smallest_gain_pct": 100 * self.smallest_gain,
            "joint_gain_musd": self.joint_gain_musd,
            "members": {
                code: {
                    "welfare_change_pct": float(gain),
                    "tariff_revenue_change_pct": float(revenue[at]),
                }
                for code, at, gain in zip(self.members, talks.at, net, strict=True)
            },
            "outsiders": {
                code: {"welfare_change_pct": float(welfare[at])}
                for at, code in enumerate(world.members)
                if code not in self.members
            },
            "levers": list(talks.kinds),
            "limits": talks.limits.to_dict(),
            "deficits": outcome.deficits,
            "elasticities": outcome.elasticities,
            "world": {"name": world.name, "checksum": world.checksum},
            "seed": self.seed,
            "steps": self.steps,
            "foretold_pct": 100 * self.foretold,
            "starts_pct": [100 * float(level) for level in self.starts],
        }
        if "transfers" in talks.kinds:
            record["transfers_musd"] = dict(
                zip(self.members, map(float, self.transfers), strict=True)
            )
        if talks.corridors:
            cuts = talks.corridor_cuts(self.position)
            record["corridors"] = {
                ":".join([each.name, *each.sectors]): -100 * float(cut)
                for each, cut in zip(talks.corridors, cuts, strict=True)
            }
        if self.years:
            record["phase_in"] = [
                {code: 100 * float(gain) for code, gain in zip(self.members, year, strict=True)}
                for year in self.path()
            ]
        if self.obstacle is not None:
            record["obstacle"] = self.obstacle.to_dict()
        return record

    def to_table(self) -> pl.DataFrame:
        """Return one row for each tariff that falls: origin, destination, sector, old and new."""
        world, talks = self.talks.world, self.talks
        new = self.tariff_new[tuple(talks.cells.T)]
        falls = new < talks.present - SAME
        origin, destination, sector = talks.cells[falls].T
        return pl.DataFrame(
            {
                "origin": [world.members[at] for at in origin],
                "destination": [world.members[at] for at in destination],
                "sector": [world.sectors[at] for at in sector],
                "tariff_pct": 100 * talks.present[falls],
                "tariff_new_pct": 100 * new[falls],
            },
            schema_overrides=dict.fromkeys(("origin", "destination", "sector"), pl.String),
        )

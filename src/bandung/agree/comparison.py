"""`Comparison`: today, no tariffs at all, and an agreement by each principle, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bandung.agree.agreement import SAME
from bandung.agree.bargain import PRINCIPLES, bargain
from bandung.agree.limits import Limits
from bandung.agree.solve import solve
from bandung.agree.talks import open_talks
from bandung.codes import groups
from bandung.errors import CodeUnknownError, InputError
from bandung.find.reliance import reliance_of
from bandung.find.selection import ORIGINS, select

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from bandung.agree.agreement import Agreement
    from bandung.agree.climb import Progress
    from bandung.agree.journal import Journal
    from bandung.agree.limits import LimitsOptions
    from bandung.agree.outcome import Outcome
    from bandung.economy.baseline import Floats
    from bandung.find.reliance import Reliance
    from bandung.find.selection import Selection
    from bandung.world.model import World

TODAY, ELIMINATION = "status quo", "full elimination"


@dataclass(frozen=True, eq=False)
class Alternative:
    """One of the things that members could agree on.

    Attributes
    ----------
    name : str
        ``"status quo"``, ``"full elimination"`` or a principle.
    selection : Selection
        The members, and what 'the South' is.
    outcome : Outcome
        What it does to everybody.
    gains : array, m
        Each member's change of real income, a ratio minus one.
    agreement : Agreement or None
        For a principle.
    """

    name: str
    selection: Selection
    outcome: Outcome
    gains: Floats
    agreement: Agreement | None = None

    @property
    def members(self) -> tuple[str, ...]:
        """The members, by code."""
        return self.selection.members

    @property
    def losers(self) -> tuple[str, ...]:
        """Members with a lower real income, the largest loss first."""
        order = np.argsort(self.gains, kind="stable")
        return tuple(self.members[at] for at in order if self.gains[at] < -SAME)

    @cached_property
    def joint_gain_musd(self) -> float:
        """What all gain together, million USD a year (equivalent variation)."""
        return float(self.gains @ self.outcome.before.income[self._at])

    @property
    def gini(self) -> float | None:
        """Gini coefficient of the members' gains; None where somebody loses or nobody gains."""
        if (self.gains < -SAME).any() or self.gains.sum() <= SAME:
            return None
        gains = np.maximum(self.gains, 0.0)
        return float(np.abs(gains[:, None] - gains).mean() / (2 * gains.mean()))

    @cached_property
    def outsiders(self) -> dict[str, float]:
        """Change of real income of everybody else, a ratio minus one, the largest loss first."""
        welfare = self.outcome.welfare_change.to_numpy()
        others = [
            (code, float(welfare[at]))
            for at, code in enumerate(self.outcome.world.members)
            if code not in self.members
        ]
        return dict(sorted(others, key=lambda item: item[1]))

    @cached_property
    def outsiders_musd(self) -> float:
        """What outsiders gain together, million USD a year; a loss where negative."""
        world, income = self.outcome.world, self.outcome.before.income
        return float(sum(gain * income[world.index(code)] for code, gain in self.outsiders.items()))

    @cached_property
    def least_developed(self) -> dict[str, float]:
        """Those of the outsiders that are least developed countries."""
        listed = groups.least_developed(self.selection.on)
        return {code: gain for code, gain in self.outsiders.items() if code in listed}

    @cached_property
    def reliance(self) -> Reliance:
        """Who earns what members spend, afterwards."""
        return reliance_of(self.outcome.world_after, self.selection)

    @cached_property
    def fellow_share(self) -> float:
        """What the group spends that fellow members earn in the end, as a share."""
        return float(self.reliance.group[ORIGINS.index("fellow")])

    @cached_property
    def revenue_change_musd(self) -> float:
        """What members' tariffs yield more than before, million USD; a loss where negative."""
        after = self.outcome.tariff_revenue.to_numpy()[self._at]
        return float((after - self.outcome.before.tariff_revenue[self._at]).sum())

    @property
    def revenue_change(self) -> float:
        """The same as a ratio minus one; 0 where there was none."""
        before = float(self.outcome.before.tariff_revenue[self._at].sum())
        return self.revenue_change_musd / before if before > 0 else 0.0

    @cached_property
    def emissions_change(self) -> float | None:
        """Change of the members' CO2 emissions together, a ratio minus one; None where unknown."""
        total = self.outcome.world.satellites.get("co2_kt")
        change = self.outcome.emissions_change.to_numpy()[self._at]
        if total is None or not np.isfinite(change).all():
            return None
        return float(change @ total[self._at] / total[self._at].sum())

    @cached_property
    def lines_cut(self) -> float:
        """Share of the tariffs that members levy on each other which fall."""
        world = self.outcome.world
        inside = np.ix_(self._at, self._at)
        old = world.tariff[inside]
        levied = (old > 0) & (world.trade_value[inside] > 0)
        new = self.outcome.levers.tariff_after(self.outcome.before)[inside]
        return float((new[levied] < old[levied] - SAME).mean()) if levied.any() else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return every figure, in per cent and million USD."""
        emissions = self.emissions_change
        gini = self.gini
        least = self.least_developed
        return {
            "name": self.name,
            "members": {
                code: {"welfare_change_pct": 100 * float(gain)}
                for code, gain in zip(self.members, self.gains, strict=True)
            },
            "losers": list(self.losers),
            "smallest_gain_pct": 100 * float(self.gains.min()),
            "largest_gain_pct": 100 * float(self.gains.max()),
            "joint_gain_musd": self.joint_gain_musd,
            "gini": gini,
            "outsiders_musd": self.outsiders_musd,
            "outsiders": {
                code: {"welfare_change_pct": 100 * gain} for code, gain in self.outsiders.items()
            },
            "least_developed_outsiders": list(least),
            "fellow_share_pct": 100 * self.fellow_share,
            "tariff_revenue_change_musd": self.revenue_change_musd,
            "tariff_revenue_change_pct": 100 * self.revenue_change,
            "emissions_change_pct": None if emissions is None else 100 * emissions,
            "lines_cut_pct": 100 * self.lines_cut,
        }

    @cached_property
    def _at(self) -> list[int]:
        return [self.outcome.world.index(code) for code in self.members]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Alternatives side by side.

    Attributes
    ----------
    members : tuple of str
    alternatives : tuple of Alternative
        Today, full elimination, then the principles asked for.
    left_out : mapping of str to str
        Principles that could not be served, and why.
    """

    members: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    left_out: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> Alternative:
        """Return the alternative of this name.

        Raises
        ------
        CodeUnknownError
            Where there is none.
        """
        for each in self.alternatives:
            if each.name == name:
                return each
        raise CodeUnknownError("alternative", name, [each.name for each in self.alternatives])

    def to_dict(self) -> dict[str, Any]:
        """Return all of them, for JSON."""
        return {
            "members": list(self.members),
            "alternatives": [each.to_dict() for each in self.alternatives],
            "left_out": self.left_out,
        }

    def to_table(self) -> pl.DataFrame:
        """Return one row for each alternative, members' gains in columns of their own."""
        rows = []
        for each in self.alternatives:
            record = each.to_dict()
            plain = {
                key: value for key, value in record.items() if not isinstance(value, dict | list)
            }
            gains = {
                f"{code}_welfare_change_pct": own["welfare_change_pct"]
                for code, own in record["members"].items()
            }
            rows.append({**plain, **gains})
        return pl.DataFrame(rows, infer_schema_length=None)


def compare(  # noqa: PLR0913 - whom, by which principles, under which limits
    world: World,
    members: Sequence[str],
    principles: Sequence[str] = PRINCIPLES,
    *,
    selection: Selection | None = None,
    deficits: str = "fixed",
    seed: int = 0,
    scheduler: str | None = None,
    workers: int | None = None,
    journal: Journal | None = None,
    progress: Progress = lambda *_: None,
    **limits: Unpack[LimitsOptions],
) -> Comparison:
    """Put today, full elimination and an agreement by each principle side by side.

    Parameters
    ----------
    world, members, deficits, seed, scheduler, workers, journal
        As :func:`bandung.agree.bargain`.
    principles
        Which of them.
    selection
        The members with what 'the South' is and the day, for reliance and the least developed;
        by default the Group of 77 and China, today.
    progress
        Called with the principle and stage, the number of the step and the members' gains.
    **limits
        As :func:`bandung.agree.bargain`. They hold for agreements; full elimination is without
        any.

    Raises
    ------
    CodeUnknownError, InputError, NotConvergedError
        As :func:`bandung.agree.bargain`. A principle that cannot be served here (the fund, where
        somebody adds less than nothing) is left out and said so.

    Examples
    --------
    >>> from bandung import World
    >>> found = compare(World.embedded(), ["CIV", "MAR", "SEN"], ["egalitarian"], by="member")
    >>> [each.name for each in found.alternatives]
    ['status quo', 'full elimination', 'egalitarian']
    """
    talks = open_talks(world, members, limits=Limits.of(**limits), deficits=deficits)
    chosen = selection or select(world, members=list(talks.members))
    at = talks.at
    gone = world.tariff.copy()
    gone[np.ix_(at, at)] = 0.0
    found = []
    for name, tariff in ((TODAY, world.tariff), (ELIMINATION, gone)):
        outcome = solve(world, tariff_new=tariff, deficits=deficits)
        gains = np.zeros(len(at)) if name == TODAY else outcome.welfare_change.to_numpy()[at]
        found.append(Alternative(name, chosen, outcome, gains))
    left_out: dict[str, str] = {}
    for principle in principles:

        def told(stage: str, step: int, gains: Floats, name: str = principle) -> None:
            progress(f"{name}: {stage}", step, gains)

        try:
            agreed = bargain(
                world,
                talks.members,
                principle,
                deficits=deficits,
                seed=seed,
                scheduler=scheduler,
                workers=workers,
                journal=None if journal is None else journal.under(principle),
                progress=told,
                **limits,
            )
        except CodeUnknownError:
            raise
        except InputError as error:
            left_out[principle] = str(error)
            continue
        found.append(Alternative(principle, chosen, agreed.outcome, agreed.gains, agreed))
    return Comparison(talks.members, tuple(found), left_out)

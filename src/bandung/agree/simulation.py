"""`Simulation`: a scenario carried out, explained, and its effects on those outside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bandung.agree.draws import Spread, draw_elasticities, spread
from bandung.agree.solve import solve_many
from bandung.codes import groups
from bandung.find.dependence import Dependence, dependence_of
from bandung.find.reliance import Reliance, reliance_of
from bandung.find.selection import ORIGINS, select

if TYPE_CHECKING:
    from collections.abc import Callable

    from bandung.agree.outcome import Outcome
    from bandung.agree.scenario import Scenario
    from bandung.find.selection import Selection
    from bandung.world.model import World

PARTS = ("terms_of_trade", "volume_of_trade", "trade_cost", "productivity", "deficit")
LARGEST = 5
NOTHING = 1e-9
"""Changes of welfare below this are the equations' residual."""
SUPPLIERS = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a member's change of welfare.

    Attributes
    ----------
    member, partner, sector : str
        Whose welfare, and by trade with whom in what.
    part : str
        ``"terms_of_trade"``, ``"volume_of_trade"`` or ``"trade_cost"``.
    share : float
        Share of the member's income before.
    """

    member: str
    partner: str
    sector: str
    part: str
    share: float


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a scenario would do.

    Attributes
    ----------
    scenario : Scenario
    outcome : Outcome
    selection : Selection
        The parties: members that the scenario names; everybody, where it names nobody.
    least_developed : tuple of str
        Members of the world among the least developed countries on the scenario's day.
    spread : Spread or None
        Over draws of the elasticities.
    """

    scenario: Scenario
    outcome: Outcome
    selection: Selection
    least_developed: tuple[str, ...]
    spread: Spread | None

    @property
    def world(self) -> World:
        """The world before."""
        return self.outcome.world

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties' codes, sorted."""
        return self.selection.members

    @cached_property
    def change(self) -> dict[str, float]:
        """Every member's change of welfare, by code."""
        found = self.outcome.welfare_change.to_numpy()
        return dict(zip(self.world.members, map(float, found), strict=True))

    @cached_property
    def reliance_before(self) -> Reliance:
        """Of the parties, in the world before."""
        return reliance_of(self.outcome.world_before, self.selection)

    @cached_property
    def reliance_after(self) -> Reliance:
        """Of the parties, in the world after."""
        return reliance_of(self.outcome.world_after, self.selection)

    @cached_property
    def dependence_before(self) -> Dependence:
        """Of the parties, in the world before, without the losses once buyers switch."""
        return self._dependence(self.outcome.world_before)

    @cached_property
    def dependence_after(self) -> Dependence:
        """Of the parties, in the world after, without the losses once buyers switch."""
        return self._dependence(self.outcome.world_after)

    @property
    def outsiders(self) -> tuple[str, ...]:
        """Members of the world that are no party: least developed first, the worst off first."""
        change = self.change
        others = [code for code in self.world.members if code not in self.parties]
        return tuple(
            sorted(others, key=lambda code: (code not in self.least_developed, change[code], code))
        )

    @property
    def losers(self) -> tuple[str, ...]:
        """Parties that would be worse off, the worst off first."""
        worse = (code for code in self.parties if self.change[code] < -NOTHING)
        return tuple(sorted(worse, key=lambda code: (self.change[code], code)))

    def parts(self, member: str) -> dict[str, float]:
        """Split a member's change of welfare into `PARTS`; they add up to it."""
        at, found = self.world.index(member), self.outcome.decomposition
        return {name: float(getattr(found, name)[at].sum()) for name in PARTS}

    def income_parts(self, member: str) -> dict[str, float]:
        """Split a member's change of welfare by kind of income; they add up to it."""
        at, before, after = self.world.index(member), self.outcome.before, self.outcome.after
        price = (1.0 + float(self.outcome.welfare_change[at])) * before.income[at]
        deflator = float(after.income[at]) / price
        old = (before.value_added[at], before.tariff_revenue[at], before.deficit[at])
        new = (
            before.value_added[at] * after.wage[at],
            float(self.outcome.tariff_revenue[at]),
            after.deficit[at],
        )
        return {
            name: float((now / deflator - was) / before.income[at])
            for name, now, was in zip(
                ("value_added", "tariff_revenue", "deficit"), new, old, strict=True
            )
        }

    def largest(self, member: str, count: int = LARGEST) -> list[Part]:
        """Return the pieces of a member's change of welfare that weigh most."""
        at, found = self.world.index(member), self.outcome.decomposition
        names = ("terms_of_trade", "volume_of_trade", "trade_cost")
        stack = np.stack([getattr(found, name)[at] for name in names])
        order = np.argsort(-np.abs(stack), axis=None, kind="stable")[:count]
        return [
            Part(
                member,
                self.world.members[o],
                self.world.sectors[j],
                names[p],
                float(stack[p, o, j]),
            )
            for p, o, j in zip(*np.unravel_index(order, stack.shape), strict=True)
            if stack[p, o, j] != 0
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``bandung simulate --json``."""
        outcome = self.outcome
        return {
            "title": self.scenario.title,
            "world": {"name": self.world.name, "checksum": self.world.checksum},
            "deficits": outcome.deficits,
            "elasticities": outcome.elasticities,
            "iterations": outcome.iterations,
            "residual": outcome.residual,
            "parties": list(self.parties),
            "losers": list(self.losers),
            "missing": {
                code: list(members) for code, members in self.scenario.missing(self.world).items()
            },
            "members": {code: self._member(code) for code in (*self.parties, *self.outsiders)},
            "reliance": {
                "before": _reliance(self.reliance_before),
                "after": _reliance(self.reliance_after),
            },
            "dependence": {
                "before": _dependence(self.dependence_before),
                "after": _dependence(self.dependence_after),
            },
            "draws": None if self.spread is None else len(self.spread.welfare_change),
        }

    def to_table(self) -> pl.DataFrame:
        """Return one row per member: parties by code, then outsiders, least developed first."""
        rows = []
        for code in (*self.parties, *self.outsiders):
            found = self._member(code)
            flat = {"member": code, **{k: v for k, v in found.items() if not _nested(v)}}
            flat |= {f"{name}_part": value for name, value in found["parts"].items()}
            flat |= {f"income_{name}_part": value for name, value in found["income_parts"].items()}
            flat |= {f"welfare_{name}": v for name, v in (found["draws"] or {}).items()}
            rows.append(flat)
        return pl.DataFrame(rows, infer_schema_length=None)

    def _dependence(self, world: World) -> Dependence:
        return dependence_of(world, self.selection, top=SUPPLIERS, equilibrium=False)

    def _member(self, code: str) -> dict[str, Any]:
        outcome, at = self.outcome, self.world.index(code)

        def of(array: Any) -> float | None:  # noqa: ANN401 - a labelled array, by member
            value = float(array[at])
            return value if np.isfinite(value) else None

        exports = outcome.trade_value[at].to_numpy().sum(axis=1)
        was = outcome.before.trade_value[at].sum(axis=1)
        abroad = np.arange(len(exports)) != at
        return {
            "party": code in self.parties,
            "least_developed": code in self.least_developed,
            "welfare_change": of(outcome.welfare_change),
            "real_wage_change": of(outcome.real_wage_change),
            "wage_change": of(outcome.wage_change),
            "terms_of_trade": of(outcome.terms_of_trade),
            "volume_of_trade": of(outcome.volume_of_trade),
            "tariff_revenue_before_musd": float(outcome.before.tariff_revenue[at]),
            "tariff_revenue_musd": of(outcome.tariff_revenue),
            "exports_before_musd": float(was[abroad].sum()),
            "exports_musd": float(exports[abroad].sum()),
            "emissions_change": of(outcome.emissions_change),
            "parts": self.parts(code),
            "income_parts": self.income_parts(code),
            "largest": [
                {"partner": p.partner, "sector": p.sector, "part": p.part, "share": p.share}
                for p in self.largest(code)
            ],
            "draws": self._draws(at),
        }

    def _draws(self, at: int) -> dict[str, float] | None:
        if self.spread is None:
            return None
        return {
            "low": float(self.spread.low[at]),
            "median": float(self.spread.median[at]),
            "high": float(self.spread.high[at]),
            "gaining": float(self.spread.gaining[at]),
        }


def simulate(
    world: World,
    scenario: Scenario,
    *,
    south: str = groups.THE_SOUTH,
    done: Callable[[int], object] = lambda _: None,
) -> Simulation:
    """Carry out a scenario in a world and explain what it does.

    Parameters
    ----------
    world
        The world before; `scenario.world` is a name for :func:`bandung.world.store.resolve`.
    scenario
        What changes, by which rules, with how many draws of the elasticities.
    south
        What 'the South' is, for the reliance of the parties.
    done
        Called with the number of draws solved so far.

    Raises
    ------
    ScenarioError
        For what the world lacks or cannot take.
    InputError, NotConvergedError
        As :func:`bandung.solve`.

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.agree import Change, Scenario, simulate
    >>> open_ = Change("tariff", origin=("SEN",), destination=("CIV",), cut_pct=100)
    >>> found = simulate(World.embedded(), Scenario("One way", changes=(open_,)))
    >>> found.parties, found.losers
    (('CIV', 'SEN'), ('CIV',))
    """
    levers = scenario.levers(world)
    outcome = next(
        solve_many(
            world, [levers], trade_elasticity=scenario.elasticities, deficits=scenario.deficits
        )
    )
    chosen = select(world, members=scenario.parties(world), on=scenario.day, south=south)
    asked = scenario.uncertainty
    drawn = None
    if asked is not None:
        rows = draw_elasticities(
            outcome.world, asked.draws, spread_pct=asked.spread_pct, seed=asked.seed
        )
        drawn = spread(outcome.world, levers, rows, deficits=scenario.deficits, done=done)
    return Simulation(
        scenario=scenario,
        outcome=outcome,
        selection=chosen,
        least_developed=tuple(
            code for code in world.members if code in groups.least_developed(scenario.day)
        ),
        spread=drawn,
    )


def _reliance(found: Reliance) -> dict[str, Any]:
    rows = {"group": found.group, **dict(zip(found.codes, found.members, strict=True))}
    return {
        code: {name: float(value) for name, value in zip(ORIGINS, row, strict=True)}
        for code, row in rows.items()
    }


def _dependence(found: Dependence) -> dict[str, Any]:
    return {
        code: {
            "concentration": float(found.concentration[row]),
            "suppliers": [
                {"supplier": link.supplier, "loss_nobody_switches": link.loss_nobody_switches}
                for link in found.suppliers_of(code)
            ],
        }
        for row, code in enumerate(found.codes)
    }


def _nested(value: object) -> bool:
    return isinstance(value, dict | list) or value is None

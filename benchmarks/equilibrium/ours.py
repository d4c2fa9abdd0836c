"""Our engine as the benchmark calls it: the only place that does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import bandung
from bandung.economy.accounts import real_income, rebase
from bandung.economy.baseline import Baseline, Levers
from bandung.economy.equilibrium import equilibrium

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.equilibrium.fixed_point import Problem
    from benchmarks.equilibrium.problems import Scenario

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a solve says: `welfare_change`, N; passes in all; the largest residual."""

    welfare_change: Floats
    passes: int
    residual: float


def world(scenario: Scenario) -> Answer:
    """Solve a scenario of a world, deficits fixed, as a user does."""
    outcome = bandung.solve(
        scenario.world,
        tariff_new=scenario.tariff_new,
        trade_cost_change=scenario.trade_cost_change,
        deficits="fixed",
    )
    return Answer(np.asarray(outcome.welfare_change), outcome.iterations, outcome.residual)


def counterfactual(problem: Problem) -> Answer:
    """Solve arrays that are no world: the paper's baseline, whose regions have no ISO code."""
    baseline = _baseline(problem)
    after = equilibrium(baseline, Levers(tariff_new=problem.tariff_new))
    return Answer(real_income(baseline, after), after.iterations, after.residual)


def pair(problem: Problem, tariff_new: Floats) -> Answer:
    """Solve for the baseline without deficits, then for new tariffs on it."""
    observed, unchanged = _baseline(problem), Levers()
    first = equilibrium(observed, unchanged, deficits="zero")
    baseline, levers = rebase(observed, unchanged, first), Levers(tariff_new=tariff_new)
    after = equilibrium(baseline, levers)
    return Answer(
        real_income(baseline, after),
        first.iterations + after.iterations,
        max(first.residual, after.residual),
    )


def _baseline(problem: Problem) -> Baseline:
    return Baseline(
        trade_share=problem.trade_share,
        tariff=problem.tariff,
        input_share=problem.input_share,
        value_added=problem.value_added,
        final_share=problem.final_share,
        deficit=problem.deficit,
        expenditure=problem.expenditure,
        trade_elasticity=problem.trade_elasticity,
    )

"""Agreements: what they would do, and which leave nobody worse off."""

from __future__ import annotations

from bandung.agree.bargain import Agreement, bargain
from bandung.agree.changes import Change
from bandung.agree.draws import Spread, draw_elasticities, spread
from bandung.agree.outcome import Outcome
from bandung.agree.scenario import Scenario, Uncertainty
from bandung.agree.simulation import Simulation, simulate
from bandung.agree.solve import Sensitivity, sensitivity, solve, solve_many

__all__ = [
    "Agreement",
    "Change",
    "Outcome",
    "Scenario",
    "Sensitivity",
    "Simulation",
    "Spread",
    "Uncertainty",
    "bargain",
    "draw_elasticities",
    "sensitivity",
    "simulate",
    "solve",
    "solve_many",
    "spread",
]

"""Agreements: what they would do, and which leave nobody worse off."""

from __future__ import annotations

from bandung.agree.agreement import Agreement
from bandung.agree.bargain import bargain
from bandung.agree.bound import Bound, upper_bound
from bandung.agree.certificate import Certificate
from bandung.agree.certifying import certify
from bandung.agree.changes import Change
from bandung.agree.coalitions import CoalitionValues, Shapley, coalition_values, shapley
from bandung.agree.comparison import Alternative, Comparison, compare
from bandung.agree.corridors import Corridor
from bandung.agree.draws import Spread, draw_elasticities, spread
from bandung.agree.limits import Limits
from bandung.agree.outcome import Outcome
from bandung.agree.scenario import Scenario, Uncertainty
from bandung.agree.simulation import Simulation, simulate
from bandung.agree.solve import Sensitivity, sensitivity, solve, solve_many
from bandung.agree.stability import Stability, stability
from bandung.agree.standoff import Standoff, standoff
from bandung.agree.verification import Verification, verify

__all__ = [
    "Agreement",
    "Alternative",
    "Bound",
    "Certificate",
    "Change",
    "CoalitionValues",
    "Comparison",
    "Corridor",
    "Limits",
    "Outcome",
    "Scenario",
    "Sensitivity",
    "Shapley",
    "Simulation",
    "Spread",
    "Stability",
    "Standoff",
    "Uncertainty",
    "Verification",
    "bargain",
    "certify",
    "coalition_values",
    "compare",
    "draw_elasticities",
    "sensitivity",
    "shapley",
    "simulate",
    "solve",
    "solve_many",
    "spread",
    "stability",
    "standoff",
    "upper_bound",
    "verify",
]

"""Agreements: what they would do, and which leave nobody worse off."""

from __future__ import annotations

from bandung.agree.agreement import Agreement
from bandung.agree.bargain import bargain
from bandung.agree.certificate import Certificate
from bandung.agree.certifying import certify
from bandung.agree.changes import Change
from bandung.agree.draws import Spread, draw_elasticities, spread
from bandung.agree.outcome import Outcome
from bandung.agree.scenario import Scenario, Uncertainty
from bandung.agree.simulation import Simulation, simulate
from bandung.agree.solve import Sensitivity, sensitivity, solve, solve_many
from bandung.agree.standoff import Standoff, standoff
from bandung.agree.verification import Verification, verify

__all__ = [
    "Agreement",
    "Certificate",
    "Change",
    "Outcome",
    "Scenario",
    "Sensitivity",
    "Simulation",
    "Spread",
    "Standoff",
    "Uncertainty",
    "Verification",
    "bargain",
    "certify",
    "draw_elasticities",
    "sensitivity",
    "simulate",
    "solve",
    "solve_many",
    "spread",
    "standoff",
    "verify",
]

"""Agreements: what they would do."""

from __future__ import annotations

from bandung.agree.outcome import Outcome
from bandung.agree.solve import Sensitivity, sensitivity, solve, solve_many

__all__ = ["Outcome", "Sensitivity", "sensitivity", "solve", "solve_many"]

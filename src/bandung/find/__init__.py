"""What members depend on and what they could do for each other."""

from __future__ import annotations

from bandung.find.complementarity import complementarity
from bandung.find.dependence import dependence
from bandung.find.reliance import reliance
from bandung.find.selection import select

__all__ = ["complementarity", "dependence", "reliance", "select"]

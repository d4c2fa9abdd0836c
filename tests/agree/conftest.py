"""Agreements and certificates that several tests look at."""

from __future__ import annotations

import pytest

from bandung.agree import Certificate, Uncertainty, bargain, certify
from bandung.agree.corridors import Corridor

ROADS = (
    Corridor(("CIV", "EGY"), 0.05, 0.2, "income", ("mills",)),
    Corridor(("AGO", "EGY"), 0.05, 0.01),
)
"""One that carries mills' goods, paid for by income, and one that carries everything."""


@pytest.fixture(scope="session")
def three_agree(five):
    """An agreement of three of the five, with every kind of lever and most kinds of limit."""
    return bargain(
        five,
        ["AGO", "CIV", "EGY"],
        levers=("tariffs", "corridors", "transfers"),
        corridors=ROADS,
        by="sector",
        floor=0.02,
        most_cut=0.9,
        exclude=("AGO:banks",),
        most_paid=0.02,
        phase_in={"CIV": 5},
        seed=3,
    )


@pytest.fixture(scope="session")
def certified(three_agree) -> Certificate:
    """Its certificate, with four draws of the elasticities."""
    return certify(
        three_agree, south="AGO,BRA,CIV", robustness=Uncertainty(4, spread_pct=20, seed=1)
    )

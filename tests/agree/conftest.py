"""Agreements and certificates that several tests look at."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bandung import World
from bandung.agree import Certificate, Limits, Uncertainty, bargain, certify
from bandung.agree.corridors import Corridor
from bandung.agree.talks import open_talks

ROADS = (
    Corridor(("CIV", "EGY"), 0.05, 0.2, "income", ("mills",)),
    Corridor(("AGO", "EGY"), 0.05, 0.01),
)
"""One that carries mills' goods, paid for by income, and one that carries everything."""
GRID = 21
THREE = ("CIV", "EGY", "SEN")


@pytest.fixture(scope="session")
def three() -> World:
    """Three members of unequal size, two sectors, and a fourth outside; tariffs of 10 to 60 %."""
    rng = np.random.default_rng(24)
    own = np.arange(4)
    trade, tariff = rng.uniform(1, 9, (4, 4, 2)), rng.uniform(0.1, 0.6, (4, 4, 2))
    trade[own, own] += np.array([30, 60, 90, 120])[:, None]
    tariff[own, own] = 0
    return World.from_arrays(
        name="three",
        members=["CIV", "EGY", "SEN", "ZAF"],
        sectors=["farms", "mills"],
        trade_value=trade,
        tariff=tariff,
        trade_elasticity=[3.0, 5.0],
    )


@pytest.fixture(scope="session")
def grid(three):
    """Gains of the three at every share of tariffs kept on a grid, one lever for each member."""
    talks = open_talks(three, THREE, limits=Limits(by="member"))
    shares = np.array(list(product(np.linspace(0, 1, GRID), repeat=3)))
    return talks, shares, np.array([talks.gains(share) for share in shares])


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

"""Indices of what could be traded, on cases with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from bandung.economy import potential

T = np.zeros((3, 3, 2))
T[0, 1], T[0, 2] = [8, 0], [2, 0]
T[1, 0], T[1, 2] = [0, 5], [0, 5]
T[2, 0] = [5, 5]


def test_comparative_advantage_by_hand():
    """Balassa: share in own exports over share in world exports."""
    assert potential.comparative_advantage(T) == pytest.approx(
        np.array([[1 / 0.5, 0], [0, 1 / 0.5], [1, 1]])
    )


def test_similarity_and_complementarity_by_hand():
    """Finger–Kreinin is 0 for disjoint and 1 for equal exports; Michaely 1 for a perfect match."""
    alike = potential.finger_kreinin(T)
    assert alike[0, 1] == 0
    assert alike[2, 0] == pytest.approx(0.5)
    assert np.diag(alike) == pytest.approx(1)
    assert np.allclose(alike, alike.T)
    match = potential.michaely(T)
    assert match[0, 1] == pytest.approx(1)  # 1 imports only what 0 exports
    assert match[1, 1] == pytest.approx(0)


def test_potential_is_trade_when_trade_is_already_proportional():
    """Where trade is supply share × demand, ease is 1 and nothing is unrealised."""
    supply, demand = np.array([3.0, 2.0, 5.0]), np.array([4.0, 1.0, 5.0])
    trade = (supply[:, None] * demand)[:, :, None] / 10
    found = potential.export_potential(trade, np.zeros((3, 3, 1)), np.array([4.0]), np.ones(3))
    off = ~np.eye(3, dtype=bool)
    # with domestic sales kept in, every exporter serves every market by its share
    assert found.supply_share[:, 0] == pytest.approx(_net(trade) / _net(trade).sum())
    assert found.value.sum(axis=2)[off] == pytest.approx(trade.sum(axis=2)[off])


def _net(trade):
    exports, imports = trade.sum(axis=1)[:, 0], trade.sum(axis=0)[:, 0]
    return exports * np.minimum(1, exports / imports)


def test_a_preference_raises_demand_and_a_tariff_faced_raises_supply():
    """The two tariff corrections work the right way round."""
    rng = np.random.default_rng(7)
    trade = rng.uniform(1, 9, (4, 4, 3))
    trade[np.arange(4), np.arange(4)] = 0
    none = np.zeros((4, 4, 3))
    favoured = none.copy()
    favoured[:, 1, 0] = 0.2
    favoured[0, 1, 0] = 0.0
    theta = np.full(3, 4.0)
    flat = potential.export_potential(trade, none, theta, np.ones(4))
    bent = potential.export_potential(trade, favoured, theta, np.ones(4))
    assert bent.demand[0, 1, 0] > flat.demand[0, 1, 0]
    assert bent.demand[2, 1, 0] < flat.demand[2, 1, 0]
    assert bent.supply_share[0, 0] < flat.supply_share[0, 0]


def test_growth_moves_supply_and_demand():
    """A member projected to double supplies and buys a larger share."""
    found = [
        potential.export_potential(T, np.zeros_like(T), np.full(2, 4.0), np.array(growth))
        for growth in ([1.0, 1, 1], [2.0, 1, 1])
    ]
    assert found[1].supply_share[0, 0] > found[0].supply_share[0, 0]
    assert found[1].demand[1, 0, 1] == pytest.approx(2 * found[0].demand[1, 0, 1])

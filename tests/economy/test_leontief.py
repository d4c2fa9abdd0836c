"""Leontief on cases that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bandung.economy import leontief
from bandung.economy.leontief import Economy
from bandung.errors import NotConvergedError


def one_sector(gamma: float, home: float) -> Economy:
    """Two members, one sector, a share `home` bought at home."""
    share = np.array([[home, 1 - home], [1 - home, home]])[:, :, None]
    return Economy(
        sourcing_share=share,
        input_share=np.full((2, 1, 1), gamma),
        value_added_share=np.full((2, 1), 1 - gamma),
        final_demand=np.array([[100.0], [0.0]]),
    )


def test_two_members_by_hand():
    """A has eigenvalues γ and γ(2h−1), so M is known in closed form."""
    gamma, home = 0.4, 0.9
    found = leontief.value_added(one_sector(gamma, home))
    skew = (2 * home - 1) * (1 - gamma) / (1 - gamma * (2 * home - 1))
    expected = 100 * np.array([(1 + skew) / 2, (1 - skew) / 2])
    assert found.by_product[:, 0, 0] == pytest.approx(expected, rel=1e-13)
    assert found.tariffs == pytest.approx(0, abs=1e-10)


def test_without_inputs_value_added_is_what_is_bought():
    """γ = 0: nothing is traced beyond the first sale."""
    found = leontief.value_added(one_sector(0.0, 0.7))
    assert found.by_product[:, 0, 0].tolist() == pytest.approx([70, 30])


def test_tariffs_are_set_apart():
    """A tariff paid on a final good is not anybody's value added."""
    economy = one_sector(0.0, 0.5)
    taxed = Economy(
        economy.sourcing_share * np.array([1.0, 1 / 1.25])[:, None, None],
        economy.input_share,
        economy.value_added_share,
        economy.final_demand,
    )
    found = leontief.value_added(taxed)
    assert found.tariffs[0, 0] == pytest.approx(10.0)


def test_what_does_not_settle_is_refused():
    """Input shares of one leave nothing as value added: the rounds never end."""
    broken = Economy(np.ones((1, 1, 1)), np.ones((1, 1, 1)), np.zeros((1, 1)), np.ones((1, 1)))
    with pytest.raises(NotConvergedError, match=r"did not converge: residual .* tolerance"):
        leontief.requirements(broken, np.ones((1, 1, 1)))

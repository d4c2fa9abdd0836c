"""The equilibrium against another method: Newton on the clearing of labour markets, in NumPy.

`bandung.economy.market_clearing` shares no equation's code with `bandung.economy.equilibrium`; it
takes other unknowns (wages alone) and another iteration (SciPy's hybrid method).
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import optimize

from bandung import Levers
from bandung.economy import accounts
from bandung.economy.accounts import rebase
from bandung.economy.baseline import Baseline
from bandung.economy.equilibrium import equilibrium
from bandung.economy.market_clearing import clear
from bandung.errors import InputError, NotConvergedError

AGREEMENT = 1e-8
"""Of ratios; each method is solved to 1e-11, and gaps of equations grow a little in results."""


def agree(baseline: Baseline, levers: Levers, deficits: str) -> float:
    """Assert that both methods say the same of every member; return the largest exact change."""
    ours = equilibrium(baseline, levers, deficits=deficits)
    theirs = clear(baseline, levers, deficits=deficits)
    exact = accounts.real_income(baseline, ours)
    assert accounts.real_income(baseline, theirs) == pytest.approx(exact, abs=AGREEMENT)
    wage = accounts.real_wage(baseline, ours)
    assert accounts.real_wage(baseline, theirs) == pytest.approx(wage, abs=AGREEMENT)
    assert theirs.wage == pytest.approx(ours.wage, rel=AGREEMENT)
    assert theirs.price == pytest.approx(ours.price, rel=AGREEMENT)
    parts = accounts.first_order(baseline, levers, ours)
    others = accounts.first_order(baseline, levers, theirs)
    for name in ("terms_of_trade", "volume_of_trade"):
        expected = getattr(parts, name).sum(axis=(1, 2))
        assert getattr(others, name).sum(axis=(1, 2)) == pytest.approx(expected, abs=AGREEMENT)
    return float(np.abs(exact).max())


@pytest.mark.parametrize("kept", [False, True], ids=["without deficits", "deficits kept"])
def test_nafta_both_ways(nafta_data, kept):
    """All 31 regions come out alike, whether deficits are closed or stay as they are."""
    published, levers = nafta_data.published, nafta_data.levers
    if not kept:
        published = replace(published, deficit=np.zeros_like(published.deficit))
    assert np.any(published.deficit) == kept
    baseline = rebase(published, Levers(), equilibrium(published, deficits="fixed"))
    assert agree(baseline, levers, "fixed") > 5e-4


@pytest.mark.parametrize("rule", ["fixed", "proportional"])
@pytest.mark.parametrize("levers", ["no tariffs", "everything"])
def test_the_embedded_world_both_ways(embedded, levers, rule):
    """All 55 members come out alike under large changes, deficits kept or following wages."""
    baseline = Baseline.of(embedded)
    change = Levers(tariff_new=np.zeros_like(embedded.tariff))
    if levers == "everything":
        rng = np.random.default_rng(1955)
        value = embedded.value_added
        paid = 0.05 * rng.normal(size=len(value)) * value
        change = Levers(
            tariff_new=embedded.tariff * rng.uniform(0, 3, embedded.tariff.shape),
            trade_cost_change=np.expm1(0.1 * rng.normal(size=embedded.tariff.shape)),
            productivity_change=np.expm1(0.1 * rng.normal(size=embedded.output.shape)),
            transfers=paid - value * paid.sum() / value.sum(),
        )
    assert agree(baseline, change, rule) > 1e-2


def test_the_other_method_refuses_what_the_engine_refuses(embedded):
    """A check that takes what the engine would not is no check."""
    baseline = Baseline.of(embedded)
    with pytest.raises(InputError, match=r"unknown rule for deficits 'none'"):
        clear(baseline, deficits="none")
    with pytest.raises(InputError, match=r"transfers sum to 55 million USD"):
        clear(baseline, Levers(transfers=np.ones(55)))


def test_the_other_method_says_when_it_fails(embedded, monkeypatch):
    """Where SciPy stops short, wages that clear no market are not passed on as a result."""

    def stop_at_once(_, start, **__):
        return SimpleNamespace(x=start)

    monkeypatch.setattr(optimize, "root", stop_at_once)
    levers = Levers(tariff_new=np.zeros_like(embedded.tariff))
    with pytest.raises(NotConvergedError, match=r"market clearing did not converge") as refused:
        clear(Baseline.of(embedded), levers)
    assert refused.value.iterations > 0
    assert refused.value.residual > refused.value.tolerance

"""Parts of a change of welfare add up to the whole, and are the paper's where changes are small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandung import Levers, World
from bandung.economy import accounts
from bandung.economy.baseline import Baseline
from bandung.economy.decomposition import Decomposition, decompose
from bandung.economy.equilibrium import equilibrium
from bandung.errors import InputError

ADDED = 1e-8
"""Of income: the nine-point rule's error on changes of a tenth, and that of equilibria."""
CONVERGED = 1e-10
"""Of income: the seventeen-point rule's, on changes twice as large; what is left is rounding."""
ORDER = 0.1
"""Of the ratio of two second-order errors, 4: the third order's share at the steps below."""


@pytest.fixture(scope="module")
def small(five) -> World:
    """Five members, three sectors; the first and second do not trade with each other."""
    trade = five.trade_value.copy()
    trade[0, 1] = trade[1, 0] = 0
    return five.replace(trade_value=trade)


@pytest.fixture(scope="module")
def base(small) -> Baseline:
    return Baseline.of(small)


def shock(base: Baseline, seed: int, size: float = 0.1) -> Levers:
    """Tariffs up to threefold, costs and productivities by `size`, transfers of some per cent."""
    rng = np.random.default_rng(seed)
    paid = rng.normal(size=5)
    return Levers(
        tariff_new=base.tariff * rng.uniform(0, 3, base.tariff.shape),
        trade_cost_change=np.expm1(size * rng.normal(size=base.tariff.shape)),
        productivity_change=np.expm1(size * rng.normal(size=base.expenditure.shape)),
        transfers=30 * size * (paid - paid.mean()),
    )


def added(found: Decomposition) -> np.ndarray:
    """All parts, by member."""
    by_partner = found.terms_of_trade + found.volume_of_trade + found.trade_cost
    return by_partner.sum(axis=(1, 2)) + found.productivity.sum(axis=1) + found.deficit


@pytest.mark.parametrize("rule", ["fixed", "proportional"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_parts_add_up_to_the_exact_change(base, seed, rule):
    """However large the changes, the parts' sum is the change of real income, not its estimate."""
    levers = shock(base, seed)
    after = equilibrium(base, levers, deficits=rule)
    found = decompose(base, levers, after, deficits=rule)
    exact = accounts.real_income(base, after)
    assert np.abs(exact).max() > 0.05
    assert np.array_equal(found.total, exact)
    assert added(found) == pytest.approx(exact, abs=ADDED)
    assert found.remainder == pytest.approx(exact - added(found), abs=1e-15)


def test_what_the_rule_of_integration_misses_is_shown_and_vanishes_with_more_points(
    base, monkeypatch
):
    """The remainder is the integral's error alone: seventeen points leave none of it."""
    levers = shock(base, 0, size=0.2)
    after = equilibrium(base, levers)
    nine = decompose(base, levers, after)
    monkeypatch.setattr("bandung.economy.decomposition.POINTS", 17)
    seventeen = decompose(base, levers, after)
    assert ADDED < np.abs(nine.remainder).max() < 1e-6
    assert np.abs(seventeen.remainder).max() < CONVERGED
    assert added(seventeen) == pytest.approx(seventeen.total, abs=CONVERGED)


@pytest.mark.parametrize(
    ("lever", "part"),
    [
        ("tariff_new", None),
        ("trade_cost_change", "trade_cost"),
        ("productivity_change", "productivity"),
        ("transfers", "deficit"),
    ],
)
def test_each_lever_has_its_own_part_and_no_other(base, lever, part):
    """What was not moved contributes nothing: no lever's effect is booked under another's."""
    levers = Levers(**{lever: getattr(shock(base, 0), lever)})
    found = decompose(base, levers, equilibrium(base, levers))
    for name in ("trade_cost", "productivity", "deficit"):
        largest = np.abs(getattr(found, name)).max()
        assert largest > 1e-3 if name == part else largest < ADDED, name
    assert np.abs(found.terms_of_trade).max() > 1e-4
    assert np.abs(found.volume_of_trade).max() > 1e-4
    assert added(found) == pytest.approx(found.total, abs=ADDED)


def test_for_small_changes_the_parts_are_those_of_equation_16(base):
    """Halve the change of tariffs, and the difference to the first-order parts falls fourfold.

    So both have the same derivative where nothing has changed, partner by partner and sector by
    sector; Caliendo & Parro (2015), equation (16).
    """
    whole = shock(base, 0).tariff_new - base.tariff
    apart: dict[str, list[float]] = {"terms_of_trade": [], "volume_of_trade": []}
    for step in (2e-2, 1e-2):
        levers = Levers(tariff_new=base.tariff + step * whole)
        after = equilibrium(base, levers)
        exact = decompose(base, levers, after)
        first = accounts.first_order(base, levers, after)
        for name, gaps in apart.items():
            one, other = getattr(exact, name), getattr(first, name)
            gaps.append(float(np.abs(one - other).max()))
            assert gaps[-1] < step * np.abs(other).max()
    for name, (coarse, fine) in apart.items():
        assert coarse / fine == pytest.approx(4, rel=ORDER), name


def test_partners_that_do_not_trade_contribute_nothing(base):
    """The first two members sell each other nothing, before or after: no part is theirs."""
    levers = shock(base, 1)
    found = decompose(base, levers, equilibrium(base, levers))
    for name in ("terms_of_trade", "volume_of_trade", "trade_cost"):
        part = getattr(found, name)
        assert not part[[0, 1], [1, 0]].any(), name
        assert np.abs(part[0, 2]).max() > 0, name


def test_no_member_has_terms_of_trade_with_itself(base):
    """Dearer sales to oneself are dearer purchases from oneself; at home no tariff is levied."""
    levers = shock(base, 2)
    found = decompose(base, levers, equilibrium(base, levers))
    own = np.arange(5)
    assert not found.terms_of_trade[own, own].any()
    assert not found.volume_of_trade[own, own].any()
    assert np.abs(found.trade_cost[own, own]).max() > 0


def test_what_one_gains_in_terms_of_trade_the_other_loses(base):
    """Between two partners the money is the same: shares of income times income cancel."""
    levers = Levers(tariff_new=base.tariff + 1e-4 * (shock(base, 0).tariff_new - base.tariff))
    after = equilibrium(base, levers)
    first = accounts.first_order(base, levers, after).terms_of_trade * base.income[:, None, None]
    assert first == pytest.approx(-first.swapaxes(0, 1), abs=1e-12 * np.abs(first).max())
    money = decompose(base, levers, after).terms_of_trade * base.income[:, None, None]
    assert money == pytest.approx(-money.swapaxes(0, 1), abs=1e-3 * np.abs(money).max())


def test_no_change_has_no_parts(base):
    """Where nothing moves every part is zero, and nothing is divided by a change of zero."""
    found = decompose(base, Levers(), equilibrium(base))
    assert added(found) == pytest.approx(0, abs=1e-12)
    assert found.total == pytest.approx(0, abs=1e-12)


def test_a_closed_world_gains_by_productivity_alone():
    """One member, one sector: no partner, so the parts are Â^(1/β) − 1 under one heading."""
    world = World.from_arrays(
        members=["AGO"],
        sectors=["all"],
        trade_value=np.full((1, 1, 1), 100.0),
        input_share=np.full((1, 1, 1), 0.4),
    )
    base, levers = Baseline.of(world), Levers(productivity_change=np.full((1, 1), 0.3))
    found = decompose(base, levers, equilibrium(base, levers))
    assert found.total == pytest.approx(1.3 ** (1 / 0.6) - 1, rel=1e-10)
    assert found.productivity[0] == pytest.approx(found.total, rel=1e-8)
    assert not found.terms_of_trade.any()


def test_what_cannot_be_reached_by_a_path_is_refused(base):
    """An infinite trade cost has no middle: no integral, and no made-up parts."""
    cost = np.zeros_like(base.tariff)
    cost[0, 2, 0] = np.inf
    levers = replace(shock(base, 0), trade_cost_change=cost)
    with pytest.raises(InputError, match=r"cannot be split where a trade cost is infinite"):
        decompose(base, levers, equilibrium(base, levers))

"""The loss once buyers switch: the equilibrium's own answer, for one delivery and for a group."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import bandung.economy.equilibrium
from bandung import World
from bandung.agree.solve import solve
from bandung.errors import NotConvergedError
from bandung.find import dependence, reliance
from bandung.find.losses import TOLERANCE

# Losses come from solutions whose largest relative gap is TOLERANCE, the comparison from finer
# ones; a relative gap of wages or prices of that size moves real income by a few times as much.
CLOSE = 20 * TOLERANCE
CLOSED_FORM = 1e-8


def stopped(world, supplier, member, sector=""):
    """Real income lost by a member, worked out by hand."""
    products = slice(None) if sector == "" else world.sector_index(sector)
    cost = np.zeros_like(world.tariff)
    cost[world.index(supplier), world.index(member), products] = np.inf
    return -float(solve(world, trade_cost_change=cost).welfare_change.sel(member=member))


def small(trade, *, elasticity=4.0, tariff=None, known=None):
    """A world of as many members and sectors as the table of trade has."""
    table = np.asarray(trade, dtype=float)
    return World.from_arrays(
        members=["AGO", "BRA", "CHN"][: table.shape[0]],
        sectors=["A01", "B05"][: table.shape[2]],
        trade_value=table,
        tariff=tariff,
        trade_elasticity=elasticity,
        domestic_known=known,
    )


def two(trade, **given):
    """A world of two members and one sector."""
    return small(np.asarray(trade, dtype=float)[:, :, None], **given)


def only(links, supplier, sector=""):
    """The one link of a supplier and a product."""
    (link,) = [each for each in links if (each.supplier, each.sector) == (supplier, sector)]
    return link


@pytest.mark.parametrize(
    ("member", "supplier", "sector"), [("SEN", "EU27", ""), ("NGA", "CHN", "C26")]
)
def test_a_loss_is_the_fall_of_real_income_in_equilibrium(embedded, member, supplier, sector):
    """Refuted by a loss of another member, of another delivery, or of the opposite sign."""
    found = dependence(embedded, members=[member], top=10)
    link = only(found.of(member) if sector else found.suppliers_of(member), supplier, sector)
    assert link.loss_buyers_switch == pytest.approx(
        stopped(embedded, supplier, member, sector), abs=CLOSE
    )


def test_a_group_s_loss_is_the_mean_of_its_members_own(embedded):
    """Each loses its own deliveries, weighted by value; a supplier in the group loses nothing."""
    members = ("KHM", "LAO", "VNM")
    found = dependence(embedded, members=members, top=14)
    relied = reliance(embedded, members=members)
    weight = relied.final_demand_musd * (1 - relied.tariff_share)
    for link in (
        only(found.of(""), "KHM", "A01"),
        only(found.suppliers_of(""), "KHM"),
        only(found.of(""), "CHN", "C26"),
    ):
        own = [
            0.0 if code == link.supplier else stopped(embedded, link.supplier, code, link.sector)
            for code in relied.codes
        ]
        assert link.loss_buyers_switch == pytest.approx(weight @ own / weight.sum(), abs=CLOSE)


def test_for_the_eleven_the_long_run_lies_between_a_tenth_and_three_quarters(embedded, eleven):
    """The documentation says so of every supplier and product that `make brief` names."""
    found = dependence(embedded, members=eleven)
    assert found.equilibrium
    for link in (*found.suppliers, *found.links):
        assert 0.1 < link.loss_buyers_switch / link.loss_nobody_switches < 0.75


def test_lost_duties_may_carry_the_long_run_above_the_short(embedded):
    """The documentation's example: food for Saudi Arabia, with its tariffs and without them."""
    link = only(dependence(embedded, members=["SAU"]).of("SAU"), "EU27", "C10T12")
    assert link.loss_buyers_switch == pytest.approx(0.0070, abs=5e-5)
    assert link.loss_nobody_switches == pytest.approx(0.0063, abs=5e-5)
    tariff = embedded.tariff.copy()
    tariff[:, embedded.index("SAU"), embedded.sector_index("C10T12")] = 0
    free = dependence(embedded.replace(tariff=tariff), members=["SAU"]).of("SAU")
    link = only(free, "EU27", "C10T12")
    assert link.loss_buyers_switch < link.loss_nobody_switches / 2


def test_a_gain_is_below_zero():
    """Refuted by an end cut off at zero: who stops paying half the price of imports gains."""
    tariff = np.zeros((3, 3, 1))
    tariff[1, 0] = -0.5
    trade = np.array([[60, 10, 10], [30, 90, 10], [5, 5, 80]])[:, :, None]
    world = small(trade, tariff=tariff)
    found = dependence(world, members=["AGO"])
    loss = only(found.suppliers_of("AGO"), "BRA").loss_buyers_switch
    assert loss < -0.01
    assert loss == pytest.approx(stopped(world, "BRA", "AGO"), abs=CLOSE)


@pytest.mark.parametrize("elasticity", [0.5, 4.0, 8.0])
@pytest.mark.parametrize("home", [60.0, 99.0])
def test_without_its_only_supplier_a_balanced_member_is_in_autarky(elasticity, home):
    """Arkolakis, Costinot & Rodríguez-Clare (2012): real income falls to π[d,d]^(1/θ)."""
    world = two([[home, 40], [40, 200]], elasticity=elasticity)
    expected = 1 - (home / (home + 40)) ** (1 / elasticity)
    found = dependence(world, members=["AGO"])
    for link in (*found.suppliers_of("AGO"), *found.of("AGO"), *found.of("")):
        assert link.loss_buyers_switch == pytest.approx(expected, abs=CLOSED_FORM)


def test_autarky_of_a_member_that_others_cannot_do_without_is_no_equilibrium():
    """Its exports stop with its imports; who has no other supplier is then left with none."""
    trade = np.array([[[60.0, 30], [10, 30]], [[40, 0], [200, 0]]])
    found = dependence(small(trade), members=["AGO"])
    assert only(found.suppliers_of("AGO"), "BRA").loss_buyers_switch is None


def test_nothing_can_settle_the_deficit_of_a_member_without_imports():
    """A deficit is paid in imports; a surplus can still be exported."""
    short = dependence(two([[60, 40], [50, 200]]), members=["AGO"])
    assert short.equilibrium
    assert short.suppliers_of("AGO")[0].loss_buyers_switch is None
    assert short.suppliers_of("")[0].loss_buyers_switch is None
    rich = two([[60, 40], [30, 200]])
    found = dependence(rich, members=["AGO"]).suppliers_of("AGO")[0]
    assert found.loss_buyers_switch == pytest.approx(stopped(rich, "BRA", "AGO"), abs=CLOSE)


def test_without_any_other_supplier_there_is_no_figure():
    """Only that link, and what contains it, has none; nothing is made up for it."""
    trade = np.full((3, 3, 2), 10.0)
    trade[[0, 2], 0, 1] = 0
    found = dependence(small(trade), members=["AGO", "CHN"])
    assert found.equilibrium
    alone = [link for link in (*found.suppliers, *found.links) if link.loss_buyers_switch is None]
    assert {(link.member, link.supplier, link.sector) for link in alone} == {
        ("AGO", "BRA", "B05"),
        ("AGO", "BRA", ""),
        ("", "BRA", "B05"),
        ("", "BRA", ""),
    }
    table = found.to_table()
    assert table["loss_buyers_switch"].null_count() == len(alone)


def test_unknown_domestic_sales_leave_the_long_run_out_and_nothing_else():
    """A product without domestic sales would seem to be all imported, and others' prices wrong."""
    trade = np.arange(10.0, 28.0).reshape(3, 3, 2)
    known = np.ones((3, 2), dtype=bool)
    whole = dependence(small(trade, known=known), members=["AGO"])
    known[2, 1] = False
    partial = dependence(small(trade, known=known), members=["AGO"])
    unasked = dependence(small(trade), members=["AGO"], equilibrium=False)
    assert (whole.equilibrium, partial.equilibrium, unasked.equilibrium) == (True, False, False)
    for other in (partial, unasked):
        for link, same in zip(whole.links, other.links, strict=True):
            assert same.loss_buyers_switch is None
            assert same.loss_nobody_switches == link.loss_nobody_switches


def test_who_does_not_ask_for_the_long_run_does_not_pay_for_it():
    """Refuted by JAX being loaded for the short run alone."""
    code = (
        "import sys; from bandung import World; from bandung.find import dependence; "
        "dependence(World.embedded(), members=['SEN'], equilibrium=False); "
        "assert 'jax' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr


def test_each_stop_is_solved_once(monkeypatch):
    """A group repeats its members' stops, and with one sector a product is the whole supplier."""
    asked = []
    honest = bandung.economy.equilibrium.equilibrium

    def counted(before, levers, **given):
        asked.append(levers.trade_cost_change.tobytes())
        return honest(before, levers, **given)

    monkeypatch.setattr(bandung.economy.equilibrium, "equilibrium", counted)
    trade = np.arange(10.0, 19.0).reshape(3, 3, 1)
    dependence(small(trade), members=["AGO", "BRA"])
    assert len(asked) == len(set(asked)) == 2 * 2


def test_an_equilibrium_that_is_not_found_is_not_passed_over(monkeypatch):
    """Refuted by an empty figure where the reason is an iteration that stopped short."""

    def stuck(*_, **__):
        raise NotConvergedError("the equilibrium", iterations=9, residual=1.0, tolerance=1e-9)

    monkeypatch.setattr(bandung.economy.equilibrium, "equilibrium", stuck)
    with pytest.raises(NotConvergedError, match="after 9 iterations"):
        dependence(small(np.full((3, 3, 1), 10.0)), members=["AGO"])


def test_order_and_names_of_members_change_no_long_run_loss(embedded):
    """Equality: the world reversed and renamed gives the same losses, renamed."""
    n = len(embedded.members)
    turn = np.arange(n)[::-1]
    names = [f"M{i:02d}" for i in range(n)]
    called = {embedded.members[i]: name for i, name in zip(turn, names, strict=True)} | {"": ""}
    world = World.from_arrays(
        members=names,
        sectors=embedded.sectors,
        trade_value=embedded.trade_value[np.ix_(turn, turn)],
        tariff=embedded.tariff[np.ix_(turn, turn)],
        input_share=embedded.input_share[turn],
        trade_elasticity=embedded.trade_elasticity,
        regions={name: (f"X{i}",) for i, name in enumerate(names)} | {called["ROW"]: ()},
    )
    members = ["CIV", "NGA", "SEN"]
    here = dependence(embedded, members=members, top=4)
    there = dependence(world, members=[called[code] for code in members], top=4)
    losses = {
        (link.member, link.supplier, link.sector): link.loss_buyers_switch
        for link in (*there.suppliers, *there.links)
    }
    for link in (*here.suppliers, *here.links):
        key = (called[link.member], called[link.supplier], link.sector)
        assert losses.pop(key) == pytest.approx(link.loss_buyers_switch, abs=CLOSE)
    assert not losses

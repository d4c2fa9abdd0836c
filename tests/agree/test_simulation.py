"""A scenario carried out: whose result it is, what it is made of, and who stands outside."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from bandung import World, solve
from bandung.agree import Change, Scenario, Uncertainty, draw_elasticities, simulate, spread
from bandung.agree.simulation import PARTS
from bandung.codes import groups
from bandung.economy.baseline import Levers
from bandung.errors import InputError, ScenarioError
from bandung.find import reliance

DAY = dt.date(2024, 1, 1)
SUM = 1e-9
"""Parts and whole are integrals of the same path; their remainder is about 1e-11."""


@pytest.fixture(scope="module")
def opened(embedded, eleven):
    """No tariffs among the eleven."""
    change = Change("tariff", origin=tuple(eleven), destination=tuple(eleven), to_pct=0)
    return simulate(
        embedded,
        Scenario("Open", on=DAY, changes=(change,), uncertainty=Uncertainty(draws=8, seed=3)),
    )


def test_known_losers_of_full_elimination(opened):
    """The five that lose by dropping all tariffs, and by how much, are other than computed before.

    Figures: a damped NumPy iteration written before this engine.
    """
    assert opened.losers == ("COD", "CMR", "STP", "AGO", "NGA")
    change = 100 * opened.outcome.welfare_change.sel(member=list(opened.losers)).to_numpy()
    assert change == pytest.approx([-0.2031, -0.1401, -0.1265, -0.0434, -0.0086], abs=6e-5)


def test_parts_add_up_to_the_change(opened):
    """A part is missing or counted twice, by channel or by kind of income."""
    for code in opened.world.members:
        whole = float(opened.outcome.welfare_change.sel(member=code))
        assert sum(opened.parts(code).values()) == pytest.approx(whole, abs=SUM)
        assert sum(opened.income_parts(code).values()) == pytest.approx(whole, abs=SUM)
    assert tuple(opened.parts("SEN")) == PARTS


def test_the_largest_pieces_are_the_largest(opened):
    """A piece that weighs more is left out, or is not where it is said to be."""
    found = opened.outcome.decomposition
    at = opened.world.index("COD")
    first = opened.largest("COD", 1)[0]
    most = max(np.abs(getattr(found, name)[at]).max() for name in PARTS[:3])
    assert abs(first.share) == most
    cell = getattr(found, first.part)[
        at, opened.world.index(first.partner), opened.world.sector_index(first.sector)
    ]
    assert cell == first.share


def test_outsiders_least_developed_first(opened):
    """A party is called an outsider, one is left out, or a richer one comes before the poorest."""
    assert set(opened.outsiders) | set(opened.parties) == set(opened.world.members)
    assert not set(opened.outsiders) & set(opened.parties)
    listed = set(groups.members("LDC", DAY))
    poor = [code in listed for code in opened.outsiders]
    assert poor == sorted(poor, reverse=True)
    assert any(poor)
    change = opened.outcome.welfare_change
    of_poor = [float(change.sel(member=code)) for code in opened.outsiders if code in listed]
    assert of_poor == sorted(of_poor)


def test_reliance_is_that_of_the_worlds_before_and_after(opened, embedded, eleven):
    """Reliance is measured on another world than the one before, or after."""
    before = reliance(embedded, members=eleven, on=DAY)
    after = reliance(opened.outcome.world_after, members=eleven, on=DAY)
    assert opened.reliance_before.group == pytest.approx(before.group)
    assert opened.reliance_after.group == pytest.approx(after.group)
    assert after.group[1] > before.group[1]


def test_record_and_table_say_the_same(opened):
    """The JSON and the CSV disagree, or a member is missing from one."""
    record, table = opened.to_dict(), opened.to_table()
    assert list(record["members"]) == table["member"].to_list()
    assert set(record["members"]) == set(opened.world.members)
    for row in table.iter_rows(named=True):
        own = record["members"][row["member"]]
        assert row["welfare_change"] == own["welfare_change"]
        assert row["terms_of_trade_part"] == own["parts"]["terms_of_trade"]
        assert row["welfare_low"] == own["draws"]["low"]
    assert record["draws"] == 8
    assert record["losers"] == list(opened.losers)


def test_draws_hold_the_interval_and_the_share_of_gains(opened):
    """Quantiles are not of the draws, or gains are counted where there is a loss."""
    drawn = opened.spread.welfare_change
    assert drawn.shape == (8, len(opened.world.members))
    assert (opened.spread.low <= opened.spread.median).all()
    assert (opened.spread.median <= opened.spread.high).all()
    at = opened.world.index("ZAF")
    assert opened.spread.gaining[at] == np.mean(drawn[:, at] > 0) == 1.0


def test_a_draw_is_a_solution_at_those_elasticities(embedded, opened):
    """A draw is solved with other elasticities than those that are reported with it."""
    row = 5
    single = solve(
        embedded,
        tariff_new=opened.outcome.levers.tariff_new,
        trade_elasticity=opened.spread.trade_elasticity[row],
    )
    drawn = opened.spread.welfare_change[row]
    assert drawn == pytest.approx(single.welfare_change.to_numpy(), abs=1e-10)


def test_draws_repeat_with_their_seed_and_come_from_the_sets(embedded):
    """The same seed gives other draws, another seed the same, or a figure nobody published."""
    one = draw_elasticities(embedded, 50, seed=4)
    assert (one == draw_elasticities(embedded, 50, seed=4)).all()
    assert (one != draw_elasticities(embedded, 50, seed=5)).any()
    published = np.stack(list(embedded.elasticity_sets.values()))
    assert (one[:, None, :] == published).any(axis=1).all()
    assert all(len(np.unique(one[:, j])) > 1 for j in range(one.shape[1]))


def test_a_stated_spread_is_the_spread(embedded):
    """The median is not the world's own elasticity, or two thirds do not lie within the spread."""
    drawn = draw_elasticities(embedded, 4000, spread_pct=25, seed=1) / embedded.trade_elasticity
    assert np.median(drawn, axis=0) == pytest.approx(1.0, abs=0.03)
    inside = (drawn < 1.25) & (drawn > 1 / 1.25)
    assert inside.mean() == pytest.approx(0.6827, abs=0.01)


def test_progress_counts_every_draw(embedded):
    """The progress that is shown skips a draw or does not reach the end."""
    counted = []
    rows = draw_elasticities(embedded, 4, seed=0)
    spread(embedded, Levers(tariff_new=0.5 * embedded.tariff), rows, done=counted.append)
    assert counted == [1, 2, 3, 4]


def test_a_world_with_one_set_asks_for_a_spread():
    """Draws from a single set would all be the same, in silence."""
    small = World.from_arrays(
        members=["AGO", "ZAF"], sectors=["goods"], trade_value=np.ones((2, 2, 1))
    )
    with pytest.raises(InputError, match=r"0 published sets .* give a spread"):
        draw_elasticities(small, 3)
    assert draw_elasticities(small, 3, spread_pct=10).shape == (3, 1)


def test_deficits_closed_first(embedded):
    """With deficits "zero" the change is measured against the world with its deficits."""
    one = Change("tariff", origin=("ZAF",), destination=("SEN",), cut_pct=100)
    found = simulate(embedded, Scenario("One", deficits="zero", on=DAY, changes=(one,)))
    before = found.outcome.world_before
    assert np.abs(before.deficit).max() < 1e-6 * before.value_added.max()
    assert abs(float(found.outcome.welfare_change.sel(member="SEN"))) < 0.01


def test_what_the_world_lacks_is_named(embedded):
    """A member the world lacks is passed over."""
    change = Change("tariff", origin=("KEN",), destination=("ZAF",), cut_pct=50)
    with pytest.raises(ScenarioError, match="KEN"):
        simulate(embedded, Scenario("Kenya", changes=(change,)))

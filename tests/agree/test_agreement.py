"""An agreement's years, record and table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandung.agree import bargain, solve

MEMBERS = ("CIV", "EGY", "SEN")
YEARS = {"EGY": 5, "SEN": 2}
HALF = {"EGY": 2}
SAME = 1e-9


@pytest.fixture(scope="module")
def plain(three):
    """Their agreement, everything at once."""
    return bargain(three, MEMBERS)


@pytest.fixture(scope="module")
def slow(plain):
    """The same, phased in by Egypt and Senegal, whoever loses by that on the way."""
    return replace(plain, phase_in=YEARS)


@pytest.fixture(scope="module")
def paying(three):
    """One with transfers."""
    return bargain(three, MEMBERS, levers=("tariffs", "transfers"), by="member", most_paid=0.05)


def test_tariffs_fall_in_equal_yearly_steps(slow, three):
    """A member's tariffs fall faster in one year than in another, or not by the last."""
    assert slow.years == 5
    assert slow.phase_in == YEARS
    last = three.tariff
    for year in range(1, 8):
        now = slow.tariff_in(year)
        whole = slow.tariff_new - three.tariff
        assert now[:, 1] - last[:, 1] == pytest.approx(whole[:, 1] * (0.2 if year <= 5 else 0))
        assert now[:, 2] - last[:, 2] == pytest.approx(whole[:, 2] * (0.5 if year <= 2 else 0))
        assert now[:, 0] == pytest.approx(slow.tariff_new[:, 0])
        last = now


def test_gains_of_each_year_are_those_of_its_tariffs(slow, three):
    """A year's gains are another year's, or the last one's are not those of the agreement."""
    path = slow.path()
    assert path.shape == (5, 3)
    for year in (1, 3, 5):
        outcome = solve(three, tariff_new=slow.tariff_in(year))
        assert path[year - 1] == pytest.approx(outcome.welfare_change.to_numpy()[:3], abs=SAME)
    assert path[-1] == pytest.approx(slow.gains, abs=SAME)
    record = slow.to_dict()["phase_in"]
    assert np.array([list(row.values()) for row in record]) == pytest.approx(100 * path)
    assert list(record[0]) == list(MEMBERS)


@pytest.mark.parametrize("principle", ["egalitarian", "utilitarian"])
def test_nobody_loses_in_any_year(three, principle):
    """While some have lowered their tariffs and others not yet, somebody is worse off than today.

    It would be so here if the years were not looked at.
    """
    at_once = bargain(three, MEMBERS, principle, by="sector")
    assert replace(at_once, phase_in=HALF).path().min() < -1e-4
    found = bargain(three, MEMBERS, principle, by="sector", phase_in=HALF)
    assert found.path().min() >= 0
    assert found.path()[-1] == pytest.approx(found.gains, abs=SAME)
    assert (found.gains > 0).all()
    if principle == "egalitarian":
        assert found.smallest_gain <= at_once.smallest_gain + SAME


def test_years_for_everybody_and_for_nobody(three, plain):
    """One number of years is not everybody's, or none changes the agreement."""
    assert plain.years == 0
    assert plain.path().shape == (0, 3)
    assert "phase_in" not in plain.to_dict()
    never = bargain(three, MEMBERS, phase_in={"CIV": 0})
    assert never.phase_in == {}
    assert (never.position == plain.position).all()
    all_ = bargain(three, MEMBERS, phase_in=3)
    assert all_.phase_in == dict.fromkeys(MEMBERS, 3)
    assert all_.path().min() >= 0


def test_a_phase_in_holds_at_other_elasticities_too(three):
    """Made robust, an agreement with years leaves somebody worse off in one of them."""
    sets = {"one": [3.0, 5.0], "other": [20.0, 1.0]}
    world = three.replace(trade_elasticity="one", elasticity_sets=sets)
    found = bargain(world, MEMBERS, by="sector", phase_in=HALF, robust=1.0, draws=12)
    assert found.path().min() >= 0
    assert (found.gains > 0).all()


def test_the_record(plain, three):
    """The record says other figures than the outcome, or forgets somebody."""
    record, outcome = plain.to_dict(), plain.outcome
    welfare = 100 * outcome.welfare_change.to_numpy()
    assert list(record["members"]) == list(MEMBERS)
    assert list(record["outsiders"]) == ["ZAF"]
    for at, code in enumerate(MEMBERS):
        before = outcome.before.tariff_revenue[at]
        own = record["members"][code]
        assert own["welfare_change_pct"] == pytest.approx(welfare[at])
        change = 100 * (float(outcome.tariff_revenue[at]) / before - 1)
        assert own["tariff_revenue_change_pct"] == pytest.approx(change)
    assert record["outsiders"]["ZAF"]["welfare_change_pct"] == pytest.approx(welfare[3])
    assert record["smallest_gain_pct"] == 100 * plain.gains.min()
    income = outcome.before.income[:3]
    assert record["joint_gain_musd"] == pytest.approx(float(plain.gains @ income))
    assert record["world"] == {"name": "three", "checksum": three.checksum}
    assert record["limits"]["by"] == "line"
    assert record["levers"] == ["tariffs"]
    assert record["principle"] == "egalitarian"
    assert record["steps"] == plain.steps > 0
    assert record["foretold_pct"] == 100 * plain.foretold
    assert record["starts_pct"] == [100 * plain.starts[0]]
    assert not {"transfers_musd", "corridors", "phase_in", "obstacle"} & record.keys()


def test_transfers_are_in_the_record(paying):
    """What is paid is not said, or does not add up."""
    paid = paying.to_dict()["transfers_musd"]
    assert list(paid.values()) == paying.transfers.tolist()
    assert abs(sum(paid.values())) < SAME
    assert (paying.transfers >= -0.05 * paying.talks.before.income[:3] * (1 + SAME)).all()
    assert paying.smallest_gain > 0


def test_the_table_has_every_tariff_that_falls(plain, three):
    """A tariff that falls is missing, one that does not is there, or a figure is another's."""
    table = plain.to_table()
    falls = np.argwhere(plain.tariff_new < three.tariff - 1e-8)
    assert 0 < table.height == len(falls) < 12
    for row, (origin, destination, sector) in zip(table.iter_rows(named=True), falls, strict=True):
        assert row["origin"] == three.members[origin]
        assert row["destination"] == three.members[destination]
        assert row["sector"] == three.sectors[sector]
        old = three.tariff[origin, destination, sector]
        assert row["tariff_pct"] == pytest.approx(100 * old)
        assert row["tariff_new_pct"] == 100 * plain.tariff_new[origin, destination, sector]


def test_of_what_was_opened_all_is_told(plain):
    """Multipliers, which the bound needs, are not weights on the members."""
    assert plain.multiplier.sum() == pytest.approx(1)
    assert (plain.multiplier >= 0).all()
    assert 0 <= plain.foretold < 1e-4
    assert (plain.threat_gains == 0).all()
    assert plain.ideal is None
    assert plain.robust is None

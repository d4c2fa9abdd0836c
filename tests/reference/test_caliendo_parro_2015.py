"""NAFTA's tariff reductions against the published results of Caliendo & Parro (2015).

Review of Economic Studies 82(1), Table 2: welfare effects from NAFTA's tariff reductions, from
1993 to 2005, per cent, in a world without trade deficits.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bandung import Levers, World, solve
from bandung.economy import accounts
from bandung.economy.accounts import rebase
from bandung.economy.equilibrium import equilibrium
from bandung.errors import WorldError

PRINTED = 0.0051
"""Percentage points: half of the second decimal, and what the figures' own rounding adds."""
SAME = 1e-8
"""Ratios: the same equilibrium from two starts, each solved to 1e-11."""

TABLE_2 = {
    "Mexico": {"total": 1.31, "terms": -0.41, "volume": 1.72, "real wage": 1.72},
    "Canada": {"total": -0.06, "terms": -0.11, "volume": 0.04, "real wage": 0.32},
    "USA": {"total": 0.08, "terms": 0.04, "volume": 0.04, "real wage": 0.11},
}


@pytest.fixture(scope="module")
def nafta(nafta_data) -> SimpleNamespace:
    """The authors' 31 regions and 40 sectors without deficits, and the tariffs of 2005."""
    published = replace(nafta_data.published, deficit=np.zeros(31))
    baseline = rebase(published, Levers(), equilibrium(published))
    return SimpleNamespace(
        regions=nafta_data.regions,
        sectors=nafta_data.sectors,
        published=published,
        baseline=baseline,
        levers=nafta_data.levers,
        after=equilibrium(baseline, nafta_data.levers),
    )


def as_world(nafta: SimpleNamespace, input_share: np.ndarray) -> World:
    """The baseline as a `World`, whose regions have codes of their own."""
    base = nafta.baseline
    return World.from_arrays(
        name="NAFTA",
        members=nafta.regions,
        sectors=nafta.sectors,
        regions={name: (f"X{i}",) for i, name in enumerate(nafta.regions)},
        trade_value=base.trade_value,
        tariff=base.tariff,
        input_share=input_share,
        trade_elasticity=base.trade_elasticity,
    )


@pytest.mark.parametrize("region", TABLE_2)
def test_welfare_and_its_parts_are_those_of_table_2(nafta, region):
    """The first-order measure, its two parts and the real wage are printed to two decimals."""
    row, printed = nafta.regions.index(region), TABLE_2[region]
    parts = accounts.first_order(nafta.baseline, nafta.levers, nafta.after)
    terms = 100 * parts.terms_of_trade[row].sum()
    volume = 100 * parts.volume_of_trade[row].sum()
    wage = 100 * accounts.real_wage(nafta.baseline, nafta.after)[row]
    assert terms == pytest.approx(printed["terms"], abs=PRINTED)
    assert volume == pytest.approx(printed["volume"], abs=PRINTED)
    assert terms + volume == pytest.approx(printed["total"], abs=PRINTED)
    assert wage == pytest.approx(printed["real wage"], abs=PRINTED)


def test_the_printed_measure_is_not_the_exact_change(nafta):
    """Mexico's tariffs fall so far that the first-order 1.31 % is an exact change near 0.01 %.

    Were the exact change the first-order sum under another name, the two would not differ; where
    little changed, in the United States, they are near.
    """
    exact = 100 * accounts.real_income(nafta.baseline, nafta.after)
    mexico = nafta.regions.index("Mexico")
    assert 0 < exact[mexico] < 0.02
    parts = accounts.first_order(nafta.baseline, nafta.levers, nafta.after)
    printed = 100 * (parts.terms_of_trade + parts.volume_of_trade).sum(axis=(1, 2))
    assert printed[mexico] > 50 * exact[mexico]
    usa = nafta.regions.index("USA")
    assert printed[usa] == pytest.approx(exact[usa], rel=0.2)


def test_a_world_of_the_same_figures_gives_the_same_table(nafta):
    """Through the public API, from trade in money alone, nothing is lost or double counted."""
    outcome = solve(as_world(nafta, nafta.baseline.input_share), tariff_new=nafta.levers.tariff_new)
    parts = accounts.first_order(nafta.baseline, nafta.levers, nafta.after)
    expected = {
        "welfare_change": accounts.real_income(nafta.baseline, nafta.after),
        "real_wage_change": accounts.real_wage(nafta.baseline, nafta.after),
        "terms_of_trade": parts.terms_of_trade.sum(axis=(1, 2)),
        "volume_of_trade": parts.volume_of_trade.sum(axis=(1, 2)),
    }
    for name, values in expected.items():
        assert getattr(outcome, name).to_numpy() == pytest.approx(values, abs=SAME), name


def test_the_published_negative_input_share_is_kept_and_noted(nafta):
    """One input share of these data is −0.0006: neither refused nor mended in silence."""
    shares = nafta.baseline.input_share
    (member, used, sector), *others = np.argwhere(shares < 0)
    assert not others
    assert shares[member, used, sector] == pytest.approx(-0.0006, abs=5e-5)
    noted = as_world(nafta, shares).adjustments
    where = (
        f"member {nafta.regions[member]}, input {nafta.sectors[used]}, "
        f"sector {nafta.sectors[sector]}"
    )
    (about,) = [note for note in noted if note.what == "input share"]
    assert about.where == where
    assert about.was == about.now == shares[member, used, sector]


def test_twice_that_negative_share_is_refused(nafta):
    """Below −0.001 a share is an error, of a `World` as of a `Baseline`."""
    lower = np.where(nafta.baseline.input_share < 0, 2, 1) * nafta.baseline.input_share
    with pytest.raises(WorldError, match=r"input_share is -0\.00114.* member Canada, input Other"):
        as_world(nafta, lower)


def test_closing_the_deficits_by_rule_is_what_the_authors_do(nafta):
    """The rule ``"zero"`` drops whatever deficits there were and ends in the same baseline."""
    lent = np.linspace(-0.05, 0.05, 31) * nafta.published.value_added
    owing = replace(nafta.published, deficit=lent - lent.mean())
    closed = rebase(owing, Levers(), equilibrium(owing, deficits="zero"))
    assert closed.deficit == pytest.approx(0, abs=0)
    assert closed.value_added == pytest.approx(nafta.baseline.value_added, rel=SAME)
    after = equilibrium(closed, nafta.levers)
    exact = accounts.real_income(nafta.baseline, nafta.after)
    assert accounts.real_income(closed, after) == pytest.approx(exact, abs=SAME)

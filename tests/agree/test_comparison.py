"""Alternatives side by side: each figure against one made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bandung import reliance, solve
from bandung.agree import compare
from bandung.agree.comparison import ELIMINATION, TODAY
from bandung.errors import CodeUnknownError

MEMBERS = ("CIV", "EGY", "SEN")
PRINCIPLES = ("egalitarian", "utilitarian", "fund")
SAME = 1e-9


@pytest.fixture(scope="module")
def known(three):
    """The world with emissions and a least developed member outside."""
    return three.replace(
        members=["CIV", "EGY", "SEN", "MOZ"],
        satellites={"co2_kt": np.array([5.0, 7.0, 11.0, 13.0])},
        input_share=np.random.default_rng(7).uniform(0.05, 0.3, (4, 2, 2)),
    )


@pytest.fixture(scope="module")
def found(known):
    """What the three could agree on; the fund would make somebody pay too much."""
    return compare(known, MEMBERS, PRINCIPLES, by="member", most_paid=0.001)


def by_hand(each) -> dict[str, float]:
    """The same figures from arrays, one loop at a time."""
    outcome = each.outcome
    before, after = outcome.before, outcome.after
    gains = each.gains
    spread = sum(abs(one - other) for one in gains for other in gains)
    levied = falls = 0
    new = outcome.levers.tariff_after(before)
    for origin in range(3):
        for destination in range(3):
            for sector in range(2):
                if before.tariff[origin, destination, sector] > 0:
                    levied += 1
                    old = before.tariff[origin, destination, sector]
                    falls += new[origin, destination, sector] < old - 1e-8
    emitted = outcome.world.satellites["co2_kt"][:3]
    change = outcome.emissions_change.to_numpy()[:3]
    return {
        "smallest_gain_pct": 100 * min(gains),
        "largest_gain_pct": 100 * max(gains),
        "joint_gain_musd": sum(gains[at] * before.income[at] for at in range(3)),
        "gini": spread / (2 * 9 * np.mean(gains)) if min(gains) >= 0 and sum(gains) > 0 else None,
        "outsiders_musd": float(outcome.welfare_change[3]) * before.income[3],
        "tariff_revenue_change_musd": (after.tariff_revenue - before.tariff_revenue)[:3].sum(),
        "tariff_revenue_change_pct": 100
        * ((after.tariff_revenue[:3].sum() / before.tariff_revenue[:3].sum()) - 1),
        "emissions_change_pct": 100 * sum(emitted * change) / sum(emitted),
        "lines_cut_pct": 100 * falls / levied,
        "fellow_share_pct": 100 * float(reliance(outcome.world_after, members=MEMBERS).group[1]),
    }


@pytest.mark.parametrize("name", [TODAY, ELIMINATION, "egalitarian", "utilitarian"])
def test_figures_are_those_made_by_hand(found, name):
    """A figure of an alternative is another, or of other members."""
    each = found.get(name)
    record = each.to_dict()
    for key, expected in by_hand(each).items():
        if expected is None:
            assert record[key] is None, key
        else:
            assert record[key] == pytest.approx(expected, rel=1e-6, abs=SAME), key
            assert name == TODAY or abs(expected) > 1e-6, key
    assert record["least_developed_outsiders"] == ["MOZ"]
    assert list(record["outsiders"]) == ["MOZ"]
    told = [own["welfare_change_pct"] for own in record["members"].values()]
    assert told == pytest.approx(list(100 * each.gains))


def test_today_is_where_all_are(found):
    """The status quo has gains, losers or cuts."""
    today = found.get(TODAY)
    assert (today.gains == 0).all()
    assert today.losers == ()
    assert today.gini is None
    assert today.lines_cut == 0
    assert today.joint_gain_musd == 0
    assert abs(today.revenue_change_musd) < SAME
    assert today.agreement is None


def test_elimination_is_every_tariff_among_them_gone(found, known):
    """A tariff among members stays, one with others goes, or losers are not named first."""
    gone = known.tariff.copy()
    gone[:3, :3] = 0
    each = found.get(ELIMINATION)
    outcome = solve(known, tariff_new=gone)
    assert each.gains == pytest.approx(outcome.welfare_change.to_numpy()[:3], abs=SAME)
    assert each.losers == ("SEN",)
    assert each.gini is None
    assert each.lines_cut == 1


def test_an_agreement_is_its_own(found):
    """An alternative shows gains of another principle, or an outcome of another schedule."""
    for name in ("egalitarian", "utilitarian"):
        each = found.get(name)
        assert each.agreement.principle == name
        assert (each.gains == each.agreement.gains).all()
        assert (each.outcome.levers.tariff_new == each.agreement.tariff_new).all()
        assert each.losers == ()
        assert 0 < each.gini < 1
    assert found.get("utilitarian").joint_gain_musd > found.get("egalitarian").joint_gain_musd
    fair, sums = found.get("egalitarian").gains, found.get("utilitarian").gains
    assert fair.min() > sums.min()
    assert found.get("egalitarian").gini < found.get("utilitarian").gini


def test_a_principle_that_cannot_be_served_is_left_out_and_said(found):
    """It is missing without a word, or stops the others."""
    assert [each.name for each in found.alternatives] == [TODAY, ELIMINATION, *PRINCIPLES[:2]]
    assert found.left_out.keys() == {"fund"}
    assert "would pay" in found.left_out["fund"]
    with pytest.raises(CodeUnknownError, match="unknown alternative 'fund'"):
        found.get("fund")


def test_record_and_table_are_of_all(found):
    """An alternative or a member is missing in the record or the table."""
    record = found.to_dict()
    assert record["members"] == list(MEMBERS)
    assert [each["name"] for each in record["alternatives"]] == [
        each.name for each in found.alternatives
    ]
    assert record["left_out"] == found.left_out
    table = found.to_table()
    assert table.height == 4
    for row, each in zip(table.iter_rows(named=True), found.alternatives, strict=True):
        assert row["name"] == each.name
        assert row["smallest_gain_pct"] == pytest.approx(100 * each.gains.min())
        for at, code in enumerate(MEMBERS):
            assert row[f"{code}_welfare_change_pct"] == 100 * each.gains[at]
    assert table["gini"].is_null().to_list() == [True, True, False, False]


def test_several_losers_stand_by_their_loss(found):
    """The largest loss does not stand first, or no loss is one."""
    each = found.get(TODAY)
    lost = type(each)(each.name, each.selection, each.outcome, np.array([-0.1, 1e-9, -0.3]))
    assert lost.losers == ("SEN", "CIV")
    assert lost.gini is None


def test_everybody_inside(three):
    """Where nobody is left outside, something is said of those outside, or fails."""
    whole = compare(three, three.members, ["utilitarian"], by="all")
    record = whole.to_dict()["alternatives"][2]
    assert record["outsiders"] == {}
    assert record["outsiders_musd"] == 0
    assert record["least_developed_outsiders"] == []


def test_unknown_principles_are_refused_not_left_out(three):
    """A misspelt principle is left out as if it could not be served."""
    with pytest.raises(CodeUnknownError, match="unknown principle 'fair'"):
        compare(three, MEMBERS, ["fair"], by="member")

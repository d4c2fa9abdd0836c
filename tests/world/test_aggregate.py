"""Merging members and sectors keeps what money must keep."""

from __future__ import annotations

import numpy as np
import pytest

from bandung import World
from bandung.errors import CodeUnknownError, WorldError

IDENTITY = 1e-12
MAGHREB = {"MAGHREB": ["MAR", "TUN"]}


def split_in_two(world: World, code: str, first: str, second: str) -> World:
    """The same world with one member as two identical halves."""
    at = world.index(code)
    spread = np.insert(np.eye(len(world.members)), at, 0.0, axis=0)
    spread[[at, at + 1], at] = 0.5
    copy = (spread > 0).astype(float)
    return World.from_arrays(
        members=[*world.members[:at], first, second, *world.members[at + 1 :]],
        sectors=world.sectors,
        trade_value=np.einsum("ao,odj,bd->abj", spread, world.trade_value, spread, optimize=True),
        tariff=np.einsum("ao,odj,bd->abj", copy, world.tariff, copy, optimize=True),
        input_share=np.einsum("ad,dkj->akj", copy, world.input_share),
        elasticity_sets=world.elasticity_sets,
        trade_elasticity=world.elasticities,
        regions={**world.regions, first: (code,), second: (code,)},
        services=world.services,
        origin=world.origin,
        name=world.name,
        year=world.year,
    )


def test_totals_are_kept(embedded):
    """Trade, output and input use add up when members and sectors merge."""
    small = embedded.aggregate(members=MAGHREB, sectors={"METALS": ["C24A", "C24B", "C25"]})
    assert small.trade_value.sum() == pytest.approx(embedded.trade_value.sum(), rel=IDENTITY)
    at = small.index("MAGHREB")
    parts = [embedded.index(code) for code in MAGHREB["MAGHREB"]]
    assert small.output[at].sum() == pytest.approx(embedded.output[parts].sum(), rel=IDENTITY)
    metals = [embedded.sector_index(code) for code in ("C24A", "C24B", "C25")]
    merged = small.output[:, small.sector_index("METALS")].sum()
    assert merged == pytest.approx(embedded.output[:, metals].sum(), rel=IDENTITY)


def test_value_added_of_outsiders_is_kept(embedded):
    """Merging two members leaves every other member's accounts as they were."""
    small = embedded.aggregate(members=MAGHREB)
    for code in ("AGO", "CHN", "EU27"):
        assert small.value_added[small.index(code)] == pytest.approx(
            embedded.value_added[embedded.index(code)], rel=IDENTITY
        )


def test_a_merged_member_levies_nothing_on_itself(embedded):
    """The parts' tariffs on others stay, trade-weighted."""
    small = embedded.aggregate(members=MAGHREB)
    at = small.index("MAGHREB")
    assert not small.tariff[at, at].any()
    parts = [embedded.index(code) for code in MAGHREB["MAGHREB"]]
    china = embedded.index("CHN")
    paid = (embedded.tariff * embedded.trade_value)[china, parts].sum(axis=0)
    assert (small.tariff * small.trade_value)[small.index("CHN"), at] == pytest.approx(
        paid, rel=1e-9, abs=1e-9
    )


def test_merging_undoes_splitting(embedded):
    """Two identical halves merged again are the member they came from."""
    halves = split_in_two(embedded, "ZAF", "ZAF1", "ZAF2")
    again = halves.aggregate(members={"ZAF": ["ZAF1", "ZAF2"]})
    assert again.members == embedded.members
    for name in ("trade_value", "tariff", "input_share", "final_demand"):
        assert np.allclose(getattr(again, name), getattr(embedded, name), rtol=1e-10, atol=1e-8), (
            name
        )


def test_regions_remember_their_parts(embedded):
    """The union and a merged pair are known by the countries they are made of."""
    small = embedded.aggregate(members={"WIDE": ["EU27", "GBR"], "REST": ["ROW", "NZL"]})
    assert set(small.regions["WIDE"]) == {*embedded.regions["EU27"], "GBR"}
    assert small.regions["REST"] == ()


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        ({"X": ["MAR", "TUNIS"]}, CodeUnknownError, "unknown member 'TUNIS'. Did you mean TUN"),
        ({"X": ["MAR"], "Y": ["MAR"]}, WorldError, "merged into both X and Y"),
        ({"AGO": ["MAR", "TUN"]}, WorldError, "AGO exists already"),
        ({"X": []}, WorldError, "nothing is merged"),
    ],
)
def test_mistakes_are_named(embedded, members, error, message):
    """A code that is unknown, used twice or in the way is named."""
    with pytest.raises(error, match=message):
        embedded.aggregate(members=members)

"""Equality and accounting: order, names and bookkeeping change nothing; results add up."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest

from bandung import World
from bandung.errors import CodeUnknownError, GroupEmptyError, InputError, WorldError
from bandung.find import complementarity, dependence, reliance, select

IDENTITY = 1e-10
DAY = dt.date(2022, 1, 1)


def renamed(world: World, order: np.ndarray, names: list[str]) -> World:
    """The same world with its members in another order and under other names."""
    return World.from_arrays(
        members=names,
        sectors=world.sectors,
        trade_value=world.trade_value[np.ix_(order, order)],
        tariff=world.tariff[np.ix_(order, order)],
        input_share=world.input_share[order],
        elasticity_sets=world.elasticity_sets,
        trade_elasticity=world.elasticities,
        regions={name: (f"X{i}",) for i, name in enumerate(names)},
        services=world.services,
    )


@pytest.fixture(scope="module")
def turned(embedded):
    """The embedded world reversed, its members called M00, M01, …"""
    order = np.arange(len(embedded.members))[::-1]
    names = [f"M{i:02d}" for i in range(len(order))]
    called = {embedded.members[i]: name for i, name in zip(order, names, strict=True)}
    return renamed(embedded, order, names), called


def test_reliance_sums_to_one(embedded, eleven):
    """Own, fellow, South and rest are all there is, for the group, members and sectors."""
    found = reliance(embedded, members=eleven)
    for shares in (found.group, found.members, found.sectors, found.member_sectors):
        total = shares.sum(axis=-1)
        assert total[np.isfinite(total)] == pytest.approx(1, abs=IDENTITY)
    assert (found.group > 0).all()


def test_the_group_is_its_members_weighted_by_value(embedded, eleven):
    """The group's row is not a mean of countries, nor counts fellows as own."""
    found = reliance(embedded, members=eleven)
    weight = found.final_demand_musd * (1 - found.tariff_share)
    assert found.group == pytest.approx(weight @ found.members / weight.sum(), rel=IDENTITY)


def test_what_others_earn_is_what_is_not_own(embedded, eleven):
    """The map's shares and the bars' shares are the same money."""
    found = reliance(embedded, members=eleven)
    assert found.origin_share.sum() == pytest.approx(1, rel=IDENTITY)
    assert found.supplier_share.sum() == pytest.approx(1 - found.group[0], rel=IDENTITY)


def test_order_and_names_change_nothing(embedded, eleven, turned):
    """Equality: permuting and renaming members permutes and renames the results."""
    world, called = turned
    south = ",".join(called[code] for code in select(embedded, members=eleven, on=DAY).south)
    here = reliance(embedded, members=eleven, on=DAY)
    there = reliance(world, members=[called[code] for code in eleven], on=DAY, south=south)
    for row, code in enumerate(eleven):
        other = there.selection.members.index(called[code])
        assert there.members[other] == pytest.approx(here.members[row], rel=IDENTITY)
    assert there.group == pytest.approx(here.group, rel=IDENTITY)
    assert there.sectors == pytest.approx(here.sectors, rel=IDENTITY)


def test_order_and_names_change_no_link_and_no_opportunity(embedded, turned):
    """The same for the suppliers that matter and for what could be supplied."""
    world, called = turned
    members = ["CIV", "NGA", "SEN"]
    theirs = [called[code] for code in members]
    here = dependence(embedded, members=members, top=5, equilibrium=False).links
    there = dependence(world, members=theirs, top=5, equilibrium=False).links
    key = lambda link: (link.member, link.sector, round(link.loss_nobody_switches, 12))  # noqa: E731
    assert sorted((called.get(m, ""), s, loss) for m, s, loss in map(key, here)) == sorted(
        map(key, there)
    )
    best = complementarity(embedded, members=members).opportunities[:20]
    again = complementarity(world, members=theirs).opportunities[:20]
    assert [(called[x.supplier], called[x.buyer], x.sector) for x in best] == [
        (x.supplier, x.buyer, x.sector) for x in again
    ]
    assert [x.unrealised_musd for x in best] == pytest.approx([x.unrealised_musd for x in again])


def test_the_order_in_which_members_are_listed_changes_nothing(embedded, eleven):
    """A group is a set."""
    one = reliance(embedded, members=eleven, on=DAY).to_dict()
    two = reliance(embedded, members=eleven[::-1], on=DAY).to_dict()
    assert json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)


def test_bookkeeping_of_outsiders_changes_nobody(embedded, eleven):
    """Merging outsiders of identical make, or splitting one, leaves the group as it was."""
    here = reliance(embedded, members=eleven, on=DAY, south="AU")
    n = len(embedded.members)
    at = embedded.index("JPN")
    spread = np.insert(np.eye(n), at, 0.0, axis=0)
    spread[[at, at + 1], at] = [0.3, 0.7]
    copy = (spread > 0).astype(float)
    split = World.from_arrays(
        members=[*embedded.members[:at], "J1", "J2", *embedded.members[at + 1 :]],
        sectors=embedded.sectors,
        trade_value=np.einsum("ao,odj,bd->abj", spread, embedded.trade_value, spread),
        tariff=np.einsum("ao,odj,bd->abj", copy, embedded.tariff, copy),
        input_share=np.einsum("ad,dkj->akj", copy, embedded.input_share),
        regions={**embedded.regions, "J1": ("JPN",), "J2": ("JPN",)},
    )
    there = reliance(split, members=eleven, on=DAY, south="AU")
    assert there.members == pytest.approx(here.members, rel=1e-9)


def test_a_world_without_inputs_relies_on_whom_it_buys_from(embedded):
    """γ = 0: reliance is the share of direct purchases before tariff."""
    w = embedded
    bare = World.from_arrays(
        members=w.members, sectors=w.sectors, trade_value=w.trade_value, tariff=w.tariff,
        regions=w.regions,
    )  # fmt: skip
    found = reliance(bare, members=["EGY"])
    at = w.index("EGY")
    assert found.members[0, 0] == pytest.approx(
        w.trade_value[at, at].sum() / w.trade_value[:, at].sum(), rel=IDENTITY
    )


def test_sectors_without_domestic_sales_are_left_out_and_said(embedded):
    """A product that seems all imported only because the source is silent must not count."""
    known = np.ones((55, 28), dtype=bool)
    known[embedded.index("SEN"), 10:] = False
    known[embedded.index("STP")] = False
    partial = World.from_arrays(
        members=embedded.members, sectors=embedded.sectors, trade_value=embedded.trade_value,
        regions=embedded.regions, domestic_known=known,
    )  # fmt: skip
    found = reliance(partial, members=["SEN", "TUN"])
    assert 0 < found.coverage[0] < 1
    assert found.coverage[1] == 1
    assert np.isnan(found.member_sectors[0, 10:]).all()
    assert found.unmeasured == ()
    left = reliance(partial, members=["SEN", "STP"])
    assert left.codes == ("SEN",)
    assert left.unmeasured == ("STP",)
    assert dependence(partial, members=["SEN", "STP"]).unmeasured == ("STP",)
    with pytest.raises(WorldError, match="states no domestic sales of STP"):
        reliance(partial, members=["STP"])
    with pytest.raises(WorldError, match="states no domestic sales of STP"):
        dependence(partial, members=["STP"])


def test_dependence_is_ranked_bounded_and_named_both_ways(embedded, eleven):
    """Losses fall within a list, lie between 0 and 1, and bonds have two directions."""
    found = dependence(embedded, members=eleven, top=4, equilibrium=False)
    for code in ("", *eleven):
        losses = [link.loss_nobody_switches for link in found.of(code)]
        assert losses == sorted(losses, reverse=True)
        assert len(losses) == 4
        assert all(0 < loss < 1 for loss in losses)
        assert all(link.supplier != code for link in found.of(code))
        assert all(link.supplier != "ROW" for link in found.of(code))
    assert ((found.concentration > 0) & (found.concentration <= 1)).all()
    back = {
        (b.member, b.partner): b
        for b in dependence(embedded, members=eleven, top=54, equilibrium=False).bonds
    }
    there = back["TUN", "MAR"]
    assert there.partner_on_member == pytest.approx(back["MAR", "TUN"].member_on_partner)
    assert there.asymmetry == pytest.approx(1 / back["MAR", "TUN"].asymmetry)


def test_opportunities_stay_within_need_and_capacity(embedded, eleven):
    """No more than the buyer needs from outside nor than the supplier sells there."""
    found = complementarity(embedded, members=eleven)
    assert found.opportunities
    for each in found.opportunities:
        assert each.supplier != each.buyer
        assert each.sector in embedded.goods
        assert each.advantage > 1
        assert 0 < each.unrealised_musd <= min(each.need_musd, each.capacity_musd) + 1e-9
        assert each.unrealised_musd <= each.potential_musd - each.current_musd + 1e-9
    amounts = [each.unrealised_musd for each in found.opportunities]
    assert amounts == sorted(amounts, reverse=True)
    assert sum(amounts) == pytest.approx(found.unrealised_musd.sum())


def test_growth_must_be_above_zero(embedded):
    """A growth of zero would erase a member."""
    with pytest.raises(InputError, match="growth of NGA is 0"):
        complementarity(embedded, members=["NGA", "SEN"], growth={"NGA": 0.0})


def test_the_south_can_be_any_group(embedded):
    """Another South moves money between 'South' and 'rest' and nothing else."""
    wide = reliance(embedded, members=["SEN"], on=DAY)
    narrow = reliance(embedded, members=["SEN"], on=DAY, south="ECOWAS,CHN")
    assert narrow.group[2] < wide.group[2]
    assert narrow.group[:2] == pytest.approx(wide.group[:2])
    assert narrow.group[2:].sum() == pytest.approx(wide.group[2:].sum())


def test_the_day_decides_who_is_in(embedded):
    """Angola left OPEC in 2024."""
    before = select(embedded, "OPEC", on=dt.date(2023, 1, 1))
    after = select(embedded, "OPEC", on=dt.date(2024, 6, 1))
    assert "AGO" in before.members
    assert "AGO" not in after.members
    assert "DZA" in before.missing


def test_a_union_counts_when_all_of_it_is_in(embedded):
    """Cyprus alone does not make the European Union a member of a group."""
    chosen = select(embedded, members=["EU27", "TUN"], on=DAY)
    assert chosen.members == ("EU27", "TUN")
    with pytest.raises(GroupEmptyError, match="none of the members of CYP"):
        select(embedded, members=["CYP"], on=DAY)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"group": "AFCTA"}, CodeUnknownError, "AFCFTA"),
        ({"group": "PIF", "on": dt.date(1960, 1, 1)}, GroupEmptyError, "founded on 1971"),
        ({"group": "CEMAC", "members": ["CMR"]}, InputError, "one of the two"),
        ({}, InputError, "name either a group"),
        ({"members": ["Senegaal"]}, CodeUnknownError, "Senegal"),
        ({"members": ["SEN"], "south": "G77,NOWHERE"}, InputError, "'NOWHERE' is neither"),
        ({"members": ["HTI"]}, GroupEmptyError, "none of the members of HTI by themselves"),
    ],
)
def test_mistakes_are_named(embedded, given, error, message):
    """What cannot be answered says why and how to ask again."""
    with pytest.raises(error, match=message):
        select(embedded, **given)


def test_one_member_has_nobody_to_supply(embedded):
    """A group of one is told so instead of an empty table."""
    with pytest.raises(GroupEmptyError, match="only SEN"):
        complementarity(embedded, members=["SEN"])


def test_results_are_labelled(embedded, eleven):
    """Tables and labelled arrays hold the same figures as the JSON."""
    found = reliance(embedded, members=eleven)
    table = found.to_table()
    row = table.filter(of="member", code="TUN").row(0, named=True)
    assert row["own_share"] == found.to_dict()["members"]["TUN"]["own"]
    labelled = found.to_xarray().sel(member="TUN", origin="own")
    assert float(labelled.sel(sector="C19")) == found.member_sectors[9, 12, 0]
    could = complementarity(embedded, members=eleven)
    assert float(could.to_xarray().sum()) == pytest.approx(
        could.to_table()["unrealised_musd"].sum()
    )


def test_a_member_is_never_its_own_supplier(embedded):
    """Where a supplier is itself of the group, what it delivers to itself must not count."""
    found = dependence(embedded, members=["CHN", "LAO"], top=54, equilibrium=False)
    of_china = next(link for link in found.suppliers_of("") if link.supplier == "CHN")
    alone = next(link for link in found.suppliers_of("LAO") if link.supplier == "CHN")
    laos = found.selection.members.index("LAO")
    spent = embedded.final_demand[[embedded.index("CHN"), embedded.index("LAO")]].sum(axis=1)
    assert (
        of_china.loss_nobody_switches < 2 * alone.loss_nobody_switches * spent[laos] / spent.sum()
    )
    assert of_china.delivered_musd == pytest.approx(alone.delivered_musd)


def test_a_whole_supplier_is_worth_at_least_its_gravest_product(embedded, eleven):
    """Losing everything from a supplier hurts more than losing one of its products."""
    found = dependence(embedded, members=eleven, top=3, equilibrium=False)
    for code in ("", *eleven):
        whole = {link.supplier: link.loss_nobody_switches for link in found.suppliers_of(code)}
        for link in found.of(code):
            assert whole.get(link.supplier, 1.0) > link.loss_nobody_switches


def test_nothing_to_supply_is_an_empty_table_with_its_columns(embedded):
    """A file without a header cannot be read; an empty answer is still an answer."""
    only = [embedded.index(code) for code in ("SEN", "TUN")]
    bare = World.from_arrays(
        members=["SEN", "TUN"],
        sectors=embedded.sectors,
        trade_value=embedded.trade_value[np.ix_(only, only)],
    )
    found = complementarity(bare, members=["SEN", "TUN"])
    assert found.opportunities == ()
    assert found.to_table().columns[:4] == ["supplier", "buyer", "sector", "unrealised_musd"]


def test_aggregating_before_equals_aggregating_after_where_nothing_is_traced(embedded, eleven):
    """Without inputs there is no supply chain to blur: merging outsiders and goods is harmless."""
    w = embedded
    bare = World.from_arrays(
        members=w.members, sectors=w.sectors, trade_value=w.trade_value, tariff=w.tariff,
        regions=w.regions,
    )  # fmt: skip
    outside = [code for code in w.members if code not in eleven]
    small = bare.aggregate(members={"OUT": outside}, sectors={"GOODS": w.goods})
    before = reliance(small, members=eleven, south="AU")
    after = reliance(bare, members=eleven, south="AU")
    assert before.members == pytest.approx(after.members, rel=IDENTITY)
    goods = [w.sector_index(code) for code in w.goods]
    weight = after.sector_demand_musd[goods]
    merged = before.sectors[small.sector_index("GOODS")]
    paid = 1 + (w.tariff * w.trade_value)[:, [w.index(c) for c in eleven]].sum(axis=(0, 1)) / (
        w.trade_value[:, [w.index(c) for c in eleven]].sum(axis=(0, 1))
    )
    assert merged == pytest.approx(
        (weight / paid[goods]) @ after.sectors[goods] / (weight / paid[goods]).sum(), rel=1e-9
    )

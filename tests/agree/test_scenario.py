"""Scenarios as files: what they set in a world, cell by cell, and that nothing is lost in files."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bandung import World
from bandung.agree.changes import AMOUNTS, AXES, Change
from bandung.agree.scenario import (
    DEFICIT_RULES,
    EXAMPLE,
    Scenario,
    Uncertainty,
    parse,
    read,
)
from bandung.codes import groups
from bandung.errors import ScenarioError

ROUNDING = 1e-12
"""Relative; a lever is one product or one sum of two numbers."""

DAY = dt.date(2024, 8, 31)
FILE = "mine.toml"
TITLE = 'title = "T"\n'


def change(*lines: str, head: str = TITLE) -> str:
    """The text of a scenario with one change, whose table begins on line 2."""
    return head + "\n".join(("[[change]]", *lines)) + "\n"


TARIFF = ('what = "tariff"', 'origin = "AGO"', 'destination = "ZAF"')


def levers(world: World, *lines: str):
    """What a change of these lines sets in a world."""
    return parse(change(*lines), source=FILE).levers(world)


@pytest.fixture(scope="module")
def small() -> World:
    """Three members, one of them a region, and three sectors, the last one a service."""
    trade = np.arange(1.0, 28.0).reshape(3, 3, 3)
    tariff = np.linspace(0.02, 0.54, 27).reshape(3, 3, 3)
    tariff[np.arange(3), np.arange(3)] = 0
    return World.from_arrays(
        name="small",
        members=["ZAF", "CU4", "BRA"],
        sectors=["farms", "mills", "banks"],
        services=["banks"],
        regions={"CU4": ("BWA", "LSO", "NAM", "SWZ")},
        trade_value=trade,
        tariff=tariff,
    )


# What each kind sets: figures worked by hand on the embedded world


def test_nothing_changes_in_a_scenario_without_changes(embedded):
    """No change, no lever: None, not a copy of the world."""
    found = parse(TITLE, source=FILE).levers(embedded)
    for lever in (found.tariff_new, found.trade_cost_change, found.productivity_change):
        assert lever is None
    assert found.transfers is None


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("cut_pct = 25", lambda t: t * 0.75),
        ("cut_pct = 100", lambda t: 0 * t),
        ("cut_pct = -100", lambda t: 2 * t),
        ("to_pct = 2.5", lambda t: 0 * t + 0.025),
        ("change_pct = 20", lambda t: 1.2 * t),
        ("change_pct = -100", lambda t: 0 * t),
        ("add_points = 3", lambda t: t + 0.03),
        ("add_points = -3", lambda t: t - 0.03),
    ],
)
def test_tariffs_move_as_their_key_says(embedded, line, after):
    """Each key's arithmetic, in the selected cells and nowhere else."""
    lines = ('what = "tariff"', 'origin = ["AGO", "EGY"]', 'destination = ["EGY", "ZAF"]')
    found = levers(embedded, *lines, 'sector = ["C10T12", "A01"]', line)
    assert found.trade_cost_change is None
    assert found.productivity_change is None
    assert found.transfers is None
    expected = embedded.tariff.copy()
    ago, egy, zaf = (embedded.index(code) for code in ("AGO", "EGY", "ZAF"))
    for sector in ("A01", "C10T12"):
        j = embedded.sector_index(sector)
        for o, d in ((ago, egy), (ago, zaf), (egy, zaf)):
            expected[o, d, j] = after(embedded.tariff[o, d, j])
    np.testing.assert_allclose(found.tariff_new, expected, rtol=ROUNDING, atol=ROUNDING)
    same = expected == embedded.tariff
    assert (found.tariff_new[same] == embedded.tariff[same]).all()


def test_a_figure_of_one_cell():
    """Egypt's tariff on Angola's food is 0.55 and becomes 0.275 when halved."""
    world = World.embedded()
    at = world.index("AGO"), world.index("EGY"), world.sector_index("C10T12")
    tariff = world.tariff.copy()
    tariff[at] = 0.55
    found = levers(
        world.replace(tariff=tariff),
        *TARIFF[:2],
        'destination = "EGY"',
        'sector = "C10T12"',
        "cut_pct = 50",
    )
    assert found.tariff_new[at] == 0.275


def test_trade_costs_are_ratios_minus_one(embedded):
    """Goods from two origins to everybody else, the regions too: −10 % is −0.1, else 0."""
    found = levers(
        embedded,
        'what = "trade_cost"',
        'origin = ["SEN", "MAR"]',
        'destination = "others"',
        'sector = "goods"',
        "change_pct = -10",
    ).trade_cost_change
    expected = np.zeros_like(embedded.tariff)
    two = [embedded.index("SEN"), embedded.index("MAR")]
    rest = [i for i in range(len(embedded.members)) if i not in two]
    assert embedded.index("ROW") in rest
    assert embedded.index("EU27") in rest
    for o in two:
        for d in rest:
            expected[o, d, : embedded.sector_index("SERVICES")] = -0.1
    assert np.array_equal(found, expected)


def test_others_may_stand_on_either_side_and_among_names(embedded):
    """Origin "others" with a name is the complement of destination, and the name."""
    found = levers(
        embedded,
        'what = "trade_cost"',
        'origin = ["others", "AGO"]',
        'destination = ["AGO", "ZAF"]',
        "change_pct = 7",
    ).trade_cost_change
    ago, zaf = embedded.index("AGO"), embedded.index("ZAF")
    touched = (found != 0).all(axis=2)
    assert not (found != 0).any(axis=2)[:, [ago, zaf]][zaf].any()
    assert touched[:, zaf].sum() == len(embedded.members) - 1
    assert touched[:, ago].sum() == len(embedded.members) - 2
    assert touched.sum() == 2 * len(embedded.members) - 3


def test_productivity_has_no_destination(embedded):
    """Two members' services: 0.05 there and 0 elsewhere, N×J."""
    found = levers(
        embedded,
        'what = "productivity"',
        'origin = ["civ", "SEN"]',
        'sector = "services"',
        "change_pct = 5",
    ).productivity_change
    expected = np.zeros((55, 28))
    expected[[embedded.index("CIV"), embedded.index("SEN")], 27] = 0.05
    assert np.array_equal(found, expected)


def test_every_origin_pays_every_destination(embedded):
    """Two pay three 100 each, one of them to the other too; what one pays another receives."""
    found = levers(
        embedded,
        'what = "transfer"',
        'origin = ["ZAF", "EGY"]',
        'destination = ["CMR", "COD", "EGY"]',
        "amount_musd = 100",
        "[[change]]",
        'what = "transfer"',
        'origin = "EGY"',
        'destination = "ZAF"',
        "amount_musd = 30",
    ).transfers
    expected = np.zeros(55)
    for code, amount in {"ZAF": -270, "EGY": -130, "CMR": 200, "COD": 200}.items():
        expected[embedded.index(code)] = amount
    assert found == pytest.approx(expected, abs=ROUNDING)
    assert found.sum() == pytest.approx(0, abs=1e-9)


def test_the_world_is_left_as_it_was_and_the_levers_cannot_be_written(embedded):
    """Levers are results: writing to one raises, and no lever is the world's own array."""
    before = embedded.tariff.copy()
    found = levers(embedded, *TARIFF, "to_pct = 7").tariff_new
    assert np.array_equal(embedded.tariff, before)
    assert not np.shares_memory(found, embedded.tariff)
    with pytest.raises(ValueError, match="read-only"):
        found[0, 1, 0] = 1


def test_changes_that_share_no_cell_add_up(embedded):
    """Two changes of one kind next to each other set what each sets alone.

    That both would touch a member's sales to itself, which neither does, is no overlap.
    """
    goods = (*TARIFF, 'sector = "goods"', "to_pct = 1")
    services = (*TARIFF, 'sector = "services"', "to_pct = 2")
    both = levers(embedded, *goods, "[[change]]", *services).tariff_new
    cell = both[embedded.index("AGO"), embedded.index("ZAF")]
    assert (cell[:27] == 0.01).all()
    assert cell[27] == 0.02
    sells = ('what = "tariff"', 'origin = "AGO"', 'destination = ["AGO", "ZAF"]', "to_pct = 1")
    buys = ('what = "tariff"', 'origin = ["AGO", "ZAF"]', 'destination = "AGO"', "to_pct = 2")
    both = levers(embedded, *sells, "[[change]]", *buys).tariff_new
    pair = [embedded.index("AGO"), embedded.index("ZAF")]
    assert both[np.ix_(pair, pair, [0])][:, :, 0].tolist() == [[0, 0.01], [0.02, 0]]


# The example


def test_the_example_halves_the_tariffs_among_the_members_and_nothing_else(embedded, eleven):
    """The eleven's tariffs on each other are half of what they were; every other cell is equal."""
    scenario = parse(EXAMPLE, source="example.toml")
    found = scenario.levers(embedded)
    members = set(groups.members("AFCFTA", scenario.day)) & set(embedded.members)
    assert members == set(eleven)
    inside = np.array([code in members for code in embedded.members])
    among = inside[:, None] & inside
    assert np.array_equal(found.tariff_new[among], embedded.tariff[among] / 2)
    assert np.array_equal(found.tariff_new[~among], embedded.tariff[~among])
    assert (found.tariff_new < embedded.tariff).any(axis=2).sum() == 110
    assert found.trade_cost_change is None
    assert found.productivity_change is None
    assert found.transfers is None
    assert (scenario.world, scenario.deficits, scenario.elasticities) == (
        "embedded",
        "fixed",
        "GYY",
    )
    assert scenario.uncertainty is None


def test_the_example_works_with_every_comment_sign_taken_away(embedded):
    """What the example offers in comments is right too: one change of each kind."""
    scenario = parse(re.sub(r"(?m)^#(?=\S)", "", EXAMPLE), source="example.toml")
    assert [each.what for each in scenario.changes] == list(AXES)
    assert scenario.uncertainty == Uncertainty(draws=200, spread_pct=20, seed=0)
    found = scenario.levers(embedded)
    assert found.tariff_new is not None
    assert np.unique(found.trade_cost_change).tolist() == [-0.1, 0]
    assert np.unique(found.productivity_change).tolist() == [0, 0.05]
    assert np.unique(found.transfers).tolist() == [-300, 0, 100]


def test_the_example_names_every_amount_and_rule():
    """A reader of the example meets every key and every rule there is."""
    words = {*DEFICIT_RULES, *AXES, *(key for keys in AMOUNTS.values() for key in keys)}
    assert {word for word in words if word not in EXAMPLE} == set()


# Groups and worlds


def test_members_that_the_world_lacks_are_listed_by_group(embedded):
    """A group is larger than the world; who is missing is said, group by group."""
    text = change(
        'what = "tariff"',
        'origin = ["group:SACU", "group:mercosur"]',
        'destination = ["group:AFCFTA", "USA"]',
        "cut_pct = 5",
        head=TITLE + "on = 2024-08-31\n",
    )
    found = parse(text, source=FILE).missing(embedded)
    assert found["SACU"] == ("BWA", "LSO", "NAM", "SWZ")
    assert found["MERCOSUR"] == ("BOL", "PRY", "URY", "VEN")
    assert set(found["AFCFTA"]) == set(groups.members("AFCFTA", DAY)) - set(embedded.members)


def test_a_region_counts_when_all_of_it_is_in_the_group(small):
    """SACU's other four are one region here: nobody is missing, and the region is changed."""
    text = change(
        'what = "tariff"',
        'origin = "group:SACU"',
        'destination = "group:SACU"',
        "to_pct = 0",
        head=TITLE + "on = 2022-01-01\n",
    )
    scenario = parse(text, source=FILE)
    assert scenario.missing(small) == {}
    changed = (scenario.levers(small).tariff_new != small.tariff).any(axis=2)
    assert np.argwhere(changed).tolist() == [[0, 1], [1, 0]]
    wider = small.replace(regions={"CU4": ("BWA", "LSO", "NAM", "SWZ", "MOZ")})
    assert scenario.missing(wider) == {"SACU": ("BWA", "LSO", "NAM", "SWZ")}


@pytest.mark.parametrize(
    ("origin", "destination", "parties"),
    [
        ('"SEN"', '"CIV"', ("CIV", "SEN")),
        ('["zaf", "group:SACU"]', '"others"', ("ZAF",)),
        ('["all", "COL"]', '["group:CAN", "BRA"]', ("BRA", "COL", "PER")),
    ],
)
def test_parties_are_those_whom_the_changes_name(embedded, origin, destination, parties):
    """A member is a party by its code or its group, not for being one of all or the others."""
    lines = ('what = "tariff"', f"origin = {origin}", f"destination = {destination}", "to_pct = 0")
    assert parse(change(*lines), source=FILE).parties(embedded) == parties


def test_everybody_is_a_party_where_nobody_is_named(embedded):
    """Changes among all, and no changes, concern all."""
    lines = ('what = "tariff"', 'origin = "all"', 'destination = "all"', "to_pct = 0")
    everybody = tuple(sorted(embedded.members))
    assert parse(change(*lines), source=FILE).parties(embedded) == everybody
    assert parse(TITLE, source=FILE).parties(embedded) == everybody


def test_a_code_is_no_group_and_a_group_no_code(embedded):
    """CAN is Canada by itself and the Andean Community as a group."""
    lines = ('what = "tariff"', 'destination = "BRA"', "to_pct = 50")
    for origin, members in (("CAN", {"CAN"}), ("group:CAN", {"COL", "PER"})):
        found = levers(embedded, *lines, f'origin = "{origin}"').tariff_new
        changed = np.argwhere((found != embedded.tariff).any(axis=(1, 2))).ravel()
        assert {embedded.members[i] for i in changed} == members


@pytest.mark.parametrize("seed", [0, 1])
def test_the_order_of_members_and_sectors_only_reorders_the_levers(embedded, seed):
    """No member is treated by its place in the list."""
    draw = np.random.default_rng(seed)
    rows = draw.permutation(len(embedded.members))
    columns = draw.permutation(len(embedded.sectors))
    turned = World.from_arrays(
        members=[embedded.members[i] for i in rows],
        sectors=[embedded.sectors[i] for i in columns],
        services=embedded.services,
        regions=embedded.regions,
        trade_value=embedded.trade_value[np.ix_(rows, rows, columns)],
        tariff=embedded.tariff[np.ix_(rows, rows, columns)],
        elasticity_sets={key: values[columns] for key, values in embedded.elasticity_sets.items()},
    )
    scenario = parse(re.sub(r"(?m)^#(?=\S)", "", EXAMPLE), source="example.toml")
    here, there = scenario.levers(embedded), scenario.levers(turned)
    cube, table = np.ix_(rows, rows, columns), np.ix_(rows, columns)
    assert np.array_equal(there.tariff_new, here.tariff_new[cube])
    assert np.array_equal(there.trade_cost_change, here.trade_cost_change[cube])
    assert np.array_equal(there.productivity_change, here.productivity_change[table])
    assert np.array_equal(there.transfers, here.transfers[rows])


# Files


def test_files_of_any_editor_are_read(tmp_path):
    """A byte-order mark and Windows' line ends change neither the scenario nor the lines."""
    path = tmp_path / "scenario.toml"
    path.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.replace("\n", "\r\n").encode())
    plain = parse(EXAMPLE, source=FILE)
    assert read(path) == plain
    assert read(path).source.lines == plain.source.lines
    path.write_bytes(b"\xef\xbb\xbf" + b'title = "T"\r\n\r\ndeficit = 1\r\n')
    with pytest.raises(ScenarioError, match=r"scenario\.toml:3: unknown key 'deficit'"):
        read(str(path))


# Round trips

FIGURES = st.floats(-99.9, 1e300, allow_nan=False)
CODES = st.sampled_from(["AGO", "ZAF", "EU27", "ROW", "x-1", "é", 'a"b', "c\\d", "e\x7ff"])
WHO = st.one_of(CODES, st.sampled_from(["group:AFCFTA", "group:G77"]))


@st.composite
def changes(draw):
    """Any change that is a change."""
    what = draw(st.sampled_from(list(AXES)))
    origin = draw(st.lists(WHO, min_size=1, max_size=3))
    fields = {"origin": tuple(origin)}
    if "destination" in AXES[what]:
        fields["destination"] = ("others", *draw(st.lists(WHO, max_size=2)))
        if draw(st.booleans()):
            fields = {"origin": fields["destination"], "destination": fields["origin"]}
    if "sector" in AXES[what]:
        fields["sector"] = tuple(draw(st.lists(CODES | st.just("goods"), max_size=3)))
    key = draw(st.sampled_from(AMOUNTS[what]))
    amount = draw(st.floats(1e-300, 1e300) if key == "amount_musd" else FIGURES)
    return Change(what, **fields, **{key: amount})


SCENARIOS = st.builds(
    Scenario,
    title=st.text(min_size=1).filter(str.strip),
    world=st.text(min_size=1).filter(str.strip),
    deficits=st.sampled_from(DEFICIT_RULES),
    elasticities=st.none() | st.floats(1e-300, 1e300) | st.sampled_from(["GYY", "x y"]),
    on=st.none() | st.dates(dt.date(2019, 1, 1)),
    changes=st.lists(changes(), max_size=3).map(tuple),
    uncertainty=st.none()
    | st.builds(
        Uncertainty,
        draws=st.integers(1, 10**6),
        spread_pct=st.none() | st.floats(1e-300, 1e300),
        seed=st.integers(0, 2**63),
    ),
)


@given(SCENARIOS)
@example(Scenario("T", changes=(Change("productivity", ("AGO",), change_pct=-0.0),)))
@example(Scenario('"""\\ \x00\x1f\x7f\r\n #'))
def test_what_is_written_reads_back_equal(scenario):
    """to_toml loses nothing: not a letter of a title, not a bit of a figure."""
    text = scenario.to_toml()
    again = parse(text, source=FILE)
    assert again == scenario
    assert again.to_toml() == text


@given(SCENARIOS)
def test_what_is_written_survives_the_disk(tmp_path_factory, scenario):
    """The text can be saved as UTF-8 and read back."""
    path = tmp_path_factory.mktemp("scenario") / "s.toml"
    path.write_text(scenario.to_toml(), encoding="utf-8")
    assert read(path) == scenario


def test_equal_scenarios_are_equal_wherever_they_stand():
    """Comments, blanks and the file's name are no part of what a scenario says."""
    bare = "\n".join(line for line in EXAMPLE.splitlines() if line and not line.startswith("#"))
    assert parse(bare, source="a") == parse(EXAMPLE, source="b")
    assert hash(parse(bare, source="a")) == hash(parse(EXAMPLE, source="b"))
    assert parse(bare.replace("= 50 ", "= 51 "), source="a") != parse(EXAMPLE, source="b")

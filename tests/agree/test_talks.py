"""What members may move: slopes against differences, ties, and what stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from bandung.agree.corridors import Corridor
from bandung.agree.limits import Limits
from bandung.agree.solve import solve
from bandung.agree.talks import KINDS, open_talks
from bandung.errors import CodeUnknownError, InputError

MEMBERS = ("CIV", "EGY", "SEN")
STEP = 1e-4
NEAR, FLAT = 1e-4, 1e-7
"""Gains are computed to 1e-10; divided by the step, and with the third slope, this is left."""
SAME = 1e-9
ROADS = (
    Corridor(("CIV", "EGY"), 0.1, 1.5, "equal"),
    Corridor(("CIV", "SEN"), 0.2, 2.0, "income", ("mills",)),
    Corridor(("EGY", "SEN"), 0.3, 0.7, "trade"),
)


def position_within(talks, seed=7):
    """Somewhere inside the box, transfers balanced."""
    rng = np.random.default_rng(seed)
    finite = np.minimum(talks.upper, 1.0)
    position = talks.lower + rng.uniform(0.3, 0.7, talks.count) * (finite - talks.lower)
    if "transfers" in talks.kinds:
        paid = position[-len(talks.at) :]
        position[-len(talks.at) :] = paid - (talks.unit @ paid) / talks.unit.sum()
    return position


def moves(talks):
    """Each lever by itself; transfers as one member's payment to another."""
    m = len(talks.at) if "transfers" in talks.kinds else 0
    alone = np.eye(talks.count)[: talks.count - m]
    paid = np.zeros((max(m - 1, 0), talks.count))
    for row in range(len(paid)):
        paid[row, talks.count - m + row] = 1.0
        paid[row, talks.count - m + row + 1] = -talks.unit[row] / talks.unit[row + 1]
    return np.vstack([alone, paid])


def assert_slopes(talks):
    position = position_within(talks)
    value, slopes = talks.slopes(position)
    assert value == pytest.approx(talks.gains(position), abs=SAME)
    assert slopes.shape == (len(talks.at), talks.count)
    for move in STEP * moves(talks):
        rise = (talks.gains(position + move) - talks.gains(position - move)) / 2
        assert slopes @ move == pytest.approx(rise, rel=NEAR, abs=FLAT * STEP)
    weights = np.random.default_rng(3).uniform(-1, 1, (3, len(talks.at)))
    again, summed = talks.slopes(position, weights)
    assert again == pytest.approx(value, abs=SAME)
    assert summed == pytest.approx(weights @ slopes, rel=1e-6, abs=FLAT)


@pytest.mark.parametrize(
    ("by", "formula"),
    [
        ("line", "linear"),
        ("sector", "linear"),
        ("mfn", "linear"),
        ("member", "linear"),
        ("all", "linear"),
        ("member", "swiss"),
        ("all", "swiss"),
    ],
)
def test_slopes_of_tariffs_are_those_of_the_gains(three, by, formula):
    """A slope in a tied lever is not the sum of its tariffs' slopes, or a formula's is another."""
    assert_slopes(open_talks(three, MEMBERS, limits=Limits(by=by, formula=formula)))


def test_slopes_of_corridors_and_transfers_are_those_of_the_gains(three):
    """A corridor's slope forgets what it costs, or whom, or a transfer's what it is worth."""
    limits = Limits(by="sector", most_paid=0.05)
    talks = open_talks(three, MEMBERS, levers=KINDS, limits=limits, corridors=ROADS)
    assert talks.count == 6 + 3 + 3
    assert_slopes(talks)


def test_slopes_in_the_years_of_a_phase_in_are_those_of_the_gains(three):
    """A tariff half of whose fall is made has the slope of one that has fallen."""
    talks = open_talks(three, MEMBERS, limits=Limits(by="member", formula="swiss"))
    assert_slopes(talks.phased({"CIV": 5, "EGY": 3}, 2))


@pytest.mark.parametrize(
    ("by", "count"), [("all", 1), ("member", 3), ("sector", 6), ("mfn", 6), ("line", 12)]
)
def test_tariffs_tied_together_fall_together(three, by, count):
    """A member charges one fellow more of what it charged than another, though tied."""
    talks = open_talks(three, MEMBERS, limits=Limits(by=by))
    assert talks.count == count
    kept = np.linspace(0.2, 0.7, count)
    new = talks.tariff(kept)[tuple(talks.cells.T)]
    _, destination, sector = talks.cells.T
    group = {
        "all": 0 * sector,
        "member": destination,
        "line": np.arange(len(sector)),
    }.get(by, destination * 2 + sector)
    for one in set(group):
        tied = group == one
        assert len(set(talks.lever[tied])) == 1
        share = kept[talks.lever[tied]][0]
        present = talks.present[tied]
        expected = np.minimum(present, share * present.max()) if by == "mfn" else share * present
        assert new[tied] == pytest.approx(expected)


@pytest.mark.parametrize("by", ["member", "all"])
def test_a_swiss_formula_has_one_coefficient(three, by):
    """Tariffs fall to other than a t/(a + t), one `a` for what is tied, or high ones not more."""
    talks = open_talks(three, MEMBERS, limits=Limits(by=by, formula="swiss"))
    position = np.linspace(0.3, 0.6, talks.count)
    new = talks.tariff(position)[tuple(talks.cells.T)]
    for lever in range(talks.count):
        tied = talks.lever == lever
        old, later = talks.present[tied], new[tied]
        coefficient = 1.0 / (1.0 / later - 1.0 / old)
        assert coefficient == pytest.approx(coefficient[0])
        share = (later / old)[old.argsort()]
        assert (np.diff(share) < 0).all()
    for end in (0.0, 1.0):
        whole = talks.tariff(np.full(talks.count, end))[tuple(talks.cells.T)]
        assert whole == pytest.approx(end * talks.present)


def test_what_is_left_out_stays(embedded, eleven):
    """A sensitive sector, an exempt member or the floor is touched."""
    talks = open_talks(
        embedded,
        eleven,
        limits=Limits(exclude=("A01", "ZAF:C29"), exempt=("STP",), floor=0.05),
    )
    new, old = talks.tariff(talks.lower), embedded.tariff
    cars = embedded.sector_index("C29")
    assert (
        new[:, :, embedded.sector_index("A01")] == old[:, :, embedded.sector_index("A01")]
    ).all()
    assert (new[:, embedded.index("ZAF"), cars] == old[:, embedded.index("ZAF"), cars]).all()
    assert (new[:, embedded.index("EGY"), cars] < old[:, embedded.index("EGY"), cars]).any()
    assert (new[:, embedded.index("STP")] == old[:, embedded.index("STP")]).all()
    moved = new < old
    assert new[moved].min() == pytest.approx(0.05)


def test_positions_say_what_moves(three):
    """A lever of one kind moves another, or moves it by another amount than its unit."""
    limits = Limits(by="member", most_paid=0.02)
    talks = open_talks(three, MEMBERS, levers=KINDS, limits=limits, corridors=ROADS)
    income = talks.before.income[talks.at]
    assert talks.is_today(talks.start)
    assert talks.gains(talks.start) == pytest.approx(np.zeros(3), abs=SAME)
    position = np.r_[1.0, 1.0, 1.0, 0.5, 0.0, 1.0, -1.0, 0.0, income[0] / income[2]]
    assert not talks.is_today(position)
    levers = talks.levers(position)
    assert (levers.tariff_new == three.tariff).all()
    cheaper = np.zeros((4, 4, 2))
    cheaper[0, 1] = cheaper[1, 0] = -0.05
    cheaper[1, 2] = cheaper[2, 1] = -0.3
    assert levers.trade_cost_change == pytest.approx(cheaper)
    paid = 0.02 * income[0]
    assert levers.transfers == pytest.approx([-paid, 0.0, paid, 0.0])
    assert levers.transfers.sum() == 0
    buys = three.trade_value.sum(axis=2)
    part = buys[2, 1] / (buys[2, 1] + buys[1, 2])
    assert talks.costs(position) == pytest.approx(
        [0.5 * 1.5 / 2, 0.5 * 1.5 / 2 + 0.7 * part, 0.7 * (1 - part)]
    )


def test_gains_are_those_of_the_solution_less_what_is_paid(three):
    """Costs are deducted otherwise than as a share of what each could buy."""
    limits = Limits(by="sector", most_paid=0.05)
    talks = open_talks(three, MEMBERS, levers=KINDS, limits=limits, corridors=ROADS)
    position = position_within(talks)
    moved = talks.levers(position)
    outcome = solve(
        three,
        tariff_new=moved.tariff_new,
        trade_cost_change=moved.trade_cost_change,
        transfers=moved.transfers,
    )
    welfare = outcome.welfare_change.to_numpy()[:3]
    share = talks.costs(position) / outcome.before.income[:3]
    assert (share > 0).all()
    assert talks.gains(position) == pytest.approx((1 + welfare) * (1 - share) - 1, abs=SAME)


def test_a_phase_in_takes_equal_yearly_steps(three):
    """A tariff falls faster in one year than in another, or one without years does not at once."""
    talks = open_talks(three, MEMBERS, limits=Limits(by="line"))
    position = position_within(talks)
    old, end = three.tariff, talks.tariff(position)
    for year in (1, 2, 3, 4, 5, 6):
        now = talks.phased({"CIV": 5, "SEN": 2}, year).tariff(position)
        for member, share in ((0, min(year, 5) / 5), (1, 1.0), (2, min(year, 2) / 2)):
            expected = old[:, member] + share * (end - old)[:, member]
            assert now[:, member] == pytest.approx(expected)
    assert (talks.phased({}, 1).tariff(position) == end).all()


def test_talks_at_other_elasticities_promise_the_same(three):
    """Drawn elasticities change tariffs, payments or costs, and not only what they lead to."""
    limits = Limits(by="sector", most_paid=0.05)
    talks = open_talks(three, MEMBERS, levers=KINDS, limits=limits, corridors=ROADS)
    other = talks.drawn(np.array([8.0, 2.0]))
    position = position_within(talks)
    one, two = talks.levers(position), other.levers(position)
    for name in ("tariff_new", "trade_cost_change", "transfers"):
        assert (getattr(one, name) == getattr(two, name)).all(), name
    assert (talks.costs(position) == other.costs(position)).all()
    assert np.abs(talks.gains(position) - other.gains(position)).min() > FLAT


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"levers": ("tarifs",)}, CodeUnknownError, "unknown lever 'tarifs'"),
        ({"levers": ()}, InputError, "nothing may move"),
        ({"levers": ("corridors",)}, InputError, "none is named"),
        ({"corridors": ROADS}, InputError, "corridors are not among the levers"),
        ({"members": ("CIV", "CIV")}, InputError, "at least two members"),
        ({"limits": Limits(floor=0.6)}, InputError, "no tariff to lower"),
        ({"levers": ("transfers",), "limits": Limits(most_paid=0)}, InputError, "most_paid"),
    ],
)
def test_talks_about_nothing_are_refused(three, asked, error, says):
    """What cannot be moved, or is named for nothing, is passed over in silence."""
    members = asked.get("members", MEMBERS)
    with pytest.raises(error, match=says):
        open_talks(three, members, **{key: asked[key] for key in asked if key != "members"})

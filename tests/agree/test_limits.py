"""Limits: what an agreement keeps to, whatever it is found by, and which limits are refused."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bandung.agree import bargain
from bandung.agree.limits import Limits
from bandung.agree.talks import open_talks
from bandung.errors import CodeUnknownError, InputError

MEMBERS = ("CIV", "EGY", "SEN")
EXACT = 1e-12
"""Tariffs are computed from the levers in a few operations."""
SAME = 1e-8


@pytest.fixture(scope="module")
def plain(three):
    """Their agreement without limits."""
    return bargain(three, MEMBERS)


def opened(found) -> np.ndarray:
    """Whether a member lowers anything in a sector, N×J."""
    return (found.tariff_new < found.talks.world.tariff - SAME).any(axis=0)


@pytest.mark.parametrize("by", ["line", "sector", "mfn", "member", "all"])
def test_floor_and_cuts_hold_for_every_tariff(three, by):
    """A tariff falls below the floor, by too little or by too much; or none is at the limit."""
    least, most, floor = (0.0 if by == "mfn" else 0.1), 0.7, 0.08
    found = bargain(three, MEMBERS, by=by, floor=floor, least_cut=least, most_cut=most)
    old, new = found.talks.present, found.tariff_new[tuple(found.talks.cells.T)]
    assert (old > floor).all()
    assert (new >= floor - EXACT).all()
    assert (new >= (1 - most) * old - EXACT).all()
    assert (new <= np.maximum((1 - least) * old, floor) + EXACT).all()
    assert (new <= old).all()
    untouched = three.tariff <= floor
    assert (found.tariff_new[untouched] == three.tariff[untouched]).all()
    lowest = found.talks.tariff(found.talks.lower)[tuple(found.talks.cells.T)]
    tight = np.maximum(floor, (1 - most) * old)
    assert np.abs(lowest - tight).min() < EXACT
    if by == "line":
        assert lowest == pytest.approx(tight)
        assert (new < tight + SAME).any()


def test_a_least_cut_is_made_although_it_helps_nobody(three):
    """Tariffs that must all fall by some share fall by less, or are left out."""
    found = bargain(three, MEMBERS, by="line", least_cut=0.9)
    new = found.tariff_new[tuple(found.talks.cells.T)]
    assert len(found.talks.cells) == 12
    assert (new <= 0.1 * found.talks.present + EXACT).all()
    assert (found.gains >= 0).all()
    assert found.smallest_gain < bargain(three, MEMBERS, by="line").smallest_gain


def test_mfn_is_one_tariff_for_all_fellow_members(three):
    """A fellow member pays more than another on the same goods, or less than before without need.

    None pays more than one common tariff, and who paid less keeps it.
    """
    found = bargain(three, MEMBERS, by="mfn")
    for buyer, sector in product(range(3), range(2)):
        sellers = [at for at in range(3) if at != buyer]
        old = three.tariff[sellers, buyer, sector]
        new = found.tariff_new[sellers, buyer, sector]
        assert new == pytest.approx(np.minimum(old, new.max()), abs=EXACT)
    assert found.smallest_gain > 0
    assert (found.tariff_new[3] == three.tariff[3]).all()


@pytest.mark.parametrize("by", ["member", "all"])
def test_by_a_swiss_formula_high_tariffs_fall_by_more(three, by):
    """An agreement by the formula keeps more of a high tariff than of a low one."""
    found = bargain(three, MEMBERS, by=by, formula="swiss")
    assert found.smallest_gain > 0
    old, new = found.talks.present, found.tariff_new[tuple(found.talks.cells.T)]
    cut = new < old - SAME
    assert cut.sum() >= 4
    for lever in set(found.talks.lever[cut]):
        before, after = old[found.talks.lever == lever], new[found.talks.lever == lever]
        coefficient = before * after / (before - after)
        assert coefficient == pytest.approx(coefficient[0], rel=1e-6)
        share = (after / before)[before.argsort()]
        assert (np.diff(share) <= 0).all()


def test_most_sectors(three, plain):
    """A member opens more sectors than it may, or a limit that does not bind changes something.

    Or another choice of sectors serves all better by a tenth.
    """
    found = bargain(three, MEMBERS, most_sectors=1)
    assert (opened(found).sum(axis=1) <= 1).all()
    assert opened(found).sum() == 3
    assert opened(plain).sum() > 3
    for count in (2, 50):
        assert (bargain(three, MEMBERS, most_sectors=count).gains == plain.gains).all()
    for choice in product(three.sectors, repeat=3):
        shut = [
            f"{code}:{sector}"
            for code, open_ in zip(MEMBERS, choice, strict=True)
            for sector in three.sectors
            if sector != open_
        ]
        other = bargain(three, MEMBERS, exclude=shut)
        assert other.smallest_gain <= 1.1 * found.smallest_gain


@pytest.mark.parametrize("principle", ["nash", "fund"])
def test_other_principles_open_no_more_sectors(three, principle):
    """A limit holds for the smallest gain only, and the principle then opens what it likes."""
    found = bargain(three, MEMBERS, principle, most_sectors=1, most_paid=0.05)
    assert (opened(found).sum(axis=1) <= 1).all()
    assert found.smallest_gain > 0


def test_excluded_and_exempt_stay(three):
    """A tariff that was left out falls, or one that was not is left out too."""
    found = bargain(three, MEMBERS, exclude=["CIV:farms"], exempt=["SEN"])
    assert (found.tariff_new[:, 0, 0] == three.tariff[:, 0, 0]).all()
    assert (found.tariff_new[:, 2] == three.tariff[:, 2]).all()
    assert set(map(tuple, found.talks.cells[:, 1:])) == {(0, 1), (1, 0), (1, 1)}
    nobody = bargain(three, MEMBERS, exclude=["farms"])
    assert set(nobody.talks.cells[:, 2]) == {1}
    assert (nobody.tariff_new[:, :, 0] == three.tariff[:, :, 0]).all()


def test_limits_that_cannot_all_hold_are_refused(three):
    """Tied tariffs that would have to fall both further and less far are moved somewhere."""
    given = {"floor": 0.12, "least_cut": 0.2}
    for by in ("sector", "mfn", "member", "all"):
        with pytest.raises(InputError, match="the limits cannot all hold for EGY in "):
            open_talks(three, MEMBERS, limits=Limits(by=by, **given))
    assert open_talks(three, MEMBERS, limits=Limits(**given)).count > 0


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"floor": -0.1}, InputError, "the floor is -0.1"),
        ({"floor": float("nan")}, InputError, "the floor is nan"),
        ({"least_cut": -0.1}, InputError, "cuts between -0.1 and 1"),
        ({"most_cut": 1.1}, InputError, "cuts between 0 and 1.1"),
        ({"least_cut": 0.6, "most_cut": 0.5}, InputError, "cuts between 0.6 and 0.5"),
        ({"by": "lines"}, CodeUnknownError, "Did you mean line"),
        ({"formula": "french", "by": "all"}, CodeUnknownError, "unknown formula 'french'"),
        ({"formula": "swiss"}, InputError, "choose by 'member' or 'all'"),
        ({"formula": "swiss", "by": "mfn"}, InputError, "choose by 'member' or 'all'"),
        ({"most_sectors": 0}, InputError, "most_sectors is 0"),
        ({"most_paid": -0.01}, InputError, "most_paid is -0.01"),
        ({"most_paid": float("inf")}, InputError, "most_paid is inf"),
    ],
)
def test_limits_without_sense_are_refused(given, error, says):
    """A figure out of bounds or an unknown word is taken."""
    with pytest.raises(error, match=says):
        Limits.of(**given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"exclude": ("wines",)}, "wines"),
        ({"exclude": ("XYZ:farms",)}, "XYZ"),
        ({"exclude": ("CIV:wines",)}, "wines"),
        ({"exempt": ("XYZ",)}, "XYZ"),
    ],
)
def test_what_the_world_lacks_is_refused(three, given, says):
    """A sector or member that is misspelt is left out of nothing, in silence."""
    with pytest.raises(CodeUnknownError, match=says):
        open_talks(three, MEMBERS, limits=Limits(**given))


def test_lists_become_what_limits_are():
    """Lists are not taken, the order of words counts, or a field is missing in the record."""
    given = {"exclude": ["farms", "CIV:mills", "farms"], "exempt": ["SEN", "EGY"], "floor": 0.05}
    limits = Limits.of(**given)
    assert limits == Limits(floor=0.05, exclude=("CIV:mills", "farms"), exempt=("EGY", "SEN"))
    assert hash(limits) == hash(Limits.of(**{**given, "exempt": ["EGY", "SEN"]}))
    assert limits.to_dict() == {
        "floor": 0.05,
        "least_cut": 0.0,
        "most_cut": 1.0,
        "exclude": ["CIV:mills", "farms"],
        "exempt": ["EGY", "SEN"],
        "by": "line",
        "formula": "linear",
        "most_sectors": None,
        "most_paid": 0.01,
    }
    assert Limits.of(**limits.to_dict()) == limits

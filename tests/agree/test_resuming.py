"""A search that is cut off and goes on where it was: the same agreement, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from bandung.agree import bargain
from bandung.agree.journal import Journal
from bandung.economy.ascent import Search, geometric_mean, least_gain

MEMBERS = ("CIV", "EGY", "SEN")


class Steps:
    """Counts the steps it is told of, and raises at one of them."""

    def __init__(self, until: int | None = None) -> None:
        self.until, self.told = until, []

    def __call__(self, stage, step, gains):
        self.told.append((stage, step, tuple(gains)))
        if len(self.told) == self.until:
            raise KeyboardInterrupt


def search(world, journal, steps, **asked):
    """One search by a principle of several stages."""
    asked = {"principle": "kalai-smorodinsky", "by": "member"} | asked
    return bargain(world, MEMBERS, journal=journal, progress=steps, **asked)


def assert_same(one, other):
    for name in ("position", "gains", "multiplier", "starts", "ideal"):
        found, expected = getattr(one, name), getattr(other, name)
        assert (found is None) == (expected is None), name
        assert found is None or (found == expected).all(), name
    assert (one.steps, one.foretold) == (other.steps, other.foretold)


@pytest.fixture(scope="module")
def whole(three):
    """The agreement of a search that nothing interrupts, and its steps."""
    steps = Steps()
    return search(three, None, steps), steps.told


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.99])
def test_cut_off_and_gone_on_it_is_the_same(three, whole, tmp_path, share):
    """A number differs from that of a search at one go, or all steps are made again."""
    expected, told = whole
    journal, cut = Journal(tmp_path / "journal"), max(1, int(share * len(told)))
    with pytest.raises(KeyboardInterrupt):
        search(three, journal, Steps(cut))
    again = Steps()
    found = search(three, journal, again)
    assert_same(found, expected)
    assert len(again.told) == len(told) - cut
    assert again.told == told[cut:]


def test_cut_off_at_every_step_it_comes_to_an_end(three, whole, tmp_path):
    """A search interrupted again and again makes no headway, or ends elsewhere."""
    expected, told = whole
    journal = Journal(tmp_path / "journal")
    for _ in range(len(told)):
        with pytest.raises(KeyboardInterrupt):
            search(three, journal, Steps(1))
    left = Steps()
    assert_same(search(three, journal, left), expected)
    assert left.told == []


@pytest.mark.parametrize(
    "asked",
    [
        {"principle": "egalitarian", "by": "line", "most_sectors": 1},
        {"principle": "nash", "by": "sector", "phase_in": {"EGY": 2}},
        {"principle": "utilitarian", "starts": 3, "levers": ("tariffs", "transfers")},
    ],
)
def test_every_kind_of_search_goes_on(three, tmp_path, asked):
    """Narrowing, later years, several starts or transfers are not gone on with."""
    steps = Steps()
    expected = search(three, None, steps, **asked)
    journal = Journal(tmp_path / "journal")
    with pytest.raises(KeyboardInterrupt):
        search(three, journal, Steps(len(steps.told) // 2), **asked)
    left = Steps()
    assert_same(search(three, journal, left, **asked), expected)
    assert 0 < len(left.told) < len(steps.told)


def test_a_robust_search_goes_on(three, tmp_path):
    """Draws demanded before the interruption are forgotten after it."""
    sets = {"one": [3.0, 5.0], "other": [20.0, 1.0]}
    world = three.replace(trade_elasticity="one", elasticity_sets=sets)
    asked = {"principle": "utilitarian", "by": "member", "robust": 1.0, "draws": 6}
    steps = Steps()
    expected = search(world, None, steps, **asked)
    journal = Journal(tmp_path / "journal")
    with pytest.raises(KeyboardInterrupt):
        search(world, journal, Steps(len(steps.told) - 2), **asked)
    left = Steps()
    assert_same(search(world, journal, left, **asked), expected)
    assert len(left.told) == 2


def test_a_finished_search_takes_no_steps(three, whole, tmp_path):
    """What is in the journal is searched for again."""
    journal = Journal(tmp_path / "journal")
    search(three, journal, Steps())
    again = Steps()
    assert_same(search(three, journal, again), whole[0])
    assert again.told == []


@pytest.mark.parametrize("damage", [b"", b"bandung", None])
def test_damaged_entries_are_searched_for_again(three, whole, tmp_path, damage):
    """An entry that is cut off is fatal, or taken for what it was."""
    journal = Journal(tmp_path / "journal")
    with pytest.raises(KeyboardInterrupt):
        search(three, journal, Steps(len(whole[1]) // 2))
    files = sorted(journal.folder.iterdir())
    assert len(files) > 1
    for path in files[::2] if damage is None else files:
        path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    left = Steps()
    assert_same(search(three, journal, left), whole[0])
    assert len(left.told) > len(whole[1]) // 2


def test_without_a_place_for_a_journal_the_search_goes_on(three, whole, tmp_path):
    """A folder that cannot be written stops the search."""
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    journal = Journal(tmp_path / "file" / "journal")
    assert_same(search(three, journal, Steps()), whole[0])
    assert journal.trouble is not None


@pytest.mark.parametrize("goal", [least_gain(np.ones(2)), geometric_mean(np.ones(2))])
@pytest.mark.parametrize("max_steps", [3, 4, 5, 6, 200])
def test_an_ascent_goes_on_from_each_of_its_steps(goal, max_steps):
    """From the last step before the patience or the radius is spent, another end is reported."""
    taken = []

    def gains(y):
        return np.array([y[0] - 0.3 * y[1] ** 2, 1 - y[0] ** 2 + 0.1 * y[1]])

    def slopes(y):
        return gains(y), np.array([[1.0, -0.6 * y[1]], [-2 * y[0], 0.1]])

    ascent = Search(gains, slopes, np.zeros(2), np.ones(2), taken=taken.append)
    whole = ascent.ascend(np.array([0.1, 0.1]), goal, tolerance=1e-12, max_steps=max_steps)
    assert len(taken) > 1
    for step in taken.copy():
        end = ascent.ascend(
            step.position,
            goal,
            radius=step.radius,
            steps=step.steps,
            multiplier=step.multiplier,
            foretold=step.foretold,
            tolerance=1e-12,
            max_steps=max_steps,
        )
        assert (end.position == whole.position).all()
        assert (end.steps, end.radius, end.foretold) == (whole.steps, whole.radius, whole.foretold)
        assert (end.multiplier == whole.multiplier).all()

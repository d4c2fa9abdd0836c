"""Why there is no agreement: weights on the members, checked against slopes and brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bandung.agree import bargain
from bandung.agree.obstacle import obstacle

MEMBERS = ("CIV", "EGY", "SEN")
SMALL = 1e-6
"""Slopes of gains are computed to about this."""


def diverting(three, inside: float):
    """Low tariffs on each other and high ones on everybody else: cuts divert trade."""
    tariff = np.full_like(three.tariff, inside)
    tariff[3] = 1.5
    tariff[np.arange(4), np.arange(4)] = 0
    return three.replace(tariff=tariff)


@pytest.fixture(scope="module")
def stuck(three):
    """Where no member-wide cuts serve everybody."""
    return diverting(three, 0.03)


@pytest.fixture(scope="module")
def found(stuck):
    """The agreement that is none."""
    return bargain(stuck, MEMBERS, by="member")


def test_nothing_is_lowered(found, stuck):
    """Where no step serves all, some tariff falls all the same, or a gain is claimed."""
    assert (found.tariff_new == stuck.tariff).all()
    assert (found.gains == 0).all()
    assert found.to_table().height == 0
    assert found.smallest_gain == 0
    record = found.to_dict()["obstacle"]
    assert record["proven_to_first_order"] is True
    assert record["binding"] == list(MEMBERS)


def test_the_weights_prove_it(found):
    """Some small move raises the weighted sum of gains: the weights prove nothing."""
    weight = found.obstacle.weight
    assert weight.sum() == pytest.approx(1)
    assert (weight > 0.05).all()
    assert found.obstacle.proven
    talks = found.talks
    for lever in range(talks.count):
        move = -1e-4 * np.eye(talks.count)[lever]
        rise = weight @ (talks.gains(talks.start + move) - talks.gains(talks.start)) / 1e-4
        assert rise <= SMALL
    each = np.array([talks.gains(talks.start - 1e-4 * row) for row in np.eye(talks.count)])
    assert (each > 0).any(axis=0).all()


def test_brute_force_finds_nothing_either(found):
    """A schedule on a grid, near today or far, lets everyone gain."""
    shares = [1.0, 0.999, 0.97, 0.8, 0.5, 0.2, 0.0]
    gains = np.array([found.talks.gains(np.array(row)) for row in product(shares, repeat=3)])
    assert gains.min(axis=1).max() < 1e-9


@pytest.mark.parametrize("principle", ["nash", "kalai-smorodinsky", "utilitarian"])
def test_no_principle_finds_one(stuck, principle):
    """By another principle somebody is made to lose."""
    other = bargain(stuck, MEMBERS, principle, by="member")
    assert (other.gains == 0).all()
    assert other.obstacle is not None


def test_with_transfers_there_is_one_where_together_they_gain(found, three):
    """Those who gain could pay those who lose, and this is not found.

    Or it is said to be found where together they gain nothing.
    """
    levers = ("tariffs", "transfers")
    paying = bargain(found.talks.world, MEMBERS, levers=levers, by="member", most_paid=0.2)
    assert paying.obstacle is None
    assert paying.smallest_gain > 1e-5
    assert np.abs(paying.transfers).max() > 0
    lower = diverting(three, 0.002)
    none = bargain(lower, MEMBERS, levers=levers, by="member", most_paid=0.2)
    assert none.obstacle.proven
    assert (none.transfers == 0).all()
    rng = np.random.default_rng(1955)
    for size in 10.0 ** rng.uniform(-5, 0, 300):
        paid = rng.normal(0, 1e-3 * size, 3)
        balanced = paid - (none.talks.unit @ paid) / none.talks.unit.sum()
        position = np.r_[1 - size * rng.uniform(0, 1, 3), balanced]
        assert none.talks.gains(position).min() < 1e-10


def test_transfers_alone_serve_nobody(three):
    """Money that only changes hands lets everybody gain."""
    found = bargain(three, MEMBERS, levers=("transfers",))
    assert (found.transfers == 0).all()
    assert found.obstacle.proven
    assert (found.obstacle.weight > 0).all()


def test_where_there_is_an_agreement_there_is_no_obstacle(three):
    """An obstacle is named although everyone gains."""
    found = bargain(three, MEMBERS, by="member")
    assert found.obstacle is None
    assert "obstacle" not in found.to_dict()
    asked = obstacle(found.talks)
    assert not asked.proven
    assert asked.binding == ()
    assert (asked.weight == 0).all()
    assert asked.rise > 1e-3


def test_one_whom_every_cut_harms_stands_alone(three):
    """Only one member is in the way, and others are named; or tariffs fall by a little."""
    world = three.replace(tariff=0.2 * three.tariff)
    found = bargain(world, MEMBERS, by="all")
    assert (found.gains == 0).all()
    assert (found.tariff_new == world.tariff).all()
    assert found.obstacle.binding == ("SEN",)
    half = found.talks.gains(np.array([0.5]))
    assert half[2] < 0 < half[0]

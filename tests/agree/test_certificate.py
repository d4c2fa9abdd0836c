"""Certificates: rounding, the file and its digests, and what is refused on reading."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bandung import solve
from bandung.agree import Certificate, certify
from bandung.agree.certificate import FIELDS, digests_of
from bandung.agree.certifying import _transfers, rounded_tariff
from bandung.errors import InputError, SourceError, StoreError

ROUNDED = 1e-6
"""Per cent: one unit of a tariff's last digit."""
TARIFFS = st.floats(0, 60)


@given(old=TARIFFS, share=st.floats(0, 1), floor=TARIFFS)
@example(old=7.0, share=0.99999999, floor=0.0)
@example(old=12.3456785, share=0.9999999, floor=0.0)
@settings(max_examples=300, deadline=None)
def test_a_rounded_tariff_stays_within_its_bounds(old, share, floor):
    """Rounding lifts a tariff above today's, or below the floor, or by more than a digit."""
    if old <= floor:
        return
    new = floor + share * (old - floor)
    found = rounded_tariff(old, new, floor)
    if found is None:
        assert old - new <= 2 * ROUNDED
    else:
        assert floor - 1e-9 <= found < old
        assert abs(found - new) <= 1.5 * ROUNDED
        assert found == round(found, 6)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), st.randoms())
@settings(deadline=None)
def test_rounded_transfers_sum_to_nothing(amounts, random):
    """Rounding leaves a rest that nobody pays, or lays it on somebody small."""
    amounts = np.array(amounts) - np.mean(amounts)
    income = np.array([random.uniform(1, 100) for _ in amounts])
    codes = tuple(f"M{position:02}" for position in range(len(amounts)))
    talks = SimpleNamespace(
        kinds=("transfers",), at=np.arange(len(codes)), before=SimpleNamespace(income=income)
    )
    found = _transfers(SimpleNamespace(talks=talks, transfers=amounts, members=codes))
    assert sum(round(1000 * each) for each in found.values()) == 0
    largest = codes[int(income.argmax())]
    for code, amount in zip(codes, amounts, strict=True):
        if code != largest:
            assert abs(found[code] - amount) <= 0.0005 + 1e-9


def test_claims_are_about_the_rounded_schedule(certified, five):
    """A claim is that of the schedule before rounding, or leaves the corridors' cost in."""
    levers = certified.levers(five)
    outcome = solve(
        five,
        tariff_new=levers.tariff_new,
        trade_cost_change=levers.trade_cost_change,
        transfers=levers.transfers,
    )
    welfare = dict(zip(five.members, outcome.welfare_change.to_numpy(), strict=True))
    paid = certified.costs()
    assert paid["EGY"] == pytest.approx(0.005 + 0.1, abs=0.05)
    gains = []
    for code, claim in certified.claims.members.items():
        income = outcome.before.income[five.index(code)]
        gain = (1 + welfare[code]) * (1 - paid[code] / income) - 1
        gains.append(gain * income)
        assert claim.welfare_change_pct == round(100 * gain, 6)
    assert certified.claims.joint_gain_musd == round(sum(gains), 3)
    smallest = min(own.welfare_change_pct for own in certified.claims.members.values())
    assert certified.claims.smallest_gain_pct == smallest
    for code, change in certified.claims.outsiders.items():
        assert change == round(100 * welfare[code], 6)
    assert set(certified.claims.outsiders) == {"BRA", "ZAF"}


def test_the_levers_are_those_of_the_agreement(certified, three_agree, five):
    """A lever of the agreement is left out of the certificate, or another sneaks in."""
    found, meant = certified.levers(five), three_agree.levers
    assert found.tariff_new == pytest.approx(meant.tariff_new, abs=1.1 * ROUNDED / 100)
    assert found.trade_cost_change == pytest.approx(meant.trade_cost_change, abs=ROUNDED)
    assert found.transfers == pytest.approx(meant.transfers, abs=0.002)
    assert certified.phase_in_years == {"CIV": 5}
    assert len(certified.tariffs) == int((found.tariff_new < five.tariff).sum())


def test_an_agreement_by_which_someone_loses_is_not_certified(three_agree):
    """A certificate of mutual benefit is given to an agreement by which a member loses."""
    everything = np.where(np.isinf(three_agree.talks.upper), 0.0, three_agree.talks.lower)
    everything[-3:] = [0.9, -0.9, 0.0]
    with pytest.raises(InputError, match="would lose: its real income changes by -"):
        certify(replace(three_agree, position=everything))


def test_what_is_written_is_read(certified, tmp_path):
    """A field is lost or altered between writing and reading."""
    path = certified.write(tmp_path / "a.json")
    again = Certificate.read(path)
    assert again.to_dict() == certified.to_dict()
    assert tuple(again.to_dict()) == FIELDS
    assert {each.name for each in tmp_path.iterdir()} == {"a.json"}
    assert again.digests == digests_of(again.to_dict())


def test_rewriting_the_json_changes_no_digest(certified, tmp_path):
    """Another program that writes 5.0 as 5, or orders keys otherwise, breaks the certificate."""

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(value[key]) for key in reversed(value)}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    path = tmp_path / "a.json"
    path.write_text(json.dumps(plain(certified.to_dict())), encoding="utf-8")
    again = Certificate.read(path)
    assert again.digests == digests_of(again.to_dict())


def test_nothing_half_written_stays(certified, tmp_path, monkeypatch):
    """A write that fails half-way leaves a torn file, or a stray one, or harms what was there."""
    path = tmp_path / "a.json"
    path.write_text("before", encoding="utf-8")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bandung.agree.certificate.os.fsync", full)
    with pytest.raises(StoreError, match=r"a\.json cannot be written: No space left"):
        certified.write(path)
    assert path.read_text(encoding="utf-8") == "before"
    assert {each.name for each in tmp_path.iterdir()} == {"a.json"}


WRONG_TEXTS = {
    "no file": (None, r"a\.json cannot be read"),
    "empty": ("", r"a\.json:1: not JSON"),
    "torn": ('{"format": "bandung cert', r"a\.json:1: not JSON"),
    "not UTF-8": (b"\xff\xfe{}", "is not UTF-8"),
    "another JSON": ('{"a": 1}', "format is missing"),
    "a list": ("[]", "format is missing"),
    "a later format": ('{"format": "bandung certificate 2"}', "reads 'bandung certificate 1'"),
    "NaN": ('{"format": NaN}', "NaN is no number"),
    "infinite": ('{"format": -Infinity}', "-Infinity is no number"),
    "too large": ('{"format": 1e999}', "1e999 is no number"),
    "a key twice": ('{"format": 1, "format": 2}', "format stands twice"),
    "half a character": ('{"format": "\\ud800"}', "half a character"),
    "nested without end": ("[" * 100_000, "nested without end|not JSON"),
    "too many digits": ("9" * 5000, "is not JSON"),
}


@pytest.mark.parametrize(("text", "says"), WRONG_TEXTS.values(), ids=WRONG_TEXTS)
def test_what_is_no_certificate_is_refused(text, says, tmp_path):
    """A file that is no certificate ends in a traceback, or in a sentence that does not help."""
    path = tmp_path / "a.json"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SourceError, match=says):
        Certificate.read(path)


WRONG_FIELDS = {
    "missing": (("seed",), None, "seed is missing"),
    "missing below": (("claims", "members", "AGO", "welfare_change_pct"), None, "AGO.welfare"),
    "unknown": (("sead",), 1, "sead cannot be: unknown field 'sead'. Did you mean seed"),
    "unknown below": (("levers", "tarifs"), [], "Did you mean tariffs"),
    "a text for a number": (("claims", "joint_gain_musd"), "9", 'is "9"; it must be a number'),
    "truth for a number": (("claims", "joint_gain_musd"), True, "is true; it must be a number"),
    "a fraction for a seed": (("seed",), 0.5, "seed is 0.5; it must be a whole number"),
    "a number for a text": (("principle",), 1, "principle is 1; it must be a text"),
    "an object for a list": (("levers", "tariffs"), {}, "is {}; it must be a list"),
    "a list for an object": (("claims",), [1], r"claims is \[1\]; it must be an object"),
    "an unknown principle": (("principle",), "egalitarianism", "Did you mean egalitarian"),
    "an unknown rule": (("deficits",), "none", 'deficits is "none": unknown word'),
    "an unknown threat": (("threat",), "war", "One of status-quo, standoff"),
    "an unknown tie": (("limits", "by"), "lines", "Did you mean line"),
    "an impossible limit": (("limits", "floor"), -1, "limits cannot be: the floor is -1"),
    "unsorted limits": (("limits", "exclude"), ["b", "a"], "limits.exclude must be sorted"),
    "a corridor of three": (
        ("levers", "corridors", 0, "between"),
        ["AGO", "CIV", "EGY"],
        "names 3 members; a corridor joins two",
    ),
    "half a year": (("phase_in_years", "CIV"), 0.5, "phase_in_years.CIV is 0.5"),
    "no draws": (("robustness", "draws"), 0, "robustness.draws is 0; it must be at least 1"),
    "too many draws": (
        ("robustness", "draws"),
        10**9,
        "draws is 1000000000; it must be at least 1",
    ),
    "a huge number": (("claims", "joint_gain_musd"), 10**400, "that a computer can hold"),
}


@pytest.mark.parametrize(("path", "value", "says"), WRONG_FIELDS.values(), ids=WRONG_FIELDS)
def test_a_wrong_field_is_named(certified, tmp_path, path, value, says):
    """A mistake in a field is taken as it is, or refused without saying where and what it is."""
    record = copy.deepcopy(certified.to_dict())
    inner = record
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    file = tmp_path / "a.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(SourceError, match=says) as caught:
        Certificate.read(file)
    assert str(caught.value).startswith(f"{file}: ")


def test_the_south_does_not_depend_on_the_day(certified):
    """The file says a group's code, which means other countries on another day."""
    assert certified.south == "AGO,BRA,CIV"
    assert set(certified.claims.members["AGO"].reliance_before_pct) == {
        "own",
        "fellow",
        "south",
        "rest",
    }

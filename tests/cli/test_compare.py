"""`bandung compare`, as a user types it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from bandung.agree import compare
from bandung.errors import BandungError

THREE = ("compare", "--members", "CIV,MAR,SEN", "--by", "member", "--exempt", "LDC")
NAMES = ["status quo", "full elimination", "egalitarian", "fund"]


def test_json_is_what_the_function_returns(run, embedded):
    """The command prints other figures than the function gives for the same options."""
    options = ("--principles", "egalitarian,fund", "--floor", "2", "--json")
    record = json.loads(run(*THREE, *options).stdout)
    found = compare(
        embedded,
        ["CIV", "MAR", "SEN"],
        ["egalitarian", "fund"],
        by="member",
        exempt=["SEN"],
        floor=0.02,
    ).to_dict()
    assert record.keys() == found.keys()
    assert record["left_out"] == found["left_out"]
    assert len(record["alternatives"]) == len(found["alternatives"])
    for own, expected in zip(record["alternatives"], found["alternatives"], strict=True):
        assert own.keys() == expected.keys()
        assert own["name"] == expected["name"]
        for key in ("smallest_gain_pct", "joint_gain_musd", "fellow_share_pct", "lines_cut_pct"):
            assert own[key] == pytest.approx(expected[key], rel=1e-6, abs=1e-9), key
    assert record["alternatives"][2]["smallest_gain_pct"] > 0


def test_csv_has_a_row_for_each_alternative(within):
    """An alternative or a member's gain is missing."""
    _, out, _ = within(*THREE, "--principles", "egalitarian,fund", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["name"] for row in rows] == NAMES
    assert float(rows[0]["CIV_welfare_change_pct"]) == 0
    assert float(rows[2]["SEN_welfare_change_pct"]) > 0


def test_the_table_puts_them_side_by_side(within):
    """A column, a measure or the words beside the table are missing."""
    _, table, said = within(*THREE, "--principles", "utilitarian")
    for word in ("status quo", "full elimination", "utilitarian", "Gini", "Morocco", "emissions"):
        assert word in table
    assert "World " in said
    _, _, said = within(*THREE, "--principles", "fund", "--most-paid", "0.000001")
    assert "Without fund: " in said
    assert "into the fund" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--principles", "fair"), "unknown principle"),
        (("--json", "--csv", "--principles", "utilitarian"), "choose one of --json and --csv"),
        (("--exempt", "XYZ"), "XYZ"),
    ],
)
def test_mistakes_end_with_a_sentence(within, words, says):
    """A mistake ends with a traceback, or with a sentence that does not help."""
    with pytest.raises(BandungError, match=says):
        within(*THREE, *words)

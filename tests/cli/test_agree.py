"""`bandung agree`, as a user types it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from bandung.agree import bargain

THREE = ("agree", "--members", "CIV,MAR,SEN", "--by", "member")


def test_json_is_what_the_function_returns(run, embedded):
    """The command prints other figures than the search gives."""
    record = json.loads(run(*THREE, "--principle", "nash", "--json").stdout)
    found = bargain(embedded, ["CIV", "MAR", "SEN"], "nash", by="member").to_dict()
    assert record.keys() == found.keys()
    assert record["smallest_gain_pct"] == pytest.approx(found["smallest_gain_pct"], rel=1e-6)
    assert set(record["members"]) == {"CIV", "MAR", "SEN"}
    assert record["smallest_gain_pct"] > 0


def test_csv_is_the_schedule(run):
    """A tariff that falls is not in the schedule, or one that does not is."""
    options = ("--exclude", "SERVICES,MAR:A01", "--exempt", "SEN", "--floor", "5")
    rows = list(csv.DictReader(io.StringIO(run(*THREE, *options, "--csv").stdout)))
    assert rows
    assert {row["destination"] for row in rows} <= {"CIV", "MAR"}
    assert all(row["sector"] != "SERVICES" for row in rows)
    assert not [row for row in rows if (row["destination"], row["sector"]) == ("MAR", "A01")]
    assert all(5 - 1e-9 <= float(row["tariff_new_pct"]) < float(row["tariff_pct"]) for row in rows)


def test_the_table_says_who_gains_what(run):
    """The words beside the table are missing."""
    done = run(*THREE)
    assert "An agreement by the principle egalitarian" in done.stdout
    assert "Smallest gain 0." in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--principle", "fair"), "unknown principle"),
        (("--exclude", "wine"), "wine"),
        (("--by", "lines"), "Did you mean line"),
    ],
)
def test_mistakes_end_with_a_sentence(run, words, says):
    """A mistake ends with a traceback, or with a sentence that does not help."""
    assert says in run(*THREE[:3], *words, code=2).stderr.replace("\n", " ")

"""`bandung coalitions`, as a user types it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from bandung.agree.coalitions import coalition_values, shapley
from bandung.agree.limits import Limits
from bandung.agree.talks import open_talks

THREE = ("coalitions", "--members", "CIV,MAR,SEN", "--fresh")
LIMITED = ("--floor", "5", "--exclude", "C29", "--exempt", "SEN", "--by", "sector")


def test_json_is_what_the_functions_return(run, embedded):
    """The command prints other figures than the functions give, or leaves a limit out."""
    record = json.loads(run(*THREE, *LIMITED, "--json").stdout)
    limits = Limits(floor=0.05, exclude=("C29",), exempt=("SEN",), by="sector")
    talks = open_talks(embedded, ["CIV", "MAR", "SEN"], limits=limits)
    values = coalition_values(talks)
    musd = dict(zip(values.members, shapley(values).musd, strict=True))
    found = {code: own["shapley_musd"] for code, own in record["members"].items()}
    assert found == pytest.approx(musd, rel=1e-9)
    assert record["whole_musd"] == pytest.approx(values.whole_musd, rel=1e-9)
    assert (record["coalitions"], record["exhaustive"], record["orders"]) == (7, True, 0)
    assert record["limits"] == limits.to_dict() | {"most_paid": 0.0}
    income = talks.before.income[talks.at][0]
    assert record["members"]["CIV"]["shapley_pct"] == pytest.approx(100 * musd["CIV"] / income)


def test_csv_is_the_values(run):
    """A coalition is missing, or two members are worth more than all with a third that gains."""
    rows = list(csv.DictReader(io.StringIO(run(*THREE, "--csv").stdout)))
    value = {row["members"]: float(row["value_musd"]) for row in rows}
    assert len(value) == 8
    assert value["CIV+MAR+SEN"] > max(value["CIV+MAR"], value["CIV+SEN"], value["MAR+SEN"]) > 0
    assert value["CIV"] == 0


def test_sampled_orders_come_with_their_errors(run):
    """An estimate is printed as if it were exact, or changes from one run to the next."""
    words = (
        "coalitions",
        "--members",
        "CIV,MAR,SEN,TUN",
        "--by",
        "member",
        "--orders",
        "4",
        "--fresh",
    )
    one = run(*words, "--seed", "3")
    assert "± standard error" in one.stdout
    assert "along 4 orders of joining" in one.stderr.replace("\n", " ")
    assert run(*words, "--seed", "3").stdout == one.stdout


def test_mistakes_end_with_a_sentence(run):
    """A mistake ends with a traceback, or with a sentence that does not help."""
    words = ("--workers", "1", "--scheduler", "tcp://127.0.0.1:9")
    assert "give one of scheduler and" in run(*THREE, *words, code=2).stderr.replace("\n", " ")

"""`bandung standoff`, as a user types it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from bandung.agree import standoff

TWO = ("standoff", "--members", "CIV,SEN", "--starts", "1")


def test_json_is_what_the_function_returns(run, embedded):
    """The command prints other figures than the function gives for the same options."""
    options = ("--ceiling", "12", "--seed", "3", "--elasticities", "5", "--deficits", "share")
    record = json.loads(run(*TWO, *options, "--json").stdout)
    world = embedded.select_elasticities(5.0)
    found = standoff(world, ["CIV", "SEN"], ceiling=0.12, starts=1, seed=3, deficits="share")
    expected = found.to_dict()
    assert record.keys() == expected.keys()
    for code in ("CIV", "SEN"):
        assert record["members"][code] == pytest.approx(expected["members"][code], rel=1e-6)
    assert record["ceiling_pct"] == pytest.approx(12)
    assert record["seed"] == 3
    assert len(record["starts"]) == 1
    assert record["deficits"] == "share"


def test_csv_has_every_tariff_that_could_move(run):
    """A tariff is not in the table, or is above the ceiling."""
    rows = list(csv.DictReader(io.StringIO(run(*TWO, "--ceiling", "12", "--csv").stdout)))
    assert {(row["origin"], row["destination"]) for row in rows} == {("CIV", "SEN"), ("SEN", "CIV")}
    assert all(row["sector"] != "SERVICES" for row in rows)
    new = [float(row["tariff_new_pct"]) for row in rows]
    assert min(new) > 0
    assert max(new) == pytest.approx(12)
    assert list(rows[0]) == ["origin", "destination", "sector", "tariff_pct", "tariff_new_pct"]


def test_the_table_and_the_sentences_say_what_it_means(run):
    """The words beside the table are missing, or name somebody else."""
    done = run("standoff", "--members", "CIV,SEN", "--starts", "2")
    said = done.stderr.replace("\n", " ")
    assert "If talks fail" in done.stdout
    assert "1 of 2 members are worse off than today; together they lose" in said
    assert "Better off than today: Côte d’Ivoire. If failed talks end so" in said
    assert "2 starts end at the same tariffs" in said
    assert "Tariffs on goods only" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--members", "CIV"), "at least two members"),
        (("--members", "CIV,SEN", "--ceiling", "0"), "the ceiling is 0"),
        (("--members", "CIV,SEN", "--deficits", "gone"), "unknown rule for deficits"),
    ],
)
def test_mistakes_end_with_a_sentence(run, words, says):
    """A mistake ends with a traceback, or with a sentence that does not help."""
    assert says in run("standoff", *words, code=2).stderr.replace("\n", " ")

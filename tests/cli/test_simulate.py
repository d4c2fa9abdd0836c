"""`bandung simulate`, as a user types it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from bandung.agree.scenario import parse
from bandung.agree.simulation import simulate

FILE = """
title = "One way"
on = 2024-01-01
[[change]]
what = "tariff"
origin = "SEN"
destination = "CIV"
cut_pct = 100
"""


@pytest.fixture
def scenario(tmp_path):
    """A scenario file."""
    path = tmp_path / "one way.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def leaves(value, path=()):
    """Every figure and word of a record with the keys that lead to it."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def test_the_example_runs(run, tmp_path):
    """The example that is printed cannot be run."""
    path = tmp_path / "example.toml"
    path.write_text(run("simulate", "--example").stdout, encoding="utf-8")
    done = run("simulate", str(path))
    assert "Half of all tariffs among the eleven" in done.stdout
    assert "Worse off by it:" in done.stderr


def test_json_is_what_the_function_returns(run, scenario, embedded):
    """The command prints other figures than the function."""
    record = json.loads(run("simulate", str(scenario), "--json").stdout)
    found = simulate(embedded, parse(FILE, source="test")).to_dict()
    printed = dict(leaves(record))
    assert printed.keys() == dict(leaves(found)).keys()
    for path, value in leaves(found):
        near = pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value
        assert printed[path] == near, path
    assert record["members"]["SEN"]["welfare_change"] > 0


def test_csv_has_a_row_per_member(run, scenario, embedded):
    """A member is missing from the CSV."""
    rows = list(csv.DictReader(io.StringIO(run("simulate", str(scenario), "--csv").stdout)))
    assert {row["member"] for row in rows} == set(embedded.members)
    assert [row["member"] for row in rows[:2]] == ["CIV", "SEN"]


def test_options_speak_over_the_file(run, start, scenario):
    """An option of the command is not heard, or is heard and not said."""
    options = ("--deficits", "zero", "--elasticities", "4", "--draws", "3", "--spread", "10")
    words = ("simulate", str(scenario), *options, "--seed", "2", "--json")
    record = json.loads(run(*words).stdout)
    assert (record["deficits"], record["elasticities"], record["draws"]) == ("zero", "4", 3)
    assert json.loads(run(*words).stdout) == record
    again = json.loads(start(*words).stdout)
    for (path, value), (_, same) in zip(leaves(record), leaves(again), strict=True):
        near = pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value
        assert same == near, path


def test_check_says_how_far_the_second_method_is(run, scenario):
    """The check is not made, or is not reported."""
    done = run("simulate", str(scenario), "--check")
    assert "Newton on market clearing gives the same to " in done.stderr
    assert float(done.stderr.split("the same to ")[1].split()[0].rstrip(".")) < 1e-9


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--example prints one"),
        (("nowhere.toml",), "nowhere.toml: the file cannot be read"),
        (("FILE", "--elasticities", "GGY"), "Did you mean GYY"),
        (("FILE", "--deficits", "none"), "rule of deficits"),
        (("FILE", "--seed", "1"), "give --draws as well"),
        (("FILE", "--world", "nowhere"), "nowhere"),
    ],
)
def test_mistakes_end_with_a_sentence(run, scenario, words, says):
    """A mistake ends with a traceback, or with a sentence that does not help."""
    given = [str(scenario) if word == "FILE" else word for word in words]
    assert says in run("simulate", *given, code=2).stderr.replace("\n", " ")


def test_a_mistake_in_the_file_has_its_line(run, tmp_path):
    """The user has to look for the line."""
    path = tmp_path / "wrong.toml"
    path.write_text(FILE.replace("cut_pct", "cut_pkt"), encoding="utf-8")
    done = run("simulate", str(path), code=2)
    assert f"{path}:8: unknown key 'cut_pkt'" in done.stderr.replace("\n", "")

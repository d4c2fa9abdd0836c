"""`bandung agree`, as a user types it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import numpy as np
import pytest

from bandung import World
from bandung.agree import Corridor, bargain, comparison
from bandung.cli import agree, compare
from bandung.cli.agreement_options import phase_in
from bandung.cli.searching import Told
from bandung.errors import BandungError

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


def test_the_keys_that_others_read(within):
    """A key by which other programs read an agreement is renamed, or a figure is no number."""
    record = json.loads(within(*THREE, "--json")[1])
    for code in ("CIV", "MAR", "SEN"):
        own = record["members"][code]
        assert set(own) == {"welfare_change_pct", "tariff_revenue_change_pct"}
        assert own["welfare_change_pct"] >= record["smallest_gain_pct"] - 1e-9
    assert record["principle"] == "egalitarian"
    assert isinstance(record["outsiders"]["BRA"]["welfare_change_pct"], float)


def test_every_option_reaches_the_search(within, embedded):
    """An option is read and forgotten, or in other units than it says."""
    options = (
        *("--levers", "tariffs,corridors,transfers", "--corridor", "SEN-CIV:5:120:income"),
        *("--least-cut", "10", "--most-cut", "80", "--exempt", "LDC", "--most-paid", "0.5"),
        *("--seed", "4", "--starts", "2", "--json"),
    )
    record = json.loads(within(*THREE, *options)[1])
    found = bargain(
        embedded,
        ["CIV", "MAR", "SEN"],
        levers=("tariffs", "corridors", "transfers"),
        corridors=[Corridor(("CIV", "SEN"), 0.05, 120.0, "income")],
        by="member",
        least_cut=0.1,
        most_cut=0.8,
        exempt=["SEN"],
        most_paid=0.005,
        seed=4,
        starts=2,
    ).to_dict()
    assert record["limits"] == found["limits"]
    assert record["seed"] == 4
    for key in ("transfers_musd", "corridors"):
        assert record[key] == pytest.approx(found[key], rel=1e-6)
    assert record["starts_pct"] == pytest.approx(found["starts_pct"], rel=1e-6)


def test_years_are_read_by_member():
    """`LDC` is nobody, or outdoes a member's own years; the others have none, or no default."""
    who, today = ("CIV", "SEN", "ZAF"), dt.date(2026, 1, 1)
    assert phase_in("LDC:10,ZAF:3,5", who, today) == {"CIV": 5, "SEN": 10, "ZAF": 3}
    assert phase_in("SEN:4,LDC:10", who, today) == {"CIV": 0, "SEN": 4, "ZAF": 0}
    assert phase_in("LDC:10,SEN:4", who, today)["SEN"] == 4
    assert phase_in("7", who, today) == dict.fromkeys(who, 7)
    assert phase_in("", who, today) == dict.fromkeys(who, 0)


def test_a_certificate_that_verifies(run, start, tmp_path):
    """The file that is written does not hold, or is said to lie elsewhere."""
    done = run(*THREE, "--principle", "nash", "--draws", "3", "--out", "agreed.json")
    assert "bandung verify agreed.json" in done.stderr.replace("\n", " ")
    assert json.loads((tmp_path / "agreed.json").read_text(encoding="utf-8"))["principle"] == "nash"
    assert "every claim holds" in start("verify", "agreed.json").stdout


def test_without_an_agreement_it_says_why_and_what_would_help(within):
    """The table says nothing, or not what stands in the way, or what transfers would do."""
    _, _, said = within("agree", "--members", "AGO,EGY,SEN", "--by", "all", "--bound")
    assert "found no step from today's tariffs after which everybody gains" in said
    assert "To first order there is none" in said
    assert "With transfers everyone could gain 0." in said
    assert "--levers tariffs,transfers" in said


def test_bound_and_stability_are_said(within):
    """What was asked beside the agreement is not answered."""
    _, _, said = within(*THREE, "--bound", "--stability", "--starts", "2", "--phase-in", "2")
    assert "No schedule can give everyone more than 0." in said
    assert "Asked every coalition" in said
    assert "2 starts reached smallest gains" in said
    assert "Phased in over 2 years" in said


def test_cut_off_it_goes_on_and_fresh_begins_anew(within, monkeypatch):
    """What was found until the interruption is lost, or --fresh goes on with it."""
    steps = []
    told = Told.__call__

    def counted(self, stage, step, gains):
        steps.append(step)
        told(self, stage, step, gains)
        if len(steps) == until:
            raise KeyboardInterrupt

    monkeypatch.setattr(Told, "__call__", counted)
    until = -1
    code, whole, _ = within(*THREE, "--principle", "nash", "--json")
    assert code == 0
    all_of_them, until, found = len(steps), 4, []
    for words in ((), ("--fresh",)):
        steps.clear()
        until = 4
        code, _, said = within(*THREE, "--principle", "nash", "--json")
        assert code == 130
        assert "Interrupted (smallest gain, " in said or "Interrupted (product of gains, " in said
        assert "The same command goes on there." in said
        steps.clear()
        until = -1
        code, again, _ = within(*THREE, "--principle", "nash", "--json", *words)
        assert code == 0
        assert again == whole
        found.append(len(steps))
    assert found == [all_of_them - 4, all_of_them]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--principle", "fair"), "unknown principle"),
        (("--exclude", "wine"), "wine"),
        (("--by", "lines"), "Did you mean line"),
        (("--corridor", "CIV-SEN:5"), "a corridor is written"),
        (("--corridor", "CIV-SEN:5:1"), "corridors are not among the levers"),
        (("--levers", "tarifs"), "unknown lever 'tarifs'"),
        (("--levers", ""), "nothing may move"),
        (("--phase-in", "soon"), "'soon' is no number of years"),
        (("--phase-in", "ZAF:3"), "unknown member 'ZAF'"),
        (("--exempt", "XYZ"), "XYZ"),
        (("--threat", "war"), "unknown threat"),
        (("--formula", "swiss"), "choose by 'member' or 'all'"),
        (("--levers", "transfers", "--most-paid", "0"), "nobody can pay anything"),
        (("--levers", "transfers", "--bound"), "--bound is for agreements on tariffs"),
        (("--threat", "standoff", "--bound"), "--bound is for agreements on tariffs"),
    ],
)
def test_mistakes_end_with_a_sentence(within, words, says):
    """A mistake ends with a traceback, or with a sentence that does not help."""
    with pytest.raises(BandungError, match=says):
        within(*THREE[:3], *words)


def test_a_mistake_ends_with_2(run):
    """The sentence of a mistake is a traceback, or the exit code that of success."""
    assert "unknown principle" in run(*THREE, "--principle", "fair", code=2).stderr


def test_where_nobody_is_outside(capsys):
    """A world whose members all talk ends in a traceback, as nobody is affected worst outside."""
    rng = np.random.default_rng(2)
    own = np.arange(2)
    trade, tariff = rng.uniform(1, 9, (2, 2, 2)), rng.uniform(0.3, 0.6, (2, 2, 2))
    trade[own, own] += 30
    tariff[own, own] = 0
    pair = World.from_arrays(
        members=["CIV", "SEN"], sectors=["farms", "mills"], trade_value=trade, tariff=tariff
    )
    found = bargain(pair, pair.members, by="all")
    (said, *_) = agree._result(found.to_dict(), found)
    assert "tariffs fall." in said
    compare._show(comparison.compare(pair, pair.members, ["utilitarian"], by="all"))
    assert "worst off outside" in capsys.readouterr().out

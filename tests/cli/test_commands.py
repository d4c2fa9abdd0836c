"""The commands as a user types them: answers on stdout, mistakes on stderr with exit code 2."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from bandung.find import complementarity, dependence, reliance

SHARE = 1e-12
ELEVEN = "AGO,CIV,CMR,COD,EGY,MAR,NGA,SEN,STP,TUN,ZAF"
PROGRAM = Path(sys.executable).with_name("bandung")


def test_reliance_json_is_what_the_function_returns(run, embedded, eleven):
    """The JSON has the shares asked for, and they sum to 1."""
    answer = json.loads(run("reliance", "--members", ELEVEN, "--json").stdout)
    assert list(answer)[:3] == ["group", "members", "sectors"]
    assert list(answer["group"]) == ["own", "fellow", "south", "rest"]
    found = reliance(embedded, members=eleven)
    assert list(answer["group"].values()) == pytest.approx(found.group.tolist(), rel=SHARE)
    assert set(answer["members"]) == set(eleven)
    assert set(answer["sectors"]) == set(embedded.sectors)
    for four in (answer["group"], *answer["members"].values(), *answer["sectors"].values()):
        assert sum(four.values()) == pytest.approx(1, abs=1e-9)
    assert answer["world"] == {"name": "embedded", "checksum": embedded.checksum}
    assert answer["notices"]["COD"]


def test_dependence_and_complementarity_json(run, embedded):
    """The same for the other two questions."""
    answer = json.loads(run("dependence", "--members", "SEN,NGA", "--top", "3", "--json").stdout)
    found = dependence(embedded, members=["SEN", "NGA"], top=3)
    first = answer["members"]["SEN"]["suppliers"][0]
    assert first["supplier"] == found.suppliers_of("SEN")[0].supplier
    later = found.suppliers_of("SEN")[0].loss_buyers_switch
    assert first["loss_buyers_switch"] == pytest.approx(later, rel=1e-6)
    answer = json.loads(run("complementarity", "--members", "SEN,NGA", "--json").stdout)
    best = complementarity(embedded, members=["SEN", "NGA"]).opportunities[0]
    assert answer["opportunities"][0]["sector"] == best.sector


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        (["reliance"], "of,code,own_share,fellow_share,south_share,rest_share"),
        (["dependence"], "member,supplier,sector,loss_nobody_switches,loss_buyers_switch"),
        (["complementarity"], "supplier,buyer,sector,unrealised_musd"),
    ],
)
def test_csv_has_a_header_and_rows(run, words, columns):
    """What a spreadsheet opens."""
    text = run(*words, "--members", "SEN,NGA", "--csv").stdout
    assert text.startswith(columns)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    assert None not in rows[0].values()


def test_growth_is_read_and_recorded(run, tmp_path):
    """A projection changes the potential and stands in the answer."""
    (tmp_path / "growth.csv").write_text("member,growth\nNGA,1.5\n", encoding="utf-8")
    words = ("complementarity", "--members", "SEN,NGA", "--json")
    plain = json.loads(run(*words).stdout)
    projected = json.loads(run(*words, "--growth", "growth.csv").stdout)
    assert plain["growth"] == {}
    assert projected["growth"] == {"NGA": 1.5}
    assert projected["unrealised_musd"] != plain["unrealised_musd"]
    (tmp_path / "other.csv").write_text("country,ratio\nNGA,1.5\n", encoding="utf-8")
    assert "columns member and growth" in run(*words, "--growth", "other.csv", code=2).stderr
    assert "there is no such file" in run(*words, "--growth", "none.csv", code=2).stderr


def test_tables_for_the_eye_name_countries_notices_and_what_is_missing(run):
    """A person reads names, not codes; the data's gaps are said."""
    done = run("reliance", "ECOWAS", "--on", "2022-01-01")
    assert "Nigeria" in done.stdout
    assert "Not in this world by themselves: " in done.stderr
    assert "Benin" in done.stderr
    done = run("complementarity", "--members", "Egypt,COD")
    assert "resolution 1493 (2003)" in done.stderr


def test_groups_and_members(run):
    """The lists, on a day."""
    groups = json.loads(run("groups", "--json", "--on", "2020-01-01").stdout)["groups"]
    sizes = {row["code"]: row["members"] for row in groups}
    assert sizes["ECOWAS"] == 15
    assert len(sizes) == 38
    listed = run("members", "mercosur", "--on", "1995-01-01", "--lang", "pt").stdout
    assert "Uruguai" in listed
    assert "Venezuela" not in listed
    assert run("members", "UEMOA", "--csv").stdout.startswith("code,name,joined,source")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["reliance", "ECOWS"], "unknown group 'ECOWS'. Did you mean ECOWAS"),
        (["reliance", "ASEAN", "--on", "1950"], "founded on 1967-08-08"),
        (["reliance", "ASEAN", "--on", "soon"], "'soon' is not a date; write it as YYYY-MM-DD"),
        (["reliance"], "name either a group or its members"),
        (["reliance", "AU", "--members", "SEN"], "one of the two"),
        (["reliance", "--members", "Haiti"], "none of the members of HTI"),
        (["reliance", "AU", "--json", "--csv"], "choose one of --json and --csv"),
        (["reliance", "AU", "--world", "embeded"], "embedded"),
        (["reliance", "AU", "--south", "G7"], "'G7' is neither a group nor a country"),
        (["brief", "AU", "--lang", "de"], "no language 'de'; there are en, fr, es, pt, ar"),
        (
            ["brief", "--members", "SEN", "--no-agreement", "--out", "/proc/nowhere"],
            "cannot be written",
        ),
        (["members", "NATO"], "unknown group 'NATO'"),
        (["complementarity", "--members", "SEN"], "at least two members"),
    ],
)
def test_mistakes_end_with_a_sentence_and_exit_code_2(run, words, message):
    """No traceback, nothing on stdout, nothing written."""
    done = run(*words, code=2)
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_brackets_in_a_message_are_shown(run):
    """Rich must not read a user's text as markup."""
    assert "[red]" in run("reliance", "[red]", code=2).stderr


def test_the_version_is_said(start):
    """For the bug report."""
    assert start("--version").stdout.strip() == "0.1.0"


def test_the_installed_program_is_what_the_tests_run_within_their_process(run, start):
    """A start of the program ends with another exit code or other words than the same run here."""
    for words, code in (
        (("reliance", "ECOWS"), 2),
        (("reliance", "SACU", "--on", "2022-01-01"), 0),
    ):
        here, started = run(*words, code=code), start(*words, code=code)
        assert (started.stdout, started.stderr) == (here.stdout, here.stderr)


def test_every_command_has_help_that_names_its_options(run):
    """Help is written for the user, in a sentence."""
    assert "reliance" in run("--help").stdout
    for command in ("reliance", "dependence", "complementarity", "brief"):
        text = run(command, "--help").stdout
        for option in ("--members", "--world", "--on", "--south"):
            assert option in text, command

"""``bandung world``: what a user types and what comes back."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bandung.cli import world_commands
from bandung.cli.world_commands import Source, app, guess_source
from bandung.errors import CodeUnknownError, InputError, SourceError, StoreError
from bandung.world import harmonise, parquet
from bandung.world.store import Store

pytestmark = pytest.mark.usefixtures("store_home")
BACI = "t,i,j,k,v,q\n2018,24,710,270900,4000,1\n2018,710,24,10121,9000,1\n"
GDP = "iso3,gdp\nAGO,10e6\nZAF,20e6\n"


@pytest.fixture
def baci_file(tmp_path):
    path = tmp_path / "BACI_HS17_Y2018_V202301.csv"
    path.write_text(BACI, encoding="utf-8")
    return path


def run(*words):
    """Run a command; errors come through as the program's main sees them."""
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_add_list_show_remove(baci_file, tmp_path):
    """The whole life of a world, with sums of file and figures shown."""
    gdp = tmp_path / "gdp.csv"
    gdp.write_text(GDP, encoding="utf-8")
    added = run("add", baci_file, "--name", "baci-2018", "--by", "total", "--gdp", gdp)
    assert added.exit_code == 0
    assert "added baci-2018: 2018, 2 members, 1 sectors" in added.stdout
    assert harmonise.checksum(baci_file) in added.stdout
    assert Store().get("baci-2018").checksum in added.stdout
    assert added.stderr == ""
    assert "baci-2018" in run("list").stdout
    (entry,) = json.loads(run("list", "--json").stdout)
    assert (entry["name"], entry["year"], entry["members"]) == ("baci-2018", 2018, 2)
    shown = run("show", "baci-2018").stdout
    assert "13 million USD" in shown
    assert "17 million USD, stated for 2 of 2" in shown
    assert "Etalab open licence 2.0" in shown
    assert run("remove", "baci-2018").stdout == "removed baci-2018\n"
    assert "No world is stored" in run("list").stdout


def test_show_names_who_lacks_domestic_sales(baci_file):
    """A goods-only world says that nobody's domestic sales are known, and JSON agrees."""
    run("add", baci_file, "--name", "b")
    assert "no domestic sales are known of: AGO, ZAF" in run("show", "b").stdout
    summary = json.loads(run("show", "b", "--json").stdout)
    assert summary["without_domestic"] == ["AGO", "ZAF"]
    assert summary["international_musd"] == 13.0
    assert summary["origin"]["checksum"] == harmonise.checksum(baci_file)


def test_show_the_embedded_world():
    """The world that comes with the package can be shown without being stored."""
    shown = run("show", "embedded").stdout
    assert "OECD" in shown
    assert "adjustments: 2" in shown


def test_years_of_cubes_are_guessed_and_found_alike(shared_data, embedded):
    """Two cubes added without --source or --year stand beside the embedded world as its years."""
    for year in (2018, 2021):
        run("add", shared_data / "icio" / f"icio_{year}.npz", "--name", f"icio-{year}")
    assert Store().years_like(embedded) == ("icio-2018", "icio-2021")
    assert "and 163 more" in run("show", "icio-2018").stdout


def test_the_source_is_told_from_the_content(tmp_path, shared_data, baci_file):
    """Real files of each publisher are recognised by what is in them."""
    assert guess_source(shared_data / "itpd_e" / "itpde_r02_2016.parquet") is Source.ITPD_E
    assert guess_source(shared_data / "icio" / "icio_2018.npz") is Source.ICIO_CUBE
    assert guess_source(shared_data / "baci_totals_2023") is Source.BACI
    assert guess_source(baci_file) is Source.BACI
    table = tmp_path / "x.csv"
    table.write_text("V1,ZAF_A01_02,ZAF_HFCE,OUT\n", encoding="utf-8")
    assert guess_source(table) is Source.ICIO


def test_an_unclear_source_is_refused_with_what_was_found(tmp_path):
    """Columns of no publisher: the message shows them and the option; nothing is stored."""
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"its columns are a, b.*--source.*icio, icio-cube"):
        run("add", path, "--name", "x")
    with pytest.raises(InputError, match="is a folder without"):
        run("add", tmp_path, "--name", "x")
    with pytest.raises(SourceError, match="does not exist"):
        run("add", tmp_path / "none.csv", "--name", "x")
    assert Store().list() == ()


def test_mistakes_come_before_work(baci_file, monkeypatch):
    """A taken name, a bad name, options of another source: refused before the file is read."""
    run("add", baci_file, "--name", "b")
    with monkeypatch.context() as patch:
        patch.setattr(world_commands, "_read", lambda *_, **__: pytest.fail("read the file"))
        with pytest.raises(StoreError, match="--replace"):
            run("add", baci_file, "--name", "b")
        with pytest.raises(InputError, match="cannot name a world"):
            run("add", baci_file, "--name", "B 1")
        with pytest.raises(InputError, match="--gdp and --by are for BACI"):
            run("add", baci_file, "--name", "c", "--source", "itpd-e", "--by", "total")
    assert run("add", baci_file, "--name", "b", "--by", "total", "--replace").exit_code == 0
    assert Store().get("b").sectors == ("TOTAL",)


def test_unknown_worlds_are_refused():
    """Show and remove raise for the program's main to print."""
    for command in ("show", "remove"):
        with pytest.raises(CodeUnknownError, match="unknown world 'none'"):
            run(command, "none")


def test_an_interrupt_leaves_nothing_behind(store_home, baci_file, monkeypatch):
    """Ctrl-C inside the write: no world, no remains."""

    def stop(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(parquet, "_facts", stop)
        result = CliRunner().invoke(app, ["add", str(baci_file), "--name", "b"])
    assert result.exit_code != 0
    assert Store().list() == ()
    assert [entry.name for entry in (store_home / "worlds").iterdir()] == [".lock"]

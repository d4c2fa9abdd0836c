"""The local store keeps whole worlds or nothing."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from bandung import World
from bandung.errors import CodeUnknownError, InputError, SourceError, StoreError
from bandung.world import parquet, store
from bandung.world.store import Store, resolve

ROUNDING = 1e-12
"""Relative: the same figures added up in another order."""


pytestmark = pytest.mark.usefixtures("store_home")


def world_of(year, members=("AGO", "ZAF"), scale=1.0):
    """Return a world of two members and one sector, the second's domestic sales unknown."""
    trade = scale * np.array([[[90.0], [10.0]], [[20.0], [0.0]]])
    return World.from_arrays(
        members=members,
        sectors=["goods"],
        trade_value=trade,
        elasticity_sets={"GYY": [4.0]},
        trade_elasticity="GYY",
        domestic_known=[[True], [False]],
        year=year,
    )


def left_behind(place):
    """Name what lies in the store beside worlds and the lock."""
    return [entry.name for entry in place.worlds.iterdir() if entry.name != store.LOCK]


def test_a_world_comes_back_as_it_was(store_home):
    """Figures, year and origin survive; the name is the one it was stored under."""
    world = world_of(2016)
    entry = Store().add(world, "two")
    back = Store().get("two")
    assert back.checksum == world.checksum == entry.checksum
    assert back.name == "two"
    np.testing.assert_array_equal(back.trade_value, world.trade_value)
    assert (entry.name, entry.year, entry.members, entry.sectors) == ("two", 2016, 2, 1)
    folder = store_home / "worlds" / "two"
    assert entry.bytes == sum(path.stat().st_size for path in folder.iterdir())


def test_the_embedded_world_is_listed_only_when_stored(store_home, embedded):
    """An empty store lists nothing and does not make its folder."""
    assert Store().list() == ()
    assert not store_home.exists()
    Store().add(embedded, "copy")
    assert [entry.name for entry in Store().list()] == ["copy"]
    assert Store().get("embedded") is embedded


def test_the_summary_is_the_worlds_own_sums(store_home, embedded):
    """DuckDB's totals equal NumPy's on the embedded world."""
    summary = Store().summary("embedded")
    domestic = np.trace(embedded.trade_value).sum()
    assert summary.total_musd == pytest.approx(embedded.trade_value.sum(), rel=ROUNDING)
    assert summary.domestic_musd == pytest.approx(domestic, rel=ROUNDING)
    assert summary.flows == np.count_nonzero(embedded.trade_value)
    assert summary.origin == embedded.origin
    assert summary.adjustments == embedded.adjustments
    assert not store_home.exists()


def test_the_summary_names_who_lacks_domestic_sales(store_home):
    """Members without any, and those with some."""
    known = [[True, True], [True, False], [False, False]]
    world = World.from_arrays(
        members=["AGO", "ZAF", "SEN"],
        sectors=["a", "b"],
        trade_value=np.ones((3, 3, 2)),
        elasticity_sets={"GYY": [4.0, 4.0]},
        trade_elasticity="GYY",
        domestic_known=known,
        year=2016,
    )
    Store(store_home).add(world, "w")
    summary = Store(store_home).summary("w")
    assert summary.without_domestic == ("SEN",)
    assert summary.partly_domestic == ("ZAF",)
    assert (summary.domestic_cells_known, summary.domestic_cells) == (3, 6)


def test_names_are_checked(store_home):
    """Names that could leave the folder, be hidden or be taken for the embedded world."""
    for name in ("../x", ".x", "X", "a b", "", "-a", "a" * 101):
        with pytest.raises(InputError, match="cannot name a world"):
            Store().add(world_of(2016), name)
    with pytest.raises(InputError, match="comes with the package"):
        Store().add(world_of(2016), "embedded")
    assert not store_home.exists()


def test_a_taken_name_is_refused_unless_replaced():
    """The stored world stays until it is replaced on purpose."""
    kept = Store()
    first = kept.add(world_of(2016), "w")
    with pytest.raises(StoreError, match="stored already"):
        kept.add(world_of(2017), "w")
    assert kept.list() == (first,)
    kept.add(world_of(2017), "w", replace_stored=True)
    assert kept.get("w").year == 2017
    assert left_behind(kept) == ["w"]


def test_unknown_worlds_are_refused_with_near_names():
    """Get, remove and resolve suggest; the embedded world cannot be removed."""
    kept = Store()
    kept.add(world_of(2016), "itpd-2016")
    for call in (kept.get, kept.remove, kept.summary, resolve):
        with pytest.raises(CodeUnknownError, match=r"Did you mean itpd-2016\?"):
            call("itpd-2061")
    with pytest.raises(InputError, match="cannot be removed"):
        kept.remove("embedded")
    kept.remove("itpd-2016")
    assert kept.list() == ()
    assert left_behind(kept) == []


def test_resolve_takes_a_name_or_a_folder(tmp_path, embedded):
    """Embedded, stored, a folder; a file is told how to be added."""
    world = world_of(2016)
    Store().add(world, "w")
    world.to_parquet(tmp_path / "folder")
    assert resolve("embedded") is embedded
    assert resolve("w").checksum == world.checksum
    assert resolve(tmp_path / "folder").checksum == world.checksum
    (tmp_path / "x.csv").write_text("t\n", encoding="utf-8")
    with pytest.raises(InputError, match="bandung world add"):
        resolve(tmp_path / "x.csv")


def test_years_like_finds_other_years_of_the_same_shape():
    """Same members in any order, another year; other members and the same year are left out."""
    kept = Store()
    kept.add(world_of(2018), "c")
    kept.add(world_of(2017, members=("ZAF", "AGO")), "b")
    kept.add(world_of(2016), "same-year")
    kept.add(world_of(2015, members=("AGO", "SEN")), "other")
    assert kept.years_like(world_of(2016)) == ("b", "c")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(5, "Input/output error")])
def test_an_interrupted_add_leaves_nothing(monkeypatch, error):
    """Stopped inside the write: nothing listed, nothing left, the old world still there."""
    kept = Store()
    old = kept.add(world_of(2016), "w")
    facts = parquet._facts

    def stop(world):
        facts(world)
        raise error

    expected = KeyboardInterrupt if error is KeyboardInterrupt else StoreError
    for name in ("w", "new"):
        with monkeypatch.context() as patch:
            patch.setattr(parquet, "_facts", stop)
            with pytest.raises(expected):
                kept.add(world_of(2017), name, replace_stored=True)
    assert kept.list() == (old,)
    assert left_behind(kept) == ["w"]


def test_a_failed_exchange_brings_the_old_world_back(monkeypatch):
    """Stopped between the two renames of a replacement, the old world takes its name again."""
    kept = Store()
    old = kept.add(world_of(2016), "w")
    rename = store.Path.rename

    def stop(self, target):
        if self.parent.name.startswith(store.ADDING) and target == kept.worlds / "w":
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(store.Path, "rename", stop)
        with pytest.raises(KeyboardInterrupt):
            kept.add(world_of(2017), "w", replace_stored=True)
    assert kept.list() == (old,)
    assert left_behind(kept) == ["w"]


def test_a_killed_add_is_never_listed_and_cleared_by_the_next():
    """SIGKILL in the middle of the write: a dotted folder stays until the next add."""
    program = """
        import os, signal, sys
        import numpy as np
        from bandung import World
        from bandung.world import parquet
        from bandung.world.store import Store
        parquet._facts = lambda world: os.kill(os.getpid(), signal.SIGKILL)
        Store().add(World.embedded(), "w")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert done.returncode == -signal.SIGKILL
    kept = Store()
    assert kept.list() == ()
    assert [name[:8] for name in left_behind(kept)] == [store.ADDING]
    kept.add(world_of(2016), "next")
    assert left_behind(kept) == ["next"]


def test_a_killed_exchange_gives_the_old_world_back():
    """Killed between the renames, the world that was to be replaced returns with the next add."""
    kept = Store()
    old = kept.add(world_of(2016), "w")
    away = kept.worlds / f"{store.REPLACED}x"
    away.mkdir()
    (kept.worlds / "w").rename(away / "w")
    kept.add(world_of(2017), "other")
    assert old in kept.list()
    assert sorted(left_behind(kept)) == ["other", "w"]


def test_a_full_disk_is_said_and_leaves_nothing(monkeypatch):
    """No space left: a clear sentence, whether Python or Polars meets it."""
    kept = Store()
    for error in (
        OSError(28, "No space left on device"),
        parquet.pl.exceptions.ComputeError("parquet: No space left on device (os error 28)"),
    ):

        def full(*_, error=error, **__):
            raise error

        expected = pytest.raises(StoreError, match=r"no space is left for world 'w'.*BANDUNG_HOME")
        with monkeypatch.context() as patch, expected:
            patch.setattr(parquet.pl.DataFrame, "write_parquet", full)
            kept.add(world_of(2016), "w")
    assert kept.list() == ()
    assert left_behind(kept) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a Unix thing")
def test_a_write_the_system_refuses_leaves_nothing(embedded):
    """A real write stopped by the system part of the way (file size limit) is a `StoreError`."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
    try:
        with pytest.raises(StoreError, match=r"cannot be (stored|written)"):
            Store().add(embedded, "w")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert left_behind(Store()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0,
                    reason="the superuser may write anywhere")  # fmt: skip
def test_a_place_that_cannot_be_written_is_said(tmp_path):
    """No permission is a `StoreError`, not a traceback."""
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be stored"):
        Store(tmp_path / "x").add(world_of(2016), "w")


def test_a_home_that_is_a_file_is_said(tmp_path):
    """BANDUNG_HOME naming a file is a `StoreError`."""
    (tmp_path / "x").write_text("", encoding="utf-8")
    with pytest.raises(StoreError):
        Store(tmp_path / "x").add(world_of(2016), "w")
    with pytest.raises(StoreError):
        Store(tmp_path / "x").list()


@pytest.mark.parametrize("damage", ["facts", "table", "format"])
def test_a_damaged_world_is_named_and_can_be_removed(damage):
    """A broken folder is refused with the way to mend it, and removing works."""
    kept = Store()
    kept.add(world_of(2016), "w")
    folder = kept.worlds / "w"
    if damage == "facts":
        (folder / "world.json").write_text("{", encoding="utf-8")
    elif damage == "table":
        (folder / "members.parquet").write_bytes(b"PAR1")
    else:
        (folder / "world.json").write_text(json.dumps({"format": "other"}), encoding="utf-8")
    with pytest.raises(SourceError, match="bandung world remove w"):
        kept.list()
    kept.remove("w")
    assert kept.list() == ()

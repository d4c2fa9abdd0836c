"""The journal of a long search: what it keeps, and what damage does to it."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from bandung.agree import journal as module
from bandung.agree.journal import Journal

SEED = 1955


@pytest.fixture
def journal(tmp_path) -> Journal:
    """An empty journal in a folder that is not there yet."""
    return Journal(tmp_path / "some" / "folder")


def stored(journal):
    """The one file of a journal."""
    (path,) = journal.folder.iterdir()
    return path


def test_what_is_put_comes_back_exactly(journal):
    """A number changes on disk, or a shape or a kind of number is lost."""
    kept = np.random.default_rng(SEED).random((3, 2))
    journal.put("A+B", value=kept, seed=7, empty=np.zeros(0))
    found = Journal(journal.folder).get("A+B")
    assert found.keys() == {"value", "seed", "empty"}
    assert (found["value"] == kept).all()
    assert found["seed"] == 7
    assert found["seed"].dtype == np.asarray(7).dtype
    assert found["empty"].shape == (0,)


def test_a_key_has_its_own_entry(journal):
    """Two keys share an entry, whatever letters they are made of, or an old entry stays."""
    keys = ["A", "a", "../A", "A/B", "A" * 1000, "", "é", "nul\0"]
    for number, key in enumerate(keys):
        journal.put(key, number=number)
    assert [int(journal.get(key)["number"]) for key in keys] == list(range(len(keys)))
    assert {path.parent for path in journal.folder.rglob("*")} == {journal.folder}
    journal.put("A", other=1.0)
    assert journal.get("A").keys() == {"other"}


def test_what_is_not_there_is_none(journal):
    """An empty journal raises, or makes something up."""
    assert journal.get("A") is None
    journal.clear()
    journal.put("A", value=1.0)
    assert journal.get("B") is None
    journal.clear()
    assert journal.get("A") is None
    assert not journal.folder.exists()


def test_a_damaged_entry_is_ignored_and_replaced(journal):
    """A file that is cut off or altered somewhere is fatal, or other numbers come out of it."""
    journal.put("A", value=np.arange(40.0), seed=7)
    path = stored(journal)
    whole = path.read_bytes()
    random = np.random.default_rng(SEED)
    damaged = [whole[:end] for end in range(0, len(whole), 37)]
    for at in range(0, len(whole), 3):
        altered = bytearray(whole)
        altered[at] ^= int(random.integers(1, 256))
        damaged.append(bytes(altered))
    damaged += [b"", b"bandung", bytes(1000)]
    ignored = 0
    for content in damaged:
        path.write_bytes(content)
        found = journal.get("A")
        ignored += found is None
        assert found is None or found.keys() == {"value", "seed"}
        assert found is None or (found["value"] == np.arange(40)).all()
    assert ignored > len(damaged) / 2
    journal.put("A", value=1.0)
    assert journal.get("A")["value"] == 1


def test_pickles_are_not_opened(journal):
    """A file of the cache folder can make the program run something."""
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        journal.put("A", value=np.array([{}], dtype=object))
    journal.put("A", value=1.0)
    with stored(journal).open("wb") as file:
        np.savez(file, value=np.array([{}], dtype=object))
    assert journal.get("A") is None


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_killed_writer_leaves_whole_entries(journal):
    """What is read after a kill in the middle of writing is half an entry."""
    program = (
        "import sys, numpy as np\n"
        "from bandung.agree.journal import Journal\n"
        "journal = Journal(sys.argv[1])\n"
        "for number in range(10**9): journal.put('A', value=np.full(100_000, number))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(journal.folder)]) as writer:
        while journal.get("A") is None:
            assert writer.poll() is None
            time.sleep(0.01)
        writer.kill()
    found = journal.get("A")["value"]
    assert np.ptp(found) == 0
    journal.put("A", value=1.0)
    assert journal.get("A")["value"] == 1


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path):
    """A read-only or broken cache ends the search, or nobody can tell that nothing is kept."""
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "folder")
    journal.put("A", value=1.0)
    assert isinstance(journal.trouble, OSError)
    assert journal.get("A") is None
    journal.clear()


def test_a_failed_write_leaves_nothing_behind(journal, monkeypatch):
    """A full disk leaves pieces of files, or takes the entry that was there."""
    journal.put("A", value=1.0)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fdopen", full)
    journal.put("A", value=2.0)
    assert journal.trouble.errno == 28
    assert stored(journal)
    assert journal.get("A")["value"] == 1


def test_a_question_has_one_journal(tmp_path, monkeypatch):
    """Another question finds this one's entries, or the same question asked again does not."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    parts = {"world": "abc", "members": ["CIV", "SEN"], "floor": 0.0}
    one = Journal.for_question(parts)
    again = Journal.for_question({name: parts[name] for name in reversed(parts)})
    assert one.folder == again.folder
    others = [parts | {"world": "abd"}, parts | {"members": ["CIVSEN"]}, parts | {"floor": 0.05}]
    assert len({one.folder, *(Journal.for_question(other).folder for other in others)}) == 4
    with pytest.raises(ValueError, match="not JSON compliant"):
        Journal.for_question({"floor": float("nan")})
    if sys.platform == "linux":
        assert one.folder.is_relative_to(tmp_path)
    monkeypatch.setattr(module, "__version__", "another")
    assert Journal.for_question(parts).folder != one.folder

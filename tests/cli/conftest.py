"""The program as a user starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bandung.agree import journal
from bandung.cli.commands import app

PROGRAM = Path(sys.executable).with_name("bandung")


@pytest.fixture
def run(tmp_path, program):
    """Run the program within this process in an empty folder, with a store of its own."""

    def runs(*words: str, code: int = 0) -> subprocess.CompletedProcess:
        return ended(program(*words, folder=tmp_path, env=variables(tmp_path)), code)

    return runs


@pytest.fixture
def start(tmp_path):
    """Start the installed program, as `run` does; a warning while it loads is a mistake too."""

    def starts(*words: str, code: int = 0) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [PROGRAM, *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
            env={**variables(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "error"},
        )
        return ended(done, code)

    return starts


def variables(folder: Path) -> dict[str, str]:
    """What the program is told by its environment: a store in the folder, a wide terminal."""
    return {"BANDUNG_HOME": str(folder / "home"), "COLUMNS": "160", "NO_COLOR": "1"}


def ended(done: subprocess.CompletedProcess, code: int) -> subprocess.CompletedProcess:
    """Hold a run against the exit code that was expected."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def within(tmp_path, monkeypatch, capsys):
    """Run a command within this process, faster; return the exit code, the answer and remarks.

    Mistakes are raised, not said. Searches are kept in a folder of the test's own.
    """
    monkeypatch.setattr(journal, "user_cache_path", lambda name: tmp_path / name)

    def runs(*words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, words)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        said = capsys.readouterr()
        return done.exit_code, done.stdout + said.out, " ".join((done.stderr + said.err).split())

    return runs

"""The program as a user starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("bandung")


@pytest.fixture
def run(tmp_path):
    """Run the installed program in an empty folder, with a store of its own."""

    def runs(*words: str, code: int = 0) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [PROGRAM, *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
            env={
                "BANDUNG_HOME": str(tmp_path / "home"),
                "COLUMNS": "160",
                "NO_COLOR": "1",
                "PATH": "/usr/bin:/bin",
                "PYTHONWARNINGS": "error",
            },
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return runs

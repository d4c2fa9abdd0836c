"""What the tests of the pool do on its workers: importable there by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bandung.errors import CodeUnknownError, NotConvergedError


class Scaled(NamedTuple):
    """A result, and who found it with how many threads."""

    value: float
    pid: int
    threads: str | None


def scaled(common, task):
    """Return something that depends on both."""
    time.sleep(0.005)
    return Scaled(common["factor"] * np.sin(task), os.getpid(), os.environ.get("NPROC"))


def sleeps(_, task):
    """Sleep so long, and return who did."""
    time.sleep(task)
    return os.getpid()


def refuses(_, task):
    """Raise an error that says more than its text."""
    raise CodeUnknownError("member", task, ["CIV", "SEN"])


def stops_short(_, __):
    """Raise an error whose text is made of figures."""
    raise NotConvergedError("it", iterations=7, residual=0.5, tolerance=1e-9)


def dies_once(folder, task):
    """Kill the worker that does the third task, the first time."""
    if task == 3:
        try:
            (Path(folder) / "died").touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    return task**2

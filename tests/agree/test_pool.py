"""Tasks on other processes: results, errors, a worker that dies, an interruption, a cluster."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from distributed import LocalCluster

from bandung import __version__
from bandung.agree import pool
from bandung.errors import CodeUnknownError, InputError, NotConvergedError

sys.path.insert(0, str(Path(__file__).parent))
import pool_tasks

PATIENCE_S = 60


def running(process: psutil.Process) -> bool:
    """Whether a process does something; Python's own tracker of resources outlives every pool."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return "resource_tracker" not in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path, monkeypatch):
    """No process outlives a test, and none writes into the working folder."""
    folder = tmp_path / "working"
    folder.mkdir()
    monkeypatch.chdir(folder)
    before = set(psutil.Process().children(recursive=True))
    yield
    left = set(psutil.Process().children(recursive=True)) - before
    assert not [each for each in left if running(each)]
    assert not list(folder.iterdir())


def test_workers_give_the_same_results_each_with_one_thread(monkeypatch):
    """A result depends on where it was computed, goes astray, or workers take others' cores."""
    monkeypatch.delenv("NPROC", raising=False)
    tasks = np.linspace(0, 9, 40)
    common = {"factor": 1 / 3}
    here = dict(pool.run(pool_tasks.scaled, tasks, common, workers=0))
    there = dict(pool.run(pool_tasks.scaled, tasks, common, workers=2, batch=3))
    assert list(here) == list(range(40))
    assert {at: found.value for at, found in there.items()} == {
        at: found.value for at, found in here.items()
    }
    assert {found.pid for found in here.values()} == {os.getpid()}
    assert len({found.pid for found in there.values()} - {os.getpid()}) == 2
    assert {found.threads for found in there.values()} == {"1"}


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_comes_back_as_it_was_raised(workers):
    """An error of ours arrives as another, or without what it carries."""
    with pytest.raises(CodeUnknownError, match="Did you mean CIV") as unknown:
        list(pool.run(pool_tasks.refuses, ["CIW", "SEM"], workers=workers, batch=2))
    assert unknown.value.suggestions == ("CIV",)


def test_errors_keep_what_they_carry_on_their_way():
    """A figure that an error of ours carries is lost on its way from a worker."""
    raised = pool._one_batch([(0, 1)], (__version__, pool_tasks.stops_short, None))
    again = pickle.loads(pickle.dumps(raised)).error()  # noqa: S301 - made here
    assert isinstance(again, NotConvergedError)
    assert (again.iterations, again.residual, again.tolerance) == (7, 0.5, 1e-9)
    assert "after 7 iterations" in str(again)


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_killed_worker_loses_nothing(tmp_path):
    """A worker killed in the middle of a task takes it, or what was sent to it, along."""
    found = dict(pool.run(pool_tasks.dies_once, range(12), str(tmp_path), workers=1, batch=2))
    assert (tmp_path / "died").exists()
    assert found == {task: task**2 for task in range(12)}


def test_closing_early_ends_the_workers():
    """Whoever takes one result and no more leaves a worker running, or waits for its task."""
    results = pool.run(pool_tasks.sleeps, [0.0, 600.0], workers=1)
    _, pid = next(results)
    assert psutil.pid_exists(pid)
    results.close()
    assert not psutil.pid_exists(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX does")
def test_an_interruption_ends_everything_quietly(tmp_path):
    """Ctrl-C leaves processes, waits for the tasks, or prints the workers' complaints."""
    script = tmp_path / "script.py"
    script.write_text(
        "import time\n"
        "from bandung.agree import pool\n"
        "def slow(_, task):\n"
        "    time.sleep(0.1 if task == 0 else 600)\n"
        "if __name__ == '__main__':\n"
        "    try:\n"
        "        for _ in pool.run(slow, range(3), workers=2):\n"
        "            print('begun', flush=True)\n"
        "    except KeyboardInterrupt:\n"
        "        print('interrupted', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "error", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        assert program.stdout.readline() == "begun\n"
        workers = psutil.Process(program.pid).children(recursive=True)
        os.killpg(program.pid, signal.SIGINT)
        out, err = program.communicate(timeout=PATIENCE_S)
    assert out == "interrupted\n"
    assert err == ""
    assert workers
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE_S)
    assert not [each for each in alive if running(each)]


@pytest.mark.filterwarnings("ignore:Port .* is already in use")
def test_a_cluster_of_ones_own(tmp_path, monkeypatch):
    """Tasks sent to a scheduler are not done there, or another release there is not refused."""
    with LocalCluster(
        n_workers=1,
        processes=False,
        protocol="tcp",
        dashboard_address="127.0.0.1:0",
        local_directory=str(tmp_path / "dask"),
    ) as cluster:
        address = cluster.scheduler_address
        results = pool.run(pool_tasks.scaled, [1, 2, 3], {"factor": 2}, scheduler=address, batch=2)
        assert {at: found.value for at, found in results} == {
            at: 2 * np.sin(at + 1) for at in range(3)
        }
        cluster.scale(0)
        monkeypatch.setattr(pool, "PATIENCE_S", 1)
        with pytest.raises(InputError, match="has no workers; start some with `dask worker tcp:"):
            list(pool.run(pool_tasks.scaled, [1], {"factor": 2}, scheduler=address))


def test_a_cluster_that_is_not_there_is_named(monkeypatch):
    """A wrong address ends with another error than ours, or is waited for without end."""
    monkeypatch.setattr(pool, "PATIENCE_S", 1)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(pool.run(pool_tasks.scaled, [1], scheduler="tcp://127.0.0.1:9"))
    with pytest.raises(InputError, match="no Dask scheduler answers at nowhere://"):
        list(pool.run(pool_tasks.scaled, [1], scheduler="nowhere://"))


def test_another_release_on_the_cluster_is_refused():
    """Workers of another release compute something else, and nobody is told."""
    raised = pool._one_batch([(0, 1)], ("99.9.9", pool_tasks.scaled, {"factor": 1}))
    with pytest.raises(InputError, match=r"workers have bandung \d.*, you have 99\.9\.9"):
        raise raised.error()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"workers": -1}, "workers is -1"),
        ({"workers": 2, "scheduler": "tcp://127.0.0.1:9"}, "give one of scheduler and workers"),
    ],
)
def test_what_cannot_be_is_refused(asked, says):
    """A mistake is passed over in silence."""
    with pytest.raises(InputError, match=says):
        list(pool.run(pool_tasks.scaled, [1], **asked))


def test_nothing_to_do_starts_nothing():
    """Processes are started for no tasks at all."""
    assert list(pool.run(pool_tasks.scaled, [], workers=2)) == []

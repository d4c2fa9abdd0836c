"""Independent tasks, on this computer's cores or on a cluster: the one place that speaks Dask.

What all tasks share is sent once and kept by each worker; results come as they are ready. A worker
that dies is replaced, and what it was doing is done again. Why processes: decision 0014.
"""

from __future__ import annotations

import asyncio
import copyreg
import io
import logging
import os
import pickle
import signal
import tempfile
import warnings
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bandung import __version__
from bandung.errors import BandungError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FORGIVEN = 100
"""How often a task may have been on a worker that died before it is given up; Dask says 3."""
PATIENCE_S = 30
"""How long to wait for a scheduler, and for its first worker."""
END_S = 0.5
"""How long a worker may take to end by itself."""
SETTINGS = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.scheduler.allowed-failures": FORGIVEN,
    "distributed.nanny.pre-spawn-environ": {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "NPROC": "1",
    },
}
"""One thread to a worker, as there is one worker to a core; `NPROC` is what XLA asks."""


def run(
    function: Callable[[Any, Any], Any],
    tasks: Sequence[Any],
    common: object = None,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    batch: int = 1,
) -> Iterator[tuple[int, Any]]:
    """Apply a function to every task, and return results as they are ready.

    Processes end with the iterator, also when it is closed early or an error is raised. In a
    script, call this under ``if __name__ == "__main__":``, as worker processes import the script.

    Parameters
    ----------
    function
        Of `common` and a task; importable by name. The same arguments must give the same result.
    tasks
        What differs from one to the next.
    common
        What does not; sent to each worker once.
    scheduler
        Address of a Dask cluster's scheduler, ``"tcp://host:8786"``, on whose workers the same
        release of this package is installed; by default processes on this computer.
    workers
        How many processes; by default one to a core. With 0, tasks are done here, one by one.
    batch
        How many tasks are sent at a time: enough that they take longer than the sending.

    Yields
    ------
    tuple of int and result
        The task's place in `tasks`.

    Raises
    ------
    InputError
        For a scheduler that does not answer or has no workers, another release there, and a
        number of workers below 0.
    BandungError
        As the function raises it.

    Examples
    --------
    >>> from operator import mul
    >>> sorted(run(mul, [5, 6, 7], 10, workers=0))
    [(0, 50), (1, 60), (2, 70)]
    """
    if workers is not None and workers < 0:
        raise InputError(f"workers is {workers}; it must be at least 0")
    if scheduler is not None and workers is not None:
        raise InputError("a cluster has its own workers; give one of scheduler and workers")
    batches = [
        [(at, tasks[at]) for at in range(start, min(start + batch, len(tasks)))]
        for start in range(0, len(tasks), batch)
    ]
    if workers == 0:
        for at, task in enumerate(tasks):
            yield at, function(common, task)
        return
    if not batches:
        return
    with _client(scheduler, min(workers or cores(), len(batches))) as client:
        yield from _results(client, function, batches, common)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def dask_setup(worker: object) -> None:  # noqa: ARG001 - Dask calls it so
    """Leave Ctrl-C to the process that the workers belong to; Dask calls this on each of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@dataclass(frozen=True, slots=True)
class _Raised:
    """An error of ours on its way home: pickled as it is, it would be made anew from its text."""

    kind: type[BandungError]
    words: tuple[Any, ...]
    state: dict[str, Any]

    def error(self) -> BandungError:
        again = self.kind.__new__(self.kind, *self.words)
        again.__dict__.update(self.state)
        return again


def _results(
    client: Any,  # noqa: ANN401 - Dask publishes no types
    function: Callable[[Any, Any], Any],
    batches: list[list[tuple[int, Any]]],
    common: object,
) -> Iterator[tuple[int, Any]]:
    import distributed  # noqa: PLC0415 - takes a second to import

    packed = _packed((__version__, function, common))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sending large graph", category=UserWarning)
        # A task and not scattered data: Dask makes it again where the worker that had it died.
        shared = client.submit(pickle.loads, packed, pure=False)
        futures = client.map(_one_batch, batches, shared=shared, pure=False, batch_size=1000)
    completed: Any = distributed.as_completed
    for _, found in completed(futures, loop=client.loop, with_results=True):
        if isinstance(found, _Raised):
            raise found.error()
        yield from found


def _packed(whole: object) -> bytes:
    """Pickle, read-only mappings too: a world has some."""
    packed = io.BytesIO()
    pickler = pickle.Pickler(packed, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {
        **copyreg.dispatch_table,
        MappingProxyType: lambda mapping: (_read_only, (dict(mapping),)),
    }
    pickler.dump(whole)
    return packed.getvalue()


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


def _one_batch(
    batch: list[tuple[int, Any]],
    shared: tuple[str, Callable[[Any, Any], Any], Any],
) -> list[tuple[int, Any]] | _Raised:
    """Do some tasks, on a worker."""
    release, function, common = shared
    try:
        if release != __version__:
            raise InputError(
                f"the cluster's workers have bandung {__version__}, you have {release}; install "
                "the same release there"
            )
        return [(at, function(common, task)) for at, task in batch]
    except BandungError as error:
        return _Raised(type(error), error.args, dict(error.__dict__))


async def _end_workers(cluster: Any) -> None:  # noqa: ANN401 - Dask publishes no types
    """End the workers at once, in the middle of a task too: by itself, Dask waits four seconds."""
    with suppress(TimeoutError):
        await asyncio.gather(*(each.close(timeout=END_S) for each in cluster.workers.values()))


@contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """Connect to a cluster, by default one of this computer's own for the time being."""
    import dask  # noqa: PLC0415 - takes a second to import
    import distributed  # noqa: PLC0415

    connect: Any = distributed.Client
    start: Any = distributed.LocalCluster
    with ExitStack() as stack:
        if scheduler is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bandung-"))
            stack.enter_context(dask.config.set(SETTINGS))
            cluster = start(
                n_workers=workers,
                threads_per_worker=1,
                memory_limit=0,
                dashboard_address="127.0.0.1:0",
                local_directory=folder,
                preload=[__name__],
                silence_logs=logging.CRITICAL,
            )
            stack.callback(cluster.close)
            stack.callback(cluster.sync, _end_workers, cluster)
            yield stack.enter_context(connect(cluster, set_as_default=False))
            return
        try:
            client = stack.enter_context(
                connect(scheduler, set_as_default=False, timeout=PATIENCE_S)
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"no Dask scheduler answers at {scheduler} ({error}); start one with "
                "`dask scheduler` and give its address, such as tcp://host:8786"
            ) from error
        try:
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError as error:
            raise InputError(
                f"the Dask scheduler at {scheduler} has no workers; start some with "
                f"`dask worker {scheduler}`"
            ) from error
        yield client

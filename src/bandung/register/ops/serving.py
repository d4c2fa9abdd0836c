"""Serving a register on this machine: one server for a data folder, on a port that is free."""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from waitress.server import create_server  # type: ignore[import-untyped]

from bandung.errors import InputError, RegisterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

HOST, THREADS = "127.0.0.1", 8
BACKLOG = 64
MAX_BODY_BYTES = 30 * 2**20
LOCK_FILE = "serving.lock"


@contextmanager
def taken(folder: Path, address: str) -> Iterator[None]:
    """Take a data folder for one server until the block ends, whatever ends it.

    Raises
    ------
    RegisterError
        When another server has it; the message says at which address.
    """
    file = folder / LOCK_FILE
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+") as lock:
        if not _lock(lock.fileno()):
            raise RegisterError(
                f"the register in {folder} is being served already, at {lock.read().strip()}: open "
                "that address, or stop that server first"
            )
        lock.seek(0)
        lock.truncate()
        lock.write(address)
        lock.flush()
        try:
            yield
        finally:
            lock.seek(0)
            lock.truncate()


def listening(port: int) -> socket.socket:
    """Take a port of this machine; requests wait until `serve` answers them.

    Parameters
    ----------
    port
        0 means any that is free.

    Raises
    ------
    InputError
        When the port cannot be had; the message names one that can.
    """
    listener = socket.socket()
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise InputError(
            f"port {port} cannot be used ({error.strerror}); one that is free: --port {free_port()}"
        ) from None
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address of the pages, as a browser takes it."""
    return f"http://{HOST}:{listener.getsockname()[1]}/"


def serve(
    application: Callable[..., Any],
    listener: socket.socket,
    *,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Answer requests until the program is interrupted (Ctrl-C) or told to end (SIGTERM).

    Requests that have begun are answered first.

    Parameters
    ----------
    application
        What answers (WSGI).
    ready
        Is called when requests are about to be answered.
    """
    server = create_server(
        application,
        sockets=[listener],
        threads=THREADS,
        max_request_body_size=MAX_BODY_BYTES,
        clear_untrusted_proxy_headers=False,
        ident=None,
    )
    previous = signal.signal(signal.SIGTERM, _stop)
    try:
        ready()
        server.run()
    finally:
        server.close()
        signal.signal(signal.SIGTERM, previous)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - of Windows

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - not of Windows

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

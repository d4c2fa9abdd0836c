"""How JAX is used here: 64-bit floats within our own calls, programs kept between runs.

Neither touches what a caller has set: precision is switched inside the calls only, and a
compilation cache that the user has configured stays.
"""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def float64() -> AbstractContextManager[object]:
    """Return the context in which this package computes: 64-bit floats, this thread only."""
    wide: AbstractContextManager[object] = jax.enable_x64(True)  # noqa: FBT003 - JAX's signature
    return wide


def keep_programs() -> None:
    """Keep compiled programs between runs, unless the user has said where, or not to.

    Where the user's cache folder cannot be written, programs are compiled in every run.
    """
    config: Any = jax.config
    if config.jax_compilation_cache_dir is None and config.jax_enable_compilation_cache:
        folder = user_cache_path("bandung") / "compiled" / _machine()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return
        config.update("jax_compilation_cache_dir", str(folder))
        config.update("jax_persistent_cache_min_compile_time_secs", 0.05)


def _machine() -> str:
    """Name this kind of processor: a program compiled for one may not run on another."""
    described = [platform.machine(), platform.processor()]
    cpu = Path("/proc/cpuinfo")
    if cpu.is_file():
        lines = cpu.read_text(encoding="utf-8", errors="replace").splitlines()
        described += sorted({line for line in lines if line.startswith(("model name", "flags"))})
    return hashlib.sha256("\n".join(described).encode()).hexdigest()[:16]

"""How gunicorn serves the register: gunicorn --config deploy/gunicorn.conf.py."""

# ruff: noqa: INP001 - gunicorn reads it as a file
from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

# Workers put their figures together here, so that /metrics is about all of them.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="bandung-metrics-"))

wsgi_app = "bandung.web.wsgi:application"
bind = os.environ.get("BANDUNG_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("BANDUNG_WORKERS", "3"))
worker_class = "gthread"
threads = 4
timeout = 120
graceful_timeout = 30
max_requests = 2_000
max_requests_jitter = 200
# The proxy beside it; in a composition, the network that only the proxy shares with it.
forwarded_allow_ips = os.environ.get("BANDUNG_PROXY", "127.0.0.1")
errorlog = "-"
# In memory, where there is such a place: a busy disk must not look like a stuck worker.
worker_tmp_dir = next((str(place) for place in [Path("/dev/shm")] if place.is_dir()), None)  # noqa: S108


def child_exit(_server: Any, worker: Any) -> None:  # noqa: ANN401 - gunicorn's own objects
    """Forget a worker that has ended."""
    from prometheus_client import multiprocess  # noqa: PLC0415 - after the folder is named

    multiprocess.mark_process_dead(worker.pid)

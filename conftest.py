"""Django for every test, doctests included: a data folder of its own, no other machine's.

Each worker of pytest-xdist has one core, so its libraries compute with one thread.
"""

from __future__ import annotations

import os
import tempfile

import django

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC")
if "PYTEST_XDIST_WORKER" in os.environ:  # read when NumPy and JAX load, which is later
    os.environ.update(dict.fromkeys(THREADS, "1"))

# Other conftest files import models, so this stands here and not in a hook, which would be later.
os.environ["BANDUNG_DATA"] = tempfile.mkdtemp(prefix="bandung-tests-")
os.environ["DJANGO_SETTINGS_MODULE"] = "bandung.web.settings"
django.setup()

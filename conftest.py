"""Django for every test, doctests included: a data folder of its own, no other machine's."""

from __future__ import annotations

import os
import tempfile

import django

# Other conftest files import models, so this stands here and not in a hook, which would be later.
os.environ["BANDUNG_DATA"] = tempfile.mkdtemp(prefix="bandung-tests-")
os.environ["DJANGO_SETTINGS_MODULE"] = "bandung.web.settings"
django.setup()

"""The pages' messages: catalogues are compiled when they are needed, so nothing has to be built."""

from __future__ import annotations

import hashlib
import os
import tempfile
from importlib.resources import files
from typing import TYPE_CHECKING

import platformdirs
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from pathlib import Path

DOMAIN = "django"


def compiled_locales() -> str:
    """Return a folder of compiled catalogues, made anew when a catalogue has changed."""
    sources = files("bandung.register") / "locale"
    texts = {
        folder.name: (folder / f"{DOMAIN}.po").read_bytes()
        for folder in sources.iterdir()
        if folder.is_dir() and (folder / f"{DOMAIN}.po").is_file()
    }
    digest = hashlib.sha256(b"".join(texts[name] for name in sorted(texts))).hexdigest()[:16]
    base = platformdirs.user_cache_path("bandung") / "locale" / digest
    for language, text in texts.items():
        file = base / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
        if not file.is_file():
            _compile(text, language, file)
    return str(base)


def _compile(text: bytes, language: str, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=to.parent, delete=False) as out:
        write_mo(out, read_po(text.decode("utf-8").splitlines(keepends=True), locale=language))
    os.replace(out.name, to)  # noqa: PTH105 - a rename is whole or not at all

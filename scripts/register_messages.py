"""Take new messages of the register's pages up into every language's catalogue.

Templates are turned into what Babel reads by Django's own `templatize`, so that neither GNU gettext
nor a build step is needed. Messages that are gone are dropped.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "bandung"
LOCALE = PACKAGE / "register" / "locale"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def extracted() -> Catalog:
    """Return every message of the register and of the web project."""
    found = Catalog()
    for room in ("register", "web"):
        for file in sorted((PACKAGE / room).rglob("*.py")):
            if "migrations" not in file.parts:
                _add(found, file.read_text(encoding="utf-8"))
        for file in sorted((PACKAGE / room).rglob("*.html")):
            _add(found, templatize(file.read_text(encoding="utf-8"), origin=str(file)))
    return found


def update() -> None:
    """Write the catalogues anew: what was translated stays."""
    template = extracted()
    for file in sorted(LOCALE.glob("*/django.po")):
        catalog = read_po(io.BytesIO(file.read_bytes()), locale=file.parent.name)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with file.open("wb") as out:
            write_po(out, catalog, width=100, sort_output=True, no_location=True)
        missing = sum(1 for message in catalog if message.id and not message.string)
        print(f"{file.parent.name}: {len(catalog)} messages, {missing} to translate")


def _add(found: Catalog, source: str) -> None:
    lines = extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS)
    for _line, message, _comments, context in lines:
        flags = ["python-format"] if "%(" in str(message) else []
        found.add(message, flags=flags, context=context)


if __name__ == "__main__":
    update()

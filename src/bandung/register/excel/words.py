"""Texts in five languages that are part of a file format: they must be known again when read.

Headings and names of sheets are recognised in whatever language a file was made, so they stand
together in one table and not in a catalogue of messages that each server may hold differently.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from bandung.codes.countries import folded
from bandung.codes.tables import LANGUAGES
from bandung.errors import CodeUnknownError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Words:
    """A table of texts: `texts[key][lang]`."""

    texts: Mapping[str, Mapping[str, str]]

    def say(self, lang: str, key: str, **values: object) -> str:
        """Return a text in a language with its named values filled in."""
        return self.texts[key][lang].format(**values)

    def named(self, prefix: str) -> dict[str, Mapping[str, str]]:
        """Return the texts whose keys begin with a prefix and a point, without them."""
        start = f"{prefix}."
        return {
            key.removeprefix(start): texts
            for key, texts in self.texts.items()
            if key.startswith(start)
        }

    def known(self, prefix: str) -> dict[str, str]:
        """Return which key each text under a prefix stands for, in every language, folded."""
        return {
            folded(text): key
            for key, texts in self.named(prefix).items()
            for text in texts.values()
        }


@cache
def table(package: str) -> Words:
    """Return the texts of ``words.csv`` in a package."""
    text = (files(package) / "words.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return Words({row["key"]: {lang: row[lang] for lang in LANGUAGES} for row in rows})


def excel() -> Words:
    """Return the texts of the workbook of activities."""
    return table("bandung.register.excel")


def checked_language(lang: str) -> str:
    """Return a language that files are written in.

    Raises
    ------
    CodeUnknownError
        For any other.
    """
    if lang not in LANGUAGES:
        raise CodeUnknownError("language", lang, LANGUAGES)
    return lang

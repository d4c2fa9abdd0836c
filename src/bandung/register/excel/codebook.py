"""The codes that a workbook offers and knows again, by code or by name in any of five languages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, get_args

import pycountry
from babel import Locale

from bandung.codes import countries
from bandung.codes.countries import folded
from bandung.codes.tables import LANGUAGES
from bandung.register.content import BodyRole, Marker, Role, Stage, Status
from bandung.register.content import Sector as SectorPart
from bandung.register.excel import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DASH = " – "
NEAR = 3
"""How many codes or names a message suggests."""
FIXED = {
    "role": get_args(Role),
    "status": get_args(Status),
    "stage": get_args(Stage),
    "body_role": get_args(BodyRole),
    "marker": get_args(Marker),
    "vocabulary": get_args(SectorPart.model_fields["vocabulary"].annotation),
}
"""Lists that are part of the content's own definition: shown by name alone."""


@dataclass(frozen=True, slots=True)
class Option:
    """A code with its names.

    Attributes
    ----------
    names
        By language; a language that is absent falls back to English, then to the code.
    withdrawn
        Known when read, and no longer offered.
    """

    code: str
    names: Mapping[str, str]
    withdrawn: bool = False
    group: str = ""

    def name(self, lang: str) -> str:
        """Return the name in a language."""
        return self.names.get(lang) or self.names.get("en") or self.code


class AmbiguousNameError(ValueError):
    """A name that several codes have."""

    def __init__(self, near: tuple[str, ...]) -> None:
        super().__init__(", ".join(near))
        self.near = near


class UnknownNameError(ValueError):
    """A text that is neither a code nor a name."""

    def __init__(self, near: tuple[str, ...]) -> None:
        super().__init__(", ".join(near))
        self.near = near


@dataclass(frozen=True)
class Codebook:
    """Lists of codes by name. A list that it does not hold takes any code."""

    lists: Mapping[str, tuple[Option, ...]]
    _known: dict[str, _Index] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, lists: Mapping[str, Iterable[Option]]) -> Codebook:
        """Return a codebook of the register's lists, with countries, currencies and fixed lists."""
        given = {name: tuple(options) for name, options in lists.items()}
        return cls({**_standing(), **given})

    def has(self, name: str) -> bool:
        """Whether a list of that name is held."""
        return bool(self.lists.get(name))

    def offered(self, name: str) -> tuple[Option, ...]:
        """Return the codes of a list that may be chosen."""
        return tuple(option for option in self.lists.get(name, ()) if not option.withdrawn)

    def label(self, name: str, code: str, lang: str) -> str:
        """Return ``code – name``; the name alone in a fixed list, the code alone if unknown."""
        option = self._index(name).by_code.get(code)
        if option is None:
            return code
        if name in FIXED:
            return option.name(lang)
        return label_of(option, lang)

    def name(self, name: str, code: str, lang: str) -> str:
        """Return the name of a code in a language; the code where it is unknown."""
        option = self._index(name).by_code.get(code)
        return option.name(lang) if option else code

    def find(self, name: str, text: str) -> str:
        """Return the code that a text means: a code, a label, or a name in any language.

        Raises
        ------
        UnknownNameError, AmbiguousNameError
        """
        if not self.has(name):
            return text
        return self._index(name).find(text)

    def _index(self, name: str) -> _Index:
        if name not in self._known:
            self._known[name] = _Index(self.lists.get(name, ()), labelled=name not in FIXED)
        return self._known[name]


class _Index:
    def __init__(self, options: tuple[Option, ...], *, labelled: bool) -> None:
        self.by_code = {option.code: option for option in options}
        self._labelled = labelled
        self._folded: dict[str, set[str]] = defaultdict(set)
        self._found: dict[str, str] = {}
        for option in options:
            for text in (option.code, *option.names.values()):
                self._folded[folded(text)].add(option.code)

    def find(self, text: str) -> str:
        if text in self.by_code:
            return text
        if text not in self._found:
            self._found[text] = self._search(text)
        return self._found[text]

    def _search(self, text: str) -> str:
        head = text.split(DASH.strip(), 1)[0].strip()
        if self._labelled and DASH.strip() in text and head in self.by_code:
            return head
        wanted = folded(text)
        codes = self._folded.get(wanted, set())
        spelled = {code for code in codes if folded(code) == wanted}
        for found in (spelled, codes):
            if len(found) == 1:
                return next(iter(found))
        if codes:
            raise AmbiguousNameError(tuple(sorted(codes)))
        raise UnknownNameError(self._near(wanted))

    def _near(self, wanted: str) -> tuple[str, ...]:
        near = get_close_matches(wanted, list(self._folded), n=NEAR, cutoff=0.75)
        codes = [code for text in near for code in sorted(self._folded[text])]
        return tuple(dict.fromkeys(codes))[:NEAR]


def label_of(option: Option, lang: str) -> str:
    """Return what a drop-down shows of a code."""
    name = " ".join(option.name(lang).split())
    return f"{option.code}{DASH}{name}" if name != option.code else option.code


@cache
def _standing() -> dict[str, tuple[Option, ...]]:
    said = words.excel()
    fixed = {
        name: tuple(Option(str(code), said.named(name)[str(code)]) for code in codes)
        for name, codes in FIXED.items()
    }
    named = tuple(
        Option(code, {lang: countries.name(code, lang) for lang in LANGUAGES})
        for code in countries.codes()
    )
    return {**fixed, "country": named, "currency": _currencies()}


def _currencies() -> tuple[Option, ...]:
    locales = {lang: Locale(lang).currencies for lang in LANGUAGES}
    found = sorted(item.alpha_3 for item in pycountry.currencies)
    return tuple(
        Option(code, {lang: names.get(code, code) for lang, names in locales.items()})
        for code in found
    )

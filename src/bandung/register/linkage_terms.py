"""What a title is about, in terms that survive another language.

No translation model is used: the register works offline, and what links two titles has to be
shown to people in words. A word becomes, in this order: the country that it names in any of the
five languages (CLDR); a term of cooperation from
``data/linkage_terms.csv`` (our reading); a number; else its
first four letters in a spelling that Latin, French, Spanish, Portuguese and English words of one
origin share ("técnica", "technique" and "technical" all give ``tecn``).

What this cannot find: a translation that shares no country, number, listed term or root with the
original, and any Arabic word outside the list.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

from bandung.codes import countries
from bandung.codes.countries import folded
from bandung.codes.tables import LANGUAGES

if TYPE_CHECKING:
    from bandung.register.content import Content, Place

ROOT_LETTERS = 4
NAME_WORDS = 4
_SPLIT = re.compile(r"[^\w]+|_")
_CODE = re.compile(r"\w[\w/.\-]{3,}\w")
_PARTICLES = ("وال", "بال", "كال", "لل", "ال")
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_SAME_SOUND = (("ph", "f"), ("ch", "c"), ("th", "t"), ("qu", "c"), ("k", "c"), ("y", "i"))

_EMPTY_WORDS = """
a an and as at by for from in into its of on or the to with
au aux avec d dans de des du en et l la le les ou par pour sur un une
al con del el las los para por su un una y
ao aos as com da das do dos e em na nas no nos o os pela pelo
و في من على الى عن مع بين او
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())


@cache
def _terms() -> dict[str, str]:
    """Beginnings of words, and the term each stands for; the longest beginning wins."""
    found: dict[str, str] = {}
    listed = files("bandung.register").joinpath("data/linkage_terms.csv")
    for row in csv.DictReader(listed.read_text(encoding="utf-8").splitlines()):
        for beginning in row["beginnings"].split():
            found.setdefault(folded(beginning), row["term"])
    return found


@cache
def _longest_beginning() -> int:
    return max(map(len, _terms()))


@cache
def _country_names() -> dict[tuple[str, ...], str]:
    """Names of countries in the five languages, as the words they are made of."""
    found: dict[tuple[str, ...], str] = {}
    for code in countries.codes():
        for lang in LANGUAGES:
            words = tuple(_words(countries.name(code, lang)))
            if words:
                found.setdefault(words[:NAME_WORDS], code)
    return found


def meanings(text: str) -> frozenset[str]:
    """Return the terms, countries, numbers and roots that a text is made of.

    Examples
    --------
    >>> sorted(meanings("Fortalecimento da gestão hospitalar em Moçambique"))
    ['#hospital', '#management', '#strengthen', '=MOZ']
    >>> sorted(meanings("Renforcement de la gestion des hôpitaux du Mozambique"))
    ['#hospital', '#management', '#strengthen', '=MOZ']
    """
    words = _words(text)
    names = _country_names()
    found: set[str] = set()
    at = 0
    while at < len(words):
        for length in range(NAME_WORDS, 0, -1):
            code = names.get(tuple(words[at : at + length]))
            if code is not None and at + length <= len(words):
                found.add(f"={code}")
                at += length
                break
        else:
            found.add(_meaning(words[at]))
            at += 1
    return frozenset(found - {""})


def marks(text: str) -> frozenset[str]:
    """Return the references in a text: codes with digits and letters, and long numbers.

    Examples
    --------
    >>> sorted(marks("Projeto BRA/04/043-A167, 2009-2011"))
    ['BRA04043A167']
    """
    return frozenset(marks_as_written(text))


def marks_as_written(text: str) -> dict[str, str]:
    """Return the references in a text, each with how it is written there.

    Examples
    --------
    >>> marks_as_written("Projeto BRA/04/043-A167, 2009-2011")
    {'BRA04043A167': 'BRA/04/043-A167'}
    """
    found: dict[str, str] = {}
    for code in _CODE.findall(text):
        plain = "".join(c for c in code if c.isalnum()).upper()
        digits = sum(c.isdigit() for c in plain)
        lettered = any(c.isalpha() for c in plain) and digits > 1 and not _is_year_in_word(plain)
        if lettered or (plain.isdigit() and digits > 8):
            found.setdefault(plain, code)
    return found


def mark_texts(content: Content) -> list[str]:
    """Return the texts of an account in which references are looked for."""
    said = [content.identifier, *(item.reference for item in content.contributions)]
    return [*said, *content.titles.values(), *(t[:500] for t in content.descriptions.values())]


def place_keys(place: Place) -> list[str]:
    """Return what a place is compared by: its name without case and accents, and its cell."""
    keys = [folded(place.name)] if place.name else []
    if place.latitude is not None and place.longitude is not None:
        keys.append(f"{place.latitude:.1f},{place.longitude:.1f}")
    return keys


def numbers(text: str) -> frozenset[str]:
    """Return the numbers in a title, Roman ones too: what tells one of a series from the next.

    Examples
    --------
    >>> sorted(numbers("Projeto de agricultura, Fase II (2009)"))
    ['2', '2009']
    """
    words = _SPLIT.split(folded(text))
    found = {_ROMAN.get(word, word) for word in words if word in _ROMAN or word.isdigit()}
    return frozenset(found)


def _is_year_in_word(plain: str) -> bool:
    """Whether the only digits are a year, as in ``PLANO2009``."""
    digits = "".join(c for c in plain if c.isdigit())
    return len(digits) in {4, 8} and digits[:2] in {"19", "20"}


def _words(text: str) -> list[str]:
    return [word for word in _SPLIT.split(folded(text)) if word and word not in _EMPTY]


def _meaning(word: str) -> str:
    for particle in _PARTICLES:
        if word.startswith(particle) and len(word) > len(particle) + 2:
            word = word[len(particle) :]
            break
    for length in range(min(len(word), _longest_beginning()), 1, -1):
        term = _terms().get(word[:length])
        if term is not None and (length > 3 or len(word) <= length + 3):
            return f"#{term}"
    if word.isdigit():
        return "" if len(word) == 1 else word
    return _root(word) if len(word) > 2 else ""


def _root(word: str) -> str:
    for letters, sound in _SAME_SOUND:
        word = word.replace(letters, sound)
    single = word[:1] + "".join(b for a, b in pairwise(word) if a != b)
    return single[:ROOT_LETTERS]

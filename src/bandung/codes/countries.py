"""Countries: ISO 3166-1 codes (pycountry) and their names in five languages (Unicode CLDR).

Where CLDR's name is not the one the United Nations or the publishers of trade figures use,
``data/country_names.csv`` has theirs, with the reason.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import pycountry
from babel import Locale

from bandung.codes.tables import LANGUAGES, rows
from bandung.errors import CodeUnknownError


@cache
def _alpha2() -> dict[str, str]:
    return {country.alpha_3: country.alpha_2 for country in pycountry.countries}


@cache
def _named() -> dict[str, dict[str, str]]:
    """Names that are ours to give: regions, and corrections of CLDR."""
    return {row["code"]: row for file in ("regions.csv", "country_names.csv") for row in rows(file)}


def codes() -> tuple[str, ...]:
    """Return every ISO 3166-1 alpha-3 code, sorted."""
    return tuple(sorted(_alpha2()))


def is_code(text: str) -> bool:
    """Whether the text is an ISO 3166-1 alpha-3 code."""
    return text in _alpha2()


def name(code: str, lang: str = "en") -> str:
    """Return the name of a country, or of a region that worlds use, in a language.

    A code that neither list knows is its own name: worlds may declare regions of their own.

    Examples
    --------
    >>> name("CIV", "pt"), name("ROW", "en")
    ('Costa do Marfim', 'Rest of the world')
    """
    if code in _named():
        return _named()[code][f"name_{lang}"]
    if code not in _alpha2():
        return code
    return _territories(lang).get(_alpha2()[code], code)


def parse(text: str) -> str:
    """Return the alpha-3 code for a code or a name in any of the five languages.

    Raises
    ------
    CodeUnknownError
        With near names.

    Examples
    --------
    >>> parse("ci"), parse("Égypte"), parse("مصر")
    ('CIV', 'EGY', 'EGY')
    """
    known = _by_text()
    found = known.get(folded(text))
    if found is None:
        names = {name(code, lang) for code in _alpha2() for lang in LANGUAGES}
        raise CodeUnknownError("country", text, names | set(_alpha2()))
    return found


def folded(text: str) -> str:
    """Return a text without case, accents and doubled spaces, which tell no countries apart."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


@cache
def _territories(lang: str) -> dict[str, str]:
    return dict(Locale(lang).territories)


@cache
def _by_text() -> dict[str, str]:
    """Names first, so that a code always wins over a name spelled like it."""
    found = {
        folded(_territories(lang).get(alpha2, code)): code
        for code, alpha2 in _alpha2().items()
        for lang in LANGUAGES
    }
    found.update(
        {folded(row[f"name_{lang}"]): code for code, row in _named().items() for lang in LANGUAGES}
    )
    found.update({folded(alpha2): code for code, alpha2 in _alpha2().items()})
    found.update({folded(code): code for code in (*_alpha2(), *_named())})
    return found

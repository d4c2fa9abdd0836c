"""Countries behind the names of organisations, where a name says no more than the country."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import pycountry

from bandung.codes import countries
from bandung.codes.tables import LANGUAGES

_LEAD = (
    "government of",
    "royal government of",
    "federal government of",
    "embassy of",
    "gouvernement de la republique de",
    "gouvernement de",
    "gouvernement du",
    "gouvernement d'",
    "ambassade de",
    "gobierno de la republica de",
    "gobierno de",
    "gobierno del",
    "embajada de",
    "governo da republica de",
    "governo de",
    "governo do",
    "governo da",
    "embaixada de",
    "republic of",
    "federal republic of",
    "people's republic of",
    "kingdom of",
    "state of",
    "republique de",
    "republique du",
    "republique d'",
    "royaume de",
    "royaume du",
    "republica de",
    "republica del",
    "republica do",
    "republica da",
    "republica",
    "reino de",
    "estado plurinacional de",
    "estado de",
    "حكومه",
    "حكومة",
    "جمهورية",
    "دولة",
)
_TAIL = ("government", "govt")
_ARTICLES = ("the ", "la ", "le ", "les ", "l'", "el ", "los ", "las ", "o ", "a ", "os ", "as ")
_LEADS = tuple(sorted((countries.folded(lead) for lead in _LEAD), key=len, reverse=True))
_GOVERNMENT = re.compile(r"([A-Z]{2})-GOV(-|$)")


@cache
def _known() -> dict[str, str]:
    """Names of countries in five languages, and ISO's formal ones; no codes."""
    found = {
        countries.folded(name): country.alpha_3
        for country in pycountry.countries
        for key in ("official_name", "common_name", "name")
        if (name := getattr(country, key, ""))
    }
    found.update(
        {
            countries.folded(countries.name(code, lang)): code
            for code in countries.codes()
            for lang in LANGUAGES
        }
    )
    return found


@cache
def _alpha3() -> dict[str, str]:
    return {country.alpha_2: country.alpha_3 for country in pycountry.countries}


@cache
def _alpha2() -> dict[str, str]:
    return {country.alpha_3: country.alpha_2 for country in pycountry.countries}


def member(alpha2: str) -> str | None:
    """Return the alpha-3 code for an alpha-2 code, or None if there is no such country.

    Examples
    --------
    >>> member("sn"), member("XK")
    ('SEN', None)
    """
    return _alpha3().get(alpha2.strip().upper())


def alpha2(code: str) -> str:
    """Return the alpha-2 code of a member."""
    return _alpha2()[code]


@lru_cache(maxsize=10_000)
def country(name: str) -> str | None:
    """Return the country that a name stands for, or None if it is another body's name.

    Codes are not looked for: short names such as CAF are mostly those of organisations.

    Examples
    --------
    >>> country("Government of the Federal Republic of Germany"), country("REPÚBLICA DE COLOMBIA")
    ('DEU', 'COL')
    >>> country("Denmark/DANIDA"), country("CAF"), country("Bank of China")
    ('DNK', None, None)
    """
    plain = countries.folded(name)
    for text in dict.fromkeys((plain, plain.split("/")[0].strip(), plain.split(" (")[0].strip())):
        found = _without_office(text)
        if found:
            return found
    return None


def _without_office(text: str) -> str | None:
    for _ in range(3):
        for article in ("", *_ARTICLES):
            bare = text.removeprefix(article)
            if bare in _known():
                return _known()[bare]
        shorter = _shorter(text)
        if shorter == text:
            return None
        text = shorter
    return None


def _shorter(text: str) -> str:
    for article in _ARTICLES:
        text = text.removeprefix(article) if text.startswith(article) else text
    for lead in _LEADS:
        if text.startswith(lead) and (lead.endswith("'") or text[len(lead) : len(lead) + 1] == " "):
            return text[len(lead) :].strip()
    for tail in _TAIL:
        if text.endswith(" " + tail):
            return text.removesuffix(tail).strip()
    return text


def organisation(name: str, reference: str) -> str | None:
    """Return the country whose government an organisation is, by its name or its identifier.

    Examples
    --------
    >>> organisation("Foreign, Commonwealth and Development Office", "GB-GOV-1")
    'GBR'
    """
    coded = _GOVERNMENT.match(reference.strip())
    return (member(coded[1]) if coded else None) or country(name)

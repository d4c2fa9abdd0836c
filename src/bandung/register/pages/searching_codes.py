"""Finding a country, a currency or a code of a list from what somebody types."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pycountry
from babel.numbers import get_currency_name
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bandung.codes import countries
from bandung.codes.countries import folded
from bandung.codes.tables import LANGUAGES
from bandung.errors import CodeUnknownError
from bandung.register import codelists
from bandung.register.pages import localised

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNTRY, CURRENCY, TARGET = "country", "currency", "target"
SOURCES = (COUNTRY, CURRENCY, TARGET, "modality", "sector_crs", "sector_dac3", "sector_isic")
LIMIT = 12
WHOLE_LIST = 60


@dataclass(frozen=True, slots=True)
class Found:
    """An entry somebody may mean.

    Attributes
    ----------
    value
        What stands in the field once it is chosen; `resolve` reads it back.
    hint
        What tells it from its neighbours, in the page's language.
    """

    code: str
    value: str
    hint: str = ""


def search(source: str, text: str) -> tuple[Found, ...]:
    """Return the entries a text may mean, the likeliest first."""
    if source in {COUNTRY, CURRENCY}:
        return tuple(Found(code, shown(source, code)) for code in _by_name(source, text)[:LIMIT])
    lang = localised.lang()
    names = ("sdg_target", "sdg_goal") if source == TARGET else (source,)
    limit = WHOLE_LIST if source == "modality" else LIMIT
    entries = [item for name in names for item in codelists.search(name, text, lang, limit)]
    return tuple(Found(e.code, shown(source, e.code), e.hint(lang)) for e in entries[:limit])


def resolve(source: str, text: str) -> str:
    """Return the code that a text means: a code, a name, or the only entry it fits.

    Raises
    ------
    ValidationError
        When it fits none, or several; the nearest are named.
    """
    code = text.partition(" · ")[0].strip()
    if is_code(source, code):
        return code
    if is_code(source, code.upper()):
        return code.upper()
    if source == COUNTRY:
        try:
            return countries.parse(text)
        except CodeUnknownError as error:
            near = [shown(source, countries.parse(name)) for name in error.suggestions]
    else:
        near = []
    found = search(source, text)
    exact = [item for item in found if folded(text) in _names(source, item.code)]
    if len(exact) == 1 or len(found) == 1:
        return (exact or list(found))[0].code
    raise ValidationError(_unclear(text, [item.value for item in found[:5]] or near))


def is_code(source: str, code: str) -> bool:
    """Whether a text is a code of the source, withdrawn or not."""
    if source == COUNTRY:
        return countries.is_code(code)
    if source == CURRENCY:
        return code in _currencies()
    if source == TARGET:
        return codelists.find("sdg_target" if "." in code else "sdg_goal", code) is not None
    return codelists.find(source, code) is not None


def shown(source: str, code: str) -> str:
    """Return how a code stands in a field; a text that is no code stays as it is."""
    if not is_code(source, code):
        return code
    lang = localised.lang()
    if source == COUNTRY:
        return countries.name(code, lang)
    if source == CURRENCY:
        return f"{code} · {_currency_name(code, lang)}"
    if source == "modality":
        return codelists.label(source, code, lang)
    if source == TARGET:
        source = "sdg_target" if "." in code else "sdg_goal"
    return f"{code} · {codelists.label(source, code, lang)}"


def _unclear(text: str, near: Sequence[str]) -> str:
    if near:
        return _("“%(text)s” is not clear. Write one of these: %(names)s.") % {
            "text": text,
            "names": localised.either(near),
        }
    return _("“%(text)s” is not in the list: write a part of its name, or its code.") % {
        "text": text
    }


def _names(source: str, code: str) -> set[str]:
    if source == CURRENCY:
        return {folded(_currency_name(code, lang)) for lang in LANGUAGES}
    if source == COUNTRY:
        return {folded(countries.name(code, lang)) for lang in LANGUAGES}
    if source == TARGET:
        source = "sdg_target" if "." in code else "sdg_goal"
    entry = codelists.find(source, code)
    return {folded(name) for name in entry.names.values()} if entry else set()


def _by_name(source: str, text: str) -> list[str]:
    wanted = folded(text)
    lang = localised.lang()
    ranked = []
    for code, names in _words(source):
        own = names[LANGUAGES.index(lang)]
        if wanted == folded(code):
            rank = 0
        elif own.startswith(wanted):
            rank = 1
        elif any(name.startswith(wanted) for name in names):
            rank = 2
        elif any(f" {wanted}" in name for name in names):
            rank = 3
        elif any(wanted in name for name in names):
            rank = 4
        else:
            continue
        ranked.append((rank, own, code))
    return [code for _, _, code in sorted(ranked)]


@cache
def _words(source: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if source == CURRENCY:
        return tuple(
            (code, tuple(folded(_currency_name(code, lang)) for lang in LANGUAGES))
            for code in _currencies()
        )
    return tuple(
        (code, tuple(folded(countries.name(code, lang)) for lang in LANGUAGES))
        for code in countries.codes()
    )


@cache
def _currencies() -> tuple[str, ...]:
    return tuple(sorted(item.alpha_3 for item in pycountry.currencies))


@cache
def _currency_name(code: str, lang: str) -> str:
    return str(get_currency_name(code, locale=localised.locale(lang)))

"""Finding accounts by the beginnings of words, in any language.

On PostgreSQL through a full-text index of `Revision.search_text` (migration ``0002_search``), on
SQLite by looking through it. A word is looked for in the account's own text, in the names of its
codes and in the names of the countries it concerns.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from bandung.codes import countries
from bandung.codes.countries import folded
from bandung.codes.tables import LANGUAGES
from bandung.register import codelists
from bandung.register.kept import kept
from bandung.register.models import (
    Contribution,
    Revision,
    RevisionPartner,
    RevisionSector,
    RevisionTarget,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bandung.register.actor import Actor
    from bandung.register.codelists import CodeEntry

LEAST_FOR_CODES = 3
"""Shorter beginnings of words are not looked for among the names of codes and countries."""
RARE = 2_000
"""A word found in no more accounts than this is answered by its index alone."""


def fitting(actor: Actor, word: str) -> Q:
    """Return the condition that a revision has a word that begins so, folded.

    A rare word is looked up in the index, and the accounts that have it are named. Of a common
    word the index would give most accounts, to be sorted for one page of a list: there each
    account is asked in the order of the list until the page is full.
    """
    if connection.vendor == "postgresql":
        found = kept(actor, f"word {word}", lambda: _found(word))
        if len(found) <= RARE:
            return Q(pk__in=found)
        text = Q(search_text__regex=rf"\m{word}")
    else:
        text = Q(search_text__contains=word)
    for rows in _named(word):
        text |= Q(Exists(rows.filter(revision=OuterRef("pk"))))
    return text


def _found(word: str) -> tuple[int, ...]:
    """Return the revisions that have a word, or more than `RARE` of them."""
    text = RawSQL(
        "to_tsvector('simple', search_text) @@ to_tsquery('simple', %s)",
        (f"{word}:*",),
        BooleanField(),
    )
    found: QuerySet[Any, Any] = Revision.objects.filter(text).values_list("pk", flat=True)
    others = [rows.values_list("revision", flat=True) for rows in _named(word)]
    if others:
        found = found.union(*others, all=True)
    keys = tuple(found[: RARE + 1])
    return keys if len(keys) > RARE else tuple(sorted(set(keys)))


def _named(word: str) -> list[QuerySet[Any, Any]]:
    """Return the index rows whose country or code has the word in its name."""
    found: list[QuerySet[Any, Any]] = []
    if members := _countries(word):
        found.append(RevisionPartner.objects.filter(member__in=members))
    purposes = [*_codes("sector_crs", word), *_codes("sector_dac3", word)]
    if purposes:
        found.append(
            RevisionSector.objects.filter(vocabulary__in=("crs", "dac3"), code__in=purposes)
        )
    goals, targets = _codes("sdg_goal", word), _codes("sdg_target", word)
    if goals or targets:
        found.append(RevisionTarget.objects.filter(Q(goal__in=goals) | Q(code__in=targets)))
    if modalities := _codes("modality", word):
        found.append(Contribution.objects.filter(modality__in=modalities))
    return found


def _codes(name: str, word: str) -> tuple[str, ...]:
    if len(word) < LEAST_FOR_CODES:
        return ()
    listing = codelists.standing().listing(name)
    return _codes_of(listing.words, word)


def _codes_of(
    listed: Iterable[tuple[CodeEntry, dict[str, str], str]], word: str
) -> tuple[str, ...]:
    return tuple(
        entry.code
        for entry, by_language, _ in listed
        if any(f" {word}" in f" {text}" for text in by_language.values())
    )


@lru_cache(maxsize=4096)
def _countries(word: str) -> tuple[str, ...]:
    if len(word) < LEAST_FOR_CODES:
        return ()
    return tuple(
        code for code, names in _names_of_countries() if any(f" {word}" in name for name in names)
    )


@lru_cache(maxsize=1)
def _names_of_countries() -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple(
        (code, frozenset(f" {folded(countries.name(code, lang))}" for lang in LANGUAGES))
        for code in countries.codes()
    )

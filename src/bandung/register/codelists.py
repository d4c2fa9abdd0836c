"""Code lists: what the package brings, and what stands in the register now.

A list is a CSV file in ``data/codelists``; ``manifest.json`` there has its version, source and
licence. `bandung.register.actions.codelists` installs the lists and changes them; every change
raises a list's version. A code says since which version it is in use and from which version it
was withdrawn, so that a record is read by the list of its day. A list that was not installed yet
reads as the package brings it.
"""

from __future__ import annotations

import csv
import io
import json
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from bandung.codes.countries import folded
from bandung.codes.tables import LANGUAGES
from bandung.errors import CodeUnknownError
from bandung.register.content import in_language
from bandung.register.models import Code, CodeList

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

DATA = "data/codelists"
PARENT_LIST = {"sector_crs": "sector_dac3", "sdg_target": "sdg_goal"}
GROUP_LIST = {"modality": "modality_group", "indicator": "indicator_dimension"}
_NAME, _HINT = "name_", "hint_"
SAID_WITHOUT_FIGURE = frozenset({("ar", "one"), ("ar", "two")})
"""Forms of a unit, by language, that say the number themselves."""
_OWN_COLUMNS = ("code", "group", "parent", "source", "our_reading", "since_version")


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """A code of a list.

    Attributes
    ----------
    names, hints
        By language: what it is called, and a sentence that tells it from its neighbours (for an
        indicator, the question that is asked).
    group
        What it is listed under, in the list that `GROUP_LIST` names if any: A, B or C for a
        modality, the dimension for an indicator; the kind of quantity for a unit.
    parent
        The code above it, in the list that `PARENT_LIST` names.
    properties
        What else the list says of it, as text; of a modality ``units``, ``finance_type``,
        ``aid_type``, ``disbursement_channel``, ``exclusion``, ``flow``, ``account`` and
        ``account_received``; of a sector ``isic``; of a unit what it is called after a number:
        ``one_en``, ``one_fr``, ``one_es``, ``one_pt``, ``one_ar``, ``two_ar``, ``many_ar`` and
        ``other_ar``, by the plural forms of CLDR.
    source, our_reading
        Where it comes from, and whether that source leaves it to the reader.
    since_version, withdrawn_version
        The versions of the list from which it is in use, and from which it no longer is.
    """

    code: str
    names: dict[str, str]
    hints: dict[str, str] = field(default_factory=dict)
    group: str = ""
    parent: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    source: str = ""
    our_reading: bool = False
    since_version: int = 1
    withdrawn_version: int | None = None

    @property
    def units(self) -> tuple[str, ...]:
        """Units a modality is counted in, the usual one first."""
        return tuple(self.properties.get("units", "").split())

    @property
    def exclusion(self) -> str:
        """Why a modality stays out of SDG 17.3.1: a code of the list ``exclusion``, or empty."""
        return self.properties.get("exclusion", "")

    @property
    def active(self) -> bool:
        """Whether it can be chosen; a withdrawn code is still read."""
        return self.withdrawn_version is None

    def name(self, lang: str) -> str:
        """Return its name in a language, else in English, else in another, else the code."""
        return in_language(self.names, lang) or self.code

    def counted(self, form: str, lang: str) -> str:
        """Return what a unit is called after a number of a plural form; empty where it is unsaid.

        Arabic has no form of its own for nought: that for hundreds stands there.

        Examples
        --------
        >>> days = next(code for code in shipped("unit") if code.code == "days")
        >>> days.counted("one", "fr"), days.counted("two", "ar"), days.counted("other", "fr")
        ('jour', 'يومان', '')
        """
        return self.properties.get(f"{'other' if form == 'zero' else form}_{lang}", "")

    def hint(self, lang: str) -> str:
        """Return its hint in a language, else in English; empty where there is none."""
        return in_language(self.hints, lang)

    def active_on(self, version: int) -> bool:
        """Whether it is in use in a version of its list."""
        gone = self.withdrawn_version is not None and self.withdrawn_version <= version
        return self.since_version <= version and not gone


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a list that the package brings comes from."""

    version: int
    source: str
    licence: str
    accessed: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One list as it stands in one version, withdrawn codes included."""

    name: str
    version: int
    entries: tuple[CodeEntry, ...]
    by_code: dict[str, CodeEntry]
    words: tuple[tuple[CodeEntry, dict[str, str], str], ...]


class Lists:
    """All lists at one moment: one query says which versions stand, and the rest is cached."""

    def __init__(self) -> None:
        rows = CodeList.objects.values_list("name", "version", "stamp")
        self._standing = {name: (version, stamp) for name, version, stamp in rows}

    def listing(self, name: str) -> Listing:
        """Return a list.

        Raises
        ------
        CodeUnknownError
            When there is no such list.
        """
        if name in self._standing:
            return _stored(name, *self._standing[name])
        return _as_shipped(name)

    def names(self) -> tuple[str, ...]:
        """Return the names of all lists, those the package brings first."""
        return (*names(), *sorted(self._standing.keys() - set(names())))


def names() -> tuple[str, ...]:
    """Return the names of the lists that the package brings."""
    return tuple(_manifest())


def shipped(name: str) -> tuple[CodeEntry, ...]:
    """Return a list as the package brings it.

    Raises
    ------
    CodeUnknownError
        When the package brings no such list.

    Examples
    --------
    >>> experts = next(code for code in shipped("modality") if code.code == "experts")
    >>> experts.group, experts.units[0], experts.name("pt")
    ('C', 'person_days', 'Especialistas enviados')
    """
    return _as_shipped(name).entries


def shipped_version(name: str) -> int:
    """Return the version of a list that the package brings."""
    return origin(name).version


def origin(name: str) -> Origin:
    """Return source, licence and date of access of a list that the package brings.

    Raises
    ------
    CodeUnknownError
        When the package brings no such list.
    """
    if name not in _manifest():
        raise CodeUnknownError("code list", name, names())
    return _manifest()[name]


@contextmanager
def held() -> Iterator[None]:
    """Ask for the versions of the lists once, until the end of the outermost block.

    A block is as long as a request: what another process changes meanwhile is not seen in it.
    """
    if _holder.get() is not None:
        yield
        return
    token = _holder.set(_Held())
    try:
        yield
    finally:
        _holder.reset(token)


def changed() -> None:
    """Have the versions asked for again; actions call this after they changed a list."""
    holder = _holder.get()
    if holder is not None:
        holder.lists = None


def standing() -> Lists:
    """Return all lists as they stand now, or as they stood when the `held` block first asked."""
    holder = _holder.get()
    if holder is None:
        return Lists()
    if holder.lists is None:
        holder.lists = Lists()
    return holder.lists


def version(name: str) -> int:
    """Return the version of a list that stands in the register."""
    return standing().listing(name).version


def active(name: str, on_version: int | None = None) -> tuple[CodeEntry, ...]:
    """Return the codes to choose from, in the list's order, now or in an earlier version."""
    listing = standing().listing(name)
    on = listing.version if on_version is None else on_version
    return tuple(entry for entry in listing.entries if entry.active_on(on))


def find(name: str, code: str) -> CodeEntry | None:
    """Return a code, withdrawn or not; None when the list does not have it."""
    return standing().listing(name).by_code.get(code)


def entry(name: str, code: str) -> CodeEntry:
    """Return a code, withdrawn or not.

    Raises
    ------
    CodeUnknownError
        When the list does not have it; near codes are suggested.
    """
    listing = standing().listing(name)
    if code not in listing.by_code:
        raise CodeUnknownError(f"code of the list {name}", code, listing.by_code)
    return listing.by_code[code]


def is_active(name: str, code: str) -> bool:
    """Whether a code can be chosen from a list."""
    found = find(name, code)
    return found is not None and found.active


def label(name: str, code: str, lang: str) -> str:
    """Return what a code is called in a language; a code that nobody knows is its own label."""
    found = find(name, code)
    return found.name(lang) if found else code


def search(name: str, text: str, lang: str, limit: int = 20) -> tuple[CodeEntry, ...]:
    """Return the active codes that a text may mean, the likeliest first.

    The text is looked for in the code, and in the names and hints of all five languages, whatever
    its case and accents; all its words must be there. Names in `lang` come first.
    """
    listing = standing().listing(name)
    wanted = folded(text)
    if not wanted:
        return active(name)[:limit]
    ranked = []
    for position, (found, by_language, everything) in enumerate(listing.words):
        if found.active_on(listing.version):
            rank = _rank(wanted, found, by_language, everything, lang)
            if rank is not None:
                ranked.append((rank, position, found))
    return tuple(found for _, _, found in sorted(ranked, key=lambda item: item[:2])[:limit])


def isic_section(vocabulary: str, code: str) -> str:
    """Return the ISIC section a sector belongs to by our reading; empty where it is unknown.

    A CRS purpose code that the list does not have is read by its first three digits.
    """
    if vocabulary == "isic":
        return code[:1].upper() if find("sector_isic", code[:1].upper()) else ""
    if vocabulary not in {"crs", "dac3"}:
        return ""
    found = find("sector_crs", code) or find("sector_dac3", code[:3])
    return found.properties.get("isic", "") if found else ""


def as_csv(name: str) -> str:
    """Return the active codes of a list as a CSV file that `import_codes` reads."""
    entries = active(name)
    columns = columns_of(entries)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for item in entries:
        writer.writerow({column: _cell(item, column) for column in columns})
    return text.getvalue()


def columns_of(entries: tuple[CodeEntry, ...]) -> tuple[str, ...]:
    """Return the columns in which a file writes these codes."""
    properties = dict.fromkeys(key for item in entries for key in item.properties)
    named = [*(_NAME + lang for lang in LANGUAGES), *(_HINT + lang for lang in LANGUAGES)]
    return ("code", "group", "parent", *properties, *named, "source", "our_reading")


def read_row(row: dict[str, str]) -> CodeEntry:
    """Return the code that a line of a list's file says; columns of no other use are properties."""
    named = {_NAME + lang for lang in LANGUAGES} | {_HINT + lang for lang in LANGUAGES}
    cells = {key: (value or "").strip() for key, value in row.items()}
    return CodeEntry(
        code=cells["code"],
        names=_by_language(cells, _NAME),
        hints=_by_language(cells, _HINT),
        group=cells.get("group", ""),
        parent=cells.get("parent", ""),
        properties={
            key: value
            for key, value in cells.items()
            if value and key not in named and key not in _OWN_COLUMNS
        },
        source=cells.get("source", ""),
        our_reading=cells.get("our_reading", "0") == "1",
        since_version=int(cells.get("since_version") or 1),
    )


@dataclass(slots=True)
class _Held:
    lists: Lists | None = None


_holder: ContextVar[_Held | None] = ContextVar("code_lists", default=None)


@cache
def _manifest() -> dict[str, Origin]:
    text = (files("bandung.register") / DATA / "manifest.json").read_text(encoding="utf-8")
    return {name: Origin(**row) for name, row in json.loads(text).items()}


@cache
def _as_shipped(name: str) -> Listing:
    version_brought = origin(name).version
    text = (files("bandung.register") / DATA / f"{name}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return _listing(name, version_brought, tuple(read_row(row) for row in rows))


@lru_cache(maxsize=128)
def _stored(name: str, standing_version: int, stamp: UUID) -> Listing:
    """Return a list from the database; the stamp is new with every change, on every database."""
    del stamp
    rows = Code.objects.filter(list=name).order_by("position", "code")
    return _listing(name, standing_version, tuple(of_row(row) for row in rows))


def of_row(row: Code) -> CodeEntry:
    """Return the code that a row of the table is."""
    return CodeEntry(
        code=row.code,
        names=row.names,
        hints=row.hints,
        group=row.group,
        parent=row.parent,
        properties=row.properties,
        source=row.source,
        our_reading=row.our_reading,
        since_version=row.since_version,
        withdrawn_version=row.withdrawn_version,
    )


def plain(item: CodeEntry) -> CodeEntry:
    """Return a code without its versions, to see whether two say the same."""
    return replace(item, since_version=1, withdrawn_version=None)


def _listing(name: str, at: int, entries: tuple[CodeEntry, ...]) -> Listing:
    words = []
    for item in entries:
        by_language = {lang: folded(text) for lang, text in item.names.items()}
        hints = folded(" ".join(item.hints.values()))
        words.append((item, by_language, f"{item.code} {' '.join(by_language.values())} {hints}"))
    return Listing(name, at, entries, {item.code: item for item in entries}, tuple(words))


def _rank(
    wanted: str, found: CodeEntry, by_language: dict[str, str], everything: str, lang: str
) -> int | None:
    own = by_language.get(lang, "")
    code = folded(found.code)
    if wanted in (code, own):
        return 0
    if not all(word in everything for word in wanted.split()):
        return None
    tests = (
        own.startswith(wanted) or code.startswith(wanted),
        any(name.startswith(wanted) for name in by_language.values()),
        f" {wanted}" in own,
        any(f" {wanted}" in name for name in by_language.values()),
        all(word in own for word in wanted.split()),
        any(wanted in name for name in by_language.values()),
    )
    return 1 + next((rank for rank, holds in enumerate(tests) if holds), len(tests))


def _by_language(cells: dict[str, str], prefix: str) -> dict[str, str]:
    return {lang: text for lang in LANGUAGES if (text := cells.get(prefix + lang, ""))}


def _cell(item: CodeEntry, column: str) -> str:
    if column.startswith(_NAME) and column.removeprefix(_NAME) in LANGUAGES:
        return item.names.get(column.removeprefix(_NAME), "")
    if column.startswith(_HINT) and column.removeprefix(_HINT) in LANGUAGES:
        return item.hints.get(column.removeprefix(_HINT), "")
    if column == "our_reading":
        return "1" if item.our_reading else "0"
    own = {"code": item.code, "group": item.group, "parent": item.parent, "source": item.source}
    return own[column] if column in own else item.properties.get(column, "")

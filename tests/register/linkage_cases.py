"""Records with known pairs, made from the projects of Brazil's cooperation agency 2005–2011.

The file gives recipient, code, title and year. The day within the year is made from the code, and
copies are perturbed with a fixed seed; there are no quantities, sectors or bodies, so the cases are
harder than a register's. Translations were written for every 28th project with one recipient,
before any result was seen.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
import unicodedata
import zlib
from pathlib import Path
from typing import NamedTuple

from bandung.codes import countries
from bandung.codes.countries import folded
from bandung.errors import CodeUnknownError
from bandung.register.content import Content
from bandung.register.linkage import Record

TRANSLATIONS = Path(__file__).with_name("translated_titles.csv")
SEED = 1955
COPIES = 250
LARGEST_SHIFT_DAYS = 60
NAMED_OTHERWISE = {
    "Arménia": "ARM",
    "Casaquistão": "KAZ",
    "Congo": "COG",
    "Granada": "GRD",
    "Líberia": "LBR",
    "Papua-Nova-Guiné": "PNG",
    "Quênia": "KEN",
    "Rep. Dem. do Congo": "COD",
    "República dos Camarões": "CMR",
    "São Tomé e Príncipe": "STP",
    "Territórios Palestinos": "PSE",
    "Vietnam": "VNM",
    "Zimbabue": "ZWE",
}


class Project(NamedTuple):
    """A line of the file; `day` is made up within the year it gives."""

    code: str
    title: str
    recipient: str | None
    day: dt.date


def projects(folder: Path) -> list[Project]:
    """Projects with a year, one for each title and recipient: what is left repeats nothing."""
    found: dict[tuple[str, str | None], Project] = {}
    path = folder / "activities" / "brazil_abc_projects_2005_2011.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["year"].isdigit():
                title = " ".join(row["title_pt"].split())
                into_year = zlib.crc32(row["code"].encode()) % 365
                day = dt.date(int(row["year"]), 1, 1) + dt.timedelta(days=into_year)
                project = Project(row["code"], title, _recipient(row["recipient_pt"].strip()), day)
                found.setdefault((folded(title), project.recipient), project)
    return list(found.values())


def record(
    key: str,
    title: str,
    partner: str | None,
    day: dt.date,
    agency: str = "ABC",
    member: str = "BRA",
    lang: str = "pt",
) -> Record:
    """A statement with what the file gives."""
    partners = [partner] if partner else []
    return Record(
        key, member, agency, Content(titles={lang: title}, partners=partners, actual_start=day)
    )


def copies(base: list[Project]) -> tuple[list[Record], set[frozenset[str]]]:
    """Records of every project and of perturbed copies of some, and which belong together."""
    rng = random.Random(SEED)  # noqa: S311 - no secret
    records = [record(f"{n}", *item[1:]) for n, item in enumerate(base)]
    truth = set()
    for n in sorted(rng.sample(range(len(base)), COPIES)):
        item = base[n]
        day = item.day + dt.timedelta(days=rng.randint(-LARGEST_SHIFT_DAYS, LARGEST_SHIFT_DAYS))
        title = perturbed(item.title, rng)
        records.append(record(f"{n}c", title, item.recipient, day, agency="MAPA"))
        truth.add(frozenset({f"{n}", f"{n}c"}))
    return records, truth


def translated(base: list[Project]) -> tuple[list[Record], list[Record], set[frozenset[str]]]:
    """Brazil's records, the partners' in another language, and which belong together."""
    rng = random.Random(SEED)  # noqa: S311 - no secret
    own = [record(item.code, *item[1:]) for item in base]
    others, truth = [], set()
    titles = translations()
    for item in base:
        if item.code in titles and item.recipient:
            lang, title = titles[item.code]
            day = item.day + dt.timedelta(days=rng.randint(-LARGEST_SHIFT_DAYS, LARGEST_SHIFT_DAYS))
            key = f"{item.code} of {item.recipient}"
            others.append(
                record(key, title, "BRA", day, agency="", member=item.recipient, lang=lang)
            )
            truth.add(frozenset({item.code, key}))
    return own, others, truth


def translations() -> dict[str, tuple[str, str]]:
    """Language and title by the code of the project."""
    with TRANSLATIONS.open(encoding="utf-8", newline="") as file:
        return {row["code"]: (row["lang"], row["title"]) for row in csv.DictReader(file)}


def perturbed(title: str, rng: random.Random) -> str:
    """A title as another agency may write it: two of four slips."""
    words = title.split()
    slips = rng.sample(["accents", "abbreviations", "a word less", "capitals"], 2)
    if "abbreviations" in slips:
        words = [
            word[: rng.choice((4, 5, 6))] + "." if len(word) > 8 and rng.random() < 0.6 else word
            for word in words
        ]
    if "a word less" in slips and len(words) > 4:
        words.pop(rng.randrange(len(words)))
    text = " ".join(words)
    if "accents" in slips:
        plain = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in plain if not unicodedata.combining(c))
    return text.upper() if "capitals" in slips else text


def same_title(records: list[Record]) -> set[frozenset[str]]:
    """The naive baseline: pairs with one title, but for case and spaces, and the same partners."""
    groups: dict[object, list[str]] = {}
    for item in records:
        titles = tuple(" ".join(t.casefold().split()) for t in item.content.titles.values())
        groups.setdefault((titles, item.content.partners), []).append(item.key)
    return {frozenset({a, b}) for keys in groups.values() for a in keys for b in keys if a < b}


def _recipient(name: str) -> str | None:
    try:
        code = NAMED_OTHERWISE.get(name) or countries.parse(name)
    except CodeUnknownError:
        return None
    return None if code == "BRA" else code

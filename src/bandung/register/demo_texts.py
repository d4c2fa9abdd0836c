"""Texts of the demonstration register, in five languages, written for it (``data/demo``)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from bandung.codes.tables import LANGUAGES

if TYPE_CHECKING:
    from random import Random

DATA = "data/demo"
PATTERNS = (
    "{topic}: {action}, {place}",
    "{action} – {topic} ({place})",
    "{topic} ({place}) – {action}",
    "{place}: {topic}, {action}",
)

PUNCTUATION = {"fr": ((": ", " : "),), "ar": ((", ", "، "),)}


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject of cooperation.

    Attributes
    ----------
    sectors, targets
        CRS purpose codes, and targets of the Sustainable Development Goals.
    adaptation, mitigation
        Marker: 0 no objective, 1 significant, 2 principal.
    modalities
        What is given for it.
    coast
        Whether it happens at the sea.
    receivers
        Members that it makes sense for; all when empty.
    titles, reasons
        By language: its name, and a sentence on why it is needed.
    """

    key: str
    sectors: tuple[str, ...]
    targets: tuple[str, ...]
    adaptation: int
    mitigation: int
    modalities: tuple[str, ...]
    coast: bool
    receivers: tuple[str, ...]
    titles: dict[str, str]
    reasons: dict[str, str]


@dataclass(frozen=True, slots=True)
class Deed:
    """What is usually given of a modality: unit, from how much to how much, and its price.

    `usd` is the price of one unit in US dollars.
    """

    modality: str
    unit: str
    low: float
    high: float
    usd: float
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Town:
    """Where something happens; coordinates in degrees."""

    member: str
    latitude: str
    longitude: str
    coast: bool
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result that suits a family of modalities."""

    family: str
    unit: str
    low: int
    high: int
    titles: dict[str, str]


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the lines of a file of ``data/demo``."""
    text = (files("bandung.register") / DATA / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text, newline="")))


@cache
def topics() -> tuple[Topic, ...]:
    """Return every subject."""
    return tuple(
        Topic(
            key=row["key"],
            sectors=tuple(row["sectors"].split()),
            targets=tuple(row["targets"].split()),
            adaptation=int(row["adaptation"]),
            mitigation=int(row["mitigation"]),
            modalities=tuple(row["modalities"].split()),
            coast=row["coast"] == "1",
            receivers=tuple(row["receivers"].split()),
            titles=_by_language(row, "title_"),
            reasons=_by_language(row, "why_"),
        )
        for row in rows("topics")
    )


@cache
def deeds() -> dict[str, Deed]:
    """Return what is usually given, by modality."""
    return {
        row["modality"]: Deed(
            modality=row["modality"],
            unit=row["unit"],
            low=float(row["low"]),
            high=float(row["high"]),
            usd=float(row["usd"]),
            names=_by_language(row),
        )
        for row in rows("actions")
    }


@cache
def towns(member: str) -> tuple[Town, ...]:
    """Return a member's towns."""
    return tuple(
        Town(
            member=row["member"],
            latitude=row["latitude"],
            longitude=row["longitude"],
            coast=row["coast"] == "1",
            names=_by_language(row),
        )
        for row in rows("places")
        if row["member"] == member
    )


@cache
def outcomes(family: str) -> tuple[Outcome, ...]:
    """Return the results that suit a family of modalities."""
    return tuple(
        Outcome(row["family"], row["unit"], int(row["low"]), int(row["high"]), _by_language(row))
        for row in rows("results")
        if row["family"] == family
    )


@cache
def phrases(kind: str) -> tuple[dict[str, str], ...]:
    """Return sentences of a kind, each by language."""
    return tuple(_by_language(row) for row in rows("phrases") if row["kind"] == kind)


def titles(
    rng: Random, topic: Topic, deed: Deed, town: Town, *, second_phase: bool
) -> dict[str, str]:
    """Compose the title of an activity in five languages."""
    pattern = rng.choice(PATTERNS)
    found = {}
    for lang in LANGUAGES:
        title = pattern.format(
            topic=topic.titles[lang], action=deed.names[lang], place=town.names[lang]
        )
        if second_phase:
            title += f", {phrases('phase')[0][lang]}"
        for mark, own in PUNCTUATION.get(lang, ()):
            title = title.replace(mark, own)
        found[lang] = title[0].upper() + title[1:]
    return found


def descriptions(rng: Random, topic: Topic) -> dict[str, str]:
    """Compose the description of an activity in five languages: why, how, and what follows."""
    how, following = rng.choice(phrases("how")), rng.choice(phrases("next"))
    return {lang: f"{topic.reasons[lang]} {how[lang]} {following[lang]}" for lang in LANGUAGES}


def _by_language(row: dict[str, str], prefix: str = "") -> dict[str, str]:
    return {lang: row[prefix + lang] for lang in LANGUAGES}

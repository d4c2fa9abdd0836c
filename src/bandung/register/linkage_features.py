"""A statement as record linkage sees it: one row for each language of its title."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from bandung.codes.countries import folded
from bandung.register.linkage_terms import mark_texts, marks, meanings, numbers, place_keys

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from bandung.register.content import Content

NEAR_QUANTITY = 1.1
"""Totals within about this ratio of each other fall into neighbouring steps."""
FEW = 10
"""Exact quantities below it (two workshops, five experts) are equal by chance too often."""
BLOCK_AT_MOST = 60
"""Rows under one blocking key; a key that more share says little and would cost their square."""
UNKNOWN_LANGUAGE = "und"


@dataclass(frozen=True, slots=True)
class Record:
    """A statement to be compared with others.

    Attributes
    ----------
    key
        By which the caller knows it.
    member, agency
        Whose it is.
    content
        What it says, in the revision that the viewer of the suggestions may see.
    activity
        The activity it is a statement of; two of one activity are never suggested.
    """

    key: str
    member: str
    agency: str
    content: Content
    activity: str = ""


class Row(NamedTuple):
    """Columns of the table that is linked; lists are sorted and without repeats."""

    unique_id: str
    record: str
    activity: str
    member: str
    agency: str
    lang: str
    langs: list[str]
    heading: str
    title: str
    meanings: list[str]
    weights: dict[str, float]
    weight: float
    numbers: list[str]
    parties: list[str]
    start: int | None
    totals: list[str]
    amounts: list[str]
    steps: list[str]
    steps_near: list[str]
    units: list[str]
    subjects: list[str]
    fields: list[str]
    vocabularies: list[str]
    marks: list[str]
    places: list[str]
    bodies: list[str]
    keys: list[str]


_STRINGS = pa.list_(pa.string())
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("unique_id", "record", "activity", "member", "agency")),
        ("lang", pa.string()),
        ("langs", _STRINGS),
        ("heading", pa.string()),
        ("title", pa.string()),
        ("meanings", _STRINGS),
        ("weights", pa.map_(pa.string(), pa.float64())),
        ("weight", pa.float64()),
        ("numbers", _STRINGS),
        ("parties", _STRINGS),
        ("start", pa.int32()),
        *((name, _STRINGS) for name in Row._fields[15:]),
    ]
)


def tables(
    own: Sequence[Record], others: Sequence[Record] | None
) -> tuple[pa.Table, pa.Table | None]:
    """Return the rows of the viewer's own records and of those others shared with it.

    How much a word weighs and which keys are too common depend on these records alone, so that
    nothing hidden from the viewer moves a suggestion.
    """
    mine = [_Features.of(record, shared=False) for record in own]
    other = [_Features.of(record, shared=True) for record in others or ()]
    frequency = Counter(
        meaning for item in (*mine, *other) for meaning in frozenset().union(*item.titles.values())
    )
    total = len(mine) + len(other)
    weight = {
        meaning: math.log2((total + 20) / (count + 1)) for meaning, count in frequency.items()
    }
    kept = _blocking_keys([*mine, *other])
    made = [_table(side, weight, keys) for side, keys in _sides(mine, other, kept)]
    return made[0], made[1] if others is not None else None


@dataclass(frozen=True, slots=True)
class _Features:
    """What is taken from one record, before words are weighed against all the others."""

    record: Record
    titles: dict[str, frozenset[str]]
    start: dt.date | None
    totals: dict[str, Decimal]
    quantities: frozenset[str]
    subjects: frozenset[str]
    marks: frozenset[str]
    contexts: tuple[str, ...]

    @classmethod
    def of(cls, record: Record, *, shared: bool) -> _Features:
        content = record.content
        titles = {
            lang: meanings(text) for lang, text in sorted(content.titles.items()) if text
        } or {UNKNOWN_LANGUAGE: frozenset()}
        totals: dict[str, Decimal] = {}
        for item in content.contributions:
            if item.quantity is not None:
                unit = item.currency or item.unit
                totals[unit] = totals.get(unit, 0 * item.quantity) + item.quantity
        stated = {
            (item.currency or item.unit, item.quantity)
            for item in content.contributions
            if item.quantity is not None
        }
        return cls(
            record=record,
            titles=titles,
            start=content.start or content.end,
            totals=totals,
            quantities=frozenset(
                f"{unit}:{quantity.normalize():f}"
                for unit, quantity in {*stated, *totals.items()}
                if quantity >= FEW
            ),
            subjects=_subjects(content),
            marks=frozenset().union(*(marks(text) for text in mark_texts(content))),
            contexts=(record.member,) if shared else tuple(sorted(content.partners)) or ("",),
        )

    def keys(self) -> list[tuple[str, int | None]]:
        """Return what another record must share to be compared at all, with the year."""
        year = self.start.year if self.start else None
        shared = {f"w|{meaning}" for meanings in self.titles.values() for meaning in meanings}
        shared |= {f"q|{quantity}" for quantity in self.quantities}
        shared |= {f"s|{subject}" for subject in self.subjects}
        keys = [(f"{context}|{key}", year) for context in self.contexts for key in sorted(shared)]
        return keys + [(f"m|{mark}", year) for mark in sorted(self.marks)]


def _blocking_keys(items: Sequence[_Features]) -> list[list[str]]:
    """Keys of each record that few share; a common key counts together with the year.

    Two keys stand for each common one, so that dates a year apart still meet.
    """
    all_keys = [item.keys() for item in items]
    common = Counter(key for keys in all_keys for key, _ in keys)
    finer = [
        [
            part
            for key, year in keys
            for part in ([key] if common[key] <= BLOCK_AT_MOST else _with_year(key, year))
        ]
        for keys in all_keys
    ]
    count = Counter(key for keys in finer for key in keys)
    return [[key for key in keys if 1 < count[key] <= BLOCK_AT_MOST] for keys in finer]


def _with_year(key: str, year: int | None) -> list[str]:
    if year is None:
        return []
    return [f"{key}|{year // 2 * 2}", f"{key}|{(year + 1) // 2 * 2 - 1}"]


def _sides(
    mine: list[_Features], other: list[_Features], keys: list[list[str]]
) -> Iterable[tuple[list[_Features], list[list[str]]]]:
    yield mine, keys[: len(mine)]
    yield other, keys[len(mine) :]


def _table(
    items: Sequence[_Features], weight: dict[str, float], keys: Sequence[list[str]]
) -> pa.Table:
    rows = [
        _row(item, lang, weight, key)
        for item, key in zip(items, keys, strict=True)
        for lang in item.titles
    ]
    columns = list(zip(*rows, strict=True)) or [()] * len(Row._fields)
    return pa.table(
        [
            pa.array(
                [list(value.items()) for value in column] if name == "weights" else list(column),
                type=SCHEMA.field(name).type,
            )
            for name, column in zip(Row._fields, columns, strict=True)
        ],
        schema=SCHEMA,
    )


def _row(item: _Features, lang: str, weight: dict[str, float], keys: list[str]) -> Row:
    content = item.record.content
    words = sorted(item.titles[lang])
    weights = {word: weight[word] for word in words}
    steps = {
        (unit, round(math.log(float(total)) / math.log(NEAR_QUANTITY)))
        for unit, total in item.totals.items()
        if total > 0
    }
    return Row(
        unique_id=f"{item.record.key}\x1f{lang}",
        record=item.record.key,
        activity=item.record.activity,
        member=item.record.member,
        agency=item.record.agency,
        lang=lang,
        langs=sorted(item.titles),
        heading=content.titles.get(lang, ""),
        title=folded(content.titles.get(lang, "")),
        meanings=words,
        weights=weights,
        weight=sum(weights.values()),
        numbers=sorted(numbers(content.titles.get(lang, ""))),
        parties=sorted({item.record.member, *content.partners}),
        start=item.start.toordinal() if item.start else None,
        totals=sorted(f"{unit}:{total.normalize():f}" for unit, total in item.totals.items()),
        amounts=sorted(item.quantities),
        steps=sorted(f"{unit}:{step}" for unit, step in steps),
        steps_near=sorted({f"{u}:{step + by}" for u, step in steps for by in (-1, 0, 1)}),
        units=sorted(unit for unit, total in item.totals.items() if total > 0),
        subjects=sorted(item.subjects),
        fields=sorted({_field(subject) for subject in item.subjects}),
        vocabularies=sorted({subject.partition(":")[0] for subject in item.subjects}),
        marks=sorted(item.marks),
        places=sorted(_places(content)),
        bodies=sorted({folded(body.name) for body in content.bodies if body.name}),
        keys=keys,
    )


def _subjects(content: Content) -> frozenset[str]:
    """Sectors and SDG targets; codes of a member's own list are nobody else's."""
    sectors = {
        f"{'crs' if item.vocabulary == 'dac3' else item.vocabulary}:{item.code}"
        for item in content.sectors
        if item.vocabulary != "own"
    }
    return frozenset(sectors | {f"sdg:{code}" for code in content.targets})


def _field(subject: str) -> str:
    """Return the wider field: the first three digits of a purpose, the goal of a target."""
    vocabulary, _, code = subject.partition(":")
    return f"{vocabulary}:{code.partition('.')[0] if vocabulary == 'sdg' else code[:3]}"


def _places(content: Content) -> set[str]:
    """Names, and cells of a tenth of a degree (about eleven kilometres)."""
    return {key for place in content.places for key in place_keys(place)}

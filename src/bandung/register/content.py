"""What one party says of an activity: the content of a statement, however it was entered.

Forms, Excel, IATI and the API all end in a `Content`. Its canonical JSON is what a revision
keeps, what the digest is taken of and what an import compares, so that the same account is the
same text wherever it came from. Codes are checked against the register's code lists in
`bandung.register.completeness`; here stand only the rules that hold whatever the lists say.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import uuid4

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from bandung.codes import countries

MONEY = "money"
MAX_TEXT = 20_000
MAX_NAME = 500
MAX_ITEMS = 2_000

Role = Literal["provides", "receives", "both", "facilitates"]
Status = Literal["planned", "under_way", "finishing", "closed", "cancelled", "suspended"]
Stage = Literal["planned", "committed", "delivered"]
BodyRole = Literal["funding", "accountable", "extending", "implementing"]
Marker = Literal[0, 1, 2]


def _member(code: str) -> str:
    if not countries.is_code(code):
        raise ValueError(f"{code!r} is no ISO 3166-1 alpha-3 code")
    return code


def _language(code: str) -> str:
    if not (2 <= len(code) <= 3 and code.isascii() and code.isalpha() and code.islower()):
        raise ValueError(f"{code!r} is no language code: write two lower-case letters, as in 'fr'")
    return code


def _plain(value: Decimal) -> str:
    text = format(value.normalize(), "f")
    return "0" if text in {"-0", ""} else text


def _without_nul(text: object) -> object:
    if isinstance(text, str):
        return text.replace("\x00", "").strip()
    return text


def _without_empty(texts: dict[str, str]) -> dict[str, str]:
    return {language: text for language, text in texts.items() if text}


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("a number is asked for")
    return value


def new_key() -> str:
    """Return a key by which a contribution is known through every revision."""
    return uuid4().hex[:12]


Number = Annotated[
    Decimal,
    Field(max_digits=24, decimal_places=6),
    AfterValidator(_finite),
    PlainSerializer(_plain, return_type=str),
]
MemberCode = Annotated[str, AfterValidator(_member)]
Line = Annotated[str, Field(max_length=MAX_NAME), BeforeValidator(_without_nul)]
Paragraphs = Annotated[str, Field(max_length=MAX_TEXT), BeforeValidator(_without_nul)]
Lines = Annotated[
    dict[Annotated[str, AfterValidator(_language)], Line], AfterValidator(_without_empty)
]
Texts = Annotated[
    dict[Annotated[str, AfterValidator(_language)], Paragraphs], AfterValidator(_without_empty)
]
Code = Annotated[str, Field(max_length=40), BeforeValidator(_without_nul)]
Key = Annotated[str, Field(min_length=1, max_length=40), BeforeValidator(_without_nul)]


class Part(BaseModel):
    """A part of a statement: unknown fields are refused, and what is said once does not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sector(Part):
    """A purpose of the activity; `share` is its percentage where several are given."""

    vocabulary: Literal["crs", "dac3", "isic", "own"] = "crs"
    code: Code
    share: Number | None = Field(default=None, ge=0, le=100)


class Place(Part):
    """Where it happens; coordinates in degrees, WGS 84."""

    name: Line = ""
    country: MemberCode | None = None
    latitude: Number | None = Field(default=None, ge=-90, le=90)
    longitude: Number | None = Field(default=None, ge=-180, le=180)


class Body(Part):
    """An organisation taking part, with its identifier in IATI's organisation lists if known."""

    name: Line
    role: BodyRole = "implementing"
    reference: Line = ""
    kind: Code = ""
    country: MemberCode | None = None


class Valuation(Part):
    """What a quantity is said to be worth, by whose method, at which price date.

    `rate` is the price of one unit of the currency in US dollars on `price_date`.
    """

    amount: Number
    currency: Code
    price_date: dt.date | None = None
    method: Code = ""
    rate: Number | None = Field(default=None, gt=0)
    rate_source: Line = ""


class Contribution(Part):
    """What one party gave another: a quantity first, a value if somebody states one.

    `provider` and `receiver` are members; where one is an organisation of no one country, its
    name stands in `provider_name` or `receiver_name`. `quantity` is in `unit`; with the unit
    ``money`` it is an amount of `currency`.
    """

    key: Key = Field(default_factory=new_key)
    modality: Code
    stage: Stage = "delivered"
    provider: MemberCode | None = None
    provider_name: Line = ""
    receiver: MemberCode | None = None
    receiver_name: Line = ""
    quantity: Number | None = None
    unit: Code = ""
    currency: Code = ""
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    note: Paragraphs = ""
    valuation: Valuation | None = None
    exclusion: Code = ""
    reference: Line = ""

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.period_start and self.period_end and self.period_end < self.period_start:
            raise ValueError(
                f"the period ends on {self.period_end}, before it begins on {self.period_start}"
            )
        if self.unit == MONEY and not self.currency:
            raise ValueError("an amount of money needs its currency, as in USD")
        if self.unit != MONEY and self.currency:
            raise ValueError(
                f"the currency {self.currency} belongs to money; the unit here is {self.unit!r}: "
                "state what it is worth as a valuation"
            )
        return self

    @property
    def year(self) -> int | None:
        """The year it is counted in: the one in which its period ends."""
        day = self.period_end or self.period_start
        return day.year if day else None


class Result(Part):
    """What was achieved, measured as the parties chose to measure it."""

    title: Lines
    unit: Line = ""
    baseline: Number | None = None
    target: Number | None = None
    actual: Number | None = None
    period_start: dt.date | None = None
    period_end: dt.date | None = None


class Document(Part):
    """A document that stands elsewhere."""

    title: Lines
    url: Annotated[str, Field(max_length=2_000, pattern=r"^https?://\S+$")]
    format: Line = ""


class Content(Part):
    """One party's account of an activity.

    Examples
    --------
    >>> content = Content(titles={"fr": "Puits à Kayes"}, role="receives", partners=["BRA"])
    >>> content.title("ar"), content == Content.read(content.canonical())
    ('Puits à Kayes', True)
    """

    titles: Lines = {}
    descriptions: Texts = {}
    role: Role = "provides"
    status: Status = "under_way"
    partners: Annotated[tuple[MemberCode, ...], Field(max_length=250)] = ()
    planned_start: dt.date | None = None
    planned_end: dt.date | None = None
    actual_start: dt.date | None = None
    actual_end: dt.date | None = None
    sectors: Annotated[tuple[Sector, ...], Field(max_length=MAX_ITEMS)] = ()
    targets: Annotated[tuple[Code, ...], Field(max_length=200)] = ()
    adaptation: Marker | None = None
    mitigation: Marker | None = None
    places: Annotated[tuple[Place, ...], Field(max_length=MAX_ITEMS)] = ()
    bodies: Annotated[tuple[Body, ...], Field(max_length=MAX_ITEMS)] = ()
    contributions: Annotated[tuple[Contribution, ...], Field(max_length=MAX_ITEMS)] = ()
    results: Annotated[tuple[Result, ...], Field(max_length=MAX_ITEMS)] = ()
    documents: Annotated[tuple[Document, ...], Field(max_length=MAX_ITEMS)] = ()
    reported_elsewhere: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    identifier: Line = ""

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        for start, end, which in (
            (self.planned_start, self.planned_end, "planned"),
            (self.actual_start, self.actual_end, "actual"),
        ):
            if start and end and end < start:
                raise ValueError(f"the {which} end {end} is before the {which} start {start}")
        if len(set(self.partners)) < len(self.partners):
            raise ValueError("a partner is named twice")
        keys = [item.key for item in self.contributions]
        if len(set(keys)) < len(keys):
            raise ValueError("two contributions have the same key")
        return self

    @property
    def start(self) -> dt.date | None:
        """The day it began, or is to begin."""
        return self.actual_start or self.planned_start

    @property
    def end(self) -> dt.date | None:
        """The day it ended, or is to end."""
        return self.actual_end or self.planned_end

    def title(self, lang: str) -> str:
        """Return the title in a language, or in another one that it was given in."""
        return in_language(self.titles, lang)

    def description(self, lang: str) -> str:
        """Return the description in a language, or in another one that it was given in."""
        return in_language(self.descriptions, lang)

    def canonical(self) -> str:
        """Return the JSON that is kept: keys sorted, nothing left to the reader's taste."""
        return json.dumps(self.record(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def record(self) -> dict[str, object]:
        """Return the content as JSON values, without what was left empty."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the content that a canonical JSON says."""
        return cls.model_validate_json(text)


def in_language(texts: dict[str, str], lang: str) -> str:
    """Return a text in a language, else in English, else in the first one it was given in."""
    for wanted in (lang, "en"):
        if texts.get(wanted):
            return texts[wanted]
    return next((text for _, text in sorted(texts.items()) if text), "")

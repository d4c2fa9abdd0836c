"""What a group's members did together, for the brief and for programs."""

# ruff: noqa: TC002 - the framework reads the annotations at run time

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from bandung.register.api import caller
from bandung.register.api.tokens import OPEN
from bandung.register.selection import FIRST_YEAR, LAST_YEAR
from bandung.register.together import together

router = Router(tags=["Together"])
Year = Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)]


class Exchanges(BaseModel):
    """How many exchanges both record alike, record differently, or one of the two records."""

    agree: int
    differ: int
    one_side: int


class Said(BaseModel):
    """What one side says; null where nobody states a quantity, or a value."""

    contributions: int
    quantity: str | None
    without_quantity: int
    value_usd: str | None
    with_value: int


class Line(BaseModel):
    """All of one modality in one unit, from one member to another."""

    modality: str
    unit: str
    currency: str
    provider_says: Said
    receiver_says: Said
    exchanges: Exchanges


class Pair(BaseModel):
    """What one member gave another."""

    provider: str
    receiver: str
    activities: int
    exchanges: Exchanges
    lines: list[Line]


class YearCount(BaseModel):
    """Activities with something delivered in a year."""

    year: int
    activities: int


class GoalCount(BaseModel):
    """Activities that name a goal."""

    goal: str
    activities: int


class Names(BaseModel):
    """Names of codes, by code and language."""

    modality: dict[str, dict[str, str]]
    unit: dict[str, dict[str, str]]


class Together(BaseModel):
    """What is on record among some members, as the caller sees it."""

    version: Literal[1]
    members: list[str]
    seen_by: str = Field(description="A member's code, or `public`.")
    since: int | None
    until: int | None
    activities: int
    years: list[YearCount]
    goals: list[GoalCount]
    exchanges: Exchanges
    pairs: list[Pair]
    names: Names


@router.get("/together", response=Together, auth=OPEN, summary="What some members did together")
def read_together(
    request: HttpRequest,
    members: Annotated[
        str,
        Query(
            max_length=1_000,
            pattern=r"^[A-Z]{3}(,[A-Z]{3})*$",
            description="As in `BRA,MOZ`.",
        ),
    ],
    since: Year = None,
    until: Year = None,
) -> dict[str, object]:
    """Give both sides' figures of what the members gave one another, side by side."""
    return together(caller.actor(request), members.split(","), since, until)

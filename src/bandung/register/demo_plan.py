"""What the demonstration register is to hold, before any of it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bandung.register.content import Content

Reach = Literal["draft", "agency_approved", "approved", "shared", "published"]
Scenario = Literal[
    "agreed",
    "differs",
    "one_sided_contribution",
    "only_provider",
    "only_receiver",
    "objected",
    "draft",
    "in_approval",
    "triangular",
    "duplicate",
    "unlinked",
]


@dataclass(frozen=True, slots=True)
class PlannedAgency:
    """A body of a member; `key` is its reference in IATI files."""

    key: str
    member: str
    name: str
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """A person of an agency, or an administrator of the server where `agency` is empty."""

    email: str
    name: str
    role: str
    agency: str
    language: str


@dataclass(frozen=True, slots=True)
class PlannedStatement:
    """One member's account, and how far it has gone."""

    member: str
    agency: str
    content: Content
    reach: Reach


@dataclass(frozen=True, slots=True)
class PlannedResponse:
    """What the receiving member says to a contribution of the first statement."""

    member: str
    contribution: str
    accepts: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlannedAssessment:
    """One member's answers: score (0 to 4, or None) and comment by indicator."""

    member: str
    answers: dict[str, tuple[int | None, str]]
    shared: bool


@dataclass(frozen=True, slots=True)
class PlannedActivity:
    """An activity with the statements of its parties, the first to speak first."""

    scenario: Scenario
    statements: tuple[PlannedStatement, ...]
    responses: tuple[PlannedResponse, ...] = ()
    assessments: tuple[PlannedAssessment, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole demonstration register."""

    seed: int
    agencies: tuple[PlannedAgency, ...]
    people: tuple[PlannedPerson, ...]
    activities: tuple[PlannedActivity, ...]

    def members(self) -> tuple[str, ...]:
        """Return the members' codes, sorted."""
        return tuple(sorted({agency.member for agency in self.agencies}))

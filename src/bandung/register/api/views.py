"""What the API says of things, as the caller sees them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue
from pydantic_core import to_jsonable_python

from bandung.register.content import Content, Role, Status
from bandung.register.models import Revision, RevisionPartner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bandung.register import reconcile
    from bandung.register.visibility import View

Verdict = Literal["agreed", "differs", "only_ours", "only_theirs", "not_compared"]
State = Literal["draft", "agency_approved", "approved", "shared", "published"]


class Summary(BaseModel):
    """A statement in a list, in the revision that the caller sees."""

    id: UUID
    activity: UUID
    member: str
    agency: str | None = None
    reference: str
    own: bool = Field(description="Whether it is the caller's own member's.")
    revision: int
    state: State
    version: int | None = Field(
        default=None, description="Of the caller's own statements: what If-Match takes."
    )
    modified_at: dt.datetime
    titles: dict[str, str]
    role: Role
    status: Status
    start: dt.date | None = None
    end: dt.date | None = None
    partners: list[str]


class Statement(BaseModel):
    """A statement in the revision that the caller sees."""

    id: UUID
    activity: UUID
    member: str
    agency: str | None = None
    reference: str
    own: bool = Field(description="Whether it is the caller's own member's.")
    revision: int
    state: State
    version: int | None = Field(
        default=None, description="Of the caller's own statements: what If-Match takes."
    )
    modified_at: dt.datetime
    remark: str | None = None
    content: Content


class FieldComparison(BaseModel):
    """A field as the two state it."""

    name: str
    verdict: Verdict
    ours: JsonValue
    theirs: JsonValue


class ContributionComparison(BaseModel):
    """A contribution that both state, or one of the two alone."""

    ours: str | None = Field(description="Its key in the first member's statement.")
    theirs: str | None = Field(description="Its key in the second member's statement.")
    verdict: Verdict
    how: Literal["people", "key", "nearest"] | None
    concerns_both: bool
    fields: list[FieldComparison]


class Counts(BaseModel):
    """How many there are of each verdict."""

    agreed: int
    differs: int
    only_ours: int
    only_theirs: int
    not_compared: int


class Comparison(BaseModel):
    """Two statements of one activity, side by side: neither overrides the other."""

    members: list[str] = Field(description="Whose 'ours' and 'theirs' are.")
    agreed: bool
    fields: list[FieldComparison]
    contributions: list[ContributionComparison]
    field_counts: Counts
    contribution_counts: Counts


class ActivitySummary(BaseModel):
    """An activity in a list."""

    id: UUID
    statements: list[Summary]


class Activity(BaseModel):
    """An activity, with everybody's statement that the caller may see."""

    id: UUID
    statements: list[Statement]
    comparisons: list[Comparison]


class Page(BaseModel):
    """Some of a list; `next` is the cursor of what follows, null at the end."""

    items: list[ActivitySummary]
    count: int = Field(description="How many there are in all.")
    next: str | None = None


def summary(view: View, partners: Iterable[RevisionPartner]) -> Summary:
    """Return a statement for a list."""
    revision = view.revision
    return Summary(
        **_heading(view),
        titles=revision.said().titles,
        role=revision.role,
        status=revision.status,
        start=revision.start,
        end=revision.end,
        partners=sorted(row.member_id for row in partners),
    )


def statement(view: View) -> Statement:
    """Return a statement with all it says."""
    return Statement(
        **_heading(view),
        remark=view.revision.remark or None if view.own else None,
        content=view.revision.said(),
    )


def comparison(found: reconcile.Comparison) -> Comparison:
    """Return a comparison as JSON values."""
    return Comparison(
        members=list(found.members),
        agreed=found.is_agreed,
        fields=[_field(item) for item in found.fields],
        contributions=[
            ContributionComparison(
                ours=item.ours.key if item.ours else None,
                theirs=item.theirs.key if item.theirs else None,
                verdict=item.verdict,
                how=item.how,
                concerns_both=item.concerns_both,
                fields=[_field(part) for part in item.fields],
            )
            for item in found.contributions
        ],
        field_counts=_counts(found.field_counts),
        contribution_counts=_counts(found.contribution_counts),
    )


def _heading(view: View) -> dict[str, object]:
    item, revision = view.statement, view.revision
    return {
        "id": item.pk,
        "activity": item.activity_id,
        "member": item.member_id,
        "agency": item.agency.name if item.agency else None,
        "reference": item.reference,
        "own": view.own,
        "revision": revision.number,
        "state": Revision.State(revision.state).value,
        "version": item.version if view.own else None,
        "modified_at": revision.modified_at,
    }


def _field(item: reconcile.FieldComparison) -> FieldComparison:
    return FieldComparison(
        name=item.name,
        verdict=item.verdict,
        ours=to_jsonable_python(item.ours),
        theirs=to_jsonable_python(item.theirs),
    )


def _counts(found: reconcile.Counts) -> Counts:
    return Counts(
        agreed=found.agreed,
        differs=found.differs,
        only_ours=found.only_ours,
        only_theirs=found.only_theirs,
        not_compared=found.not_compared,
    )

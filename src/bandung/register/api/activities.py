"""Activities: lists, search, and one with everybody's statement side by side."""

# ruff: noqa: TC002 - the framework reads the annotations at run time

from __future__ import annotations

import base64
import binascii
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from ninja import Query, Router
from ninja.errors import HttpError
from pydantic import BaseModel, Field

from bandung.register import visibility
from bandung.register.api import caller, views
from bandung.register.api.tokens import OPEN
from bandung.register.content import MemberCode, Stage, Status
from bandung.register.models import Activity, RevisionPartner
from bandung.register.selection import FIRST_YEAR, LAST_YEAR, Selection, accounts
from bandung.register.side_by_side import beside
from bandung.register.visibility import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bandung.register import reconcile
    from bandung.register.actor import Actor
    from bandung.register.models import Revision

router = Router(tags=["Activities"])
PAGE = 50
MOST = 200
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
ShortCode = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_.\-]*$")]


class Filters(BaseModel):
    """What is looked for, as in the addresses of the pages."""

    text: str = Field(
        default="",
        max_length=200,
        description="Words, each of which has to begin a word of the account, of a code's name or "
        "of a country's, in any of the five languages.",
    )
    member: MemberCode | Literal[""] = Field(default="", description="Whose account.")
    partner: MemberCode | Literal[""] = Field(
        default="", description="The other side: as partner, or of what was given or received."
    )
    direction: Literal["", "given", "received"] = Field(
        default="", description="As the account's member sees it."
    )
    modality: ShortCode = ""
    group: ShortCode = Field(default="", description="Of modalities: A, B or C.")
    sector: ShortCode = Field(default="", description="CRS purpose, or its first three digits.")
    sdg: ShortCode = Field(default="", description="A goal, as `4`, or a target, as `4.4`.")
    status: Status | Literal[""] = ""
    stage: Stage | Literal[""] = ""
    year_from: Year | None = None
    year_to: Year | None = None
    state: views.State | Literal[""] = Field(default="", description="Of one's own account.")
    check: Literal["", "one_sided", "differing", "objected"] = ""
    climate: Literal["", "adaptation", "mitigation"] = ""

    @property
    def selection(self) -> Selection:
        """What the pages call it."""
        said = self.model_dump()
        return Selection(**{**said, "text": self.text.replace("\x00", " ")})


@router.get("/activities", response=views.Page, auth=OPEN, summary="List and search activities")
def list_activities(
    request: HttpRequest,
    filters: Query[Filters],
    cursor: Annotated[str, Query(max_length=60, description="From `next`.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> views.Page:
    """Give the activities of which the caller sees a statement that fits, by their identity."""
    actor, selection = caller.actor(request), filters.selection
    found = visibility.activities(actor)
    if selection.asked():
        fitting = accounts(actor, selection).filter(statement__activity=OuterRef("pk"))
        found = Activity.objects.filter(Exists(fitting))
    following = found.order_by("pk")
    if cursor:
        following = following.filter(pk__gt=_decoded(cursor))
    rows = list(following[: limit + 1])
    shown = rows[:limit]
    return views.Page(
        items=_summaries(actor, shown),
        count=found.count(),
        next=_encoded(shown[-1].pk) if len(rows) > limit else None,
    )


@router.get(
    "/activities/{activity}",
    response=views.Activity,
    auth=OPEN,
    exclude_unset=True,
    summary="Read an activity",
)
def read_activity(request: HttpRequest, activity: UUID) -> views.Activity:
    """Give every statement of it that the caller may see, and how they compare, two by two."""
    actor = caller.actor(request)
    found = visibility.activity(actor, activity)
    seen = visibility.views(actor, found)
    return views.Activity(
        id=found.pk,
        statements=[views.statement(view) for view in seen],
        comparisons=[views.comparison(item) for item in comparisons(seen)],
    )


def comparisons(seen: Sequence[View]) -> Iterable[reconcile.Comparison]:
    """Return how every two of the statements compare, the caller's own first."""
    for ours, theirs in combinations(seen, 2):
        yield beside(ours, theirs).comparison


def _summaries(actor: Actor, shown: Sequence[Activity]) -> list[views.ActivitySummary]:
    seen = (
        visibility.revisions(actor)
        .filter(statement__activity__in=shown)
        .select_related("statement__agency")
        .order_by("statement__member_id")
    )
    by_activity: dict[UUID, list[Revision]] = {item.pk: [] for item in shown}
    partners: dict[int, list[RevisionPartner]] = {}
    for revision in seen:
        by_activity[revision.statement.activity_id].append(revision)
        partners[revision.pk] = []
    for row in RevisionPartner.objects.filter(revision__in=list(partners)):
        partners[row.revision_id].append(row)
    return [
        views.ActivitySummary(
            id=key,
            statements=[
                views.summary(
                    View(
                        revision.statement,
                        revision,
                        own=revision.statement.member_id == actor.member,
                    ),
                    partners[revision.pk],
                )
                for revision in revisions
            ],
        )
        for key, revisions in by_activity.items()
    ]


def _encoded(key: UUID) -> str:
    return base64.urlsafe_b64encode(key.bytes).decode().rstrip("=")


def _decoded(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor.encode("ascii") + b"=="))
    except (ValueError, binascii.Error):
        raise HttpError(400, "the cursor is none that a list gave as 'next'") from None

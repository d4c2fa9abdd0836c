"""Two statements of one's own member that are one: merged, listed, taken apart again."""

# ruff: noqa: TC002 - the framework reads the annotations at run time

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import BaseModel, Field

from bandung.register.actions import merging
from bandung.register.api import caller
from bandung.register.api.between import Key
from bandung.register.api.statements import IF_MATCH
from bandung.register.api.tokens import TOKEN
from bandung.register.content import MAX_ITEMS
from bandung.register.models import Merge as MergeRow

router = Router(tags=["Duplicates"])
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class MergeBody(BaseModel):
    """Two statements of one's own member, as they were read last."""

    kept: UUID
    kept_version: Version
    absorbed: UUID = Field(description="It leaves every list and points to the one that is kept.")
    absorbed_version: Version
    bring: list[Key] = Field(
        default=[],
        max_length=MAX_ITEMS,
        description="Keys of the absorbed one's contributions that the kept one takes over.",
    )


class Merge(BaseModel):
    """A merge, and the version of the statement that was kept."""

    id: UUID
    kept: UUID
    kept_version: int
    absorbed: UUID
    made_at: dt.datetime
    undone_at: dt.datetime | None


@router.get("/merges", response=list[Merge], auth=TOKEN, summary="Read the merges")
def list_merges(request: HttpRequest) -> list[Merge]:
    """Give the merges of one's own member that can be taken apart, the last one first."""
    return [_merge(item) for item in merging.standing_merges(caller.actor(request))]


@router.post("/merges", response={201: Merge}, auth=TOKEN, summary="Merge two statements")
def create_merge(request: HttpRequest, body: MergeBody) -> Status[Merge]:
    """Keep one of two statements that two agencies of one's member entered, and absorb the other.

    With a version that is not the newest the answer is 412, and nothing is changed.
    """
    made = merging.merge(
        caller.actor(request),
        body.kept,
        body.absorbed,
        kept_version=body.kept_version,
        absorbed_version=body.absorbed_version,
        bring=body.bring,
    )
    return Status(HTTPStatus.CREATED, _read(made))


@router.post(
    "/merges/{merge}/undo",
    response=Merge,
    auth=TOKEN,
    openapi_extra=IF_MATCH,
    summary="Take a merge apart",
)
def undo_merge(request: HttpRequest, merge: UUID) -> Merge:
    """Let both statements stand again; `If-Match` names the version of the one that was kept."""
    undone = merging.undo(
        caller.actor(request), merge, kept_version=caller.expected_version(request)
    )
    return _read(undone)


def _read(made: MergeRow) -> Merge:
    return _merge(MergeRow.objects.select_related("kept").get(pk=made.pk))


def _merge(row: MergeRow) -> Merge:
    return Merge(
        id=row.pk,
        kept=row.kept_id,
        kept_version=row.kept.version,
        absorbed=row.absorbed_id,
        made_at=row.made_at,
        undone_at=row.undone_at,
    )

"""Statements: what one's own member says, and the way it takes; and what partners say."""

# ruff: noqa: TC002 - the framework reads the annotations at run time

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Body, Query, Router, Status
from pydantic import BaseModel, Field

from bandung.errors import NotFoundError
from bandung.register import completeness, visibility
from bandung.register.actions import statements
from bandung.register.api import caller, views
from bandung.register.api.tokens import OPEN, TOKEN
from bandung.register.content import Content, Paragraphs
from bandung.register.models import Agency
from bandung.register.models import Statement as Row
from bandung.register.visibility import View

router = Router(tags=["Statements"])
IF_MATCH = {
    "parameters": [
        {
            "in": "header",
            "name": "If-Match",
            "required": True,
            "schema": {"type": "string", "pattern": '^(W/)?"?[0-9]{1,18}"?$'},
            "description": "The version read last, from `ETag` or `version`.",
        }
    ]
}
Step = Literal["approve", "return", "share", "publish", "withdraw"]


class Revision(BaseModel):
    """One of a statement's revisions."""

    number: int
    state: views.State
    modified_at: dt.datetime
    modified_by: str | None = Field(default=None, description="Of one's own statements.")
    digest: str = Field(description="SHA-256 of the content's canonical JSON.")
    content: Content


class Advice(BaseModel):
    """Something missing or wrong; with `blocks` it cannot be approved."""

    field: str
    message: str
    blocks: bool


class StepBody(BaseModel):
    """What a step takes: a remark to return, and whom to withdraw from."""

    remark: Paragraphs = ""
    also_from_partners: bool = False


class AnswerBody(BaseModel):
    """The partner's statement to begin from."""

    of: UUID


@router.post(
    "/statements",
    response={201: views.Statement},
    auth=TOKEN,
    exclude_unset=True,
    summary="Enter a statement",
)
def create_statement(
    request: HttpRequest,
    response: HttpResponse,
    content: Content,
    activity: Annotated[
        UUID | None, Query(description="An activity that others speak of; else a new one.")
    ] = None,
    agency: Annotated[UUID | None, Query(description="One's own by default.")] = None,
) -> Status[views.Statement]:
    """Open a draft of the caller's member."""
    actor = caller.actor(request)
    of = None if activity is None else visibility.activity(actor, activity)
    by = None if agency is None else _agency(actor.member, agency)
    made = statements.create(actor, content, activity=of, agency=by)
    return Status(HTTPStatus.CREATED, _shown(response, made))


@router.get(
    "/statements/{statement}",
    response=views.Statement,
    auth=OPEN,
    exclude_unset=True,
    summary="Read a statement",
)
def read_statement(
    request: HttpRequest, response: HttpResponse, statement: UUID
) -> views.Statement:
    """Give it in the revision that the caller sees."""
    actor = caller.actor(request)
    found = visibility.statement(actor, statement)
    view = visibility.view_of(actor, found)
    if view.own:
        caller.tag(response, found.version)
    return views.statement(view)


@router.put(
    "/statements/{statement}",
    response=views.Statement,
    auth=TOKEN,
    exclude_unset=True,
    openapi_extra=IF_MATCH,
    summary="Change a statement",
)
def save_statement(
    request: HttpRequest, response: HttpResponse, statement: UUID, content: Content
) -> views.Statement:
    """Write the whole content anew; of anything further on than a draft, the next revision.

    With a version that is not the newest the answer is 412: it says who changed it and when, and
    nothing is changed.
    """
    saved = statements.save(
        caller.actor(request),
        statement,
        content,
        expected_version=caller.expected_version(request),
    )
    return _shown(response, saved)


@router.delete(
    "/statements/{statement}",
    response={204: None},
    auth=TOKEN,
    openapi_extra=IF_MATCH,
    summary="Discard a draft",
)
def discard_statement(request: HttpRequest, statement: UUID) -> Status[None]:
    """Take a statement out of the lists that nobody but its own member has ever seen."""
    statements.discard(
        caller.actor(request), statement, expected_version=caller.expected_version(request)
    )
    return Status(HTTPStatus.NO_CONTENT, None)


@router.get(
    "/statements/{statement}/revisions",
    response=list[Revision],
    auth=OPEN,
    exclude_unset=True,
    summary="Read a statement's revisions",
)
def list_revisions(request: HttpRequest, statement: UUID) -> list[Revision]:
    """Give all revisions of one's own statement; of another's the one that is seen."""
    actor = caller.actor(request)
    found = visibility.statement(actor, statement)
    view = visibility.view_of(actor, found)
    rows = (
        found.revisions.select_related("modified_by").order_by("number")
        if view.own
        else [view.revision]
    )
    return [
        Revision(
            number=row.number,
            state=row.state,
            modified_at=row.modified_at,
            modified_by=row.modified_by.name if view.own and row.modified_by else None,
            digest=row.digest,
            content=row.said(),
        )
        for row in rows
    ]


@router.get(
    "/statements/{statement}/problems",
    response=list[Advice],
    auth=TOKEN,
    summary="See what is missing",
)
def list_problems(request: HttpRequest, statement: UUID) -> list[Advice]:
    """Say what is missing or wrong in the working revision of one's own statement."""
    found = visibility.own_statement(caller.actor(request), statement)
    said = statements.said_in(found)
    return [
        Advice(field=item.field, message=str(item), blocks=item.blocks)
        for item in completeness.problems(said, found.member_id)
    ]


@router.post(
    "/statements/{statement}/steps/{step}",
    response=views.Statement,
    auth=TOKEN,
    exclude_unset=True,
    openapi_extra=IF_MATCH,
    summary="Take a statement a step further",
)
def take_step(
    request: HttpRequest,
    response: HttpResponse,
    statement: UUID,
    step: Step,
    body: Annotated[StepBody, Body()] = StepBody(),  # noqa: B008 - it is frozen by its use
) -> views.Statement:
    """Approve, return, share, publish or withdraw it, as the caller's role allows."""
    actor, version = caller.actor(request), caller.expected_version(request)
    if step == "return":
        done = statements.return_to_draft(
            actor, statement, remark=body.remark, expected_version=version
        )
    elif step == "withdraw":
        done = statements.withdraw(
            actor,
            statement,
            expected_version=version,
            also_from_partners=body.also_from_partners,
        )
    else:
        act = {
            "approve": statements.approve,
            "share": statements.share,
            "publish": statements.publish,
        }[step]
        done = act(actor, statement, expected_version=version)
    return _shown(response, done)


@router.post(
    "/activities/{activity}/answer",
    response={201: views.Statement},
    auth=TOKEN,
    exclude_unset=True,
    summary="Answer with one's own statement",
)
def answer(
    request: HttpRequest, response: HttpResponse, activity: UUID, body: AnswerBody
) -> Status[views.Statement]:
    """Open one's own draft of an activity, filled in from a partner's statement, turned round."""
    made = statements.answer(caller.actor(request), activity, of=body.of)
    return Status(HTTPStatus.CREATED, _shown(response, made))


def _agency(member: str, key: UUID) -> Agency:
    found = Agency.objects.filter(pk=key, member=member or None).first()
    if found is None:
        raise NotFoundError(f"there is no agency {key} of yours")
    return found


def _shown(response: HttpResponse, row: Row) -> views.Statement:
    caller.tag(response, row.version)
    return views.statement(View(row, statements.working(row), own=True))

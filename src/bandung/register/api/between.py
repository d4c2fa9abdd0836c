"""Between members: responses, assessments, pairings of contributions, matches of statements."""

# ruff: noqa: TC002 - the framework reads the annotations at run time

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from bandung.register import suggestions, visibility
from bandung.register.actions import assessments, pairing, responses
from bandung.register.api import caller
from bandung.register.api.statements import IF_MATCH
from bandung.register.api.tokens import TOKEN
from bandung.register.content import Code, Paragraphs
from bandung.register.models import MatchProposal
from bandung.register.models import Response as ResponseRow

router = Router(tags=["Between members"])
Key = Annotated[str, Field(max_length=40)]
MOST_SUGGESTIONS = 200
Kind = Literal["accepts", "objects"]
Reason = Annotated[Paragraphs, Field(max_length=responses.MAX_REASON)]
Comment = Annotated[Paragraphs, Field(max_length=assessments.MAX_COMMENT)]


class ResponseBody(BaseModel):
    """What a receiving member says of what a partner says it gave."""

    kind: Kind
    revision: int = Field(ge=1, le=2**31 - 1, description="The partner's revision that was read.")
    contribution: Key = Field(default="", description="Its key; empty for all of the statement.")
    reason: Reason = Field(default="", description="Needed for an objection.")


class Response(BaseModel):
    """A response that stands."""

    id: UUID
    member: str
    kind: Kind
    revision: int
    contribution: str
    reason: str
    made_at: dt.datetime
    outdated: bool | None = Field(
        default=None, description="Whether what it answers has been changed since."
    )


class Answer(BaseModel):
    """An answer to one indicator; without a score it is said to be not applicable."""

    score: int | None = Field(default=None, ge=assessments.LOWEST, le=assessments.HIGHEST)
    comment: Comment = ""


class Assessment(BaseModel):
    """A member's answers, by indicator."""

    member: str
    own: bool
    answers: dict[str, Answer]
    shared_answers: dict[str, Answer] | None
    shared_at: dt.datetime | None
    version: int | None


class Pair(BaseModel):
    """Two contributions of two statements of one activity, one's own first."""

    own: UUID
    own_contribution: Key
    other: UUID
    other_contribution: Key


class PairBody(Pair):
    """One's own view of two contributions; with `same` null it is taken back."""

    same: bool | None


class MatchBody(BaseModel):
    """One's own statement, and another's that is about the same."""

    own: UUID
    other: UUID


class Match(BaseModel):
    """A proposal that two statements are about one activity."""

    id: UUID
    proposer: str
    own: UUID = Field(description="The proposer's statement.")
    other: UUID
    state: Literal["proposed", "accepted", "refused", "withdrawn", "left"]
    made_at: dt.datetime


class Reasoning(BaseModel):
    """What one rule found: in bits, of which negative ones speak against."""

    rule: str
    level: str
    bits: float
    ours: list[str]
    theirs: list[str]
    shared: list[str]


class Suggestion(BaseModel):
    """Two statements that may be about one activity. People decide."""

    kind: Literal["duplicate", "match"]
    ours: UUID
    theirs: UUID
    probability: float
    reasons: list[Reasoning]


@router.get(
    "/statements/{statement}/responses",
    response=list[Response],
    auth=TOKEN,
    summary="Read the responses to a statement",
)
def list_responses(request: HttpRequest, statement: UUID) -> list[Response]:
    """Give those to one's own statement, and one's own; third parties see none."""
    actor = caller.actor(request)
    found = visibility.statement(actor, statement)
    return [_response(item.response, item.outdated) for item in responses.standing(actor, found)]


@router.post(
    "/statements/{statement}/responses",
    response={201: Response},
    auth=TOKEN,
    summary="Accept or object",
)
def create_response(request: HttpRequest, statement: UUID, body: ResponseBody) -> Status[Response]:
    """Accept or object to what a partner shared; what is objected to stays out of the return."""
    made = responses.respond(
        caller.actor(request),
        statement,
        kind=body.kind,
        expected_revision=body.revision,
        contribution_key=body.contribution,
        reason=body.reason,
    )
    return Status(HTTPStatus.CREATED, _response(made, outdated=False))


@router.delete(
    "/responses/{response_id}", response={204: None}, auth=TOKEN, summary="Withdraw a response"
)
def withdraw_response(request: HttpRequest, response_id: UUID) -> Status[None]:
    """Take back what one's own member answered."""
    responses.withdraw(caller.actor(request), response_id)
    return Status(HTTPStatus.NO_CONTENT, None)


@router.get(
    "/activities/{activity}/assessments",
    response=list[Assessment],
    auth=TOKEN,
    summary="Read the assessments of an activity",
)
def list_assessments(request: HttpRequest, activity: UUID) -> list[Assessment]:
    """Give one's own answers, and what the partners have shared of theirs."""
    actor = caller.actor(request)
    return [
        _assessment(item) for item in assessments.seen(actor, visibility.activity(actor, activity))
    ]


@router.put(
    "/activities/{activity}/assessment",
    response=Assessment,
    auth=TOKEN,
    openapi_extra=IF_MATCH,
    summary="Answer the indicators",
)
def save_assessment(
    request: HttpRequest, response: HttpResponse, activity: UUID, answers: dict[Code, Answer]
) -> Assessment:
    """Write one's own answers as a draft; `If-Match: "0"` where there is none yet."""
    actor = caller.actor(request)
    given = {
        code: assessments.Answer(answer.score, answer.comment) for code, answer in answers.items()
    }
    assessments.save(actor, activity, given, expected_version=caller.expected_version(request))
    return _own_assessment(request, response, activity)


@router.post(
    "/activities/{activity}/assessment/{step}",
    response=Assessment,
    auth=TOKEN,
    openapi_extra=IF_MATCH,
    summary="Share or withdraw an assessment",
)
def step_assessment(
    request: HttpRequest,
    response: HttpResponse,
    activity: UUID,
    step: Literal["share", "withdraw"],
) -> Assessment:
    """Show the drafted answers to the partners, or take them back."""
    act = {"share": assessments.share, "withdraw": assessments.withdraw}[step]
    act(caller.actor(request), activity, expected_version=caller.expected_version(request))
    return _own_assessment(request, response, activity)


@router.put("/pairings", response={204: None}, auth=TOKEN, summary="Pair two contributions")
def put_pairing(request: HttpRequest, body: PairBody) -> Status[None]:
    """Say that two contributions are one, or are not, or take that back."""
    actor = caller.actor(request)
    both = (actor, body.own, body.own_contribution, body.other, body.other_contribution)
    if body.same is None:
        pairing.unsay(*both)
    else:
        pairing.say(*both, same=body.same)
    return Status(HTTPStatus.NO_CONTENT, None)


@router.get("/matches", response=list[Match], auth=TOKEN, summary="Read the proposed matches")
def list_matches(request: HttpRequest) -> list[Match]:
    """Give the proposals that wait for an answer: those received, then those made."""
    actor = caller.actor(request)
    return [_match(item) for item in (*pairing.received(actor), *pairing.made(actor))]


@router.post("/matches", response={201: Match}, auth=TOKEN, summary="Propose a match")
def create_match(request: HttpRequest, body: MatchBody) -> Status[Match]:
    """Propose to another member that one's statement and its are about one activity."""
    made = pairing.propose(caller.actor(request), body.own, body.other)
    return Status(HTTPStatus.CREATED, _match(made))


@router.post("/matches/{match}/{step}", response=Match, auth=TOKEN, summary="Answer a match")
def step_match(
    request: HttpRequest, match: UUID, step: Literal["accept", "refuse", "withdraw", "leave"]
) -> Match:
    """Accept or refuse a proposal, withdraw one's own, or leave an activity that was joined."""
    act = {
        "accept": pairing.accept,
        "refuse": pairing.refuse,
        "withdraw": pairing.withdraw,
        "leave": pairing.leave,
    }[step]
    return _match(act(caller.actor(request), match))


@router.get("/suggestions", response=list[Suggestion], auth=TOKEN, summary="Read what may be one")
def list_suggestions(
    request: HttpRequest,
    kind: Literal["duplicate", "match"] = "match",
    limit: Annotated[int, Query(ge=1, le=MOST_SUGGESTIONS)] = MOST_SUGGESTIONS,
) -> list[Suggestion]:
    """Give one's own statements that may be one, or one's own and one shared with one's member."""
    find = {"duplicate": suggestions.duplicates, "match": suggestions.matches}[kind]
    return [
        Suggestion(
            kind=kind,
            ours=item.ours,
            theirs=item.theirs,
            probability=item.probability,
            reasons=[
                Reasoning(
                    rule=reason.rule,
                    level=reason.level,
                    bits=reason.bits,
                    ours=list(reason.ours),
                    theirs=list(reason.theirs),
                    shared=list(reason.shared),
                )
                for reason in item.reasons
            ],
        )
        for item in find(caller.actor(request))[:limit]
    ]


@router.post(
    "/suggestions/dismissed",
    response={204: None},
    auth=TOKEN,
    summary="Say that two suggested statements are two",
)
def dismiss_suggestion(request: HttpRequest, body: MatchBody) -> Status[None]:
    """Have two statements not suggested to one's member again."""
    pairing.dismiss(caller.actor(request), body.own, body.other)
    return Status(HTTPStatus.NO_CONTENT, None)


def _response(row: ResponseRow, outdated: bool) -> Response:  # noqa: FBT001 - a field of the answer
    return Response(
        id=row.pk,
        member=row.member_id,
        kind=ResponseRow.Kind(row.kind).value,
        revision=row.revision.number,
        contribution=row.contribution_key,
        reason=row.reason,
        made_at=row.made_at,
        outdated=outdated,
    )


def _own_assessment(request: HttpRequest, response: HttpResponse, activity: UUID) -> Assessment:
    actor = caller.actor(request)
    own = assessments.seen(actor, visibility.activity(actor, activity))[0]
    caller.tag(response, own.version)
    return _assessment(own)


def _assessment(item: assessments.AssessmentView) -> Assessment:
    return Assessment(
        member=item.member,
        own=item.own,
        answers=_answers(item.answers),
        shared_answers=None if item.shared_answers is None else _answers(item.shared_answers),
        shared_at=item.shared_at,
        version=item.version,
    )


def _answers(given: assessments.Answers) -> dict[str, Answer]:
    return {code: Answer(score=said.score, comment=said.comment) for code, said in given.items()}


def _match(row: MatchProposal) -> Match:
    return Match(
        id=row.pk,
        proposer=row.proposer_id,
        own=row.own_id,
        other=row.other_id,
        state=MatchProposal.State(row.state).value,
        made_at=row.made_at,
    )

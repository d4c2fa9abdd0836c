"""Members, agencies, code lists, the caller itself and the head of the audit chain."""

# ruff: noqa: TC001, TC002 - the framework reads the annotations at run time

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from bandung.errors import CodeUnknownError, NotAllowedError, NotFoundError
from bandung.register import codelists
from bandung.register.actor import SCOPES
from bandung.register.api import caller
from bandung.register.api.tokens import OPEN, TOKEN
from bandung.register.codelists import CodeEntry
from bandung.register.models import Agency as AgencyRow
from bandung.register.models import ChainHead, Person
from bandung.register.models import Member as MemberRow

router = Router(tags=["Lists"])
MOST = 500


class Member(BaseModel):
    """A country that takes part."""

    code: str
    name: str = Field(description="In the language asked for.")
    joined_on: dt.date


class Agency(BaseModel):
    """One of the caller's own member's bodies."""

    id: UUID
    name: str
    kind: str
    iati_reference: str
    active: bool


class Caller(BaseModel):
    """Who calls."""

    name: str
    member: str | None
    agency: UUID | None
    role: str | None
    administrator: bool
    scopes: list[str]


class CodeList(BaseModel):
    """A list of codes, in the version that stands."""

    name: str
    version: int
    codes: int


class Code(BaseModel):
    """A code of a list."""

    code: str
    name: str = Field(description="In the language asked for.")
    names: dict[str, str]
    hints: dict[str, str]
    group: str
    parent: str
    properties: dict[str, str]
    source: str
    our_reading: bool
    since_version: int
    withdrawn_version: int | None


class Codes(BaseModel):
    """A list's codes."""

    name: str
    version: int
    items: list[Code]


class Head(BaseModel):
    """The last entry of the audit chain: to be written down elsewhere as a witness."""

    sequence: int
    digest: str


@router.get("/me", response=Caller, auth=TOKEN, summary="Who calls")
def read_caller(request: HttpRequest) -> Caller:
    """Say whom the token acts for, and what it may do."""
    actor = caller.actor(request)
    return Caller(
        name=actor.name,
        member=actor.member or None,
        agency=actor.agency.pk if actor.agency else None,
        role=actor.role.value if actor.role else None,
        administrator=actor.administrator,
        scopes=[scope for scope in SCOPES if scope in actor.scopes],
    )


@router.get("/members", response=list[Member], auth=OPEN, summary="List members")
def list_members(request: HttpRequest) -> list[Member]:
    """Give the members that take part, by code."""
    lang = caller.language(request)
    return [_member(row, lang) for row in MemberRow.objects.filter(joined_on__isnull=False)]


@router.get("/members/{member}", response=Member, auth=OPEN, summary="Read a member")
def read_member(request: HttpRequest, member: str) -> Member:
    """Give a member that takes part."""
    wanted = member if member.isascii() and member.isalpha() else ""
    row = MemberRow.objects.filter(pk=wanted, joined_on__isnull=False).first()
    if row is None:
        raise NotFoundError(f"there is no member {member}")
    return _member(row, caller.language(request))


@router.get("/agencies", response=list[Agency], auth=TOKEN, summary="List one's agencies")
def list_agencies(request: HttpRequest) -> list[Agency]:
    """Give the bodies of the caller's own member."""
    rows = AgencyRow.objects.filter(member=caller.actor(request).member or None)
    return [
        Agency(
            id=row.pk,
            name=row.name,
            kind=row.kind,
            iati_reference=row.iati_reference,
            active=row.active,
        )
        for row in rows
    ]


@router.get("/code-lists", response=list[CodeList], auth=OPEN, summary="List the code lists")
def list_code_lists(request: HttpRequest) -> list[CodeList]:
    """Give the names of the lists and the versions that stand."""
    del request
    standing = codelists.standing()
    found = [standing.listing(name) for name in standing.names()]
    return [
        CodeList(
            name=item.name,
            version=item.version,
            codes=sum(code.active_on(item.version) for code in item.entries),
        )
        for item in found
    ]


@router.get("/code-lists/{name}", response=Codes, auth=OPEN, summary="Read or search a code list")
def read_code_list(
    request: HttpRequest,
    name: str,
    q: Annotated[
        str, Query(max_length=100, description="Words of a name in any of the five languages.")
    ] = "",
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="An earlier version of the list.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Codes:
    """Give its codes in the list's order, or those that a text may mean, the likeliest first."""
    lang = caller.language(request)
    try:
        standing = codelists.standing().listing(name)
    except CodeUnknownError as error:
        raise NotFoundError(str(error)) from None
    found: tuple[CodeEntry, ...]
    if q.strip():
        found = codelists.search(name, q.replace("\x00", " "), lang, limit)
    else:
        found = codelists.active(name, version)[:limit]
    return Codes(
        name=name,
        version=standing.version if version is None else min(version, standing.version),
        items=[_code(item, lang) for item in found],
    )


@router.get("/audit/head", response=Head, auth=TOKEN, summary="Read the head of the audit chain")
def read_head(request: HttpRequest) -> Head:
    """Give the number and digest of the last entry, to focal points and administrators.

    The chain counts what every member does, so the public is not told how long it is.
    """
    actor = caller.actor(request)
    if not (actor.administrator or actor.role == Person.Role.FOCAL_POINT):
        raise NotAllowedError("the head of the chain is for focal points and administrators")
    head = ChainHead.objects.filter(pk=1).first()
    return Head(sequence=head.sequence if head else 0, digest=head.digest if head else "")


def _member(row: MemberRow, lang: str) -> Member:
    return Member(code=row.code, name=row.name(lang), joined_on=row.joined_on)


def _code(item: CodeEntry, lang: str) -> Code:
    return Code(
        code=item.code,
        name=item.name(lang),
        names=item.names,
        hints=item.hints,
        group=item.group,
        parent=item.parent,
        properties=item.properties,
        source=item.source,
        our_reading=item.our_reading,
        since_version=item.since_version,
        withdrawn_version=item.withdrawn_version,
    )

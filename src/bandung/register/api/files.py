"""Files in and out: imports with a preview, exports, the return."""

# ruff: noqa: TC001, TC002 - the framework reads the annotations at run time

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import BaseModel, Field

from bandung.errors import RegisterError
from bandung.register import codelists, exchange, previews
from bandung.register.api import caller
from bandung.register.api.problems import TooLargeError, UnsupportedError
from bandung.register.api.tokens import TOKEN
from bandung.register.models import ImportPreview
from bandung.register.returns import report, source
from bandung.register.returns.sdg import sdg_17_3_1
from bandung.register.selection import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from bandung.register.exchange import FilePlan

router = Router(tags=["Files"])
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XML = "application/xml"
CSV = "text/csv"
MOST_FINDINGS = 1_000
Which = Literal["working", "shared", "published"]


class Finding(BaseModel):
    """Something in a file that its sender should look at."""

    where: str
    name: str
    message: str
    column: str
    value: str
    refuses: bool = Field(description="Whether the activity, or the row, is not taken in.")


class Counts(BaseModel):
    """What accepting the file does."""

    added: int
    changed: int
    unchanged: int
    refused: int


class Import(BaseModel):
    """A file and its effects. Nothing is changed before it is accepted."""

    id: UUID
    file: str
    kind: Literal["excel", "iati"]
    counts: Counts
    accepted_at: dt.datetime | None
    findings: list[Finding]
    left_out: dict[str, int] = Field(
        description="By kind, how often the file says what an account has no place for."
    )


def _file(media_type: str, description: str) -> dict[str, Any]:
    said = {"schema": {"type": "string", "contentMediaType": media_type}}
    return {"responses": {200: {"description": description, "content": {media_type: said}}}}


@router.post(
    "/imports",
    response={201: Import},
    auth=TOKEN,
    summary="Hand a file in and see what it would do",
)
def create_import(request: HttpRequest, file: File[UploadedFile]) -> Status[Import]:
    """Read an Excel workbook or an IATI file; keep it until it is accepted.

    Files of more than 20 MiB are not taken. An earlier file of the caller that was not accepted
    is forgotten.
    """
    actor = caller.actor(request)
    name = (file.name or "file")[:300]
    data = file.read(exchange.MOST_BYTES + 1)
    if len(data) > exchange.MOST_BYTES:
        raise TooLargeError(
            f"{name} has more than {exchange.MOST_BYTES // 2**20} MiB: divide it by activities"
        )
    if actor.member and actor.person is not None:
        try:
            exchange.kind_of(data, name)
        except RegisterError as error:
            raise UnsupportedError(str(error)) from None
    preview = previews.keep_preview(actor, name, data, caller.language(request))
    return Status(HTTPStatus.CREATED, _import(preview, previews.plan_of(actor, preview)))


@router.get("/imports/{preview}", response=Import, auth=TOKEN, summary="Read an import")
def read_import(request: HttpRequest, preview: UUID) -> Import:
    """Give what a file would do now; of one that was accepted, what it did."""
    actor = caller.actor(request)
    found = previews.kept_preview(actor, preview)
    return _import(found, None if found.accepted_at else previews.plan_of(actor, found))


@router.post("/imports/{preview}/accept", response=Import, auth=TOKEN, summary="Accept an import")
def accept_import(request: HttpRequest, preview: UUID) -> Import:
    """Do what was shown: all of it, or nothing where the record has changed since."""
    return _import(previews.accept_preview(caller.actor(request), preview), None)


@router.get(
    "/exports/excel",
    auth=TOKEN,
    openapi_extra=_file(WORKBOOK, "A workbook in the form of the template."),
    summary="Export one's statements to Excel",
)
def export_excel(request: HttpRequest, which: Which = "working") -> HttpResponse:
    """Write the statements of the caller's member as a workbook, in the language asked for."""
    actor, lang = caller.actor(request), caller.language(request)
    data = exchange.in_memory(lambda out: exchange.export_excel(actor, out, lang, which=which))
    return _attachment(data, WORKBOOK, f"{actor.member}-{which}.xlsx")


@router.get(
    "/exports/iati",
    auth=TOKEN,
    openapi_extra=_file(XML, "A file of IATI activities, version 2.03."),
    summary="Export one's statements to IATI",
)
def export_iati(request: HttpRequest, which: Which = "published") -> HttpResponse:
    """Write the statements of the caller's member as IATI activities."""
    actor, lang = caller.actor(request), caller.language(request)
    data = exchange.in_memory(lambda out: exchange.export_iati(actor, out, lang, which=which))
    return _attachment(data, XML, f"{actor.member}-{which}.xml")


@router.get(
    "/returns/17.3.1",
    auth=TOKEN,
    openapi_extra={
        "responses": {
            200: {
                "description": "The return, each cell with the lines it is the sum of.",
                "content": {
                    kind: {"schema": {"type": "string", "contentMediaType": kind}}
                    for kind in (WORKBOOK, CSV)
                },
            }
        }
    },
    summary="Make the return for SDG 17.3.1",
)
def sdg_return(
    request: HttpRequest,
    year: Annotated[int, Query(ge=FIRST_YEAR, le=LAST_YEAR)],
    form: Annotated[Literal["xlsx", "csv"], Query(alias="format")] = "xlsx",
) -> HttpResponse:
    """Make the return of the caller's member for a year, in the language asked for."""
    actor, lang = caller.actor(request), caller.language(request)
    with codelists.held():
        made = sdg_17_3_1(
            source.lines(actor, lang, {year}),
            actor.member,
            year,
            modalities=source.modalities(),
            rates=source.rates(),
            versions=source.versions(),
        )
        if form == "csv":
            return _attachment(
                report.csv_file(made, lang, source.names()), CSV, f"{actor.member}-{year}.csv"
            )
        data = report.workbook(made, lang, source.names())
    return _attachment(data, WORKBOOK, f"{actor.member}-{year}.xlsx")


def _attachment(data: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _import(preview: ImportPreview, planned: FilePlan | None) -> Import:
    findings = planned.findings[:MOST_FINDINGS] if planned else ()
    return Import(
        id=preview.pk,
        file=preview.file_name,
        kind=preview.kind,
        counts=Counts(**(planned.plan.counts() if planned else preview.summary["counts"])),
        accepted_at=preview.accepted_at,
        findings=[
            Finding(
                where=item.where,
                name=item.name,
                message=item.message,
                column=item.column,
                value=item.value,
                refuses=item.refuses,
            )
            for item in findings
        ],
        left_out=planned.left_out if planned else {},
    )

"""Refusals as RFC 9457 says: ``application/problem+json`` with a pointer to each thing to mend."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pydantic
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import BaseModel, Field

from bandung.errors import (
    CodeUnknownError,
    EditConflictError,
    IncompleteError,
    InputError,
    NotAllowedError,
    NotFoundError,
    SourceError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ninja import NinjaAPI

MEDIA_TYPE = "application/problem+json"
KINDS = "urn:bandung:register:1:problem:"
MISSING = "There is nothing here that you may see."
MOST_ERRORS = 100


class Fault(BaseModel):
    """One thing to mend: `pointer` is a JSON pointer into the body, `parameter` is in the address.

    Both are null where it is about the whole.
    """

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Problem(BaseModel):
    """What is wrong with a request."""

    type: str = Field(description="Which kind of problem: the same in every version of the text.")
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class UnsupportedError(InputError):
    """A body of a media type that this operation does not read."""


class TooLargeError(InputError):
    """A body larger than is read."""


class PreconditionMissingError(InputError):
    """A change without a word on which version it is a change of."""


_ANSWERS: tuple[tuple[type[Exception], HTTPStatus, str, str], ...] = (
    (NotFoundError, HTTPStatus.NOT_FOUND, "not-found", "Nothing there"),
    (NotAllowedError, HTTPStatus.FORBIDDEN, "not-allowed", "Not allowed"),
    (EditConflictError, HTTPStatus.PRECONDITION_FAILED, "edit-conflict", "Changed since you read"),
    (IncompleteError, HTTPStatus.CONFLICT, "incomplete", "Not complete yet"),
    (UnsupportedError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media-type", "Media type not read"),
    (TooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", "Too large"),
    (
        PreconditionMissingError,
        HTTPStatus.PRECONDITION_REQUIRED,
        "version-missing",
        "Version missing",
    ),
    (CodeUnknownError, HTTPStatus.UNPROCESSABLE_ENTITY, "unknown-code", "Unknown code"),
    (SourceError, HTTPStatus.UNPROCESSABLE_ENTITY, "unusable-file", "File cannot be used"),
    (InputError, HTTPStatus.CONFLICT, "refused", "Refused"),
)


def problem(
    status: HTTPStatus, kind: str, title: str, detail: str, faults: Iterable[Fault] = ()
) -> HttpResponse:
    """Return a refusal as a response."""
    body = Problem(
        type=KINDS + kind, title=title, status=status, detail=detail, errors=list(faults)
    )
    response = HttpResponse(
        json.dumps(body.model_dump(mode="json")), status=status, content_type=MEDIA_TYPE
    )
    response["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="register"'
    return response


def of_input_error(request: HttpRequest, error: InputError) -> HttpResponse:
    """Answer a refusal of the register; of what is not there the same is said every time."""
    if isinstance(error.__cause__, SourceError):
        error = error.__cause__
    status, kind, title = next(
        (status, kind, title) for cls, status, kind, title in _ANSWERS if isinstance(error, cls)
    )
    if status == HTTPStatus.NOT_FOUND:
        return problem(status, kind, title, MISSING)
    if status == HTTPStatus.CONFLICT and request.method in {"GET", "HEAD"}:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    faults = []
    if isinstance(error, IncompleteError):
        faults = [
            Fault(detail=str(item), pointer=pointer(str(getattr(item, "field", "")).split(".")))
            for item in error.problems[:MOST_ERRORS]
        ]
    return problem(status, kind, title, str(error), faults)


def of_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer a request whose body or parameters are not of the schema."""
    del request
    faults = [_fault(item) for item in error.errors[:MOST_ERRORS]]
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid",
        "Not of the schema",
        "What was sent is not of the schema: see each of the errors.",
        faults,
    )


def of_bad_content(request: HttpRequest, error: pydantic.ValidationError) -> HttpResponse:
    """Answer a value that a model refused after the body had passed."""
    return of_invalid(
        request,
        ValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]),
    )


def of_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what the framework refuses, such as a body that is no JSON."""
    cause = error.__cause__
    if isinstance(cause, InputError):
        return of_input_error(request, cause)
    if isinstance(cause, HttpError):
        error = cause
    status = HTTPStatus(error.status_code)
    if isinstance(error, AuthenticationError):
        return problem(
            status,
            "token",
            "Token needed",
            "Send a token that stands, as in 'Authorization: Bearer bdg_…'; make one on the page "
            "of your account.",
        )
    return problem(status, "bad-request", status.phrase, _without_surrogates(error.message))


def of_unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer a body that cannot be read."""
    del request, error
    return problem(
        HTTPStatus.BAD_REQUEST,
        "unreadable",
        "Body cannot be read",
        "The body of the request is cut off or damaged.",
    )


def of_too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer a body of JSON that is larger than is read."""
    del request, error
    return problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        "Too large",
        "The body is larger than is read: send fewer statements at a time.",
    )


def missing(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer an address that is none."""
    del request, error
    return problem(HTTPStatus.NOT_FOUND, "not-found", "Nothing there", MISSING)


def install(api: NinjaAPI) -> None:
    """Have an API answer every refusal in this way."""
    answers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        InputError: of_input_error,
        ValidationError: of_invalid,
        pydantic.ValidationError: of_bad_content,
        HttpError: of_http_error,
        Http404: missing,
        RequestDataTooBig: of_too_large,
        SuspiciousOperation: of_unreadable,
        BadRequest: of_unreadable,
        UnreadablePostError: of_unreadable,
        MultiPartParserError: of_unreadable,
    }
    for cls, answer in answers.items():
        api.add_exception_handler(cls, answer)


def pointer(parts: Sequence[object]) -> str | None:
    """Return a JSON pointer (RFC 6901) as the fragment of an address.

    Examples
    --------
    >>> pointer(("titles", "a/b", 0)), pointer(("",))
    ('#/titles/a~1b/0', None)
    """
    said = [str(part) for part in parts if part != ""]
    if not said:
        return None
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in said)


def _fault(item: dict[str, Any]) -> Fault:
    place, *rest = item.get("loc") or ("body",)
    detail = _without_surrogates(str(item.get("msg", "")))
    if place in {"body", "form", "file"}:
        # The first name below is the framework's name of the body, not one of the sender's.
        inside = [_without_surrogates(str(part)) for part in rest[1:]]
        return Fault(detail=detail, pointer=pointer(inside) or "#")
    return Fault(detail=detail, parameter=".".join(str(part) for part in rest) or None)


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")

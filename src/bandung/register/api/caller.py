"""What every operation begins with: who calls, in which language, on which version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from bandung.codes.tables import LANGUAGES
from bandung.register.api.problems import PreconditionMissingError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from bandung.register.actor import Actor

_VERSION = re.compile(r'\s*(?:W/)?"?(\d{1,18})"?\s*')


def actor(request: HttpRequest) -> Actor:
    """Return who calls: what the authentication found."""
    return cast("Actor", request.auth)  # type: ignore[attr-defined]


def language(request: HttpRequest) -> str:
    """Return the language that was asked for, by ``?lang=`` or ``Accept-Language``."""
    found = str(getattr(request, "LANGUAGE_CODE", "en"))[:2]
    return found if found in LANGUAGES else "en"


def expected_version(request: HttpRequest) -> int:
    """Return the version that the caller saw last, from ``If-Match``.

    Raises
    ------
    PreconditionMissingError
    """
    found = _VERSION.fullmatch(request.headers.get("If-Match", ""))
    if found is None:
        raise PreconditionMissingError(
            "send the version you read last, as in 'If-Match: \"3\"'; reading the statement gives "
            "it as ETag and as 'version'"
        )
    return int(found[1])


def tag(response: HttpResponse, version: int | None) -> None:
    """Say a statement's version as its ETag."""
    if version is not None:
        response["ETag"] = f'"{version}"'

"""Reading bodies: JSON by a parser that does not recurse without end, of a bounded size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydantic_core
from ninja.errors import HttpError
from ninja.parser import Parser

from bandung.register.api.problems import UnsupportedError

if TYPE_CHECKING:
    from django.http import HttpRequest

JSON = "application/json"


class BodyParser(Parser):
    """Reads ``application/json`` in UTF-8 and nothing else."""

    def parse_body(self, request: HttpRequest) -> Any:  # noqa: ANN401 - JSON
        """Return what a body says.

        Raises
        ------
        UnsupportedError, HttpError
        """
        given = request.content_type or JSON
        if given != JSON and not given.endswith("+json"):
            raise UnsupportedError(f"the body is to be {JSON}, not {given[:80]}")
        try:
            return pydantic_core.from_json(request.body, allow_inf_nan=False)
        except ValueError as error:
            raise HttpError(400, f"the body is no JSON: {error}") from None

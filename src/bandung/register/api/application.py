"""The API put together, and its OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from pydantic.json_schema import models_json_schema

from bandung.register.api import (
    activities,
    between,
    files,
    lists,
    merges,
    problems,
    statements,
    summary,
)
from bandung.register.api.parsing import BodyParser
from bandung.register.api.problems import MEDIA_TYPE, Problem
from bandung.register.api.tokens import TOKEN

if TYPE_CHECKING:
    from ninja.openapi.schema import OpenAPISchema
    from ninja.operation import Operation

DESCRIPTION = """\
The shared record of cooperation, for programs.

Without a token the answers are what the public sees. With one (`Authorization: Bearer bdg_…`,
made on the page of one's account) they are what the person it acts for sees, and with the scope
`write` it may do what that person's role may. What one may not see is answered like what is not
there: 404.

A statement is changed with `If-Match` and the version read last. When somebody else has changed it
since, the answer is 412 and nothing is changed.

Texts, titles and descriptions are given by language: `{"pt": "…", "en": "…"}`. Numbers are
decimal texts. Members are ISO 3166-1 alpha-3 codes.
"""
VERSION = "1"
REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
REFUSALS_OF_CHANGES = (
    *REFUSALS,
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.PRECONDITION_REQUIRED,
)


class RegisterAPI(NinjaAPI):
    """The API, which says of every operation how it refuses."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - the framework's
        super().__init__(**settings)
        self._documents: dict[str, OpenAPISchema] = {}

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the name of the function, which is what generated clients call theirs."""
        return operation.view_func.__name__

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the OpenAPI document, with every refusal as problem+json; it is made once."""
        prefix = path_prefix or self.get_root_path(path_params or {})
        if prefix not in self._documents:
            self._documents[prefix] = self._document(prefix)
        return self._documents[prefix]

    def _document(self, prefix: str) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=prefix)
        schemas = document["components"]["schemas"]
        _, described = models_json_schema(
            [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
        )
        schemas.update(described["$defs"])
        for schema in schemas.values():
            if "description" in schema:
                schema["description"] = schema["description"].partition("\n\nExamples\n")[0]
        for path in document["paths"].values():
            for method, operation in path.items():
                operation["responses"] = _responses(method, operation["responses"])
        document["components"]["securitySchemes"] = {
            type(TOKEN).__name__: {"type": "http", "scheme": "bearer", "bearerFormat": "bdg_…"}
        }
        return document


def _responses(method: str, described: dict[Any, Any]) -> dict[str, Any]:
    answer = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refusals = REFUSALS if method == "get" else REFUSALS_OF_CHANGES
    return {str(status): said for status, said in described.items()} | {
        str(status.value): {"description": status.phrase, "content": answer} for status in refusals
    }


api = RegisterAPI(
    title="Register of cooperation",
    version=VERSION,
    description=DESCRIPTION,
    docs_url=None,
    urls_namespace="api",
    parser=BodyParser(),
    openapi_extra={"info": {"license": {"name": "Apache-2.0"}}},
)
problems.install(api)
rest = Router(auth=None)


@rest.api_operation(
    ["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path:address}", include_in_schema=False
)
def nothing_here(request: HttpRequest, address: str) -> HttpResponse:
    """Answer every other address under the API's."""
    return problems.missing(request, Http404(address))


PARTS = (lists, activities, statements, between, merges, files, summary)
for router in (*(part.router for part in PARTS), rest):
    api.add_router("", router)

"""What machines that watch the server ask for: `/health` and `/metrics`."""

from __future__ import annotations

import os
import secrets
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView  # type: ignore[import-untyped]

from bandung.register.ops import health as state
from bandung.web import addresses

METRICS_TOKEN = "BANDUNG_METRICS_TOKEN"  # noqa: S105 - the variable's name


@require_safe
@never_cache
def health(_request: HttpRequest) -> JsonResponse:
    """Say how the register is: 200 when it can answer, 503 when not."""
    found = state.health()
    status = HTTPStatus.OK if found.well else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(found.record(), status=status)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Give Prometheus its figures: to this machine, or to who has the token; else there is none.

    Behind a proxy every request comes from this machine, so a service asks for the token.
    """
    if not (_has_token(request) or addresses.is_from_here(request)):
        return HttpResponseNotFound()
    figures: HttpResponse = ExportToDjangoView(request)
    return figures


def _has_token(request: HttpRequest) -> bool:
    token = os.environ.get(METRICS_TOKEN, "")
    given = request.META.get("HTTP_AUTHORIZATION", "")
    return bool(token) and secrets.compare_digest(given.encode(), f"Bearer {token}".encode())

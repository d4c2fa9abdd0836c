"""What every request passes through: its language, the second factor, the register's refusals."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django_otp import user_has_device

from bandung.codes.tables import LANGUAGES
from bandung.errors import EditConflictError, NotAllowedError, NotFoundError, RegisterError
from bandung.register import codelists

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    GetResponse = Callable[[HttpRequest], HttpResponse]

RIGHT_TO_LEFT = "ar"
STATUS = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    NotAllowedError: HTTPStatus.FORBIDDEN,
    EditConflictError: HTTPStatus.CONFLICT,
}


class LanguageMiddleware:
    """The language of the address (``?lang=fr``), else of the cookie, else of the browser."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in that language, and remember one that was asked for."""
        asked = request.GET.get("lang", "")
        kept = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if asked in LANGUAGES:
            language = asked
        elif kept in LANGUAGES:
            language = kept
        else:
            language = translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if asked in LANGUAGES and asked != kept:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                asked,
                max_age=365 * 24 * 3600,
                secure=bool(settings.LANGUAGE_COOKIE_SECURE),
                samesite="Lax",
            )
        return response


class CodeListMiddleware:
    """One answer to a request uses one version of each code list."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hold the lists' versions while the request is answered."""
        with codelists.held():
            return self.get_response(request)


class SecondFactorMiddleware:
    """Who has set a second factor up gives it before anything else is shown."""

    OPEN = ("second-factor", "sign-out", "health", "metrics")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Send a person whose second factor is still to come to the page that asks for it."""
        person = request.user
        waiting = (
            person.is_authenticated
            and not request.user.is_verified()  # type: ignore[union-attr]
            and user_has_device(person)
        )
        open_paths = {reverse(name) for name in self.OPEN}
        static = request.path.startswith(settings.STATIC_URL)
        if waiting and request.path not in open_paths and not static:
            return redirect("second-factor")
        return self.get_response(request)


class RegisterErrorMiddleware:
    """A refusal of the register becomes a page that says it, with the status that fits."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page for a refusal; other exceptions are left alone."""
        if not isinstance(error, RegisterError):
            return None
        status = STATUS.get(type(error), HTTPStatus.BAD_REQUEST)
        if status == HTTPStatus.NOT_FOUND:
            return render(request, "404.html", status=status)
        return render(request, "register/refused.html", {"error": error}, status=status)

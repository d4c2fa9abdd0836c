"""Who may open a page at all: what they may see or do there is for `visibility` and `actions`."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, TypeAlias

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils.translation import gettext as _

from bandung.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

View: TypeAlias = "Callable[..., HttpResponse]"
SIGNED_OUT = 401


def signed_in(view: View) -> View:
    """Send who is not signed in to the page that asks for it.

    A form that is open when the session ends keeps what was typed: htmx is told in its place.
    """
    page = login_required(view)

    @wraps(view)
    def opened(request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        if request.headers.get("HX-Request") and not request.user.is_authenticated:
            response = render(request, "register/parts/signed_out.html", status=SIGNED_OUT)
            response.headers["HX-Retarget"] = "#saved" if request.method == "POST" else "#messages"
            response.headers["HX-Reswap"] = "innerHTML"
            response.headers["HX-Reselect"] = ".wrong"
            response.headers["HX-Push-Url"] = "false"
            return response
        return page(request, *args, **named)

    return opened


def version_in(request: HttpRequest) -> int:
    """Return the version of what a form was loaded with.

    Raises
    ------
    RegisterError
        When the form does not say it.
    """
    return number_in(request.POST.get("expected_version", ""))


def number_in(text: str) -> int:
    """Return a version that a form sends.

    Raises
    ------
    RegisterError
        When it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise RegisterError(_("The form says no version: load the page again."))
    return int(text)

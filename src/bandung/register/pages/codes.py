"""What a field's list of codes asks for as somebody types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from bandung.errors import NotFoundError
from bandung.register.pages import searching_codes

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LONGEST = 200


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Return the entries that a text may mean; ``name`` is the field, whose value is the text."""
    source = request.GET.get("list", "")
    if source not in searching_codes.SOURCES:
        raise NotFoundError(f"there is no list {source}")
    name = request.GET.get("name", "")
    text = request.GET.get("q") or request.GET.get(name, "")
    found = searching_codes.search(source, text.replace("\x00", "")[:LONGEST].strip())
    return render(request, "register/parts/found.html", {"found": found, "name": name})

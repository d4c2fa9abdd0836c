"""What every template may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation

from bandung.register.actor import actor_of

if TYPE_CHECKING:
    from django.http import HttpRequest


def register(request: HttpRequest) -> dict[str, object]:
    """Return who looks, the languages, and whether this is a demonstration."""
    return {
        "actor": actor_of(request),
        "languages": settings.LANGUAGES,
        "rtl": translation.get_language_bidi(),
        "demonstration": settings.DEMONSTRATION,
    }

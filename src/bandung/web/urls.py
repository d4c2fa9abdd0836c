"""Addresses: the pages, the API, and what a machine that watches the server asks for."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from bandung.register.api.application import api
from bandung.web import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health.health, name="health"),
    path("metrics", health.metrics, name="metrics"),
    path("api/v1/", api.urls),
    path("", include("bandung.register.pages.urls")),
]

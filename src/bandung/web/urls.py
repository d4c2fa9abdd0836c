"""Addresses: the pages, the API, and what a machine that watches the server asks for."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

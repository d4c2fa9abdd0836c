"""Whose address a request comes from."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from bandung.register import places

if TYPE_CHECKING:
    from django.http import HttpRequest

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


def of_client(request: HttpRequest) -> str:
    """Return the address of who asks, against whom failed attempts to sign in are counted.

    In service only the proxy reaches the server; the last address it forwards is the one that it
    saw itself, whatever the client wrote before it. Elsewhere nobody is believed.
    """
    own = str(request.META.get("REMOTE_ADDR", ""))
    if not places.is_service():
        return own
    last = str(request.META.get(FORWARDED[0], "")).rpartition(",")[2].strip()
    return last if _is_address(last) else own


def is_from_here(request: HttpRequest) -> bool:
    """Whether a program on this machine asks, and no proxy for somebody else."""
    if places.is_service() or any(request.META.get(name) for name in FORWARDED):
        return False
    own = request.META.get("REMOTE_ADDR", "")
    return _is_address(own) and ip_address(own).is_loopback


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

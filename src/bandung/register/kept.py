"""Results that are kept until anything is written that this reader could see.

Every write appends to the audit chain, so the digest of its last entry names the state of the
whole record; that of the last entry that is of the reader's own member, or that is more than work
on a draft, names the state of what the reader sees. What a reader may see depends on its member
alone, so all people of a member share what is kept for one of them, and nobody else does.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from django.core.cache import cache
from django.db.models import Q

from bandung.register.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bandung.register.actor import Actor

Result = TypeVar("Result")
SECONDS = 24 * 3600
AT_HOME = ("create", "save", "import", "approve", "return", "discard")
"""What a member does to its own drafts: nobody else sees anything of it."""
_MISSING = object()
_locks: dict[str, tuple[threading.Lock, int]] = {}
_guard = threading.Lock()


def head(actor: Actor) -> str:
    """Return the digest of the last entry that could change what a reader sees; empty before it."""
    seen = ~Q(action__in=AT_HOME, kind="statement")
    if actor.member:
        seen |= Q(member=actor.member)
    entries = AuditEntry.objects.filter(seen).order_by("-sequence")
    return entries.values_list("digest", flat=True).first() or ""


def kept(
    actor: Actor, what: str, compute: Callable[[], Result], *, at: str | None = None
) -> Result:
    """Return what was computed for this reader since the last write, or compute it now.

    Parameters
    ----------
    what
        Names the question and all its values.
    at
        The head, where the caller has asked for it already.
    """
    at = head(actor) if at is None else at
    said = f"{at}\n{actor.member or 'public'}\n{what}"
    key = "kept:" + hashlib.sha256(said.encode()).hexdigest()
    found: Result | object = cache.get(key, _MISSING)
    if found is _MISSING:
        with _alone(key):
            found = cache.get(key, _MISSING)
            if found is _MISSING:
                found = compute()
                cache.set(key, found, SECONDS)
    return found  # type: ignore[return-value]


@contextmanager
def _alone(key: str) -> Iterator[None]:
    """Let one thread at a time compute the same thing; the others wait for its result."""
    with _guard:
        lock, waiting = _locks.get(key, (threading.Lock(), 0))
        _locks[key] = (lock, waiting + 1)
    try:
        with lock:
            yield
    finally:
        with _guard:
            lock, waiting = _locks[key]
            if waiting == 1:
                del _locks[key]
            else:
                _locks[key] = (lock, waiting - 1)

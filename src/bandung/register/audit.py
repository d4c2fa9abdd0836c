"""The chain of audit entries: who, when, which action, before and after.

Each entry's digest is taken of the entry and of the digest before it, so that none can be
changed, left out or put in later without every later digest becoming wrong. Writers lock the
head of the chain, so entries follow one another whatever the database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

from bandung.register.models import AuditEntry, ChainHead, Revision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bandung.register.actor import Actor

START = "0" * 64
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing done, to be written into the chain.

    Attributes
    ----------
    action, kind, object_id
        What was done to what, as in ``("share", "statement", "…")``.
    before, after
        JSON values; None where there was nothing.
    """

    action: str
    kind: str
    object_id: str
    before: object = None
    after: object = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of following the chain from its first entry to its last.

    Attributes
    ----------
    entries
        How many entries were read.
    head
        Digest of the last of them.
    problems
        A sentence for each thing that is wrong; empty when the chain holds.
    """

    entries: int
    head: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def write(actor: Actor, deeds: Iterable[Deed]) -> dt.datetime:
    """Append entries to the chain within the transaction that does the deeds.

    Raises
    ------
    RuntimeError
        Outside a transaction: a deed and its entry stand or fall together.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an audit entry is written in the transaction of what it tells")
    head = take_turn()
    at = timezone.now()
    entries = []
    for deed in deeds:
        entry = AuditEntry(
            sequence=head.sequence + 1,
            at=at,
            actor=actor.name,
            person=actor.person,
            member_id=actor.member or None,
            action=deed.action,
            kind=deed.kind,
            object_id=deed.object_id,
            before=_text(deed.before),
            after=_text(deed.after),
            previous=head.digest,
        )
        entry.digest = digest(entry)
        head.sequence, head.digest = entry.sequence, entry.digest
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries, batch_size=BATCH)
    head.save()
    return at


def take_turn() -> ChainHead:
    """Return the head of the chain, locked until the transaction ends: writers wait for it."""
    locked = ChainHead.objects.select_for_update()
    head = locked.filter(id=1).first()
    if head is None:
        ChainHead.objects.get_or_create(id=1, defaults={"digest": START})
        head = locked.get(id=1)
    return head


def digest(entry: AuditEntry) -> str:
    """Return the SHA-256 of an entry and of the digest before it."""
    said = [
        entry.sequence,
        entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        entry.actor,
        str(entry.person_id or ""),
        entry.member_id or "",
        entry.action,
        entry.kind,
        entry.object_id,
        entry.before,
        entry.after,
        entry.previous,
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def verify() -> Verdict:
    """Follow the whole chain, and compare every revision with the last entry that wrote it."""
    problems: list[str] = []
    previous, expected = START, 1
    last_digest: dict[str, str] = {}
    for entry in AuditEntry.objects.order_by("sequence").iterator(chunk_size=BATCH):
        if entry.sequence != expected:
            problems.append(f"entries {expected} to {entry.sequence - 1} are missing")
        if entry.previous != previous:
            problems.append(f"entry {entry.sequence} does not follow the one before it")
        if digest(entry) != entry.digest:
            problems.append(
                f"entry {entry.sequence} ({entry.action} of {entry.kind} {entry.object_id}, "
                f"{entry.at:%Y-%m-%d}) was changed after it was written"
            )
        last_digest.update(_revision_digests(entry))
        previous, expected = entry.digest, entry.sequence + 1
    head = ChainHead.objects.filter(id=1).first()
    if (head.sequence if head else 0, head.digest if head else START) != (expected - 1, previous):
        problems.append(
            f"the chain ends at entry {expected - 1}, but its head says {head and head.sequence}: "
            "the last entries were removed"
        )
    problems += _records_that_differ(last_digest)
    return Verdict(expected - 1, previous, tuple(problems))


def _revision_digests(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    if entry.kind == "statement" and entry.after:
        after = json.loads(entry.after)
        if isinstance(after, dict) and "revision" in after and "digest" in after:
            yield f"{entry.object_id}:{after['revision']}", after["digest"]


def _records_that_differ(last_digest: dict[str, str]) -> list[str]:
    problems = []
    seen = set()
    rows = Revision.objects.values_list("statement_id", "number", "content", "digest")
    for statement, number, content, kept in rows.iterator(chunk_size=BATCH):
        key = f"{statement}:{number}"
        seen.add(key)
        actual = hashlib.sha256(content.encode()).hexdigest()
        if actual != kept or last_digest.get(key) != actual:
            problems.append(
                f"revision {number} of statement {statement} is not what the last entry about it "
                "says: it was changed past the register"
            )
    problems += [
        f"revision {key} was removed past the register" for key in last_digest.keys() - seen
    ]
    return problems


def _text(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

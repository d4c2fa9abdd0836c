"""Files whose effects somebody looks at before accepting them; kept until then, then let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.errors import EditConflictError, NotFoundError, RegisterError
from bandung.register.actions.turns import in_turn
from bandung.register.exchange import MOST_BYTES, FilePlan, accept, kind_of, plan_file
from bandung.register.models import ImportPreview, Person

if TYPE_CHECKING:
    from uuid import UUID

    from bandung.register.actor import Actor

MOST_LISTED = 300
MOST_OF_A_VALUE = 200


def keep_preview(actor: Actor, name: str, data: bytes, lang: str) -> ImportPreview:
    """Look at a file's effects, and keep the file until the person accepts them or not.

    Raises
    ------
    RegisterError
        When the file is too large, of another kind, or cannot be read.
    """
    actor.require(Person.Role.EDITOR, _("Importing"))
    if actor.person is None:
        raise RegisterError(_("A preview is kept for a person; a command shows it at once."))
    if len(data) > MOST_BYTES:
        raise RegisterError(
            _("%(name)s has %(bytes)s bytes; at most %(most)s are taken.")
            % {"name": name, "bytes": f"{len(data):,}", "most": f"{MOST_BYTES:,}"}
        )
    kind = kind_of(data, name)
    planned = plan_file(actor, kind, data, lang)
    ImportPreview.objects.filter(person=actor.person, accepted_at=None).delete()
    return ImportPreview.objects.create(
        person=actor.person,
        member_id=actor.member,
        kind=kind,
        file_name=name[:300],
        file=data,
        summary=_summary(planned, lang),
    )


def look_again(actor: Actor, key: UUID | str) -> ImportPreview:
    """Look anew at what a kept file would do, after the record has changed."""
    preview = kept_preview(actor, key)
    preview.summary = _summary(plan_of(actor, preview), preview.summary["language"])
    preview.save()
    return preview


def drop_preview(actor: Actor, key: UUID | str) -> None:
    """Forget a file whose effects are not wanted."""
    kept_preview(actor, key).delete()


def kept_preview(actor: Actor, key: UUID | str) -> ImportPreview:
    """Return a preview of one's own.

    Raises
    ------
    NotFoundError
    """
    found = ImportPreview.objects.filter(pk=key, person=actor.person, member=actor.member or None)
    preview = found.first() if actor.person else None
    if preview is None:
        raise NotFoundError(f"there is no import {key} of yours")
    return preview


def plan_of(actor: Actor, preview: ImportPreview) -> FilePlan:
    """Return what a kept file would do now."""
    language = preview.summary["language"]
    return plan_file(actor, preview.kind, bytes(preview.file), language)


def accept_preview(actor: Actor, key: UUID | str) -> ImportPreview:
    """Do what a preview showed, if that is still what the file would do.

    The file itself is not kept any longer.

    Raises
    ------
    NotFoundError
    EditConflictError
        When the record changed since the preview: its effects have to be looked at again.
    """
    preview = _waiting(actor, key)
    planned = plan_of(actor, preview)
    if planned.fingerprint() != preview.summary["fingerprint"]:
        raise EditConflictError(
            _(
                "The record changed since you looked at the effects of %(name)s: nothing was taken "
                "in. Look at what it would do now."
            )
            % {"name": preview.file_name}
        )
    return _take_in(actor, key, planned)


@in_turn
def _take_in(actor: Actor, key: UUID | str, planned: FilePlan) -> ImportPreview:
    """Do what a plan says, unless its file was taken in or dropped while it was made."""
    preview = _waiting(actor, key)
    accept(actor, planned, source=preview.file_name)
    preview.accepted_at = timezone.now()
    preview.file = b""
    preview.save()
    return preview


def _waiting(actor: Actor, key: UUID | str) -> ImportPreview:
    preview = kept_preview(actor, key)
    if preview.accepted_at is not None:
        raise RegisterError(_("%(name)s was taken in already.") % {"name": preview.file_name})
    return preview


def _summary(planned: FilePlan, lang: str) -> dict[str, object]:
    """Return what the page of a preview shows, as JSON; long lists are cut, counts are not."""
    made = planned.plan
    return {
        "counts": made.counts(),
        "fingerprint": planned.fingerprint(),
        "language": lang,
        "findings": [
            [
                found.where,
                found.name,
                found.column,
                found.value[:MOST_OF_A_VALUE],
                found.message,
                found.refuses,
            ]
            for found in planned.findings[:MOST_LISTED]
        ],
        "findings_count": len(planned.findings),
        "added": [
            [item.where, item.name, item.content.title(lang)] for item in made.added[:MOST_LISTED]
        ],
        "changed": [
            [
                change.item.where,
                change.statement.reference,
                change.item.content.title(lang),
                list(change.fields),
            ]
            for change in made.changed[:MOST_LISTED]
        ],
        "left_out": planned.left_out,
    }

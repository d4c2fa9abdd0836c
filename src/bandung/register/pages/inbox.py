"""What awaits the reader: to finish, approve, share, publish, confirm, settle, decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from bandung.register import visibility
from bandung.register.actions import pairing
from bandung.register.actor import actor_of
from bandung.register.models import Person, Response, Revision, RevisionPartner, Statement
from bandung.register.pages import localised
from bandung.register.pages.access import signed_in
from bandung.register.side_by_side import beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from bandung.register.actor import Actor
    from bandung.register.linkage import Suggestion

FEW, MANY = 5, 200
COMPARED = 40
State = Revision.State
Role = Person.Role


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that awaits: a link, and what tells it from the others."""

    revision: Revision
    href: str
    member: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Things of one kind that await.

    Attributes
    ----------
    count
        How many there are; `items` are the first of them.
    """

    key: str
    title: str
    hint: str
    count: int
    items: tuple[Item, ...]


@signed_in
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what awaits the reader; ``?only=`` shows one kind at length."""
    actor = actor_of(request)
    only = request.GET.get("only", "")
    builders = {name: build for name, build in _SECTIONS.items() if not only or name == only}
    limit = MANY if only else FEW
    sections = [build(actor, limit) for build in builders.values()] if actor.member else []
    own = Statement.objects.filter(member=actor.member or None, standing=True)
    context = {
        "sections": [section for section in sections if section is not None and section.count],
        "only": only if only in _SECTIONS else "",
        "has_statements": own.exists(),
        "may_enter": actor.may(Role.EDITOR),
    }
    return render(request, "register/inbox.html", context)


def _own(actor: Actor, *states: str) -> QuerySet[Statement]:
    found = Statement.objects.filter(
        member=actor.member, standing=True, working__state__in=states
    ).select_related("working", "agency", "working__modified_by")
    if actor.agency is not None and not actor.may(Role.FOCAL_POINT):
        found = found.filter(Q(agency=actor.agency) | Q(agency=None))
    return found.order_by("-changed_at")


def _statements(found: Iterable[Statement], detail: Callable[[Statement], str]) -> tuple[Item, ...]:
    return tuple(
        Item(
            item.working,
            reverse("activity", args=[item.activity_id]),
            item.member_id,
            detail(item),
        )
        for item in found
        if item.working is not None
    )


def _section(key: str, title: str, hint: str, found: QuerySet[Statement], limit: int) -> Section:
    def detail(item: Statement) -> str:
        by = item.working.modified_by if item.working else None
        return _("%(reference)s, by %(person)s, %(day)s") % {
            "reference": item.reference,
            "person": by.name if by else _("the operator"),
            "day": localised.day(item.changed_at.date()),
        }

    return Section(key, title, hint, found.count(), _statements(found[:limit], detail))


def _returned(actor: Actor, limit: int) -> Section | None:
    found = _own(actor, State.DRAFT).exclude(working__remark="")
    hint = _("An approver gave these back with a remark.")
    return _section("returned", _("Returned to mend"), hint, found, limit)


def _drafts(actor: Actor, limit: int) -> Section | None:
    found = _own(actor, State.DRAFT).filter(working__modified_by=actor.person, working__remark="")
    hint = _("You began these; nobody outside your country sees them.")
    return _section("drafts", _("Your drafts"), hint, found, limit)


def _to_approve(actor: Actor, limit: int) -> Section | None:
    if not actor.may(Role.APPROVER):
        return None
    states = [State.DRAFT, State.AGENCY_APPROVED] if actor.may(Role.FOCAL_POINT) else [State.DRAFT]
    mine = Q(working__state=State.DRAFT, working__modified_by=actor.person)
    found = _own(actor, *states).exclude(mine).filter(working__remark="")
    hint = _("Written by others of your country.")
    return _section("to-approve", _("To approve"), hint, found, limit)


def _to_share(actor: Actor, limit: int) -> Section | None:
    if not actor.may(Role.FOCAL_POINT):
        return None
    hint = _("Approved; the partners do not see them yet.")
    return _section("to-share", _("To share"), hint, _own(actor, State.APPROVED), limit)


def _to_publish(actor: Actor, limit: int) -> Section | None:
    if not actor.may(Role.FOCAL_POINT):
        return None
    hint = _("Shared; the public does not see them yet.")
    return _section("to-publish", _("To publish"), hint, _own(actor, State.SHARED), limit)


def _shared_with(actor: Actor) -> QuerySet[Statement]:
    named = RevisionPartner.objects.filter(revision=OuterRef("shared"), member=actor.member)
    return (
        Statement.objects.filter(Exists(named), standing=True, shared__isnull=False)
        .exclude(member=actor.member)
        .select_related("shared", "activity", "published")
        .order_by("-changed_at")
    )


def _mine(actor: Actor) -> Exists:
    own = Statement.objects.filter(
        activity=OuterRef("activity"), member=actor.member, standing=True
    )
    return Exists(own)


def _to_confirm(actor: Actor, limit: int) -> Section | None:
    found = _shared_with(actor).filter(~_mine(actor))
    items = tuple(
        Item(
            item.shared,
            reverse("activity", args=[item.activity_id]),
            item.member_id,
            _("shared by %(member)s") % {"member": localised.member_names([item.member_id])},
        )
        for item in found[:limit]
        if item.shared is not None
    )
    hint = _("Partners shared these and name you; you have not stated your side.")
    return Section("to-confirm", _("To confirm"), hint, found.count(), items)


def _differing(actor: Actor, limit: int) -> Section | None:
    items = []
    for theirs in _shared_with(actor).filter(_mine(actor))[:COMPARED]:
        own = (
            theirs.activity.statements.filter(member=actor.member, standing=True)
            .select_related("working", "shared", "published")
            .first()
        )
        if own is None or own.working is None or theirs.shared is None:
            continue
        mine = visibility.View(own, own.working, own=True)
        found = beside(mine, visibility.View(theirs, theirs.shared, own=False)).comparison
        if found.is_agreed:
            continue
        counts, lists = found.field_counts, found.contribution_counts
        number = counts.differs + lists.differs + lists.only_ours + lists.only_theirs
        detail = ngettext(
            "%(number)s difference with %(member)s",
            "%(number)s differences with %(member)s",
            number,
        ) % {
            "number": localised.number(number),
            "member": localised.member_names([theirs.member_id]),
        }
        href = reverse("activity", args=[own.activity_id])
        items.append(Item(own.working, href, theirs.member_id, detail))
    hint = _("You and a partner state these differently, among the %(number)s changed last.") % {
        "number": localised.number(COMPARED)
    }
    return Section("differing", _("Stated differently"), hint, len(items), tuple(items[:limit]))


def _objections(actor: Actor, limit: int) -> Section | None:
    found = (
        Response.objects.filter(
            statement__member=actor.member,
            statement__standing=True,
            kind=Response.Kind.OBJECTS,
            withdrawn_at=None,
        )
        .select_related("statement", "revision")
        .order_by("-made_at")
    )
    items = tuple(
        Item(
            item.revision,
            reverse("activity", args=[item.statement.activity_id]),
            item.member_id,
            _("%(member)s: %(reason)s")
            % {
                "member": localised.member_names([item.member_id]),
                "reason": localised.isolated(item.reason[:200]),
            },
        )
        for item in found[:limit]
    )
    hint = _("What a partner objects to stays out of the return until it is settled.")
    return Section("objections", _("Objections to your statements"), hint, found.count(), items)


def _proposals(actor: Actor, limit: int) -> Section | None:
    found = pairing.received(actor)
    items = tuple(
        Item(
            item.own.shared,
            reverse("suggestions"),
            item.proposer_id,
            _("%(member)s proposes that it is your %(reference)s")
            % {
                "member": localised.member_names([item.proposer_id]),
                "reference": item.other.reference,
            },
        )
        for item in found.select_related("own__shared")[:limit]
        if item.own.shared is not None
    )
    hint = _("A partner says that two activities are one: accept or refuse.")
    return Section("proposals", _("Proposed matches"), hint, found.count(), items)


def _duplicates(actor: Actor, limit: int) -> Section | None:
    if not actor.may(Role.EDITOR):
        return None
    found = _suggestions().duplicates(actor, look=False)
    merging = actor.may(Role.FOCAL_POINT)
    items = []
    for ours, theirs in _pairs(actor, found[:limit]):
        asked = f"?kept={ours.statement.pk}&absorbed={theirs.statement.pk}"
        href = reverse("merge") + asked if merging else reverse("suggestions") + "?look=duplicates"
        detail = _("%(reference)s and %(other)s") % {
            "reference": localised.isolated(ours.statement.reference),
            "other": localised.isolated(theirs.statement.reference),
        }
        items.append(Item(ours.revision, href, actor.member, detail))
    hint = _("Perhaps entered twice within your country: merge the two, or say that they are two.")
    return Section("duplicates", _("Likely duplicates"), hint, len(found), tuple(items))


def _matches(actor: Actor, limit: int) -> Section | None:
    if not actor.may(Role.APPROVER):
        return None
    found = _suggestions().matches(actor, look=False)
    items = []
    for ours, theirs in _pairs(actor, found[:limit]):
        detail = _("%(reference)s, and %(other)s of %(member)s") % {
            "reference": localised.isolated(ours.statement.reference),
            "other": localised.isolated(theirs.statement.reference),
            "member": localised.member_names([theirs.statement.member_id]),
        }
        href = reverse("suggestions") + "?look=matches"
        items.append(Item(ours.revision, href, theirs.statement.member_id, detail))
    hint = _("Perhaps one activity: propose it to the partner, or say that they are two.")
    return Section("matches", _("Likely matches"), hint, len(found), tuple(items))


def _suggestions() -> ModuleType:
    from bandung.register import suggestions  # noqa: PLC0415 - loads DuckDB

    return suggestions


def _pairs(
    actor: Actor, found: Iterable[Suggestion]
) -> Iterator[tuple[visibility.View, visibility.View]]:
    """Yield both statements of each suggestion as the reader sees them."""
    for item in found:
        ours, theirs = (visibility.statement(actor, key) for key in (item.ours, item.theirs))
        yield visibility.view_of(actor, ours), visibility.view_of(actor, theirs)


_SECTIONS: dict[str, Callable[[Actor, int], Section | None]] = {
    "returned": _returned,
    "to-confirm": _to_confirm,
    "objections": _objections,
    "differing": _differing,
    "to-approve": _to_approve,
    "to-share": _to_share,
    "to-publish": _to_publish,
    "proposals": _proposals,
    "duplicates": _duplicates,
    "matches": _matches,
    "drafts": _drafts,
}

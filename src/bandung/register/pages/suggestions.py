"""What may be one and was entered as two: matches with partners, duplicates within a country."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bandung.errors import NotFoundError
from bandung.register import visibility
from bandung.register.actions import merging, pairing, statements
from bandung.register.actor import actor_of
from bandung.register.models import Person, Statement
from bandung.register.pages import accounts_of
from bandung.register.pages.access import number_in, signed_in
from bandung.register.pages.reasons import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from bandung.register.actor import Actor
    from bandung.register.models import MatchProposal, Revision

SHOWN = 30
MATCHES, DUPLICATES = "matches", "duplicates"
Role = Person.Role


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements that may be one, as the reader sees them, with reasons in words."""

    ours: Statement
    ours_seen: Revision
    theirs: Statement
    theirs_seen: Revision
    why: list[str]
    why_not: list[str]
    proposal: MatchProposal | None = None


@signed_in
@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Show proposals and merges; ``?look=`` looks for more of one kind."""
    actor = actor_of(request)
    look = request.GET.get("look", "")
    found = _suggested(actor, look) if actor.member and look in {MATCHES, DUPLICATES} else []
    context = {
        "look": look,
        "pairs": found,
        "received": _proposals(actor, pairing.received(actor)),
        "made": _proposals(actor, pairing.made(actor)),
        "merges": merging.standing_merges(actor).select_related("kept__working"),
        "may_decide": actor.may(Role.APPROVER),
        "may_merge": actor.may(Role.FOCAL_POINT),
        "may_dismiss": actor.may(Role.EDITOR),
    }
    return render(request, "register/suggestions.html", context)


@signed_in
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Propose, accept, refuse or withdraw a match; leave a joined activity; dismiss."""
    actor = actor_of(request)
    doing, key = request.POST.get("do", ""), request.POST.get("proposal", "")
    own, other = request.POST.get("own", ""), request.POST.get("other", "")
    if doing == "propose":
        pairing.propose(actor, own, other)
        messages.success(request, _("Proposed: your partner accepts or refuses."))
    elif doing == "accept":
        accepted = pairing.accept(actor, key)
        messages.success(request, _("Accepted: both statements are now of one activity."))
        return redirect("activity", key=accepted.other.activity_id)
    elif doing == "refuse":
        pairing.refuse(actor, key)
        messages.success(request, _("Refused: the two stay apart."))
    elif doing == "withdraw":
        pairing.withdraw(actor, key)
        messages.success(request, _("Your proposal is withdrawn."))
    elif doing == "leave":
        pairing.leave(actor, key)
        messages.success(request, _("Your statement has an activity of its own again."))
    elif doing == "dismiss":
        pairing.dismiss(actor, own, other)
        messages.success(request, _("They will not be suggested to your country again."))
    else:
        raise NotFoundError(f"there is nothing to do called {doing}")
    return redirect("suggestions")


@signed_in
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest) -> HttpResponse:
    """Show two statements of one's own member side by side; make them one."""
    actor = actor_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    kept = _standing(actor, asked.get("kept", ""))
    absorbed = _standing(actor, asked.get("absorbed", ""))
    if request.method == "POST":
        made = merging.merge(
            actor,
            kept.pk,
            absorbed.pk,
            kept_version=number_in(request.POST.get("kept_version", "")),
            absorbed_version=number_in(request.POST.get("absorbed_version", "")),
            bring=request.POST.getlist("bring"),
        )
        messages.success(request, _("Merged. It can be taken apart again under “Suggestions”."))
        return redirect("activity", key=made.kept.activity_id)
    first, second = statements.said_in(kept), statements.said_in(absorbed)
    context = {
        "kept": kept,
        "absorbed": absorbed,
        "differences": accounts_of.differences(first, second),
        "contributions": [
            accounts_of.Line(item.key, accounts_of.contribution(item))
            for item in second.contributions
        ],
        "may_merge": actor.may(Role.FOCAL_POINT),
    }
    return render(request, "register/merge.html", context)


@signed_in
@require_POST
def undo(request: HttpRequest, key: str) -> HttpResponse:
    """Take a merge apart."""
    actor = actor_of(request)
    made = merging.undo(
        actor, key, kept_version=number_in(request.POST.get("expected_version", ""))
    )
    messages.success(request, _("Taken apart: both statements stand again."))
    return redirect("activity", key=made.kept.activity_id)


@signed_in
@require_POST
def pair(request: HttpRequest, key: str) -> HttpResponse:
    """Say that two contributions of an activity are one, or are not, or take that back."""
    actor = actor_of(request)
    activity = visibility.activity(actor, key)
    said = [request.POST.get(name, "") for name in ("own", "own_key", "other", "other_key")]
    doing = request.POST.get("do", "")
    if doing == "unsay":
        pairing.unsay(actor, *said)
    elif doing in {"same", "apart"}:
        pairing.say(actor, *said, same=doing == "same")
    else:
        raise NotFoundError(f"there is nothing to do called {doing}")
    messages.success(request, _("Your view is recorded."))
    return redirect("activity", key=activity.pk)


def _suggested(actor: Actor, look: str) -> list[Pair]:
    from bandung.register import suggestions as finding  # noqa: PLC0415 - loads DuckDB

    found = finding.matches(actor) if look == MATCHES else finding.duplicates(actor)
    pairs = []
    for item in found[:SHOWN]:
        ours, theirs = _seen(actor, item.ours), _seen(actor, item.theirs)
        if ours is not None and theirs is not None:
            records = (reason.record() for reason in item.reasons)
            why = sentences(records, ours[1].said(), theirs[1].said())
            pairs.append(Pair(*ours, *theirs, *why))
    return pairs


def _seen(actor: Actor, key: str) -> tuple[Statement, Revision] | None:
    """Return a statement as the reader sees it; None when it was taken back meanwhile."""
    try:
        view = visibility.view_of(actor, visibility.statement(actor, key))
    except NotFoundError:
        return None
    return view.statement, view.revision


def _proposals(actor: Actor, items: Iterable[MatchProposal]) -> list[Pair]:
    pairs = []
    for item in items:
        own, other = _seen(actor, str(item.own_id)), _seen(actor, str(item.other_id))
        if own is not None and other is not None:
            why = sentences(item.reasons, own[1].said(), other[1].said())
            pairs.append(Pair(*own, *other, *why, item))
    return pairs


def _standing(actor: Actor, key: str) -> Statement:
    found = visibility.own_statement(actor, key)
    if not found.standing:
        raise NotFoundError(f"there is no statement {key} of yours")
    return found

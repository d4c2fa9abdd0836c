"""The members, and the public page of each: only what every party has published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bandung.codes import countries
from bandung.errors import NotFoundError
from bandung.register import visibility
from bandung.register.actor import Actor, actor_of
from bandung.register.kept import head, kept
from bandung.register.models import Agency, Member
from bandung.register.pages import filters, localised
from bandung.register.pages.lists import page_of
from bandung.register.pages.overview import Shown, charts
from bandung.register.selection import Selection

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """A member in the list, and how many of its activities are public."""

    code: str
    name: str
    count: int


@require_safe
@filters.with_lists
def members(request: HttpRequest) -> HttpResponse:
    """List the members that take part, in the order of the language's alphabet."""
    public = kept(Actor.public(), "activities by member", _public_counts)
    joined = Member.objects.exclude(joined_on=None).values_list("code", flat=True)
    listed = [
        Listed(code, countries.name(code, localised.lang()), public.get(code, 0))
        for code in localised.alphabetical(joined)
    ]
    return render(request, "register/members.html", {"members": listed})


@require_safe
@filters.with_lists
def member(request: HttpRequest, code: str) -> HttpResponse:
    """Show a member as the public sees it, whoever looks.

    Raises
    ------
    NotFoundError
        When no such member takes part and nothing public has its account.
    """
    code = code.upper()
    public = Actor.public()
    at = head(public)
    counts = kept(public, "activities by member", _public_counts, at=at)
    joined = Member.objects.filter(code=code).exclude(joined_on=None).first()
    if not countries.is_code(code) or (joined is None and code not in counts):
        raise NotFoundError(f"there is no member {code}")
    selection = Selection(member=code, sort="newest")
    page = page_of(public, selection, 1, at)
    page.rows[SHOWN:] = []
    said = {
        "code": code,
        "joined": joined,
        "agencies": Agency.objects.filter(member=code, active=True),
        "count": counts.get(code, 0),
        "page": page,
        "charts": charts(public, Shown(Selection(member=code), "activities"), at),
        "query": selection.query(),
        "own": actor_of(request).member == code,
    }
    return render(request, "register/member.html", said)


def public_numbers() -> dict[str, int]:
    """Return how many members take part, and how many activities are public."""
    public = visibility.activities(Actor.public())
    return {
        "members": Member.objects.exclude(joined_on=None).count(),
        "activities": public.count(),
    }


def _public_counts() -> dict[str, int]:
    rows = visibility.revisions(Actor.public()).values_list("member")
    return dict(rows.annotate(n=Count("activity", distinct=True)))

"""Map and charts of what was given and received, and the start page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from bandung.codes import countries
from bandung.register import codelists, sums
from bandung.register.actor import Actor, actor_of
from bandung.register.kept import head, kept
from bandung.register.models import Person
from bandung.register.pages import figures, filters, localised, maps
from bandung.register.selection import Selection

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from bandung.register.sums import Dimension, Total

EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Shown:
    """What an overview shows: whose accounts, in which measure, where its links lead."""

    selection: Selection
    measure: str
    list_address: str = "activities"


@require_safe
@filters.with_lists
def start(request: HttpRequest) -> HttpResponse:
    """Say what this is, with the public figures; lead to the set-up while nobody is here."""
    if not Person.objects.exists():
        return redirect("setup")
    public = Actor.public()
    at = head(public)
    total = sums.total(public, Selection(), at=at)
    drawn = charts(public, Shown(Selection(), "activities"), at, only_map=True)
    said = {"total": total, "charts": drawn, "numbers": _numbers(public, at)}
    return render(request, "register/start.html", said)


@require_safe
@filters.with_lists
def overview(request: HttpRequest) -> HttpResponse:
    """Show map and charts of the accounts that fit: one's own member's unless others are asked."""
    actor = actor_of(request)
    at = head(actor)
    selection = replace(Selection.of(request.GET), stage="", sort="changed")
    everybody = request.GET.get("whose") == EVERYBODY
    if actor.member and not selection.member and not everybody:
        selection = replace(selection, member=actor.member)
    units = sums.by(actor, selection, "all", at=at).measures()
    known = [measure for measure, _label in figures.measures(units)]
    wanted = request.GET.get("measure", "")
    shown = Shown(selection, wanted if wanted in known else known[0])
    also = [("whose", EVERYBODY)] if everybody else []
    said = {
        "selection": selection,
        "fields": filters.fields(actor, selection, sums=True),
        "asked": [one for one in filters.asked(selection) if not _is_own(one, actor, selection)],
        "measures": _measures(selection, units, shown.measure, also),
        "charts": charts(actor, shown, at),
        "own": actor.member and selection.member == actor.member,
        "everybody": EVERYBODY,
        "also": also,
        "query": selection.query(),
        "whole_query": selection.query(member=""),
    }
    return render(request, "register/overview.html", said)


def charts(actor: Actor, shown: Shown, at: str, *, only_map: bool = False) -> SafeString:
    """Return the pictures and tables of a selection, kept until the record changes."""
    lists = [codelists.version(name) for name in codelists.names()]
    what = (
        f"charts {shown.selection.query()} {shown.measure} {shown.list_address} {only_map} "
        f"{localised.lang()} {lists}"
    )
    drawn = kept(actor, what, lambda: _charts(actor, shown, at, only_map=only_map), at=at)
    return mark_safe(drawn)  # noqa: S308 - made by a template, which escapes


def _charts(actor: Actor, shown: Shown, at: str, *, only_map: bool) -> str:
    selection = shown.selection
    total = sums.total(actor, selection, at=at)
    across: Dimension = "partner" if selection.member else "member"
    on_map = sums.by(actor, selection, "partner", at=at)
    spots = {
        found.key: maps.Spot(
            found.activities,
            _spot(found),
            f"?{selection.query(partner=found.key, stage='delivered')}",
        )
        for found in on_map.totals
        if found.key
    }
    drawn, steps = maps.world(spots, selection.member)
    pictures = []
    if not only_map:
        for dimension in (across, "modality", "sector", "goal", "year"):
            found = sums.by(actor, selection, dimension, at=at)
            picture = figures.picture(dimension, found, selection, shown.measure)
            if picture is not None:
                pictures.append(picture)
    said = {
        "map": drawn,
        "steps": steps,
        "total": total,
        "selection": selection,
        "finding": finding(total, selection),
        "values": values_finding(total),
        "partners": len(spots),
        "pictures": pictures,
        "measure_label": figures.measure_label(shown.measure),
        "measure": shown.measure,
        "list_address": shown.list_address,
        "both_sides": not selection.member,
    }
    return render_to_string("register/parts/charts.html", said)


def finding(total: Total, selection: Selection) -> str:
    """Say in a sentence what was given and received."""
    if not total.activities:
        return _("Nothing that was delivered fits.")
    values = {
        "shown": localised.number(total.activities),
        "given": localised.number(total.given.activities),
        "received": localised.number(total.received.activities),
        "member": countries.name(selection.member, localised.lang()) if selection.member else "",
    }
    if selection.member:
        said = ngettext(
            "%(member)s, by its own account: something was delivered in %(shown)s activity; it "
            "gave in %(given)s and received in %(received)s.",
            "%(member)s, by its own account: something was delivered in %(shown)s activities; it "
            "gave in %(given)s and received in %(received)s.",
            total.activities,
        )
    else:
        said = ngettext(
            "In %(shown)s activity something was delivered: by the givers’ accounts in %(given)s, "
            "by the receivers’ accounts in %(received)s.",
            "In %(shown)s activities something was delivered: by the givers’ accounts in "
            "%(given)s, by the receivers’ accounts in %(received)s.",
            total.activities,
        )
    return said % values


def values_finding(total: Total) -> str:
    """Say how many contributions nobody has put a value on."""
    count = total.given.contributions + total.received.contributions
    without = total.given.without_value + total.received.without_value
    if not count:
        return ""
    if not without:
        return _("A value in US dollars is stated for every contribution.")
    values = {"without": localised.number(without), "count": localised.number(count)}
    return (
        ngettext(
            "Of %(count)s contribution, %(without)s has no stated value in US dollars and is in "
            "none of the sums of values.",
            "Of %(count)s contributions, %(without)s have no stated value in US dollars and are "
            "in none of the sums of values.",
            count,
        )
        % values
    )


def _spot(total: Total) -> str:
    values = {"name": figures.label("partner", total.key), "n": localised.number(total.activities)}
    return (
        ngettext("%(name)s: %(n)s activity", "%(name)s: %(n)s activities", total.activities)
        % values
    )


def _measures(
    selection: Selection, units: tuple[str, ...], here: str, also: list[tuple[str, str]]
) -> list[tuple[str, str, bool]]:
    found = []
    rest = "".join(f"&{name}={value}" for name, value in also)
    for measure, label in figures.measures(units):
        query = f"{selection.query()}&measure={measure}{rest}".lstrip("&")
        found.append((label, query, measure == here))
    return found


def _numbers(actor: Actor, at: str) -> dict[str, int]:
    from bandung.register.pages.members import public_numbers  # noqa: PLC0415 - it needs `charts`

    return kept(actor, "public numbers", public_numbers, at=at)


def _is_own(one: filters.Asked, actor: Actor, selection: Selection) -> bool:
    return bool(
        actor.member
        and selection.member == actor.member
        and one.without == selection.query(member="")
    )

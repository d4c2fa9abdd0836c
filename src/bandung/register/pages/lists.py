"""The list of activities: search, filters that are links, sums of what is listed, files of it."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Sum
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bandung.codes import countries
from bandung.errors import NotFoundError
from bandung.register import codelists, visibility
from bandung.register.actor import actor_of
from bandung.register.content import in_language
from bandung.register.kept import head, kept
from bandung.register.models import Contribution, Revision
from bandung.register.pages import filters, localised
from bandung.register.pages.spreadsheets import csv_cell, workbook
from bandung.register.selection import Selection, accounts, of_contribution, one_each
from bandung.register.sums import SIX_PLACES, Quantity, decimal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.http import HttpRequest

    from bandung.register.actor import Actor

PER_PAGE = 25
COUNTED = 1_000
"""Up to so many activities a list says how many, adds up and counts beside its filters."""
ACCOUNTS_OF_AN_ACTIVITY = 3
MOST_SHOWN = 3
"""Contributions shown in a row of the list."""
BATCH = 500
MOST_IN_WORKBOOK = 50_000
COLUMNS = (
    "activity",
    "reference",
    "account_of",
    "state",
    "title",
    "partners",
    "role",
    "status",
    "start",
    "end",
    "sectors",
    "targets",
    "adaptation",
    "mitigation",
    "delivered",
    "value_usd",
    "contributions_without_value",
    "address",
)


@dataclass(slots=True)
class Row:
    """An activity in the list, by one account of it."""

    revision: Revision
    own: bool
    titles: dict[str, str]
    partners: list[str] = field(default_factory=list)
    stated: list[str] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    more: int = 0

    @property
    def one_sided(self) -> bool:
        """Whether the reader sees one account of it only."""
        return len(self.stated) == 1

    @property
    def who(self) -> str:
        """The members that the account concerns, its own first."""
        own = countries.name(self.revision.statement.member_id, localised.lang())
        if not self.partners:
            return own
        return _("%(member)s with %(partners)s") % {
            "member": own,
            "partners": localised.member_names(self.partners),
        }

    @property
    def when(self) -> str:
        """The years it runs from and to, as far as they are known."""
        start, end = self.revision.start, self.revision.end
        if start and end and start.year != end.year:
            years = {"first": str(start.year), "last": str(end.year)}
            return localised.digits(_("%(first)s–%(last)s") % years)
        if start and not end:
            return localised.digits(_("since %(year)s") % {"year": str(start.year)})
        one = end or start
        return localised.digits(str(one.year)) if one else ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list, and what is known of the whole.

    Attributes
    ----------
    count
        How many activities; None when there are more than `COUNTED`.
    """

    rows: list[Row]
    number: int
    count: int | None
    more: bool

    @property
    def last(self) -> int | None:
        """The number of the last page, where it is known."""
        return None if self.count is None else max(1, -(-self.count // PER_PAGE))


@require_safe
@filters.with_lists
def activities(request: HttpRequest) -> HttpResponse:
    """Show the activities that fit, a page at a time."""
    actor, selection = actor_of(request), Selection.of(request.GET)
    at = head(actor)
    number = _page_number(request.GET.get("page", ""))
    page = page_of(actor, selection, number, at)
    counted: filters.Counts = []
    listed: tuple[Quantity, ...] = ()
    if page.count:
        counted = kept(actor, _what("counts", selection), lambda: _counts(actor, selection), at=at)
        listed = kept(
            actor,
            _what("listed", selection),
            lambda: listed_sums(selection, _found(actor, selection, at)),
            at=at,
        )
    said = {
        "selection": selection,
        "page": page,
        "first": (number - 1) * PER_PAGE + 1,
        "previous": number - 1,
        "next": number + 1,
        "counted_to": COUNTED,
        "fields": filters.fields(actor, selection),
        "asked": filters.asked(selection),
        "sorts": filters.sorts(selection),
        "narrowings": filters.narrowings(selection, counted),
        "listed": listed,
        "query": selection.query(),
    }
    return render(request, "register/activities.html", said)


@require_safe
@filters.with_lists
def as_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send what the list holds, all pages of it, as CSV."""
    actor, selection = actor_of(request), Selection.of(request.GET)
    lines = _lines(actor, selection, localised.lang(), request.build_absolute_uri("/")[:-1])

    def written() -> Iterator[str]:
        yield "\ufeff"
        for cells in lines:
            out = io.StringIO(newline="")
            csv.writer(out).writerow([csv_cell(cell) for cell in cells])
            yield out.getvalue()

    response = StreamingHttpResponse(written(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="activities.csv"'
    return response


@require_safe
@filters.with_lists
def as_workbook(request: HttpRequest) -> HttpResponse:
    """Send what the list holds as a workbook of one sheet."""
    actor, selection = actor_of(request), Selection.of(request.GET)
    lines = _lines(actor, selection, localised.lang(), request.build_absolute_uri("/")[:-1])
    response = HttpResponse(
        workbook("activities", lines, MOST_IN_WORKBOOK),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = 'attachment; filename="activities.xlsx"'
    return response


def page_of(actor: Actor, selection: Selection, number: int, at: str) -> Page:
    """Return a page of the list.

    Raises
    ------
    NotFoundError
        When the list ends before it.
    """
    first = (number - 1) * PER_PAGE
    found = _found(actor, selection, at)
    if len(found) <= COUNTED or first + PER_PAGE < COUNTED:
        keys = found[first : first + PER_PAGE + 1]
    else:
        keys = tuple(
            one_each(actor, selection).values_list("pk", flat=True)[first : first + PER_PAGE + 1]
        )
    if not keys and number > 1:
        raise NotFoundError(f"the list has no page {number}")
    count = len(found) if len(found) <= COUNTED else None
    return Page(_rows(actor, keys[:PER_PAGE]), number, count, len(keys) > PER_PAGE)


def listed_sums(selection: Selection, listed: Sequence[int]) -> tuple[Quantity, ...]:
    """Return what the listed accounts, one of each activity, say was delivered, by unit."""
    rows = Contribution.objects.filter(
        of_contribution(selection),
        revision__in=listed,
        stage="delivered",
        quantity__isnull=False,
    ).exclude(unit="")
    summed = rows.values_list("unit", "currency").annotate(quantity=Sum("quantity"), n=Count("pk"))
    ordered = sorted(summed, key=lambda row: (-row[3], row[0], row[1]))
    return tuple(
        Quantity(unit, currency, decimal(quantity, SIX_PLACES))
        for unit, currency, quantity, _ in ordered
    )


def _found(actor: Actor, selection: Selection, at: str) -> tuple[int, ...]:
    """Return the accounts that are listed, up to one more than are counted."""

    def first() -> tuple[int, ...]:
        return tuple(one_each(actor, selection).values_list("pk", flat=True)[: COUNTED + 1])

    return kept(actor, _what("list", selection), first, at=at)


def _counts(actor: Actor, selection: Selection) -> filters.Counts:
    most = COUNTED * ACCOUNTS_OF_AN_ACTIVITY
    found = list(accounts(actor, selection).values_list("pk", flat=True)[: most + 1])
    return filters.counts(selection, found) if len(found) <= most else []


def _what(kind: str, selection: Selection) -> str:
    lists = [codelists.version(name) for name in ("modality", "sector_crs", "sdg_goal")]
    return f"{kind} {selection.query()} {lists}"


def _rows(actor: Actor, keys: Sequence[int]) -> list[Row]:
    """Return the rows for these accounts, in their order, by four queries."""
    found = Revision.objects.select_related("statement").prefetch_related("partners").in_bulk(keys)
    rows = {key: _row(actor, found[key]) for key in keys}
    for item in Contribution.objects.filter(revision__in=keys).order_by("revision", "pk"):
        row = rows[item.revision_id]
        if len(row.contributions) < MOST_SHOWN:
            row.contributions.append(item)
        else:
            row.more += 1
    of_activity = {row.revision.statement.activity_id: row for row in rows.values()}
    stated = visibility.revisions(actor).filter(activity__in=of_activity)
    for activity, member in stated.values_list("activity", "member"):
        of_activity[activity].stated.append(member)
    return list(rows.values())


def _row(actor: Actor, revision: Revision) -> Row:
    said: dict[str, Any] = json.loads(revision.content)
    return Row(
        revision,
        bool(actor.member) and revision.statement.member_id == actor.member,
        said.get("titles", {}),
        [partner.member_id for partner in revision.partners.all()],
    )


def _lines(
    actor: Actor, selection: Selection, lang: str, site: str
) -> Iterator[tuple[object, ...]]:
    """Yield the headings, then a line for each activity of the list, in its order."""
    yield COLUMNS
    keys = list(one_each(actor, selection).values_list("pk", flat=True))
    for first in range(0, len(keys), BATCH):
        batch = keys[first : first + BATCH]
        found = (
            Revision.objects.select_related("statement")
            .prefetch_related("partners", "sectors", "targets")
            .in_bulk(batch)
        )
        delivered = _delivered(selection, batch)
        for key in batch:
            yield _line(actor, found[key], delivered[key], lang, site)


@dataclass(slots=True)
class _Delivered:
    quantities: dict[tuple[str, str], Any] = field(default_factory=dict)
    value_usd: Any = None
    without: int = 0


def _delivered(selection: Selection, keys: Sequence[int]) -> dict[int, _Delivered]:
    found: dict[int, _Delivered] = defaultdict(_Delivered)
    rows = Contribution.objects.filter(
        of_contribution(selection), revision__in=keys, stage="delivered"
    )
    for item in rows.order_by("unit", "currency", "pk"):
        of = found[item.revision_id]
        if item.quantity is not None and item.unit:
            unit = (item.unit, item.currency)
            of.quantities[unit] = of.quantities.get(unit, 0) + item.quantity
        if item.value_usd is None:
            of.without += 1
        else:
            of.value_usd = (of.value_usd or 0) + item.value_usd
    return found


def _line(
    actor: Actor, revision: Revision, delivered: _Delivered, lang: str, site: str
) -> tuple[object, ...]:
    statement = revision.statement
    own = bool(actor.member) and statement.member_id == actor.member
    quantities = (
        f"{decimal(quantity, SIX_PLACES):f} {currency or unit}"
        for (unit, currency), quantity in delivered.quantities.items()
    )
    return (
        str(statement.activity_id),
        statement.reference,
        statement.member_id,
        revision.state if own else "",
        in_language(json.loads(revision.content).get("titles", {}), lang),
        " ".join(sorted(partner.member_id for partner in revision.partners.all())),
        revision.role,
        revision.status,
        revision.start,
        revision.end,
        " ".join(f"{item.vocabulary}:{item.code}" for item in revision.sectors.all()),
        " ".join(item.code for item in revision.targets.all()),
        revision.adaptation,
        revision.mitigation,
        "; ".join(quantities),
        delivered.value_usd,
        delivered.without,
        site + reverse("activity", args=[statement.activity_id]),
    )


def _page_number(text: str) -> int:
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) > 0):
        raise NotFoundError(f"the list has no page {text[:20]}")
    return int(text)

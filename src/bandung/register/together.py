"""What a group's members did together: both sides' figures, as a reader may see them.

Plain JSON values, so that the brief and programs take it as it is. One *exchange* is all of one
modality, in one unit, that one member gave another within one activity. The giver's account and
the receiver's are put side by side; they are never added together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, Sum

from bandung.codes import countries
from bandung.errors import RegisterError
from bandung.register import codelists, visibility
from bandung.register.models import Contribution, RevisionPartner, RevisionTarget

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.db.models import QuerySet

    from bandung.register.actor import Actor
    from bandung.register.models import Revision

VERSION = 1
DELIVERED = "delivered"
SIX_PLACES, CENT = Decimal("0.000001"), Decimal("0.01")
AGREE, DIFFER, ONE_SIDE = "agree", "differ", "one_side"
MOST_MEMBERS = 250

Line = tuple[str, str, str, str, str]


@dataclass(slots=True)
class _Said:
    """What one side says of an exchange, or of several."""

    quantity: Decimal = Decimal(0)
    value_usd: Decimal = Decimal(0)
    contributions: int = 0
    without_quantity: int = 0
    with_value: int = 0

    def add(self, other: _Said) -> None:
        self.quantity += other.quantity
        self.value_usd += other.value_usd
        self.contributions += other.contributions
        self.without_quantity += other.without_quantity
        self.with_value += other.with_value

    def record(self) -> dict[str, object]:
        stated = self.contributions > self.without_quantity
        return {
            "contributions": self.contributions,
            "quantity": _plain(self.quantity) if stated else None,
            "without_quantity": self.without_quantity,
            "value_usd": _plain(self.value_usd) if self.with_value else None,
            "with_value": self.with_value,
        }


@dataclass(slots=True)
class _Sides:
    given: _Said | None = None
    received: _Said | None = None

    def verdict(self) -> str:
        if self.given is None or self.received is None:
            return ONE_SIDE
        same = (self.given.quantity, self.given.without_quantity) == (
            self.received.quantity,
            self.received.without_quantity,
        )
        return AGREE if same else DIFFER


@dataclass(slots=True)
class _Total:
    given: _Said = field(default_factory=_Said)
    received: _Said = field(default_factory=_Said)
    verdicts: Counter[str] = field(default_factory=Counter)


def together(
    actor: Actor,
    members: Sequence[str],
    since: int | None = None,
    until: int | None = None,
) -> dict[str, object]:
    """Return what is on record among some members, as JSON values.

    Parameters
    ----------
    members
        Alpha-3 codes; what they did with others is left out.
    since, until
        First and last year; a contribution is of the year in which its period ends.

    Returns
    -------
    dict
        ``activities``, ``years`` and ``goals`` (numbers of activities), ``pairs`` (for each giver
        and receiver the lines of both accounts), ``exchanges`` (how many agree, differ, or stand
        on one side only), and the ``names`` of the codes in five languages.

    Raises
    ------
    RegisterError
        When a code is none, or there are fewer than two members.
    """
    chosen = _checked(members)
    seen = _accounts(actor, chosen, since, until)
    exchanges = _exchanges(actor, chosen, since, until)
    totals: dict[tuple[str, str], dict[Line, _Total]] = defaultdict(lambda: defaultdict(_Total))
    of_pair: dict[tuple[str, str], set[object]] = defaultdict(set)
    for (activity, *line), sides in sorted(exchanges.items(), key=lambda item: str(item[0])):
        giver, receiver, *_ = line
        total = totals[giver, receiver][tuple(line)]  # type: ignore[index]
        total.verdicts[sides.verdict()] += 1
        for said, sum_of in ((sides.given, total.given), (sides.received, total.received)):
            if said is not None:
                sum_of.add(said)
        of_pair[giver, receiver].add(activity)
    pairs = [
        _pair(giver, receiver, len(of_pair[giver, receiver]), lines)
        for (giver, receiver), lines in sorted(totals.items())
    ]
    verdicts = Counter(sides.verdict() for sides in exchanges.values())
    return {
        "version": VERSION,
        "members": chosen,
        "seen_by": actor.member or "public",
        "since": since,
        "until": until,
        "activities": seen.values("activity").distinct().count(),
        "years": _years(actor, chosen, since, until),
        "goals": _goals(seen),
        "exchanges": {name: verdicts[name] for name in (AGREE, DIFFER, ONE_SIDE)},
        "pairs": pairs,
        "names": _names(totals.values()),
    }


def _checked(members: Sequence[str]) -> list[str]:
    chosen = sorted(set(members))
    for code in chosen:
        if not countries.is_code(code):
            raise RegisterError(f"{code!r} is no ISO 3166-1 alpha-3 code")
    if not 2 <= len(chosen) <= MOST_MEMBERS:
        raise RegisterError(f"name two to {MOST_MEMBERS} members, as in BRA,MOZ; got {len(chosen)}")
    return chosen


def _accounts(
    actor: Actor, members: Collection[str], since: int | None, until: int | None
) -> QuerySet[Revision]:
    """Return the accounts of members that name another of them, of activities in these years."""
    named = RevisionPartner.objects.filter(revision=OuterRef("pk"), member__in=members)
    found = visibility.revisions(actor).filter(Exists(named), member__in=members)
    if until is not None:
        found = found.filter(Q(start=None) | Q(start__year__lte=until))
    if since is not None:
        found = found.filter(Q(end=None) | Q(end__year__gte=since))
    return found


def _rows(
    actor: Actor, members: Collection[str], since: int | None, until: int | None
) -> QuerySet[Contribution]:
    rows = Contribution.objects.filter(
        revision__in=visibility.revisions(actor),
        revision__member__in=members,
        stage=DELIVERED,
        given__isnull=False,
        provider__in=members,
        receiver__in=members,
    )
    if since is not None:
        rows = rows.filter(year__gte=since)
    if until is not None:
        rows = rows.filter(year__lte=until)
    return rows


def _exchanges(
    actor: Actor, members: Collection[str], since: int | None, until: int | None
) -> dict[tuple[object, str, str, str, str, str], _Sides]:
    found: dict[tuple[object, str, str, str, str, str], _Sides] = defaultdict(_Sides)
    names = ("provider_id", "receiver_id", "modality", "unit", "currency")
    summed = (
        _rows(actor, members, since, until)
        .values_list("revision__activity", *names, "given")
        .annotate(
            quantity_sum=Sum("quantity"),
            value_sum=Sum("value_usd"),
            rows=Count("pk"),
            without=Count("pk", filter=Q(quantity=None)),
            valued=Count("pk", filter=Q(value_usd__isnull=False)),
        )
        .order_by()
    )
    for *key, given, quantity, value, rows, without, valued in summed:
        said = _Said(_decimal(quantity, SIX_PLACES), _decimal(value, CENT), rows, without, valued)
        sides = found[tuple(key)]
        if given:
            sides.given = said
        else:
            sides.received = said
    return dict(found)


def _pair(
    giver: str, receiver: str, activities: int, lines: dict[Line, _Total]
) -> dict[str, object]:
    verdicts: Counter[str] = Counter()
    for total in lines.values():
        verdicts.update(total.verdicts)
    return {
        "provider": giver,
        "receiver": receiver,
        "activities": activities,
        "exchanges": {name: verdicts[name] for name in (AGREE, DIFFER, ONE_SIDE)},
        "lines": [
            {
                "modality": modality,
                "unit": unit,
                "currency": currency,
                "provider_says": total.given.record(),
                "receiver_says": total.received.record(),
                "exchanges": {name: total.verdicts[name] for name in (AGREE, DIFFER, ONE_SIDE)},
            }
            for (_, _, modality, unit, currency), total in sorted(lines.items())
        ],
    }


def _years(
    actor: Actor, members: Collection[str], since: int | None, until: int | None
) -> list[dict[str, int]]:
    counted = (
        _rows(actor, members, since, until)
        .filter(year__isnull=False)
        .values_list("year")
        .annotate(activities=Count("revision__activity", distinct=True))
        .order_by("year")
    )
    return [{"year": year, "activities": activities} for year, activities in counted]


def _goals(accounts: QuerySet[Revision]) -> list[dict[str, object]]:
    counted = (
        RevisionTarget.objects.filter(revision__in=accounts)
        .values_list("goal")
        .annotate(activities=Count("revision__activity", distinct=True))
        .order_by()
    )
    by_number = sorted(counted, key=lambda row: (len(row[0]), row[0]))
    return [{"goal": goal, "activities": activities} for goal, activities in by_number]


def _names(of_pairs: Collection[dict[Line, _Total]]) -> dict[str, dict[str, dict[str, str]]]:
    used = [line for lines in of_pairs for line in lines]
    with codelists.held():
        return {
            name: {
                code: found.names
                for code in sorted({line[place] for line in used})
                if (found := codelists.find(name, code))
            }
            for name, place in (("modality", 2), ("unit", 3))
        }


def _decimal(value: Decimal | None, places: Decimal) -> Decimal:
    """Return a sum at its places: SQLite adds in binary, which is exact to far more than these."""
    return Decimal(0) if value is None else Decimal(value).quantize(places)


def _plain(value: Decimal) -> str:
    return format(value.normalize() + 0, "f")

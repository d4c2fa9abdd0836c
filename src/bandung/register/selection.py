"""Which activities a reader asks for: the filters of lists and sums, and their query.

A `Selection` is what stands in the address of a list. It always narrows what
`bandung.register.visibility` lets the reader see. An activity is in a selection when one account
of it that the reader may see fits all filters; what is asked of a contribution (direction,
modality, group, years, stage) has to hold of one and the same contribution.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from django.db.models import DecimalField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from bandung.codes import countries
from bandung.codes.countries import folded
from bandung.register import codelists, visibility
from bandung.register.models import (
    Contribution,
    Response,
    Revision,
    RevisionPartner,
    RevisionSector,
    RevisionTarget,
)
from bandung.register.search import fitting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import OrderBy

    from bandung.register.actor import Actor

DIRECTIONS = ("given", "received")
STATUSES = ("planned", "under_way", "finishing", "closed", "cancelled", "suspended")
STAGES = ("planned", "committed", "delivered")
CHECKS = ("one_sided", "differing", "objected")
CLIMATE = ("adaptation", "mitigation")
SORTS = ("changed", "newest", "title")
MOST_WORDS = 8
FIRST_YEAR, LAST_YEAR = 1900, 2200
REFERENCE = re.compile(r"[A-Z]{3}-\d{4}-\d{5,}")
_WORD = re.compile(r"\w+")
_PURPOSE = ("crs", "dac3")
DIGITS_OF_A_SECTOR = 3
_AMOUNT = Coalesce(
    "quantity",
    Value(Decimal(-1)),
    output_field=DecimalField(max_digits=24, decimal_places=6),
)


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters of a list; what is empty asks nothing.

    Attributes
    ----------
    text
        Words, each of which has to begin a word of the account, of a code's name or of a country's.
    member
        Whose account.
    partner
        A member that the account names as partner; where something is asked of a contribution,
        the other side of it.
    direction
        ``given`` or ``received``, as the account's member sees it.
    sector
        A DAC sector (three digits) or CRS purpose (five).
    sdg
        A goal, as ``4``, or a target, as ``4.4``.
    state
        How far one's own account has gone.
    check
        ``one_sided``, ``differing`` or ``objected``.
    climate
        ``adaptation`` or ``mitigation``: marked as an objective.
    """

    text: str = ""
    member: str = ""
    partner: str = ""
    direction: str = ""
    modality: str = ""
    group: str = ""
    sector: str = ""
    sdg: str = ""
    status: str = ""
    stage: str = ""
    year_from: int | None = None
    year_to: int | None = None
    state: str = ""
    check: str = ""
    climate: str = ""
    sort: str = "changed"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Return the selection that an address asks for; values that nothing has are left out."""
        given = {name: (query.get(name) or "").strip() for name in NAMES}
        return cls(
            text=given["text"][:200],
            member=_country(given["member"]),
            partner=_country(given["partner"]),
            direction=_one_of(given["direction"], DIRECTIONS),
            modality=given["modality"] if codelists.find("modality", given["modality"]) else "",
            group=given["group"] if codelists.find("modality_group", given["group"]) else "",
            sector=given["sector"] if _is_sector(given["sector"]) else "",
            sdg=given["sdg"] if _is_sdg(given["sdg"]) else "",
            status=_one_of(given["status"], STATUSES),
            stage=_one_of(given["stage"], STAGES),
            year_from=_year(given["year_from"]),
            year_to=_year(given["year_to"]),
            state=_one_of(given["state"], Revision.State.values),
            check=_one_of(given["check"], CHECKS),
            climate=_one_of(given["climate"], CLIMATE),
            sort=_one_of(given["sort"], SORTS) or SORTS[0],
        )

    def query(self, **changes: object) -> str:
        """Return the part of an address after ``?``, with some filters set otherwise."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        pairs = [(field.name, getattr(changed, field.name)) for field in fields(self)]
        said = [(name, str(value)) for name, value in pairs if value not in {"", None}]
        return urlencode([pair for pair in said if pair != ("sort", SORTS[0])])

    def asked(self) -> dict[str, object]:
        """Return the filters that ask something, without the order of the list."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return {k: v for k, v in said.items() if v not in {"", None} and k != "sort"}

    @property
    def of_contributions(self) -> bool:
        """Whether something is asked of a contribution."""
        asked = (self.direction, self.modality, self.group, self.stage)
        return any(asked) or self.year_from is not None or self.year_to is not None


NAMES = tuple(field.name for field in fields(Selection))


def accounts(actor: Actor, selection: Selection) -> QuerySet[Revision]:
    """Return the accounts that a reader may see and that fit: all of an activity's that do."""
    rows = visibility.revisions(actor, of=selection.member).filter(_of_statement(actor, selection))
    if selection.of_contributions:
        stated = Contribution.objects.filter(of_contribution(selection), revision=OuterRef("pk"))
        rows = rows.filter(Exists(stated))
    elif selection.partner:
        named = RevisionPartner.objects.filter(revision=OuterRef("pk"), member=selection.partner)
        rows = rows.filter(Exists(named))
    if selection.sector:
        sectors = RevisionSector.objects.filter(
            revision=OuterRef("pk"),
            vocabulary__in=_PURPOSE,
            code__gte=selection.sector,
            code__lt=f"{selection.sector}~",
        )
        rows = rows.filter(Exists(sectors))
    if selection.sdg:
        field = "code" if "." in selection.sdg else "goal"
        targets = RevisionTarget.objects.filter(revision=OuterRef("pk"), **{field: selection.sdg})
        rows = rows.filter(Exists(targets))
    if REFERENCE.fullmatch(selection.text.upper()):
        rows = rows.filter(statement__reference=selection.text.upper())
    else:
        for word in words(selection.text):
            rows = rows.filter(fitting(actor, word))
    return _checked(actor, selection, rows)


def one_each(actor: Actor, selection: Selection) -> QuerySet[Revision]:
    """Return one account of every activity in the selection, in its order.

    The reader's own where that fits, else the one of the first member by code that fits.
    """
    rows = accounts(actor, selection)
    if not selection.member:
        before = accounts(actor, selection).filter(activity=OuterRef("activity"))
        earlier = Q(member__lt=OuterRef("member"))
        if actor.member:
            before = before.filter(Q(member=actor.member) | earlier)
            rows = rows.filter(Q(member=actor.member) | ~Exists(before))
        else:
            rows = rows.filter(~Exists(before.filter(earlier)))
    return rows.order_by(*_order(selection.sort))


def of_contribution(selection: Selection) -> Q:
    """Return what a contribution has to be like."""
    asked = Q()
    if selection.direction:
        asked &= Q(given=selection.direction == "given")
    if selection.modality:
        asked &= Q(modality=selection.modality)
    if selection.group:
        listed = codelists.standing().listing("modality").entries
        asked &= Q(modality__in=[item.code for item in listed if item.group == selection.group])
    if selection.stage:
        asked &= Q(stage=selection.stage)
    if selection.year_from is not None:
        asked &= Q(year__gte=selection.year_from)
    if selection.year_to is not None:
        asked &= Q(year__lte=selection.year_to)
    if selection.partner:
        asked &= Q(counterpart=selection.partner)
    return asked


def words(text: str) -> tuple[str, ...]:
    """Return the words of a search, folded, each once."""
    return tuple(dict.fromkeys(_WORD.findall(folded(text))))[:MOST_WORDS]


def _of_statement(actor: Actor, selection: Selection) -> Q:
    asked = Q()
    if selection.status:
        asked &= Q(status=selection.status)
    if selection.state:
        own = Q(member=actor.member or None)
        asked &= own & Q(state=selection.state)
    if selection.climate:
        asked &= Q(**{f"{selection.climate}__gte": 1})
    return asked


def _checked(actor: Actor, selection: Selection, rows: QuerySet[Revision]) -> QuerySet[Revision]:
    if not selection.check:
        return rows
    others = (
        visibility.revisions(actor)
        .filter(activity=OuterRef("activity"))
        .exclude(member=OuterRef("member"))
    )
    if selection.check == "one_sided":
        return rows.filter(~Exists(others))
    mine = rows.filter(member=actor.member or None)
    if selection.check == "objected":
        standing = Response.objects.filter(
            kind=Response.Kind.OBJECTS, withdrawn_at=None, statement=OuterRef("statement")
        )
        mine_or_to_me = Q(member=actor.member or None) | Q(statement__member=actor.member or None)
        own = standing.filter(mine_or_to_me)
        return rows.filter(Exists(own))
    return mine.filter(
        Exists(others.exclude(status=OuterRef("status"))) | Exists(_unmatched(actor))
    )


def _unmatched(actor: Actor) -> QuerySet[Contribution]:
    """Return own contributions whose counterpart has an account, without their like in it."""
    theirs = visibility.revisions(actor).filter(
        statement__activity=OuterRef("revision__activity"),
        statement__member=OuterRef("counterpart"),
    )
    like = Contribution.objects.annotate(amount=_AMOUNT).filter(
        revision__in=visibility.revisions(actor),
        revision__activity=OuterRef("revision__activity"),
        revision__member=OuterRef("counterpart"),
        modality=OuterRef("modality"),
        unit=OuterRef("unit"),
        currency=OuterRef("currency"),
        amount=OuterRef("amount"),
    )
    own = Contribution.objects.annotate(amount=_AMOUNT)
    return own.filter(Exists(theirs), ~Exists(like), revision=OuterRef("pk"))


def _order(sort: str) -> tuple[OrderBy | str, ...]:
    orders: dict[str, tuple[OrderBy | str, ...]] = {
        "changed": ("-modified_at", "-pk"),
        "newest": (F("start").desc(nulls_last=True), "-pk"),
        "title": ("title", "pk"),
    }
    return orders[sort]


def _country(text: str) -> str:
    return text.upper() if countries.is_code(text.upper()) else ""


def _one_of(text: str, known: tuple[str, ...] | list[str]) -> str:
    return text if text in known else ""


def _year(text: str) -> int | None:
    return int(text) if text.isdecimal() and FIRST_YEAR <= int(text) <= LAST_YEAR else None


def _is_sector(text: str) -> bool:
    return bool(codelists.find("sector_crs", text) or codelists.find("sector_dac3", text))


def _is_sdg(text: str) -> bool:
    return bool(codelists.find("sdg_goal", text) or codelists.find("sdg_target", text))

"""What was given and received, added up over what a reader may see.

Each account is added up as its own member states it: what the member says it gave, and what it
says it received. The same exchange stands in two accounts, so the two sides are shown against
each other and never added together. Only what was delivered counts. Quantities are added within
their unit, money within its currency, and a value in US dollars only where somebody stated one.

An activity of two sectors, or of two goals, counts under each of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import polars as pl

from bandung.register import codelists
from bandung.register.frames import QUANTITY, frame
from bandung.register.kept import kept
from bandung.register.models import Contribution, RevisionSector, RevisionTarget
from bandung.register.selection import DIGITS_OF_A_SECTOR, Selection, accounts, of_contribution

if TYPE_CHECKING:
    from bandung.register.actor import Actor

Dimension = Literal["partner", "member", "modality", "sector", "goal", "year", "all"]
DIMENSIONS: tuple[Dimension, ...] = ("partner", "modality", "sector", "goal", "year")
DELIVERED = "delivered"
SIX_PLACES = Decimal("0.000001")
CENT = Decimal("0.01")

_STATED: dict[str, pl.DataType | type[pl.DataType]] = {
    "revision_id": pl.Int64,
    "given": pl.Boolean,
    "counterpart_id": pl.String,
    "modality": pl.String,
    "year": pl.Int32,
    "unit": pl.String,
    "currency": pl.String,
    "quantity": QUANTITY,
    "value_usd": QUANTITY,
}
_ACCOUNTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.Int64,
    "activity_id": pl.String,
    "member_id": pl.String,
}
_SHORT = {
    "id": "revision_id",
    "activity_id": "activity",
    "member_id": "member",
}
_KEY: dict[Dimension, str] = {
    "partner": "counterpart_id",
    "member": "member",
    "modality": "modality",
    "year": "year",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount in a unit; of money, in a currency."""

    unit: str
    currency: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Side:
    """What was given, or what was received.

    Attributes
    ----------
    activities, contributions
        How many.
    quantities
        By unit and currency; never one number.
    value_usd
        The sum of the values that somebody stated, in US dollars.
    without_value, without_quantity
        Contributions that these sums leave out.
    """

    activities: int = 0
    contributions: int = 0
    quantities: tuple[Quantity, ...] = ()
    value_usd: Decimal = Decimal(0)
    without_value: int = 0
    without_quantity: int = 0

    def in_measure(self, measure: str) -> Decimal:
        """Return one number: ``activities``, ``contributions``, ``usd``, or a unit's quantity."""
        if measure == "usd":
            return self.value_usd
        if measure in {"activities", "contributions"}:
            return Decimal(getattr(self, measure))
        unit, _, currency = measure.partition(":")
        return sum(
            (q.quantity for q in self.quantities if (q.unit, q.currency) == (unit, currency)),
            Decimal(0),
        )


@dataclass(frozen=True, slots=True)
class Total:
    """Both sides of one partner, member, modality, sector, goal or year; `key` names it.

    Attributes
    ----------
    activities
        How many there are on either side; an activity that is on both counts once.
    """

    key: str
    given: Side
    received: Side
    activities: int = 0


@dataclass(frozen=True, slots=True)
class Sums:
    """Totals by one dimension, in the order of their keys; see `by`."""

    totals: tuple[Total, ...] = field(default=())

    def measures(self) -> tuple[str, ...]:
        """Return the units, and currencies, that occur, the most frequent first."""
        seen: dict[str, int] = defaultdict(int)
        for total in self.totals:
            for side in (total.given, total.received):
                for quantity in side.quantities:
                    seen[f"{quantity.unit}:{quantity.currency}".rstrip(":")] += 1
        return tuple(sorted(seen, key=lambda unit: (-seen[unit], unit)))


def by(actor: Actor, selection: Selection, dimension: Dimension, *, at: str | None = None) -> Sums:
    """Return what the accounts in a selection say was given and received, by one dimension.

    Parameters
    ----------
    dimension
        ``partner`` (the other side of each contribution), ``member`` (whose account), ``modality``,
        ``sector`` (three digits), ``goal``, ``year``, or ``all`` for one total with an empty key.
    at
        The head of the record, where the caller knows it; results are kept until it changes.
    """
    asked = sorted((k, str(v)) for k, v in selection.asked().items())
    lists = [codelists.version(name) for name in ("modality", "sector_crs", "sdg_goal")]
    what = f"sums {asked} {lists}"
    return kept(actor, what, lambda: _add_up(actor, selection), at=at)[dimension]


def total(actor: Actor, selection: Selection, *, at: str | None = None) -> Total:
    """Return both sides of a whole selection."""
    found = by(actor, selection, "all", at=at).totals
    return found[0] if found else Total("", Side(), Side())


def _add_up(actor: Actor, selection: Selection) -> dict[Dimension, Sums]:
    """Return the sums by every dimension: the rows are read once."""
    delivered = replace(selection, stage=DELIVERED)
    added_up = accounts(actor, delivered)
    of_these = {"revision__in": added_up.values("pk")}
    stated = Contribution.objects.filter(
        of_contribution(delivered), given__isnull=False, **of_these
    )
    purposes = RevisionSector.objects.filter(vocabulary__in=("crs", "dac3"), **of_these)
    table = frame(stated, _STATED).join(frame(added_up, _ACCOUNTS).rename(_SHORT), on="revision_id")
    sectors = frame(purposes, {"revision_id": pl.Int64, "code": pl.String}).select(
        "revision_id", sector=pl.col("code").str.slice(0, DIGITS_OF_A_SECTOR)
    )
    targets = RevisionTarget.objects.filter(**of_these)
    goals = frame(targets, {"revision_id": pl.Int64, "goal": pl.String})
    keyed: dict[Dimension, pl.DataFrame] = {
        name: table.with_columns(key=pl.col(column).cast(pl.String))
        for name, column in _KEY.items()
    }
    keyed["sector"] = table.join(sectors.unique(), on="revision_id").rename({"sector": "key"})
    keyed["goal"] = table.join(goals.unique(), on="revision_id").rename({"goal": "key"})
    keyed["all"] = table.with_columns(key=pl.lit(""))
    return {name: _totals(of.filter(pl.col("key").is_not_null())) for name, of in keyed.items()}


def _totals(table: pl.DataFrame) -> Sums:
    counted = table.group_by("key", "given").agg(
        activities=pl.col("activity").n_unique(),
        contributions=pl.len(),
        without=pl.col("quantity").is_null().sum(),
    )
    sides: dict[str, dict[bool, Side]] = defaultdict(dict)
    for key, given, activities, contributions, without in counted.iter_rows():
        sides[key][given] = Side(activities, contributions, without_quantity=without)
    added = table.group_by("key", "given", "unit", "currency").agg(
        pl.col("quantity").sum(),
        pl.col("value_usd").sum(),
        stated=pl.col("quantity").is_not_null().any(),
        without=pl.col("value_usd").is_null().sum(),
    )
    quantities: dict[tuple[str, bool], list[Quantity]] = defaultdict(list)
    values: dict[tuple[str, bool], list[tuple[Decimal, int]]] = defaultdict(list)
    for key, given, unit, currency, quantity, value, stated, without in added.iter_rows():
        values[key, given].append((decimal(value, CENT), without))
        if stated and unit:
            quantities[key, given].append(Quantity(unit, currency, decimal(quantity, SIX_PLACES)))
    either = dict(table.group_by("key").agg(pl.col("activity").n_unique()).iter_rows())
    return Sums(
        tuple(
            Total(
                key,
                _filled(of.get(True, Side()), quantities[key, True], values[key, True]),
                _filled(of.get(False, Side()), quantities[key, False], values[key, False]),
                either[key],
            )
            for key, of in sorted(sides.items())
        )
    )


def decimal(value: Decimal | None, places: Decimal) -> Decimal:
    """Return a sum at its places: SQLite adds in binary, which is exact to far more than these."""
    return Decimal(0) if value is None else Decimal(value).quantize(places).normalize() + 0


def _filled(side: Side, quantities: list[Quantity], values: list[tuple[Decimal, int]]) -> Side:
    return replace(
        side,
        quantities=tuple(sorted(quantities, key=lambda q: (q.unit, q.currency))),
        value_usd=sum((value for value, _ in values), Decimal(0)),
        without_value=sum(count for _, count in values),
    )

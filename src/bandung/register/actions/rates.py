"""Taking in exchange rates, and a member's own table of what a unit costs it.

Both come as a file. A preview says what it would add, change and leave; accepting it supersedes
what it changes and deletes nothing, so that a return made before can be made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.errors import RegisterError
from bandung.register import audit, codelists
from bandung.register.models import ChainHead, ExchangeRate, Member, Person, UnitRate
from bandung.register.returns.rates import (
    Rate,
    UnitPrice,
    read_exchange_rates,
    read_unit_rates,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from bandung.register.actor import Actor
    from bandung.register.returns.tables import LineProblem

Priced = TypeVar("Priced", Rate, UnitPrice)
SHOWN = 5
"""How many refused lines a message names."""
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class RatesPlan(Generic[Priced]):
    """What a file of rates would do; nothing is done with a line refused.

    Attributes
    ----------
    added, unchanged
        Rates or unit prices of the file.
    changed
        Those that say otherwise than what stands, which they supersede.
    refused
        Lines that cannot be taken.
    """

    added: tuple[Priced, ...]
    changed: tuple[Priced, ...]
    unchanged: tuple[Priced, ...]
    refused: tuple[LineProblem, ...]

    def counts(self) -> dict[str, int]:
        """Return the counts, by the names that the commands print."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "refused": len(self.refused),
        }


@transaction.atomic
def import_exchange_rates(
    actor: Actor, source: Path | str | bytes, *, accept: bool = False
) -> RatesPlan[Rate]:
    """Take in exchange rates for the whole register, from ``currency,date,usd_per_unit,source``.

    Parameters
    ----------
    accept
        Whether to do it; by default nothing is changed.

    Raises
    ------
    NotAllowedError
        When the actor does not administer the register: rates hold for every member.
    SourceError
        When it is no such file.
    RegisterError
        When accepted with lines that cannot be taken.
    """
    actor.require_administrator(_("Importing exchange rates"))
    reading = read_exchange_rates(source)
    if accept:
        _take_turns()
    rows = ExchangeRate.objects.filter(superseded_by=None)
    standing = {_rate_key(_as_rate(row)): row for row in rows}
    made = _compare(
        {_rate_key(rate): rate for rate in reading.rates},
        {key: _as_rate(row) for key, row in standing.items()},
        reading.problems,
    )
    if accept and _to_do(made):
        batch = _next(ExchangeRate.objects.aggregate(last=Max("batch"))["last"])
        old = [standing[_rate_key(rate)] for rate in made.changed]
        ExchangeRate.objects.filter(pk__in=[row.pk for row in old]).update(superseded_by=batch)
        new = (*made.added, *made.changed)
        ExchangeRate.objects.bulk_create(
            [
                ExchangeRate(
                    currency=rate.currency,
                    on=rate.on,
                    year=rate.year,
                    usd_per_unit=rate.usd_per_unit,
                    source=rate.source,
                    batch=batch,
                )
                for rate in new
            ],
            batch_size=BATCH,
        )
        before = [_rate_said(_as_rate(row)) for row in old]
        _audit(actor, "exchange_rates", batch, before, [_rate_said(rate) for rate in new])
    return made


@transaction.atomic
def import_unit_rates(
    actor: Actor, source: Path | str | bytes, *, accept: bool = False
) -> RatesPlan[UnitPrice]:
    """Take in a member's own table of what a unit costs it.

    The file has ``modality,unit,amount,currency,valid_from,source``.

    Parameters
    ----------
    accept
        Whether to do it; by default nothing is changed.

    Raises
    ------
    NotAllowedError
        When the actor is no focal point of a member.
    SourceError
        When it is no such file.
    RegisterError
        When accepted with lines that cannot be taken.
    """
    actor.require(Person.Role.FOCAL_POINT, _("Importing a table of unit rates"))
    units = {entry.code: entry.units for entry in codelists.active("modality")}
    reading = read_unit_rates(source, units)
    if accept:
        _take_turns()
    own = UnitRate.objects.filter(member=actor.member, superseded_by=None)
    standing = {_price_key(_as_price(row)): row for row in own}
    made = _compare(
        {_price_key(price): price for price in reading.prices},
        {key: _as_price(row) for key, row in standing.items()},
        reading.problems,
    )
    if accept and _to_do(made):
        Member.objects.get_or_create(code=actor.member)
        batch = _next(UnitRate.objects.aggregate(last=Max("batch"))["last"])
        old = [standing[_price_key(price)] for price in made.changed]
        UnitRate.objects.filter(pk__in=[row.pk for row in old]).update(superseded_by=batch)
        new = (*made.added, *made.changed)
        UnitRate.objects.bulk_create(
            [
                UnitRate(
                    member_id=actor.member,
                    modality=price.modality,
                    unit=price.unit,
                    amount=price.amount,
                    currency=price.currency,
                    valid_from=price.valid_from,
                    source=price.source,
                    batch=batch,
                )
                for price in new
            ],
            batch_size=BATCH,
        )
        before = [_price_said(_as_price(row)) for row in old]
        _audit(actor, "unit_rates", batch, before, [_price_said(price) for price in new])
    return made


def unit_price(
    member: str, modality: str, unit: str, on: dt.date | None = None
) -> UnitPrice | None:
    """Return what a member says a unit costs it on a day (today by default); None if nothing."""
    day = on or timezone.localdate()
    row = (
        UnitRate.objects.filter(
            member=member, modality=modality, unit=unit, superseded_by=None, valid_from__lte=day
        )
        .order_by("-valid_from")
        .first()
    )
    return _as_price(row) if row else None


def _take_turns() -> None:
    """Hold the lock that the audit takes anyway, before what stands is compared."""
    ChainHead.objects.get_or_create(id=1, defaults={"digest": audit.START})
    ChainHead.objects.select_for_update().get(id=1)


def _compare(
    wanted: Mapping[Hashable, Priced],
    standing: Mapping[Hashable, Priced],
    refused: tuple[LineProblem, ...],
) -> RatesPlan[Priced]:
    return RatesPlan(
        added=tuple(one for key, one in wanted.items() if key not in standing),
        changed=tuple(
            one for key, one in wanted.items() if key in standing and one != standing[key]
        ),
        unchanged=tuple(one for key, one in wanted.items() if standing.get(key) == one),
        refused=refused,
    )


def _to_do(made: RatesPlan[Priced]) -> bool:
    """Whether there is something to do; refuse to do part of a file."""
    if made.refused:
        first = "; ".join(f"line {one.line}: {one.message}" for one in made.refused[:SHOWN])
        raise RegisterError(f"{len(made.refused)} lines cannot be taken, so nothing was: {first}")
    return bool(made.added or made.changed)


def _next(last: int | None) -> int:
    return (last or 0) + 1


def _audit(
    actor: Actor, kind: str, batch: int, before: Sequence[object], after: Sequence[object]
) -> None:
    audit.write(
        actor,
        [audit.Deed("import_rates", kind, str(batch), before=before or None, after=after)],
    )


def _as_rate(row: ExchangeRate) -> Rate:
    return Rate(row.currency, row.year, row.on, row.usd_per_unit.normalize(), row.source)


def _rate_key(rate: Rate) -> Hashable:
    return rate.currency, rate.when


def _rate_said(rate: Rate) -> list[str]:
    return [rate.currency, rate.when, format(rate.usd_per_unit, "f"), rate.source]


def _as_price(row: UnitRate) -> UnitPrice:
    amount = row.amount.normalize()
    return UnitPrice(row.modality, row.unit, amount, row.currency, row.valid_from, row.source)


def _price_key(price: UnitPrice) -> Hashable:
    return price.modality, price.unit, price.valid_from


def _price_said(price: UnitPrice) -> list[str]:
    amount = format(price.amount, "f")
    day = price.valid_from.isoformat()
    return [price.modality, price.unit, amount, price.currency, day, price.source]

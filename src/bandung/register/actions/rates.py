"""Taking in exchange rates, and a member's own table of what a unit costs it.

Both come as a file. A preview says what it would add, change and leave; accepting it supersedes
what it changes and deletes nothing, so that a return made before can be made again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.register import audit, codelists
from bandung.register.actions.codelists import lines_refused
from bandung.register.models import ExchangeRate, Person, UnitRate
from bandung.register.returns.rates import (
    Rate,
    UnitPrice,
    read_exchange_rates,
    read_unit_rates,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from pathlib import Path

    from django.db.models import QuerySet

    from bandung.register.actor import Actor
    from bandung.register.returns.tables import LineProblem

Priced = TypeVar("Priced")
Row = TypeVar("Row", ExchangeRate, UnitRate)
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


@dataclass(frozen=True, slots=True)
class _Kind(Generic[Row, Priced]):
    """How rates of a kind are kept.

    Attributes
    ----------
    name
        What the audit calls them.
    value, row
        What a row of the table says, and the row that says it.
    key
        What tells a rate apart from others; of two with one key the later supersedes.
    said
        A rate as the audit has it.
    """

    name: str
    model: type[Row]
    value: Callable[[Row], Priced]
    key: Callable[[Priced], Hashable]
    said: Callable[[Priced], list[str]]
    row: Callable[[Actor, Priced, int], Row]


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
    rows = ExchangeRate.objects.filter(superseded_by=None)
    return _take(actor, _EXCHANGE, rows, reading.rates, reading.problems, accept=accept)


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
    rows = UnitRate.objects.filter(member=actor.member, superseded_by=None)
    return _take(actor, _UNIT, rows, reading.prices, reading.problems, accept=accept)


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


def _take(
    actor: Actor,
    kind: _Kind[Row, Priced],
    rows: QuerySet[Row],
    given: Iterable[Priced],
    problems: tuple[LineProblem, ...],
    *,
    accept: bool,
) -> RatesPlan[Priced]:
    """Compare what a file gives with the rows that stand; if accepted, supersede these."""
    if accept:
        audit.take_turn()
    standing = {kind.key(kind.value(row)): row for row in rows}
    made: RatesPlan[Priced] = _compare(
        {kind.key(one): one for one in given},
        {key: kind.value(row) for key, row in standing.items()},
        problems,
    )
    if not accept:
        return made
    if problems:
        first = problems[0]
        raise lines_refused(len(problems), first.line, f"{first.column}, {first.message}.")
    new = (*made.added, *made.changed)
    if new:
        last = kind.model.objects.aggregate(last=Max("batch"))["last"] or 0
        old = [standing[kind.key(one)] for one in made.changed]
        superseded = kind.model.objects.filter(pk__in=[row.pk for row in old])
        superseded.update(superseded_by=last + 1)
        kind.model.objects.bulk_create(
            [kind.row(actor, one, last + 1) for one in new], batch_size=BATCH
        )
        before = [kind.said(kind.value(row)) for row in old]
        after = [kind.said(one) for one in new]
        deed = audit.Deed("import_rates", kind.name, str(last + 1), before or None, after)
        audit.write(actor, [deed])
    return made


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


def _rate_row(_actor: Actor, rate: Rate, batch: int) -> ExchangeRate:
    return ExchangeRate(**asdict(rate), batch=batch)


def _price_row(actor: Actor, price: UnitPrice, batch: int) -> UnitRate:
    return UnitRate(member_id=actor.member, **asdict(price), batch=batch)


_EXCHANGE = _Kind("exchange_rates", ExchangeRate, _as_rate, _rate_key, _rate_said, _rate_row)
_UNIT = _Kind("unit_rates", UnitRate, _as_price, _price_key, _price_said, _price_row)

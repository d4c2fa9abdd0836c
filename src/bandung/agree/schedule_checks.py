"""What a certificate's schedule may say: nothing but what members do to each other, within limits.

The bounds are checked from the certificate and the world alone. What is not in the file cannot be
checked: which corridors were on offer, and at what cost.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bandung.agree.certificate import MUSD_DIGITS, PCT_DIGITS
from bandung.agree.checks import NON_INTERFERENCE, PCT, SCHEDULE, Check, right, wrong
from bandung.errors import CodeUnknownError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from bandung.agree.certificate import Certificate, CorridorCut, TariffCut
    from bandung.economy.baseline import Floats
    from bandung.world.model import World

STEP = 10.0**-PCT_DIGITS
"""Per cent: a tariff was rounded to this, away from a bound where it had to be."""
SAME = 1e-9
"""Relative: a tariff of today is written to so many digits; also per cent, at a bound."""
THOUSAND = 10.0**-MUSD_DIGITS
"""Million USD: to what transfers are rounded."""


def schedule_checks(certificate: Certificate, world: World, income: Floats) -> list[Check]:
    """Check the members, the schedule, its limits and non-interference.

    Parameters
    ----------
    world
        At the certificate's elasticities.
    income
        N, million USD, before.
    """
    found = [*_members(certificate, world), *_limits(certificate, world)]
    found += _rows(certificate, world)
    known = all(code in world.members for code in (*certificate.members, *_named(certificate)))
    sectors = all(cut.sector in world.sectors for cut in certificate.tariffs)
    if known and sectors and all(each.holds for each in found if each.field.startswith("limits")):
        tariffs = Tariffs(certificate, world)
        found += [*tariffs.least_cuts(), *tariffs.ties(), *tariffs.openings()]
    found += _corridors(certificate, world)
    found += _transfers(certificate, world, income)
    for code, years in certificate.phase_in_years.items():
        field = f"phase_in_years.{code}"
        if code in certificate.members:
            found.append(right(SCHEDULE, field, years))
        else:
            found.append(_outside(field, code, f"lowers its tariffs over {years} years"))
    return found


def _members(certificate: Certificate, world: World) -> Iterator[Check]:
    codes = certificate.members
    if len(set(codes)) < 2 or list(codes) != sorted(set(codes)):
        yield wrong(
            SCHEDULE,
            "members",
            list(codes),
            sorted(set(codes)),
            because=f"{', '.join(codes) or 'nobody'}: there must be two or more, sorted, each once",
        )
    else:
        yield right(SCHEDULE, "members", list(codes))
    for position, code in enumerate(codes):
        if code not in world.members:
            unknown = CodeUnknownError(f"member of world {world.name!r}", code, world.members)
            yield wrong(SCHEDULE, f"members[{position}]", code, because=str(unknown))


def _limits(certificate: Certificate, world: World) -> Iterator[Check]:
    try:
        certificate.limits.check(world)
    except CodeUnknownError as error:
        names = [
            name
            for name in ("exclude", "exempt")
            if any(error.given in word for word in getattr(certificate.limits, name))
        ]
        yield wrong(SCHEDULE, f"limits.{names[0]}", error.given, because=str(error))
    else:
        yield right(SCHEDULE, "limits", certificate.limits.to_dict())


def _rows(certificate: Certificate, world: World) -> Iterator[Check]:
    """Check every tariff by itself, then their order."""
    counted = Counter((cut.origin, cut.destination, cut.sector) for cut in certificate.tariffs)
    for position, cut in enumerate(certificate.tariffs):
        field = f"levers.tariffs[{position}]"
        for group, problems in (
            (NON_INTERFERENCE, _interference(certificate, cut)),
            (SCHEDULE, _bounds(certificate, cut, world)),
        ):
            said = list(problems)
            for name, found, because in said:
                claimed = getattr(cut, name)
                yield wrong(
                    group,
                    f"{field}.{name}",
                    claimed,
                    found,
                    because=f"{because} ({_spelled(cut)})",
                )
            if not said:
                yield right(group, field, cut.new_pct)
        if counted[cut.origin, cut.destination, cut.sector] > 1:
            yield wrong(SCHEDULE, field, because=f"stands more than once ({_spelled(cut)})")
    cells = [(cut.origin, cut.destination, cut.sector) for cut in certificate.tariffs]
    if cells == sorted(cells):
        yield right(SCHEDULE, "levers.tariffs", len(cells))
    else:
        yield wrong(
            SCHEDULE,
            "levers.tariffs",
            because="rows are not sorted by origin, destination and sector",
        )


def _interference(certificate: Certificate, cut: TariffCut) -> Iterator[tuple[str, object, str]]:
    """Say what a tariff moves that an agreement may not move: its field, what is, why."""
    for name in ("origin", "destination"):
        code = getattr(cut, name)
        if code not in certificate.members:
            yield (
                name,
                None,
                f"{code} is no member; an agreement moves only what members charge one another",
            )
    if cut.origin == cut.destination:
        yield "destination", None, "a member charges itself nothing"
    if cut.new_pct > cut.old_pct:
        yield "new_pct", cut.old_pct, "the tariff rises; an agreement only lowers tariffs"


def _bounds(
    certificate: Certificate, cut: TariffCut, world: World
) -> Iterator[tuple[str, object, str]]:
    """Say by which of the limits a tariff cannot be: its field, what is found, why."""
    limits = certificate.limits
    unknown = [code for code in (cut.origin, cut.destination) if code not in world.members]
    if unknown or cut.sector not in world.sectors:
        name = "sector" if not unknown else "origin" if cut.origin in unknown else "destination"
        yield name, None, f"world {world.name!r} has no {getattr(cut, name)}"
        return
    cell = world.index(cut.origin), world.index(cut.destination), world.sector_index(cut.sector)
    today = 100 * float(world.tariff[cell])
    if abs(cut.old_pct - today) > SAME * today:
        yield "old_pct", today, f"{cut.old_pct!r} % is claimed, {today!r} % is levied today"
    if cut.new_pct == cut.old_pct:
        yield "new_pct", cut.old_pct, "the tariff does not fall; only those that do are listed"
    if cut.new_pct < 0:
        yield "new_pct", 0.0, f"{cut.new_pct!r} % is below 0"
    floor = 100 * limits.floor
    if 0 <= cut.new_pct < floor - SAME:
        yield "new_pct", floor, f"{cut.new_pct!r} % is below the floor of {floor:g} %"
    if cut.destination in limits.exempt:
        yield "destination", None, f"{cut.destination} is exempt and lowers nothing"
    for word in (cut.sector, f"{cut.destination}:{cut.sector}"):
        if word in limits.exclude:
            yield "sector", None, f"{word} is excluded"
    lowest = max(floor, (1 - limits.most_cut) * today)
    if floor <= cut.new_pct < lowest - STEP:
        yield "new_pct", lowest, f"cut by more than {limits.most_cut:.0%}, the most there may be"


@dataclass(frozen=True, eq=False)
class Tariffs:
    """The tariffs that may fall, and how the schedule ties them together."""

    certificate: Certificate
    world: World

    @cached_property
    def new_pct(self) -> Floats:
        """Every tariff afterwards, per cent, N×N×J."""
        new = 100 * np.array(self.world.tariff)
        for cut in self.certificate.tariffs:
            cell = self.world.index(cut.origin), self.world.index(cut.destination)
            new[(*cell, self.world.sector_index(cut.sector))] = cut.new_pct
        return np.asarray(new)

    @cached_property
    def falls(self) -> NDArray[np.bool_]:
        """Which of them fall, N×N×J."""
        return np.asarray(self.new_pct < 100 * self.world.tariff * (1 - SAME))

    @cached_property
    def open(self) -> NDArray[np.int64]:
        """Which may fall, K×3: of members, not kept out, with trade, above the floor."""
        world, limits = self.world, self.certificate.limits
        at = [world.index(code) for code in self.certificate.members]
        open_ = np.zeros(world.tariff.shape, dtype=bool)
        open_[np.ix_(at, at)] = True
        open_ &= (world.tariff > limits.floor) & (world.trade_value > 0)
        for code in limits.exempt:
            open_[:, world.index(code)] = False
        for word in limits.exclude:
            member, _, sector = word.rpartition(":")
            buyers = world.index(member) if member else slice(None)
            open_[:, buyers, world.sector_index(sector)] = False
        if limits.most_sectors is not None:
            open_ &= np.any(self.falls, axis=0, keepdims=True)
        return np.argwhere(open_)

    def least_cuts(self) -> Iterator[Check]:
        """Check that every tariff that may fall does so by the least share, or to the floor."""
        limits = self.certificate.limits
        if not (limits.least_cut and self.certificate.tariffs):
            return
        for cell in map(tuple, self.open):
            today, new = 100 * float(self.world.tariff[cell]), float(self.new_pct[cell])
            most = max(100 * limits.floor, (1 - limits.least_cut) * today)
            if new > most + STEP:
                yield wrong(
                    SCHEDULE,
                    "limits.least_cut",
                    limits.least_cut,
                    1 - new / today,
                    because=f"every tariff was to fall by {limits.least_cut:.0%} or more; "
                    f"{self._name(cell)} falls from {today:g} % to {new:g} %",
                )
            else:
                yield right(SCHEDULE, "limits.least_cut", limits.least_cut, 1 - new / today)

    def ties(self) -> Iterator[Check]:
        """Check that tariffs tied together fall as they are tied, as far as digits show."""
        limits = self.certificate.limits
        if limits.by == "line":
            return
        low, high = self._knobs()
        _, destination, sector = self.open.T
        tied = {
            "sector": destination * len(self.world.sectors) + sector,
            "mfn": destination * len(self.world.sectors) + sector,
            "member": destination,
            "all": np.zeros(len(self.open), dtype=np.int64),
        }[limits.by]
        for lever in np.unique(tied):
            own = np.flatnonzero(tied == lever)
            above, below = own[low[own].argmax()], own[high[own].argmin()]
            if low[above] <= high[below]:
                yield right(SCHEDULE, "limits.by", limits.by)
                continue
            pair = " and ".join(
                f"{self._name(tuple(self.open[at]))} to {self.new_pct[tuple(self.open[at])]:g} %"
                for at in (above, below)
            )
            yield wrong(
                SCHEDULE,
                "limits.by",
                limits.by,
                because=f"tied by {limits.by} ({limits.formula}), {pair} cannot both be",
            )

    def openings(self) -> Iterator[Check]:
        """Check in how many sectors each member lowers tariffs."""
        most = self.certificate.limits.most_sectors
        if most is None:
            return
        for code in self.certificate.members:
            count = int(self.falls[:, self.world.index(code)].any(axis=0).sum())
            if count <= most:
                yield right(SCHEDULE, "limits.most_sectors", most, count)
            else:
                yield wrong(
                    SCHEDULE,
                    "limits.most_sectors",
                    most,
                    count,
                    because=f"{code} lowers tariffs in {count} sectors, {most} at most was agreed",
                )

    def _knobs(self) -> tuple[Floats, Floats]:
        """Between what the common figure of a tie lies, as each tariff that may fall says it, K.

        The common figure is the share kept; or, for `mfn`, the common tariff; or, for the Swiss
        formula, its coefficient a = t t'/(t − t').
        """
        limits = self.certificate.limits
        cells = tuple(self.open.T)
        today = 100 * self.world.tariff[cells]
        new = self.new_pct[cells]
        low, high = np.maximum(new - STEP, 0.0), new + STEP
        if limits.by == "mfn":
            return low, np.where(high >= today, np.inf, high)
        if limits.formula == "swiss":
            return _coefficient(today, low), _coefficient(today, high)
        return low / today, high / today

    def _name(self, cell: tuple[int, ...]) -> str:
        o, d, j = cell
        world = self.world
        return f"{world.members[o]} → {world.members[d]}, {world.sectors[j]}"


def _coefficient(today: Floats, new: Floats) -> Floats:
    """Return a = t t'/(t − t'), infinite where nothing falls."""
    fallen = today - new
    whole = np.full_like(today, np.inf)
    return np.asarray(np.divide(today * new, fallen, out=whole, where=fallen > 0))


def _corridors(certificate: Certificate, world: World) -> Iterator[Check]:
    taken: set[tuple[str, str, str]] = set()
    for position, cut in enumerate(certificate.corridors):
        field = f"levers.corridors[{position}]"
        strangers = [code for code in cut.between if code not in certificate.members]
        for code in strangers:
            yield _outside(f"{field}.between", code, "is one end of a corridor")
        if not strangers:
            yield right(NON_INTERFERENCE, f"{field}.between", list(cut.between))
        said = list(_corridor(cut, world))
        carried = {(*cut.between, sector) for sector in cut.sectors or world.sectors}
        if carried & taken:
            said.append(("sectors", None, "another corridor of the two carries the same"))
        taken |= carried
        for name, found, because in said:
            claimed = getattr(cut, name)
            yield wrong(SCHEDULE, f"{field}.{name}", _listed(claimed), found, because=because)
        if not said:
            yield right(SCHEDULE, field, cut.trade_cost_change_pct)
    between = [(cut.between, cut.sectors) for cut in certificate.corridors]
    if between != sorted(between):
        yield wrong(SCHEDULE, "levers.corridors", because="corridors are not sorted")


def _corridor(cut: CorridorCut, world: World) -> Iterator[tuple[str, object, str]]:
    if cut.between[0] >= cut.between[1]:
        yield "between", None, f"{' and '.join(cut.between)}: two different members, sorted"
    if list(cut.sectors) != sorted(set(cut.sectors)):
        yield "sectors", None, "sectors must be sorted, each once"
    for code in cut.sectors:
        if code not in world.sectors:
            yield "sectors", None, f"world {world.name!r} has no sector {code}"
    change = cut.trade_cost_change_pct
    if not -100 < change < 0:
        yield (
            "trade_cost_change_pct",
            None,
            f"{change!r} % is not between −100 % and 0: a corridor makes trade cheaper",
        )
    if cut.cost_musd < 0:
        yield "cost_musd", 0.0, f"{cut.cost_musd!r} million USD is below 0"
    if set(cut.paid_by_musd) != set(cut.between):
        yield "paid_by_musd", None, f"the two members pay, {' and '.join(cut.between)}"
    if any(paid < 0 for paid in cut.paid_by_musd.values()):
        yield "paid_by_musd", None, "nobody pays less than nothing"
    paid = sum(cut.paid_by_musd.values())
    if abs(paid - cut.cost_musd) >= THOUSAND / 2:
        yield (
            "paid_by_musd",
            paid,
            f"{paid:.3f} million USD is paid, the corridor costs {cut.cost_musd:.3f}",
        )


def _transfers(certificate: Certificate, world: World, income: Floats) -> Iterator[Check]:
    moved = certificate.transfers_musd
    rounding = THOUSAND * len(moved)
    for code, received in moved.items():
        field = f"levers.transfers_musd.{code}"
        if code not in certificate.members:
            verb = "receives" if received >= 0 else "pays"
            yield _outside(field, code, f"{verb} {abs(received):.3f} million USD")
            continue
        yield right(NON_INTERFERENCE, field, received)
        if code not in world.members:
            continue
        most = certificate.limits.most_paid * float(income[world.index(code)])
        if -received > most + rounding:
            yield wrong(
                SCHEDULE,
                field,
                received,
                -most,
                because=f"{code} pays {-received:.3f} million USD, more than "
                f"{certificate.limits.most_paid:.2%} of its income, {most:.3f}",
            )
    if moved:
        total = sum(moved.values())
        if abs(total) < THOUSAND / 2:
            yield right(SCHEDULE, "levers.transfers_musd", total, 0.0)
        else:
            yield wrong(
                SCHEDULE,
                "levers.transfers_musd",
                total,
                0.0,
                because=f"transfers sum to {total:.3f} million USD; what some pay others must "
                "receive",
            )


def _outside(field: str, code: str, what: str) -> Check:
    return wrong(
        NON_INTERFERENCE,
        field,
        code,
        because=f"{code} is no member, yet {what}; an agreement moves only what members do to one "
        "another",
    )


def _named(certificate: Certificate) -> Iterable[str]:
    for cut in certificate.tariffs:
        yield from (cut.origin, cut.destination)


def _spelled(cut: TariffCut) -> str:
    return (
        f"{cut.origin} → {cut.destination}, {cut.sector}: {cut.old_pct:g} {PCT} to "
        f"{cut.new_pct:g} {PCT}"
    )


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value

"""What each party lowers, what it obtains, and what that does to its trade and revenue.

A certificate says which tariffs fall. The trade and the tariff revenue afterwards are those of the
equilibrium (:func:`bandung.solve`) at the certificate's levers, elasticities and rule for deficits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from bandung.agree.solve import solve
from bandung.economy import accounts
from bandung.errors import InputError
from bandung.find.selection import ORIGINS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bandung.agree.certificate import Certificate, TariffCut
    from bandung.agree.outcome import Outcome
    from bandung.economy.baseline import Floats
    from bandung.world.model import World

CLAIMS_AGREE_PCT = 1e-5
"""Claims are rounded to six decimals of per cent; a gain further off was not computed from these
levers."""
TARIFFS_AGREE = 1e-9
"""Relative difference up to which a tariff today is the world's."""
KEYS = ("origin", "destination", "sector")
FORMULA_STARTS = r"=+\-@\t\r"
"""What a spreadsheet takes for the beginning of a formula, as a class of a regular expression."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One party's account. Money is million USD of the world's year, a year.

    Attributes
    ----------
    member : str
    gain : float
        Change of real income, a ratio minus one, what it pays for corridors deducted.
    gain_musd : float
        The same of its income today.
    revenue_musd, revenue_new_musd : float
        Tariff revenue from all imports, today and under the agreement.
    imports_musd, imports_new_musd, exports_musd, exports_new_musd : float
        Trade with the other parties, before tariff.
    reliance_before, reliance_after : dict, or None
        Own, fellow, South, rest: fractions of the value added in final demand, as certified; None
        where the source states no domestic sales of the party.
    transfer_musd : float
        Received; paid where negative.
    corridors_musd : float
        What it pays for corridors.
    """

    member: str
    gain: float
    gain_musd: float
    revenue_musd: float
    revenue_new_musd: float
    imports_musd: float
    imports_new_musd: float
    exports_musd: float
    exports_new_musd: float
    reliance_before: dict[str, float] | None
    reliance_after: dict[str, float] | None
    transfer_musd: float
    corridors_musd: float


@dataclass(frozen=True, eq=False)
class Schedules:
    """All schedules of an agreement. Make it with :func:`schedules_of`.

    Attributes
    ----------
    outcome : Outcome
        The world before and after, at the certificate's elasticities.
    certificate : Certificate
    """

    outcome: Outcome
    certificate: Certificate

    @property
    def members(self) -> tuple[str, ...]:
        """The parties, by code."""
        return self.certificate.members

    @cached_property
    def years(self) -> dict[str, int]:
        """Over how many equal yearly steps each party's tariffs fall; 1: at once."""
        given = self.certificate.phase_in_years
        return {code: max(given.get(code, 1), 1) for code in self.members}

    @cached_property
    def most_years(self) -> int:
        """The longest phase-in of a party that lowers tariffs; 1 where all fall at once."""
        return max((self.years[cut.destination] for cut in self._tariffs), default=1)

    @cached_property
    def lines(self) -> pl.DataFrame:
        """One row for each tariff that falls, by destination and origin.

        `origin`, `destination` (who lowers), `sector`, `tariff_pct`, `tariff_new_pct`,
        `tariff_year_1_pct` and on (where any falls in steps), then of the destination's imports
        from the origin `imports_musd`, `imports_new_musd`, `imports_change_musd` and
        `revenue_musd`, `revenue_new_musd`, `revenue_change_musd`.
        """
        codes = {key: [getattr(cut, key) for cut in self._tariffs] for key in KEYS}
        old, new = (
            np.array([getattr(cut, key) for cut in self._tariffs], dtype=np.float64)
            for key in ("old_pct", "new_pct")
        )
        money = {
            "imports": (self._trade[self._cells], self._trade_new[self._cells]),
            "revenue": (self._revenue[self._cells], self._revenue_new[self._cells]),
        }
        return pl.DataFrame(
            {
                **codes,
                "tariff_pct": old,
                "tariff_new_pct": new,
                **self._steps(old, new),
                **_before_and_after(money),
            },
            schema_overrides=dict.fromkeys(KEYS, pl.String),
        )

    def lowers(self, member: str) -> pl.DataFrame:
        """Return the rows of `lines` whose tariffs a party lowers."""
        return self.lines.filter(pl.col("destination") == member)

    def gets(self, member: str) -> pl.DataFrame:
        """Return the rows of `lines` whose tariffs fall on a party's exports."""
        return self.lines.filter(pl.col("origin") == member)

    def other_imports(self, member: str) -> dict[str, float]:
        """Return imports and revenue of a party where it lowers nothing, outsiders' included."""
        at = self.outcome.world.index(member)
        rest = ~self._falls[:, at]
        rest[at] = False
        return {
            name: float(value[0])
            for name, value in _before_and_after(
                {
                    "imports": _sums(rest, self._trade[:, at], self._trade_new[:, at]),
                    "revenue": _sums(rest, self._revenue[:, at], self._revenue_new[:, at]),
                }
            ).items()
        }

    def other_exports(self, member: str) -> dict[str, float]:
        """Return exports of a party where no tariff falls, as imports of their buyers."""
        at = self.outcome.world.index(member)
        rest = ~self._falls[at]
        rest[at] = False
        money = {"imports": _sums(rest, self._trade[at], self._trade_new[at])}
        return {name: float(value[0]) for name, value in _before_and_after(money).items()}

    def of_member(self, member: str) -> pl.DataFrame:
        """Return a party's whole table: the columns of `lines` behind `part`.

        `part` is `lowers`, a tariff that the party lowers; `other_imports`, one row, all its
        imports that are in no such row, so that both together are all its imports and all its
        tariff revenue; `gets`, a tariff that another lowers on its exports; `other_exports`, one
        row, all its other exports.
        """
        rows = {
            "lowers": self.lowers(member),
            "other_imports": pl.DataFrame([{"destination": member, **self.other_imports(member)}]),
            "gets": self.gets(member),
            "other_exports": pl.DataFrame([{"origin": member, **self.other_exports(member)}]),
        }
        whole = pl.concat(
            [table.with_columns(part=pl.lit(part)) for part, table in rows.items()],
            how="diagonal",
        )
        return whole.select("part", *self.lines.columns)

    def summary(self, member: str) -> Summary:
        """Return a party's account."""
        world, before = self.outcome.world, self.outcome.before
        at = world.index(member)
        fellows = [world.index(code) for code in self.members if code != member]
        claimed = self.certificate.claims.members[member]
        gain = self.gains[self.members.index(member)]
        return Summary(
            member=member,
            gain=float(gain),
            gain_musd=float(gain * before.income[at]),
            revenue_musd=float(before.tariff_revenue[at]),
            revenue_new_musd=float(self.outcome.tariff_revenue[at]),
            imports_musd=float(self._trade[fellows, at].sum()),
            imports_new_musd=float(self._trade_new[fellows, at].sum()),
            exports_musd=float(self._trade[at, fellows].sum()),
            exports_new_musd=float(self._trade_new[at, fellows].sum()),
            reliance_before=_fractions(claimed.reliance_before_pct),
            reliance_after=_fractions(claimed.reliance_after_pct),
            transfer_musd=float(self.certificate.transfers_musd.get(member, 0.0)),
            corridors_musd=float(self._corridors_musd[self.members.index(member)]),
        )

    @cached_property
    def gains(self) -> Floats:
        """Change of each party's real income, ratio minus one, corridors paid, m."""
        at = [self.outcome.world.index(code) for code in self.members]
        welfare = accounts.real_income(self.outcome.before, self.outcome.after)[at]
        left = 1.0 - self._corridors_musd / self.outcome.before.income[at]
        return np.asarray((1.0 + welfare) * left - 1.0)

    @cached_property
    def _corridors_musd(self) -> Floats:
        costs = self.certificate.costs()
        return np.array([costs[code] for code in self.members])

    @property
    def _trade(self) -> Floats:
        return self.outcome.before.trade_value

    @cached_property
    def _trade_new(self) -> Floats:
        return np.asarray(self.outcome.trade_value.to_numpy())

    @cached_property
    def _revenue(self) -> Floats:
        return np.asarray(self.outcome.before.tariff * self._trade)

    @cached_property
    def _revenue_new(self) -> Floats:
        return np.asarray(self.outcome.levers.tariff_after(self.outcome.before) * self._trade_new)

    @cached_property
    def _tariffs(self) -> list[TariffCut]:
        position = self.outcome.world.sector_index
        return sorted(
            self.certificate.tariffs,
            key=lambda cut: (cut.destination, cut.origin, position(cut.sector)),
        )

    @cached_property
    def _cells(self) -> tuple[NDArray[np.int64], ...]:
        """Positions of the lines in the world: origins, destinations, sectors."""
        world = self.outcome.world
        find = {"origin": world.index, "destination": world.index, "sector": world.sector_index}
        return tuple(
            np.array([find[key](getattr(cut, key)) for cut in self._tariffs], dtype=np.int64)
            for key in KEYS
        )

    @cached_property
    def _falls(self) -> NDArray[np.bool_]:
        """Which tariffs fall, N×N×J."""
        falls = np.zeros(self._trade.shape, dtype=bool)
        falls[self._cells] = True
        return falls

    def _steps(self, old: Floats, new: Floats) -> dict[str, Floats]:
        """Return the tariffs of each year, per cent: equal steps, then as they end."""
        if self.most_years == 1:
            return {}
        steps = np.array([self.years[cut.destination] for cut in self._tariffs])
        return {
            year_column(year): np.where(year < steps, old + (new - old) * (year / steps), new)
            for year in range(1, self.most_years + 1)
        }


def schedules_of(world: World, certificate: Certificate) -> Schedules:
    """Compute the schedules of an agreement from its certificate.

    Parameters
    ----------
    world
        The world that the certificate was made for.
    certificate
        As :meth:`bandung.agree.certificate.Certificate.read` gives it.

    Raises
    ------
    InputError
        For a certificate of another world, and for one whose tariffs today are not the world's or
        whose gains do not follow from its levers, or by which a party would lose.
    NotConvergedError
        For the equilibrium.
    """
    own = world.select_elasticities(certificate.elasticities)
    asked = certificate.world
    if asked.checksum != own.checksum:
        raise InputError(
            f"the certificate is for world {asked.name!r} of {asked.year} with checksum "
            f"{asked.checksum}, but world {world.name!r} of {world.year} has {own.checksum}; name "
            "the world it was made for with --world"
        )
    for cut in certificate.tariffs:
        cell = own.index(cut.origin), own.index(cut.destination), own.sector_index(cut.sector)
        if not np.isclose(cut.old_pct, 100 * own.tariff[cell], rtol=TARIFFS_AGREE, atol=0):
            raise InputError(
                f"the certificate says that {cut.destination} levies {cut.old_pct!r} % on "
                f"{cut.sector} of {cut.origin} today; in world {own.name!r} it is "
                f"{100 * float(own.tariff[cell])!r} %; ask for a certificate that bandung verify "
                "confirms"
            )
    levers = certificate.levers(own)
    outcome = solve(
        own,
        tariff_new=levers.tariff_new,
        trade_cost_change=levers.trade_cost_change,
        transfers=levers.transfers,
        deficits=certificate.deficits,
    )
    found = Schedules(outcome=outcome, certificate=certificate)
    for member, gain in zip(found.members, found.gains, strict=True):
        claimed = certificate.claims.members[member].welfare_change_pct
        if not abs(100 * gain - claimed) <= CLAIMS_AGREE_PCT:
            raise InputError(
                f"the certificate claims {claimed:+.6f} % of real income for {member}, but its "
                f"levers give {100 * gain:+.6f} %; ask for a certificate that bandung verify "
                "confirms"
            )
        if claimed < 0:
            raise InputError(
                f"by this certificate {member} would lose {-claimed:.6f} % of its real income; "
                "schedules and a text are made for agreements by which nobody loses"
            )
    return found


def year_column(year: int) -> str:
    """Return the name of the column of a year's tariffs; 1 is the first year."""
    return f"tariff_year_{year}_pct"


def to_csv(table: pl.DataFrame) -> str:
    """Write a table as CSV; a text that a spreadsheet would run gets an apostrophe before it."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    guarded = [
        pl.when(pl.col(name).str.contains(f"^[{FORMULA_STARTS}]"))
        .then(pl.lit("'") + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    ]
    return table.with_columns(guarded).write_csv()


def _before_and_after(
    money: Mapping[str, tuple[Floats, Floats]],
) -> dict[str, Floats]:
    """Return columns of amounts today, under the agreement, and their difference."""
    return {
        f"{name}_{which}musd": value
        for name, (before, after) in money.items()
        for which, value in (("", before), ("new_", after), ("change_", after - before))
    }


def _sums(where: NDArray[np.bool_], before: Floats, after: Floats) -> tuple[Floats, Floats]:
    return np.array([before[where].sum()]), np.array([after[where].sum()])


def _fractions(per_cent: Mapping[str, float] | None) -> dict[str, float] | None:
    return None if per_cent is None else {name: per_cent[name] / 100 for name in ORIGINS}

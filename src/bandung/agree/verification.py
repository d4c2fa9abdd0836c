"""`verify`: every claim of a certificate, computed once more by another method.

The equilibrium is that of :mod:`bandung.economy.market_clearing` (Newton on the clearing of labour
markets, NumPy and SciPy); nothing here calls the engine that the certificate was made with. The
reliance afterwards is `find`'s, of the world after.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bandung.agree.certificate import FORMAT, PCT_DIGITS, digests_of
from bandung.agree.checks import (
    DIGESTS,
    GAINS,
    GROUPS,
    MUSD,
    OUTSIDERS,
    PCT,
    RELIANCE,
    ROBUSTNESS,
    SCHEDULE,
    SLACK,
    Check,
    figure,
    right,
    wrong,
)
from bandung.agree.draws import draw_elasticities
from bandung.agree.schedule_checks import schedule_checks
from bandung.economy.accounts import real_income, trade_value
from bandung.economy.baseline import Baseline
from bandung.economy.clearing_draws import Drawn, before_changes, cleared, welfare_changes
from bandung.errors import BandungError, InputError, WorldError
from bandung.find.reliance import reliance_of
from bandung.find.selection import ORIGINS, select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from bandung.agree.certificate import Certificate, MemberClaim, RobustnessClaim
    from bandung.economy.accounts import Equilibrium
    from bandung.economy.baseline import Floats, Levers
    from bandung.world.model import World

HALF = 0.5 * 10.0**-PCT_DIGITS
"""Half a unit of the last digit of a figure in per cent."""


@dataclass(frozen=True, eq=False)
class Verification:
    """What came of checking a certificate.

    Attributes
    ----------
    certificate : Certificate
    checks : tuple of Check
        In the order they were made.
    """

    certificate: Certificate
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether every claim holds; false too where one was not checked."""
        return all(check.holds for check in self.checks)

    @cached_property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.holds)

    def of(self, group: str) -> tuple[Check, ...]:
        """Return the checks of one of `GROUPS`."""
        return tuple(check for check in self.checks if check.group == group)

    def largest_deviation(self, group: str) -> dict[str, float]:
        """Return the largest distance between what is claimed and found, by unit."""
        found: dict[str, float] = {}
        for check in self.of(group):
            if check.deviation is not None:
                found[check.unit] = max(found.get(check.unit, 0.0), check.deviation)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``bandung verify --json``."""
        return {
            "holds": self.holds,
            "members": list(self.certificate.members),
            "world": {
                "name": self.certificate.world.name,
                "checksum": self.certificate.world.checksum,
            },
            "groups": {
                group: {
                    "checked": len(self.of(group)),
                    "failed": sum(not check.holds for check in self.of(group)),
                    "largest_deviation": self.largest_deviation(group),
                }
                for group in GROUPS
            },
            "failed": [check.to_dict() for check in self.failed],
        }


class Recomputed(NamedTuple):
    """The certificate's levers carried out by the second method."""

    world: World
    before: Baseline
    levers: Levers
    after: Equilibrium


def verify(
    certificate: Certificate,
    world: World,
    *,
    draws: bool = True,
    jobs: int = 1,
    done: Callable[[int, int], object] = lambda _, __: None,
) -> Verification:
    """Check everything that a certificate says.

    Parameters
    ----------
    world
        The world that the certificate is about, at any of its elasticities.
    draws
        Whether to solve at every draw of the elasticities again; without that, a certificate with
        robustness does not hold, as one of its claims is not checked.
    jobs
        In how many processes to solve the draws. More than one needs the caller's program to be
        importable (``if __name__ == "__main__"``).
    done
        Called with the equilibria solved so far and how many there are.

    Returns
    -------
    Verification
        Where the world is not the certificate's, with nothing but the digests and that.

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.agree import bargain, certify, verify
    >>> world = World.embedded()
    >>> made = certify(bargain(world, ["CIV", "MAR", "SEN"], by="member"))
    >>> verify(made, world).holds
    True
    """
    checks = [right(DIGESTS, "format", FORMAT), *_digests(certificate)]
    found = _world(certificate, world)
    if isinstance(found, Check):
        return Verification(certificate, (*checks, found))
    checks.append(right(SCHEDULE, "world", certificate.world.checksum, found.checksum))
    draws_claimed = certificate.robustness.draws if certificate.robustness and draws else 0
    total = 1 + draws_claimed
    done(0, total)
    before = before_changes(Baseline.of(found), certificate.deficits)
    checks += schedule_checks(certificate, found, before.income)
    try:
        levers = certificate.levers(found)
        after = cleared(before, levers, certificate.deficits)
    except BandungError as error:
        checks.append(wrong(GAINS, "claims", because=f"the levers cannot be carried out, {error}"))
        return Verification(certificate, tuple(checks))
    done(1, total)
    carried_out = Recomputed(found, before, levers, after)
    checks += _claims(certificate, carried_out)
    checks += _reliance(certificate, carried_out)
    checks += _robustness(
        certificate, carried_out, draws=draws, jobs=jobs, done=lambda n: done(1 + n, total)
    )
    return Verification(certificate, tuple(checks))


def _digests(certificate: Certificate) -> Iterator[Check]:
    content = certificate.to_dict()
    stated, computed = certificate.digests, digests_of(content)
    for part, digest in computed.items():
        field = f"digests.{part}"
        if part not in stated:
            yield wrong(DIGESTS, field, None, digest, because=f"{part} has no digest")
        elif stated[part] != digest:
            yield wrong(
                DIGESTS,
                field,
                stated[part],
                digest,
                because=f"{part} was changed after the certificate was written, or its digest was "
                f"({stated[part][:12]}… is claimed, {digest[:12]}… was found)",
            )
        else:
            yield right(DIGESTS, field, digest, digest)
    for part in stated:
        if part not in computed:
            yield wrong(DIGESTS, f"digests.{part}", stated[part], because="there is no such part")


def _world(certificate: Certificate, world: World) -> World | Check:
    """Return the world at the certificate's elasticities, or why it is not the one."""
    given, asked = certificate.elasticities, certificate.world
    try:
        own = world.select_elasticities(
            given if isinstance(given, str) else np.array(given, dtype=np.float64)
        )
    except InputError as error:
        return wrong(SCHEDULE, "elasticities", _plain(given), because=str(error))
    if (own.year, own.checksum) == (asked.year, asked.checksum):
        return own
    return wrong(
        SCHEDULE,
        "world.year" if own.checksum == asked.checksum else "world.checksum",
        asked.checksum,
        own.checksum,
        because=f"the certificate is about world {asked.name!r} of {asked.year}, "
        f"{_short(asked.checksum)}, at elasticities {_short(str(given))}; world {world.name!r} "
        f"({own.year}) has {_short(own.checksum)}. Name that world (--world); nothing else can be "
        "checked without it",
    )


def _net(certificate: Certificate, found: Recomputed) -> Floats:
    """Return everybody's change of real income, corridors' cost deducted, N."""
    paid = np.zeros(len(found.world.members))
    for code, cost in certificate.costs().items():
        if code in found.world.members:
            paid[found.world.index(code)] = cost
    welfare = real_income(found.before, found.after)
    return np.asarray((1.0 + welfare) * (1.0 - paid / found.before.income) - 1.0)


def _claims(certificate: Certificate, found: Recomputed) -> Iterator[Check]:
    """Check gains, revenue and effects on outsiders."""
    world, claims, gains = found.world, certificate.claims, _net(certificate, found)
    inside = [code for code in certificate.members if code in world.members]
    yield from _keys(GAINS, "claims.members", claims.members, certificate.members)
    for code in inside:
        if code in claims.members:
            yield from _member(code, claims.members[code], float(gains[world.index(code)]), found)
    outside = [code for code in world.members if code not in certificate.members]
    yield from _keys(OUTSIDERS, "claims.outsiders", claims.outsiders, outside)
    for code in outside:
        if code in claims.outsiders:
            field = f"claims.outsiders.{code}.welfare_change_pct"
            change = 100 * float(gains[world.index(code)])
            yield figure(OUTSIDERS, field, claims.outsiders[code], change, PCT)
    at = [world.index(code) for code in dict.fromkeys(inside)]
    if at:
        income = found.before.income[at]
        least, joint = 100 * float(gains[at].min()), math.fsum(gains[at] * income)
        yield figure(GAINS, "claims.smallest_gain_pct", claims.smallest_gain_pct, least, PCT)
        field, scale = "claims.joint_gain_musd", float(income.sum())
        yield figure(GAINS, field, claims.joint_gain_musd, joint, MUSD, scale)


def _member(code: str, claim: MemberClaim, gain: float, found: Recomputed) -> Iterator[Check]:
    field = f"claims.members.{code}"
    name = f"{field}.welfare_change_pct"
    yield figure(GAINS, name, claim.welfare_change_pct, 100 * gain, PCT)
    if claim.welfare_change_pct < 0 or 100 * gain < -HALF - 100 * SLACK:
        yield wrong(
            GAINS,
            name,
            claim.welfare_change_pct,
            100 * gain,
            because=f"{code} would lose: {claim.welfare_change_pct:.6f} % of real income is "
            f"claimed, {100 * gain:.7f} % was found; an agreement leaves no member worse off",
        )
    else:
        yield right(GAINS, name, claim.welfare_change_pct, 100 * gain)
    at = found.world.index(code)
    was, now = float(found.before.tariff_revenue[at]), float(found.after.tariff_revenue[at])
    name = f"{field}.tariff_revenue_change_musd"
    yield figure(GAINS, name, claim.tariff_revenue_change_musd, now - was, MUSD, max(was, now))
    name, claimed = f"{field}.tariff_revenue_change_pct", claim.tariff_revenue_change_pct
    if claimed is not None and was > 0:
        yield figure(GAINS, name, claimed, 100 * (now / was - 1.0), PCT, 100 * (1 + now / was))
    elif claimed is not None or was > 0:
        yield wrong(
            GAINS, name, claimed, because=f"{claimed} is claimed, {code} levies {was:.3f} {MUSD}"
        )
    else:
        yield right(GAINS, name)


def _reliance(certificate: Certificate, found: Recomputed) -> Iterator[Check]:
    world, before = found.world, found.before
    south = certificate.south.split(",") if certificate.south else []
    unknown = [code for code in south if code not in world.members]
    if unknown or south != sorted(set(south)):
        what = f"world {world.name!r} has no {unknown[0]}" if unknown else "codes must be sorted"
        yield wrong(RELIANCE, "south", certificate.south, because=what)
        return
    yield right(RELIANCE, "south", certificate.south)
    inside = [code for code in certificate.members if code in world.members]
    if not inside:
        return
    chosen = select(world, members=inside, south=certificate.south)
    as_before = world
    if certificate.deficits == "zero":
        as_before = world.replace(trade_value=before.trade_value)
    as_after = world.replace(
        trade_value=trade_value(before, found.levers, found.after),
        tariff=found.levers.tariff_after(before),
    )
    for when, one in (("before", as_before), ("after", as_after)):
        try:
            relied = reliance_of(one, chosen)
            rows = dict(zip(relied.codes, relied.members, strict=True))
        except WorldError:
            rows = {}
        for code, claim in certificate.claims.members.items():
            if code in inside:
                field = f"claims.members.{code}.reliance_{when}_pct"
                yield from _origins(field, getattr(claim, f"reliance_{when}_pct"), rows.get(code))


def _origins(field: str, claimed: dict[str, float] | None, found: Floats | None) -> Iterator[Check]:
    if claimed is None or found is None:
        if claimed is None and found is None:
            yield right(RELIANCE, field)
        else:
            stated = "nothing" if claimed is None else "something"
            because = f"{stated} is claimed; the source states " + (
                "no domestic sales" if found is None else "domestic sales"
            )
            yield wrong(RELIANCE, field, claimed, because=because)
        return
    for name, share in zip(ORIGINS, found, strict=True):
        yield figure(RELIANCE, f"{field}.{name}", claimed[name], 100 * float(share), PCT)


def _robustness(
    certificate: Certificate,
    found: Recomputed,
    *,
    draws: bool,
    jobs: int,
    done: Callable[[int], object],
) -> Iterator[Check]:
    claim = certificate.robustness
    if claim is None:
        return
    if not draws:
        yield wrong(
            ROBUSTNESS,
            "robustness",
            because=f"not checked: the {claim.draws:,} draws were left out, so that this is no "
            "full verification",
        )
        return
    try:
        with np.errstate(over="ignore"):
            thetas = draw_elasticities(
                found.world, claim.draws, spread_pct=claim.spread_pct, seed=claim.seed
            )
    except InputError as error:
        yield wrong(ROBUSTNESS, "robustness", because=str(error))
        return
    yield from _keys(ROBUSTNESS, "robustness.gaining_pct", claim.gaining_pct, certificate.members)
    solved: list[Floats] = []
    asked = Drawn(Baseline.of(found.world), found.levers, certificate.deficits)
    for gains in welfare_changes(asked, thetas, jobs=jobs):
        if isinstance(gains, str):
            yield wrong(ROBUSTNESS, "robustness.draws", claim.draws, len(solved), because=gains)
            return
        solved.append(gains)
        done(len(solved))
    yield from _shares(certificate, claim, found, np.stack(solved))


def _shares(
    certificate: Certificate, claim: RobustnessClaim, found: Recomputed, solved: Floats
) -> Iterator[Check]:
    """Compare shares of draws; a gain within `SLACK` of 0 may count either way."""
    inside = [code for code in certificate.members if code in found.world.members]
    at = [found.world.index(code) for code in inside]
    costs = certificate.costs()
    kept = 1.0 - np.array([costs[code] for code in inside]) / found.before.income[at]
    gains = (1.0 + solved[:, at]) * kept - 1.0
    sure, perhaps = gains > SLACK, gains > -SLACK
    for row, code in enumerate(inside):
        if code in claim.gaining_pct:
            field = f"robustness.gaining_pct.{code}"
            yield _share(field, claim.gaining_pct[code], sure[:, row], perhaps[:, row])
    field = "robustness.all_gain_pct"
    yield _share(field, claim.all_gain_pct, np.all(sure, axis=1), np.all(perhaps, axis=1))


def _share(field: str, claimed: float, sure: NDArray[Any], perhaps: NDArray[Any]) -> Check:
    """Compare with whichever of the shares of draws that may be is nearest."""
    low, high = 100 * float(sure.mean()), 100 * float(perhaps.mean())
    return figure(ROBUSTNESS, field, claimed, min(max(claimed, low), high), PCT)


def _keys(group: str, field: str, stated: Iterable[str], wanted: Iterable[str]) -> Iterator[Check]:
    """Check that an object speaks of exactly these codes."""
    given, expected = set(stated), set(wanted)
    for code in sorted(expected - given):
        yield wrong(group, f"{field}.{code}", because="is missing; nobody may be left out")
    for code in sorted(given - expected):
        yield wrong(group, f"{field}.{code}", because=f"{code} has no place here")
    if given == expected:
        yield right(group, field, sorted(given))


def _short(text: str) -> str:
    return text if len(text) <= 24 else text[:23] + "…"


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value

"""`certify`: from an agreement to its certificate, rounded and computed at what was rounded."""

from __future__ import annotations

import math
import platform
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from bandung import __version__
from bandung.agree.certificate import (
    MOST_DRAWS,
    MUSD_DIGITS,
    PCT_DIGITS,
    Certificate,
    Claims,
    CorridorCut,
    MemberClaim,
    RobustnessClaim,
    TariffCut,
    WorldName,
    digests_of,
)
from bandung.agree.draws import draw_elasticities
from bandung.agree.solve import solve_many
from bandung.codes import groups
from bandung.errors import InputError, WorldError
from bandung.find.reliance import reliance_of
from bandung.find.selection import ORIGINS, select

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from bandung.agree.agreement import Agreement
    from bandung.agree.outcome import Outcome
    from bandung.agree.scenario import Uncertainty
    from bandung.economy.baseline import Floats
    from bandung.find.selection import Selection
    from bandung.world.model import World

SIGNIFICANT = 12
"""Digits to which today's tariffs are written, in per cent."""
STEP = 10.0**-PCT_DIGITS
"""Per cent: one unit of the last digit of a tariff."""
ROUNDING = 1e-9
"""Per cent: what a tariff and its bound may differ by for being written as binary fractions."""


def certify(
    agreement: Agreement,
    *,
    south: str = groups.THE_SOUTH,
    on: dt.date | None = None,
    robustness: Uncertainty | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> Certificate:
    """Write down an agreement and what it does to everybody.

    The schedule is rounded first: tariffs to a millionth of a per cent, never above today's nor
    below the floor; transfers to a thousand dollars, still summing to 0. Every claim is then
    computed at the rounded schedule.

    Parameters
    ----------
    south, on
        What 'the South' is in reliance, on which day (default: today), as
        :func:`bandung.find.select` takes them. The certificate names its members by code.
    robustness
        How often to draw the elasticities, and how; None: not at all.
    done
        Called with the number of draws solved so far.

    Raises
    ------
    InputError
        For an agreement by which a member would lose: mutual benefit is what a certificate states;
        and for what :func:`bandung.agree.draw_elasticities` refuses.
    NotConvergedError
        For an equilibrium.

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.agree import bargain, certify
    >>> found = bargain(World.embedded(), ["CIV", "MAR", "SEN"], by="member")
    >>> certify(found)
    Certificate('embedded', 2022: CIV, MAR, SEN; ... tariffs fall, smallest gain 0.01... %)
    """
    world = agreement.talks.world
    if robustness is not None and robustness.draws > MOST_DRAWS:
        raise InputError(f"{robustness.draws:,} draws are too many; ask for {MOST_DRAWS:,} at most")
    chosen = select(world, members=agreement.members, on=on, south=south)
    named = world.elasticities in world.elasticity_sets
    made = Certificate(
        world=WorldName(world.name, world.year, world.checksum),
        elasticities=world.elasticities if named else tuple(map(float, world.trade_elasticity)),
        deficits=agreement.talks.deficits,
        members=agreement.members,
        principle=agreement.principle,
        threat=agreement.threat,
        limits=agreement.talks.limits,
        tariffs=_tariffs(agreement),
        corridors=_corridors(agreement),
        transfers_musd=_transfers(agreement),
        phase_in_years={
            code: int(years) for code, years in sorted(agreement.phase_in.items()) if years
        },
        claims=Claims(0.0, 0.0, {}, {}),
        south=",".join(chosen.south),
        robustness=None,
        seed=int(agreement.seed),
        versions={
            "bandung": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scipy", "jax")},
        },
    )
    made = replace(made, claims=_claims(made, world, chosen))
    if robustness is not None:
        made = replace(made, robustness=_robustness(made, world, robustness, done))
    return replace(made, digests=digests_of(made.to_dict()))


def rounded_tariff(old: float, new: float, floor: float) -> float | None:
    """Round a tariff, per cent, within its bounds; None where it does not fall by a digit.

    Examples
    --------
    >>> rounded_tariff(12.3456785, 12.3456779, 0.0), rounded_tariff(7.0, 6.9999999, 0.0)
    (12.345678, None)
    """
    if old - new < STEP / 2:
        return None
    found = round(new, PCT_DIGITS)
    if found < floor - ROUNDING:
        found = round(found + STEP, PCT_DIGITS)
    return found if found < old else None


def _tariffs(agreement: Agreement) -> tuple[TariffCut, ...]:
    world = agreement.talks.world
    floor = 100 * agreement.talks.limits.floor
    cuts = []
    for cell in np.argwhere(agreement.tariff_new < world.tariff):
        o, d, j = map(int, cell)
        old = float(f"{100 * world.tariff[o, d, j]:.{SIGNIFICANT}g}")
        new = rounded_tariff(old, 100 * float(agreement.tariff_new[o, d, j]), floor)
        if new is not None:
            cuts.append(TariffCut(world.members[o], world.members[d], world.sectors[j], old, new))
    return tuple(sorted(cuts, key=lambda cut: (cut.origin, cut.destination, cut.sector)))


def _corridors(agreement: Agreement) -> tuple[CorridorCut, ...]:
    talks = agreement.talks
    found = []
    for corridor, cut in zip(talks.corridors, talks.corridor_cuts(agreement.position), strict=True):
        change = _pct(-float(cut))
        if not change:
            continue
        share = -change / 100 / corridor.largest_cut
        cost = round(corridor.cost_musd * share, MUSD_DIGITS)
        one, other = corridor.between
        part = corridor.paid(talks.world, talks.before)[talks.world.index(one)]
        first = round(cost * float(part), MUSD_DIGITS)
        found.append(
            CorridorCut(
                between=corridor.between,
                sectors=corridor.sectors,
                trade_cost_change_pct=change,
                cost_musd=cost,
                paid_by_musd={one: first, other: round(cost - first, MUSD_DIGITS)},
            )
        )
    return tuple(found)


def _transfers(agreement: Agreement) -> dict[str, float]:
    """Round in whole thousands; whoever earns most takes what rounding leaves over."""
    talks = agreement.talks
    if "transfers" not in talks.kinds:
        return {}
    unit = 10**MUSD_DIGITS
    thousands = [round(float(each) * unit) for each in agreement.transfers]
    thousands[int(np.argmax(talks.before.income[talks.at]))] -= sum(thousands)
    return {code: each / unit for code, each in zip(agreement.members, thousands, strict=True)}


def _claims(made: Certificate, world: World, chosen: Selection) -> Claims:
    outcome = next(solve_many(world, [made.levers(world)], deficits=made.deficits))
    before = outcome.before
    gains = dict(zip(made.members, _gains(made, outcome), strict=True))
    for code, gain in gains.items():
        if _pct(gain) < 0:
            raise InputError(
                f"{code} would lose: its real income changes by {_pct(gain):.{PCT_DIGITS}f} % at "
                "the rounded schedule. A certificate states that no member loses; search again "
                "with other limits, or leave the member out"
            )
    welfare, revenue = outcome.welfare_change.to_numpy(), outcome.tariff_revenue.to_numpy()
    relied = [_reliance(one, chosen) for one in (outcome.world_before, outcome.world_after)]
    members = {}
    for code, gain in gains.items():
        at = world.index(code)
        was, now = float(before.tariff_revenue[at]), float(revenue[at])
        members[code] = MemberClaim(
            welfare_change_pct=_pct(gain),
            tariff_revenue_change_pct=_pct(now / was - 1.0) if was > 0 else None,
            tariff_revenue_change_musd=_musd(now - was),
            reliance_before_pct=relied[0].get(code),
            reliance_after_pct=relied[1].get(code),
        )
    return Claims(
        smallest_gain_pct=min(own.welfare_change_pct for own in members.values()),
        joint_gain_musd=_musd(
            math.fsum(gain * before.income[world.index(code)] for code, gain in gains.items())
        ),
        members=members,
        outsiders={
            code: _pct(welfare[at])
            for at, code in sorted(enumerate(world.members), key=lambda item: item[1])
            if code not in gains
        },
    )


def _gains(made: Certificate, outcome: Outcome) -> Floats:
    """Return members' changes of real income, m, what they pay for corridors deducted."""
    world, before = outcome.world, outcome.before
    at = [world.index(code) for code in made.members]
    costs = made.costs()
    share = np.array([costs[code] for code in made.members]) / before.income[at]
    return np.asarray((1.0 + outcome.welfare_change.to_numpy()[at]) * (1.0 - share) - 1.0)


def _reliance(world: World, chosen: Selection) -> dict[str, dict[str, float]]:
    """Return each member's reliance by origin, per cent; without those nobody can measure."""
    try:
        found = reliance_of(world, chosen)
    except WorldError:
        return {}
    return {
        code: {name: _pct(share) for name, share in zip(ORIGINS, row, strict=True)}
        for code, row in zip(found.codes, found.members, strict=True)
    }


def _robustness(
    made: Certificate,
    world: World,
    asked: Uncertainty,
    done: Callable[[int], object],
) -> RobustnessClaim:
    drawn = draw_elasticities(world, asked.draws, spread_pct=asked.spread_pct, seed=asked.seed)
    gains = []
    outcomes = solve_many(
        world, [made.levers(world)], trade_elasticity=drawn, deficits=made.deficits
    )
    for outcome in outcomes:
        gains.append(_gains(made, outcome) > 0)
        done(len(gains))
    gaining = np.stack(gains)
    return RobustnessClaim(
        draws=asked.draws,
        spread_pct=None if asked.spread_pct is None else float(asked.spread_pct),
        seed=asked.seed,
        gaining_pct={
            code: _pct(share) for code, share in zip(made.members, gaining.mean(0), strict=True)
        },
        all_gain_pct=_pct(gaining.all(axis=1).mean()),
    )


def _pct(share: float) -> float:
    """Write a share in per cent; the sum with 0 makes −0 a 0."""
    return round(100 * float(share), PCT_DIGITS) + 0.0


def _musd(amount: float) -> float:
    return round(float(amount), MUSD_DIGITS) + 0.0

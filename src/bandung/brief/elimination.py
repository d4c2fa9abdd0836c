"""The section on what would happen if members dropped every tariff on one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bandung.brief import charts
from bandung.brief.figure import Caption
from bandung.brief.outsiders import less_than, outside
from bandung.brief.pictures import Picture
from bandung.brief.section import Section, deficits
from bandung.brief.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bandung.agree.draws import Spread
    from bandung.agree.simulation import Simulation
    from bandung.brief.languages import Language
    from bandung.world.model import Floats

NAMED_LOSERS = 5
GRAVEST = 3
FEWEST_DECIMALS, MOST_DECIMALS = 2, 4


def section(
    found: Simulation, tongue: Language, *, goods_only: Simulation | None = None
) -> Section:
    """Say who gains and who loses, how sure that is, and what it does to those outside.

    `goods_only` is the same without tariffs on services, where the source has any.
    """
    return Section(
        key="elimination",
        title=tongue.say("What if all tariffs among them fell?"),
        finding=_finding(found, tongue),
        paragraphs=(
            tongue.say("This is before any compensation: no member pays another anything for it."),
            *_unsure(found, tongue),
            *(() if goods_only is None else (_services(goods_only, tongue),)),
            *outside(
                {code: found.change[code] for code in found.outsiders},
                found.least_developed,
                tongue,
            ),
            _reliance(found, tongue),
        ),
        pictures=(picture(found, tongue),),
        method=_method(found, tongue),
    )


def picture(found: Simulation, tongue: Language) -> Picture:
    """Show the change of every member's real income, with its interval, and the table behind it."""
    change = _of_parties(found)
    digits = decimals(change)
    title = tongue.say("What each member would gain or lose if tariffs among members fell to zero")
    worst, best = int(np.argmin(change)), int(np.argmax(change))
    figure = charts.gains(
        _rows(found, tongue),
        (tongue.say("loss"), tongue.say("gain")),
        Caption(
            title,
            tongue.say(
                "One dot for each member, losses to the left of zero and gains to the right: from "
                "{low} ({low_name}) to {high} ({high_name}).",
                low=tongue.style.signed_percent(float(change[worst]), digits),
                low_name=tongue.country(found.parties[worst]),
                high=tongue.style.signed_percent(float(change[best]), digits),
                high_name=tongue.country(found.parties[best]),
            ),
            key="elimination",
        ),
        tongue.style,
        digits,
    )
    note = tongue.say("Change of each member's real income.")
    if found.spread is not None:
        band = tongue.say(
            "The band shows how the result varies with the published estimates of how strongly "
            "trade reacts to prices; nine of ten results lie in it."
        )
        note = f"{note} {band}"
    return Picture(title, figure, _table(found, tongue, digits + 1), note)


def decimals(shares: Floats) -> int:
    """Return how many decimals of a percent, from two to four, let no member's change be 0.

    Examples
    --------
    >>> decimals(np.array([0.002, -0.00003])), decimals(np.array([0.002, -0.0002]))
    (3, 2)
    """
    least = min((abs(100 * share) for share in shares if share != 0), default=1.0)
    fits = (n for n in range(FEWEST_DECIMALS, MOST_DECIMALS) if round(least, n) > 0)
    return next(fits, MOST_DECIMALS)


def _finding(found: Simulation, tongue: Language) -> str:
    change, losers = found.change, found.losers
    gaining = sum(change[code] > 0 for code in found.parties)
    total = tongue.number(len(found.parties))
    if not losers:
        ordered = sorted(found.parties, key=lambda code: change[code])
        low, high = _sizes(found, [ordered[0], ordered[-1]], tongue)
        return tongue.say(
            "If members dropped every tariff on one another, each of the {total} would gain, from "
            "{low} of its real income ({low_name}) to {high} ({high_name}).",
            total=total,
            low=low,
            low_name=tongue.country(ordered[0]),
            high=high,
            high_name=tongue.country(ordered[-1]),
        )
    if len(losers) <= NAMED_LOSERS:
        losses = tongue.say_n(
            "{count} would lose part of its real income: {list}.",
            "{count} would lose part of their real income: {list}.",
            len(losers),
            list=_list(found, losers, tongue),
        )
    else:
        losses = tongue.say_n(
            "{count} would lose part of its real income, most of all {list}.",
            "{count} would lose part of their real income, most of all {list}.",
            len(losers),
            list=_list(found, losers[:GRAVEST], tongue),
        )
    if not gaining:
        return tongue.say(
            "If members dropped every tariff on one another, none of the {total} would gain. "
            "{losses}",
            total=total,
            losses=losses,
        )
    return tongue.say_n(
        "If members dropped every tariff on one another, {count} of the {total} would gain. "
        "{losses}",
        "If members dropped every tariff on one another, {count} of the {total} would gain. "
        "{losses}",
        gaining,
        total=total,
        losses=losses,
    )


def _sizes(found: Simulation, codes: Sequence[str], tongue: Language) -> list[str]:
    """Write what members gain or lose, without the sign, as precisely as the picture does."""
    digits = decimals(_of_parties(found))
    sizes = [abs(found.change[code]) for code in codes]
    return [
        tongue.percent(size, digits) if round(size, digits + 2) else less_than(digits, tongue)
        for size in sizes
    ]


def _list(found: Simulation, codes: Sequence[str], tongue: Language) -> str:
    sizes = _sizes(found, codes, tongue)
    return tongue.join(
        [f"{tongue.country(code)} ({size})" for code, size in zip(codes, sizes, strict=True)]
    )


def _unsure(found: Simulation, tongue: Language) -> tuple[str, ...]:
    """Name the members whose interval has both a gain and a loss in it."""
    unsure = [code for code in found.parties if _crosses_zero(found, code)]
    if not unsure:
        return ()
    return (
        tongue.say_n(
            "For {count} member, gain or loss depends on the estimate of how strongly trade reacts "
            "to prices: {names}.",
            "For {count} members, gain or loss depends on the estimate of how strongly trade "
            "reacts to prices: {names}.",
            len(unsure),
            names=tongue.names(unsure),
        ),
    )


def _services(found: Simulation, tongue: Language) -> str:
    """Say who loses when only the tariffs on goods are dropped."""
    if not found.losers:
        return tongue.say(
            "The source counts duties on services too, which customs do not collect. If only the "
            "tariffs on goods fell, no member would lose."
        )
    named = found.losers if len(found.losers) <= NAMED_LOSERS else found.losers[:GRAVEST]
    return tongue.say_n(
        "The source counts duties on services too, which customs do not collect. If only the "
        "tariffs on goods fell, {count} member would lose, most of all {list}.",
        "The source counts duties on services too, which customs do not collect. If only the "
        "tariffs on goods fell, {count} members would lose, most of all {list}.",
        len(found.losers),
        list=_list(found, named, tongue),
    )


def _crosses_zero(found: Simulation, code: str) -> bool:
    """Whether change and interval together reach to both sides of zero."""
    if found.spread is None:
        return False
    at = found.world.index(code)
    value = float(found.outcome.welfare_change[at])
    return bool(min(found.spread.low[at], value) < 0 < max(found.spread.high[at], value))


def _reliance(found: Simulation, tongue: Language) -> str:
    before, after = (float(each.group[1]) for each in (found.reliance_before, found.reliance_after))
    return tongue.say(
        "Of what members spend, the share that becomes income in other member countries would go "
        "from {before} to {after}, a change of {points} percentage points.",
        before=tongue.percent(before, 2),
        after=tongue.percent(after, 2),
        points=tongue.style.signed(100 * (after - before), 2),
    )


def _rows(found: Simulation, tongue: Language) -> list[charts.Gain]:
    change, spread = found.outcome.welfare_change.to_numpy(), found.spread
    rows = []
    for code in found.parties:
        at = found.world.index(code)
        name, value = tongue.country(code), float(change[at])
        if spread is None:
            rows.append(charts.Gain(name, value))
            continue
        low, high = float(spread.low[at]), float(spread.high[at])
        remark = _gains_in(spread, at, tongue) if _crosses_zero(found, code) else ""
        rows.append(charts.Gain(name, value, low, high, remark))
    return rows


def _gains_in(spread: Spread, at: int, tongue: Language) -> str:
    draws = len(spread.welfare_change)
    return tongue.say_n(
        "gains in {count} of {draws} draws",
        "gains in {count} of {draws} draws",
        round(float(spread.gaining[at]) * draws),
        draws=tongue.number(draws),
    )


def _table(found: Simulation, tongue: Language, digits: int) -> Table:
    title = tongue.say("If tariffs among members fell to zero")
    return Table(title, _columns(found, tongue), tuple(_cells(found, tongue, digits)))


def _columns(found: Simulation, tongue: Language) -> tuple[Column, ...]:
    percent, million = tongue.say("percent of real income"), tongue.say("million USD")
    columns = [
        Column(tongue.say("Member"), figures=False),
        Column(tongue.say("Change of real income"), tongue.percent_sign),
    ]
    if found.spread is not None:
        draws = len(found.spread.welfare_change)
        columns += [
            Column(tongue.say("Lower end of the band"), tongue.percent_sign),
            Column(tongue.say("Upper end of the band"), tongue.percent_sign),
            Column(
                tongue.say("Draws in which it gains"),
                tongue.say("of {draws}", draws=tongue.number(draws)),
            ),
        ]
    return (
        *columns,
        Column(tongue.say("Terms of trade"), percent),
        Column(tongue.say("Volume of trade"), percent),
        Column(tongue.say("Change of the real wage"), tongue.percent_sign),
        Column(tongue.say("Tariff revenue before"), million),
        Column(tongue.say("Tariff revenue after"), million),
        Column(tongue.say("Weighs most: partner"), figures=False),
        Column(tongue.say("Weighs most: product"), figures=False),
    )


def _cells(found: Simulation, tongue: Language, digits: int) -> list[tuple[str, ...]]:
    """Write the rows of the table in the order of the picture."""
    outcome, spread = found.outcome, found.spread
    change = outcome.welfare_change.to_numpy()

    def percent(share: float) -> str:
        return tongue.style.signed(100 * share, digits)

    rows = []
    for code in sorted(found.parties, key=lambda code: (change[found.world.index(code)], code)):
        at = found.world.index(code)
        row = [tongue.country(code), percent(float(change[at]))]
        if spread is not None:
            row += [
                percent(float(spread.low[at])),
                percent(float(spread.high[at])),
                tongue.number(round(float(spread.gaining[at]) * len(spread.welfare_change))),
            ]
        parts = found.parts(code)
        row += [
            percent(parts["terms_of_trade"]),
            percent(parts["volume_of_trade"]),
            percent(float(outcome.real_wage_change[at])),
            tongue.number(float(outcome.before.tariff_revenue[at])),
            tongue.number(float(outcome.tariff_revenue[at])),
        ]
        rows.append((*row, *_reason(found, code, tongue)))
    return rows


def _reason(found: Simulation, code: str, tongue: Language) -> tuple[str, str]:
    """Return the partner and the product that weigh most in the direction of the change."""
    at, parts = found.world.index(code), found.outcome.decomposition
    change = float(found.outcome.welfare_change[at])
    weight = (parts.terms_of_trade[at] + parts.volume_of_trade[at]) * np.sign(change)
    partner, product = np.unravel_index(int(np.argmax(weight)), weight.shape)
    return (
        tongue.country(found.world.members[partner]),
        tongue.sector(found.world.sectors[product]),
    )


def _method(found: Simulation, tongue: Language) -> tuple[str, ...]:
    said = [
        tongue.say(
            "When a tariff falls, prices, wages, tariff revenue and who buys from whom change in "
            "every country until supply meets demand again everywhere (equilibrium model of "
            "Caliendo and Parro 2015). Real income is what wages and profits, tariff revenue and "
            "the trade deficit can buy. {deficits} How strongly trade reacts to prices (trade "
            "elasticities): set {set}.",
            deficits=deficits(found.outcome.deficits, tongue),
            set=found.outcome.elasticities,
        ),
        tongue.say(
            "The change of real income is the sum of two parts. Terms of trade: what a member "
            "earns more or less on its sales, less what it pays more or less for its purchases. "
            "Volume of trade: the tariff revenue that larger or smaller imports bring. Weighs "
            "most: the partner and the product whose trade adds most to the gain or the loss."
        ),
    ]
    if found.spread is not None:
        said.append(
            tongue.say(
                "Estimates of the elasticities differ. The computation was therefore repeated "
                "{draws} times; each time, the elasticity of every product was drawn at random "
                "from one of {sets} published sets. Of 100 results, five lie below the band and "
                "five above.",
                draws=tongue.number(len(found.spread.welfare_change)),
                sets=tongue.number(len(found.world.elasticity_sets)),
            )
        )
    said += [
        tongue.say(
            "Not counted: easier trade in services, products that a member does not sell yet, "
            "investment, and the time and the cost of moving workers and capital to other work."
        ),
        tongue.say(
            "To compute it again, run this command with the file that came with this page: "
            "{command}",
            command="bandung simulate elimination.toml",
        ),
    ]
    return tuple(said)


def _of_parties(found: Simulation) -> Floats:
    """Return the parties' changes of welfare, in their order."""
    return np.array([found.change[code] for code in found.parties])

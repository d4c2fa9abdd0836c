"""What the agreement means for each member: a fold on the page, a sheet of its own on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from bandung.agree.agreement import SAME
from bandung.brief.section import Fold
from bandung.brief.tables import Column, Table

if TYPE_CHECKING:
    from bandung.agree.certificate import RobustnessClaim
    from bandung.brief.languages import Language
    from bandung.brief.negotiated import Negotiated
    from bandung.brief.schedules import Schedules, Summary

LARGEST = 5
SMALL_MUSD = 10.0
DASH = "–"
AT_STAKE = ((pl.col("tariff_pct") - pl.col("tariff_new_pct")) / 100 * pl.col("imports_musd")).alias(
    "at_stake_musd"
)
"""Of a tariff that falls: the duty on today's trade that is no longer due."""


def folds(found: Negotiated, tongue: Language) -> tuple[Fold, ...]:
    """Return a fold for each member, by name; none where there is no agreement."""
    if found.schedules is None:
        return ()
    return tuple(
        _fold(found.schedules, code, tongue)
        for code in tongue.alphabetical(found.schedules.members)
    )


def amount(musd: float, tongue: Language) -> str:
    """Write an amount of million USD in words, without its sign; a small one with a decimal.

    Examples
    --------
    >>> from bandung.brief.languages import language
    >>> amount(-4.24, language("en")), amount(295.6, language("en"))
    ('4.2 million US dollars', '296 million US dollars')
    """
    size = abs(musd)
    if size >= SMALL_MUSD:
        return tongue.money(size)
    return tongue.say_n(
        "{amount} million US dollars",
        "{amount} million US dollars",
        int(size),
        amount=tongue.number(size, 1 if size >= 1 else 2),
    )


def _fold(found: Schedules, code: str, tongue: Language) -> Fold:
    account = found.summary(code)
    lowers, gets = found.lowers(code), found.gets(code)
    said = [_gain(account, tongue)]
    if found.certificate.robustness is not None:
        said.append(_sure(code, found.certificate.robustness, tongue))
    if lowers.is_empty():
        said.append(tongue.say("This member lowers no tariff."))
    if gets.is_empty():
        said.append(tongue.say("No tariff on what this member sells falls."))
    tables = [_account(found, account, tongue)]
    if not lowers.is_empty():
        caption = tongue.say(
            "Tariffs that it lowers: {count}. Those that matter most",
            count=tongue.number(lowers.height),
        )
        tables.append(_cuts(caption, lowers, "origin", tongue))
    if not gets.is_empty():
        caption = tongue.say(
            "Tariffs lowered on what it sells: {count}. Those that matter most",
            count=tongue.number(gets.height),
        )
        tables.append(_cuts(caption, gets, "destination", tongue))
    return Fold(
        key=code,
        title=tongue.country(code),
        note=_signed_gain(account, tongue),
        paragraphs=(" ".join(said),),
        tables=tuple(tables),
    )


def _gain(account: Summary, tongue: Language) -> str:
    name = tongue.country(account.member)
    if account.gain <= SAME:
        return tongue.say(
            "{name}: under this agreement its real income would stay as it is.", name=name
        )
    return tongue.say(
        "{name}: under this agreement its real income would be {gain} higher, a gain of {money} a "
        "year.",
        name=name,
        gain=tongue.style.small_percent(account.gain),
        money=amount(account.gain_musd, tongue),
    )


def _signed_gain(account: Summary, tongue: Language) -> str:
    """Write the gain with its sign, as precisely as the sentence does."""
    if account.gain <= SAME:
        return tongue.percent(0.0)
    return tongue.style.plus + tongue.style.small_percent(account.gain)


def _sure(code: str, claim: RobustnessClaim, tongue: Language) -> str:
    return tongue.say_n(
        "It gains in {count} of {draws} draws of how strongly trade reacts to prices.",
        "It gains in {count} of {draws} draws of how strongly trade reacts to prices.",
        round(claim.gaining_pct[code] * claim.draws / 100),
        draws=tongue.number(claim.draws),
    )


def _account(found: Schedules, account: Summary, tongue: Language) -> Table:
    """Write the member's account, today and under the agreement."""
    rows = [
        (
            tongue.say("Average tariff on fellow members, weighted by today's trade (%)"),
            *(_percent(share, tongue) for share in _mean_tariffs(found, account.member)),
        ),
        (
            tongue.say("Tariff revenue from all imports (million USD a year)"),
            tongue.number(account.revenue_musd, 1),
            tongue.number(account.revenue_new_musd, 1),
        ),
        (
            tongue.say("Purchases from fellow members (million USD a year)"),
            tongue.number(account.imports_musd, 1),
            tongue.number(account.imports_new_musd, 1),
        ),
        (
            tongue.say("Sales to fellow members (million USD a year)"),
            tongue.number(account.exports_musd, 1),
            tongue.number(account.exports_new_musd, 1),
        ),
    ]
    if account.reliance_before is not None and account.reliance_after is not None:
        rows.append(
            (
                tongue.say("Of what it spends, earned by fellow members (%)"),
                tongue.number(100 * account.reliance_before["fellow"], 3),
                tongue.number(100 * account.reliance_after["fellow"], 3),
            )
        )
    return Table(
        tongue.say("Today and under the agreement"),
        (
            Column(tongue.say("What it means"), figures=False),
            Column(tongue.say("Today")),
            Column(tongue.say("Under the agreement")),
        ),
        tuple(rows),
    )


def _mean_tariffs(found: Schedules, member: str) -> tuple[float | None, float | None]:
    """Return what a member charges its fellows on average, today and under the agreement."""
    world = found.outcome.world
    at = world.index(member)
    fellows = [world.index(code) for code in found.members if code != member]
    trade = found.outcome.before.trade_value[fellows, at]
    if not trade.sum() > 0:
        return None, None
    new = found.outcome.levers.tariff_after(found.outcome.before)
    today, under = (
        float(np.average(tariff[fellows, at], weights=trade)) for tariff in (world.tariff, new)
    )
    return today, under


def _percent(share: float | None, tongue: Language) -> str:
    return DASH if share is None else tongue.number(100 * share, 2)


def _cuts(caption: str, lines: pl.DataFrame, partner: str, tongue: Language) -> Table:
    """Write the cuts by which most duty on today's trade falls away, the largest first."""
    largest = (
        lines.with_columns(AT_STAKE)
        .sort("at_stake_musd", partner, "sector", descending=[True, False, False])
        .head(LARGEST)
    )
    trade, stake = largest["imports_musd"].to_list(), largest["at_stake_musd"].to_list()
    of_trade, of_stake = _digits(trade), _digits(stake)
    sells = partner == "destination"
    return Table(
        caption,
        (
            Column(
                tongue.say("Exported to") if sells else tongue.say("Imported from"), figures=False
            ),
            Column(tongue.say("Product"), figures=False),
            Column(tongue.say("Tariff today (%)")),
            Column(tongue.say("Tariff under the agreement (%)")),
            Column(
                tongue.say("Exports today (million USD)")
                if sells
                else tongue.say("Imports today (million USD)")
            ),
            Column(tongue.say("Duty on them no longer due (million USD)")),
        ),
        tuple(
            (
                tongue.country(row[partner]),
                tongue.sector(row["sector"]),
                tongue.number(row["tariff_pct"], 2),
                tongue.number(row["tariff_new_pct"], 2),
                tongue.number(row["imports_musd"], of_trade),
                tongue.number(row["at_stake_musd"], of_stake),
            )
            for row in largest.iter_rows(named=True)
        ),
    )


def _digits(amounts: list[float]) -> int:
    """Return how many decimals a column of amounts needs: from one to three, by the smallest."""
    least = min((each for each in amounts if each > 0), default=1.0)
    return 1 if least >= 1 else 2 if least >= 0.1 else 3

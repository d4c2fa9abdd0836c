"""The section on an agreement by which every member gains, or on why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bandung.agree.agreement import SAME
from bandung.agree.comparison import ELIMINATION, TODAY
from bandung.brief import agreement_members, charts
from bandung.brief.agreement_members import amount
from bandung.brief.agreement_method import method
from bandung.brief.elimination import decimals
from bandung.brief.figure import Caption
from bandung.brief.negotiated import SHOWN
from bandung.brief.outsiders import outside
from bandung.brief.pictures import Picture
from bandung.brief.section import Command, Section
from bandung.brief.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from bandung.agree import Alternative, Certificate
    from bandung.agree.certificate import RobustnessClaim
    from bandung.agree.obstacle import Obstacle
    from bandung.brief.languages import Language
    from bandung.brief.negotiated import Negotiated

DASH = "–"
NO_TARIFF_PCT = 0.005
"""Per cent: tariffs below it are written as zero."""
GINI_DECIMALS, SHARE_DECIMALS = 2, 3
NOTHING = 5e-10
"""Changes of real income below this, as fractions, are what rounding leaves."""


def section(found: Negotiated, tongue: Language) -> Section:
    """Lay out the agreement, or say who stands against one, and what else could be agreed on."""
    certificate = found.certificate
    gains = found.shown.gains.max() > SAME
    title = (
        tongue.say("An agreement that leaves every one of you better off")
        if found.all_gain
        else tongue.say("Is there an agreement by which every member gains?")
    )
    return Section(
        key="agreement",
        title=title,
        finding=_finding(found, tongue),
        paragraphs=(
            *_together(found, tongue),
            *_transfers(found, tongue),
            *(() if certificate is None else _cuts(found, certificate, tongue)),
            *(() if certificate is None else _sure(certificate.robustness, tongue)),
            *(_outside(found.shown, tongue) if gains else ()),
        ),
        pictures=(picture(found, tongue),) if gains else (),
        tables=(comparison(found, tongue),),
        commands=() if certificate is None else _commands(certificate, tongue),
        folds_title=tongue.say("What it means for each member"),
        folds=agreement_members.folds(found, tongue),
        method=method(found, tongue),
    )


def picture(found: Negotiated, tongue: Language) -> Picture:
    """Show each member under full elimination and under the agreement, and the figures behind."""
    gone, agreed = found.comparison.get(ELIMINATION), found.shown
    digits = _digits(found)
    title = tongue.say("All tariffs at zero, or this agreement: what each member would have")
    worst, best = int(gone.gains.argmin()), int(gone.gains.argmax())
    percent = tongue.style.signed_percent
    figure = charts.dumbbells(
        [
            charts.Dumbbell(tongue.country(code), float(ring), float(disc))
            for code, ring, disc in zip(agreed.members, gone.gains, agreed.gains, strict=True)
        ],
        charts.DumbbellWords(
            loss=tongue.say("loss"),
            gain=tongue.say("gain"),
            ring=tongue.say("All tariffs at zero"),
            disc=tongue.say("This agreement"),
        ),
        Caption(
            title,
            tongue.say(
                "Two marks for each member. With all tariffs at zero, from {low} ({low_name}) to "
                "{high} ({high_name}); under this agreement, from {least} to {most}.",
                low=percent(float(gone.gains[worst]), digits),
                low_name=tongue.country(gone.members[worst]),
                high=percent(float(gone.gains[best]), digits),
                high_name=tongue.country(gone.members[best]),
                least=percent(float(agreed.gains.min()), digits),
                most=percent(float(agreed.gains.max()), digits),
            ),
            key="agreement",
        ),
        tongue.style,
        digits,
    )
    note = tongue.say("Change of each member's real income.")
    return Picture(title, figure, _gains(found, tongue, digits), note)


def comparison(found: Negotiated, tongue: Language) -> Table:
    """Put today, full elimination and agreements side by side."""
    several = found.comparison.alternatives
    rows = [(heading, *map(write, several)) for heading, write in _measures(found, tongue)]
    return Table(
        tongue.say("What members could agree on, side by side"),
        (
            Column(tongue.say("What it means"), figures=False),
            *(Column(_name(each.name, tongue)) for each in several),
        ),
        tuple(rows),
        wraps=True,
    )


def _finding(found: Negotiated, tongue: Language) -> str:
    agreed, gone = found.shown, found.comparison.get(ELIMINATION)
    total = tongue.number(len(agreed.members))
    if not found.all_gain:
        return _none(found, total, tongue)
    gain = tongue.style.small_percent(float(agreed.gains.min()))
    if not gone.losers:
        return tongue.say(
            "Each of the {total} could gain: a schedule of tariff cuts leaves every one of them "
            "better off, by at least {gain} of its real income. If all tariffs fell to zero, the "
            "member that gains least would gain {least}.",
            total=total,
            gain=gain,
            least=tongue.style.small_percent(max(float(gone.gains.min()), 0.0)),
        )
    return tongue.say_n(
        "Each of the {total} could gain: a schedule of tariff cuts leaves every one of them better "
        "off, by at least {gain} of its real income. Dropping all tariffs would leave {count} "
        "worse off.",
        "Each of the {total} could gain: a schedule of tariff cuts leaves every one of them better "
        "off, by at least {gain} of its real income. Dropping all tariffs would leave {count} "
        "worse off.",
        len(gone.losers),
        total=total,
        gain=gain,
    )


def _none(found: Negotiated, total: str, tongue: Language) -> str:
    """Say that not everybody can gain, who stands in the way, and how far one gets all the same."""
    said = [
        tongue.say(
            "No schedule of tariff cuts was found by which each of the {total} would gain.",
            total=total,
        )
    ]
    obstacle = found.agreement.obstacle
    if obstacle is not None:
        said.append(_against(obstacle, tongue))
    gaining = [
        code
        for code, gain in zip(found.shown.members, found.shown.gains, strict=True)
        if gain > SAME
    ]
    if gaining:
        said.append(
            tongue.say_n(
                "Without a loss to anybody, {count} could gain: {names}.",
                "Without a loss to anybody, {count} could gain: {names}.",
                len(gaining),
                names=tongue.names(gaining),
            )
        )
    return " ".join(said)


def _against(obstacle: Obstacle, tongue: Language) -> str:
    """Name those whose interests small cuts cannot serve at once."""
    binding = obstacle.binding
    if not binding:
        return tongue.say("The search may have failed: it is not shown that there is none.")
    if len(binding) == 1:
        return tongue.say(
            "No small cut would raise the real income of this member: {name}.",
            name=tongue.country(binding[0]),
        )
    return tongue.say(
        "Small cuts that help one of these members harm another: {names}.",
        names=tongue.names(binding),
    )


def _together(found: Negotiated, tongue: Language) -> tuple[str, ...]:
    """Say what the members would gain together, and what that costs some otherwise."""
    agreed, gone = found.shown, found.comparison.get(ELIMINATION)
    if agreed.gains.max() <= SAME:
        return ()
    said = [
        tongue.say(
            "This schedule was sought so that the member that gains least gains as much as "
            "possible. Together the members would gain {money} a year.",
            money=amount(agreed.joint_gain_musd, tongue),
        )
    ]
    if gone.losers and gone.joint_gain_musd > agreed.joint_gain_musd:
        said.append(
            tongue.say(
                "Dropping all tariffs would bring them more together, {money} a year, at the "
                "expense of those who would lose.",
                money=amount(gone.joint_gain_musd, tongue),
            )
        )
    return (" ".join(said),)


def _transfers(found: Negotiated, tongue: Language) -> tuple[str, ...]:
    """Say what payments among members would change, where tariffs alone do not serve all."""
    paid = found.with_transfers
    if paid is None:
        return ()
    if paid.smallest_gain <= SAME:
        return (
            tongue.say(
                "Payments among the members, each of at most {most} of its income a year, would "
                "not change that.",
                most=tongue.style.small_percent(paid.talks.limits.most_paid),
            ),
        )
    return (
        tongue.say(
            "If the members also paid one another, each could gain at least {gain} of its real "
            "income. In all, {money} a year would be paid, most of all by {payer}.",
            gain=tongue.style.small_percent(paid.smallest_gain),
            money=amount(float(np.maximum(paid.transfers, 0.0).sum()), tongue),
            payer=tongue.country(paid.members[int(paid.transfers.argmin())]),
        ),
    )


def _cuts(found: Negotiated, certificate: Certificate, tongue: Language) -> tuple[str, ...]:
    """Say how many tariffs fall, how many to zero, and from what to what on average."""
    world = found.shown.outcome.world
    at = [world.index(code) for code in certificate.members]
    inside = np.ix_(at, at)
    trade, old = world.trade_value[inside].copy(), world.tariff[inside]
    trade[np.arange(len(at)), np.arange(len(at))] = 0.0
    new = certificate.tariff_new(world)[inside]
    levied = int(((old > 0) & (trade > 0)).sum())
    gone = sum(cut.new_pct < NO_TARIFF_PCT for cut in certificate.tariffs)
    before, after = (float((tariff * trade).sum() / trade.sum()) for tariff in (old, new))
    said = [
        tongue.say(
            "Tariffs that members levy on one another: {levied}. Of these, {count} would fall, and "
            "{gone} of them to zero. On average, weighted by today's trade, members would charge "
            "one another {after} instead of {before}.",
            levied=tongue.number(levied),
            count=tongue.number(len(certificate.tariffs)),
            gone=tongue.number(gone),
            after=tongue.percent(after, 2),
            before=tongue.percent(before, 2),
        )
    ]
    less = [-each.revenue_change_musd for each in (found.shown, found.comparison.get(ELIMINATION))]
    if min(less) > 0:
        said.append(
            tongue.say(
                "Together they would collect {less} less in tariffs a year, against {other} less "
                "with all tariffs at zero; the gains are what remains after that.",
                less=amount(less[0], tongue),
                other=amount(less[1], tongue),
            )
        )
    return (" ".join(said),)


def _sure(claim: RobustnessClaim | None, tongue: Language) -> tuple[str, ...]:
    """Say in how many draws every member gains, and who is least sure to."""
    if claim is None:
        return ()
    draws = claim.draws
    counts = {code: round(share * draws / 100) for code, share in claim.gaining_pct.items()}
    every = round(claim.all_gain_pct * draws / 100)
    said = tongue.say_n(
        "How strongly trade reacts to prices is known only roughly. Every member gains in {count} "
        "of {draws} draws of the published estimates.",
        "How strongly trade reacts to prices is known only roughly. Every member gains in {count} "
        "of {draws} draws of the published estimates.",
        every,
        draws=tongue.number(draws),
    )
    if every == draws:
        return (said,)
    least = min(counts, key=lambda code: (counts[code], code))
    unsure = tongue.say_n(
        "The least sure is {name}: it gains in {count} of them.",
        "The least sure is {name}: it gains in {count} of them.",
        counts[least],
        name=tongue.country(least),
    )
    return (f"{said} {unsure}",)


def _outside(agreed: Alternative, tongue: Language) -> tuple[str, ...]:
    change = {code: gain if abs(gain) > NOTHING else 0.0 for code, gain in agreed.outsiders.items()}
    return outside(change, agreed.least_developed, tongue)


def _commands(certificate: Certificate, tongue: Language) -> tuple[Command, ...]:
    return (
        Command(
            tongue.say(
                "Beside this page are the agreement's certificate (agreement.json), which states "
                "what it is claimed to do to everybody, and its schedule (agreement.csv), every "
                "tariff that falls. Whoever doubts a figure can have all of them computed again "
                "by another method:"
            ),
            "bandung verify agreement.json",
        ),
        Command(
            tongue.say("The certificate is about the figures with this code:"),
            certificate.world.checksum,
        ),
        Command(
            tongue.say(
                "To take it to the table: the text of the agreement in five languages, and every "
                "member's schedule as a spreadsheet:"
            ),
            "bandung schedules agreement.json",
        ),
    )


def _gains(found: Negotiated, tongue: Language, digits: int) -> Table:
    """Write each member's gain in every alternative but today, in the order of the picture."""
    several = [each for each in found.comparison.alternatives if each.name != TODAY]
    gone, agreed = found.comparison.get(ELIMINATION), found.shown
    income = agreed.outcome.before.income
    rows = []
    for at in np.argsort(gone.gains, kind="stable"):
        code = agreed.members[at]
        musd = float(agreed.gains[at] * income[agreed.outcome.world.index(code)])
        rows.append(
            (
                tongue.country(code),
                *(tongue.style.signed(100 * float(each.gains[at]), digits) for each in several),
                tongue.style.signed(musd, 1),
            )
        )
    return Table(
        tongue.say("Change of each member's real income, by what is agreed on"),
        (
            Column(tongue.say("Member"), figures=False),
            *(Column(_name(each.name, tongue), tongue.percent_sign) for each in several),
            Column(_name(SHOWN, tongue), tongue.say("million USD")),
        ),
        tuple(rows),
    )


def _name(alternative: str, tongue: Language) -> str:
    """Name one of the things that members could agree on."""
    return {
        TODAY: tongue.say("Today"),
        ELIMINATION: tongue.say("All tariffs at zero"),
        SHOWN: tongue.say("This agreement"),
        "nash": tongue.say("Largest product of gains (Nash)"),
        "utilitarian": tongue.say("Largest sum of incomes (utilitarian)"),
    }.get(alternative, alternative)


def _measures(
    found: Negotiated, tongue: Language
) -> list[tuple[str, Callable[[Alternative], str]]]:
    """Return the rows of the comparison: what it is with its unit, and how to write it."""
    signed = tongue.style.signed
    digits = _digits(found)
    losses = [min(each.outsiders.values(), default=0.0) for each in found.comparison.alternatives]
    outside_digits = decimals(np.array([loss for loss in losses if loss < -NOTHING])) + 1

    def money(musd: float) -> str:
        return signed(musd, 1)

    return [
        (
            tongue.say("Smallest gain (% of real income)"),
            lambda each: signed(100 * each.gains.min(), digits),
        ),
        (tongue.say("Members that would lose"), lambda each: tongue.number(len(each.losers))),
        (
            tongue.say("All members together (million USD a year)"),
            lambda each: money(each.joint_gain_musd),
        ),
        (
            tongue.say("Inequality of the gains (Gini: 0 all alike, 1 one has all)"),
            lambda each: DASH if each.gini is None else tongue.number(each.gini, GINI_DECIMALS),
        ),
        (
            tongue.say("All outsiders together (million USD a year)"),
            lambda each: money(each.outsiders_musd),
        ),
        (
            tongue.say("Outsider that loses most (% of its real income)"),
            lambda each: _worst(each, tongue, outside_digits),
        ),
        (
            tongue.say("Earned by fellow members (% of what members spend)"),
            lambda each: tongue.number(100 * each.fellow_share, SHARE_DECIMALS),
        ),
        (
            tongue.say("Change of tariff revenue (million USD a year)"),
            lambda each: money(each.revenue_change_musd),
        ),
        (
            tongue.say("Change of the members' CO2 emissions (%)"),
            lambda each: (
                DASH
                if each.emissions_change is None
                else signed(100 * each.emissions_change, SHARE_DECIMALS)
            ),
        ),
        (
            tongue.say("Tariffs that fall (% of those levied)"),
            lambda each: tongue.number(100 * each.lines_cut, 1),
        ),
    ]


def _worst(each: Alternative, tongue: Language, digits: int) -> str:
    """Name whoever outside loses most, and how much."""
    code, change = next(iter(each.outsiders.items()), ("", 0.0))
    if change > -NOTHING:
        return DASH
    share = tongue.style.signed(100 * change, digits)
    return tongue.say("{name}: {change}", name=tongue.country(code), change=share)


def _digits(found: Negotiated) -> int:
    """Return with how many decimals of a percent members' gains are written."""
    gone, agreed = found.comparison.get(ELIMINATION), found.shown
    return decimals(np.concatenate([gone.gains, agreed.gains])) + 1

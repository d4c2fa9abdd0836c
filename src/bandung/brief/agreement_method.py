"""How the agreement was found, how near it is to the best, and what was not counted."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from bandung.brief.negotiated import QUICK
from bandung.brief.page import of_world
from bandung.brief.schedules.phrases import services_note

if TYPE_CHECKING:
    from bandung.brief.languages import Language
    from bandung.brief.negotiated import Negotiated


def method(found: Negotiated, tongue: Language) -> tuple[str, ...]:
    """Explain what may move, by which principle, how it was found, and its limits."""
    said = [
        tongue.say(
            "What may move: every tariff that a member levies on another, from what it is today "
            "down to zero. None rises, and those on everybody else stay as they are. What a "
            "schedule does is computed as in the section before: in every country prices, wages "
            "and trade adjust."
        ),
        tongue.say(
            "What is sought (egalitarian principle): the smallest gain as large as can be, then "
            "the next smallest of those that can still rise, and so on; nobody may lose. Gains are "
            "shares of each member's real income (Thomson 1994, Handbook of Game Theory)."
        ),
        *_others(found, tongue),
        tongue.say(
            "How it was found: every tariff's effect on every member was computed, the best small "
            "step for whoever gains least taken, and so again and again until no step helped "
            "(sequential linear programming). It is a local optimum: no small change of the "
            "schedule is better, a quite different one may be."
        ),
        *_bound(found, tongue),
        *_first_order(found, tongue),
        *_robust(found, tongue),
    ]
    if found.schedules is not None:
        said.append(services_note(found.schedules, tongue))
    said += [
        tongue.say(
            "Not counted: easier trade in services, products that a member does not sell yet, "
            "investment, and the time and the cost of moving workers and capital to other work."
        ),
        tongue.say(
            "To search again, with other principles and limits, begin with this command: {command}",
            command=_command(found),
        ),
    ]
    return tuple(each for each in said if each)


def _others(found: Negotiated, tongue: Language) -> tuple[str, ...]:
    """Explain the other principles in the table, or why there are none."""
    if len(found.comparison.members) > QUICK:
        return (
            tongue.say(
                "For more than {most} members only this principle is served here, as the others "
                "take long. This command serves them all: {command}",
                most=tongue.number(QUICK),
                command="bandung compare",
            ),
        )
    return (
        tongue.say(
            "The other two in the table: the schedule with the largest product of all gains "
            "(Nash), and the one with the largest sum of real incomes (utilitarian). By both "
            "nobody may lose."
        ),
    )


def _bound(found: Negotiated, tongue: Language) -> tuple[str, ...]:
    if found.bound is None:
        return ()
    return (
        tongue.say(
            "How near to the best: the smallest gain can be no larger than a weighted sum of all "
            "gains. With the weights at which the search ended, the largest such sum found, from "
            "three starting points, is {bound}; the schedule gives everyone {share} of that. The "
            "bound is strict if no higher sum was missed, which is likely and not proven.",
            bound=tongue.style.small_percent(found.bound.at_most),
            share=tongue.percent(min(found.bound.reached, 1.0), 1),
        ),
    )


def _first_order(found: Negotiated, tongue: Language) -> tuple[str, ...]:
    obstacle = found.agreement.obstacle
    if obstacle is None or not obstacle.proven:
        return ()
    return (
        tongue.say(
            "That small cuts cannot serve all of them is shown to first order: there are weights "
            "on the members under which no small cut raises the sum of the gains. A large step "
            "that helps everybody is not ruled out."
        ),
    )


def _robust(found: Negotiated, tongue: Language) -> tuple[str, ...]:
    certificate = found.certificate
    if certificate is None or certificate.robustness is None:
        return ()
    return (
        tongue.say(
            "How sure: the elasticity of every product was drawn {draws} times at random from one "
            "of {sets} published sets, and what the schedule does was computed for each draw. A "
            "schedule by which nobody loses in nine of ten draws can be asked for: {command}",
            draws=tongue.number(certificate.robustness.draws),
            sets=tongue.number(len(found.shown.outcome.world.elasticity_sets)),
            command="bandung agree --robust 0.9",
        ),
    )


def _command(found: Negotiated) -> str:
    members = ",".join(found.comparison.members)
    asked = of_world(found.shown.outcome.world, found.shown.outcome.deficits)
    return shlex.join(["bandung", "agree", "--members", members, *asked])

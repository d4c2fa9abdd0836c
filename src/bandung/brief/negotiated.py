"""What the members could agree on so that nobody loses: searched for, bounded and certified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bandung.agree import Uncertainty, bargain, certify, compare, upper_bound
from bandung.agree.agreement import SAME
from bandung.brief.schedules import schedules_of
from bandung.errors import InputError

if TYPE_CHECKING:
    from bandung.agree import Agreement, Alternative, Bound, Certificate, Comparison
    from bandung.agree.climb import Progress
    from bandung.brief.schedules import Schedules
    from bandung.find.selection import Selection
    from bandung.world.model import World

SHOWN = "egalitarian"
"""The principle of the agreement that the page lays out, whose schedule is written beside it."""
PRINCIPLES = (SHOWN, "nash", "utilitarian")
QUICK = 12
"""Up to so many members the search takes seconds, and every one of `PRINCIPLES` is served."""
DRAWS = 100


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The search and what came of it.

    Attributes
    ----------
    comparison : Comparison
        Today, full elimination, and agreements.
    bound : Bound or None
        How much the smallest gain could be at most. None where not every member can gain.
    schedules : Schedules or None
        What each member lowers and obtains under the certified agreement by `SHOWN`. None where
        there is no agreement by which anybody gains and nobody loses.
    with_transfers : Agreement or None
        Where not every member can gain by tariffs alone: what they could do if they paid one
        another too.
    """

    comparison: Comparison
    bound: Bound | None
    schedules: Schedules | None
    with_transfers: Agreement | None

    @property
    def shown(self) -> Alternative:
        """The agreement that the page lays out."""
        return self.comparison.get(SHOWN)

    @property
    def agreement(self) -> Agreement:
        """The same as it was searched for."""
        found = self.shown.agreement
        assert found is not None, SHOWN  # noqa: S101 - a principle always has one
        return found

    @property
    def certificate(self) -> Certificate | None:
        """Its certificate; None where there is no such agreement."""
        return None if self.schedules is None else self.schedules.certificate

    @property
    def all_gain(self) -> bool:
        """Whether every member gains."""
        return self.agreement.obstacle is None

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison, the bound, and what stands against an agreement, for JSON."""
        bound, obstacle, paid = self.bound, self.agreement.obstacle, self.with_transfers
        return {
            **self.comparison.to_dict(),
            "smallest_gain_at_most_pct": None if bound is None else 100 * bound.at_most,
            "obstacle": None if obstacle is None else obstacle.to_dict(),
            "with_transfers": None if paid is None else paid.to_dict(),
        }


def negotiate(
    world: World,
    chosen: Selection,
    *,
    deficits: str = "fixed",
    progress: Progress = lambda *_: None,
) -> Negotiated:
    """Search for agreements among the members and certify the one that the page lays out.

    Parameters
    ----------
    world, chosen
        A world and at least two members of it that levy tariffs on one another.
    deficits
        The rule for trade deficits.
    progress
        As :func:`bandung.agree.compare` calls it.

    Raises
    ------
    InputError
        Where there is no tariff to lower.
    NotConvergedError
        For an equilibrium or a linear programme.
    """
    principles = PRINCIPLES if len(chosen.members) <= QUICK else (SHOWN,)
    compared = compare(
        world,
        chosen.members,
        principles,
        selection=chosen,
        deficits=deficits,
        progress=progress,
    )
    agreement = compared.get(SHOWN).agreement
    assert agreement is not None, SHOWN  # noqa: S101 - as above
    certificate = _certified(agreement, chosen)
    paid = None
    if agreement.obstacle is not None:
        paid = bargain(
            world,
            chosen.members,
            SHOWN,
            levers=("tariffs", "transfers"),
            deficits=deficits,
            progress=progress,
        )
    return Negotiated(
        comparison=compared,
        bound=upper_bound(agreement) if agreement.obstacle is None else None,
        schedules=None if certificate is None else schedules_of(world, certificate),
        with_transfers=paid,
    )


def _certified(agreement: Agreement, chosen: Selection) -> Certificate | None:
    """Certify an agreement by which somebody gains; draw elasticities where there are sets."""
    if agreement.gains.max() <= SAME:
        return None
    drawn = len(agreement.talks.world.elasticity_sets) > 1
    asked = Uncertainty(draws=DRAWS, seed=0) if drawn else None
    try:
        return certify(agreement, south=chosen.south_name, on=chosen.on, robustness=asked)
    except InputError:
        if agreement.obstacle is None:
            raise
        return None  # rounding the schedule costs somebody who gains nothing a digit

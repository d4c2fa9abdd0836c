"""One long search of several ascents, told step by step and kept so that it can go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bandung.economy.ascent import FIRST_RADIUS, Ascent, Search, Taken

if TYPE_CHECKING:
    from collections.abc import Callable

    from bandung.agree.demands import Demands
    from bandung.agree.journal import Journal
    from bandung.economy.ascent import Goal
    from bandung.economy.baseline import Floats

    Progress = Callable[[str, int, Floats], object]


ENOUGH = 1e-4
"""An ascent ends when its next step promises less than this share of what is reached."""


@dataclass(slots=True)
class Climb:
    """A sequence of ascents.

    Attributes
    ----------
    progress : callable
        Told of every step: the stage, how many steps there were, and the members' gains.
    journal : Journal or None
        Where every step is kept; an ascent found there is not climbed again.
    steps, ascents : int
        How many there were so far.
    """

    progress: Progress
    journal: Journal | None = None
    steps: int = 0
    ascents: int = 0

    def __call__(
        self,
        stage: str,
        demands: Demands,
        start: Floats,
        goal: Goal,
        *,
        tolerance: float = 1e-8,
        relative: float = ENOUGH,
        max_steps: int = 200,
    ) -> Ascent:
        """Climb from a start, or go on where the journal says that this ascent was cut off."""
        key = f"{self.ascents} {stage}"
        self.ascents += 1
        known = None if self.journal is None else self.journal.get(key)
        end = self._known(known)
        if end is None:
            search = self._search(key, stage, demands)
            place = {} if known is None or known["position"].shape != start.shape else known
            end = search.ascend(
                place.get("position", start),
                goal,
                radius=float(place.get("radius", FIRST_RADIUS)),
                steps=int(place.get("steps", 0)),
                multiplier=place.get("multiplier"),
                foretold=float(place.get("promised", np.inf)),
                tolerance=tolerance,
                relative=relative,
                max_steps=max_steps,
            )
            self._keep(key, end)
        self.steps += end.steps
        return end

    def _search(self, key: str, stage: str, demands: Demands) -> Search:
        def taken(step: Taken) -> None:
            if self.journal is not None:
                self.journal.put(
                    key,
                    position=step.position,
                    radius=step.radius,
                    steps=step.steps,
                    multiplier=step.multiplier,
                    promised=step.foretold,
                )
            self.progress(stage, self.steps + step.steps, step.gains[: demands.members])

        talks = demands.talks
        return Search(demands.gains, demands.slopes, talks.lower, talks.upper, talks.balance, taken)

    def _known(self, known: dict[str, Any] | None) -> Ascent | None:
        if known is None or "foretold" not in known:
            return None
        return Ascent(
            position=known["position"],
            gains=known["gains"],
            multiplier=known["multiplier"],
            steps=int(known["steps"]),
            foretold=float(known["foretold"]),
            radius=float(known["radius"]),
        )

    def _keep(self, key: str, end: Ascent) -> None:
        if self.journal is not None:
            self.journal.put(
                key,
                position=end.position,
                gains=end.gains,
                multiplier=np.asarray(end.multiplier),
                steps=end.steps,
                foretold=end.foretold,
                radius=end.radius,
            )

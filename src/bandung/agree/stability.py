"""Whether an agreement is stable, or some of its members would do better among themselves.

A coalition objects with side payments if it could gain more alone than the agreement gives its
members together (then it could pay each of them more); without them, if its own tariffs alone
would give every one of its members more. An agreement to which no coalition objects is in the
core. References: Gillies (1959), Contributions to the Theory of Games 4; Scarf (1967),
Econometrica 35(1); `coalitions` for the values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from bandung.agree import pool
from bandung.agree.coalitions import best_of, without_transfers
from bandung.economy.ascent import Search, least_gain
from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bandung.agree.coalitions import CoalitionValues
    from bandung.agree.talks import Talks
    from bandung.economy.baseline import Floats

SAME = 1e-8
"""Gains closer than this, as fractions of income, are the same."""
MAX_STEPS = 60
FEW = 8
"""So many coalitions are tried here first: starting other processes takes as long."""


class Agreed(Protocol):
    """What is asked of an agreement."""

    @property
    def talks(self) -> Talks:
        """What could move."""
        ...

    @property
    def gains(self) -> Floats:
        """Each member's change of real income, m, what it pays and receives included."""
        ...


@dataclass(frozen=True, slots=True)
class Objection:
    """A coalition that could gain more alone than an agreement gives its members together.

    Attributes
    ----------
    members : tuple of str
    value_musd : float
        What it could gain alone, million USD.
    given_musd : float
        What the agreement gives its members.
    """

    members: tuple[str, ...]
    value_musd: float
    given_musd: float

    @property
    def excess_musd(self) -> float:
        """By how much it could gain more."""
        return self.value_musd - self.given_musd

    @property
    def excess_per_head_musd(self) -> float:
        """The same, for each of its members."""
        return self.excess_musd / len(self.members)


@dataclass(frozen=True, slots=True, eq=False)
class Deviation:
    """What a coalition could do without any payments, so that each of its members has more.

    Attributes
    ----------
    members : tuple of str, s
    gains : array, s
        Change of each member's real income then, a ratio minus one.
    agreed : array, s
        The same under the agreement.
    """

    members: tuple[str, ...]
    gains: Floats
    agreed: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """Whether coalitions object to an agreement.

    Attributes
    ----------
    members : tuple of str, length m
    given_musd : array, m
        What the agreement gives each, million USD.
    whole_musd : float
        What all could gain together at best.
    objections : tuple of Objection
        With side payments, the largest excess per head first; without all members, of whom
        `unclaimed_musd` speaks.
    side_payments : bool
        Whether members may pay each other; if not, `deviations` decide.
    deviations : tuple of Deviation
        Without side payments: the first coalition that objects, or all where asked for.
    tried : int
        How many coalitions were searched for a deviation.
    exhaustive : bool
        Whether every coalition was looked at.
    coalitions : int
        How many were: of at least one member, without all together.
    """

    members: tuple[str, ...]
    given_musd: Floats
    whole_musd: float
    objections: tuple[Objection, ...]
    side_payments: bool
    deviations: tuple[Deviation, ...]
    tried: int
    exhaustive: bool
    coalitions: int

    @property
    def stable(self) -> bool:
        """Whether no coalition that was looked at objects."""
        return not (self.objections if self.side_payments else self.deviations)

    @property
    def worst(self) -> Objection | None:
        """The objection with the largest excess per head, with side payments."""
        return self.objections[0] if self.objections else None

    @property
    def unclaimed_musd(self) -> float:
        """What all could gain at best beyond what the agreement gives them together."""
        return self.whole_musd - float(self.given_musd.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return the findings, in million USD and per cent."""
        return {
            "stable": self.stable,
            "side_payments": self.side_payments,
            "exhaustive": self.exhaustive,
            "coalitions": self.coalitions,
            "given_musd": dict(zip(self.members, self.given_musd.tolist(), strict=True)),
            "unclaimed_musd": self.unclaimed_musd,
            "objections": [
                {
                    "members": list(each.members),
                    "value_musd": each.value_musd,
                    "given_musd": each.given_musd,
                    "excess_per_head_musd": each.excess_per_head_musd,
                }
                for each in self.objections
            ],
            "tried": self.tried,
            "deviations": [
                {
                    code: {"welfare_change_pct": 100 * gain, "agreed_pct": 100 * agreed}
                    for code, gain, agreed in zip(
                        each.members, each.gains.tolist(), each.agreed.tolist(), strict=True
                    )
                }
                for each in self.deviations
            ],
        }


def stability(
    agreement: Agreed,
    values: CoalitionValues,
    *,
    side_payments: bool | None = None,
    thorough: bool = False,
    scheduler: str | None = None,
    workers: int | None = None,
    done: Callable[[int, int], object] = lambda _, __: None,
) -> Stability:
    """Ask every valued coalition whether it objects to an agreement.

    Parameters
    ----------
    agreement
        Its talks, and what it gives each member.
    values
        Of the same talks: :func:`bandung.agree.coalition_values`.
    side_payments
        Whether members may pay each other; by default, whether transfers are among the levers.
    thorough
        Without side payments: look for every deviation, not for the first.
    scheduler, workers
        See :func:`bandung.agree.pool.run`. The first few are tried here in any case: one of them
        mostly objects.
    done
        Without side payments: called with how many coalitions were tried, and how many may have
        to be.

    Returns
    -------
    Stability

    Raises
    ------
    InputError
        Where the values are of other members.
    NotConvergedError
        For an equilibrium or a linear programme.
    """
    talks = agreement.talks
    if values.members != talks.members:
        raise InputError(
            f"the values are of coalitions of {', '.join(values.members)}, the agreement is of "
            f"{', '.join(talks.members)}"
        )
    income = talks.before.income[talks.at]
    objections = _objections(values, agreement.gains * income, SAME * income)
    paid = "transfers" in talks.kinds if side_payments is None else side_payments
    deviations: tuple[Deviation, ...] = ()
    tried = 0
    if not paid and objections:
        agreed = dict(zip(talks.members, agreement.gains.tolist(), strict=True))
        tasks = [
            (each.members, np.array([agreed[code] for code in each.members])) for each in objections
        ]
        results = _tried(tasks, without_transfers(talks), scheduler, workers)
        found: dict[int, Deviation | None] = {}
        for at, deviation in results:
            found[at] = deviation
            done(len(found), len(tasks))
            if not thorough and _first(found) is not None:
                break
        tried = len(found)
        first = _first(found)
        some = [found[at] for at in sorted(found)] if thorough else [first]
        deviations = tuple(each for each in some if each is not None)
    return Stability(
        members=talks.members,
        given_musd=agreement.gains * income,
        whole_musd=values.whole_musd,
        objections=objections,
        side_payments=paid,
        deviations=deviations,
        tried=tried,
        exhaustive=values.exhaustive,
        coalitions=len(values.coalitions) - 2,
    )


def _objections(
    values: CoalitionValues, given_musd: Floats, margin_musd: Floats
) -> tuple[Objection, ...]:
    """Return who could gain more alone, by more than rounding, the largest per head first."""
    inside = (values.coalitions[:, None] >> np.arange(len(values.members))) & 1
    given = inside @ given_musd
    excess = values.musd - given
    objects = excess > inside @ margin_musd
    objects[[0, -1]] = False
    found = [
        Objection(values.codes(values.coalitions[at]), float(values.musd[at]), float(given[at]))
        for at in np.flatnonzero(objects)
    ]
    return tuple(sorted(found, key=lambda each: (-each.excess_per_head_musd, each.members)))


def _tried(
    tasks: list[tuple[tuple[str, ...], Floats]],
    talks: Talks,
    scheduler: str | None,
    workers: int | None,
) -> Iterator[tuple[int, Deviation | None]]:
    """Try coalitions, the first few here, then elsewhere."""
    yield from pool.run(_deviate, tasks[:FEW], talks, workers=0)
    rest = pool.run(_deviate, tasks[FEW:], talks, scheduler=scheduler, workers=workers)
    yield from ((at + FEW, deviation) for at, deviation in rest)


def _first(found: dict[int, Deviation | None]) -> Deviation | None:
    """Return the first deviation in order, once all before it are known to be none."""
    for at in range(len(found)):
        if at not in found:
            return None
        if (deviation := found[at]) is not None:
            return deviation
    return None


def _deviate(talks: Talks, task: tuple[tuple[str, ...], Floats]) -> Deviation | None:
    """Search for tariffs that give each of some members more than was agreed."""
    members, agreed = task
    best = None if len(members) == 1 else best_of(talks, members)
    if best is None:
        gains = np.zeros(len(members))
    else:
        own = best.talks
        search = Search(own.gains, own.slopes, own.lower, own.upper)
        goal = least_gain(np.ones(len(members)), agreed)
        gains = search.ascend(best.top.position, goal, max_steps=MAX_STEPS).gains
    return Deviation(members, gains, agreed) if (gains > agreed + SAME).all() else None

"""The fund: gain as much as possible together, then share it by what each adds.

Members first lower tariffs (and build corridors) so that the sum of their real incomes is as large
as can be, whoever gains. Then they pay each other so that each ends with its Shapley value, the
average of what it adds to coalitions of the others. Reference: Shapley (1953), Contributions to the
Theory of Games 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bandung.agree.coalitions import (
    best_of,
    coalition_values,
    question,
    shapley,
    without_transfers,
)
from bandung.agree.journal import Journal
from bandung.errors import InputError, NotConvergedError

if TYPE_CHECKING:
    from bandung.agree.climb import Progress
    from bandung.agree.talks import Talks
    from bandung.economy.baseline import Floats

CLOSE = 1e-10
"""Of income: how near each member comes to its share."""
ROUNDS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Fund:
    """Where the best of all together leads, once shared.

    Attributes
    ----------
    talks : Talks
        With transfers among the levers.
    position : array, n
    gains : array, m
        A ratio minus one.
    share : array, m
        Shapley values over income: what each was to have.
    missed : float
        What the sum of real incomes may still miss, as a share of the members' income, if it is
        concave in the levers.
    """

    talks: Talks
    position: Floats
    gains: Floats
    share: Floats
    missed: float


def fund(
    talks: Talks,
    *,
    seed: int = 0,
    orders: int | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    journal: Journal | None = None,
    progress: Progress = lambda *_: None,
) -> Fund:
    """Find the best for all together and the transfers that share it by the Shapley value.

    Parameters
    ----------
    talks
        Of all members; transfers are added to their levers.
    seed, orders, scheduler, workers
        See :func:`bandung.agree.coalition_values`.
    journal
        Whether coalitions' values are kept: in their own journal, which every question about the
        same world shares.
    progress
        Told how many coalitions have their value.

    Raises
    ------
    InputError
        Where the Shapley value leaves a member with less than nothing, or a member would have to
        pay more than the limits allow.
    NotConvergedError
        Where no transfers bring everybody to its share.
    """
    nothing = np.zeros(len(talks.at))
    values = coalition_values(
        talks,
        seed=seed,
        orders=orders,
        scheduler=scheduler,
        workers=workers,
        journal=None if journal is None else Journal.for_question(question(talks)),
        done=lambda done, total: progress(f"coalitions, of {total:,}", done, nothing),
    )
    share = shapley(values).musd / talks.before.income[talks.at]
    below = np.flatnonzero(share < 0)
    if len(below):
        raise InputError(
            f"the Shapley value would leave {talks.members[below[0]]} worse off by "
            f"{-100 * share[below[0]]:.4f} % of its income: it costs the others' coalitions more "
            "than it adds to them. Choose another principle"
        )
    best = best_of(without_transfers(talks), talks.members)
    if best is None or best.top.value <= 0:
        empty = without_transfers(talks).with_transfers()
        if not empty.is_today(empty.start):
            raise InputError(
                "the least cut that is asked for leaves the members together no better off than "
                "today, so that there is nothing to share; lower it"
            )
        return Fund(empty, empty.start, nothing, nothing, 0.0)
    paying = best.talks.with_transfers()
    position, gains = _shared(paying, np.r_[best.top.position, nothing], share)
    over = position[-len(share) :] < -1.0
    if over.any():
        first = int(np.flatnonzero(over)[0])
        needed = 100 * paying.limits.most_paid * -position[first - len(share)]
        raise InputError(
            f"{talks.members[first]} would pay {needed:.3f} % of its income into the fund; the "
            f"limit is {100 * paying.limits.most_paid:g} %. Raise it (most_paid) or choose another "
            "principle"
        )
    income = float(talks.before.income[talks.at].sum())
    return Fund(paying, position, gains, share, best.top.gap / income)


def _shared(talks: Talks, position: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Move transfers, by Newton's method, until gains are in proportion to the shares.

    Transfers move prices, so that there is a little more or less to share than the Shapley values
    say. Unknown are the m transfers and that multiple; known, the m gains, and that transfers
    balance.
    """
    income, m = talks.before.income[talks.at], len(share)
    multiple = 1.0
    for _ in range(ROUNDS):
        gains, slopes = talks.slopes(position)
        missing = (multiple * share - gains) * income
        if np.abs(missing / income).max() <= CLOSE:
            return position, gains
        system = np.zeros((m + 1, m + 1))
        system[:m, :m] = slopes[:, -m:] * income[:, None]
        system[:m, m] = -share * income
        system[m, :m] = talks.unit
        found = np.linalg.solve(system, np.r_[missing, -talks.unit @ position[-m:]])
        position = np.r_[position[:-m], position[-m:] + found[:m]]
        multiple += float(found[m])
    raise NotConvergedError(
        "the transfers of the fund",
        iterations=ROUNDS,
        residual=float(np.abs(missing / income).max()),
        tolerance=CLOSE,
    )

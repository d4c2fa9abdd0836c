"""What an equilibrium starts from, and what moves it: arrays, checked.

Axes as everywhere: origin o, destination d, sector j, input k. Symbols of Caliendo & Parro
(2015), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from bandung.errors import CellError, InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LOWEST_SHARE = -1e-3
"""Published tables have input shares a little below zero; lower ones are errors."""
DEFICIT_RULES = ("fixed", "share", "zero", "proportional")


class Accounts(Protocol):
    """What a baseline is read from: a `World` has it."""

    @property
    def trade_share(self) -> Floats:
        """π[o,d,j], N×N×J."""
        ...

    @property
    def tariff(self) -> Floats:
        """t[o,d,j], N×N×J."""
        ...

    @property
    def input_share(self) -> Floats:
        """γ[d,k,j], N×J×J."""
        ...

    @property
    def value_added(self) -> Floats:
        """V[d], N."""
        ...

    @property
    def final_demand(self) -> Floats:
        """F[d,k], N×J."""
        ...

    @property
    def deficit(self) -> Floats:
        """D[d], N."""
        ...

    @property
    def expenditure(self) -> Floats:
        """X[d,k], N×J."""
        ...

    @property
    def trade_elasticity(self) -> Floats:
        """θ[j], J."""
        ...


@dataclass(frozen=True, eq=False)
class Baseline:
    """The economy before: what the system in changes needs of it.

    Attributes
    ----------
    trade_share : array, N×N×J
        π[o,d,j], what d spends on o's j of all it spends on j; sums to 1 over o, or to 0 where
        d buys no j.
    tariff : array, N×N×J
        t[o,d,j] > −1, fraction.
    input_share : array, N×J×J
        γ[d,k,j] ≥ −0.001, each column sum below 1.
    value_added : array, N
        V[d], million USD.
    final_share : array, N×J
        α[d,k], what d spends on k of its final spending; sums to 1.
    deficit : array, N
        D[d], million USD.
    expenditure : array, N×J
        X[d,k], million USD: where the iteration starts.
    trade_elasticity : array, J
        θ[j] > 0.
    """

    trade_share: Floats
    tariff: Floats
    input_share: Floats
    value_added: Floats
    final_share: Floats
    deficit: Floats
    expenditure: Floats
    trade_elasticity: Floats

    def __post_init__(self) -> None:
        n, _, j = self.trade_share.shape
        shapes = {
            "trade_share": (n, n, j),
            "tariff": (n, n, j),
            "input_share": (n, j, j),
            "value_added": (n,),
            "final_share": (n, j),
            "deficit": (n,),
            "expenditure": (n, j),
            "trade_elasticity": (j,),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise InputError(f"{name} has shape {array.shape}; it should be {shape}")
            refuse(name, array, ~np.isfinite(array), "it must be a number")
        refuse("tariff", self.tariff, self.tariff <= -1, "a tariff must be above −1 (−100 %)")
        low = self.input_share < LOWEST_SHARE
        refuse("input_share", self.input_share, low, f"shares must be at least {LOWEST_SHARE:g}")
        own = self.value_added_share
        refuse("value_added_share", own, own <= 0, "input shares must sum to less than 1")
        theta = self.trade_elasticity
        refuse("trade_elasticity", theta, theta <= 0, "it must be above 0")

    @classmethod
    def of(cls, accounts: Accounts) -> Baseline:
        """Read the baseline of a `World`, or of anything with the same arrays."""
        spent = accounts.final_demand
        total = spent.sum(axis=1, keepdims=True)
        everything = accounts.expenditure.sum(axis=1, keepdims=True)
        shown = np.where(total > 0, spent, accounts.expenditure)
        whole = np.where(total > 0, total, np.where(everything > 0, everything, 1.0))
        return cls(
            trade_share=accounts.trade_share,
            tariff=accounts.tariff,
            input_share=accounts.input_share,
            value_added=accounts.value_added,
            final_share=shown / whole,
            deficit=accounts.deficit,
            expenditure=accounts.expenditure,
            trade_elasticity=accounts.trade_elasticity,
        )

    @cached_property
    def value_added_share(self) -> Floats:
        """β[d,j] = 1 − Σ_k γ[d,k,j], N×J."""
        return np.asarray(1.0 - self.input_share.sum(axis=1))

    @cached_property
    def trade_value(self) -> Floats:
        """T[o,d,j] = πX/(1+t), N×N×J, million USD, before tariff."""
        return np.asarray(self.trade_share * self.expenditure / (1.0 + self.tariff))

    @cached_property
    def tariff_revenue(self) -> Floats:
        """R[d], N, million USD."""
        return np.asarray((self.tariff * self.trade_value).sum(axis=(0, 2)))

    @property
    def income(self) -> Floats:
        """I[d] = V + R + D, N, million USD: what is spent in the end."""
        return self.value_added + self.tariff_revenue + self.deficit


@dataclass(frozen=True, slots=True, eq=False)
class Levers:
    """What moves. Each is None where nothing does.

    Attributes
    ----------
    tariff_new : array, N×N×J
        t'[o,d,j] > −1, the tariff afterwards, fraction.
    trade_cost_change : array, N×N×J
        d̂ − 1 > −1: 0.1 is ten per cent dearer; infinity stops the trade.
    productivity_change : array, N×J
        Â − 1 > −1.
    transfers : array, N
        Received (paid, where negative) on top of the deficit, million USD; sums to zero.
    """

    tariff_new: Floats | None = None
    trade_cost_change: Floats | None = None
    productivity_change: Floats | None = None
    transfers: Floats | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            given = getattr(self, each.name)
            if given is not None:
                object.__setattr__(self, each.name, as_floats(each.name, given))

    def tariff_after(self, baseline: Baseline) -> Floats:
        """Return every tariff afterwards, N×N×J, fractions."""
        return baseline.tariff if self.tariff_new is None else self.tariff_new

    def check(self, baseline: Baseline) -> None:
        """Raise `InputError` for a lever out of bounds, naming it and the cell."""
        shape = baseline.tariff.shape
        wanted = {
            "tariff_new": shape,
            "trade_cost_change": shape,
            "productivity_change": baseline.expenditure.shape,
            "transfers": baseline.deficit.shape,
        }
        for name, size in wanted.items():
            array = getattr(self, name)
            if array is None:
                continue
            if array.shape != size:
                raise InputError(f"{name} has shape {array.shape}; it should be {size}")
            refuse(name, array, np.isnan(array), "it must be a number")
            if name != "transfers":
                refuse(name, array, array <= -1, "it must be above −1 (−100 %)")
            if name != "trade_cost_change":
                refuse(name, array, np.isinf(array), "it must be finite")
        if self.tariff_new is not None:
            own = np.eye(shape[0], dtype=bool)[:, :, None] & (self.tariff_new != baseline.tariff)
            refuse("tariff_new", self.tariff_new, own, "a member levies no tariff on itself")
        if self.transfers is not None:
            total, size_of = float(self.transfers.sum()), float(np.abs(self.transfers).sum())
            if abs(total) > 1e-9 * max(size_of, 1.0):
                raise InputError(
                    f"transfers sum to {total:g} million USD; what some pay others must receive, "
                    "so they must sum to 0"
                )


def as_floats(name: str, given: ArrayLike) -> Floats:
    """Return an array of 64-bit floats; raises `InputError` for anything else."""
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of numbers: {error}") from error


def refuse(name: str, array: Floats, bad: NDArray[np.bool_], mend: str) -> None:
    """Raise `CellError` for the first bad cell of an array."""
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise CellError(f"{name} is {array[where]:g}", where, mend)

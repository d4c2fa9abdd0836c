"""Value added through the supply chain: the Leontief inverse applied, never built.

Arrays in, frozen results out. Symbols: s[o,d,k] = π/(1+t) is what reaches o of a unit that d
spends on k, γ[d,k,j] input shares, β value-added shares, F final demand. The coefficient
A[(o,k),(d,j)] = s[o,d,k] γ[d,k,j] is applied in two products, so memory stays at the size of s.
Reference: Miller & Blair (2009), Input-Output Analysis, chapters 2 and 12; Los, Timmer & de
Vries (2016), American Economic Review 106(7), for extractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bandung.errors import NotConvergedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Positions = NDArray[np.int64]

TOLERANCE = 1e-14
MAX_ROUNDS = 2000


@dataclass(frozen=True, slots=True)
class Economy:
    """The arrays a Leontief calculation needs.

    Attributes
    ----------
    sourcing_share : array, N×N×J
        s[o,d,k] = π/(1+t).
    input_share : array, N×J×J
        γ[d,k,j].
    value_added_share : array, N×J
        β[d,j].
    final_demand : array, N×J
        F[d,k], million USD, tariffs included.
    """

    sourcing_share: Floats
    input_share: Floats
    value_added_share: Floats
    final_demand: Floats


@dataclass(frozen=True, slots=True)
class ValueAdded:
    """Value added by origin in final demand.

    Attributes
    ----------
    by_product : array, N×N×J
        M[o,d,k]: o's value added in d's final demand for product k, million USD.
    by_origin_sector : array, N×J×N
        [o,j,d]: value added in o's sector j in d's final demand for all products, million USD.
    content : array, N×N×J
        [r,p,k]: value added of r in a unit of p's output of k, through every round.
    required : array, N×J×N
        [o,j,d]: output that d's final demand needs, million USD.
    tariffs : array, N×J
        Tariffs paid on the way to d's final demand for k, million USD: F − Σ_o M.
    """

    by_product: Floats
    by_origin_sector: Floats
    content: Floats
    required: Floats
    tariffs: Floats


def value_added(economy: Economy) -> ValueAdded:
    """Trace every member's final demand to the value added it is made of.

    Returns
    -------
    ValueAdded

    Raises
    ------
    NotConvergedError
        When the sum of rounds does not come to rest.
    """
    s, final = economy.sourcing_share, economy.final_demand
    beta = economy.value_added_share
    content = value_added_content(economy)
    bought = s * final[None, :, :]
    by_product = np.einsum("rpk,pdk->rdk", content, bought, optimize=True)
    required = requirements(economy, np.moveaxis(bought, 1, 2))
    return ValueAdded(
        by_product=by_product,
        by_origin_sector=beta[:, :, None] * required,
        content=content,
        required=required,
        tariffs=final - by_product.sum(axis=0),
    )


def value_added_content(economy: Economy) -> Floats:
    """Return the value added of each member in a unit of each product.

    Returns
    -------
    array, N×N×J
        [r,p,k]: r's value added in a unit of p's output of k, through every round.
    """
    beta = economy.value_added_share
    n, j = beta.shape
    own = np.zeros((n, j, n))
    own[np.arange(n), :, np.arange(n)] = beta
    if economy.input_share.any():
        own = _sum_rounds(own, lambda z: _backward(economy, z), "value added content")
    return np.moveaxis(own, 2, 0)


def requirements(economy: Economy, demand: Floats) -> Floats:
    """Return the output required, everywhere, for a demand: (I − A)^{-1} f.

    Parameters
    ----------
    demand
        N×J×R: R columns of demand for the products of each member, before tariff.

    Returns
    -------
    array, N×J×R
    """
    if not economy.input_share.any():
        return demand
    return _sum_rounds(demand, lambda x: _forward(economy, x), "output required")


def carried(economy: Economy, required: Floats, members: Positions) -> Floats:
    """Return what each member's own final demand moves across its border, by product.

    Parameters
    ----------
    required
        N×J×R: the output required for the final demand of each of R members.
    members
        R positions of those members.

    Returns
    -------
    array, N×J×R
        [o,k,r]: deliveries of o's k to member r, final and as input, that r's final demand
        needs, before tariff.
    """
    out = np.empty(required.shape)
    for column, d in enumerate(members):
        used = economy.input_share[d] @ required[d, :, column]
        out[:, :, column] = economy.sourcing_share[:, d, :] * (economy.final_demand[d] + used)
    return out


def echo(economy: Economy, origin: int, members: Positions) -> Floats:
    """Return how much of an origin's deliveries to a member call for further ones of the same.

    A unit of (o, k') needs, through every round, outputs of d, which need inputs k from o:
    R[k,k'] = Σ_j s[o,d,k] γ[d,k,j] L[(d,j),(o,k')]. It keeps an extraction from counting twice.

    Parameters
    ----------
    origin
        Position of o.
    members
        R positions of d.

    Returns
    -------
    array, R×J×J
    """
    n, j = economy.value_added_share.shape
    if not economy.input_share.any():
        return np.zeros((len(members), j, j))
    unit = np.zeros((n, j, j))
    unit[origin] = np.eye(j)
    needed = requirements(economy, unit)
    used: Floats = np.matmul(economy.input_share[members], needed[members])
    return economy.sourcing_share[origin, members, :, None] * used


def extraction(content: Floats, delivered: Floats, echoed: Floats) -> float:
    """Return the value added that goes when deliveries stop and nobody replaces them.

    With m the value added in a unit of each product, x the deliveries and R their echo, taking
    them out of the table and counting what remains gives a loss of m (I + R)^{-1} x (the
    Sherman–Morrison–Woodbury identity applied to the Leontief inverse).

    Parameters
    ----------
    content, delivered
        K products each.
    echoed
        K×K.

    Returns
    -------
    float
        In the unit of the deliveries.
    """
    return float(content @ np.linalg.solve(np.eye(len(content)) + echoed, delivered))


def _forward(economy: Economy, x: Floats) -> Floats:
    """Return A x for N×J×R columns: inputs used, then whom they are bought from."""
    used = np.moveaxis(np.matmul(economy.input_share, x), 1, 0)
    bought: Floats = np.matmul(np.moveaxis(economy.sourcing_share, 2, 0), used)
    return np.moveaxis(bought, 0, 1)


def _backward(economy: Economy, z: Floats) -> Floats:
    """Return Aᵀ z for N×J×R columns."""
    paid = np.matmul(np.moveaxis(economy.sourcing_share, 2, 0).swapaxes(1, 2), np.moveaxis(z, 1, 0))
    earned: Floats = np.matmul(economy.input_share.swapaxes(1, 2), np.moveaxis(paid, 0, 1))
    return earned


def _sum_rounds(first: Floats, step: Callable[[Floats], Floats], what: str) -> Floats:
    """Return Σ_n step^n(first), until a round adds nothing to speak of to any column."""
    total = first.copy()
    scale = np.abs(first).max(axis=(0, 1))
    scale[scale == 0.0] = 1.0
    residual = np.inf
    round_ = first
    for _ in range(MAX_ROUNDS):
        round_ = step(round_)
        total += round_
        residual = float((np.abs(round_).max(axis=(0, 1)) / scale).max())
        if residual <= TOLERANCE:
            return total
    raise NotConvergedError(what, iterations=MAX_ROUNDS, residual=residual, tolerance=TOLERANCE)

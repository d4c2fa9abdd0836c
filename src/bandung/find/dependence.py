"""Dependence: which suppliers a member could least do without, and whether the bond is equal.

References: model.md, 'Reliance and dependence'; hypothetical extraction as in Los, Timmer & de
Vries (2016), American Economic Review 106(7), and Dietzenbacher, van Burken & Kondo (2019),
Economic Systems Research 31(2).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bandung.codes import groups
from bandung.economy import leontief
from bandung.errors import WorldError
from bandung.find.economy_of import economy_of, known_final_demand
from bandung.find.selection import Selection, select

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from bandung.world.model import Floats, World

DEFAULT_TOP = 10
GROUP = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What a member would lose without one supplier's deliveries of one product.

    Attributes
    ----------
    member : str
        Who would lose; "" for the group (the mean of its members' own losses, by value).
    supplier, sector : str
        Whose deliveries of what.
    loss_nobody_switches : float
        Leontief bound, short run: share of the value added in the member's final demand that
        goes when these deliveries stop and nobody replaces them.
    loss_buyers_switch : float or None
        Long run, buyers switch: the equilibrium loss; None while there is no equilibrium.
    purchases_share : float
        The supplier's share of what the member spends on this product.
    value_added_share : float
        Share of the member's final demand earned in this sector of the supplier, by whatever
        way it comes.
    delivered_musd : float
        Yearly deliveries that the member's own final demand needs, million USD before tariff.
    """

    member: str
    supplier: str
    sector: str
    loss_nobody_switches: float
    loss_buyers_switch: float | None
    purchases_share: float
    value_added_share: float
    delivered_musd: float


@dataclass(frozen=True, slots=True)
class Bond:
    """Dependence of a member on a partner, and of the partner on the member.

    `member_on_partner` is the share of the member's final demand that the partner's value
    added makes up, `partner_on_member` the reverse, `asymmetry` the first over the second (None where the partner
    needs nothing of the member).
    """

    member: str
    partner: str
    member_on_partner: float
    partner_on_member: float
    asymmetry: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Dependence:
    """Suppliers that matter most, how concentrated they are, and both directions of each bond.

    Attributes
    ----------
    selection : Selection
    world : World
    links : tuple of Link
        The gravest for the group, then for each member by code; by loss within each.
    concentration : array, n
        Herfindahl index over origins outside the member, of value added in its final demand.
    bonds : tuple of Bond
        Each member with the partners it depends on most.
    """

    selection: Selection
    world: World
    links: tuple[Link, ...]
    concentration: Floats
    bonds: tuple[Bond, ...]

    def of(self, member: str) -> tuple[Link, ...]:
        """Return the links of a member, or of the group for ""."""
        return tuple(link for link in self.links if link.member == member)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``bandung dependence --json``."""
        return {
            "group": [_plain(link) for link in self.of(GROUP)],
            "members": {
                code: {
                    "concentration": float(self.concentration[row]),
                    "suppliers": [_plain(link) for link in self.of(code)],
                    "bonds": [
                        {k: v for k, v in asdict(bond).items() if k != "member"}
                        for bond in self.bonds
                        if bond.member == code
                    ],
                }
                for row, code in enumerate(self.selection.members)
            },
            "missing": list(self.selection.missing),
            "notices": self.selection.notices(),
            "on": self.selection.on.isoformat(),
            "world": {"name": self.world.name, "checksum": self.world.checksum},
        }

    def to_table(self) -> pl.DataFrame:
        """Return one row per link, the group's with an empty member."""
        return pl.DataFrame(
            [asdict(link) for link in self.links], schema_overrides={"loss_buyers_switch": pl.Float64}
        )


def dependence(
    world: World,
    group: str | None = None,
    *,
    members: Sequence[str] | None = None,
    on: dt.date | None = None,
    south: str = groups.THE_SOUTH,
    top: int = DEFAULT_TOP,
) -> Dependence:
    """Find the suppliers whose loss would hurt a group's members most.

    Parameters
    ----------
    group, members, on, south
        See :func:`bandung.find.selection.select`.
    top
        How many suppliers and partners to name for the group and for each member.

    Returns
    -------
    Dependence

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.find import dependence
    >>> bonds = dependence(World.embedded(), members=["SEN"], top=3)
    >>> [link.supplier for link in bonds.of("SEN")]
    ['EU27', 'EU27', 'EU27']
    """
    return dependence_of(world, select(world, group, members=members, on=on, south=south), top=top)


def dependence_of(world: World, chosen: Selection, *, top: int = DEFAULT_TOP) -> Dependence:
    """Find the suppliers that matter most to a selection that was made before."""
    final, coverage = known_final_demand(world)
    at = np.array([world.index(code) for code in chosen.members])
    for code, share in zip(chosen.members, coverage[at], strict=True):
        if share == 0.0:
            raise WorldError(
                f"world {world.name!r} states no domestic sales of {code}, so its dependence "
                "cannot be measured; leave it out, or use another world"
            )
    economy = economy_of(world, final_demand=final)
    value = leontief.value_added(economy)
    by_origin = value.by_product.sum(axis=2)
    total = by_origin.sum(axis=0)
    return Dependence(
        selection=chosen,
        world=world,
        links=_links(world, chosen, economy, value, at, top),
        concentration=_concentration(by_origin[:, at], at),
        bonds=_bonds(world, chosen, by_origin / np.where(total > 0, total, 1.0), top),
    )


def _links(
    world: World,
    chosen: Selection,
    economy: leontief.Economy,
    value: leontief.ValueAdded,
    at: Floats,
    top: int,
) -> tuple[Link, ...]:
    final = economy.final_demand
    bought = np.moveaxis(economy.sourcing_share * final[None, :, :], 1, 2)
    required = leontief.requirements(economy, bought[:, :, at])
    delivered = leontief.carried(economy, required, at)
    content = leontief.value_added_content(economy).sum(axis=0)
    total = value.by_product[:, at].sum(axis=(0, 2))
    loss = content[:, :, None] * delivered / total
    loss[at, :, np.arange(len(at))] = 0.0
    loss[[i for i, code in enumerate(world.members) if world.regions.get(code) == ()]] = 0.0
    weight = total / total.sum()
    wanted = [(GROUP, cell) for cell in _largest(loss @ weight, top)]
    for row, code in enumerate(chosen.members):
        wanted += [(code, cell) for cell in _largest(loss[:, :, row], top)]
    cells = sorted({cell for _, cell in wanted})
    pairs = np.array([(o, k, r) for o, k in cells for r in range(len(at))]).reshape(-1, 3)
    back = leontief.echo(economy, pairs[:, 0], pairs[:, 1], at[pairs[:, 2]])
    loss[tuple(pairs.T)] /= 1.0 + back
    earned = value.by_origin_sector[:, :, at] / total
    shares = np.moveaxis(world.trade_share[:, at, :], 1, 2)
    made = []
    for member, (o, k) in wanted:
        one = np.eye(len(at))[chosen.members.index(member)] if member else None
        spending = world.expenditure[at, k] if one is None else one
        made.append(
            Link(
                member=member,
                supplier=world.members[o],
                sector=world.sectors[k],
                loss_nobody_switches=float(loss[o, k] @ (weight if one is None else one)),
                loss_buyers_switch=None,
                purchases_share=float(shares[o, k] @ spending / spending.sum()),
                value_added_share=float(earned[o, k] @ (weight if one is None else one)),
                delivered_musd=float(delivered[o, k] @ (np.ones(len(at)) if one is None else one)),
            )
        )
    order = {GROUP: -1, **{code: row for row, code in enumerate(chosen.members)}}
    return tuple(
        sorted(
            made,
            key=lambda link: (
                order[link.member], -link.loss_nobody_switches, link.supplier, link.sector
            ),
        )
    )


def _largest(loss: Floats, top: int) -> list[tuple[int, int]]:
    order = np.argsort(-loss, axis=None, kind="stable")[:top]
    return [
        (int(o), int(k))
        for o, k in zip(*np.unravel_index(order, loss.shape), strict=True)
        if loss[o, k] > 0
    ]


def _concentration(by_origin: Floats, at: Floats) -> Floats:
    outside = by_origin.copy()
    outside[at, np.arange(len(at))] = 0.0
    total = outside.sum(axis=0)
    share = np.divide(outside, total, out=np.zeros_like(outside), where=total > 0)
    return np.asarray((share**2).sum(axis=0))


def _bonds(world: World, chosen: Selection, share: Floats, top: int) -> tuple[Bond, ...]:
    made = []
    for code in chosen.members:
        d = world.index(code)
        order = [
            o
            for o in np.argsort(-share[:, d], kind="stable")
            if o != d and world.regions.get(world.members[o]) != () and share[o, d] > 0
        ]
        for o in order[:top]:
            there, back = float(share[o, d]), float(share[d, o])
            made.append(
                Bond(
                    member=code,
                    partner=world.members[o],
                    member_on_partner=there,
                    partner_on_member=back,
                    asymmetry=there / back if back > 0 else None,
                )
            )
    return tuple(made)


def _plain(link: Link) -> dict[str, Any]:
    return {key: value for key, value in asdict(link).items() if key != "member"}

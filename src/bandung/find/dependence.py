"""Dependence: which suppliers a member could least do without, and whether the bond is equal.

References: model.md, 'Reliance and dependence'; hypothetical extraction as in Los, Timmer & de
Vries (2016), American Economic Review 106(7), and Dietzenbacher, van Burken & Kondo (2019),
Economic Systems Research 31(4). The long-run end is in `losses`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bandung.codes import groups
from bandung.economy import leontief
from bandung.find.economy_of import economy_of, measured
from bandung.find.losses import LongRun
from bandung.find.selection import Selection, select

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from bandung.economy.leontief import Positions
    from bandung.world.model import Floats, World

DEFAULT_TOP = 10
GROUP = ""
ALL_PRODUCTS = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What a member would lose without one supplier's deliveries of one product, or of all.

    Attributes
    ----------
    member : str
        Who would lose; "" for the group (the mean of its members' own losses, by value).
    supplier, sector : str
        Whose deliveries of what; sector "" is everything it delivers.
    loss_nobody_switches : float
        Leontief bound, short run: share of the value added in the member's final demand that
        goes when these deliveries stop and nobody replaces them.
    loss_buyers_switch : float or None
        Equilibrium, long run: fall of the member's real income when these deliveries stop and
        every buyer and seller in the world adjusts; a gain is negative. None where it was not
        solved for (see `Dependence.equilibrium`), and where no equilibrium is left: nobody else
        supplies the product to the member, or nothing else comes to it from abroad while it buys
        more there than it sells.
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
    added makes up, `partner_on_member` the reverse, `asymmetry` the first over the second
    (None where the partner needs nothing of the member).
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
    codes, unmeasured : tuple of str
        Members measured, n of them, and members of whom the source states no domestic sales.
    suppliers : tuple of Link
        Whole suppliers, the gravest loss first: the group's, then each member's by code.
    links : tuple of Link
        The same by supplier and product.
    concentration : array, n
        Herfindahl index over origins outside the member, of value added in its final demand.
    bonds : tuple of Bond
        Each member with the partners it depends on most.
    equilibrium : bool
        Whether losses once buyers switch were solved for: where that was asked, and the source
        states the domestic sales of every member and sector.
    """

    selection: Selection
    world: World
    codes: tuple[str, ...]
    unmeasured: tuple[str, ...]
    suppliers: tuple[Link, ...]
    links: tuple[Link, ...]
    concentration: Floats
    bonds: tuple[Bond, ...]
    equilibrium: bool

    def of(self, member: str) -> tuple[Link, ...]:
        """Return the links of a member, or of the group for "", by supplier and product."""
        return tuple(link for link in self.links if link.member == member)

    def suppliers_of(self, member: str) -> tuple[Link, ...]:
        """Return the whole suppliers of a member, or of the group for ""."""
        return tuple(link for link in self.suppliers if link.member == member)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``bandung dependence --json``."""
        return {
            "group": {
                "suppliers": [_plain(link) for link in self.suppliers_of(GROUP)],
                "products": [_plain(link) for link in self.of(GROUP)],
            },
            "members": {
                code: {
                    "concentration": float(self.concentration[row]),
                    "suppliers": [_plain(link) for link in self.suppliers_of(code)],
                    "products": [_plain(link) for link in self.of(code)],
                    "bonds": [
                        {k: v for k, v in asdict(bond).items() if k != "member"}
                        for bond in self.bonds
                        if bond.member == code
                    ],
                }
                for row, code in enumerate(self.codes)
            },
            "unmeasured": list(self.unmeasured),
            "missing": list(self.selection.missing),
            "notices": self.selection.notices(),
            "on": self.selection.on.isoformat(),
            "world": {"name": self.world.name, "checksum": self.world.checksum},
        }

    def to_table(self) -> pl.DataFrame:
        """Return one row per link; the group's have no member, whole suppliers no sector."""
        return pl.DataFrame(
            [asdict(link) for link in (*self.suppliers, *self.links)],
            schema_overrides={"loss_buyers_switch": pl.Float64},
        )


def dependence(
    world: World,
    group: str | None = None,
    *,
    members: Sequence[str] | None = None,
    on: dt.date | None = None,
    south: str = groups.THE_SOUTH,
    top: int = DEFAULT_TOP,
    equilibrium: bool = True,
    deficits: str = "fixed",
) -> Dependence:
    """Find the suppliers whose loss would hurt a group's members most.

    Parameters
    ----------
    group, members, on, south
        See :func:`bandung.find.selection.select`.
    top
        How many suppliers and partners to name for the group and for each member.
    equilibrium
        Whether to solve for the losses once buyers switch: some milliseconds for each member
        and delivery named.
    deficits
        The rule for trade deficits there, as :func:`bandung.solve` has it.

    Returns
    -------
    Dependence

    Raises
    ------
    NotConvergedError
        When an equilibrium was not found, with iterations and residual.

    Examples
    --------
    >>> from bandung import World
    >>> from bandung.find import dependence
    >>> bonds = dependence(World.embedded(), members=["SEN"], top=3)
    >>> [link.supplier for link in bonds.suppliers_of("SEN")]
    ['EU27', 'CHN', 'IND']
    >>> europe = bonds.suppliers_of("SEN")[0]
    >>> [f"{100 * loss:.1f} %" for loss in (europe.loss_buyers_switch, europe.loss_nobody_switches)]
    ['4.5 %', '14.2 %']
    """
    chosen = select(world, group, members=members, on=on, south=south)
    return dependence_of(world, chosen, top=top, equilibrium=equilibrium, deficits=deficits)


def dependence_of(
    world: World,
    chosen: Selection,
    *,
    top: int = DEFAULT_TOP,
    equilibrium: bool = True,
    deficits: str = "fixed",
) -> Dependence:
    """Find the suppliers that matter most to a selection that was made before."""
    known = measured(world, chosen)
    solved = equilibrium and bool(world.domestic_known.all())
    at = known.positions
    economy = economy_of(world, final_demand=known.final_demand)
    value = leontief.value_added(economy)
    by_origin = value.by_product.sum(axis=2)
    total = by_origin.sum(axis=0)
    flows = _flows(world, economy, value, at)
    flows.long_run = LongRun(world, deficits) if solved else None
    order = [(GROUP, flows.weight)]
    order += [(code, np.eye(len(at))[row]) for row, code in enumerate(known.members)]
    return Dependence(
        selection=chosen,
        world=world,
        codes=known.members,
        unmeasured=known.unmeasured,
        suppliers=_suppliers(world, flows, order, top),
        links=_links(world, flows, order, top),
        concentration=_concentration(by_origin[:, at], at),
        bonds=_bonds(world, known.members, by_origin / np.where(total > 0, total, 1.0), top),
        equilibrium=solved,
    )


@dataclass(slots=True)
class _Flows:
    """What reaches R members from everybody but themselves, and what it carries.

    `content` is N×J, `delivered`, `earned` and `bought` N×J×R, `spending` J×R, `weight` R;
    `loss` N×J×R is the first estimate, before echoes; `echoes` keeps R×J×J by origin, and
    `long_run` solves for losses once buyers switch, where that is asked and can be.
    """

    economy: leontief.Economy
    members: Positions
    content: Floats
    delivered: Floats
    earned: Floats
    bought: Floats
    spending: Floats
    total: Floats
    weight: Floats
    loss: Floats
    echoes: dict[int, Floats]
    long_run: LongRun | None = None

    def echo(self, origin: int) -> Floats:
        """Echo of an origin's deliveries, computed once."""
        if origin not in self.echoes:
            self.echoes[origin] = leontief.echo(self.economy, origin, self.members)
        return self.echoes[origin]

    def lost(self, origin: int, products: slice, weight: Floats) -> float:
        """Exact loss without these deliveries, the mean by `weight` of members' own shares."""
        content, echo = self.content[origin, products], self.echo(origin)
        return float(
            sum(
                weight[row]
                * leontief.extraction(
                    content, self.delivered[origin, products, row], echo[row][products, products]
                )
                / self.total[row]
                for row in np.flatnonzero(weight)
            )
        )

    def lost_for_long(self, origin: int, products: slice, weight: Floats) -> float | None:
        """Loss once buyers switch, the mean by `weight` of members' own."""
        if self.long_run is None:
            return None
        return self.long_run.lost(origin, products, self.members, weight)


def _flows(
    world: World, economy: leontief.Economy, value: leontief.ValueAdded, at: Positions
) -> _Flows:
    delivered = leontief.carried(economy, value.required[:, :, at], at)
    bought = np.moveaxis((world.trade_value * (1.0 + world.tariff))[:, at], 1, 2).copy()
    earned = value.by_origin_sector[:, :, at].copy()
    for own in (delivered, bought, earned):
        own[at, :, np.arange(len(at))] = 0.0
    content = value.content.sum(axis=0)
    total = value.by_product[:, at].sum(axis=(0, 2))
    loss = content[:, :, None] * delivered / total
    loss[[i for i, code in enumerate(world.members) if world.regions.get(code) == ()]] = 0.0
    return _Flows(
        economy=economy,
        members=at,
        content=content,
        delivered=delivered,
        earned=earned / total,
        bought=bought,
        spending=world.expenditure[at].T,
        total=total,
        weight=total / total.sum(),
        loss=loss,
        echoes={},
    )


def _suppliers(
    world: World, flows: _Flows, order: list[tuple[str, Floats]], top: int
) -> tuple[Link, ...]:
    """Whole suppliers: everything they deliver."""
    by_supplier = flows.loss.sum(axis=1)
    made = []
    for member, weight in order:
        some = [
            _link(world, flows, member, weight, int(o), slice(None), ALL_PRODUCTS)
            for o in np.argsort(-(by_supplier @ weight), kind="stable")[:top]
            if by_supplier[o] @ weight > 0
        ]
        made += sorted(some, key=_gravest)
    return tuple(made)


def _links(
    world: World, flows: _Flows, order: list[tuple[str, Floats]], top: int
) -> tuple[Link, ...]:
    """Deliveries of one product by one supplier."""
    made = []
    for member, weight in order:
        some = [
            _link(world, flows, member, weight, o, slice(k, k + 1), world.sectors[k])
            for o, k in _largest(flows.loss @ weight, top)
        ]
        made += sorted(some, key=_gravest)
    return tuple(made)


def _link(
    world: World,
    flows: _Flows,
    member: str,
    weight: Floats,
    origin: int,
    products: slice,
    sector: str,
) -> Link:
    inside = (weight > 0).astype(float)
    return Link(
        member=member,
        supplier=world.members[origin],
        sector=sector,
        loss_nobody_switches=flows.lost(origin, products, weight),
        loss_buyers_switch=flows.lost_for_long(origin, products, weight),
        purchases_share=float(
            (flows.bought[origin, products] @ inside).sum()
            / (flows.spending[products] @ inside).sum()
        ),
        value_added_share=float((flows.earned[origin, products] @ weight).sum()),
        delivered_musd=float((flows.delivered[origin, products] @ inside).sum()),
    )


def _gravest(link: Link) -> tuple[float, str, str]:
    return (-link.loss_nobody_switches, link.supplier, link.sector)


def _largest(loss: Floats, top: int) -> list[tuple[int, int]]:
    order = np.argsort(-loss, axis=None, kind="stable")[:top]
    return [
        (int(o), int(k))
        for o, k in zip(*np.unravel_index(order, loss.shape), strict=True)
        if loss[o, k] > 0
    ]


def _concentration(by_origin: Floats, at: Positions) -> Floats:
    outside = by_origin.copy()
    outside[at, np.arange(len(at))] = 0.0
    total = outside.sum(axis=0)
    share = np.divide(outside, total, out=np.zeros_like(outside), where=total > 0)
    return np.asarray((share**2).sum(axis=0))


def _bonds(world: World, members: tuple[str, ...], share: Floats, top: int) -> tuple[Bond, ...]:
    made = []
    for code in members:
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

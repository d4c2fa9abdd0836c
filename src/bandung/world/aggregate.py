"""Merging members and sectors, so that sums of money stay sums of money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bandung.errors import CodeUnknownError, WorldError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bandung.world.model import Floats, World


def aggregate(
    world: World,
    *,
    members: Mapping[str, Sequence[str]] | None = None,
    sectors: Mapping[str, Sequence[str]] | None = None,
) -> World:
    """Merge members or sectors of a world.

    Trade, output, input use and value added add up exactly. A merged tariff is the
    trade-weighted mean (the plain mean where nothing is traded), and nothing is levied inside
    a merged member: `bandung` reads a merged member as a customs union. Elasticities of merged
    sectors are means weighted by world sales.

    Parameters
    ----------
    members, sectors
        New code → the codes merged into it. Those not named stay as they are; merged ones
        stand where the first of their parts stood.

    Returns
    -------
    World
        With what was merged in its `origin.note` and `regions`.

    Raises
    ------
    CodeUnknownError, WorldError
        For a code the world lacks, or one that is merged twice.

    Examples
    --------
    >>> from bandung import World
    >>> world = World.embedded()
    >>> small = world.aggregate(members={"MAGHREB": ["MAR", "TUN"]})
    >>> len(world.members) - len(small.members)
    1
    """
    new_members, p = _matrix("member", world.members, members or {})
    new_sectors, q = _matrix("sector", world.sectors, sectors or {})
    trade = np.einsum("ao,odj,bd,cj->abc", p, world.trade_value, p, q, optimize=True)
    sales = world.trade_value.sum(axis=(0, 1))
    weight = q * (sales + np.finfo(float).tiny)
    weight = weight / weight.sum(axis=1, keepdims=True)
    sets = {key: weight @ theta for key, theta in world.elasticity_sets.items()}
    return world.replace(
        members=new_members,
        sectors=new_sectors,
        trade_value=trade,
        tariff=merged_tariff(p, q, world.trade_value, world.tariff),
        input_share=_merged_inputs(world, p, q, trade),
        elasticity_sets=sets,
        trade_elasticity=world.elasticities
        if world.elasticities in sets
        else weight @ world.trade_elasticity,
        regions=_merged_regions(world, members or {}, new_members),
        services=tuple(
            code
            for i, code in enumerate(new_sectors)
            if all(world.sectors[j] in world.services for j in np.flatnonzero(q[i]))
        ),
        domestic_known=(p @ (~world.domestic_known).astype(float) @ q.T) == 0,
        satellites={key: _merged_satellite(p, value) for key, value in world.satellites.items()},
        name=f"{world.name} (aggregated)",
    )


def merged_tariff(p: Floats, q: Floats, trade: Floats, tariff: Floats) -> Floats:
    """Return the tariffs of merged members on merged products: those of customs unions.

    Trade-weighted means, plain means where nothing is traded, none inside a member.

    Parameters
    ----------
    p, q
        0/1 matrices, new × old, of members and of sectors.
    trade, tariff
        N×N×J, before merging.
    """
    path = "ao,odj,bd,cj->abc"
    merged = np.einsum(path, p, trade, p, q, optimize=True)
    revenue = np.einsum(path, p, trade * tariff, p, q, optimize=True)
    plain = np.einsum(path, p, tariff, p, q, optimize=True)
    cells = np.einsum("a,b,c->abc", p.sum(axis=1), p.sum(axis=1), q.sum(axis=1))
    mean: Floats = np.where(merged > 0, revenue / np.where(merged > 0, merged, 1.0), plain / cells)
    diagonal = np.arange(len(p))
    mean[diagonal, diagonal] = 0.0
    return mean


def _matrix(
    what: str, labels: tuple[str, ...], merged: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], Floats]:
    """Return the new labels and the 0/1 matrix, new × old."""
    home: dict[str, str] = {}
    for new, parts in merged.items():
        if not parts:
            raise WorldError(f"nothing is merged into {what} {new!r}; name at least one code")
        for part in parts:
            if part not in labels:
                raise CodeUnknownError(what, part, labels)
            if part in home:
                raise WorldError(f"{what} {part} is merged into both {home[part]} and {new}")
            home[part] = new
    target = [home.get(label, label) for label in labels]
    for label in labels:
        if label not in home and label in merged:
            raise WorldError(f"{what} {label} exists already; give the merged {what} another code")
    new_labels = tuple(dict.fromkeys(target))
    matrix = np.zeros((len(new_labels), len(labels)))
    matrix[[new_labels.index(label) for label in target], np.arange(len(labels))] = 1.0
    return new_labels, matrix


def _merged_inputs(world: World, p: Floats, q: Floats, trade: Floats) -> Floats:
    """Spending on inputs adds up; the duty a customs union no longer levies inside is taken off.

    Spending inside a merged member loses the tariffs its parts charged each other, in the
    same proportion as its expenditure on that product does.
    """
    use = np.einsum("dkj,dj->dkj", world.input_share, world.output)
    use = np.einsum("bd,ck,ej,dkj->bce", p, q, q, use, optimize=True)
    inside = p.T @ p
    np.fill_diagonal(inside, 0.0)
    dropped = np.einsum("od,odj->dj", inside, world.trade_value * world.tariff)
    spent = p @ world.expenditure @ q.T
    left = spent - p @ dropped @ q.T
    kept = np.divide(left, spent, out=np.ones_like(spent), where=spent > 0)
    output = trade.sum(axis=1)
    share: Floats = np.divide(
        use * kept[:, :, None],
        output[:, None, :],
        out=np.zeros_like(use),
        where=output[:, None, :] > 0,
    )
    return share


def _merged_regions(
    world: World, merged: Mapping[str, Sequence[str]], labels: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    regions = {code: parts for code, parts in world.regions.items() if code in labels}
    for new, codes in merged.items():
        unknown_inside = any(code in world.regions and not world.regions[code] for code in codes)
        regions[new] = (
            ()
            if unknown_inside
            else tuple(part for code in codes for part in world.regions.get(code, (code,)))
        )
    return regions


def _merged_satellite(p: Floats, value: Floats) -> Floats:
    """Totals add up; a total with an unknown part is unknown."""
    known = np.isfinite(value)
    total = p @ np.where(known, value, 0.0)
    total[(p @ (~known).astype(float)) > 0] = np.nan
    return np.asarray(total)

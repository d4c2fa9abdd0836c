"""`World`: what is, as one frozen, validated, labelled set of figures.

Axes are fixed: origin o (exporter, supplier), destination d (importer, buyer), sector j
(the product sold) and k (the input bought). Money is million USD of the world's year.
Reference: Caliendo & Parro (2015), section 2; symbols as in docs/terminology.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandung.codes import countries
from bandung.errors import CodeUnknownError, WorldError
from bandung.world.origin import IN_CODE, Adjustment, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import xarray as xr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Number = TypeVar("Number", np.float64, np.bool_)

DEFAULT_ELASTICITY = 4.0
SATELLITES = {
    "gdp_musd": "gross domestic product, million current USD",
    "population": "persons",
    "co2_kt": "CO2 from fossil fuels and cement, thousand tonnes of CO2",
}
LOWEST_INPUT_SHARE = -1e-3
"""Published tables have input shares a little below zero; lower ones are errors."""
ROUNDING = 1e-9
"""Relative size below which a negative final demand is rounding, not a missing good."""


@dataclass(frozen=True, eq=False)
class World:
    """A year of the world economy. Build it with :meth:`from_arrays`, which checks every rule.

    Attributes
    ----------
    name : str
        What the user calls it.
    year : int
        Calendar year of the figures.
    members : tuple of str, length N
        ISO 3166-1 alpha-3 codes, or codes declared in `regions`.
    sectors : tuple of str, length J
    trade_value : array, N×N×J
        T[o,d,j]: sales of o's sector j to d, all uses, before tariff; o = d is domestic.
    tariff : array, N×N×J
        t[o,d,j]: ad-valorem fraction that d applies to o's j.
    input_share : array, N×J×J
        γ[d,k,j]: spending on input k per unit of d's gross output of j.
    trade_elasticity : array, J
        θ[j] > 0, of the set named `elasticities`.
    elasticity_sets : mapping of str to array, J
        Published sets by name; the default one among them.
    regions : mapping of str to tuple of str
        Members that are not one country: the ISO codes they are made of (empty: all others).
    services : tuple of str
        The sectors that are services.
    domestic_known : array of bool, N×J
        Whether the source states the domestic sales of that member and sector.
    satellites : mapping of str to array, N
        Figures beside the accounts (NaN where the source has none), units in `SATELLITES`.
    origin : Origin
    satellite_origins : mapping of str to Origin
    adjustments : tuple of Adjustment
        Every change made so that the figures fit together.
    """

    name: str
    year: int
    members: tuple[str, ...]
    sectors: tuple[str, ...]
    trade_value: Floats
    tariff: Floats
    input_share: Floats
    trade_elasticity: Floats
    elasticities: str
    elasticity_sets: Mapping[str, Floats]
    regions: Mapping[str, tuple[str, ...]]
    services: tuple[str, ...]
    domestic_known: Bools
    satellites: Mapping[str, Floats]
    origin: Origin
    satellite_origins: Mapping[str, Origin] = field(default_factory=dict)
    adjustments: tuple[Adjustment, ...] = ()

    @classmethod
    def from_arrays(  # noqa: PLR0913 - a world is this many arrays; all but five have defaults
        cls,
        *,
        members: Sequence[str],
        sectors: Sequence[str],
        trade_value: ArrayLike,
        tariff: ArrayLike | None = None,
        input_share: ArrayLike | None = None,
        trade_elasticity: ArrayLike | str | None = None,
        elasticity_sets: Mapping[str, ArrayLike] | None = None,
        regions: Mapping[str, Sequence[str]] | None = None,
        services: Sequence[str] = (),
        domestic_known: ArrayLike | None = None,
        satellites: Mapping[str, ArrayLike] | None = None,
        origin: Origin = IN_CODE,
        satellite_origins: Mapping[str, Origin] | None = None,
        adjustments: Sequence[Adjustment] = (),
        name: str = "unnamed",
        year: int = 0,
    ) -> World:
        """Check the figures against every rule and freeze them.

        Where a member's sectors use more of an input than it buys in all, its use of that
        input is scaled down to what it buys, and the change is recorded in `adjustments`.

        Parameters
        ----------
        members, sectors
            Labels of the axes, each once.
        trade_value
            N×N×J, million USD, ≥ 0.
        tariff
            N×N×J, fractions > −1, 0 from a member to itself. Default: none.
        input_share
            N×J×J, each column sum < 1. Shares below 0, as some tables publish them, are kept and
            noted in `adjustments` down to −0.001, and refused below. Default: no inputs.
        trade_elasticity
            J figures > 0, one figure for all sectors, or the name of a set in
            `elasticity_sets`. Default: 4 in every sector.
        regions
            Members that are not one ISO country, with the codes they are made of.

        Returns
        -------
        World

        Raises
        ------
        WorldError
            Naming the cell that breaks a rule.

        Examples
        --------
        >>> import numpy as np
        >>> from bandung import World
        >>> w = World.from_arrays(members=["AGO", "ZAF"], sectors=["goods"],
        ...                       trade_value=np.array([[[90.0], [10.0]], [[20.0], [80.0]]]))
        >>> w.final_demand.ravel().tolist()
        [110.0, 90.0]
        """
        made_of = {code: tuple(parts) for code, parts in (regions or {}).items()}
        members, sectors = tuple(map(str, members)), tuple(map(str, sectors))
        _check_labels(members, sectors, made_of, services)
        n, j = len(members), len(sectors)
        axes = _Axes(members, sectors)
        trade = axes.array("trade_value", trade_value, "odj")
        duties = axes.array("tariff", np.zeros((n, n, j)) if tariff is None else tariff, "odj")
        inputs = axes.array(
            "input_share", np.zeros((n, j, j)) if input_share is None else input_share, "dkj"
        )
        sets = {
            key: axes.array(f"elasticity set {key}", value, "j")
            for key, value in (elasticity_sets or {}).items()
        }
        set_name, theta = _elasticity(trade_elasticity, sets, axes)
        _check_cells(axes, trade, duties, inputs, {**sets, set_name: theta})
        noted = _negative_shares(axes, inputs)
        inputs, scaled = _fit_inputs(axes, trade, duties, inputs)
        known = np.array(np.ones((n, j)) if domestic_known is None else domestic_known, dtype=bool)
        if known.shape != (n, j):
            raise WorldError(f"domestic_known has shape {known.shape}; it should be {(n, j)}")
        beside = {
            key: axes.array(f"satellite {key}", value, "d", allow_nan=True)
            for key, value in (satellites or {}).items()
        }
        return cls(
            name=name,
            year=year,
            members=members,
            sectors=sectors,
            trade_value=_frozen(trade),
            tariff=_frozen(duties),
            input_share=_frozen(inputs),
            trade_elasticity=_frozen(theta),
            elasticities=set_name,
            elasticity_sets=MappingProxyType({key: _frozen(value) for key, value in sets.items()}),
            regions=MappingProxyType(made_of),
            services=tuple(services),
            domestic_known=_frozen(known),
            satellites=MappingProxyType({key: _frozen(value) for key, value in beside.items()}),
            origin=origin,
            satellite_origins=MappingProxyType(dict(satellite_origins or {})),
            adjustments=tuple(dict.fromkeys((*adjustments, *noted, *scaled))),
        )

    @staticmethod
    def embedded() -> World:
        """Return the world of 2022 that comes with the package (see its `origin`)."""
        from bandung.world.embedded import load  # noqa: PLC0415 - avoids a cycle

        return load()

    @staticmethod
    def from_parquet(folder: str | Path) -> World:
        """Read a world that :meth:`to_parquet` wrote; raises `SourceError` if it is not one."""
        from bandung.world.parquet import read  # noqa: PLC0415 - avoids a cycle

        return read(folder)

    def to_parquet(self, folder: str | Path) -> Path:
        """Write the world as a folder of Parquet tables and a ``world.json``, all or nothing."""
        from bandung.world.parquet import write  # noqa: PLC0415 - avoids a cycle

        return write(self, folder)

    def to_xarray(self) -> xr.Dataset:
        """Return all arrays, labelled, as one dataset."""
        from bandung.world.labels import to_xarray  # noqa: PLC0415 - xarray is slow to import

        return to_xarray(self)

    def aggregate(
        self,
        *,
        members: Mapping[str, Sequence[str]] | None = None,
        sectors: Mapping[str, Sequence[str]] | None = None,
    ) -> World:
        """Merge members or sectors; see :func:`bandung.world.aggregate.aggregate`."""
        from bandung.world.aggregate import aggregate  # noqa: PLC0415 - avoids a cycle

        return aggregate(self, members=members, sectors=sectors)

    def replace(self, **changes: Any) -> World:  # noqa: ANN401 - arguments of from_arrays
        """Return this world with some arguments of :meth:`from_arrays` changed, checked anew.

        Examples
        --------
        >>> from bandung import World
        >>> World.embedded().replace(name="mine", trade_elasticity=4.0).elasticities
        '4'
        """
        own = self.elasticities in self.elasticity_sets
        arguments: dict[str, Any] = {
            "members": self.members,
            "sectors": self.sectors,
            "trade_value": self.trade_value,
            "tariff": self.tariff,
            "input_share": self.input_share,
            "trade_elasticity": self.elasticities if own else self.trade_elasticity,
            "elasticity_sets": self.elasticity_sets,
            "regions": self.regions,
            "services": self.services,
            "domestic_known": self.domestic_known,
            "satellites": self.satellites,
            "origin": self.origin,
            "satellite_origins": self.satellite_origins,
            "adjustments": self.adjustments,
            "name": self.name,
            "year": self.year,
        }
        return World.from_arrays(**{**arguments, **changes})

    def select_elasticities(self, given: str | float | ArrayLike) -> World:
        """Return this world with another set of trade elasticities, by name, figure or array."""
        return self.replace(trade_elasticity=given)

    @cached_property
    def expenditure(self) -> Floats:
        """X[d,j] = Σ_o T(1+t), N×J, million USD."""
        return _frozen((self.trade_value * (1.0 + self.tariff)).sum(axis=0))

    @cached_property
    def trade_share(self) -> Floats:
        """π[o,d,j] = T(1+t)/X, N×N×J; 0 where d buys no j."""
        spent = self.expenditure
        value = self.trade_value * (1.0 + self.tariff)
        return _frozen(np.divide(value, spent, out=np.zeros_like(value), where=spent > 0))

    @cached_property
    def sourcing_share(self) -> Floats:
        """s[o,d,j] = π/(1+t), N×N×J: what reaches o of a unit that d spends on j."""
        return _frozen(self.trade_share / (1.0 + self.tariff))

    @cached_property
    def output(self) -> Floats:
        """Y[o,j] = Σ_d T, N×J, million USD."""
        return _frozen(self.trade_value.sum(axis=1))

    @cached_property
    def value_added_share(self) -> Floats:
        """β[d,j] = 1 − Σ_k γ[d,k,j], N×J."""
        return _frozen(1.0 - self.input_share.sum(axis=1))

    @cached_property
    def value_added(self) -> Floats:
        """V[d] = Σ_j βY, N, million USD."""
        return _frozen((self.value_added_share * self.output).sum(axis=1))

    @cached_property
    def tariff_revenue(self) -> Floats:
        """R[d] = Σ tT, N, million USD."""
        return _frozen((self.tariff * self.trade_value).sum(axis=(0, 2)))

    @cached_property
    def final_demand(self) -> Floats:
        """F[d,k] = X[d,k] − Σ_j γ[d,k,j]Y[d,j] ≥ 0, N×J, million USD."""
        used = np.einsum("dkj,dj->dk", self.input_share, self.output)
        return _frozen(np.maximum(self.expenditure - used, 0.0))

    @cached_property
    def deficit(self) -> Floats:
        """D[d] = ΣF − V − R, N, million USD; the world's sum is the data's own discrepancy."""
        return _frozen(self.final_demand.sum(axis=1) - self.value_added - self.tariff_revenue)

    @cached_property
    def checksum(self) -> str:
        """``sha256:…`` of labels and figures, the same in whatever order members come."""
        rows = np.argsort(self.members)
        cols = np.argsort(self.sectors)
        digest = hashlib.sha256()
        labels = [self.year, [self.members[i] for i in rows], [self.sectors[i] for i in cols]]
        digest.update(repr(labels).encode())
        for array in (
            self.trade_value[np.ix_(rows, rows, cols)],
            self.tariff[np.ix_(rows, rows, cols)],
            self.input_share[np.ix_(rows, cols, cols)],
            self.trade_elasticity[cols],
        ):
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return f"sha256:{digest.hexdigest()}"

    def index(self, code: str) -> int:
        """Return the position of a member; raises `CodeUnknownError` with near codes."""
        try:
            return self.members.index(code)
        except ValueError:
            raise CodeUnknownError(f"member of world {self.name!r}", code, self.members) from None

    def sector_index(self, code: str) -> int:
        """Return the position of a sector; raises `CodeUnknownError` with near codes."""
        try:
            return self.sectors.index(code)
        except ValueError:
            raise CodeUnknownError(f"sector of world {self.name!r}", code, self.sectors) from None

    @property
    def goods(self) -> tuple[str, ...]:
        """The sectors that are goods, in order."""
        return tuple(code for code in self.sectors if code not in self.services)

    def __repr__(self) -> str:
        return (
            f"World({self.name!r}, {self.year}: {len(self.members)} members, "
            f"{len(self.sectors)} sectors, {self.checksum[:15]}…)"
        )


@dataclass(frozen=True, slots=True)
class _Axes:
    """Labels of the axes, to shape arrays and to name cells in messages."""

    members: tuple[str, ...]
    sectors: tuple[str, ...]

    def labels(self, axes: str) -> list[tuple[str, ...]]:
        return [self.members if axis in "od" else self.sectors for axis in axes]

    def array(self, what: str, given: ArrayLike, axes: str, *, allow_nan: bool = False) -> Floats:
        try:
            array = np.array(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise WorldError(f"{what} is not an array of numbers: {error}") from error
        shape = tuple(len(labels) for labels in self.labels(axes))
        if array.shape != shape:
            names = {"o": "origin", "d": "member", "j": "sector", "k": "input"}
            wanted = "×".join(names[axis] for axis in axes)
            raise WorldError(
                f"{what} has shape {array.shape}; {len(self.members)} members and "
                f"{len(self.sectors)} sectors need {shape} ({wanted})"
            )
        if not allow_nan:
            self.refuse(
                what, axes, array, ~np.isfinite(array), "fill or drop it, and say so in adjustments"
            )
        return array

    def cell(self, axes: str, where: Sequence[int]) -> str:
        names = {"o": "origin", "d": "member", "j": "sector", "k": "input"}
        if "o" in axes:
            names["d"] = "destination"
        labels = self.labels(axes)
        return ", ".join(f"{names[axis]} {labels[i][where[i]]}" for i, axis in enumerate(axes))

    def refuse(self, what: str, axes: str, array: Floats, bad: Bools, mend: str) -> None:
        if bad.any():
            where = np.argwhere(bad)
            first = tuple(int(i) for i in where[0])
            more = f" and {len(where) - 1} more cells" if len(where) > 1 else ""
            raise WorldError(
                f"{what} is {array[first]:g} at {self.cell(axes, first)}{more}: {mend}"
            )


def _check_labels(
    members: tuple[str, ...],
    sectors: tuple[str, ...],
    regions: Mapping[str, tuple[str, ...]],
    services: Sequence[str],
) -> None:
    for what, labels in (("member", members), ("sector", sectors)):
        if not labels:
            raise WorldError(f"a world needs at least one {what}")
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise WorldError(f"{what} {twice[0]} is given twice; labels must be unique")
    for position, code in enumerate(members):
        if code not in regions and not countries.is_code(code):
            raise WorldError(
                f"member {code!r} (position {position}) is not an ISO 3166-1 alpha-3 code; "
                f"if it is a region, declare what it is made of: regions={{{code!r}: [...]}}"
            )
    for code in services:
        if code not in sectors:
            raise WorldError(f"services names {code!r}, which is not a sector of this world")


def _elasticity(
    given: ArrayLike | str | None, sets: Mapping[str, Floats], axes: _Axes
) -> tuple[str, Floats]:
    if isinstance(given, str):
        if given not in sets:
            raise CodeUnknownError("set of elasticities", given, sets)
        return given, sets[given]
    value = DEFAULT_ELASTICITY if given is None else given
    if np.ndim(value) == 0:
        try:
            number = float(value)  # type: ignore[arg-type]  # a scalar, by its dimension
        except (TypeError, ValueError) as error:
            raise WorldError(f"trade_elasticity is not a number: {value!r}") from error
        return f"{number:g}", np.full(len(axes.sectors), number)
    return "given", axes.array("trade_elasticity", value, "j")


def _check_cells(
    axes: _Axes, trade: Floats, duties: Floats, inputs: Floats, elasticities: Mapping[str, Floats]
) -> None:
    axes.refuse("trade_value", "odj", trade, trade < 0, "sales cannot be negative")
    axes.refuse("tariff", "odj", duties, duties <= -1, "a tariff must be above −1 (−100 %)")
    own = np.zeros_like(duties, dtype=bool)
    diagonal = np.arange(len(axes.members))
    own[diagonal, diagonal] = duties[diagonal, diagonal] != 0
    axes.refuse("tariff", "odj", duties, own, "a member levies no tariff on itself")
    axes.refuse(
        "input_share",
        "dkj",
        inputs,
        inputs < LOWEST_INPUT_SHARE,
        f"a share cannot be negative (down to {LOWEST_INPUT_SHARE:g} is taken as published)",
    )
    total = inputs.sum(axis=1)
    axes.refuse(
        "the sum of input shares",
        "dj",
        total,
        total >= 1,
        "it must stay below 1, so that some value is added",
    )
    for key, theta in elasticities.items():
        axes.refuse(f"trade elasticity ({key})", "j", theta, theta <= 0, "it must be above 0")


def _negative_shares(axes: _Axes, inputs: Floats) -> list[Adjustment]:
    """Note the input shares that are a little below zero."""
    return [
        Adjustment(
            what="input share",
            where=axes.cell("dkj", cell),
            was=float(inputs[cell]),
            now=float(inputs[cell]),
            why="below zero in the source, by no more than 0.001; kept as published",
        )
        for cell in (tuple(int(i) for i in row) for row in np.argwhere(inputs < 0))
    ]


def _fit_inputs(
    axes: _Axes, trade: Floats, duties: Floats, inputs: Floats
) -> tuple[Floats, list[Adjustment]]:
    """Scale down the use of an input that exceeds what the member buys of it in all."""
    bought = (trade * (1.0 + duties)).sum(axis=0)
    used = np.einsum("dkj,dj->dk", inputs, trade.sum(axis=1))
    short = used > bought * (1.0 + ROUNDING)
    if not short.any():
        return inputs, []
    factor = np.where(short, bought / np.where(used > 0, used, 1.0), 1.0)
    made = [
        Adjustment(
            what="input use (million USD)",
            where=axes.cell("dk", (d, k)),
            was=float(used[d, k]),
            now=float(bought[d, k]),
            why="its sectors used more of this input than the member buys from all origins; "
            "the use is scaled down to that",
        )
        for d, k in np.argwhere(short)
    ]
    return inputs * factor[:, :, None], made


def _frozen(array: NDArray[Number]) -> NDArray[Number]:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array

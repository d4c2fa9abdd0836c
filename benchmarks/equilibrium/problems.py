"""The problems that the engine and its peers are given: worlds and what changes in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from bandung import World
from bandung.world.sources import baci, icio_cubes
from benchmarks.cases import DATA, ELEVEN
from benchmarks.equilibrium.fixed_point import Problem, numpy_fixed_point, rebased

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NAFTA = DATA / "cp2015/cp2015_data.npz"
ICIO, INPUT_USE = DATA / "icio/icio_2022.npz", DATA / "icio/io_use_2022.npz"
BACI = DATA / "baci_totals_2023"
CHEAPER = -0.1
"""Change of trade costs between all different economies."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """A world and what changes in it, as `bandung.solve` takes it.

    Attributes
    ----------
    tariff_new, trade_cost_change : array, N×N×J, or None
        t' and d̂ − 1; None where nothing changes.
    """

    world: World
    tariff_new: Floats | None = None
    trade_cost_change: Floats | None = None

    @property
    def problem(self) -> Problem:
        """The same as arrays, with the world's deficits kept."""
        w = self.world
        change = self.trade_cost_change
        return Problem(
            trade_share=w.trade_share,
            tariff=w.tariff,
            tariff_new=w.tariff if self.tariff_new is None else self.tariff_new,
            trade_cost_change=np.zeros_like(w.tariff) if change is None else change,
            input_share=w.input_share,
            value_added=w.value_added,
            final_share=w.final_demand / w.final_demand.sum(axis=1, keepdims=True),
            deficit=w.deficit,
            expenditure=w.expenditure,
            trade_elasticity=w.trade_elasticity,
        )


@cache
def nafta_baseline() -> Problem:
    """Return the data of Caliendo & Parro (2015), 31×40, of which deficits are to be taken away.

    Its final shares are the authors', with negative final demand set to zero, so that this is
    not yet an equilibrium: solving it with the tariffs of 1993 gives the paper's baseline.
    """
    with np.load(NAFTA) as given:
        tariff = _origin_first(given["tau_nij"])
        return Problem(
            trade_share=_origin_first(given["pi_nij"]),
            tariff=tariff,
            tariff_new=tariff,
            trade_cost_change=np.zeros_like(tariff),
            input_share=given["gamma_nkj"],
            value_added=given["wL_n"],
            final_share=given["alpha_nj"],
            deficit=given["D_n"],
            expenditure=given["X_nj"],
            trade_elasticity=given["theta_j"],
        )


def nafta_counterfactual(baseline: Problem) -> Problem:
    """Return the baseline of the paper with the tariffs under NAFTA."""
    with np.load(NAFTA) as given:
        return replace(baseline, tariff_new=_origin_first(given["tau_nij_cfl"]))


@cache
def nafta_regions() -> tuple[str, ...]:
    """Return the regions of Caliendo & Parro (2015) in order, by name."""
    with np.load(NAFTA) as given:
        return tuple(map(str, given["regions"]))


@cache
def nafta_solved() -> Problem:
    """Return the counterfactual of the paper on its solved baseline, 31×40."""
    baseline = nafta_baseline()
    return nafta_counterfactual(rebased(baseline, numpy_fixed_point(baseline)))


@cache
def eleven_embedded() -> Scenario:
    """Return the embedded world with no tariff among the eleven African economies, 55×28."""
    return _without_tariffs(World.embedded())


@cache
def eleven_released() -> Scenario:
    """Return the same in the world of the release, every economy by itself, 81×28."""
    return _without_tariffs(released_world())


@cache
def all_cheaper() -> Scenario:
    """Return trade costs down 10 % between all different economies, goods in total, 194×1."""
    world = baci.read_totals(BACI)
    return Scenario(world, trade_cost_change=cheaper(len(world.members)))


def released_world() -> World:
    """Build the world of 2022 from the release, the members of the European Union apart.

    As in the embedded world, the rest of the world has the others' input shares, weighted by
    output.
    """
    cube = icio_cubes.read_cube(ICIO)
    inputs = icio_cubes.read_input_use(INPUT_USE)
    at = [cube.countries.index(code) for code in inputs.countries]
    use = np.moveaxis(inputs.use, 2, 0)
    output = inputs.output.T
    share = np.zeros((len(cube.countries), *use.shape[1:]))
    share[:] = _per_output(use.sum(axis=0), output.sum(axis=0))
    share[at] = _per_output(use, output)
    return World.from_arrays(
        members=cube.countries,
        sectors=cube.sectors,
        trade_value=cube.use,
        tariff=cube.tariff,
        input_share=share,
        elasticity_sets=cube.elasticity_sets,
        trade_elasticity=icio_cubes.DEFAULT_SET,
        regions={icio_cubes.REST: ()},
        name="released",
        year=2022,
    )


def cheaper(members: int) -> Floats:
    """Return d̂ − 1 of trade costs down 10 % between different economies, N×N×1."""
    return np.where(np.eye(members, dtype=bool), 0.0, CHEAPER)[:, :, None]


def _without_tariffs(world: World) -> Scenario:
    among = [world.index(code) for code in ELEVEN]
    tariff = world.tariff.copy()
    tariff[np.ix_(among, among)] = 0.0
    return Scenario(world, tariff_new=tariff)


def _per_output(use: Floats, output: Floats) -> Floats:
    """Return use, …×K×J, per unit of output, …×J; 0 where there is no output."""
    whole = output[..., None, :]
    return np.divide(use, whole, out=np.zeros_like(use), where=whole > 0)


def _origin_first(array: Floats) -> Floats:
    """Turn [importer, exporter, sector] into [origin, destination, sector]."""
    return np.ascontiguousarray(array.transpose(1, 0, 2))

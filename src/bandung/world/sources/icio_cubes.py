"""OECD ICIO as cubes of bilateral use by sector, with tariffs and elasticities (``.npz``).

A file holds ``X[exporter, importer, sector]`` in million USD (intermediate and final use,
domestic sales on the diagonal), ``tariff`` (fractions the importer applies), ``countries``,
``sectors`` and ``theta_<set>``. Input use comes from a second file, ``input_use[supplier
sector, user sector, economy]``; years without one borrow the shares of the year that has it,
which is recorded.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bandung.errors import SourceError
from bandung.world import embedded
from bandung.world.aggregate import merged_tariff
from bandung.world.model import World
from bandung.world.origin import Adjustment, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bandung.world.model import Floats

EU27 = (
    "AUT", "BEL", "BGR", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV",
    "HUN", "IRL", "ITA", "LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN",
    "SWE",
)  # fmt: skip
REST = "ROW"
SERVICES = "SERVICES"
DEFAULT_SET = "GYY"
LAST_TARIFFS = 2021
"""The tariff database ends here: later cubes repeat this year."""


@dataclass(frozen=True, slots=True)
class Cube:
    """One year as its file has it. Shapes: use N×N×J, tariff N×N×J, elasticity sets J."""

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    use: Floats
    tariff: Floats
    elasticity_sets: dict[str, Floats]
    checksum: str


@dataclass(frozen=True, slots=True)
class InputUse:
    """Input use as its file has it: `use` is supplier J × user J × economy, million USD."""

    countries: tuple[str, ...]
    use: Floats
    output: Floats
    checksum: str


def read_cube(path: str | Path) -> Cube:
    """Read the cube of a year; raises `SourceError` when the file is not one."""
    arrays, checksum = _npz(path, ("X", "tariff", "countries", "sectors", "services_sector"))
    services = int(arrays["services_sector"]) - 1
    sectors = [str(code) for code in arrays["sectors"]]
    sectors[services] = SERVICES
    return Cube(
        countries=tuple(map(str, arrays["countries"])),
        sectors=tuple(sectors),
        use=arrays["X"].astype(float),
        tariff=arrays["tariff"].astype(float),
        elasticity_sets={
            key.removeprefix("theta_"): value.astype(float)
            for key, value in arrays.items()
            if key.startswith("theta_")
        },
        checksum=checksum,
    )


def read_input_use(path: str | Path) -> InputUse:
    """Read the input use that goes with a cube; raises `SourceError` when the file is not one."""
    arrays, checksum = _npz(path, ("input_use", "gross_output", "countries"))
    return InputUse(
        countries=tuple(map(str, arrays["countries"])),
        use=arrays["input_use"].astype(float),
        output=arrays["gross_output"].astype(float),
        checksum=checksum,
    )


def world_from_cubes(
    cube: Cube, inputs: InputUse, *, year: int, name: str, origin: Origin
) -> World:
    """Build the world of a year, the European Union as one member.

    The shares are input use over the gross output of the same file. The rest of the world has
    no input use of its own in the source: its shares are the others' mean, weighted by output.
    """
    matrix, members = _union(cube.countries)
    known = [cube.countries.index(code) for code in inputs.countries]
    merge = matrix[:, known]
    use = np.einsum("ai,kji->akj", merge, inputs.use)
    output = np.einsum("ai,ji->aj", merge, inputs.output)
    share = np.divide(use, output[:, None, :], out=np.zeros_like(use), where=output[:, None, :] > 0)
    rest = members.index(REST)
    world_output = output.sum(axis=0)
    share[rest] = np.divide(
        use.sum(axis=0), world_output, out=np.zeros(use.shape[1:]), where=world_output > 0
    )
    made = Adjustment(
        what="input_share",
        where=f"member {REST}, all sectors",
        was=None,
        now=float(share[rest].sum(axis=0).mean()),
        why="the source has no input use for the rest of the world; its shares are the "
        "mean of all other members, weighted by output (the figure is the mean sum of "
        "its shares)",
    )
    return _world(cube, share, made, year=year, name=name, origin=origin)


def read_world(path: str | Path, *, name: str = "icio-cube", year: int | None = None) -> World:
    """Read the world of a year whose input use is not published with its cube.

    Sales, tariffs and elasticities are the year's own; input shares are those of the embedded
    world, which the world's `adjustments` say.

    Parameters
    ----------
    year
        Default: the year in the file's name, as in ``icio_2018.npz``.

    Raises
    ------
    SourceError
        When the file is not a cube, or not of the economies and sectors of the embedded world.
    """
    file = Path(path)
    found = re.search(r"(?<!\d)((?:19|20)\d{2})(?!\d)", file.stem)
    if year is None and not found:
        raise SourceError(f"{file}: the name does not say the year; give it, as in --year 2018")
    chosen = year if year is not None else int(found[1] if found else 0)
    cube = read_cube(file)
    lender = embedded.load()
    share = _borrowed_shares(file, lender, _union(cube.countries)[1], cube.sectors)
    made = Adjustment(
        what="input_share",
        where="all members, all sectors",
        was=None,
        now=float(share.sum(axis=1).mean()),
        why=f"no input use is published with the cube of {chosen}; the shares are those "
        f"of {lender.year} in the embedded world, {lender.checksum} (the figure is the "
        "mean sum of shares)",
    )
    origin = origin_of(
        cube.checksum,
        year=chosen,
        tariff_year=min(chosen, LAST_TARIFFS),
        inputs="input shares are those of the embedded world",
    )
    return _world(cube, share, made, year=chosen, name=name, origin=origin)


def origin_of(checksum: str, *, year: int, tariff_year: int, inputs: str) -> Origin:
    """Return where the figures of a year come from; `inputs` says whose input shares they are."""
    return Origin(
        publisher="Organisation for Economic Co-operation and Development (OECD)",
        title=f"Inter-Country Input-Output tables, {year}, by 28 sectors, with applied tariffs",
        vintage=f"2025 edition; tariffs of {tariff_year} (Teti, Global Tariff Database, "
        "v_beta1-2024-12)",
        licence="OECD terms and conditions: reuse with attribution",
        citation=(
            "OECD (2025), Inter-Country Input-Output Database; Teti, F. (2024), 30 Years of Trade "
            "Policy: Evidence from 5.7 Billion Tariffs; eight sets of trade elasticities as "
            "collected by Lashkaripour (2021), one of them (U4) the uniform 4"
        ),
        checksum=checksum,
        note=(
            "Figures compiled from bilateral use, tariffs and elasticities; the 27 of the European "
            f"Union are one member, its tariffs trade-weighted means; {inputs}."
        ),
    )


def _borrowed_shares(
    path: Path, lender: World, members: Sequence[str], sectors: Sequence[str]
) -> Floats:
    """Return the lender's input shares in the order of these members and sectors."""
    for what, here, there in (
        ("economy", members, lender.members),
        ("sector", sectors, lender.sectors),
    ):
        odd = sorted(set(here) ^ set(there))
        if odd:
            side = "has" if odd[0] in here else "lacks"
            raise SourceError(
                f"{path} {side} {what} {odd[0]!r}, unlike the embedded world, whose input shares "
                "it would borrow; use a cube of the same economies and sectors"
            )
    d = [lender.members.index(code) for code in members]
    j = [lender.sectors.index(code) for code in sectors]
    return lender.input_share[np.ix_(d, j, j)]


def _world(
    cube: Cube, share: Floats, made: Adjustment, *, year: int, name: str, origin: Origin
) -> World:
    """Build the world of a cube, with input shares by member and how they were made."""
    matrix, members = _union(cube.countries)
    return World.from_arrays(
        members=members,
        sectors=cube.sectors,
        trade_value=np.einsum("ao,odj,bd->abj", matrix, cube.use, matrix, optimize=True),
        tariff=merged_tariff(matrix, np.eye(len(cube.sectors)), cube.use, cube.tariff),
        input_share=share,
        elasticity_sets=cube.elasticity_sets,
        trade_elasticity=DEFAULT_SET,
        regions={"EU27": EU27, REST: ()},
        services=(SERVICES,),
        origin=origin,
        adjustments=(made,),
        name=name,
        year=year,
    )


def _union(countries: tuple[str, ...]) -> tuple[Floats, list[str]]:
    """Return the 0/1 matrix, member × country, and the members in order, the rest last."""
    home = ["EU27" if code in EU27 else code for code in countries]
    members = [*sorted(set(home) - {REST}), REST]
    matrix = np.zeros((len(members), len(countries)))
    matrix[[members.index(code) for code in home], np.arange(len(countries))] = 1.0
    return matrix, members


def _npz(path: str | Path, wanted: tuple[str, ...]) -> tuple[dict[str, NDArray[np.generic]], str]:
    source = Path(path)
    try:
        with source.open("rb") as handle, np.load(handle, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        checksum = hashlib.sha256(source.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise SourceError(f"{source} does not exist") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise SourceError(f"{source} is truncated or not a NumPy archive: {error}") from error
    missing = [key for key in wanted if key not in arrays]
    if missing:
        raise SourceError(
            f"{source} has no array {missing[0]!r}; it holds {', '.join(sorted(arrays))}"
        )
    return arrays, f"sha256:{checksum}"

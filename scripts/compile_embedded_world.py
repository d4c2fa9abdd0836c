"""Compile the world that comes with the package from its publishers' figures.

    python scripts/compile_embedded_world.py DATA_FOLDER

DATA_FOLDER holds ``icio/icio_2022.npz``, ``icio/io_use_2022.npz`` and ``macro/*.csv``. The result,
``src/bandung/world/data/embedded``, is a table of figures rounded to five significant digits;
no source file is copied. Run it again after a change: the same sources give the same world.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

import numpy as np
import polars as pl

from bandung import Origin
from bandung.codes import countries
from bandung.world.sources.icio_cubes import (
    EU27,
    LAST_TARIFFS,
    origin_of,
    read_cube,
    read_input_use,
    world_from_cubes,
)

YEAR = 2022
CO2_YEAR = 2020
DIGITS = 5
CARBON_TO_CO2 = 44.0 / 12.0
TARGET = Path(__file__).resolve().parents[1] / "src/bandung/world/data/embedded"

# CDIAC names that are neither ISO nor CLDR names, for the members of this world.
CDIAC_NAMES = {
    "BRUNEI (DARUSSALAM)": "BRN",
    "CHINA (MAINLAND)": "CHN",
    "COTE D IVOIRE": "CIV",
    "CZECH REPUBLIC": "CZE",
    "DEMOCRATIC REPUBLIC OF THE CONGO (FORMERLY ZAIRE)": "COD",
    "FRANCE (INCLUDING MONACO)": "FRA",
    "HONG KONG SPECIAL ADMINSTRATIVE REGION OF CHINA": "HKG",
    "ITALY (INCLUDING SAN MARINO)": "ITA",
    "LAO PEOPLE S DEMOCRATIC REPUBLIC": "LAO",
    "MYANMAR (FORMERLY BURMA)": "MMR",
    "REPUBLIC OF CAMEROON": "CMR",
    "REPUBLIC OF KOREA": "KOR",
    "RUSSIAN FEDERATION": "RUS",
    "SAO TOME & PRINCIPE": "STP",
    "TURKEY": "TUR",
    "UNITED KINGDOM": "GBR",
    "UNITED STATES OF AMERICA": "USA",
    "VIET NAM": "VNM",
}


def main(data: Path) -> None:
    """Compile, round, write, and say what came out."""
    cube = read_cube(data / "icio" / f"icio_{YEAR}.npz")
    inputs = read_input_use(data / "icio" / f"io_use_{YEAR}.npz")
    world = world_from_cubes(
        cube,
        inputs,
        year=YEAR,
        name="embedded",
        origin=_origin(f"{cube.checksum} {inputs.checksum}"),
    )
    satellites, origins = _satellites(world.members, data / "macro")
    rounded = world.replace(
        trade_value=_round(world.trade_value),
        tariff=_round(world.tariff),
        input_share=_round(world.input_share),
        elasticity_sets={key: _round(value) for key, value in world.elasticity_sets.items()},
        satellites={key: _round(value) for key, value in satellites.items()},
        satellite_origins=origins,
    )
    if TARGET.exists():
        shutil.rmtree(TARGET)
    rounded.to_parquet(TARGET)
    size = sum(path.stat().st_size for path in TARGET.iterdir())
    print(rounded, f"{size / 1e6:.2f} MB", *rounded.adjustments, sep="\n")


def _round(array: np.ndarray) -> np.ndarray:
    """Round to five significant digits."""
    return np.vectorize(lambda value: float(f"{value:.{DIGITS - 1}e}"))(array)


def _origin(checksum: str) -> Origin:
    return origin_of(
        checksum,
        year=YEAR,
        tariff_year=LAST_TARIFFS,
        inputs="input shares are input use over output, those of the rest of the world the others' "
        "mean weighted by output; rounded to five significant digits",
    )


def _satellites(
    members: tuple[str, ...], macro: Path
) -> tuple[dict[str, np.ndarray], dict[str, Origin]]:
    gdp = _world_bank(macro / "gdp_current_usd.csv")
    population = _world_bank(macro / "population.csv")
    co2 = _cdiac(macro / "co2_fossil_by_nation.csv")
    values = {
        "gdp_musd": _by_member(members, gdp, gdp["WLD"]) / 1e6,
        "population": _by_member(members, population, population["WLD"]),
        "co2_kt": _by_member(members, co2, sum(co2.values())),
    }
    bank = {
        "publisher": "World Bank",
        "vintage": f"{YEAR}, as collected in the open data packages gdp and population",
        "licence": "CC BY 4.0",
        "citation": "World Bank, World Development Indicators",
        "note": "Rest of the world: the world's total less the members named.",
    }
    origins = {
        "gdp_musd": Origin(
            title="GDP, current USD", checksum=_sha(macro / "gdp_current_usd.csv"), **bank
        ),
        "population": Origin(title="Population", checksum=_sha(macro / "population.csv"), **bank),
        "co2_kt": Origin(
            publisher="Carbon Dioxide Information Analysis Center, Appalachian State University",
            title="CO2 from fossil fuels, cement and gas flaring, by nation",
            vintage=f"{CO2_YEAR}, the latest year published",
            licence="PDDL (as collected)",
            citation="Gilfillan & Marland, CDIAC-FF: global and national CO2 emissions",
            checksum=_sha(macro / "co2_fossil_by_nation.csv"),
            note=f"Thousand tonnes of carbon × 44/12, the year {CO2_YEAR} standing for {YEAR}.",
        ),
    }
    return values, origins


def _world_bank(path: Path) -> dict[str, float]:
    table = pl.read_csv(path).filter(pl.col("Year") == YEAR)
    return dict(zip(table["Country Code"], table["Value"], strict=True))


def _cdiac(path: Path) -> dict[str, float]:
    table = pl.read_csv(path, infer_schema_length=None).filter(pl.col("Year") == CO2_YEAR)
    found: dict[str, float] = {}
    for label, carbon in zip(table["Country"], table["Total"], strict=True):
        code = CDIAC_NAMES.get(label)
        if code is None:
            try:
                code = countries.parse(label)
            except ValueError:
                code = label  # outside this world: counts in the rest
        found[code] = found.get(code, 0.0) + float(carbon) * CARBON_TO_CO2
    return found


def _by_member(members: tuple[str, ...], figures: dict[str, float], total: float) -> np.ndarray:
    values = np.array(
        [
            sum(figures[code] for code in EU27) if member == "EU27" else figures.get(member, np.nan)
            for member in members
        ]
    )
    rest = members.index("ROW")
    values[rest] = total - np.nansum(np.delete(values, rest))
    return values


def _sha(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))

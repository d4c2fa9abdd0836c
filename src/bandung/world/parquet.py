"""A world as a folder of Parquet tables: written whole or not at all, checked when read.

``trade`` and ``inputs`` hold the cells that are not zero, one row each, so that DuckDB, Polars
or R read them as they are; ``world.json`` holds what is not a table.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bandung.errors import SourceError, StoreError
from bandung.world.cells import positions
from bandung.world.model import World
from bandung.world.origin import Adjustment, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bandung.world.model import Bools, Floats

FORMAT = "bandung-world"
VERSION = 1
TABLES = ("members", "sectors", "trade", "inputs", "domestic_unknown")
_THETA = "theta_"


def write(world: World, folder: str | Path) -> Path:
    """Write a world to a new folder.

    Raises
    ------
    StoreError
        When the folder exists or cannot be written; nothing is left behind.
    """
    target = Path(folder)
    if target.exists():
        raise StoreError(f"{target} exists; choose another folder or remove it first")
    part: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
        for name, table in _tables(world).items():
            table.write_parquet(part / f"{name}.parquet", compression="zstd", compression_level=19)
        text = json.dumps(_facts(world), ensure_ascii=False, indent=1)
        (part / "world.json").write_text(text + "\n", encoding="utf-8")
        part.chmod(0o755)
        part.rename(target)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StoreError(f"{target} cannot be written: {error}") from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
    return target


def read(folder: str | Path) -> World:
    """Read a world back and check that it is the one that was written.

    Raises
    ------
    SourceError
        When a table is missing, truncated or foreign, or the checksum differs.
    """
    source = Path(folder)
    try:
        facts = json.loads((source / "world.json").read_text(encoding="utf-8"))
        tables = {name: pl.read_parquet(source / f"{name}.parquet") for name in TABLES}
    except FileNotFoundError as error:
        raise SourceError(f"{source} is not a world: {Path(error.filename).name} is missing") from (
            error
        )
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{source} is not a world that can be read: {error}") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise SourceError(f"{source / 'world.json'} does not describe a world")
    if facts["version"] > VERSION:
        raise SourceError(
            f"{source} is of version {facts['version']}; this bandung reads up to {VERSION}: update"
        )
    try:
        world = _assemble(facts, tables)
    except (KeyError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{source} lacks a part of a world: {error}") from error
    if world.checksum != facts["checksum"]:
        raise SourceError(
            f"{source} was changed after it was written: its figures have checksum "
            f"{world.checksum}, world.json says {facts['checksum']}; add it again"
        )
    return world


def _tables(world: World) -> dict[str, pl.DataFrame]:
    members, sectors = world.members, world.sectors
    kept = (world.trade_value != 0) | (world.tariff != 0)
    used = world.input_share != 0
    unknown = ~world.domestic_known
    return {
        "members": pl.DataFrame({"member": members, **world.satellites}),
        "sectors": pl.DataFrame(
            {
                "sector": sectors,
                "trade_elasticity": world.trade_elasticity,
                **{_THETA + key: value for key, value in world.elasticity_sets.items()},
            }
        ),
        "trade": _long(
            kept,
            {"origin": members, "destination": members, "sector": sectors},
            {"trade_value": world.trade_value, "tariff": world.tariff},
        ),
        "inputs": _long(
            used,
            {"member": members, "input_sector": sectors, "sector": sectors},
            {"input_share": world.input_share},
        ),
        "domestic_unknown": _long(unknown, {"member": members, "sector": sectors}, {}),
    }


def _long(mask: Bools, axes: dict[str, Sequence[str]], values: dict[str, Floats]) -> pl.DataFrame:
    where = np.nonzero(mask)
    labels = {
        name: pl.Series(name, where[axis].astype(np.uint32)).cast(pl.UInt32)
        for axis, name in enumerate(axes)
    }
    frame = pl.DataFrame({**labels, **{name: array[where] for name, array in values.items()}})
    return frame.with_columns(
        pl.lit(pl.Series(name, axes[name], dtype=pl.String)).gather(pl.col(name)).alias(name)
        if frame.height
        else pl.col(name).cast(pl.String)
        for name in axes
    )


def _facts(world: World) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": world.name,
        "year": world.year,
        "checksum": world.checksum,
        "elasticities": world.elasticities,
        "services": list(world.services),
        "regions": {code: list(parts) for code, parts in world.regions.items()},
        "origin": world.origin.to_dict(),
        "satellite_origins": {
            key: origin.to_dict() for key, origin in world.satellite_origins.items()
        },
        "adjustments": [adjustment.to_dict() for adjustment in world.adjustments],
    }


def _assemble(facts: dict[str, Any], tables: dict[str, pl.DataFrame]) -> World:
    members = tables["members"]["member"].to_list()
    sectors = tables["sectors"]["sector"].to_list()
    sets = {
        column.removeprefix(_THETA): tables["sectors"][column].to_numpy()
        for column in tables["sectors"].columns
        if column.startswith(_THETA)
    }
    n, j = len(members), len(sectors)
    trade, tariff = np.zeros((n, n, j)), np.zeros((n, n, j))
    inputs = np.zeros((n, j, j))
    known = np.ones((n, j), dtype=bool)
    at = positions(tables["trade"], {"origin": members, "destination": members, "sector": sectors})
    trade[at] = tables["trade"]["trade_value"].to_numpy()
    tariff[at] = tables["trade"]["tariff"].to_numpy()
    at = positions(
        tables["inputs"], {"member": members, "input_sector": sectors, "sector": sectors}
    )
    inputs[at] = tables["inputs"]["input_share"].to_numpy()
    known[positions(tables["domestic_unknown"], {"member": members, "sector": sectors})] = False
    world = World.from_arrays(
        members=members,
        sectors=sectors,
        trade_value=trade,
        tariff=tariff,
        input_share=inputs,
        trade_elasticity=facts["elasticities"]
        if facts["elasticities"] in sets
        else tables["sectors"]["trade_elasticity"].to_numpy(),
        elasticity_sets=sets,
        regions=facts["regions"],
        services=facts["services"],
        domestic_known=known,
        satellites={
            column: tables["members"][column].to_numpy()
            for column in tables["members"].columns
            if column != "member"
        },
        origin=Origin.from_dict(facts["origin"]),
        satellite_origins={
            key: Origin.from_dict(record) for key, record in facts["satellite_origins"].items()
        },
        adjustments=[Adjustment(**record) for record in facts["adjustments"]],
        name=facts["name"],
        year=facts["year"],
    )
    return dataclasses.replace(world, elasticities=facts["elasticities"])

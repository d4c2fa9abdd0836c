"""USITC International Trade and Production Database for Estimation (ITPD-E), CSV or Parquet.

One row is a flow: exporter, importer, industry (170), year, million current USD. A row with the
same economy on both sides is its domestic sales, there only where production is known. The
database has no input use and no tariffs.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from bandung.codes import sectors as sector_codes
from bandung.world import harmonise
from bandung.world.cells import positions
from bandung.world.harmonise import LINE, Codes, Rule
from bandung.world.model import World
from bandung.world.origin import Adjustment, Origin

if TYPE_CHECKING:
    from bandung.world.model import Bools

SOURCE = "itpd-e"
EXPORTER, IMPORTER, INDUSTRY, YEAR, TRADE = COLUMNS = (
    "exporter_iso3",
    "importer_iso3",
    "industry_id",
    "year",
    "trade",
)
SERVICES = "Services"
INDUSTRIES = sector_codes.broad_sectors("ITPD170")
KEY = ["origin", "destination", "sector"]


def read_world(path: str | Path, *, name: str = "itpd-e", year: int | None = None) -> World:
    """Read the world of one year: 170 industries, every economy in the file.

    Parameters
    ----------
    path
        The publisher's CSV, or the same columns as Parquet.
    year
        Which year to read; needed when the file holds several.

    Raises
    ------
    SourceError
        For a file that is truncated or foreign, or has bad rows.

    References
    ----------
    Borchert, Larch, Shikher & Yotov (2022), USITC Working Paper 2022-07-A.
    """
    file = Path(path)
    rows, chosen = harmonise.rows_of_year(file, COLUMNS, YEAR, year)
    given = {*rows[EXPORTER].unique().drop_nulls(), *rows[IMPORTER].unique().drop_nulls()}
    codes = harmonise.match_codes(SOURCE, given, unlisted_regions=True)
    _refuse(file, rows, codes)
    flows, dropped = _once(_flows(rows, codes), codes)
    members = sorted(set(flows["origin"].unique()) | set(flows["destination"].unique()))
    sectors = list(INDUSTRIES)
    return World.from_arrays(
        members=members,
        sectors=sectors,
        trade_value=harmonise.fill_trade(flows, members, sectors),
        regions={code: parts for code, parts in codes.regions.items() if code in members},
        services=[code for code, broad in INDUSTRIES.items() if broad == SERVICES],
        domestic_known=_domestic_known(flows, members, sectors),
        origin=_origin(file, chosen),
        adjustments=(*codes.adjustments, *dropped),
        name=name,
        year=chosen,
    )


def _refuse(path: Path, rows: pl.DataFrame, codes: Codes) -> None:
    industry = harmonise.whole(INDUSTRY)
    named = [harmonise.whole(column).is_not_null() for column in (INDUSTRY, YEAR)]
    flow = pl.struct(EXPORTER, IMPORTER, industry)
    rules = [
        *(
            Rule(column, ~pl.col(column).is_in(list(codes.member)).fill_null(value=False),
                 "is no country code")
            for column in (EXPORTER, IMPORTER)
        ),
        Rule(INDUSTRY, ~industry.is_between(1, len(INDUSTRIES)).fill_null(value=False),
             f"is not one of the industries 1 to {len(INDUSTRIES)}"),
        Rule(YEAR, harmonise.whole(YEAR).is_null(), "is no year"),
        Rule(TRADE, harmonise.not_a_value(TRADE), "is not a number of at least 0"),
        Rule(EXPORTER, named[0] & named[1] & ~flow.is_first_distinct(),
             "gives a flow that an earlier line has given"),
    ]  # fmt: skip
    harmonise.refuse_rows(path, rows, rules)


def _flows(rows: pl.DataFrame, codes: Codes) -> pl.DataFrame:
    """Name origin, destination and sector as the world does; `own` is false for corrected codes."""
    labels = {i + 1: code for i, code in enumerate(INDUSTRIES)}
    return rows.select(
        pl.col(LINE),
        pl.col(EXPORTER).replace_strict(dict(codes.member)).alias("origin"),
        pl.col(IMPORTER).replace_strict(dict(codes.member)).alias("destination"),
        harmonise.whole(INDUSTRY).replace_strict(labels, return_dtype=pl.String).alias("sector"),
        harmonise.number(TRADE).alias("value"),
        own=~(
            pl.col(EXPORTER).is_in(list(codes.corrected))
            | pl.col(IMPORTER).is_in(list(codes.corrected))
        ),
    )


def _once(flows: pl.DataFrame, codes: Codes) -> tuple[pl.DataFrame, list[Adjustment]]:
    """Count a flow once when the file states it under a corrected code and the right one too."""
    if flows["own"].all():
        return flows, []
    stated = flows.filter("own").select(*KEY, "value")
    again = flows.filter(~pl.col("own")).join(stated, on=[*KEY, "value"], how="semi")
    if again.is_empty():
        return flows, []
    note = Adjustment(
        what="trade_value, flows stated twice (million USD)",
        where=f"{again.height} rows of {', '.join(codes.corrected)}",
        was=float(again["value"].sum()),
        now=0.0,
        why="the same flows, with the same values, stand under the code of today as well",
    )
    return flows.join(again, on=LINE, how="anti"), [note]


def _domestic_known(flows: pl.DataFrame, members: list[str], sectors: list[str]) -> Bools:
    known = np.zeros((len(members), len(sectors)), dtype=bool)
    own = flows.filter(pl.col("origin") == pl.col("destination"))
    known[positions(own, {"origin": members, "sector": sectors})] = True
    return known


def _origin(path: Path, year: int) -> Origin:
    release = re.search(r"_?r(\d{2})(?=\D|$)", path.stem, flags=re.IGNORECASE)
    stated = f"release {int(release[1])}" if release else "release not stated in the file's name"
    return Origin(
        publisher="United States International Trade Commission (USITC)",
        title=f"International Trade and Production Database for Estimation (ITPD-E), {year}",
        vintage=stated,
        licence="published by the United States government for free use; the USITC asks to be "
        "cited",
        citation="Borchert, I., Larch, M., Shikher, S., & Yotov, Y. V. (2022), The International "
        "Trade and Production Database for Estimation – Release 2, USITC Working Paper 2022-07-A",
        checksum=harmonise.checksum(path),
        note="Flows between economies and domestic sales where the source has them; no input use "
        "and no tariffs (both are zero); trade elasticity 4 in every industry.",
    )

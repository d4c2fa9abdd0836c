"""CEPII BACI: goods trade by product, CSV or Parquet, and the same in total as a matrix.

A row is ``t`` year, ``i`` exporter, ``j`` importer (UN M49 codes), ``k`` HS product of six
digits, ``v`` thousand current USD; ``q``, tonnes, is not needed. BACI has no domestic sales, no
input use and no tariffs. With GDP, domestic sales of a one-sector world are taken as GDP less
exports; that is an assumption, recorded with the world.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
import pycountry

from bandung.errors import InputError, SourceError
from bandung.world import harmonise
from bandung.world.harmonise import LINE, Codes, Rule
from bandung.world.model import World
from bandung.world.origin import Adjustment, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bandung.world.model import Bools, Floats

SOURCE = "baci"
YEAR, EXPORTER, IMPORTER, PRODUCT, VALUE = COLUMNS = ("t", "i", "j", "k", "v")
GDP_COLUMNS = ("iso3", "gdp")
TOTAL = "TOTAL"
LABELS, MATRIX, GDP = "country_labels.csv", "trade_cepii.csv", "gdp.csv"
THOUSAND_TO_MILLION = 1e-3
USD_TO_MILLION = 1e-6


@cache
def m49() -> Mapping[str, str]:
    """Return UN M49 number (without leading zeros) → ISO alpha-3.

    Examples
    --------
    >>> m49()["4"], m49()["710"]
    ('AFG', 'ZAF')
    """
    return {str(int(country.numeric)): country.alpha_3 for country in pycountry.countries}


def read_world(
    path: str | Path,
    *,
    name: str = "baci",
    year: int | None = None,
    by: Literal["hs2", "total"] = "hs2",
    gdp: str | Path | None = None,
) -> World:
    """Read the goods trade of a year.

    Parameters
    ----------
    path
        The publisher's CSV of a year, or the same columns as Parquet; or a folder of totals
        (see :func:`read_totals`).
    by
        ``"hs2"``: a sector for each HS chapter, ``HS01`` …; ``"total"``: one sector, ``TOTAL``.
    gdp
        CSV with columns ``iso3`` and ``gdp`` (current USD), for domestic sales by GDP − exports;
        only with ``by="total"``.

    Raises
    ------
    SourceError
        For a file that is truncated or foreign, or has bad rows.

    References
    ----------
    Gaulier & Zignago (2010), CEPII Working Paper 2010-23.
    """
    file = Path(path)
    if by not in {"hs2", "total"}:
        raise InputError(f"by={by!r} is neither 'hs2' (HS chapters) nor 'total' (one sector)")
    if gdp is not None and by != "total":
        raise InputError(
            "GDP gives domestic sales in total, not by HS chapter: use it with --by total"
        )
    if file.is_dir():
        return read_totals(file, name=name, year=year)
    rows, chosen = harmonise.rows_of_year(file, COLUMNS, YEAR, year)
    rows = rows.with_columns(
        harmonise.whole(column).cast(pl.String).fill_null(pl.col(column)).alias(column)
        for column in (EXPORTER, IMPORTER)
    )
    given = {*rows[EXPORTER].unique().drop_nulls(), *rows[IMPORTER].unique().drop_nulls()}
    codes = harmonise.match_codes(SOURCE, given, iso=m49())
    _refuse(file, rows, codes)
    flows = _flows(rows, codes, by)
    members = sorted(set(flows["origin"].unique()) | set(flows["destination"].unique()))
    sectors = sorted(flows["sector"].unique())
    trade = harmonise.fill_trade(flows, members, sectors)
    return _world(
        trade,
        members,
        sectors,
        gdp=None if gdp is None else _read_gdp(Path(gdp)),
        gdp_origin=None if gdp is None else _given_gdp(Path(gdp)),
        origin=_origin(file, chosen),
        codes=codes,
        name=name,
        year=chosen,
    )


def read_totals(folder: str | Path, *, name: str = "baci", year: int | None = None) -> World:
    """Read total goods trade as a matrix, with GDP, as a world of one sector.

    Parameters
    ----------
    folder
        Holds ``country_labels.csv`` (column ``iso3``, in the order of the matrix),
        ``trade_cepii.csv`` (rows exporters, columns importers, thousand USD, empty where there is
        none) and ``gdp.csv`` (column ``gdp``, USD, in the same order).
    year
        Year of the figures; default: the year at the end of the folder's name.

    Raises
    ------
    SourceError
        When a file is missing, the sizes differ or a value is no number.
    """
    home = Path(folder)
    found = re.search(r"(\d{4})$", home.resolve().name)
    if year is None and not found:
        raise SourceError(f"{home} does not say its year: give it, as in --year 2023")
    chosen = year if year is not None else int(found[1] if found else 0)
    labels = harmonise.collect(home / LABELS, harmonise.scan(home / LABELS, ["iso3"]))
    iso3 = labels["iso3"].to_list()
    codes = harmonise.match_codes(SOURCE, [code for code in iso3 if code])
    unknown = Rule("iso3", ~pl.col("iso3").is_in(list(codes.member)).fill_null(value=False),
                   "is no country code")  # fmt: skip
    harmonise.refuse_rows(home / LABELS, labels, [unknown])
    size = len(iso3)
    trade = _numbers(home / MATRIX, (size, size), empty=0.0) * THOUSAND_TO_MILLION
    gdp = _numbers(home / GDP, (size, 1), empty=np.nan)[:, 0]
    return _world(
        trade[:, :, None],
        [codes.member[code] for code in iso3],
        [TOTAL],
        gdp=dict(zip(iso3, gdp.tolist(), strict=True)),
        gdp_origin=Origin(
            publisher="World Bank",
            title=f"GDP, current USD, {chosen}",
            vintage="as collected with the trade matrix",
            licence="CC BY 4.0",
            citation="World Bank, World Development Indicators",
            checksum=harmonise.checksum(home / GDP),
        ),
        origin=replace(
            _origin(home / MATRIX, chosen),
            checksum=" ".join(harmonise.checksum(home / part) for part in (MATRIX, LABELS)),
        ),
        codes=codes,
        name=name,
        year=chosen,
    )


def _world(  # noqa: PLR0913 - figures and where each comes from
    trade: Floats,
    members: list[str],
    sectors: list[str],
    *,
    gdp: Mapping[str, float] | None,
    gdp_origin: Origin | None,
    origin: Origin,
    codes: Codes,
    name: str,
    year: int,
) -> World:
    known = np.zeros((len(members), len(sectors)), dtype=bool)
    made: list[Adjustment] = []
    beside: dict[str, Floats] = {}
    if gdp is not None:
        beside["gdp_musd"] = np.array([gdp.get(code, np.nan) for code in members]) * USD_TO_MILLION
        trade, known, made = _domestic_from_gdp(trade, members, beside["gdp_musd"])
    return World.from_arrays(
        members=members,
        sectors=sectors,
        trade_value=trade,
        regions=codes.regions,
        domestic_known=known,
        satellites=beside,
        satellite_origins={} if gdp_origin is None else {"gdp_musd": gdp_origin},
        origin=origin,
        adjustments=(*codes.adjustments, *made),
        name=name,
        year=year,
    )


def _domestic_from_gdp(
    trade: Floats, members: list[str], gdp: Floats
) -> tuple[Floats, Bools, list[Adjustment]]:
    """Domestic sales = GDP − exports where that is positive; elsewhere 0, and unknown."""
    diagonal = np.arange(len(members))
    trade = trade.copy()
    trade[diagonal, diagonal, 0] = 0.0
    exports = trade[:, :, 0].sum(axis=1)
    rest = gdp - exports
    known = np.isfinite(rest) & (rest > 0)
    trade[diagonal, diagonal, 0] = np.where(known, rest, 0.0)
    made = [
        Adjustment(
            what="trade_value, domestic sales (million USD)",
            where=f"{int(known.sum())} members with GDP above exports",
            was=None,
            now=float(rest[known].sum()),
            why="the source has no domestic sales; they are taken as GDP less goods exports",
        )
    ]
    for i in np.flatnonzero(~known):
        has_gdp = bool(np.isfinite(gdp[i]))
        made.append(
            Adjustment(
                what="trade_value, domestic sales (million USD)",
                where=f"member {members[i]}",
                was=float(rest[i]) if has_gdp else None,
                now=0.0,
                why="goods exports exceed GDP (goods passing through), so domestic sales are "
                "unknown"
                if has_gdp
                else "no GDP is given, so domestic sales are unknown",
            )
        )
    return trade, known[:, None], made


def _refuse(path: Path, rows: pl.DataFrame, codes: Codes) -> None:
    product = harmonise.whole(PRODUCT)
    flow = pl.struct(EXPORTER, IMPORTER, product)
    rules = [
        *(
            Rule(column, ~pl.col(column).is_in(list(codes.member)).fill_null(value=False),
                 "is no M49 country code")
            for column in (EXPORTER, IMPORTER)
        ),
        Rule(PRODUCT, ~product.is_between(10_000, 999_999).fill_null(value=False),
             "is no HS code of six digits"),
        Rule(YEAR, harmonise.whole(YEAR).is_null(), "is no year"),
        Rule(VALUE, harmonise.not_a_value(VALUE), "is not a number of at least 0"),
        Rule(PRODUCT, product.is_not_null() & ~flow.is_first_distinct(),
             "of this exporter and importer was given by an earlier line"),
    ]  # fmt: skip
    harmonise.refuse_rows(path, rows, rules)


def _flows(rows: pl.DataFrame, codes: Codes, by: str) -> pl.DataFrame:
    chapter = (harmonise.whole(PRODUCT) // 10_000).cast(pl.String).str.zfill(2)
    return rows.select(
        pl.col(LINE),
        pl.col(EXPORTER).replace_strict(dict(codes.member)).alias("origin"),
        pl.col(IMPORTER).replace_strict(dict(codes.member)).alias("destination"),
        (pl.lit("HS") + chapter if by == "hs2" else pl.lit(TOTAL)).alias("sector"),
        (harmonise.number(VALUE) * THOUSAND_TO_MILLION).alias("value"),
    )


def _read_gdp(path: Path) -> dict[str, float]:
    """Read GDP by ISO code, USD; an empty figure is unknown."""
    rows = harmonise.collect(path, harmonise.scan(path, GDP_COLUMNS))
    codes = harmonise.match_codes(SOURCE, rows["iso3"].drop_nulls())
    empty = pl.col("gdp").is_null() | (pl.col("gdp") == "")
    rules = [
        Rule("iso3", ~pl.col("iso3").is_in(list(codes.member)).fill_null(value=False),
             "is no ISO alpha-3 code"),
        Rule("iso3", ~pl.col("iso3").is_first_distinct(), "is given twice"),
        Rule("gdp", ~empty & harmonise.not_a_value("gdp"), "is not a number of at least 0"),
    ]  # fmt: skip
    harmonise.refuse_rows(path, rows, rules)
    stated = rows.filter(~empty).select("iso3", harmonise.number("gdp"))
    return dict(stated.iter_rows())


def _numbers(path: Path, shape: tuple[int, int], *, empty: float) -> Floats:
    """Read a whole CSV of figures; an empty field is `empty`."""
    names = harmonise.csv_header(path)
    if len(names) != shape[1]:
        raise SourceError(f"{path} has {len(names)} columns (line 1); {shape[1]} are needed")
    rows = harmonise.collect(path, harmonise.scan(path, names))
    blank = {name: pl.col(name).is_null() | (pl.col(name) == "") for name in names}
    rules = [
        Rule(name, ~blank[name] & harmonise.not_a_value(name), "is not a number of at least 0")
        for name in names
    ]
    harmonise.refuse_rows(path, rows, rules)
    if rows.height != shape[0]:
        raise SourceError(f"{path} has {rows.height} rows of figures; {shape[0]} are needed")
    values = rows.select(
        pl.when(blank[name]).then(empty).otherwise(harmonise.number(name)).alias(name)
        for name in names
    )
    return values.to_numpy().astype(np.float64)


def _origin(path: Path, year: int) -> Origin:
    release = re.search(r"_(HS\d\d)_Y\d{4}_(V\d{6}\w?)", path.stem, flags=re.IGNORECASE)
    return Origin(
        publisher="Centre d'études prospectives et d'informations internationales (CEPII)",
        title=f"BACI: International Trade Database at the Product Level, {year}",
        vintage=f"{release[2]}, {release[1]}" if release else "not stated in the file's name",
        licence="Etalab open licence 2.0",
        citation="Gaulier, G. & Zignago, S. (2010), BACI: International Trade Database at the "
        "Product-Level. The 1994–2007 Version, CEPII Working Paper 2010-23",
        checksum=harmonise.checksum(path),
        note="Goods only; no input use and no tariffs (both are zero); domestic sales are unknown "
        "unless GDP is given; trade elasticity 4.",
    )


def _given_gdp(path: Path) -> Origin:
    return Origin(
        publisher="given by the user",
        title="GDP, current USD",
        vintage="",
        licence="",
        citation="",
        checksum=harmonise.checksum(path),
    )

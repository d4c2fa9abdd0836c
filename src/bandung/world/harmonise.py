"""What all sources share on the way from a publisher's rows to a world: codes and refusals.

Corrections are data (``data/corrections.csv``): a source's code, what it becomes, and why.
``becomes`` is an ISO code, or ``REGION=AAA BBB``: a region under that code, made of those
countries (of none that can be named, when nothing follows the sign).
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from bandung.codes import countries
from bandung.errors import SourceError
from bandung.world.cells import positions
from bandung.world.origin import Adjustment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from bandung.world.model import Floats

LINE = "line"
LISTED = 10
"""How many bad values a refusal names; the rest are counted."""
MEND = "Mend or drop these rows and add the file again; nothing was added."
TAIL = 1 << 20
"""Bytes read from a file's end to see whether its last line is whole."""
MAX_INPUT_SHARE = 0.99
"""Where a source's inputs reach a sector's output, they are scaled to leave this much value added.

A world needs some value added in every sector that sells (β > 0); published tables have a few
small sectors, kept up by subsidies, where there is none.
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """One line of the list: a source's `code` becomes `member`, made of `parts` if a region."""

    code: str
    member: str
    parts: tuple[str, ...] | None
    reason: str


@dataclass(frozen=True, slots=True)
class Codes:
    """A source's codes as members of a world.

    Attributes
    ----------
    member : mapping of str to str
        Source code → member; codes that nobody knows are not in it.
    corrected : tuple of str
        Source codes that became another country's code.
    regions : mapping of str to tuple of str
        Members that are not one country, with what they are made of.
    adjustments : tuple of Adjustment
        One for each code that was corrected, with the reason.
    """

    member: Mapping[str, str]
    corrected: tuple[str, ...]
    regions: Mapping[str, tuple[str, ...]]
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for the values of a column: rows where `broken` holds are bad."""

    column: str
    broken: pl.Expr
    text: str


@cache
def corrections(source: str) -> Mapping[str, Correction]:
    """Return the corrections of a source, by code.

    Examples
    --------
    >>> corrections("baci")["699"].member
    'IND'
    """
    path = files("bandung.world") / "data" / "corrections.csv"
    found = {}
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        if row["source"] == source:
            member, sign, parts = row["becomes"].partition("=")
            found[row["code"]] = Correction(
                row["code"], member, tuple(parts.split()) if sign else None, row["reason"]
            )
    return found


def match_codes(
    source: str,
    given: Iterable[str],
    *,
    iso: Mapping[str, str] | None = None,
    unlisted_regions: bool = False,
) -> Codes:
    """Match a source's codes with members: corrections first, then ISO 3166-1.

    Parameters
    ----------
    source
        Name in the list of corrections.
    given
        The codes in the file.
    iso
        Source code → ISO alpha-3, where the source writes codes another way.
    unlisted_regions
        Keep a code of three capital letters that nobody knows as a region, and record it.
    """
    known, member, regions = corrections(source), {}, {}
    corrected, made = [], []
    for code in sorted(set(given)):
        if code in known:
            fix = known[code]
            member[code] = fix.member
            if fix.parts is None:
                corrected.append(code)
            else:
                regions[fix.member] = fix.parts
            where = code if code == fix.member else f"{code} → {fix.member}"
            made.append(Adjustment("member code", where, None, None, fix.reason))
        elif iso is not None and code in iso:
            member[code] = iso[code]
        elif iso is None and countries.is_code(code):
            member[code] = code
        elif unlisted_regions and len(code) == 3 and code.isascii() and code.isupper():
            member[code], regions[code] = code, ()
            why = "neither ISO 3166-1 nor the list of corrections has it; it stays a region"
            made.append(Adjustment("member code", code, None, None, why))
    return Codes(member, tuple(corrected), regions, tuple(made))


def checksum(path: Path) -> str:
    """Return ``sha256:…`` of a file."""
    try:
        with path.open("rb") as handle:
            return f"sha256:{hashlib.file_digest(handle, 'sha256').hexdigest()}"
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error


def csv_header(path: Path) -> list[str]:
    """Return the column names of a CSV file whose last line is whole.

    Raises
    ------
    SourceError
        When the file is missing, empty, not text, or its last line is cut short.
    """
    try:
        with path.open("rb") as handle:
            first = handle.readline(TAIL)
            handle.seek(0, 2)
            size = handle.tell()
            handle.seek(max(0, size - TAIL))
            tail = handle.read()
    except FileNotFoundError:
        raise SourceError(f"{path} does not exist") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    if not first.strip():
        raise SourceError(f"{path} is empty; download it again")
    try:
        names = next(csv.reader([first.decode("utf-8-sig").rstrip("\r\n")]))
        last = tail.rstrip(b"\r\n").rsplit(b"\n", 1)[-1].decode("utf-8", errors="replace")
    except (UnicodeDecodeError, csv.Error):
        raise SourceError(f"{path} is not a CSV file: line 1 is not text in UTF-8") from None
    fields = len(next(csv.reader([last]), []))
    if size > len(first) and fields != len(names):
        raise SourceError(
            f"{path} is cut short: its last line has {fields} fields, its header {len(names)}; "
            "download it again"
        )
    return [name.strip() for name in names]


def scan(path: Path, wanted: Sequence[str]) -> pl.LazyFrame:
    """Open a CSV or Parquet file lazily, its line numbers in `LINE`, its values as text.

    Raises
    ------
    SourceError
        When it cannot be opened or lacks a column.
    """
    if path.suffix == ".parquet":
        try:
            frame = pl.scan_parquet(path, row_index_name=LINE, row_index_offset=1)
            names = [name for name in frame.collect_schema().names() if name != LINE]
        except FileNotFoundError:
            raise SourceError(f"{path} does not exist") from None
        except (OSError, pl.exceptions.PolarsError) as error:
            raise SourceError(f"{path} is truncated or not a Parquet file: {error}") from error
    else:
        names = csv_header(path)
        _refuse_missing(path, wanted, names)
        frame = pl.scan_csv(
            path,
            infer_schema=False,
            row_index_name=LINE,
            row_index_offset=2,
            new_columns=names,
        )
    _refuse_missing(path, wanted, names)
    text = [pl.col(name).cast(pl.String).str.strip_chars() for name in wanted]
    return frame.select(pl.col(LINE).cast(pl.Int64), *text)


def collect(path: Path, frame: pl.LazyFrame) -> pl.DataFrame:
    """Read what was asked for; a file that breaks on the way is refused."""
    try:
        return frame.collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(
            f"{path} cannot be read to its end: {error}; download it again"
        ) from error


def choose_year(path: Path, frame: pl.LazyFrame, column: str, year: int | None) -> int:
    """Return the year to read: the one asked for if the file has it, or the only one there is.

    Raises
    ------
    SourceError
        When there are several and none was chosen, or the chosen one is not there.
    """
    found = collect(path, frame.select(whole(column)).unique())[column].drop_nulls()
    years = sorted(found.to_list())
    if not years:
        raise SourceError(f"{path} has no rows, or no year in column {column!r}; download it again")
    listed = f"{years[0]}" if len(years) == 1 else f"{len(years)} years, {years[0]} to {years[-1]}"
    if year is None and len(years) > 1:
        raise SourceError(f"{path} holds {listed}: choose one, as in --year {years[-1]}")
    if year is not None and year not in years:
        raise SourceError(f"{path} has no rows of {year}; it holds {listed}")
    return years[0] if year is None else year


def rows_of_year(
    path: Path, wanted: Sequence[str], column: str, year: int | None
) -> tuple[pl.DataFrame, int]:
    """Read the rows of a year, and those that state none, with the year that was chosen.

    Raises
    ------
    SourceError
        As :func:`scan` and :func:`choose_year`.
    """
    lazy = scan(path, wanted)
    chosen = choose_year(path, lazy, column, year)
    stated = whole(column)
    return collect(path, lazy.filter(stated.is_null() | (stated == chosen))), chosen


def number(column: str) -> pl.Expr:
    """Read a text column as numbers, null where it is none."""
    return pl.col(column).cast(pl.Float64, strict=False)


def whole(column: str) -> pl.Expr:
    """Read a text column as whole numbers, null where it is none."""
    value = number(column)
    return pl.when(value == value.round()).then(value).cast(pl.Int64, strict=False).alias(column)


def not_a_value(column: str) -> pl.Expr:
    """Whether a text column holds no finite number that is at least 0."""
    value = number(column)
    return (value.is_null() | ~value.is_finite() | (value < 0)).fill_null(value=True)


def refuse_rows(path: Path, frame: pl.DataFrame, rules: Sequence[Rule]) -> None:
    """Check rows against rules.

    Raises
    ------
    SourceError
        Naming the first bad values by line and column, and how many there are.
    """
    counts = frame.select(rule.broken.sum().alias(str(i)) for i, rule in enumerate(rules)).row(0)
    total = sum(counts)
    if not total:
        return
    found: list[tuple[int, str]] = []
    for rule, count in zip(rules, counts, strict=True):
        if count:
            bad = frame.filter(rule.broken).select(LINE, rule.column).head(LISTED)
            found += [
                (line, f"  line {line}, column {rule.column}: {value!r} {rule.text}")
                for line, value in bad.iter_rows()
            ]
    lines = [text for _, text in sorted(found)[:LISTED]]
    more = [f"  and {total - len(lines)} more"] if total > len(lines) else []
    what = "value" if total == 1 else "values"
    raise SourceError("\n".join([f"{path} has {total} bad {what}:", *lines, *more, MEND]))


def fill_trade(rows: pl.DataFrame, members: Sequence[str], sectors: Sequence[str]) -> Floats:
    """Add up rows of `origin`, `destination`, `sector`, `value` into an N×N×J array."""
    summed = rows.group_by("origin", "destination", "sector").agg(pl.col("value").sum())
    trade = np.zeros((len(members), len(members), len(sectors)))
    at = positions(summed, {"origin": members, "destination": members, "sector": sectors})
    trade[at] = summed["value"].to_numpy()
    return trade


def clip_trade(
    trade: Floats, members: Sequence[str], sectors: Sequence[str]
) -> tuple[Floats, list[Adjustment]]:
    """Set negative sales to zero and record their sum for each destination and sector.

    Inventories that are run down enter published final demand with a minus; where they exceed
    all other use of a supplier's goods, what was sold in the year is negative.
    """
    negative = np.minimum(trade, 0.0).sum(axis=0)
    made = [
        Adjustment(
            what="trade_value, sum of negative entries (million USD)",
            where=f"destination {members[d]}, sector {sectors[j]}, "
            f"{int((trade[:, d, j] < 0).sum())} origins",
            was=float(negative[d, j]),
            now=0.0,
            why="inventories run down exceed all other use; sales cannot be negative",
        )
        for d, j in np.argwhere(negative < 0)
    ]
    return np.maximum(trade, 0.0), made


def cap_inputs(
    share: Floats, members: Sequence[str], sectors: Sequence[str]
) -> tuple[Floats, list[Adjustment]]:
    """Scale inputs down to `MAX_INPUT_SHARE` of output where they exceed it, and record it."""
    total = share.sum(axis=1)
    over = total > MAX_INPUT_SHARE
    made = [
        Adjustment(
            what="sum of input_share",
            where=f"member {members[d]}, sector {sectors[j]}",
            was=float(total[d, j]),
            now=MAX_INPUT_SHARE,
            why="a world needs some value added in every sector that sells",
        )
        for d, j in np.argwhere(over)
    ]
    factor = np.where(over, MAX_INPUT_SHARE / np.where(over, total, 1.0), 1.0)
    return share * factor[:, None, :], made


def _refuse_missing(path: Path, wanted: Sequence[str], names: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in names]
    if missing:
        shown = ", ".join(names[:LISTED]) + (" …" if len(names) > LISTED else "")
        raise SourceError(
            f"{path} has no column {missing[0]!r}; it has {shown}. "
            f"The columns needed are {', '.join(wanted)}"
        )

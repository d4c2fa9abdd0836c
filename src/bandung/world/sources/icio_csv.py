"""OECD Inter-Country Input-Output tables: the official wide CSV of a year.

Rows are ``MEMBER_INDUSTRY``, then value added, taxes and output (``VA``/``VALU``,
``TLS``/``…TAXSUB``, ``OUT``/``OUTPUT``: names differ by edition); columns are the same industries,
then final demand (``MEMBER_HFCE`` …) and the row total. Million current USD at basic prices. Parts
of China and Mexico (``CN1``, ``MX1`` …) are merged.

pymrio's ``parse_oecd`` (0.7) reads the same table, and the tests hold this parser against it, but
it does not serve as the way in: it reads empty cells as zero; it drops the output row, by which a
table can be checked; a table cut short ends in an error about lengths that names no row; and it
merges the parts of China and Mexico only in editions that also carry rows of the whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from bandung.errors import SourceError
from bandung.world import harmonise
from bandung.world.harmonise import LISTED
from bandung.world.model import World
from bandung.world.origin import Adjustment, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bandung.world.model import Floats

SOURCE = "icio"
OUTPUT = ("OUT", "OUTPUT")
FACTORS = ("TLS", "VA", "VALU", "TAXSUB")
ROW_TOTALS = ("OUT", "OUTPUT", "TOTAL")
DISCREPANCY = "DISC"
FINAL_DEMAND = frozenset(
    ("HFCE", "NPISH", "NPS", "GGFC", "GFCF", "INVNT", "INV", "DIRP", "DPABR", "P33", "FD", "FNLC")
)
OUTPUT_TOLERANCE = 1e-3
"""Relative gap between a row's sum and the output stated; published tables are rounded."""
ROUNDED_MUSD = 1.0
"""Absolute gap that passes as rounding, million USD."""
FIRST_SERVICE_DIVISION = 35


@dataclass(frozen=True, slots=True)
class Table:
    """One year as its file has it, million USD. R rows are member × industry, as labelled.

    Shapes: `use` R×R, `final` R×C, `output` R; `final_member` names the member of each column.
    """

    rows: tuple[str, ...]
    use: Floats
    final: Floats
    final_member: tuple[str, ...]
    output: Floats
    checksum: str


def read_table(path: str | Path) -> Table:
    """Read the official CSV.

    Raises
    ------
    SourceError
        When the file is truncated or foreign, a value is no number, or a row does not add up to
        the output that the table states.
    """
    file = Path(path)
    columns = harmonise.csv_header(file)
    labels, values = _cells(file, columns)
    _refuse_twice(file, "column", columns[1:])
    _refuse_twice(file, "row", labels)
    industries = [label for label in labels if not _is_factor(label) and "_" in label]
    place = {label: i for i, label in enumerate(labels)}
    column_at = {label: i for i, label in enumerate(columns[1:])}
    _refuse_foreign(file, labels, industries, column_at)
    members = {label.split("_", 1)[0] for label in industries}
    final = [label for label in column_at if _final_member(label, members) is not None]
    extra = [label for label in column_at if label == DISCREPANCY]
    strange = set(column_at) - {*industries, *final, *extra, *ROW_TOTALS}
    if strange:
        raise SourceError(
            f"{file} has column {min(strange)!r} (line 1), which is neither an industry of its "
            "rows nor final demand of an economy; is it an ICIO table?"
        )
    at_rows = [place[label] for label in industries]
    at_columns = [column_at[label] for label in industries]
    table = Table(
        rows=tuple(industries),
        use=values[np.ix_(at_rows, at_columns)],
        final=values[np.ix_(at_rows, [column_at[label] for label in final])],
        final_member=tuple(_final_member(label, members) or "" for label in final),
        output=values[place[next(label for label in labels if label in OUTPUT)]][at_columns],
        checksum=harmonise.checksum(file),
    )
    beside = values[np.ix_(at_rows, [column_at[label] for label in extra])].sum(axis=1)
    _refuse_unbalanced(file, table, beside)
    return table


def read_world(path: str | Path, *, name: str = "icio", year: int | None = None) -> World:
    """Read the world of a year from the official CSV.

    Sales are intermediate plus final use; input shares are inputs from all origins over output.
    Negative sales are set to zero and recorded.

    Parameters
    ----------
    year
        Default: the year in the file's name, as in ``2022_SML.csv`` or ``ICIO2021_2018.csv``.

    Raises
    ------
    SourceError
        As :func:`read_table`, and for codes of economies that nobody knows.
    """
    file = Path(path)
    edition, stated = _years(file)
    if year is None and stated is None:
        raise SourceError(f"{file}: the name does not say the year; give it, as in --year 2022")
    chosen = year if year is not None else int(stated or 0)
    table = read_table(file)
    given = [label.split("_", 1)[0] for label in table.rows]
    codes = harmonise.match_codes(SOURCE, given)
    unknown = sorted(set(given) - set(codes.member))
    if unknown:
        raise SourceError(
            f"{file} has rows of {unknown[0]!r}, which is no ISO 3166-1 alpha-3 code and not in "
            "the list of corrections; add it there with what it becomes"
        )
    members = sorted(set(codes.member.values()) - set(codes.regions)) + sorted(codes.regions)
    sectors = tuple(dict.fromkeys(label.split("_", 1)[1] for label in table.rows))
    trade, share, made = _arrays(table, codes.member, members, sectors)
    return World.from_arrays(
        members=members,
        sectors=sectors,
        trade_value=trade,
        input_share=share,
        regions=codes.regions,
        services=[code for code in sectors if _is_service(code)],
        origin=_origin(table.checksum, edition, chosen),
        adjustments=(*codes.adjustments, *made),
        name=name,
        year=chosen,
    )


def _cells(path: Path, columns: list[str]) -> tuple[list[str], Floats]:
    """Read labels and figures; cells that are no numbers are refused by row and column."""
    names = [str(i) for i in range(len(columns))]
    schema = {name: pl.String if name == "0" else pl.Float64 for name in names}
    try:
        frame = pl.read_csv(path, has_header=False, skip_lines=1, schema=schema, ignore_errors=True)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{path} cannot be read as a table: {error}") from error
    labels = [label or "" for label in frame["0"].to_list()]
    values = frame.select(names[1:]).to_numpy()
    bad = np.argwhere(~np.isfinite(values))
    if not labels or not values.shape[1]:
        raise SourceError(f"{path} has no figures; is it an ICIO table?")
    if len(bad):
        listed = [f"  line {r + 2} ({labels[r]}), column {columns[c + 1]}" for r, c in bad[:LISTED]]
        more = [f"  and {len(bad) - LISTED} more"] if len(bad) > LISTED else []
        raise SourceError(
            "\n".join([f"{path} has {len(bad)} cells that are empty or no numbers:", *listed, *more,
                       "It may be cut short or no ICIO table: download it again."])
        )  # fmt: skip
    return labels, values


def _refuse_twice(path: Path, what: str, labels: Sequence[str]) -> None:
    seen: set[str] = set()
    for label in labels:
        if label in seen:
            raise SourceError(f"{path} has {what} {label!r} twice; download it again")
        seen.add(label)


def _refuse_foreign(
    path: Path, labels: Sequence[str], industries: Sequence[str], columns: dict[str, int]
) -> None:
    if not industries:
        raise SourceError(
            f"{path} has no rows such as 'ZAF_A01_02'; its first is {labels[0]!r}. Is it an ICIO "
            "table?"
        )
    if not any(label in OUTPUT for label in labels):
        raise SourceError(
            f"{path} ends at row {labels[-1]!r} without the row of output (OUT); it is cut short: "
            "download it again"
        )
    for label in industries:
        if label not in columns:
            raise SourceError(
                f"{path} has row {label!r} but no column of that name (line 1); download it again"
            )


def _refuse_unbalanced(path: Path, table: Table, beside: Floats) -> None:
    total = table.use.sum(axis=1) + table.final.sum(axis=1) + beside
    gap = np.abs(total - table.output)
    bad = np.flatnonzero(gap > OUTPUT_TOLERANCE * np.abs(table.output) + ROUNDED_MUSD)
    if len(bad):
        i = int(bad[np.argmax(gap[bad])])
        raise SourceError(
            f"{path}: row {table.rows[i]} adds up to {total[i]:,.1f} million USD, the row of output"
            f" says {table.output[i]:,.1f} ({len(bad)} rows differ); columns or rows are missing: "
            "download it again"
        )


def _is_factor(label: str) -> bool:
    return label in {*OUTPUT, *FACTORS} or label.endswith("_TAXSUB")


def _final_member(label: str, members: set[str]) -> str | None:
    """Return the economy of a column of final demand (``ZAF_HFCE``; 2016: ``HFCE_ZAF``)."""
    left, _, right = label.partition("_")
    whole_of_split = {"CHN", "MEX"}
    if right in FINAL_DEMAND and left in members | whole_of_split:
        return left
    if left in FINAL_DEMAND and right in members | whole_of_split:
        return right
    return None


def _arrays(
    table: Table, member: Mapping[str, str], members: list[str], sectors: Sequence[str]
) -> tuple[Floats, Floats, list[Adjustment]]:
    """Add up by member: sales N×N×J, and inputs N×J×J over output."""
    n, j = len(members), len(sectors)
    split = [label.split("_", 1) for label in table.rows]
    o = np.array([members.index(member[code]) for code, _ in split])
    k = np.array([sectors.index(code) for _, code in split])
    buyers = np.zeros((len(split), n))
    buyers[np.arange(len(split)), o] = 1.0
    final_buyers = np.zeros((len(table.final_member), n))
    to = [members.index(member.get(code, code)) for code in table.final_member]
    final_buyers[np.arange(len(to)), to] = 1.0
    trade = np.zeros((n, j, n))
    np.add.at(trade, (o, k), table.use @ buyers + table.final @ final_buyers)
    trade, clipped = harmonise.clip_trade(trade.transpose(0, 2, 1), members, sectors)
    products = np.zeros((j, len(split)))
    products[k, np.arange(len(split))] = 1.0
    use = np.zeros((n, j, j))
    np.add.at(use, (o, k), (products @ table.use).T)
    use = use.transpose(0, 2, 1)
    negative = np.argwhere(use < 0)
    refused = [
        Adjustment(
            what="input use (million USD)",
            where=f"member {members[d]}, input {sectors[i]}, sector {sectors[s]}",
            was=float(use[d, i, s]),
            now=0.0,
            why="input use cannot be negative",
        )
        for d, i, s in negative
    ]
    output = trade.sum(axis=1)[:, None, :]
    share = np.divide(np.maximum(use, 0.0), output, out=np.zeros_like(use), where=output > 0)
    share, capped = harmonise.cap_inputs(share, members, sectors)
    return trade, share, [*clipped, *refused, *capped]


def _is_service(code: str) -> bool:
    """ISIC Rev. 4: sections D (electricity) onwards, divisions 35 and up."""
    number = re.match(r"[A-Z]?(\d\d)", code)
    if number and not code.startswith(("A", "B", "C")):
        return int(number[1]) >= FIRST_SERVICE_DIVISION
    return code[0] > "C"


def _years(path: Path) -> tuple[str | None, str | None]:
    """Return edition and year as the file's name states them."""
    named = re.search(r"ICIO(\d{4})_(\d{4})", path.stem, flags=re.IGNORECASE)
    if named:
        return named[1], named[2]
    alone = re.findall(r"(?<!\d)((?:19|20)\d{2})(?!\d)", path.stem)
    return None, alone[0] if len(alone) == 1 else None


def _origin(checksum: str, edition: str | None, year: int) -> Origin:
    return Origin(
        publisher="Organisation for Economic Co-operation and Development (OECD)",
        title=f"Inter-Country Input-Output tables, {year}",
        vintage=f"{edition} edition" if edition else "edition not stated in the file's name",
        licence="OECD terms and conditions: reuse with attribution",
        citation="OECD, Inter-Country Input-Output Database",
        checksum=checksum,
        note="Sales are intermediate and final use at basic prices; input shares are inputs from "
        "all origins over output; parts of China and Mexico are merged. Tariffs are not in this "
        "source: they are zero here. Trade elasticity 4 in every sector.",
    )

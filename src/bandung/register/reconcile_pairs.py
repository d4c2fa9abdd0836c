"""Which contribution of one statement is which of the other's.

A distance says how far two contributions of the same group and direction lie apart; of all ways
of pairing them the one with the least total is taken. The distance and the limits are below, in
one place. It does not depend on the order in which anything was entered, nor on whose statement
comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from bandung.codes.countries import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import numpy.typing as npt

    from bandung.register.content import Content, Contribution

    Numbers = npt.NDArray[np.float64]
    Truths = npt.NDArray[np.bool_]

How = Literal["people", "key", "nearest"]

FARTHEST = 3.0
OTHER_MODALITY = 1.5
OTHER_STAGE = 0.5
OTHER_UNIT = 1.0
ONE_SIDE_SILENT = 0.5
DAYS_APART_AT_MOST = 366
RATIO_AT_MOST = 10.0
"""Ten times as much is where a slip of the decimal point still shows as a difference."""
EXACT = 1_000_000


class Match(NamedTuple):
    """A contribution of ours with one of theirs, or one that stands alone."""

    ours: Contribution | None
    theirs: Contribution | None
    how: How | None


class _Side(NamedTuple):
    """Contributions as columns; unknown numbers are NaN and unknown codes -1."""

    direction: npt.NDArray[np.int64]
    modality: npt.NDArray[np.int64]
    stage: npt.NDArray[np.int64]
    unit: npt.NDArray[np.int64]
    quantity: Numbers
    start: Numbers
    end: Numbers


def pair_up(
    ours: Content,
    theirs: Content,
    members: tuple[str, str],
    *,
    group_of: Callable[[str], str],
    pairs: Collection[tuple[str, str]],
    apart: Collection[tuple[str, str]],
) -> list[Match]:
    """Return every contribution of both sides once, paired where it can be.

    Parameters are those of `bandung.register.reconcile.compare`.
    """
    mine = {item.key: item for item in ours.contributions}
    other = {item.key: item for item in theirs.contributions}
    found: list[Match] = []
    chosen: list[tuple[str, str, How]] = [(a, b, "people") for a, b in sorted(set(pairs))]
    chosen += [(key, key, "key") for key in sorted(mine.keys() & other.keys())]
    for a, b, how in chosen:
        if a in mine and b in other and (how == "people" or (a, b) not in apart):
            found.append(Match(mine.pop(a), other.pop(b), how))
    found += _nearest(list(mine.values()), list(other.values()), members, group_of, set(apart))
    ours_paired = {match.ours.key for match in found if match.ours}
    theirs_paired = {match.theirs.key for match in found if match.theirs}
    found += [Match(mine[key], None, None) for key in mine if key not in ours_paired]
    found += [Match(None, other[key], None) for key in other if key not in theirs_paired]
    return found


def _nearest(
    mine: list[Contribution],
    other: list[Contribution],
    members: tuple[str, str],
    group_of: Callable[[str], str],
    apart: set[tuple[str, str]],
) -> list[Match]:
    """Pair within each group; the side that comes first is chosen by content, not by caller."""
    mine, other = sorted(mine, key=_place), sorted(other, key=_place)
    turned = (members[1], [_place(item) for item in other]) < (
        members[0],
        [_place(item) for item in mine],
    )
    first, second = (other, mine) if turned else (mine, other)
    refused = {(b, a) for a, b in apart} if turned else apart
    found: list[Match] = []
    for group in sorted({group_of(item.modality) for item in first}):
        rows = [item for item in first if group_of(item.modality) == group]
        columns = [item for item in second if group_of(item.modality) == group]
        for row, column in _assigned(rows, columns, refused):
            pair = (column, row) if turned else (row, column)
            found.append(Match(*pair, "nearest"))
    return found


def _assigned(
    rows: Sequence[Contribution], columns: Sequence[Contribution], apart: set[tuple[str, str]]
) -> list[tuple[Contribution, Contribution]]:
    if not rows or not columns:
        return []
    far = _distance(rows, columns)
    row_of = {item.key: at for at, item in enumerate(rows)}
    column_of = {item.key: at for at, item in enumerate(columns)}
    for a, b in apart:
        if a in row_of and b in column_of:
            far[row_of[a], column_of[b]] = np.inf
    gain = np.where(far < FARTHEST, np.rint((far - FARTHEST) * EXACT), 0.0)
    at_rows, at_columns = linear_sum_assignment(gain)
    found = zip(at_rows.tolist(), at_columns.tolist(), strict=True)
    return [(rows[i], columns[j]) for i, j in found if gain[i, j] < 0]


def _distance(rows: Sequence[Contribution], columns: Sequence[Contribution]) -> Numbers:
    """Return distances, infinite where two contributions cannot be the same."""
    codes: dict[str, int] = {}
    a, b = _side(rows, codes), _side(columns, codes)
    total = OTHER_MODALITY * _unequal(a.modality, b.modality).astype(float)
    total += OTHER_STAGE * _unequal(a.stage, b.stage)
    total += _period_distance(a, b)
    total += _quantity_distance(a, b)
    for end in range(a.direction.shape[1]):
        x, y = a.direction[:, end, None], b.direction[None, :, end]
        total[(x != y) & (x >= 0) & (y >= 0)] = np.inf
    return total


def _period_distance(a: _Side, b: _Side) -> Numbers:
    """Share of the days that only one of them covers; a gap counts on from one."""
    starts = np.maximum(a.start[:, None], b.start)
    ends = np.minimum(a.end[:, None], b.end)
    common = ends - starts + 1
    union = np.maximum(a.end[:, None], b.end) - np.minimum(a.start[:, None], b.start) + 1
    gap = 1 - common
    apart = np.where(gap > DAYS_APART_AT_MOST, np.inf, 1 + gap / DAYS_APART_AT_MOST)
    known = np.where(common > 0, 1 - common / union, apart)
    return _with_silence(known, np.isnan(a.start), np.isnan(b.start))


def _quantity_distance(a: _Side, b: _Side) -> Numbers:
    """Two per factor of ten, in the same unit."""
    x, y = a.quantity[:, None], b.quantity[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(np.log10(np.abs(x) / np.abs(y)))
    ratio = np.where(x == y, 0.0, np.where(np.sign(x) != np.sign(y), np.inf, ratio))
    ratio = np.where(ratio > np.log10(RATIO_AT_MOST) + 1e-9, np.inf, 2 * ratio)
    known = np.where(_unequal(a.unit, b.unit), OTHER_UNIT, ratio)
    return _with_silence(known, np.isnan(a.quantity), np.isnan(b.quantity))


def _with_silence(known: Numbers, a: Truths, b: Truths) -> Numbers:
    one = a[:, None] | b[None, :]
    both = a[:, None] & b[None, :]
    return np.where(both, 0.0, np.where(one, ONE_SIDE_SILENT, known))


def _unequal(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> Truths:
    unequal: Truths = a[:, None] != b[None, :]
    return unequal


def _side(items: Sequence[Contribution], codes: dict[str, int]) -> _Side:
    def number(kind: str, text: str) -> int:
        return codes.setdefault(f"{kind}:{text}", len(codes)) if text else -1

    def ends(item: Contribution) -> list[int]:
        return [
            number("party", item.provider or folded(item.provider_name)),
            number("party", item.receiver or folded(item.receiver_name)),
        ]

    days = [
        (item.period_start or item.period_end, item.period_end or item.period_start)
        for item in items
    ]
    return _Side(
        direction=np.array([ends(item) for item in items]),
        modality=np.array([number("modality", item.modality) for item in items]),
        stage=np.array([number("stage", item.stage) for item in items]),
        unit=np.array([number("unit", f"{item.unit}/{item.currency}") for item in items]),
        quantity=np.array([_float(item.quantity) for item in items]),
        start=np.array([_float(start and start.toordinal()) for start, _ in days]),
        end=np.array([_float(end and end.toordinal()) for _, end in days]),
    )


def _float(value: object) -> float:
    return float("nan") if value is None else float(str(value))


def _place(item: Contribution) -> tuple[str, str]:
    """Order by what is said, then by key: two entries that say the same are alike."""
    said = item.model_copy(update={"key": "-"}).model_dump_json(exclude_defaults=True)
    return said, item.key

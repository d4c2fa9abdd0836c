"""Between tables, one row a cell, and arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


def positions(table: pl.DataFrame, axes: dict[str, Sequence[str]]) -> tuple[NDArray[np.int64], ...]:
    """Return where each row's cell stands in an array, one index array per axis.

    Parameters
    ----------
    axes
        Column of the table → the labels along that axis, in the order of the array's axes.
    """
    return tuple(
        table[column]
        .replace_strict(list(labels), list(range(len(labels))), return_dtype=pl.Int64)
        .to_numpy()
        for column, labels in axes.items()
    )

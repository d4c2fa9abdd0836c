"""Tables of the page: the same cells for the eye and for the file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its unit (or ""), and whether it holds figures."""

    heading: str
    unit: str = ""
    figures: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is read: every cell already written in the page's language.

    `wraps` lets cells of figures break between words, where names stand beside figures.
    `remarks` are sentences that belong under each row, one for each, or none at all.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...] = ()
    wraps: bool = False

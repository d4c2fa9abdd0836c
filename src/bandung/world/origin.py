"""Where a figure comes from: what a user can always be told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Origin:
    """Source of a world's figures.

    Attributes
    ----------
    publisher
        Who publishes the figures.
    title
        Name of the release or data set.
    vintage
        Edition, release or date of the figures.
    licence
        Terms of reuse, as the publisher states them.
    citation
        How the publisher asks to be cited.
    checksum
        ``sha256:…`` of the file or files that were read; empty for figures given in code.
    note
        What was done to the figures on the way here, in a sentence or two.
    """

    publisher: str
    title: str
    vintage: str
    licence: str
    citation: str
    checksum: str = ""
    note: str = ""

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Self:
        """Build from a JSON object; unknown keys are ignored so that old readers read new files."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: str(value) for key, value in record.items() if key in known})

    def to_dict(self) -> dict[str, str]:
        """Return a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One change made to the figures so that they fit together, with its reason.

    Attributes
    ----------
    what
        Which array, as in ``"input_share"``.
    where
        The cell or cells, by their codes, as in ``"ROW, B05"``.
    was, now
        The figure before and after; for a scaled row, the factor is ``now / was``.
    why
        The rule that asked for it.
    """

    what: str
    where: str
    was: float | None
    now: float | None
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self)


IN_CODE = Origin(
    publisher="figures given in code",
    title="",
    vintage="",
    licence="",
    citation="",
)

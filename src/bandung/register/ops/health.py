"""How a register is: what a machine that watches it asks for. It says nothing of what is in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import DatabaseError

from bandung import __version__
from bandung.register.models import ChainHead
from bandung.register.ops import opening


@dataclass(frozen=True, slots=True)
class Health:
    """How a register is.

    Attributes
    ----------
    database
        ``"reachable"`` or ``"unreachable"``.
    migrations
        ``"applied"``, ``"pending"`` or ``"unknown"``.
    audit_sequence
        Number of the last entry of the audit chain; None when it cannot be read.
    """

    version: str
    database: str
    migrations: str
    audit_sequence: int | None

    @property
    def well(self) -> bool:
        """Whether requests can be answered."""
        return self.database == "reachable" and self.migrations == "applied"

    def record(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {"status": "ok" if self.well else "unavailable", **asdict(self)}


def health() -> Health:
    """Look at the database."""
    try:
        if opening.pending():
            return Health(__version__, "reachable", "pending", None)
        head = ChainHead.objects.filter(id=1).values_list("sequence", flat=True).first()
    except DatabaseError:
        return Health(__version__, "unreachable", "unknown", None)
    return Health(__version__, "reachable", "applied", head or 0)

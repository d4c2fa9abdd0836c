"""`Check`: one thing a certificate says, beside what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bandung.agree.certificate import MUSD_DIGITS, PCT_DIGITS

SCHEDULE, NON_INTERFERENCE, GAINS = "schedule", "non-interference", "gains"
OUTSIDERS, RELIANCE, ROBUSTNESS, DIGESTS = "outsiders", "reliance", "robustness", "digests"
GROUPS = (SCHEDULE, NON_INTERFERENCE, GAINS, OUTSIDERS, RELIANCE, ROBUSTNESS, DIGESTS)
SLACK = 1e-10
"""Of a ratio: by how much two methods may differ that are both solved to gaps of 1e-11."""
PCT, MUSD = "%", "million USD"
DIGITS = {PCT: PCT_DIGITS, MUSD: MUSD_DIGITS}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a certificate says, beside what was found.

    Attributes
    ----------
    group : str
        One of `GROUPS`.
    field : str
        Where in the file, as in ``claims.members.AGO.welfare_change_pct``.
    claimed, found : object
        What the file says, and what was found; None where there is nothing to set beside it.
    holds : bool
    sentence : str
        What is claimed, what was found, and why it does not hold; empty where it does.
    deviation : float or None
        Distance between the two, in `unit`.
    unit : str
        ``"%"``, ``"million USD"`` or empty.
    """

    group: str
    field: str
    claimed: object
    found: object
    holds: bool
    sentence: str = ""
    deviation: float | None = None
    unit: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return every attribute, for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def right(group: str, field: str, claimed: object = None, found: object = None) -> Check:
    """Return a check that holds."""
    return Check(group, field, claimed, found, holds=True)


def wrong(
    group: str, field: str, claimed: object = None, found: object = None, *, because: str
) -> Check:
    """Return a check that does not hold."""
    return Check(group, field, claimed, found, holds=False, sentence=f"{field}: {because}")


def figure(
    group: str, field: str, claimed: float, found: float, unit: str, scale: float = 100.0
) -> Check:
    """Compare a figure with the one computed, to half a unit of its last digit.

    `scale` is what a ratio of 1 is in the figure's unit: 100 for per cent, an income for money.
    Beyond the half unit, the two methods may differ by `SLACK` of that.
    """
    digits = DIGITS[unit]
    apart = abs(claimed - found)
    holds = apart <= 0.5 * 10.0**-digits + SLACK * scale
    sentence = (
        f"{field}: {claimed:.{digits}f} {unit} is claimed, {found:.{digits + 2}f} {unit} was found"
    )
    return Check(group, field, claimed, found, holds, "" if holds else sentence, float(apart), unit)

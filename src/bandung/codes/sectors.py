"""Sectors: the classifications that sources use, with names."""

from __future__ import annotations

from functools import cache

from bandung.codes.tables import rows


@cache
def _names() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in rows("sectors.csv")}


def name(code: str, lang: str = "en") -> str:
    """Return the name of a sector; a code that no list knows is its own name.

    Names are in all five languages for the sectors of the embedded world; the industries of
    the USITC and the chapters of the Harmonized System have English names.

    Examples
    --------
    >>> name("A03", "fr")
    'Pêche et aquaculture'
    """
    row = _names().get(code)
    if row is None:
        return code
    return row[f"name_{lang}"] or row["name_en"]


def broad_sectors(classification: str) -> dict[str, str]:
    """Return the codes of a classification in order, with the broad sector of each.

    Examples
    --------
    >>> broad_sectors("ITPD170")["ITPD027"]
    'Agriculture'
    """
    return {
        row["code"]: row["broad"]
        for row in rows("sectors.csv")
        if row["classification"] == classification
    }

"""The codebook of the register: its lists as they stand, withdrawn codes among them."""

from __future__ import annotations

from bandung.register import codelists
from bandung.register.excel.codebook import Codebook, Option

LISTS = {
    "modality": ("modality",),
    "unit": ("unit",),
    "valuation_method": ("valuation_method",),
    "exclusion": ("exclusion",),
    "body_kind": ("body_kind",),
    "reported_elsewhere": ("reported_elsewhere",),
    "sdg_target": ("sdg_target", "sdg_goal"),
    "sector_crs": ("sector_crs",),
    "sector_dac3": ("sector_dac3",),
    "sector_isic": ("sector_isic",),
}
"""Which of the register's lists each list of a workbook is made of."""


def codebook() -> Codebook:
    """Return the codes that a workbook offers and knows, as the register has them now."""
    with codelists.held():
        standing = codelists.standing()
        return Codebook.of(
            {
                name: tuple(
                    Option(entry.code, entry.names, withdrawn=not entry.active, group=entry.group)
                    for part in parts
                    for entry in standing.listing(part).entries
                )
                for name, parts in LISTS.items()
            }
        )

"""A section of the page: what it says, shows and explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bandung.brief.languages import Language
    from bandung.brief.pictures import Picture
    from bandung.brief.tables import Table


@dataclass(frozen=True, slots=True)
class Section:
    """A section as it is read.

    Attributes
    ----------
    key
        Its anchor on the page.
    title, finding
        The heading, and the sentence made from the numbers.
    paragraphs
        What else there is to say before the pictures.
    notices
        Notices that must be seen, such as Security Council measures.
    pictures, tables
        Pictures carry their own tables; these stand by themselves.
    method
        How it was computed, folded.
    """

    key: str
    title: str
    finding: str
    paragraphs: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    method: tuple[str, ...] = ()


def deficits(rule: str, tongue: Language) -> str:
    """Say what trade deficits do in an equilibrium."""
    if rule == "zero":
        return tongue.say(
            "Every trade deficit is closed first; gains and losses are counted from there."
        )
    if rule == "proportional":
        return tongue.say(
            "Trade deficits move with each country's income, less what keeps their sum at zero."
        )
    return tongue.say("Trade deficits stay as they are, measured in world value added.")

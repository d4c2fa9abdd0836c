"""A section of the page: what it says, shows and explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bandung.brief.languages import Language
    from bandung.brief.pictures import Picture
    from bandung.brief.tables import Table


@dataclass(frozen=True, slots=True)
class Command:
    """What to type, or a code to compare: the sentence before it, and the text itself."""

    sentence: str
    text: str


@dataclass(frozen=True, slots=True)
class Fold:
    """A part that unfolds on the page and has a sheet of its own on paper.

    Attributes
    ----------
    key
        Its anchor within the section.
    title, note
        What stands on it while it is folded: a name, and a figure beside it.
    paragraphs, tables
        What is inside.
    """

    key: str
    title: str
    note: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


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
    commands
        What a reader can do with the files beside the page.
    folds_title, folds
        Parts for one reader each, such as a sheet for each member, and what they are.
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
    commands: tuple[Command, ...] = ()
    folds_title: str = ""
    folds: tuple[Fold, ...] = ()
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

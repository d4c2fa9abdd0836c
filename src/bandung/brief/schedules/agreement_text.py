"""The text of an agreement as one file that opens in a browser and in a word processor."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bandung.brief.schedules.annexes import annexes
from bandung.brief.schedules.articles import articles, preamble

if TYPE_CHECKING:
    from bandung.brief.languages import Language
    from bandung.brief.schedules.concessions import Schedules


def to_html(found: Schedules, tongue: Language) -> str:
    """Return the text of the agreement in a language, as HTML that needs no other file.

    Parameters
    ----------
    found
        The schedules.
    tongue
        One of the five languages; in Arabic the page runs from right to left.
    """
    css = (files("bandung.brief") / "templates" / "agreement.css").read_text("utf-8")
    parties = [tongue.country(code) for code in tongue.alphabetical(found.members)]
    return (
        _environment()
        .get_template("agreement.html.j2")
        .render(
            lang=tongue.code,
            direction="rtl" if tongue.rtl else "ltr",
            version=version("bandung"),
            css=Markup(css),  # noqa: S704 - our own file
            words=_words(found, tongue),
            parties=parties,
            preamble=preamble(tongue),
            articles=articles(found, tongue),
            annexes=annexes(found, tongue),
            number=tongue.number,
        )
    )


def _words(found: Schedules, tongue: Language) -> dict[str, str]:
    say = tongue.say
    return {
        "title": say("Agreement on Trade Preferences and Economic Cooperation"),
        "among": say("among the following Parties"),
        "draft": say("Draft for negotiation"),
        "draft_note": say(
            "A program filled in this text and computed its figures from data of {year}. It binds "
            "nobody. The words, the figures and the blanks in brackets are for the Parties to "
            "settle.",
            year=tongue.style.year(found.outcome.world.year),
        ),
        "skip": say("Skip to the text"),
        "contents": say("Contents"),
        "preamble": say("Preamble"),
        "witness": say(
            "In witness whereof the undersigned, duly authorized by their Governments, have signed "
            "this Agreement."
        ),
        "done": say("Done at [place] on [date]."),
        "signatures": say("Signatures"),
        "party": say("Party"),
        "signatory": say("Name and function"),
        "signature": say("Signature"),
        "signed_on": say("Date"),
    }


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bandung.brief"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

"""The page: sections into one file that asks nothing of anyone."""

from __future__ import annotations

import shlex
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bandung.brief.figure import style_sheet
from bandung.brief.negotiated import QUICK
from bandung.codes import groups
from bandung.world.sources.icio_cubes import DEFAULT_SET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bandung.brief.contents import Contents
    from bandung.brief.languages import Language
    from bandung.brief.section import Section
    from bandung.world.model import World
    from bandung.world.origin import Adjustment

PARTS = ("bandung", "jax", "numpy", "polars", "altair")


def render(title: str, sections: Sequence[Section], contents: Contents, tongue: Language) -> str:
    """Return the page as HTML that needs no other file."""
    css = style_sheet() + (files("bandung.brief") / "templates" / "brief.css").read_text("utf-8")
    return (
        _environment()
        .get_template("brief.html.j2")
        .render(
            title=title,
            lang=tongue.code,
            rtl=tongue.rtl,
            version=version("bandung"),
            css=Markup(css),  # noqa: S704 - our own file
            sections=sections,
            words=_words(contents, tongue),
            sources=_sources(contents, tongue),
            adjustments=[adjustment_text(each) for each in contents.world.adjustments],
            command=command(contents, tongue.code),
            checksum=contents.world.checksum,
            versions=", ".join(f"{part} {release}" for part, release in versions().items()),
        )
    )


def command(contents: Contents, lang: str) -> str:
    """Return the command that gives this page again."""
    chosen, world = contents.selection, contents.world
    words = ["bandung", "brief"]
    words += [chosen.group] if chosen.group else ["--members", ",".join(chosen.members)]
    words += ["--on", chosen.on.isoformat(), "--lang", lang]
    words += of_world(world, contents.deficits)
    if chosen.south_name != groups.THE_SOUTH:
        words += ["--south", chosen.south_name]
    searched = contents.agreement is not None
    if contents.elimination is not None and searched != (len(chosen.members) <= QUICK):
        words += ["--agreement" if searched else "--no-agreement"]
    if contents.cooperation is not None:
        words += ["--register", contents.cooperation.address or "DATA"]
    return shlex.join(words)


def of_world(world: World, deficits: str) -> list[str]:
    """Return the options of a command that name a world, its elasticities and the deficits."""
    words = []
    if world.name != "embedded":
        words += ["--world", world.name]
    if world.elasticities not in {DEFAULT_SET, "given"}:
        words += ["--elasticities", world.elasticities]
    if deficits != "fixed":
        words += ["--deficits", deficits]
    return words


def versions() -> dict[str, str]:
    """Return the versions of what computed and drew the page."""
    return {part: version(part) for part in PARTS}


def adjustment_text(made: Adjustment) -> str:
    """Write a recorded change of the data as a line."""
    change = (
        f": {made.was:,.5g} → {made.now:,.5g}"
        if made.was is not None and made.now is not None
        else ""
    )
    return f"{made.what}, {made.where}{change}: {made.why}."


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bandung.brief"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _words(contents: Contents, tongue: Language) -> dict[str, str]:
    day = tongue.date(contents.selection.on)
    return {
        "skip": tongue.say("Skip to the text"),
        "kicker": tongue.say("South–South cooperation: find partners, agree, keep accounts"),
        "dateline": tongue.say("As of {day}", day=day),
        "boundaries": tongue.say(
            "Boundaries and names on the maps imply no opinion on the legal status of any "
            "territory."
        ),
        "contents": tongue.say("Contents"),
        "figures_behind": tongue.say("The figures behind this picture"),
        "how": tongue.say("How this was computed"),
        "method_title": tongue.say("Sources, and how to get this page again"),
        "method_finding": tongue.say(
            "Every figure on this page comes from the sources below, and one command computes it "
            "again."
        ),
        "sources_title": tongue.say("Sources and licences"),
        "licence": tongue.say("Licence:"),
        "citation": tongue.say("To cite:"),
        "adjustments_title": tongue.say("Corrections made so that the figures fit together"),
        "reproduce_title": tongue.say("How to get this page again"),
        "reproduce": tongue.say(
            "Run this command with the same data. The code below it lets you check that they are "
            "the same."
        ),
        "versions": tongue.say("Computed with:"),
        "footer": tongue.say(
            "Made with bandung, free software for South–South cooperation. The page works without "
            "an internet connection and may be copied as it is, under the licences of its sources."
        ),
    }


def _sources(contents: Contents, tongue: Language) -> list[dict[str, Any]]:
    world = contents.world
    headings = {
        "gdp_musd": tongue.say("Income"),
        "population": tongue.say("Population"),
        "co2_kt": tongue.say("Emissions"),
    }
    listed = [{"heading": tongue.say("Trade, production and tariffs"), **world.origin.to_dict()}]
    listed += [
        {"heading": headings.get(key, key), **origin.to_dict()}
        for key, origin in world.satellite_origins.items()
    ]
    return listed

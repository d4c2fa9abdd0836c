"""Why two statements may be about one thing, in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandung.codes import countries
from bandung.codes.countries import folded
from bandung.register.linkage_terms import mark_texts, marks_as_written, place_keys
from bandung.register.pages import localised
from bandung.register.templatetags import register_text as text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bandung.register.content import Content

_SAID: dict[tuple[str, str], Any] = {
    ("title", "same"): gettext_lazy("The titles are the same."),
    ("title", "same_but_short"): gettext_lazy("The titles are the same, but short."),
    ("title", "nearly_same"): gettext_lazy("The titles are nearly the same."),
    ("title", "similar"): gettext_lazy("The titles are similar."),
    ("title", "somewhat_similar"): gettext_lazy("The titles are somewhat similar."),
    ("title", "different"): gettext_lazy("The titles are different."),
    ("title", "similar_in_another_language"): gettext_lazy(
        "The titles, in two languages, are similar."
    ),
    ("title", "somewhat_similar_in_another_language"): gettext_lazy(
        "The titles, in two languages, have something in common."
    ),
    ("title", "not_recognised_in_another_language"): gettext_lazy(
        "The titles are in two languages; nothing in common was found."
    ),
    ("parties", "same"): gettext_lazy("The parties are the same: %(shared)s."),
    ("parties", "some_in_common"): gettext_lazy("Some parties are the same: %(shared)s."),
    ("parties", "different"): gettext_lazy("The parties are different."),
    ("dates", "within_a_month"): gettext_lazy(
        "They begin within a month: %(ours)s and %(theirs)s."
    ),
    ("dates", "within_half_a_year"): gettext_lazy(
        "They begin within half a year: %(ours)s and %(theirs)s."
    ),
    ("dates", "within_two_years"): gettext_lazy(
        "They begin within two years: %(ours)s and %(theirs)s."
    ),
    ("dates", "years_apart"): gettext_lazy("They begin years apart: %(ours)s and %(theirs)s."),
    ("quantities", "same"): gettext_lazy("A quantity is the same."),
    ("quantities", "close"): gettext_lazy("Quantities are close: %(ours)s and %(theirs)s."),
    ("quantities", "different"): gettext_lazy("Quantities are different: %(ours)s and %(theirs)s."),
    ("subject", "same"): gettext_lazy("The sector is the same."),
    ("subject", "same_field"): gettext_lazy("The sectors are of one field."),
    ("subject", "different"): gettext_lazy("The sectors are different."),
    ("reference", "same"): gettext_lazy("They carry the same number or reference: %(shared)s."),
    ("reference", "different"): gettext_lazy("They carry different numbers or references."),
    ("place", "same"): gettext_lazy("A place is the same: %(shared)s."),
    ("place", "different"): gettext_lazy("The places are different."),
    ("body", "same"): gettext_lazy("An organisation is the same: %(shared)s."),
    ("body", "different"): gettext_lazy("The organisations are different."),
    ("agency", "different"): gettext_lazy("Two agencies of your country entered them."),
    ("agency", "same"): gettext_lazy("The same agency entered both."),
}


def sentences(
    reasons: Iterable[Mapping[str, Any]], ours: Content, theirs: Content
) -> tuple[list[str], list[str]]:
    """Return what speaks for two records being one, and what speaks against it.

    Parameters
    ----------
    reasons
        As `bandung.register.linkage.Reason.record` gives them.
    ours, theirs
        What the two say, as the reader sees it: names stand as they are written there.
    """
    found: tuple[list[str], list[str]] = ([], [])
    own, other = _as_written(ours), _as_written(theirs)
    names = {"ours": {**other, **own}, "theirs": {**own, **other}, "shared": {**other, **own}}
    for reason in reasons:
        rule, level = str(reason["rule"]), str(reason["level"])
        message = _SAID.get((rule, level))
        if message is None:
            continue
        values = {side: _listed(rule, reason[side], names[side]) for side in names}
        found[0 if float(reason["bits"]) > 0 else 1].append(str(message) % values)
    return found


def _as_written(content: Content) -> dict[tuple[str, str], str]:
    """Return how places, organisations and references are written, by what they are compared by."""
    found: dict[tuple[str, str], str] = {}
    for place in content.places:
        for key in place_keys(place):
            found.setdefault(
                ("place", key), place.name or localised.coordinates(place.latitude, place.longitude)
            )
    for body in content.bodies:
        found.setdefault(("body", folded(body.name)), body.name)
    for said in mark_texts(content):
        for key, written in marks_as_written(said).items():
            found.setdefault(("reference", key), written)
    return found


def _listed(rule: str, values: Sequence[str], names: Mapping[tuple[str, str], str]) -> str:
    said = dict.fromkeys(_word(rule, value, names) for value in values)
    return localised.joined(said) or _("not said")


def _word(rule: str, value: str, names: Mapping[tuple[str, str], str]) -> str:
    if rule == "parties":
        return countries.name(value, localised.lang())
    if rule == "dates":
        try:
            return localised.day(dt.date.fromisoformat(value))
        except ValueError:
            return value
    if rule == "quantities":
        unit, _colon, figure = value.rpartition(":")
        try:
            return text.measured(Decimal(figure), unit)
        except InvalidOperation:
            return value
    return localised.isolated(names.get((rule, value), value))

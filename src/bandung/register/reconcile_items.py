"""Whether two lists of places, bodies or results say the same things.

Names are free text and may stand in another language. They tell two things apart only where the
two statements have a language in common; else codes, references, coordinates and figures do.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from bandung.codes.countries import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bandung.register.content import Body, Content, Part, Place, Result

Item = TypeVar("Item", bound="Part")
SAME_PLACE_KM = 10.0
EARTH_RADIUS_KM = 6_371.0
COMPARED_AT_MOST = 300
"""Of what is not written alike, this many on each side are tried against each other."""


def agreeing(name: str, ours: Content, theirs: Content) -> bool:
    """Return whether each thing on one side is found once on the other.

    Parameters
    ----------
    name
        ``"places"``, ``"bodies"`` or ``"results"``.
    ours, theirs
        The two accounts.
    """
    common = bool(_languages(ours) & _languages(theirs))
    if name == "places":
        return _all_found(ours.places, theirs.places, partial(_same_place, common=common))
    if name == "bodies":
        return _all_found(ours.bodies, theirs.bodies, partial(_same_body, common=common))
    return _all_found(ours.results, theirs.results, _same_result)


def _all_found(
    ours: Sequence[Item], theirs: Sequence[Item], same: Callable[[Item, Item], bool]
) -> bool:
    """Whether the two lists can be paired without a rest; what is written alike is paired first."""
    if len(ours) != len(theirs):
        return False
    mine, other = _by_text(ours), _by_text(theirs)
    left = [mine[text] for text in (mine.keys() - other.keys())]
    right = [other[text] for text in (other.keys() - mine.keys())]
    if not left:
        return True
    if len(left) > COMPARED_AT_MOST:
        return False
    alike = csr_array([[int(same(a, b)) for b in right] for a in left], dtype=np.int8)
    matched = maximum_bipartite_matching(alike, perm_type="column")
    return bool((matched >= 0).all())


def _by_text(items: Sequence[Item]) -> dict[tuple[str, int], Item]:
    """Items by what they say, and by which time they say it."""
    times: Counter[str] = Counter()
    found = {}
    for item in items:
        text = item.model_dump_json(exclude_defaults=True)
        times[text] += 1
        found[text, times[text]] = item
    return found


def _languages(content: Content) -> set[str]:
    return {
        lang
        for texts in (content.titles, content.descriptions)
        for lang, text in texts.items()
        if text
    }


def _same_name(a: str, b: str, *, common: bool) -> bool:
    return not (a and b) or not common or folded(a) == folded(b)


def _same_place(a: Place, b: Place, *, common: bool) -> bool:
    if a.country and b.country and a.country != b.country:
        return False
    distance = _kilometres(a, b)
    if distance is not None:
        return distance <= SAME_PLACE_KM
    return _same_name(a.name, b.name, common=common)


def _kilometres(a: Place, b: Place) -> float | None:
    """Great-circle distance; None where one has no coordinates."""
    if a.latitude is None or a.longitude is None or b.latitude is None or b.longitude is None:
        return None
    north_a, north_b = math.radians(a.latitude), math.radians(b.latitude)
    east = math.radians(b.longitude - a.longitude)
    half = (
        math.sin((north_b - north_a) / 2) ** 2
        + math.cos(north_a) * math.cos(north_b) * math.sin(east / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))


def _same_body(a: Body, b: Body, *, common: bool) -> bool:
    if a.role != b.role or (a.country and b.country and a.country != b.country):
        return False
    if a.reference and b.reference:
        return a.reference == b.reference
    return _same_name(a.name, b.name, common=common)


def _same_result(a: Result, b: Result) -> bool:
    figures = ("baseline", "target", "actual", "period_start", "period_end")
    if any(getattr(a, name) != getattr(b, name) for name in figures):
        return False
    common = a.title.keys() & b.title.keys()
    return all(folded(a.title[lang]) == folded(b.title[lang]) for lang in common)

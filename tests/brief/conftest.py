"""A certified agreement that the tests of its schedules and of its text look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bandung.agree.bargain import bargain
from bandung.agree.certifying import certify
from bandung.agree.corridors import Corridor
from bandung.agree.scenario import Uncertainty
from bandung.brief import figure
from bandung.brief.schedules import Schedules, schedules_of

if TYPE_CHECKING:
    from bandung.agree.certificate import Certificate

ROADS = (
    Corridor(("CIV", "EGY"), 0.05, 0.2, "income", ("mills",)),
    Corridor(("CIV", "ZAF"), 0.05, 0.01),
)
"""One that carries one sector's goods, and one that carries everything."""
BLANK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'


@pytest.fixture(scope="session")
def leave_blank():
    """Have charts made, but not drawn, while a patch lasts: where no test looks at drawings.

    Drawing takes most of the time that a page takes.
    """
    return lambda patch: patch.setattr(figure.vl_convert, "vegalite_to_svg", lambda *_, **__: BLANK)


@pytest.fixture(scope="session")
def certificate(five) -> Certificate:
    """Four of the five agree, with every kind of lever; one lowers nothing, two take years."""
    agreed = bargain(
        five,
        ["AGO", "CIV", "EGY", "ZAF"],
        levers=("tariffs", "corridors", "transfers"),
        corridors=ROADS,
        by="sector",
        floor=0.02,
        most_cut=0.9,
        exclude=("EGY:farms", "banks"),
        exempt=("AGO",),
        most_paid=0.02,
        phase_in={"CIV": 5, "EGY": 2},
        seed=3,
    )
    return certify(agreed, south="AGO,BRA", robustness=Uncertainty(4, spread_pct=20, seed=1))


@pytest.fixture(scope="session")
def schedules(five, certificate) -> Schedules:
    """What they lower and obtain."""
    return schedules_of(five, certificate)

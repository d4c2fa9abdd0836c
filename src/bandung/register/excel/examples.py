"""The three activities that the template shows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from bandung.register.content import (
    Body,
    Content,
    Contribution,
    Document,
    Place,
    Result,
    Sector,
    Valuation,
)
from bandung.register.excel import words

if TYPE_CHECKING:
    from bandung.register.excel.codebook import Codebook

GIVER, TAKER = "BRA", "MOZ"
YEAR = 2024
START, END = dt.date(YEAR, 1, 1), dt.date(YEAR, 12, 31)


def examples(lang: str, codes: Codebook) -> tuple[Content, ...]:
    """Return advice by experts, scholarships, and a grant of money, told by who gave them."""
    say = words.excel().say
    advice = _one(
        say(lang, "demo.1.title"),
        lang,
        _given(codes, "experts", "1", Decimal(120), "person_days"),
        sector="43072",
        target="2.1",
    )
    maputo = Place(
        name="Maputo", country=TAKER, latitude=Decimal("-25.97"), longitude=Decimal("32.57")
    )
    bodies = (Body(name="Agência Brasileira de Cooperação", role="implementing", country=GIVER),)
    advice = advice.model_copy(update={"places": (maputo,), "bodies": bodies})
    scholarships = _one(
        say(lang, "demo.2.title"),
        lang,
        _given(codes, "scholarships", "1", Decimal(8), "scholarships").model_copy(
            update={
                "valuation": Valuation(
                    amount=Decimal(96_000), currency="BRL", price_date=END, method="actual_cost"
                )
            }
        ),
        sector="12281",
        target="3.c",
    )
    grant = _one(
        say(lang, "demo.3.title"),
        lang,
        _given(codes, "grant", "1", Decimal(250_000), "money", "USD"),
        sector="14031",
        target="6.1",
    )
    results = (
        Result(title={lang: say(lang, "demo.3.title")}, target=Decimal(20), actual=Decimal(18)),
    )
    documents = (
        Document(title={lang: say(lang, "demo.3.title")}, url="https://example.org/report.pdf"),
    )
    grant = grant.model_copy(update={"results": results, "documents": documents})
    return advice, scholarships, grant


def _one(title: str, lang: str, given: Contribution, *, sector: str, target: str) -> Content:
    return Content(
        titles={lang: title},
        role="provides",
        status="closed",
        partners=(TAKER,),
        actual_start=START,
        actual_end=END,
        sectors=(Sector(code=sector),),
        targets=(target,),
        contributions=(given,),
    )


def _given(
    codes: Codebook, modality: str, key: str, quantity: Decimal, unit: str, currency: str = ""
) -> Contribution:
    """Return a contribution; where the register has withdrawn the modality, of another one."""
    offered = [option.code for option in codes.offered("modality")]
    return Contribution(
        key=key,
        modality=modality if modality in offered or not offered else offered[0],
        provider=GIVER,
        receiver=TAKER,
        quantity=quantity,
        unit=unit,
        currency=currency,
        period_start=START,
        period_end=END,
    )

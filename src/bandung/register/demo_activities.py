"""Activities of the demonstration register: who gives what to whom, and how both tell it."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bandung.register import demo_texts as texts
from bandung.register.content import (
    MONEY,
    Body,
    Content,
    Contribution,
    Document,
    Place,
    Result,
    Sector,
    Valuation,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from bandung.register.content import Stage, Status
    from bandung.register.demo_plan import PlannedAgency
    from bandung.register.demo_texts import Deed, Topic, Town

FIRST_YEAR, LAST_DAY = 2015, dt.date(2025, 12, 31)
GIVING = {"BRA": 5, "CUB": 4, "EGY": 4, "IND": 6, "KEN": 2, "MOZ": 1, "SEN": 1, "VNM": 2}
GETTING = {"BRA": 1, "CUB": 2, "EGY": 2, "IND": 1, "KEN": 4, "MOZ": 6, "SEN": 5, "VNM": 2}
LANGUAGE = {"BRA": "pt", "CUB": "es", "EGY": "ar", "MOZ": "pt", "SEN": "fr"}
CURRENCY = {
    "BRA": ("BRL", "0.2"),
    "EGY": ("EGP", "0.032"),
    "IND": ("INR", "0.012"),
    "KEN": ("KES", "0.0077"),
}
OTHER_UNIT = {
    "training": ("person_days", 5.0),
    "experts": ("person_months", 0.05),
    "scholarships": ("scholarship_years", 3.0),
}
MUTUAL = ("joint_research", "knowledge_exchange", "policy_dialogue", "data_sharing")
TO_ORGANISATIONS = {
    "fund_contribution": "fund",
    "multilateral_contribution": "organisation",
}
FAMILY = {
    "health": ("medicines", "medical_brigade"),
    "build": ("infrastructure", "equipment"),
    "goods": ("goods", "food_aid", "agricultural_inputs", "relief_supplies", "transport"),
    "sci": ("joint_research", "technology_transfer", "use_of_facilities", "data_sharing"),
    "money": ("grant", "concessional_loan", "official_loan", "line_of_credit", "equity"),
}
RATE_SOURCE = "Rate of the demonstration register"


@dataclass(frozen=True, slots=True)
class Setting:
    """What an activity is about, before anybody tells it.

    `facilitator` is a third member, or empty; `start` and `end` are the planned ones.
    """

    topic: Topic
    town: Town
    provider: str
    receiver: str
    facilitator: str
    modality: str
    status: Status
    start: dt.date
    end: dt.date
    titles: dict[str, str]
    descriptions: dict[str, str]


def language(member: str) -> str:
    """Return the language in which a member writes."""
    return LANGUAGE.get(member, "en")


def setting(rng: Random, modality: str, *, triangular: bool) -> Setting:
    """Choose subject, parties, place and dates for a modality."""
    topic = rng.choice([item for item in texts.topics() if modality in item.modalities])
    receiver = _choose(rng, {m: w for m, w in GETTING.items() if _suits(topic, m)})
    provider = _choose(rng, {m: w for m, w in GIVING.items() if m != receiver})
    others = sorted(set(GIVING) - {provider, receiver})
    facilitator = rng.choice(others) if triangular else ""
    town = rng.choice([item for item in texts.towns(receiver) if item.coast or not topic.coast])
    status, start, end = _course(rng)
    deed = texts.deeds()[modality]
    second_phase = start.year > FIRST_YEAR + 3 and rng.random() < 0.12
    return Setting(
        topic=topic,
        town=town,
        provider=provider,
        receiver=receiver,
        facilitator=facilitator,
        modality=modality,
        status=status,
        start=start,
        end=end,
        titles=texts.titles(rng, topic, deed, town, second_phase=second_phase),
        descriptions=texts.descriptions(rng, topic),
    )


def account(rng: Random, about: Setting, agencies: dict[str, PlannedAgency]) -> Content:
    """Return the account of an activity by the member that provides.

    Parameters
    ----------
    agencies
        The agency that acts for each party.
    """
    contributions = _contributions(rng, about)
    begun = about.status not in {"planned", "cancelled"}
    over = about.status == "closed"
    mutual = any(item.provider == about.receiver for item in contributions)
    written = [language(about.provider)]
    if rng.random() < 0.4:
        written.append(language(about.receiver))
    return Content(
        titles={lang: about.titles[lang] for lang in written},
        descriptions={lang: about.descriptions[lang] for lang in written},
        role="both" if mutual else "provides",
        status=about.status,
        partners=tuple(sorted(filter(None, (about.receiver, about.facilitator)))),
        planned_start=about.start,
        planned_end=about.end,
        actual_start=_late(rng, about.start) if begun else None,
        actual_end=about.end if over else None,
        sectors=_sectors(about.topic),
        targets=about.topic.targets,
        adaptation=_marker(about.topic.adaptation),
        mitigation=_marker(about.topic.mitigation),
        places=(_place(about.town, written[0]),),
        bodies=tuple(_body(party, agencies[party], about) for party in agencies),
        contributions=contributions,
        results=_results(rng, about, written) if over else (),
        documents=_documents(rng, written) if over else (),
        reported_elsewhere=_elsewhere(rng, about.provider),
    )


def in_own_words(content: Content, about: Setting, member: str) -> Content:
    """Return a party's account with titles and texts in the language of that party alone."""
    lang = language(member)
    return content.model_copy(
        update={
            "titles": {lang: about.titles[lang]},
            "descriptions": {lang: about.descriptions[lang]},
            "places": (_place(about.town, lang),),
        }
    )


def told_differently(rng: Random, content: Content) -> Content:
    """Return an account that differs in quantities, and sometimes in dates, keys or sectors."""
    items = list(content.contributions)
    changed = rng.randrange(len(items))
    items[changed] = _recounted(rng, items[changed])
    update: dict[str, object] = {"contributions": tuple(items)}
    if rng.random() < 0.5 and content.actual_end and content.actual_end.year < LAST_DAY.year:
        later = content.actual_end + dt.timedelta(days=rng.randrange(20, 120))
        update["actual_end"] = later
    if rng.random() < 0.3:
        update["sectors"] = (Sector(code=content.sectors[-1].code),)
    if rng.random() < 0.3:
        update["contributions"] = tuple(item.model_copy(update={"key": key(rng)}) for item in items)
    return content.model_copy(update=update)


def with_one_more(rng: Random, content: Content, about: Setting) -> Content:
    """Return an account with a contribution that the other side does not mention."""
    item = content.contributions[0]
    deed = texts.deeds()[rng.choice(("training", "study_visit", "goods", "equipment"))]
    more = item.model_copy(
        update={
            "key": key(rng),
            "provider": about.provider,
            "receiver": about.receiver,
            "receiver_name": "",
            "modality": deed.modality,
            "unit": deed.unit,
            "quantity": _quantity(rng, deed),
            "currency": "",
            "valuation": None,
        }
    )
    return content.model_copy(update={"contributions": (*content.contributions, more)})


def almost_the_same(rng: Random, content: Content) -> Content:
    """Return what another agency would write of the same thing: a near title, near dates."""
    return content.model_copy(
        update={
            "titles": {lang: _reworded(title) for lang, title in content.titles.items()},
            "planned_start": None if content.actual_start else content.planned_start,
            "planned_end": None,
            "contributions": tuple(
                item.model_copy(update={"key": key(rng), "valuation": None})
                for item in content.contributions
            ),
            "results": (),
            "documents": (),
        }
    )


def key(rng: Random) -> str:
    """Return a contribution's key, the same from the same seed."""
    return f"{rng.getrandbits(48):012x}"


def _contributions(rng: Random, about: Setting) -> tuple[Contribution, ...]:
    main = texts.deeds()[about.modality]
    others = [name for name in about.topic.modalities if name != about.modality]
    count = min(len(others), rng.choice((0, 0, 1, 1, 2)))
    found = []
    for start, end in _years(about, split=rng.random() < 0.5):
        found += _given(rng, main, about, start, end)
    for name in rng.sample(others, count):
        found += _given(rng, texts.deeds()[name], about, about.start, about.end)
    return tuple(found)


def _given(
    rng: Random, deed: Deed, about: Setting, start: dt.date, end: dt.date
) -> list[Contribution]:
    """Return a contribution; of what both sides do, also the one in return."""
    item = _contribution(rng, deed, about, start, end)
    if deed.modality not in MUTUAL or rng.random() < 0.4:
        return [item]
    quantity = _quantity(rng, deed)
    update = {
        "key": key(rng),
        "provider": item.receiver,
        "receiver": item.provider,
        "quantity": quantity,
        "valuation": None,
    }
    return [item, item.model_copy(update=update)]


def _contribution(
    rng: Random, deed: Deed, about: Setting, start: dt.date, end: dt.date
) -> Contribution:
    quantity, unit, price = _quantity(rng, deed), deed.unit, deed.usd
    if unit != MONEY and deed.modality in OTHER_UNIT and rng.random() < 0.3:
        unit, factor = OTHER_UNIT[deed.modality]
        quantity, price = _rounded(float(quantity) * factor), price / factor
    currency, rate = "", Decimal(1)
    if unit == MONEY:
        currency, rate = _currency(rng, about.provider)
        quantity = _rounded(float(quantity / rate))
    organisation = TO_ORGANISATIONS.get(deed.modality)
    name = texts.phrases(organisation)[0][language(about.provider)] if organisation else ""
    return Contribution(
        key=key(rng),
        modality=deed.modality,
        stage=_stage(about, end),
        provider=about.provider,
        receiver=None if name else about.receiver,
        receiver_name=name,
        quantity=quantity,
        unit=unit,
        currency=currency,
        period_start=start,
        period_end=end,
        valuation=_valuation(rng, about, quantity, unit, currency, rate, price, end),
    )


def _valuation(
    rng: Random,
    about: Setting,
    quantity: Decimal,
    unit: str,
    currency: str,
    rate: Decimal,
    price: float,
    day: dt.date,
) -> Valuation | None:
    """Return a value in money: always of other currencies than dollars, of the rest sometimes."""
    day = min(day, LAST_DAY)
    if about.status == "planned":
        return None
    if unit == MONEY:
        if currency == "USD":
            return None
        return Valuation(
            amount=quantity,
            currency=currency,
            price_date=day,
            method="actual_cost",
            rate=rate,
            rate_source=RATE_SOURCE,
        )
    if rng.random() < 0.5:
        return None
    currency, rate = _currency(rng, about.provider)
    worth = float(quantity) * price * rng.uniform(0.7, 1.5) / float(rate)
    own = currency != "USD"
    return Valuation(
        amount=_rounded(worth),
        currency=currency,
        price_date=day,
        method=rng.choice(("actual_cost", "provider_rates", "provider_rates", "ppp_adjusted")),
        rate=rate if own else None,
        rate_source=RATE_SOURCE if own else "",
    )


def _recounted(rng: Random, item: Contribution) -> Contribution:
    quantity = item.quantity or Decimal(1)
    factor = rng.choice((0.6, 0.75, 0.85, 0.9, 1.1, 1.25))
    recounted = _rounded(float(quantity) * factor)
    if recounted == quantity:
        recounted = quantity + 1
    update: dict[str, object] = {"quantity": recounted}
    if item.valuation is not None and item.unit == MONEY:
        update["valuation"] = item.valuation.model_copy(update={"amount": recounted})
    elif item.valuation is not None and rng.random() < 0.5:
        update["valuation"] = None
    return item.model_copy(update=update)


def _results(rng: Random, about: Setting, written: Sequence[str]) -> tuple[Result, ...]:
    family = next((name for name, those in FAMILY.items() if about.modality in those), "know")
    found = texts.outcomes(family)
    chosen = rng.sample(found, rng.randint(1, len(found)))
    results = []
    for outcome in chosen:
        target = _rounded(_between(rng, outcome.low, outcome.high))
        actual = max(Decimal(1), _rounded(float(target) * rng.uniform(0.6, 1.2)))
        results.append(
            Result(
                title={lang: outcome.titles[lang] for lang in written},
                unit=outcome.unit,
                baseline=Decimal(0),
                target=target,
                actual=actual,
                period_start=about.start,
                period_end=about.end,
            )
        )
    return tuple(results)


def _documents(rng: Random, written: Sequence[str]) -> tuple[Document, ...]:
    if rng.random() < 0.7:
        return ()
    title = texts.phrases("report")[0]
    name = key(rng)
    return (
        Document(
            title={lang: title[lang] for lang in written},
            url=f"https://documents.example.org/{name}.pdf",
            format="application/pdf",
        ),
    )


def _elsewhere(rng: Random, provider: str) -> tuple[str, ...]:
    found = []
    if rng.random() < 0.12:
        found.append("tossd")
    if provider in {"BRA", "CUB"} and rng.random() < 0.3:
        found.append("segib")
    if rng.random() < 0.2:
        found.append("national_report")
    return tuple(found)


def _body(party: str, agency: PlannedAgency, about: Setting) -> Body:
    role = {about.provider: "extending", about.receiver: "implementing"}.get(party, "accountable")
    return Body.model_validate(
        {
            "name": agency.name,
            "role": role,
            "reference": agency.key,
            "kind": agency.kind,
            "country": party,
        }
    )


def _sectors(topic: Topic) -> tuple[Sector, ...]:
    if len(topic.sectors) == 1:
        return (Sector(code=topic.sectors[0]),)
    first, second = topic.sectors
    return (Sector(code=first, share=Decimal(60)), Sector(code=second, share=Decimal(40)))


def _place(town: Town, lang: str) -> Place:
    return Place(
        name=town.names[lang],
        country=town.member,
        latitude=Decimal(town.latitude),
        longitude=Decimal(town.longitude),
    )


def _marker(value: int) -> int | None:
    return value or None


def _suits(topic: Topic, member: str) -> bool:
    return not topic.receivers or member in topic.receivers


def _course(rng: Random) -> tuple[Status, dt.date, dt.date]:
    """Choose dates, and what has become of it by the last day of the demonstration."""
    begins = dt.date(FIRST_YEAR, 1, 1)
    latest = dt.date(2025, 4, 1)
    what = rng.random()
    if what < 0.04:
        begins, latest = LAST_DAY + dt.timedelta(days=30), LAST_DAY + dt.timedelta(days=200)
    start = begins + dt.timedelta(days=rng.randrange((latest - begins).days))
    months = rng.choice((2, 4, 6, 9, 12, 12, 18, 24, 24, 30, 36))
    end = start + dt.timedelta(days=round(months * 30.44) - 1)
    if start > LAST_DAY:
        return "planned", start, end
    if what < 0.06:
        return "cancelled", start, end
    if what < 0.08:
        return "suspended", start, end
    if end > LAST_DAY:
        return "under_way", start, end
    return ("finishing" if end > LAST_DAY - dt.timedelta(days=90) else "closed"), start, end


def _late(rng: Random, planned: dt.date) -> dt.date:
    return planned + dt.timedelta(days=rng.choice((0, 0, 0, 14, 31)))


def _stage(about: Setting, end: dt.date) -> Stage:
    if about.status in {"planned", "cancelled"}:
        return "planned"
    return "delivered" if end <= LAST_DAY else "committed"


def _years(about: Setting, *, split: bool) -> list[tuple[dt.date, dt.date]]:
    """Return the periods of the main contribution: all of it, or each calendar year of it."""
    if not split or (about.end - about.start).days < 500:
        return [(about.start, about.end)]
    found = []
    for year in range(about.start.year, about.end.year + 1):
        first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
        found.append((max(first, about.start), min(last, about.end)))
    return found


def _currency(rng: Random, member: str) -> tuple[str, Decimal]:
    if member in CURRENCY and rng.random() < 0.4:
        code, rate = CURRENCY[member]
        return code, Decimal(rate)
    return "USD", Decimal(1)


def _quantity(rng: Random, deed: Deed) -> Decimal:
    return _rounded(_between(rng, deed.low, deed.high))


def _between(rng: Random, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _rounded(value: float) -> Decimal:
    """Round to two digits, as people count; below a hundred to the unit, and never to nothing."""
    if value < 100:
        return Decimal(max(1, round(value)))
    step = 10 ** (math.floor(math.log10(value)) - 1)
    return Decimal(round(value / step) * step)


def _reworded(title: str) -> str:
    """Return a title with its parts the other way round, as somebody else would put it."""
    for mark in (" : ", ": ", " – "):
        first, found, rest = title.partition(mark)
        if found:
            return f"{rest[0].upper()}{rest[1:]}{mark}{first}"
    return title


def _choose(rng: Random, weights: dict[str, int]) -> str:
    return rng.choices(sorted(weights), [weights[member] for member in sorted(weights)])[0]

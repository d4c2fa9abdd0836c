"""Sums in the database against a plain recomputation over what the statements say."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest

from bandung.register import codelists, completeness, sums, visibility
from bandung.register.actions import statements
from bandung.register.actions.storing import value_usd
from bandung.register.actor import Actor
from bandung.register.content import Content, Contribution, Sector, Valuation
from bandung.register.models import Activity
from bandung.register.selection import Selection, accounts, one_each

MEMBERS = ("BRA", "MOZ", "SEN")
MODALITIES = (("training", "people"), ("experts", "person_days"), ("grant", "money"))
SECTORS = ("11110", "11120", "12220", "31120")
TARGETS = ("4.1", "4.4", "2.4", "13")
SELECTIONS = (
    Selection(),
    Selection(member="BRA"),
    Selection(partner="MOZ"),
    Selection(direction="given", year_from=2022, year_to=2023),
    Selection(modality="training", sector="111"),
    Selection(group="A", sdg="4"),
    Selection(sdg="4.4", status="closed"),
    Selection(text="milk", partner="SEN"),
)


def draw(rng: random.Random, member: str) -> Content:
    """A complete account by a member, drawn at random."""
    partner = rng.choice([code for code in MEMBERS if code != member])
    provides = rng.random() < 0.5
    items = []
    for place in range(rng.randint(0, 3)):
        modality, unit = rng.choice(MODALITIES)
        year = rng.randint(2021, 2024)
        money = unit == "money"
        worth = None
        if not money and rng.random() < 0.5:
            currency = rng.choice(["USD", "BRL"])
            rate = Decimal("0.2") if currency == "BRL" and rng.random() < 0.5 else None
            worth = Valuation(amount=rng.randint(1, 9999), currency=currency, rate=rate)
        items.append(
            Contribution(
                key=f"k{place}",
                modality=modality,
                stage=rng.choice(["delivered", "delivered", "planned"]),
                provider=member if provides else partner,
                receiver=partner if provides else member,
                quantity=None if rng.random() < 0.1 else Decimal(rng.randint(1, 500)) / 4,
                unit=unit,
                currency=rng.choice(["USD", "BRL"]) if money else "",
                period_start=dt.date(year, 1, 1),
                period_end=dt.date(year, 6, 30),
                valuation=worth,
            )
        )
    return Content(
        titles={"en": rng.choice(["Tropical agriculture", "Milk banks", "Teachers"])},
        role="provides" if provides else "receives",
        status=rng.choice(["closed", "under_way"]),
        partners=(partner,),
        actual_start=dt.date(2021, 1, 1),
        sectors=[Sector(code=code, share=None) for code in rng.sample(SECTORS, rng.randint(0, 3))],
        targets=rng.sample(TARGETS, rng.randint(0, 3)),
        contributions=items,
    )


@pytest.fixture
def drawn(actors, monkeypatch):
    """Fourteen activities, some answered, at every step of their way, complete or not."""
    monkeypatch.setattr(completeness, "problems", lambda *_: ())
    rng = random.Random(1955)  # noqa: S311 - drawn, not secret
    for _ in range(14):
        member = rng.choice(MEMBERS)
        statement = statements.create(actors[member], draw(rng, member))
        steps = rng.randint(0, 3)
        advance(actors[member], statement, steps)
        if steps >= 2 and rng.random() < 0.8:
            partner = statement.working.said().partners[0]
            theirs = statements.answer(actors[partner], statement.activity_id, of=statement.pk)
            advance(actors[partner], theirs, rng.randint(2, 3))
    return actors


def advance(actor, statement, steps):
    """Take a statement some steps on."""
    for step in ("approve", "share", "publish")[:steps]:
        statement.refresh_from_db()
        getattr(statements, step)(actor, statement.pk, expected_version=statement.version)


def fits(item: Contribution, member: str, selection: Selection) -> bool:
    """Whether a contribution is asked for."""
    given = item.provider == member
    group = codelists.find("modality", item.modality).group
    other = item.receiver if given else item.provider
    return (
        (not selection.direction or given == (selection.direction == "given"))
        and selection.modality in {"", item.modality}
        and selection.group in {"", group}
        and selection.partner in {"", other}
        and (selection.year_from or 0) <= item.year <= (selection.year_to or 9999)
        and item.stage == "delivered"
    )


def account_fits(content: Content, member: str, selection: Selection) -> bool:
    """Whether an account is asked for, its contributions aside."""
    goal = any(code.partition(".")[0] == selection.sdg for code in content.targets)
    return (
        selection.member in {"", member}
        and selection.status in {"", content.status}
        and (not selection.sector or any(s.code[:3] == selection.sector for s in content.sectors))
        and (not selection.sdg or goal or selection.sdg in content.targets)
        and (not selection.text or selection.text in content.title("en").casefold())
    )


def keys(item: Contribution, content: Content, member: str, dimension: str) -> set[str]:
    """Under what a contribution counts."""
    return {
        "all": {""},
        "partner": {item.receiver if item.provider == member else item.provider},
        "member": {member},
        "modality": {item.modality},
        "year": {str(item.year)},
        "sector": {sector.code[:3] for sector in content.sectors},
        "goal": {code.partition(".")[0] for code in content.targets},
    }[dimension]


def seen(actor: Actor) -> list[tuple]:
    """What each activity shows this reader: its key, whose account, what it says."""
    return [
        (activity.pk, view.statement.member_id, view.revision.said())
        for activity in visibility.activities(actor)
        for view in visibility.views(actor, activity)
    ]


def recomputed(told: list[tuple], selection: Selection, dimension: str) -> dict:
    """The same sums, from the contents of what a reader sees."""
    found = defaultdict(lambda: {"of": set(), "n": 0, "usd": Decimal(0), "no": 0, "q": {}})
    for activity, member, content in told:
        if not account_fits(content, member, selection):
            continue
        for item in content.contributions:
            if not fits(item, member, selection):
                continue
            for key in keys(item, content, member, dimension):
                side = found[key, item.provider == member]
                side["of"].add(activity)
                side["n"] += 1
                worth = value_usd(item)
                side["usd"] += worth or 0
                side["no"] += worth is None
                if item.quantity is not None:
                    unit = (item.unit, item.currency)
                    side["q"][unit] = side["q"].get(unit, 0) + item.quantity
    return {key: (len(s["of"]), s["n"], s["usd"], s["no"], s["q"]) for key, s in found.items()}


def in_database(actor: Actor, selection: Selection, dimension: str) -> dict:
    """What `sums.by` says, in the same form."""
    found = {}
    for total in sums.by(actor, selection, dimension).totals:
        for given, side in ((True, total.given), (False, total.received)):
            if side.contributions:
                quantities = {(q.unit, q.currency): q.quantity for q in side.quantities}
                found[total.key, given] = (
                    side.activities,
                    side.contributions,
                    side.value_usd,
                    side.without_value,
                    quantities,
                )
    return found


def readers(actors) -> list[Actor]:
    """Every member's focal point, and the public."""
    return [*actors.values(), Actor.public()]


def test_sums_equal_a_recomputation_over_the_contents(drawn):
    """A contribution counted twice, left out, or seen by the wrong reader."""
    compared = 0
    with codelists.held():
        for actor in (drawn["MOZ"], Actor.public()):
            told = seen(actor)
            for selection in SELECTIONS:
                for dimension in (*sums.DIMENSIONS, "member", "all"):
                    expected = recomputed(told, selection, dimension)
                    assert in_database(actor, selection, dimension) == expected
                    compared += len(expected)
    assert compared > 100


def test_an_activity_is_listed_once_for_each_reader(drawn):
    """An activity of two accounts listed twice, or not at all."""
    for actor in readers(drawn):
        listed = [row.statement.activity_id for row in one_each(actor, Selection())]
        assert sorted(listed) == sorted(visibility.activities(actor).values_list("pk", flat=True))


def test_a_list_narrowed_by_filters_holds_every_activity_with_a_fitting_account(drawn):
    """Choosing one account of an activity before filtering, and losing the other that fits."""
    for actor in readers(drawn):
        for selection in SELECTIONS:
            listed = {row.statement.activity_id for row in one_each(actor, selection)}
            fitting = {row.statement.activity_id for row in accounts(actor, selection)}
            assert listed == fitting


def test_the_public_sees_sums_of_what_every_party_has_published_only(drawn):
    """A draft or a shared statement that shows in the public's sums."""
    public = sums.by(Actor.public(), Selection(), "all").totals
    everything = sum(
        total.given.contributions + total.received.contributions
        for actor in drawn.values()
        for total in sums.by(actor, Selection(member=actor.member), "all").totals
    )
    seen = sum(total.given.contributions + total.received.contributions for total in public)
    assert Activity.objects.filter(public=True).exists()
    assert 0 < seen < everything


def test_what_is_kept_is_added_up_anew_after_a_write(actors, content):
    """Sums that stay as they were once somebody has written."""
    before = sums.total(actors["BRA"], Selection())
    statement = statements.create(actors["BRA"], content)
    assert sums.total(actors["BRA"], Selection()).given.contributions == (
        before.given.contributions + 1
    )
    more = replace_quantity(content, "240")
    statements.save(actors["BRA"], statement.pk, more, expected_version=statement.version)
    after = sums.total(actors["BRA"], Selection()).given
    assert [q.quantity for q in after.quantities] == [Decimal(240)]
    assert sums.total(actors["SEN"], Selection()).given.contributions == 0


def replace_quantity(content: Content, quantity: str) -> Content:
    """The same account with another quantity."""
    item = content.contributions[0].model_copy(update={"quantity": Decimal(quantity)})
    return content.model_copy(update={"contributions": (item,)})


def test_a_measure_is_one_unit_and_never_a_sum_over_units():
    """Person-days added to people, or dollars to reais."""
    side = sums.Side(
        quantities=(
            sums.Quantity("people", "", Decimal(3)),
            sums.Quantity("money", "BRL", Decimal(5)),
            sums.Quantity("money", "USD", Decimal(7)),
        )
    )
    assert side.in_measure("people") == 3
    assert side.in_measure("money:BRL") == 5
    assert replace(side, value_usd=Decimal(9)).in_measure("usd") == 9

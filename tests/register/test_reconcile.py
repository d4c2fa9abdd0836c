"""Two accounts of one activity, compared: neither is overridden, and it reads alike both ways."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandung.register.content import Body, Content, Contribution, Place, Result, Sector, Valuation
from bandung.register.reconcile import compare as compare_members

compare = partial(
    compare_members, members=("BRA", "MOZ"), group_of=lambda modality: modality.partition("-")[0]
)
compare_back = partial(compare, members=("MOZ", "BRA"))

DAYS = st.dates(dt.date(2019, 1, 1), dt.date(2021, 12, 31))
FEW_DAYS = st.sampled_from([dt.date(2020, 1, 1), dt.date(2020, 6, 30), dt.date(2021, 12, 31)])
PERIODS = st.one_of(
    st.just((None, None)), st.tuples(FEW_DAYS, FEW_DAYS).map(sorted), DAYS.map(lambda d: (d, d))
)
AMOUNTS = st.sampled_from(
    [None, Decimal(0), Decimal(5), Decimal("5.000"), Decimal(6), Decimal(45), Decimal(100_000)]
)


@st.composite
def contributions(draw, keys) -> Contribution:
    start, end = draw(PERIODS)
    unit = draw(st.sampled_from(["person_days", "people", "money"]))
    provider, receiver = draw(
        st.sampled_from([("BRA", "MOZ"), ("MOZ", "BRA"), ("BRA", None), ("BRA", "SEN")])
    )
    return Contribution(
        key=draw(keys),
        modality=draw(st.sampled_from(["C-experts", "C-training", "A-grant"])),
        stage=draw(st.sampled_from(["planned", "delivered"])),
        provider=provider,
        receiver=receiver,
        quantity=draw(AMOUNTS),
        unit=unit,
        currency=draw(st.sampled_from(["USD", "BRL"])) if unit == "money" else "",
        period_start=start,
        period_end=end,
    )


def contents(prefix: str):
    keys = st.one_of(
        st.integers(0, 99).map(lambda n: f"{prefix}{n}"), st.integers(0, 3).map(lambda n: f"k{n}")
    )
    return st.builds(
        Content,
        titles=st.dictionaries(
            st.sampled_from(["en", "fr"]), st.sampled_from(["Água", "agua", "x"])
        ),
        role=st.sampled_from(["provides", "receives", "both", "facilitates"]),
        partners=st.sampled_from([(), ("MOZ",), ("BRA",), ("MOZ", "SEN")]),
        actual_start=st.one_of(st.none(), FEW_DAYS),
        sectors=st.sampled_from(
            [(), (Sector(code="12220"),), (Sector(code="122", vocabulary="dac3"),)]
        ),
        places=st.lists(
            st.sampled_from(
                [
                    Place(name="Beira"),
                    Place(name="beira", country="MOZ"),
                    Place(name="Tete", latitude=-16.1, longitude=33.6),
                    Place(name="Matema", latitude=-16.12, longitude=33.61),
                ]
            ),
            max_size=3,
        ),
        contributions=st.lists(contributions(keys), max_size=6, unique_by=lambda item: item.key),
    )


@settings(deadline=None, max_examples=150)
@given(ours=contents("a"), theirs=contents("b"), data=st.data())
def test_either_party_reads_the_same_comparison(ours, theirs, data):
    """Swapping the parties, or the order of what they entered, changes no verdict and no pair."""
    mine = [item.key for item in ours.contributions]
    other = [item.key for item in theirs.contributions]
    possible = [(a, b) for a in mine for b in other]
    some = st.lists(st.sampled_from(possible), max_size=3) if possible else st.just([])
    pairs, apart = data.draw(some), data.draw(some)
    found = compare(ours, theirs, pairs=pairs, apart=apart)
    back = compare_back(
        theirs, ours, pairs=[(b, a) for a, b in pairs], apart=[(b, a) for a, b in apart]
    )
    assert found.mirrored() == back

    def shuffled(content: Content) -> Content:
        parts = ("contributions", "places", "sectors")
        return content.model_copy(
            update={
                name: tuple(data.draw(st.permutations(getattr(content, name)))) for name in parts
            }
        )

    again = compare(shuffled(ours), shuffled(theirs), pairs=pairs, apart=apart)
    assert again.contributions == found.contributions
    assert [item.verdict for item in again.fields] == [item.verdict for item in found.fields]


@settings(deadline=None, max_examples=60)
@given(ours=contents("a"), theirs=contents("b"))
def test_every_contribution_appears_once_on_its_side(ours, theirs):
    """Nothing is lost and nothing is counted twice; what differs keeps both values."""
    found = compare(ours, theirs)
    mine = sorted(item.ours.key for item in found.contributions if item.ours)
    other = sorted(item.theirs.key for item in found.contributions if item.theirs)
    assert mine == sorted(item.key for item in ours.contributions)
    assert other == sorted(item.key for item in theirs.contributions)
    for item in found.contributions:
        for one in item.fields:
            if one.name in {"quantity", "stage", "unit", "period_end"}:
                assert one.ours == getattr(item.ours, one.name)
                assert one.theirs == getattr(item.theirs, one.name)


@settings(deadline=None, max_examples=40)
@given(content=contents("a"))
def test_a_content_agrees_with_its_mirror_image(content):
    """What a partner confirms as it stands leaves nothing that differs."""
    if not content.partners:
        content = content.model_copy(update={"partners": ("MOZ",)})
    turned = {"provides": "receives", "receives": "provides"}.get(content.role, content.role)
    partners = tuple(sorted({"BRA", *content.partners} - {"MOZ"}))
    ours = content.model_copy(update={"partners": tuple({"MOZ", *content.partners} - {"BRA"})})
    theirs = content.model_copy(update={"role": turned, "partners": partners})
    found = compare(ours, theirs)
    assert found.is_agreed
    assert found.contribution_counts.differs == 0
    assert {item.how for item in found.contributions} <= {"key"}


def contribution(key: str, **fields) -> Contribution:
    given_ = {
        "modality": "C-experts",
        "provider": "BRA",
        "receiver": "MOZ",
        "quantity": 40,
        "unit": "person_days",
        "period_start": dt.date(2020, 1, 1),
        "period_end": dt.date(2020, 12, 31),
    }
    return Contribution(key=key, **{**given_, **fields})


def one_pair(ours: dict, theirs: dict):
    a = Content(contributions=[contribution("a", **ours)])
    b = Content(contributions=[contribution("b", **theirs)], role="receives")
    return compare(a, b).contributions


@pytest.mark.parametrize(
    ("field", "ours", "theirs", "verdict"),
    [
        ("quantity", {"quantity": 40}, {"quantity": 41}, "differs"),
        ("quantity", {"quantity": Decimal("40.000001")}, {"quantity": 40}, "differs"),
        ("quantity", {"quantity": Decimal("40.000")}, {"quantity": 40}, "agreed"),
        ("quantity", {"unit": "people"}, {}, "differs"),
        ("unit", {"unit": "people"}, {}, "differs"),
        ("quantity", {"quantity": None}, {}, "only_theirs"),
        ("stage", {"stage": "planned"}, {}, "differs"),
        ("period_end", {"period_end": dt.date(2020, 12, 30)}, {}, "differs"),
        ("modality", {"modality": "C-training"}, {}, "differs"),
        ("note", {"note": "dois peritos"}, {"note": "two experts"}, "not_compared"),
    ],
)
def test_a_contribution_is_compared_field_by_field(field, ours, theirs, verdict):
    """One unit, one day or one millionth more differs; an unknown is a gap; prose is free."""
    (found,) = one_pair(ours, theirs)
    assert {item.name: item.verdict for item in found.fields}[field] == verdict
    assert found.verdict == ("differs" if verdict == "differs" else "agreed")


def test_valuations_are_compared_apart_from_the_quantity():
    """The same days at two prices: the quantity is agreed and the amount differs."""
    (found,) = one_pair(
        {"valuation": Valuation(amount=100, currency="USD", method="actual")},
        {"valuation": Valuation(amount=100, currency="BRL", method="actual")},
    )
    verdicts = {item.name: item.verdict for item in found.fields}
    assert verdicts["quantity"] == "agreed"
    assert verdicts["valuation_amount"] == verdicts["valuation_currency"] == "differs"
    assert verdicts["valuation_method"] == "agreed"


@pytest.mark.parametrize(
    "theirs",
    [
        {"provider": "MOZ", "receiver": "BRA"},
        {"modality": "A-grant", "unit": "money", "currency": "USD"},
        {"period_start": dt.date(2022, 6, 1), "period_end": dt.date(2022, 6, 2)},
        {"quantity": 500},
    ],
    ids=["direction", "group", "period", "quantity"],
)
def test_what_cannot_be_the_same_is_not_paired(theirs):
    """The other direction, another group, years apart or over ten times as much: two entries."""
    assert [item.verdict for item in one_pair({}, theirs)] == ["only_ours", "only_theirs"]


def test_the_least_total_distance_decides_not_the_first_come():
    """Each takes its own counterpart where a greedy choice would strand one."""
    ours = Content(contributions=[contribution("a1", quantity=40), contribution("a2", quantity=50)])
    theirs = Content(
        contributions=[contribution("b1", quantity=49), contribution("b2", quantity=300)]
    )
    pairs = {(c.ours.key, c.theirs.key) for c in compare(ours, theirs).contributions}
    assert pairs == {("a1", "b1"), ("a2", "b2")}


def test_people_decide_before_the_machine():
    """A pair that people made stands though it is far apart; one they refused is not made."""
    ours = Content(contributions=[contribution("a", quantity=1)])
    theirs = Content(contributions=[contribution("b", quantity=900), contribution("c", quantity=1)])
    found = compare(ours, theirs, pairs=[("a", "b"), ("gone", "b")])
    assert [(c.ours and c.ours.key, c.theirs.key, c.how) for c in found.contributions] == [
        ("a", "b", "people"),
        (None, "c", None),
    ]
    found = compare(ours, theirs, apart=[("a", "c")])
    assert [item.verdict for item in found.contributions] == [
        "only_ours",
        "only_theirs",
        "only_theirs",
    ]
    same_key = Content(contributions=[contribution("a", quantity=1)])
    assert compare(ours, same_key).contributions[0].how == "key"
    assert len(compare(ours, same_key, apart=[("a", "a")]).contributions) == 2


def test_texts_in_two_languages_are_no_difference():
    """Titles differ only where both are in one language and say otherwise."""
    french = Content(titles={"fr": "Lait maternel"})
    english = Content(titles={"en": "Mother's milk"})
    assert compare(french, english).field("title").verdict == "not_compared"
    assert (
        compare(french, Content(titles={"fr": "lait  MATERNEL"})).field("title").verdict == "agreed"
    )
    both = Content(titles={"fr": "Eau", "en": "Mother's milk"}, role="receives")
    differing = compare(french, both)
    assert differing.field("title").verdict == "differs"
    assert differing.field_counts.differs == 0
    assert compare(french, Content()).field("title").verdict == "only_ours"


@pytest.mark.parametrize(
    ("ours", "theirs", "partners", "verdict"),
    [
        ("provides", "receives", (), "agreed"),
        ("provides", "provides", (), "differs"),
        ("provides", "provides", ("SEN",), "agreed"),
        ("both", "provides", (), "differs"),
        ("both", "both", (), "agreed"),
        ("facilitates", "receives", ("SEN",), "agreed"),
    ],
)
def test_roles_answer_each_other(ours, theirs, partners, verdict):
    """Who provides is answered by who receives; with third parties two may provide."""
    found = compare(
        Content(role=ours, partners=("MOZ", *partners)),
        Content(role=theirs, partners=("BRA", *partners)),
    )
    assert found.field("role").verdict == verdict
    assert found.field("parties").verdict == "agreed"


def test_what_passes_to_a_third_party_is_no_gap_of_the_second():
    """A contribution to Senegal that Mozambique does not state leaves the two agreed."""
    ours = Content(contributions=[contribution("a", receiver="SEN")])
    found = compare(ours, Content(role="receives"))
    assert [item.concerns_both for item in found.contributions] == [False]
    assert found.contribution_counts.only_ours == 0
    assert found.is_agreed
    assert not compare(
        Content(contributions=[contribution("a")]), Content(role="receives")
    ).is_agreed


def sectors(*codes: str, role: str = "both", **more) -> Content:
    return Content(role=role, sectors=[Sector(code=code, **more) for code in codes])


def test_sectors_are_compared_within_a_vocabulary():
    """Order is nothing; a five-digit purpose agrees with its own three-digit sector only."""
    assert compare(sectors("12220", "11110"), sectors("11110", "12220")).is_agreed
    coarse = compare(sectors("12220"), sectors("122", vocabulary="dac3"))
    assert coarse.field("sectors_dac3").verdict == "agreed"
    assert coarse.field("sectors_crs").verdict == "only_ours"
    other = compare(sectors("12220"), sectors("111", vocabulary="dac3"))
    assert other.field("sectors_dac3").verdict == "differs"
    halves = Content(sectors=[Sector(code="12220", share=50), Sector(code="11110", share=50)])
    thirds = Content(sectors=[Sector(code="12220", share=70), Sector(code="11110", share=30)])
    assert compare(halves, thirds).field("sectors_crs").verdict == "differs"
    whole = Content(sectors=[Sector(code="12220", share=100)])
    assert compare(whole, sectors("12220")).field("sectors_crs").verdict == "agreed"


def test_places_bodies_and_results_are_found_whatever_their_language():
    """Names count only in a common language; countries, coordinates, references, figures always."""

    def said(lang: str, place: Place, body: Body, result: Result) -> Content:
        return Content(titles={lang: "x"}, places=[place], bodies=[body], results=[result])

    cairo = Place(name="Cairo", country="EGY")
    ours = said("en", cairo, Body(name="Health"), Result(title={"en": "Trained"}, actual=5))
    french = said(
        "fr",
        Place(name="Le Caire", country="EGY"),
        Body(name="Santé"),
        Result(title={"fr": "Formés"}, actual=5),
    )
    found = compare(ours, french)
    assert {found.field(name).verdict for name in ("places", "bodies", "results")} == {"agreed"}
    elsewhere = said(
        "fr",
        Place(name="Le Caire", country="SDN"),
        Body(name="Santé", role="funding"),
        Result(title={"fr": "Formés"}, actual=6),
    )
    found = compare(ours, elsewhere)
    assert {found.field(name).verdict for name in ("places", "bodies", "results")} == {"differs"}
    english = said("en", Place(name="Aswan", country="EGY"), Body(name="Water"), Result(title={}))
    found = compare(ours, english)
    assert {found.field(name).verdict for name in ("places", "bodies", "results")} == {"differs"}


def test_two_thousand_contributions_on_each_side_are_paired():
    """The largest statement there may be is paired, each with its own counterpart."""
    days = [dt.date(2000, 1, 1) + dt.timedelta(days=3 * n) for n in range(2_000)]

    def side(name: str) -> Content:
        return Content(
            contributions=[
                contribution(f"{name}{n}", period_start=day, period_end=day + dt.timedelta(days=2))
                for n, day in enumerate(days)
            ]
        )

    found = compare(side("a"), side("b"))
    assert found.contribution_counts.agreed == 2_000


def test_ties_are_broken_alike_from_both_sides():
    """Where several pairings are equally near, both parties see the same one."""
    rng = random.Random(1955)  # noqa: S311 - no secret

    def side(name: str) -> Content:
        return Content(
            role="both",
            contributions=[
                contribution(
                    f"{name}{n}",
                    stage=rng.choice(["planned", "delivered"]),
                    modality=rng.choice(["C-experts", "C-training"]),
                    unit=rng.choice(["people", "person_days"]),
                    quantity=rng.choice([None, 5]),
                )
                for n in range(5)
            ],
        )

    for _ in range(60):
        ours, theirs = side("a"), side("b")
        assert compare(ours, theirs).mirrored() == compare_back(theirs, ours)

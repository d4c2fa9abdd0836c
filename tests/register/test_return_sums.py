"""The return for SDG 17.3.1 adds up: identities over lines drawn at random, and one by hand."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandung.register.content import Contribution, Valuation
from bandung.register.returns import Line, Modality, Rate, Rates, sdg_17_3_1

MEMBER, YEAR = "BRA", 2024
MODALITIES = {
    "grant": Modality("grant", "A"),
    "debt_relief": Modality("debt_relief", "A", "debt_relief"),
    "medicines": Modality("medicines", "B"),
    "experts": Modality("experts", "C"),
    "training": Modality("training", "C"),
}
RATES = Rates.of(
    [
        Rate("BRL", 2024, None, Decimal("0.1853"), "central bank, average"),
        Rate("BRL", 2024, dt.date(2024, 6, 28), Decimal("0.18"), "central bank"),
        Rate("XOF", 2024, dt.date(2024, 3, 29), Decimal("0.00164"), "central bank"),
    ]
)
UNITS = {"medicines": "tonnes", "experts": "person_days", "training": "people"}


def made(lines, **more):
    """The return of some lines."""
    return sdg_17_3_1(
        lines,
        MEMBER,
        YEAR,
        modalities=MODALITIES,
        rates=RATES,
        made_on=dt.date(2025, 3, 1),
        **more,
    )


def sums(result) -> dict:
    """Every total of a return, by what it is a total of."""
    cells = (*result.cells, *result.group_totals)
    return {
        (one.group, one.recipient, one.modality, one.measure, one.unit): (one.total, one.tossd)
        for one in cells
    }


@st.composite
def lines(draw) -> list[Line]:
    """Lines of every kind: counted, excluded, objected to, and left out for each reason."""
    found = []
    for at in range(draw(st.integers(0, 12))):
        modality = draw(st.sampled_from([*MODALITIES, "unheard_of"]))
        money = modality in {"grant", "debt_relief"}
        amounts = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)
        valuation = st.builds(
            Valuation,
            amount=amounts,
            currency=st.sampled_from(["BRL", "USD", "XOF", "CUP"]),
            price_date=st.sampled_from([None, dt.date(2024, 4, 2)]),
            rate=st.sampled_from([None, Decimal("0.2")]),
        )
        end = draw(
            st.sampled_from(
                [None, dt.date(2024, 6, 30), dt.date(2024, 12, 31), dt.date(2023, 5, 5)]
            )
        )
        item = Contribution(
            key=f"k{at}",
            modality=modality,
            stage=draw(st.sampled_from(["delivered", "delivered", "delivered", "committed"])),
            provider=draw(st.sampled_from([MEMBER, MEMBER, MEMBER, "MOZ", None])),
            receiver=draw(st.sampled_from(["MOZ", "SEN", "STP", None])),
            receiver_name=draw(st.sampled_from(["", "", "A regional bank"])),
            quantity=draw(st.none() | amounts),
            unit="money" if money else UNITS.get(modality, "items"),
            currency=draw(st.sampled_from(["BRL", "USD", "CUP"])) if money else "",
            period_end=end,
            valuation=draw(st.none() | valuation),
            exclusion=draw(st.sampled_from(["", "", "", "portfolio"])),
        )
        objected = draw(st.sampled_from([None, None, None, "never arrived", ""]))
        tossd = draw(st.sampled_from([(), ("iati",), ("tossd", "iati")]))
        found.append(Line(f"BRA-2024-{at:05}", f"a{at}", f"Title {at}", item, objected, tossd))
    return found


MANY = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(lines())
def test_every_line_is_somewhere_once(drawn):
    """A line is lost, or stands in two places."""
    result = made(drawn)
    places = [one.line.trace for one in result.counted]
    for others in (result.excluded, result.objected, result.left_out):
        places += [one.line.trace for one in others]
    assert len(places) == len(set(places))
    assert len(places) + result.other_years == len(drawn)
    of_year = {line.trace for line in drawn if line.contribution.year in {None, YEAR}}
    assert set(places) == of_year


@MANY
@given(lines())
def test_totals_are_the_sums_of_their_lines(drawn):
    """A total is not the sum of the lines it names, or a group not that of its cells."""
    result = made(drawn)
    amounts = {
        (one.line.trace, measure, unit): (amount, one)
        for one in result.counted
        for measure, unit, amount in one.amounts()
    }
    told = set()
    for cell in result.cells:
        parts = [amounts[trace, cell.measure, cell.unit] for trace in cell.traces]
        assert cell.total == sum(amount for amount, _ in parts)
        assert cell.tossd == sum(amount for amount, one in parts if one.line.to_tossd)
        told |= {(trace, cell.measure, cell.unit) for trace in cell.traces}
    assert told == set(amounts)
    by_group = defaultdict(Decimal)
    for cell in result.cells:
        by_group[cell.group, cell.measure, cell.unit] += cell.total
    assert {
        (one.group, one.measure, one.unit): one.total for one in result.group_totals
    } == by_group
    dollars = {one.line.trace for one in result.counted if one.worth and one.worth.usd is not None}
    without = {one.line.trace for one in result.without_rate}
    assert dollars | without == {one.line.trace for one in result.counted if one.worth}
    assert not dollars & without


@MANY
@given(lines(), st.integers(0, 2**32))
def test_order_changes_nothing(drawn, seed):
    """The order of the lines shows in a total, a list or the checksum."""
    shuffled = random.Random(seed).sample(drawn, len(drawn))  # noqa: S311 -- an order, no secret
    assert made(shuffled) == made(drawn)


@MANY
@given(lines(), st.data())
def test_splitting_a_contribution_changes_no_total(drawn, data):
    """Saying one contribution as two changes a total."""
    if not drawn:
        return
    at = data.draw(st.integers(0, len(drawn) - 1))
    line = drawn[at]
    parts = [replace(line, contribution=part) for part in halves(line.contribution, data)]
    assert sums(made([*drawn[:at], *parts, *drawn[at + 1 :]])) == sums(made(drawn))


def halves(item: Contribution, data) -> list[Contribution]:
    """Two contributions that are one when added up."""
    share = Decimal(data.draw(st.integers(1, 99))) / 100

    def split(amount):
        first = amount and (amount * share).quantize(Decimal("0.01"))
        return (first, amount and amount - first)

    quantities = split(item.quantity)
    value = item.valuation
    amounts = split(value.amount) if value else (None, None)
    return [
        item.model_copy(
            update={
                "key": f"{item.key}-{number}",
                "quantity": quantities[number],
                "valuation": value and value.model_copy(update={"amount": amounts[number]}),
            }
        )
        for number in (0, 1)
    ]


@MANY
@given(lines())
def test_names_of_recipients_do_not_matter(drawn):
    """Renaming the recipients changes more than their names."""
    renamed = {"MOZ": "SEN", "SEN": "STP", "STP": "MOZ"}
    other = [
        replace(
            line,
            contribution=line.contribution.model_copy(
                update={"receiver": renamed.get(line.contribution.receiver or "")}
            ),
        )
        for line in drawn
    ]
    expected = {
        (group, renamed.get(recipient, recipient), *rest): value
        for (group, recipient, *rest), value in sums(made(drawn)).items()
    }
    assert {tuple(key): value for key, value in expected.items()} == sums(made(other))


def line(key: str, modality: str, quantity, unit: str, receiver="MOZ", **more) -> Line:
    """A line of Brazil's that was delivered on the last day of 2024."""
    about = {name: more.pop(name) for name in ("objected", "also_reported") if name in more}
    fields = {"provider": MEMBER, "receiver": receiver, "period_end": dt.date(2024, 12, 31), **more}
    item = Contribution(key=key, modality=modality, quantity=quantity, unit=unit, **fields)
    return Line(f"BRA-2024-0000{key}", f"activity {key}", f"Title {key}", item, **about)


BY_HAND = [
    line("1", "experts", 30, "person_days"),
    line("2", "experts", 12, "person_days", also_reported=("tossd",)),
    line("3", "experts", 5, "person_days", "SEN"),
    line("4", "training", 40, "people"),
    line("5", "grant", 1000, "money", currency="BRL"),
    line("6", "grant", 500, "money", currency="USD", also_reported=("tossd",)),
    line(
        "7", "medicines", 3, "tonnes", valuation=Valuation(amount=2000, currency="BRL", rate="0.2")
    ),
    line("8", "grant", 900, "money", currency="CUP"),
    line("9", "debt_relief", 10**6, "money", currency="USD"),
]


def test_a_return_worked_out_by_hand():
    """A total is another one than paper and pencil give: 30 + 12 days, 1000 × 0.1853 + 500 USD."""
    result = made(BY_HAND)
    found = sums(result)
    assert found["C", "MOZ", "experts", "quantity", "person_days"] == (42, 12)
    assert found["C", "SEN", "experts", "quantity", "person_days"] == (5, 0)
    assert found["C", "", "", "quantity", "person_days"] == (47, 12)
    assert found["C", "", "", "quantity", "people"] == (40, 0)
    assert found["A", "MOZ", "grant", "money", "BRL"] == (1000, 0)
    assert found["A", "MOZ", "grant", "money", "CUP"] == (900, 0)
    assert found["A", "MOZ", "grant", "usd", "USD"] == (Decimal("685.3"), 500)
    assert found["B", "MOZ", "medicines", "quantity", "tonnes"] == (3, 0)
    assert found["B", "MOZ", "medicines", "usd", "USD"] == (400, 0)
    assert [one.line.contribution.currency for one in result.without_rate] == ["CUP"]
    assert [(one.line.contribution.key, one.reason) for one in result.excluded] == [
        ("9", "debt_relief")
    ]
    assert [(rate.currency, rate.when) for rate in result.rates] == [
        ("BRL", "2024"),
        ("BRL", "2024-12-31"),
    ]
    assert len(result.cells) == 10


@pytest.mark.parametrize(
    ("changed", "place", "reason"),
    [
        ({"objected": "it never came"}, "objected", "it never came"),
        ({"objected": ""}, "objected", ""),
        ({"exclusion": "portfolio"}, "excluded", "portfolio"),
        ({"stage": "committed"}, "left_out", "not_delivered"),
        ({"period_end": None}, "left_out", "no_year"),
        ({"receiver": None}, "left_out", "no_recipient"),
        ({"receiver": "BRA"}, "left_out", "no_recipient"),
        ({"provider": "MOZ", "receiver": "BRA"}, "left_out", "not_provided"),
        ({"provider": None}, "left_out", "not_provided"),
        ({"quantity": None}, "left_out", "no_quantity"),
        ({"modality": "unheard_of"}, "left_out", "unknown_modality"),
    ],
)
def test_what_does_not_count_is_listed_with_its_reason(changed, place, reason):
    """Such a flow is in a total, or disappears without a reason."""
    fields = {"modality": "experts", "quantity": 7, "unit": "person_days", **changed}
    result = made([line("1", **fields)])
    assert result.cells == ()
    assert [one.reason for one in getattr(result, place)] == [reason]


def test_year_is_that_in_which_the_period_ends():
    """A period of two years counts in the first one, or in both."""
    over = line("1", "experts", 7, "person_days", period_start=dt.date(2023, 11, 1))
    assert len(made([over]).counted) == 1
    before = sdg_17_3_1([over], MEMBER, 2023, modalities=MODALITIES)
    assert (before.counted, before.other_years) == ((), 1)


@pytest.mark.parametrize(
    ("day", "when"),
    [
        (dt.date(2024, 6, 28), "2024-06-28"),
        (dt.date(2024, 7, 29), "2024-06-28"),
        (dt.date(2024, 7, 30), "2024"),
        (dt.date(2024, 6, 27), "2024"),
        (dt.date(2023, 6, 28), None),
    ],
)
def test_rate_is_of_the_day_or_a_month_before_else_of_the_year(day, when):
    """A later rate, one older than 31 days, or one of another year is used."""
    found = RATES.at("BRL", day)
    assert (found.when if found else None) == when


def test_a_statement_s_own_rate_comes_first():
    """A rate that was brought replaces the one that the statement gives."""
    value = Valuation(amount=100, currency="BRL", price_date=dt.date(2024, 6, 28), rate="0.25")
    stated = made([line("1", "medicines", 3, "tonnes", valuation=value)])
    assert stated.counted[0].worth.usd == 25
    assert stated.rates[0].source.startswith("statement BRA-2024-00001")
    brought = made(
        [line("1", "medicines", 3, "tonnes", valuation=value.model_copy(update={"rate": None}))]
    )
    assert brought.counted[0].worth.usd == 18


def test_dollars_are_not_rounded_line_by_line():
    """Two lines of three centavos come to other dollars than one of six."""
    two = made([line(key, "grant", "0.03", "money", currency="BRL") for key in ("1", "2")])
    one = made([line("1", "grant", "0.06", "money", currency="BRL")])
    for result in (two, one):
        assert sums(result)["A", "MOZ", "grant", "usd", "USD"] == (Decimal("0.011118"), 0)


def test_group_c_is_not_put_in_money():
    """A valuation of experts' days is added to money."""
    value = Valuation(amount=100, currency="USD")
    result = made([line("1", "experts", 3, "person_days", valuation=value)])
    assert [cell.measure for cell in result.cells] == ["quantity"]


def test_checksum_tells_one_return_from_another():
    """A changed title, amount or objection leaves the checksum as it was."""
    first = made(BY_HAND).checksum
    assert made([*reversed(BY_HAND)]).checksum == first
    for changed in (
        replace(BY_HAND[0], title="Another"),
        replace(BY_HAND[0], objected="no"),
        line("1", "experts", 31, "person_days"),
    ):
        assert made([changed, *BY_HAND[1:]]).checksum != first

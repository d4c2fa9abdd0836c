"""Accounts into IATI and back: valid, nothing invented, nothing lost."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from bandung.codes import countries
from bandung.errors import InputError
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
from bandung.register.iati import mapping, own, reading, standard, validating
from bandung.register.iati.writing import Item, Reporter, write

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
ABC = Reporter("BRA", "BR-GOV-1", "Agência Brasileira de Cooperação")
WELLS = Content(
    titles={"pt": "Poços em Kayes", "fr": "Puits à Kayes"},
    descriptions={"pt": "Dez poços."},
    partners=("MLI",),
    actual_start=dt.date(2024, 1, 1),
    sectors=(Sector(code="14030"),),
    bodies=(Body(name="EMBRAPA", role="implementing", kind="80"),),
    contributions=(
        Contribution(
            key="a1",
            modality="experts",
            provider="BRA",
            receiver="MLI",
            quantity=Decimal(30),
            unit="person_days",
            period_end=dt.date(2025, 3, 1),
        ),
    ),
    identifier="BR-GOV-1-7",
)
DAY = dt.date(2025, 3, 1)


@pytest.fixture(scope="session")
def against(shared_data):
    """The standard's files."""
    return standard.find(shared_data / "iati_standard")


def exported(*contents: Content, **given) -> tuple[bytes, tuple]:
    """A file of these contents, and what was refused."""
    items = [
        Item(content.identifier or f"BR-GOV-1-{n}", content, ABC)
        for n, content in enumerate(contents)
    ]
    out = io.BytesIO()
    written = write(items, out, generated=NOW, **given)
    assert written.count + len(written.refused) == len(items)
    return out.getvalue(), written.refused


def activity(content: Content) -> etree._Element:
    """The element a content is written as."""
    return etree.fromstring(exported(content)[0])[0]


def flow(**given) -> Contribution:
    """A contribution of Brazil to Mali, delivered and of a known day."""
    common = {"key": "k", "modality": "grant", "provider": "BRA", "receiver": "MLI"}
    return Contribution(**{**common, "period_end": DAY, **given})


def with_flow(**given) -> Content:
    """The wells with this contribution alone."""
    return WELLS.model_copy(update={"contributions": (flow(**given),)})


@pytest.mark.parametrize(
    ("name", "member", "step"),
    [
        ("CAF-ActivityFile-2025-10-10.xml", "BRA", 1),
        ("aims_Honduras_2.03.xml", "HND", 4),
        ("aims_Senegal_2.03.xml", "SEN", 2),
        ("aims_Uganda_2.03.xml", "UGA", 4),
    ],
)
def test_real_files_are_exported_valid_and_read_back_the_same(
    against, shared_data, name, member, step
):
    """An export of a real file breaks a rule, or a second import of it changes an account."""
    read = reading.read(shared_data / "activities" / name, member)
    some = read.activities[::step]
    reporter = Reporter(member, f"{member}-GOV-1", "Agency")
    out = io.BytesIO()
    items = [Item(item.identifier, item.content, reporter, NOW) for item in some]
    written = write(items, out, generated=NOW)
    undated = [item.identifier for item in some if item.content.start is None]
    assert [item.identifier for item in written.refused] == undated
    assert all("start" in item.reason for item in written.refused)
    root = etree.fromstring(out.getvalue())
    assert against.schema("activities").validate(root.getroottree())
    del root[100:]
    assert validating.is_clean(validating.validate(etree.tostring(root), against, now=NOW))
    before = {item.identifier: item.content.canonical() for item in some}
    back = reading.read(out.getvalue(), member)
    assert back.refused == ()
    assert back.left_out == {}
    assert len(back.activities) == written.count
    assert all(item.content.canonical() == before[item.identifier] for item in back.activities)


def words(most: int = 40):
    """Texts of any script that XML can carry, with line ends and quotes among them."""
    plain = st.characters(
        codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"
    )
    return (
        st.text(st.one_of(plain, st.sampled_from('\n\t\r"<&> ')), min_size=1, max_size=most)
        .map(str.strip)
        .filter(bool)
    )


NUMBERS = st.decimals(
    min_value=Decimal("-1e15"), max_value=Decimal("1e15"), places=6, allow_nan=False
)
DATES = st.dates(dt.date(1990, 1, 1), dt.date(2035, 1, 1))
MEMBERS = st.sampled_from(countries.codes())
LANGUAGES = st.sampled_from(["en", "fr", "es", "pt", "ar", "sw", "zul"])
LINES = st.dictionaries(LANGUAGES, words(), min_size=1, max_size=3)
SHARES = st.none() | st.decimals(0, 100, places=2)


@st.composite
def periods(draw) -> dict[str, dt.date | None]:
    """A period, perhaps open at either end."""
    days = sorted(draw(st.lists(DATES, min_size=2, max_size=2)))
    start, end = (draw(st.none() | st.just(day)) for day in days)
    return {"period_start": start, "period_end": end}


@st.composite
def contributions(draw, key: str) -> Contribution:
    """Any contribution: in kind or money, valued or not, of known or unknown parties."""
    money = draw(st.booleans())
    valuation = st.builds(
        Valuation,
        amount=NUMBERS,
        currency=st.sampled_from(["", "USD", "XOF"]),
        price_date=st.none() | DATES,
        method=st.sampled_from(["", "actual_cost"]),
        rate=st.none() | st.decimals("0.000001", 1000, places=6),
        rate_source=st.just("") | words(),
    )
    return Contribution(
        key=key,
        modality=draw(st.sampled_from([*mapping.shipped_terms(), "of_our_own"])),
        stage=draw(st.sampled_from(["planned", "committed", "delivered"])),
        provider=draw(st.none() | MEMBERS),
        provider_name=draw(st.just("") | words()),
        receiver=draw(st.none() | MEMBERS),
        receiver_name=draw(st.just("") | words()),
        quantity=draw(st.none() | NUMBERS),
        unit="money" if money else draw(st.sampled_from(["", "person_days", "tonnes"])),
        currency="BRL" if money else "",
        **draw(periods()),
        note=draw(st.just("") | words(200)),
        valuation=draw(st.none() | valuation),
        exclusion=draw(st.sampled_from(["", "debt_relief"])),
        reference=draw(st.just("") | words()),
    )


@st.composite
def contents(draw) -> Content:
    """Any account that has what IATI demands."""
    keys = draw(st.lists(st.text("0123456789abcdef", min_size=1), unique=True, max_size=4))
    start = draw(st.dates(dt.date(1990, 1, 1), NOW.date()))
    end = draw(st.none() | st.dates(start, NOW.date()))
    planned = sorted(draw(st.lists(DATES, min_size=2, max_size=2)))
    bodies = st.builds(
        Body,
        name=words(),
        role=st.sampled_from(["funding", "accountable", "extending", "implementing"]),
        reference=st.just("") | words(),
        kind=st.sampled_from(["", "10", "80", "guild"]),
        country=st.none() | MEMBERS,
    )
    places = st.builds(
        Place,
        name=st.just("") | words(),
        country=st.none() | MEMBERS,
        latitude=st.none() | st.decimals(-90, 90, places=5),
        longitude=st.none() | st.decimals(-180, 180, places=5),
    )
    sectors = st.builds(
        Sector,
        vocabulary=st.sampled_from(["crs", "dac3", "isic", "own"]),
        code=st.sampled_from(["11110", "14030", "A", "7:x", "a b"]),
        share=SHARES,
    )
    results = st.builds(
        lambda period, **rest: Result(**rest, **period),
        periods(),
        title=st.just({}) | LINES,
        unit=st.sampled_from(["", "%", "poços"]),
        baseline=st.none() | NUMBERS,
        target=st.none() | NUMBERS,
        actual=st.none() | NUMBERS,
    )
    documents = st.builds(
        Document,
        title=st.just({}) | LINES,
        url=st.sampled_from(["https://example.org/a?b=1&c=2", "http://مثال.إختبار/"]),
        format=st.sampled_from(["", "text/html"]),
    )
    return Content(
        titles=draw(LINES),
        descriptions=draw(st.just({}) | LINES),
        role=draw(st.sampled_from(["provides", "receives", "both", "facilitates"])),
        status=draw(st.sampled_from([*mapping.CODE_OF_STATUS])),
        partners=tuple(draw(st.lists(MEMBERS.filter("BRA".__ne__), unique=True, max_size=4))),
        planned_start=planned[0],
        planned_end=planned[1],
        actual_start=draw(st.none() | st.just(start)),
        actual_end=end,
        sectors=tuple(draw(st.lists(sectors, min_size=1, max_size=5))),
        targets=tuple(draw(st.lists(st.sampled_from(["1", "3.1", "13.a", "x"]), max_size=3))),
        adaptation=draw(st.sampled_from([None, 0, 1, 2])),
        mitigation=draw(st.sampled_from([None, 0, 1, 2])),
        places=tuple(draw(st.lists(places, max_size=3))),
        bodies=tuple(draw(st.lists(bodies, min_size=1, max_size=3))),
        contributions=tuple(draw(contributions(key)) for key in keys),
        results=tuple(draw(st.lists(results, max_size=3))),
        documents=tuple(draw(st.lists(documents, max_size=2))),
        reported_elsewhere=tuple(draw(st.lists(st.sampled_from(["tossd", "a b"]), max_size=2))),
        identifier=draw(st.just("") | words()),
    )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(content=contents())
def test_any_account_is_valid_iati_and_comes_back(against, content):
    """Some account is written as invalid IATI, or loses or gains something on its way back."""
    out = io.BytesIO()
    written = write([Item("BR-GOV-1-A", content, ABC, NOW)], out, generated=NOW)
    assert written.refused == ()
    found = validating.validate(out.getvalue(), against, now=NOW)
    assert [item for item in found if item.level != "warning"] == []
    back = reading.read(out.getvalue(), "BRA")
    assert [item.content.canonical() for item in back.activities] == [content.canonical()]
    assert back.left_out == {}
    assert [item.notes for item in back.activities] == [()]


def test_in_kind_without_a_value_is_no_transaction(against):
    """A value is invented for what nobody valued, or the quantity is lost."""
    document, _ = exported(WELLS)
    found = etree.fromstring(document)[0]
    assert found.find("transaction") is None
    (element,) = found.iter(own.CONTRIBUTION)
    assert (element.get("quantity"), element.get("unit")) == ("30", "person_days")
    assert found.find("collaboration-type").get("code") == "1"
    assert found.find("default-aid-type").get("code") == "D01"
    assert found.find("default-finance-type").get("code") == "110"
    (tag,) = found.findall("tag")
    assert (tag.get("vocabulary"), tag.get("code")) == ("99", "experts")
    assert tag.get("vocabulary-uri") == own.MODALITY_URI
    assert validating.is_clean(validating.validate(document, against, now=NOW))


def test_in_kind_with_a_value_is_a_transaction_in_kind():
    """A stated valuation is not carried, or is told as money paid."""
    valued = Valuation(amount=Decimal(900), currency="BRL", price_date=dt.date(2025, 1, 31))
    found = activity(with_flow(modality="experts", unit="person_days", valuation=valued))
    (transaction,) = found.findall("transaction")
    assert transaction.find("transaction-type").get("code") == "3"
    assert transaction.find("disbursement-channel").get("code") == "4"
    assert transaction.find("aid-type").get("code") == "D01"
    value = transaction.find("value")
    assert (value.text, value.get("currency")) == ("900", "BRL")
    assert value.get("value-date") == "2025-01-31"


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"stage": "committed"}, "2"),
        ({"stage": "delivered"}, "3"),
        ({"stage": "committed", "provider": "MLI", "receiver": "BRA"}, "11"),
        ({"stage": "delivered", "provider": "MLI", "receiver": "BRA"}, "1"),
    ],
)
def test_money_is_a_transaction_of_its_type(given_, code):
    """What was received is told as paid out, or a commitment as a disbursement."""
    money = {"quantity": Decimal("7.5"), "unit": "money", "currency": "BRL"}
    (transaction,) = activity(with_flow(**money, **given_)).findall("transaction")
    assert transaction.find("transaction-type").get("code") == code
    assert transaction.findtext("value") == "7.5"
    assert transaction.find("disbursement-channel") is None
    assert transaction.findtext("provider-org/narrative") == countries.name(
        given_.get("provider", "BRA")
    )


def test_what_has_no_day_or_is_yet_to_come_is_no_transaction():
    """A day is invented for a transaction, or a day in the future is called a fact."""
    money = {"quantity": Decimal(1), "unit": "money", "currency": "BRL"}
    for period in ({"period_end": None}, {"period_end": dt.date(2026, 7, 1)}):
        found = activity(with_flow(**money, **period))
        assert found.find("transaction") is None
        assert found.find(f"{own.STATEMENT}/{own.CONTRIBUTION}") is not None
    planned = activity(with_flow(**money, stage="planned", period_start=DAY))
    assert planned.find("transaction") is None
    assert planned.find("planned-disbursement/period-start").get("iso-date") == DAY.isoformat()


def test_triangular_cooperation_is_told():
    """A facilitator's account, or two members giving to a third, is called bilateral."""
    facilitated = activity(WELLS.model_copy(update={"role": "facilitates"}))
    assert facilitated.find("collaboration-type").get("code") == "8"
    two = (*WELLS.contributions, flow(key="k2", provider="JPN"))
    both = activity(WELLS.model_copy(update={"contributions": two, "partners": ("MLI", "JPN")}))
    assert both.find("collaboration-type").get("code") == "8"


def test_unstated_shares_add_up_and_are_not_read_as_stated(against):
    """Shares that nobody stated come back as stated; or do not add up to 100."""
    sectors = (Sector(code="14030"), Sector(code="14020"), Sector(code="14010", share=Decimal(5)))
    content = WELLS.model_copy(update={"sectors": sectors, "partners": ("MLI", "SEN", "NER")})
    document, _ = exported(content)
    found = etree.fromstring(document)[0]
    for tag in ("sector", "recipient-country"):
        shares = [Decimal(item.get("percentage")) for item in found.findall(tag)]
        assert sum(shares) == 100
        assert max(shares) - min(shares) <= Decimal("0.01")
    assert validating.is_clean(validating.validate(document, against, now=NOW))
    assert reading.read(document, "BRA").activities[0].content == content


def test_stated_shares_are_written_as_stated():
    """Shares that somebody stated are divided anew."""
    sectors = (Sector(code="14030", share=Decimal(70)), Sector(code="14020", share=Decimal(30)))
    found = activity(WELLS.model_copy(update={"sectors": sectors}))
    assert [item.get("percentage") for item in found.findall("sector")] == ["70", "30"]
    assert found.find("sector").get(own.SHARE) is None


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        ({"titles": {}}, "no title"),
        ({"actual_start": None}, "start"),
        ({"actual_start": dt.date(2026, 7, 1)}, "yet to come"),
        ({"actual_end": dt.date(2026, 7, 1)}, "yet to come"),
        ({"sectors": ()}, "no sector"),
        ({"bodies": (Body(name=""),)}, "neither a name"),
        ({"role": "receives", "partners": (), "bodies": ()}, "no partner"),
        ({"titles": {"pt": "a\x0bb"}}, "U+000B"),
        ({"identifier": "BR-GOV-1"}, "its reporting agency"),
    ],
)
def test_what_iati_demands_and_is_not_said_is_refused(update, reason):
    """An activity is written invalid, a value is invented, or the rest is not written."""
    wrong = WELLS.model_copy(update={"identifier": "BR-GOV-1-8", **update})
    document, refused = exported(wrong, WELLS)
    assert [item.identifier for item in refused] == [wrong.identifier]
    assert reason in refused[0].reason
    assert [item.identifier for item in reading.read(document, "BRA").activities] == ["BR-GOV-1-7"]


def test_a_repeated_identifier_is_written_once():
    """Two activities of one identifier stand in a file."""
    _, refused = exported(WELLS, WELLS)
    assert [item.identifier for item in refused] == ["BR-GOV-1-7"]


def test_nothing_to_write_writes_nothing():
    """A file without activities, which the schema refuses, is left behind."""
    out = io.BytesIO()
    item = Item("X", WELLS.model_copy(update={"titles": {}}), ABC)
    with pytest.raises(InputError, match="no title"):
        write([item], out, generated=NOW)
    assert out.getvalue() == b""


def test_items_are_taken_one_by_one():
    """A large register is held in memory whole before the first byte is written."""
    out = io.BytesIO()
    seen: list[int] = []

    def items():
        for number in range(300):
            seen.append(out.tell())
            yield Item(f"BR-GOV-1-{number}", WELLS, ABC)

    assert write(items(), out, generated=NOW).count == 300
    assert seen[-1] > 100_000


def test_a_partner_reads_the_other_side(against):
    """A partner's import makes it the provider, or invents an account for a stranger."""
    document, _ = exported(WELLS)
    (found,) = reading.read(document, "MLI").activities
    assert (found.content.role, found.content.partners) == ("receives", ("BRA",))
    assert found.content.contributions == WELLS.contributions
    assert found.content.identifier == "MLI:BR-GOV-1-7"
    assert any("turned round" in note for note in found.notes)
    (refused,) = reading.read(document, "SEN").refused
    assert "does not name SEN" in refused.reason
    assert validating.is_clean(validating.validate(document, against, now=NOW))


def test_an_amount_changed_outside_is_taken_and_noted():
    """Somebody mends a value in the file, and the import keeps the old one unseen."""
    content = with_flow(quantity=Decimal(10), unit="money", currency="BRL")
    document, _ = exported(content)
    changed = document.replace(b">10</value>", b">12</value>")
    (found,) = reading.read(changed, "BRA").activities
    assert found.content.contributions[0].quantity == 12
    assert any("10" in note for note in found.notes)


def test_dates_of_writing_and_change():
    """The moment of writing is missing or in another zone; a change after it is claimed."""
    out = io.BytesIO()
    zone = dt.timezone(dt.timedelta(hours=-3))
    later = NOW + dt.timedelta(days=1)
    items = [Item("A-1", WELLS, ABC, NOW.replace(tzinfo=None)), Item("A-2", WELLS, ABC, later)]
    write(items, out, generated=NOW.astimezone(zone))
    root = etree.fromstring(out.getvalue())
    assert root.get("generated-datetime") == "2026-06-30T12:00:00Z"
    stamps = [element.get("last-updated-datetime") for element in root]
    assert stamps == ["2026-06-30T12:00:00Z", None]

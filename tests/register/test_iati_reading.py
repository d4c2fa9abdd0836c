"""Files of others as accounts: what they say, what was mended, what was left out."""

from __future__ import annotations

import datetime as dt
import functools
import xml.etree.ElementTree as ET
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bandung.errors import CodeUnknownError
from bandung.register.content import Body, Document, Place, Result, Sector
from bandung.register.iati import names, reading

if TYPE_CHECKING:
    from pathlib import Path

REAL = {
    "CAF-ActivityFile-2025-10-10.xml": "BRA",
    "aims_Honduras_2.03.xml": "HND",
    "aims_Senegal_2.03.xml": "SEN",
    "aims_Uganda_2.03.xml": "UGA",
}
SPACES = 'xmlns:bandung="urn:bandung:register:1"'


@functools.cache
def real(path: Path) -> tuple[ET.Element, reading.Reading]:
    """A real file, parsed plainly, and what is read of it."""
    root = ET.parse(path).getroot()  # noqa: S314 - a file of ours to trust
    return root, reading.read(path, REAL[path.name])


def of(inner: str, member: str = "MLI", identifier: str = "X-1") -> reading.ReadActivity:
    """What is read of one activity."""
    inner = f"<iati-identifier>{identifier}</iati-identifier>{inner}"
    found = file_of(inner, member=member)
    assert found.refused == ()
    return found.activities[0]


def file_of(*activities: str, member: str = "MLI") -> reading.Reading:
    """What is read of a file."""
    inner = "".join(
        f'<iati-activity xml:lang="fr" default-currency="XOF">{text}</iati-activity>'
        for text in activities
    )
    document = f'<iati-activities version="2.03" {SPACES}>{inner}</iati-activities>'
    return reading.read(document.encode(), member)


@pytest.mark.parametrize("name", REAL)
def test_every_activity_of_a_real_file_is_read_or_refused(shared_data, name):
    """An activity is dropped in silence, gets another's line, or amounts change."""
    path = shared_data / "activities" / name
    root, found = real(path)
    assert len(found.activities) + len(found.refused) == len(root)
    in_order = sorted([*found.activities, *found.refused], key=lambda item: item.line)
    assert [item.identifier for item in in_order] == [
        (item.findtext("iati-identifier") or "").strip() for item in root
    ]
    lines = path.read_text("utf-8").split("\n")
    assert all("<iati-activity" in lines[item.line - 1] for item in found.activities)
    by_identifier = {item.findtext("iati-identifier").strip(): item for item in root}
    for item in found.activities:
        activity = by_identifier[item.identifier]
        values = sorted(float(value.text) for value in activity.iterfind("transaction/value"))
        read = sorted(float(flow.quantity) for flow in item.content.contributions)
        assert read == pytest.approx(values, abs=1e-6)
        assert len(item.content.places) == len(activity.findall("location"))
        assert len(item.content.bodies) == len(activity.findall("participating-org"))
        assert len(item.content.sectors) == len(activity.findall("sector"))


def test_what_real_files_have_and_accounts_do_not_is_counted(shared_data):
    """Contacts and regions of a real file vanish without being counted."""
    path = shared_data / "activities" / "CAF-ActivityFile-2025-10-10.xml"
    root, found = real(path)
    counts = {tag: len(root.findall(f"iati-activity/{tag}")) for tag in ("contact-info",)}
    assert {tag: found.left_out[tag] for tag in counts} == counts
    assert found.left_out["document-link/category"] == 478
    roles = [item.content.role for item in found.activities]
    assert roles.count("receives") == 64
    bank = {flow.provider_name for item in found.activities for flow in item.content.contributions}
    assert bank == {"CAF Development bank of Latin America and the Caribbean"}


def test_two_readings_are_the_same(shared_data):
    """A second import finds other keys, and takes every contribution for a new one."""
    path = shared_data / "activities" / "CAF-ActivityFile-2025-10-10.xml"
    first, second = real(path)[1], reading.read(path, "BRA")
    keys = [[flow.key for flow in item.content.contributions] for item in first.activities]
    assert keys == [[flow.key for flow in item.content.contributions] for item in second.activities]
    assert first == second


def test_texts_in_several_languages():
    """A language is lost, or a second paragraph of one language."""
    found = of(
        "<title><narrative>Puits</narrative>"
        '<narrative xml:lang="pt-BR">Poços</narrative></title>'
        '<description type="1"><narrative>Un</narrative></description>'
        '<description type="2"><narrative>Deux</narrative>'
        '<narrative xml:lang="ar">اثنان</narrative></description>'
    ).content
    assert found.titles == {"fr": "Puits", "pt": "Poços"}
    assert found.descriptions == {"fr": "Un\n\nDeux", "ar": "اثنان"}


def test_language_of_the_file_is_inherited():
    """A language that the root states is not heeded."""
    document = (
        b'<iati-activities version="2.03" xml:lang="es"><iati-activity><iati-identifier>X'
        b"</iati-identifier><title><narrative>Pozos</narrative></title></iati-activity>"
        b"</iati-activities>"
    )
    assert reading.read(document, "MLI").activities[0].content.titles == {"es": "Pozos"}
    plain = document.replace(b' xml:lang="es"', b"")
    found = reading.read(plain, "MLI", language="pt").activities[0]
    assert found.content.titles == {"pt": "Pozos"}


def test_classification():
    """A sector lands in another vocabulary, or a goal or marker is lost."""
    found = of(
        '<sector code="14030" percentage="60.00"/><sector vocabulary="1" code="140"/>'
        '<sector vocabulary="2" code="151"/>'
        '<sector vocabulary="99" code="10"><narrative>TIC</narrative></sector>'
        '<sector vocabulary="3" code="7.1"/><sector vocabulary="7" code="6"/>'
        '<sector vocabulary="8" code="6.1"/><tag vocabulary="2" code="13"/>'
        '<tag vocabulary="3" code="6.1"/><tag vocabulary="1" code="agro"/>'
        '<policy-marker code="6" significance="1"/><policy-marker code="7" significance="0"/>'
        '<policy-marker code="1" significance="1"/>'
    )
    content = found.content
    assert content.sectors == (
        Sector(code="14030", share=Decimal(60)),
        Sector(vocabulary="dac3", code="140"),
        Sector(vocabulary="dac3", code="151"),
        Sector(vocabulary="own", code="10"),
        Sector(vocabulary="own", code="3:7.1"),
    )
    assert content.targets == ("13", "6.1", "6")
    assert (content.mitigation, content.adaptation) == (1, 0)
    assert found.left_out["tag of vocabulary 1"] == 1
    assert found.left_out["policy marker other than climate change"] == 1
    assert any("three digits" in note for note in found.notes)


def test_dates_status_places_bodies_documents():
    """One of the plain parts of an activity is lost or misread."""
    found = of(
        '<participating-org role="1"><narrative>République du Sénégal</narrative>'
        '</participating-org><participating-org role="4" ref="ML-GOV-3" type="10">'
        "<narrative>DNH</narrative></participating-org><participating-org role='2'/>"
        '<activity-status code="3"/><activity-date type="1" iso-date="2024-01-01"/>'
        '<activity-date type="4" iso-date="2025-02-01T00:00:00"/>'
        "<location><name><narrative>Kayes</narrative></name>"
        '<administrative vocabulary="A4" code="ML"/><point><pos>14.4469, -11.4445</pos></point>'
        "</location><location><point><pos>144 11</pos></point></location>"
        '<document-link url="www.example.org/a b" format="text/html"><title><narrative>Page'
        '</narrative></title></document-link><document-link url="mailto:x@example.org"/>'
    )
    content = found.content
    assert content.status == "finishing"
    assert (content.planned_start, content.actual_end) == (dt.date(2024, 1, 1), dt.date(2025, 2, 1))
    assert content.places == (
        Place(
            name="Kayes",
            country="MLI",
            latitude=Decimal("14.4469"),
            longitude=Decimal("-11.4445"),
        ),
        Place(),
    )
    assert content.bodies == (
        Body(name="République du Sénégal", role="funding", country="SEN"),
        Body(name="DNH", role="implementing", reference="ML-GOV-3", kind="10", country="MLI"),
    )
    assert content.documents == (
        Document(title={"fr": "Page"}, url="http://www.example.org/a%20b", format="text/html"),
    )
    assert found.left_out["document-link without a web address"] == 1
    assert found.left_out["participating-org without a name"] == 1
    assert len(found.notes) >= 4


FLOW = (
    '<transaction ref="T1"><transaction-type code="{}"/>'
    '<transaction-date iso-date="2024-03-01"/><value {}>{}</value>{}</transaction>'
)
SENDER = '<participating-org role="1"><narrative>Brazil</narrative></participating-org>'
COUNTRY = '<recipient-country code="ML"/>'


@pytest.mark.parametrize(
    ("code", "stage"),
    [
        ("1", "delivered"),
        ("2", "committed"),
        ("3", "delivered"),
        ("4", "delivered"),
        ("8", "delivered"),
        ("10", "committed"),
        ("11", "committed"),
        ("12", "planned"),
        ("13", "planned"),
    ],
)
def test_flows_of_every_type_that_gives(code, stage):
    """A type of transaction gets another stage, or the wrong side gives."""
    found = of(SENDER + COUNTRY + FLOW.format(code, 'currency="BRL"', "12.5", "")).content
    assert found.role == "receives"
    assert found.partners == ("BRA",)
    (flow,) = found.contributions
    assert (flow.stage, flow.provider, flow.receiver) == (stage, "BRA", "MLI")
    assert (flow.quantity, flow.unit, flow.currency) == (Decimal("12.5"), "money", "BRL")
    assert flow.period_end == dt.date(2024, 3, 1)
    assert flow.reference == "T1"


@pytest.mark.parametrize("code", ["5", "6", "7", "9", "77"])
def test_flows_back_are_left_out_and_counted(code):
    """A repayment is taken for a contribution, or is dropped uncounted."""
    found = of(SENDER + COUNTRY + FLOW.format(code, "", "1", ""))
    assert found.content.contributions == ()
    assert sum(n for name, n in found.left_out.items() if name.startswith("transaction")) == 1


def test_the_member_that_gives():
    """The file of a provider is read as received, or incoming funds as given by it."""
    inner = (
        '<reporting-org ref="BR-GOV-1" type="10"><narrative>ABC</narrative></reporting-org>'
        + COUNTRY
        + FLOW.format("3", "", "1", "<receiver-org><narrative>DNH</narrative></receiver-org>")
        + FLOW.format("1", "", "2", "<provider-org><narrative>Japon</narrative></provider-org>")
    )
    found = of(inner, "BRA").content
    assert (found.role, found.partners) == ("provides", ("MLI", "JPN"))
    given, received = found.contributions
    assert (given.provider, given.receiver, given.receiver_name) == ("BRA", "MLI", "DNH")
    assert (received.provider, received.receiver) == ("JPN", "BRA")


def test_who_gives_where_a_bank_reports():
    """What a bank lends to others is counted as given by the member that imports its file."""
    found = of(
        '<reporting-org ref="X" type="40"><narrative>Banco</narrative></reporting-org>'
        + COUNTRY
        + FLOW.format("2", "", "1", ""),
        "BRA",
    )
    (flow,) = found.content.contributions
    assert (flow.provider, flow.provider_name, flow.receiver) == (None, "Banco", "MLI")
    assert any("neither gives nor receives" in note for note in found.notes)


def test_nobody_stated_to_receive():
    """A recipient government's file without recipient countries makes it the provider."""
    found = of(SENDER + FLOW.format("3", "", "1", ""))
    assert found.content.role == "receives"
    assert any("no recipient country" in note for note in found.notes)


@pytest.mark.parametrize(
    ("inner", "modality"),
    [
        ('<finance-type code="110"/>', "grant"),
        ('<finance-type code="421"/>', "official_loan"),
        ('<flow-type code="10"/><finance-type code="421"/>', "concessional_loan"),
        ('<flow-type code="22"/>', "export_credit"),
        ('<finance-type code="510"/>', "equity"),
        ('<finance-type code="1100"/>', "guarantee"),
        ('<finance-type code="612"/>', "debt_relief"),
        ('<aid-type code="A01"/>', "budget_support"),
        ('<finance-type code="110"/><aid-type code="E01"/>', "scholarships"),
        ('<aid-type vocabulary="2" code="x"/><aid-type code="C01"/>', "grant"),
        ("", "grant"),
    ],
)
def test_modality_from_kinds_of_finance_and_aid(inner, modality):
    """A loan is read as a grant."""
    found = of(SENDER + COUNTRY + FLOW.format("3", "", "1", inner))
    assert found.content.contributions[0].modality == modality
    assert any("not stated" in name for name in found.left_out) is (inner == "")


def test_aid_in_kind_is_valued_not_paid():
    """The value of experts sent is read as money given."""
    inner = '<disbursement-channel code="4"/><aid-type code="D01"/>'
    found = of(SENDER + COUNTRY + FLOW.format("3", 'value-date="2024-03-01"', "9", inner))
    (flow,) = found.content.contributions
    assert (flow.modality, flow.quantity, flow.unit) == ("experts", None, "")
    assert flow.valuation is not None
    assert (flow.valuation.amount, flow.valuation.currency) == (9, "XOF")
    assert flow.valuation.price_date == dt.date(2024, 3, 1)


def test_a_value_date_that_is_none_is_left_out_alone():
    """A slip in a date that the account hardly needs refuses the activity."""
    found = of(SENDER + COUNTRY + FLOW.format("3", 'value-date="soon"', "9", ""))
    assert found.content.contributions[0].quantity == 9
    assert found.left_out["value-date that is no date"] == 1
    assert any("soon" in note for note in found.notes)


def test_equal_transactions_are_two():
    """Two transactions alike become one, or refuse the activity."""
    inner = SENDER + COUNTRY + FLOW.format("3", "", "1", "") * 2
    first, second = of(inner).content.contributions
    assert first.key != second.key
    third = of(SENDER + COUNTRY + FLOW.format("2", "", "7", "") + FLOW.format("3", "", "1", "") * 2)
    assert {first.key, second.key} < {flow.key for flow in third.content.contributions}


def test_planned_disbursements_are_planned_and_budgets_left_out():
    """A plan counts as given, or a budget is lost without a count."""
    found = of(
        SENDER + COUNTRY + '<budget><value value-date="2024-01-01">9</value></budget>'
        '<planned-disbursement><period-start iso-date="2025-01-01"/>'
        '<period-end iso-date="2025-12-31"/><value value-date="2025-01-01">4</value>'
        "</planned-disbursement>"
    )
    (flow,) = found.content.contributions
    assert (flow.stage, flow.quantity, flow.currency) == ("planned", 4, "XOF")
    assert (flow.period_start, flow.period_end) == (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    assert found.left_out["budget"] == 1


def test_values_with_separators_and_without_sense():
    """A value that can be read is refused, or one that cannot is guessed."""
    inner = SENDER + COUNTRY + FLOW.format("3", "", "1,234,567.50", "")
    assert of(inner).content.contributions[0].quantity == Decimal("1234567.50")
    for text in ("1.234,50", "n/a", "", "NaN", "1e400", "9" * 30):
        found = of(SENDER + COUNTRY + FLOW.format("3", "", text, ""))
        assert found.content.contributions == ()
        assert found.left_out["transaction whose value is no number"] == 1


def test_results():
    """A period or measure of an indicator is lost, or a number made of words."""
    found = of(
        '<result type="1"><title><narrative>Eau</narrative></title><indicator measure="2">'
        '<title><narrative>Accès</narrative></title><baseline year="2020" value="10"/>'
        '<period><period-start iso-date="2024-01-01"/><period-end iso-date="2024-12-31"/>'
        '<target value="50"/><actual value="beaucoup"/></period>'
        '<period><period-start iso-date="2025-01-01"/><period-end iso-date="2025-12-31"/>'
        '<actual value="60"/></period></indicator></result>'
    )
    year = {"title": {"fr": "Eau: Accès"}, "unit": "%", "baseline": Decimal(10)}
    assert found.content.results == (
        Result(
            **year,
            target=Decimal(50),
            period_start=dt.date(2024, 1, 1),
            period_end=dt.date(2024, 12, 31),
        ),
        Result(
            **year,
            actual=Decimal(60),
            period_start=dt.date(2025, 1, 1),
            period_end=dt.date(2025, 12, 31),
        ),
    )
    assert found.left_out["actual of a result that is no number"] == 1


def test_refused_activities_have_line_identifier_and_reason():
    """A repeated or nameless activity is dropped, replaces the first, or stops the rest."""
    found = file_of(
        "<iati-identifier>A</iati-identifier>\n",
        "<iati-identifier>  </iati-identifier>\n",
        "<iati-identifier> A </iati-identifier>\n",
        '<iati-identifier>B</iati-identifier><activity-date type="1" iso-date="31/12/2024"/>\n',
        "<iati-identifier>C</iati-identifier>"
        '<activity-date type="2" iso-date="2024-01-01"/>'
        '<activity-date type="4" iso-date="2023-01-01"/>\n',
        "<iati-identifier>D</iati-identifier>",
    )
    assert [item.identifier for item in found.activities] == ["A", "D"]
    assert [(item.line, item.identifier) for item in found.refused] == [
        (2, ""),
        (3, "A"),
        (4, "B"),
        (5, "C"),
    ]
    assert "line 1" in found.refused[1].reason
    assert "31/12/2024" in found.refused[2].reason
    assert "before" in found.refused[3].reason


def test_a_long_text_is_cut_and_counted():
    """A long title refuses the activity, or its end is lost unseen."""
    found = of(f"<title><narrative>{'x' * 700}</narrative></title>")
    assert len(found.content.titles["fr"]) == 500
    assert found.left_out["end of a long text"] == 1
    assert any("700" in note for note in found.notes)


def test_an_unknown_member_is_told():
    """A country's name where a code is asked for makes every activity 'provides'."""
    with pytest.raises(CodeUnknownError):
        file_of("<iati-identifier>A</iati-identifier>", member="Brazil")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Government of Taiwan", "TWN"),
        ("Gouvernement du Sénégal", "SEN"),
        ("REPúBLICA DE TRINIDAD Y TOBAGO", "TTO"),
        ("Governo de Moçambique", "MOZ"),
        ("حكومة مصر", "EGY"),
        ("Brazilian Government", None),
        ("United States (Millenium Challenge Account)", "USA"),
        ("International Commercial Bank Senegal", None),
        ("BEN", None),
        ("", None),
    ],
)
def test_countries_behind_names(name, code):
    """A government is not known by its name, or a bank or an acronym is taken for a state."""
    assert names.country(name) == code


def test_a_government_is_known_by_its_identifier():
    """A ministry whose identifier says its state is no state; or a charity is one."""
    assert names.organisation("FCDO", "GB-GOV-1") == "GBR"
    assert names.organisation("Oxfam", "GB-CHC-202918") is None
    assert names.organisation("x", "XX-GOV-1") is None

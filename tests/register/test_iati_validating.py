"""The validator: schema, ruleset and code lists, on files that break one thing each."""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET

import pytest
from lxml import etree

from bandung.register.iati import ruleset, standard, validating

NOW = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
CLEAN = """<iati-activities version="2.03" xmlns:ours="urn:example">
<iati-activity xml:lang="pt" default-currency="USD">
<iati-identifier>BR-GOV-1-A</iati-identifier>
<reporting-org ref="BR-GOV-1" type="10"><narrative>ABC</narrative></reporting-org>
<title><narrative>Poços</narrative></title>
<description><narrative>Poços em Kayes</narrative></description>
<participating-org role="1"><narrative>ABC</narrative></participating-org>
<activity-status code="2"/>
<activity-date type="2" iso-date="2024-01-01"/>
<activity-date type="4" iso-date="2025-01-01"/>
<recipient-country code="ML"/>
<sector vocabulary="1" code="14030"/>
<budget><period-start iso-date="2024-01-01"/><period-end iso-date="2024-12-31"/>
<value value-date="2024-01-01">5</value></budget>
<transaction>
<transaction-type code="3"/><transaction-date iso-date="2024-02-01"/>
<value value-date="2024-02-01">10</value></transaction>
<ours:more>of another space</ours:more>
</iati-activity>
</iati-activities>"""


@pytest.fixture(scope="session")
def against(shared_data):
    """The standard's files."""
    return standard.find(shared_data / "iati_standard")


def rules(document: str, against, level: str = "error") -> set[str]:
    """Rules of a level that a document breaks."""
    found = validating.validate(document.encode(), against, now=NOW)
    return {item.rule for item in found if item.level == level}


def test_a_clean_file_has_nothing_wrong(against):
    """A file that follows every rule is said to break one; elements of others are refused."""
    found = validating.validate(CLEAN.encode(), against, now=NOW)
    assert [item for item in found if item.level != "warning"] == []
    assert validating.is_clean(found)


SECTOR = '<sector vocabulary="1" code="14030"/>'
COUNTRY = '<recipient-country code="ML"/>'
ORG = '<participating-org role="1"><narrative>ABC</narrative></participating-org>'
START = '<activity-date type="2" iso-date="2024-01-01"/>'
STATUS = '<activity-status code="2"/>'
BREACHES = [
    ("BR-GOV-1-A<", "BR-GOV-1<", "1.1.3"),
    (START, "", "6.11.1"),
    (SECTOR, "", "6.2.2"),
    (' xml:lang="pt"', "", "4.1.1"),
    (' default-currency="USD"', "", "7.8.1"),
    ("<iati-activity ", '<iati-activity last-updated-datetime="2026-07-01T00:00:00Z" ', "11.1.1"),
    ('type="4" iso-date="2025-01-01"', 'type="4" iso-date="2023-01-01"', "11.1.3"),
    ('type="4" iso-date="2025-01-01"', 'type="4" iso-date="2026-07-01"', "11.1.5"),
    (START, START.replace("2024", "2027"), "11.1.4"),
    (
        START,
        START + '<activity-date type="1" iso-date="2024-01-01"/>'
        '<activity-date type="3" iso-date="2023-01-01"/>',
        "11.1.2",
    ),
    ('transaction-date iso-date="2024', 'transaction-date iso-date="2027', "11.2.1"),
    ('value value-date="2024-02', 'value value-date="2027-02', "11.2.2"),
    (SECTOR, SECTOR * 2, "2.1.1"),
    (
        SECTOR,
        '<sector code="14030" percentage="60"/><sector code="14020" percentage="30"/>',
        "2.1.2",
    ),
    (
        SECTOR,
        SECTOR + '<sector vocabulary="2" code="140" percentage="60"/>'
        '<sector vocabulary="2" code="151" percentage="30"/>',
        "2.1.2",
    ),
    (SECTOR, '<sector code="14030" percentage="60"/>', "2.1.4"),
    (SECTOR, SECTOR + '<sector vocabulary="2" code="140" percentage="60"/>', "2.1.4"),
    (SECTOR, SECTOR + '<sector vocabulary="99" code="A"/>', "2.2.1"),
    (SECTOR, '<sector code="14030" percentage="120"/>', "12.3.1"),
    ("</value></transaction>", '</value><sector code="14030"/></transaction>', "6.6.2"),
    (COUNTRY, COUNTRY * 2, "3.1.1"),
    (
        COUNTRY,
        (
            '<recipient-country code="ML" percentage="50"/>'
            '<recipient-country code="SN" percentage="49"/>'
        ),
        "3.1.2",
    ),
    (COUNTRY, '<recipient-country code="ML" percentage="50"/>', "3.1.4"),
    (COUNTRY, "", "3.7.2"),
    (COUNTRY, '<recipient-country code="ML" percentage="-1"/>', "12.1.1"),
    (
        COUNTRY,
        (
            '<recipient-country code="ML" percentage="50"/>'
            '<recipient-region vocabulary="1" code="89" percentage="40"/>'
        ),
        "3.4.2",
    ),
    (COUNTRY, '<recipient-region vocabulary="1" code="89" percentage="40"/>', "3.4.4"),
    (
        "</value></transaction>",
        '</value><recipient-country code="ML"/></transaction>',
        "3.6.2",
    ),
    (ORG, '<participating-org role="1"/>', "6.10.1"),
    ("</value></transaction>", "</value><provider-org/></transaction>", "6.9.1"),
    ("</value></transaction>", "</value><receiver-org/></transaction>", "6.9.2"),
    (SECTOR, SECTOR + '<policy-marker vocabulary="1" code="6"/>', "6.14.1"),
    (SECTOR, SECTOR + '<policy-marker vocabulary="99" code="6"/>', "6.13.1"),
    ('period-end iso-date="2024-12-31"', 'period-end iso-date="2025-01-02"', "7.5.3"),
    ('period-end iso-date="2024-12-31"', 'period-end iso-date="2023-12-31"', "8.6.3"),
    ("<narrative>Poços</narrative>", "<narrative/>", "4.3.1"),
    ("<narrative>Poços em Kayes</narrative>", "<narrative/>", "4.4.1"),
    (
        STATUS,
        '<other-identifier ref="X" type="A1"><owner-org/></other-identifier>' + STATUS,
        "6.8.1",
    ),
]


@pytest.mark.parametrize(("clean", "broken", "rule"), BREACHES)
def test_each_rule_is_found_and_the_schema_is_content(against, clean, broken, rule):
    """A file that breaks one rule of the standard ruleset passes."""
    assert clean in CLEAN
    document = CLEAN.replace(clean, broken, 1)
    assert rule in rules(document, against)
    assert rules(document, against, "critical") == set()


def test_one_for_all_or_each_its_own(against):
    """A currency, language or sector that some have and others lack is taken for all."""
    bare = CLEAN.replace(' default-currency="USD"', "")
    some = bare.replace("<value ", '<value currency="USD" ', 1)
    assert rules(some, against) == {"7.8.1"}
    assert rules(bare.replace("<value ", '<value currency="USD" '), against) == set()
    silent = CLEAN.replace(' xml:lang="pt"', "")
    assert rules(silent.replace("<narrative>", '<narrative xml:lang="pt">', 1), against) == {
        "4.1.1"
    }
    assert rules(silent.replace("<narrative>", '<narrative xml:lang="pt">'), against) == set()
    paid = CLEAN.replace(SECTOR, "").replace("</value></", "</value><sector code='14030'/></")
    assert rules(paid, against) == set()
    two = paid.replace(
        "<ours:more>",
        CLEAN[CLEAN.index("<transaction>") : CLEAN.index("<ours:more>")] + "<ours:more>",
    )
    assert rules(two, against) == {"6.7.2"}


RESULT = """<result type="1"><title><narrative>R</narrative></title>
<indicator measure="1"><title><narrative>I</narrative></title>
<baseline year="2020" value="1"/>
<period><period-start iso-date="2024-01-01"/><period-end iso-date="2024-12-31"/>
<target value="5"/><actual value="4"/></period></indicator></result>"""


@pytest.mark.parametrize(
    ("clean", "broken", "rule"),
    [
        (' value="1"', "", "8.8.1"),
        (' value="5"', "", "8.9.1"),
        (' value="4"', "", "8.10.1"),
        ("2024-12-31", "2023-12-31", "8.6.1"),
        (
            '<indicator measure="1"><title><narrative>I</narrative></title>',
            (
                '<reference vocabulary="9" code="1"/><indicator measure="1">'
                '<title><narrative>I</narrative></title><reference vocabulary="9" code="1"/>'
            ),
            "8.11.1",
        ),
    ],
)
def test_rules_on_results(against, clean, broken, rule):
    """A rule on indicators, whose context is a longer path, is not asked."""
    whole = CLEAN.replace("<ours:more>", RESULT + "<ours:more>")
    assert rules(whole, against) == set()
    assert clean in RESULT
    wrong = CLEAN.replace("<ours:more>", RESULT.replace(clean, broken, 1) + "<ours:more>")
    assert rules(wrong, against) == {rule}


@pytest.mark.parametrize(
    ("clean", "broken"),
    [
        (STATUS, ""),
        (STATUS, STATUS + STATUS),
        (SECTOR + "\n", ""),
        ('iso-date="2024-01-01"', 'iso-date="January"'),
        ("<ours:more>of another space</ours:more>", "<more>of none</more>"),
        ("<ours:more>", "<ours:more/><title/><ours:more>"),
        ('<value value-date="2024-02-01">10<', '<value value-date="2024-02-01">ten<'),
        (' ref="BR-GOV-1"', ""),
        (' version="2.03"', ""),
    ],
)
def test_what_the_schema_refuses_is_critical(against, clean, broken):
    """A file against the schema is called valid."""
    document = CLEAN.replace(clean, broken, 1)
    if clean == SECTOR + "\n":
        document = CLEAN.replace(clean, "", 1).replace(STATUS, SECTOR + STATUS)
    found = validating.validate(document.encode(), against, now=NOW)
    assert not validating.is_valid(found)
    assert {"schema"} == {item.rule for item in found if item.level == "critical"}


def test_findings_name_line_and_activity(against):
    """A finding in the second activity is laid at the first one's door."""
    first, rest = CLEAN.split("<iati-activity ", 1)
    inner = "<iati-activity " + rest.removesuffix("</iati-activities>")
    second = inner.replace("BR-GOV-1-A", "BR-GOV-1-B").replace(SECTOR, "").replace(STATUS, "")
    found = validating.validate(f"{first}{inner}{second}</iati-activities>".encode(), against)
    bad = {(item.rule, item.identifier) for item in found if item.level != "warning"}
    assert bad == {(rule, "BR-GOV-1-B") for rule in ("schema", "6.2.2", "6.7.2")}
    start = (first + inner).count("\n")
    assert all(item.line > start for item in found if item.identifier == "BR-GOV-1-B")


def test_a_code_that_its_list_does_not_have_is_a_warning(against):
    """Unknown codes pass unseen, or make a file invalid; the condition on vocabularies is lost."""
    document = CLEAN.replace('code="14030"', 'code="99999"').replace(STATUS, STATUS[:-4] + '9"/>')
    found = validating.validate(document.encode(), against, now=NOW)
    assert {"codelist Sector", "codelist ActivityStatus"} <= {item.rule for item in found}
    assert validating.is_clean(found)
    named = CLEAN.replace(SECTOR, '<sector vocabulary="99" code="99999"><narrative/></sector>')
    assert "codelist Sector" not in rules(named, against, "warning")


def test_an_organisation_file_is_held_to_its_own_schema(against):
    """Organisation files are refused, or checked as activities."""
    document = """<iati-organisations version="2.03"><iati-organisation xml:lang="en"
    default-currency="USD"><organisation-identifier>BR-GOV-1</organisation-identifier>
    <name><narrative>ABC</narrative></name>
    <reporting-org ref="BR-GOV-1" type="10"><narrative>ABC</narrative></reporting-org>
    <total-budget><period-start iso-date="2024-01-01"/><period-end iso-date="2024-12-31"/>
    <value value-date="2024-01-01">5</value></total-budget>
    </iati-organisation></iati-organisations>"""
    assert rules(document, against) == set() == rules(document, against, "critical")
    assert rules(document.replace("2024-12-31", "2025-12-31"), against) == {"7.5.3"}
    assert rules(document.replace('xml:lang="en"', ""), against) == {"4.5.1"}
    assert rules(document.replace("<name>", "<title>", 1), against, "critical") == {"xml"}


def test_another_root_is_critical(against):
    """Any XML is taken for IATI."""
    found = validating.validate(b"<html/>", against)
    assert [(item.rule, item.level) for item in found] == [("schema", "critical")]


def test_real_files_have_the_findings_that_can_be_counted_otherwise(against, shared_data):
    """On files of others the validator misses activities without a start, or sees too many."""
    path = shared_data / "activities" / "aims_Senegal_2.03.xml"
    found = validating.validate(path, against)
    assert validating.is_valid(found)
    starts, countries = set(), set()
    for activity in ET.parse(path).getroot():  # noqa: S314 - a file of ours to trust
        identifier = activity.findtext("iati-identifier")
        if not {date.get("type") for date in activity.iter("activity-date")} & {"1", "2"}:
            starts.add(identifier)
        if activity.find("recipient-country") is None:
            countries.add(identifier)
    by_rule = {
        rule: {item.identifier for item in found if item.rule == rule}
        for rule in ("6.11.1", "3.7.1")
    }
    assert by_rule == {"6.11.1": starts, "3.7.1": countries}
    assert starts
    assert all(item.line for item in found)


ROOT = etree.fromstring(
    '<r><a x="1" d="2024-01-01">one</a><a x="2" d="2024-02-01Z">two</a><b>50%</b>'
    '<e d="2026-01-01T10:00:00+02:00"/></r>'
)
MOMENT = ruleset.Moment(NOW, frozenset({"XM-DAC"}))


@pytest.mark.parametrize(
    ("rule", "case", "holds"),
    [
        ("no_more_than_one", {"paths": ["a"]}, False),
        ("no_more_than_one", {"paths": ["b"]}, True),
        ("atleast_one", {"paths": ["c"]}, False),
        ("only_one_of", {"paths": ["a"], "excluded": ["c"]}, False),
        ("only_one_of", {"paths": ["b"], "excluded": ["c"]}, True),
        ("only_one_of", {"paths": ["b"], "excluded": ["a"]}, False),
        ("only_one_of", {"paths": ["c"], "excluded": ["a"]}, True),
        ("dependent", {"paths": ["a", "b"]}, True),
        ("dependent", {"paths": ["a", "c"]}, False),
        ("dependent", {"paths": ["c", "f"]}, True),
        ("sum", {"paths": ["a/@x"], "sum": 3}, True),
        ("sum", {"paths": ["c/@x"], "sum": 3}, True),
        ("strict_sum", {"paths": ["c/@x"], "sum": 3}, False),
        ("strict_sum", {"paths": ["b"], "sum": 50}, False),
        ("range", {"paths": ["a/@x"], "min": 1, "max": 2}, True),
        ("range", {"paths": ["a/@x"], "min": 2}, False),
        ("range", {"paths": ["a/@x"], "max": 1}, False),
        ("no_percent", {"paths": ["b"]}, False),
        ("no_percent", {"paths": ["a"]}, True),
        ("date_order", {"less": "a[1]/@d", "more": "a[2]/@d"}, True),
        ("date_order", {"less": "a[2]/@d", "more": "a[1]/@d"}, False),
        ("date_order", {"less": "a[2]/@d", "more": "c/@d"}, True),
        ("date_now", {"date": "e/@d"}, True),
        ("time_limit", {"start": "a[1]/@d", "end": "e/@d"}, False),
        ("time_limit", {"start": "a[1]/@d", "end": "a[2]/@d"}, True),
        ("between_dates", {"date": "a/@d", "start": "a[1]/@d", "end": "e/@d"}, True),
        ("between_dates", {"date": "e/@d", "start": "a[1]/@d", "end": "a[2]/@d"}, False),
        ("regex_matches", {"paths": ["a"], "regex": "^[a-z]+$"}, True),
        ("regex_matches", {"paths": ["b"], "regex": "^[a-z]+$"}, False),
        ("regex_no_matches", {"paths": ["b"], "regex": "%"}, False),
        ("startswith", {"paths": ["a[1]"], "start": "substring(a[1], 1, 2)"}, True),
        ("startswith", {"paths": ["a"], "prefix": ["a[1]"]}, False),
        ("startswith", {"paths": ["a"], "prefix": ["ORG-ID-PREFIX"]}, False),
        ("unique", {"paths": ["a", "a[1]"]}, False),
        ("unique", {"paths": ["a", "b"]}, True),
        ("evaluates_to_true", {"eval": ["count(a) = 2"]}, True),
        ("evaluates_to_true", {"eval": ["count(a) = 3"]}, False),
        ("if_then", {"if": "c", "then": "false()"}, True),
        ("if_then", {"if": "a", "then": "c"}, False),
        ("no_spaces", {"paths": ["a"]}, True),
    ],
)
def test_each_kind_of_rule(rule, case, holds):
    """A kind of rule that rulesets may use says yes where it means no."""
    found = list(ruleset.breaches(ROOT.getroottree(), {"/r": {rule: {"cases": [case]}}}, MOMENT))
    assert (not found) is holds


def test_conditions_and_loops_are_heeded():
    """A condition that does not hold is passed over, or a loop asks only its first value."""
    case = {"paths": ["c"], "condition": "count(a) = 3"}
    assert not list(
        ruleset.breaches(ROOT.getroottree(), {"/r": {"atleast_one": {"cases": [case]}}}, MOMENT)
    )
    loop = {
        "foreach": "a/@x",
        "do": {"no_more_than_one": {"cases": [{"paths": ["a[@x >= $1]"]}]}},
        "subs": ["paths"],
    }
    found = list(ruleset.breaches(ROOT.getroottree(), {"/r": {"loop": {"cases": [loop]}}}, MOMENT))
    assert [breach.case["paths"] for breach in found] == [["a[@x >= 1]"]]

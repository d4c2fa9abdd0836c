"""Codes, names and dates."""

from __future__ import annotations

import datetime as dt

import pytest

from bandung.codes import countries, groups, sectors, tables
from bandung.errors import CodeUnknownError, GroupEmptyError, InputError

WANTED = [
    "NAM",
    "G77",
    "LDC",
    "LLDC",
    "SIDS",
    "AU",
    "AFCFTA",
    "ECOWAS",
    "UEMOA",
    "CEMAC",
    "ECCAS",
    "EAC",
    "SADC",
    "SACU",
    "COMESA",
    "IGAD",
    "AMU",
    "ASEAN",
    "SAARC",
    "BIMSTEC",
    "GCC",
    "LAS",
    "OIC",
    "ECO",
    "MERCOSUR",
    "CAN",
    "PA",
    "ALBA",
    "CARICOM",
    "SICA",
    "ALADI",
    "CELAC",
    "PIF",
    "BRICS",
    "IBSA",
    "OPEC",
    "GSTP",
    "ACU",
]


def test_every_group_asked_for_is_there_with_five_names():
    """A group or one of its names left out would show here."""
    assert sorted(groups.groups()) == sorted(WANTED)
    for group in groups.groups().values():
        assert all(group.names[lang] for lang in tables.LANGUAGES), group.code
        assert len(set(group.names["ar"]) & set("ابتحدرسلمنوي")) > 2, group.code


def test_every_line_of_membership_is_sound():
    """Unknown codes, reversed dates, missing sources and overlapping spells are refused."""
    for code in groups.groups():
        spells = groups.memberships(code)
        assert spells
        for spell in spells:
            assert countries.is_code(spell.member), spell
            assert spell.source, spell
            assert tables.parse_date(spell.checked) <= dt.date(2026, 12, 31), spell
            if spell.left:
                assert tables.parse_date(spell.joined) < tables.parse_date(spell.left), spell
        for one in spells:
            later = [s for s in spells if s.member == one.member and s.joined > one.joined]
            for other in later:
                assert one.left, (one, other)
                assert tables.parse_date(one.left) <= tables.parse_date(other.joined)


def test_members_come_and_go():
    """Morocco left the OAU in 1984 and came back to the African Union in 2017."""
    assert "MAR" in groups.members("AU", dt.date(1980, 1, 1))
    assert "MAR" not in groups.members("AU", dt.date(2000, 1, 1))
    assert "MAR" in groups.members("AU", dt.date(2018, 1, 1))


def test_the_day_of_leaving_is_the_first_day_outside():
    """An off-by-one at either end of a spell would show here."""
    assert "QAT" in groups.members("OPEC", dt.date(2018, 12, 31))
    assert "QAT" not in groups.members("OPEC", dt.date(2019, 1, 1))


def test_a_date_before_a_group_existed_is_refused():
    """An empty answer would look like a group without members."""
    with pytest.raises(GroupEmptyError, match=r"ASEAN has no members on 1950-01-01: it was foun"):
        groups.members("ASEAN", dt.date(1950, 1, 1))


def test_an_unknown_group_suggests_near_names():
    """A user's slip must lead to the right name."""
    with pytest.raises(CodeUnknownError, match=r"unknown group 'ECOWS'\. Did you mean ECOWAS"):
        groups.group("ECOWS")


@pytest.mark.parametrize("text", ["1955-13-01", "yesterday", "1955/04/18", ""])
def test_what_is_not_a_date_is_refused(text):
    """Another reading of a date would give another group."""
    with pytest.raises(InputError, match="write it as YYYY-MM-DD"):
        tables.parse_date(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("tz", "TZA"), ("Tunisie", "TUN"), ("Türkiye", "TUR"), ("السنغال", "SEN"),
     ("são tomé e príncipe", "STP"), ("EU27", "EU27"), ("Guinea", "GIN")],
)  # fmt: skip
def test_countries_are_found_by_code_or_name_in_any_language(text, code):
    """Accents, case and script do not matter."""
    assert countries.parse(text) == code


def test_an_unknown_country_suggests_near_names():
    """A slip in a name must lead to the right one."""
    with pytest.raises(CodeUnknownError, match="Senegal"):
        countries.parse("Senegall")


def test_every_country_has_a_name_in_five_languages():
    """A code that falls back to itself would stand on a page as letters."""
    for code in countries.codes():
        for lang in tables.LANGUAGES:
            assert countries.name(code, lang) != code


def test_sectors_of_the_embedded_world_have_names_in_five_languages(embedded):
    """A missing name would show a code on the page."""
    for code in embedded.sectors:
        assert len({sectors.name(code, lang) for lang in tables.LANGUAGES} - {code}) >= 4


def test_security_council_notices_are_dated_and_in_five_languages():
    """Measures that ended do not show; those in force name their resolution."""
    assert groups.measures("COD", dt.date(2024, 1, 1))[0].resolution
    assert groups.measures("MLI", dt.date(2023, 1, 1))
    assert not groups.measures("MLI", dt.date(2024, 1, 1))
    assert not groups.measures("SEN", dt.date(2024, 1, 1))
    for measure in groups.measures("COD", dt.date(2024, 1, 1)):
        assert all(measure.text[lang] for lang in tables.LANGUAGES)

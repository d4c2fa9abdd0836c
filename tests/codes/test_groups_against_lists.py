"""Our dated memberships against published lists, every difference with its reason.

The lists disagree with each other and have known gaps; ``differences.csv`` says line by line
why ours is right. A new difference, or one that is gone, fails.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from bandung.codes import countries, groups

DIFFERENCES = Path(__file__).with_name("differences.csv")
FACTBOOK_DAY = dt.date(2026, 5, 17)
COW_DAY = dt.date(2014, 12, 31)
COW_ECCAS_DAY = dt.date(2011, 12, 31)  # the list stops coding ECCAS after 2011
UNCTAD_DAY = dt.date(2026, 1, 1)
FULL_MEMBER = 1  # COW: 2 associate, 3 observer, negative missing

FACTBOOK = {
    "NAM": "NAM", "G-77": "G77", "AU": "AU", "ECOWAS": "ECOWAS", "WAEMU": "UEMOA",
    "CEMAC": "CEMAC", "ECCAS": "ECCAS", "EAC": "EAC", "SADC": "SADC", "SACU": "SACU",
    "COMESA": "COMESA", "IGAD": "IGAD", "AMU": "AMU", "ALBA": "ALBA", "ASEAN": "ASEAN",
    "BIMSTEC": "BIMSTEC", "BRICS": "BRICS", "CAN": "CAN", "Caricom": "CARICOM",
    "CELAC": "CELAC", "ECO": "ECO", "GCC": "GCC", "LAIA": "ALADI", "LAS": "LAS",
    "Mercosur": "MERCOSUR", "OIC": "OIC", "OPEC": "OPEC", "Pacific Alliance": "PA",
    "PIF": "PIF", "SAARC": "SAARC", "SICA": "SICA",
}  # fmt: skip
COW = {
    "nam": "NAM", "au": "AU", "ecowas": "ECOWAS", "uemoa": "UEMOA", "cemac": "CEMAC",
    "eac": "EAC", "sadc": "SADC", "sacu": "SACU", "comesa": "COMESA",
    "igad": "IGAD", "amu": "AMU", "acu": "ACU", "andean": "CAN", "asean": "ASEAN",
    "caricom": "CARICOM", "eco": "ECO", "gcc": "GCC", "laia": "ALADI", "loas": "LAS",
    "mercosur": "MERCOSUR", "oic": "OIC", "opec": "OPEC", "pif": "PIF", "saarc": "SAARC",
    "sica": "SICA",
}  # fmt: skip
GEC = {"ri": "SRB", "kv": "XKX", "sv": "SJM"}  # country-codes.csv lacks these
NAMES = {
    "Antigua & Barbuda": "ATG", "Cape Verde": "CPV", "East Timor": "TLS", "Swaziland": "SWZ",
    "Democratic Republic of the Congo": "COD", "Congo": "COG", "Turkey": "TUR",
    "Ivory Coast": "CIV", "Macedonia": "MKD", "Myanmar": "MMR", "Palestine": "PSE",
    "Sao Tome and Principe": "STP", "St. Kitts and Nevis": "KNA", "St. Lucia": "LCA",
    "St. Vincent and the Grenadines": "VCT", "Trinidad and Tobago": "TTO",
    "Federated States of Micronesia": "FSM", "Antigua and Barbuda": "ATG",
    "Bosnia and Herzegovina": "BIH", "Czech Republic": "CZE",
}  # fmt: skip


def codes_of(folder: Path, column: str) -> dict[str, str]:
    table = pl.read_csv(folder / "country-codes.csv", infer_schema_length=0)
    return {
        code.strip().lower(): iso3
        for code, iso3 in table.select(column, "ISO3166-1-Alpha-3").rows()
        if code and iso3
    }


def factbook(folder: Path) -> dict[str, set[str]]:
    gec = {**codes_of(folder, "FIPS"), **GEC}
    table = pl.read_csv(folder / "cia_factbook_org_participation.csv", infer_schema_length=0)
    found: dict[str, set[str]] = {group: set() for group in FACTBOOK.values()}
    for code, org in table.filter(pl.col("status") == "member").select("gec", "org").rows():
        if org in FACTBOOK:
            found[FACTBOOK[org]].add(gec[code])
    return {group: members for group, members in found.items() if members}  # some it leaves out


def cow(folder: Path, day: dt.date, columns: dict[str, str]) -> dict[str, set[str]]:
    states = pl.read_parquet(folder / "cow_states2016.parquet")
    names = {int(code): name for code, name in states.select("ccode", "statenme").rows()}
    table = pl.read_parquet(folder / "igo_state_year_format3.parquet").filter(
        pl.col("year") == day.year
    )
    return {
        group: {
            NAMES.get(names[int(code)]) or countries.parse(names[int(code)])
            for code in table.filter(pl.col(column) == FULL_MEMBER)["ccode"]
        }
        for column, group in columns.items()
    }


def statistical(folder: Path) -> dict[str, set[str]]:
    table = pl.read_csv(folder / "bblocks_concordance.csv", infer_schema_length=0)
    return {
        column.upper(): set(table.filter(pl.col(column) == "True")["iso3_code"])
        for column in ("ldc", "lldc", "sids")
    }


def unctad(folder: Path) -> dict[str, set[str]]:
    iso2 = codes_of(folder, "ISO3166-1-Alpha-2")
    table = pl.read_csv(folder / "gstp_participants_unctad2026.csv", infer_schema_length=0)
    return {"GSTP": {iso2[code] for code in table["code"].drop_nulls() if code}}


def ours(group: str, day: dt.date) -> set[str]:
    return {spell.member for spell in groups.memberships(group) if spell.holds(day)}


def test_every_difference_with_published_lists_is_known_and_has_a_reason(shared_data):
    """A member we lack or have too many, or a reason that no longer holds, shows here."""
    folder = shared_data / "groups"
    lists = [
        ("cia", FACTBOOK_DAY, factbook(folder)),
        ("cow", COW_DAY, cow(folder, COW_DAY, COW)),
        ("cow", COW_ECCAS_DAY, cow(folder, COW_ECCAS_DAY, {"eccas": "ECCAS"})),
        ("bblocks", FACTBOOK_DAY, statistical(folder)),
        ("gstp", UNCTAD_DAY, unctad(folder)),
    ]
    found = {
        (name, day.isoformat(), group, member, *sides)
        for name, day, theirs in lists
        for group, members in theirs.items()
        for member, sides in [
            *((member, ("in", "out")) for member in ours(group, day) - members),
            *((member, ("out", "in")) for member in members - ours(group, day)),
        ]
    }
    with DIFFERENCES.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    known = {
        tuple(row[key] for key in ("list", "on", "group", "member", "ours", "theirs"))
        for row in rows
    }
    assert found - known == set(), "differences without a reason"
    assert known - found == set(), "reasons for differences that are gone"
    assert all(len(row["reason"]) > 20 for row in rows)


# Sizes that the groups themselves state, each on a day.
@pytest.mark.parametrize(
    ("group", "day", "size"),
    [
        ("NAM", "2025-01-01", 121),  # NAM, member countries, after South Sudan
        ("G77", "2025-01-01", 134),  # g77.org, member States
        ("AU", "2025-01-01", 55),  # au.int, member States
        ("LDC", "2025-01-01", 44),  # UN DESA, after Sao Tome and Principe
        ("LDC", "2020-01-01", 47),  # UN DESA, after Equatorial Guinea (2017)
        ("LLDC", "2025-01-01", 32),  # UN-OHRLLS
        ("OIC", "2025-04-01", 57),  # oic-oci.org
        ("LAS", "2025-01-01", 22),
        ("ASEAN", "2026-01-01", 11),  # after Timor-Leste, 2025-10-26
        ("ASEAN", "2000-01-01", 10),
        ("ECOWAS", "2024-01-01", 15),
        ("ECOWAS", "2025-02-01", 12),  # after Burkina Faso, Mali and Niger left
        ("EAC", "2024-06-01", 8),  # after Somalia
        ("SADC", "2020-01-01", 16),
        ("COMESA", "2020-01-01", 21),
        ("CARICOM", "2020-01-01", 15),
        ("CELAC", "2020-01-01", 33),
        ("PIF", "2020-01-01", 18),
        ("OPEC", "2024-02-01", 12),  # after Angola left
        ("MERCOSUR", "1995-01-01", 4),
        ("GCC", "2020-01-01", 6),
        ("CEMAC", "2020-01-01", 6),
        ("UEMOA", "2020-01-01", 8),
        ("SACU", "2020-01-01", 5),
        ("AMU", "2020-01-01", 5),
        ("SAARC", "2020-01-01", 8),
        ("BIMSTEC", "2020-01-01", 7),
        ("ALADI", "2020-01-01", 13),
        ("CAN", "2020-01-01", 4),
        ("PA", "2020-01-01", 4),
        ("SICA", "2020-01-01", 8),
        ("ECO", "2020-01-01", 10),
        ("IBSA", "2020-01-01", 3),
        ("BRICS", "2020-01-01", 5),
    ],
)
def test_groups_have_the_size_they_state(group, day, size):
    """A missing or doubled spell of membership changes a stated count."""
    assert len(groups.members(group, dt.date.fromisoformat(day))) == size

"""Exchange rates and unit rates: every line's problem, versions kept, audited, and who may."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from bandung.errors import NotAllowedError, RegisterError, SourceError
from bandung.register import audit
from bandung.register.actions import rates
from bandung.register.actor import Actor
from bandung.register.models import AuditEntry, ExchangeRate, UnitRate
from bandung.register.returns import read_exchange_rates, read_unit_rates, source, tables

HEAD = "currency,date,usd_per_unit,source\n"
GOOD = f"{HEAD}BRL,2024-06-28,0.1799,central bank\nBRL,2024,0.1853,central bank\n".encode()
UNITS = b"""modality,unit,amount,currency,valid_from,source
experts,person_days,900.50,BRL,2024-01-01,decree 7
"""


def test_rates_are_read_whatever_the_separator_and_the_order_of_columns():
    """A file saved with semicolons, a mark of UTF-8 or other columns beside is refused."""
    text = "\ufeffnote;source;usd_per_unit;date;currency\n;central bank;0.1799;2024-06-28;brl\n\n"
    found = read_exchange_rates(text.encode())
    assert found.problems == ()
    (rate,) = found.rates
    assert (rate.currency, rate.on, rate.usd_per_unit) == (
        "BRL",
        dt.date(2024, 6, 28),
        Decimal("0.1799"),
    )


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        ("XXQ,2024,1,s", "currency", "currency"),
        ("BRL,28/06/2024,1,s", "date", "date"),
        ("BRL,2024-02-30,1,s", "date", "date"),
        ("BRL,2024,0,s", "usd_per_unit", "range"),
        ("BRL,2024,-1,s", "usd_per_unit", "range"),
        ("BRL,2024,NaN,s", "usd_per_unit", "number"),
        ("BRL,2024,=1+1,s", "usd_per_unit", "number"),
        ("BRL,2024,0.1234567890123,s", "usd_per_unit", "range"),
        ("BRL,2024,1000000000000,s", "usd_per_unit", "range"),
        ("USD,2024,1.1,s", "usd_per_unit", "range"),
        ("BRL,2024,0.2,", "source", "required"),
        (f"BRL,2024,0.2,{'s' * 301}", "source", "long"),
        ("BRL,2024-06-28,0.2,central bank", "usd_per_unit", "repeated"),
    ],
)
def test_line_that_cannot_be_is_told_with_its_column(row, column, rule):
    """Such a rate is taken, or the other lines are lost with it."""
    found = read_exchange_rates(GOOD + f"{row}\n".encode())
    assert [(one.line, one.column, one.rule) for one in found.problems] == [(4, column, rule)]
    assert len(found.rates) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe" + "currency".encode("utf-16-le"), "UTF-8"),
        (b"currency,date\nBRL,2024\n", "lacks the column usd_per_unit, source"),
        (b"currency,date,usd_per_unit,source,source\n", "twice"),
        (HEAD.encode() + b"BRL,2024,0.2,\x00\n", "bytes that no text has"),
        (HEAD.encode() + b'BRL,2024,0.2,"' + b"x" * 200_000 + b'"\n', "cannot be read as CSV"),
        (b"", "lacks the column"),
    ],
)
def test_what_is_no_such_file_is_refused(data, said):
    """A file of another kind is read as one without rates."""
    with pytest.raises(SourceError, match=said):
        read_exchange_rates(data)


def test_large_file_is_refused_by_its_size(tmp_path, monkeypatch):
    """A file of 100 MB is read before its size is looked at."""
    path = tmp_path / "rates.csv"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda _: pytest.fail("it was read"))
    with pytest.raises(SourceError, match="100 MB; at most 10 MB"):
        read_exchange_rates(path)
    monkeypatch.setattr(tables, "MAX_LINES", 2)
    with pytest.raises(SourceError, match="more than 2 lines"):
        read_exchange_rates(GOOD)


def test_exchange_rates_change_nothing_until_accepted_and_supersede_without_deleting(db):
    """A preview writes, the same file twice adds, or what stood before is gone."""
    operator = Actor.operator()
    seen = rates.import_exchange_rates(operator, GOOD)
    assert seen.counts() == {"added": 2, "changed": 0, "unchanged": 0, "refused": 0}
    assert not ExchangeRate.objects.exists()
    rates.import_exchange_rates(operator, GOOD, accept=True)
    again = rates.import_exchange_rates(operator, GOOD, accept=True)
    assert again.counts() == {"added": 0, "changed": 0, "unchanged": 2, "refused": 0}
    assert AuditEntry.objects.filter(kind="exchange_rates").count() == 1
    revised = GOOD.replace(b"0.1853", b"0.1860")
    made = rates.import_exchange_rates(operator, revised, accept=True)
    assert made.counts() == {"added": 0, "changed": 1, "unchanged": 1, "refused": 0}
    assert source.rates().at("BRL", dt.date(2024, 2, 1)).usd_per_unit == Decimal("0.186")
    assert ExchangeRate.objects.count() == 3
    old = ExchangeRate.objects.get(superseded_by__isnull=False)
    assert (old.usd_per_unit, old.batch, old.superseded_by) == (Decimal("0.1853"), 1, 2)
    entry = AuditEntry.objects.filter(kind="exchange_rates").latest("sequence")
    assert ("0.1853" in entry.before, "0.186" in entry.after) == (True, True)
    assert audit.verify().holds


def test_nothing_of_a_file_with_a_bad_line_is_taken(db):
    """The good lines of a file are taken and the bad one forgotten."""
    bad = GOOD + b"XXQ,2024,1,s\n"
    assert rates.import_exchange_rates(Actor.operator(), bad).counts()["refused"] == 1
    with pytest.raises(RegisterError, match="Line 4 cannot be taken: currency, "):
        rates.import_exchange_rates(Actor.operator(), bad, accept=True)
    assert not ExchangeRate.objects.exists()


def test_exchange_rates_are_the_administrator_s_and_unit_rates_the_focal_point_s(people_of, actors):
    """A member changes the rates of all, or somebody else a member's own table."""
    with pytest.raises(NotAllowedError, match="administrator"):
        rates.import_exchange_rates(actors["BRA"], GOOD)
    for role in ("viewer", "editor", "approver"):
        with pytest.raises(NotAllowedError, match="focal point"):
            rates.import_unit_rates(Actor.of(people_of["BRA"][role]), UNITS)
    with pytest.raises(NotAllowedError):
        rates.import_unit_rates(Actor.public(), UNITS)


def test_unit_rates_are_a_member_s_own_and_hold_from_a_day(actors):
    """A table is read for another member, before its day, or after it was superseded."""
    made = rates.import_unit_rates(actors["BRA"], UNITS, accept=True)
    assert made.counts()["added"] == 1
    assert rates.import_unit_rates(actors["BRA"], UNITS, accept=True).counts()["unchanged"] == 1
    day = dt.date(2024, 5, 1)
    assert rates.unit_price("BRA", "experts", "person_days", day).amount == Decimal("900.5")
    assert rates.unit_price("MOZ", "experts", "person_days", day) is None
    assert rates.unit_price("BRA", "experts", "person_days", dt.date(2023, 12, 31)) is None
    later = UNITS.replace(b"900.50", b"950").replace(b"decree 7", b"decree 8")
    rates.import_unit_rates(actors["BRA"], later, accept=True)
    assert rates.unit_price("BRA", "experts", "person_days").amount == 950
    assert UnitRate.objects.count() == 2
    rates.import_unit_rates(actors["MOZ"], later, accept=True)
    assert rates.unit_price("BRA", "experts", "person_days").source == "decree 8"
    assert UnitRate.objects.filter(superseded_by=None).count() == 2
    assert audit.verify().holds


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("expertz,person_days,1,BRL,2024-01-01,s", "modality"),
        ("experts,tonnes,1,BRL,2024-01-01,s", "unit"),
        ("grant,money,1,BRL,2024-01-01,s", "unit"),
        ("experts,person_days,1,BRL,2024,s", "valid_from"),
        ("experts,person_days,950,BRL,2024-01-01,decree 7", "amount"),
    ],
)
def test_unit_rate_that_cannot_be_is_told(row, column):
    """A price of a modality nobody knows, or of a unit it is not counted in, is taken."""
    known = {"experts": ("person_days", "people"), "grant": ("money",)}
    found = read_unit_rates(UNITS + f"{row}\n".encode(), known)
    assert [(one.line, one.column) for one in found.problems] == [(3, column)]
    assert len(found.prices) == 1

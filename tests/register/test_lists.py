"""The list of activities: what it holds for whom, its filters, its pages, its files."""

from __future__ import annotations

import csv
import io
import re
import sys
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from bandung.register import codelists, visibility
from bandung.register.actions import responses, statements
from bandung.register.actor import Actor
from bandung.register.pages import lists
from bandung.register.selection import Selection, one_each

sys.path.insert(0, str(Path(__file__).parent))
from list_cases import ROWS, fill

HIDDEN = ("Fishing statistics", "Secret draft of a dam", "Makonde carving shown")
FILTERS = {
    "text": "fishing",
    "partner": "MOZ",
    "member": "BRA",
    "direction": "given",
    "modality": "training",
    "group": "C",
    "sector": "311",
    "sdg": "2",
    "status": "closed",
    "stage": "delivered",
    "year_from": "2022",
    "year_to": "2022",
}


@pytest.fixture
def filled(actors):
    """The register of `list_cases`."""
    fill(actors)
    return actors


def signed_in(client, actor: Actor):
    """A client of a person."""
    if actor.person is not None:
        client.force_login(actor.person)
    return client


def titles(page: str) -> list[str]:
    """The titles a page lists, in their order."""
    return re.findall(r'<h2><a href="/activities/[0-9a-f-]{36}/">([^<]*)', page)


def in_files(client, query: str) -> tuple[list[dict], list[dict]]:
    """The lines of the list's CSV file and workbook."""
    sent = client.get(f"{reverse('activities-csv')}?{query}")
    text = b"".join(sent.streaming_content).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    book = load_workbook(io.BytesIO(client.get(f"{reverse('activities-xlsx')}?{query}").content))
    heads, *rows = book.active.iter_rows(values_only=True)
    return lines, [dict(zip(heads, row, strict=True)) for row in rows]


def test_the_public_sees_what_every_party_has_published_and_no_word_of_the_rest(filled, client):
    """A draft, or what one party has shared, named on a page, in a file or in a count."""
    page = client.get(reverse("activities")).content.decode()
    assert sorted(titles(page)) == sorted(row[2] for row in ROWS if row[2] not in HIDDEN)
    addresses = ("activities", "overview", "members", "start", "activities-csv")
    for address in (*map(reverse, addresses), reverse("member", args=["MOZ"])):
        sent = client.get(address)
        text = (b"".join(sent) if sent.streaming else sent.content).decode()
        assert not [title for title in HIDDEN if title in text], address
    assert "3 activities" in page
    for word in ("secret", "Makonde", "fishing"):
        assert titles(client.get(reverse("activities"), {"text": word}).content.decode()) == []


def test_each_member_sees_its_own_and_what_was_shared_with_it(filled, client):
    """A draft of a partner in the list, or one's own draft missing."""
    seen = {
        member: set(titles(signed_in(client, actor).get(reverse("activities")).content.decode()))
        for member, actor in filled.items()
    }
    assert "Secret draft of a dam" in seen["BRA"]
    assert "Secret draft of a dam" not in seen["MOZ"] | seen["SEN"]
    assert "Makonde carving shown" in seen["BRA"] & seen["MOZ"]
    assert "Makonde carving shown" not in seen["SEN"]


def test_filters_taken_together_hold_what_each_of_them_holds(filled):
    """A filter that widens what another narrowed, or that is lost beside another."""
    actor, own = filled["BRA"], {"member": "BRA"}

    def found(asked: dict[str, str]) -> set[int]:
        return set(one_each(actor, Selection.of({**asked, **own})).values_list("pk", flat=True))

    with codelists.held():
        alone = {name: found({name: value}) for name, value in FILTERS.items()}
        for one, other in combinations(FILTERS, 2):
            both = found({one: FILTERS[one], other: FILTERS[other]})
            assert both <= alone[one] & alone[other]


CASES = (
    ({"text": "kaolack"}, {"Soil science for Kaolack"}),
    ({"text": "moçambique maputo"}, {"Milk banks in Maputo"}),
    ({"text": "SÉNÉGAL potato"}, {"Seed potatoes"}),
    ({"sdg": "2.4"}, {"Soil science for Kaolack"}),
    ({"sdg": "2"}, {"Soil science for Kaolack", "Seed potatoes"}),
    ({"sector": "31181"}, {"Soil science for Kaolack"}),
    ({"year_from": "2022", "year_to": "2023"}, {"Soil science for Kaolack", "Seed potatoes"}),
    ({"direction": "received", "member": "MOZ"}, {"Milk banks in Maputo"}),
    ({"modality": "training", "partner": "BRA"}, {"Soil science for Kaolack"}),
    ({"group": "B"}, {"Seed potatoes"}),
    ({"status": "under_way"}, {"Seed potatoes"}),
    ({"check": "one_sided"}, set()),
    ({"sector": "no such", "year_from": "x", "partner": "ZZZ"}, None),
)


def test_a_filter_finds_what_it_says_and_an_unknown_value_asks_nothing(filled):
    """A filter on the wrong field, or a slip in an address that empties the list."""
    everything = {row[2] for row in ROWS if row[2] not in HIDDEN}
    for query, expected in CASES:
        found = {row.title for row in one_each(Actor.public(), Selection.of(query))}
        assert found == (everything if expected is None else expected), query


def test_a_reference_finds_its_activity(filled, client):
    """A reference that has to be looked up by eye."""
    reference = fill_reference(filled)
    page = client.get(reverse("activities"), {"text": reference.lower()}).content.decode()
    assert len(titles(page)) == 1
    assert reference in page


def fill_reference(filled) -> str:
    """A reference of a public activity."""
    return one_each(Actor.public(), Selection())[0].statement.reference


def test_one_sided_and_objected_activities_are_found_by_those_concerned(filled, client):
    """A check that shows another member's affairs, or not one's own."""
    bra = signed_in(client, filled["BRA"])
    page = bra.get(reverse("activities"), {"check": "one_sided"}).content.decode()
    assert set(titles(page)) == {"Secret draft of a dam", "Makonde carving shown"}
    statement = next(
        row.statement for row in visibility.revisions(filled["BRA"]) if "Makonde" in row.title
    )
    responses.respond(
        filled["BRA"],
        statement.pk,
        kind="objects",
        expected_revision=statement.shared.number,
        reason="It never came.",
    )
    page = bra.get(reverse("activities"), {"check": "objected"}).content.decode()
    assert titles(page) == ["Makonde carving shown"]
    page = signed_in(client, filled["MOZ"]).get(reverse("activities"), {"check": "objected"})
    assert titles(page.content.decode()) == ["Makonde carving shown"]
    page = signed_in(client, filled["SEN"]).get(reverse("activities"), {"check": "objected"})
    assert titles(page.content.decode()) == []


def test_accounts_that_differ_in_quantity_are_found(filled, client, actors):
    """Two accounts with other numbers that pass for agreed."""
    moz = actors["MOZ"]
    mine = visibility.revisions(moz).filter(statement__member="MOZ", title__startswith="Milk")[0]
    said = mine.said()
    item = said.contributions[0].model_copy(update={"quantity": Decimal(60)})
    statements.save(
        moz,
        mine.statement_id,
        said.model_copy(update={"contributions": (item,)}),
        expected_version=mine.statement.version,
    )
    page = signed_in(client, moz).get(reverse("activities"), {"check": "differing"})
    assert titles(page.content.decode()) == ["Milk banks in Maputo"]
    public = client.get(reverse("activities"), {"check": "differing"})
    assert "Milk" in public.content.decode()


def test_links_of_the_page_keep_the_other_filters(filled, client):
    """A link that narrows the list and forgets what was asked before."""
    query = {"member": "BRA", "year_from": "2021", "sort": "title"}
    page = client.get(reverse("activities"), query).content.decode()
    aside = page.partition('class="narrow-by"')[2].partition("</aside>")[0]
    links = re.findall(r'href="\?([^"]+)"', aside)
    assert links
    for link in links:
        said = Selection.of(dict(pair.split("=") for pair in link.split("&amp;")))
        assert (said.member, said.sort) == ("BRA", "title")
        assert said.year_from is not None


def test_the_number_beside_a_link_is_the_number_of_activities_behind_it(filled, client):
    """A count beside a filter that the list behind it does not hold."""
    followed = 0
    for actor in (filled["BRA"], Actor.public()):
        client.logout()
        signed_in(client, actor)
        for start in ("", "direction=given"):
            page = client.get(f"{reverse('activities')}?{start}").content.decode()
            aside = page.partition('class="narrow-by"')[2].partition("</aside>")[0]
            rows = re.findall(r'href="\?([^"]+)">[^<]*</a> <span class="muted">(\d+)', aside)
            for link, count in rows:
                asked = Selection.of(dict(parse_qsl(link.replace("&amp;", "&"))))
                assert one_each(actor, asked).count() == int(count), link
                followed += 1
    assert followed > 20


def test_the_pages_hold_every_activity_once(filled, client, monkeypatch):
    """An activity on two pages, or on none, also past the number that is counted."""
    monkeypatch.setattr(lists, "PER_PAGE", 2)
    signed_in(client, filled["BRA"])
    for counted, sort in ((lists.COUNTED, "changed"), (3, "newest"), (2, "title")):
        monkeypatch.setattr(lists, "COUNTED", counted)
        cache.clear()
        found, number, more = [], 1, True
        while more:
            sent = client.get(reverse("activities"), {"page": number, "sort": sort})
            page = sent.content.decode()
            found += titles(page)
            more = 'rel="next"' in page
            number += 1
        assert sorted(found) == sorted(row[2] for row in ROWS if row[0] != "SEN")
        if sort == "title":
            assert found == sorted(found)
    assert client.get(reverse("activities"), {"page": 9}).status_code == 404
    assert client.get(reverse("activities"), {"page": "x"}).status_code == 404


def test_the_files_hold_what_the_list_holds_in_its_order(filled, client):
    """A file with other lines than the list it is taken from."""
    for actor in (filled["BRA"], Actor.public()):
        client.logout()
        signed_in(client, actor)
        for query in ("sort=title", "direction=given&sort=newest", "text=milk"):
            page = client.get(f"{reverse('activities')}?{query}").content.decode()
            lines, cells = in_files(client, query)
            assert [line["title"] for line in lines] == titles(page)
            assert [cell["title"] for cell in cells] == titles(page)
            for line, cell in zip(lines, cells, strict=True):
                assert {key: value.removesuffix(".00") for key, value in line.items()} == {
                    key: _text(value) for key, value in cell.items()
                }


def _text(value: object) -> str:
    if value is None:
        return ""
    if hasattr(value, "date"):
        return value.date().isoformat()
    return str(value)


def test_a_cell_of_a_file_is_never_a_formula(actors, client, content):
    """A title that a spreadsheet reckons with."""
    evil = content.model_copy(update={"titles": {"en": '=HYPERLINK("http://x")'}})
    statements.create(actors["BRA"], evil)
    signed_in(client, actors["BRA"])
    lines, _cells = in_files(client, "")
    assert lines[0]["title"] == '\'=HYPERLINK("http://x")'
    book = load_workbook(io.BytesIO(client.get(reverse("activities-xlsx")).content))
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)


def test_the_list_asks_the_database_as_often_for_many_rows_as_for_few(filled, client, monkeypatch):
    """A query for every row of the list."""
    signed_in(client, filled["BRA"])
    counts = []
    for per_page in (1, 6):
        monkeypatch.setattr(lists, "PER_PAGE", per_page)
        client.get(reverse("activities"))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("activities"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[1] < 20

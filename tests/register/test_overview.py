"""Map and charts: their numbers are the sums', their links lead to what was counted."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from django.urls import reverse

from bandung.register import codelists, sums
from bandung.register.actor import Actor
from bandung.register.models import Person
from bandung.register.pages import figures, maps
from bandung.register.selection import Selection, one_each

sys.path.insert(0, str(Path(__file__).parent))
from list_cases import fill


@pytest.fixture
def filled(actors):
    """The register of `list_cases`."""
    fill(actors)
    return actors


def test_a_bar_counts_the_activities_of_the_list_behind_its_link(filled):
    """A bar whose list holds other activities than it counts."""
    followed = 0
    with codelists.held():
        for actor, selection in (
            (filled["BRA"], Selection(member="BRA")),
            (Actor.public(), Selection()),
            (Actor.public(), Selection(text="kaolack")),
        ):
            for dimension in (*sums.DIMENSIONS, "member"):
                found = sums.by(actor, selection, dimension)
                picture = figures.picture(dimension, found, selection, "activities")
                for bar, total in zip(picture.bars, _ordered(picture, found), strict=True):
                    listed = one_each(actor, Selection.of(dict(parse_qsl(bar.query))))
                    assert listed.count() == total.activities
                    for half, side in ((bar.given, total.given), (bar.received, total.received)):
                        behind = one_each(actor, Selection.of(dict(parse_qsl(half.query))))
                        assert behind.count() == side.activities
                        assert half.text == (str(side.activities) if side.activities else "")
                        followed += 1
    assert followed > 40


def _ordered(picture, found) -> list:
    """The totals in the order of the bars."""
    by_label = {figures.label(picture.key, total.key): total for total in found.totals}
    return [by_label[bar.label] for bar in picture.bars]


def test_the_overview_of_a_person_is_its_members_and_says_so_and_can_be_widened(filled, client):
    """A total of one's own and others' accounts of the same exchange."""
    client.force_login(filled["BRA"].person)
    own = client.get(reverse("overview")).content.decode()
    assert "Brazil, by its own account: something was delivered in 4 activities" in own
    whole = client.get(reverse("overview"), {"whose": "everybody"}).content.decode()
    assert "by the givers’ accounts in 5, by the receivers’ accounts in 3" in whole


def test_values_are_stated_ones_only_and_the_page_says_how_many_have_none(filled, client):
    """A sum of dollars that passes for the worth of everything."""
    page = client.get(reverse("overview"), {"measure": "usd"}).content.decode()
    assert "Of 6 contributions, 4 have no stated value in US dollars" in page
    assert "90,000" in page


def test_units_are_never_added_together(filled, client):
    """A bar of person-days and people in one number."""
    page = client.get(reverse("overview"), {"measure": "people"}).content.decode()
    bars = page.partition('id="by-modality"')[2].partition("</ol>")[0]
    assert re.findall(r">([\d,.]+)</text>", bars) == ["40", "40"]
    assert client.get(reverse("overview"), {"measure": "made up"}).status_code == 200


def test_a_page_of_pictures_has_no_inline_style_and_asks_nobody_else(filled, client):
    """A picture that the content security policy would strip, or that tells a third party."""
    for address in (reverse("overview"), reverse("member", args=["BRA"]), reverse("start")):
        page = client.get(address).content.decode()
        assert " style=" not in page
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_the_map_colours_who_takes_part_by_one_scale():
    """A country coloured that has no activity, or two scales in one map."""
    spots = {code: maps.Spot(n, code, "?") for code, n in (("BRA", 1), ("MOZ", 7), ("CPV", 3))}
    drawn, steps = maps.world(spots, "SEN")
    assert drawn.count("<a ") == 3
    assert [(step.lowest, step.highest) for step in steps] == [(1, 1), (2, 3), (4, 7)]
    assert drawn.count('class="land here"') == 1
    counts = [1, 1, 2, 2, 3, 4, 5, 9, 30, 31]
    covered = maps.scale(counts)
    assert all(sum(s.lowest <= n <= s.highest for s in covered) == 1 for n in counts)
    assert len(covered) <= maps.CLASSES


def test_the_start_page_leads_to_the_set_up_until_somebody_is_there(client, db):
    """A register that nobody can open, or that anybody can open again."""
    assert client.get("/").headers["Location"] == reverse("setup")
    Person.objects.create(email="a@example.org", name="A", is_administrator=True)
    assert client.get("/").status_code == 200

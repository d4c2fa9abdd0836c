"""The members, and what the page of one shows to whom."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from django.urls import reverse

from bandung.register.actions import statements

sys.path.insert(0, str(Path(__file__).parent))
from list_cases import fill


def test_a_members_page_is_the_same_for_everybody_and_holds_the_public_record_only(actors, client):
    """A draft on one's own public page; a third member's page that shows more to a partner."""
    fill(actors)
    pages = {}
    for who in ("", "BRA", "MOZ"):
        client.logout()
        if who:
            client.force_login(actors[who].person)
        page = client.get(reverse("member", args=["BRA"])).content.decode()
        pages[who] = re.findall(r'<h3><a href="/activities/[^"]*">([^<]*)', page)
        assert "Secret draft" not in page
        assert "Makonde" not in page
    assert pages[""] == pages["BRA"] == pages["MOZ"]
    assert sorted(pages[""]) == [
        "Milk banks in Maputo",
        "Seed potatoes",
        "Soil science for Kaolack",
    ]


def test_a_country_that_takes_no_part_has_no_page_even_if_a_draft_names_it(actors, client, content):
    """A page that tells that somebody has named the country in a draft."""
    item = content.contributions[0].model_copy(update={"receiver": "KEN"})
    update = {"partners": ("KEN",), "contributions": (item,)}
    statements.create(actors["BRA"], content.model_copy(update=update))
    answers = [client.get(reverse("member", args=[code])) for code in ("KEN", "TUV", "XYZ")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    listed = client.get(reverse("members")).content.decode()
    assert "Kenya" not in listed
    assert "Mozambique" in listed
    assert "Kenya" not in client.get(reverse("overview")).content.decode().partition("</search>")[2]

"""From the register to a workbook and back: nothing changes, and nothing comes twice."""

from __future__ import annotations

import io

import pytest

from bandung.register import exchange
from bandung.register.content import Content
from bandung.register.excel import Entry, write
from bandung.register.excel.registered import codebook
from bandung.register.models import Statement


def exported(actor, lang: str = "en") -> bytes:
    """The workbook of all that a member says."""
    return exchange.in_memory(lambda out: exchange.export_excel(actor, out, lang))


@pytest.mark.parametrize("lang", ["pt", "ar"])
def test_reading_an_export_changes_nothing(actors, published, lang):
    """A statement differs from itself after its way through a workbook in some language."""
    planned = exchange.plan_excel(actors["BRA"], exported(actors["BRA"], lang))
    assert planned.plan.counts() == {"added": 0, "changed": 0, "unchanged": 1, "refused": 0}
    assert planned.findings == ()


def test_the_same_new_file_twice_adds_once(actors, content):
    """Numbers of one's own are not known again, and the second import doubles the record."""
    out = io.BytesIO()
    other = content.model_copy(update={"titles": {"en": "Wells"}})
    write([Entry("17", content), Entry("18", other)], out, "fr", codebook())
    first = exchange.plan_excel(actors["BRA"], out.getvalue())
    assert first.plan.counts() == {"added": 2, "changed": 0, "unchanged": 0, "refused": 0}
    assert not Statement.objects.exists()
    exchange.accept(actors["BRA"], first, source="projects.xlsx")
    second = exchange.plan_excel(actors["BRA"], out.getvalue())
    assert second.plan.counts() == {"added": 0, "changed": 0, "unchanged": 2, "refused": 0}
    again = exchange.plan_excel(actors["BRA"], exported(actors["BRA"], "ar"))
    assert again.plan.counts()["unchanged"] == 2


def test_a_problem_is_refused_with_its_place_and_the_rest_is_planned(actors, content):
    """A bad activity disappears without a word, or takes the good one with it."""
    bad = Content(titles={"en": "Roads"}, partners=("MOZ",), targets=("99.9",))
    out = io.BytesIO()
    write([Entry("1", content), Entry("2", bad)], out, "en", codebook())
    planned = exchange.plan_excel(actors["BRA"], out.getvalue(), lang="es")
    assert planned.plan.counts() == {"added": 1, "changed": 0, "unchanged": 0, "refused": 1}
    (found,) = planned.findings
    assert (found.name, found.value, found.column) == ("2", "99.9", "SDG target")
    assert "no es ni código ni nombre" in found.message


def test_a_number_that_another_file_used_is_told(actors, content):
    """A second file numbered from 1 as well overwrites what the first one brought, unseen."""
    actor = actors["BRA"]

    def taken_in(**said):
        out = io.BytesIO()
        write([Entry("1", content.model_copy(update=said))], out, "en", codebook())
        planned = exchange.plan_excel(actor, out.getvalue())
        exchange.accept(actor, planned, source="projects.xlsx")
        return [(found.name, found.refuses, found.message) for found in planned.findings]

    assert taken_in(titles={"en": "Training in rice milling"}) == []
    assert taken_in(titles={"en": "Rice milling, second phase"}, status="closed") == []
    ((name, refuses, message),) = taken_in(titles={"en": "Vaccines for the north"})
    assert (name, refuses) == ("1", False)
    assert "would become “Vaccines for the north”" in message

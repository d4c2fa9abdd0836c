"""Files in and out of one register: what was written is known again."""

from __future__ import annotations

import io

import pytest

from bandung.errors import RegisterError
from bandung.register import exchange, previews
from bandung.register.actions import importing, statements
from bandung.register.models import Statement

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(actors, content):
    """Two statements of Brazil, one with an identifier of its own and one without."""
    other = {"identifier": "BR-ABC-7", "titles": {"en": "Wells"}}
    statements.create(actors["BRA"], content)
    statements.create(actors["BRA"], content.model_copy(update=other))


def written(actor, kind):
    """A file of all that the member holds."""
    out = io.BytesIO()
    {"iati": exchange.export_iati, "excel": exchange.export_excel}[kind](actor, out, "en")
    return out.getvalue()


def planned(actor, kind, file):
    """What the file would do."""
    plan = {"iati": exchange.plan_iati, "excel": exchange.plan_excel}[kind](actor, file)
    return plan.plan.counts()


@pytest.mark.parametrize("kind", ["iati", "excel"])
def test_an_own_export_changes_nothing(actors, held, kind):
    """What was written is recognised, with an identifier or without, and is the same."""
    counts = planned(actors["BRA"], kind, written(actors["BRA"], kind))
    assert counts == {"added": 0, "changed": 0, "unchanged": 2, "refused": 0}


@pytest.mark.parametrize("kind", ["iati", "excel"])
def test_a_change_since_the_export_is_seen(actors, held, kind):
    """An older file would bring back what has been changed since, and says which."""
    file = written(actors["BRA"], kind)
    first = Statement.objects.get(identifier="")
    new = first.working.said().model_copy(update={"titles": {"en": "New"}})
    statements.save(actors["BRA"], first.pk, new, expected_version=first.version)
    assert planned(actors["BRA"], kind, file)["changed"] == 1


def test_in_another_register_the_files_identifier_is_kept(actors, held):
    """A statement that is known there by its reference only gets the file's identifier here."""
    actor = actors["BRA"]
    file = written(actor, "iati")
    Statement.objects.update(standing=False)
    plan = exchange.plan_iati(actor, file)
    assert plan.plan.counts() == {"added": 2, "changed": 0, "unchanged": 0, "refused": 0}
    importing.accept(actor, plan.plan, source="theirs.xml")
    assert planned(actor, "iati", file) == {
        "added": 0,
        "changed": 0,
        "unchanged": 2,
        "refused": 0,
    }


def test_nothing_to_write_says_what_to_ask_for(actors, held):
    """A file without an activity, or an error that leaves its reader where it was."""
    for which, other in (("published", "shared"), ("shared", "working")):
        with pytest.raises(RegisterError, match=f"BRA has {which} nothing yet.*{other}"):
            exchange.export_iati(actors["BRA"], io.BytesIO(), which=which)
    with pytest.raises(RegisterError, match="MOZ has no statement yet"):
        exchange.export_iati(actors["MOZ"], io.BytesIO())


def test_a_file_accepted_twice_at_once_is_taken_in_once(actors, content, monkeypatch):
    """The second of two who accept one preview is told that it did what the first has done."""
    statements.create(actors["BRA"], content)
    file = written(actors["BRA"], "excel")
    preview = previews.keep_preview(actors["BRA"], "a.xlsx", file, "en")
    plan = previews.plan_of

    def meanwhile(actor, kept):
        monkeypatch.setattr(previews, "plan_of", plan)
        made = plan(actor, kept)
        previews.accept_preview(actor, kept.pk)
        return made

    monkeypatch.setattr(previews, "plan_of", meanwhile)
    with pytest.raises(RegisterError, match=r"a.xlsx was taken in already"):
        previews.accept_preview(actors["BRA"], preview.pk)

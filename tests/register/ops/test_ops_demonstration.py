"""Demonstration data never mix with real ones, and always say what they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bandung.errors import RegisterError
from bandung.register import demo
from bandung.register.models import Person
from bandung.register.ops import demonstration, opening


def test_a_folder_with_data_is_not_filled(new_place, tmp_path):
    """Made-up activities get into a register with real ones, or real ones are marked as made up."""
    with new_place("sqlite", filled=True).opened():
        people = Person.objects.count()
        with pytest.raises(RegisterError, match="holds data that are no demonstration"):
            demonstration.fill(tmp_path)
        assert Person.objects.count() == people
    assert not demonstration.is_marked(tmp_path)


def test_an_empty_folder_is_filled_once_and_marked(new_place, tmp_path, monkeypatch):
    """The data are loaded again at every start, the folder is not marked, or nobody can sign in."""
    whole = demo.build()
    agency = whole.agencies[0]
    small = replace(
        whole,
        agencies=(agency,),
        people=tuple(person for person in whole.people if person.agency in {"", agency.key}),
        activities=(),
    )
    monkeypatch.setattr(demo, "build", lambda: small)
    with new_place("sqlite").opened():
        opening.prepare()
        demonstration.fill(tmp_path)
        demonstration.fill(tmp_path)
        assert demonstration.is_marked(tmp_path)
        assert Person.objects.count() == len(small.people)
        shown = demonstration.people()
        person = Person.objects.get(email=shown[0][0])
        assert person.check_password(demonstration.PASSWORD)
        assert shown[-1][1:] == ("administrator", "")

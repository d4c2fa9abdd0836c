"""The catalogues of the register's pages are complete and keep every named value."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from bandung.codes.tables import LANGUAGES

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

SCRIPT = Path(__file__).parents[2] / "scripts" / "register_messages.py"
TRANSLATED = [lang for lang in LANGUAGES if lang != "en"]
NAMED = re.compile(r"%\((\w+)\)s")
ANY_VALUE = re.compile(r"%(?:\(\w+\)s|%)")
UNBOUND = re.compile(r"[ \w][:;?!»](?=\s|$)|«[^\N{NO-BREAK SPACE}]")


def script():
    """Load the script that takes messages up, which is no package."""
    spec = importlib.util.spec_from_file_location("register_messages", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def extracted() -> Catalog:
    return script().extracted()


@pytest.fixture(scope="module", params=TRANSLATED)
def catalogue(request) -> Catalog:
    file = script().LOCALE / request.param / "django.po"
    with file.open("rb") as handle:
        return read_po(handle, locale=request.param)


def keys(catalog: Catalog) -> set:
    return {(message.context, message.id) for message in catalog if message.id}


def sources(message: Message) -> tuple[str, ...]:
    return message.id if message.pluralizable else (message.id,)


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if message.pluralizable else (message.string,)


def names(text: str) -> set[str]:
    return set(NAMED.findall(text))


def test_every_message_is_translated_and_none_is_left_over(extracted, catalogue):
    """A missing message would stand in English on the page; a stale one is never seen.

    `python scripts/register_messages.py` takes new messages up; their translations are to be
    written into each language's `django.po`.
    """
    assert keys(extracted) - keys(catalogue) == set()
    assert keys(catalogue) - keys(extracted) == set()
    for message in catalogue:
        if message.id:
            assert all(form.strip() for form in forms(message)), message.id
            assert not message.fuzzy, message.id


def test_every_plural_form_of_the_language_is_there(catalogue):
    """A form that is missing would show the English sentence for some numbers only."""
    for message in catalogue:
        if message.id and message.pluralizable:
            assert len(forms(message)) == catalogue.num_plurals, message.id


def test_no_named_value_is_lost_or_invented(catalogue):
    """A lost value is a lost fact; an invented one breaks the page.

    Forms for one number, as of zero, one, or two, may write the number out.
    """
    for message in catalogue:
        if not message.id:
            continue
        wanted = set().union(*map(names, sources(message)))
        for form in forms(message):
            assert names(form) <= wanted, form
            assert len(wanted - names(form)) <= int(message.pluralizable), form
        assert names(forms(message)[-1]) == wanted, message.id


def test_a_per_cent_sign_stays_one(catalogue):
    """A single per cent sign in a message with named values fails when the page is made."""
    for message in catalogue:
        if message.id and any(map(names, sources(message))):
            for form in forms(message):
                assert "%" not in ANY_VALUE.sub("", form), form


def test_no_space_is_added_or_lost_at_the_ends(catalogue):
    """Sentences are put side by side by the pages; a lost space would glue them."""
    for message in catalogue:
        if message.id:
            for form in forms(message):
                assert (form[0].isspace(), form[-1].isspace()) == (
                    sources(message)[0][0].isspace(),
                    sources(message)[0][-1].isspace(),
                ), message.id


def test_french_signs_are_bound_to_their_words():
    """A line of French must not begin with a colon, nor end with an opening quotation mark."""
    with (script().LOCALE / "fr" / "django.po").open("rb") as handle:
        for message in read_po(handle, locale="fr"):
            if message.id:
                for form in forms(message):
                    assert not UNBOUND.search(form), form


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ('{% translate "A new sentence." %}', "A new sentence."),
        (
            "{% blocktranslate count n=n %}One{% plural %}{{ n }}{% endblocktranslate %}",
            ("One", "%(n)s"),
        ),
    ],
    ids=["single", "plural"],
)
def test_a_new_message_of_a_template_is_missed(source, wanted, tmp_path, monkeypatch, catalogue):
    """Were templates not read, their new messages would never be asked for."""
    room = tmp_path / "register" / "templates"
    room.mkdir(parents=True)
    (room / "new.html").write_text("{% load i18n %}" + source, encoding="utf-8")
    module = script()
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    assert keys(module.extracted()) - keys(catalogue) == {(None, wanted)}

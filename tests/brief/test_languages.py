"""Catalogues are complete and keep every placeholder; numbers follow each language."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import bandung.brief
from bandung.brief.languages import language
from bandung.codes.tables import LANGUAGES

HOME = Path(bandung.brief.__file__).parent
KEYWORDS = {"say": None, "say_n": (1, 2)}
TRANSLATED = [lang for lang in LANGUAGES if lang != "en"]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.fixture(scope="module")
def messages() -> set:
    """Every message in the code, plurals as pairs."""
    found = set()
    for _, _, message, _, _ in extract_from_dir(
        HOME, keywords=KEYWORDS, method_map=[("**.py", "python")]
    ):
        if message:
            found.add(message if isinstance(message, str) else tuple(message))
    return found


def catalogue(lang: str):
    with (HOME / "locale" / lang / "brief.po").open("rb") as handle:
        return read_po(handle, locale=lang)


@pytest.mark.parametrize("lang", TRANSLATED)
def test_every_message_is_translated_and_none_is_left_over(messages, lang):
    """A missing message would stand in English on the page; a stale one is never seen."""
    known = {message.id: message for message in catalogue(lang) if message.id}
    assert messages - set(known) == set()
    assert set(known) - messages == set()
    for message in known.values():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(forms), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize("lang", TRANSLATED)
def test_no_placeholder_is_lost_or_invented(lang):
    """A lost value is a lost fact; an invented one breaks the page."""
    for message in catalogue(lang):
        if not message.id:
            continue
        single = isinstance(message.id, str)
        wanted = placeholders(message.id if single else message.id[1])
        for form in (message.string,) if single else message.string:
            assert placeholders(form) | {"count"} == wanted | {"count"}, message.id
            if single:
                assert placeholders(form) == wanted, message.id


@pytest.mark.parametrize("lang", TRANSLATED)
def test_plural_forms_are_those_of_the_language(lang):
    """Arabic has six, French and Portuguese count zero as one."""
    forms = {"ar": 6, "fr": 2, "es": 2, "pt": 2}[lang]
    for message in catalogue(lang):
        if message.id and not isinstance(message.id, str):
            assert len(message.string) == forms, message.id


@pytest.mark.parametrize("lang", TRANSLATED)
def test_translations_are_not_the_english_text(lang):
    """A sentence copied instead of translated would pass the other tests."""
    for message in catalogue(lang):
        if isinstance(message.id, str) and len(message.id.split()) > 3:
            assert message.string != message.id


@pytest.mark.parametrize(
    ("lang", "number", "percent"),
    [
        ("en", "12,345.6", "7.5%"),
        ("fr", "12 345,6", "7,5 %"),
        ("es", "12.345,6", "7,5 %"),
        ("pt", "12.345,6", "7,5%"),
        ("ar", "١٢٬٣٤٥٫٦", "٧٫٥٪"),
    ],
)
def test_numbers_are_written_as_in_the_language(lang, number, percent):
    """Separators, digits and the place of the percent sign by CLDR."""
    plain = lambda text: re.sub("[\u00a0\u202f\u061c\u200e\u200f]", " ", text).strip()  # noqa: E731
    assert plain(language(lang).number(12345.6, 1)) == number
    assert plain(language(lang).percent(0.075)) == percent


def test_arabic_plurals_agree():
    """Three to ten take another noun than eleven."""
    tongue = language("ar")
    assert tongue.money(5) != tongue.money(11).replace("١١", "٥")


def test_lists_are_in_the_alphabet_of_the_language():
    """Names sort by the reader's spelling, accents aside."""
    assert language("fr").alphabetical(["ZAF", "EGY", "DZA"]) == ["ZAF", "DZA", "EGY"]
    assert language("en").alphabetical(["ZAF", "EGY", "DZA"]) == ["DZA", "EGY", "ZAF"]


@pytest.mark.parametrize(
    ("lang", "text", "written"),
    [
        ("en", "1964-06-15", "Jun 15, 1964"),
        ("fr", "1964-06", "juin 1964"),
        ("pt", "1964", "1964"),
        ("ar", "1964", "١٩٦٤"),
        ("es", "1964-06-15", "15 jun 1964"),
    ],
)
def test_dates_keep_the_precision_their_source_has(lang, text, written):
    """A year must not become its first of January."""
    assert language(lang).reduced_date(text) == written

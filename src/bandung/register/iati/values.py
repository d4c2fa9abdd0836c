"""Single values of real files: texts, dates, numbers, languages; what was mended is noted."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from bandung.register.content import MAX_NAME, MAX_TEXT
from bandung.register.iati.own import BLANK
from bandung.register.iati.parsing import SPACE, Element, line_of
from bandung.register.translation import gettext as _

LANG = f"{SPACE}lang"
PLACES = Decimal("0.000001")
LARGEST = Decimal(10) ** 18
_DATE = re.compile(r"(\d{4})[-/.]?(\d\d)[-/.]?(\d\d)(?:Z|[+-]\d\d:\d\d)?(T.*)?")
_XSD_DATE = re.compile(r"\d{4}-\d\d-\d\d(Z|[+-]\d\d:\d\d)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([ ,\u00a0\u202f]\d{3})+(\.\d+)?")


class UnreadableError(Exception):
    """A value whose meaning is not clear: the activity is refused.

    Parameters
    ----------
    reason
        What is wrong.
    line
        Where.
    """

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(slots=True)
class Notebook:
    """What is remembered while an activity is read.

    Attributes
    ----------
    member : str
        The member that imports.
    language : str
        Of texts that name none, in this activity.
    notes : list of str
        What was mended, each with its line.
    left_out : Counter
        What an account has no place for, by kind.
    """

    member: str
    language: str
    notes: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def note(self, element: Element, text: str) -> None:
        """Remember that something was mended."""
        told = {"line": line_of(element), "problem": text}
        self.notes.append(_("line %(line)s: %(problem)s") % told)


def language_of(element: Element, fallback: str) -> str:
    """Return the language an element's text is in: its own, or that of what it stands in."""
    for holder in (element, *element.iterancestors()):
        code = plain_language(holder.get(LANG, ""))
        if code:
            return code
    return fallback


def plain_language(code: str) -> str:
    """Return the two or three letters of a language tag, "" if it has none.

    Examples
    --------
    >>> plain_language("pt-BR"), plain_language("FR"), plain_language("x"), plain_language("")
    ('pt', 'fr', '', '')
    """
    first = re.split(r"[-_]", code.strip().lower())[0]
    return first if 2 <= len(first) <= 3 and first.isascii() and first.isalpha() else ""


def texts(element: Element | None, book: Notebook, most: int) -> dict[str, str]:
    """Return the narratives of an element by language; several of one become paragraphs."""
    if element is None:
        return {}
    found: dict[str, list[str]] = {}
    for narrative in element.iterfind("narrative"):
        text = (narrative.text or "").strip()
        if text or narrative.get(BLANK):
            found.setdefault(language_of(narrative, book.language), []).append(text)
    if not found and (element.text or "").strip():
        found[language_of(element, book.language)] = [(element.text or "").strip()]
        book.note(
            element,
            _("<%(element)s> has its text outside of <narrative>; it was taken")
            % {"element": element.tag},
        )
    joined = {language: "\n\n".join(dict.fromkeys(parts)) for language, parts in found.items()}
    return {language: fitting(text, element, book, most) for language, text in joined.items()}


def fitting(text: str, element: Element, book: Notebook, most: int = MAX_NAME) -> str:
    """Return a text that is no longer than the register keeps."""
    text = text.strip()
    if len(text) <= most:
        return text
    book.note(
        element,
        _("a text of %(count)s characters was cut to %(most)s")
        % {"count": f"{len(text):,}", "most": f"{most:,}"},
    )
    book.left_out["end of a long text"] += 1
    return text[: most - 1].rstrip() + "…"


def one_text(element: Element | None, book: Notebook, most: int = MAX_NAME) -> str:
    """Return an element's text in the activity's language, else in the first one it has."""
    found = texts(element, book, most)
    if not found:
        return ""
    if len(found) > 1:
        book.left_out["name in a further language"] += len(found) - 1
    return found.get(book.language) or next(iter(found.values()))


def paragraphs(elements: list[Element], book: Notebook) -> dict[str, str]:
    """Return the texts of several elements by language, one after another."""
    found: dict[str, list[str]] = {}
    for element in elements:
        for language, text in texts(element, book, MAX_TEXT).items():
            found.setdefault(language, []).append(text)
    return {
        language: fitting("\n\n".join(dict.fromkeys(parts)), elements[0], book, MAX_TEXT)
        for language, parts in found.items()
    }


def date(element: Element | None, book: Notebook, attribute: str = "iso-date") -> dt.date | None:
    """Return the date that an attribute holds, None if it is not there.

    Raises
    ------
    UnreadableError
        It is there and is no date.
    """
    text = (element.get(attribute) or "").strip() if element is not None else ""
    if element is None or not text:
        return None
    found = _DATE.fullmatch(text)
    try:
        day = dt.date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        day = None
    if day is None:
        raise UnreadableError(
            _("<%(element)s> has the date '%(date)s', which is none: write it as 2024-12-31")
            % {"element": element.tag, "date": text},
            line_of(element),
        )
    if not _XSD_DATE.fullmatch(text):
        book.note(
            element, _("the date '%(date)s' was read as %(day)s") % {"date": text, "day": day}
        )
    return day


def number(text: str | None) -> Decimal | None:
    """Return a number as the register keeps it, or None if the text is none.

    Thousands may be set apart by spaces or commas where a point or nothing follows them.

    Examples
    --------
    >>> number("1,234,567.50"), number("84152.1568333"), number("12,5"), number("n/a")
    (Decimal('1234567.50'), Decimal('84152.156833'), None, None)
    """
    plain = (text or "").strip()
    if _THOUSANDS.fullmatch(plain):
        plain = re.sub(r"[ ,\u00a0\u202f]", "", plain)
    if len(plain) > 40 or "_" in plain:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return None
    if not found.is_finite() or abs(found) >= LARGEST:
        return None
    exponent = found.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6:
        return found.quantize(PLACES, rounding=ROUND_HALF_EVEN)
    return found

"""An agreement made ready for the table: each party's schedule, and the text in five languages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bandung.brief.languages import SOURCE_LANGUAGE, language
from bandung.brief.schedules.agreement_text import to_html
from bandung.brief.schedules.concessions import Schedules, Summary, schedules_of, to_csv
from bandung.brief.schedules.files import write_all
from bandung.brief.schedules.phrases import named
from bandung.brief.schedules.workbook import to_xlsx
from bandung.codes.tables import LANGUAGES
from bandung.errors import CodeUnknownError

if TYPE_CHECKING:
    from bandung.agree.certificate import Certificate
    from bandung.world.model import World

__all__ = ["Schedules", "Summary", "schedules_of", "write_schedules"]


def write_schedules(
    world: World,
    certificate: Certificate,
    out: str | Path,
    *,
    lang: str | None = None,
    replace: bool = False,
) -> tuple[Path, ...]:
    """Write an agreement's text and every party's schedule into a folder, all or nothing.

    ``agreement.LANG.html`` is the text, ``CODE.xlsx`` and ``CODE.csv`` are a party's schedule,
    ``all.csv`` has every tariff that falls.

    Parameters
    ----------
    world
        The world that the certificate was made for.
    certificate
        As :meth:`bandung.agree.certificate.Certificate.read` gives it.
    out
        Folder; made when missing.
    lang
        One of en, fr, es, pt, ar: the text in this language alone, and the tables in it. Without
        it: the text in all five, and the tables in English.
    replace
        Whether files that are there already may be replaced.

    Returns
    -------
    tuple of Path
        What was written, texts first.

    Raises
    ------
    InputError
        For a certificate of another world or one that contradicts itself, and for files that are
        there already; nothing is written.
    StoreError
        When the folder cannot be written; what was there is as it was.
    """
    if lang is not None and lang not in LANGUAGES:
        raise CodeUnknownError("language", lang, LANGUAGES)
    found = schedules_of(world, certificate)
    tongue = language(lang or SOURCE_LANGUAGE)
    contents = {
        f"agreement.{code}.html": to_html(found, language(code)).encode()
        for code in ((lang,) if lang else LANGUAGES)
    }
    contents["all.csv"] = to_csv(named(found.lines, tongue.code)).encode()
    for member in found.members:
        contents[f"{member}.csv"] = to_csv(named(found.of_member(member), tongue.code)).encode()
        contents[f"{member}.xlsx"] = to_xlsx(found, member, tongue)
    return write_all(Path(out), contents, replace=replace)

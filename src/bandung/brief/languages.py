"""The five languages of the page: messages (gettext) and numbers, dates and names (CLDR).

Messages are whole sentences with named values; catalogues are ``locale/<lang>/brief.po`` and
are compiled in memory, so that nothing has to be built.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from babel import Locale, dates, lists
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from bandung.brief.figure import NumberStyle
from bandung.codes import countries, sectors
from bandung.codes.tables import parse_date

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

BILLION_FROM_MUSD = 10_000
SOURCE_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """Everything that is written differently in another language."""

    code: str
    locale: Locale
    style: NumberStyle
    translations: NullTranslations

    @property
    def rtl(self) -> bool:
        """Whether the page reads from right to left."""
        return self.style.rtl

    @property
    def percent_sign(self) -> str:
        """The sign for percent."""
        return self.style.percent_sign

    def say(self, message: str, **values: str) -> str:
        """Return a message in this language with its named values filled in."""
        return str(self.translations.gettext(message)).format(**values)

    def say_n(self, singular: str, plural: str, count: int, **values: str) -> str:
        """Return a message whose words depend on a count; `{count}` is filled in too."""
        text = str(self.translations.ngettext(singular, plural, count))
        return text.format(count=self.number(count), **values)

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with so many decimals."""
        return self.style.number(value, digits)

    def percent(self, share: float, digits: int = 1) -> str:
        """Write a share as percent with so many decimals."""
        return self.style.percent(share, digits)

    def money(self, musd: float) -> str:
        """Write an amount of million USD in words that suit its size."""
        if musd >= BILLION_FROM_MUSD:
            amount = round(musd / 1000)
            return self.say_n("{count} billion US dollars", "{count} billion US dollars", amount)
        return self.say_n("{count} million US dollars", "{count} million US dollars", round(musd))

    def people(self, count: float) -> str:
        """Write a number of people, in millions."""
        return self.say_n("{count} million people", "{count} million people", round(count / 1e6))

    def date(self, day: dt.date) -> str:
        """Write a date in full."""
        return self.style.digits(dates.format_date(day, format="long", locale=self.locale))

    def reduced_date(self, text: str) -> str:
        """Write an ISO 8601 date as precisely as it is given: a day, a month or a year."""
        day = parse_date(text)
        if len(text) == len("YYYY"):
            return self.style.year(day.year)
        if len(text) == len("YYYY-MM"):
            return self.style.digits(dates.format_skeleton("yMMM", day, locale=self.locale))
        return self.style.digits(dates.format_date(day, format="medium", locale=self.locale))

    def names(self, codes: Sequence[str]) -> str:
        """Write names of countries as a list, in the order of this language's alphabet."""
        return self.join([self.country(code) for code in self.alphabetical(codes)])

    def join(self, items: Sequence[str]) -> str:
        """Write a list as this language does."""
        return lists.format_list(items, locale=self.locale)

    def alphabetical(self, codes: Sequence[str]) -> list[str]:
        """Order codes by their names in this language, accents aside."""
        return sorted(codes, key=lambda code: countries.folded(self.country(code)))

    def country(self, code: str) -> str:
        """Name a member of a world."""
        return countries.name(code, self.code)

    def sector(self, code: str) -> str:
        """Name a sector."""
        return sectors.name(code, self.code)


@cache
def language(code: str) -> Language:
    """Return one of the five languages."""
    return Language(
        code=code,
        locale=Locale(code),
        style=NumberStyle.of(code),
        translations=_translations(code),
    )


def _translations(code: str) -> NullTranslations:
    if code == SOURCE_LANGUAGE:
        return NullTranslations()
    source = files("bandung.brief") / "locale" / code / "brief.po"
    compiled = io.BytesIO()
    with source.open("rb") as handle:
        write_mo(compiled, read_po(handle, locale=code))
    compiled.seek(0)
    return Translations(compiled)

"""Messages of what also runs without the register's pages: files read by a command."""

from __future__ import annotations

from django.apps import apps
from django.utils import translation


def gettext(message: str) -> str:
    """Return a message in the language of the page, or as it is where no register is set up.

    Examples
    --------
    >>> gettext("the file is empty")
    'the file is empty'
    """
    return translation.gettext(message) if apps.ready else message


def ngettext(one: str, many: str, number: int) -> str:
    """Return the form of a message that a number asks for, as `gettext` does."""
    if apps.ready:
        return translation.ngettext(one, many, number)
    return one if number == 1 else many

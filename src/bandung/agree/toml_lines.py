"""On which line each key and table of a TOML text stands, which `tomllib` does not say.

Reference: TOML 1.0.0, https://toml.io.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left

KeyPath = tuple[str | int, ...]


def lines_of(text: str) -> dict[KeyPath, int]:
    r"""Return the line of each key and table in a text that `tomllib` has accepted.

    Examples
    --------
    >>> lines_of('a = 1\n[[b]]\nc = 2')[("b", 0, "c")]
    3
    """
    return _Locator(text).lines


class _Locator:
    """Lines of the keys and tables in a text that tomllib has accepted.

    `lines` maps each path, as in ``("change", 0, "origin")``, to the line where it is first named.
    """

    _BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
    _BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
    _BARE_VALUE = re.compile(r"[^,\]}#\n]*")
    _STRING = re.compile(
        r'"""(?:\\.|[^\\])*?"{3,5}(?!")'
        r"|'''.*?'{3,5}(?!')"
        r'|"(?:\\.|[^"\\])*"'
        r"|'[^']*'",
        re.DOTALL,
    )

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._last: dict[KeyPath, int] = {}
        table: KeyPath = ()
        while self._peek():
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        array = self._text.startswith("[[", self._at)
        start = self._at
        self._at += 1 + array
        path: KeyPath = ()
        for part in self._key():
            path = (*self._within(path), part)
            self._note(path, start)
        self._at += 1 + array
        if array:
            self._last[path] = self._last.get(path, -1) + 1
            path = self._within(path)
            self._note(path, start)
        return path

    def _within(self, path: KeyPath) -> KeyPath:
        """Return the path of a table, or of the last one so far in an array of tables."""
        return (*path, self._last[path]) if path in self._last else path

    def _pair(self, table: KeyPath) -> None:
        start = self._skip()
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, start)
        self._at += 1
        self._value(path)

    def _key(self) -> list[str]:
        parts = []
        while True:
            quoted = self._peek() in {'"', "'"}
            part = self._take(self._STRING if quoted else self._BARE_KEY)
            parts.append(tomllib.loads(f"k = {part}")["k"] if quoted else part)
            if self._peek() != ".":
                return parts
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        opening = self._peek()
        closing = {"[": "]", "{": "}"}.get(opening)
        if closing is None:
            self._take(self._STRING if opening in {'"', "'"} else self._BARE_VALUE)
            return
        self._at += 1
        number = 0
        while self._peek() not in {closing, ""}:
            if self._peek() == ",":
                self._at += 1
            elif opening == "[":
                self._note((*path, number), self._at)
                self._value((*path, number))
                number += 1
            else:
                self._pair(path)
        self._at += 1

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        taken = found[0] if found else ""
        self._at += len(taken)
        return taken

    def _skip(self) -> int:
        """Go past blanks and comments; return where that leads."""
        self._take(self._BLANK)
        return self._at

    def _peek(self) -> str:
        """Return the next letter that is neither blank nor comment; "" at the end."""
        self._skip()
        return self._text[self._at : self._at + 1]

    def _note(self, path: KeyPath, at: int) -> None:
        self.lines.setdefault(path, bisect_left(self._ends, at) + 1)

"""Reading a JSON file field by field: every mistake is refused with its place and a remedy.

Reference: RFC 8259. Beyond it, a key may stand once only in an object, numbers are finite, and
text is Unicode without lone surrogates.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bandung.errors import CodeUnknownError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHOWN = 60
"""Characters of a wrong value that a message repeats."""


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """What the parser's hooks found."""


@dataclass(frozen=True, slots=True)
class Field:
    """A value in a JSON file, and where it stands.

    Attributes
    ----------
    file : str
    path : str
        As in ``claims.members.AGO``; empty for the whole file.
    value : object
        As the parser gave it.
    """

    file: str
    path: str
    value: object

    def refuse(self, problem: str) -> NoReturn:
        """Raise `SourceError` with the file, the field and what is wrong."""
        raise SourceError(f"{self.file}: {self.path or 'the file'} {problem}")

    def fields(self, names: Sequence[str]) -> dict[str, Field]:
        """Return an object that must have exactly these keys."""
        found = self.entries()
        for name in names:
            if name not in found:
                self._child(name).refuse("is missing; a certificate has it always")
        for name, inner in found.items():
            if name not in names:
                hint = str(CodeUnknownError("field", name, names))
                inner.refuse(f"cannot be: {hint} Take it out, or correct its name")
        return found

    def entries(self) -> dict[str, Field]:
        """Return an object whose keys are free."""
        if not isinstance(self.value, dict):
            self._wrong("an object, as in {…}")
        return {name: self._child(name, inner) for name, inner in self.value.items()}

    def items(self) -> list[Field]:
        """Return a list."""
        if not isinstance(self.value, list):
            self._wrong("a list, as in […]")
        return [
            Field(self.file, f"{self.path}[{position}]", inner)
            for position, inner in enumerate(self.value)
        ]

    def text(self, least: int = 1) -> str:
        """Return a text of at least so many characters."""
        if not isinstance(self.value, str) or len(self.value.strip()) < least:
            self._wrong('a text between quotation marks, as in "AGO"')
        return self.value

    def word(self, known: Iterable[str]) -> str:
        """Return one of these words."""
        given, words = self.text(), list(known)
        if given not in words:
            hint = str(CodeUnknownError("word", given, words))
            self.refuse(f"is {_shown(given)}: {hint} One of {', '.join(words)}")
        return given

    def number(self) -> float:
        """Return a number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            self._wrong("a number, as in 12.5")
        try:
            return float(self.value)
        except OverflowError:
            self._wrong("a number that a computer can hold")

    def whole(self, least: int, most: int | None = None) -> int:
        """Return a whole number between two bounds; 5.0 is one too."""
        number = self.value if isinstance(self.value, int) else self.number()
        if isinstance(self.value, bool) or number != int(number):
            self._wrong("a whole number, as in 5")
        if number < least or (most is not None and number > most):
            self._wrong(f"at least {least}" + ("" if most is None else f" and at most {most}"))
        return int(number)

    def null(self) -> bool:
        """Tell whether there is nothing here."""
        return self.value is None

    def _child(self, name: str, value: object = None) -> Field:
        return Field(self.file, f"{self.path}.{name}" if self.path else name, value)

    def _wrong(self, wanted: str) -> NoReturn:
        self.refuse(f"is {_shown(self.value)}; it must be {wanted}")


def load(path: str | Path) -> Field:
    """Read a JSON file.

    Raises
    ------
    SourceError
        For a file that cannot be read or is not JSON, a key that stands twice, or a number that
        is none.
    """
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{source} is not JSON: byte {error.start} is not UTF-8; name a certificate that "
            "bandung wrote"
        ) from error
    except OSError as error:
        raise SourceError(f"{source} cannot be read: {error.strerror or error}") from error
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()
    except _Refused as error:
        raise SourceError(f"{source}: {error}") from None
    except UnicodeEncodeError as error:
        raise SourceError(
            f"{source}: a text holds half a character (a lone surrogate); write it again in UTF-8"
        ) from error
    except RecursionError as error:
        raise SourceError(f"{source} is not a certificate: it is nested without end") from error
    except json.JSONDecodeError as error:
        raise SourceError(
            f"{source}:{error.lineno}: not JSON: {error.msg} (column {error.colno}); name a "
            "certificate that bandung wrote, whole"
        ) from error
    except ValueError as error:
        raise SourceError(f"{source} is not JSON: {error}") from error
    return Field(str(source), "", value)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(f"{twice} stands twice in one object; take one of them out")
    return found


def _no(word: str) -> NoReturn:
    raise _Refused(f"{word} is no number; every figure of a certificate is known and finite")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _no(text)
    return number


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"

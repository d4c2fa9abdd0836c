"""What reading a workbook finds: rows, problems, and where each came from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bandung.register.excel import words
from bandung.register.excel.cells import shown

if TYPE_CHECKING:
    from bandung.register.content import Content
    from bandung.register.excel.codebook import Codebook
    from bandung.register.excel.layout import Sheet


@dataclass(frozen=True, slots=True)
class Row:
    """An activity that a file states.

    Attributes
    ----------
    reference
        What stands in the first column: the register's reference, or a number of the writer's own.
    identifier
        The IATI identifier, empty if there is none.
    sheet, row
        Where the activity's own row stands, as Excel counts.
    """

    reference: str
    identifier: str
    sheet: str
    row: int
    content: Content


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that cannot be taken up.

    Attributes
    ----------
    sheet, row, column
        Where: the sheet's name, Excel's number of the row (0 for the whole sheet), the heading.
    rule
        The rule it breaks, the same in every language.
    message
        What is wrong and how to mend it, in the reader's language.
    value
        What stands there.
    reference
        The activity that is refused for it; empty where no activity is.
    """

    sheet: str
    row: int
    column: str
    rule: str
    message: str
    value: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says.

    Attributes
    ----------
    rows
        The activities without a problem on any sheet.
    problems
        Every problem, in the order of the file.
    refused
        References of the activities that have one. A heading that cannot be told refuses all.
    absent
        Fields of the content that the file has no sheet for: it says nothing of them.
    examples
        How many rows were marked as examples and left aside.
    """

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    refused: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    examples: int = 0


@dataclass(slots=True)
class Told:
    """One row of a sheet: its values by field, None where a cell could not be read."""

    sheet: Sheet
    title: str
    number: int
    reference: str
    values: dict[str, object]
    headings: dict[str, str]

    @property
    def unread(self) -> set[str]:
        """The fields whose cells could not be read."""
        return {name for name, said in self.values.items() if said is None}


@dataclass(slots=True)
class Findings:
    """What is gathered while a file is read; `blocked` once no row of it can be trusted."""

    lang: str
    codes: Codebook
    told: dict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    problems: list[Problem] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    absent: tuple[str, ...] = ()
    blocked: bool = False
    examples: int = 0

    def report(
        self, told: Told, name: str, rule: str, *, heading: str = "", **values: object
    ) -> None:
        """Add a problem of a row, in the column of a field."""
        column = heading or told.headings.get(name) or name
        self.problems.append(self._problem(told.title, told.number, column, rule, values, told))
        if told.reference:
            self.refused.add(told.reference)

    def report_sheet(
        self, sheet: str, rule: str, *, row: int = 0, column: str = "", **values: object
    ) -> None:
        """Add a problem of a whole sheet or of a heading."""
        self.problems.append(self._problem(sheet, row, column, rule, values))

    def _problem(
        self,
        sheet: str,
        row: int,
        column: str,
        rule: str,
        values: dict[str, object],
        told: Told | None = None,
    ) -> Problem:
        said = {name: shown(value) for name, value in values.items()}
        value = said.get("value", "")
        named = {**said, "value": f"“{value}”", "column": f"“{column}”"}
        message = words.excel().say(self.lang, f"rule.{rule}", **named)
        return Problem(sheet, row, column, rule, message, value, told.reference if told else "")

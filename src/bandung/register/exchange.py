"""Files in and out: from what a file says to a plan, and from the record to a file.

The pages, the API and the commands call these. A file is read by `bandung.register.excel` or
`bandung.register.iati`, which know nothing of the database; here its accounts become a plan of
`bandung.register.actions.importing`. Planning changes nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.codes import countries
from bandung.codes.countries import folded
from bandung.errors import NotAllowedError, RegisterError, SourceError
from bandung.register import codelists
from bandung.register.actions import importing, statements
from bandung.register.actions.importing import Change, Item, Plan, Refused
from bandung.register.content import in_language
from bandung.register.models import Person, Revision, Statement
from bandung.register.selection import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO

    from bandung.register.actor import Actor
    from bandung.register.content import Content
    from bandung.register.iati.mapping import Terms
    from bandung.register.iati.writing import Reporter, Written
    from bandung.register.models import Agency
    from bandung.register.returns.finance import Account, FinanceTable
    from bandung.register.returns.rates import Rates
    from bandung.register.returns.sdg import Return

Source = bytes | str | Path
Which = Literal["working", "shared", "published"]
Kind = Literal["excel", "iati"]
Form = Literal["xlsx", "csv"]
REFERENCE_AT_END = re.compile(rf"{REFERENCE.pattern}$")
BATCH = 500
LEAST_OF_A_WORD = 4
"""Shorter words say nothing of whether two titles are of the same activity."""
ZIP_MAGIC = b"PK\x03\x04"
MOST_BYTES = 20 * 2**20
"""Of a file that is handed in on the pages; commands read what the readers themselves allow."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a file that its sender should look at.

    Attributes
    ----------
    where
        As in ``"Contributions, row 12"`` or ``"line 340"``.
    name
        The activity as the file calls it; empty where it concerns none.
    column, value
        The heading and what stands under it; empty where there is no cell.
    message
        What is wrong and how to mend it.
    refuses
        Whether the activity, or the row, is not taken in; else it was mended on the way.
    """

    where: str
    name: str
    message: str
    column: str = ""
    value: str = ""
    refuses: bool = True


@dataclass(frozen=True, slots=True)
class FilePlan:
    """What a file would do, and everything found in it.

    Attributes
    ----------
    left_out
        By kind, how often the file says something that an account has no place for.
    """

    plan: Plan
    findings: tuple[Finding, ...]
    left_out: dict[str, int]

    def fingerprint(self) -> str:
        """Return a digest of the effects: another one when the record changed in between."""
        effects = {
            "added": [[item.name, item.content.digest()] for item in self.plan.added],
            "changed": [
                [str(change.statement.pk), change.statement.version, change.item.content.digest()]
                for change in self.plan.changed
            ],
            "unchanged": [item.name for item in self.plan.unchanged],
            "refused": [[item.where, item.name] for item in self.plan.refused],
        }
        return hashlib.sha256(json.dumps(effects).encode()).hexdigest()


def plan_iati(actor: Actor, source: Source, *, language: str = "en") -> FilePlan:
    """Return what a file of IATI activities would do to the member's statements.

    Parameters
    ----------
    language
        Of texts for which the file states none.

    Raises
    ------
    SourceError
        When the file is none, or not safe to read.
    NotAllowedError
        When the actor is no editor of a member.
    """
    from bandung.register.iati import reading  # noqa: PLC0415 - lxml is loaded when it is needed

    actor.require(Person.Role.EDITOR, _("Importing"))
    read = reading.read(source, actor.member, language=language)
    own = set(
        Statement.objects.filter(member=actor.member, standing=True).values_list(
            "reference", flat=True
        )
    )
    items = [
        _known_again(f"line {found.line}", found.identifier, found.content, own)
        for found in read.activities
    ]
    refused = [
        Refused(f"line {found.line}", found.identifier, found.reason) for found in read.refused
    ]
    notes = [
        Finding(f"line {found.line}", found.identifier, note, refuses=False)
        for found in read.activities
        for note in found.notes
    ]
    planned = importing.plan(actor, items, refused)
    return FilePlan(planned, (*_refusals(planned.refused), *notes), dict(read.left_out))


def plan_excel(actor: Actor, source: Source, *, lang: str = "en") -> FilePlan:
    """Return what a workbook would do to the member's statements.

    A row with a number of the writer's own gets the identifier ``MEMBER:number``, by which the
    same file is known again. Where such a number would give a statement a title that shares no
    word with the one it has, the findings say so: two files may be numbered alike.

    Parameters
    ----------
    lang
        The language of the messages.

    Raises
    ------
    SourceError
        When the file is no workbook, or not safe to open.
    NotAllowedError
        When the actor is no editor of a member.
    """
    from bandung.register.excel import reading  # noqa: PLC0415 - openpyxl too
    from bandung.register.excel.registered import codebook  # noqa: PLC0415

    actor.require(Person.Role.EDITOR, _("Importing"))
    read = reading.read(source, codebook(), lang)
    items = [
        replace(
            _item(actor.member, f"{row.sheet}, {row.row}", row.reference, row.content),
            absent=tuple(name for name in read.absent if name),
        )
        for row in read.rows
    ]
    findings = [
        Finding(
            f"{found.sheet}, {found.row}" if found.row else found.sheet,
            found.reference,
            found.message,
            found.column,
            found.value,
        )
        for found in read.problems
    ]
    refused = _refused_rows(findings, read.refused)
    planned = importing.plan(actor, items, refused)
    rest = _refusals(planned.refused[len(refused) :])
    doubts = [_doubt(change, lang) for change in planned.changed if _is_another(change)]
    return FilePlan(planned, (*findings, *rest, *doubts), {})


def accept(
    actor: Actor,
    planned: FilePlan,
    *,
    source: str,
    progress: Callable[[int], None] = lambda _count: None,
) -> None:
    """Do what a plan says: all of it, or nothing.

    Parameters
    ----------
    source
        The file's name, for the audit.
    progress
        Is told how many accounts were written since it was told last.

    Raises
    ------
    EditConflictError
        When somebody changed one of the statements since the plan was made.
    """
    importing.accept(actor, planned.plan, source=source, progress=progress)


def kind_of(data: bytes, name: str) -> Kind:
    """Return which reader a file is for, by its first bytes.

    Raises
    ------
    RegisterError
        When it is neither a workbook nor XML.
    """
    if data.startswith(ZIP_MAGIC):
        return "excel"
    if data.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<"):
        return "iati"
    raise RegisterError(
        _("%(name)s is neither an Excel workbook (.xlsx) nor an IATI file (.xml): save it as one.")
        % {"name": name}
    )


def plan_file(actor: Actor, kind: str, data: bytes, lang: str) -> FilePlan:
    """Return what a file of either kind would do.

    Raises
    ------
    RegisterError
        When the file cannot be read.
    """
    try:
        if kind == "excel":
            return plan_excel(actor, data, lang=lang)
        return plan_iati(actor, data, language=lang)
    except SourceError as error:
        raise RegisterError(str(error)) from error


def export_excel(actor: Actor, out: BinaryIO, lang: str = "en", *, which: Which = "working") -> int:
    """Write the member's statements as a workbook in the form of the template.

    Returns
    -------
    int
        How many statements were written.
    """
    from bandung.register.excel import writing  # noqa: PLC0415 - openpyxl is loaded late
    from bandung.register.excel.registered import codebook  # noqa: PLC0415

    entries = [
        writing.Entry(statement.reference, revision.said())
        for statement, revision in own_revisions(actor, which)
    ]
    writing.write(entries, out, lang, codebook())
    return len(entries)


def export_iati(
    actor: Actor,
    out: BinaryIO,
    lang: str = "en",
    *,
    which: Which = "working",
    agency: Agency | None = None,
) -> Written:
    """Write the member's statements as a file of IATI activities.

    An activity without an IATI identifier gets the reporter's reference and the register's. An
    agency without a reference reports as its government, as in ``BR-GOV``.

    Parameters
    ----------
    lang
        Of the names of countries.
    agency
        Write this agency's statements only.

    Returns
    -------
    Written
        How many activities were written, and which were refused and why.

    Raises
    ------
    InputError
        When there is no such revision, or none that can be written.
    """
    from bandung.register.iati import writing  # noqa: PLC0415 - lxml is loaded when it is needed

    revisions = own_revisions(actor, which, agency=agency)
    first = next(revisions, None)
    if first is None:
        raise RegisterError(_none_said(actor.member, which))
    items = (
        writing.Item(
            revision.said().identifier or f"{reporter.reference}-{statement.reference}",
            revision.said(),
            reporter,
            revision.modified_at,
        )
        for statement, revision in chain([first], revisions)
        for reporter in [_reporter(statement)]
    )
    return writing.write(items, out, generated=timezone.now(), language=lang, terms=_terms())


def excel_template(out: BinaryIO, lang: str = "en") -> None:
    """Write the empty workbook, in a language, with the code lists as they stand."""
    from bandung.register.excel import writing  # noqa: PLC0415 - openpyxl is loaded late
    from bandung.register.excel.registered import codebook  # noqa: PLC0415

    writing.write_template(out, lang, codebook())


def own_revisions(
    actor: Actor, which: Which = "working", *, agency: Agency | None = None
) -> Iterator[tuple[Statement, Revision]]:
    """Yield the standing statements of the actor's member, with one of their revisions.

    Parameters
    ----------
    agency
        Only those of this agency.

    Raises
    ------
    NotAllowedError
        When the actor is of no member.
    """
    if not actor.member:
        raise NotAllowedError(
            _("Statements are exported by a person of the member that made them.")
        )
    rows = (
        Statement.objects.filter(member=actor.member, standing=True, **{f"{which}__isnull": False})
        .select_related(which, "agency")
        .order_by("reference")
    )
    if agency is not None:
        rows = rows.filter(agency=agency)
    for statement in rows.iterator(chunk_size=BATCH):
        yield statement, getattr(statement, which)


def _none_said(member: str, which: Which) -> str:
    if which == "published":
        return _(
            "%(member)s has published nothing yet, so there is nothing to write: ask for what is "
            "shared, or for what is being worked on (working)."
        ) % {"member": member}
    if which == "shared":
        return _(
            "%(member)s has shared nothing yet, so there is nothing to write: ask for what is "
            "being worked on (working)."
        ) % {"member": member}
    return _("%(member)s has no statement yet, so there is nothing to write.") % {"member": member}


def sdg_return(actor: Actor, year: int, lang: str = "en", *, rates: Rates | None = None) -> Return:
    """Return the member's return for SDG 17.3.1 of a year.

    Parameters
    ----------
    rates
        Those of the register where None.

    Raises
    ------
    NotAllowedError
        When the actor is of no member.
    """
    from bandung.register.returns import sdg, source  # noqa: PLC0415 - openpyxl is loaded late

    return sdg.sdg_17_3_1(
        source.lines(actor, lang, {year}),
        actor.member,
        year,
        modalities=source.modalities(),
        rates=source.rates() if rates is None else rates,
        versions=source.versions(),
    )


def sdg_file(made: Return, form: Form, lang: str = "en") -> bytes:
    """Return a return as a workbook or as CSV."""
    from bandung.register.returns import report, source  # noqa: PLC0415 - openpyxl is loaded late

    write = {"xlsx": report.workbook, "csv": report.csv_file}[form]
    return write(made, lang, source.names())


def finance(
    actor: Actor,
    year: int,
    currency: str,
    *,
    first_month: int = 1,
    lang: str = "en",
    rates: Rates | None = None,
    accounts: Mapping[tuple[str, str], Account] | None = None,
) -> FinanceTable:
    """Return what the member's ministry of finance asks for, for a fiscal year.

    Parameters
    ----------
    currency
        Of the country, as an ISO 4217 code.
    first_month
        The month in which the fiscal year begins; it bears the year in which it begins.
    rates
        Those of the register where None.
    accounts
        The ministry's own, by modality and direction, in place of those of the code list.

    Raises
    ------
    NotAllowedError
        When the actor is of no member.
    CodeUnknownError
        When `currency` is no currency.
    InputError
        When `first_month` is no month.
    """
    from bandung.register.returns import finance as finances  # noqa: PLC0415 - loaded late
    from bandung.register.returns import source  # noqa: PLC0415

    return finances.finance_table(
        source.lines(actor, lang, {year, year + 1}),
        actor.member,
        finances.FiscalYear(year, first_month),
        currency,
        modalities=source.modalities(),
        rates=source.rates() if rates is None else rates,
        accounts=accounts,
    )


def finance_file(made: FinanceTable, form: Form, lang: str = "en") -> bytes:
    """Return a finance table as a workbook or as CSV."""
    from bandung.register.returns import finance_report, source  # noqa: PLC0415 - loaded late

    write = {"xlsx": finance_report.workbook, "csv": finance_report.csv_file}[form]
    return write(made, lang, source.names())


def in_memory(write: Callable[[BinaryIO], object]) -> bytes:
    """Return what a writer writes, as bytes."""
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def _item(member: str, where: str, reference: str, content: Content) -> Item:
    if REFERENCE.fullmatch(reference):
        return Item(where, content, reference)
    if content.identifier:
        return Item(where, content)
    return Item(where, content.model_copy(update={"identifier": f"{member}:{reference}"}))


def _known_again(where: str, identifier: str, content: Content, own: set[str]) -> Item:
    """Return an account of an IATI file under what the register knows it by.

    What was exported without an identifier of its own ends in the register's reference. Where that
    is not known, as in another register, the file's identifier becomes the account's.
    """
    if content.identifier:
        return Item(where, content)
    ending = REFERENCE_AT_END.search(identifier)
    if ending and ending[0] in own:
        return Item(where, content, ending[0])
    return Item(where, content.model_copy(update={"identifier": identifier}))


def _is_another(change: Change) -> bool:
    """Whether a number of the file's own names an activity that seems to be another one."""
    if change.item.reference or "titles" not in change.fields:
        return False
    before = statements.said_in(change.statement).titles.values()
    after = change.item.content.titles.values()
    return not _words(before) & _words(after)


def _words(titles: Iterable[str]) -> set[str]:
    words = {word for title in titles for word in folded(title).split()}
    return {word for word in words if len(word) >= LEAST_OF_A_WORD and not word.isdecimal()}


def _doubt(change: Change, lang: str) -> Finding:
    said = {
        "reference": change.statement.reference,
        "before": in_language(statements.said_in(change.statement).titles, lang),
        "after": in_language(change.item.content.titles, lang),
    }
    told = _(
        "%(reference)s, “%(before)s”, would become “%(after)s”. If that is another activity, give "
        "it a number that none of your files has used."
    )
    name = change.item.name.partition(":")[2] or change.item.name
    return Finding(change.item.where, name, told % said, refuses=False)


def _refused_rows(findings: Iterable[Finding], refused: Iterable[str]) -> list[Refused]:
    """Return one refusal for each activity with problems, and for each row of no activity."""
    by_name: dict[str, list[Finding]] = defaultdict(list)
    known = set(refused)
    for found in findings:
        by_name[found.name if found.name in known else f"\x00{found.where}"].append(found)
    return [
        Refused(of[0].where, of[0].name, "; ".join(found.message for found in of))
        for of in by_name.values()
    ]


def _refusals(refused: Iterable[Refused]) -> tuple[Finding, ...]:
    return tuple(Finding(item.where, item.name, item.reason) for item in refused)


def _reporter(statement: Statement) -> Reporter:
    from bandung.register.iati import names, writing  # noqa: PLC0415 - lxml is loaded late

    agency = statement.agency
    government = f"{names.alpha2(statement.member_id)}-GOV"
    return writing.Reporter(
        member=statement.member_id,
        reference=(agency.iati_reference if agency else "") or government,
        name=agency.name if agency else countries.name(statement.member_id),
    )


def _terms() -> dict[str, Terms]:
    """Return what IATI has to say about each modality, as the register's list says it now."""
    from bandung.register.iati import mapping  # noqa: PLC0415 - with lxml

    names = ("finance_type", "aid_type", "disbursement_channel")
    return {
        entry.code: mapping.Terms(*(entry.properties.get(name, "") for name in names))
        for entry in codelists.standing().listing("modality").entries
    }

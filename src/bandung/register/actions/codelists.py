"""Code lists: installed as the package brings them, then kept by the administrators.

Every change raises the list's version by one and is audited. Codes are withdrawn, never deleted:
what was entered with them stays readable.
"""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandung.codes.tables import LANGUAGES
from bandung.errors import EditConflictError, NotFoundError, RegisterError
from bandung.register import audit, codelists
from bandung.register.models import AuditEntry, Code, CodeList

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bandung.register.actor import Actor
    from bandung.register.codelists import CodeEntry

MAX_FILE = 2 * 2**20
MAX_ROWS = 20_000
MAX_NAME = 300
MAX_HINT = 2_000
KIND = "code_list"
SAID = ("names", "hints", "group", "parent", "properties", "source", "our_reading")
"""What a code says, in an entry as in its row."""
ACCOUNTS = ("account", "account_received")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,39}")
_FORMULA = ("=", "+", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Refused:
    """A line of a file that cannot be taken, and why."""

    line: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What importing a file of codes does, or did.

    Attributes
    ----------
    added, changed, unchanged
        Codes.
    refused
        Lines that cannot be taken; with any of them nothing is imported.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    refused: tuple[Refused, ...]


@transaction.atomic
def install_shipped(actor: Actor) -> dict[str, int]:
    """Install the package's lists, or what a newer package adds to them and corrects in them.

    What administrators added, changed or withdrew stays as it is. Doing it again changes nothing.

    Returns
    -------
    dict of str to int
        How many codes of each list were added or corrected; without lists that are up to date.

    Raises
    ------
    NotAllowedError
    """
    actor.require_administrator(_("Installing code lists"))
    written: dict[str, int] = {}
    deeds = []
    for name in codelists.names():
        brought = codelists.shipped_version(name)
        found, created = CodeList.objects.select_for_update().get_or_create(
            name=name, defaults={"version": brought, "shipped_version": brought}
        )
        if not created and found.shipped_version >= brought:
            continue
        there = {row.code: codelists.of_row(row) for row in found.codes.all()}
        new = [item for item in codelists.shipped(name) if item.code not in there]
        corrected = _corrected(found, there)
        before: dict[str, object] | None = None if created else {"version": found.version}
        if not created:
            found.version += 1
            found.shipped_version = brought
            new = [replace(item, since_version=found.version) for item in new]
        after: dict[str, object] = {"version": found.version, "added": [item.code for item in new]}
        if before and corrected:
            before["codes"] = {item.code: _said(there[item.code]) for item in corrected}
            after["codes"] = {item.code: _said(item) for item in corrected}
        _rewrite(found, corrected)
        _write(found, new, first=_next_position(found))
        written[name] = len(new) + len(corrected)
        deeds.append(audit.Deed("install", KIND, name, before, after))
    if deeds:
        audit.write(actor, deeds)
    codelists.changed()
    return written


@transaction.atomic
def add_code(
    actor: Actor, name: str, given: CodeEntry, *, expected_version: int | None = None
) -> CodeEntry:
    """Add a code at the end of a list.

    Raises
    ------
    NotAllowedError, NotFoundError, EditConflictError
    RegisterError
        When the list has the code, now or withdrawn, or what is said of it cannot be.
    """
    actor.require_administrator(_("Adding a code"))
    found = _locked(name, expected_version)
    if found.codes.filter(code=given.code).exists():
        raise RegisterError(
            _("The list %(list)s has the code “%(code)s” already: change that one.")
            % {"list": name, "code": given.code}
        )
    _refuse(name, given)
    _raise_version(found)
    entry = replace(given, since_version=found.version, withdrawn_version=None)
    _write(found, [entry], first=_next_position(found))
    _audit(actor, "add code", found, entry.code, None, _said(entry))
    return entry


@transaction.atomic
def change_code(
    actor: Actor, name: str, given: CodeEntry, *, expected_version: int | None = None
) -> CodeEntry:
    """Say something else of a code: its names, hints, group, parent, properties, source.

    Saying what stands there already changes nothing.

    Raises
    ------
    NotAllowedError, NotFoundError, EditConflictError, RegisterError
    """
    actor.require_administrator(_("Changing a code"))
    found = _locked(name, expected_version)
    row = _row(found, given.code)
    before = codelists.of_row(row)
    after = replace(
        given, since_version=before.since_version, withdrawn_version=before.withdrawn_version
    )
    if after == before:
        return before
    _refuse(name, after)
    _raise_version(found)
    _fill(row, after)
    row.save()
    _audit(actor, "change code", found, row.code, _said(before), _said(after))
    return after


@transaction.atomic
def withdraw_code(
    actor: Actor, name: str, code: str, *, reason: str = "", expected_version: int | None = None
) -> CodeEntry:
    """Take a code out of what can be chosen. What was entered with it stays readable.

    Raises
    ------
    NotAllowedError, NotFoundError, EditConflictError
    RegisterError
        When it was withdrawn before.
    """
    actor.require_administrator(_("Withdrawing a code"))
    found = _locked(name, expected_version)
    row = _row(found, code)
    if row.withdrawn_version is not None:
        raise RegisterError(
            _("“%(code)s” was withdrawn from the list %(list)s in version %(version)s.")
            % {"code": code, "list": name, "version": row.withdrawn_version}
        )
    _raise_version(found)
    row.withdrawn_version = found.version
    row.withdrawn_on = timezone.now().date()
    row.save()
    _audit(actor, "withdraw code", found, code, None, {"reason": reason.strip()})
    return codelists.of_row(row)


@transaction.atomic
def reinstate_code(
    actor: Actor, name: str, code: str, *, expected_version: int | None = None
) -> CodeEntry:
    """Let a withdrawn code be chosen again.

    Raises
    ------
    NotAllowedError, NotFoundError, EditConflictError
    RegisterError
        When it was not withdrawn.
    """
    actor.require_administrator(_("Reinstating a code"))
    found = _locked(name, expected_version)
    row = _row(found, code)
    if row.withdrawn_version is None:
        raise RegisterError(
            _("“%(code)s” is in use in the list %(list)s: there is nothing to reinstate.")
            % {"code": code, "list": name}
        )
    before = {"withdrawn_version": row.withdrawn_version}
    _raise_version(found)
    row.withdrawn_version = row.withdrawn_on = None
    row.save()
    _audit(actor, "reinstate code", found, code, before, {"withdrawn_version": None})
    return codelists.of_row(row)


@transaction.atomic
def import_codes(actor: Actor, name: str, file: bytes, *, accept: bool = False) -> ImportReport:
    """Read a CSV file of a list, as `codelists.as_csv` writes it; show what it would do, or do it.

    Codes that the file leaves out stay as they are.

    Parameters
    ----------
    file
        UTF-8 with a first line of column names: `code`, `name_en` and so on.
    accept
        Whether to do it; else nothing is changed.

    Raises
    ------
    NotAllowedError, NotFoundError
    RegisterError
        When the file is no such file, or is to be accepted with lines that are refused.
    """
    actor.require_administrator(_("Importing codes"))
    found = _locked(name, None)
    there = {row.code: codelists.of_row(row) for row in found.codes.all()}
    entries, refused = _read(name, file)
    new = [item for item in entries if item.code not in there]
    changed = [
        item
        for item in entries
        if item.code in there and codelists.plain(there[item.code]) != codelists.plain(item)
    ]
    touched = {item.code for item in (*new, *changed)}
    report = ImportReport(
        added=tuple(item.code for item in new),
        changed=tuple(item.code for item in changed),
        unchanged=tuple(item.code for item in entries if item.code not in touched),
        refused=tuple(refused),
    )
    if not accept:
        return report
    if refused:
        raise lines_refused(len(refused), refused[0].line, refused[0].reason)
    if touched:
        _take(actor, found, there, new, changed)
    return report


def lines_refused(count: int, line: int, reason: str) -> RegisterError:
    """Return the refusal of a file some of whose lines cannot be taken.

    Parameters
    ----------
    count
        How many lines those are.
    line, reason
        The number of the first of them, and a sentence that says why.
    """
    told = ngettext(
        "Line %(line)s cannot be taken: %(reason)s Mend it, and import the file again.",
        "%(count)s lines cannot be taken, the first of them line %(line)s: %(reason)s "
        "Mend them, and import the file again.",
        count,
    )
    return RegisterError(told % {"count": count, "line": line, "reason": reason})


def _take(
    actor: Actor,
    found: CodeList,
    there: Mapping[str, CodeEntry],
    new: Sequence[CodeEntry],
    changed: Sequence[CodeEntry],
) -> None:
    before_version = found.version
    _raise_version(found)
    before = {item.code: _said(there[item.code]) for item in changed}
    _rewrite(found, changed)
    added = [replace(item, since_version=found.version, withdrawn_version=None) for item in new]
    _write(found, added, first=_next_position(found))
    after = {item.code: _said(item) for item in (*added, *changed)}
    done = audit.Deed(
        "import codes",
        KIND,
        found.name,
        {"version": before_version, "codes": before},
        {"version": found.version, "codes": after},
    )
    audit.write(actor, [done])


def _corrected(found: CodeList, there: Mapping[str, CodeEntry]) -> list[CodeEntry]:
    """Return the codes of which the package says something else and no administrator ever did."""
    deeds = AuditEntry.objects.filter(kind=KIND, object_id=found.name).exclude(action="install")
    said_here: set[str] = set()
    for text in deeds.values_list("after", flat=True):
        after = json.loads(text)
        said_here.update(after["codes"] if "codes" in after else {after["code"]})
    return [
        item
        for item in codelists.shipped(found.name)
        if item.code in there
        and item.code not in said_here
        and codelists.plain(item) != codelists.plain(there[item.code])
    ]


def _read(name: str, file: bytes) -> tuple[list[CodeEntry], list[Refused]]:
    if len(file) > MAX_FILE:
        raise RegisterError(
            _("The file has %(bytes)s bytes; a list of codes has at most %(most)s.")
            % {"bytes": f"{len(file):,}", "most": f"{MAX_FILE:,}"}
        )
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RegisterError(
            _("Byte %(place)s of the file is not UTF-8: save it as CSV in UTF-8.")
            % {"place": error.start + 1}
        ) from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    entries: list[CodeEntry] = []
    refused: list[Refused] = []
    seen: set[str] = set()
    try:
        header = reader.fieldnames or []
        if "code" not in header or len(set(header)) < len(header):
            raise RegisterError(
                _("The first line of the file names its columns, each once; one of them is “code”.")
            )
        for row in reader:
            if reader.line_num > MAX_ROWS:
                raise RegisterError(
                    _("The file has more than %(most)s lines.") % {"most": f"{MAX_ROWS:,}"}
                )
            code = (row.get("code") or "").strip()
            reason = _why_not(name, row, seen)
            if reason:
                refused.append(Refused(reader.line_num, code, reason))
            else:
                seen.add(code)
                entries.append(codelists.read_row(row))
    except csv.Error as error:
        raise RegisterError(
            _("Line %(line)s of the file is no CSV: %(problem)s.")
            % {"line": reader.line_num, "problem": error}
        ) from None
    return entries, refused


def _why_not(name: str, row: dict[str, str], seen: set[str]) -> str:
    """Return why a line cannot be taken; empty when it can."""
    if None in row or None in row.values():
        return _("It has more or fewer cells than the first line.")
    row.pop("since_version", None)
    item = codelists.read_row(row)
    if item.code in seen:
        return _("The code “%(code)s” stands in an earlier line.") % {"code": item.code}
    try:
        _refuse(name, item)
    except RegisterError as error:
        return str(error)
    return ""


def _refuse(name: str, item: CodeEntry) -> None:
    """Refuse what cannot be said of a code.

    Raises
    ------
    RegisterError
    """
    if not _CODE.fullmatch(item.code):
        raise RegisterError(
            _("“%(code)s” is no code: write at most 40 letters, digits, and _ - . between them.")
            % {"code": item.code}
        )
    if not any(item.names.values()):
        raise RegisterError(
            _("The code “%(code)s” needs a name in at least one language.") % {"code": item.code}
        )
    _refuse_texts(item)
    for field, listed in ((item.group, codelists.GROUP_LIST), (item.parent, codelists.PARENT_LIST)):
        if name in listed and codelists.find(listed[name], field) is None:
            known = ", ".join(entry.code for entry in codelists.active(listed[name])[:20])
            raise RegisterError(
                _(
                    "“%(code)s” stands under “%(above)s”, which is not in the list %(list)s "
                    "(%(known)s)."
                )
                % {"code": item.code, "above": field, "list": listed[name], "known": known}
            )
    if name == "modality":
        _refuse_modality(item)


def _refuse_texts(item: CodeEntry) -> None:
    for texts, longest in ((item.names, MAX_NAME), (item.hints, MAX_HINT)):
        for lang, text in texts.items():
            if lang not in LANGUAGES:
                raise RegisterError(
                    _("“%(language)s” is none of %(languages)s.")
                    % {"language": lang, "languages": ", ".join(LANGUAGES)}
                )
            if len(text) > longest:
                raise RegisterError(
                    _("A text of “%(code)s” has %(length)s characters; at most %(most)s are kept.")
                    % {"code": item.code, "length": len(text), "most": longest}
                )
    for text in (*item.names.values(), *item.properties.values(), item.group, item.source):
        if text.startswith(_FORMULA) or "\x00" in text:
            raise RegisterError(
                _("A text of “%(code)s” begins as a formula does, “%(text)s”: begin with a letter.")
                % {"code": item.code, "text": text[:10]}
            )


def _refuse_modality(item: CodeEntry) -> None:
    if not item.units:
        raise RegisterError(
            _("The modality “%(code)s” needs its units, the usual one first.") % {"code": item.code}
        )
    named = [("unit", unit) for unit in item.units]
    named += [("exclusion", item.exclusion)]
    named += [("account", item.properties.get(field, "")) for field in ACCOUNTS]
    for listed, code in named:
        if code and not codelists.is_active(listed, code):
            raise RegisterError(
                _("“%(named)s”, which “%(code)s” names, is not in the list %(list)s.")
                % {"named": code, "code": item.code, "list": listed}
            )


def _locked(name: str, expected_version: int | None) -> CodeList:
    found = CodeList.objects.select_for_update().filter(name=name).first()
    if found is None:
        raise NotFoundError(_("There is no code list “%(list)s”.") % {"list": name})
    if expected_version is not None and found.version != expected_version:
        raise EditConflictError(
            _(
                "The list %(list)s is in version %(version)s now (you had version %(yours)s): "
                "nothing of yours was saved; look at it again."
            )
            % {"list": name, "version": found.version, "yours": expected_version}
        )
    return found


def _row(found: CodeList, code: str) -> Code:
    row = found.codes.filter(code=code).first()
    if row is None:
        raise NotFoundError(
            _("There is no code “%(code)s” in the list %(list)s.")
            % {"code": code, "list": found.name}
        )
    return row


def _raise_version(found: CodeList) -> None:
    found.version += 1


def _next_position(found: CodeList) -> int:
    last = found.codes.order_by("-position").values_list("position", flat=True).first()
    return 0 if last is None else last + 1


def _write(found: CodeList, entries: Iterable[CodeEntry], *, first: int) -> None:
    """Add rows, and save the list under a new stamp, so that nothing kept of it is used again."""
    rows = []
    for position, item in enumerate(entries, start=first):
        row = Code(list=found, code=item.code, position=position, since_version=item.since_version)
        _fill(row, item)
        rows.append(row)
    Code.objects.bulk_create(rows)
    _stamp(found)


def _rewrite(found: CodeList, entries: Sequence[CodeEntry]) -> None:
    """Have rows that are there say something else."""
    rows = {row.code: row for row in found.codes.filter(code__in=[item.code for item in entries])}
    for item in entries:
        _fill(rows[item.code], item)
    Code.objects.bulk_update(rows.values(), SAID)


def _fill(row: Code, item: CodeEntry) -> None:
    for name in SAID:
        setattr(row, name, getattr(item, name))


def _stamp(found: CodeList) -> None:
    found.stamp = uuid.uuid4()
    found.save()
    codelists.changed()


def _audit(
    actor: Actor, action: str, found: CodeList, code: str, before: object, after: object
) -> None:
    """Save the list under its new version and stamp, and write what was done."""
    _stamp(found)
    said = {"version": found.version, "code": code, "said": after}
    done = audit.Deed(action, KIND, found.name, {"code": code, "said": before}, said)
    audit.write(actor, [done])


def _said(item: CodeEntry) -> dict[str, object]:
    return {name: getattr(item, name) for name in SAID}

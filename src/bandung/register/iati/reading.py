"""IATI activity files into accounts, one activity after another.

What is wrong in a file but clear in its meaning is mended and noted; what an account has no place
for is counted; an activity whose meaning is not clear is refused with its line. Nothing is dropped
in silence: activities read and refused are together those of the file.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from bandung.codes import countries
from bandung.errors import CodeUnknownError
from bandung.register.content import MAX_NAME, Content, Role
from bandung.register.iati import flows, mapping, names, own, parsing, parts, values
from bandung.register.iati.values import Notebook, UnreadableError
from bandung.register.mirror import mirrored
from bandung.register.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bandung.register.iati.parsing import Element, Source

MAX_LISTED_NOTES = 50
OLD_VERSION = "1."
HANDLED = frozenset(
    {
        "iati-identifier",
        "title",
        "description",
        "participating-org",
        "activity-status",
        "activity-date",
        "recipient-country",
        "location",
        "sector",
        "tag",
        "policy-marker",
        "default-flow-type",
        "default-finance-type",
        "default-aid-type",
        "planned-disbursement",
        "transaction",
        "document-link",
        "result",
        own.STATEMENT,
    }
)
OF_A_STATE = frozenset({"10", "11", "15", "80"})
WRITTEN_BY_US = frozenset({"reporting-org", "collaboration-type", "recipient-region"})


@dataclass(frozen=True, slots=True)
class ReadActivity:
    """An activity that was read.

    Attributes
    ----------
    identifier : str
        Its IATI identifier.
    line : int
        The line it begins on.
    content : Content
    notes : tuple of str
        What was mended, each with its line.
    left_out : dict of str to int
        What an account has no place for, by kind.
    """

    identifier: str
    line: int
    content: Content
    notes: tuple[str, ...]
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An activity that was not read, or not written; `line` is 0 where there is no file."""

    identifier: str
    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: the activities read and those refused are together all of the file."""

    activities: tuple[ReadActivity, ...]
    refused: tuple[Refusal, ...]

    @property
    def left_out(self) -> dict[str, int]:
        """What accounts have no place for, by kind, over all activities."""
        total: Counter[str] = Counter()
        for activity in self.activities:
            total.update(activity.left_out)
        return dict(sorted(total.items()))


def read(
    source: Source,
    member: str,
    *,
    language: str = "en",
    max_bytes: int = parsing.MAX_BYTES,
) -> Reading:
    """Read a file of IATI activities as accounts of a member.

    Parameters
    ----------
    source
        The file, or its bytes.
    member
        The member that imports: it receives where it is among the recipient countries.
    language
        Of texts for which the file states none.
    max_bytes
        Larger files are refused.

    Raises
    ------
    XmlRefusedError
        No XML, a document type declaration, too large, too deep, cut off, or no activities.
    CodeUnknownError
        The member is no ISO 3166-1 alpha-3 code.
    """
    if not countries.is_code(member):
        raise CodeUnknownError("member", member, countries.codes())
    activities: list[ReadActivity] = []
    refused: list[Refusal] = []
    seen: dict[str, int] = {}
    for element in _activities(source, max_bytes):
        line = parsing.line_of(element)
        identifier = (element.findtext("iati-identifier") or "").strip()
        reason = _unusable(identifier, seen)
        if not reason:
            seen[identifier] = line
            book = Notebook(member, language)
            try:
                activities.append(_read(element, identifier, book))
                continue
            except UnreadableError as error:
                line, reason = error.line or line, error.reason
            except ValidationError as error:
                reason = said(error)
        refused.append(Refusal(identifier, reason, line))
    return Reading(tuple(activities), tuple(refused))


def _activities(source: Source, max_bytes: int) -> Iterator[Element]:
    stream = parsing.elements(source, "iati-activity", "iati-activities", max_bytes=max_bytes)
    root = next(stream)
    version = (root.get("version") or "").strip()
    if version.startswith(OLD_VERSION):
        raise parsing.XmlRefusedError(
            f"it is of version {version}, whose elements mean other things: ask its publisher for "
            "version 2.03",
            name=parsing.name_of(source),
        )
    yield from stream


def _unusable(identifier: str, seen: dict[str, int]) -> str:
    if not identifier:
        return _("it has no <iati-identifier>, without which it cannot be told from others")
    if len(identifier) > MAX_NAME:
        return _("its identifier has %(count)s characters, more than %(most)s") % {
            "count": f"{len(identifier):,}",
            "most": MAX_NAME,
        }
    if identifier in seen:
        return _("its identifier is that of the activity on line %(line)s") % {
            "line": seen[identifier]
        }
    return ""


def said(error: ValidationError) -> str:
    """Return what pydantic refused, in a sentence for people."""
    problems = []
    for problem in error.errors(include_url=False)[:3]:
        where = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        problems.append(f"{where}: {message}" if where else message)
    return "; ".join(problems)


def _read(element: Element, identifier: str, book: Notebook) -> ReadActivity:
    book.language = values.language_of(element, book.language)
    statement = element.find(own.STATEMENT)
    if statement is None:
        content = _foreign(element, identifier, book)
    else:
        content = _ours(element, statement, identifier, book)
    known = HANDLED if statement is None else HANDLED | WRITTEN_BY_US
    for child in element.iterchildren("{*}*"):
        if child.tag not in known:
            book.left_out[child.tag] += 1
    more = len(book.notes) - MAX_LISTED_NOTES
    if more > 0:
        book.notes[MAX_LISTED_NOTES:] = [f"and {more:,} more like these"]
    return ReadActivity(
        identifier=identifier,
        line=parsing.line_of(element),
        content=content,
        notes=tuple(book.notes),
        left_out=dict(sorted(book.left_out.items())),
    )


def _common(element: Element, book: Notebook, *, ours: bool) -> dict[str, Any]:
    """Fields that are read alike from every file."""
    return {
        "titles": values.texts(element.find("title"), book, MAX_NAME),
        "descriptions": values.paragraphs(
            [item for item in element.iterfind("description") if not item.get(own.REPEATS)], book
        ),
        "status": _status(element, book),
        **_dates(element, book),
        "sectors": parts.sectors(element, book),
        "targets": parts.targets(element, book, ours=ours),
        **parts.markers(element, book),
        "places": parts.places(element, book),
        "bodies": parts.bodies(element, book),
        "results": parts.results(element, book),
        "documents": parts.documents(element, book),
    }


def _status(element: Element, book: Notebook) -> str:
    status = element.find("activity-status")
    code = (status.get("code") or "").strip() if status is not None else ""
    if code in mapping.STATUS_OF:
        return mapping.STATUS_OF[code]
    book.note(
        element,
        _("the status '%(code)s' is not in IATI's list; it was read as under way") % {"code": code},
    )
    return "under_way"


def _dates(element: Element, book: Notebook) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in element.iterfind("activity-date"):
        field = mapping.DATE_TYPES.get((item.get("type") or "").strip())
        day = values.date(item, book)
        if field is None or day is None:
            book.left_out["activity-date without a type or a date"] += 1
        elif field in found:
            if found[field] != day:
                book.note(
                    item,
                    _("a second date of one kind (%(kind)s), %(day)s; the first was taken")
                    % {"kind": item.get("type"), "day": day},
                )
        else:
            found[field] = day
    return found


def _ours(element: Element, statement: Element, identifier: str, book: Notebook) -> Content:
    """Read what the register itself exported; of a partner's account, the other side of it."""
    setting = flows.Setting(identifier, flows.Side(), flows.Side())
    stated = statement.get("identifier")
    content = Content.model_validate(
        {
            **_common(element, book, ours=True),
            "role": statement.get("role", "provides"),
            "partners": tuple((statement.get("partners") or "").split()),
            "contributions": flows.contributions(element, setting, book),
            "reported_elsewhere": tuple(
                item.get("code", "") for item in statement.iterfind(own.ELSEWHERE)
            ),
            "identifier": identifier if stated is None else stated,
        }
    )
    speaker = statement.get("member", book.member)
    if speaker == book.member:
        return content
    if book.member not in content.partners or not countries.is_code(speaker):
        raise UnreadableError(
            _("it is the account of %(speaker)s, which does not name %(member)s as a partner")
            % {"speaker": speaker, "member": book.member},
            parsing.line_of(element),
        )
    book.note(
        element,
        _("it is the account of %(speaker)s; it was turned round for %(member)s")
        % {"speaker": speaker, "member": book.member},
    )
    turned = mirrored(content, mine=book.member, theirs=speaker)
    return turned.model_copy(update={"identifier": f"{book.member}:{identifier}"[:MAX_NAME]})


def _foreign(element: Element, identifier: str, book: Notebook) -> Content:
    fields = _common(element, book, ours=False)
    recipients = _recipients(element, book)
    reporter = _reporter(element)
    givers = _givers(element) or ([reporter] if reporter else [])
    role = _role(element, recipients, givers, book)
    setting = _setting(identifier, role, recipients, givers, book)
    parties = [*recipients]
    if role == "receives" or setting.giver.member != book.member:
        parties = [*(side.member for side in givers if side.member), *recipients]
    contributions = flows.contributions(element, setting, book)
    for item in contributions:
        parties += [code for code in (item.provider, item.receiver) if code]
    partners = tuple(code for code in dict.fromkeys(parties) if code != book.member)
    return Content.model_validate(
        {
            **fields,
            "role": role,
            "partners": partners,
            "contributions": contributions,
            "identifier": identifier,
        }
    )


def _recipients(element: Element, book: Notebook) -> list[str]:
    """Countries that receive: the activity's, else those of its transactions."""
    found: list[str] = []
    stated = element.findall("recipient-country") or element.findall(
        "transaction/recipient-country"
    )
    for item in stated:
        code = (item.get("code") or "").strip()
        member = names.member(code) or (code if countries.is_code(code) else None)
        member = member or names.country(values.one_text(item, book) or code)
        if member is None:
            book.left_out[f"recipient-country {code or 'without a code'}"] += 1
        elif member not in found:
            found.append(member)
    shares = sum(1 for item in stated if item.get("percentage"))
    if len(stated) > 1 and shares:
        book.left_out["percentage of a recipient-country"] += shares
    return found


def _givers(element: Element) -> list[flows.Side]:
    """Organisations that fund or, where none does, extend the activity."""
    for role in ("1", "3"):
        found = [
            _side_of(item)
            for item in element.iterfind("participating-org")
            if (item.get("role") or "").strip() == role
        ]
        if found:
            return list(dict.fromkeys(found))
    return []


def _reporter(element: Element) -> flows.Side | None:
    """Who reports, where it is a body of its own: another state, or no body of a state."""
    item = element.find("reporting-org")
    if item is None:
        return None
    side = _side_of(item)
    return side if side.member or item.get("type") not in OF_A_STATE else None


def _side_of(item: Element) -> flows.Side:
    name = (item.findtext("narrative") or "").strip()[:MAX_NAME]
    reference = (item.get("ref") or "").strip()[:MAX_NAME]
    member = names.organisation(name, reference)
    if member:
        return flows.Side(member, "" if names.country(name) else name)
    return flows.Side(None, name or reference)


def _role(
    element: Element, recipients: list[str], givers: list[flows.Side], book: Notebook
) -> Role:
    """Receives where the member is a recipient; also where nobody is stated and others give."""
    if book.member in recipients:
        return "receives"
    if recipients or not givers or any(side.member == book.member for side in givers):
        return "provides"
    if element.find("recipient-region") is None:
        book.note(
            element,
            _("no recipient country is stated and others fund it; read as received by %(member)s")
            % {"member": book.member},
        )
        return "receives"
    return "provides"


def _setting(
    identifier: str,
    role: Role,
    recipients: list[str],
    givers: list[flows.Side],
    book: Notebook,
) -> flows.Setting:
    """Who gives and receives where a transaction does not say."""
    taker = flows.Side(recipients[0]) if len(recipients) == 1 else flows.Side()
    if role == "receives":
        taker = flows.Side(book.member)
    elif not givers:
        return flows.Setting(identifier, flows.Side(book.member), taker)
    mine = next((side for side in givers if side.member == book.member), None)
    if role == "provides" and mine:
        return flows.Setting(identifier, mine, taker)
    if role == "provides":
        who = "; ".join(side.name or countries.name(side.member or "") for side in givers)
        book.notes.append(f"{book.member} neither gives nor receives here; {who} gives")
    if len(givers) == 1:
        return flows.Setting(identifier, givers[0], taker)
    joined = "; ".join(side.name or countries.name(side.member or "") for side in givers)
    return flows.Setting(identifier, flows.Side(None, joined[:MAX_NAME].rstrip()), taker)

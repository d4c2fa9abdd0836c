"""Whether a document is IATI 2.03: XML, schema, ruleset and code lists, in that order.

As IATI's own validator has it: what the schema refuses is critical, and such a file is not valid;
the ruleset's findings are errors or warnings as the ruleset says; a code that its list does not
have is a warning.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from bandung.register.iati import parsing, ruleset, standard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml import etree

    from bandung.register.iati.parsing import Element, Source
    from bandung.register.iati.standard import Standard

Level = Literal["critical", "error", "warning"]
ROOTS: dict[str, standard.Kind] = {
    "iati-activities": "activities",
    "iati-organisations": "organisations",
}
OWNERS = {"iati-activity": "iati-identifier", "iati-organisation": "organisation-identifier"}
AGENCIES = "OrganisationRegistrationAgency"
MAX_FINDINGS = 10_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in a document.

    Attributes
    ----------
    line : int
        Where, 0 if it is the whole document.
    identifier : str
        Of the activity or organisation; empty outside of them.
    rule : str
        ``xml``, ``schema``, ``codelist NAME``, or the ruleset's number, as in ``6.2.2``.
    message : str
    level : str
        ``critical``: no valid IATI; ``error`` or ``warning``: against the ruleset or a code list.
    """

    line: int
    identifier: str
    rule: str
    message: str
    level: Level


def validate(
    document: Source,
    against: Standard,
    *,
    now: dt.datetime | None = None,
    max_bytes: int = parsing.MAX_BYTES,
) -> tuple[Finding, ...]:
    """Return everything that is wrong in an IATI file of activities or organisations.

    Parameters
    ----------
    document
        The file, or its bytes.
    against
        The standard's files, from `standard.find`.
    now
        The moment that dates are compared with; default: this one.
    max_bytes
        Larger files are refused.

    Returns
    -------
    tuple of Finding
        In the order of lines, at most `MAX_FINDINGS`. The ruleset and the code lists are asked
        even where the schema is broken. A document that is no XML, or has a document type, is one
        critical finding.
    """
    try:
        tree = parsing.tree(document, max_bytes=max_bytes)
    except parsing.XmlRefusedError as error:
        return (Finding(error.line, "", "xml", error.problem, "critical"),)
    moment = ruleset.Moment(now or dt.datetime.now(dt.UTC), _prefixes(against))
    findings: list[Finding] = []
    for found in _everything(tree, against, moment):
        findings.append(found)
        if len(findings) >= MAX_FINDINGS:
            break
    return tuple(sorted(findings, key=lambda found: (found.line, found.rule, found.message)))


def is_valid(findings: Iterable[Finding]) -> bool:
    """Whether a file with these findings is valid IATI: nothing critical."""
    return all(found.level != "critical" for found in findings)


def is_clean(findings: Iterable[Finding]) -> bool:
    """Whether a file is valid and breaks no rule of the standard ruleset; warnings may remain."""
    return all(found.level == "warning" for found in findings)


def _everything(
    tree: etree._ElementTree, against: Standard, moment: ruleset.Moment
) -> Iterator[Finding]:
    root = tree.getroot()
    kind = ROOTS.get(root.tag)
    if kind is None:
        message = (
            f"the first element is <{root.tag}>; IATI files begin with <iati-activities> or "
            "<iati-organisations>"
        )
        yield Finding(parsing.line_of(root), "", "schema", message, "critical")
        return
    yield from _version(root)
    yield from _schema(tree, against, kind)
    yield from _ruleset(tree, against, moment)
    yield from _codelists(tree, against)


def _version(root: Element) -> Iterator[Finding]:
    version = (root.get("version") or "").strip()
    if version and version != standard.VERSION:
        message = f"the file is of version {version}; it was checked against {standard.VERSION}"
        yield Finding(parsing.line_of(root), "", "version", message, "warning")


def _schema(tree: etree._ElementTree, against: Standard, kind: standard.Kind) -> Iterator[Finding]:
    schema = against.schema(kind)
    with against.lock:
        if schema.validate(tree):
            return
        entries = [
            (entry.line, entry.path, entry.message)
            for entry in cast("Iterable[Any]", schema.error_log)
        ]
    owners = _owners(tree)
    for line, path, message in entries:
        owner = owners.get(_owner_path(path or ""), "")
        yield Finding(line, owner, "schema", message, "critical")


def _owners(tree: etree._ElementTree) -> dict[str, str]:
    root = tree.getroot()
    elements = [element for element in root if element.tag in OWNERS]
    single = len(elements) == 1
    return {
        f"/{root.tag}/{element.tag}" + ("" if single else f"[{place}]"): _identifier(element)
        for place, element in enumerate(elements, start=1)
    }


def _owner_path(path: str) -> str:
    return "/".join(path.split("/")[:3])


def _identifier(element: Element) -> str:
    """Return the identifier of the activity or organisation that an element stands in."""
    for holder in (element, *element.iterancestors()):
        if holder.tag in OWNERS:
            return (holder.findtext(OWNERS[holder.tag]) or "").strip()
    return ""


def _ruleset(
    tree: etree._ElementTree, against: Standard, moment: ruleset.Moment
) -> Iterator[Finding]:
    for breach in ruleset.breaches(tree, against.ruleset, moment):
        info: dict[str, Any] = breach.case.get("ruleInfo", {})
        level: Level = "warning" if info.get("severity") == "warning" else "error"
        yield Finding(
            parsing.line_of(breach.element),
            _identifier(breach.element),
            str(info.get("id", breach.rule)),
            str(info.get("message") or _said(breach)),
            level,
        )


def _said(breach: ruleset.Breach) -> str:
    paths = breach.case.get("paths") or [
        str(value) for key, value in breach.case.items() if key != "ruleInfo"
    ]
    return f"{breach.element.tag} breaks the rule {breach.rule} for {', '.join(map(str, paths))}"


def _codelists(tree: etree._ElementTree, against: Standard) -> Iterator[Finding]:
    lists = against.codelists
    for place in against.places:
        codelist = lists.get(place.codelist)
        if codelist is None or not codelist.complete:
            continue
        for element in parsing.select(tree, place.path):
            code = element.get(place.attribute) if place.attribute else (element.text or "").strip()
            if not code or code in codelist.codes:
                continue
            if place.condition and not ruleset.holds(place.condition, element):
                continue
            where = f"{element.tag}/@{place.attribute}" if place.attribute else element.tag
            yield Finding(
                parsing.line_of(element),
                _identifier(element),
                f"codelist {codelist.name}",
                f"{where} is {code!r}, which the code list {codelist.name} does not have",
                "warning",
            )


def _prefixes(against: Standard) -> frozenset[str]:
    found = against.codelists.get(AGENCIES)
    return found.codes if found else frozenset()

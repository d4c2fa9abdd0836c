"""Accounts into an IATI 2.03 file that the schema and the standard ruleset accept.

No value is invented: what IATI demands and an account does not say makes the activity refused,
with the reason. What an account says and IATI has no place for stands in the register's own
element (`own`), so that the file is read back as the same accounts.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, BinaryIO

from lxml import etree

from bandung.codes import countries
from bandung.codes.tables import LANGUAGES
from bandung.errors import InputError
from bandung.register.iati import mapping, names, own, standard
from bandung.register.iati.reading import Refusal
from bandung.register.iati.values import LANG
from bandung.register.iati.writing_flows import add_flows
from bandung.register.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bandung.register.content import Body, BodyRole, Content, Contribution, Place, Sector
    from bandung.register.iati.mapping import Terms
    from bandung.register.iati.parsing import Element

WHOLE = Decimal(100)
CENT = Decimal("0.01")
UNSPECIFIED_REGION = "998"
GOVERNMENT = "10"
OTHER_RESULT = "9"
POINTS = "http://www.opengis.net/def/crs/EPSG/0/4326"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Reporter:
    """The organisation that reports: of which member, and as IATI knows it.

    Attributes
    ----------
    member : str
        ISO 3166-1 alpha-3.
    reference : str
        Its IATI organisation identifier, as in ``"BR-GOV-35000"``.
    name : str
    kind : str
        Code of IATI's organisation types.
    """

    member: str
    reference: str
    name: str
    kind: str = GOVERNMENT


@dataclass(frozen=True, slots=True)
class Item:
    """An activity to write.

    Attributes
    ----------
    identifier : str
        Its IATI identifier; it should begin with the reporter's reference and a hyphen.
    content : Content
    reporter : Reporter
    updated : datetime.datetime, optional
        When the account last changed.
    """

    identifier: str
    content: Content
    reporter: Reporter
    updated: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """How many activities a file got, and which were refused."""

    count: int
    refused: tuple[Refusal, ...]


class _MissingError(Exception):
    """What IATI demands and an account does not say."""


def write(
    items: Iterable[Item],
    out: BinaryIO,
    *,
    generated: dt.datetime,
    language: str = "en",
    terms: Mapping[str, Terms] | None = None,
) -> Written:
    """Write accounts as a file of IATI activities, one after another.

    Parameters
    ----------
    items
        Each is taken only when the one before it is written.
    out
        Open for writing bytes.
    generated
        The moment of writing: nothing dated after it is called a fact.
    language
        Of the names of countries, and the default of activities without a title in any language.
    terms
        What IATI has to say about each modality; default: those that ship with the register.

    Returns
    -------
    Written

    Raises
    ------
    InputError
        No activity can be written; nothing was.
    """
    moment = generated.astimezone(dt.UTC) if generated.tzinfo else generated.replace(tzinfo=dt.UTC)
    writer = _Writer(moment, language, terms if terms is not None else mapping.shipped_terms())
    elements = writer.elements(items)
    first = next(elements, None)
    if first is None:
        reasons = "; ".join(f"{item.identifier}: {item.reason}" for item in writer.refused[:3])
        told = _("there is no activity that can be written.")
        raise InputError(f"{told} {reasons}".strip())
    root = {"version": standard.VERSION, "generated-datetime": _stamp(moment)}
    count = 1
    with etree.xmlfile(out, encoding="utf-8") as file:
        file.write_declaration()
        with file.element("iati-activities", root, nsmap=own.SPACES):
            file.write(first, pretty_print=True)
            for element in elements:
                file.write(element, pretty_print=True)
                count += 1
    return Written(count, tuple(writer.refused))


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class _Writer:
    def __init__(self, moment: dt.datetime, language: str, terms: Mapping[str, Terms]) -> None:
        self.moment = moment
        self.language = language if language in LANGUAGES else "en"
        self.terms = terms
        self.refused: list[Refusal] = []
        self.seen: set[str] = set()

    def elements(self, items: Iterable[Item]) -> Iterator[Element]:
        """Yield the element of each item that can be written."""
        for item in items:
            identifier = item.identifier.strip()
            try:
                element = self.activity(item, identifier)
            except _MissingError as error:
                self.refused.append(Refusal(identifier, str(error)))
                continue
            self.seen.add(identifier)
            yield element

    def activity(self, item: Item, identifier: str) -> Element:
        """Return the element of an activity."""
        content, reporter = item.content, item.reporter
        _check(item, identifier, self.moment.date())
        if identifier in self.seen:
            raise _MissingError(_("its identifier is that of an activity already in the file"))
        language = next((code for code, text in content.titles.items() if text), self.language)
        activity = etree.Element("iati-activity", {LANG: language}, nsmap=own.SPACES)
        if item.updated:
            updated = item.updated if item.updated.tzinfo else item.updated.replace(tzinfo=dt.UTC)
            if updated <= self.moment:
                activity.set("last-updated-datetime", _stamp(updated))
        _add(activity, "iati-identifier").text = identifier
        reporting = _add(
            activity, "reporting-org", ref=reporter.reference.strip(), type=reporter.kind
        )
        _add(reporting, "narrative").text = reporter.name.strip()
        _narratives(_add(activity, "title"), content.titles)
        _descriptions(activity, content)
        self._bodies(activity, content, reporter.member)
        _add(activity, "activity-status", code=mapping.CODE_OF_STATUS[content.status])
        for code, name in mapping.DATE_TYPES.items():
            day: dt.date | None = getattr(content, name)
            if day:
                _add(activity, "activity-date", {"type": code, "iso-date": day.isoformat()})
        _recipients(activity, content, reporter.member)
        for place in content.places:
            _location(activity, place)
        _sectors(activity, content.sectors)
        _tags(activity, content)
        statement = etree.Element(own.STATEMENT, nsmap=own.SPACES)
        add_flows(activity, statement, content, reporter.member, self.moment.date(), self.terms)
        _results(activity, statement, content)
        _statement(activity, statement, item, identifier)
        return activity

    def _bodies(self, activity: Element, content: Content, member: str) -> None:
        """Write the bodies, and the members that give: IATI has no other place for these."""
        for body in content.bodies:
            _body(activity, body)
        givers = {
            "provides": [member],
            "receives": list(content.partners),
            "both": [member, *content.partners],
            "facilitates": [member],
        }[content.role]
        role: BodyRole = "extending" if content.role == "facilitates" else "funding"
        named = {item.provider for item in content.contributions if _has_provider(item)}
        for code in givers:
            if named and code not in named and content.bodies and role == "funding":
                continue
            party = _add(
                activity,
                "participating-org",
                {"type": GOVERNMENT, "role": mapping.CODE_OF_BODY_ROLE[role], own.PARTY: code},
            )
            narrative = _add(party, "narrative", {LANG: self.language})
            narrative.text = countries.name(code, self.language)
        if activity.find("participating-org") is None:
            raise _MissingError(_("it names no partner and no body that takes part"))


def _has_provider(item: Contribution) -> bool:
    return bool(item.provider or item.provider_name)


def _add(
    parent: Element, tag: str, attributes: dict[str, str] | None = None, **more: str
) -> Element:
    return etree.SubElement(parent, tag, {**(attributes or {}), **more})


def _check(item: Item, identifier: str, today: dt.date) -> None:
    """Refuse what IATI demands and the account does not say."""
    content, reporter = item.content, item.reporter
    reference = reporter.reference.strip()
    start, end = content.actual_start, content.actual_end
    problems = {
        _("it has no IATI identifier"): not identifier,
        _("its reporting agency has no IATI organisation identifier"): not reference,
        _("its reporting agency has no name"): not reporter.name.strip(),
        _("its identifier is that of its reporting agency"): identifier == reference,
        _("it has no title"): not any(content.titles.values()),
        _("it has neither a planned nor an actual start"): content.start is None,
        _("its actual start, %(day)s, is yet to come") % {"day": start}: bool(
            start and start > today
        ),
        _("its actual end, %(day)s, is yet to come") % {"day": end}: bool(end and end > today),
        _("it has no sector"): not content.sectors,
        _("one of its bodies has neither a name nor an identifier"): any(
            not body.name and not body.reference for body in content.bodies
        ),
    }
    found = [problem for problem, holds in problems.items() if holds]
    told = "".join((identifier, reporter.name, reference, *_texts(content.record())))
    forbidden = _FORBIDDEN.search(told)
    if forbidden:
        found.append(
            _("a text has the character %(code)s, which XML cannot carry")
            % {"code": f"U+{ord(forbidden[0]):04X}"}
        )
    if found:
        raise _MissingError("; ".join(found))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _narratives(parent: Element, texts: dict[str, str]) -> None:
    for language, text in texts.items():
        narrative = _add(parent, "narrative", {LANG: language})
        if text:
            narrative.text = text
        else:
            narrative.set(own.BLANK, "1")


def _descriptions(activity: Element, content: Content) -> None:
    """Write the description; IATI demands one, so that without any the title is repeated."""
    if any(content.descriptions.values()):
        _narratives(_add(activity, "description", type="1"), content.descriptions)
        return
    _narratives(_add(activity, "description", {"type": "1", own.REPEATS: "1"}), content.titles)


def _body(activity: Element, body: Body) -> None:
    element = _add(activity, "participating-org", role=mapping.CODE_OF_BODY_ROLE[body.role])
    if body.reference:
        element.set("ref", body.reference)
    if re.fullmatch(r"[0-9]{2}", body.kind):
        element.set("type", body.kind)
    elif body.kind:
        element.set(own.KIND, body.kind)
    element.set(own.COUNTRY, body.country or "")
    if body.name:
        _add(element, "narrative").text = body.name


def _recipients(activity: Element, content: Content, member: str) -> None:
    """Write who receives; several without stated shares are divided equally and marked so."""
    partners = [code for code in content.partners if code != member]
    if content.role == "receives":
        recipients = [member]
    elif content.role == "both":
        recipients = [member, *partners]
    else:
        named = [item.receiver for item in content.contributions if item.receiver]
        gets = set(named) & set(partners) if content.role == "facilitates" else set()
        recipients = [code for code in partners if code in gets] or partners
    if not recipients:
        _add(activity, "recipient-region", vocabulary="1", code=UNSPECIFIED_REGION)
        return
    for code, share in zip(recipients, equal_shares(len(recipients)), strict=True):
        element = _add(activity, "recipient-country", code=names.alpha2(code))
        if len(recipients) > 1:
            element.set("percentage", own.text(share))
            element.set(own.SHARE, "")


def equal_shares(count: int) -> list[Decimal]:
    """Return percentages as equal as two decimals allow; their sum is 100.

    Examples
    --------
    >>> [str(share) for share in equal_shares(3)]
    ['33.34', '33.33', '33.33']
    """
    each = (WHOLE / count).quantize(CENT, rounding=ROUND_DOWN)
    over = int((WHOLE - each * count) / CENT)
    return [each + CENT if place < over else each for place in range(count)]


def _location(activity: Element, place: Place) -> None:
    location = _add(activity, "location")
    if place.name:
        _add(_add(location, "name"), "narrative").text = place.name
    if place.country:
        _add(
            location,
            "administrative",
            vocabulary="A4",
            level="0",
            code=names.alpha2(place.country),
        )
    if place.latitude is not None and place.longitude is not None:
        point = _add(location, "point", srsName=POINTS)
        _add(point, "pos").text = f"{own.text(place.latitude)} {own.text(place.longitude)}"
    elif place.latitude is not None:
        location.set(own.LATITUDE, own.text(place.latitude))
    elif place.longitude is not None:
        location.set(own.LONGITUDE, own.text(place.longitude))


def _sectors(activity: Element, sectors: tuple[Sector, ...]) -> None:
    """Write sectors; shares not stated, or not whole, are divided equally and marked so."""
    shares: dict[str, Iterator[Decimal]] = {}
    stated: dict[str, bool] = {}
    alone: set[str] = set()
    for vocabulary in {sector.vocabulary for sector in sectors}:
        group = [sector.share for sector in sectors if sector.vocabulary == vocabulary]
        known = [share for share in group if share is not None]
        stated[vocabulary] = len(known) == len(group) and sum(known) == WHOLE
        shares[vocabulary] = iter(equal_shares(len(group)))
        if len(group) == 1:
            alone.add(vocabulary)
    for sector in sectors:
        element = _sector(activity, sector)
        share = next(shares[sector.vocabulary])
        if stated[sector.vocabulary]:
            element.set("percentage", own.text(sector.share))
        elif sector.vocabulary not in alone:
            element.set("percentage", own.text(share))
            element.set(own.SHARE, own.text(sector.share))
        elif sector.share is not None:
            element.set(own.SHARE, own.text(sector.share))


def _sector(activity: Element, sector: Sector) -> Element:
    if sector.vocabulary in {"crs", "dac3"}:
        vocabulary = "1" if sector.vocabulary == "crs" else "2"
        return _add(activity, "sector", vocabulary=vocabulary, code=sector.code)
    isic = sector.vocabulary == "isic"
    element = _add(
        activity,
        "sector",
        {
            "vocabulary": "99" if isic else "98",
            "vocabulary-uri": own.ISIC_URI if isic else own.OWN_SECTOR_URI,
            "code": sector.code,
        },
    )
    _add(element, "narrative", {LANG: "en"}).text = f"ISIC {sector.code}" if isic else sector.code
    return element


def _tags(activity: Element, content: Content) -> None:
    for code in content.targets:
        if re.fullmatch(r"(1[0-7]|[1-9])(\.[0-9a-z]{1,2})?", code):
            _add(activity, "tag", vocabulary="3" if "." in code else "2", code=code)
        else:
            uri = own.TARGET_URI
            _add(activity, "tag", {"vocabulary": "99", "vocabulary-uri": uri, "code": code})
    for code in dict.fromkeys(item.modality for item in content.contributions):
        uri = own.MODALITY_URI
        _add(activity, "tag", {"vocabulary": "99", "vocabulary-uri": uri, "code": code})
    for code, name in mapping.MARKERS.items():
        significance = getattr(content, name)
        if significance is not None:
            _add(
                activity,
                "policy-marker",
                vocabulary="1",
                code=code,
                significance=str(significance),
            )


def _results(activity: Element, statement: Element, content: Content) -> None:
    for position, item in enumerate(content.results):
        if not any(item.title.values()):
            own.add_result(statement, item, position, titled=True)
            continue
        result = _add(activity, "result", type=OTHER_RESULT)
        _narratives(_add(result, "title"), item.title)
        indicator = _add(result, "indicator", measure="2" if item.unit == "%" else "1")
        _narratives(_add(indicator, "title"), item.title)
        if item.period_start and item.period_end:
            period = _add(indicator, "period")
            _add(period, "period-start", {"iso-date": item.period_start.isoformat()})
            _add(period, "period-end", {"iso-date": item.period_end.isoformat()})
            for tag, value in (("target", item.target), ("actual", item.actual)):
                if value is not None:
                    _add(period, tag, value=own.text(value))
        own.add_result(result, item, position, titled=False)


def _statement(activity: Element, statement: Element, item: Item, identifier: str) -> None:
    content = item.content
    statement.set("member", item.reporter.member)
    statement.set("role", content.role)
    if content.partners:
        statement.set("partners", " ".join(content.partners))
    if content.identifier != identifier:
        statement.set("identifier", content.identifier)
    for code in content.reported_elsewhere:
        _add(statement, own.ELSEWHERE, code=code)
    for document in content.documents:
        own.add_document(statement, document)
    activity.append(statement)

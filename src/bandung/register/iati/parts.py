"""Parts of an activity other than its flows: sectors, tags, places, bodies, results, documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from bandung.register.content import MAX_NAME, Body, Document, Place, Result, Sector
from bandung.register.iati import mapping, names, own, values
from bandung.register.translation import gettext as _

if TYPE_CHECKING:
    from decimal import Decimal

    from bandung.register.iati.parsing import Element
    from bandung.register.iati.values import Notebook

Vocabulary = Literal["crs", "dac3", "isic", "own"]
MAX_CODE = 40
MAX_URL = 2_000
MAX_PERIODS = 2_000


def sectors(activity: Element, book: Notebook) -> tuple[Sector, ...]:
    """Return the sectors of an activity, or those of its transactions where it has none."""
    found = [
        sector
        for element in activity.iterfind("sector")
        if _vocabulary(element) not in mapping.SDG_SECTORS
        and (sector := _sector(element, book)) is not None
    ]
    if not found:
        inner = (_sector(element, book) for element in activity.iterfind("transaction/sector"))
        found = list({(item.vocabulary, item.code): item for item in inner if item}.values())
    elif activity.find("transaction/sector") is not None:
        book.left_out["sector of a transaction"] += len(activity.findall("transaction/sector"))
    return tuple(found)


def _vocabulary(element: Element, default: str = "1") -> str:
    return (element.get("vocabulary") or default).strip()


def _sector(element: Element, book: Notebook) -> Sector | None:
    code = (element.get("code") or "").strip()
    if not code:
        book.left_out["sector without a code"] += 1
        return None
    stated = _vocabulary(element)
    uri = element.get("vocabulary-uri")
    share = _share(element, book)
    vocabulary = _SECTORS.get((stated, uri)) or mapping.SECTOR_VOCABULARIES.get(stated)
    if stated == "1" and re.fullmatch(r"\d{3}", code):
        book.note(
            element,
            _("sector %(code)s has three digits; it was read as one of vocabulary 2")
            % {"code": code},
        )
        vocabulary = "dac3"
    if vocabulary is None:
        vocabulary = "own"
        code = code if stated == "99" else f"{stated}:{code}"
        if element.find("narrative") is not None:
            book.left_out["name of a sector"] += 1
    kept = values.fitting(code, element, book, MAX_CODE)
    return Sector(vocabulary=vocabulary, code=kept, share=share)


_SECTORS: dict[tuple[str, str | None], Vocabulary] = {
    ("99", own.ISIC_URI): "isic",
    ("98", own.OWN_SECTOR_URI): "own",
}


def _share(element: Element, book: Notebook) -> Decimal | None:
    stated = element.get(own.SHARE)
    text = element.get("percentage") if stated is None else stated
    if not (text or "").strip():
        return None
    share = values.number((text or "").strip().removesuffix("%"))
    if share is None or not 0 <= share <= 100:
        book.left_out["percentage that is none"] += 1
        book.note(
            element,
            _("the percentage '%(value)s' is none between 0 and 100; it was left out")
            % {"value": text},
        )
        return None
    return share


def targets(activity: Element, book: Notebook, *, ours: bool) -> tuple[str, ...]:
    """Return goals and targets of sustainable development, from tags and from sectors."""
    found: list[str] = []
    for element in activity.iterfind("tag"):
        code, vocabulary = (element.get("code") or "").strip(), _vocabulary(element, "")
        uri = element.get("vocabulary-uri")
        if code and (vocabulary in mapping.SDG_TAGS or uri == own.TARGET_URI):
            found.append(code[:MAX_CODE])
        elif uri != own.MODALITY_URI:
            book.left_out[f"tag of vocabulary {vocabulary or 'unknown'}"] += 1
    for element in activity.iterfind("sector"):
        code = (element.get("code") or "").strip()
        if code and _vocabulary(element) in mapping.SDG_SECTORS:
            found.append(code[:MAX_CODE])
    return tuple(found) if ours else tuple(dict.fromkeys(found))


def markers(activity: Element, book: Notebook) -> dict[str, int]:
    """Return the markers of climate change that are stated."""
    found: dict[str, int] = {}
    for element in activity.iterfind("policy-marker"):
        which = mapping.MARKERS.get((element.get("code") or "").strip())
        significance = (element.get("significance") or "").strip()
        if which is None or _vocabulary(element) != "1":
            book.left_out["policy marker other than climate change"] += 1
        elif significance in mapping.SIGNIFICANCE:
            found.setdefault(which, mapping.SIGNIFICANCE[significance])
        else:
            book.left_out["policy marker without significance"] += 1
    return found


def places(activity: Element, book: Notebook) -> tuple[Place, ...]:
    """Return the locations of an activity."""
    found = []
    for element in activity.iterfind("location"):
        latitude, longitude = _point(element, book)
        found.append(
            Place(
                name=values.one_text(element.find("name"), book),
                country=_country_of_place(element),
                latitude=latitude,
                longitude=longitude,
            )
        )
        for extra in ("description", "activity-description", "feature-designation"):
            if element.find(extra) is not None:
                book.left_out[f"location/{extra}"] += 1
        if element.find("location-id") is not None:
            book.left_out["location/location-id"] += len(element.findall("location-id"))
    return tuple(found)


def _country_of_place(element: Element) -> str | None:
    for coded in (*element.iterfind("administrative"), *element.iterfind("location-id")):
        if coded.get("vocabulary") == "A4":
            return names.member(coded.get("code") or "")
    return None


def _point(element: Element, book: Notebook) -> tuple[Decimal | None, Decimal | None]:
    alone = values.number(element.get(own.LATITUDE)), values.number(element.get(own.LONGITUDE))
    text = (element.findtext("point/pos") or "").strip()
    if not text:
        return alone
    parts = [values.number(part) for part in re.split(r"[\s,;]+", text)]
    if len(parts) == 2 and parts[0] is not None and parts[1] is not None:
        latitude, longitude = parts[0], parts[1]
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            return latitude, longitude
    book.left_out["location/point that is none"] += 1
    book.note(
        element,
        _("the point '%(value)s' is no latitude and longitude; it was left out") % {"value": text},
    )
    return None, None


def bodies(activity: Element, book: Notebook) -> tuple[Body, ...]:
    """Return the organisations that take part; the parties that we wrote in are no bodies."""
    found = []
    for element in activity.iterfind("participating-org"):
        if element.get(own.PARTY):
            continue
        name, reference = values.one_text(element, book), (element.get("ref") or "").strip()
        role = mapping.BODY_ROLE_OF.get((element.get("role") or "").strip())
        if not name and not reference:
            book.left_out["participating-org without a name"] += 1
            continue
        if role is None:
            book.note(
                element,
                _("the role of '%(name)s' is not in IATI's list; it was read as implementing")
                % {"name": name or reference},
            )
        code = element.get(own.COUNTRY)
        found.append(
            Body(
                name=name,
                role=role or "implementing",
                reference=values.fitting(reference, element, book),
                kind=(element.get(own.KIND) or element.get("type") or "").strip()[:MAX_CODE],
                country=(code or None) if code is not None else names.organisation(name, reference),
            )
        )
    return tuple(found)


def results(activity: Element, book: Notebook) -> tuple[Result, ...]:
    """Return the results: one for each period of each indicator."""
    ours: list[tuple[int, Result]] = [
        (own.position_of(element), own.result(element))
        for element in activity.iterfind(f"{own.STATEMENT}/{own.RESULT}")
    ]
    found: list[Result] = []
    for element in activity.iterfind("result"):
        mine = element.find(own.RESULT)
        titles = values.texts(element.find("title"), book, MAX_NAME)
        if mine is not None:
            ours.append((own.position_of(mine), own.result(mine, titles)))
            continue
        for extra in ("description", "document-link", "reference"):
            if element.find(f".//{extra}") is not None:
                book.left_out[f"result/{extra}"] += len(element.findall(f".//{extra}"))
        for indicator in element.iterfind("indicator"):
            found.extend(_indicator(indicator, titles, book))
        if element.find("indicator") is None and titles:
            found.append(Result(title=titles))
    ours.sort(key=lambda pair: pair[0])
    return (*(result for _, result in ours), *found)


def _indicator(indicator: Element, titles: dict[str, str], book: Notebook) -> list[Result]:
    whole = _joined(titles, values.texts(indicator.find("title"), book, MAX_NAME), indicator, book)
    unit = "%" if indicator.get("measure") == "2" else ""
    baseline = _measure(indicator, "baseline", book)
    periods = indicator.findall("period")
    if not periods:
        return [Result(title=whole, unit=unit, baseline=baseline)]
    found = []
    for period in periods[:MAX_PERIODS]:
        start = values.date(period.find("period-start"), book)
        end = values.date(period.find("period-end"), book)
        found.append(
            Result(
                title=whole,
                unit=unit,
                baseline=baseline,
                target=_measure(period, "target", book),
                actual=_measure(period, "actual", book),
                period_start=start,
                period_end=end,
            )
        )
    return found


def _joined(
    titles: dict[str, str], inner: dict[str, str], element: Element, book: Notebook
) -> dict[str, str]:
    both = {**titles}
    for language, text in inner.items():
        above = titles.get(language, "")
        whole = text if not above or above == text else f"{above}: {text}"
        both[language] = values.fitting(whole, element, book)
    return both


def _measure(holder: Element, tag: str, book: Notebook) -> Decimal | None:
    elements = holder.findall(tag)
    if not elements:
        return None
    if len(elements) > 1:
        book.left_out[f"further {tag} of a result"] += len(elements) - 1
    text = (elements[0].get("value") or "").strip()
    found = values.number(text)
    if text and found is None:
        book.left_out[f"{tag} of a result that is no number"] += 1
    return found


def documents(activity: Element, book: Notebook) -> tuple[Document, ...]:
    """Return the documents."""
    found = [
        own.document(element) for element in activity.iterfind(f"{own.STATEMENT}/{own.DOCUMENT}")
    ]
    for element in activity.iterfind("document-link"):
        url = _url(element, book)
        try:
            found.append(
                Document(
                    title=values.texts(element.find("title"), book, MAX_NAME),
                    url=url,
                    format=(element.get("format") or "").strip()[:MAX_NAME],
                )
            )
        except ValidationError:
            book.left_out["document-link without a web address"] += 1
            book.note(
                element,
                _("the address '%(address)s' is none of the web; it was left out")
                % {"address": url[:80]},
            )
            continue
        for extra in ("category", "description", "language", "document-date"):
            if element.find(extra) is not None:
                book.left_out[f"document-link/{extra}"] += len(element.findall(extra))
    return tuple(found)


def _url(element: Element, book: Notebook) -> str:
    stated = (element.get("url") or "").strip()
    url = re.sub(r"\s", "%20", stated)
    if url.startswith("www."):
        url = f"http://{url}"
    if url != stated:
        book.note(
            element,
            _("the address '%(stated)s' was read as '%(address)s'")
            % {"stated": stated[:80], "address": url[:80]},
        )
    return url[: MAX_URL + 1]

"""The values of the form's fields for a content, and the content's values for the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bandung.register.content import Content, Contribution, Document, Result

Values = dict[str, Any]
DATES = ("planned_start", "planned_end", "actual_start", "actual_end")
MIRRORED = {"provides", "receives"}
_CONTRIBUTION = (
    "key", "modality", "stage", "provider", "provider_name", "receiver", "receiver_name",
    "quantity", "unit", "currency", "period_start", "period_end", "note", "exclusion", "reference",
)  # fmt: skip
_VALUATION = ("amount", "currency", "price_date", "method", "rate", "rate_source")
_RESULT = ("unit", "baseline", "target", "actual", "period_start", "period_end")


def form_values(content: Content | None, lang: str) -> dict[str, Any]:
    """Return what the form shows of a content: ``main`` and a list for each kind of row."""
    if content is None:
        main: Values = {"language": lang, "role": "provides", "status": "under_way"}
        empty = ("partners", "sectors", "texts", "targets", "places", "bodies")
        lists: dict[str, Any] = {name: [] for name in empty}
        return {"main": main, **lists, "contributions": [], "results": [], "documents": []}
    tongue = main_language(content, lang)
    others = sorted((content.titles.keys() | content.descriptions.keys()) - {tongue})
    return {
        "main": {
            "title": content.titles.get(tongue, ""),
            "description": content.descriptions.get(tongue, ""),
            "language": tongue,
            "role": content.role,
            "status": content.status,
            **{name: getattr(content, name) for name in DATES},
            **{name: _marker(getattr(content, name)) for name in ("adaptation", "mitigation")},
            "reported_elsewhere": list(content.reported_elsewhere),
            "identifier": content.identifier,
        },
        "partners": [{"code": code} for code in content.partners],
        "sectors": [_picked(item, ("vocabulary", "code", "share")) for item in content.sectors],
        "texts": [
            {
                "language": code,
                "title": content.titles.get(code, ""),
                "description": content.descriptions.get(code, ""),
            }
            for code in others
        ],
        "targets": [{"code": code} for code in content.targets],
        "places": [
            _picked(item, ("name", "country", "latitude", "longitude")) for item in content.places
        ],
        "bodies": [
            _picked(item, ("name", "role", "kind", "country", "reference"))
            for item in content.bodies
        ],
        "contributions": [_contribution(item) for item in content.contributions],
        "results": [
            {"origin": at, "title": _shown(item, lang)[1], **_picked(item, _RESULT)}
            for at, item in enumerate(content.results)
        ],
        "documents": [
            {"origin": at, "title": _shown(item, lang)[1], **_picked(item, ("url", "format"))}
            for at, item in enumerate(content.documents)
        ],
    }


def content_values(
    main: Mapping[str, Any], rows: Mapping[str, Sequence[Values]], base: Content, member: str
) -> Values:
    """Return the values of a content from what the fields say.

    Parameters
    ----------
    base
        The content before; what it says in languages that the form does not show is kept.
    member
        Whose statement it is, to fill in who gave to whom where that follows from the rest.
    """
    lang = main.get("language") or "en"
    titles = {lang: main["title"], **{r["language"]: r["title"] for r in rows["texts"]}}
    told = {lang: main["description"], **{r["language"]: r["description"] for r in rows["texts"]}}
    partners = tuple(dict.fromkeys(row["code"] for row in rows["partners"]))
    role = main.get("role") or "provides"
    return {
        "titles": {code: text for code, text in titles.items() if text},
        "descriptions": {code: text for code, text in told.items() if text},
        "role": role,
        "status": main.get("status") or "under_way",
        "partners": partners,
        **{name: main[name] for name in DATES},
        **{name: _number(main[name]) for name in ("adaptation", "mitigation")},
        "sectors": [_without_empty(r, ("vocabulary", "code", "share")) for r in rows["sectors"]],
        "targets": tuple(dict.fromkeys(row["code"] for row in rows["targets"])),
        "places": [
            _without_empty(row, ("name", "country", "latitude", "longitude"))
            for row in rows["places"]
        ],
        "bodies": [
            _without_empty(row, ("name", "role", "kind", "country", "reference"))
            for row in rows["bodies"]
        ],
        "contributions": [
            _with_parties(_said(row), role, member, partners) for row in rows["contributions"]
        ],
        "results": [
            {"title": _titles(row, base.results, lang), **_without_empty(row, _RESULT)}
            for row in rows["results"]
        ],
        "documents": [
            {
                "title": _titles(row, base.documents, lang),
                **_without_empty(row, ("url", "format")),
            }
            for row in rows["documents"]
        ],
        "reported_elsewhere": tuple(main["reported_elsewhere"]),
        "identifier": main["identifier"],
    }


def main_language(content: Content, lang: str) -> str:
    """Return the language of the title that the form shows first."""
    said = [code for code, text in content.titles.items() if text]
    for code in (lang, "en", *sorted(said)):
        if code in said:
            return code
    return lang


def _contribution(item: Contribution) -> Values:
    values = _picked(item, _CONTRIBUTION)
    if item.valuation is not None:
        values |= {f"valuation_{name}": getattr(item.valuation, name) for name in _VALUATION}
    return values


def _said(row: Values) -> Values:
    values = _without_empty(row, _CONTRIBUTION)
    values.setdefault("modality", "")
    if row["valuation_amount"] is not None:
        values["valuation"] = {
            name: row[f"valuation_{name}"]
            for name in _VALUATION
            if row[f"valuation_{name}"] not in (None, "")
        }
    return values


def _with_parties(values: Values, role: str, member: str, partners: tuple[str, ...]) -> Values:
    """Fill in who gave and who received where one's own part and a single partner say it."""
    sides = ("provider", "receiver")
    known = {side: values.get(side) or values.get(f"{side}_name") for side in sides}
    if len(partners) != 1:
        return values
    other = partners[0]
    if not any(known.values()) and role in MIRRORED:
        mine, theirs = sides if role == "provides" else sides[::-1]
        values |= {mine: member, theirs: other}
    for side, across in (sides, sides[::-1]):
        if known[across] in {member, other} and not known[side]:
            values[side] = other if known[across] == member else member
    return values


def _titles(row: Values, before: Sequence[Result | Document], lang: str) -> dict[str, str]:
    """Return a title in the languages it was given in, the one that is shown as typed now."""
    origin = row.get("origin")
    if origin is None or not 0 <= origin < len(before):
        return {lang: row["title"]} if row["title"] else {}
    old = before[origin]
    tongue = next((code for code, text in old.title.items() if text == row["title"]), "")
    if tongue:
        return dict(old.title)
    shown = _shown(old, lang)[0]
    return {**old.title, shown: row["title"]}


def _shown(item: Result | Document, lang: str) -> tuple[str, str]:
    for code in (lang, "en", *sorted(item.title)):
        if item.title.get(code):
            return code, item.title[code]
    return lang, ""


def _picked(item: object, names: Sequence[str]) -> Values:
    return {name: getattr(item, name) for name in names}


def _without_empty(row: Values, names: Sequence[str]) -> Values:
    return {name: row[name] for name in names if row.get(name) not in (None, "")}


def _marker(value: int | None) -> str:
    return "" if value is None else str(value)


def _number(text: str) -> int | None:
    return int(text) if text else None

"""Rules of an IATI ruleset: each asks something of one element of a document.

A rule's case is a JSON object whose paths are XPath 1.0 relative to the element; what the fields
mean is said in IATI's rulesets repository.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from lxml import etree

from bandung.register.iati import parsing
from bandung.register.iati.parsing import SPACE, Element

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

XML = {"xml": SPACE.strip("{}")}
MONEY_TAGS = ("value", "forecast", "loan-status")
LONGEST_BUDGET_DAYS = 365
SUM_PLACES = Decimal("0.0001")

Case = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """What a run of rules is told about the world: today, and the identifiers that are known.

    Attributes
    ----------
    now : datetime.datetime
        With its time zone.
    prefixes : frozenset of str
        Codes of registration agencies, as in ``"XM-DAC"``; empty where no list is known, and then
        rules on them are not asked.
    """

    now: dt.datetime
    prefixes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that an element breaks."""

    element: Element
    rule: str
    case: Case


@lru_cache(maxsize=2_000)
def _path(text: str) -> etree.XPath:
    return etree.XPath(text, namespaces=XML)


def select(path: str, element: Element) -> list[Any]:
    """Return what an XPath selects below an element, as a list."""
    found = _path(path)(element)
    return found if isinstance(found, list) else [found]


def holds(path: str, element: Element) -> bool:
    """Return what an XPath says as true or false."""
    return bool(_path(f"boolean({path})")(element))


def text_of(node: object) -> str:
    """Return the text of what an XPath selected."""
    return node if isinstance(node, str) else str(etree.XPath("string()")(cast("Element", node)))


def breaches(
    document: etree._ElementTree, rules: dict[str, Any], moment: Moment
) -> Iterator[Breach]:
    """Yield every rule that an element of a document breaks."""
    for context, by_name in rules.items():
        found = _contexts(document, context)
        for element in found:
            for name, block in by_name.items():
                for case in block["cases"]:
                    yield from _tried(name, case, element, moment)


def _contexts(document: etree._ElementTree, context: str) -> list[Element]:
    found: list[Element] = []
    for path in context.split(" | "):
        found.extend(parsing.select(document, path))
    return found


def _tried(name: str, case: Case, element: Element, moment: Moment) -> Iterator[Breach]:
    if name == "loop":
        values = dict.fromkeys(text_of(found) for found in select(case["foreach"], element))
        for value in values:
            for rule, block in case["do"].items():
                for inner in block["cases"]:
                    yield from _tried(rule, _filled(inner, value), element, moment)
        return
    rule = RULES.get(name)
    if rule is None or not _applies(case, element):
        return
    if not rule(case, element, moment):
        yield Breach(element, name, case)


def _filled(value: Any, text: str) -> Any:  # noqa: ANN401 - JSON
    """Put the loop's value wherever a case names ``$1``; its name for the rule stays."""
    if isinstance(value, str):
        return value.replace("$1", text.replace("'", ""))
    if isinstance(value, list):
        return [_filled(item, text) for item in value]
    if isinstance(value, dict):
        return {
            key: item if key == "ruleInfo" else _filled(item, text) for key, item in value.items()
        }
    return value


def _applies(case: Case, element: Element) -> bool:
    return "condition" not in case or holds(case["condition"], element)


def _found(case: Case, element: Element) -> list[Any]:
    return [node for path in case["paths"] for node in select(path, element)]


def _texts(case: Case, element: Element) -> list[str]:
    return [text_of(node) for node in _found(case, element)]


def _no_more_than_one(case: Case, element: Element, _: Moment) -> bool:
    return len(_found(case, element)) <= 1


def _atleast_one(case: Case, element: Element, _: Moment) -> bool:
    return len(_found(case, element)) >= 1


def _only_one_of(case: Case, element: Element, _: Moment) -> bool:
    """Either what is excluded stands there and none of the paths, or at most one of the paths."""
    found = len(_found(case, element))
    others = any(select(path, element) for path in case["excluded"])
    return found == 0 if others else found <= 1


def _one_or_all(case: Case, element: Element, _: Moment) -> bool:
    if select(case["one"], element):
        return True
    every = case["all"]
    if every == "lang":
        return all(item.get(f"{SPACE}lang") for item in element.iter("narrative"))
    if every == "currency":
        return all(item.get("currency") for item in element.iter(*MONEY_TAGS))
    return all(select(every, transaction) for transaction in element.iterfind("transaction"))


def _dependent(case: Case, element: Element, _: Moment) -> bool:
    there = [bool(select(path, element)) for path in case["paths"]]
    return all(there) or not any(there)


def _sum(case: Case, element: Element, moment: Moment) -> bool:
    return not _found(case, element) or _strict_sum(case, element, moment)


def _strict_sum(case: Case, element: Element, _: Moment) -> bool:
    numbers = [_number(text) for text in _texts(case, element)]
    if any(number is None for number in numbers):
        return False
    total = sum((number for number in numbers if number is not None), Decimal(0))
    return total.quantize(SUM_PLACES) == Decimal(str(case["sum"]))


def _range(case: Case, element: Element, _: Moment) -> bool:
    least, most = case.get("min"), case.get("max")
    for text in _texts(case, element):
        number = _number(text)
        if number is None:
            return False
        if least is not None and number < Decimal(str(least)):
            return False
        if most is not None and number > Decimal(str(most)):
            return False
    return True


def _no_percent(case: Case, element: Element, _: Moment) -> bool:
    return not any("%" in text for text in _texts(case, element))


def _date_order(case: Case, element: Element, moment: Moment) -> bool:
    less, more = _date(case["less"], element, moment), _date(case["more"], element, moment)
    return less is None or more is None or less <= more


def _all_dates_before_now(case: Case, element: Element, moment: Moment) -> bool:
    dates = [day(text_of(node)) for node in select(case["less"], element)]
    return all(found is None or found <= moment.now for found in dates)


def _order(case: Case, element: Element, moment: Moment) -> bool:
    if case["more"] == "NOW":
        return _all_dates_before_now(case, element, moment)
    return _date_order(case, element, moment)


def _date_now(case: Case, element: Element, moment: Moment) -> bool:
    found = _date(case["date"], element, moment)
    return found is None or found <= moment.now


def _time_limit(case: Case, element: Element, moment: Moment) -> bool:
    start, end = _date(case["start"], element, moment), _date(case["end"], element, moment)
    return start is None or end is None or (end - start).days <= LONGEST_BUDGET_DAYS


def _between_dates(case: Case, element: Element, moment: Moment) -> bool:
    start, end = _date(case["start"], element, moment), _date(case["end"], element, moment)
    dates = [day(text_of(node)) for node in select(case["date"], element)]
    return all(
        found is None or ((start is None or start <= found) and (end is None or found <= end))
        for found in dates
    )


def _regex_matches(case: Case, element: Element, _: Moment) -> bool:
    pattern = re.compile(case["regex"])
    return all(not text or pattern.search(text) for text in _texts(case, element))


def _regex_no_matches(case: Case, element: Element, _: Moment) -> bool:
    pattern = re.compile(case["regex"])
    return not any(text and pattern.search(text) for text in _texts(case, element))


def _startswith(case: Case, element: Element, moment: Moment) -> bool:
    texts = _texts(case, element)
    starts = case.get("prefix") or [case["start"]]
    if starts == ["ORG-ID-PREFIX"]:
        known = moment.prefixes
        return not known or all("-".join(text.split("-")[:2]) in known for text in texts)
    separator = case.get("separator", "")
    allowed = [text_of(node) + separator for path in starts for node in select(path, element)]
    return all(any(text.startswith(start) for start in allowed) for text in texts)


def _unique(case: Case, element: Element, _: Moment) -> bool:
    texts = _texts(case, element)
    return len(texts) == len(set(texts))


def _evaluates_to_true(case: Case, element: Element, _: Moment) -> bool:
    paths: list[str] = case.get("eval") or case.get("paths") or []
    return all(holds(path, element) for path in paths)


def _if_then(case: Case, element: Element, _: Moment) -> bool:
    return not holds(case["if"], element) or holds(case["then"], element)


def _no_spaces(case: Case, element: Element, _: Moment) -> bool:
    return all(text == text.strip() for text in _texts(case, element))


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _date(path: str, element: Element, moment: Moment) -> dt.datetime | None:
    if path == "NOW":
        return moment.now
    found = select(path, element)
    return day(text_of(found[0])) if found else None


def day(text: str) -> dt.datetime | None:
    """Return the moment that an XML Schema date or dateTime begins at; None if it is neither.

    Without a time zone, UTC is meant.

    Examples
    --------
    >>> day("2024-02-29Z"), day("2023-02-29"), day("2024-05-01T10:00:00+02:00")
    (datetime.datetime(2024, 2, 29, 0, 0, tzinfo=datetime.timezone.utc), None,
     datetime.datetime(2024, 5, 1, 8, 0, tzinfo=datetime.timezone.utc))
    """
    plain = text.strip()
    dated = re.fullmatch(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?", plain)
    if dated:
        plain = f"{dated[1]}T00:00:00{dated[2] or ''}"
    plain = re.sub(r"(\.\d{6})\d+", r"\1", plain)
    try:
        found = dt.datetime.fromisoformat(plain)
        return found.replace(tzinfo=found.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


RULES: dict[str, Callable[[Case, Element, Moment], bool]] = {
    "no_more_than_one": _no_more_than_one,
    "atleast_one": _atleast_one,
    "only_one_of": _only_one_of,
    "one_or_all": _one_or_all,
    "dependent": _dependent,
    "sum": _sum,
    "strict_sum": _strict_sum,
    "range": _range,
    "no_percent": _no_percent,
    "date_order": _order,
    "date_now": _date_now,
    "time_limit": _time_limit,
    "between_dates": _between_dates,
    "regex_matches": _regex_matches,
    "regex_no_matches": _regex_no_matches,
    "startswith": _startswith,
    "unique": _unique,
    "evaluates_to_true": _evaluates_to_true,
    "if_then": _if_then,
    "no_spaces": _no_spaces,
}

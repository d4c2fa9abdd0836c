"""Statements that may be about one activity, with the reasons: suggestions, never decisions.

Record linkage after Fellegi and Sunter (1969, doi:10.1080/01621459.1969.10501049), by splink on
an in-memory DuckDB. Each rule compares one thing and gives bits: log2 of how much more often
it comes out so for two statements of one activity (m) than for two taken at random (u). Their
sum and the prior make the probability.

The m and u are fixed and stand in `RULES`. They are not trained on the records at hand: a
register begins with a few dozen, expectation-maximisation on these finds whatever clusters there
are, and two members would weigh the same pair differently. The u were measured on the 1,354
projects of Brazil's agency 2005–2011 (random pairs; rounded up where rarer than the sample can
show); the m are our reading of how agencies repeat one another's entries, checked against
perturbed copies in tests.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from splink import DuckDBAPI, Linker, SettingsCreator

from bandung.register.linkage_features import Record, tables

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pyarrow as pa

__all__ = ["AT_LEAST", "RULES", "Level", "Reason", "Record", "Rule", "Suggestion", "suggest"]

AT_LEAST = 0.7
DUPLICATES_PER_RECORD = 0.2
MATCHES_PER_RECORD = 0.5
FEWEST_RECORDS = 50
"""Below so many records the prior no longer rises: a small register is not full of duplicates."""


class Level(NamedTuple):
    """One way a comparison can come out; `m` and `u` as above."""

    name: str
    condition: str
    m: float
    u: float

    @property
    def bits(self) -> float:
        """Weight of evidence, log2(m/u)."""
        return math.log2(self.m / self.u)


class Rule(NamedTuple):
    """What is compared; `unknown` is the condition under which it says nothing.

    `column` has what is shown with it.
    """

    name: str
    unknown: str
    levels: tuple[Level, ...]
    column: str


_SAME_LANGUAGE = "lang_l = lang_r"
_COMMON = "coalesce(list_sum(list_transform(list_intersect(meanings_l, meanings_r), {}), 0)"
_SHARED = _COMMON.format("lambda word: weights_l[word])")
_ALIKE = f"({_SHARED} / greatest(weight_l + weight_r - {_SHARED}, 1e-9))"
_LETTERS = "jaro_winkler_similarity(title_l, title_r)"
_FOUR_WORDS = "least(len(meanings_l), len(meanings_r)) >= 4"


def _meet(column: str, other: str = "") -> str:
    return f"len(list_intersect({column}_l, {other or column}_r)) > 0"


def _one_is_empty(column: str) -> str:
    return f"len({column}_l) = 0 or len({column}_r) = 0"


TITLE = Rule(
    "title",
    "len(meanings_l) = 0 or len(meanings_r) = 0",
    (
        Level("same", f"{_SAME_LANGUAGE} and title_l = title_r and {_FOUR_WORDS}", 0.2, 2e-5),
        Level("same_but_short", f"{_SAME_LANGUAGE} and title_l = title_r", 0.03, 1e-4),
        Level(
            "nearly_same",
            f"{_SAME_LANGUAGE} and ({_ALIKE} >= 0.75 or ({_ALIKE} >= 0.5 and {_LETTERS} >= 0.93))",
            0.14,
            1.5e-4,
        ),
        Level("similar", f"{_SAME_LANGUAGE} and {_ALIKE} >= 0.45", 0.08, 5e-4),
        Level("somewhat_similar", f"{_SAME_LANGUAGE} and {_ALIKE} >= 0.25", 0.03, 2.5e-3),
        Level("different", _SAME_LANGUAGE, 0.02, 0.49673),
        Level("similar_in_another_language", f"{_ALIKE} >= 0.5", 0.15, 1.5e-4),
        Level("somewhat_similar_in_another_language", f"{_ALIKE} >= 0.25", 0.15, 2.5e-3),
        Level("not_recognised_in_another_language", "ELSE", 0.2, 0.49735),
    ),
    "heading",
)
NUMBERS = Rule(
    "numbers",
    "len(numbers_l) = 0 and len(numbers_r) = 0",
    (
        Level("same", "numbers_l = numbers_r", 0.85, 0.4),
        Level("different", "ELSE", 0.15, 0.6),
    ),
    "numbers",
)
"""Phases, years and lots tell one of a series from the next. The title has counted them once, so
the weights are smaller than frequencies alone would make them."""
PARTIES = Rule(
    "parties",
    "len(parties_l) < 2 or len(parties_r) < 2",
    (
        Level("same", "parties_l = parties_r", 0.8, 0.04),
        Level("some_in_common", "len(list_intersect(parties_l, parties_r)) > 1", 0.17, 0.05),
        Level("different", "ELSE", 0.03, 0.91),
    ),
    "parties",
)
DATES = Rule(
    "dates",
    "start_l is null or start_r is null",
    (
        Level("within_a_month", "abs(start_l - start_r) <= 31", 0.65, 0.05),
        Level("within_half_a_year", "abs(start_l - start_r) <= 183", 0.17, 0.14),
        Level("within_two_years", "abs(start_l - start_r) <= 731", 0.13, 0.41),
        Level("years_apart", "ELSE", 0.05, 0.4),
    ),
    "start",
)
QUANTITIES = Rule(
    "quantities",
    f"not ({_meet('units')})",
    (
        Level("same", _meet("amounts"), 0.5, 0.01),
        Level("close", _meet("steps", "steps_near"), 0.2, 0.08),
        Level("different", "ELSE", 0.3, 0.91),
    ),
    "totals",
)
SUBJECT = Rule(
    "subject",
    f"not ({_meet('vocabularies')})",
    (
        Level("same", _meet("subjects"), 0.65, 0.05),
        Level("same_field", _meet("fields"), 0.2, 0.1),
        Level("different", "ELSE", 0.15, 0.85),
    ),
    "subjects",
)
REFERENCE = Rule(
    "reference",
    _one_is_empty("marks"),
    (
        Level("same", _meet("marks"), 0.4, 0.001),
        Level("different", "ELSE", 0.6, 0.999),
    ),
    "marks",
)
PLACE = Rule(
    "place",
    _one_is_empty("places"),
    (Level("same", _meet("places"), 0.5, 0.04), Level("different", "ELSE", 0.5, 0.96)),
    "places",
)
BODY = Rule(
    "body",
    _one_is_empty("bodies"),
    (Level("same", _meet("bodies"), 0.4, 0.08), Level("different", "ELSE", 0.6, 0.92)),
    "bodies",
)
AGENCY = Rule(
    "agency",
    "agency_l = '' or agency_r = '' or member_l <> member_r",
    (
        Level("different", "agency_l <> agency_r", 0.8, 0.6),
        Level("same", "ELSE", 0.2, 0.4),
    ),
    "agency",
)
RULES = (TITLE, NUMBERS, PARTIES, DATES, QUANTITIES, SUBJECT, REFERENCE, PLACE, BODY, AGENCY)
_BLOCKS = (
    "l.keys = r.keys and l.record <> r.record and (l.activity = '' or l.activity <> r.activity) "
    "and (l.lang = r.lang or len(list_intersect(l.langs, r.langs)) = 0)"
)
"""Across languages only where there is no common one."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What one rule found, for a page to say in words.

    Attributes
    ----------
    rule, level
        Names in `RULES`, as in ``("dates", "within_a_month")``.
    bits
        Weight of evidence; negative speaks against.
    ours, theirs
        What was compared; dates as ISO 8601.
    shared
        What both have, where it is a matter of having things in common.
    """

    rule: str
    level: str
    bits: float
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    shared: tuple[str, ...]

    def record(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "rule": self.rule,
            "level": self.level,
            "bits": round(self.bits, 2),
            "ours": list(self.ours),
            "theirs": list(self.theirs),
            "shared": list(self.shared),
        }


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two records that may be about one activity.

    Attributes
    ----------
    ours, theirs
        Keys of the records; among one's own, in the order of the keys.
    probability, bits
        That they are, and its logarithm of odds to base 2.
    reasons
        What was found, the strongest first; what is not known to both is left out.
    """

    ours: str
    theirs: str
    probability: float
    bits: float
    reasons: tuple[Reason, ...]


def suggest(
    records: Sequence[Record],
    others: Sequence[Record] | None = None,
    *,
    refused: Collection[frozenset[str]] = (),
    at_least: float = AT_LEAST,
) -> tuple[Suggestion, ...]:
    """Return likely duplicates among records, or likely matches between them and others'.

    The result depends on nothing but what is passed: pass what the viewer may see.

    Parameters
    ----------
    records
        One member's own statements.
    others
        Statements that others shared with it; None looks for duplicates among `records`.
    refused
        Pairs of keys that people said are two; they are not suggested again.
    at_least
        The smallest probability suggested.

    Returns
    -------
    tuple
        The most probable first.
    """
    if len(records) < (2 if others is None else 1) or (others is not None and not others):
        return ()
    own, shared = tables(records, others)
    best: dict[tuple[str, str], dict[str, object]] = {}
    for found in _scored(own, shared, _prior(len(records), others), at_least):
        pair = _pair(found)
        if frozenset(pair) not in refused and _rank(found) > _rank(best.get(pair, {})):
            best[pair] = found
    made = [_suggestion(pair, found) for pair, found in best.items()]
    return tuple(sorted(made, key=lambda item: (-round(item.bits, 9), item.ours, item.theirs)))


def _prior(count: int, others: Sequence[Record] | None) -> float:
    """Return the probability that two taken at random are one, from how many there are."""
    if others is None:
        return DUPLICATES_PER_RECORD / max(count, FEWEST_RECORDS)
    return MATCHES_PER_RECORD / max(count, len(others), FEWEST_RECORDS)


def _scored(
    own: pa.Table, shared: pa.Table | None, prior: float, at_least: float
) -> list[dict[str, object]]:
    """Return the pairs of rows that share a blocking key and reach the limit."""
    database = DuckDBAPI(":memory:")
    database.duckdb_con.execute("SET autoinstall_known_extensions = false")
    database.duckdb_con.execute("SET autoload_known_extensions = false")
    sides = [database.register(table) for table in (own, shared) if table is not None]
    linker = Linker(
        sides,
        SettingsCreator(
            link_type="dedupe_only" if shared is None else "link_only",
            probability_two_random_records_match=prior,
            comparisons=[_comparison(rule) for rule in RULES],
            blocking_rules_to_generate_predictions=[
                {"blocking_rule": _BLOCKS, "arrays_to_explode": ["keys"], "sql_dialect": "duckdb"}
            ],
            additional_columns_to_retain=["record", "heading", "totals", "weights"],
            retain_intermediate_calculation_columns=True,
        ),
        log_level=None,
        validate_settings=False,
    )
    predicted = linker.inference.predict(threshold_match_probability=at_least, warning_mode="never")
    found: list[dict[str, object]] = predicted.as_record_list()
    return found


def _comparison(rule: Rule) -> dict[str, object]:
    levels: list[dict[str, object]] = [
        {
            "sql_condition": rule.unknown,
            "label_for_charts": "unknown",
            "is_null_level": True,
        }
    ]
    levels += [
        {
            "sql_condition": level.condition,
            "label_for_charts": level.name,
            "m_probability": level.m,
            "u_probability": level.u,
        }
        for level in rule.levels
    ]
    return {"output_column_name": rule.name, "comparison_levels": levels}


def _pair(found: Mapping[str, object]) -> tuple[str, str]:
    """Return the two records, one's own first, among one's own by key."""
    pair = (str(found["record_l"]), str(found["record_r"]))
    return pair if "source_dataset_l" in found else (min(pair), max(pair))


def _rank(found: Mapping[str, object]) -> tuple[float, str]:
    """Order rows of one pair of records: the best title first, then by language."""
    return float(str(found.get("match_weight", "-inf"))), str(found.get("unique_id_l", ""))


def _suggestion(pair: tuple[str, str], found: Mapping[str, object]) -> Suggestion:
    turned = str(found["record_l"]) != pair[0]
    sides = ("r", "l") if turned else ("l", "r")
    reasons = [reason for rule in RULES if (reason := _reason(rule, found, sides)) is not None]
    return Suggestion(
        *pair,
        probability=float(str(found["match_probability"])),
        bits=float(str(found["match_weight"])),
        reasons=tuple(sorted(reasons, key=lambda item: -item.bits)),
    )


def _reason(rule: Rule, found: Mapping[str, object], sides: tuple[str, str]) -> Reason | None:
    """Return what a rule found; None where it could not compare."""
    outcome = int(str(found[f"gamma_{rule.name}"]))
    if outcome < 0:
        return None
    level = rule.levels[len(rule.levels) - 1 - outcome]
    ours, theirs = (_shown(found[f"{rule.column}_{side}"]) for side in sides)
    listed = isinstance(found[f"{rule.column}_l"], list)
    shared = tuple(value for value in ours if value in theirs) if listed else ()
    return Reason(rule.name, level.name, level.bits, ours, theirs, shared)


def _shown(value: object) -> tuple[str, ...]:
    if isinstance(value, int):
        return (dt.date.fromordinal(value).isoformat(),)
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return (str(value),)

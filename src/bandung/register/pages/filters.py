"""The filters of lists and sums as a page shows them: choices, what is asked, counts beside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from django.db.models import Count, QuerySet
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bandung.codes import countries
from bandung.register import codelists
from bandung.register.models import (
    Contribution,
    Revision,
    RevisionPartner,
    RevisionTarget,
)
from bandung.register.pages import localised, words
from bandung.register.selection import (
    CLIMATE,
    DIGITS_OF_A_SECTOR,
    DIRECTIONS,
    SORTS,
    STAGES,
    STATUSES,
    Selection,
    of_contribution,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from django.http import HttpRequest

    from bandung.register.actor import Actor

Response = TypeVar("Response")
MOST_COUNTS = 8
"""Links of one kind beside a list."""
Counts: TypeAlias = "list[tuple[str, list[tuple[str, int]]]]"
"""By filter, its values and how many activities each would leave."""


@dataclass(frozen=True, slots=True)
class Field:
    """A choice of the form: its name, label and options, the chosen one marked."""

    name: str
    label: str
    options: SafeString


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter that is set: what it says, and the address without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A link that narrows a list, and how many activities are behind it."""

    label: str
    query: str
    count: int


def with_lists(view: Callable[..., Response]) -> Callable[..., Response]:
    """Ask for the versions of the code lists once in a request."""

    @wraps(view)
    def held(request: HttpRequest, *args: object, **kwargs: object) -> Response:
        with codelists.held():
            return view(request, *args, **kwargs)

    return held


def fields(actor: Actor, selection: Selection, *, sums: bool = False) -> list[Field]:
    """Return the choices of the form.

    Parameters
    ----------
    sums
        Leave out what sums do not ask: the stage, for only what was delivered is added up.
    """
    found = [
        _field(selection, "partner", _("Partner"), _countries()),
        _field(selection, "member", _("Account of"), _countries()),
        _field(selection, "direction", _("Given or received"), directions()),
        _field(selection, "group", _("Group of modalities"), _codes("modality_group")),
        _field(selection, "modality", _("Modality"), _codes("modality")),
        _field(selection, "sector", _("Sector"), _sectors(selection)),
        _field(selection, "sdg", _("SDG goal or target"), _goals(selection)),
        _field(selection, "status", _("Status"), _words("status", STATUSES)),
        _field(selection, "climate", _("Climate"), climates()),
    ]
    if not sums:
        found.append(_field(selection, "stage", _("Stage"), _words("stage", STAGES)))
    if actor.member:
        states = _words("state", Revision.State.values)
        found.append(_field(selection, "state", _("Your account is"), states))
        found.append(_field(selection, "check", _("To look at"), checks()))
    else:
        one_sided = {"one_sided": checks()["one_sided"]}
        found.append(_field(selection, "check", _("To look at"), one_sided))
    return found


def asked(selection: Selection) -> list[Asked]:
    """Return the filters that are set, in words."""
    found = []
    if selection.text:
        found.append(Asked(_("Text"), selection.text, selection.query(text="")))
    for name, label in labels().items():
        value = getattr(selection, name)
        if value not in {"", None}:
            empty = None if name.startswith("year") else ""
            said = value_label(name, str(value))
            found.append(Asked(label, said, selection.query(**{name: empty})))
    return found


def labels() -> dict[str, str]:
    """Return what each filter is called."""
    return {
        "partner": _("Partner"),
        "member": _("Account of"),
        "direction": _("Given or received"),
        "group": _("Group of modalities"),
        "modality": _("Modality"),
        "sector": _("Sector"),
        "sdg": _("SDG goal or target"),
        "status": _("Status"),
        "stage": _("Stage"),
        "climate": _("Climate"),
        "year_from": _("From the year"),
        "year_to": _("To the year"),
        "state": _("Your account is"),
        "check": _("To look at"),
    }


def value_label(name: str, value: str) -> str:
    """Return what a filter's value is called."""
    lang = localised.lang()
    if name in {"status", "stage", "state"}:
        return words.word(name, value)
    if name in {"group", "modality"}:
        return codelists.label("modality_group" if name == "group" else name, value, lang)
    said: dict[str, Callable[[], str]] = {
        "partner": lambda: countries.name(value, lang),
        "member": lambda: countries.name(value, lang),
        "year_from": lambda: localised.digits(value),
        "year_to": lambda: localised.digits(value),
        "direction": lambda: directions()[value],
        "climate": lambda: climates()[value],
        "check": lambda: checks()[value],
        "sector": lambda: sector_label(value),
        "sdg": lambda: goal_label(value),
    }
    return said[name]()


def sector_label(code: str) -> str:
    """Name a sector of three digits or a purpose of five."""
    name = "sector_dac3" if len(code) == DIGITS_OF_A_SECTOR else "sector_crs"
    return codelists.label(name, code, localised.lang())


def goal_label(code: str) -> str:
    """Name a goal or target with its number."""
    name = codelists.label("sdg_target" if "." in code else "sdg_goal", code, localised.lang())
    return f"{localised.digits(code)} {name}"


def directions() -> dict[str, str]:
    """Return what is given and what is received, in words."""
    return dict(zip(DIRECTIONS, (_("Given"), _("Received")), strict=True))


def climates() -> dict[str, str]:
    """Return the climate tags in words."""
    said = (_("Adaptation to climate change"), _("Mitigation of climate change"))
    return dict(zip(CLIMATE, said, strict=True))


def checks() -> dict[str, str]:
    """Return what may want looking at, in words."""
    return {
        "one_sided": _("Only one party has an account"),
        "differing": _("The accounts differ in status or quantities"),
        "objected": _("Something is objected to"),
    }


def sorts(selection: Selection) -> list[tuple[str, str, bool]]:
    """Return the orders of the list: label, address, whether it is this one."""
    said = (_("changed last"), _("begun last"), _("by title"))
    return [
        (label, selection.query(sort=sort), sort == selection.sort)
        for sort, label in zip(SORTS, said, strict=True)
    ]


def counts(selection: Selection, accounts: Sequence[int]) -> Counts:
    """Return how many activities are behind filters that would narrow a list.

    Parameters
    ----------
    accounts
        Revisions: every account that fits.
    """
    activity = Count("revision__activity", distinct=True)
    contributions = Contribution.objects.filter(of_contribution(selection), revision__in=accounts)
    partners: QuerySet[Any, Any] = RevisionPartner.objects.filter(
        revision__in=accounts
    ).values_list("member_id")
    if selection.of_contributions:
        partners = contributions.exclude(counterpart=None).values_list("counterpart_id")
    of_status = Revision.objects.filter(pk__in=accounts).values_list("status")
    goals = RevisionTarget.objects.filter(revision__in=accounts).values_list("goal")
    years = contributions.exclude(year=None).values_list("year")
    asked_of: dict[str, QuerySet[Any, Any]] = {
        "partner": partners.annotate(n=activity),
        "modality": contributions.values_list("modality").annotate(n=activity),
        "sdg": goals.annotate(n=activity),
        "status": of_status.annotate(n=Count("activity", distinct=True)),
        "year": years.annotate(n=activity),
    }
    found = []
    for name, rows in asked_of.items():
        is_set = selection.year_from if name == "year" else getattr(selection, name)
        if not is_set:
            ordered = sorted(rows, key=lambda row: (-row[1], str(row[0])))[:MOST_COUNTS]
            if name == "year":
                ordered.sort(reverse=True)
            found.append((name, [(str(code), count) for code, count in ordered]))
    return [(name, rows) for name, rows in found if len(rows) > 1]


def narrowings(selection: Selection, counted: Counts) -> list[tuple[str, list[Narrowing]]]:
    """Return those counts as links, in words."""
    found = []
    for name, rows in counted:
        if name == "year":
            links = [
                Narrowing(
                    localised.digits(code),
                    selection.query(year_from=int(code), year_to=int(code)),
                    count,
                )
                for code, count in rows
            ]
            found.append((_("Year"), links))
        else:
            links = [
                Narrowing(value_label(name, code), selection.query(**{name: code}), count)
                for code, count in rows
            ]
            found.append((labels()[name], links))
    return found


def _field(selection: Selection, name: str, label: str, choices: dict[str, str] | str) -> Field:
    options = choices if isinstance(choices, str) else _options(choices)
    value = escape(getattr(selection, name))
    if value:
        options = options.replace(f'value="{value}"', f'value="{value}" selected', 1)
    return Field(name, label, mark_safe(options))  # noqa: S308 - every part was escaped


def _options(choices: dict[str, str]) -> str:
    return format_html_join("", '<option value="{}">{}</option>', choices.items())


def _words(kind: str, codes: Iterable[str]) -> dict[str, str]:
    return {code: words.word(kind, code) for code in codes}


def _countries() -> str:
    return _countries_in(localised.lang())


@lru_cache(maxsize=8)
def _countries_in(lang: str) -> str:
    names = {code: countries.name(code, lang) for code in countries.codes()}
    ordered = sorted(names.items(), key=lambda pair: countries.folded(pair[1]))
    return _options(dict(ordered))


def _codes(name: str) -> str:
    entries = codelists.standing().listing(name).entries
    return _options({entry.code: entry.name(localised.lang()) for entry in entries})


def _sectors(selection: Selection) -> str:
    """Return the sectors of three digits, and the purposes below the chosen one."""
    lang = localised.lang()
    chosen = selection.sector[:DIGITS_OF_A_SECTOR]
    purposes = {}
    if chosen:
        purposes = {
            entry.code: f"{entry.code} {entry.name(lang)}"
            for entry in codelists.active("sector_crs")
            if entry.code.startswith(chosen)
        }
    return _below(_codes("sector_dac3"), sector_label(chosen) if chosen else "", purposes)


def _goals(selection: Selection) -> str:
    """Return the goals, and the targets of the chosen one."""
    goal = selection.sdg.partition(".")[0]
    goals = {entry.code: goal_label(entry.code) for entry in codelists.active("sdg_goal")}
    targets = {}
    if goal:
        targets = {
            entry.code: goal_label(entry.code)
            for entry in codelists.active("sdg_target")
            if entry.parent == goal
        }
    return _below(_options(goals), goal_label(goal) if goal else "", targets)


def _below(options: str, label: str, choices: dict[str, str]) -> str:
    if not choices:
        return options
    return options + format_html('<optgroup label="{}">{}</optgroup>', label, _options(choices))

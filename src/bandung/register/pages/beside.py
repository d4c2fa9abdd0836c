"""Two accounts of one activity side by side, in the reader's words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from bandung.codes import countries
from bandung.register import reconcile, side_by_side
from bandung.register.content import Contribution, in_language
from bandung.register.pages import accounts_of, localised, words
from bandung.register.templatetags import register_text as text

if TYPE_CHECKING:
    from collections.abc import Callable

    from bandung.register.reconcile import (
        ContributionComparison,
        FieldComparison,
        KeyPair,
        Verdict,
    )
    from bandung.register.visibility import View

_WITH_QUANTITY = {"unit", "currency", "valuation_currency"}
_ORDER = (
    "modality", "quantity", "provider", "receiver", "period_start", "period_end", "stage",
    "valuation_amount", "valuation_method", "valuation_price_date", "note",
)  # fmt: skip
_CSS = {"only_ours": "one", "only_theirs": "one"}


@dataclass(frozen=True, slots=True)
class BesideRow:
    """A field as both sides state it: in words, with what became of the comparison."""

    label: str
    ours: str
    theirs: str
    css: str
    verdict: str
    long: bool = False


@dataclass(frozen=True, slots=True)
class BesideContribution:
    """A contribution as both sides, or one of them, state it."""

    title: str
    css: str
    verdict: str
    ours: Contribution | None
    theirs: Contribution | None
    rows: tuple[BesideRow, ...]
    paired_by_people: bool
    paired_by_us: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """Two statements side by side.

    Attributes
    ----------
    ours, theirs
        The two as the reader sees them; neither goes before the other.
    """

    ours: View
    theirs: View
    rows: tuple[BesideRow, ...]
    contributions: tuple[BesideContribution, ...]
    counts: reconcile.Counts
    is_agreed: bool
    parted: tuple[tuple[str, str, str], ...]

    @property
    def only_theirs(self) -> tuple[accounts_of.Line, ...]:
        """Contributions of the second alone, each in one line under its key."""
        return tuple(
            accounts_of.Line(item.theirs.key, accounts_of.contribution(item.theirs))
            for item in self.contributions
            if item.ours is None and item.theirs is not None
        )


def beside(ours: View, theirs: View) -> Beside:
    """Return two statements that a reader sees, side by side."""
    seen = side_by_side.beside(ours, theirs)
    found = seen.comparison
    said = seen.paired_by_us | seen.parted_by_us
    return Beside(
        ours=ours,
        theirs=theirs,
        rows=tuple(_row(item, found.members) for item in found.fields),
        contributions=tuple(
            _contribution(item, found.members, said) for item in found.contributions
        ),
        counts=_added(found.field_counts, found.contribution_counts),
        is_agreed=found.is_agreed,
        parted=_parted(seen),
    )


def alone(view: View) -> tuple[tuple[accounts_of.Line, ...], tuple[Contribution, ...]]:
    """Return what a single statement says: its lines, and its contributions."""
    content = view.revision.said()
    without = content.model_copy(update={"contributions": ()})
    return accounts_of.lines(without), content.contributions


def _added(first: reconcile.Counts, second: reconcile.Counts) -> reconcile.Counts:
    names = ("agreed", "differs", "only_ours", "only_theirs", "not_compared")
    return reconcile.Counts(*(getattr(first, name) + getattr(second, name) for name in names))


def _row(item: FieldComparison, members: tuple[str, str]) -> BesideRow:
    return BesideRow(
        label=words.word("field", item.name),
        ours=shown(item.name, item.ours),
        theirs=shown(item.name, item.theirs),
        css=_CSS.get(item.verdict, item.verdict),
        verdict=_verdict(item.verdict, members),
        long=item.is_text,
    )


def _verdict(verdict: Verdict, members: tuple[str, str]) -> str:
    side = {"only_ours": 0, "only_theirs": 1}.get(verdict)
    if side is None:
        return words.word("verdict", verdict)
    member = countries.name(members[side], localised.lang())
    return _("Only %(member)s") % {"member": member}


def _contribution(
    item: ContributionComparison, members: tuple[str, str], said: frozenset[KeyPair]
) -> BesideContribution:
    either = item.ours or item.theirs
    if either is None:
        raise ValueError("a comparison of nothing with nothing")
    fields = {field.name: field for field in item.fields if field.name not in _WITH_QUANTITY}
    if "modality" in fields and fields["modality"].verdict == "agreed":
        del fields["modality"]
    rows = [
        BesideRow(
            label=words.word("field", name),
            ours=_part(item.ours, name),
            theirs=_part(item.theirs, name),
            css=_CSS.get(fields[name].verdict, fields[name].verdict),
            verdict=_verdict(fields[name].verdict, members),
        )
        for name in sorted(fields, key=_place)
    ]
    if not item.fields:
        ours, theirs = (_whole(side) for side in (item.ours, item.theirs))
        css = _CSS.get(item.verdict, item.verdict)
        rows = [BesideRow(_("Stated by one side"), ours, theirs, css, "")]
    pair = (item.ours.key, item.theirs.key) if item.ours and item.theirs else None
    return BesideContribution(
        title=text.code_label(either.modality, "modality") or _("Contribution"),
        css=_CSS.get(item.verdict, item.verdict),
        verdict=_verdict(item.verdict, members),
        ours=item.ours,
        theirs=item.theirs,
        rows=tuple(rows),
        paired_by_people=item.how == "people",
        paired_by_us=pair in said,
    )


def _place(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _whole(item: Contribution | None) -> str:
    """Say a contribution that the other side does not state, part by part."""
    if item is None:
        return ""
    parts = accounts_of.parts(item)[1:]
    return format_html_join("", "<div>{}</div>", ((part,) for part in parts))


def _parted(seen: side_by_side.SideBySide) -> tuple[tuple[str, str, str], ...]:
    """Return the pairs that we said are two, with the words of ours and both keys."""
    ours = {item.key: item for item in seen.ours.revision.said().contributions}
    return tuple(
        (accounts_of.contribution(ours[own]), own, other)
        for own, other in sorted(seen.parted_by_us)
        if own in ours
    )


def _part(item: Contribution | None, name: str) -> str:
    """Say one part of a contribution; a number always with its unit."""
    if item is None:
        return ""
    if name == "quantity":
        return text.amount(item)
    if name in {"provider", "receiver"}:
        written = localised.isolated(str(getattr(item, f"{name}_name")))
        return text.member_name(getattr(item, name)) or written
    if not name.startswith("valuation_"):
        return shown(name, getattr(item, name))
    worth = item.valuation
    if worth is None or name == "valuation_amount":
        return text.money(worth.amount, worth.currency) if worth else ""
    return shown(name, getattr(worth, name.removeprefix("valuation_")))


def shown(name: str, value: object) -> str:
    """Say the value of a field in words."""
    if value in (None, "", (), {}):
        return ""
    if isinstance(value, dict):
        return _texts(value)
    if isinstance(value, dt.date):
        return localised.day(value)
    if isinstance(value, tuple):
        return _several(name, value)
    say = _SAY.get(name)
    return say(value) if say is not None else localised.isolated(str(value))


def _several(name: str, values: tuple[object, ...]) -> str:
    if name == "parties":
        return localised.member_names(str(code) for code in values)
    if name.startswith("sectors_"):
        said = [_sector(name.removeprefix("sectors_"), item) for item in values]
    elif name == "targets":
        said = [text.target_label(code) for code in values]
    else:
        said = [_thing(item) for item in values]
    if len(said) == 1:
        return said[0]
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((s,) for s in said)))


def _sector(vocabulary: str, item: object) -> str:
    code, share = item if isinstance(item, tuple) else (str(item), None)
    label = text.sector_label((vocabulary, code))
    if isinstance(share, Decimal) and share != 100:
        return _("%(sector)s, %(share)s") % {
            "sector": label,
            "share": localised.percent(share / 100),
        }
    return label


def _thing(item: object) -> str:
    name = getattr(item, "name", "") or in_language(getattr(item, "title", {}), localised.lang())
    country = text.member_name(getattr(item, "country", None))
    actual, unit = getattr(item, "actual", None), getattr(item, "unit", "")
    figure = text.measured(actual, unit) if actual is not None else ""
    said = localised.parted((localised.isolated(str(name)), country))
    if said and figure:
        return _("%(label)s: %(said)s") % {"label": said, "said": figure}
    return said or figure


def _texts(value: dict[str, str]) -> str:
    """Show every wording, each marked with its language."""
    return format_html_join(
        "",
        '<div lang="{}" dir="{}">{}</div>',
        (
            (code, "rtl" if code in text.RIGHT_TO_LEFT else "ltr", said)
            for code, said in value.items()
        ),
    )


_SAY: dict[str, Callable[[object], str]] = {
    "role": partial(words.word, "role"),
    "status": partial(words.word, "status"),
    "stage": partial(words.word, "stage"),
    "adaptation": partial(words.word, "marker"),
    "mitigation": partial(words.word, "marker"),
    "modality": partial(text.code_label, name="modality"),
    "valuation_method": partial(text.code_label, name="valuation_method"),
}

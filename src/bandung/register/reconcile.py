"""Two accounts of one activity, compared field by field and contribution by contribution.

Nothing here decides who is right: every comparison keeps both values, and
``compare(a, b).mirrored() == compare(b, a)``. Contributions are paired as people paired them,
then by their key where both statements carry the same one, then by an assignment of least total
distance (Kuhn 1955, doi:10.1002/nav.3800020109; SciPy's `linear_sum_assignment`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from bandung.codes.countries import folded
from bandung.register.mirror import ANSWERING
from bandung.register.reconcile_items import agreeing
from bandung.register.reconcile_pairs import pair_up

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bandung.register.content import Content, Contribution
    from bandung.register.reconcile_pairs import How

Verdict = Literal["agreed", "differs", "only_ours", "only_theirs", "not_compared"]
Value = object
KeyPair = tuple[str, str]

DATES = ("planned_start", "planned_end", "actual_start", "actual_end")
TEXTS = frozenset({"title", "description", "note"})
_MIRRORED_VERDICT: dict[Verdict, Verdict] = {
    "only_ours": "only_theirs",
    "only_theirs": "only_ours",
}


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """One field as the two parties state it.

    Attributes
    ----------
    name
        The field; sectors are compared within a vocabulary, as in ``"sectors_crs"``.
    verdict
        ``not_compared`` where both sides wrote something that has no common measure: texts
        without a common language.
    ours, theirs
        The value on each side; None, an empty tuple or an empty dict where nothing is said.
        Sectors and targets are sorted; texts are given by language.
    """

    name: str
    verdict: Verdict
    ours: Value
    theirs: Value

    @property
    def is_text(self) -> bool:
        """Whether it is wording, of which two parties rarely choose the same."""
        return self.name in TEXTS

    def mirrored(self) -> FieldComparison:
        """Return the same comparison as the other party sees it."""
        return FieldComparison(
            self.name, _mirrored_verdict(self.verdict), ours=self.theirs, theirs=self.ours
        )


@dataclass(frozen=True, slots=True)
class ContributionComparison:
    """A contribution that both state, or that one of them states alone.

    Attributes
    ----------
    ours, theirs
        What each side says; None where it says nothing of it.
    verdict
        ``agreed`` where no field differs; then one side may still say more than the other.
    how
        ``people`` paired them, they carry the same ``key``, or they are ``nearest`` to each
        other; None where only one side has it.
    concerns_both
        False for what passes between one of the two and a third party, so that the other's
        silence is no gap.
    fields
        The comparison field by field; empty where only one side has it.
    """

    ours: Contribution | None
    theirs: Contribution | None
    verdict: Verdict
    how: How | None
    concerns_both: bool
    fields: tuple[FieldComparison, ...]

    def mirrored(self) -> ContributionComparison:
        """Return the same comparison as the other party sees it."""
        return replace(
            self,
            ours=self.theirs,
            theirs=self.ours,
            verdict=_mirrored_verdict(self.verdict),
            fields=tuple(item.mirrored() for item in self.fields),
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are of each verdict."""

    agreed: int = 0
    differs: int = 0
    only_ours: int = 0
    only_theirs: int = 0
    not_compared: int = 0

    @classmethod
    def of(cls, verdicts: Collection[Verdict]) -> Counts:
        """Return the counts of some verdicts."""
        found = list(verdicts)
        return cls(*(found.count(name) for name in _VERDICTS))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two statements of one activity, side by side.

    Attributes
    ----------
    members
        Ours and theirs, as alpha-3 codes.
    fields
        The fields that at least one side fills in.
    contributions
        Those that both state first, then those of one side alone.
    """

    members: tuple[str, str]
    fields: tuple[FieldComparison, ...]
    contributions: tuple[ContributionComparison, ...]

    @property
    def field_counts(self) -> Counts:
        """Counts over the fields of the activity, wording left out."""
        return Counts.of([item.verdict for item in self.fields if not item.is_text])

    @property
    def contribution_counts(self) -> Counts:
        """Counts over the contributions that pass between the two, or that both state."""
        return Counts.of([item.verdict for item in self.contributions if item.concerns_both])

    @property
    def is_agreed(self) -> bool:
        """Whether nothing differs and neither side has a contribution that the other lacks."""
        counts = self.contribution_counts
        gaps = counts.differs + counts.only_ours + counts.only_theirs
        return self.field_counts.differs + gaps == 0

    def field(self, name: str) -> FieldComparison | None:
        """Return the comparison of a field; None where neither side fills it in."""
        return next((item for item in self.fields if item.name == name), None)

    def mirrored(self) -> Comparison:
        """Return the same comparison as the other party sees it."""
        return Comparison(
            (self.members[1], self.members[0]),
            tuple(item.mirrored() for item in self.fields),
            _ordered([item.mirrored() for item in self.contributions]),
        )


_VERDICTS: tuple[Verdict, ...] = ("agreed", "differs", "only_ours", "only_theirs", "not_compared")


def compare(
    ours: Content,
    theirs: Content,
    *,
    members: tuple[str, str],
    group_of: Callable[[str], str],
    pairs: Collection[KeyPair] = (),
    apart: Collection[KeyPair] = (),
) -> Comparison:
    """Compare two statements of one activity.

    Quantities, amounts and dates agree where they are equal as numbers and days: the tolerance
    is nought, and one person-day more is a difference. Units and currencies are not converted.

    Parameters
    ----------
    ours, theirs
        The two accounts.
    members
        Whose they are, in the same order, as alpha-3 codes.
    group_of
        The group (A, B, C) of a modality; contributions of two groups are never paired
        unasked.
    pairs, apart
        Keys of contributions, ours first, that people paired or said are not the same. A pair
        whose key no longer exists is passed over.

    Examples
    --------
    >>> from bandung.register.content import Content
    >>> ours = Content(titles={"pt": "Banco de leite"}, role="provides", partners=["MOZ"])
    >>> theirs = Content(titles={"pt": "Banco de Leite"}, role="receives", partners=["BRA"])
    >>> found = compare(ours, theirs, members=("BRA", "MOZ"), group_of=lambda code: code[:1])
    >>> [(item.name, item.verdict) for item in found.fields][:2]
    [('title', 'agreed'), ('role', 'agreed')]
    """
    matched = pair_up(ours, theirs, members, group_of=group_of, pairs=pairs, apart=apart)
    compared = [_contribution(mine, other, how, members) for mine, other, how in matched]
    return Comparison(members, _fields(ours, theirs, members), _ordered(compared))


def _fields(
    ours: Content, theirs: Content, members: tuple[str, str]
) -> tuple[FieldComparison, ...]:
    found = [
        _text("title", ours.titles, theirs.titles),
        _text("description", ours.descriptions, theirs.descriptions),
        _role(ours, theirs, members),
        _parties(ours, theirs, members),
        _plain("status", ours.status, theirs.status),
        *(_plain(name, getattr(ours, name), getattr(theirs, name)) for name in DATES),
        *(_sectors(vocabulary, ours, theirs) for vocabulary in ("crs", "dac3", "isic")),
        _plain("targets", tuple(sorted(set(ours.targets))), tuple(sorted(set(theirs.targets)))),
        _plain("adaptation", ours.adaptation, theirs.adaptation),
        _plain("mitigation", ours.mitigation, theirs.mitigation),
        *(_items(name, ours, theirs) for name in ("places", "bodies", "results")),
    ]
    return tuple(item for item in found if item is not None)


def _plain(name: str, ours: Value, theirs: Value) -> FieldComparison | None:
    """Compare two values for equality; None where neither side says anything."""
    silent: tuple[Value, ...] = (None, "", (), {})
    if ours in silent and theirs in silent:
        return None
    verdict: Verdict
    if theirs in silent:
        verdict = "only_ours"
    elif ours in silent:
        verdict = "only_theirs"
    else:
        verdict = "agreed" if ours == theirs else "differs"
    return FieldComparison(name, verdict, ours, theirs)


def _text(name: str, ours: dict[str, str], theirs: dict[str, str]) -> FieldComparison | None:
    """Compare texts language by language; without a common language they are not compared."""
    mine = {lang: text for lang, text in sorted(ours.items()) if text}
    other = {lang: text for lang, text in sorted(theirs.items()) if text}
    found = _plain(name, mine, other)
    if found is None or not (mine and other):
        return found
    common = mine.keys() & other.keys()
    if not common:
        return replace(found, verdict="not_compared")
    same = all(folded(mine[lang]) == folded(other[lang]) for lang in common)
    return replace(found, verdict="agreed" if same else "differs")


def _role(ours: Content, theirs: Content, members: tuple[str, str]) -> FieldComparison:
    """Compare roles as answers to each other.

    Where third parties take part, two providers or two recipients do not contradict each other.
    """
    several = len({*members, *ours.partners, *theirs.partners}) > 2
    fits = (
        ANSWERING.get(ours.role) == theirs.role
        or "facilitates" in {ours.role, theirs.role}
        or (several and ours.role == theirs.role)
    )
    return FieldComparison("role", "agreed" if fits else "differs", ours.role, theirs.role)


def _parties(ours: Content, theirs: Content, members: tuple[str, str]) -> FieldComparison | None:
    mine, other = (
        tuple(sorted({member, *content.partners})) if content.partners else ()
        for member, content in zip(members, (ours, theirs), strict=True)
    )
    return _plain("parties", mine, other)


def _sectors(vocabulary: str, ours: Content, theirs: Content) -> FieldComparison | None:
    """Compare the sectors of one vocabulary; a CRS code also says its three-digit sector."""
    mine, other = (_shares(content, vocabulary) for content in (ours, theirs))
    if vocabulary == "dac3" and (mine or other):
        mine, other = (
            shares or _shares(content, "crs", digits=3)
            for shares, content in ((mine, ours), (other, theirs))
        )
    return _plain(f"sectors_{vocabulary}", mine, other)


def _shares(
    content: Content, vocabulary: str, digits: int | None = None
) -> tuple[tuple[str, object], ...]:
    """Codes with their shares in percent; a single code without a share has the whole."""
    chosen = [item for item in content.sectors if item.vocabulary == vocabulary]
    if len(chosen) == 1 and chosen[0].share is None and len(content.sectors) == 1:
        return ((chosen[0].code[:digits], Decimal(100)),)
    shares: dict[str, Decimal | None] = {}
    for item in chosen:
        code = item.code[:digits]
        known = shares.get(code, Decimal(0))
        shares[code] = None if known is None or item.share is None else known + item.share
    return tuple(sorted(shares.items()))


def _items(name: str, ours: Content, theirs: Content) -> FieldComparison | None:
    """Compare lists of things: they agree where each finds one on the other side."""
    found = _plain(name, getattr(ours, name), getattr(theirs, name))
    if found is None or found.verdict in {"only_ours", "only_theirs"}:
        return found
    same = agreeing(name, ours, theirs)
    return replace(found, verdict="agreed" if same else "differs")


def _contribution(
    ours: Contribution | None,
    theirs: Contribution | None,
    how: How | None,
    members: tuple[str, str],
) -> ContributionComparison:
    if ours is None or theirs is None:
        single = ours or theirs
        between = single is not None and _between(single, members)
        side: Verdict = "only_theirs" if ours is None else "only_ours"
        return ContributionComparison(ours, theirs, side, None, between, ())
    fields = _contribution_fields(ours, theirs)
    differs = any(item.verdict == "differs" for item in fields if not item.is_text)
    return ContributionComparison(
        ours, theirs, "differs" if differs else "agreed", how, concerns_both=True, fields=fields
    )


def _between(item: Contribution, members: tuple[str, str]) -> bool:
    """Whether no third party is named as its provider or receiver."""
    named = {item.provider, item.receiver} - {None}
    return named <= set(members) and not (item.provider_name or item.receiver_name)


def _contribution_fields(ours: Contribution, theirs: Contribution) -> tuple[FieldComparison, ...]:
    names = ("modality", "stage", "unit", "currency", "period_start", "period_end")
    found = [_plain(name, getattr(ours, name), getattr(theirs, name)) for name in names]
    for end in ("provider", "receiver"):
        mine, other = (
            getattr(item, end) or getattr(item, f"{end}_name") for item in (ours, theirs)
        )
        found.append(_plain(end, mine, other))
    same_unit = (ours.unit, ours.currency) == (theirs.unit, theirs.currency)
    found.append(_measured("quantity", ours.quantity, theirs.quantity, same_unit=same_unit))
    found += _valuation_fields(ours, theirs)
    note = _plain("note", ours.note, theirs.note)
    found.append(
        replace(note, verdict="not_compared") if note and note.verdict == "differs" else note
    )
    return tuple(item for item in found if item is not None)


def _measured(name: str, ours: Value, theirs: Value, *, same_unit: bool) -> FieldComparison | None:
    """Compare two figures: equal ones in two units are not the same."""
    found = _plain(name, ours, theirs)
    if found is not None and found.verdict == "agreed" and not same_unit:
        return replace(found, verdict="differs")
    return found


def _valuation_fields(ours: Contribution, theirs: Contribution) -> list[FieldComparison | None]:
    names = ("currency", "price_date", "method")
    mine, other = ours.valuation, theirs.valuation
    same = mine is None or other is None or mine.currency == other.currency
    return [
        _measured(
            "valuation_amount",
            mine.amount if mine else None,
            other.amount if other else None,
            same_unit=same,
        ),
        *(
            _plain(f"valuation_{name}", getattr(mine, name, None), getattr(other, name, None))
            for name in names
        ),
    ]


def _mirrored_verdict(verdict: Verdict) -> Verdict:
    return _MIRRORED_VERDICT.get(verdict, verdict)


def _ordered(items: list[ContributionComparison]) -> tuple[ContributionComparison, ...]:
    """Both sides' first, then by period and key, so that the order entered shows nowhere."""

    def place(item: ContributionComparison) -> tuple[bool, bool, list[tuple[str, str]]]:
        sides = [side for side in (item.ours, item.theirs) if side is not None]
        return (
            len(sides) < 2,
            item.ours is None,
            sorted((str(side.period_start or side.period_end or ""), side.key) for side in sides),
        )

    return tuple(sorted(items, key=place))

"""`Certificate`: what an agreement says and claims, as a JSON file that anyone can check.

A certificate holds the schedule (every lever, old and new), the limits within which it was sought,
what it gives each member and each outsider, and a digest of every part. It is written by
:meth:`Certificate.write`, read by :meth:`Certificate.read` and checked by
:func:`bandung.agree.verification.verify`. The format is in docs/reference/formats.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bandung.agree.bargain import PRINCIPLES, THREATS
from bandung.agree.json_fields import Field, load
from bandung.agree.limits import FORMULAS, TIES, Limits
from bandung.economy.baseline import DEFICIT_RULES, Levers
from bandung.errors import InputError, SourceError, StoreError
from bandung.find.selection import ORIGINS

if TYPE_CHECKING:
    from os import PathLike

    from bandung.economy.baseline import Floats
    from bandung.world.model import World

FORMAT = "bandung certificate 1"
PCT_DIGITS = 6
"""Decimals of a figure in per cent."""
MUSD_DIGITS = 3
"""Decimals of a figure in million USD."""
PROGRAMS = ("bandung", "python", "numpy", "scipy", "jax")
MOST_DRAWS = 1_000_000
"""A file may not ask for more: they are held in memory."""
LINE = 160
"""Longest line that an object or a list of words and figures may take by itself."""
FIELDS = (
    "format",
    "world",
    "elasticities",
    "deficits",
    "members",
    "principle",
    "threat",
    "limits",
    "levers",
    "phase_in_years",
    "claims",
    "south",
    "robustness",
    "seed",
    "versions",
    "digests",
)
"""Keys of the file, in order."""


@dataclass(frozen=True, slots=True)
class WorldName:
    """Which world a certificate is about.

    Attributes
    ----------
    name : str
        What whoever wrote it called the world.
    year : int
    checksum : str
        With the certificate's elasticities: it decides which world is meant.
    """

    name: str
    year: int
    checksum: str


@dataclass(frozen=True, slots=True)
class TariffCut:
    """A tariff that falls: what `destination` levies on the `sector` of `origin`, in per cent."""

    origin: str
    destination: str
    sector: str
    old_pct: float
    new_pct: float


@dataclass(frozen=True, slots=True)
class CorridorCut:
    """Trade between two members made cheaper.

    Attributes
    ----------
    between : tuple of str
        Two codes, sorted.
    sectors : tuple of str
        What is carried; every sector where empty.
    trade_cost_change_pct : float
        Of trade both ways, per cent, at most 0.
    cost_musd : float
        What it costs a year, million USD.
    paid_by_musd : mapping of str to float
        What each of the two pays of that.
    """

    between: tuple[str, str]
    sectors: tuple[str, ...]
    trade_cost_change_pct: float
    cost_musd: float
    paid_by_musd: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MemberClaim:
    """What an agreement is said to do to a member.

    Attributes
    ----------
    welfare_change_pct : float
        Change of real income, the member's part of the corridors' cost deducted, per cent.
    tariff_revenue_change_pct : float or None
        None where the member levies nothing today.
    tariff_revenue_change_musd : float
    reliance_before_pct, reliance_after_pct : mapping of str to float, or None
        By origin of the value added in final demand, as in `ORIGINS`; None where the source
        states no domestic sales of the member.
    """

    welfare_change_pct: float
    tariff_revenue_change_pct: float | None
    tariff_revenue_change_musd: float
    reliance_before_pct: Mapping[str, float] | None
    reliance_after_pct: Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class Claims:
    """What an agreement is said to do.

    Attributes
    ----------
    smallest_gain_pct : float
        Of real income, by the member that gains least.
    joint_gain_musd : float
        Members' gains in million USD of their income today, summed.
    members : mapping of str to MemberClaim
    outsiders : mapping of str to float
        Change of real income, per cent, of every other member of the world.
    """

    smallest_gain_pct: float
    joint_gain_musd: float
    members: Mapping[str, MemberClaim]
    outsiders: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RobustnessClaim:
    """In how many draws of the elasticities members are said to gain.

    Attributes
    ----------
    draws : int
    spread_pct : float or None
    seed : int
        All three as :func:`bandung.agree.draws.draw_elasticities` takes them.
    gaining_pct : mapping of str to float
        Per cent of the draws in which a member gains.
    all_gain_pct : float
        Per cent of the draws in which all of them gain.
    """

    draws: int
    spread_pct: float | None
    seed: int
    gaining_pct: Mapping[str, float]
    all_gain_pct: float


@dataclass(frozen=True, eq=False)
class Certificate:
    """An agreement and what it is said to do.

    Make one with :func:`bandung.agree.certify`; per cent figures have 6 decimals, million USD 3,
    and all claims are about the schedule as rounded.

    Attributes
    ----------
    world : WorldName
    elasticities : str or tuple of float
        A set of the world's by name, or a figure for each sector.
    deficits : str
    members : tuple of str
        Sorted.
    principle, threat : str
        By which the gain is shared, and what happens without an agreement.
    limits : Limits
    tariffs : tuple of TariffCut
        Those that fall, sorted.
    corridors : tuple of CorridorCut
    transfers_musd : mapping of str to float
        Received, paid where negative; empty without transfers.
    phase_in_years : mapping of str to int
        Over how many years a member's tariffs fall; empty for at once.
    claims : Claims
    south : str
        What 'the South' is in reliance, as codes of the world by commas.
    robustness : RobustnessClaim or None
    seed : int
    versions : mapping of str to str
    digests : mapping of str to str
        Part of the file → SHA-256 of what it said when it was written; see :func:`digests_of`.
    """

    world: WorldName
    elasticities: str | tuple[float, ...]
    deficits: str
    members: tuple[str, ...]
    principle: str
    threat: str
    limits: Limits
    tariffs: tuple[TariffCut, ...]
    corridors: tuple[CorridorCut, ...]
    transfers_musd: Mapping[str, float]
    phase_in_years: Mapping[str, int]
    claims: Claims
    south: str
    robustness: RobustnessClaim | None
    seed: int
    versions: Mapping[str, str]
    digests: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the file."""
        return {**self._content, "digests": dict(self.digests)}

    def write(self, path: str | PathLike[str]) -> Path:
        """Write the file, whole or not at all, in place of what was there.

        Raises
        ------
        StoreError
            When it cannot be written; what was there stays.
        """
        target = Path(path)
        part = None
        try:
            handle, part = tempfile.mkstemp(prefix=".part-", dir=target.parent)
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(_laid_out(self.to_dict()) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(part).chmod(0o644)
            Path(part).replace(target)
        except OSError as error:
            raise StoreError(f"{target} cannot be written: {error.strerror or error}") from error
        finally:
            if part is not None:
                with suppress(OSError):
                    Path(part).unlink(missing_ok=True)
        return target

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Certificate:
        """Read a file that :meth:`write` wrote; it is not checked yet.

        Raises
        ------
        SourceError
            For what is no certificate of this format, naming the file, the field and its value.
        """
        return _certificate(load(Path(path)))

    def tariff_new(self, world: World) -> Floats:
        """Return every tariff of a world under the agreement, N×N×J, fractions.

        Raises
        ------
        CodeUnknownError
            For a member or sector that the world lacks.
        """
        new = np.array(world.tariff)
        for cut in self.tariffs:
            cell = world.index(cut.origin), world.index(cut.destination)
            new[(*cell, world.sector_index(cut.sector))] = cut.new_pct / 100
        return new

    def levers(self, world: World) -> Levers:
        """Return what moves in a world; raises as :meth:`tariff_new`."""
        cheaper = paid = None
        if self.corridors:
            cheaper = np.zeros_like(world.tariff)
            for each in self.corridors:
                one, other = (world.index(code) for code in each.between)
                at = [world.sector_index(code) for code in each.sectors or world.sectors]
                cheaper[one, other, at] += each.trade_cost_change_pct / 100
                cheaper[other, one, at] += each.trade_cost_change_pct / 100
        if self.transfers_musd:
            paid = np.zeros(len(world.members))
            for code, received in self.transfers_musd.items():
                paid[world.index(code)] = received
        return Levers(
            tariff_new=self.tariff_new(world) if self.tariffs else None,
            trade_cost_change=cheaper,
            transfers=paid,
        )

    def costs(self) -> dict[str, float]:
        """Return what each member pays for corridors, million USD a year."""
        return {
            code: sum(each.paid_by_musd.get(code, 0.0) for each in self.corridors)
            for code in self.members
        }

    @cached_property
    def _content(self) -> dict[str, Any]:
        """All but the digests."""
        return {
            "format": FORMAT,
            "world": asdict(self.world),
            "elasticities": _plain(self.elasticities),
            "deficits": self.deficits,
            "members": list(self.members),
            "principle": self.principle,
            "threat": self.threat,
            "limits": self.limits.to_dict(),
            "levers": {
                "tariffs": [_record(cut) for cut in self.tariffs],
                "corridors": [_record(cut) for cut in self.corridors],
                "transfers_musd": dict(self.transfers_musd),
            },
            "phase_in_years": dict(self.phase_in_years),
            "claims": {
                "smallest_gain_pct": self.claims.smallest_gain_pct,
                "joint_gain_musd": self.claims.joint_gain_musd,
                "members": {code: _record(own) for code, own in self.claims.members.items()},
                "outsiders": {
                    code: {"welfare_change_pct": change}
                    for code, change in self.claims.outsiders.items()
                },
            },
            "south": self.south,
            "robustness": None if self.robustness is None else _record(self.robustness),
            "seed": self.seed,
            "versions": dict(self.versions),
        }

    def __repr__(self) -> str:
        return (
            f"Certificate({self.world.name!r}, {self.world.year}: {', '.join(self.members)}; "
            f"{len(self.tariffs)} tariffs fall, smallest gain {self.claims.smallest_gain_pct:g} %)"
        )


def digests_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of every part of a certificate's JSON object.

    A part is a top-level field, or one of `levers` or `claims`, or one member's claims. Its digest
    is SHA-256 of its JSON, keys sorted, without spaces, in UTF-8, whole numbers without a decimal
    point, others as Python writes them.
    """
    parts: dict[str, Any] = {}
    for name, value in content.items():
        if name in {"levers", "claims"}:
            parts |= {f"{name}.{inner}": value[inner] for inner in value}
        elif name != "digests":
            parts[name] = value
    members = parts.pop("claims.members")
    parts |= {f"claims.members.{code}": own for code, own in members.items()}
    return {name: hashlib.sha256(_canonical(value)).hexdigest() for name, value in parts.items()}


def _canonical(value: object) -> bytes:
    text = json.dumps(
        _whole(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def _whole(value: object) -> object:
    """Write 5.0 as 5: whoever rewrites a JSON file may do either."""
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _certificate(file: Field) -> Certificate:
    if not isinstance(file.value, dict) or "format" not in file.value:
        raise SourceError(
            f"{file.file}: format is missing, so this is no certificate; name a file that bandung "
            "wrote"
        )
    if file.value["format"] != FORMAT:
        Field(file.file, "format", file.value["format"]).refuse(
            f"is {file.value['format']!r}; this version of bandung reads {FORMAT!r}"
        )
    own = file.fields(FIELDS)
    world = own["world"].fields(("name", "year", "checksum"))
    levers = own["levers"].fields(("tariffs", "corridors", "transfers_musd"))
    return Certificate(
        world=WorldName(world["name"].text(), world["year"].whole(0), world["checksum"].text()),
        elasticities=_elasticities(own["elasticities"]),
        deficits=own["deficits"].word(DEFICIT_RULES),
        members=_texts(own["members"]),
        principle=own["principle"].word(PRINCIPLES),
        threat=own["threat"].word(THREATS),
        limits=_limits(own["limits"]),
        tariffs=tuple(_tariff(cut) for cut in levers["tariffs"].items()),
        corridors=tuple(_corridor(cut) for cut in levers["corridors"].items()),
        transfers_musd=_numbers(levers["transfers_musd"]),
        phase_in_years={
            code: years.whole(0) for code, years in own["phase_in_years"].entries().items()
        },
        claims=_claims(own["claims"]),
        south=own["south"].text(least=0),
        robustness=None if own["robustness"].null() else _robustness(own["robustness"]),
        seed=own["seed"].whole(0),
        versions={
            name: version.text() for name, version in own["versions"].fields(PROGRAMS).items()
        },
        digests={part: digest.text() for part, digest in own["digests"].entries().items()},
    )


def _elasticities(given: Field) -> str | tuple[float, ...]:
    if isinstance(given.value, str):
        return given.text()
    return tuple(theta.number() for theta in given.items())


def _limits(given: Field) -> Limits:
    own = given.fields(tuple(Limits.__dataclass_fields__))
    listed = {name: _texts(own[name]) for name in ("exclude", "exempt")}
    for name, codes in listed.items():
        if list(codes) != sorted(set(codes)):
            own[name].refuse("must be sorted, each code once")
    most = own["most_sectors"]
    try:
        return Limits(
            floor=own["floor"].number(),
            least_cut=own["least_cut"].number(),
            most_cut=own["most_cut"].number(),
            exclude=listed["exclude"],
            exempt=listed["exempt"],
            by=own["by"].word(TIES),
            formula=own["formula"].word(FORMULAS),
            most_sectors=None if most.null() else most.whole(1),
            most_paid=own["most_paid"].number(),
        )
    except SourceError:
        raise
    except InputError as error:
        given.refuse(f"cannot be: {error}")


def _tariff(given: Field) -> TariffCut:
    own = given.fields(tuple(TariffCut.__dataclass_fields__))
    return TariffCut(
        own["origin"].text(),
        own["destination"].text(),
        own["sector"].text(),
        own["old_pct"].number(),
        own["new_pct"].number(),
    )


def _corridor(given: Field) -> CorridorCut:
    own = given.fields(tuple(CorridorCut.__dataclass_fields__))
    between = _texts(own["between"])
    if len(between) != 2:
        own["between"].refuse(f"names {len(between)} members; a corridor joins two")
    return CorridorCut(
        between=(between[0], between[1]),
        sectors=_texts(own["sectors"]),
        trade_cost_change_pct=own["trade_cost_change_pct"].number(),
        cost_musd=own["cost_musd"].number(),
        paid_by_musd=_numbers(own["paid_by_musd"]),
    )


def _claims(given: Field) -> Claims:
    own = given.fields(tuple(Claims.__dataclass_fields__))
    return Claims(
        smallest_gain_pct=own["smallest_gain_pct"].number(),
        joint_gain_musd=own["joint_gain_musd"].number(),
        members={code: _member(claim) for code, claim in own["members"].entries().items()},
        outsiders={
            code: claim.fields(("welfare_change_pct",))["welfare_change_pct"].number()
            for code, claim in own["outsiders"].entries().items()
        },
    )


def _member(given: Field) -> MemberClaim:
    own = given.fields(tuple(MemberClaim.__dataclass_fields__))
    levied = own["tariff_revenue_change_pct"]
    return MemberClaim(
        welfare_change_pct=own["welfare_change_pct"].number(),
        tariff_revenue_change_pct=None if levied.null() else levied.number(),
        tariff_revenue_change_musd=own["tariff_revenue_change_musd"].number(),
        reliance_before_pct=_origins(own["reliance_before_pct"]),
        reliance_after_pct=_origins(own["reliance_after_pct"]),
    )


def _origins(given: Field) -> dict[str, float] | None:
    if given.null():
        return None
    return {name: share.number() for name, share in given.fields(ORIGINS).items()}


def _robustness(given: Field) -> RobustnessClaim:
    own = given.fields(tuple(RobustnessClaim.__dataclass_fields__))
    spread = own["spread_pct"]
    return RobustnessClaim(
        draws=own["draws"].whole(1, MOST_DRAWS),
        spread_pct=None if spread.null() else spread.number(),
        seed=own["seed"].whole(0),
        gaining_pct=_numbers(own["gaining_pct"]),
        all_gain_pct=own["all_gain_pct"].number(),
    )


def _texts(given: Field) -> tuple[str, ...]:
    return tuple(each.text() for each in given.items())


def _numbers(given: Field) -> dict[str, float]:
    return {code: each.number() for code, each in given.entries().items()}


def _record(part: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the dataclasses above
    return {name: _plain(getattr(part, name)) for name in part.__dataclass_fields__}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _laid_out(value: object, indent: int = 0) -> str:
    """Write JSON, what fits into a line in one line."""
    inner = list(value.values()) if isinstance(value, dict) else value
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    nested = isinstance(inner, list) and any(isinstance(each, dict | list) for each in inner)
    if not isinstance(inner, list) or not inner or (not nested and len(flat) <= LINE):
        return flat
    deeper = " " * (indent + 2)
    texts = [_laid_out(each, indent + 2) for each in inner]
    if isinstance(value, dict):
        keys = [json.dumps(key, ensure_ascii=False) for key in value]
        texts = [f"{key}: {text}" for key, text in zip(keys, texts, strict=True)]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    lines = ",".join(f"\n{deeper}{text}" for text in texts)
    return f"{opening}{lines}\n{' ' * indent}{closing}"

"""`Limits`: what members keep out of an agreement, and in which form tariffs fall."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from bandung.errors import CodeUnknownError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from bandung.world.model import World

TIES = ("line", "sector", "mfn", "member", "all")
FORMULAS = ("linear", "swiss")


class LimitsOptions(TypedDict, total=False):
    """The fields of `Limits`, as keyword arguments."""

    floor: float
    least_cut: float
    most_cut: float
    exclude: Sequence[str]
    exempt: Sequence[str]
    by: str
    formula: str
    most_sectors: int | None
    most_paid: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What an agreement leaves as it is, and how tariffs are tied together.

    Attributes
    ----------
    floor : float
        No tariff falls below this fraction; those below it already stay.
    least_cut, most_cut : float
        Every tariff that may fall does so by at least, and at most, this share of itself. One that
        would pass the floor falls to the floor.
    exclude : tuple of str
        Sectors that nobody opens (``"C29"``), or one member does not (``"ZAF:C29"``).
    exempt : tuple of str
        Members that lower nothing, such as the least developed.
    by : str
        What moves on its own: ``"line"``, every tariff; ``"sector"``, a member's tariffs on a
        sector fall by the same share for all fellow members; ``"mfn"``, none of them pays more
        than one common tariff of the member on a sector; ``"member"``, all its tariffs by the
        same share; ``"all"``, all tariffs of all members.
    formula : str
        How tied tariffs fall: ``"linear"``, all by the same share; ``"swiss"``, to
        a t / (a + t), so that high ones fall by more.
    most_sectors : int or None
        In how many sectors a member lowers tariffs at most.
    most_paid : float
        What a member pays at most in transfers, as a share of its income.
    """

    floor: float = 0.0
    least_cut: float = 0.0
    most_cut: float = 1.0
    exclude: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    by: str = "line"
    formula: str = "linear"
    most_sectors: int | None = None
    most_paid: float = 0.01

    def __post_init__(self) -> None:
        object.__setattr__(self, "exclude", tuple(sorted(set(self.exclude))))
        object.__setattr__(self, "exempt", tuple(sorted(set(self.exempt))))
        if not self.floor >= 0:
            raise InputError(f"the floor is {self.floor:g}; it must be at least 0")
        if not 0 <= self.least_cut <= self.most_cut <= 1:
            raise InputError(
                f"cuts between {self.least_cut:g} and {self.most_cut:g} of a tariff cannot be; the "
                "least must be at least 0, the most at most 1 and not below the least"
            )
        if self.by not in TIES:
            raise CodeUnknownError("way of lowering tariffs", self.by, TIES)
        if self.formula not in FORMULAS:
            raise CodeUnknownError("formula", self.formula, FORMULAS)
        if self.formula == "swiss" and self.by not in {"member", "all"}:
            raise InputError(
                f"a Swiss formula ties many tariffs together; by {self.by!r} it ties none of "
                "different height: choose by 'member' or 'all'"
            )
        if self.most_sectors is not None and self.most_sectors < 1:
            raise InputError(f"most_sectors is {self.most_sectors}; it must be at least 1")
        if not 0 <= self.most_paid < math.inf:
            raise InputError(f"most_paid is {self.most_paid:g}; it must be at least 0, and finite")

    @classmethod
    def of(cls, **options: Unpack[LimitsOptions]) -> Limits:
        """Take keyword arguments, lists among them.

        Examples
        --------
        >>> Limits.of(exclude=["C29"], floor=0.05).exclude
        ('C29',)
        """
        given: dict[str, Any] = dict(options)
        for name in ("exclude", "exempt"):
            given[name] = tuple(given.get(name, ()))
        return cls(**given)

    def check(self, world: World) -> None:
        """Raise `CodeUnknownError` for a sector or member that a world lacks."""
        for word in self.exclude:
            member, _, sector = word.rpartition(":")
            world.sector_index(sector)
            if member:
                world.index(member)
        for code in self.exempt:
            world.index(code)

    def to_dict(self) -> dict[str, Any]:
        """Return every field, for JSON."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value

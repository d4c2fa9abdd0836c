"""What an agreement does to countries outside it, in sentences; and shares too small to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bandung.brief.languages import Language

DECIMALS = 3


def outside(
    change: Mapping[str, float], least_developed: Collection[str], tongue: Language
) -> tuple[str, ...]:
    """Say what happens to those outside: the least developed first, then everybody.

    Parameters
    ----------
    change
        Change of real income, a ratio minus one, of everybody outside.
    least_developed
        Which of them are least developed countries.
    """
    if not change:
        return ()
    poorest = {code: share for code, share in change.items() if code in least_developed}
    said = [_poorest(poorest, tongue)] if poorest else []
    losing = _largest_loss_first(change)
    gaining = sorted((code for code in change if change[code] > 0), key=lambda code: -change[code])
    if losing:
        said.append(
            tongue.say_n(
                "Of all {total} countries and regions outside, {count} would lose: {name} ({loss} "
                "of its real income).",
                "Of all {total} countries and regions outside, {count} would lose, most of all "
                "{name} ({loss} of its real income).",
                len(losing),
                total=tongue.number(len(change)),
                name=tongue.country(losing[0]),
                loss=_size(-change[losing[0]], tongue),
            )
        )
    if gaining:
        said.append(
            tongue.say_n(
                "{count} of those outside would gain: {name} ({gain}).",
                "{count} of those outside would gain, most of all {name} ({gain}).",
                len(gaining),
                name=tongue.country(gaining[0]),
                gain=_size(change[gaining[0]], tongue),
            )
        )
    return (" ".join(said),)


def less_than(digits: int, tongue: Language) -> str:
    """Write that a share is below the least that so many decimals of a percent can tell."""
    return tongue.say("less than {bound}", bound=tongue.percent(10.0 ** -(digits + 2), digits))


def _poorest(change: Mapping[str, float], tongue: Language) -> str:
    """Say how many of the least developed countries outside would lose, and who the most."""
    losing = _largest_loss_first(change)
    if not losing:
        return tongue.say("None of the least developed countries outside the group would lose.")
    return tongue.say_n(
        "Among the least developed countries outside the group, {count} of {total} would lose: "
        "{name} ({loss} of its real income).",
        "Among the least developed countries outside the group, {count} of {total} would lose, "
        "most of all {name} ({loss} of its real income).",
        len(losing),
        total=tongue.number(len(change)),
        name=tongue.country(losing[0]),
        loss=_size(-change[losing[0]], tongue),
    )


def _largest_loss_first(change: Mapping[str, float]) -> list[str]:
    return sorted((code for code in change if change[code] < 0), key=lambda code: change[code])


def _size(share: float, tongue: Language) -> str:
    """Write what somebody outside gains or loses, without the sign."""
    if share < 10.0 ** -(DECIMALS + 2):
        return less_than(DECIMALS, tongue)
    return tongue.style.small_percent(share)

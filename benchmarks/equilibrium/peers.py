"""The engine and its peers on the same problems in the same run: times, ratios, differences."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from bandung import World
from benchmarks.equilibrium import ours, problems
from benchmarks.equilibrium.fixed_point import best_damping, numpy_fixed_point, rebased
from benchmarks.equilibrium.gravity import real_output_change
from benchmarks.equilibrium.machine import (
    counted,
    measured_bandwidth,
    measured_operations,
    median_s,
)
from benchmarks.equilibrium.outside import NotDone, run_outside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.equilibrium.fixed_point import Problem
    from benchmarks.equilibrium.ours import Answer
    from benchmarks.equilibrium.problems import Scenario

    Floats = NDArray[np.float64]

RUNS = 5
LIMIT_S = 180.0
GRAVITY_SIZES, GRAVITY_SIZE_OF_ALL = (30, 60), 194
GRAVITY_RUNS = {30: 3}
SIGMA = 5.0
MANY_ROUNDS = 60
MEMORY_BYTES = 512 * 2**20
DIFFERS = "welfare differs, points"


@dataclass(frozen=True, slots=True)
class Options:
    """How long a peer from outside may take, whose interpreter runs it, and whether all run."""

    limit_s: float
    python: str
    everything: bool


@dataclass(frozen=True, slots=True, eq=False)
class Theirs:
    """A peer's time and its welfare changes, N; or the time it was given; or why it is left out."""

    name: str
    seconds: float | None = None
    welfare_change: Floats | None = None
    at_least_s: float | None = None
    left_out: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One case: our first and median time, our answer, the peers, and remarks."""

    case: str
    size: tuple[int, int]
    first_s: float
    seconds: float
    answer: Answer
    theirs: tuple[Theirs, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """What is run, and a file or folder without which it is left out."""

    name: str
    run: Callable[[str], Result]
    needs: Path | None = None


def cases(options: Options) -> list[Case]:
    """Return every case."""
    sizes = (*GRAVITY_SIZES, *([GRAVITY_SIZE_OF_ALL] if options.everything else []))
    return [
        Case("NAFTA 31×40, baseline and counterfactual", _nafta_pair, problems.NAFTA),
        Case(
            "NAFTA 31×40, counterfactual",
            partial(_nafta_counterfactual, options=options),
            problems.NAFTA,
        ),
        Case(
            "no tariffs among eleven, 55×28",
            lambda name: _world(name, problems.eleven_embedded()),
        ),
        Case(
            "no tariffs among eleven, 81×28",
            lambda name: _world(name, problems.eleven_released()),
            problems.ICIO,
        ),
        Case(
            "trade costs −10 %, 194×1",
            lambda name: _world(name, problems.all_cheaper()),
            problems.BACI,
        ),
        *(
            Case(
                f"trade costs −10 %, balanced, {size}×1",
                partial(_gravity, size=size, options=options),
                problems.BACI,
            )
            for size in sizes
        ),
    ]


def _nafta_pair(case: str) -> Result:
    baseline = problems.nafta_baseline()
    tariff_new = problems.nafta_counterfactual(baseline).tariff_new
    first, second = best_damping(baseline), best_damping(problems.nafta_solved())

    def plain() -> Floats:
        solved = rebased(baseline, numpy_fixed_point(baseline, damping=first))
        moved = replace(solved, tariff_new=tariff_new)
        return numpy_fixed_point(moved, damping=second).welfare_change

    return _result(
        case, baseline, lambda: ours.pair(baseline, tariff_new), (_timed("plain NumPy", plain),)
    )


def _nafta_counterfactual(case: str, options: Options) -> Result:
    problem = problems.nafta_solved()
    given = {part.name: getattr(problem, part.name) for part in fields(problem)}
    found = run_outside("puremacro", given, limit_s=options.limit_s, python=options.python)
    theirs = (_plain(problem), *_outside("puremacro", found, "welfare_change"))
    return _result(case, problem, lambda: ours.counterfactual(problem), theirs)


def _world(case: str, scenario: Scenario) -> Result:
    problem = scenario.problem
    return _result(case, problem, lambda: ours.world(scenario), (_plain(problem),))


def _gravity(case: str, size: int, options: Options) -> Result:
    """Give gegravity the largest economies; everyone else gets the trade that it fits to them."""
    world = problems.all_cheaper().world
    largest = np.sort(np.argsort(-world.output[:, 0])[:size])
    members = np.array(world.members)[largest]
    trade = world.trade_value[np.ix_(largest, largest)][:, :, 0]
    given = {
        "members": members,
        "trade_value": trade,
        "sigma": np.array(SIGMA),
        "trade_cost_change": np.array(problems.CHEAPER),
    }
    found = run_outside(
        "gegravity",
        given,
        limit_s=options.limit_s,
        runs=GRAVITY_RUNS.get(size, 1),
        python=options.python,
    )
    fitted = trade if isinstance(found, NotDone) else found["fitted"]
    scenario = problems.Scenario(
        World.from_arrays(
            members=members.tolist(),
            sectors=world.sectors,
            trade_value=fitted[:, :, None],
            trade_elasticity=SIGMA - 1.0,
            regions={code: world.regions[code] for code in members if code in world.regions},
        ),
        trade_cost_change=problems.cheaper(size),
    )
    problem = scenario.problem
    theirs = (_plain(problem), *_outside("gegravity", found, "real_gdp_change"))
    result = _result(case, problem, lambda: ours.world(scenario), theirs)
    if isinstance(found, NotDone):
        return result
    return replace(result, remarks=_gravity_remarks(result.answer, found))


def _gravity_remarks(answer: Answer, found: dict[str, NDArray[Any]]) -> tuple[str, ...]:
    """Say how gegravity's answer differs from the equilibrium, and why."""
    trade = found["fitted"]
    ratio = 1.0 + problems.cheaper(len(trade))[:, :, 0]
    once = real_output_change(trade, ratio, SIGMA - 1.0, rounds=1)
    many = real_output_change(trade, ratio, SIGMA - 1.0, rounds=MANY_ROUNDS)
    theirs = found["real_gdp_change"]
    gap, same = 100.0 * float(found["output_gap"]), float(found["resistance_gap"])
    by_hand, onward = _points(once, theirs), _points(many, answer.welfare_change)
    sales = f"gegravity's new trade is off its new output by up to {gap:.2g} %"
    resistances = f"its resistances are those of its conditional equilibrium to {same:.0e}"
    rounds = f"taken to {MANY_ROUNDS} rounds they agree with ours to {onward:.0e}"
    return (
        f"{sales}; {resistances}",
        f"its equations by hand agree with it to {by_hand:.0e} points; {rounds}",
    )


def _outside(
    name: str, found: dict[str, NDArray[Any]] | NotDone, answer: str
) -> tuple[Theirs, ...]:
    if isinstance(found, NotDone):
        return (Theirs(name, at_least_s=found.at_least_s, left_out=found.reason),)
    version = f"{name} {found['version']}"
    return tuple(
        Theirs(f"{version}, {what}", float(found[key]), found[answer])
        for what, key in (("change only", "change_s"), ("with set-up", "whole_s"))
    )


def _plain(problem: Problem) -> Theirs:
    damping = best_damping(problem)
    return _timed("plain NumPy", lambda: numpy_fixed_point(problem, damping=damping).welfare_change)


def _timed(name: str, work: Callable[[], Floats]) -> Theirs:
    return Theirs(name, median_s(work, RUNS), work())


def _result(
    case: str, problem: Problem, work: Callable[[], Answer], theirs: tuple[Theirs, ...]
) -> Result:
    start = time.perf_counter()
    answer = work()
    first_s = time.perf_counter() - start
    return Result(case, problem.expenditure.shape, first_s, median_s(work, RUNS), answer, theirs)


def _points(one: Floats, other: Floats) -> float:
    """Return the largest difference in percentage points."""
    return 100.0 * float(np.abs(one - other).max())


def comparison(found: list[Result]) -> Table:
    """Set our times beside theirs."""
    table = Table(title=f"{platform.machine()}, {os.cpu_count()} cores, medians")
    left = {"case", "compared with"}
    for column in (
        "case",
        "ours",
        "first call",
        "compared with",
        "theirs",
        "theirs / ours",
        DIFFERS,
    ):
        table.add_column(column, justify="left" if column in left else "right")
    for one in found:
        ours_of_case = (one.case, f"{one.seconds:.4f} s", f"{one.first_s:.2f} s")
        for number, peer in enumerate(one.theirs):
            table.add_row(*(ours_of_case if number == 0 else ("", "", "")), *_peer(one, peer))
    return table


def _peer(one: Result, peer: Theirs) -> tuple[str, str, str, str]:
    if peer.seconds is not None and peer.welfare_change is not None:
        differs = _points(one.answer.welfare_change, peer.welfare_change)
        ratio = peer.seconds / one.seconds
        return peer.name, f"{peer.seconds:.4f} s", f"{ratio:.1f}×", f"{differs:.0e}"
    if peer.at_least_s is not None:
        ratio = peer.at_least_s / one.seconds
        return peer.name, peer.left_out, f"> {ratio:.0f}×", ""
    return peer.name, f"left out: {peer.left_out}", "", ""


def passes(found: list[Result]) -> Table:
    """Compare what passes take with what the machine can do."""
    peak = measured_operations()
    memory = measured_bandwidth(MEMORY_BYTES)
    table = Table(
        title=f"our passes; this machine: {peak / 1e9:.0f} G operations/s, "
        f"{memory / 1e9:.0f} GB/s from memory"
    )
    for column in ("case", "passes", "a pass", "operations/s", "of peak", "moved", "of measured"):
        table.add_column(column, justify="left" if column == "case" else "right")
    for one in found:
        count = counted(*one.size)
        each = one.seconds / one.answer.passes
        bandwidth = measured_bandwidth(count.working_set)
        moved, done = count.bytes / each, count.operations / each
        table.add_row(
            one.case,
            str(one.answer.passes),
            f"{1e6 * each:.0f} µs",
            f"{done / 1e9:.2f} G",
            f"{100 * done / peak:.0f} %",
            f"{moved / 1e9:.1f} GB/s",
            f"{100 * moved / bandwidth:.0f} % of {bandwidth / 1e9:.0f}",
        )
    return table

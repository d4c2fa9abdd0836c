"""Peers from outside, each in a process of its own: ``python -m benchmarks.equilibrium.outside``.

A process of its own can be stopped at a time limit, keeps the peer's warnings and threads to
itself, and may be another interpreter's. The child half of this file needs NumPy and the peer.
Imports are not timed.
"""

from __future__ import annotations

import contextlib
import importlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Arrays = Mapping[str, NDArray[Any]]
    Run = tuple[Any, float, float]

READY = "ready"
YEAR = "2023"
COLUMNS = {
    "imp_var_name": "importer", "exp_var_name": "exporter", "year_var_name": "year",
    "trade_var_name": "trade", "expend_var_name": "expenditure", "output_var_name": "output",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NotDone:
    """A peer without a result.

    Attributes
    ----------
    reason : str
        Why.
    at_least_s : float, or None
        The time it was given, where it ran out of it.
    """

    reason: str
    at_least_s: float | None = None


def run_outside(
    peer: str, problem: Arrays, *, limit_s: float, runs: int = 1, python: str = sys.executable
) -> dict[str, NDArray[Any]] | NotDone:
    """Let a peer solve a problem in a process of its own.

    Parameters
    ----------
    peer
        A name in `PEERS`.
    problem
        What that peer's function takes.
    limit_s
        Seconds a run, after which, times the runs, the process is ended; imports are not counted.
    python
        The interpreter that has the peer.

    Returns
    -------
    dict of str to array, or NotDone
        What the peer's function returns, and ``version``.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, found, said = (Path(folder) / name for name in ("given.npz", "found.npz", "said"))
        np.savez(given, **dict(problem))
        command = [python, "-m", "benchmarks.equilibrium.outside", peer, str(given), str(found)]
        with (
            said.open("w") as errors,
            subprocess.Popen(  # noqa: S603 - our own module, our own files
                [*command, str(runs)],
                cwd=Path(__file__).resolve().parents[2],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as process,
        ):
            try:
                if process.stdout is not None:
                    process.stdout.readline()
                process.communicate(timeout=limit_s * runs)
            except subprocess.TimeoutExpired:
                process.kill()
                return NotDone(f"not finished in {limit_s:g} s", limit_s)
        if process.returncode != 0:
            lines = said.read_text(errors="replace").strip().splitlines()
            return NotDone(lines[-1] if lines else f"exit code {process.returncode}")
        with np.load(found) as arrays:
            return {key: arrays[key] for key in arrays.files}


def gegravity(given: Arrays, runs: int) -> dict[str, Any]:
    """Balance the trade of one sector and cheapen trade between economies.

    Each economy spends what it sells. Trade costs are those that the trade itself reveals, so
    that the fitted baseline is that trade, balanced; the solver starts next to its solution.

    Parameters
    ----------
    given
        ``members``, N; ``trade_value``, N×N; ``sigma``; ``trade_cost_change``.

    Returns
    -------
    dict
        Median seconds: ``whole_s``; ``change_s`` without the baseline. ``fitted``, N×N;
        ``real_gdp_change``, N; ``output_gap``, the largest relative difference between what an
        economy sells in the new trade and its new output; ``resistance_gap``, the largest relative
        difference between the inward resistances of full and of conditional equilibrium.
    """
    members, trade = given["members"], given["trade_value"]
    sigma, change = float(given["sigma"]), float(given["trade_cost_change"])
    output = trade.sum(axis=1)
    frame = _gravity_frame(members, trade)
    model, whole_s, change_s = _median_run(
        lambda: _gravity_run(frame, str(members[output.argmax()]), sigma, change), runs
    )
    for what, solved in model.solver_diagnostics.items():
        if not solved.success:
            raise SystemExit(f"gegravity: {what}: {solved.message}")
    flows = model.bilateral_trade_results
    after = flows["experiment trade"].unstack().loc[members, members].to_numpy()
    results = model.country_results.loc[members]
    output_new = output * (1.0 + results["output change (percent)"].to_numpy() / 100.0)
    terms = model.country_mr_terms
    return {
        "whole_s": whole_s,
        "change_s": change_s,
        "fitted": flows["baseline modeled trade"].unstack().loc[members, members].to_numpy(),
        "real_gdp_change": results["GDP change (percent)"].to_numpy() / 100.0,
        "output_gap": np.abs(after.sum(axis=1) / output_new - 1.0).max(),
        "resistance_gap": np.abs(terms["experiment imr"] / terms["conditional imr"] - 1.0).max(),
    }


def puremacro(given: Arrays, runs: int) -> dict[str, Any]:
    """Solve a counterfactual of Caliendo & Parro.

    Money is in units of world value added: the package also asks for an excess demand of at
    most 1e-6 in the unit given, which no solver reaches in dollars.

    Parameters
    ----------
    given
        The fields of `Problem`, with deficits kept and trade costs unchanged.

    Returns
    -------
    dict
        Median seconds: ``whole_s``; ``change_s`` without setting the model up.
        ``welfare_change``, N; ``passes``; ``residual``, of labour markets.
    """
    module = importlib.import_module("puremacro.trade.caliendo_parro")
    share, inputs = given["trade_share"], given["input_share"]
    unit = given["value_added"].sum()
    abroad = share[~np.eye(len(share), dtype=bool)]

    def gross(tariff: Floats) -> Floats:
        return 1.0 + np.ascontiguousarray(tariff.transpose(2, 1, 0))

    def run() -> Run:
        start = time.perf_counter()
        model = module.CaliendoParroModel(
            trade_shares=np.ascontiguousarray(share.transpose(2, 1, 0)),
            gamma_va=1.0 - inputs.sum(axis=1),
            gamma_io=np.ascontiguousarray(inputs.transpose(0, 2, 1)),
            alpha=given["final_share"],
            theta=given["trade_elasticity"],
            labor_income=given["value_added"] / unit,
            deficits=given["deficit"] / unit,
            tariffs=gross(given["tariff"]),
            nontradables=np.flatnonzero(~abroad.any(axis=0)).tolist(),
        )
        between = time.perf_counter()
        solved = model.solve_counterfactual(tariffs_new=gross(given["tariff_new"]))
        end = time.perf_counter()
        return solved, end - start, end - between

    solved, whole_s, change_s = _median_run(run, runs)
    if not solved.converged:
        raise SystemExit(
            f"puremacro: not converged in {solved.iterations} passes, "
            f"residual {solved.max_residual:.1e}"
        )
    return {
        "whole_s": whole_s,
        "change_s": change_s,
        "welfare_change": solved.welfare_hat - 1.0,
        "passes": solved.iterations,
        "residual": solved.max_residual,
    }


PEERS: dict[str, Callable[[Arrays, int], dict[str, Any]]] = {
    "gegravity": gegravity,
    "puremacro": puremacro,
}
MODULES = {"gegravity": "gegravity", "puremacro": "puremacro.trade.caliendo_parro"}


def _gravity_frame(members: NDArray[Any], trade: Floats) -> Any:  # noqa: ANN401 - pandas is the peer's
    """Return what gegravity takes: a row a flow, with the log cost that the trade reveals."""
    n, output = len(members), trade.sum(axis=1)
    with np.errstate(divide="ignore"):
        cost = np.log(trade * output.sum() / np.outer(output, output))
    return importlib.import_module("pandas").DataFrame(
        {
            "exporter": np.repeat(members, n),
            "importer": np.tile(members, n),
            "year": YEAR,
            "trade": trade.ravel(),
            "output": np.repeat(output, n),
            "expenditure": np.tile(output, n),
            "log_cost": cost.ravel(),
        }
    )


def _gravity_run(frame: Any, reference: str, sigma: float, change: float) -> Run:  # noqa: ANN401
    """Build the baseline and simulate the change; return the model and both times."""
    ge, pd = importlib.import_module("gegravity"), importlib.import_module("pandas")
    start = time.perf_counter()
    coefficients = pd.DataFrame({"of": ["log_cost"], "is": [1.0]})
    model = ge.OneSectorGE(
        ge.BaselineData(frame.copy(), **COLUMNS),
        year=YEAR,
        reference_importer=reference,
        sigma=sigma,
        cost_variables=["log_cost"],
        cost_coeff_values=ge.CostCoeffs(coefficients, identifier_col="of", coeff_col="is"),
        quiet=True,
    )
    model.build_baseline()
    between = time.perf_counter()
    changed = model.baseline_data.copy()
    abroad = changed["exporter"] != changed["importer"]
    changed.loc[abroad, "log_cost"] += (1.0 - sigma) * np.log1p(change)
    model.define_experiment(changed)
    model.simulate()
    end = time.perf_counter()
    return model, end - start, end - between


def _median_run(run: Callable[[], Run], runs: int) -> Run:
    """Return the last result and the medians of both times."""
    done = [run() for _ in range(runs)]
    whole, change = (statistics.median(float(one[at]) for one in done) for at in (1, 2))
    return done[-1][0], whole, change


def _main(peer: str, given: str, found: str, runs: str) -> None:
    try:
        importlib.import_module(MODULES[peer])
    except ImportError as error:
        raise SystemExit(f"{peer} is not installed here: {error}") from None
    with np.load(given) as arrays:
        problem = {key: arrays[key] for key in arrays.files}
    print(READY, flush=True)
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(sys.stderr):
        result = PEERS[peer](problem, int(runs))
    np.savez(found, version=metadata.version(peer), **result)


if __name__ == "__main__":
    _main(*sys.argv[1:])

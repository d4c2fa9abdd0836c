"""The accelerated fixed point on maps whose solution is known."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bandung.economy.compiled import float64
from bandung.economy.fixed_point import FixedPoint, fixed_point

TOLERANCE = 1e-12
"""Of the residual: some thousand roundings of numbers near one."""
SOLVED = 1e-10
"""Of the point: the residual over the smallest |1 − eigenvalue| below, 0.05."""
SIZE = 8
CONTRACTING = [0.5, 0.3, -0.2, 0.1, 0.0, -0.4, 0.25, 0.6]
EXPANDING = [-3.0, 0.95, 0.9, -0.9, 0.8, -0.7, 0.4, 0.1]

visited: list[np.ndarray] = []


@dataclass(frozen=True, eq=False)
class Linear:
    """u → Mu + c, and NaN farther from the solution than `radius`."""

    matrix: np.ndarray
    solution: np.ndarray
    radius: float = np.inf

    @classmethod
    def with_eigenvalues(cls, eigenvalues: list[float]) -> Linear:
        """In an orthogonal basis drawn at random."""
        rng = np.random.default_rng(1955)
        basis = np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0]
        return cls(basis @ np.diag(eigenvalues) @ basis.T, rng.normal(size=SIZE))

    def move(self, point: np.ndarray) -> np.ndarray:
        return (self.matrix - np.eye(SIZE)) @ (point - self.solution)

    def solve(self, start: np.ndarray, max_passes: int = 200) -> FixedPoint:
        """Iterate, noting in `visited` the points where the map was evaluated."""
        visited.clear()
        with float64():
            end = _solve(self.matrix, self.solution, self.radius, start, max_passes)
            jax.effects_barrier()
            return FixedPoint(*(np.asarray(part) for part in end))


@jax.jit
def _solve(matrix, solution, radius, start, max_passes):
    def step(point):
        jax.debug.callback(lambda where: visited.append(np.array(where)), point)
        away = point - solution
        move = matrix @ away - away
        move = jnp.where(jnp.linalg.norm(away) < radius, move, jnp.nan)
        return move, jnp.abs(move).max()

    return fixed_point(step, start, tolerance=TOLERANCE, max_passes=max_passes)


@pytest.mark.parametrize(
    "eigenvalues",
    [CONTRACTING, EXPANDING, [2.0, -3.0, 1.5, -1.2, 0.95, 0.5, -5.0, 0.0]],
    ids=["contracting", "one expanding", "many expanding"],
)
def test_a_linear_map_is_solved_even_where_plain_iteration_runs_away(eigenvalues):
    """Eight directions need about nine passes, whatever the eigenvalues; plainly, −3 diverges."""
    onward = Linear.with_eigenvalues(eigenvalues)
    plain = np.zeros(SIZE)
    for _ in range(40):
        plain = plain + onward.move(plain)
    runs_away = np.abs(plain - onward.solution).max() > 1e3
    assert runs_away == (max(map(abs, eigenvalues)) > 1)
    end = onward.solve(np.zeros(SIZE))
    assert end.residual <= TOLERANCE
    assert end.point == pytest.approx(onward.solution, abs=SOLVED)
    assert end.passes <= 2 * SIZE


@pytest.mark.parametrize("passes", [1, 2, 3, 5])
def test_the_residual_is_that_of_the_point_returned(passes):
    """Stopped short, what comes back is the best point seen with its own residual, no other's."""
    onward = Linear.with_eigenvalues(EXPANDING)
    end = onward.solve(np.zeros(SIZE), max_passes=passes)
    residuals = [np.abs(onward.move(point)).max() for point in visited]
    assert end.passes == len(residuals) == passes
    assert end.residual == pytest.approx(np.abs(onward.move(end.point)).max(), rel=1e-9)
    assert end.residual == pytest.approx(min(residuals), rel=1e-5)  # callbacks see 32-bit floats


def test_a_start_that_solves_takes_one_pass():
    """Nothing moves where nothing is to be done."""
    onward = Linear.with_eigenvalues(CONTRACTING)
    end = onward.solve(onward.solution)
    assert end.passes == 1
    assert np.array_equal(end.point, onward.solution)


def test_a_map_that_is_nowhere_a_number_is_not_called_solved():
    """Comparisons with NaN are all false: the iteration must end, and claim no residual."""
    nowhere = Linear(np.zeros((SIZE, SIZE)), np.zeros(SIZE), radius=0.0)
    end = nowhere.solve(np.ones(SIZE), max_passes=7)
    assert end.passes == 7
    assert end.residual == np.inf
    assert np.array_equal(end.point, np.ones(SIZE))


def test_a_map_that_is_no_number_one_plain_step_away_is_solved_by_shorter_ones():
    """√ is NaN below 0, where the plain step from 1 leads; the solution, 0.25, is reached."""

    def step(point):
        move = 8 * (0.5 - jnp.sqrt(point))
        return move, jnp.abs(move).max()

    with float64():
        end = fixed_point(step, jnp.ones(1), tolerance=TOLERANCE, max_passes=200)
        assert end.residual <= TOLERANCE
        assert float(end.point[0]) == pytest.approx(0.25, abs=SOLVED)


def bounded(seed: int, largest: float) -> Linear:
    """A map that is no number where, were it one, a later pass alone would lead.

    `largest` is the modulus of its largest eigenvalue.
    """
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(SIZE, SIZE))
    matrix *= largest / np.abs(np.linalg.eigvals(matrix)).max()
    everywhere = Linear(matrix, np.linalg.solve(np.eye(SIZE) - matrix, rng.normal(size=SIZE)))
    everywhere.solve(np.zeros(SIZE))
    distance = [float(np.linalg.norm(point - everywhere.solution)) for point in visited]
    farthest = int(np.argmax(distance))
    assert farthest >= 2
    radius = (max(distance[:farthest]) + distance[farthest]) / 2
    return Linear(matrix, everywhere.solution, radius=radius)


@pytest.mark.parametrize(("seed", "largest"), [(2, 0.95), (26, 0.95), (2, 1.5), (4, 1.5)])
def test_what_was_not_a_number_is_forgotten(seed, largest):
    """NaN met after some passes must not stay in memory and spoil every later combination."""
    onward = bounded(seed, largest)
    end = onward.solve(np.zeros(SIZE), max_passes=2000)
    distance = [np.linalg.norm(point - onward.solution) for point in visited]
    assert np.isfinite(distance).all()
    assert max(distance) > onward.radius
    assert end.residual <= TOLERANCE
    assert end.point == pytest.approx(onward.solution, abs=SOLVED)


@pytest.mark.parametrize(("seed", "largest"), [(6, 1.5), (13, 1.5), (4, 3.0)])
def test_whoever_went_astray_does_not_go_there_for_ever(seed, largest):
    """However short the plain steps have become, the combination that follows must not leap on."""
    onward = bounded(seed, largest)
    end = onward.solve(np.zeros(SIZE), max_passes=2000)
    assert end.residual <= TOLERANCE
    assert end.point == pytest.approx(onward.solution, abs=SOLVED)

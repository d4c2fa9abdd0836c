"""`solve`, `solve_many` and `sensitivity`: the same answer by each, and none for nonsense."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import fields

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bandung import Levers, World, sensitivity, solve, solve_many
from bandung.economy.accounts import Equilibrium
from bandung.economy.baseline import Baseline
from bandung.economy.sensitivities import gradients
from bandung.errors import CodeUnknownError, InputError, WorldError

DRAWS = 1e-10
"""Ratios: the same equilibrium, from arrays on the device that were put there by two roads."""
SLOPE = 1e-6
"""Relative; derivatives by central differences with steps of 1e-3, error h⁴."""
STEP = 1e-3
CODES = ("AGO", "BRA", "CIV", "EGY", "ZAF")
ALL = ("tariff", "trade_cost", "productivity", "transfer", "trade_elasticity")


@pytest.fixture(scope="module")
def small(five) -> World:
    """Five members, three sectors, drawn at random; two sets of elasticities."""
    sets = {"low": [2.0, 3.0, 4.0], "high": [6.0, 7.0, 8.0]}
    return five.replace(trade_elasticity="low", elasticity_sets=sets)


@pytest.fixture(scope="module")
def scenarios(small) -> list[Levers]:
    """Twelve cuts of all tariffs, from none to their double."""
    return [Levers(tariff_new=share * small.tariff) for share in np.linspace(0, 2, 12)]


@pytest.fixture(scope="module")
def draws(small) -> np.ndarray:
    """Seven draws of elasticities."""
    rng = np.random.default_rng(11)
    return small.trade_elasticity * np.exp(0.3 * rng.normal(size=(7, 3)))


def same(one: Equilibrium, other: Equilibrium) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(Equilibrium)
    )


@pytest.mark.parametrize("rule", ["fixed", "zero", "proportional"])
def test_many_are_each_exactly_what_one_alone_is(small, scenarios, rule):
    """To the last digit and in order, however many are computed at once."""
    together = list(solve_many(small, scenarios, deficits=rule))
    assert len(together) == len(scenarios)
    for outcome, levers in zip(together, scenarios, strict=True):
        alone = solve(small, tariff_new=levers.tariff_new, deficits=rule)
        assert same(outcome.after, alone.after)
        assert outcome.levers is levers
        assert outcome.deficits == rule


@pytest.mark.parametrize("rule", ["fixed", "zero"])
def test_a_draw_of_elasticities_is_a_world_with_these(small, scenarios, draws, rule):
    """One scenario at many draws is what `solve` gives for each row, deficits closed alike."""
    together = list(solve_many(small, scenarios[:1], trade_elasticity=draws, deficits=rule))
    assert len(together) == len(draws)
    for outcome, row in zip(together, draws, strict=True):
        alone = solve(
            small, tariff_new=scenarios[0].tariff_new, trade_elasticity=row, deficits=rule
        )
        assert np.array_equal(outcome.before.trade_elasticity, row)
        for name in ("welfare_change", "wage_change", "price_change"):
            one, other = getattr(outcome, name).to_numpy(), getattr(alone, name).to_numpy()
            assert one == pytest.approx(other, abs=DRAWS), name
    spread = np.ptp([outcome.welfare_change for outcome in together], axis=0)
    assert spread.min() > 1e-5


def test_as_many_draws_as_scenarios_are_paired(small, scenarios, draws):
    """The second scenario goes with the second row, not with each."""
    together = list(solve_many(small, scenarios[:7], trade_elasticity=draws))
    alone = solve(small, tariff_new=scenarios[3].tariff_new, trade_elasticity=draws[3])
    assert len(together) == 7
    assert together[3].welfare_change.to_numpy() == pytest.approx(
        alone.welfare_change.to_numpy(), abs=DRAWS
    )


def test_batches_that_do_not_match_are_refused_before_anything_is_solved(small, scenarios, draws):
    """Neither is cut short to fit the other, and the refusal does not wait for the first result."""
    with pytest.raises(InputError, match=r"12 scenarios and 7 draws of elasticities do not match"):
        solve_many(small, scenarios, trade_elasticity=draws)
    with pytest.raises(InputError, match=r"0 scenarios and 1 draws"):
        solve_many(small, [])
    with pytest.raises(InputError, match=r"shape \(7, 2\); draws have one row each and 3 columns"):
        solve_many(small, trade_elasticity=draws[:, :2])


def test_what_is_no_longer_taken_is_no_longer_computed(small, scenarios, monkeypatch):
    """Abandoned after the first result, a batch of hundreds ends there; no thread is left."""
    module = importlib.import_module("bandung.agree.solve")
    real, asked = module.equilibrium, []

    def counted(*args, **kwargs):
        asked.append(args)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, "equilibrium", counted)
    before = threading.active_count()
    results = solve_many(small, scenarios[:2] * 200)
    first = next(results)
    time.sleep(0.3)  # whatever is computed ahead without bound would be by now
    results.close()
    assert same(first.after, solve(small, tariff_new=scenarios[0].tariff_new).after)
    assert len(asked) <= 2 * (os.cpu_count() or 1) + 3
    assert threading.active_count() == before


def test_an_error_in_one_of_many_is_raised_where_it_comes(small, scenarios):
    """Results before it are delivered; it is not lost in a thread."""
    wrong = Levers(tariff_new=np.full_like(small.tariff, -2))
    results = solve_many(small, [scenarios[1], wrong, scenarios[2]])
    assert same(next(results).after, solve(small, tariff_new=scenarios[1].tariff_new).after)
    with pytest.raises(InputError, match=r"tariff_new is -2 at"):
        next(results)


def test_elasticities_are_chosen_by_name_figure_or_array(small, scenarios):
    """Each way of giving them is the world with them, and the outcome says which."""
    new = scenarios[0].tariff_new
    for given, said, theta in (
        ("high", "high", [6, 7, 8]),
        (5, "5", [5, 5, 5]),
        ([3.0, 4.0, 5.0], "given", [3, 4, 5]),
        (None, "low", [2, 3, 4]),
    ):
        outcome = solve(small, tariff_new=new, trade_elasticity=given)
        assert outcome.before.trade_elasticity.tolist() == theta
        assert outcome.elasticities == said
        world = small.replace(trade_elasticity=theta)
        assert same(outcome.after, solve(world, tariff_new=new).after)


def test_lists_are_taken_as_arrays(small):
    """Whoever has no NumPy at hand gives nested lists."""
    outcome = solve(small, transfers=[1, -1, 0, 0, 0])
    assert outcome.welfare_change.sel(member="AGO") > 0
    assert outcome.welfare_change.sel(member="BRA") < 0


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"tariff_new": "none"}, InputError, r"tariff_new is not an array of numbers"),
        ({"tariff_new": [[1], [1, 2]]}, InputError, r"tariff_new is not an array of numbers"),
        ({"tariff_new": np.zeros((5, 5))}, InputError, r"tariff_new has shape \(5, 5\); it shou"),
        ({"tariff_new": np.full((5, 5, 3), -1)}, InputError, r"tariff_new is -1 at .* above −1"),
        ({"tariff_new": np.full((5, 5, 3), np.nan)}, InputError, r"tariff_new is nan at"),
        ({"trade_cost_change": np.full((5, 5, 3), -1)}, InputError, r"trade_cost_change is -1"),
        ({"productivity_change": np.zeros((3, 5))}, InputError, r"productivity_change has shape"),
        ({"transfers": np.ones(5)}, InputError, r"transfers sum to 5 million USD"),
        ({"deficits": "balanced"}, InputError, r"unknown rule for deficits 'balanced'; choose"),
        ({"trade_elasticity": "lo"}, CodeUnknownError, r"set of elasticities 'lo'.*mean low"),
        ({"trade_elasticity": [1, 2, -3]}, WorldError, r"elasticity \(given\) is -3 at sector ba"),
        ({"trade_elasticity": 0}, WorldError, r"trade elasticity \(0\) is 0 at sector farms"),
    ],
)
def test_what_cannot_be_is_refused(small, asked, error, message):
    """A lever, rule or elasticity that makes no sense is named with its value, not solved."""
    with pytest.raises(error, match=message):
        solve(small, **asked)


def test_refusals_name_members_and_sectors(small, scenarios):
    """Nobody should have to count positions: the message has the world's own labels."""
    alone = np.zeros((5, 5, 3))
    alone[:, 3, 1] = np.inf
    with pytest.raises(InputError, match=r"nobody is left to supply .* EGY, mills: leave it a"):
        solve(small, trade_cost_change=alone)
    dearer = small.tariff.copy()
    dearer[2, 4, 0] = -1.5
    levers = [scenarios[0], Levers(tariff_new=dearer)]
    with pytest.raises(InputError, match=r"tariff_new is -1.5 at CIV, ZAF, farms: it must be"):
        list(solve_many(small, levers))
    with pytest.raises(InputError, match=r"tariff_new is -1.5 at CIV, ZAF, farms: it must be"):
        sensitivity(small, to=ALL, members=["ZAF"], levers=levers[1])


def test_one_solution_is_not_asked_for_at_several_draws(small, draws):
    """`solve` returns one outcome: with several rows it must refuse, as `sensitivity` does."""
    with pytest.raises(InputError, match=r"draws"):
        solve(small, trade_elasticity=draws)


def test_the_world_after_a_draw_has_the_elasticities_drawn(small, scenarios, draws):
    """Solved on, the world after must answer as the draw does, not as the default would."""
    for outcome, row in zip(
        solve_many(small, scenarios[:1], trade_elasticity=draws), draws, strict=True
    ):
        assert outcome.world_after.trade_elasticity.tolist() == row.tolist()


def test_sensitivities_are_labelled_gradients(small):
    """Every lever's axes are named, and the figures are those of the economy's gradients."""
    members = list(CODES[::-1])
    found = sensitivity(small, to=ALL, members=members)
    plain = gradients(Baseline.of(small), of="welfare_change", members=np.arange(5)[::-1], to=ALL)
    flow = ("member", "origin", "destination", "sector")
    dims = {
        "tariff": flow,
        "trade_cost": flow,
        "productivity": ("member", "at", "sector"),
        "transfer": ("member", "at"),
        "trade_elasticity": ("member", "sector"),
    }
    assert set(found.slopes.data_vars) == set(ALL)
    for lever, axes in dims.items():
        array = found.slopes[lever]
        assert array.dims == axes
        assert np.array_equal(array.to_numpy(), plain.by_lever[lever]), lever
        for axis in axes[1:]:
            labels = small.sectors if axis == "sector" else CODES
            assert tuple(array.coords[axis].to_numpy()) == labels, lever
        assert array.coords["member"].to_numpy().tolist() == members
    assert found.of == "welfare_change"
    assert found.value.coords["member"].to_numpy().tolist() == members
    assert found.value.to_numpy() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("rule", ["fixed", "zero"])
def test_a_slope_on_the_embedded_world_is_what_solving_shows(embedded, rule):
    """On real data too: Senegal's welfare along a random change of every tariff there is.

    With deficits closed the slope is taken where `solve` starts, not in the world as it is.
    """
    rng = np.random.default_rng(13)
    direction = embedded.tariff * rng.uniform(0.5, 1.5, embedded.tariff.shape)
    found = sensitivity(embedded, to="tariff", members=["SEN"], deficits=rule)
    slopes = found.slopes["tariff"].sel(member="SEN").to_numpy()

    def welfare(step: float) -> float:
        tariff = embedded.tariff + step * direction
        return float(
            solve(embedded, tariff_new=tariff, deficits=rule).welfare_change.sel(member="SEN")
        )

    near, far = welfare(STEP) - welfare(-STEP), welfare(2 * STEP) - welfare(-2 * STEP)
    expected = (8 * near - far) / (12 * STEP)
    assert abs(expected) > 1e-3
    assert float((slopes * direction).sum()) == pytest.approx(expected, rel=SLOPE)


@pytest.mark.parametrize("asked", ["trade_elasticity", ALL])
def test_with_deficits_closed_no_slope_in_elasticities_is_made_up(small, scenarios, asked):
    """Closing the deficits depends on the elasticities: a slope that left this out is refused."""
    with pytest.raises(InputError, match=r"deficits 'zero' .* depends on the elasticities"):
        sensitivity(small, to=asked, levers=scenarios[1], deficits="zero")


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"of": "gdp"}, InputError, r"unknown objective 'gdp'; choose among welfare_change"),
        ({"to": "tax"}, InputError, r"unknown lever 'tax'; choose among tariff, trade_cost"),
        ({"members": ["ZAR"]}, CodeUnknownError, r"'ZAR'"),
        ({"deficits": "none"}, InputError, r"unknown rule for deficits 'none'"),
        ({"trade_elasticity": np.ones((2, 3))}, InputError, r"one set .*, not at several draws"),
    ],
)
def test_a_sensitivity_of_nothing_known_is_refused(small, asked, error, message):
    """Unknown names are errors that list what there is."""
    with pytest.raises(error, match=message):
        sensitivity(small, **asked)


@pytest.mark.parametrize("wide", [False, True], ids=["32-bit", "64-bit"])
def test_the_callers_own_precision_is_left_alone(small, scenarios, wide):
    """Whoever uses JAX beside this package computes in the floats they chose."""
    with jax.enable_x64(wide):
        before = jnp.ones(1).dtype
        outcome = solve(small, tariff_new=scenarios[0].tariff_new)
        sensitivity(small, to=ALL)
        assert jnp.ones(1).dtype == before == (jnp.float64 if wide else jnp.float32)
    assert outcome.after.wage.dtype == np.float64
    assert outcome.residual <= 1e-11


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"JAX_COMPILATION_CACHE_DIR": "FOLDER"}, "FOLDER True 1.0 float32"),
        ({"JAX_ENABLE_COMPILATION_CACHE": "false"}, "None False 1.0 float32"),
    ],
    ids=["a folder of their own", "no cache"],
)
def test_the_callers_own_settings_of_jax_are_left_alone(tmp_path, setting, expected):
    """Where compiled programs are kept, or that they are not, and 32 bits as JAX's default."""
    script = (
        "import jax, numpy as np\n"
        "from bandung import World, solve\n"
        "sold = np.ones((1, 1, 1))\n"
        "one = World.from_arrays(members=['AGO'], sectors=['all'], trade_value=sold)\n"
        "solve(one, productivity_change=[[0.1]])\n"
        "print(jax.config.jax_compilation_cache_dir, jax.config.jax_enable_compilation_cache,\n"
        "      jax.config.jax_persistent_cache_min_compile_time_secs, jax.numpy.ones(1).dtype)\n"
    )
    own = {name: value.replace("FOLDER", str(tmp_path)) for name, value in setting.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**kept, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == expected.replace("FOLDER", str(tmp_path)).split()

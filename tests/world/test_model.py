"""`World` refuses what breaks a rule, naming the cell, and derives what the book says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandung import World
from bandung.errors import CodeUnknownError, SourceError, StoreError, WorldError

IDENTITY = 1e-12  # sums of a few thousand doubles
MEMBERS, SECTORS = ["AGO", "CIV", "ROW"], ["A01", "C19"]


def arguments(**changed) -> dict:
    rng = np.random.default_rng(1955)
    trade = rng.uniform(1, 9, (3, 3, 2))
    trade[np.arange(3), np.arange(3)] += 50
    tariff = np.full((3, 3, 2), 0.1)
    tariff[np.arange(3), np.arange(3)] = 0
    base = {
        "members": MEMBERS,
        "sectors": SECTORS,
        "trade_value": trade,
        "tariff": tariff,
        "input_share": rng.uniform(0, 0.3, (3, 2, 2)),
        "trade_elasticity": 4.0,
        "regions": {"ROW": []},
    }
    return {**base, **changed}


def changed(name: str, cell: tuple, value: float) -> dict:
    array = arguments()[name].copy()
    array[cell] = value
    return arguments(**{name: array})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            changed("trade_value", (0, 1, 1), -3),
            r"trade_value is -3 at origin AGO, destination CIV, sector C19: sales cannot be neg",
        ),
        (
            changed("trade_value", (2, 0, 0), np.nan),
            r"trade_value is nan at origin ROW, destination AGO, sector A01",
        ),
        (changed("tariff", (1, 0, 0), -1.5), r"tariff is -1.5 at origin CIV, destination AGO"),
        (changed("tariff", (1, 1, 0), 0.2), r"origin CIV, destination CIV.* no tariff on itself"),
        (changed("tariff", (1, 0, 0), np.inf), r"tariff is inf at origin CIV"),
        (
            changed("input_share", (1, 0, 1), 1.2),
            r"sum of input shares is 1\.\d+ at member CIV, sector C19: it must stay below 1",
        ),
        (
            changed("input_share", (2, 1, 0), -0.1),
            r"input_share is -0.1 at member ROW, input C19, sector A01",
        ),
        (arguments(trade_elasticity=[4, 0]), r"elasticity \(given\) is 0 at sector C19: it must"),
        (arguments(trade_elasticity=-1), r"elasticity \(-1\) is -1 at sector A01 and 1 more"),
        (
            arguments(trade_value=np.ones((3, 2, 2))),
            r"trade_value has shape \(3, 2, 2\); 3 members and 2 sectors need \(3, 3, 2\)",
        ),
        (arguments(members=["AGO", "CIV", "XYZ"], regions={}), r"'XYZ' \(position 2\) is not an"),
        (arguments(members=["AGO", "AGO", "ROW"]), r"member AGO is given twice"),
        (arguments(members=[]), r"at least one member"),
        (arguments(services=["S"]), r"services names 'S'"),
        (arguments(trade_value="none"), r"trade_value is not an array of numbers"),
        (arguments(domestic_known=[True]), r"domestic_known has shape"),
    ],
)
def test_a_world_names_the_cell_that_breaks_a_rule(given, message):
    """A refusal that does not say where leaves the user searching 85,000 cells."""
    with pytest.raises(WorldError, match=message):
        World.from_arrays(**given)


def test_an_unknown_set_of_elasticities_is_refused():
    """A misspelt set must not fall back to a default."""
    with pytest.raises(CodeUnknownError, match="GYY"):
        World.from_arrays(**arguments(trade_elasticity="GY", elasticity_sets={"GYY": [4, 4]}))


def test_a_world_cannot_be_changed():
    """Frozen means the arrays too."""
    world = World.from_arrays(**arguments())
    with pytest.raises(ValueError, match="read-only"):
        world.trade_value[0, 0, 0] = 1.0
    with pytest.raises(AttributeError):
        world.year = 1955


def test_what_is_given_is_copied():
    """Changing an array after it was given must not change the world."""
    given = arguments()
    world = World.from_arrays(**given)
    given["trade_value"][0, 0, 0] = -1.0
    assert world.trade_value[0, 0, 0] > 0


def test_accounts_add_up(embedded):
    """Expenditure is used up, income is spent, deficits sum to nothing."""
    w = embedded
    used = np.einsum("dkj,dj->dk", w.input_share, w.output)
    assert np.allclose(w.final_demand + used, w.expenditure, rtol=IDENTITY, atol=1e-6)
    income = w.value_added + w.tariff_revenue + w.deficit
    assert np.allclose(income, w.final_demand.sum(axis=1), rtol=IDENTITY)
    assert abs(w.deficit.sum()) < IDENTITY * w.value_added.sum()
    spent = w.trade_share.sum(axis=0)
    assert np.allclose(spent[w.expenditure > 0], 1, rtol=IDENTITY)


def test_the_embedded_world_is_what_the_publisher_says(embedded):
    """Members, sectors, sets, size and the one cell that had to be scaled down."""
    assert len(embedded.members) == 55
    assert {"EU27", "ROW"} <= set(embedded.members)
    assert len(embedded.regions["EU27"]) == 27
    assert len(embedded.goods) == 27
    assert embedded.services == ("SERVICES",)
    assert len(embedded.elasticity_sets) == 8
    assert embedded.elasticities == "GYY"
    scaled = [made for made in embedded.adjustments if made.what.startswith("input use")]
    assert [made.where for made in scaled] == ["member ROW, input B05"]
    at = embedded.index("EU27")
    assert not embedded.tariff[at, at].any()
    assert embedded.year == 2022
    assert embedded.origin.licence
    assert embedded.origin.checksum.count("sha256:") == 2
    assert set(embedded.satellites) == {"gdp_musd", "population", "co2_kt"}


def test_the_embedded_world_is_compiled_from_the_release(embedded, shared_data):
    """World totals, a bilateral flow and the union's tariff, recomputed from the cube itself."""
    with np.load(shared_data / "icio" / "icio_2022.npz") as cube:
        use, tariff = cube["X"], cube["tariff"].astype(float)
        codes = [str(code) for code in cube["countries"]]
    rounding = 5e-5  # half a unit of the fifth significant digit
    assert embedded.trade_value.sum() == pytest.approx(use.sum(), rel=rounding)
    flow = embedded.trade_value[embedded.index("CHN"), embedded.index("USA")].sum()
    assert flow == pytest.approx(use[codes.index("CHN"), codes.index("USA")].sum(), rel=rounding)
    union = [codes.index(code) for code in embedded.regions["EU27"]]
    steel = embedded.sectors.index("C24A")
    weight = use[codes.index("CHN"), union, steel]
    mean = weight @ tariff[codes.index("CHN"), union, steel] / weight.sum()
    assert embedded.tariff[embedded.index("CHN"), embedded.index("EU27"), steel] == pytest.approx(
        mean, rel=rounding
    )


def test_inputs_that_exceed_what_is_bought_are_scaled_down_and_recorded():
    """A negative final demand must not pass in silence."""
    given = arguments()
    given["trade_value"][:, 0, 0] = 0.01
    world = World.from_arrays(**given)
    assert (world.final_demand >= 0).all()
    assert world.final_demand[0, 0] == pytest.approx(0, abs=1e-12)
    [made] = world.adjustments
    assert made.where == "member AGO, input A01"
    assert made.was > made.now


def test_the_checksum_is_of_the_content_not_of_the_order():
    """Another order of members is the same world; another digit is not."""
    given = arguments()
    world = World.from_arrays(**given)
    order = [2, 0, 1]
    turned = World.from_arrays(
        **arguments(
            members=[MEMBERS[i] for i in order],
            trade_value=given["trade_value"][np.ix_(order, order)],
            tariff=given["tariff"][np.ix_(order, order)],
            input_share=given["input_share"][order],
        )
    )
    assert turned.checksum == world.checksum
    other = given["trade_value"].copy()
    other[0, 0, 0] = np.nextafter(other[0, 0, 0], 99)
    assert World.from_arrays(**arguments(trade_value=other)).checksum != world.checksum


def test_elasticities_can_be_chosen(embedded):
    """Another set, a figure for all, an unknown name."""
    assert embedded.select_elasticities("CP").trade_elasticity.max() == pytest.approx(64.85)
    assert (embedded.select_elasticities(4).trade_elasticity == 4).all()
    with pytest.raises(CodeUnknownError, match="Shap"):
        embedded.select_elasticities("shap")


def test_labelled_arrays_carry_labels_and_units(embedded):
    """A cell found by its labels is the cell of the array."""
    labelled = embedded.to_xarray()
    cell = labelled["trade_value"].sel(origin="NGA", destination="ZAF", sector="B06")
    at = embedded.index("NGA"), embedded.index("ZAF"), embedded.sector_index("B06")
    assert float(cell) == embedded.trade_value[at]
    assert labelled["trade_value"].attrs["units"] == "million USD"


def test_a_world_survives_parquet(embedded, tmp_path):
    """Everything comes back: figures, labels, origin, adjustments."""
    again = World.from_parquet(embedded.to_parquet(tmp_path / "w"))
    assert again.checksum == embedded.checksum
    assert again.origin == embedded.origin
    assert again.adjustments == embedded.adjustments
    assert dict(again.regions) == dict(embedded.regions)
    assert again.services == embedded.services
    for key, value in embedded.satellites.items():
        assert np.array_equal(again.satellites[key], value, equal_nan=True)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_world_survives_parquet(tmp_path_factory, data):
    """Zeros, tiny and huge figures, unknown domestic sales, one sector or several."""
    n, j = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    amounts = st.floats(0, 1e9, allow_subnormal=False)
    draw = lambda size: np.array(data.draw(st.lists(amounts, min_size=size, max_size=size)))  # noqa: E731
    world = World.from_arrays(
        members=["AGO", "CIV", "NGA", "ZAF"][:n],
        sectors=["a", "b", "c"][:j],
        trade_value=draw(n * n * j).reshape(n, n, j),
        input_share=np.full((n, j, j), data.draw(st.floats(0, 0.3))),
        domestic_known=np.array(
            data.draw(st.lists(st.booleans(), min_size=n * j, max_size=n * j))
        ).reshape(n, j),
        trade_elasticity=data.draw(st.floats(0.1, 60)),
    )
    folder = tmp_path_factory.mktemp("parquet") / "w"
    again = World.from_parquet(world.to_parquet(folder))
    assert again.checksum == world.checksum
    assert np.array_equal(again.domestic_known, world.domestic_known)
    assert np.array_equal(again.input_share, world.input_share)


def test_a_foreign_or_damaged_folder_is_refused(embedded, tmp_path):
    """Missing, truncated, changed and foreign files each say so."""
    folder = embedded.to_parquet(tmp_path / "w")
    with pytest.raises(StoreError, match="exists"):
        embedded.to_parquet(folder)
    whole = (folder / "trade.parquet").read_bytes()
    (folder / "trade.parquet").write_bytes(whole[:1000])
    with pytest.raises(SourceError, match=r"cannot be|can be read"):
        World.from_parquet(folder)
    (folder / "trade.parquet").write_bytes(whole)
    facts = (folder / "world.json").read_text()
    (folder / "world.json").write_text(facts.replace('"year": 2022', '"year": 2021'))
    with pytest.raises(SourceError, match="was changed after it was written"):
        World.from_parquet(folder)
    (folder / "world.json").write_text("{}")
    with pytest.raises(SourceError, match="does not describe a world"):
        World.from_parquet(folder)
    with pytest.raises(SourceError, match=r"world\.json is missing"):
        World.from_parquet(tmp_path / "nothing")


def test_a_full_disk_leaves_nothing_behind(embedded, tmp_path, monkeypatch):
    """An error in the middle of writing must not leave half a world."""
    calls = []

    def fails(self, path, **options):
        calls.append(path)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return original(self, path, **options)

    original = pl.DataFrame.write_parquet
    monkeypatch.setattr(pl.DataFrame, "write_parquet", fails)
    with pytest.raises(StoreError, match="No space left on device"):
        embedded.to_parquet(tmp_path / "w")
    assert list(tmp_path.iterdir()) == []

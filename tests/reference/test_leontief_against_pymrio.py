"""The Leontief results against pymrio on the same table, and against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pymrio
import pytest

from bandung.economy import leontief
from bandung.find import dependence, reliance
from bandung.find.economy_of import economy_of

AGREEMENT = 1e-10  # asked for: relative to the largest entry
IDENTITY = 1e-12


@pytest.fixture(scope="module")
def table(embedded):
    """The world as pymrio wants it: Z, Y and value added, million USD."""
    n, j = embedded.output.shape
    rows = pd.MultiIndex.from_product(
        [embedded.members, embedded.sectors], names=["region", "sector"]
    )
    s, gamma = embedded.sourcing_share, embedded.input_share
    flows = np.einsum("odk,dkj,dj->okdj", s, gamma, embedded.output).reshape(n * j, n * j)
    final = np.moveaxis(s * embedded.final_demand, 1, 2).reshape(n * j, n)
    columns = pd.MultiIndex.from_product(
        [embedded.members, ["final"]], names=["region", "category"]
    )
    return (
        pd.DataFrame(flows, index=rows, columns=rows),
        pd.DataFrame(final, index=rows, columns=columns),
        (embedded.value_added_share * embedded.output).reshape(n * j),
    )


def test_the_table_balances(embedded, table):
    """What is sold, used as input and consumed, is what is produced: the table is a real one."""
    flows, final, _ = table
    produced = flows.to_numpy().sum(axis=1) + final.to_numpy().sum(axis=1)
    assert np.allclose(produced, embedded.output.ravel(), rtol=1e-9, atol=1e-6)


def test_value_added_in_final_demand_equals_pymrio(embedded, table):
    """M[o,d] of pymrio's L, stressed by value added, and ours, to 1e-10."""
    flows, final, value_added = table
    n, j = embedded.output.shape
    x = pymrio.calc_x(flows, final)
    inverse = pymrio.calc_L(pymrio.calc_A(flows, x))
    intensity = np.divide(
        value_added, x.to_numpy().ravel(), out=np.zeros(n * j), where=x.to_numpy().ravel() > 0
    )
    theirs = (intensity[:, None] * (inverse.to_numpy() @ final.to_numpy())).reshape(n, j, n)
    ours = leontief.value_added(economy_of(embedded))
    assert np.abs(ours.by_origin_sector - theirs).max() < AGREEMENT * theirs.max()
    assert np.abs(ours.by_product.sum(axis=2) - theirs.sum(axis=1)).max() < AGREEMENT * theirs.max()


def test_reliance_equals_pymrio(embedded, table, eleven):
    """The shares a user sees, recomputed from pymrio's consumption-based accounts."""
    flows, final, value_added = table
    system = pymrio.IOSystem(Z=flows, Y=final)
    system.va = pymrio.Extension(
        "va",
        F=pd.DataFrame([value_added], index=["value added"], columns=flows.columns),
    )
    system.calc_all()
    multipliers = system.va.S.to_numpy().ravel()[:, None] * system.L.to_numpy()
    n, j = embedded.output.shape
    by_origin = (multipliers @ final.to_numpy()).reshape(n, j, n).sum(axis=1)
    at = [embedded.index(code) for code in eleven]
    own = sum(by_origin[i, i] for i in at)
    fellow = by_origin[np.ix_(at, at)].sum() - own
    total = by_origin[:, at].sum()
    found = reliance(embedded, members=eleven)
    assert found.group[0] == pytest.approx(own / total, rel=AGREEMENT)
    assert found.group[1] == pytest.approx(fellow / total, rel=AGREEMENT)


def test_foreign_value_added_in_exports_is_the_published_measure(embedded):
    """OECD TiVA's EXGR_FVASH, V B E summed over foreign origins, by a dense inverse."""
    n, j = embedded.output.shape
    economy = economy_of(embedded)
    dense = np.einsum("odk,dkj->okdj", economy.sourcing_share, economy.input_share)
    inverse = np.linalg.inv(np.eye(n * j) - dense.reshape(n * j, n * j))
    at = embedded.index("MAR")
    exports = embedded.trade_value[at].sum(axis=0) - embedded.trade_value[at, at]
    demand = np.zeros((n, j))
    demand[at] = exports
    origin = (embedded.value_added_share.ravel() * (inverse @ demand.ravel())).reshape(n, j)
    foreign = origin.sum() - origin[at].sum()
    content = leontief.value_added_content(economy)[:, at, :] @ exports
    assert content.sum() - content[at] == pytest.approx(foreign, rel=AGREEMENT)


@pytest.mark.parametrize("whole", [False, True], ids=["one product", "the whole supplier"])
def test_an_extraction_is_what_is_left_when_the_deliveries_are_taken_out(embedded, whole):
    """The loss, recomputed with the deliveries really removed from the table."""
    found = dependence(embedded, members=["TUN"], top=1)
    [link] = found.suppliers_of("TUN") if whole else found.of("TUN")
    n, j = embedded.output.shape
    economy = economy_of(embedded)
    o, d = embedded.index(link.supplier), embedded.index("TUN")
    products = slice(None) if whole else embedded.sector_index(link.sector)
    s, cut = economy.sourcing_share, economy.sourcing_share.copy()
    cut[o, d, products] = 0.0

    def content(shares: np.ndarray) -> float:
        a = np.einsum("odk,dkj->okdj", shares, economy.input_share).reshape(n * j, n * j)
        demand = (shares[:, d, :] * economy.final_demand[d]).ravel()
        required = np.linalg.solve(np.eye(n * j) - a, demand)
        return float(economy.value_added_share.ravel() @ required)

    lost = 1 - content(cut) / content(s)
    assert link.loss_nobody_switches == pytest.approx(lost, rel=AGREEMENT)

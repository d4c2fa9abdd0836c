"""What `bandung dependence` prints of the long run: a figure, or why there is none."""

from __future__ import annotations

import numpy as np
import pytest

from bandung import World


@pytest.fixture
def printed(tmp_path, run):
    """Write a world of three members, ask about Senegal, and return what was printed."""

    def prints(trade, known=None):
        world = World.from_arrays(
            members=["SEN", "TUN", "ZAF"],
            sectors=["A01", "B05"],
            trade_value=trade,
            domestic_known=known,
        )
        folder = world.to_parquet(tmp_path / "world")
        return run("dependence", "--members", "SEN", "--world", str(folder))

    return prints


def cells(text):
    """The fourth column of the tables of losses, by supplier and product."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines()]
    return {tuple(row[:2]): row[3] for row in rows if len(row) == 5}


def test_the_loss_once_buyers_switch_has_a_column(printed):
    """Refuted by a table without it, or that does not say at which elasticities."""
    shown = printed(np.full((3, 3, 2), 10.0))
    assert "lost once buyers switch" in shown.stdout
    assert all(cell.endswith(" %") for cell in cells(shown.stdout).values())
    assert "trade elasticities 4, deficits fixed" in shown.stderr


def test_no_other_supplier_is_said(printed):
    """Refuted by a figure where nobody else is left, or by none where somebody is."""
    trade = np.full((3, 3, 2), 10.0)
    trade[[0, 2], 0, 1] = 0
    shown = printed(trade)
    without = {key for key, cell in cells(shown.stdout).items() if cell == "no one else"}
    assert len(without) == 2
    assert ("Tunisia", "everything") in without
    assert {supplier for supplier, _ in without} == {"Tunisia"}
    assert "no other supplier" in shown.stderr


def test_unknown_domestic_sales_are_said(printed):
    """Refuted by an empty column without a word."""
    known = np.ones((3, 2), dtype=bool)
    known[2, 0] = False
    shown = printed(np.full((3, 3, 2), 10.0), known)
    assert set(cells(shown.stdout).values()) == {"not computed"}
    assert "does not state the domestic sales" in shown.stderr
    assert "trade elasticities" not in shown.stderr

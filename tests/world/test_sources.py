"""The publishers' files become worlds whose sums are the publishers' own."""

from __future__ import annotations

import numpy as np
import polars as pl
import pymrio
import pytest

from bandung import World
from bandung.errors import InputError, SourceError
from bandung.world import harmonise
from bandung.world.sources import baci, icio_csv, icio_cubes, itpd_e

ROUNDING = 1e-12
"""Relative: the same figures added up in another order."""
TABLE_ROUNDING = 1e-9
"""Relative: figures written as decimal text with 17 digits, then divided and multiplied back."""
FD = ("HFCE", "GFCF", "INVNT")
ITPD_HEADER = (
    "exporter_iso3,exporter_name,importer_iso3,importer_name,year,industry_id,industry_descr,"
    "broad_sector,trade,flag_mirror,flag_zero"
)
BACI_HEADER = "t,i,j,k,v,q"


def write(path, *lines):
    """Write lines of text."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def itpd_line(exporter, importer, industry, trade, year=2016):
    """One line of the official CSV, with a comma inside quotes as the USITC has them."""
    return f'{exporter},"A, B",{importer},C,{year},{industry},"x, y",Agriculture,{trade},0,p'


@pytest.fixture(scope="module")
def itpd_2016(shared_data):
    return itpd_e.read_world(shared_data / "itpd_e" / "itpde_r02_2016.parquet", name="itpd")


@pytest.fixture(scope="module")
def itpd_rows(shared_data):
    return pl.read_parquet(shared_data / "itpd_e" / "itpde_r02_2016.parquet")


@pytest.fixture(scope="module")
def small(embedded):
    """Six members and four sectors of the embedded world, without tariffs."""
    kept = ("AGO", "CHN", "MEX", "SEN", "ZAF")
    rest = [code for code in embedded.members if code not in kept]
    goods = embedded.sectors
    merged = embedded.aggregate(
        members={"OTHERS": rest},
        sectors={"A": goods[:3], "B": goods[3:8], "C": goods[8:27]},
    )
    order = ["AGO", "CHN", "MEX", "SEN", "ZAF", "OTHERS"]
    at = [merged.index(code) for code in order]
    return World.from_arrays(
        members=[*order[:-1], "ROW"],
        sectors=["A01_02", "B05", "C10T12", "D"],
        trade_value=merged.trade_value[np.ix_(at, at, range(4))],
        input_share=merged.input_share[at],
        regions={"ROW": ()},
        year=2019,
    )


def icio_lines(world, *, whole_rows, blank=()):
    """Write the official CSV of a world: China and Mexico in parts, inventories negative."""
    parts = {"CHN": [("CN1", 0.3), ("CN2", 0.7)], "MEX": [("MX1", 0.25), ("MX2", 0.75)]}
    split = [
        (part, member, share)
        for member in world.members
        for part, share in parts.get(member, [(member, 1.0)])
    ]
    if whole_rows:
        split += [("CHN", "CHN", 0.0), ("MEX", "MEX", 0.0)]
    cells = [(part, m, j, s) for part, m, s in split for j in range(len(world.sectors))]
    names = [f"{part}_{world.sectors[j]}" for part, _, j, _ in cells]
    final = [f"{member}_{kind}" for member in world.members for kind in FD]
    pi, gamma = world.trade_share, world.input_share
    y, demand = world.output, world.final_demand
    rows = []
    for _, o_code, k, o_share in cells:
        o = world.index(o_code)
        use = [
            o_share * s * pi[o, world.index(m), k] * gamma[world.index(m), k, j]
            * y[world.index(m), j]
            for _, m, j, s in cells
        ]  # fmt: skip
        last = [
            o_share * part * pi[o, d, k] * demand[d, k]
            for d in range(len(world.members))
            for part in (0.8, 0.3, -0.1)
        ]
        rows.append([*use, *last, sum(use) + sum(last)])
    table = np.array(rows)
    output = table[:, -1]
    added = [*(output - table[:, : len(names)].sum(axis=0)), *[0.0] * (len(final) + 1)]
    zeros = [0.0] * (len(names) + len(final) + 1)
    out = [*output, *table[:, len(names) :].sum(axis=0)]
    lines = [",".join(["V1", *names, *final, "OUT"])]
    for name, row in [*zip(names, rows, strict=True), ("TLS", zeros), ("VA", added), ("OUT", out)]:
        text = ["" if (name, i) in blank else repr(float(x)) for i, x in enumerate(row)]
        lines.append(",".join([name, *text]))
    return lines


def test_itpd_totals_are_the_files_own(itpd_2016, itpd_rows):
    """All trade but GAZ's, which repeats PSE's, is in the world: no flow lost, none added twice."""
    double = (pl.col("exporter_iso3") == "GAZ") | (pl.col("importer_iso3") == "GAZ")
    expected = itpd_rows.filter(~double)["trade"].sum()
    assert itpd_2016.trade_value.sum() == pytest.approx(expected, rel=ROUNDING)
    by_industry = itpd_rows.filter(~double).group_by("industry_id").agg(pl.col("trade").sum())
    sums = itpd_2016.trade_value.sum(axis=(0, 1))
    for industry, total in by_industry.iter_rows():
        assert sums[itpd_2016.sector_index(f"ITPD{industry:03d}")] == pytest.approx(total, ROUNDING)


def test_itpd_cells_lie_where_the_file_has_them(itpd_2016):
    """Argentina sold 772.413 million USD of wheat to Brazil, and not the other way round."""
    arg, bra = itpd_2016.index("ARG"), itpd_2016.index("BRA")
    assert itpd_2016.trade_value[arg, bra, itpd_2016.sector_index("ITPD001")] == 772.413
    assert itpd_2016.trade_value[bra, arg, itpd_2016.sector_index("ITPD001")] != 772.413
    assert itpd_2016.year == 2016
    assert itpd_2016.sectors[26] == "ITPD027"
    assert len(itpd_2016.sectors) == 170
    assert itpd_2016.services == tuple(f"ITPD{i}" for i in range(154, 171))


def test_itpd_palestine_is_counted_once(itpd_2016, itpd_rows):
    """GAZ repeats PSE row for row: its imports are PSE's as the file has them, and this is said."""
    imports = itpd_rows.filter(pl.col("importer_iso3") == "PSE")["trade"].sum()
    assert "GAZ" not in itpd_2016.members
    got = itpd_2016.trade_value[:, itpd_2016.index("PSE")].sum()
    assert got == pytest.approx(imports, rel=ROUNDING)
    twice = [a for a in itpd_2016.adjustments if "twice" in a.what]
    gaz = (pl.col("exporter_iso3") == "GAZ") | (pl.col("importer_iso3") == "GAZ")
    assert twice[0].was == pytest.approx(itpd_rows.filter(gaz)["trade"].sum(), rel=ROUNDING)


def test_itpd_knows_who_lacks_domestic_sales(itpd_2016, itpd_rows):
    """`domestic_known` is exactly the rows with one economy on both sides."""
    own = itpd_rows.filter(pl.col("exporter_iso3") == pl.col("importer_iso3"))
    stated = set(own.select("exporter_iso3", "industry_id").iter_rows())
    known = {
        (itpd_2016.members[d], j + 1) for d, j in np.argwhere(itpd_2016.domestic_known).tolist()
    }
    assert known == stated
    assert not itpd_2016.domestic_known[itpd_2016.index("COD")].any()


def test_itpd_historic_codes_become_regions(shared_data):
    """The Netherlands Antilles of 2010 are a region made of three codes; free zones of none."""
    world = itpd_e.read_world(shared_data / "itpd_e" / "itpde_r02_2010.parquet")
    assert dict(world.regions) == {"ANT": ("BES", "CUW", "SXM"), "FRE": ()}
    assert {a.where for a in world.adjustments} >= {"ANT", "FRE", "GAZ → PSE"}


def test_itpd_csv_in_the_official_columns(tmp_path):
    """The CSV reads as the Parquet does; a flow corrected onto another code adds to it."""
    path = write(
        tmp_path / "ITPD_E_R02.csv",
        ITPD_HEADER,
        itpd_line("AGO", "ZAF", 1, 5.5),
        itpd_line("ZAF", "ZAF", 170, 7),
        itpd_line("AGO", "ROM", 2, 3),
        itpd_line("AGO", "ROU", 2, 4),
        itpd_line("AGO", "ZZQ", 2, 1),
    )
    world = itpd_e.read_world(path)
    assert world.members == ("AGO", "ROU", "ZAF", "ZZQ")
    assert world.trade_value[0, 2, 0] == 5.5
    assert world.trade_value[0, 1, 1] == 7.0
    assert world.regions == {"ZZQ": ()}
    assert world.domestic_known.sum() == 1
    assert world.domestic_known[2, 169]
    assert world.origin.vintage == "release 2"
    assert world.origin.checksum == harmonise.checksum(path)


def test_itpd_several_years_need_a_choice(tmp_path):
    """A file of two years is refused until one is chosen; the other year stays out."""
    path = write(
        tmp_path / "x.csv",
        ITPD_HEADER,
        itpd_line("AGO", "ZAF", 1, 5, year=2015),
        itpd_line("AGO", "ZAF", 1, 6, year=2016),
    )
    with pytest.raises(SourceError, match=r"2 years, 2015 to 2016: choose one, as in --year 2016"):
        itpd_e.read_world(path)
    assert itpd_e.read_world(path, year=2015).trade_value.sum() == 5.0
    with pytest.raises(SourceError, match=r"no rows of 2019; it holds 2 years"):
        itpd_e.read_world(path, year=2019)


def test_itpd_bad_rows_are_listed_with_line_column_and_rule(tmp_path):
    """Every bad value counts; the first ten are named by line and column."""
    lines = [itpd_line("AGO", "ZAF", 1, 5), itpd_line("AGO", "ZAF", 1, 6)]
    lines += [itpd_line("ag", "ZAF", 2, 1), itpd_line("AGO", "ZAF", 171, 1)]
    lines += [itpd_line("AGO", "ZAF", 3 + i, "-1" if i else "n/a") for i in range(12)]
    with pytest.raises(SourceError) as caught:
        itpd_e.read_world(write(tmp_path / "x.csv", ITPD_HEADER, *lines))
    text = str(caught.value)
    assert "x.csv has 15 bad values" in text
    assert "line 3, column exporter_iso3: 'AGO' gives a flow that an earlier line" in text
    assert "line 4, column exporter_iso3: 'ag' is no country code" in text
    assert "line 5, column industry_id: '171' is not one of the industries 1 to 170" in text
    assert "line 6, column trade: 'n/a' is not a number of at least 0" in text
    assert "line 12, column trade" in text
    assert "line 13" not in text
    assert "and 5 more" in text


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_file_is_refused(tmp_path, content):
    """Nothing in it: said so, for every source that reads text."""
    path = tmp_path / "2019.csv"
    path.write_text(content, encoding="utf-8")
    for source in (itpd_e, baci, icio_csv):
        with pytest.raises(SourceError, match=r"2019\.csv is empty; download it again"):
            source.read_world(path)


def test_a_missing_file_is_refused(tmp_path):
    """A file that is not there is named, for every source."""
    for source in (itpd_e, baci, icio_csv, icio_cubes):
        with pytest.raises(SourceError, match=r"2019\.\w+ does not exist"):
            source.read_world(tmp_path / ("2019.npz" if source is icio_cubes else "2019.csv"))
    with pytest.raises(SourceError, match="does not exist"):
        itpd_e.read_world(tmp_path / "2019.parquet")


def test_a_header_without_rows_is_refused(tmp_path):
    """A header alone is no world."""
    with pytest.raises(SourceError, match="has no rows"):
        itpd_e.read_world(write(tmp_path / "x.csv", ITPD_HEADER))


def test_foreign_files_are_refused(tmp_path):
    """Binary and other tables are named as what they are not, with the columns needed."""
    noise = tmp_path / "2019.csv"
    noise.write_bytes(bytes(range(128, 256)) * 4)
    for source in (itpd_e, baci, icio_csv):
        with pytest.raises(SourceError, match="line 1 is not text in UTF-8"):
            source.read_world(noise)
    page = write(tmp_path / "page2019.csv", "<!DOCTYPE html>", "<html>", "not found")
    with pytest.raises(SourceError, match=r"no column 'exporter_iso3'.*it has <!DOCTYPE html>"):
        itpd_e.read_world(page)
    with pytest.raises(SourceError, match="no figures"):
        icio_csv.read_world(page)
    false = tmp_path / "x.parquet"
    false.write_bytes(b"PAR1 nothing here")
    with pytest.raises(SourceError, match="truncated or not a Parquet file"):
        itpd_e.read_world(false)


def test_files_cut_short_are_refused(tmp_path, shared_data):
    """Cut inside a line, inside a Parquet file, inside an archive: refused, never half a world."""
    whole = "\n".join([ITPD_HEADER, itpd_line("AGO", "ZAF", 1, 5), itpd_line("AGO", "ZAF", 2, 5)])
    text = tmp_path / "x.csv"
    text.write_text(whole[:-12], encoding="utf-8")
    with pytest.raises(SourceError, match="cut short: its last line has 8 fields, its header 11"):
        itpd_e.read_world(text)
    for name, source in (
        ("itpd_e/itpde_r02_2016.parquet", itpd_e),
        ("icio/icio_2018.npz", icio_cubes),
    ):
        data = (shared_data / name).read_bytes()
        part = tmp_path / name.rsplit("/", 1)[1]
        part.write_bytes(data[: len(data) // 2])
        with pytest.raises(SourceError, match="truncated"):
            source.read_world(part)


def test_baci_totals_are_the_files_own(shared_data):
    """Chapters and total hold the file's sum; a known cell lies where it should."""
    path = next((shared_data / "baci_hs6_sample").glob("*.parquet"))
    rows = pl.read_parquet(path)
    world = baci.read_world(path)
    assert world.trade_value.sum() * 1000 == pytest.approx(rows["v"].sum(), rel=ROUNDING)
    chapter = rows.filter((pl.col("i") == 710) & (pl.col("j") == 894) & (pl.col("k") // 10000 == 8))
    cell = world.trade_value[world.index("ZAF"), world.index("ZMB"), world.sector_index("HS08")]
    assert cell * 1000 == pytest.approx(chapter["v"].sum(), rel=ROUNDING)
    one = baci.read_world(path, by="total")
    assert one.sectors == ("TOTAL",)
    assert one.trade_value.sum() == pytest.approx(world.trade_value.sum(), rel=ROUNDING)
    assert not world.domestic_known.any()


@pytest.mark.parametrize(
    ("m49", "member"), [(699, "IND"), (842, "USA"), (251, "FRA"), (757, "CHE"), (579, "NOR"),
                        (490, "S19")]
)  # fmt: skip
def test_baci_corrects_codes(shared_data, m49, member):
    """UN Comtrade's own numbers become the ISO code, with a reason; 490 stays a region."""
    path = next((shared_data / "baci_hs6_sample").glob("*.parquet"))
    world = baci.read_world(path, by="total")
    sold = pl.read_parquet(path).filter(pl.col("j") == m49)["v"].sum()
    assert sold > 0
    got = world.trade_value[:, world.index(member)].sum() * 1000
    assert got == pytest.approx(sold, rel=ROUNDING)
    assert any(a.where == f"{m49} → {member}" and a.why for a in world.adjustments)
    assert dict(world.regions) == {"S19": ()}


def test_baci_csv_with_padded_figures(tmp_path):
    """Older releases pad their figures and drop leading zeros of products."""
    path = write(
        tmp_path / "BACI_HS17_Y2018_V202301.csv",
        BACI_HEADER,
        "2018, 24,710,  10121,   1500.5,  0.1",
        "2018,710,699,270900,500,NA",
    )
    world = baci.read_world(path)
    assert world.sectors == ("HS01", "HS27")
    assert world.trade_value[world.index("AGO"), world.index("ZAF"), 0] == 1.5005
    assert world.origin.vintage == "V202301, HS17"


def test_baci_bad_rows_are_listed(tmp_path):
    """Codes, products and values that cannot be used are named."""
    path = write(
        tmp_path / "x.csv", BACI_HEADER, "2018,24,999,10121,1,1", "2018,24,710,12,1,1",
        "2018,24,710,10121,-3,1",
    )  # fmt: skip
    with pytest.raises(SourceError) as caught:
        baci.read_world(path)
    text = str(caught.value)
    assert "has 3 bad values" in text
    assert "line 2, column j: '999' is no M49 country code" in text
    assert "line 3, column k: '12' is no HS code of six digits" in text
    assert "line 4, column v: '-3' is not a number of at least 0" in text


def test_baci_domestic_sales_from_gdp(tmp_path):
    """GDP − exports where positive; where exports exceed GDP or GDP is missing, 0 and unknown."""
    trade = write(
        tmp_path / "x.csv", BACI_HEADER, "2018,24,710,270900,4000,1", "2018,710,24,270900,9000,1",
        "2018,404,24,90111,1000,1",
    )  # fmt: skip
    gdp = write(tmp_path / "gdp.csv", "iso3,gdp", "AGO,10e6", "ZAF,8e6", "KEN,")
    world = baci.read_world(trade, by="total", gdp=gdp)
    domestic = dict(zip(world.members, np.diagonal(world.trade_value[:, :, 0]), strict=True))
    assert domestic == {"AGO": 6.0, "KEN": 0.0, "ZAF": 0.0}
    assert world.domestic_known[:, 0].tolist() == [True, False, False]
    cases = {a.where: (a.was, a.now) for a in world.adjustments}
    assert cases["member ZAF"] == (-1.0, 0.0)
    assert cases["member KEN"] == (None, 0.0)
    assert world.satellites["gdp_musd"][0] == 10.0
    with pytest.raises(InputError, match="use it with --by total"):
        baci.read_world(trade, gdp=gdp)
    write(gdp, "iso3,gdp", "AGO,ten")
    with pytest.raises(SourceError, match=r"gdp\.csv has 1 bad value"):
        baci.read_world(trade, by="total", gdp=gdp)


def test_totals_of_194_economies(shared_data):
    """Rows export, columns import; output is GDP wherever domestic sales are known."""
    folder = shared_data / "baci_totals_2023"
    world = baci.read_totals(folder)
    labels = pl.read_csv(folder / "country_labels.csv")["iso3"].to_list()
    raw = pl.read_csv(folder / "trade_cepii.csv", infer_schema_length=None).to_numpy()
    assert world.members == tuple(labels)
    assert world.year == 2023
    china, india = labels.index("CHN"), labels.index("IND")
    assert world.trade_value[china, india, 0] == pytest.approx(raw[china, india] / 1000, ROUNDING)
    off = world.trade_value[:, :, 0] - np.diag(np.diagonal(world.trade_value[:, :, 0]))
    assert off.sum() * 1000 == pytest.approx(np.nansum(raw), rel=ROUNDING)
    known = world.domestic_known[:, 0]
    assert known.sum() == 192
    np.testing.assert_allclose(
        world.output[known, 0], world.satellites["gdp_musd"][known], rtol=TABLE_ROUNDING
    )


def test_totals_of_unequal_size_are_refused(tmp_path):
    """A matrix of another size than its labels is not read."""
    write(tmp_path / "country_labels.csv", "iso3", "AGO", "ZAF")
    write(tmp_path / "gdp.csv", "gdp", "1", "2")
    write(tmp_path / "trade_cepii.csv", "a,b,c", "1,2,3")
    with pytest.raises(SourceError, match=r"trade_cepii\.csv has 3 columns.*2 are needed"):
        baci.read_totals(tmp_path, year=2023)


@pytest.mark.parametrize("whole_rows", [False, True])
def test_icio_csv_gives_the_world_that_was_written(tmp_path, small, whole_rows):
    """Sales and input shares come back, parts of China and Mexico merged, in both editions."""
    path = write(tmp_path / "ICIO2021_2019.csv", *icio_lines(small, whole_rows=whole_rows))
    world = icio_csv.read_world(path)
    assert world.members == small.members
    assert world.sectors == small.sectors
    assert world.services == ("D",)
    assert (world.year, world.origin.vintage) == (2019, "2021 edition")
    np.testing.assert_allclose(world.trade_value, small.trade_value, rtol=TABLE_ROUNDING)
    np.testing.assert_allclose(
        world.input_share, small.input_share, rtol=TABLE_ROUNDING, atol=ROUNDING
    )
    assert "Tariffs are not in this source" in world.origin.note
    assert not world.tariff.any()


def test_icio_csv_agrees_with_pymrio(tmp_path, small):
    """Output by member as pymrio's parser has it from the same file (edition with whole rows)."""
    path = write(tmp_path / "ICIO2021_2019.csv", *icio_lines(small, whole_rows=True))
    theirs = pymrio.parse_oecd(path)
    total = (theirs.Z.sum(axis=1) + theirs.Y.sum(axis=1)).groupby(level="region").sum()
    world = icio_csv.read_world(path)
    for code in world.members:
        got = world.output[world.index(code)].sum()
        assert got == pytest.approx(total[code], rel=TABLE_ROUNDING)


def test_icio_negative_sales_are_clipped_and_recorded(tmp_path, small):
    """A sale below zero becomes zero, with one record for its destination and sector."""
    lines = icio_lines(small, whole_rows=False)
    header = lines[0].split(",")
    row = next(i for i, line in enumerate(lines) if line.startswith("ZAF_B05,"))
    fields = lines[row].split(",")
    sen = [i for i, name in enumerate(header) if name.startswith("SEN_")]
    use = sum(float(fields[i]) for i in sen)
    fields[header.index("SEN_INVNT")] = repr(float(fields[header.index("SEN_INVNT")]) - use - 9.0)
    new_total = sum(float(x) for x in fields[1:-1])
    fields[-1] = repr(new_total)
    lines[row] = ",".join(fields)
    out = lines[-1].split(",")
    out[header.index("ZAF_B05")] = repr(new_total)
    lines[-1] = ",".join(out)
    world = icio_csv.read_world(write(tmp_path / "2019_SML.csv", *lines))
    cell = world.index("ZAF"), world.index("SEN"), world.sector_index("B05")
    assert world.trade_value[cell] == 0.0
    made = [a for a in world.adjustments if "negative" in a.what]
    assert [a.where for a in made] == ["destination SEN, sector B05, 1 origins"]
    assert made[0].was == pytest.approx(-9.0, rel=TABLE_ROUNDING)


def test_icio_files_that_are_not_whole_are_refused(tmp_path, small):
    """No output row, an empty cell, a missing column, a missing year: each refused by name."""
    lines = icio_lines(small, whole_rows=False)
    with pytest.raises(SourceError, match=r"ends at row 'VA' without the row of output"):
        icio_csv.read_world(write(tmp_path / "2019.csv", *lines[:-1]))
    holes = icio_lines(small, whole_rows=False, blank={("AGO_B05", 2)})
    with pytest.raises(SourceError, match=r"line 3 \(AGO_B05\), column AGO_C10T12"):
        icio_csv.read_world(write(tmp_path / "2019.csv", *holes))
    column = lines[0].split(",").index("CHN_GFCF")
    narrow = [",".join(x for i, x in enumerate(s.split(",")) if i != column) for s in lines]
    with pytest.raises(SourceError, match=r"adds up to .* the row of output says"):
        icio_csv.read_world(write(tmp_path / "2019.csv", *narrow))
    with pytest.raises(SourceError, match="does not say the year"):
        icio_csv.read_world(write(tmp_path / "table.csv", *lines))
    odd = [line.replace("SEN_", "QQQ_") for line in lines]
    with pytest.raises(SourceError, match="rows of 'QQQ'"):
        icio_csv.read_world(write(tmp_path / "2019.csv", *odd))
    foreign = [lines[0].replace("AGO_HFCE", "AGO_PRICE"), *lines[1:]]
    with pytest.raises(SourceError, match="column 'AGO_PRICE'"):
        icio_csv.read_world(write(tmp_path / "2019.csv", *foreign))


def test_icio_inputs_above_output_are_capped(small):
    """A sector whose inputs exceed its output keeps a little value added, and it is said."""
    share = small.input_share * 1.0
    share[0, :, 0] *= 1.2 / share[0, :, 0].sum()
    capped, made = harmonise.cap_inputs(share, small.members, small.sectors)
    assert capped[0, :, 0].sum() == pytest.approx(harmonise.MAX_INPUT_SHARE, rel=ROUNDING)
    np.testing.assert_array_equal(capped[1:], share[1:])
    assert [(a.where, round(a.was, 9)) for a in made] == [("member AGO, sector A01_02", 1.2)]


@pytest.mark.parametrize("year", range(2011, 2022))
def test_cubes_of_every_year_borrow_the_shares_of_the_embedded_world(shared_data, embedded, year):
    """Sales add up to the cube's; shares are the embedded ones wherever they fit; it is said."""
    path = shared_data / "icio" / f"icio_{year}.npz"
    world = icio_cubes.read_world(path)
    with np.load(path) as cube:
        assert world.trade_value.sum() == pytest.approx(cube["X"].sum(), rel=ROUNDING)
        o, d = (list(cube["countries"]).index(code) for code in ("CHN", "ZAF"))
        np.testing.assert_allclose(
            world.trade_value[world.index("CHN"), world.index("ZAF")], cube["X"][o, d], ROUNDING
        )
    assert (world.year, str(year) in world.origin.title) == (year, True)
    assert (world.members, world.sectors) == (embedded.members, embedded.sectors)
    assert world.input_share[world.index("IND")].max() > 0
    unscaled = world.input_share > embedded.input_share * (1 + ROUNDING)
    assert not unscaled.any()
    assert "embedded" in world.adjustments[0].why
    assert embedded.checksum in world.adjustments[0].why
    assert world.origin.checksum == harmonise.checksum(path)


def test_a_cube_of_other_economies_is_refused(tmp_path, shared_data):
    """Shares cannot be borrowed by an economy that the embedded world lacks."""
    with np.load(shared_data / "icio" / "icio_2018.npz") as cube:
        arrays = {key: cube[key] for key in cube.files}
    arrays["countries"][list(arrays["countries"]).index("ZAF")] = "ZWE"
    path = tmp_path / "icio_2018.npz"
    np.savez(path, **arrays)
    with pytest.raises(SourceError, match="lacks economy 'ZAF'"):
        icio_cubes.read_world(path)

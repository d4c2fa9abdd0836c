"""Verification: an honest certificate holds, and whatever is changed in one is found and named."""

from __future__ import annotations

import copy
import json
import re

import numpy as np
import pytest

from bandung import World
from bandung.agree import Certificate, Uncertainty, bargain, certify, verify
from bandung.agree.certificate import digests_of
from bandung.economy import equilibrium
from bandung.errors import SourceError

PCT, MUSD = 1e-6, 1e-3
"""One unit of the last digit of a figure in per cent, and in million USD."""
LEFT_OUT = "robustness"
"""The one check that cannot hold when the draws are left out."""
SWAPPED = {
    "egalitarian": "nash",
    "status-quo": "standoff",
    "fixed": "zero",
    "sector": "line",
    "linear": "swiss",
    "AGO": "BRA",
    "CIV": "ZAF",
    "EGY": "AGO",
    "farms": "mills",
    "mills": "banks",
    "banks": "farms",
    "AGO:banks": "CIV:banks",
}
"""Another word that could stand in the same place."""
WITHOUT_A_DIGEST = {
    "world.name",
    "principle",
    "threat",
    "limits.least_cut",
    "limits.most_cut",
    "limits.exclude",
    "limits.by",
    "limits.most_paid",
    "phase_in_years.CIV",
    "robustness",
    "robustness.draws",
    "robustness.spread_pct",
    "robustness.seed",
    "seed",
    "versions.bandung",
    "versions.python",
    "versions.numpy",
    "versions.scipy",
    "versions.jax",
}
"""What a forger may change who computes the digests anew: names and reasons, limits that hold as
well, other draws by which as many gain, and leaving the robustness out. Every figure that is left
is true of the schedule in the file."""


def at(record, path):
    """The part of a record that a path leads to."""
    for key in path:
        record = record[key]
    return record


def name(path) -> str:
    """A path as messages write it."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def parts(value, path=()):
    """Every object, list, word and figure of a record, with the keys that lead to it."""
    yield path, value
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from parts(inner, (*path, key))


def other(path, value):
    """Another value of the same kind: the last digit one more, of a lever one per cent or million.

    A forger who moves a tariff by a millionth of a per cent makes another schedule, of which every
    claim is true to its last digit.
    """
    if isinstance(value, str):
        return value + "x"
    if value is None:
        return 1
    if path[0] == "levers":
        return value + 1.0
    if isinstance(value, int):
        return value + 1
    return value + (MUSD if str(path[-1]).endswith("_musd") else PCT)


def tampered(record):
    """Every way of changing one part: its path, what was done, and the record then."""
    for path, value in parts(record):
        if not isinstance(value, dict | list):
            made = copy.deepcopy(record)
            at(made, path[:-1])[path[-1]] = other(path, value)
            yield path, "changed", made
        if isinstance(value, str) and value in SWAPPED:
            made = copy.deepcopy(record)
            at(made, path[:-1])[path[-1]] = SWAPPED[value]
            yield path, "swapped", made
        if path and isinstance(value, dict):
            made = copy.deepcopy(record)
            at(made, path[:-1])[path[-1]] = None
            yield path, "emptied", made
        if path and isinstance(at(record, path[:-1]), dict):
            made = copy.deepcopy(record)
            del at(made, path[:-1])[path[-1]]
            yield path, "removed", made
        if isinstance(value, dict):
            made = copy.deepcopy(record)
            at(made, path)["CMR"] = 1.0
            yield (*path, "CMR"), "added", made
        if isinstance(value, list) and value:
            made = copy.deepcopy(record)
            at(made, path).pop()
            yield path, "shortened", made
            made = copy.deepcopy(record)
            at(made, path).append(at(made, path)[-1])
            yield path, "lengthened", made


def read(record, file) -> Certificate:
    """A certificate read from a file that says this."""
    file.write_text(json.dumps(record), encoding="utf-8")
    return Certificate.read(file)


def judged(record, world, file, *, draws=False):
    """What reading refuses, or else every failed check: fields and sentences."""
    try:
        certificate = read(record, file)
    except SourceError as error:
        return [str(error).removeprefix(f"{file}: ")]
    found = verify(certificate, world, draws=draws)
    said = [check.sentence for check in found.failed if draws or check.field != LEFT_OUT]
    assert all(said)
    assert found.holds == (not found.failed)
    return said


def names_it(said, path) -> bool:
    """Whether a sentence names the part, or the smallest part with a digest or a check it is in."""
    field = name(path)
    below = {name(path[:length]) for length in range(1, len(path) + 1)}
    fields = {re.split(r": | ", sentence)[0] for sentence in said}
    fields |= {each.removeprefix("digests.") for each in fields}
    return bool(fields & below) or any(
        each.startswith((f"{field}.", f"{field}[")) for each in fields
    )


@pytest.fixture(scope="module")
def record(certified):
    """The honest file."""
    return certified.to_dict()


def test_an_honest_certificate_holds(certified, five):
    """The second method finds other figures than the engine, or a check cries wolf."""
    solved = []
    found = verify(certified, five, done=lambda number, total: solved.append((number, total)))
    assert [check.sentence for check in found.failed] == []
    assert found.holds
    assert solved == [(number, 5) for number in range(6)]
    for group in ("gains", "outsiders", "reliance"):
        assert found.largest_deviation(group)["%"] <= PCT / 2 + 1e-8
    everything = {check.field for check in found.checks}
    for path, value in parts(certified.to_dict()["claims"], ("claims",)):
        assert isinstance(value, dict) or name(path) in everything
    assert all(found.of(group) for group in found.to_dict()["groups"])


@pytest.mark.parametrize("deficits", ["zero", "proportional"])
def test_other_rules_for_deficits_hold_too(five, deficits):
    """Under another rule the two methods start from different worlds."""
    agreed = bargain(five, ["AGO", "EGY"], by="member", deficits=deficits)
    made = certify(agreed, robustness=Uncertainty(2, spread_pct=10))
    assert made.deficits == deficits
    assert [check.sentence for check in verify(made, five).failed] == []


@pytest.mark.parametrize(
    "limits",
    [
        {"by": "all", "formula": "swiss"},
        {"by": "member", "formula": "swiss", "floor": 0.01},
        {"by": "mfn"},
        {"by": "line", "least_cut": 0.1, "most_cut": 0.5},
        {"by": "sector", "most_sectors": 1},
        {"by": "member", "exempt": ("EGY",)},
    ],
    ids=str,
)
def test_an_agreement_within_its_limits_is_found_within_them(five, limits):
    """A way of tying tariffs is checked otherwise than the search ties them."""
    made = certify(bargain(five, ["AGO", "CIV", "EGY"], **limits))
    assert made.tariffs
    assert [check.sentence for check in verify(made, five).failed] == []


def test_the_embedded_world_holds_without_the_engine(embedded, monkeypatch):
    """Verification calls the engine that made the certificate, or errs at full size."""
    agreed = bargain(embedded, ["CIV", "MAR", "SEN"], by="sector", floor=0.02)
    made = certify(agreed, robustness=Uncertainty(2))

    def engine(*_args, **_kwargs):
        raise AssertionError("the engine was asked")

    monkeypatch.setattr(equilibrium, "solve", engine)
    monkeypatch.setattr(equilibrium, "equilibrium", engine)
    found = verify(made, World.embedded())
    assert [check.sentence for check in found.failed] == []
    assert len(found.of("outsiders")) == len(embedded.members) - 3 + 1


def test_whatever_is_changed_is_found_and_named(record, five, tmp_path):
    """Some word or figure can be changed, removed or added without the file saying so."""
    unseen, unnamed = [], []
    for path, what, made in tampered(record):
        said = judged(made, five, tmp_path / "a.json")
        if not said:
            unseen.append((name(path), what))
        elif not names_it(said, path):
            unnamed.append((name(path), what, said))
    assert unseen == []
    assert unnamed == []


def test_a_forger_who_computes_digests_anew_is_found_out(record, five, tmp_path):
    """A false figure or a lever out of bounds passes once its digest is computed anew."""
    unseen = set()
    content = {key: value for key, value in record.items() if key != "digests"}
    for path, _, made in tampered(content):
        forged = {**made, "digests": redigested(made)}
        said = judged(forged, five, tmp_path / "a.json", draws=path[0] == "robustness")
        if not said:
            unseen.add(name(path))
    assert unseen == WITHOUT_A_DIGEST


def redigested(content) -> dict:
    """The digests of a changed file; of one that cannot be read, none."""
    try:
        return digests_of(content)
    except (KeyError, AttributeError, TypeError):
        return {}


def forged(certificate, **changes) -> dict:
    """A file with some top-level fields changed and its digests computed anew."""
    content = {**certificate.to_dict(), **changes}
    content.pop("digests")
    return {**content, "digests": digests_of(content)}


def with_tariff(certificate, **changes) -> dict:
    """A forged file with one more tariff, or with the first one changed where none is named."""
    levers = copy.deepcopy(certificate.to_dict()["levers"])
    if "origin" in changes:
        levers["tariffs"].append(changes)
        levers["tariffs"].sort(key=lambda row: (row["origin"], row["destination"], row["sector"]))
    else:
        levers["tariffs"][0] |= changes
    return forged(certificate, levers=levers)


def today(world, origin, destination, sector) -> float:
    """A tariff of a world, per cent."""
    cell = world.index(origin), world.index(destination), world.sector_index(sector)
    return 100 * float(world.tariff[cell])


def test_a_tariff_towards_an_outsider_is_found(certified, five, tmp_path):
    """An agreement moves what a member charges somebody outside."""
    old = today(five, "BRA", "CIV", "farms")
    row = {"origin": "BRA", "destination": "CIV", "sector": "farms"}
    said = judged(
        with_tariff(certified, **row, old_pct=old, new_pct=old / 2), five, tmp_path / "a.json"
    )
    assert any(
        ".origin: BRA is no member; an agreement moves only what members charge" in each
        and "BRA → CIV, farms" in each
        for each in said
    )


def test_a_tariff_of_an_outsider_is_found(certified, five, tmp_path):
    """An agreement moves what somebody outside charges a member."""
    old = today(five, "CIV", "ZAF", "mills")
    row = {"origin": "CIV", "destination": "ZAF", "sector": "mills"}
    said = judged(
        with_tariff(certified, **row, old_pct=old, new_pct=old / 2), five, tmp_path / "a.json"
    )
    assert any(".destination: ZAF is no member" in each for each in said)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"new_pct": 29.9},
            "levers.tariffs[0].new_pct: the tariff rises; an agreement only lowers",
        ),
        ({"new_pct": 1.9}, "levers.tariffs[0].new_pct: 1.9 % is below the floor of 2 %"),
        ({"new_pct": -1.0}, "levers.tariffs[0].new_pct: -1.0 % is below 0"),
        ({"old_pct": 29.9}, "levers.tariffs[0].old_pct: 29.9 % is claimed, 11.39"),
        ({"old_pct": 29.9, "new_pct": 29.8}, "levers.tariffs[0].old_pct: 29.9 % is claimed"),
        ({"new_pct": 5.0}, "limits.by: tied by sector (linear), AGO → CIV, banks to 5 % and EGY"),
    ],
    ids=["raised", "below the floor", "negative", "other today", "both", "apart from the others"],
)
def test_a_tariff_out_of_bounds_is_found(certified, five, tmp_path, changes, says):
    """A tariff rises, passes the floor, starts elsewhere, or falls apart from those tied to it."""
    assert certified.tariffs[0].new_pct == pytest.approx(2.0)
    said = judged(with_tariff(certified, **changes), five, tmp_path / "a.json")
    assert any(each.startswith(says) for each in said), said


def test_a_sector_left_out_is_found_opened(certified, five, tmp_path):
    """A tariff on what a member excluded falls."""
    old = today(five, "CIV", "AGO", "banks")
    row = {"origin": "CIV", "destination": "AGO", "sector": "banks"}
    said = judged(
        with_tariff(certified, **row, old_pct=old, new_pct=old / 2), five, tmp_path / "a.json"
    )
    assert any(".sector: AGO:banks is excluded (CIV → AGO, banks" in each for each in said)


def test_limits_that_a_schedule_passes_are_found(certified, five, tmp_path):
    """A schedule is said to keep to limits that it passes."""
    stricter = {
        "exempt": (["CIV"], "CIV is exempt and lowers nothing"),
        "most_cut": (0.5, "cut by more than 50%, the most there may be"),
        "least_cut": (0.6, "limits.least_cut: every tariff was to fall by 60% or more; CIV → AGO"),
        "most_sectors": (1, "limits.most_sectors: AGO lowers tariffs in 2 sectors, 1 at most"),
        "most_paid": (0.001, "levers.transfers_musd.AGO: AGO pays "),
        "by": ("mfn", "limits.by: tied by mfn (linear)"),
        "floor": (0.03, "is below the floor of 3 %"),
        "exclude": (["wine"], "limits.exclude: unknown sector of world 'five' 'wine'"),
    }
    for limit, (value, says) in stricter.items():
        limits = {**certified.to_dict()["limits"], limit: value}
        said = judged(forged(certified, limits=limits), five, tmp_path / "a.json")
        assert any(says in each for each in said), (limit, said)


def test_a_transfer_of_somebody_outside_is_found(certified, five, tmp_path):
    """Somebody outside pays, or members pay more than they receive."""
    levers = copy.deepcopy(certified.to_dict()["levers"])
    levers["transfers_musd"] |= {"BRA": -1.0, "CIV": levers["transfers_musd"]["CIV"] + 1.0}
    said = judged(forged(certified, levers=levers), five, tmp_path / "a.json")
    assert any(
        each.startswith("levers.transfers_musd.BRA: BRA is no member, yet pays 1.000 million USD")
        for each in said
    )
    levers["transfers_musd"].pop("BRA")
    said = judged(forged(certified, levers=levers), five, tmp_path / "a.json")
    assert any(each.startswith("levers.transfers_musd: transfers sum to 1.000") for each in said)
    assert any(each.startswith("claims: the levers cannot be carried out") for each in said)


def test_a_corridor_with_somebody_outside_is_found(certified, five, tmp_path):
    """A corridor leads out of the group, makes trade dearer, or is paid for by others."""
    levers = copy.deepcopy(certified.to_dict()["levers"])
    road = levers["corridors"][1]
    road |= {"between": ["CIV", "ZAF"], "trade_cost_change_pct": 2.0}
    said = judged(forged(certified, levers=levers), five, tmp_path / "a.json")
    for says in (
        ".between: ZAF is no member, yet is one end of a corridor",
        ".trade_cost_change_pct: 2.0 % is not between −100 % and 0",
        ".paid_by_musd: the two members pay, CIV and ZAF",
    ):
        assert any(each.startswith(f"levers.corridors[1]{says}") for each in said), said


def test_a_member_that_loses_is_found(three_agree, certified, five, tmp_path):
    """A file says of a member that loses that it loses, and passes."""
    levers = copy.deepcopy(certified.to_dict()["levers"])
    most = 0.02 * float(three_agree.talks.before.income[five.index("CIV")])
    levers["transfers_musd"] = {"AGO": round(2 * most, 3), "CIV": -round(2 * most, 3), "EGY": 0.0}
    said = judged(forged(certified, levers=levers), five, tmp_path / "a.json")
    assert any(
        each.startswith("claims.members.CIV.welfare_change_pct: CIV would lose") for each in said
    )


def test_robustness_is_counted_again(five, tmp_path):
    """Draws in which a member loses are counted as gains, or other draws pass for these."""
    agreed = bargain(five, ["AGO", "BRA", "CIV", "EGY"], "utilitarian", by="member")
    made = certify(agreed, robustness=Uncertainty(19, spread_pct=30, seed=4))
    claim = made.to_dict()["robustness"]
    assert any(0 < share < 100 for share in claim["gaining_pct"].values())
    assert verify(made, five).holds
    for change in ({"seed": 5}, {"draws": 20}, {"spread_pct": 90.0}, {"all_gain_pct": 100.0}):
        text = forged(made, robustness={**claim, **change})
        found = verify(read(text, tmp_path / "a.json"), five)
        assert {check.group for check in found.failed} == {"robustness"}, change


def test_a_digest_of_nothing_is_found(certified, five, tmp_path):
    """A file has digests of parts that it does not have."""
    record = certified.to_dict()
    record["digests"]["claims.members.ZAF"] = record["digests"]["claims.members.AGO"]
    said = judged(record, five, tmp_path / "a.json")
    assert said == ["digests.claims.members.ZAF: there is no such part"]


def test_draws_left_out_are_no_verification(certified, five):
    """Leaving claims out gives the same verdict as checking them."""
    found = verify(certified, five, draws=False)
    assert not found.holds
    (only,) = found.failed
    assert only.sentence.startswith("robustness: not checked: the 4 draws were left out")


def test_draws_in_several_processes_are_the_same(certified, five):
    """Another process finds other gains, or its mistakes are lost."""
    assert verify(certified, five, jobs=2).holds


def test_another_world_is_named(certified, embedded, five):
    """Figures of one world are checked against another, or the user is not told which to get."""
    found = verify(certified, five.replace(trade_value=1.01 * five.trade_value))
    (only,) = found.failed
    assert only.field == "world.checksum"
    assert certified.world.checksum[:15] in only.sentence
    assert "Name that world (--world)" in only.sentence
    (other_sectors,) = verify(certified, embedded).failed
    assert other_sectors.field == "elasticities"


def test_the_world_counts_at_the_elasticities_of_the_certificate(embedded):
    """A world at its own elasticities is taken for another world."""
    other_set = embedded.select_elasticities("U4")
    made = certify(bargain(other_set, ["CIV", "MAR"], by="all"))
    assert made.elasticities == "U4"
    assert verify(made, embedded).holds


def test_who_cannot_be_measured_has_no_reliance(five):
    """Reliance is claimed of a member whose domestic sales nobody states."""
    known = np.ones((5, 3), dtype=bool)
    known[five.index("EGY")] = False
    world = five.replace(domestic_known=known)
    made = certify(bargain(world, ["AGO", "EGY"], by="all"))
    assert made.claims.members["EGY"].reliance_before_pct is None
    assert made.claims.members["AGO"].reliance_after_pct is not None
    assert verify(made, world).holds
    assert not verify(made, five).holds

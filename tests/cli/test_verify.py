"""`bandung verify`, as a user types it."""

from __future__ import annotations

import json

import pytest

from bandung.agree import Uncertainty, bargain, certify, verify


@pytest.fixture(scope="module")
def made(embedded):
    """A certificate of three members with two draws."""
    agreed = bargain(embedded, ["CIV", "MAR", "SEN"], by="member")
    return certify(agreed, robustness=Uncertainty(2))


@pytest.fixture
def file(made, tmp_path):
    """Its file."""
    return made.write(tmp_path / "a.json")


def test_an_honest_certificate_ends_with_0(run, file, made, embedded):
    """The exit code or the words say otherwise than the function."""
    done = run("verify", str(file))
    assert "every claim holds" in done.stdout
    assert "not every" not in done.stdout
    assert "Recomputed by Newton on market clearing" in done.stderr
    counted = verify(made, embedded).to_dict()["groups"]
    for group, numbers in counted.items():
        line = next(line for line in done.stdout.splitlines() if f" {group} " in line)
        assert [word.strip() for word in line.split("│")[2:4]] == [f"{numbers['checked']}", "0"]


def test_a_changed_digit_ends_with_1(start, file, made):
    """A certificate that does not hold ends as one that does, or without its field and figures."""
    claimed = made.claims.members["MAR"].welfare_change_pct
    told = f'"welfare_change_pct": {claimed}'
    text = file.read_text(encoding="utf-8")
    place = text.index('"MAR": {\n')
    more = text[place:].replace(told, f'"welfare_change_pct": {claimed + 1e-6:.6f}', 1)
    file.write_text(text[:place] + more, encoding="utf-8")
    done = start("verify", str(file), code=1)
    assert "not every claim holds" in done.stdout
    said = f"claims.members.MAR.welfare_change_pct: {claimed + 1e-6:.6f} % is claimed, "
    assert said in done.stdout
    assert "claims.members.MAR was changed after the certificate was written" in done.stdout


def test_json_says_what_failed(run, file):
    """The JSON leaves out a failed check, or its figures."""
    record = json.loads(file.read_text(encoding="utf-8"))
    record["claims"]["outsiders"]["BRA"]["welfare_change_pct"] += 1e-6
    file.write_text(json.dumps(record), encoding="utf-8")
    found = json.loads(run("verify", str(file), "--json", code=1).stdout)
    assert not found["holds"]
    assert found["file"] == str(file)
    fields = {each["field"]: each for each in found["failed"]}
    assert set(fields) == {
        "claims.outsiders.BRA.welfare_change_pct",
        "digests.claims.outsiders",
    }
    own = fields["claims.outsiders.BRA.welfare_change_pct"]
    assert abs(own["claimed"] - own["found"]) == pytest.approx(own["deviation"])
    assert found["groups"]["outsiders"]["failed"] == 1


def test_draws_left_out_end_with_1(run, file):
    """Claims that were not checked pass for claims that hold."""
    done = run("verify", str(file), "--skip-draws", code=1)
    assert "robustness: not checked: the 2 draws were left out" in done.stdout


def test_without_robustness_nothing_is_left_out(run, embedded, tmp_path):
    """A certificate without draws fails for leaving them out."""
    plain = certify(bargain(embedded, ["CIV", "SEN"], by="all")).write(tmp_path / "b.json")
    assert json.loads(run("verify", str(plain), "--skip-draws", "--json").stdout)["holds"]


def test_the_world_is_told(run, file, tmp_path, embedded):
    """Another world is taken for the certificate's, or the one needed is not named."""
    embedded.replace(trade_value=1.1 * embedded.trade_value).to_parquet(tmp_path / "other")
    done = run("verify", str(file), "--world", str(tmp_path / "other"), code=1)
    assert "world.checksum: the certificate is about world 'embedded' of 2022" in done.stdout
    embedded.to_parquet(tmp_path / "same")
    assert "every claim holds" in run("verify", str(file), "--world", str(tmp_path / "same")).stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "a.json cannot be read"),
        ("{", "a.json:1: not JSON"),
        ('{"format": "bandung certificate 9"}', "format is 'bandung certificate 9'"),
        ("world", "world.name is 'elsewhere', and no world of that name is stored"),
    ],
    ids=["no file", "torn", "later", "unknown world"],
)
def test_what_cannot_be_read_ends_with_2(run, file, text, says):
    """A file that cannot be read ends with a traceback, or as if it had been checked."""
    if text is None:
        file.unlink()
    elif text == "world":
        record = json.loads(file.read_text(encoding="utf-8"))
        record["world"]["name"] = "elsewhere"
        file.write_text(json.dumps(record), encoding="utf-8")
    else:
        file.write_text(text, encoding="utf-8")
    assert says in run("verify", str(file), code=2).stderr.replace("\n", " ")

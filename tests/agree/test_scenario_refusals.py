"""What scenarios refuse: every mistake, with the file and the line where it stands."""

from __future__ import annotations

import datetime as dt
import re
import string
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandung import World
from bandung.agree.changes import Change
from bandung.agree.scenario import Scenario, Source, parse, read
from bandung.agree.toml_lines import lines_of
from bandung.errors import InputError, ScenarioError

FILE = "mine.toml"
SHORT = {
    "$PAIR": '$C; what = "tariff"; origin = "AGO"; destination = "ZAF"',
    "$C": "$T; [[change]]",
    "$T": 'title = "T"',
    "$EVERYBODY": str(list(World.embedded().members)),
    "; ": "\n",
}


def written(text: str) -> str:
    """A file that is abbreviated as in `SHORT`."""
    for short, long in SHORT.items():
        text = text.replace(short, long)
    return text


@pytest.fixture(scope="module")
def small() -> World:
    """Two members and two sectors, the second a service; no published elasticities."""
    return World.from_arrays(
        name="small",
        members=["ZAF", "BRA"],
        sectors=["farms", "banks"],
        services=["banks"],
        trade_value=[[[9, 9], [1, 1]], [[2, 2], [8, 8]]],
    )


def cases(block: str) -> list:
    """Cases: a file, abbreviated; then the line at fault and what is said of it."""
    found = []
    for case in block.strip().split("\n\n"):
        text, line, words = re.split(r"\n(\d+) ", case, maxsplit=1)
        found.append(
            pytest.param(written(text), int(line), words.replace("\n", " "), id=words[:40])
        )
    return found


REFUSED_FILES = r"""
title = 3 4
1 this is not TOML: Expected newline or end of document

$T; ; # note; world == 1
4 this is not TOML: Invalid value (column 8)

$T; world = '''a; b
3 this is not TOML: Expected "'''" (at end of document)

$T; $T
2 this is not TOML: Cannot overwrite a value

# note; world = "embedded"
1 title is missing

$C; cut_pct = 5
2 what is missing

$T; ; [uncertainty]; seed = 1
3 draws is missing

$C; what = "productivity"; change_pct = 5
2 origin is missing; what = "productivity" needs it

$C; what = "tariff"; origin = "AGO"; cut_pct = 5
2 destination is missing; what = "tariff" needs it

$T; elasticity = "GYY"
2 unknown key 'elasticity'. Did you mean elasticities? Known are title, world, deficits,
elasticities, on, change, uncertainty.

$PAIR; cut_pct = 5; ; sectors = "all"  # not sector
8 unknown key 'sectors'. Did you mean sector? Known are what, origin, destination, sector,
cut_pct, to_pct, change_pct, add_points, amount_musd.

$T; [uncertainty]; draws = 1; sprea_pct = 1
4 unknown key 'sprea_pct'. Did you mean spread_pct? Known are draws, spread_pct, seed.

$PAIR; cut_pct = 5; [change.note]
7 unknown key 'note'.

$T; ; [change]; what = "tariff"
3 change is {'what': 'tariff'}; each change begins with a line [[change]]

$T; change = 3
2 change is 3; each change begins with a line [[change]]

$T; uncertainty = 3
2 uncertainty is 3; it is a table, which begins with a line [uncertainty]

; title = 3
2 title is 3; it must be a text in quotes

title = " "
1 title is empty

$T; world = ["a", "b"]
2 world is ["a", "b"]; it must be a text in quotes

$T; deficits = true
2 deficits is true; it must be a text in quotes

$T; deficits = "fix"
2 unknown rule of deficits 'fix'. Did you mean fixed? Known are fixed, share, zero, proportional.

$T; elasticities = true
2 elasticities is true; it must be a number, or the name of a set in quotes

$T; elasticities = 0
2 elasticities is 0; it must be finite and above 0

$T; elasticities = nan
2 elasticities is nan; it must be finite and above 0

$T; elasticities = ""
2 elasticities is empty

$T; on = "2024-08-31"
2 on is "2024-08-31"; it must be a date, without quotes or a time: on = 2024-01-31

$T; on = 2024-08-31T10:00:00
2 on is 2024-08-31T10:00:00; it must be a date, without quotes or a time

$T; [uncertainty]; draws = 2.5
3 draws is 2.5; it must be a whole number

$T; uncertainty.draws = true
2 draws is true; it must be a whole number

$T; [uncertainty]; draws = 0
3 draws is 0; it must be at least 1

$T; uncertainty = {draws = 2, seed = -1}
2 seed is -1; it must be at least 0

$T; [uncertainty]; draws = 1; spread_pct = 0
4 spread_pct is 0; it must be finite and above 0

$T; [uncertainty]; draws = 1; spread_pct = inf
4 spread_pct is inf; it must be finite and above 0

$C; what = "tarif"; origin = "AGO"
3 unknown what 'tarif'. Did you mean tariff? Known are tariff, trade_cost, productivity, transfer.

$C; what = 1
3 what is 1; it must be a text in quotes

$C; what = "tariff"; origin = 3
4 origin is 3; it must be a text in quotes, or an array of them

$C; what = "tariff"; origin = [; "AGO", # ]; 3,; ]
4 origin is ["AGO", 3]; it must be a text in quotes, or an array of them

$C; what = "tariff"; origin = []
4 origin is []; it selects nothing

$C; what = "tariff"; origin = ["AGO", " "]
4 origin: "" is empty

$C; what = "tariff"; origin = "group:AFCTA"; destination = "ZAF"; to_pct = 0
4 origin: unknown group 'AFCTA'. Did you mean AFCFTA

$C; what = "tariff"; origin = "bloc:AU"; destination = "ZAF"; to_pct = 0
4 origin: 'bloc:AU' is not understood; a group is written "group:CODE"

on = 1990-01-01; $C; what="tariff"; origin="AGO"; destination=["ZAF", "group:AFCFTA"]; to_pct=0
6 destination: group AFCFTA has no members on 1990-01-01: it was founded on 2018-03-21; give
another day, as in: on = 2024-01-31

$C; what = "tariff"; origin = "others"; destination = ["AGO", "others"]; to_pct = 0
4 origin is "others", and so is destination; one of the two must name members

$C; what = "tariff"; origin = "all"; destination = "others"; to_pct = 0
5 destination is "others", and origin is "all", which leaves nobody

$C; what = "productivity"; origin = "others"; change_pct = 5
4 origin is "others", and a change of productivity has no destination for it to be the rest of

$C; what = "tariff"; origin = "AGO"; destination = "AGO"; cut_pct = 5
5 destination is origin, AGO: what a member does at home is left out, so the change selects nothing

$PAIR
2 what = "tariff" needs one of cut_pct, to_pct, change_pct, add_points

$C; what = "transfer"; origin = "AGO"; destination = "ZAF"
2 what = "transfer" needs amount_musd

$PAIR; cut_pct = 5; to_pct = 5
7 cut_pct and to_pct are given; keep one of them

$C; what = "trade_cost"; origin = "AGO"; destination = "ZAF"; cut_pct = 5
6 cut_pct does not go with what = "trade_cost", which takes origin, destination, sector, change_pct

$C; what = "productivity"; origin = "AGO"; destination = "ZAF"; change_pct = 5
5 destination does not go with what = "productivity", which takes origin, sector, change_pct

$C; what = "transfer"; origin = "AGO"; destination = "ZAF"; amount_musd = 5; sector = "all"
7 sector does not go with what = "transfer", which takes origin, destination, amount_musd

$PAIR; cut_pct = true
6 cut_pct is true; it must be a number, without quotes

$PAIR; cut_pct = "5"
6 cut_pct is "5"; it must be a number, without quotes

$PAIR; cut_pct = nan
6 cut_pct is nan; it must be finite

$PAIR; to_pct = -inf
6 to_pct is -inf; it must be finite

$PAIR; to_pct = -100
6 to_pct is -100; for a tariff it must be above -100

$C; what = "trade_cost"; origin = "AGO"; destination = "ZAF"; change_pct = -100
6 change_pct is -100; for a trade_cost it must be above -100

$C; what = "productivity"; origin = "AGO"; change_pct = -101
5 change_pct is -101; for a productivity it must be above -100

$C; what = "transfer"; origin = "AGO"; destination = "ZAF"; amount_musd = 0
6 amount_musd is 0; for a transfer it must be above 0

$T; change = [;   {what = "tariff", origin = "a:b"},; ]
3 origin: 'a:b' is not understood

$PAIR; cut_pct = 5; ; # [[change]]; [[ change ]]; what = "x"
10 unknown what 'x'.
"""


@pytest.mark.parametrize(("text", "line", "message"), cases(REFUSED_FILES))
def test_a_file_is_refused_where_it_is_wrong_before_any_world_is_met(text, line, message):
    """A mistake that needs no world to be seen names the file, the line, and how to mend it."""
    with pytest.raises(ScenarioError) as caught:
        parse(text, source=FILE)
    assert str(caught.value).startswith(f"{FILE}:{line}: {message}")
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("1" * 5000, "2: this is not TOML: Exceeds the limit"),
        ("[" * 5000, "1: this is not TOML: arrays or tables are nested too deeply"),
        ("1" + "0" * 400, "2: elasticities is inf; it must be finite and above 0"),
        (f"[{'1, ' * 500}]", "2: elasticities is [1, 1, "),
    ],
)
def test_a_file_of_unreasonable_size_is_refused_like_any_other(value, message):
    """Figures and arrays beyond all measure end in the same error, and in one line."""
    with pytest.raises(ScenarioError) as caught:
        parse(written(f"$T; elasticities = {value}"), source=FILE)
    assert str(caught.value).startswith(f"{FILE}:{message}")
    assert len(str(caught.value)) < 200


REFUSED_IN_A_WORLD = """
$C; what = "tariff"; origin = "ZAR"; destination = "AGO"; cut_pct = 5
4 origin: unknown member of world 'embedded' 'ZAR'. Did you mean ZAF

$C; what = "tariff"; origin = "AGO"; destination = [; "ZAF",; "DEU",; ]; cut_pct = 5
5 destination: unknown member of world 'embedded' 'DEU'. It is part of EU27.

$C; what = "tariff"; origin = "ECOWAS"; destination = "AGO"; cut_pct = 5
4 origin: unknown member of world 'embedded' 'ECOWAS'. A group is written "group:ECOWAS".

$PAIR; sector = ["A01", "C24"]; cut_pct = 5
6 sector: unknown sector of world 'embedded' 'C24'. Did you mean C24B or C24A

$T; ; elasticities = "GY"
3 elasticities: unknown set of world 'embedded' 'GY'. Did you mean GYY? Known are BSY, CP, FGO,
GYY, IS, LL, Shap, U4. A figure is written without quotes.

; $C; what = "tariff"; origin = "AGO"; destination = "group:CARICOM"; to_pct = 0
6 destination: world 'embedded' has none of the members of CARICOM by themselves; it has AGO, ARE,

$C; what = "tariff"; origin = "others"; destination = $EVERYBODY; to_pct = 0
4 origin selects nobody: destination already selects every member of world 'embedded'

on = 2022-01-01; $C; what = "tariff"; origin = "group:SACU"; destination = "ZAF"; to_pct = 0
3 the change selects nothing: its only pair is ZAF with itself

$C; what = "tariff"; origin = ["USA", "BRA"]; destination = "CHN"; sector = ["C20", "A01"]
add_points = -110
7 add_points = -110 takes the tariff at origin BRA, destination CHN, sector A01 from

$C; what = "tariff"; origin = "AGO"; destination = "EGY"; sector = "C10T12"; cut_pct = 100000
7 cut_pct = 100000 takes the tariff at origin AGO, destination EGY, sector C10T12 from

$PAIR; cut_pct = 9
[[change]]; what = "trade_cost"; origin = "AGO"; destination = "all"; change_pct = 5; ; #
[[change]]; what = "tariff"; origin = "group:AFCFTA"; destination = "ZAF"; sector = "C20"
to_pct = 0
14 this change of tariff touches origin AGO, destination ZAF, sector C20, and so does mine.toml:2;
let each cell be changed once

$PAIR; cut_pct = 9
[[change]]; what = "tariff"; origin = "all"; destination = "ZAF"; cut_pct = 9
7 this change of tariff touches origin AGO, destination ZAF, sector A01, and so does mine.toml:2

$C; what = "transfer"; origin = "AGO"; destination = "ZAF"; amount_musd = 1
[[change]]; what = "transfer"; origin = "all"; destination = "ZAF"; amount_musd = 2
7 this change of transfer touches origin AGO, destination ZAF, and so does mine.toml:2;

$C; what = "productivity"; origin = "AGO"; change_pct = 1
[[change]]; what = "productivity"; origin = "all"; sector = "services"; change_pct = 1
6 this change of productivity touches origin AGO, sector SERVICES, and so does mine.toml:2;

$C; what = "transfer"; origin = "all"; destination = "AGO"; amount_musd = 1e308
6 amount_musd = 1e+308: the transfers add up to more than a number can hold
"""


@pytest.mark.parametrize(("text", "line", "message"), cases(REFUSED_IN_A_WORLD))
def test_what_a_world_cannot_carry_out_is_refused_by_the_world_alone(embedded, text, line, message):
    """The file is read without complaint; the world's refusal still names the line."""
    scenario = parse(text, source=FILE)
    with pytest.raises(ScenarioError) as caught:
        scenario.levers(embedded)
    assert str(caught.value).startswith(f"{FILE}:{line}: {message}")


def test_the_refused_tariff_is_named_before_and_after(embedded):
    """The message's figures are the cell's own tariff and what the change makes of it."""
    text = written('$C; what = "tariff"; origin = "AGO"; destination = "EGY"; add_points = -200')
    with pytest.raises(ScenarioError) as caught:
        parse(text + '\nsector = "A01"', source=FILE).levers(embedded)
    old = 100 * embedded.tariff[embedded.index("AGO"), embedded.index("EGY"), 0]
    assert f"from {old:g} % to {old - 200:g} %" in str(caught.value)
    assert "(cells where it would not: 1)" in str(caught.value)


def test_a_group_without_a_day_is_asked_about_today(embedded, monkeypatch):
    """Without `on` the day is that of the question, so a file may name a group yet to come."""
    short = '$C; what = "tariff"; origin = "AGO"; destination = "group:AFCFTA"; to_pct = 0'
    scenario = parse(written(short), source=FILE)

    class Past(dt.date):
        @classmethod
        def today(cls):
            return dt.date(1990, 1, 1)

    assert scenario.levers(embedded).tariff_new is not None
    monkeypatch.setattr("bandung.agree.scenario.dt.date", Past)
    with pytest.raises(ScenarioError, match=r"mine\.toml:5: destination: group AFCFTA has no mem"):
        scenario.levers(embedded)
    with pytest.raises(
        ScenarioError, match=r"mine\.toml:5: destination: group AFCFTA has no members on 1990"
    ):
        scenario.missing(embedded)


def test_a_world_without_published_sets_draws_from_none(small):
    """Draws from the published sets are refused where there are none; a spread is not."""
    text = written("$T; [uncertainty]; draws = 5; ")
    with pytest.raises(ScenarioError, match=r"mine.toml:2: uncertainty: world 'small' has no publ"):
        parse(text, source=FILE).levers(small)
    parse(text + "spread_pct = 10", source=FILE).levers(small)
    with pytest.raises(ScenarioError, match=r"mine.toml:2: elasticities: world 'small' has no pub"):
        parse(written('$T; elasticities = "GYY"'), source=FILE).levers(small)


def test_a_word_for_sectors_that_the_world_lacks_selects_nothing(small):
    """A world of goods alone has no services to change; goods and services together are goods."""
    goods = small.replace(services=())
    text = written('$C; what = "tariff"; origin = "ZAF"; destination = "BRA"; to_pct = 1; ')
    with pytest.raises(ScenarioError, match=r"mine.toml:7: sector selects nothing: world 'small'"):
        parse(text + 'sector = "services"', source=FILE).levers(goods)
    both = parse(text + 'sector = ["services", "goods"]', source=FILE).levers(goods).tariff_new
    assert (both[0, 1] == 0.01).all()


def test_a_scenario_made_in_code_says_which_change_is_at_fault(small):
    """Where there is no file, the message names the change by its number."""
    one = Change("tariff", origin=("BRA",), destination=("all",), to_pct=0)
    two = Change("tariff", origin=("BRA",), destination=("ZAF",), to_pct=0)
    with pytest.raises(ScenarioError, match=r"^change 2: this change .* and so does change 1;"):
        Scenario("T", changes=(one, two)).levers(small)
    with pytest.raises(ScenarioError, match=r"^scenario 'T': elasticities: world"):
        Scenario("T", elasticities="GYY").levers(small)
    with pytest.raises(ScenarioError, match=r"^cut_pct and to_pct are given; keep one of them$"):
        Change("tariff", origin=("BRA",), destination=("ZAF",), cut_pct=1, to_pct=1)
    early = Change("tariff", origin=("group:AFCFTA",), destination=("ZAF",), to_pct=0)
    with pytest.raises(
        ScenarioError, match=r"^origin: group AFCFTA has no members on 1990-01-01: "
    ):
        Scenario("T", on=dt.date(1990, 1, 1), changes=(early,))


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    """No file, a folder, or another encoding: the reason, and for the last its line."""
    with pytest.raises(ScenarioError, match=r"none\.toml: the file cannot be read: No such file"):
        read(tmp_path / "none.toml")
    with pytest.raises(ScenarioError, match=r": the file cannot be read: Is a directory"):
        read(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes('# été\ntitle = "T"\n'.encode() + 'world = "é"'.encode("latin-1"))
    with pytest.raises(ScenarioError, match=r"latin\.toml:3: byte 0xe9 is not UTF-8; save the"):
        read(path)


def test_a_key_not_written_is_placed_at_the_table_that_should_hold_it():
    """The line of a missing key is its table's; of a missing table, the first."""
    place = Source(FILE, lines_of(written("$PAIR")))
    assert place.at("change", 0, "origin") == "mine.toml:4"
    assert place.at("change", 0, "sector") == "mine.toml:2"
    assert place.at("deficits") == "mine.toml:1"


# Lines


AWKWARD = '''\
# [[change]] in a comment
"title" = """
[[change]]
what = "not this"  \\""" nor this
""""   # a quote, then the end
uncertainty.draws = 3
uncertainty . 'seed' = 4

[[change]] # first
what="tariff"
origin = [ # who
    "AGO", # ]
    'B#]',
    ["x", {a = 1, "b.c" = [2, 3]}],
] # end
destination = \'\'\'
[uncertainty]
it's ''quoted\'\'\'\'
on = 2024-08-31 10:00:00 # a space in a value
    [change.note]
    cut_pct = 1
[[change]]
what = "x"
[[ "change" . 'deep' ]]
y = {}
z = []
[[change.deep]]
y = 5
'''


def test_lines_are_found_among_comments_strings_and_arrays():
    """Keys that only look like keys, in strings and comments, are not taken for any."""
    found = lines_of(AWKWARD)
    expected = {
        ("title",): 2,
        ("uncertainty", "draws"): 6,
        ("uncertainty", "seed"): 7,
        ("change", 0): 9,
        ("change", 0, "what"): 10,
        ("change", 0, "origin"): 11,
        ("change", 0, "origin", 1): 13,
        ("change", 0, "origin", 2, 1, "b.c", 1): 14,
        ("change", 0, "destination"): 16,
        ("change", 0, "on"): 19,
        ("change", 0, "note"): 20,
        ("change", 0, "note", "cut_pct"): 21,
        ("change", 1): 22,
        ("change", 1, "what"): 23,
        ("change", 1, "deep", 0): 24,
        ("change", 1, "deep", 0, "z"): 26,
        ("change", 1, "deep", 1, "y"): 28,
    }
    assert {path: found.get(path) for path in expected} == expected
    assert set(found) == set(paths(tomllib.loads(AWKWARD)))


def paths(value, base=()):
    """Every path to a key or an element in what tomllib read."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in inside:
        yield (*base, key)
        if isinstance(below, dict | list):
            yield from paths(below, (*base, key))


class Writer:
    """Draws TOML whose keys are k0, k1, …; no string or comment holds such a word."""

    NOISE = string.ascii_uppercase + "#[]{}=,. é"

    def __init__(self, draw) -> None:
        self.draw = draw
        self.count = 0

    def noise(self, more: str = "") -> str:
        return self.draw(st.text(self.NOISE + more, max_size=6))

    def blank(self, *, lines: bool) -> str:
        kinds = ["", " ", "\t "] + ["\n", f" # {self.noise(chr(34) + chr(39))}\n"] * lines
        return self.draw(st.sampled_from(kinds))

    def key(self) -> str:
        self.count += 1
        parts = [f"k{self.count}"]
        if self.draw(st.booleans()):
            parts.append(f"k{self.count}x")
        quotes = self.draw(st.sampled_from(["", '"', "'"]))
        dot = f"{self.blank(lines=False)}.{self.blank(lines=False)}"
        return dot.join(f"{quotes}{part}{quotes}" for part in parts)

    def value(self, depth: int) -> str:
        kinds = ["bare", '"', "'", '"""', "'''"] + ["array", "table"] * (depth > 0)
        match self.draw(st.sampled_from(kinds)):
            case "bare":
                return self.draw(st.sampled_from(["1", "-2e+3", "true", "2024-08-31 10:00:00"]))
            case "array":
                ends = [
                    self.blank(lines=True) + self.value(depth - 1) + self.blank(lines=True)
                    for _ in range(self.draw(st.integers(0, 3)))
                ]
                return f"[{','.join(ends)}{',' if ends else ''}{self.blank(lines=True)}]"
            case "table":
                inner = [self.pair(depth - 1) for _ in range(self.draw(st.integers(0, 2)))]
                return f"{{{','.join(inner)}}}"
            case quotes:
                text = self.noise("\n" * (len(quotes) == 3))
                if len(quotes) == 3:
                    text += self.draw(st.sampled_from(["", "A" + quotes[0], "A" + quotes[0] * 2]))
                if quotes[0] == '"':
                    text = self.draw(st.sampled_from(["", '\\"', "\\\\"])) + text
                return f"{quotes}{text}{quotes}"

    def pair(self, depth: int) -> str:
        gaps = [self.blank(lines=False) for _ in range(4)]
        return f"{gaps[0]}{self.key()}{gaps[1]}={gaps[2]}{self.value(depth)}{gaps[3]}"

    def document(self) -> str:
        lines = []
        for _ in range(self.draw(st.integers(0, 6))):
            match self.draw(st.sampled_from(["pair", "pair", "table", "array"])):
                case "pair":
                    lines.append(self.pair(2))
                case "table":
                    lines.append(f"[{self.blank(lines=False)}{self.key()}]")
                case "array":
                    key = self.key()
                    lines += [f"[[{key}]]", self.pair(1), f"  [[ {key} ]]"]
                    lines += [f"[{key}.sub{self.count}]", self.pair(0)]
            lines.append(self.blank(lines=True))
        return "\n".join(lines)


@given(st.data())
def test_every_key_of_any_file_is_found_on_its_line(data):
    """The locator sees what tomllib sees, key for key, each on the line that has the word."""
    text = Writer(data.draw).document()
    found = lines_of(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    for path, line in found.items():
        if isinstance(path[-1], str):
            at = re.search(rf"\b{path[-1]}\b", text).start()
            assert line == text.count("\n", 0, at) + 1

# SPDX-License-Identifier: GPL-2.0-only
"""The case matrix: the shipped files fit together, and a mistake in one is told by file and line."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.boardfile import EXERCISED, MODELS
from suites import known, matrix, programs
from suites.mutants import catalogue
from tests.gate_run import ROOT

SUITES = ROOT / "suites"
BOOTS = matrix.load_boots()
FILES = sorted(SUITES.glob("*/suite.yaml"))
CASES = [case for path in FILES for case in matrix.load_suite(path, BOOTS)]
BY_ID = {case.id: case for case in CASES}
MUTANTS = {name: mutant for name, mutant in catalogue.load().items() if mutant.hypervisor == "xen"}

# guest/control/test.h: id[96] holds the NUL too; guest/control/plan.c: a number has at most 15 digits.
MAX_ID = int(re.search(r"char id\[(\d+)\]", (ROOT / "guest/control/test.h").read_text())[1]) - 1
MAX_DIGITS = 15
NUMBERS = {*(key.partition("_")[0] for key in matrix.TIMING), "slack", "seed"}
ID = re.compile(r"[a-z_]+\.[a-z][a-z0-9_]*\[[a-z_]+=[a-z0-9_+-]+(,[a-z_]+=[a-z0-9_+-]+)*\]")


# ---------------------------------------------------------------------------
# the shipped files


def test_ids_are_unique() -> None:
    assert not {name for name, n in Counter(case.id for case in CASES).items() if n > 1}
    assert len(CASES) > 100


def test_ids_are_stable() -> None:
    again = [case.id for path in FILES for case in matrix.load_suite(path, matrix.load_boots())]
    assert again == [case.id for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_plan_line(case: matrix.Case) -> None:
    """What the guest can read: blanks part the words, no key is there twice, numbers are short."""
    assert len(case.id) <= MAX_ID and ID.fullmatch(case.id)
    line = case.plan_line(0xFFFFFF)
    assert line.isascii() and line.isprintable()
    first, name, *words = line.split(" ")
    assert (first, name) == ("case", case.id)
    pairs = [word.partition("=") for word in words]
    assert all(key and equals and value for key, equals, value in pairs)
    keys = Counter(key for key, _, _ in pairs)
    assert keys.most_common(1)[0][1] == 1, keys
    values = {key: value for key, _, value in pairs}
    assert NUMBERS <= values.keys()
    assert all(values[key].isdecimal() and len(values[key]) <= MAX_DIGITS for key in NUMBERS)
    assert values.get("cast", "").split(",") == (list(case.members) or [""])


def test_default_timing_is_the_guests() -> None:
    """matrix.TIMING says that guest/control/cast.c has the same words."""
    source = (ROOT / "guest/control/cast.c").read_text()
    words = set(re.findall(r'plan_number\([^"]*"(\w+)"', source))
    assert NUMBERS <= words | {"seed"}


@pytest.mark.parametrize("case", [case for case in CASES if "pos" in case.params],
                         ids=lambda case: case.id)
def test_pos_places_the_offender(case: matrix.Case) -> None:
    last = len(case.members) - 1
    places = {"first": 0, "middle": last // 2, "last": last}
    assert [member.endswith("!") for member in case.members].index(True) == places[str(case.params["pos"])]
    assert sum(member.endswith("!") for member in case.members) == 1


def test_all_positions_are_there() -> None:
    """hung and dead ask it of every place in guest[], on both ways to acknowledge."""
    for name in ("hung.mask", "hung.silent", "hung.spin", "hung.slow", "hung.noack", "dead.crash",
                 "dead.destroy", "dead.destroy_in_handler"):
        found = {(case.boot.label["ack"], case.params["pos"]) for case in CASES
                 if f"{case.topic}.{case.name}" == name}
        assert found == {(ack, pos) for ack in ("new", "old") for pos in matrix.POSITIONS}, name


def test_repeat_expands() -> None:
    assert BY_ID["sharing.many[ack=new,n=32]"].members == ("edu",) * 32
    assert BY_ID["sharing.full[ack=old,n=33]"].members == ("edu",) * 33
    assert BY_ID["sharing.many[ack=new,n=32]"].timing["pace_us"] == 16000


def test_known_cases_exist() -> None:
    there = BY_ID.keys() | {case.id for path in programs.HERE.glob("*/suite.yaml")
                            for case in programs.load_suite(path, programs.load_boots(), nightly=True)}
    for hypervisor in matrix.parse(SUITES / "known.yaml").data or {}:
        assert known.load(SUITES / "known.yaml", hypervisor).keys() <= there


def test_every_case_says_what_turns_it_red() -> None:
    for case in CASES:
        assert case.red.strip(), case.id


def named_mutants(red: str) -> Iterator[str]:
    """Of "mutants a and b (why); option c": a and b."""
    for text in re.findall(r"\bmutants? ([^;(]*)", red):
        yield from re.findall(r"[a-z]+(?:-[a-z]+)+", text)


@pytest.mark.parametrize("case", {f"{case.topic}.{case.name}": case for case in CASES}.values(),
                         ids=lambda case: f"{case.topic}.{case.name}")
def test_mutants_named_by_red_exist(case: matrix.Case) -> None:
    named = list(named_mutants(case.red))
    assert bool(named) == ("mutant" in case.red)
    assert set(named) <= MUTANTS.keys()


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_turns_cases_red_that_exist(name: str) -> None:
    mutant = MUTANTS[name]
    assert mutant.reds.keys() <= BY_ID.keys()
    assert all(re.compile(pattern) for pattern in mutant.reds.values())


def test_c_cases_and_declared_cases_are_the_same() -> None:
    declared = {f"{case.topic}.{case.name}" for case in CASES}
    written = {}
    for path in SUITES.glob("*/*.c"):
        for name in re.findall(r'^TEST_CASE\("([^"]+)"', path.read_text(), re.MULTILINE):
            assert name not in written and name.startswith(f"{path.parent.name}."), name
            written[name] = path
    assert declared == written.keys()


# ---------------------------------------------------------------------------
# the covering set

KIND = {name: model.kind for name, model in MODELS.items()}
COVER = matrix.load_cover()


def test_every_controller_is_offender_and_sharer() -> None:
    assert {row[0] for row in COVER} == set(EXERCISED)
    assert {sharer for row in COVER for sharer in row[1:]} == set(EXERCISED)


def test_every_two_classes_share_a_line() -> None:
    pairs = {frozenset((KIND[one], KIND[other])) for row in COVER for one, other in itertools.combinations(row, 2)}
    kinds = set(KIND.values()) - {""}
    assert pairs == {frozenset(pair) for pair in itertools.combinations_with_replacement(kinds, 2)}


def test_reference_cast_has_each_as_offender() -> None:
    reference = [row for row in COVER if {KIND[member] for member in row} == {"NIC", "SATA", "USB"}]
    assert {row[0] for row in reference} >= {"e1000", "ahci", "uhci"}


def test_cases_of_the_gate_cover_it() -> None:
    for name in ("sharing.pair", "hung.mask", "hung.silent", "hung.spin", "hung.slow", "hung.noack", "dead.crash",
                 "dead.destroy", "dead.destroy_in_handler", "dead.rescue", "dead.rebirth", "storm.limited",
                 "storm.default"):
        offenders = {case.params["cast"].split("+")[0] for case in CASES
                     if f"{case.topic}.{case.name}" == name and "+" in str(case.params["cast"])}
        assert offenders == set(EXERCISED), name


def test_nightly_has_every_ordered_pair() -> None:
    cases = matrix.load_suite(SUITES / "hung" / "suite.yaml", BOOTS, nightly=True)
    pairs = {tuple(str(case.params["cast"]).split("+")[:2]) for case in cases
             if case.name == "mask" and "+" in str(case.params["cast"])}
    assert pairs == set(itertools.product(EXERCISED, repeat=2))
    assert len({case.id for case in cases}) == len(cases)


# ---------------------------------------------------------------------------
# mistakes

GOOD = """\
about: A topic.

casts:
  edu: {offender: edu, sharers: [edu, e1000]}

cases:
  one:
    title: A case
    rationale: A mechanism.
    invariants: [S, LI]
    boots: [new, old]
    cast: [edu]
    params: {pos: [first, middle, last]}
    red: mutant m
  two:
    title: Another
    rationale: >
      A mechanism
      on two lines.
    invariants: [S]
    boots: [new]
    params: {n: [2, 3]}
    repeat: {model: edu, param: n}
    timing: {pace_us_each: 100}
    red: option o
"""


def load(folder: Path, text: str | bytes) -> list[matrix.Case]:
    path = folder / "topic" / "suite.yaml"
    path.parent.mkdir()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return matrix.load_suite(path, BOOTS)


def test_good(tmp_path: Path) -> None:
    cases = load(tmp_path, GOOD)
    assert [(case.id, case.members) for case in cases] == [
        ("topic.one[ack=new,cast=edu,pos=first]", ("edu!", "edu", "e1000")),
        ("topic.one[ack=new,cast=edu,pos=middle]", ("edu", "edu!", "e1000")),
        ("topic.one[ack=new,cast=edu,pos=last]", ("edu", "e1000", "edu!")),
        ("topic.one[ack=old,cast=edu,pos=first]", ("edu!", "edu", "e1000")),
        ("topic.one[ack=old,cast=edu,pos=middle]", ("edu", "edu!", "e1000")),
        ("topic.one[ack=old,cast=edu,pos=last]", ("edu", "e1000", "edu!")),
        ("topic.two[ack=new,n=2]", ("edu", "edu")),
        ("topic.two[ack=new,n=3]", ("edu", "edu", "edu"))]
    assert cases[-1].rationale == "A mechanism on two lines."
    assert cases[-1].plan_line(7) == (
        "case topic.two[ack=new,n=3] cast=edu,edu,edu before=40 during=150 after=40 grace=50 "
        "pace=300 slack=3000 seed=7 ack=new n=3")


def test_rows_are_products_of_their_own(tmp_path: Path) -> None:
    rows = "params: {n: [2, 3]}\n    rows: [{irq: [msi]}, {irq: [msix], m: [1, 2]}]"
    cases = load(tmp_path, GOOD.replace("params: {n: [2, 3]}", rows))
    assert [case.id for case in cases if case.name == "two"] == [
        "topic.two[ack=new,irq=msi,n=2]", "topic.two[ack=new,irq=msi,n=3]",
        "topic.two[ack=new,irq=msix,m=1,n=2]", "topic.two[ack=new,irq=msix,m=2,n=2]",
        "topic.two[ack=new,irq=msix,m=1,n=3]", "topic.two[ack=new,irq=msix,m=2,n=3]"]


@pytest.mark.parametrize("old, new, line, told", [
    ("    rationale: A", "    rationle: A", 9, "unknown key 'rationle' in cases.one; allowed: boots, "),
    ("about:", "abuot:", 1, "unknown key 'abuot' in the file; allowed: about, cases, casts"),
    ("timing: {pace_us_each", "timing: {pace", 24, "unknown key 'pace' in cases.two.timing; allowed: "),
    ("repeat: {model: edu, ", "repeat: {model: ehic, ", 23, "unknown 'ehic'; allowed: edu, e1000"),
    ("[S, LI]", "[S, LX]", 10, "unknown 'LX'; allowed: S, ST, V, X, L, LI, HC"),
    ("offender: edu", "offender: ed", 4, "'ed': a member is written as model, model:msi, model:msix, "),
    ("offender: edu", "offender: \"edu:msxi\"", 4, "'edu:msxi': a member is written as"),
    ("    cast: [edu]", "    cast: [edu]\n    cover: [nwe]", 13, "case one: no boot 'nwe' in boots.yaml"),
    ("    repeat: {model", "    cover: [new]\n    repeat: {model", 23, "case two: cover: needs a cast: to be like"),
    ("[new, old]", "[new, odl]", 11, "case one: no boot 'odl' in boots.yaml; it has: new, old, "),
    ("    cast: [edu]", "    cast: [ned]", 12, "case one: no cast 'ned'; casts: has edu"),
    ("[first, middle, last]", "[first, second]", 13, "case one: pos='second'; allowed: first, middle, last"),
    ("    red: mutant m\n", "", 7, "'red' is a required property"),
    ("red: mutant m", "red: ''", 14, "'' is too short"),
    ("red: mutant m", "red:", 14, "None is not of type string"),
    ("invariants: [S]", "invariants: []", 20, "[] is too short"),
    ("params: {n: [2, 3]}", "params: {n: 2}", 22, "2 is not of type array"),
    ("  two:", "  one:", 15, "key 'one' for the second time"),
    ("    title: Another", "    title: A\n    title: B", 17, "key 'title' for the second time"),
    ("    title: A case", "\ttitle: A case", 8, "not YAML: found character '\\t'"),
    ("[S, LI]", "[S, LI", 11, "not YAML: expected ',' or ']', but got ':'"),
    ("params: {n: [2, 3]}", "params: {m: [2, 3]}", 23,
     "case two: repeat: needs whole numbers as params: n, not None"),
    ("params: {n: [2, 3]}", "params: {n: [2, x]}", 23,
     "case two: repeat: needs whole numbers as params: n, not 'x'"),
    ("params: {n: [2, 3]}", "params: {n: [2, -3]}", 22, "-3 is less than the minimum of 0"),
    ("params: {n: [2, 3]}", "params: {n: [2, yes]}", 22, "True is not of type "),
    ("boots: [new]", "boots: [new, new]", 21, "['new', 'new'] has non-unique elements"),
    ("params: {n: [2, 3]}", "params: {n: ['2 3']}", 22, "'2 3': a value is written with a-z, 0-9, _, + and -"),
    ("params: {n: [2, 3]}", "params: {n: [2], seed: [1]}", 22, "a parameter cannot be called seed; "),
    ("params: {n: [2, 3]}", "params: {n: [2], before: [1]}", 22, "cannot be called before;"),
    ("params: {n: [2, 3]}", "params: {n: [2], ack: [new]}", 22, "cannot be called ack;"),
    ("params: {n: [2, 3]}", "params: {n: [2]}\n    rows: [{n: [2]}]", 23, "a row cannot have n; "),
    ("params: {n: [2, 3]}", "params: {n: [2]}\n    rows: [{pace: [2]}]", 23, "a row cannot have pace; "),
    ("params: {n: [2, 3]}", "params: {n: [2]}\n    rows: [{m: 2}]", 23, "2 is not of type array"),
    ("params: {n: [2, 3]}", "params: {n: [2]}\n    rows: []", 23, "[] is too short"),
    ("params: {n: [2, 3]}", "params: {n: [2, 2]}", 22, "[2, 2] has non-unique elements"),
])
def test_mistakes_are_told_by_line(tmp_path: Path, old: str, new: str, line: int, told: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(matrix.YamlError) as caught:
        load(tmp_path, GOOD.replace(old, new))
    place = f"{tmp_path}/topic/suite.yaml:{line}: "
    text = str(caught.value)
    assert text.startswith(place) and told in text and "\n" not in text, text


@pytest.mark.parametrize("data", [
    b"", b"\n\n", b"# only a comment\n", b"just text\n", b"- a\n- list\n", b"{}\n", b"cases: {}\n",
    b"\xff\xfe", b"a: &x [*x]\n", b"---\na: 1\n---\nb: 2\n", b"a: !!python/object:os.system {}\n",
    b"\0", b"? [a, b]\n: c\n", b"[" * 5000, b"about: 2024-13-45\n", GOOD.encode() + b"\x07",
], ids=repr)
def test_hostile_files(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(matrix.YamlError) as caught:
        load(tmp_path, data)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path}/topic/suite.yaml") and "\n" not in text and len(text) < 400


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(matrix.YamlError, match="suite.yaml: No such file or directory"):
        matrix.load_suite(tmp_path / "suite.yaml", BOOTS)


@pytest.mark.parametrize("key, value, told", [
    ("slack_us", -1, "-1 is less than the minimum of 0"),
    ("cpus", "one", "'one' is not of type integer"),
    ("label", {}, "does not have enough properties"),
    ("icunt", None, "unknown key 'icunt' in new; allowed: board, cmdline, cpus, icount, label, slack_us, variant"),
])
def test_mistakes_in_boots(tmp_path: Path, key: str, value: Any, told: str) -> None:
    boot = {"cmdline": "", "label": {"ack": "new"}, "cpus": 1, "icount": None, "slack_us": 1}
    path = tmp_path / "boots.yaml"
    path.write_text(yaml.safe_dump({"new": boot | {key: value}}))
    with pytest.raises(matrix.YamlError, match=rf"boots.yaml:\d+: .*{re.escape(told)}"):
        matrix.load_boots(path)

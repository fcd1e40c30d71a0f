# SPDX-License-Identifier: GPL-2.0-only
"""JUnit, KCIDB, LAVA and the summary: valid by their schemas, and read back to the same run by others' parsers."""

import json
import re
import shlex
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from lxml import etree

from reports.junit import junit
from reports.kcidb import excerpt, kcidb, path, status
from reports.ktap_writer import ktap
from reports.lava import fold, lava
from reports.markdown import markdown
from reports.measures import measures
from reports.model import MAX_CONSOLE, Hypervisor, RunInfo
from reports.tests.samples import HOSTILE, INFO, case, some_results

SCHEMAS = Path(__file__).parents[1] / "schemas"
XSD = etree.XMLSchema(etree.parse(str(SCHEMAS / "junit.xsd")))
KCIDB = json.loads((SCHEMAS / "kcidb-v5.json").read_text())
VERDICTS = {"failure": "FAIL", "error": "ERROR", "skipped": "SKIP"}
BY_LAVA = {"PASS": "pass", "FAIL": "fail", "ERROR": "unknown", "SKIP": "skip"}
SIGNAL = re.compile(r"<LAVA_SIGNAL_TESTCASE ([^<>]*)>")
GREEN = [result for result in some_results() if result.word in ("PASS", "SKIP", "known")]


def read_junit(text: str) -> dict[str, str]:
    """The outcomes as a CI system has them; a known failure is skipped there."""
    root = etree.fromstring(text.encode())
    XSD.assertValid(root)
    found = {}
    for testcase in root.iter("testcase"):
        tags = [VERDICTS[child.tag] for child in testcase if child.tag in VERDICTS]
        found[testcase.get("name")] = tags[0] if tags else "PASS"
    suite = root.find("testsuite")
    told = [int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")]
    counts = Counter(found.values())
    assert told == [len(found), counts["FAIL"], counts["ERROR"], counts["SKIP"]]
    return found


def read_kcidb(text: str) -> dict:
    found = json.loads(text)
    jsonschema.Draft202012Validator(KCIDB).validate(found)
    return found


def read_lava(text: str) -> list[dict[str, str]]:
    """As LAVA reads a signal: words of name=value."""
    return [dict(word.split("=", 1) for word in shlex.split(match[1])) for match in SIGNAL.finditer(text)]


def read_ktap(text: str) -> dict[str, str]:
    """By the kernel's description of KTAP alone: top-level result lines, their directives, the plan."""
    found = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"(not )?ok ([0-9]+) (?:- )?(\S+)(?: # ?(.*))?", line):
            directive = (match[4] or "").partition(" ")[0]
            word = {"SKIP": "SKIP", "XFAIL": "known", "ERROR": "ERROR"}.get(directive, "FAIL" if match[1] else "PASS")
            assert int(match[2]) == len(found) + 1
            found[match[3]] = word
    assert text.startswith(f"KTAP version 1\n1..{len(found)}\n")
    return found


def test_ktap_comes_back():
    text = ktap(INFO, some_results(), 61.25)
    assert read_ktap(text) == {result.case: result.word for result in some_results()}
    told = dict(pair.split(":") for pair in text.splitlines()[-1].removeprefix("# Totals: ").split())
    assert sum(map(int, told.values())) == len(some_results())


# --- JUnit

def test_junit_is_valid_and_comes_back():
    want = {result.case: "SKIP" if result.known else result.outcome.value for result in some_results()}
    assert read_junit(junit(INFO, some_results(), 61.25)) == want


@pytest.mark.parametrize("good, bad", [
    ("<failure ", "<failed "), ("<testcase ", "<testcase line='1' "), ('tests="5"', 'tests="five"'),
    ("<failure ", "<properties/><failure "), (' message="known: F3"', ""), ('time="61.250"', ""),
])
def test_junit_schema_refuses(good, bad):
    """A schema that takes everything would test nothing."""
    text = junit(INFO, some_results(), 61.25)
    changed = text.replace(good, bad).replace("</failure>", "</failed>" if bad == "<failed " else "</failure>")
    assert changed != text and not XSD.validate(etree.fromstring(changed.encode()))


def test_junit_tells_of_known_ones_and_facts():
    root = etree.fromstring(junit(INFO, some_results(), 61.25).encode())
    assert [element.get("message") for element in root.iter("skipped")] == ["needs a NIC", "known: F3"]
    assert {"run", "board", "hypervisor", "seed"} <= {item.get("name") for item in root.iter("property")}
    [out] = root.xpath("//testcase[@name='hung.mask[pos=last,ack=new]']/system-out")
    assert out.text == "invariants: S\n(XEN) irq.c:1: stuck\n"


# --- KCIDB

def outcomes_of(found: dict) -> dict[str, str]:
    return {test["misc"]["case"]: test["status"] for test in found["tests"] if "misc" in test}


def test_kcidb_is_valid_and_comes_back():
    results = [*some_results(), case("dead.crash", "ERROR", console="# case dead.crash\n")]
    found = read_kcidb(kcidb(INFO, results, 61.25))
    want = {result.case: result.outcome.value for result in results} | {"dead.domain": "MISS"}
    assert outcomes_of(found) == want
    assert Counter(test["status"] for test in found["tests"])["DONE"] == sum(
        len(list(measures(result))) for result in results)


def test_kcidb_objects_belong_together():
    found = read_kcidb(kcidb(INFO, some_results(), 61.25))
    [checkout], [build], tests = found["checkouts"], found["builds"], found["tests"]
    assert build["checkout_id"] == checkout["id"] and {test["build_id"] for test in tests} == {build["id"]}
    ids = [item["id"] for item in (checkout, build, *tests)]
    assert len(set(ids)) == len(ids) and all(own.startswith("lifeline:") for own in ids)
    assert {item["origin"] for item in (checkout, build, *tests)} == {"lifeline"}
    assert found["version"] == {"major": 5, "minor": 3}


def test_kcidb_case():
    [first, gap, *_] = read_kcidb(kcidb(INFO, some_results(), 61.25))["tests"]
    assert first["path"] == "lifeline.hung.mask.pos_first.ack_new"
    assert first["duration"] == 0.64 and first["start_time"] == "2025-01-01T12:00:00+00:00"
    assert first["environment"] == {"comment": "q35"} and first["misc"]["seed"] == 42
    assert gap["path"] == f"{first['path']}.gap" and gap["id"] == f"{first['id']}:gap"
    assert gap["status"] == "DONE" and gap["number"] == {"value": 0.0021, "unit": "s", "prefix": "metric"}


def test_kcidb_known_failure_is_a_failure_that_says_so():
    tests = read_kcidb(kcidb(INFO, some_results(), 61.25))["tests"]
    [known] = [test for test in tests if "known" in test.get("misc", {})]
    assert known["status"] == "FAIL" and known["misc"]["known"] == "F3"


@pytest.mark.parametrize("result, want", [
    (case("a.b", "ERROR", reason="never ran"), "MISS"),
    (case("a.b", "ERROR", reason="board0: QEMU did not start"), "MISS"),
    (case("a.b", "ERROR", reason="sibling 0 cannot be built: -61", console="# case a.b\n"), "ERROR"),
    (case("a.b", "ERROR", data=[{"k": "v"}]), "ERROR"),
    (case("a.b", "SKIP"), "SKIP"), (case("a.b", "PASS"), "PASS"), (case("a.b", "FAIL", finding="F"), "FAIL"),
])
def test_kcidb_status(result, want):
    assert status(result) == want


def test_no_figures_of_a_case_that_did_not_end():
    row = {"gap_us": "5", "lost": "0"}
    assert not list(measures(case("a.b", "ERROR", data=[row])))
    assert [measure.value for measure in measures(case("a.b", "PASS", data=[row, {"gap_us": "x"}]))] == [5, 0]


def test_kcidb_tells_nothing_of_the_machine():
    home = "/" + "home/me/"
    info = RunInfo("1", "q35", Hypervisor("kvm", "6.1 (me@desk) #1", "ab", "vmlinuz"), 1, "2025", "cd",
                   append=f"initrd={home}i.gz")
    told = f"{home}x/QEMU: no such file; see '/tmp/a b' and {home}y:1"
    text = kcidb(info, [case("a.b", "ERROR", reason=told, console=f"Linux version 6.1 (me@desk) (gcc)\n{told}\n")], 1)
    found = read_kcidb(text)["tests"][0]
    assert home not in text and "desk" not in text and "/tmp" not in text
    assert found["comment"] == "QEMU: no such file; see 'a b' and y:1"
    assert found["log_excerpt"] == f"Linux version 6.1 (gcc)\n{found['comment']}\n"


def test_kcidb_excerpt_is_bounded_in_bytes():
    text = excerpt("\u6f22\u0000\x1b[31m" * MAX_CONSOLE + "end\r\n")
    assert len(text.encode()) <= 16384 and text.endswith("end\n") and "\0" not in text and "\x1b" not in text


@pytest.mark.parametrize("change", [
    lambda found: found["tests"][0].update(status="XFAIL"), lambda found: found["tests"][0].pop("build_id"),
    lambda found: found["tests"][0].update(extra=1), lambda found: found["tests"][0].update(path="a..b"),
    lambda found: found["tests"][0].update(id="no-origin"), lambda found: found["tests"][0].update(comment="a\0b"),
    lambda found: found["tests"][0].update(log_excerpt="x" * 16385), lambda found: found["version"].update(major=4),
    lambda found: found["tests"][0].update(number={"unit": "s"}), lambda found: found.pop("version"),
    lambda found: found["tests"][0].update(start_time="noon"), lambda found: found["tests"][0].update(comment=None),
])
def test_kcidb_schema_refuses(change):
    found = json.loads(kcidb(INFO, some_results(), 61.25))
    change(found)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(KCIDB).validate(found)


@pytest.mark.parametrize("name, want", [
    ("hung.mask[ack=new,cast=e1000+ahci]", "lifeline.hung.mask.ack_new.cast_e1000_ahci"),
    ("a", "lifeline.a"), ("..[=],,", "lifeline"), (HOSTILE, None),
])
def test_kcidb_path(name, want):
    assert re.fullmatch(KCIDB["$defs"]["path"]["pattern"], path(name)) and want in (None, path(name))


# --- LAVA

def test_lava_comes_back():
    found = {signal["TEST_CASE_ID"]: signal["RESULT"] for signal in read_lava(lava(INFO, some_results(), 1))}
    assert found == {fold(result.case): BY_LAVA[result.outcome.value] for result in some_results()}


def test_lava_signal():
    lines = lava(INFO, some_results(), 1).splitlines()
    assert lines[1] == ("<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=hung.mask_pos_last_ack_new RESULT=fail "
                        "MEASUREMENT=60000 UNITS=us>")
    assert lines[3] == "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=msi.nic RESULT=skip>"


def test_lava_ids_that_fold_to_the_same():
    found = read_lava(lava(INFO, [case(name, "PASS") for name in ("a.B", "a.b", "a.b_2", "[", " ")], 1))
    ids = [signal["TEST_CASE_ID"] for signal in found]
    assert ids == ["a.b", "a.b_2", "a.b_2_2", "_", "__2"] and len(set(ids)) == 5


# --- summary.md

def test_summary_begins_with_the_verdict():
    lines = markdown(INFO, some_results(), 61.25, "make gate SEED=42").splitlines()
    assert lines[0] == "# FAIL: `xen 4.17.5` on `q35`"
    assert "| 5 | 1 | 1 | 1 | 1 | 1 |" in lines
    assert lines.index("FAIL `hung.mask[pos=last,ack=new]`") < lines.index("ERROR `dead.domain`")
    assert "why: S dom 3: longest gap 60000 us, bound 21000 us" in lines
    assert "make gate SEED=42 CASE='hung.mask[pos=last,ack=new]'" in lines
    assert "- `F3`, 1 case: `storm.edge`" in lines
    assert "- 286 %: 60 ms of 21 ms, FAIL `hung.mask[pos=last,ack=new]`" in lines


def test_green_summary_is_short():
    known = [case(f"k.{number}", "FAIL", finding=f"docs/findings/f{number}.md") for number in range(40)]
    many = [case(f"p.{number}", "PASS", data=[{"gap_us": "5", "bound_us": "9"}]) for number in range(2000)]
    text = markdown(INFO, [*GREEN, *known, *many], 61.25)
    assert text.startswith("# PASS") and len(text.splitlines()) < 60
    assert "[f0](docs/findings/f0.md), 1 case: `k.0`" in text and "## Failures" not in text


def test_summary_of_a_board_that_does_not_boot():
    text = markdown(INFO, [case(f"a.{number}", "ERROR", reason="no power") for number in range(900)], 1)
    assert "ERROR `a.0` and 899 more" in text and len(text.splitlines()) < 60


def test_summary_of_many_failures_ends():
    text = markdown(INFO, [case(f"a.{number}", "FAIL", reason="x" * 9000) for number in range(900)], 1)
    assert "... and 880 more" in text and len(text) < 20_000


def test_summary_does_not_name_who_built_it():
    info = RunInfo("1", "q35", Hypervisor("kvm", "6.1 (me@desk) #1", "ab", "vmlinuz"), 1, "2025", "cd")
    assert markdown(info, [], 1).startswith("# ERROR: `kvm 6.1 #1` on `q35`\n")


def test_summary_tells_what_is_fixed():
    assert "Fixed, take it out of `suites/known.yaml`: `a.b`." in markdown(
        INFO, [case("a.b", "PASS", finding="F1")], 1)


@pytest.mark.parametrize("text", ["`", "``` x", "<script>", "[x](javascript:1)", "a `b` <img src=x>", HOSTILE])
def test_summary_text_of_a_board_is_code(text):
    """Outside of code spans and fences nothing of it is left."""
    result = case(text, "FAIL", reason=text, checks=[{"ok": False, "text": text + "!"}])
    rest, fence = [], ""
    for line in markdown(INFO, [result, case(text, "FAIL", reason=text, finding=text)], 1).split("\n"):
        opening = re.match("`{3,}(?=text$)", line)
        if fence or opening:
            fence = "" if line == fence else fence or opening[0]
        else:
            rest.append(re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", line))
    assert not fence and not re.search(r"[<\[`]|script", "\n".join(rest))

# SPDX-License-Identifier: GPL-2.0-only
"""A baseline's words in the formats for others: each is read back, and turns CI red as it turns the gate red."""

import re

import pytest
from lxml import etree

from reports.baseline import Comparison, Judgement, Measurements, Word
from reports.events import Outcome
from reports.html import Extras, KillMatrix, page
from reports.html.__main__ import main
from reports.journal import Journal
from reports.junit import junit
from reports.kcidb import kcidb
from reports.lava import lava
from reports.markdown import markdown
from reports.model import CaseResult, verdict
from reports.tests.samples import HOSTILE, INFO, case
from reports.tests.test_interchange import outcomes_of, read_junit, read_kcidb, read_lava
from reports.writers import told_of, write_reports

# case, outcome, finding, word, in osstest's words, and what JUnit has of it
TABLE = [
    ("r.fail", "FAIL", None, Word.REGRESSION, "fail REGR. vs. old", "FAIL"),
    ("r.error", "ERROR", None, Word.REGRESSION, "error REGR. vs. old", "ERROR"),
    ("l.fail", "FAIL", None, Word.LIKE, "fail like old", "SKIP"),
    ("l.error", "ERROR", None, Word.LIKE, "error like old", "SKIP"),
    ("n.fail", "FAIL", None, Word.NEVER, "fail never pass", "SKIP"),
    ("f.fail", "FAIL", None, Word.FLAKY, "fail flaky, like 1 of 2 on this hypervisor", "SKIP"),
    ("k.fail", "FAIL", "docs/findings/a.md", Word.KNOWN, "fail known", "SKIP"),
    ("x.pass", "PASS", None, Word.FIXED, "FAIL in old", "PASS"),
    ("p.pass", "PASS", None, Word.SAME, "", "PASS"),
    ("s.skip", "SKIP", None, Word.NEW, "SKIP, not in the baseline", "SKIP"),
]
RESULTS = [case(name, outcome, finding=finding, reason="" if outcome == "PASS" else f"why {name}")
           for name, outcome, finding, *_ in TABLE]


def compared(results: list[CaseResult] = RESULTS, name: str = "old", told: str = "") -> Comparison:
    words = {row[0]: row[3:5] for row in TABLE}
    judgements = [Judgement(one.case, words[one.case][0], told or words[one.case][1], one.finding) for one in results]
    judged = any(one.outcome in (Outcome.PASS, Outcome.FAIL) for one in results)
    return Comparison(name, judgements, Measurements(0, [], "there is no history"), judged)


def excused() -> list[CaseResult]:
    return [result for result in RESULTS if not result.case.startswith("r.")]


def only_errors() -> list[CaseResult]:
    return [result for result in RESULTS if result.case == "l.error"]


def test_junit():
    text = junit(INFO, RESULTS, 1, compared())
    assert read_junit(text) == {row[0]: row[5] for row in TABLE}
    root = etree.fromstring(text.encode())
    messages = {item.getparent().get("name"): item.get("message") for item in root.xpath("//failure|//error|//skipped")}
    assert messages["r.fail"] == "fail REGR. vs. old: why r.fail" and messages["l.error"] == "error like old: why l.error"
    assert messages["k.fail"] == "known: docs/findings/a.md" and messages["s.skip"] == "why s.skip"
    told = {item.getparent().get("name"): re.search(r"^baseline: (.*) \((.*)\)$", item.text, re.M)
            for item in root.iter("system-out")}
    assert {name: match.groups() for name, match in told.items()} == {
        row[0]: (row[3].value, row[4]) for row in TABLE if row[3] is not Word.SAME}
    properties = {item.get("name"): item.get("value") for item in root.iter("property")}
    assert (properties["baseline"], properties["regressions"]) == ("old", "2")


@pytest.mark.parametrize("results, red", [(RESULTS, True), (excused(), False), (only_errors(), True)])
def test_junit_is_red_when_the_gate_is(results, red):
    """Also where no case passed or failed: then no baseline excuses an ERROR."""
    comparison = compared(results)
    found = set(read_junit(junit(INFO, results, 1, comparison)).values())
    assert bool(found & {"FAIL", "ERROR"}) == red == (comparison.outcome is not Outcome.PASS)


def test_junit_without_a_baseline_excuses_nothing():
    found = read_junit(junit(INFO, RESULTS, 1))
    assert found == {result.case: "SKIP" if result.known else result.outcome.value for result in RESULTS}


def test_kcidb():
    found = read_kcidb(kcidb(INFO, RESULTS, 1, compared()))
    told = {test["misc"]["case"]: test["misc"].get("baseline") for test in found["tests"] if "misc" in test}
    assert told == {row[0]: {"word": row[3].value, "told": row[4]} if row[3] is not Word.SAME else None for row in TABLE}
    assert outcomes_of(found) == outcomes_of(read_kcidb(kcidb(INFO, RESULTS, 1)))


def test_lava():
    text = lava(INFO, RESULTS, 1, compared())
    signals = {signal["TEST_CASE_ID"]: signal for signal in read_lava(text)}
    counts = {name.removeprefix("baseline."): (int(signal["MEASUREMENT"]), signal["RESULT"])
              for name, signal in signals.items() if name.startswith("baseline.")}
    assert counts == {"regression": (2, "fail"), "like": (2, "pass"), "never_pass": (1, "pass"), "flaky": (1, "pass"),
                      "known": (1, "pass"), "fixed": (1, "pass"), "new": (1, "pass"), "gone": (0, "pass")}
    assert "REGRESSION: r.fail: fail REGR. vs. old\n" in text and "never pass: n.fail: fail never pass\n" in text
    assert [signal for signal in read_lava(text) if not signal["TEST_CASE_ID"].startswith("baseline.")] == read_lava(
        lava(INFO, RESULTS, 1))
    assert "baseline.regression RESULT=pass" in lava(INFO, excused(), 1, compared(excused()))


def test_lava_id_of_a_case_that_looks_like_ours():
    results = [case("baseline.like", "PASS")]
    comparison = Comparison("old", [Judgement("baseline.like", Word.SAME, "")], Measurements(0, []), True)
    ids = [signal["TEST_CASE_ID"] for signal in read_lava(lava(INFO, results, 1, comparison))]
    assert ids[0] == "baseline.like_2" and len(set(ids)) == len(ids)


def test_summary():
    text = markdown(INFO, RESULTS, 1, "make gate", compared())
    assert text.startswith("# FAIL: ") and "**2 regressions** against `old`." in text
    failures, rest = text.split("## Failures that are no regressions: 4\n")
    assert "## Regressions\n" in failures and "baseline: fail REGR. vs. old\nwhy: why r.fail\n" in failures
    assert "l.fail" not in failures and "r.fail" not in rest
    for line in ("- like `l.fail`: `fail like old`", "- never pass `n.fail`: `fail never pass`",
                 "- flaky `f.fail`: `fail flaky, like 1 of 2 on this hypervisor`", "- `x.pass`: `FAIL in old`",
                 "- [a](docs/findings/a.md), 1 case: `k.fail`"):
        assert line in rest.splitlines()


def test_summary_that_only_excused_ones_turn_green():
    text = markdown(INFO, excused(), 1, "make gate", compared(excused()))
    assert text.startswith("# PASS: ") and "**No regressions** against `old`." in text and "## Regressions" not in text
    assert verdict(excused(), ()).outcome is Outcome.FAIL


def test_page():
    text = page(INFO, excused(), 1, told_of(compared(excused()), Extras()))
    assert "<h1>PASS</h1>" in text and "No regressions against old." in text
    assert '<option value="never-pass">' in text and 'data-compared="never-pass"' in text
    assert 'id="compared"' not in page(INFO, excused(), 1)


def test_page_that_is_made_again_has_the_baseline(tmp_path):
    comparison = compared(excused())
    with Journal.create(tmp_path / "results.jsonl", INFO) as journal:
        for result in excused():
            journal.append(result)
    write_reports(tmp_path, INFO, excused(), [], 1, comparison=comparison)
    first = (tmp_path / "report.html").read_text()
    assert not main([str(tmp_path)]) and (tmp_path / "report.html").read_text() == first
    assert "No regressions against old." in first


def test_a_hostile_name_of_a_run():
    """It comes from a journal that anyone may have written."""
    name = HOSTILE + "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=evil RESULT=pass>` **x**"
    comparison = compared(name=name, told=f"fail like {name}")
    assert len(read_junit(junit(INFO, RESULTS, 1, comparison))) == len(RESULTS)
    read_kcidb(kcidb(INFO, RESULTS, 1, comparison))
    assert "evil" not in {signal["TEST_CASE_ID"] for signal in read_lava(lava(INFO, RESULTS, 1, comparison))}
    assert "<b>" not in re.sub(r"(`+).*?\1", "", markdown(INFO, RESULTS, 1, "make gate", comparison), flags=re.S)
    assert "<LAVA" not in page(INFO, RESULTS, 1, told_of(comparison, Extras(kills=KillMatrix({}))))

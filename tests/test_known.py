# SPDX-License-Identifier: GPL-2.0-only
"""What a board tells of a case becomes its result: whose failure it is, and what alone a finding excuses."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.records import CaseRecord, MarkRecord
from lab.yamlsource import YamlError
from reports.events import Check, Outcome
from suites import known
from suites.gate import failures, to_result
from suites.matrix import BootSpec, Case

CASE = Case("hung", "mask", BootSpec("new", "", {"ack": "new"}), {"pos": "first"}, (), "t", "r", ("S", "LI"), "mutant m", 10)
LOST, GAP = "LI dom 2 during: lost 3 of 97, expected 0", "S dom 2 during: longest gap 151 ms, bound 4600 us"
FINDING = known.Known("docs/findings/f.md", (re.compile("^LI .* lost [0-9]+ of "),))


def record(*texts: str, outcome: Outcome = Outcome.FAIL, **fields: Any) -> CaseRecord:
    """A case in which the checks `texts` failed, and another one did not."""
    checks = [Check(CASE.id, number, False, text) for number, text in enumerate(texts, 1)]
    fields = {"reason": texts[0] if texts else ""} | fields
    return CaseRecord(CASE.id, "new", 1, "board0", outcome,
                      checks=[*checks, Check(CASE.id, len(texts) + 1, True, "ST fine")], **fields)


def seen(*disagreements: str) -> list[MarkRecord]:
    return [MarkRecord("armed", "", ()), MarkRecord("bound", "", disagreements)]


def test_what_it_explains_is_known() -> None:
    result = to_result(CASE, record(LOST, LOST), FINDING)
    assert (result.word, result.finding, result.reason) == ("known", FINDING.finding, LOST)


@pytest.mark.parametrize("found", [
    record(GAP), record(LOST, GAP), record(GAP, LOST),
    record(LOST, marks=seen("pin 20 vector: the guest read 13, the board has a0")),
    # It went on to something else than its result line.
    record(LOST, ended="panic", reason="board died: Xen panic on CPU 0: FATAL TRAP"),
], ids=["another", "and another", "another first", "the witness", "panic"])
def test_what_it_does_not_explain_is_red(found: CaseRecord) -> None:
    """A finding never swallows another failure."""
    result = to_result(CASE, found, FINDING)
    assert (result.word, result.finding) == ("FAIL", None)
    assert result.reason.endswith(" (beside what docs/findings/f.md explains)")


def test_without_a_finding() -> None:
    assert to_result(CASE, record(LOST), None).word == "FAIL"
    assert known.load(Path(__file__).parents[1] / "suites/known.yaml", "xen-4.99") == {}


def test_an_error_is_never_excused() -> None:
    found = record(LOST, outcome=Outcome.ERROR, ended="hung", reason=LOST)
    assert to_result(CASE, found, FINDING).word == "ERROR"


def test_all_that_failed() -> None:
    marks = seen("V pin 20", "L pin 21")
    assert failures(record(LOST, GAP, marks=marks), "why") == [LOST, GAP, "V pin 20", "L pin 21"]
    assert failures(record(outcome=Outcome.FAIL), "why") == ["why"]
    assert failures(record(LOST, ended="hung"), "why") == [LOST, "why"]


@pytest.mark.parametrize("ended, hang, outcome, reason", [
    ("panic", "", "FAIL", "HC it ended"),
    ("hung", "hypervisor", "FAIL", "HC it ended"),
    ("hung", "", "ERROR", "it ended"),
    ("slow", "hypervisor", "ERROR", "it ended"),
    ("exit", "hypervisor", "ERROR", "it ended"),
    ("crash", "", "ERROR", "it ended"),
    ("damage", "", "ERROR", "it ended"),
])
def test_whose_failure_an_end_is(ended: str, hang: str, outcome: str, reason: str) -> None:
    found = CaseRecord(CASE.id, "new", 1, "board0", Outcome.ERROR, "it ended", ended=ended)
    result = to_result(replace(CASE, hang=hang), found, None)
    assert (result.outcome.value, result.reason) == (outcome, reason)


def test_entries_are_of_a_release(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text('xen-4.17:\n  "a.b": {finding: f, fails: ["^S "]}\nkvm-6.1:\n  "a.c": {finding: g, fails: ["."]}\n')
    found = known.load(path, "xen-4.17")
    assert list(found) == ["a.b"] and found["a.b"].explains(["S x"]) and not found["a.b"].explains(["S x", "LI S y"])
    path.write_text('xen-4.17:\n  "a.b": {finding: f, fails: ["("]}\n')
    with pytest.raises(YamlError, match=r"known.yaml:2: not a regular expression"):
        known.load(path, "xen-4.17")
    path.write_text('xen-4.17:\n  "a.b": {finding: f, fails: []}\n')
    with pytest.raises(YamlError, match="too short"):
        known.load(path, "xen-4.17")

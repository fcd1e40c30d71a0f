# SPDX-License-Identifier: GPL-2.0-only
"""Counting, the verdict, and what excuses a failure."""

import pytest

from reports.events import Outcome
from reports.model import MAX_CONSOLE, CaseResult, Counts, RunInfo, complete, verdict
from reports.tests.samples import INFO, case, some_results


@pytest.mark.parametrize("found, expected, word", [
    (["PASS"], 1, "PASS"),
    (["PASS", "SKIP"], 2, "PASS"),
    (["PASS", "FAIL"], 2, "FAIL"),
    (["PASS", "ERROR"], 2, "ERROR"),
    (["ERROR", "FAIL"], 2, "FAIL"),
    (["PASS"], 2, "ERROR"),
    (["SKIP"], 1, "ERROR"),
    ([], 0, "ERROR"),
])
def test_verdict(found, expected, word):
    results = [case(f"a.{number}", outcome) for number, outcome in enumerate(found)]
    assert verdict(results, [f"a.{number}" for number in range(expected)]).outcome == word


def test_known_failure_is_not_red():
    known = case("a.b", "FAIL", finding="F1")
    found = verdict([known, case("a.c", "PASS")], [])
    assert found.outcome is Outcome.PASS
    assert found.counts == Counts(passed=1, known=1)


def test_known_error_is_red():
    assert verdict([case("a.b", "ERROR", finding="F1"), case("a.c", "PASS")], []).outcome == "ERROR"


def test_known_failure_that_passes_is_fixed():
    result = case("a.b", "PASS", finding="F1")
    assert result.fixed and not result.known


def test_case_without_a_result_never_ran():
    *_, missing = complete([case("a.b", "PASS")], ["a.b", "c.d", "c.d"])
    assert (missing.case, missing.outcome, missing.reason) == ("c.d", "ERROR", "never ran")
    assert len(complete([], ["c.d", "c.d"])) == 1


def test_console_keeps_its_end():
    text = "x" * MAX_CONSOLE + "panic"
    assert case("a.b", "FAIL", console=text).console == text[-MAX_CONSOLE:]


def test_dict_round_trip():
    for result in some_results():
        assert CaseResult.from_dict(result.to_dict()) == result
    assert RunInfo.from_dict(vars(INFO) | {"hypervisor": vars(INFO.hypervisor)}) == INFO

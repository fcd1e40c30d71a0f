# SPDX-License-Identifier: GPL-2.0-only
"""The report files, read back by someone else's parser or by our own."""

import errno
import json
import os
from xml.etree import ElementTree

import pytest

from reports.files import ReportError
from reports.junit import junit
from reports.ktap_writer import ktap
from reports.model import complete
from reports.tests.samples import HOSTILE, INFO, case, outcomes, read, some_results
from reports.text import clean
from reports.writers import summary, write_reports


FILES = ["junit.xml", "kcidb.json", "lava.txt", "page.json", "report.html", "results.ktap", "summary.json", "summary.md"]


def suite(results):
    return ElementTree.fromstring(junit(INFO, results, 61.25)).find("testsuite")


def test_junit_elements():
    found = suite(some_results())
    counts = {key: found.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "1", "skipped": "2"}
    verdicts = [[child.tag for child in element if child.tag not in ("properties", "system-out")]
                for element in found.iter("testcase")]
    assert verdicts == [[], ["failure"], ["error"], ["skipped"], ["skipped"]]
    assert found.findall(".//skipped")[1].get("message") == "known: F3"
    assert "not ok: S dom 3" in found.find(".//failure").text
    assert found.find(".//system-out").text.endswith("(XEN) irq.c:1: stuck\n")


def test_junit_host_facts():
    properties = {item.get("name"): item.get("value")
                  for item in suite(some_results()).find("properties")}
    assert properties["hypervisor"] == "xen 4.17.5"
    assert properties["seed"] == "42"
    assert properties["hypervisor.file"] == "xen-4.17-amd64.gz"


def hostile(outcome):
    checks = [{"ok": outcome != "FAIL", "text": HOSTILE}]
    return case(HOSTILE, outcome, reason=HOSTILE, title=HOSTILE, checks=checks, console=HOSTILE,
                boot=HOSTILE)


@pytest.mark.parametrize("outcome", ["PASS", "FAIL", "ERROR", "SKIP"])
def test_junit_survives_hostile_text(outcome):
    found = suite([hostile(outcome)]).find("testcase")
    assert found.get("name").startswith("<b>&\"']]>[31m")
    junit(INFO, [hostile(outcome)], 1).encode()


@pytest.mark.parametrize("outcome", ["PASS", "FAIL", "ERROR", "SKIP"])
def test_ktap_survives_hostile_text(outcome):
    found = outcomes(read(ktap(INFO, [hostile(outcome)], 1).encode()))
    assert list(found.values()) == [outcome]


def test_ktap_round_trip():
    results = some_results()
    text = ktap(INFO, results, 61.25)
    events = read(text.encode())
    assert outcomes(events) == {result.case: result.outcome.value for result in results}
    assert not [event for event in events if type(event).__name__ in ("Damage", "Noise")]
    reasons = {event.case: event.reason for event in events if type(event).__name__ == "Result"}
    assert reasons["dead.domain"] == "console said console: Panic on CPU 0"
    assert reasons["storm.edge"] == "XFAIL: known F3: lost=1 checks=9"
    assert text.endswith("# Totals: pass:1 fail:1 xfail:1 xpass:0 skip:1 error:1\n")


def test_ktap_reason_that_looks_like_fields():
    result = case("a.b", "FAIL", reason="checks=7 lost=1", checks=[{"ok": True, "text": ""}])
    [found] = [event for event in read(ktap(INFO, [result], 1).encode())
               if type(event).__name__ == "Result"]
    assert (found.outcome, found.reason) == ("FAIL", "checks=7 lost=1")


def test_summary():
    found = json.loads(summary(INFO, some_results(), 61.25))
    assert found["verdict"] == "FAIL"
    assert [found[key] for key in ("cases", "passed", "failed", "errors", "skipped", "known")] \
        == [5, 1, 1, 1, 1, 1]
    assert found["hypervisor"] == {"name": "xen", "version": "4.17.5", "sha256": "ab" * 32}
    assert (found["seed"], found["board"], found["duration_s"]) == (42, "q35", 61.25)
    assert found["regressions"] is None


def test_write_reports(tmp_path):
    folder = tmp_path / "runs" / "1"
    write_reports(folder, INFO, [case("a.b", "PASS")], ["a.b", "c.d"], 1.0)
    assert sorted(os.listdir(folder)) == FILES
    assert json.loads((folder / "summary.json").read_text())["verdict"] == "ERROR"
    assert "never ran" in (folder / "junit.xml").read_text()


def test_disk_full_keeps_the_old_file(tmp_path, monkeypatch):
    write_reports(tmp_path, INFO, some_results(), [], 1.0)
    before = (tmp_path / "junit.xml").read_text()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReportError, match="results.ktap: No space left.*free space"):
        write_reports(tmp_path, INFO, [], [], 1.0)
    assert (tmp_path / "junit.xml").read_text() == before
    assert sorted(os.listdir(tmp_path)) == FILES


def test_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="file"):
        write_reports(tmp_path / "file", INFO, [], [], 1.0)


def test_clean_leaves_good_text_alone():
    assert clean("gap 1,9 ms – 漢字 é") == "gap 1,9 ms – 漢字 é"
    assert clean(HOSTILE).isprintable()
    assert complete([], []) == []

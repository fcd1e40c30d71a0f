# SPDX-License-Identifier: GPL-2.0-only
"""A gate with a past: which run is its baseline, what it does to the verdict, and that a broken history harms none."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reports.baseline import Baseline, Word
from reports.events import Outcome
from reports.files import ReportError
from reports.history import History, keep
from reports.model import CaseResult, Hypervisor, RunInfo
from reports.journal import Journal
from reports.tests.pages import details
from suites import extras
from suites.mutants import catalogue
from suites.mutants.mutate import xen_with
from suites.past import Past
from tests import fake_gate
from tests.gate_run import ROOT, USAGE_ERROR, run_gate, select
from tests.test_gate import LONG, PAIRS

XEN = Hypervisor("xen", "4.17.7", "ab" * 32, "xen.gz")
INFO = RunInfo("now", "q35-xen", XEN, 1, "2025-01-09T00:00:00Z", "cd" * 32)


def run(folder: Path, day: int, words: dict[str, str], **fields) -> Path:
    folder.mkdir(parents=True)
    info = replace(INFO, id=folder.name, started=f"2025-01-{day:02}T00:00:00Z", **fields)
    with Journal.create(folder / "results.jsonl", info) as journal:
        for case, word in words.items():
            journal.append(CaseResult(case, Outcome(word)))
    return folder


def past(tmp_path: Path, *wanted: str | Path, **fields: str) -> Past:
    found = {"kind": "xen", "board": "q35-xen"} | fields
    return Past([str(name) for name in wanted], tmp_path / "history.db", tmp_path, own=tmp_path / "own", **found)


def name(tmp_path: Path, *wanted: str | Path, **fields: str) -> str:
    return past(tmp_path, *wanted, **fields).compare([CaseResult("a.b", Outcome.PASS)], INFO).name


def test_no_baseline(tmp_path):
    found = past(tmp_path)
    assert found.compare([], INFO) is None and found.judge(CaseResult("a.b", Outcome.FAIL), INFO) is None


def test_which_run(tmp_path):
    linux = Hypervisor("kvm", "6.1", "ef" * 32, "bzImage")
    runs = tmp_path / "runs"
    for folder, day, fields in (("a", 1, {}), ("b", 2, {}), ("c", 3, {"hypervisor": linux, "board": "q35-kvm"}),
                                ("d", 4, {"board": "other"})):
        run(runs / folder, day, {"a.b": "PASS"}, **fields)
    (tmp_path / "latest").symlink_to("runs/a")
    assert name(tmp_path, runs / "a") == name(tmp_path, runs / "a" / "results.jsonl") == name(tmp_path, "latest") == "a"
    # The newest on the same board; of the same kind of hypervisor in any case.
    assert name(tmp_path, runs) == name(tmp_path, runs / "a", runs / "b", runs / "c") == "b"
    assert name(tmp_path, runs, kind="kvm", board="q35-kvm") == "c"
    assert name(tmp_path, runs / "d") == "d"
    assert past(tmp_path, runs / "d").compare([], INFO).notes == ["it is of board other"]
    with pytest.raises(ReportError, match="no run of xen there: name a run's folder"):
        past(tmp_path, runs / "c")


def test_runs_of_both_hypervisors_below_out(tmp_path):
    """make gate OUT=x leaves x/xen and x/kvm."""
    run(tmp_path / "x" / "xen", 1, {"a.b": "PASS"})
    assert name(tmp_path, tmp_path / "x") == "xen"


def test_a_run_is_not_its_own_baseline(tmp_path):
    run(tmp_path / "own", 1, {"a.b": "FAIL"})
    with pytest.raises(ReportError, match="no run of xen there"):
        past(tmp_path, tmp_path / "own")


@pytest.mark.parametrize("content, told", [
    (None, "no-run: No such file or directory"), ("text\n", "no-run: the first line is missing"),
    ("{}\n", "no-run: not a journal of this format"),
])
def test_wrong_baseline(tmp_path, content, told):
    if content:
        (tmp_path / "no-run").write_text(content)
    with pytest.raises(ReportError, match=told):
        past(tmp_path, tmp_path / "no-run")


def test_history_as_baseline(tmp_path):
    with pytest.raises(ReportError, match="there is no history yet"):
        past(tmp_path, "history")
    keep(tmp_path / "history.db", replace(INFO, id="old", started="2024"), [CaseResult("a.b", Outcome.PASS)])
    for wanted in ("history", tmp_path / "history.db"):
        assert past(tmp_path, wanted).judge(CaseResult("a.b", Outcome.FAIL), INFO).told == "fail REGR. vs. old"


def test_broken_history_as_baseline(tmp_path):
    (tmp_path / "history.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(ReportError, match="damaged|not a database"):
        past(tmp_path, "history")


def test_broken_history_beside_a_run(tmp_path):
    (tmp_path / "history.db").write_text("no database " * 99)
    run(tmp_path / "a", 1, {"a.b": "FAIL"})
    found = past(tmp_path, tmp_path / "a")
    assert found.judge(CaseResult("a.b", Outcome.FAIL), INFO).word is Word.LIKE
    found.keep(INFO, [])
    assert [note.split(":")[0] for note in found.notes] == ["without the history", "not in the history"]


@pytest.mark.parametrize("wanted, outcome", [("a", Word.LIKE), ("history", None)])
def test_history_that_breaks_during_the_run(tmp_path, wanted, outcome):
    """The run goes on: against the run that it was given, or as without a baseline."""
    path = tmp_path / "history.db"
    run(tmp_path / "a", 1, {"a.b": "FAIL"})
    keep(path, replace(INFO, id="old", started="2024"), [CaseResult("a.b", Outcome.FAIL)])
    found = past(tmp_path, "history" if wanted == "history" else tmp_path / "a")
    path.write_bytes(path.read_bytes()[:4096] + b"x" * 5000)
    judgement = found.judge(CaseResult("a.b", Outcome.FAIL), INFO)
    assert (judgement and judgement.word) == outcome
    assert len(found.notes) == 1 and found.notes[0].startswith(f"without the history: {path}: ")


def test_a_case_is_judged_once(tmp_path, monkeypatch):
    """As it ends, on the terminal and in the end: one question to the history, and one answer."""
    keep(tmp_path / "history.db", replace(INFO, id="old", started="2024"), [CaseResult("a.b", Outcome.PASS)])
    asked = []
    monkeypatch.setattr(Baseline, "judge", lambda *of, judge=Baseline.judge: asked.append(of[1].case) or judge(*of))
    found, result = past(tmp_path, "history"), CaseResult("a.b", Outcome.FAIL)
    judgements = [found.judge(result, INFO), found.judge(replace(result, console="x"), INFO),
                  *found.compare([result, CaseResult("a.c", Outcome.ERROR, "never ran")], INFO).judgements]
    assert asked == ["a.b", "a.c"]
    assert [one.told for one in judgements] == ["fail REGR. vs. old"] * 3 + ["error REGR., not in the baseline"]


def test_a_result_that_changed_is_judged_again(tmp_path):
    run(tmp_path / "a", 1, {"a.b": "PASS"})
    found = past(tmp_path, tmp_path / "a")
    words = [found.judge(CaseResult("a.b", Outcome.FAIL, finding=finding), INFO).word for finding in (None, "F1")]
    assert words == [Word.REGRESSION, Word.KNOWN]


def test_what_a_history_said_that_broke_is_not_kept(tmp_path):
    """Else some cases of a run were judged with it and others without."""
    path = tmp_path / "history.db"
    run(tmp_path / "a", 1, {"a.b": "PASS", "a.c": "PASS"})
    for day, word in ((1, "PASS"), (2, "FAIL")):
        keep(path, replace(INFO, id=f"run{day}", started=f"2024-01-0{day}"), [CaseResult("a.b", Outcome(word))])
    found, failed = past(tmp_path, tmp_path / "a"), CaseResult("a.b", Outcome.FAIL)
    assert found.judge(failed, INFO).word is Word.FLAKY
    path.write_bytes(path.read_bytes()[:4096] + b"x" * 5000)
    comparison = found.compare([failed, CaseResult("a.c", Outcome.FAIL)], INFO)
    assert [one.word for one in comparison.judgements] == [Word.REGRESSION, Word.REGRESSION]


def test_gaps_of_earlier_runs(tmp_path):
    """Oldest first, without this run itself; one alone is no trend."""
    path = tmp_path / "history.db"
    for day, gaps in ((1, {"a.b": 10, "a.c": 1}), (2, {"a.b": None}), (3, {"a.b": 30})):
        info = replace(INFO, id=f"run{day}", started=f"2025-01-0{day}")
        keep(path, info, [CaseResult(case, Outcome.PASS, data=[{"gap_us": str(gap)}] if gap else [])
                          for case, gap in gaps.items()])
    keep(path, INFO, [CaseResult("a.b", Outcome.PASS, data=[{"gap_us": "99"}])])
    assert past(tmp_path).gaps(INFO, ["a.b", "a.c", "a.d"]) == {"a.b": [10, 30]}


def test_no_trends_of_a_history_that_is_broken_or_not_there(tmp_path):
    found = past(tmp_path)
    assert found.gaps(INFO, ["a.b"]) == {} and not found.notes and not found.path.exists()
    found.path.write_text("no database " * 99)
    assert found.gaps(INFO, ["a.b"]) == {}
    assert [note.split(":")[0] for note in found.notes] == ["report.html without trends"]


# ---------------------------------------------------------------------------
# a whole gate


def test_the_page_of_a_gate_has_trend_rationale_and_finding(tmp_path):
    """A gate without boards, twice: its own second page has the trend of the first two runs."""
    [case] = fake_gate.cases(1)
    for number in range(3):
        info = replace(INFO, id=f"run{number}", started=f"2024-01-0{number + 1}", board="q35-xen")
        keep(tmp_path / "history.db", info, [CaseResult(case.id, Outcome.PASS, data=[{"gap_us": str(100 + number)}])])
    fake_gate.play(tmp_path / "out", 1)
    [record] = details((tmp_path / "out" / "report.html").read_text())
    assert record["history"] == [100, 101, 102] and record["rationale"] == case.rationale


def test_titles_of_findings():
    finding = "docs/findings/line-starves-lower-vectors.md"
    results = [CaseResult("a.b", Outcome.FAIL, finding=finding), CaseResult("a.c", Outcome.FAIL, finding="docs/none.md")]
    assert extras.findings(results, ROOT) == {
        finding: "A line that nobody quiets starves the lines whose vectors are lower (`ioapic_ack=new`)"}


def test_kill_matrix_of_the_newest_proof(tmp_path):
    of = {"xen": {"version": "4.17.7"}}
    mutant = {"id": "eoi-timer-off", "hypervisor": "xen", "outcomes": {"hung.mask[a=1]": "FAIL", "hung.mask[a=2]": "FAIL",
                                                                           "dead.crash[a=1]": "PASS"}}
    for name, text in (("20250101", json.dumps({"hypervisors": of, "mutants": [mutant | {"id": "older"}]})),
                       ("20250102", json.dumps({"hypervisors": of, "mutants": [mutant]})), ("20250103", "{}"), ("20250104", "{\"mut")):
        (tmp_path / name).mkdir()
        (tmp_path / name / extras.KILLS).write_text(text)
    assert extras.kills(tmp_path, Hypervisor("xen", "4.17.7", "", "")).rows == {"eoi-timer-off": {"hung.mask": 2}}
    assert extras.kills(tmp_path, Hypervisor("xen", "4.18.0", "", "")) is None
    assert extras.kills(tmp_path, Hypervisor("kvm", "4.17.7", "", "")) is None


def test_gate_tells_a_wrong_baseline_before_it_starts(tmp_path):
    gate = run_gate(tmp_path, "--baseline", tmp_path / "none", *select(PAIRS[0]))
    assert gate.status == USAGE_ERROR and not gate.out.exists()
    assert gate.error_line().startswith(f"{tmp_path / 'none'}: No such file or directory")


@pytest.mark.board
def test_a_failure_that_the_baseline_has_fails_no_gate(tmp_path):
    """Nor does a broken history. -x goes on, as it does behind a known failure."""
    xen = xen_with(catalogue.load()["eoi-timer-off"], tmp_path)
    before = run(tmp_path / "before", 1, {LONG: "FAIL", PAIRS[3]: "PASS"})
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "history.db").write_text("no database " * 99)
    gate = run_gate(tmp_path / "a", "--xen", xen, "--baseline", before, "--boards", "1", "-x", *select(LONG, PAIRS[3]))
    assert gate.status == 0, gate.told
    assert gate.outcomes == {LONG: "FAIL", PAIRS[3]: "PASS"}
    assert (gate.summary["verdict"], gate.summary["failed"], gate.summary["regressions"]) == ("PASS", 1, 0)
    assert gate.summary["baseline"]["like"] == [LONG]
    assert f"FAIL  {LONG}  (fail like before)\n" in gate.stdout and f"\nlike  {LONG}\n" in gate.stdout
    assert "\nnot in the history: " in gate.stdout
    assert "PASS  1 pass, 1 fail; no regressions vs. before" in gate.stdout.splitlines()[-1]


@pytest.mark.board
def test_regression_fails_the_gate_and_is_kept(tmp_path):
    xen = xen_with(catalogue.load()["eoi-timer-off"], tmp_path)
    before = run(tmp_path / "before", 1, {LONG: "PASS"})
    gate = run_gate(tmp_path / "a", "--xen", xen, "--baseline", before, "--boards", "1",
                    "--junitxml", tmp_path / "pytest.xml", *select(LONG))
    assert gate.status == 1, gate.told
    assert (gate.summary["verdict"], gate.summary["regressions"]) == ("FAIL", 1)
    assert 'failures="1"' in (tmp_path / "pytest.xml").read_text()  # pytest's own: so -x and --lf see it as well
    assert f"\nREGRESSION  {LONG}\n  baseline: fail REGR. vs. before\n" in gate.stdout
    with History(tmp_path / "a" / "history.db") as history:
        [(fields, rows)] = history.everything()
    assert fields["sha256"] == gate.summary["hypervisor"]["sha256"]
    assert [(row.case, row.word) for row in rows] == [(LONG, "FAIL")]
    assert rows[0].gap_us > 100_000 and any("during gap_us" in name for name in rows[0].figures)

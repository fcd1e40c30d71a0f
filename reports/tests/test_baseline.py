# SPDX-License-Identifier: GPL-2.0-only
"""A run against a baseline: what is a regression and what is not, by table, and measurements by rank."""

import json
from dataclasses import replace

import pytest

from reports.baseline import MAX_Q, NEW, OLD, Baseline, Was, Word, from_run, judge, measure, sides
from reports.events import Outcome
from reports.history import History, Seen, keep
from reports.model import CaseResult, complete
from reports.table import render
from reports.tests.samples import HOSTILE, INFO, case, some_results
from reports.writers import summary, write_reports

NAME = "hung.mask[pos=first,ack=new]"
MINE, OTHER = INFO.hypervisor.sha256, "ef" * 32
RUN = "20250101-110000"


def seen(*words, sha256=MINE):
    return [Seen(f"run{number}", sha256, "xen-4.17", word, None, {}) for number, word in enumerate(words)]


def result(word):
    return case(NAME, "FAIL", finding="F3") if word == "known" else case(NAME, word)


# now, in the baseline (None: not there), earlier results on this very hypervisor, word, told
TABLE = [
    ("PASS", "PASS", "", Word.SAME, ""),
    ("PASS", "FAIL", "", Word.FIXED, f"FAIL in {RUN}"),
    ("PASS", "ERROR", "", Word.FIXED, f"ERROR in {RUN}"),
    ("PASS", "known", "", Word.FIXED, f"known in {RUN}"),
    ("PASS", "SKIP", "", Word.SAME, ""),
    ("PASS", None, "", Word.NEW, "PASS, not in the baseline"),
    ("SKIP", "SKIP", "", Word.SAME, ""),
    ("SKIP", "PASS", "", Word.GONE, f"skipped, PASS in {RUN}"),
    ("SKIP", "FAIL", "", Word.GONE, f"skipped, FAIL in {RUN}"),
    ("SKIP", None, "", Word.NEW, "SKIP, not in the baseline"),
    ("FAIL", "PASS", "", Word.REGRESSION, f"fail REGR. vs. {RUN}"),
    ("FAIL", "FAIL", "", Word.LIKE, f"fail like {RUN}"),
    ("FAIL", "SKIP", "", Word.REGRESSION, f"fail REGR. vs. {RUN} (SKIP there)"),
    # An ERROR is no failure of the hypervisor's: it does not excuse one.
    ("FAIL", "ERROR", "", Word.REGRESSION, f"fail REGR. vs. {RUN} (ERROR there)"),
    # The finding does not explain it any more: it fails in another way.
    ("FAIL", "known", "", Word.REGRESSION, f"fail REGR. vs. {RUN} (known there)"),
    ("FAIL", None, "", Word.REGRESSION, "fail REGR., not in the baseline"),
    ("ERROR", "PASS", "", Word.REGRESSION, f"error REGR. vs. {RUN}"),
    ("ERROR", "SKIP", "", Word.REGRESSION, f"error REGR. vs. {RUN} (SKIP there)"),
    ("ERROR", "ERROR", "", Word.LIKE, f"error like {RUN}"),
    ("ERROR", "FAIL", "", Word.LIKE, f"error like {RUN}"),
    ("ERROR", "known", "", Word.LIKE, f"error like {RUN}"),
    ("ERROR", None, "", Word.REGRESSION, "error REGR., not in the baseline"),
    ("known", "known", "", Word.KNOWN, "fail known"),
    ("known", "FAIL", "", Word.KNOWN, "fail known"),
    ("known", "PASS", "", Word.KNOWN, f"fail known, PASS in {RUN}"),
    ("known", None, "", Word.KNOWN, "fail known"),
    ("FAIL", "PASS", "PF", Word.FLAKY, "fail flaky, like 1 of 2 on this hypervisor"),
    ("FAIL", "PASS", "PPPPPP", Word.REGRESSION, f"fail REGR. vs. {RUN}"),
    ("FAIL", "PASS", "FFF", Word.REGRESSION, f"fail REGR. vs. {RUN}"),
    # A board that was out of order once excuses no failure, nor a failure a board.
    ("FAIL", "PASS", "PE", Word.REGRESSION, f"fail REGR. vs. {RUN}"),
    ("ERROR", "PASS", "PF", Word.REGRESSION, f"error REGR. vs. {RUN}"),
    ("ERROR", "PASS", "EPP", Word.FLAKY, "error flaky, like 1 of 3 on this hypervisor"),
    ("PASS", "PASS", "PF", Word.SAME, ""),
]


@pytest.mark.parametrize("now, before, earlier, word, told", TABLE)
def test_table(now, before, earlier, word, told):
    was = before and Was(before, RUN, "xen-4.17")
    words = [{"P": "PASS", "F": "FAIL", "E": "ERROR"}[letter] for letter in earlier]
    found = judge(result(now), INFO, was, seen(*words))
    assert (found.word, found.told) == (word, told)


def test_flaky_is_of_this_very_hypervisor():
    """What another binary did is no excuse for this one."""
    found = judge(result("FAIL"), INFO, Was("PASS", RUN), seen("PASS", "FAIL", sha256=OTHER))
    assert found.word is Word.REGRESSION


def test_failure_that_was_known_on_another_release():
    """known.yaml is about releases: on another one, the same failure has no finding."""
    assert judge(result("FAIL"), INFO, Was("known", RUN, "xen-4.16"), []).word is Word.LIKE


def test_fixed_by_known_yaml_alone():
    assert judge(case(NAME, "PASS", finding="F3"), INFO, Was("PASS", RUN), []).word is Word.FIXED


# ---------------------------------------------------------------------------
# a whole run


def run(**words):
    return [case(f"a.{name}", word) for name, word in words.items()]


def compare(now, before, **fields):
    return from_run(replace(INFO, id=RUN), before, **fields).compare(now, INFO)


@pytest.mark.parametrize("now, before, outcome, regressions", [
    (run(x="PASS"), run(x="PASS"), "PASS", 0),
    (run(x="FAIL"), run(x="PASS"), "FAIL", 1),
    (run(x="FAIL"), run(x="FAIL"), "PASS", 0),
    (run(x="FAIL", y="FAIL"), run(x="FAIL", y="PASS"), "FAIL", 1),
    (run(x="ERROR", y="PASS"), run(x="PASS", y="PASS"), "FAIL", 1),
    (run(x="ERROR", y="PASS"), run(x="ERROR", y="PASS"), "PASS", 0),
    (run(x="ERROR"), run(x="ERROR"), "ERROR", 0),
    (run(x="SKIP"), run(x="SKIP"), "ERROR", 0),
    (run(x="SKIP"), run(x="PASS"), "ERROR", 0),
    ([], run(x="PASS"), "ERROR", 0),
    (run(x="PASS"), [], "PASS", 0),
    (complete(run(x="PASS"), ["a.x", "a.y"]), run(x="PASS", y="PASS"), "FAIL", 1),
])
def test_verdict_is_about_regressions(now, before, outcome, regressions):
    found = compare(now, before)
    assert (found.outcome.value, found.regressions) == (outcome, regressions)


def test_gone():
    found = compare(run(x="PASS"), run(x="PASS", y="FAIL"))
    assert [(one.case, one.told) for one in found.of(Word.GONE)] == [("a.y", f"not in this run, FAIL in {RUN}")]


def test_summary_json():
    found = compare(run(x="FAIL", y="FAIL", z="PASS"), run(x="PASS", y="FAIL"))
    told = json.loads(summary(INFO, run(x="FAIL", y="FAIL", z="PASS"), 1.0, comparison=found))
    assert (told["verdict"], told["failed"], told["regressions"]) == ("FAIL", 2, 1)
    assert told["baseline"] | {"measurements": 0} == {
        "name": RUN, "REGRESSION": ["a.x"], "like": ["a.y"], "new": ["a.z"], "measurements": 0}


def test_summary_json_of_a_failure_that_the_baseline_has():
    now = run(x="FAIL", y="PASS")
    told = json.loads(summary(INFO, now, 1.0, comparison=compare(now, now)))
    assert (told["verdict"], told["failed"], told["regressions"]) == ("PASS", 1, 0)


def test_without_a_baseline_all_stays(tmp_path):
    write_reports(tmp_path, INFO, run(x="FAIL"), [], 1.0)
    told = json.loads((tmp_path / "summary.json").read_text())
    assert (told["verdict"], told["regressions"], told["baseline"]) == ("FAIL", None, None)
    assert "baseline" not in render(INFO, run(x="FAIL"), 1.0)


def test_terminal():
    now = [case("a.old", "FAIL", reason="lost 1"), *run(x="FAIL", fine="PASS", gone="PASS"), case("a.k", "FAIL", finding="F3"),
           case("a.n", "PASS")]
    before = [*run(old="FAIL", x="PASS", fine="PASS", gone="FAIL"), case("a.k", "FAIL", finding="F3")]
    text = render(INFO, now, 1.0, comparison=compare(now, before))
    assert text.index("REGRESSION  a.x\n  baseline: fail REGR. vs. 20250101-110000\n") < text.index(
        "like  a.old\n  baseline: fail like 20250101-110000\n  why: lost 1\n") < text.index(
        "known  a.k\n  baseline: fail known\n  finding: F3\n") < text.index("fixed  a.gone\n")
    assert "baseline 20250101-110000\n  1 REGRESSION, 1 like, 1 known, 1 fixed, 1 new\n" in text
    assert "  new  a.n: PASS, not in the baseline\n  measurements: not compared, for there is no history\n" in text
    assert text.endswith("FAIL  3 pass, 2 fail, 1 known; 1 regression vs. 20250101-110000  (1.0 s, seed 42)\n")


def test_terminal_of_hostile_names():
    now = [case(HOSTILE, "FAIL", reason=HOSTILE, finding=HOSTILE), case(HOSTILE + "2", "FAIL")]
    before = [case(HOSTILE + "3", "PASS")]
    found = from_run(replace(INFO, id=HOSTILE), before, notes=(HOSTILE,)).compare(now, INFO)
    text = render(INFO, now, 1.0, comparison=found)
    assert text.isascii() and all(line.isprintable() for line in text.split("\n"))
    summary(INFO, now, 1.0, comparison=found).encode()


# ---------------------------------------------------------------------------
# with a history


@pytest.fixture
def history(tmp_path):
    with History(tmp_path / "history.db", create=True) as opened:
        yield opened


def put(history, day, results, sha256=MINE):
    fields = {"id": f"run{day}", "started": f"2024-12-{day:02}T12:00:00Z",
              "hypervisor": replace(INFO.hypervisor, sha256=sha256)}
    assert keep(history.path, replace(INFO, **fields), results) == ""


def against_history(history, now):
    return Baseline("history", None, history).compare(now, INFO)


@pytest.mark.parametrize("earlier, now, word, told", [
    # A regression stays one in the runs that follow it.
    (("PASS", "FAIL", "FAIL"), "FAIL", Word.REGRESSION, "fail REGR. vs. run1"),
    (("FAIL", "FAIL"), "FAIL", Word.NEVER, "fail never pass"),
    (("SKIP", "FAIL"), "ERROR", Word.NEVER, "error never pass"),
    (("PASS", *["FAIL"] * 20), "FAIL", Word.LIKE, "fail like run21"),
    (("PASS", "FAIL"), "PASS", Word.FIXED, "FAIL in run2"),
    (("FAIL", "PASS"), "PASS", Word.SAME, ""),
    ((), "FAIL", Word.REGRESSION, "fail REGR., not in the baseline"),
    ((), "PASS", Word.NEW, "PASS, not in the baseline"),
])
def test_history_as_baseline(history, earlier, now, word, told):
    for day, was in enumerate(earlier, 1):
        put(history, day, [case(NAME, was)], sha256=OTHER)
    [found] = against_history(history, [case(NAME, now)]).judgements
    assert (found.word, found.told) == (word, told)


def test_flaky_by_history(history):
    for day, was in enumerate(("PASS", "FAIL"), 1):
        put(history, day, [case(NAME, was)])
    assert [one.word for one in against_history(history, [case(NAME, "FAIL")]).judgements] == [Word.FLAKY]


def test_history_beside_a_run(history):
    """The run says whether it failed there, the history whether it ever passed."""
    put(history, 1, [case("a.x", "FAIL"), case("a.y", "PASS")], sha256=OTHER)
    found = compare(run(x="FAIL", y="FAIL"), run(x="FAIL", y="FAIL"), history=history)
    assert [one.word for one in found.judgements] == [Word.NEVER, Word.LIKE]


def figures(gap, p50="100"):
    return case(NAME, "PASS", data=[{"sharer": "0", "window": "during", "gap_us": str(gap), "p50_us": p50}])


@pytest.mark.parametrize("gaps, grew", [
    ((3000, 3010, 3020, 3030, 3040), True),
    ((2010, 2020, 2030, 2040, 2050), False),  # sure, and not worth a word
    ((2003, 9000, 2000, 2001, 2002), False),  # one sample is never enough
    ((1000, 1010, 1020, 1030, 1040), False),  # smaller
])
def test_a_gap_that_grew(history, gaps, grew):
    for day in range(1, 21):
        put(history, day, [figures(2000 + day % 7)], sha256=OTHER)
    for day, gap in enumerate(gaps[1:], 21):
        put(history, day, [figures(gap)])
    found = against_history(history, [figures(gaps[0])])
    told = str(found.measurements)
    assert told.startswith("measurements: 2 series by a one-sided Mann-Whitney U test, n at least 3 against 5; "
                           f"{int(grew)} grew (Benjamini-Hochberg q < 0.05, median up 10% or more)")
    assert found.outcome is Outcome.PASS  # told, and no regression of a verdict
    if grew:
        [growth] = found.measurements.grew
        assert str(growth).startswith(f"{NAME} sharer 0 during gap_us: median 3020, was 2003 (n = 5 against 20, q = ")
        assert f"  grew  {NAME} sharer 0 during gap_us: median 3020" in render(INFO, [figures(gaps[0])], 1.0, comparison=found)
        assert json.loads(summary(INFO, [], 1.0, comparison=found))["baseline"]["measurements"]["grew"][0]["old"] == 2003


def test_too_few_results(history):
    put(history, 1, [figures(2000)], sha256=OTHER)
    assert str(against_history(history, [figures(9000)]).measurements) == \
        "measurements: not compared, the history has too few results: it takes 3 against 5"


def test_two_are_too_few():
    old = [2000] * 20
    assert measure({("a.x", "gap_us"): ([9000] * 2, old)}).tested == 0
    assert measure({("a.x", "gap_us"): ([9000] * 3, old[:4])}).tested == 0
    assert measure({("a.x", "gap_us"): ([9000] * 3, old)}).tested == 1


def test_one_of_thousands_of_series_needs_more_than_5_percent():
    """p = 1/56 is a matter of course in 1,000 series."""
    sample = ([4000, 4001, 4002], [2000, 2001, 2002, 2003, 2004])
    alone = measure({("a.x", "gap_us"): sample})
    assert len(alone.grew) == 1 and alone.grew[0].q == pytest.approx(1 / 56)
    others = {(f"a.{number}", "gap_us"): ([5] * NEW[0], [5] * OLD[0]) for number in range(999)}
    assert measure({("a.x", "gap_us"): sample} | others) == replace(alone, tested=1000, grew=[])
    assert MAX_Q == 0.05


def test_sides():
    same, others = seen(*["PASS"] * 30), seen(*["FAIL"] * 50, sha256=OTHER)
    assert sides([*same, *others], MINE, "") == (same[:7], others[:40])
    assert sides([*same, *others], MINE, OTHER) == (same[:7], others[:40])
    # None but this binary, or compared with itself: the last runs against those before.
    assert sides([*same, *others], MINE, MINE) == (same[:4], same[4:44])
    assert sides([*same, *others[:4]], MINE, "") == (same[:4], same[4:44])


def test_samples_of_all_outcomes():
    assert isinstance(some_results()[0], CaseResult)
    assert [one.word for one in compare(some_results(), some_results()).judgements] == [
        Word.SAME, Word.LIKE, Word.LIKE, Word.SAME, Word.KNOWN]

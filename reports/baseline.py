# SPDX-License-Identifier: GPL-2.0-only
"""A run against a baseline, in osstest's words, and its measurements against the history.

A REGRESSION is a failure that the baseline does not have, or an ERROR where it did not fail either. Nothing else fails a
run that has a baseline:

    fail REGR. vs. RUN   it passed in RUN, was skipped or not there, or failed in a way that its finding explains
    fail like RUN        it failed there too
    fail never pass      and no run of the history, on this board and kind of hypervisor, has passed it
    fail flaky           this very hypervisor (sha256) has both passed it and failed it like this
    fail known           a finding explains it, whatever the baseline says
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from statistics import median
from typing import Any

from reports.events import Outcome
from reports.history import History, Seen, run_fields, to_row
from reports.model import CaseResult, RunInfo
from reports.rank import adjusted, mann_whitney

LAST = 20  # results of a case in the history that are looked at for its verdict
# The rank test: the run and those before it on the same hypervisor, against those on others.
NEW = (3, 8)  # so many results at least and at most
OLD = (5, 40)
MAX_Q = 0.05
MIN_GROWTH = 0.10  # of the median: what is smaller is nobody's trouble, however sure it is
FAILED = ("FAIL", "ERROR", "known")


class Word(str, Enum):
    REGRESSION = "REGRESSION"
    KNOWN = "known"
    LIKE = "like"
    NEVER = "never pass"
    FLAKY = "flaky"
    FIXED = "fixed"
    NEW = "new"
    GONE = "gone"
    SAME = "same"  # passed, or skipped, in both


@dataclass(frozen=True)
class Was:
    """What the baseline says of a case: its outcome (or `known`), in which run, of which release."""

    word: str
    run: str
    release: str = ""


@dataclass(frozen=True)
class Judgement:
    case: str
    word: Word
    told: str  # in osstest's words
    finding: str | None = None


@dataclass(frozen=True)
class Growth:
    """A measurement that is larger than it was, by more than chance."""

    case: str
    series: str
    new: float  # medians
    old: float
    n: tuple[int, int]
    q: float

    def __str__(self) -> str:
        return (f"{self.case} {self.series}: median {self.new:g}, was {self.old:g} "
                f"(n = {self.n[0]} against {self.n[1]}, q = {self.q:.2g})")


@dataclass(frozen=True)
class Measurements:
    tested: int
    grew: list[Growth]
    why_not: str = ""

    def __str__(self) -> str:
        if self.why_not:
            return f"measurements: not compared, {self.why_not}"
        return (f"measurements: {self.tested} series by a one-sided Mann-Whitney U test, n at least {NEW[0]} against "
                f"{OLD[0]}; {len(self.grew)} grew (Benjamini-Hochberg q < {MAX_Q:g}, median up {MIN_GROWTH:.0%} or more)")


@dataclass(frozen=True)
class Comparison:
    """A whole run against its baseline."""

    name: str
    judgements: list[Judgement]
    measurements: Measurements
    judged: bool  # a case of the run came to PASS or FAIL
    notes: list[str] = field(default_factory=list)

    def of(self, word: Word) -> list[Judgement]:
        return [one for one in self.judgements if one.word is word]

    @property
    def regressions(self) -> int:
        return len(self.of(Word.REGRESSION))

    @property
    def outcome(self) -> Outcome:
        """A run in which nothing was judged did not pass, whatever its baseline was."""
        if self.regressions:
            return Outcome.FAIL
        return Outcome.PASS if self.judged else Outcome.ERROR

    @property
    def by_case(self) -> dict[str, Judgement]:
        return {one.case: one for one in self.judgements}

    def to_dict(self) -> dict[str, Any]:
        """For summary.json."""
        cases = {word.value: [one.case for one in self.of(word)] for word in Word if word is not Word.SAME}
        tests = self.measurements
        return {"name": self.name, **{word: ids for word, ids in cases.items() if ids},
                "measurements": {"tested": tests.tested, "why_not": tests.why_not, "test": "one-sided Mann-Whitney U",
                                 "max_q": MAX_Q, "min_growth": MIN_GROWTH,
                                 "grew": [vars(one) for one in tests.grew]}}


@dataclass(frozen=True)
class Baseline:
    """What a run is compared with: one run's results (`cases`), or what the history has (`cases` is None). `history` may
    be there beside a run as well: it knows what is flaky, and what has never passed."""

    name: str
    cases: Mapping[str, Was] | None
    history: History | None = None
    sha256: str = ""  # of the run's hypervisor
    notes: tuple[str, ...] = ()

    def judge(self, result: CaseResult, info: RunInfo) -> Judgement:
        like = run_fields(info)
        seen = self.history.seen(result.case, like, LAST) if self.history else []
        was = self.cases.get(result.case) if self.cases is not None else from_history(seen, result)
        found = judge(result, info, was, seen)
        if found.word is Word.LIKE and self.history and seen and not self.history.ever_passed(result.case, like):
            return Judgement(result.case, Word.NEVER, f"{bad(result)} never pass")
        return found

    def compare(self, results: Sequence[CaseResult], info: RunInfo, judged: Sequence[Judgement] | None = None) -> Comparison:
        """`judged` are the results' judgements, where they are there already."""
        judgements = list(judged) if judged is not None else [self.judge(result, info) for result in results]
        there = {result.case for result in results}
        judgements += [Judgement(case, Word.GONE, f"not in this run, {was.word} in {was.run}")
                       for case, was in (self.cases or {}).items() if case not in there]
        judged = any(result.outcome in (Outcome.PASS, Outcome.FAIL) for result in results)
        return Comparison(self.name, judgements, self._measure(results, info), judged, list(self.notes))

    def _measure(self, results: Sequence[CaseResult], info: RunInfo) -> Measurements:
        if self.history is None:
            return Measurements(0, [], "for there is no history")
        like, samples = run_fields(info), {}
        for result in results:
            if row := to_row(result).figures:
                seen = self.history.seen(result.case, like, NEW[1] + OLD[1])
                new, old = sides(seen, like["sha256"], self.sha256)
                samples |= {(result.case, name): ([value, *values(new, name)], values(old, name))
                            for name, value in row.items()}
        return measure(samples)


def from_run(info: RunInfo, results: Sequence[CaseResult], history: History | None = None,
             notes: tuple[str, ...] = ()) -> Baseline:
    release = info.hypervisor.release
    return Baseline(info.id, {result.case: Was(result.word, info.id, release) for result in results}, history,
                    info.hypervisor.sha256, notes)


def from_history(seen: Sequence[Seen], result: CaseResult) -> Was | None:
    """For a failure the last run that passed it: else a regression would excuse itself in the next run."""
    if result.outcome in (Outcome.FAIL, Outcome.ERROR):
        for one in seen:
            if one.word == "PASS":
                return Was(one.word, one.run, one.release)
    return Was(seen[0].word, seen[0].run, seen[0].release) if seen else None


def bad(result: CaseResult) -> str:
    return "error" if result.outcome is Outcome.ERROR else "fail"


def judge(result: CaseResult, info: RunInfo, was: Was | None, seen: Sequence[Seen]) -> Judgement:
    word, told = _fine(result, was) if result.outcome in (Outcome.PASS, Outcome.SKIP) else _bad(result, info, was, seen)
    return Judgement(result.case, word, told, result.finding)


def _fine(result: CaseResult, was: Was | None) -> tuple[Word, str]:
    now = result.outcome.value
    if was is None:
        return Word.NEW, f"{now}, not in the baseline"
    if now == "PASS" and (was.word in FAILED or result.fixed):
        return Word.FIXED, f"{was.word} in {was.run}" if was.word in FAILED else "a finding explains a failure that is gone"
    if now == "SKIP" and was.word != "SKIP":
        return Word.GONE, f"skipped, {was.word} in {was.run}"
    return Word.SAME, ""


def _bad(result: CaseResult, info: RunInfo, was: Was | None, seen: Sequence[Seen]) -> tuple[Word, str]:
    now, told = result.word, bad(result)
    if result.known:
        return Word.KNOWN, "fail known" + (f", {was.word} in {was.run}" if was and was.word not in FAILED else "")
    mine = [one.word for one in seen if one.sha256 == info.hypervisor.sha256]
    if "PASS" in mine and now in mine:
        return Word.FLAKY, f"{told} flaky, like {mine.count(now)} of {len(mine)} on this hypervisor"
    if was is None:
        return Word.REGRESSION, f"{told} REGR., not in the baseline"
    # A finding of this release would explain the failure, if it still were the same one.
    other = was.word == "known" and now == "FAIL" and was.release == info.hypervisor.release
    if was.word in (FAILED if now == "ERROR" else ("FAIL", "known")) and not other:
        return Word.LIKE, f"{told} like {was.run}"
    return Word.REGRESSION, f"{told} REGR. vs. {was.run}" + (f" ({was.word} there)" if was.word != "PASS" else "")


# -- measurements


def sides(seen: Sequence[Seen], mine: str, baseline: str) -> tuple[Sequence[Seen], Sequence[Seen]]:
    """The results that count as new, beside the run's own, and those that they are held against: those of the baseline's
    hypervisor, or of all others, or, where there is none but this one, the ones before."""
    same = [one for one in seen if one.sha256 == mine]
    others = [one for one in seen if one.sha256 != mine and baseline in ("", one.sha256)]
    if len(others) >= OLD[0]:
        return same[:NEW[1] - 1], others[:OLD[1]]
    few = NEW[1] // 2
    return same[:few], same[few:few + OLD[1]]


def values(seen: Sequence[Seen], series: str) -> list[int]:
    return [one.figures[series] for one in seen if series in one.figures]


def measure(samples: Mapping[tuple[str, str], tuple[Sequence[int], Sequence[int]]]) -> Measurements:
    """A series that has not grown by so much needs no test, but it is one of the family."""
    enough = {key: sample for key, sample in samples.items() if len(sample[0]) >= NEW[0] and len(sample[1]) >= OLD[0]}
    if not enough:
        return Measurements(0, [], f"the history has too few results: it takes {NEW[0]} against {OLD[0]}")
    larger = {key: (new, old) for key, (new, old) in enough.items() if median(new) >= median(old) * (1 + MIN_GROWTH)
              and median(new) > median(old)}
    chances = adjusted([mann_whitney(new, old) for new, old in larger.values()], len(enough))
    return Measurements(len(enough), sorted(_grew(larger, chances), key=lambda one: (one.q, one.case, one.series)))


def _grew(larger: Mapping[tuple[str, str], tuple[Sequence[int], Sequence[int]]], chances: Sequence[float]
          ) -> Iterator[Growth]:
    for ((case, series), (new, old)), q in zip(larger.items(), chances):
        if q < MAX_Q:
            yield Growth(case, series, median(new), median(old), (len(new), len(old)), q)

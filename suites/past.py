# SPDX-License-Identifier: GPL-2.0-only
"""What earlier runs say of this one: --baseline, and the history, which each finished run becomes part of."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from reports.baseline import LAST, Baseline, Comparison, Judgement, from_run
from reports.files import ReportError
from reports.history import History, keep, run_fields
from reports.journal import read_journal
from reports.model import CaseResult, RunInfo
from reports.transfer import journals_below

SQLITE = b"SQLite format 3\0"


class Past:
    """Of one run, of a hypervisor of such a kind on such a board. A history that cannot be read or written takes
    itself out of the run, with a line in `notes`; only as the baseline itself it has to be there."""

    def __init__(self, wanted: Sequence[str], history: Path, runs: Path, kind: str, board: str, own: Path) -> None:
        self.path = history
        self.notes: list[str] = []
        self._kind, self._board, self._own = kind, board, own
        self._judged: dict[tuple[str, str, str | None], Judgement] = {}
        self._baseline = self._load([runs / name if name == "latest" else name for name in wanted]) if wanted else None

    def _load(self, wanted: Sequence[str | Path]) -> Baseline:
        histories = [self.path if name == "history" else Path(name) for name in wanted
                     if name == "history" or is_database(Path(name))]
        if histories:
            return Baseline(f"history {histories[0].name}", None, History(histories[0]))
        journal = self._newest([Path(name) for name in wanted])
        info, results = read_journal(journal)
        notes = (f"it is of board {info.board}",) if info.board != self._board else ()
        return from_run(info, results, self._open(), notes)

    def _open(self) -> History | None:
        """The history beside a run as the baseline."""
        if not self.path.exists():
            return None
        try:
            return History(self.path)
        except ReportError as error:
            self.notes.append(f"without the history: {error}")
            return None

    def _newest(self, wanted: Sequence[Path]) -> Path:
        """Of the runs that are named the newest one of this kind of hypervisor; on the same board, if there is one."""
        found = [journal for path in wanted for journal in journals_below(path)]
        if len(found) == 1:
            read_journal(found[0])  # says what is wrong with it
        fitting = sorted((board == self._board, started, str(journal)) for journal, kind, board, started in headers(found)
                         if kind == self._kind and journal.parent.resolve() != self._own.resolve())
        if not fitting:
            raise ReportError(f"baseline {', '.join(map(str, wanted))}: no run of {self._kind} there: name a run's folder, "
                              f"its results.jsonl or \"history\"; HV= gates one kind of hypervisor alone")
        return Path(fitting[-1][2])

    def judge(self, result: CaseResult, info: RunInfo) -> Judgement | None:
        """A case as it ends; None without a baseline. Whoever asks again gets the same judgement."""
        return self._asked(lambda baseline: self._judge(baseline, result, info))

    def _judge(self, baseline: Baseline, result: CaseResult, info: RunInfo) -> Judgement:
        key = (result.case, result.word, result.finding)
        if key not in self._judged:
            self._judged[key] = baseline.judge(result, info)
        return self._judged[key]

    def compare(self, results: Sequence[CaseResult], info: RunInfo) -> Comparison | None:
        return self._asked(lambda baseline: baseline.compare(results, info, [self._judge(baseline, result, info)
                                                                            for result in results]))

    def gaps(self, info: RunInfo, cases: Sequence[str]) -> dict[str, list[int]]:
        """By case the longest gaps of earlier runs, oldest first, of those that have more than one."""
        if not self.path.exists():
            return {}
        try:
            with History(self.path) as history:
                trends = history.trends(run_fields(info), cases, LAST)
        except ReportError as error:
            self.notes.append(f"report.html without trends: {error}")
            return {}
        found = {case: [gap for gap in trend.gaps_us if gap is not None] for case, trend in trends.items()}
        return {case: gaps for case, gaps in found.items() if len(gaps) > 1}

    def _asked(self, question: Any) -> Any:
        try:
            return question(self._baseline) if self._baseline else None
        except ReportError as error:
            # The baseline's own history: it is as if none was named, and that fails more runs, not fewer.
            self.notes.append(f"without the history: {error}")
            self._judged.clear()  # what it said with the history is not said of the rest
            self._baseline = replace(self._baseline, history=None) if self._baseline.cases is not None else None
            return self._asked(question)

    def keep(self, info: RunInfo, results: Sequence[CaseResult]) -> None:
        if told := keep(self.path, info, results):
            self.notes.append(told)


def is_database(path: Path) -> bool:
    with suppress(OSError), open(path, "rb") as file:
        return file.read(len(SQLITE)) == SQLITE
    return False


def headers(journals: Sequence[Path]) -> Iterator[tuple[Path, str, str, str]]:
    """Of those that can be read, hypervisor, board and start: there may be hundreds."""
    for journal in journals:
        with suppress(OSError, ValueError, KeyError, TypeError):
            with open(journal, "rb") as file:
                run = json.loads(file.readline())["run"]
            yield journal, str(run["hypervisor"]["name"]), str(run["board"]), str(run["started"])

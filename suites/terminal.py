# SPDX-License-Identifier: GPL-2.0-only
"""What a gate shows while it runs: a line a finished case; on a terminal, also what runs now."""

import shutil
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from reports.table import render
from suites.gate import Gate, group_boots

MARKUP = {"PASS": {"green": True}, "FAIL": {"red": True}, "ERROR": {"purple": True},
          "SKIP": {"yellow": True}, "known": {"yellow": True}}
CLEAR_LINE = "\r\x1b[K"


class GateReporter(TerminalReporter):
    """pytest's reporter with its dots replaced; collection errors and usage errors stay pytest's."""

    def __init__(self, config: pytest.Config, gate: Gate) -> None:
        super().__init__(config)
        self.gate = gate
        self._done = len(gate.results)  # of a resumed run, those of its earlier parts
        self._running: dict[str, None] = {}
        self._told = ""
        gate.on_start = self._case_starts

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        gate = self.gate
        self.write_line(f"lifeline gate: {gate.subject.name} on {gate.board_path.stem}, "
                        f"seed {gate.seed}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if not session.items and not session.testsfailed:
            self.write_line(f"no case matches -k {session.config.option.keyword!r}; "
                            "pytest suites --collect-only -q lists them all")
            return
        boots = len(group_boots([item.case for item in session.items if hasattr(item, "case")]))
        self.write_line(f"{len(session.items)} cases in {boots} boots; results in "
                        f"{_short(self.gate.out)}")
        if self.gate.earlier:
            self.write_line(f"resumed: {self._done} of them have a result already")

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        pass

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        pass

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        category = {"setup": "error"}.get(report.when, report.outcome)
        if report.failed:
            self.stats.setdefault(category, []).append(report)
        if report.when == "teardown":
            self._case_ends()

    def _case_starts(self, case: str) -> None:
        self._running[case] = None
        self._status()

    def _case_ends(self) -> None:
        result = self.gate.results[-1]
        self._running.pop(result.case, None)
        self._done += 1
        total = len(self.gate.expected)
        word = "fixed" if result.fixed else result.word
        if self.isatty:
            self.write(CLEAR_LINE)
        self.write(f"[{self._done:{len(str(total))}}/{total} {self.gate.duration_s:5.1f} s] ")
        self.write(f"{word:<5}", **MARKUP.get(result.word, {}))
        judgement = self.gate.judge(result) if result.outcome.value in ("FAIL", "ERROR") else None
        self.write_line(f" {result.case}" + (f"  ({judgement.told})" if judgement else ""))
        reason = (result.reason or result.first_failed or "")[:400]
        if result.outcome.value in ("FAIL", "ERROR") and reason != self._told:
            self.write_line(f"      {reason}")
            self._told = reason  # a board that does not boot has one reason for all its cases
        self._status()

    def _status(self) -> None:
        if not self.isatty or not self._running:
            return
        width = shutil.get_terminal_size().columns
        text = f"  running: {'  '.join(self._running)}"
        self.write(CLEAR_LINE + text[:width - 1], flush=True)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: Any) -> None:
        if self.isatty:
            self.write(CLEAR_LINE)

    def pytest_terminal_summary(self) -> None:
        pass

    def summary_stats(self) -> None:
        pass

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        never = len(self.gate.expected) - len(self.gate.results)
        self.write_line(f"{CLEAR_LINE if self.isatty else ''}interrupted: {never} of "
                        f"{len(self.gate.expected)} cases never ran; go on: make gate RESUME={_short(self.gate.out)}")

    def pytest_unconfigure(self) -> None:
        super().pytest_unconfigure()
        if self.gate.info is None:
            return
        self.write_line("")
        for note in self.gate.past.notes:
            self.write_line(note)
        self.write(render(self.gate.info, self.gate.complete(), self.gate.duration_s,
                          colour=self.isatty, command=self.gate.command, comparison=self.gate.comparison))


def _short(path: Any) -> str:
    text = str(path)
    marker = "/build/"
    return text[text.index(marker) + 1:] if marker in text else text

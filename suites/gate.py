# SPDX-License-Identifier: GPL-2.0-only
"""A run: cases become boots, the boards' records become results, results go to the journal and the reports."""

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from lab import boardfile
from lab.board import Board, BoardError
from lab.emulated import open_boards
from lab.records import Boot, BootRecord, CaseRecord, CaseStarted, PlannedCase
from lab.run import Engine, RunError
from lab.system import HypervisorError, System
from reports.baseline import Comparison, Judgement
from reports.files import ReportError, explain, make_folder
from reports.html import Extras
from reports.journal import Journal, read_journal
from reports.ktap import Outcome
from reports.model import CaseResult, Hypervisor, RunInfo, complete, verdict
from reports.writers import write_reports
from suites import extras, known, resume
from suites.boots import BootLog
from suites.matrix import BootSpec, Case, YamlError
from suites.past import Past
from suites.resume import capabilities, sha256
from suites.shrink import Bench, ShrinkError, boot_of, shrink
from suites.subject import BUILD, STOCK_XEN, TOP, Linux, Subject, Xen

CUT_RUNS = 60  # boots that the failed cases of a run are worth, 1 to 5 s each


class GateError(pytest.UsageError):
    """The run cannot start: one line that says what and what to do."""


class Gate:
    """One run of one hypervisor. `on_start` is told which case a board begins with."""

    def __init__(self, config: pytest.Config) -> None:
        option = config.option
        try:
            self.earlier = resume.earlier(option)
        except ReportError as error:
            raise GateError(str(error)) from error
        self.subject = subject_of(option)
        self.board_path = Path(option.lg_env)
        self.append: str = option.append
        self.wrong: bool = option.wrong
        self.cpus: int = option.cpus
        self.seed: int = int(time.time()) & 0xFFFFFF if option.seed is None else option.seed
        self.out: Path = option.out or BUILD / "runs" / time.strftime("%Y%m%d-%H%M%S")
        self.boards_wanted: int = option.boards or max(1, (os.cpu_count() or 1)
                                                       // max(1, option.cpus))
        self.nightly: bool = option.nightly
        self.results: list[CaseResult] = list(self.earlier.results) if self.earlier else []
        self._boots = BootLog(self.out)
        self.expected: list[str] = []
        self.info: RunInfo | None = None
        self.on_start: Callable[[str], None] = lambda case: None
        self.comparison: Comparison | None = None  # with the baseline, once the run is over
        try:
            self.past = Past(option.baseline, option.history, BUILD / "runs", self.subject.kind, self.board_path.stem,
                             self.out)
        except ReportError as error:
            raise GateError(str(error)) from error
        self._earlier_s = self.earlier.lasted_s if self.earlier else 0.0
        self._began = time.monotonic()
        self._known: dict[str, known.Known] = {}
        self._journal: Journal | None = None
        self._system: System | None = None
        self._held: list[tuple[Case, CaseResult]] = []
        self._rationales: dict[str, str] = {}

    @property
    def command(self) -> str:
        """What runs this again, but for the cases."""
        words = self.subject.words + ["HV=kvm"] * (self.subject.kind == "kvm")
        words += [f"APPEND='{self.append}'"] if self.append else []
        words += [f"CPUS={self.cpus}"] if self.cpus else []
        return " ".join(["make gate", *words, f"SEED={self.seed}"])

    @property
    def duration_s(self) -> float:
        return self._earlier_s + time.monotonic() - self._began

    @property
    def passed(self) -> bool:
        return (self.comparison or verdict(self.results, self.expected)).outcome is Outcome.PASS

    def complete(self) -> list[CaseResult]:
        return complete(self.results, self.expected)

    def judge(self, result: CaseResult) -> Judgement | None:
        """A case against the baseline; None where there is none."""
        return self.past.judge(result, self.info)

    def run(self, cases: Sequence[Case]) -> Iterator[CaseResult]:
        """Results as they come, of a resumed run the missing ones; each is in the journal before it is told."""
        self._began = time.monotonic()
        self.expected = [case.id for case in cases]
        by_id = {case.id: case for case in cases}
        self._rationales = extras.rationales(cases)
        try:
            with closing(self._start(cases)) as records:
                for record in records:
                    if isinstance(record, CaseStarted):
                        self.on_start(record.id)
                    elif isinstance(record, BootRecord):
                        self._boots.add(record)
                    elif isinstance(record, CaseResult):
                        yield self._tell(record)
                    else:
                        case = by_id[record.id]
                        result = to_result(case, record, self._known.get(record.id))
                        result = replace(result, started_s=round(self._earlier_s + result.started_s, 3))
                        if case.cut and result.outcome is Outcome.FAIL and not self.wrong:
                            self._held.append((case, result))  # until a board is free
                        else:
                            yield self._tell(result)
        except (BoardError, HypervisorError, ReportError, RunError, YamlError) as error:
            raise GateError(str(error)) from error
        except OSError as error:  # of a console or a plan: a board's thread hands it on
            raise GateError(explain(self.out, error)) from error

    def _tell(self, result: CaseResult) -> CaseResult:
        result = replace(result, run=self.info.id, seed=self.info.seed)
        self._journal.append(result)
        self.results.append(result)
        return result

    def _cut(self, board: Board) -> Iterator[CaseResult]:
        """The failed cases whose calls are numbered, each with the smallest input that fails."""
        runs = 0
        for case, result in self._held:
            bench = Bench(board, boot_of(case.boot, self.append), self._system, max_runs=CUT_RUNS, runs=runs)
            try:
                if bench.spent:
                    raise ShrinkError("others have used up the boots for it")
                told = f"smallest input: {shrink(bench, case.plan_line(self.seed), case.limit_s)}"
            except (ShrinkError, BoardError) as error:
                told = f"not cut: {error}; make shrink CASE='{case.id}' SEED={self.seed}"
            runs = bench.runs
            yield replace(result, reason=f"{result.reason or result.first_failed}; {told}")

    def _start(self, cases: Sequence[Case]) -> Iterator[Any]:
        try:
            make_folder(self.out)
        except OSError as error:
            raise GateError(f"OUT={self.out}: {error.strerror}; name a folder that can be written") \
                from error
        if not self.earlier and (self.out / resume.JOURNAL).exists():
            raise GateError(f"OUT={self.out}: there is a run in it already; name another folder")
        boots = plan_boots(cases, f"{self.subject.options} {self.append}", self.seed, self.board_path.stem,
                           " wrong=1" if self.wrong else "")
        self._system = self.subject.load()
        info = self._run_info(self._system, boots)
        if self.earlier:
            self.earlier.check(info)
            info = self.earlier.info
            boots = without(boots, self.earlier.done)
        with ExitStack() as stack:
            boards = open_boards(self.board_path, self.boards_wanted)
            others = {name: open_boards(TOP / "lab" / "boards" / f"{name}.yaml", len(boards))
                      for name in {boot.board for boot in boots if boot.board}}
            for board in itertools.chain(boards, *others.values()):
                stack.callback(board.close)
            engine = Engine(boots, system=self._system, boards=boards, consoles=self.out / "consoles", others=others)
            self._journal = stack.enter_context(
                self.earlier.journal() if self.earlier else Journal.create(self.out / resume.JOURNAL, info))
            if self.earlier:
                self._boots.resume()
            self.info = info  # not before: no reports over those of another run
            self._point_latest()
            self._known = known.load(TOP / "suites" / "known.yaml", info.hypervisor.release)
            stack.enter_context(engine)
            yield from engine.records()
            yield from self._cut(boards[0])

    def _point_latest(self) -> None:
        """From the beginning: a run that is killed is the one to resume."""
        latest = resume.RUNS / "latest"
        if self.out.parent == latest.parent:
            fresh = latest.with_name(f".latest.{os.getpid()}")
            fresh.symlink_to(self.out.name)
            fresh.replace(latest)

    def _run_info(self, system: System, boots: Sequence[Boot]) -> RunInfo:
        files = {self.board_path.stem: self.board_path}
        files |= {boot.board: TOP / "lab" / "boards" / f"{boot.board}.yaml" for boot in boots if boot.board}
        used = {(boot.board or self.board_path.stem, boot.variant) for boot in boots}
        hashes = {path: sha256(path) for path in {system.guest, *system.images.values()}}
        return RunInfo(
            id=self.out.name, board=self.board_path.stem,
            hypervisor=Hypervisor(system.kind, system.version or "unknown", system.sha256, self.subject.name),
            seed=self.seed, append=self.append, started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            guest_sha256=hashes[system.guest], capabilities=capabilities(list(files.values()), used),
            images={part: hashes[path] for part, path in system.images.items()},
            command_lines={boot.name: boot.cmdline for boot in boots}, cases=self.expected,
            options={"cpus": self.cpus, "nightly": self.nightly, "wrong": self.wrong})

    def finish(self) -> None:
        """Write the reports of whatever is in the journal: Ctrl-C may have come just behind a line of it."""
        if self.info is None:
            return
        try:
            self.results = read_journal(self.out / resume.JOURNAL)[1]
            self.comparison = self.past.compare(self.complete(), self.info)
            write_reports(self.out, self.info, self.results, self.expected, self.duration_s,
                          self._boots.boots, self.command, self.comparison,
                          self._extras(self.info))
        except ReportError as error:
            raise GateError(str(error)) from error
        if not (self.wrong or self.cpus):  # other questions than the history's
            self.past.keep(self.info, self.results)

    def _extras(self, info: RunInfo) -> Extras:
        return Extras(findings=extras.findings(self.results, TOP), rationales=self._rationales,
                      history=self.past.gaps(info, self.expected), kills=extras.kills(BUILD / "prove", info.hypervisor))


def subject_of(option: Any) -> Subject:
    """What the board file boots; --hv alone may say so as well, but nothing else."""
    kind = boardfile.load(Path(option.lg_env)).boots
    if option.hv and option.hv != kind:
        raise GateError(f"HV={option.hv}: {option.lg_env} is a board for {kind}; name another BOARD=")
    if kind == "xen":
        return Xen(option.xen or STOCK_XEN, option.cache.resolve())
    named = {name: path for name in ("kernel", "modules") if (path := getattr(option, name))}
    return Linux(**named, cache=option.cache.resolve(), qemu=option.nightly)


def group_boots(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """A boot for each way to start the board, by name; a case that may end its board has one of its own."""
    groups: dict[str, list[Case]] = {}
    for number, case in enumerate(cases):
        own = f"{case.boot.name}.{case.name}.{number}" if case.hang or case.boot.warm else case.boot.name
        groups.setdefault(own, []).append(case)
    return groups


def plan_boots(cases: Sequence[Case], options: str, seed: int, board: str, words: str) -> list[Boot]:
    """The long ones first, so that the boards end together. `options` are those of every boot, `words` are added to
    each case's plan line; a boot that asks for `board` gets the run's own."""
    groups = group_boots(cases)
    boots = [replace(to_boot(group[0].boot, group, options, seed, words), name=name)
             for name, group in groups.items()]
    boots = [replace(boot, board=None) if boot.board == board else boot for boot in boots]
    return sorted(boots, key=lambda boot: (-(boot.smp or 1), -len(boot.cases)))


def without(boots: Sequence[Boot], done: set[str]) -> list[Boot]:
    """What is left of `boots`, under the same names."""
    left = [replace(boot, cases=tuple(case for case in boot.cases if case.id not in done)) for boot in boots]
    return [boot for boot in left if boot.cases]


def to_boot(spec: BootSpec, cases: Sequence[Case], options: str, seed: int, words: str = "") -> Boot:
    planned = tuple(PlannedCase(case.id, case.plan_line(seed) + words, case.limit_s) for case in cases)
    return Boot(spec.name, f"{options} {spec.cmdline}", spec.cpus, spec.icount, spec.variant, spec.board, spec.warm,
                planned)


def failures(record: CaseRecord, reason: str) -> list[str]:
    """All that failed: checks, what the witness saw, or else the reason that the record has."""
    found = [check.text for check in record.checks if not check.ok]
    found += [what for mark in record.marks for what in mark.disagreements]
    return found if found and record.ended == "result" else [*found, reason]


def to_result(case: Case, record: CaseRecord, entry: known.Known | None) -> CaseResult:
    outcome, reason = record.outcome, record.reason
    # The hypervisor's own death is the subject's failure; so is a hang where a call alone can cause it.
    if record.ended == "panic" or record.ended == "hung" and case.hang == "hypervisor":
        outcome, reason = Outcome.FAIL, f"HC {reason}"
    finding = entry.finding if entry else None
    if entry and outcome is Outcome.FAIL and not entry.explains(failures(record, reason)):
        finding, reason = None, f"{reason} (beside what {entry.finding} explains)"
    return CaseResult(
        case=case.id, outcome=outcome, reason=reason, topic=case.topic,
        title=case.title, invariants=list(case.invariants), boot=record.boot, board=record.board,
        started_s=round(record.started_s, 3), duration_ms=record.duration_ms,
        checks=[{"ok": check.ok, "text": check.text} for check in record.checks],
        data=[dict(data.fields) for data in record.data],
        timeline=[dict(data.fields) | {"served": data.text} for data in record.timeline],
        marks=[{"label": mark.label, "rte": mark.rte, "disagreements": list(mark.disagreements),
                "vectors": mark.vectors}
               for mark in record.marks],
        console=record.console, finding=finding)

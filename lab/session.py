# SPDX-License-Identifier: GPL-2.0-only
"""One power-on: feeds the console to the KTAP reader, answers marks, sees when and how it ends."""

import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from lab import ownership, watchdog, witness
from lab.board import Board, BoardError, Launch
from lab.messages import Functions
from lab.records import BootRecord, CaseRecord, CaseStarted, MarkRecord, PlannedCase, Record, Slice
from reports.ktap import (Bail, CaseStart, Check, Damage, Data, Event, Fact, Mark, Noise, Note,
                          Outcome, Plan, Reader, Result, Version)

POLL_S = 0.05
START_LIMIT_S = 60.0  # of board time: power-on to the first case, and from case to case
POWER_OFF_S = 5.0
DRAIN_S = 0.3  # what a dying hypervisor still prints
MAX_LINE = 64 * 1024
MAX_EVENTS = 20_000  # of a case
MAX_DAMAGE = 100
MAX_CONSOLE = 64 << 20

PANIC = re.compile(r"\(XEN\) Panic on (CPU \d+)")
BANNER = re.compile(r"\(XEN\) (Xen version .*)")
LINUX_PANIC = re.compile(r"\[ *[0-9]+\.[0-9]+\] Kernel panic - not syncing: (.*)")
CRASH = re.compile(r"\(XEN\) (Hardware Dom0 crashed)")

PREFIX = {"panic": "board died: ", "crash": "board died: ", "exit": "board died: ",
          "hung": "hypervisor hung: ", "slow": "host too slow: ", "damage": "stream damaged: ",
          "bail": "guest bailed out: ", "start": "", "stopped": ""}


class ConsoleLog:
    """The raw console in a file, up to a bound."""

    def __init__(self, path: Path) -> None:
        self._file, self._room = path.open("wb", buffering=0), MAX_CONSOLE

    def add(self, data: bytes) -> None:
        if self._room > 0:
            self._file.write(data[:self._room])
            self._room -= len(data)
            if self._room <= 0:
                self._file.write(f"\n[console cut at {MAX_CONSOLE >> 20} MiB]\n".encode())

    def close(self) -> None:
        self._file.close()


class Session:
    """run() once. What is left in `remaining` afterwards was never started."""

    def __init__(self, board: Board, record: BootRecord, cases: Iterable[PlannedCase],
                 emit: Callable[[Record], None], stopping: Callable[[], bool],
                 epoch: float) -> None:
        self.board, self.record, self.emit, self.stopping = board, record, emit, stopping
        self.remaining = {case.id: case for case in cases}
        self._planned = len(self.remaining)
        self._finished: set[str] = set()
        self._epoch = epoch
        self._reader, self._plan_seen = Reader(), False
        self._line = bytearray()
        self._panic_on = ""
        self._case: CaseRecord | None = None
        self._limit = START_LIMIT_S
        self._slice, self._events = Slice(), 0
        self._vectors: dict[int, int] = {}
        self._blind = ""  # why the witness has not seen what it should have
        self._told: dict[str, str] = {}  # `# audit` lines since the last mark

    # The course of a power-on.

    def run(self, launch: Launch) -> None:
        """Power on, follow the cases to the end, power off. Fills `record`, emits cases."""
        began = time.monotonic()
        self.record.started_s = began - self._epoch
        self._log = ConsoleLog(self.record.console)
        try:
            self.board.start(launch)
            self._auditor = ownership.Auditor(self.board.qmp,
                                              Functions(self.board.devices(launch.variant)))
            self._dog = watchdog.Watchdog(self.board.pid)
            self._watch(began)
            self._feed(bytes(self._line))  # what the end has cut off
            self._drain()
        except BoardError as error:
            self._end("start" if self.record.first_byte_s is None else "exit", str(error))
        finally:
            self.board.stop()
            self._log.close()
        self._close()
        self.record.duration_s = time.monotonic() - began

    def _watch(self, began: float) -> None:
        while not self.record.ended:
            if self.stopping():
                return self._end("stopped", "stopped before it ended")
            alive = self.board.alive()  # asked first: what it printed before it died counts
            if data := self.board.read(POLL_S):
                if self.record.first_byte_s is None:
                    self.record.first_byte_s = time.monotonic() - began
                self._dog.heard()
                self._console(data)
            elif not alive:
                return self._end("exit", self.board.death())
            if not self.remaining and not self._case and not self.record.ended:
                return self._end("end", "")
            if verdict := self._dog.check(self._limit):
                self._hung(verdict)

    def _hung(self, verdict: watchdog.Verdict) -> None:
        if verdict.kind == "hung":
            try:
                cpus = watchdog.sample_cpus(self.board.qmp)
            except BoardError as error:
                cpus = f"its CPUs cannot be asked: {error}"
            verdict = watchdog.with_cpus(verdict, cpus)
        self._end(verdict.kind, str(verdict))

    def _drain(self) -> None:
        """Log what still comes: the guest's way to power-off, or a dying hypervisor's last words."""
        limit = {"end": POWER_OFF_S, "stopped": 0.0}.get(self.record.ended, DRAIN_S)
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline and not self.stopping():
            alive = self.board.alive()
            if data := self.board.read(POLL_S):
                self._log.add(data)
                self._slice.add(data)
            elif not alive:
                return

    def _end(self, how: str, reason: str) -> None:
        if not self.record.ended:
            self.record.ended, self.record.reason = how, reason

    def _close(self) -> None:
        """The stream is over: the running case cannot end any more."""
        self._handle(self._reader.close())
        if self._case and self.record.ended != "stopped":
            reason = PREFIX.get(self.record.ended, "") + self.record.reason
            self._finish(Outcome.ERROR, reason or "the board stopped in the middle of it",
                         self.record.ended)
        self._case = None

    # The stream.

    def _console(self, data: bytes) -> None:
        """Whole lines to the reader, one by one: so a case's slice begins and ends with it."""
        self._log.add(data)
        self._line += data
        *lines, rest = bytes(self._line).split(b"\n")
        self._line = bytearray(rest)
        for line in lines:
            if self.record.ended:  # the rest is its last words
                self._slice.add(line + b"\n")
            else:
                self._feed(line + b"\n")
        if len(self._line) > MAX_LINE:
            self._feed(bytes(self._line))
            self._line.clear()

    def _feed(self, data: bytes) -> None:
        self._slice.add(data)
        self._handle(self._reader.feed(data), data)

    def _handle(self, events: list[Event], line: bytes = b"") -> None:
        for event in events:
            match event:
                case Version():
                    if self.record.ktap_s is None:
                        self.record.ktap_s = self._since_power_on()
                case Plan(count):
                    self._plan(count)
                case Fact(fields):
                    self.record.facts |= fields
                case CaseStart(case):
                    self._start(case, line)
                case Result():
                    self._result(event)
                case Data(kind="audit"):
                    self._told |= event.fields
                case Mark():
                    self._mark(event)
                case Check() | Data() | Note() if self._case:
                    self._keep(self._case, event)
                case Damage(_, what):
                    self._damage(what)
                case Bail(reason):
                    self._end("bail", reason or "without a reason")
                case Noise():
                    self._noise(event.line)

    def _since_power_on(self) -> float:
        return time.monotonic() - self._epoch - self.record.started_s

    def _plan(self, count: int) -> None:
        self._plan_seen = True
        if count != self._planned:
            self._end("damage", f"the guest plans {count} cases, {self._planned} were asked for")

    def _start(self, case: str, line: bytes) -> None:
        if not self._plan_seen:
            return self._end("damage", "no plan line before the first case")
        if self._case:
            self._finish(Outcome.ERROR, f"no result: case {case} began", "damage")
        if case not in self.remaining:
            what = "for the second time" if case in self._finished else "that was not asked for"
            return self._end("damage", f"the guest began case {case[:80]} {what}")
        now = time.monotonic()
        self._case = CaseRecord(case, self.record.boot, self.record.attempt, self.record.board,
                                started=True, started_s=now - self._epoch)
        self._limit = self.remaining.pop(case).limit_s
        self._slice, self._events = Slice(), 0
        self._slice.add(line)
        self.emit(CaseStarted(case, self.record.board))
        self._vectors, self._blind, self._told = {}, "", {}
        self._dog.feed()

    def _result(self, result: Result) -> None:
        if self._case and self._case.id == result.case:
            self._case.fields = dict(result.fields)
            self._case.checks = list(result.checks)
            return self._finish(result.outcome, result.reason, "result")
        known = result.case in self.remaining or result.case in self._finished
        if self._case or not known:
            return self._damage(f"a result of {result.case[:80]}, which is not running")
        # Without its case line, or a second one: the reader has made an ERROR of it.
        self.remaining.pop(result.case, None)
        self._case = CaseRecord(result.case, self.record.boot, self.record.attempt,
                                self.record.board, started_s=time.monotonic() - self._epoch)
        self._finish(Outcome.ERROR, result.reason, "damage")

    def _finish(self, outcome: Outcome, reason: str, ended: str) -> None:
        """The verdict of the running case, in which the witness has a say."""
        case, self._case = self._case, None
        assert case
        told = [f"{mark.label}: {what}" for mark in case.marks for what in mark.disagreements]
        if told and outcome in (Outcome.PASS, Outcome.FAIL):
            outcome = Outcome.FAIL
            reason = "; ".join(filter(None, [reason, f"witness: {'; '.join(told)}"]))
        if self._blind and outcome is Outcome.PASS:
            outcome, reason = Outcome.ERROR, self._blind
        case.outcome, case.reason, case.ended = outcome, reason, ended
        case.duration_ms = round((time.monotonic() - self._epoch - case.started_s) * 1000)
        case.console = self._slice.text()
        if self.record.verdict_s is None:
            self.record.verdict_s = self._since_power_on()
        self._finished.add(case.id)
        self.record.finished += 1
        self._limit = START_LIMIT_S
        self._dog.feed()
        self.emit(case)

    def _mark(self, mark: Mark) -> None:
        """Ask the witness while the guest stands still, then let it go on."""
        if not self._case:
            return
        rte, wrong, vectors = "", [], {}
        fields, self._told = self._told | mark.fields, {}
        try:
            owners = ownership.Owners.told(fields)
            whole = fields.get("audit") == "1"
            state = self._auditor.take(owners, messages=whole)
            wrong = witness.compare(fields, state.ioapic, self._vectors)
            if whole:
                wrong += ownership.judge(state, owners)
            vectors = ownership.vector_map(state, owners)
            pin = fields.get("pin", "")
            rte = str(state.ioapic.pin(int(pin)) or "") if pin.isdecimal() else ""
        except (BoardError, witness.WitnessError) as error:
            self._blind = f"the witness does not answer at mark {mark.label}: {error}"
        self._case.marks.append(MarkRecord(mark.label, rte, tuple(wrong), vectors))
        self.board.write(b"+")

    def _keep(self, case: CaseRecord, event: Check | Data | Note) -> None:
        self._events += 1
        if self._events == MAX_EVENTS:
            case.notes.append(f"more than {MAX_EVENTS} lines: the rest is in the console log only")
        if self._events >= MAX_EVENTS:
            return
        match event:
            case Check():
                case.checks.append(event)
            case Data(kind="time"):
                case.timeline.append(event)
            case Data():
                case.data.append(event)
            case Note(text=text):
                case.notes.append(text)

    def _damage(self, what: str) -> None:
        where = self._case.damage if self._case else self.record.damage
        if len(where) < MAX_DAMAGE:
            where.append(what)
        if self._case and "# mark" in what:
            self._blind = f"a mark that cannot be read: {what}"
            self.board.write(b"+")  # the guest waits all the same

    def _noise(self, line: str) -> None:
        """What Xen says of its own end; it would reboot only 5 s later."""
        if self._panic_on:
            self._end("panic", f"Xen panic on {self._panic_on}: {line.removeprefix('(XEN) ')}")
        elif found := PANIC.match(line):
            self._panic_on = found[1]
        elif found := LINUX_PANIC.match(line):
            self._end("panic", f"Linux panic: {found[1]}")
        elif found := CRASH.match(line):
            self._end("crash", f"{found[1]}, as Xen says")
        elif not self.record.banner and (found := BANNER.match(line)):
            self.record.banner = found[1]

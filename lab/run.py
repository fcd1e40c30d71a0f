# SPDX-License-Identifier: GPL-2.0-only
"""The engine: takes boots from one queue to all boards at once, and goes on after a dead board."""

import queue
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from lab.board import Board
from lab.boardfile import MODELS, uart_port
from lab.records import Boot, BootRecord, CaseRecord, PlannedCase, Record
from lab.session import PREFIX, Session
from lab.system import System
from reports.ktap import Outcome


class RunError(Exception):
    """What was asked cannot be run; known before any board starts."""


class Engine:
    """Give it boots, enter it, take records() until they end.

    Records come in the order in which cases end. stop(), or leaving the context, ends all boards
    within a fraction of a second; a case that was running then has no record, so that it runs
    again when the run is resumed.

    `others` are boards of other files, by the name that a boot asks for: as many as there are `boards`. One board of
    each place is on at a time.
    """

    def __init__(self, boots: Sequence[Boot], *, system: System, boards: Sequence[Board], consoles: Path,
                 others: Mapping[str, Sequence[Board]] | None = None) -> None:
        check(boots)
        places = [{None: board, **{name: there[i] for name, there in (others or {}).items()}}
                  for i, board in enumerate(boards)]
        for place in places:
            for boot in boots:
                place[boot.board].devices(boot.variant)  # BoardError for a variant that it does not have
        consoles.mkdir(parents=True, exist_ok=True)
        self._system, self._consoles = system, consoles
        self._boots: queue.SimpleQueue[Boot] = queue.SimpleQueue()
        for boot in boots:
            self._boots.put(boot)
        self._records: queue.SimpleQueue[Record | Exception | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(place,), name=place[None].name)
                         for place in places[:len(boots)]]
        self._epoch = time.monotonic()

    def __enter__(self) -> "Engine":
        self._epoch = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()

    def records(self) -> Iterator[Record]:
        """Until all boots are done or stop() is called."""
        running = len(self._threads)
        while running:
            item = self._records.get()
            if item is None:
                running -= 1
            elif isinstance(item, Exception):
                raise item
            else:
                yield item

    def stop(self) -> None:
        """End all boards; returns when they are off."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _stopping(self) -> bool:
        # An interpreter that exits joins our threads, so do not make it wait for all boots.
        return self._stop.is_set() or not threading.main_thread().is_alive()

    def _work(self, place: Mapping[str | None, Board]) -> None:
        try:
            while not self._stopping():
                try:
                    boot = self._boots.get_nowait()
                except queue.Empty:
                    return
                self._run_boot(place[boot.board], boot)
        except Exception as error:  # a defect of ours: records() raises it where the user sees it
            self._records.put(error)
        finally:
            self._records.put(None)

    def _run_boot(self, board: Board, boot: Boot) -> None:
        """Power on until no case is left. Each time uses up a case, or is the last."""
        cases = list(boot.cases)
        attempt = self._earlier_attempts(boot)
        while cases and not self._stopping():
            attempt += 1
            record, cases = self._power_on(board, boot, attempt, cases)
            if record.ended != "stopped" and not record.finished:
                self._give_up(record, cases)
                cases = []
            self._records.put(record)

    def _earlier_attempts(self, boot: Boot) -> int:
        """Of a run that is resumed: their consoles are kept."""
        name = re.compile(rf"{re.escape(boot.name)}\.([0-9]+)\.(?:plan|log)")
        found = [name.fullmatch(entry.name) for entry in self._consoles.iterdir()]
        return max((int(match[1]) for match in found if match), default=0)

    def _power_on(self, board: Board, boot: Boot, attempt: int, cases: list[PlannedCase]
                  ) -> tuple[BootRecord, list[PlannedCase]]:
        stem = f"{boot.name}.{attempt}"
        plan = self._consoles / f"{stem}.plan"
        plan.write_text(plan_text(board, boot, cases))
        record = BootRecord(boot.name, attempt, board.name, self._consoles / f"{stem}.log")
        session = Session(board, record, cases, self._records.put, self._stopping, self._epoch)
        session.run(self._system.launch(boot, plan))
        return record, list(session.remaining.values())

    def _give_up(self, record: BootRecord, cases: list[PlannedCase]) -> None:
        """A power-on that came to no case would come to none again."""
        reason = PREFIX.get(record.ended, "") + (record.reason or "the guest ran no case")
        for case in cases:
            self._records.put(CaseRecord(
                case.id, record.boot, record.attempt, record.board, Outcome.ERROR, reason,
                record.ended, started_s=record.started_s))


def plan_text(board: Board, boot: Boot, cases: Sequence[PlannedCase]) -> str:
    """What the guest reads: what it may touch, then what it shall run."""
    lines = [f"device {device.bdf} {device.model} gsi={device.gsi}"
             + (f" late={late}" if (late := MODELS[device.model].late_us) else "") + (" host=1" if device.host else "")
             for device in board.devices(boot.variant)]
    lines += [f"uart irq={irq} port={uart_port(irq)}" for irq in board.uarts(boot.variant)]
    if unguarded := board.unguarded(boot.variant):
        lines.append(f"board unguarded={','.join(unguarded)}")
    return "".join(f"{line}\n" for line in [*lines, *(case.plan_line for case in cases)])


def check(boots: Sequence[Boot]) -> None:
    """RunError for what would fail or mislead only later."""
    names = [boot.name for boot in boots]
    ids = [case.id for boot in boots for case in boot.cases]
    for what, seen in (("boot", names), ("case", ids)):
        if twice := {name for name in seen if seen.count(name) > 1}:
            raise RunError(f"{what} {sorted(twice)[0]} is listed twice; give each its own name")
    for boot in boots:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", boot.name):
            raise RunError(f"boot {boot.name!r}: its name becomes a file name; use A-Z a-z 0-9 _ . -")
        for case in boot.cases:
            if "\n" in case.plan_line or not case.id or case.limit_s <= 0:
                raise RunError(f"case {case.id!r}: needs an id, one plan line and a limit above 0 s")


__all__ = ["Boot", "BootRecord", "CaseRecord", "Engine", "PlannedCase", "Record", "RunError",
           "plan_text"]

# SPDX-License-Identifier: GPL-2.0-only
"""The real Gate over an engine that only plays records: a gate of milliseconds, to be killed."""

import functools
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab import boardfile
from lab.records import BootRecord, CaseRecord, CaseStarted
from reports.ktap import Check, Outcome
from suites import gate, known
from suites.matrix import Case, load_boots, load_suite
from tests.gate_run import BOARD, ROOT

SEED = 77
OUTCOMES = (Outcome.PASS, Outcome.FAIL, Outcome.ERROR, Outcome.SKIP)


@functools.cache
def all_cases() -> tuple[Case, ...]:
    return tuple(load_suite(ROOT / "suites/hung/suite.yaml", load_boots()))


def cases(count: int) -> list[Case]:
    return list(all_cases()[:count])


# YAML takes most of the time of a gate that has no boards.
load_board, load_known = functools.cache(boardfile.load), functools.cache(known.load)


def outcome(case: str) -> Outcome:
    """Always the same for a case."""
    return OUTCOMES[sum(case.encode()) % len(OUTCOMES)]


class FakeSystem:
    """Nothing of it is booted."""

    kind, version, sha256 = "xen", "4.17.5", "ab" * 32

    def __init__(self, image: Path) -> None:
        self.path = self.guest = image
        self.images = {"hypervisor": image, "guest": image}


class FakeSubject:
    kind, options, name, words = "xen", "loglvl=all", "xen.gz", []

    def __init__(self, image: Path) -> None:
        self._image = image

    def load(self) -> FakeSystem:
        return FakeSystem(self._image)


class FakeEngine:
    """Notes in `executed` which case it begins with, as a board would play it, and leaves a plan a boot."""

    executed = Path()
    pause_s = 0.0

    def __init__(self, boots: Any, consoles: Path, **_: Any) -> None:
        self._boots, self._consoles = boots, consoles
        consoles.mkdir(exist_ok=True)

    def __enter__(self) -> "FakeEngine":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def records(self) -> Iterator[Any]:
        for boot in self._boots:
            attempt = 1 + len(list(self._consoles.glob(f"{boot.name}.*.plan")))
            (self._consoles / f"{boot.name}.{attempt}.plan").touch()
            for case in boot.cases:
                with self.executed.open("a") as file:
                    file.write(f"{case.id}\n")
                yield CaseStarted(case.id, "board0")
                time.sleep(self.pause_s)
                how = outcome(case.id)
                yield CaseRecord(case.id, boot.name, attempt, "board0", how, "a reason", checks=[
                    Check(case.id, 1, how is not Outcome.FAIL, "S dom 2: lost 0, expected 0")], console="x" * 300)
            yield BootRecord(boot.name, attempt, "board0", Path("console"), ended="end")


def play(out: Path, count: int, pause_s: float = 0.0, resume: bool = False, image: Path = BOARD,
         **options: Any) -> gate.Gate:
    """A whole run into `out`, its reports too, in this process."""
    FakeEngine.executed, FakeEngine.pause_s = out.parent / "executed", pause_s
    option = {"lg_env": str(BOARD), "append": "", "wrong": False, "cpus": 0, "seed": None if resume else SEED,
              "out": out, "boards": 1, "nightly": False, "hv": None, "resume": str(out) if resume else None,
              "baseline": [], "history": out.parent / "history.db", "cache": out.parent / "cache"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boardfile, "load", load_board)
        patch.setattr(known, "load", load_known)
        patch.setattr(gate, "open_boards", lambda *_: [SimpleNamespace(close=lambda: None)])
        patch.setattr(gate, "Engine", FakeEngine)
        run = gate.Gate(SimpleNamespace(option=SimpleNamespace(**option | options, xen=None)))
        run.subject = FakeSubject(image)
        for _ in run.run(cases(count)):
            pass
        run.finish()
    return run


def as_process(work: Callable[[], Any]) -> int:
    """Forked: kill -9 is as real for it as for any runner, and costs no start of Python."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def die_after(count: int) -> None:
    """kill -9 of this process as soon as so many bytes of whatever file have been written."""
    write, left = os.write, [count]

    def cut(descriptor: int, data: Any) -> int:
        done = write(descriptor, bytes(data)[:left[0]])
        left[0] -= done
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    os.write = cut

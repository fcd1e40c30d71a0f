# SPDX-License-Identifier: GPL-2.0-only
"""Tells a hung board from a slow host: only time in which the host let QEMU run counts.

Each thread of QEMU has, in /proc/<pid>/task/<tid>/schedstat, the nanoseconds it ran and those it
stood ready on a run queue (Documentation/scheduler/sched-stats.rst). A vCPU that waits there is
not hung, so board time is wall time less the longest such wait of any one thread.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

WALL_FACTOR = 6.0  # a limit of 10 s ends after 60 s on the wall, however starved the board is
SAMPLES = 3
SAMPLE_GAP_S = 0.05

RIP = re.compile(r"\b[RE]IP=([0-9a-f]{8,16})")
HALTED = re.compile(r"\bHLT=1")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds since the watchdog was last fed."""

    wall: float
    cpu: float  # of all threads together, so it may exceed `wall`
    starved: float

    @property
    def board(self) -> float:
        return max(0.0, self.wall - self.starved)


@dataclass(frozen=True, slots=True)
class Verdict:
    kind: str  # "hung" or "slow"
    spent: Spent
    limit: float
    silent: float  # wall seconds since the last console byte
    cpus: str = ""  # where the vCPUs stand, if they were asked

    def __str__(self) -> str:
        spent = self.spent
        if self.kind == "slow":
            return (f"no end after {spent.wall:.1f} s wall (limit {self.limit:g} s of board "
                    f"time), but starved by the host for {spent.starved:.1f} s")
        quiet = f"silent for {self.silent:.1f} s" if self.silent >= 1 else "still printing"
        text = (f"no end after {spent.board:.1f} s of board time (limit {self.limit:g} s), {quiet}, "
                f"used {spent.cpu:.1f} s of CPU, starved {spent.starved:.1f} s")
        return f"{text}, {self.cpus}" if self.cpus else text


def decide(spent: Spent, limit: float, silent: float) -> Verdict | None:
    """None while the board may go on."""
    if spent.board >= limit:
        return Verdict("hung", spent, limit, silent)
    if spent.wall >= limit * WALL_FACTOR:
        return Verdict("slow", spent, limit, silent)
    return None


def schedstat(pid: int, proc: Path = Path("/proc")) -> dict[int, tuple[int, int]]:
    """Per thread: nanoseconds run, nanoseconds waited. Empty where the kernel does not tell."""
    found = {}
    try:
        tasks = list((proc / str(pid) / "task").iterdir())
    except OSError:
        return {}
    for task in tasks:
        try:
            run, wait, _ = (task / "schedstat").read_text().split()
            found[int(task.name)] = (int(run), int(wait))
        except (OSError, ValueError):
            continue  # the thread has just ended
    return found


class Watchdog:
    """Fed at each sign of progress; check() in between says whether the limit is used up."""

    def __init__(self, pid: int, clock: Callable[[], float] = time.monotonic,
                 read: Callable[[int], dict[int, tuple[int, int]]] = schedstat) -> None:
        self._pid, self._clock, self._read = pid, clock, read
        self._heard = clock()
        self.feed()

    def feed(self) -> None:
        """Progress: the time starts anew."""
        self._start, self._base = self._clock(), self._read(self._pid)

    def heard(self) -> None:
        """The console said something. No progress, but evidence."""
        self._heard = self._clock()

    def spent(self) -> Spent:
        runs, waits = [0.0], [0.0]
        for tid, (run, wait) in self._read(self._pid).items():
            base_run, base_wait = self._base.get(tid, (0, 0))
            runs.append(max(0, run - base_run) / 1e9)
            waits.append(max(0, wait - base_wait) / 1e9)
        return Spent(self._clock() - self._start, sum(runs), max(waits))

    def check(self, limit: float) -> Verdict | None:
        now = self._clock()
        if now - self._start < limit:
            return None  # saves reading /proc: board time is never more than wall time
        return decide(self.spent(), limit, now - self._heard)


def sample_cpus(qmp: Callable[..., Any], sleep: Callable[[float], None] = time.sleep) -> str:
    """Where each vCPU stands, e.g. "cpu0 at rip ffff82d040322009 (3 of 3 samples equal)".

    Stopped for each look: TCG writes the program counter back only when it leaves its
    translated code, which a tight loop never does.
    """
    cpus = [int(cpu["cpu-index"]) for cpu in qmp("query-cpus-fast")]
    seen: dict[int, list[str]] = {cpu: [] for cpu in cpus}
    halted = dict.fromkeys(cpus, 0)
    for turn in range(SAMPLES):
        if turn:
            qmp("cont")
            sleep(SAMPLE_GAP_S)
        qmp("stop")
        for cpu in cpus:
            text = str(qmp("human-monitor-command",
                           **{"command-line": "info registers", "cpu-index": cpu}))
            seen[cpu] += RIP.findall(text)[:1]
            halted[cpu] += bool(HALTED.search(text))
    qmp("cont")
    return ", ".join(describe_cpu(cpu, rips, halted[cpu]) for cpu, rips in seen.items())


def with_cpus(verdict: Verdict, cpus: str) -> Verdict:
    return replace(verdict, cpus=cpus)


def describe_cpu(cpu: int, rips: list[str], halted: int) -> str:
    if not rips:
        return f"cpu{cpu} tells no rip"
    common = max(rips, key=rips.count)
    asleep = ", halted" if halted == len(rips) else ""
    return f"cpu{cpu} at rip {common} ({rips.count(common)} of {len(rips)} samples equal{asleep})"

# SPDX-License-Identifier: GPL-2.0-only
"""Hung, slow, or neither: with figures made up, and with the kernel's own."""

import os
import threading
import time

import pytest

from lab.watchdog import Spent, Watchdog, decide, sample_cpus, schedstat


@pytest.mark.parametrize("wall, starved, kind", [
    (9.9, 0.0, None), (10.0, 0.0, "hung"), (30.0, 20.0, "hung"), (30.0, 20.1, None),
    (59.9, 55.0, None), (60.0, 55.0, "slow"), (60.0, 0.0, "hung"),
])
def test_decide(wall: float, starved: float, kind: str | None) -> None:
    verdict = decide(Spent(wall, 1.0, starved), 10.0, 5.0)
    assert (verdict.kind if verdict else None) == kind


def test_texts() -> None:
    hung = decide(Spent(12.0, 11.5, 1.0), 10.0, 9.0)
    slow = decide(Spent(60.0, 2.0, 55.0), 10.0, 0.0)
    assert str(hung) == ("no end after 11.0 s of board time (limit 10 s), silent for 9.0 s, "
                         "used 11.5 s of CPU, starved 1.0 s")
    assert str(slow) == ("no end after 60.0 s wall (limit 10 s of board time), "
                         "but starved by the host for 55.0 s")


def test_watchdog_counts_the_worst_thread_from_the_last_feed() -> None:
    now, stat = [100.0], {1: (0, 0), 2: (0, int(50e9))}
    dog = Watchdog(1, lambda: now[0], lambda pid: dict(stat))
    now[0] += 4
    stat.update({1: (int(3e9), int(1e9)), 2: (int(1e9), int(52e9)), 3: (0, 0)})
    assert dog.spent() == Spent(4.0, 4.0, 2.0)
    assert dog.check(2.1) is None
    assert dog.check(2.0)
    dog.feed()
    assert dog.spent() == Spent(0.0, 0.0, 0.0) and dog.check(2.0) is None


def test_schedstat_of_a_busy_thread() -> None:
    def spin() -> None:
        while not done.is_set():
            pass

    done = threading.Event()
    thread = threading.Thread(target=spin)
    dog = Watchdog(os.getpid())
    thread.start()
    time.sleep(0.2)
    spent = dog.spent()
    done.set()
    thread.join()
    assert spent.cpu + spent.starved > 0.1
    assert schedstat(2**31 - 1) == {}


def test_samples() -> None:
    asked = []

    def qmp(command: str, **arguments: object) -> object:
        asked.append(command)
        if command == "query-cpus-fast":
            return [{"cpu-index": 0}, {"cpu-index": 1}]
        moving = f"RIP=ffff82d04032200{len(asked) % 10} HLT=0"
        return moving if arguments.get("cpu-index") == 0 else "EIP=0000fff0 HLT=1"

    told = sample_cpus(qmp, sleep=lambda _: None)
    assert told.startswith("cpu0 at rip ffff82d0403220") and "(1 of 3 samples equal)" in told
    assert told.endswith("cpu1 at rip 0000fff0 (3 of 3 samples equal, halted)")
    assert asked.count("stop") == asked.count("cont") == 3
    assert sample_cpus(lambda *a, **k: [{"cpu-index": 0}] if "query" in a[0] else "",
                       sleep=lambda _: None) == "cpu0 tells no rip"

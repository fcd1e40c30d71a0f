# SPDX-License-Identifier: GPL-2.0-only
"""Plays a whole gate as a process of its own, and reads what it has left."""

import json
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.process import Process
from reports.files import ReportError
from reports.journal import read_journal
from reports.model import CaseResult, RunInfo
from suites.subject import TOP

BOARDS = {"xen": "lab/boards/q35-xen.yaml", "kvm": "lab/boards/q35-kvm.yaml"}  # by kind of hypervisor
POLL_S = 0.2
TOLD = 2000  # characters of a gate's last words


class PlayError(Exception):
    """The gate could not be played: its own last words."""


class Stopped(Exception):
    """Somebody wants to stop."""


@dataclass(frozen=True)
class Played:
    """One gate, as its own files tell it."""

    wall_s: float
    status: int  # pytest's
    info: RunInfo
    results: Sequence[CaseResult]
    summary: dict[str, Any]

    @property
    def verdicts(self) -> dict[str, str]:
        """A failure that a finding explains is another verdict than one that nothing explains."""
        return {result.case: "known" if result.known else result.outcome.value for result in self.results}


def play(hypervisor: str, folder: Path, args: Sequence[str] = (), stopping: threading.Event | None = None) -> Played:
    """`hypervisor` is its kind, `folder` a new one for the run, `args` go to pytest. Cannot outlive its caller."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    console = folder.with_name(f"{folder.name}.out")
    argv = [sys.executable, "-B", "-m", "pytest", "suites", "--lg-env", BOARDS[hypervisor], "--out", str(folder), *args]
    began = time.monotonic()
    process = Process(argv, cwd=TOP, output=console)
    try:
        while not process.wait(POLL_S):
            if stopping and stopping.is_set():
                raise Stopped
    finally:
        process.kill()
    wall = time.monotonic() - began
    try:
        info, results = read_journal(folder / "results.jsonl")
        summary = json.loads((folder / "summary.json").read_text())
    except (ReportError, OSError, ValueError) as error:
        told = console.read_text(errors="replace").strip()[-TOLD:]
        raise PlayError(f"the gate left no results ({error}):\n{told}") from error
    console.unlink()
    return Played(wall, process.status or 0, info, results, summary)


def differing(runs: Sequence[dict[str, str]]) -> list[str]:
    """Cases whose verdict was not the same in all runs; a case that is missing in one is another verdict too."""
    cases = {case for run in runs for case in run}
    return sorted(case for case in cases if len({run.get(case) for run in runs}) > 1)

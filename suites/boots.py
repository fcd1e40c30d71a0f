# SPDX-License-Identifier: GPL-2.0-only
"""boots.jsonl: how each power-on of a run went, on the disk as it ends, so that a resumed run has those of all its parts."""

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab.records import BootRecord
from reports.files import ReportError, explain

FILE = "boots.jsonl"
PLAN = re.compile(r"(?P<name>.+)\.(?P<attempt>[0-9]+)\.plan")


class BootLog:
    """Of one run folder. `boots` are those of summary.json."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / FILE
        self.boots: list[dict[str, Any]] = []

    def resume(self) -> None:
        """Take over what earlier parts have left; power-ons that were cut short have a plan, but no line."""
        try:
            text = self._path.read_bytes() if self._path.exists() else b""
            plans = sorted((self._folder / "consoles").glob("*.plan"))
        except OSError as error:
            raise ReportError(explain(self._path, error)) from error
        for line in text.splitlines():
            with suppress(ValueError):  # a torn one
                self.boots.append(json.loads(line))
        there = {(boot["name"], boot["attempt"]) for boot in self.boots}
        for match in filter(None, (PLAN.fullmatch(plan.name) for plan in plans)):
            name, attempt = match["name"], int(match["attempt"])
            if (name, attempt) not in there:
                self.add(BootRecord(name, attempt, "", Path(), ended="cut short", reason="the run ended before it"))

    def add(self, record: BootRecord) -> None:
        summary = {"name": record.boot, "attempt": record.attempt, "board": record.board, "ended": record.ended,
                   "reason": record.reason, "ktap_s": record.ktap_s, "verdict_s": record.verdict_s,
                   "duration_s": record.duration_s}
        self._append(json.dumps(summary).encode("ascii") + b"\n")
        self.boots.append(summary)

    def _append(self, line: bytes) -> None:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                size = os.fstat(descriptor).st_size
                if size and os.pread(descriptor, 1, size - 1) != b"\n":
                    line = b"\n" + line  # behind a torn one
                while line:
                    line = line[os.write(descriptor, line):]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ReportError(f"{explain(self._path, error)}, then go on: RESUME={self._folder}") from error

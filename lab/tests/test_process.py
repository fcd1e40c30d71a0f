# SPDX-License-Identifier: GPL-2.0-only
"""The first thread of a board goes before the others, as far as the host allows."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.process import NICE, Process


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Process]:
    process = Process(["sleep", "60"], cwd=tmp_path, output=tmp_path / "out")
    yield process
    process.kill()


def refuse(*args: Any) -> None:
    raise PermissionError


def test_in_real_time(child: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(os, "sched_setscheduler", lambda *args: asked.append(args[:2]))
    monkeypatch.setattr(os, "setpriority", refuse)
    child.hurry()
    assert asked == [(child.pid, os.SCHED_FIFO)]


def test_or_by_its_nice_value(child: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    monkeypatch.setattr(os, "setpriority", lambda *args: asked.append(args))
    child.hurry()
    assert asked == [(os.PRIO_PROCESS, child.pid, NICE)]


def test_or_not_at_all(child: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    monkeypatch.setattr(os, "setpriority", refuse)
    child.hurry()
    assert child.status is None


def test_one_that_has_ended(child: Process) -> None:
    child.kill()
    child.hurry()

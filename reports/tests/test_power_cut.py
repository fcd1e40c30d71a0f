# SPDX-License-Identifier: GPL-2.0-only
"""The controller is reset: of files and names that is left which somebody had synced, and a run goes on from there."""

import os
import stat
from pathlib import Path

import pytest

from reports.files import make_folder
from reports.journal import Journal, read_journal
from reports.tests.samples import INFO, some_results

RESULTS = some_results()


class Disk:
    """What is on the disk for certain: data of files as of their last fsync(), names of a folder as of its own."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.data: dict[int, bytes] = {}
        self.names: dict[int, dict[str, os.stat_result]] = {}
        monkeypatch.setattr(os, "fsync", self.fsync)

    def fsync(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            self.names[found.st_ino] = {name: os.stat(name, dir_fd=descriptor) for name in os.listdir(descriptor)}
        else:
            self.data[found.st_ino] = Path(f"/proc/self/fd/{descriptor}").read_bytes()

    def after_reset(self, to: Path) -> Path:
        self._copy(os.stat(self.root), to)
        return to

    def _copy(self, found: os.stat_result, to: Path) -> None:
        if stat.S_ISDIR(found.st_mode):
            to.mkdir()
            for name, entry in self.names.get(found.st_ino, {}).items():
                self._copy(entry, to / name)
        else:
            to.write_bytes(self.data.get(found.st_ino, b""))


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    root = tmp_path / "disk"
    root.mkdir()
    return Disk(root, monkeypatch)


def goes_on(folder: Path, told: int) -> None:
    path = folder / "runs" / "one" / "results.jsonl"
    assert read_journal(path) == (INFO, RESULTS[:told])
    with Journal.resume(path) as journal:
        for result in RESULTS[told:]:
            journal.append(result)
    assert read_journal(path) == (INFO, RESULTS)


def test_a_reset_after_each_result(disk: Disk, tmp_path: Path) -> None:
    run = disk.root / "runs" / "one"
    make_folder(run)
    with Journal.create(run / "results.jsonl", INFO) as journal:
        goes_on(disk.after_reset(tmp_path / "0"), 0)
        for told, result in enumerate(RESULTS, 1):
            journal.append(result)
            goes_on(disk.after_reset(tmp_path / str(told)), told)


def test_a_reset_in_the_midst_of_a_resumed_run(disk: Disk, tmp_path: Path) -> None:
    run = disk.root / "runs" / "one"
    make_folder(run)
    with Journal.create(run / "results.jsonl", INFO) as journal:
        journal.append(RESULTS[0])
    with open(run / "results.jsonl", "ab") as file:
        file.write(b'{"case": "torn')
    with Journal.resume(run / "results.jsonl") as journal:
        goes_on(disk.after_reset(tmp_path / "before"), 1)
        journal.append(RESULTS[1])
        goes_on(disk.after_reset(tmp_path / "behind"), 2)


def test_what_nobody_synced_is_lost(disk: Disk, tmp_path: Path) -> None:
    """The model itself: without it the tests above could not fail."""
    (disk.root / "a").write_text("a")
    assert not list(disk.after_reset(tmp_path / "names").iterdir())
    make_folder(disk.root / "b")
    (disk.root / "b" / "c").write_text("c")
    there = disk.after_reset(tmp_path / "data")
    assert (there / "a").read_text() == "" and not list((there / "b").iterdir())

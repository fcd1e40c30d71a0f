# SPDX-License-Identifier: GPL-2.0-only
"""The journal of a run, results.jsonl: one line a finished case, on the disk as the case ends."""

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reports.files import ReportError, explain, sync_folder
from reports.model import CaseResult, RunInfo

FORMAT = "lifeline-journal"
VERSION = 2
READABLE = (1, 2)  # version 1 has fewer fields


class JournalError(ReportError):
    """The journal cannot be kept or read; the message names the file, the cause and the cure."""


class Journal:
    """Append-only. Made by `create` for a new run, by `resume` for one that was interrupted."""

    def __init__(self, path: Path, mode: str) -> None:
        self.path = path
        try:
            # Unbuffered: what append() has returned from is out of this process.
            self._file = open(path, mode, buffering=0)
        except OSError as error:
            raise self._failure(error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise JournalError(f"{path}: another run writes it: wait for its end, or name another folder") from error

    @classmethod
    def create(cls, path: Path, info: RunInfo) -> "Journal":
        """A new journal; one that is already there is never overwritten. It is there with its header or not at all,
        so that what is there can be resumed."""
        draft = _draft(path)
        with suppress(OSError):
            draft.unlink()
        journal = cls(draft, "xb")
        try:
            journal._write({"format": FORMAT, "version": VERSION, "run": asdict(info)})
            os.link(draft, path)  # unlike a rename, not over another
            draft.unlink()
            sync_folder(path.parent)
        except (JournalError, OSError) as error:
            journal.close()
            with suppress(OSError):
                draft.unlink()
            raise JournalError(f"{explain(path, error.__cause__ or error)}, then start the run again") from error
        journal.path = path
        return journal

    @classmethod
    def resume(cls, path: Path) -> "Journal":
        """Go on after the last whole line; a torn one is cut off, for the next would join it."""
        _whole_lines(path)  # a folder that has no journal does not get one here
        journal = cls(path, "ab")
        with suppress(OSError):
            _draft(path).unlink()  # a second name, if create() was killed between its last steps
        try:
            # Once more, now that nobody else writes.
            os.ftruncate(journal._file.fileno(), sum(len(line) for line in _whole_lines(path)))
        except OSError as error:
            journal.close()
            raise journal._failure(error) from error
        except JournalError:
            journal.close()
            raise
        return journal

    def append(self, result: CaseResult) -> None:
        self._write(result.to_dict())

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, record: dict[str, Any]) -> None:
        # ASCII escapes: a lone surrogate or a line separator in a text cannot break the line.
        line = memoryview(json.dumps(record).encode("ascii") + b"\n")
        descriptor = self._file.fileno()
        try:
            before = os.fstat(descriptor).st_size
            while line:
                line = line[os.write(descriptor, line):]
            os.fsync(descriptor)
        except OSError as error:
            # Best effort to leave whole lines behind; read_journal() copes where this fails.
            with suppress(OSError):
                os.ftruncate(descriptor, before)
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> JournalError:
        return JournalError(f"{explain(self.path, error)}, then go on: RESUME={self.path.parent}")


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def read_journal(path: Path) -> tuple[RunInfo, list[CaseResult]]:
    """The run and its results; of two lines for a case (a resumed run) the later one counts."""
    header, *records = [json.loads(line) for line in _whole_lines(path)]
    results: dict[str, CaseResult] = {}
    try:
        if header["format"] != FORMAT or header["version"] not in READABLE:
            raise ValueError(f"version {header['version']} of {header['format']}")
        info = RunInfo.from_dict(header["run"])
        for record in records:
            result = CaseResult.from_dict(record)
            results[result.case] = result
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"{path}: not a journal of this format ({error}): start a new run") \
            from error
    return info, list(results.values())


def _whole_lines(path: Path) -> list[bytes]:
    """All lines but a torn last one: without its newline, or not JSON after a power cut."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise JournalError(explain(path, error)) from error
    if lines and not (lines[-1].endswith(b"\n") and _is_json(lines[-1])):
        lines.pop()
    for number, line in enumerate(lines, 1):
        if not _is_json(line):
            raise JournalError(f"{path}: line {number} is damaged: start a new run")
    if not lines:
        raise JournalError(f"{path}: the first line is missing: start a new run")
    return lines


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True

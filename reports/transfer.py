# SPDX-License-Identifier: GPL-2.0-only
"""Into the history and out of it: journals of runs, and files of JSON lines that carry a history elsewhere.

The file: a header, then for each run a line {"run": {...}}, and behind it a line a result. Whatever is in it may be
hostile: a line that is not as it must be is told, and nothing of the file is taken.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from reports.files import ReportError, explain
from reports.history import MAX_FIGURES, RUN, WORDS, History, HistoryError, Row, run_fields, to_row
from reports.journal import read_journal
from reports.text import clean

FORMAT = "lifeline-history"
VERSION = 1
JOURNAL = "results.jsonl"
MOST = 2**62  # of a number: SQLite's end at 2^63
FIGURES = ("duration_ms", "gap_us", "bound_us", "lost")


def journals_below(path: Path) -> list[Path]:
    """The journals that a path names: itself, a run's, or those of all runs in a folder."""
    if not path.is_dir():
        return [path]
    if (path / JOURNAL).exists():
        return [path / JOURNAL]
    found = [folder / JOURNAL for folder in path.iterdir() if not folder.is_symlink()]
    return sorted(chain((name for name in found if name.exists()),
                        (path / "xen").glob(f"*/{JOURNAL}"), (path / "kvm").glob(f"*/{JOURNAL}")))


def bring_in(history: History, paths: list[Path]) -> Iterator[str]:
    """Import what the paths name. A line for each that could not be, and one of what was."""
    files = [file for path in paths for file in journals_below(path)]
    if not files:
        yield f"{', '.join(map(str, paths))}: no {JOURNAL} there: name a run's folder, or the folder of many"
    exported = [file for file in files if _is_export(file)]
    runs, results, new = 0, 0, 0
    failed: list[str] = []
    journals = _journals([file for file in files if file not in exported], failed)
    for source in [journals, *map(read_export, exported)]:
        try:
            added = history.add(source)
            runs, results, new = runs + added[0], results + added[1], new + added[2]
        except ReportError as error:
            failed.append(str(error))
    yield from failed
    yield f"{history.path}: {runs} runs with {results} results taken in, {new} of them new"


def _journals(files: list[Path], failed: list[str]) -> Iterator[tuple[dict[str, Any], list[Row]]]:
    for file in files:
        try:
            info, results = read_journal(file)
            yield run_fields(info), [to_row(result) for result in results]
        except (ReportError, ValueError, TypeError, AttributeError) as error:
            failed.append(str(error) if isinstance(error, ReportError) else f"{file}: no journal ({error}): left out")


def _is_export(path: Path) -> bool:
    with suppress(OSError), open(path, "rb") as file:
        return FORMAT.encode() in file.readline(200)
    return False


def read_export(path: Path) -> Iterator[tuple[dict[str, Any], Iterator[Row]]]:
    """The runs of a file, each with its results as they are read: a million need no memory."""
    try:
        with open(path, "rb") as file:
            lines = _Lines(path, file)
            header = lines.next()
            if (header.get("format"), header.get("version")) != (FORMAT, VERSION):
                raise lines.error(f"not {FORMAT} of version {VERSION}")
            lines.next()
            while lines.record is not None:
                if "run" not in lines.record:
                    raise lines.error("a result before any run")
                fields = lines.checked(_run, lines.record["run"])
                lines.next()
                yield fields, _rows(lines)
    except OSError as error:
        raise HistoryError(explain(path, error)) from error


class _Lines:
    """The records of a file, one ahead; None at the end."""

    def __init__(self, path: Path, file: Any) -> None:
        self.path, self._file = path, file
        self.number = 0
        self.record: dict[str, Any] | None = None

    def next(self) -> dict[str, Any]:
        line = self._file.readline()
        self.number += 1
        self.record = self.checked(_object, line) if line else None
        return self.record or {}

    def checked(self, make: Any, value: Any) -> Any:
        try:
            return make(value)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise self.error(f"{type(error).__name__}: {clean(str(error))[:100]}") from error

    def error(self, what: str) -> HistoryError:
        return HistoryError(f"{self.path}: line {self.number} is damaged ({what}): export it again")


def _rows(lines: _Lines) -> Iterator[Row]:
    while lines.record is not None and "run" not in lines.record:
        yield lines.checked(_row, lines.record)
        lines.next()


def _object(line: bytes) -> dict[str, Any]:
    found = json.loads(line)
    if type(found) is not dict:
        raise ValueError("no object")
    return found


def _run(fields: Mapping[str, Any]) -> dict[str, Any]:
    if _whole(fields["seed"]) is None:
        raise ValueError("no seed")
    return {name: fields[name] if name == "seed" else clean(fields[name]) for name in RUN}


def _row(fields: Mapping[str, Any]) -> Row:
    word, finding = fields["word"], fields.get("finding")
    if word not in WORDS:
        raise ValueError(f"outcome {word!r}")
    duration, *others = [_whole(fields.get(name)) for name in FIGURES]
    figures = {_name(name): _whole(value) for name, value in fields.get("figures", {}).items()}
    if None in figures.values() or len(figures) > MAX_FIGURES:
        raise ValueError("figures")
    return Row(clean(fields["case"]), word, finding and clean(finding), duration or 0, *others, figures)


@lru_cache(4096)
def _name(text: str) -> str:
    """Of a figure: the same few in a million lines."""
    return clean(text)


def _whole(value: Any) -> int | None:
    if value is not None and (type(value) is not int or not -MOST < value < MOST):
        raise ValueError("not a number")
    return value


def write_export(history: History, path: Path) -> int:
    """All of the history; how many results that were. A reader sees the whole file or none."""
    draft = path.with_name(f".{path.name}.new")
    count = 0
    try:
        with open(draft, "w", encoding="ascii", newline="\n") as file:
            file.write(json.dumps({"format": FORMAT, "version": VERSION}) + "\n")
            for run, rows in history.everything():
                file.write(json.dumps({"run": run}) + "\n")
                file.writelines(json.dumps(_told(row)) + "\n" for row in rows)
                count += len(rows)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        raise HistoryError(explain(path, error)) from error
    finally:
        with suppress(OSError):
            draft.unlink()
    return count


def _told(row: Row) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in row.__slots__}
    return {name: value for name, value in fields.items() if value not in (None, {})}

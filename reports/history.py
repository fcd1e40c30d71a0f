# SPDX-License-Identifier: GPL-2.0-only
"""The history: the results of all runs in one SQLite file, small enough to keep for ever.

A result is a row of figures; checks, consoles and timelines stay in the run's folder. A run is known by its id, start,
board, hypervisor and seed: imported again it replaces itself, so that one that was resumed is whole, and none counts twice.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reports.files import ReportError
from reports.measures import figure
from reports.model import CaseResult, Hypervisor, RunInfo
from reports.text import clean

APPLICATION = 0x4C464C4E  # "LFLN", in the file's header
VERSION = 1
WORDS = ("PASS", "FAIL", "ERROR", "SKIP", "known")
BATCH = 50_000
TREND_RUNS = 100  # that are looked through for a case's last results
MAX_FIGURES = 256  # of a result; more is no measurement but a flood
KEY = ("name", "started", "board", "sha256", "seed")
RUN = (*KEY, "kind", "version", "file", "guest_sha256", "append")

# `figures`: {"<id of a series>": value}, as JSON, which SQLite's json_each() reads. A WITHOUT ROWID table in the order in
# which runs come takes a million rows in seconds; the one index is for asking by case.
SCHEMA = f"""
CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT NOT NULL, started TEXT NOT NULL, board TEXT NOT NULL,
    sha256 TEXT NOT NULL, seed INTEGER NOT NULL, kind TEXT NOT NULL, version TEXT NOT NULL, file TEXT NOT NULL,
    guest_sha256 TEXT NOT NULL, append TEXT NOT NULL, UNIQUE ({', '.join(KEY)}));
CREATE TABLE cases (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE result (run INTEGER NOT NULL REFERENCES run, case_id INTEGER NOT NULL REFERENCES cases, word TEXT NOT NULL,
    finding TEXT, duration_ms INTEGER NOT NULL, gap_us INTEGER, bound_us INTEGER, lost INTEGER, figures TEXT NOT NULL,
    PRIMARY KEY (run, case_id)) WITHOUT ROWID;
CREATE INDEX result_case ON result (case_id, run);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""


class HistoryError(ReportError):
    """The history cannot be used; the message names the file, the cause and the cure."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of a result."""

    case: str
    word: str
    finding: str | None = None
    duration_ms: int = 0
    gap_us: int | None = None
    bound_us: int | None = None
    lost: int | None = None
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A case's result in an earlier run."""

    run: str
    sha256: str
    release: str  # as RunInfo has it, e.g. xen-4.17
    word: str
    gap_us: int | None
    figures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Trend:
    """A case's newest results, oldest first."""

    runs: tuple[str, ...]
    words: tuple[str, ...]
    gaps_us: tuple[int | None, ...]


def to_row(result: CaseResult) -> Row:
    gaps, lost, figures = [], [], {}
    for data in result.data:
        if (gap := figure(data.get("gap_us"))) is not None:
            gaps.append((gap, figure(data.get("bound_us"))))
        if (count := figure(data.get("lost"))) is not None:
            lost.append(count)
        where = f"{data.get('sharer')} {data.get('window')}"
        if re.fullmatch(r"[0-9]{1,4} [A-Za-z0-9_.-]{1,24}", where) and len(figures) < MAX_FIGURES:
            figures |= {f"sharer {where} {what}": value for what in ("gap_us", "p50_us")
                        if (value := figure(data.get(what))) is not None}
    gap_us, bound_us = max(gaps, key=lambda pair: pair[0], default=(None, None))
    return Row(clean(result.case), result.word, clean(result.finding) if result.finding else None,
               result.duration_ms, gap_us, bound_us, min(sum(lost), 2**62) if lost else None, figures)


def run_fields(info: RunInfo) -> dict[str, Any]:
    of = info.hypervisor
    found = {"name": info.id, "started": info.started, "board": info.board, "sha256": of.sha256, "seed": info.seed,
             "kind": of.name, "version": of.version, "file": of.file, "guest_sha256": info.guest_sha256,
             "append": info.append}
    return {name: clean(value) if isinstance(value, str) else value for name, value in found.items()}


class History:
    """An open history. All that SQLite has against the file comes out as one HistoryError."""

    def __init__(self, path: Path, create: bool = False) -> None:
        self.path = path
        if not create and not path.exists():
            raise HistoryError(f"{path}: there is no history yet: make gate begins one, and make history IMPORT=build/runs "
                               "takes in what is there")
        with self._told():
            # Another gate may be at its import: that is over in less than these seconds.
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            with self._told():
                self._check(create)
        except HistoryError:
            self.close()
            raise

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> "History":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check(self, create: bool) -> None:
        self._db.execute("PRAGMA cache_size = -65536")
        application, = self._db.execute("PRAGMA application_id").fetchone()
        version, = self._db.execute("PRAGMA user_version").fetchone()
        if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] and not application:
            # Two gates may both find it empty; the second one of them then finds it made.
            self._db.executescript("BEGIN IMMEDIATE; COMMIT;")
            if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
        elif application != APPLICATION:
            raise HistoryError(f"{self.path}: a database of another program: name another file, HISTORY=file")
        elif version != VERSION:
            raise HistoryError(f"{self.path}: a history of version {version}, this Lifeline knows version {VERSION}: "
                               "use the Lifeline that wrote it, or name another file, HISTORY=file")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise HistoryError(f"{self.path}: {error}: {cure(error)}") from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """All of it or nothing."""
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    # -- in

    def add(self, runs: Iterable[tuple[Mapping[str, Any], Iterable[Row]]]) -> tuple[int, int, int]:
        """Runs (see run_fields) with their results, in one transaction: runs, results, and results that are new."""
        with self._writing():
            before = self._count()
            cases = _Names(self._db, "cases")
            series = _Names(self._db, "series")
            of_runs, of_results = 0, 0
            for fields, rows in runs:
                run = self._run(fields)
                of_runs += 1
                for batch in _batches(_record(run, row, cases, series) for row in rows):
                    cases.save()
                    series.save()
                    self._db.executemany("INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", batch)
                    of_results += len(batch)
            return of_runs, of_results, self._count() - before

    def _count(self) -> int:
        return self._db.execute("SELECT count(*) FROM result").fetchone()[0]

    def _run(self, fields: Mapping[str, Any]) -> int:
        values = [fields[name] for name in RUN]
        self._db.execute(f"INSERT OR IGNORE INTO run ({', '.join(RUN)}) VALUES ({', '.join('?' * len(RUN))})", values)
        where = " AND ".join(f"{name} = ?" for name in KEY)
        run, = self._db.execute(f"SELECT id FROM run WHERE {where}", values[:len(KEY)]).fetchone()
        return run

    # -- out

    def everything(self) -> Iterator[tuple[dict[str, Any], list[Row]]]:
        """All runs with their results, oldest first."""
        with self._told():
            series = dict(self._db.execute("SELECT id, name FROM series"))
            columns = ", ".join(RUN)
            for run, *values in self._db.execute(f"SELECT id, {columns} FROM run ORDER BY started, id").fetchall():
                found = self._db.execute(
                    'SELECT name, word, finding, duration_ms, gap_us, bound_us, lost, figures FROM result '
                    'JOIN cases ON id = case_id WHERE run = ?', [run])
                yield dict(zip(RUN, values)), [Row(*row, _figures(figures, series)) for *row, figures in found]

    def seen(self, case: str, like: Mapping[str, Any], last: int) -> list[Seen]:
        """The newest results of a case on such a board, hypervisor and with such options as `like` has, newest first;
        without the run `like` itself, which may be a resumed one."""
        with self._told():
            series = self._series()
            found = self._db.execute(
                # The index and the runs say which are the newest; only those rows are read.
                'SELECT name, sha256, version, word, gap_us, figures FROM '
                '(SELECT run.*, case_id FROM result JOIN run ON run.id = result.run '
                'WHERE case_id = (SELECT id FROM cases WHERE name = ?) AND board = ? AND kind = ? AND append = ? '
                'AND NOT (run.name = ? AND started = ? AND seed = ?) ORDER BY started DESC, run.id DESC LIMIT ?) AS newest '
                'JOIN result ON result.run = newest.id AND result.case_id = newest.case_id '
                'ORDER BY started DESC, newest.id DESC',
                [case, *(like[name] for name in ("board", "kind", "append", "name", "started", "seed")), last])
            return [Seen(run, sha256, Hypervisor(like["kind"], str(version), sha256, "").release, word, gap,
                         _figures(figures, series)) for run, sha256, version, word, gap, figures in found]

    def ever_passed(self, case: str, like: Mapping[str, Any]) -> bool:
        with self._told():
            return self._db.execute(
                'SELECT 1 FROM result JOIN run ON run.id = result.run '
                'WHERE case_id = (SELECT id FROM cases WHERE name = ?) AND word = \'PASS\' AND board = ? AND kind = ? '
                'LIMIT 1', [case, like["board"], like["kind"]]).fetchone() is not None

    def trends(self, like: Mapping[str, Any], cases: Iterable[str], last: int = 20) -> dict[str, Trend]:
        """For each case that has a history on such a board and hypervisor, its last outcomes and gaps, to be drawn. Run by
        run, as they lie in the file, and of the newest TREND_RUNS only: a gate does not wait for an old history."""
        rows: dict[str, list[tuple[str, str, int | None]]] = {case: [] for case in cases}
        with self._told():
            runs = self._db.execute(
                "SELECT id, name FROM run WHERE board = ? AND kind = ? AND append = ? "
                "AND NOT (name = ? AND started = ? AND seed = ?) ORDER BY started DESC, id DESC LIMIT ?",
                [*(like[name] for name in ("board", "kind", "append", "name", "started", "seed")), TREND_RUNS]).fetchall()
            for run, name in runs:
                for _, case, word, gap in self.results_of([run]):
                    if len(rows.get(case, ())) < last and case in rows:
                        rows[case].append((name, word, gap))
                if all(len(of) == last for of in rows.values()):
                    break
        return {case: Trend(*map(tuple, zip(*reversed(of)))) for case, of in rows.items() if of}

    def runs(self) -> list[dict[str, Any]]:
        """All runs, newest first, each with its `id`."""
        with self._told():
            columns = ("id", *RUN)
            return [dict(zip(columns, row)) for row in
                    self._db.execute(f"SELECT {', '.join(columns)} FROM run ORDER BY started DESC, id DESC")]

    def results_of(self, runs: Sequence[int]) -> Iterator[tuple[int, str, str, int | None]]:
        """(run, case, word, gap) of these runs, those of a run together."""
        with self._told():
            for run in runs:
                yield from self._db.execute('SELECT run, name, word, gap_us FROM result JOIN cases ON id = case_id '
                                            "WHERE run = ?", [run])

    def _series(self) -> dict[int, str]:
        return dict(self._db.execute("SELECT id, name FROM series"))


def cure(error: sqlite3.Error) -> str:
    """What to do about what SQLite said."""
    told = str(error)
    if "full" in told:
        return "free space there"
    if "locked" in told or "busy" in told:
        return "another gate is writing there; try again"
    if "open" in told or "readonly" in told:
        return "check that the folder exists and is writable"
    return "damaged, or none of ours; name another file, HISTORY=file, and import the runs again"


class _Names:
    """The ids of names in a table; new ones are kept until they are saved."""

    def __init__(self, db: sqlite3.Connection, table: str) -> None:
        self._db, self._table = db, table
        self._ids: dict[str, int] = {name: number for number, name in db.execute(f"SELECT id, name FROM {table}")}
        self._next = max(self._ids.values(), default=0) + 1
        self._new: list[tuple[int, str]] = []

    def of(self, name: str) -> int:
        number = self._ids.get(name)
        if number is None:
            number = self._ids[name] = self._next
            self._next += 1
            self._new.append((number, name))
        return number

    def save(self) -> None:
        self._db.executemany(f"INSERT INTO {self._table} VALUES (?, ?)", self._new)
        self._new.clear()


def _record(run: int, row: Row, cases: _Names, series: _Names) -> tuple[Any, ...]:
    figures = ",".join([f'"{series.of(name)}":{value}' for name, value in row.figures.items()])
    return (run, cases.of(row.case), row.word, row.finding, row.duration_ms, row.gap_us, row.bound_us, row.lost,
            f"{{{figures}}}")


def _figures(text: str, series: Mapping[int, str]) -> dict[str, int]:
    """Of a file that anyone may have written to: what is no figure is left out."""
    try:
        return {series[int(number)]: int(value) for number, value in json.loads(text).items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _batches(records: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    for record in records:
        batch.append(record)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def keep(path: Path, info: RunInfo, results: Sequence[CaseResult]) -> str:
    """Put a finished run into the history, as well as that can be done: "" or why it was not. Never an exception: the
    verdict of a gate does not hang on its history."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with History(path, create=True) as history:
            history.add([(run_fields(info), [to_row(result) for result in results])])
    except (ReportError, OSError, sqlite3.Error, ValueError) as error:
        return f"not in the history: {error}"
    return ""

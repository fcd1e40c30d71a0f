# SPDX-License-Identifier: GPL-2.0-only
"""The history: nothing counts twice, nothing is lost on the way out and in, and no file can do harm."""

import re
import sqlite3
import time
from dataclasses import replace

import pytest

from reports.history import APPLICATION, VERSION, History, HistoryError, Row, keep, run_fields, to_row
from reports.journal import Journal
from reports.tests.samples import HOSTILE, INFO, case, some_results
from reports.transfer import bring_in, read_export, write_export

NAME = "hung.mask[pos=first,ack=new]"
LIKE = run_fields(replace(INFO, id="now", started="2026-01-01T00:00:00Z"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


def info(number, **fields):
    return replace(INFO, id=f"run{number}", started=f"2025-01-{number:02}T12:00:00Z", **fields)


def journal(folder, run, results):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.jsonl").unlink(missing_ok=True)
    with Journal.create(folder / "results.jsonl", run) as written:
        for result in results:
            written.append(result)
    return folder


def everything(path):
    with History(path) as history:
        return [(run, sorted(rows, key=lambda row: row.case)) for run, rows in history.everything()]


def count(path):
    return sum(len(rows) for _, rows in everything(path))


def test_row_of_a_result():
    data = [{"sharer": "0", "window": "during", "p50_us": "40", "gap_us": "2100", "bound_us": "6600"},
            {"sharer": "1", "window": "during", "p50_us": "x", "gap_us": "9000", "bound_us": "7000"},
            {"sharer": "1", "window": "during", "lost": "3"}, {"sharer": "0", "window": "after", "lost": "1"},
            {"sharer": HOSTILE, "window": "during", "gap_us": "1"}, {"line": "20", "window": "during", "gap_us": "2"}]
    row = to_row(case(NAME, "FAIL", data=data, duration_ms=640, finding="F3"))
    assert row == Row(NAME, "known", "F3", 640, 9000, 7000, 4, {
        "sharer 0 during gap_us": 2100, "sharer 0 during p50_us": 40, "sharer 1 during gap_us": 9000})


def test_a_flood_of_figures_is_cut():
    data = [{"sharer": str(number), "window": "w", "gap_us": "1"} for number in range(9000)]
    assert len(to_row(case(NAME, "PASS", data=data)).figures) <= 257


def test_a_run_counts_once(path):
    for _ in range(3):
        assert keep(path, info(1), some_results()) == ""
    assert count(path) == 5
    assert keep(path, info(2), some_results()) == ""
    assert count(path) == 10


def test_a_resumed_run_grows_and_its_later_verdict_counts(path):
    keep(path, info(1), some_results()[:2])
    keep(path, info(1), [case(NAME, "FAIL"), *some_results()[1:]])
    [(_, rows)] = everything(path)
    assert len(rows) == 5
    assert {row.case: row.word for row in rows}[NAME] == "FAIL"


def test_import_of_folders_is_idempotent(path, tmp_path):
    for number in (1, 2, 3):
        journal(tmp_path / "runs" / str(number), info(number), some_results())
    (tmp_path / "runs" / "latest").symlink_to("3")
    with History(path, create=True) as history:
        assert list(bring_in(history, [tmp_path / "runs"])) == [f"{path}: 3 runs with 15 results taken in, 15 of them new"]
        assert list(bring_in(history, [tmp_path / "runs" / "2", tmp_path / "runs/3/results.jsonl"])) == [
            f"{path}: 2 runs with 10 results taken in, 0 of them new"]
    assert count(path) == 15


def test_import_goes_on_behind_a_damaged_journal(path, tmp_path):
    journal(tmp_path / "runs" / "1", info(1), some_results())
    for name, content in (("2", b"no journal\n{}\n"), ("3", b"[1]\n"), ("4", b""), ("5", b'{"format": 1}\n{"case": []}\n')):
        (tmp_path / "runs" / name).mkdir()
        (tmp_path / "runs" / name / "results.jsonl").write_bytes(content)
    with History(path, create=True) as history:
        *errors, told = bring_in(history, [tmp_path / "runs"])
    assert len(errors) == 4 and all("results.jsonl" in error for error in errors)
    assert told.endswith("1 runs with 5 results taken in, 5 of them new")


def test_import_of_nothing(path, tmp_path):
    with History(path, create=True) as history:
        assert "no results.jsonl there" in next(bring_in(history, [tmp_path]))


def test_export_and_import_give_the_same(path, tmp_path):
    hostile = case(HOSTILE, "FAIL", finding=HOSTILE, reason=HOSTILE)
    for number in (1, 2):
        keep(path, info(number, append=HOSTILE), [*some_results(), hostile])
    with History(path) as history:
        assert write_export(history, tmp_path / "a.jsonl") == 12
    other = tmp_path / "other.db"
    with History(other, create=True) as history:
        assert list(bring_in(history, [tmp_path / "a.jsonl"]))[-1].endswith("12 results taken in, 12 of them new")
        assert list(bring_in(history, [tmp_path / "a.jsonl"]))[-1].endswith("12 results taken in, 0 of them new")
    assert everything(other) == everything(path)
    assert all(text.isprintable() for run, rows in everything(path) for text in (run["append"], *(r.case for r in rows)))


@pytest.mark.parametrize("line, told", [
    (b"\xff\n", "UnicodeDecodeError"), (b"[]\n", "no object"), (b"{\n", "JSONDecodeError"),
    (b'{"case": "a.b"}\n', "'word'"), (b'{"case": "a.b", "word": "GREAT"}\n', "outcome 'GREAT'"),
    (b'{"case": 7, "word": "PASS"}\n', "AttributeError"),
    (b'{"case": "a.b", "word": "PASS", "gap_us": "1; DROP TABLE run"}\n', "not a number"),
    (b'{"case": "a.b", "word": "PASS", "gap_us": true}\n', "not a number"),
    (b'{"case": "a.b", "word": "PASS", "lost": 1e99}\n', "not a number"),
    (b'{"case": "a.b", "word": "PASS", "lost": 9999999999999999999999}\n', "not a number"),
    (b'{"case": "a.b", "word": "PASS", "figures": {"x": null}}\n', "figures"),
    (b'{"case": "a.b", "word": "PASS", "figures": [1]}\n', "AttributeError"),
    (b'{"run": {"name": "x"}}\n', "'seed'"), (b"[" * 100_000 + b"\n", "RecursionError"),
])
def test_hostile_export_is_told_and_nothing_of_it_is_taken(path, tmp_path, line, told):
    keep(path, info(1), some_results())
    with History(path) as history:
        write_export(history, tmp_path / "a.jsonl")
    good = (tmp_path / "a.jsonl").read_bytes()
    (tmp_path / "a.jsonl").write_bytes(good + line)
    with History(tmp_path / "other.db", create=True) as history:
        error, done = bring_in(history, [tmp_path / "a.jsonl"])
        assert error.startswith(f"{tmp_path}/a.jsonl: line 8 is damaged (") and told in error
        assert "0 runs with 0 results" in done and history.runs() == []


def test_export_of_another_version(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"format": "lifeline-history", "version": 2}\n')
    with pytest.raises(HistoryError, match="line 1 is damaged .not lifeline-history of version 1"):
        list(read_export(tmp_path / "a.jsonl"))


# ---------------------------------------------------------------------------
# questions


def test_seen_newest_first_and_only_such_runs(path):
    for number, word in enumerate(("PASS", "FAIL", "ERROR"), 1):
        keep(path, info(number), [case(NAME, word)])
    keep(path, info(9, board="other"), [case(NAME, "FAIL")])
    keep(path, info(8, append="debug"), [case(NAME, "FAIL")])
    keep(path, replace(INFO, id="now", started=LIKE["started"]), [case(NAME, "FAIL")])
    with History(path) as history:
        assert [(one.run, one.word) for one in history.seen(NAME, LIKE, 2)] == [("run3", "ERROR"), ("run2", "FAIL")]
        assert [one.release for one in history.seen(NAME, LIKE, 9)] == ["xen-4.17"] * 3
        assert history.seen("no.such", LIKE, 9) == []
        assert history.ever_passed(NAME, LIKE) and not history.ever_passed("no.such", LIKE)


def test_trends_for_a_report(path):
    for number, gap in enumerate(("2100", "2200", "2300"), 1):
        keep(path, info(number), [case(NAME, "PASS", data=[{"gap_us": gap}]), case("msi.nic", "SKIP")])
    with History(path) as history:
        found = history.trends(LIKE, [NAME, "msi.nic", "never.seen"], last=2)
    assert found[NAME].gaps_us == (2200, 2300) and found[NAME].runs == ("run2", "run3")
    assert found["msi.nic"].words == ("SKIP", "SKIP") and found["msi.nic"].gaps_us == (None, None)
    assert "never.seen" not in found


# ---------------------------------------------------------------------------
# files that are no history of ours, or not whole


def cut(path, part):
    keep(path, info(1), [case(f"a.b{number}", "PASS") for number in range(3000)])
    path.write_bytes(path.read_bytes()[:int(path.stat().st_size * part)])


def foreign(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE run (x)")


def newer(path):
    keep(path, info(1), some_results())
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")


def without_tables(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE t (x)")
        db.executescript(f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}")


BROKEN = {
    "text": (lambda path: path.write_text("hello, I am no database, but I am long enough\n" * 99), "is not a database: damaged"),
    "half": (lambda path: cut(path, 0.5), "malformed: damaged, or none of ours; name another file"),
    "header": (lambda path: cut(path, 0.001), "malformed: damaged, or none of ours"),
    "foreign": (foreign, "a database of another program: name another file, HISTORY=file"),
    "newer": (newer, "a history of version 2, this Lifeline knows version 1: use the Lifeline that wrote it"),
    "tables": (without_tables, "no such table: "),
    "folder": (lambda path: path.mkdir(), "unable to open database file: check that the folder exists"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_one_clear_error_and_fails_no_gate(path, name):
    breaks, told = BROKEN[name]
    breaks(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(HistoryError) as error:
        with History(path) as history:
            list(history.everything())
            list(history.results_of([run["id"] for run in history.runs()]))
    assert str(error.value).startswith(f"{path}: ") and told in str(error.value) and "\n" not in str(error.value)
    assert keep(path, info(5), some_results()).startswith(f"not in the history: {path}: ")
    assert not path.is_file() or path.read_bytes() == before


def test_missing_file(path):
    with pytest.raises(HistoryError, match="there is no history yet: make gate begins one"):
        History(path)


def test_folder_that_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    assert keep(tmp_path / "file" / "history.db", INFO, []).startswith("not in the history: ")


def test_figures_of_a_hostile_hand(path):
    keep(path, info(1), [case(NAME, "PASS")])
    for text in ("no json", "[1]", '{"1": "x"}', '{"99": 5}', "null", "\x00"):
        with sqlite3.connect(path) as db:
            db.execute("UPDATE result SET figures = ?", [text])
        with History(path) as history:
            assert [one.figures for one in history.seen(NAME, LIKE, 5)] == [{}]


def test_a_failed_import_leaves_nothing(path):
    keep(path, info(1), some_results())
    before = everything(path)

    def rows():
        yield Row("x.y", "PASS")
        raise HistoryError("the source broke")
    with History(path) as history, pytest.raises(HistoryError):
        history.add([(run_fields(info(2)), rows())])
    assert everything(path) == before


def test_two_gates_at_once(path):
    keep(path, info(1), some_results())
    with History(path) as one, History(path) as other:
        other.runs()
        one.add([(run_fields(info(2)), [to_row(result) for result in some_results()])])
        assert len(other.runs()) == 2


def test_schema_is_of_this_version(path):
    """A change of the schema asks for a new VERSION: files of the old one are there."""
    keep(path, info(1), [])
    with sqlite3.connect(path) as db:
        tables = {name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
                  for name in ("run", "cases", "series", "result")}
    assert VERSION == 1 and tables == {
        "run": ["id", "name", "started", "board", "sha256", "seed", "kind", "version", "file", "guest_sha256", "append"],
        "cases": ["id", "name"], "series": ["id", "name"],
        "result": ["run", "case_id", "word", "finding", "duration_ms", "gap_us", "bound_us", "lost", "figures"]}


def test_a_case_is_found_by_its_index(path):
    keep(path, info(1), some_results())
    asked: list[str] = []
    with History(path) as history:
        history._db.set_trace_callback(asked.append)
        history.seen(NAME, LIKE, 9)
        history.ever_passed(NAME, LIKE)
        history._db.set_trace_callback(None)
        for question in asked:
            plan = " ".join(row[3] for row in history._db.execute(f"EXPLAIN QUERY PLAN {question}"))
            assert "series" in question or re.search(r"SEARCH result USING (COVERING )?INDEX result_case \(case_id=\?\)", plan), plan
    assert len(asked) == 3


def test_fifty_thousand_results_in_seconds(path):
    """The million is in make bench; this one sees a quadratic import or a question without its index."""
    figures = {f"sharer {number} during gap_us": 2000 for number in range(4)}
    runs = ((run_fields(info(1 + number % 28, seed=number)), [Row(f"a.b{at}", "PASS", gap_us=at, figures=figures)
                                                              for at in range(500)]) for number in range(100))
    began = time.monotonic()
    with History(path, create=True) as history:
        assert history.add(runs) == (100, 50_000, 50_000)
        middle = time.monotonic()
        assert all(len(history.seen(f"a.b{at}", LIKE, 20)) == 20 for at in range(0, 500, 10))
    assert middle - began < 10 and time.monotonic() - middle < 5

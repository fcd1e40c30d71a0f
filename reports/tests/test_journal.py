# SPDX-License-Identifier: GPL-2.0-only
"""The journal across torn lines, full disks and resumed runs."""

import errno
import os

import pytest

from reports.journal import Journal, JournalError, read_journal
from reports.tests.samples import HOSTILE, INFO, case, some_results


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "results.jsonl"
    with Journal.create(path, INFO) as journal:
        for result in some_results():
            journal.append(result)
    return path


def test_round_trip(path):
    assert read_journal(path) == (INFO, some_results())
    assert path.read_bytes().count(b"\n") == 1 + len(some_results())


def test_hostile_text_stays_on_its_line(tmp_path):
    path = tmp_path / "results.jsonl"
    result = case("a.b", "FAIL", reason=HOSTILE, console=HOSTILE)
    with Journal.create(path, INFO) as journal:
        journal.append(result)
    assert read_journal(path) == (INFO, [result])


def test_every_line_is_on_the_disk_at_once(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with Journal.create(tmp_path / "j", INFO) as journal:
        journal.append(some_results()[0])
        assert len(read_journal(tmp_path / "j")[1]) == 1
    assert len(synced) == 3  # header, the folder's entry, line


def test_torn_last_line_at_every_offset(path):
    whole = path.read_bytes()
    last = whole[:-1].rfind(b"\n") + 1
    for at in range(last, len(whole)):
        path.write_bytes(whole[:at])
        assert read_journal(path) == (INFO, some_results()[:-1])


def test_last_line_of_noughts(path):
    with open(path, "ab") as file:
        file.write(bytes(100) + b"\n")
    assert read_journal(path) == (INFO, some_results())


def test_resume_goes_on_after_a_torn_line(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with Journal.resume(path) as journal:
        journal.append(some_results()[-1])
    assert path.read_bytes() == whole


def test_later_line_of_a_case_counts(path):
    with Journal.resume(path) as journal:
        journal.append(case("dead.domain", "PASS"))
    results = {result.case: result.outcome for result in read_journal(path)[1]}
    assert results["dead.domain"] == "PASS" and len(results) == len(some_results())


@pytest.mark.parametrize("data, why", [
    (b"", "first line is missing"),
    (b'{"format"', "first line is missing"),
    (b"[]\n", "not a journal"),
    (b'{"format": "lifeline-journal", "version": 99}\n', "version 99"),
    (b"\x00\n{}\n", "line 1 is damaged"),
])
def test_not_a_journal(path, data, why):
    path.write_bytes(data)
    with pytest.raises(JournalError, match=why) as caught:
        read_journal(path)
    assert str(path) in str(caught.value)


def test_damage_in_the_middle_is_told(path):
    path.write_bytes(path.read_bytes().replace(b'"case"', b'"ca', 1))
    with pytest.raises(JournalError, match="line 2 is damaged"):
        read_journal(path)


def test_missing_file(tmp_path):
    with pytest.raises(JournalError, match="No such file"):
        read_journal(tmp_path / "none")
    with pytest.raises(JournalError, match="No such file"):
        Journal.create(tmp_path / "none" / "j", INFO)


def test_a_journal_is_never_overwritten(path):
    with pytest.raises(JournalError, match="exists"):
        Journal.create(path, INFO)


def test_disk_full_leaves_whole_lines(path, monkeypatch):
    whole, write = path.read_bytes(), os.write

    def full_after_ten_bytes(descriptor, data):
        if len(data) > 10 and path.stat().st_size == len(whole):
            return write(descriptor, data[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full_after_ten_bytes)
    with Journal.resume(path) as journal:
        with pytest.raises(JournalError, match="No space left.*free space there, then go on: RESUME=") as caught:
            journal.append(some_results()[0])
    assert str(path) in str(caught.value)
    assert path.read_bytes() == whole


def test_real_full_device(tmp_path):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with Journal(full, "ab") as journal:
        with pytest.raises(JournalError, match="No space left"):
            journal.append(some_results()[0])

# SPDX-License-Identifier: GPL-2.0-only
"""A run that is cut short and resumed: all results, each once, and nothing that had a result is played again."""

import errno
import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from reports import schema
from reports.journal import Journal, JournalError, read_journal
from suites.boots import BootLog
from suites.gate import GateError
from tests import fake_gate
from tests.fake_gate import as_process, cases, die_after, play
from tests.gate_run import KVM_BOARD, RunningGate, run_gate, select

KILLS = 100
CASES = 12
PAUSE_S = 0.001


def executed(out: Path) -> Counter[str]:
    file = out.parent / "executed"
    return Counter(file.read_text().split()) if file.exists() else Counter()


def on_disk(out: Path) -> list[str]:
    """Cases of whole lines."""
    try:
        return [result.case for result in read_journal(out / "results.jsonl")[1]]
    except JournalError:
        assert not (out / "results.jsonl").exists(), "there with its header, or not at all"
        return []


def is_whole(out: Path, played: Counter[str], count: int = CASES) -> None:
    """The end of a run that was resumed, against what is expected."""
    want = {case.id: fake_gate.outcome(case.id) for case in cases(count)}
    assert not list(schema.violations(out / "results.jsonl"))
    lines = (out / "results.jsonl").read_bytes().splitlines()
    assert len(lines) == 1 + count, "a line a case, none twice"
    assert not (out / ".results.jsonl.new").exists()
    info, results = read_journal(out / "results.jsonl")
    assert {result.case: result.outcome for result in results} == want
    assert {(result.run, result.seed) for result in results} == {(info.id, fake_gate.SEED)}
    assert played.keys() == want.keys()
    summary = json.loads((out / "summary.json").read_text())
    assert summary["cases"] == count and summary["run"] == info.id
    boots = [f"{boot['name']}.{boot['attempt']}.plan" for boot in summary["boots"]]
    assert sorted(boots) == sorted(plan.name for plan in (out / "consoles").glob("*.plan")), "a power-on is lost or there twice"
    assert "never ran" not in (out / "results.ktap").read_text()


def test_killed_at_100_random_moments(tmp_path: Path) -> None:
    """Half of them between two instructions, half at a byte of the journal: in its header, a line, before fsync."""
    play(tmp_path / "first", 1)  # what is cached is so in all that are forked
    (tmp_path / "executed").unlink()
    chance = random.Random(os.environ.get("LIFELINE_SEED", "kill"))
    kills = runs = torn = 0
    while kills < KILLS:
        out = tmp_path / str(runs) / "out"
        out.parent.mkdir()
        runs += 1
        while True:
            done, before = set(on_disk(out)), executed(out)
            resume = (out / "results.jsonl").exists()
            by_byte = chance.random() < 0.5
            budget = chance.randrange(1, 10_000)

            def work(out: Path = out, resume: bool = resume, by_byte: bool = by_byte, budget: int = budget) -> None:
                if by_byte:
                    die_after(budget)
                play(out, CASES, PAUSE_S, resume)

            pid = as_process(work)
            if not by_byte:
                time.sleep(chance.uniform(0.005, 0.07))
                os.kill(pid, signal.SIGKILL)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            assert status in (0, -signal.SIGKILL), f"run {runs}: {status}"
            again = executed(out) - before
            assert not done & again.keys(), "what was on the disk was played again"
            assert max(again.values(), default=0) <= 1
            assert done <= set(on_disk(out)), "what was on the disk is lost"
            kills += status != 0
            torn += (out / "results.jsonl").exists() and not (out / "results.jsonl").read_bytes().endswith(b"\n")
            if status == 0:
                break
        is_whole(out, executed(out))
    assert torn > 5, "no kill tore a line: this test does not test what it should"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished") / "out"
    play(out, 6)
    return out


def test_cut_at_every_byte_of_the_last_two_lines(finished: Path, tmp_path: Path) -> None:
    whole = (finished / "results.jsonl").read_bytes()
    ids = [result.case for result in read_journal(finished / "results.jsonl")[1]]
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 0x0A]
    out = tmp_path / "out"
    for at in range(ends[-3], len(whole) + 1):
        shutil.rmtree(out, ignore_errors=True)
        (tmp_path / "executed").unlink(missing_ok=True)
        out.mkdir()
        (out / "results.jsonl").write_bytes(whole[:at])
        lost = sum(end > at for end in ends)
        if at % 64 and at not in ends and at + 1 not in ends:  # the reader at each, a whole run at some
            assert len(read_journal(out / "results.jsonl")[1]) == 6 - lost
            with Journal.resume(out / "results.jsonl"):
                assert (out / "results.jsonl").stat().st_size == ends[-1 - lost]
            continue
        play(out, 6, resume=True)
        assert sorted(executed(out).elements()) == sorted(ids[6 - lost:])
        is_whole(out, Counter(ids), 6)


def test_disk_full_at_any_byte(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of header and results: one clear line, and what follows once there is space again is whole."""
    write = os.write
    size = sum((finished / name).stat().st_size for name in ("results.jsonl", "boots.jsonl"))
    left = [0]

    def until_full(descriptor: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = write(descriptor, bytes(data)[:left[0]])
        left[0] -= done
        return done

    for number, space in enumerate(range(0, size, 149)):
        out = tmp_path / str(number) / "out"
        out.parent.mkdir()
        left[0] = space
        monkeypatch.setattr(os, "write", until_full)
        with pytest.raises(GateError, match=f"^{out}/(results|boots).jsonl: No space left on device: free space there, then "
                           f"(go on: RESUME={out}|start the run again)$"):
            play(out, 6)
        monkeypatch.setattr(os, "write", write)
        done = set(on_disk(out))
        before = executed(out)
        play(out, 6, resume=(out / "results.jsonl").exists())
        assert not done & (executed(out) - before).keys()
        is_whole(out, executed(out), 6)


def test_a_run_that_still_runs_is_left_alone(finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished, out)
    with Journal.resume(out / "results.jsonl"):
        with pytest.raises(GateError, match="another run writes it: wait for its end"):
            play(out, 6, resume=True)


def test_what_was_finished_stays_finished(finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished, out)
    run = play(out, 6, resume=True)
    assert not executed(out) and len(run.results) == 6


@pytest.mark.parametrize("options, told", [
    ({"seed": 5}, "it was played with SEED=77, not 5; leave SEED= away"),
    ({"append": "noreboot"}, "it was played with APPEND=, not noreboot; leave APPEND= away"),
    ({"wrong": True}, "it was played with WRONG=False, not True"),
    ({"image": Path(__file__)}, "its guest was another"),
    ({"count": 5}, "is a case of it, but not here; resume without K= and CASE=, or start a new run"),
    ({"count": 7}, "is a case here, but not of it"),
], ids=["seed", "append", "wrong", "guest", "fewer", "more"])
def test_another_run_is_refused(finished: Path, options: dict, told: str) -> None:
    before = (finished / "results.jsonl").read_bytes()
    with pytest.raises(GateError) as caught:
        play(finished, **{"count": 6, "resume": True} | options)
    assert str(caught.value).startswith(f"RESUME={finished}: ") and told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (finished / "results.jsonl").read_bytes() == before


def test_another_hypervisor_or_board_is_refused(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_gate.FakeSystem, "sha256", "cd" * 32)
    with pytest.raises(GateError, match=r"it is a run of xen.gz \(abab.*\), not of .*; name that one: XEN="):
        play(finished, 6, resume=True)
    monkeypatch.undo()
    board = tmp_path / "q35-xen.yaml"
    board.write_text(fake_gate.BOARD.read_text() + "# changed\n")
    with pytest.raises(GateError, match="its board is q35-xen, and q35-xen as it is now differs"):
        play(finished, 6, resume=True, lg_env=str(board))


def test_a_journal_of_version_1_is_not_resumed(finished: Path, tmp_path: Path) -> None:
    """It says neither what was asked for nor of which images: reports read it, but nothing goes on with it."""
    out = tmp_path / "out"
    shutil.copytree(finished, out)
    header, *lines = (out / "results.jsonl").read_text().splitlines()
    old = json.loads(header) | {"version": 1}
    old["run"] = {name: value for name, value in old["run"].items()
                  if name not in ("capabilities", "images", "command_lines", "cases", "options")}
    text = "\n".join([json.dumps(old), *lines, ""])
    (out / "results.jsonl").write_text(text)
    assert len(read_journal(out / "results.jsonl")[1]) == 6
    with pytest.raises(GateError) as caught:
        play(out, 6, resume=True)
    assert str(caught.value) == f"RESUME={out}: its journal is older than version 2; start a new run"
    assert (out / "results.jsonl").read_text() == text


def test_power_ons_of_all_parts(tmp_path: Path) -> None:
    """Killed behind a result: the summary has the power-on that was cut short and the one that ended."""
    out = tmp_path / "out"
    pid = as_process(lambda: play(out, 3, 0.3))
    while len(on_disk(out)) < 1:
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    play(out, 3, resume=True)
    boots = json.loads((out / "summary.json").read_text())["boots"]
    assert [(boot["attempt"], boot["ended"]) for boot in boots] == [(1, "cut short"), (2, "end")]


def test_a_torn_line_of_the_power_ons(finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished, out)
    whole = (out / "boots.jsonl").read_bytes()
    for at in range(len(whole)):
        (out / "boots.jsonl").write_bytes(whole[:at])
        log = BootLog(out)
        log.resume()
        assert [boot["name"] for boot in log.boots] == [json.loads(whole)["name"]]
        assert json.loads((out / "boots.jsonl").read_bytes().splitlines()[-1]) == log.boots[-1]
        again = BootLog(out)
        again.resume()
        assert again.boots == log.boots


def test_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=f"^RESUME={tmp_path}: no run has begun there; start one: make gate$"):
        play(tmp_path, 6, resume=True)


@pytest.mark.board
def test_linux_gate_killed_behind_its_first_result(tmp_path: Path) -> None:
    """On real boards: nothing that had a result is played again, nothing is lost, and no QEMU is left."""
    cases = ["kvm.sharing.host[iommu=intel,load=sata]", "kvm.dead.quiet[device=edu,domain=process,iommu=intel]",
             "kvm.sharing.beside[device=edu,domain=process,iommu=intel]"]
    options = ["--boards", "1", *select(*cases)]
    with RunningGate(tmp_path / "out", "--seed", "77", *options, folder=tmp_path / "first", board=KVM_BOARD) as running:
        running.await_result(120)
        running.process.kill()
        running.process.wait()
        running.nothing_left(5)
        before = running.results_so_far()
    assert 0 < len(before) < len(cases)
    logs = {path.name: path.read_bytes() for path in (tmp_path / "out" / "consoles").glob("*.log")}
    gate = run_gate(tmp_path / "second", "--resume", tmp_path / "out", *options, out=tmp_path / "out", board=KVM_BOARD,
                    timeout=120)
    assert gate.status == 0 and gate.stderr == "", gate.told
    assert (gate.out / "results.jsonl").read_bytes().split(b"\n")[1:][:len(before)] == before
    assert len(gate.journal()) == 1 + len(cases) and gate.outcomes == dict.fromkeys(cases, "PASS"), gate.told
    begun = Counter(case for path in (gate.out / "consoles").glob("*.log") for case in cases
                    if path.name not in logs and f"# case {case}".encode() in path.read_bytes())
    done = {json.loads(line)["case"] for line in before}
    assert begun == Counter(set(cases) - done), "a case of the second part, and each once"
    assert all((gate.out / "consoles" / name).read_bytes() == log for name, log in logs.items())
    boots = gate.summary["boots"]
    assert len({(boot["name"], boot["attempt"]) for boot in boots}) == len(boots) == len(list(
        (gate.out / "consoles").glob("*.plan")))
    assert {"end", "cut short"} >= {boot["ended"] for boot in boots}

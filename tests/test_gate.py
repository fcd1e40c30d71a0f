# SPDX-License-Identifier: GPL-2.0-only
"""The gate as a user meets it: what it leaves, what it says to wrong input, and how it ends when cut short.

A stream that ends without its plan, or with the board off, is in lab/tests/test_run.py (death in the
middle, panic, boot without progress, bail) and in reports/tests/test_ktap.py (no plan, end inside a
case, beyond the plan).
"""

import dataclasses
import os
import shutil
import signal
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reports.html import view
from reports.ktap import Outcome, Reader, Result
from reports.model import CaseResult
from suites.matrix import load_boots, load_suite
from suites.mutants import catalogue
from suites.mutants.mutate import xen_with
from tests.gate_run import (BOARD, NOTHING_RAN, ROOT, STOCK_XEN, USAGE_ERROR, Gate, RunningGate,
                            run_gate, select, tree, wait_until)

FIRST = "dead.crash[ack=old,cast=edu,pos=first]"
LONG = "hung.mask[ack=old,cast=edu,pos=first]"
PAIRS = [f"sharing.pair[ack={ack},cast={cast}]" for ack in ("new", "old")
         for cast in ("edu", "mixed", "nic")]


def change(path: Path, old: str, new: str) -> int:
    """The first `old` becomes `new`; gives its line."""
    before, found, after = path.read_text().partition(old)
    assert found
    path.write_text(before + new + after)
    return before.count("\n") + 1


def ktap_outcomes(gate: Gate) -> dict[str, Outcome]:
    reader = Reader()
    events = [*reader.feed((gate.out / "results.ktap").read_bytes()), *reader.close()]
    return {event.case: event.outcome for event in events if isinstance(event, Result)}


# ---------------------------------------------------------------------------
# a good run

SMOKE = [PAIRS[0], PAIRS[3], LONG, LONG.replace("old", "new")]


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return run_gate(tmp_path_factory.mktemp("smoke"), "--seed", "77", *select(*SMOKE))


@pytest.mark.board
def test_smoke(smoke: Gate) -> None:
    assert smoke.status == 0 and smoke.stderr == "", smoke.told
    assert smoke.outcomes == dict.fromkeys(SMOKE, "PASS")
    assert smoke.stdout.count("] PASS  ") == len(SMOKE)
    assert "PASS  4 pass" in smoke.stdout.splitlines()[-1]


@pytest.mark.board
def test_reports_agree(smoke: Gate) -> None:
    want = {"verdict": "PASS", "cases": 4, "passed": 4, "failed": 0, "errors": 0, "skipped": 0,
            "known": 0, "seed": 77, "board": "q35-xen", "run": "out"}
    assert want.items() <= smoke.summary.items()
    header = smoke.header["run"]
    assert header["seed"] == 77 and header["started"] == smoke.summary["started"]
    assert set(header["cases"]) == set(SMOKE) and header["images"].keys() == {"hypervisor", "guest"}
    assert header["images"]["hypervisor"] == header["hypervisor"]["sha256"]
    assert header["command_lines"].keys() == {"new", "old"}
    assert header["command_lines"]["old"].endswith("ioapic_ack=old"), header["command_lines"]
    assert header["capabilities"]["q35-xen"]["variants"][""]["devices"]["00:0c.0"] == "e1000 20"
    assert {(result["run"], result["seed"]) for result in smoke.results.values()} == {("out", 77)}
    assert header["hypervisor"]["sha256"] == smoke.summary["hypervisor"]["sha256"]
    assert ktap_outcomes(smoke) == dict.fromkeys(SMOKE, Outcome.PASS)
    suite = ElementTree.parse(smoke.out / "junit.xml").find("testsuite")
    assert suite is not None and suite.get("tests") == "4"
    assert {case.get("name") for case in suite.iter("testcase")} == set(SMOKE)
    assert {name.name for name in (smoke.out / "consoles").iterdir()} == {
        "new.1.log", "new.1.plan", "old.1.log", "old.1.plan"}
    for case in SMOKE:
        boot = smoke.results[case]["boot"]
        assert f"# case {case}" in (smoke.out / "consoles" / f"{boot}.1.log").read_text()


@pytest.mark.board
def test_a_pass_has_evidence(smoke: Gate) -> None:
    """A case that checked nothing, measured nothing or was not witnessed must not look good."""
    for case, result in smoke.results.items():
        assert len(result["checks"]) >= 5 and all(check["ok"] for check in result["checks"]), case
        assert any(int(row.get("raised", 0)) > 50 for row in result["data"]), case
        assert result["marks"] and not any(mark["disagreements"] for mark in result["marks"]), case


@pytest.mark.board
def test_windows_tell_time_and_latencies(smoke: Gate) -> None:
    """Each window its length and the latency of all that was served; the fault is where the scenario has put it."""
    for case, result in smoke.results.items():
        told = view.detail(CaseResult.from_dict(result))["sharers"]
        for window, cell in [pair for sharer in told for pair in sharer["windows"].items()]:
            assert 24 * cell["slot_us"] < cell["us"] + 2000, (case, window, cell)
            assert sum(cell["cells"]) == cell["served"] == sum(samples for _, samples in cell["latency"])
            assert any(edge <= cell["p50_us"] < 1.25 * edge + 1 for edge, _ in cell["latency"]), (case, window, cell)
            assert ("fault_us" in cell) == (window == "during"), (case, window)
            if window == "during":
                assert 6 * cell["slot_us"] - 2000 < cell["fault_us"] < 8 * cell["slot_us"], (case, cell)


@pytest.mark.board
def test_output_for_no_terminal(smoke: Gate) -> None:
    assert "\x1b" not in smoke.stdout and "\r" not in smoke.stdout
    table = smoke.stdout[smoke.stdout.index("\ncase "):]
    assert max(map(len, table.splitlines())) <= 80


@pytest.mark.board
def test_known_failures_are_shown_and_do_not_count(tmp_path: Path) -> None:
    mutant = catalogue.load()["unbind-no-eoi"]
    known = "dead.destroy_in_handler[ack=old,cast=edu,pos=first]"
    fixed = PAIRS[3]
    top = tree(tmp_path / "tree")
    (top / "suites/known.yaml").write_text(
        'xen-4.17:\n'
        f'  "{known}": {{finding: a finding, fails: ["."]}}\n'
        f'  "{fixed}": {{finding: an old one, fails: ["^S "]}}\n')
    gate = run_gate(tmp_path, "--xen", xen_with(mutant, tmp_path), *select(known, fixed), top=top)
    assert gate.status == 0, gate.told
    assert gate.outcomes == {known: "FAIL", fixed: "PASS"}
    assert (gate.summary["known"], gate.summary["passed"], gate.summary["failed"]) == (1, 1, 0)
    assert f"known {known}\n" in gate.stdout and f"fixed {fixed}\n" in gate.stdout
    assert "finding: a finding" in gate.stdout


@pytest.mark.board
def test_known_failure_excuses_no_other(tmp_path: Path) -> None:
    mutant = catalogue.load()["unbind-no-eoi"]
    known = "dead.destroy_in_handler[ack=old,cast=edu,pos=first]"
    top = tree(tmp_path / "tree")
    (top / "suites/known.yaml").write_text(
        f'xen-4.17:\n  "{known}": {{finding: a finding, fails: ["^ST "]}}\n')
    gate = run_gate(tmp_path, "--xen", xen_with(mutant, tmp_path), *select(known), top=top)
    assert gate.status == 1, gate.told
    assert "(beside what a finding explains)" in gate.results[known]["reason"]


# ---------------------------------------------------------------------------
# wrong input: one line, and nothing is started


@pytest.mark.parametrize("content, told", [
    (None, "No such file or directory; name a Xen image, e.g. /boot/xen-4.17-amd64.gz"),
    (b"", "the file is empty; install or build it again"),
    (b"hello, I am no hypervisor\n", "neither gzip nor ELF (it begins with 68 65 6c 6c); name xen.gz"),
    (Path("/bin/true"), "an ELF without a multiboot header in its first 8 KiB, so QEMU cannot boot it; name"),
    ("cut", "damaged gzip (Compressed file ended before the end-of-stream marker was reached); install"),
], ids=["missing", "empty", "text", "no hypervisor", "cut gzip"])
def test_wrong_hypervisor(tmp_path: Path, content: bytes | Path | str | None, told: str) -> None:
    xen = tmp_path / "xen.gz"
    if content == "cut":
        xen.write_bytes(STOCK_XEN.read_bytes()[:300_000])
    elif content is not None:
        xen.write_bytes(content.read_bytes() if isinstance(content, Path) else content)
    gate = run_gate(tmp_path, "--xen", xen, *select(*PAIRS))
    assert gate.status == USAGE_ERROR
    assert gate.error_line().startswith(f"hypervisor {xen}: {told}")
    assert not list(gate.out.iterdir())


@pytest.mark.parametrize("old, new, told", [
    ("memory: 512M", "memroy: 512M", "unknown key 'memroy' in targets.board0.drivers."
     "MultibootQEMUDriver; allowed: accel, cpu, devices, "),
    ("model: e1000}", "model: ehic}", "targets.board0.drivers.MultibootQEMUDriver.devices."
     "9.model: unknown 'ehic'; allowed: ahci, "),
    ("  board0:", "\tboard0:", "not YAML: found character '\\t' that cannot start any token"),
], ids=["key", "model", "tab"])
def test_wrong_board_file(tmp_path: Path, old: str, new: str, told: str) -> None:
    board = tmp_path / "board.yaml"
    shutil.copy(BOARD, board)
    line = change(board, old, new)
    gate = run_gate(tmp_path, *select(*PAIRS), board=board)
    assert gate.status == USAGE_ERROR and gate.stdout == ""
    assert gate.error_line().startswith(f"{board}:{line}: {told}")


def test_missing_board_file(tmp_path: Path) -> None:
    board = tmp_path / "board.yaml"
    gate = run_gate(tmp_path, *select(*PAIRS), board=board)
    assert gate.status == USAGE_ERROR
    assert gate.error_line() == f"{board}: No such file or directory"


@pytest.mark.parametrize("name, old, new, told", [
    ("storm/suite.yaml", "    rationale:", "    rationle:",
     "unknown key 'rationle' in cases.limited; allowed: boots, cast, cover, cut, hang, "),
    ("boots.yaml", "label:", "lable:", "unknown key 'lable' in new; allowed: board, cmdline, "),
    ("known.yaml", "xen-4.17:", "xen-4.16: [hung.mask]\nxen-4.17:", "xen-4.16: ['hung.mask'] is not of"),
], ids=["suite", "boots", "known"])
def test_wrong_suite(tmp_path: Path, name: str, old: str, new: str, told: str) -> None:
    top = tree(tmp_path / "tree")
    path = top / "suites" / name
    line = change(path, old, new)
    gate = run_gate(tmp_path, *select(*PAIRS), top=top)
    assert gate.status == USAGE_ERROR
    assert gate.error_line().startswith(f"{path}:{line}: {told}")


@pytest.mark.parametrize("args, env, told", [
    (("--case", "hung.maks"), {}, "no case 'hung.maks'"),
    (("--case", "hung.mask[ack=new,cast=edu,pos=frist]"), {},
     "no case 'hung.mask[ack=new,cast=edu,pos=frist]'; the nearest is hung.mask[ack=new,cast=edu,pos=first]"),
    (("--hv", "kvm"), {}, f"HV=kvm: {BOARD} is a board for xen; name another BOARD="),
    ((), {"QEMU": "/no/qemu"}, "board0: no QEMU at /no/qemu; install qemu-system-x86, set QEMU=, or"),
], ids=["case", "nearly a case", "hypervisor", "no QEMU"])
def test_wrong_option(tmp_path: Path, args: tuple[str, ...], env: dict[str, str], told: str) -> None:
    gate = run_gate(tmp_path, *args, *select(*PAIRS), env=env)
    assert gate.status == USAGE_ERROR and gate.error_line().startswith(told)


def test_nothing_selected(tmp_path: Path) -> None:
    gate = run_gate(tmp_path, "-k", "no_such_case")
    assert gate.status == NOTHING_RAN and gate.stderr == ""
    assert "no case matches -k 'no_such_case'; " in gate.stdout.splitlines()[-1]
    assert not gate.out.exists()


def test_folder_of_another_run_is_left_alone(tmp_path: Path) -> None:
    files = {"results.jsonl": "the journal", "summary.json": "{}", "results.ktap": "KTAP version 1"}
    (tmp_path / "out").mkdir()
    for name, text in files.items():
        (tmp_path / "out" / name).write_text(text)
    gate = run_gate(tmp_path, *select(*PAIRS))
    assert gate.status == USAGE_ERROR
    assert gate.error_line() == f"OUT={gate.out}: there is a run in it already; name another folder"
    assert {path.name: path.read_text() for path in gate.out.iterdir()} == files


def test_folder_that_cannot_be(tmp_path: Path) -> None:
    gate = run_gate(tmp_path, *select(*PAIRS), out=Path("/proc/no/folder"))
    assert gate.status == USAGE_ERROR
    assert gate.error_line() == ("OUT=/proc/no/folder: No such file or directory; "
                                 "name a folder that can be written")


# ---------------------------------------------------------------------------
# cut short


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    folder = tmp_path / "disk"

    def mount(kib: int) -> Path:
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "lifeline-test", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a small tmpfs cannot be mounted here: needs root")
        return folder

    yield mount
    subprocess.run(["umount", str(folder)], capture_output=True)


@pytest.mark.board
@pytest.mark.parametrize("kib", [16, 48])
def test_disk_full(tmp_path: Path, small_disk: Callable[[int], Path], kib: int) -> None:
    """With 16 KiB a console does not fit, with 48 a line of the journal."""
    gate = run_gate(tmp_path, *select(*PAIRS), out=small_disk(kib) / "out")
    assert gate.status == USAGE_ERROR
    line = gate.error_line()
    assert line.startswith(str(gate.out)) and ": No space left on device: free space there" in line
    assert gate.header["format"] == "lifeline-journal"
    assert set(gate.outcomes.values()) <= {"PASS"} and len(gate.results) < len(PAIRS)
    subprocess.run(["mount", "-o", "remount,size=16m", gate.out.parent], check=True)
    again = run_gate(tmp_path / "again", "--resume", gate.out, *select(*PAIRS), out=gate.out)
    assert again.status == 0 and again.outcomes == dict.fromkeys(PAIRS, "PASS"), again.told
    assert len(again.journal()) == 1 + len(PAIRS)


@pytest.mark.board
def test_interrupted(tmp_path: Path) -> None:
    with RunningGate(tmp_path / "out", "-k", "hung and not server", folder=tmp_path) as running:
        running.await_result()
        assert running.qemus()
        os.killpg(running.process.pid, signal.SIGINT)
        gate = running.finish(5)
    assert gate.status == 130, gate.told
    assert "Traceback" not in gate.told
    assert f"cases never ran; go on: make gate RESUME={gate.out}\n" in gate.stdout
    total = len(load_suite(ROOT / "suites/hung/suite.yaml", load_boots()))
    done = gate.outcomes
    assert 0 < len(done) < total and set(done.values()) == {"PASS"}, gate.told
    assert gate.summary["cases"] == total and gate.summary["verdict"] == "ERROR"
    assert (gate.summary["passed"], gate.summary["errors"]) == (len(done), total - len(done))
    found = ktap_outcomes(gate)
    assert len(found) == total
    assert {case for case, outcome in found.items() if outcome is Outcome.PASS} == done.keys()
    assert (gate.out / "results.ktap").read_text().count("# ERROR never ran") == total - len(done)


@pytest.mark.board
def test_killed(tmp_path: Path) -> None:
    with RunningGate(tmp_path / "out", "-k", "hung and not server", folder=tmp_path) as running:
        running.await_result()
        assert running.qemus()
        running.process.kill()
        running.process.wait()
        running.nothing_left(3)
        lines = (running.out / "results.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) >= 2 and all(line.endswith(b"}\n") for line in lines)


@pytest.mark.board
def test_killed_and_resumed(tmp_path: Path) -> None:
    """Twice by kill -9, then to the end: a line a case, and the consoles of all parts."""
    cases = [*PAIRS, LONG, LONG.replace("old", "new")]
    played: list[list[bytes]] = []
    for part in range(3):
        resume = ["--resume", tmp_path / "out"] if part else ["--seed", "77"]
        with RunningGate(tmp_path / "out", *resume, "--boards", "1", *select(*cases),
                         folder=tmp_path / str(part)) as running:
            before = running.results_so_far()
            if part == 2:
                last = running.finish(60)
                break
            wait_until("a result more", 30, lambda: len(running.results_so_far()) > len(before))
            running.process.kill()
            running.process.wait()
            running.nothing_left(3)
            played.append(running.results_so_far())
    assert 0 < len(played[0]) < len(played[1]) < len(cases), last.told
    assert last.status == 0 and last.stderr == "", last.told
    assert (last.out / "results.jsonl").read_bytes().split(b"\n")[1:-1][:len(played[1])] == played[1]
    assert len(last.journal()) == 1 + len(cases) and last.outcomes == dict.fromkeys(cases, "PASS")
    assert (last.summary["cases"], last.summary["passed"], last.summary["seed"]) == (len(cases), len(cases), 77)
    assert f"resumed: {len(played[1])} of them have a result already" in last.stdout
    assert f"[{len(played[1]) + 1}/{len(cases)} " in last.stdout and f"[{len(played[1])}/" not in last.stdout
    begun = b"".join(path.read_bytes() for path in (last.out / "consoles").glob("*.log"))
    assert all(f"# case {case}".encode() in begun for case in cases)
    assert (last.out / "consoles/new.2.log").exists() or (last.out / "consoles/old.2.log").exists()


@pytest.mark.board
def test_resumed_with_another_hypervisor(tmp_path: Path, smoke: Gate) -> None:
    xen = xen_with(catalogue.load()["eoi-timer-off"], tmp_path)
    gate = run_gate(tmp_path, "--resume", smoke.out, "--xen", xen, out=smoke.out)
    assert gate.status == USAGE_ERROR
    assert gate.error_line().startswith(f"RESUME={smoke.out}: it is a run of xen-hypervisor-4.17-amd64.gz (")
    assert gate.error_line().endswith("name that one: XEN=")


def test_resumed_where_nothing_ran(tmp_path: Path) -> None:
    gate = run_gate(tmp_path, "--resume", tmp_path)
    assert gate.status == USAGE_ERROR
    assert gate.error_line() == f"RESUME={tmp_path}: no run has begun there; start one: make gate"


@pytest.mark.board
def test_qemu_killed(tmp_path: Path) -> None:
    """The case that ran is lost, the rest runs on a new board; the other board is not disturbed."""
    top = tree(tmp_path / "tree")
    change(top / "suites/hung/suite.yaml", "    red:", "    timing: {during_ms: 8000}\n    red:")
    console = tmp_path / "out/consoles/old.1.log"
    cases = [FIRST, LONG, *PAIRS]
    with RunningGate(tmp_path / "out", *select(*cases), folder=tmp_path, top=top) as running:
        running.await_result()
        wait_until("the long case begins", 30, lambda: console.exists() and any(
            line.startswith(f"# case {LONG}".encode()) for line in console.read_bytes().split(b"\n")[:-1]))
        qemu, = running.qemus("ioapic_ack=old")
        os.kill(qemu, signal.SIGKILL)
        gate = running.finish(60)
    assert gate.status == 1, gate.told
    assert gate.outcomes == dict.fromkeys(cases, "PASS") | {LONG: "ERROR"}, gate.told
    assert gate.results[LONG]["reason"] == "board died: QEMU killed by SIGKILL"
    assert (gate.out / "consoles/old.2.log").exists() and not (gate.out / "consoles/new.2.log").exists()


@pytest.mark.board
def test_hypervisor_hangs(tmp_path: Path) -> None:
    """irq_guest_eoi_timer_fn() is a loop for ever: the first forced EOI hangs Xen for good."""
    forced_eoi = catalogue.load()["eoi-timer-off"]
    site = dataclasses.replace(forced_eoi.sites[0], new=bytes.fromhex("ebfe"))
    xen = xen_with(dataclasses.replace(forced_eoi, sites=(site,)), tmp_path)
    top = tree(tmp_path / "tree")
    change(top / "suites/hung/suite.yaml", "    red:", "    limit_s: 3\n    red:")
    cases = [LONG, *PAIRS[3:]]
    gate = run_gate(tmp_path, "--xen", xen, *select(*cases), top=top)
    assert gate.status == 1, gate.told
    assert gate.outcomes == dict.fromkeys(cases, "PASS") | {LONG: "ERROR"}, gate.told
    reason = gate.results[LONG]["reason"]
    assert reason.startswith("hypervisor hung: no end after 3."), reason
    assert "cpu0 at rip ffff82d040308244 (3 of 3 samples equal)" in reason
    assert (gate.out / "consoles/old.2.log").exists()

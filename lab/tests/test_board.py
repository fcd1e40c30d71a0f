# SPDX-License-Identifier: GPL-2.0-only
"""Real QEMU, with a kernel of 200 bytes: power, console, monitor, and that it dies with us."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import watchdog, witness, xen
from lab.board import BoardError
from lab.emulated import QemuBoard, open_boards
from lab.process import Process
from lab.run import Boot, BootRecord, CaseRecord, Engine, PlannedCase
from lab.tests.conftest import BOARD_FILE
from reports.ktap import Outcome

pytestmark = pytest.mark.board

ROOT = Path(__file__).parents[2]


def console(board: QemuBoard, until: str | None = None) -> str:
    """What it prints, up to `until` or its death."""
    text, end = "", time.monotonic() + 5
    while time.monotonic() < end:
        alive = board.alive()
        data = board.read(0.05)
        text += data.decode().replace("\r", "")
        if (until and until in text) or not (data or alive):
            return text
    raise AssertionError(f"no {until!r} in {text!r}")


def gone(pid: int) -> bool:
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            # A zombie is gone too: an orphan's is init's to reap.
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_boots_one_after_the_other(board: QemuBoard, launch: Callable) -> None:
    threads = threading.active_count()
    board.start(launch("one @two!", "a=1,2 b,,c"))
    text = console(board, "one ")
    assert "hypervisor console=com1\n0-a_script__with_blanks a=1,2 b,,c\n" in text
    assert witness.read(board.qmp).pin(20)
    with pytest.raises(BoardError, match="no-such-command"):
        board.qmp("no-such-command")
    first = board.pid
    board.write(b"+")
    assert console(board).endswith("two")
    assert board.death() == "QEMU exit status 7 (an error of QEMU itself, or isa-debug-exit 3)"
    board.stop()
    assert gone(first)

    board.start(launch("three%", smp=1, icount="shift=3,sleep=off", variant="many"))
    assert board.pid != first and console(board).endswith("three")
    assert board.death() == "QEMU exit status 0, guest-reset"
    board.stop()
    board.stop()
    assert threading.active_count() == threads


def test_nothing_is_lost_when_it_dies(board: QemuBoard, launch: Callable) -> None:
    board.start(launch("its last words!"))
    assert board.driver._process.wait(5)  # nobody has read a byte by then
    board.write(b"into the void")
    assert console(board).endswith("its last words")


def test_nothing_is_lost_when_the_reader_is_slow(board: QemuBoard, launch: Callable) -> None:
    text = "".join(f"line {n}\n" for n in range(1000))
    board.start(launch(text + "!"))
    time.sleep(0.3)
    assert console(board).endswith(text)


def test_killed_from_outside(board: QemuBoard, launch: Callable) -> None:
    board.start(launch("x^"))
    console(board, "x")
    os.kill(board.pid, signal.SIGKILL)
    console(board)
    assert board.death() == "QEMU killed by SIGKILL"


def test_qemu_that_does_not_start(board: QemuBoard, launch: Callable) -> None:
    board.driver.extra_args = "-device no-such-thing"
    with pytest.raises(BoardError, match="board0: QEMU did not start: QEMU exit status 1 .*"
                                         "'no-such-thing' is not a valid device"):
        board.start(launch("x"))
    assert not board.alive() and board.read(0) == b""


def test_no_qemu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QEMU", "/no/qemu")
    with pytest.raises(BoardError, match="no QEMU at /no/qemu; install"):
        open_boards(BOARD_FILE)


def test_board_outlives_the_thread_that_started_it(board: QemuBoard, launch: Callable) -> None:
    starter = threading.Thread(target=board.start, args=(launch("x@y!"),))
    starter.start()
    starter.join()
    console(board, "x")
    time.sleep(0.1)
    assert board.alive()
    board.write(b"+")
    assert console(board).endswith("y")


RUNNER = """
import sys, time
from pathlib import Path
from lab.board import Launch
from lab.emulated import open_boards
board, = open_boards(Path(sys.argv[1]), 1)
board.start(Launch(Path(sys.argv[2]), "", ((Path(sys.argv[3]), ""),)))
print(board.pid, board.driver._tempdir, flush=True)
{last}
"""


@pytest.mark.parametrize("last, how", [("time.sleep(60)", signal.SIGKILL),
                                       ("time.sleep(60)", signal.SIGTERM),
                                       ("time.sleep(60)", signal.SIGINT), ("", None)])
def test_no_qemu_outlives_the_runner(launch: Callable, last: str, how: int | None) -> None:
    spin = launch("^")
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER.format(last=last), BOARD_FILE, spin.kernel,
         spin.modules[0][0]], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert runner.stdout
    pid, tempdir = runner.stdout.readline().split()
    try:
        if how:
            assert os.getsid(int(pid)) == int(pid)  # the terminal's Ctrl-C does not reach it
            runner.send_signal(how)
        runner.wait(5)
        assert gone(int(pid))
        if how in (None, signal.SIGINT):
            assert not Path(tempdir).exists()
    finally:
        runner.kill()
        runner.wait()
        runner.stdout.close()
        if not gone(int(pid)):  # the test has failed; do not leave it to the next one
            os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["rm", "-rf", tempdir], check=True)


def test_process_that_cannot_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Process(["/no/such/program"], cwd=tmp_path, output=tmp_path / "out")


def test_engine_on_real_boards(stub: Path, tmp_path: Path) -> None:
    """Two boards: a mark that is answered, and a guest that does not do as it was told."""
    guest = tmp_path / "guest.elf"
    guest.write_bytes(b"\x7fELF" + b"KTAP version 1\n1..1\n# case a.one\n"
                      b"  # mark reset pin=20 rte=0000000000010000 mask=1 irr=0 vec=00\n@"
                      b"  ok 1 S fine\nok 1 a.one # checks=1 ms=1\n!")
    hang = Boot("hang", "", cases=(PlannedCase("a.two", "case a.two", 0.3),))
    good = Boot("good", "", cases=(PlannedCase("a.one", "case a.one", 5),))
    boards = open_boards(BOARD_FILE, 2)
    try:
        with Engine([good, hang], system=xen.load(stub, guest, tmp_path / "cache"), boards=boards,
                    consoles=tmp_path / "consoles") as engine:
            records = list(engine.records())
    finally:
        for board in boards:
            board.close()
    cases = {record.id: record for record in records if isinstance(record, CaseRecord)}
    assert cases["a.one"].outcome is Outcome.PASS, cases["a.one"].reason
    assert cases["a.one"].marks[0].rte.startswith("pin 20 rte 0000000000010000")
    assert cases["a.two"].reason.startswith("stream damaged: the guest began case a.one that was")
    assert {r.board for r in records if isinstance(r, BootRecord)} == {"board0", "board1"}


def test_samples_of_a_spinning_cpu(board: QemuBoard, launch: Callable) -> None:
    board.start(launch("x^", smp=2))
    console(board, "x")
    # "x" is out a few instructions before the CPU is in its loop.
    deadline = time.monotonic() + 5
    while "(3 of 3 samples equal), cpu1" not in (told := watchdog.sample_cpus(board.qmp)):
        assert time.monotonic() < deadline, told
    assert told.startswith("cpu0 at rip 0010")
    dog = watchdog.Watchdog(board.pid)
    time.sleep(0.3)
    spent = dog.spent()
    assert spent.cpu + spent.starved > 0.15

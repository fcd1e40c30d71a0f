# SPDX-License-Identifier: GPL-2.0-only
"""Runs a gate as a process of its own: what it printed, what it wrote, what it left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports import schema

ROOT = Path(__file__).parents[1]
BOARD = ROOT / "lab" / "boards" / "q35-xen.yaml"
KVM_BOARD = ROOT / "lab" / "boards" / "q35-kvm.yaml"
STOCK_XEN = ROOT / "build" / "xen" / "xen-hypervisor-4.17-amd64.gz"
TAG = "LIFELINE_TEST_RUN"
USAGE_ERROR = 4  # pytest's
NOTHING_RAN = 5


def select(*cases: str) -> list[str]:
    """Options for exactly these cases."""
    return [f"--case={case}" for case in cases]


def wait_until(what: str, seconds: float, condition: Callable[[], Any]) -> Any:
    """The first true value of `condition`; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not after {seconds:g} s: {what}"
        time.sleep(0.01)
    return value


@dataclass(frozen=True)
class Gate:
    """What a gate has left."""

    status: int
    stdout: str
    stderr: str
    out: Path

    @property
    def header(self) -> dict[str, Any]:
        return self.journal()[0]

    @property
    def results(self) -> dict[str, dict[str, Any]]:
        """Case id -> its line in the journal."""
        return {record["case"]: record for record in self.journal()[1:]}

    @property
    def outcomes(self) -> dict[str, str]:
        return {case: record["outcome"] for case, record in self.results.items()}

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.out / "summary.json").read_text())

    @property
    def told(self) -> str:
        """For the message of an assertion."""
        return f"exit status {self.status}\n{self.stdout}\n{self.stderr}"

    def journal(self) -> list[dict[str, Any]]:
        """Strictly: a line that is not whole is an error here."""
        text = (self.out / "results.jsonl").read_text()
        assert text.endswith("\n"), f"torn last line: {text[-200:]!r}"
        assert not list(schema.violations(self.out / "results.jsonl"))
        return [json.loads(line) for line in text.splitlines()]

    def error_line(self) -> str:
        """The one line that a run which could not start tells."""
        assert "Traceback" not in self.stdout + self.stderr, self.told
        assert "INTERNALERROR" not in self.stdout + self.stderr, self.told
        lines = [line for line in self.stderr.splitlines() if line.strip()]
        assert len(lines) == 1 and lines[0].startswith("ERROR: "), self.told
        return lines[0].removeprefix("ERROR: ")


class RunningGate:
    """A gate in a session of its own; leave the context and nothing of it is left."""

    def __init__(self, out: Path, *args: str | Path, folder: Path, top: Path = ROOT,
                 board: Path = BOARD, env: dict[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.out, self.temp = out, folder / "temp"
        self.temp.mkdir()
        self._stdout, self._stderr = folder / "stdout", folder / "stderr"
        self._tag = str(uuid.uuid4())
        # Neither the options of the pytest that runs us nor its cache of failed tests.
        whole = {key: value for key, value in os.environ.items()
                 if not key.startswith(("PYTEST", "LG_", "QEMU", "ACCEL"))}
        whole |= {TAG: self._tag, "TMPDIR": str(self.temp), "COLUMNS": "80"} | (env or {})
        command = [sys.executable, "-B", "-m", "pytest", "suites", "--lg-env", board, "--out", out,
                   "--history", folder / "history.db", "-o", f"cache_dir={folder / 'cache'}", *args]
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self.process = subprocess.Popen(command, cwd=top, env=whole, stdin=subprocess.DEVNULL,
                                            stdout=stdout, stderr=stderr, start_new_session=True,
                                            preexec_fn=_as_from_a_terminal)

    def __enter__(self) -> "RunningGate":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def processes(self) -> list[int]:
        """All processes of this run, also those whose parent is gone. A zombie is none."""
        return [pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc")))
                if f"{TAG}={self._tag}".encode() in _read(pid, "environ").split(b"\0")]

    def qemus(self, option: str = "") -> list[int]:
        """QEMUs with `option` somewhere in their command line."""
        return [pid for pid in self.processes() if _read(pid, "comm").startswith(b"qemu-system")
                and option.encode() in _read(pid, "cmdline")]

    def results_so_far(self) -> list[bytes]:
        """Whole lines of the journal behind its header."""
        with suppress(OSError):
            return (self.out / "results.jsonl").read_bytes().split(b"\n")[1:-1]
        return []

    def await_result(self, seconds: float = 30) -> None:
        """Until the first case has ended, with boards still on."""
        def first_result() -> bool:
            assert self.process.poll() is None, self.gate().told
            return bool(self.results_so_far())
        wait_until("first result", seconds, first_result)

    def nothing_left(self, seconds: float = 3) -> None:
        wait_until("no process of the run is left", seconds, lambda: not self.processes())

    def finish(self, seconds: float) -> Gate:
        """Wait for its end; no process and no temporary file may be left."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"no end after {seconds:g} s\n{self.gate().told}") from error
        self.nothing_left()
        assert not list(self.temp.iterdir()), f"temporary files are left\n{self.gate().told}"
        return self.gate()

    def gate(self) -> Gate:
        return Gate(self.process.returncode, self._stdout.read_text(), self._stderr.read_text(),
                    self.out)


def tree(folder: Path) -> Path:
    """A repository whose suites/ may be changed; the rest is ours."""
    folder.mkdir()
    for name in ("lab", "reports", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "suites", folder / "suites")
    (folder / "build").mkdir()
    for name in ("guest.elf", "xen"):
        (folder / "build" / name).symlink_to(ROOT / "build" / name)
    return folder


def run_gate(folder: Path, *args: str | Path, timeout: float = 60, out: Path | None = None,
             top: Path = ROOT, board: Path = BOARD, env: dict[str, str] | None = None) -> Gate:
    """A whole gate; `folder` takes all that it writes."""
    with RunningGate(out or folder / "out", *args, folder=folder, top=top, board=board,
                     env=env) as running:
        return running.finish(timeout)


def _as_from_a_terminal() -> None:
    """What a shell starts with `&` ignores Ctrl-C, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""

# SPDX-License-Identifier: GPL-2.0-only
"""A child process that cannot outlive the runner, however the runner ends."""

import ctypes
import os
import select
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
POLL_MS = 200
NICE = -10

_prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up here: not after a fork


class Process:
    """Starts `argv` without a terminal and in a session of its own, so that Ctrl-C is ours alone.

    The kernel sends PDEATHSIG when the *thread* that forked ends, prctl(2). So each child has a
    thread of its own that forks it, waits for it and reaps it: thread and child live equally long,
    whichever thread asked for the start. kill -9 of the runner ends that thread, so the child too.
    """

    def __init__(self, argv: Sequence[str], *, cwd: Path, output: Path,
                 pass_fds: Sequence[int] = ()) -> None:
        self._argv, self._cwd, self._output = list(argv), cwd, output
        self._pass_fds = tuple(pass_fds)
        self._popen: subprocess.Popen[bytes] | None = None
        self._error: OSError | subprocess.SubprocessError | None = None
        self._started, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"keeper of {argv[0]}")
        self._thread.start()
        self._started.wait()
        if self._error:
            self._thread.join()
            raise self._error

    @property
    def pid(self) -> int:
        return self._popen.pid if self._popen else 0

    @property
    def status(self) -> int | None:
        """None while it runs; then the exit status, or minus the signal."""
        return self._popen.returncode if self._popen and self._ended.is_set() else None

    def wait(self, timeout: float) -> bool:
        """True once it has ended."""
        return self._ended.wait(timeout)

    def hurry(self) -> None:
        """Its first thread, of all its threads, goes before every other on the host: in real time, or at least by
        its nice value. Without the privilege for either nothing happens."""
        with suppress(ProcessLookupError):
            try:
                os.sched_setscheduler(self.pid, os.SCHED_FIFO, os.sched_param(1))
            except PermissionError:
                with suppress(PermissionError):
                    os.setpriority(os.PRIO_PROCESS, self.pid, NICE)

    def kill(self) -> None:
        """End it, and wait until it is reaped."""
        if self._popen:
            self._popen.kill()
        self._thread.join()

    def _keep(self) -> None:
        parent = os.getpid()

        def in_child() -> None:
            _prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:  # it died before the prctl
                os._exit(1)

        try:
            with self._output.open("wb") as output:
                self._popen = subprocess.Popen(
                    self._argv, cwd=self._cwd, stdin=subprocess.DEVNULL, stdout=output,
                    stderr=output, pass_fds=self._pass_fds, start_new_session=True,
                    preexec_fn=in_child)
        except (OSError, subprocess.SubprocessError) as error:
            self._error = error
            return
        finally:
            self._started.set()
        self._await(self._popen)
        self._ended.set()

    def _await(self, popen: "subprocess.Popen[bytes]") -> None:
        """Until it ends. An interpreter that exits joins this thread, so see that it can."""
        fd = os.pidfd_open(popen.pid)
        try:
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            while not poll.poll(POLL_MS):
                if not threading.main_thread().is_alive():
                    popen.kill()
        finally:
            os.close(fd)
        popen.wait()


def describe_status(status: int | None) -> str:
    """QEMU's exit status in words; isa-debug-exit makes (value << 1) | 1 of it."""
    if status is None:
        return "still runs"
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    if status & 1:
        return f"exit status {status} (an error of QEMU itself, or isa-debug-exit {status >> 1})"
    return f"exit status {status}"

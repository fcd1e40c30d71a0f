# SPDX-License-Identifier: GPL-2.0-only
"""iperf3 servers on this machine's loopback, for the NICs of a board that is on QEMU's user network."""

import shutil
import socket
import time
from pathlib import Path

from lab.board import BoardError
from lab.process import Process

START_LIMIT_S = 5.0
LISTENING = b"Server listening"


class Peers:
    """open() as many as there are NICs: a server has one client at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[Process] = []

    def open(self) -> int:
        """The port of a new one; BoardError if it does not start."""
        program = shutil.which("iperf3")
        if not program:
            raise BoardError("no iperf3 here for the boards' NICs to talk to; apt-get install iperf3")
        port = free_port()
        output = self._folder / f"iperf3-{port}"
        server = Process([program, "--server", "--bind", "127.0.0.1", "--port", str(port), "--forceflush"],
                         cwd=self._folder, output=output)
        self._processes.append(server)
        deadline = time.monotonic() + START_LIMIT_S
        while LISTENING not in (told := output.read_bytes()):
            if server.status is not None or time.monotonic() > deadline:
                raise BoardError(f"iperf3 does not listen on 127.0.0.1:{port}: {told.decode(errors='replace').strip()}")
            time.sleep(0.005)
        return port

    def close(self) -> None:
        for process in self._processes:
            process.kill()
        self._processes = []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

# SPDX-License-Identifier: GPL-2.0-only
"""A board that starts from a snapshot of itself: made once, kept apart, thrown away; and its two serial lines."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import linuxboard
from lab.board import BoardError, Launch
from lab.boardfile import load, parse_device
from lab.emulated import QemuBoard, open_boards
from lab.peers import Peers

BOARD_FILE = Path(__file__).parents[1] / "boards" / "q35-kvm.yaml"


@pytest.fixture
def board() -> Iterator[QemuBoard]:
    opened, = open_boards(BOARD_FILE, 1)
    yield opened
    opened.close()


@pytest.fixture
def launch(stub: Path, tmp_path: Path) -> Launch:
    """A kernel that says that it is ready, and then what it is asked to."""
    script = tmp_path / "script"
    script.write_bytes(b"\x7fELF" + b"no second line\n!")
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(1 << 20))
    return Launch(stub, "", ((script, ""),), variant="intel", disk=disk, plan="case a.one\n",
                  snapshots=tmp_path / "snapshots")


def test_what_the_host_has() -> None:
    devices = load(BOARD_FILE).boards[0].devices_of("intel")
    hosted = {device.bdf: device for device in devices if device.host}
    assert {device.gsi for device in hosted.values()} == {20}
    assert [device.bdf for device in hosted.values() if device.disk] == ["00:08.0", "00:0c.2", "00:0c.3"]
    assert [device.network for device in hosted.values() if device.net] == ["10.12.0.0/24", "10.12.1.0/24"]
    assert not parse_device({"bdf": "00:04.0", "model": "e1000"}).net


def test_a_kernel_that_is_never_ready(board: QemuBoard, launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linuxboard, "BOOT_LIMIT_S", 0.5)
    with pytest.raises(BoardError, match="board0: Linux .*its last line: no second line; all of it: .*intel-.*log") as told:
        board.start(launch)
    log = Path(str(told.value).rpartition(" ")[2])
    assert b"no second line" in log.read_bytes()
    assert not list(launch.snapshots.glob("*.stream")) and not board.alive()


def test_the_oldest_snapshots_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linuxboard, "KEEP", 3)
    for age, name in enumerate(("new", "older", "old[1]", "oldest")):
        for kind in ("stream", "memory", "lock"):
            path = tmp_path / f"{name}.{kind}"
            path.touch()
            os.utime(path, (1000 - age, 1000 - age))
    linuxboard.prune(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.stream")) == ["new.stream", "older.stream"]
    assert not (tmp_path / "oldest.memory").exists()


class Alive:
    """A process, as far as receive() asks for it."""

    status: int | None = None

    def wait(self, timeout: float) -> bool:
        return False


def test_whole_lines_of_two_consoles(board: QemuBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    driver, process = board.driver, Alive()
    ends = [socket.socketpair() for _ in range(2)]
    monkeypatch.setattr(driver, "_serials", [ours for ours, _ in ends])
    monkeypatch.setattr(driver, "_process", process)
    kernel, agent = (theirs for _, theirs in ends)
    kernel.sendall(b"[ 1.0] half")
    agent.sendall(b"KTAP version 1\r\n1..")
    assert driver.receive(1) == b"KTAP version 1\n"
    kernel.sendall(b" a line\n")
    assert driver.receive(1) == b"[ 1.0] half a line\n"
    assert driver.receive(0) == b""
    process.status = 1
    assert driver.receive(0) == b"1..\n"
    monkeypatch.undo()


def test_peers_listen_and_go(tmp_path: Path) -> None:
    peers = Peers(tmp_path)
    port = peers.open()
    with socket.create_connection(("127.0.0.1", port), 5):
        pass
    peers.close()
    time.sleep(0.01)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)

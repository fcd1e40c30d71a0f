# SPDX-License-Identifier: GPL-2.0-only
"""Opens the emulated boards of a board file, through labgrid, as the engine wants them."""

import os
from pathlib import Path
from typing import Any

from labgrid import Environment

from lab import boardfile
from lab.board import Launch
from lab.linuxboard import LinuxQEMUDriver
from lab.qemu import MultibootQEMUDriver


class QemuBoard:
    """lab.board.Board on top of the labgrid driver."""

    def __init__(self, driver: MultibootQEMUDriver) -> None:
        self.driver = driver
        self.name: str = driver.target.name
        self.read, self.write = driver.receive, driver.send
        self.alive, self.stop, self.death = driver.alive, driver.off, driver.death
        self.devices, self.uarts, self.unguarded = driver.devices_of, driver.uarts_of, driver.unguarded_of

    @property
    def pid(self) -> int:
        return self.driver.pid

    def start(self, launch: Launch) -> None:
        self.driver.prepare(launch)
        self.driver.on()

    def qmp(self, command: str, **arguments: Any) -> Any:
        return self.driver.monitor(command, **arguments)

    def close(self) -> None:
        """Stop it for good and remove its temporary files."""
        self.driver.target.cleanup()


def open_boards(path: Path, count: int | None = None) -> list[QemuBoard]:
    """The first `count` boards of the file; by default as many as there are CPUs.

    YamlError if the file is wrong, BoardError if there is no QEMU. Nothing is started.
    """
    file = boardfile.load(path)
    names: list[str] = [board.name for board in file.boards]
    kind = LinuxQEMUDriver if file.boots == "kvm" else MultibootQEMUDriver
    environment = Environment(str(path))
    boards = []
    for name in names[:count or os.cpu_count() or 1]:
        driver = environment.get_target(name).get_driver(kind)
        driver.qemu()
        boards.append(QemuBoard(driver))
    return boards

# SPDX-License-Identifier: GPL-2.0-only
"""What the engine needs of a board, be it emulated, on a desk or a fake in a test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lab.boardfile import Device


class BoardError(Exception):
    """The board did not start or does not answer; not the fault of what runs on it."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One power-on."""

    kernel: Path
    cmdline: str
    modules: tuple[tuple[Path, str], ...]  # file, arguments
    # None: as the board file has it.
    smp: int | None = None
    icount: str | None = None
    variant: str | None = None
    # For a board that boots Linux: a file system for it, the plan for its agent, and where snapshots are kept (None:
    # each power-on is a boot).
    disk: Path | None = None
    plan: str = ""
    snapshots: Path | None = None


class Board(Protocol):
    name: str

    @property
    def pid(self) -> int:
        """Whose threads are the board's CPUs; 0 if there is no such process."""

    def devices(self, variant: str | None) -> tuple[Device, ...]:
        """What cases may touch."""

    def uarts(self, variant: str | None) -> tuple[int, ...]:
        """ISA interrupts that cases have a UART on."""

    def unguarded(self, variant: str | None) -> tuple[str, ...]:
        """What its interrupt remapping does not guard against (lab.boardfile.UNGUARDED)."""

    def start(self, launch: Launch) -> None:
        """Power on. BoardError if that fails."""

    def read(self, timeout: float) -> bytes:
        """Console bytes; b"" if none came in `timeout` seconds or ever will."""

    def write(self, data: bytes) -> None:
        """To the serial line. A dead board swallows it."""

    def qmp(self, command: str, **arguments: Any) -> Any:
        """Ask the board behind its software's back. BoardError if it does not answer."""

    def alive(self) -> bool:
        """False once it has ended; what it printed before can still be read."""

    def stop(self) -> None:
        """Power off, now. May be called at any time, again too."""

    def death(self) -> str:
        """How it ended, for an error message."""

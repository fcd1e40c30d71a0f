# SPDX-License-Identifier: GPL-2.0-only
"""A board without QEMU: a script per power-on tells what its console prints and when."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.board import BoardError, Launch
from lab.boardfile import Device

INFO_PIC = (Path(__file__).parent / "data" / "info-pic-xen.txt").read_text()

# What a script yields besides console bytes.
WAIT = "wait for a byte from the host"
HANG = "be silent for ever"

Step = bytes | str


class FakeBoard:
    """Each start() takes the next script; when it is through, the board is dead."""

    def __init__(self, *scripts: Sequence[Step], name: str = "fake", pic: str = INFO_PIC) -> None:
        self.name, self.pid, self.pic = name, 0, pic
        self.launches: list[Launch] = []
        self.plans: list[str] = []
        self.written = bytearray()
        self.at_start = threading.Barrier(1)
        self._scripts = list(scripts)
        self._steps: list[Step] | None = None
        self._waiting = self._hanging = False

    def devices(self, variant: str | None) -> tuple[Device, ...]:
        if variant not in (None, "many"):
            raise BoardError(f"no variant {variant}")
        return (Device("00:04.0", "edu", 20), Device("00:08.0", "e1000", 20))

    def uarts(self, variant: str | None) -> tuple[int, ...]:
        return ()

    def unguarded(self, variant: str | None) -> tuple[str, ...]:
        return ("requester",) if variant == "many" else ()

    def start(self, launch: Launch) -> None:
        self.launches.append(launch)
        self.plans.append(launch.modules[1][0].read_text())
        self.at_start.wait(5)
        if not self._scripts:
            raise BoardError("fake: QEMU did not start: no script left")
        self._steps = list(self._scripts.pop(0))
        self._waiting = self._hanging = False

    def read(self, timeout: float) -> bytes:
        if self._waiting or self._hanging or self._steps is None:
            time.sleep(min(timeout, 0.01))
            return b""
        data = self._steps.pop(0) if self._steps and isinstance(self._steps[0], bytes) else b""
        # What follows the bytes is so at once: a guest that prints a mark does already wait.
        follows = self._steps[0] if self._steps else None
        if follows in (WAIT, HANG):
            self._steps.pop(0)
            self._waiting, self._hanging = follows == WAIT, follows == HANG
        elif follows is None and not data:
            self._steps = None
        return data

    def write(self, data: bytes) -> None:
        self.written += data
        self._waiting = False

    def qmp(self, command: str, **arguments: Any) -> Any:
        if command == "query-cpus-fast":
            return [{"cpu-index": 0}]
        if arguments.get("command-line") == "info pic":
            assert self._waiting, "the witness is asked while the guest runs"
            return self.pic
        if arguments.get("command-line", "").startswith("xp "):
            return "00000000fed9001c: Cannot access memory\r\n"
        if arguments.get("command-line") == "info registers":
            return "CPU#0\nRIP=ffff82d040322009 RFL=00000097 HLT=0"
        return {}

    def alive(self) -> bool:
        return self._steps is not None

    def stop(self) -> None:
        self._steps = None

    def death(self) -> str:
        return "QEMU exit status 7 (fake)"


def case(number: int, name: str, *inside: Step, checks: int = 1) -> list[Step]:
    """A case that passes."""
    return [f"# case {name}\n  KTAP version 1\n".encode(), *inside,
            f"  ok 1 S fine\nok {number} {name} # checks={checks} ms=1\n".encode()]


def plan(count: int) -> bytes:
    return f"KTAP version 1\n1..{count}\n# guest xen=4.17 domctl=0x15\n".encode()

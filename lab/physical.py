# SPDX-License-Identifier: GPL-2.0-only
"""Reads the board's memory and device registers behind its software's back, by QEMU's `xp`."""

import re
from collections.abc import Callable
from typing import Any

from lab.witness import WitnessError

Qmp = Callable[..., Any]

MAX_WORDS = 4096
LINE = re.compile(r"^([0-9a-f]{8,16}): ((?:0x[0-9a-f]{8}(?:[0-9a-f]{8})?[ \r]*)+)$", re.MULTILINE)


class NothingThere(WitnessError):
    """No memory and no register at that address."""


def words(qmp: Qmp, address: int, count: int, size: int = 4) -> list[int]:
    """`count` words of `size` bytes (4 or 8) from guest-physical `address`."""
    letter = {4: "w", 8: "g"}[size]
    text = str(qmp("human-monitor-command",
                   **{"command-line": f"xp /{count}{letter}x {address:#x}"}))
    return parse(text, address, count, size)


def parse(text: str, address: int, count: int, size: int) -> list[int]:
    """The words of QEMU 7.2's `xp`; WitnessError for anything that is not just that many of them."""
    if "Cannot access memory" in text[:200]:
        raise NothingThere(f"nothing answers at {address:#x}")
    found: list[int] = []
    for where, row in LINE.findall(text[:MAX_WORDS * 24]):
        if int(where, 16) != address + len(found) * size:
            raise WitnessError(f"xp {address:#x} shows {where} out of turn")
        found += [int(word, 16) for word in row.split()]
    if len(found) != count or any(word >> 8 * size for word in found):
        raise WitnessError(f"xp {address:#x} shows {len(found)} words, expected {count}")
    return found

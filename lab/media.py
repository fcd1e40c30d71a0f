# SPDX-License-Identifier: GPL-2.0-only
"""What is on a board's disks: a pattern that the guest knows too (guest/dev/media.h)."""

import struct
from pathlib import Path

SIZE = 1 << 20
FACTOR = 0x9E3779B1


def pattern(size: int = SIZE) -> bytes:
    """The 32-bit little-endian word number k of a disk is k * FACTOR."""
    return b"".join(struct.pack("<I", word * FACTOR & 0xFFFFFFFF) for word in range(size // 4))


_CACHE = pattern()


def write(path: Path) -> None:
    path.write_bytes(_CACHE)

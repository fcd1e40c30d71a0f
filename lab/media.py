# SPDX-License-Identifier: GPL-2.0-only
"""What is on a board's disks: a pattern that the guest knows too (guest/dev/media.h).

An image is of one compressed block (format cloop), for QEMU keeps a block that it has unpacked and answers from it
at once. A read of a plain file takes the time of a thread of the host, which the board's own clock, that of -icount,
counts as anything between 30 us and 4 ms.
"""

import struct
import zlib
from pathlib import Path

SIZE = 1 << 20
FACTOR = 0x9E3779B1
HEADER = ">IIQQ"


def pattern(size: int = SIZE) -> bytes:
    """The 32-bit little-endian word number k of a disk is k * FACTOR."""
    return b"".join(struct.pack("<I", word * FACTOR & 0xFFFFFFFF) for word in range(size // 4))


def cloop(content: bytes) -> bytes:
    """`content` as cloop image: 128 bytes of anything, block size, number of blocks, where each begins and the last ends."""
    block = zlib.compress(content)
    begin = 128 + struct.calcsize(HEADER)
    return bytes(128) + struct.pack(HEADER, len(content), 1, begin, begin + len(block)) + block


_CACHE = cloop(pattern())


def write(path: Path) -> None:
    path.write_bytes(_CACHE)

# SPDX-License-Identifier: GPL-2.0-only
"""The boards' disks: what is on them, and that the image is what QEMU takes for cloop."""

import re
import struct
import zlib
from pathlib import Path

from lab import media

GUEST = Path(__file__).parents[2] / "guest" / "dev" / "media.h"


def test_pattern() -> None:
    words = struct.unpack(f"<{media.SIZE // 4}I", media.pattern())
    assert words[0] == 0 and words[1] == media.FACTOR
    assert all(words[k] == k * media.FACTOR % 2**32 for k in (2, 127, 128, media.SIZE // 4 - 1))
    assert len(set(words)) == len(words)  # a sector is like no other


def test_guest_knows_the_same() -> None:
    text = GUEST.read_text()
    factor = re.search(r"(0x[0-9a-f]+)u", text)
    sectors = re.search(r"MEDIA_SECTORS (\d+)u", text)
    assert factor and int(factor[1], 16) == media.FACTOR
    assert sectors and int(sectors[1]) * 512 == media.SIZE


def test_image_is_one_block(tmp_path: Path) -> None:
    media.write(tmp_path / "disk")
    image = (tmp_path / "disk").read_bytes()
    size, count, begin, end = struct.unpack_from(">IIQQ", image, 128)
    assert (size, count, end) == (media.SIZE, 1, len(image))
    assert zlib.decompress(image[begin:end]) == media.pattern()

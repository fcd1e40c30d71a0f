# SPDX-License-Identifier: GPL-2.0-only
"""Files that Xen can be, and files that a tired user names instead."""

import gzip
import hashlib
from pathlib import Path

import pytest

from lab import xen
from lab.system import HypervisorError

MAGIC = 0x1BADB002
GUEST = Path("/bin/sh")  # an ELF file


def image(flags: int = 3, pad: int = 128, checksum: int | None = None) -> bytes:
    words = (MAGIC, flags, (-MAGIC - flags) % (1 << 32) if checksum is None else checksum)
    header = b"".join(word.to_bytes(4, "little") for word in words)
    text = b"\0Xen version %d.%d%s (%s)\0x\0" + b"4.17.7+13-g2445b30a44-0+deb12u1\0gcc 12.2.0\0"
    return b"\x7fELF".ljust(pad, b"\0") + header + text


def test_gzip_is_unpacked_once(tmp_path: Path) -> None:
    packed = gzip.compress(image())
    (tmp_path / "xen.gz").write_bytes(packed)
    found = xen.load(tmp_path / "xen.gz", GUEST, tmp_path / "cache")
    assert found.image.read_bytes() == image()
    assert found.sha256 == hashlib.sha256(packed).hexdigest()
    assert found.version == "4.17.7+13-g2445b30a44-0+deb12u1"
    before = found.image.stat().st_mtime_ns
    xen.load(tmp_path / "xen.gz", GUEST, tmp_path / "cache")
    assert found.image.stat().st_mtime_ns == before


def test_elf_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "xen").write_bytes(image())
    found = xen.load(tmp_path / "xen", GUEST, tmp_path / "cache")
    assert found.image == tmp_path / "xen" and not (tmp_path / "cache").exists()


@pytest.mark.parametrize("data, told", [
    (b"", "the file is empty"),
    (b"MZ\x90\0", "neither gzip nor ELF"),
    (gzip.compress(image())[:40], "damaged gzip"),
    (gzip.compress(image())[:-8] + bytes(8), "damaged gzip"),
    (gzip.compress(b"070701 cpio"), "no ELF"),
    (b"\x7fELF" + bytes(9000), "without a multiboot header"),
    (image(pad=8192), "without a multiboot header"),
    (image(pad=130), "without a multiboot header"),
    (image(checksum=1), "without a multiboot header"),
])
def test_not_a_hypervisor(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "xen").write_bytes(data)
    with pytest.raises(HypervisorError, match=told) as caught:
        xen.load(tmp_path / "xen", GUEST, tmp_path / "cache")
    assert str(tmp_path / "xen") in str(caught.value) and "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(HypervisorError, match="No such file|Is a directory"):
            xen.load(path, GUEST, tmp_path)


def test_no_guest(tmp_path: Path) -> None:
    (tmp_path / "xen").write_bytes(image())
    (tmp_path / "guest").write_text("text")
    for guest, told in ((tmp_path / "none", "No such file"), (tmp_path / "guest", "not an ELF file")):
        with pytest.raises(HypervisorError, match=f"{told}.*make guest builds it"):
            xen.load(tmp_path / "xen", guest, tmp_path)


def test_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xen, "MAX_IMAGE", 1000)
    (tmp_path / "xen.gz").write_bytes(gzip.compress(image() + bytes(5000)))
    with pytest.raises(HypervisorError, match="unpacks to more than"):
        xen.load(tmp_path / "xen.gz", GUEST, tmp_path / "cache")

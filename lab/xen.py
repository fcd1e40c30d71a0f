# SPDX-License-Identifier: GPL-2.0-only
"""The Xen that a user names: checked before any board starts, unpacked for QEMU."""

import gzip
import hashlib
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from lab.board import Launch
from lab.records import Boot
from lab.system import HypervisorError

MULTIBOOT_MAGIC = (0x1BADB002).to_bytes(4, "little")
MULTIBOOT_SEARCH = 8192  # Multiboot 0.6.96, 3.1: the header lies in the first 8 KiB
MAX_IMAGE = 256 << 20  # what a .gz may unpack to; Xen has 2.5 MiB

# Xen keeps its full version as a string of its own, e.g. Debian's 4.17.7+13-g2445b30a44-0+deb12u1.
BANNER = re.compile(rb"\0(\d+\.\d+[-.+~][!-~]{1,80})\0")
FORMAT = b"Xen version %d.%d%s"


@dataclass(frozen=True, slots=True)
class Xen:
    """Implements lab.system.System."""

    path: Path
    image: Path  # what QEMU loads: a multiboot ELF, not compressed
    sha256: str
    version: str  # "" if the image does not hold it: the console tells later
    guest: Path  # the control domain
    guest_args: str = ""
    kind: str = "xen"

    @property
    def images(self) -> dict[str, Path]:
        return {"hypervisor": self.path, "guest": self.guest}

    def launch(self, boot: Boot, plan: Path) -> Launch:
        return Launch(self.image, boot.cmdline, ((self.guest, self.guest_args), (plan, "")),
                      boot.smp, boot.icount, boot.variant)


def load(path: Path, guest: Path, cache: Path, guest_args: str = "") -> Xen:
    """Check `path` and unpack it below `cache` if need be; HypervisorError if it or `guest` cannot boot."""
    check_guest(guest)
    packed = read(path)
    image = unpack(path, packed)
    check_multiboot(path, image)
    sha256 = hashlib.sha256(packed).hexdigest()
    where = path.resolve() if image is packed else store(image, cache / f"xen-{sha256[:16]}")
    return Xen(path, where, sha256, find_version(image), guest, guest_args)


def check_guest(guest: Path) -> None:
    try:
        with guest.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise HypervisorError(f"guest {guest}: {error.strerror}; make guest builds it") from error
    if magic != b"\x7fELF":
        raise HypervisorError(f"guest {guest}: not an ELF file; make guest builds it")


def read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HypervisorError(f"hypervisor {path}: {error.strerror}; name a Xen image, e.g. "
                              "/boot/xen-4.17-amd64.gz") from error
    if not data:
        raise HypervisorError(f"hypervisor {path}: the file is empty; install or build it again")
    return data


def unpack(path: Path, data: bytes) -> bytes:
    if data.startswith(b"\x7fELF"):
        return data
    if not data.startswith(b"\x1f\x8b"):
        raise HypervisorError(f"hypervisor {path}: neither gzip nor ELF (it begins with "
                              f"{data[:4].hex(' ')}); name xen.gz or the unpacked xen")
    try:
        with gzip.open(path) as stream:
            image = stream.read(MAX_IMAGE + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise HypervisorError(f"hypervisor {path}: damaged gzip ({error}); "
                              "install or build it again") from error
    if len(image) > MAX_IMAGE:
        raise HypervisorError(f"hypervisor {path}: unpacks to more than {MAX_IMAGE >> 20} MiB")
    if not image.startswith(b"\x7fELF"):
        raise HypervisorError(f"hypervisor {path}: what is in the gzip is no ELF (it begins with "
                              f"{image[:4].hex(' ')}); name xen.gz, not a kernel or an initrd")
    return image


def check_multiboot(path: Path, image: bytes) -> None:
    """A header is the magic, flags and a checksum that makes their sum 0, at a multiple of 4."""
    head = image[:MULTIBOOT_SEARCH]
    at = head.find(MULTIBOOT_MAGIC)
    while at >= 0:
        words = [int.from_bytes(head[at + i:at + i + 4], "little") for i in (0, 4, 8)]
        if at % 4 == 0 and sum(words) % (1 << 32) == 0:
            return
        at = head.find(MULTIBOOT_MAGIC, at + 1)
    raise HypervisorError(f"hypervisor {path}: an ELF without a multiboot header in its first "
                          "8 KiB, so QEMU cannot boot it; name xen or xen.gz, not xen-syms or .efi")


def store(image: bytes, where: Path) -> Path:
    """Write `image` once; two runs at the same time do not see half of it."""
    if not where.exists() or where.stat().st_size != len(image):
        where.parent.mkdir(parents=True, exist_ok=True)
        fresh = where.with_name(f"{where.name}.{os.getpid()}")
        fresh.write_bytes(image)
        fresh.replace(where)
    return where.resolve()


def find_version(image: bytes) -> str:
    """The version string, if this is Xen and the image holds it."""
    start = image.find(FORMAT)
    found = BANNER.search(image, start) if start >= 0 else None
    return found[1].decode("ascii") if found else ""

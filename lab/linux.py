# SPDX-License-Identifier: GPL-2.0-only
"""The Linux that a user names, with KVM and VFIO in it: checked before any board starts, with an image made for it."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from lab import image
from lab.board import Launch
from lab.records import Boot
from lab.system import HypervisorError

# Documentation/arch/x86/boot.rst: magic of the header, and where the version's text is.
MAGIC_AT, MAGIC = 0x202, b"HdrS"
VERSION_AT, VERSION_BASE = 0x20E, 0x200
MAX_VERSION = 200


@dataclass(frozen=True, slots=True)
class Linux:
    """Implements lab.system.System."""

    path: Path
    sha256: str
    version: str
    initramfs: Path
    guest: Path  # a file system with the programs that are run
    cache: Path
    kind: str = "kvm"

    @property
    def images(self) -> dict[str, Path]:
        return {"kernel": self.path, "initramfs": self.initramfs, "collection": self.guest}

    def launch(self, boot: Boot, plan: Path) -> Launch:
        return Launch(self.path.resolve(), boot.cmdline, ((self.initramfs, ""),), boot.smp, boot.icount, boot.variant,
                      disk=self.guest, plan=plan.read_text(), snapshots=self.cache if boot.warm else None)


def load(kernel: Path, modules: Path, init: Path, busybox: Path, collection: Path, cache: Path,
         qemu: bool = False) -> Linux:
    """Check `kernel` and make its image below `cache`, see lab.image; HypervisorError if it cannot boot."""
    try:
        data = kernel.read_bytes()
    except OSError as error:
        raise HypervisorError(f"kernel {kernel}: {error.strerror}; name a bzImage, e.g. /boot/vmlinuz-6.1.0-1-amd64") \
            from error
    version = version_of(kernel, data)
    there = modules.resolve().name
    if version.split()[0] != there:
        raise HypervisorError(f"kernel {kernel} is {version.split()[0]}, modules {modules} are of {there}; name the "
                              "modules of this kernel: MODULES=/lib/modules/VERSION")
    return Linux(kernel, hashlib.sha256(data).hexdigest(), version, image.build(modules, init, busybox, cache, qemu),
                 collection, cache / "snapshots")


def version_of(kernel: Path, data: bytes) -> str:
    """E.g. "6.1.0-56-amd64 (debian-kernel@lists.debian.org) #1 SMP ..."; HypervisorError for what is no bzImage."""
    if data[MAGIC_AT:MAGIC_AT + 4] != MAGIC:
        raise HypervisorError(f"kernel {kernel}: no bzImage (no {MAGIC.decode()} at {MAGIC_AT:#x}); name the file that a "
                              "boot loader loads, not vmlinux")
    at = VERSION_BASE + int.from_bytes(data[VERSION_AT:VERSION_AT + 2], "little")
    text = data[at:at + MAX_VERSION].partition(b"\0")[0]
    if at == VERSION_BASE or not re.fullmatch(rb"[0-9][!-~]*( [ -~]*)?", text):
        raise HypervisorError(f"kernel {kernel}: its header names no version; build it again")
    return text.decode("ascii")

# SPDX-License-Identifier: GPL-2.0-only
"""What a gate tests: the hypervisor that the user names, or Debian's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lab import linux, xen
from lab.system import System

TOP = Path(__file__).parent.parent
BUILD = TOP / "build"
CACHE = BUILD / "cache"
GUEST = BUILD / "guest.elf"
STOCK_XEN = BUILD / "xen" / "xen-hypervisor-4.17-amd64.gz"
STOCK_LINUX = BUILD / "linux"  # kernel and modules of one package, by lab/kernel.sh

XEN_OPTIONS = "console=com1 com1=115200,8n1 dom0_mem=64M loglvl=all guest_loglvl=all"
LINUX_OPTIONS = "console=ttyS0 panic=-1"


class Subject(Protocol):
    kind: str  # "xen" or "kvm"
    options: str  # of every boot

    @property
    def name(self) -> str:
        """As a line of a gate shows it."""

    @property
    def words(self) -> list[str]:
        """Variables of make that name it; none for the stock one."""

    def load(self) -> System:
        """HypervisorError if it cannot be booted."""


@dataclass(frozen=True)
class Xen:
    path: Path = STOCK_XEN
    cache: Path = CACHE
    kind: str = "xen"
    options: str = XEN_OPTIONS

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def words(self) -> list[str]:
        return [f"XEN={self.path}"] if self.path != STOCK_XEN else []

    def load(self) -> System:
        return xen.load(self.path, GUEST, self.cache)


@dataclass(frozen=True)
class Linux:
    kernel: Path = STOCK_LINUX / "vmlinuz"
    modules: Path = STOCK_LINUX / "modules"
    cache: Path = CACHE
    qemu: bool = False  # in the image, for cases whose domain it runs
    kind: str = "kvm"
    options: str = LINUX_OPTIONS

    @property
    def name(self) -> str:
        return self.kernel.resolve().name

    @property
    def words(self) -> list[str]:
        stock = Linux()
        return [f"{word}={path}" for word, path, plain in (("KERNEL", self.kernel, stock.kernel),
                                                           ("MODULES", self.modules, stock.modules))
                if path != plain]

    def load(self) -> System:
        return linux.load(self.kernel, self.modules, BUILD / "host" / "init", BUILD / "busybox", BUILD / "collection.img",
                          self.cache, self.qemu)

# SPDX-License-Identifier: GPL-2.0-only
"""Applies a mutant to a copy of a hypervisor image or a kernel module, guarded by build id and old bytes."""

import functools
import gzip
import os
import shutil
from pathlib import Path

from suites.mutants.catalogue import Mutant
from suites.mutants.symbols import SymbolError, Symbols, of_module, of_xen
from suites.subject import BUILD, STOCK_LINUX, STOCK_XEN

XEN_SYMS = BUILD / "xen" / "symbols" / "usr" / "lib" / "debug" / "boot" / "xen-syms-4.17-amd64"
# Behind a signed module (include/linux/module_signature.h): the signature, 12 bytes that end in its length, and this.
SIGNED = b"~Module signature appended~\n"


class MutantError(Exception):
    """The mutant does not fit the image: it must be anchored anew."""


def apply(mutant: Mutant, image: bytes, symbols: Symbols) -> bytes:
    """A mutated copy of `image`; MutantError if any guard does not hold."""
    if mutant.build_id not in image:
        raise MutantError(f"mutant {mutant.id}: the image has another build id than "
                          f"{mutant.build_id.hex()[:12]}...; re-anchor its sites for this build")
    copy = bytearray(image)
    for site in mutant.sites:
        try:
            start = symbols.offset(site.symbol) + site.offset
        except SymbolError as error:
            raise MutantError(f"mutant {mutant.id}: {error}; re-anchor it") from error
        end = start + len(site.old)
        if start < 0 or copy[start:end] != site.old:
            raise MutantError(f"mutant {mutant.id}: at {site.symbol}+{site.offset:#x} stands "
                              f"{copy[start:end].hex()}, not {site.old.hex()}; re-anchor it")
        copy[start:end] = site.new
    return bytes(copy)


def unsigned(image: bytes) -> bytes:
    """A module without its signature: with one that no longer fits it the kernel does not load it."""
    if not image.endswith(SIGNED):
        return image
    end = len(image) - len(SIGNED)
    length = int.from_bytes(image[end - 4:end], "big")
    return image[:end - 12 - length]


@functools.cache
def stock_xen() -> tuple[bytes, Symbols]:
    """Debian's hypervisor, unpacked, and its symbols: FileNotFoundError before `make mutant-inputs`."""
    image = gzip.decompress(STOCK_XEN.read_bytes())
    return image, of_xen(XEN_SYMS, image)


@functools.cache
def stock_module(name: str, modules: Path = STOCK_LINUX / "modules") -> tuple[bytes, Symbols]:
    image = unsigned((modules / name).read_bytes())
    return image, of_module(image, Path(name).name)


def xen_with(mutant: Mutant, folder: Path) -> Path:
    """A file below `folder`: Debian's hypervisor, mutated."""
    xen = folder / f"xen-{mutant.id}"
    xen.write_bytes(apply(mutant, *stock_xen()))
    return xen


def modules_with(mutant: Mutant, folder: Path, modules: Path = STOCK_LINUX / "modules") -> Path:
    """Below `folder` a copy of the kernel's modules, by links, in which the mutant's module is mutated."""
    copy = folder / "lib" / "modules" / modules.resolve().name
    shutil.copytree(modules.resolve(), copy, copy_function=os.symlink)
    module = copy / mutant.module
    image = apply(mutant, *stock_module(mutant.module, modules))
    module.unlink()
    module.write_bytes(image)
    return copy


def options(mutant: Mutant, folder: Path) -> list[str]:
    """What a gate is given so that it tests the mutant; what is made for it is below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    told = [f"--append={mutant.boot}"] if mutant.boot else []
    if mutant.sites and mutant.hypervisor == "xen":
        told += ["--xen", str(xen_with(mutant, folder))]
    elif mutant.sites:
        told += ["--modules", str(modules_with(mutant, folder))]
    return told

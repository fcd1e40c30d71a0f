# SPDX-License-Identifier: GPL-2.0-only
"""Applies a mutant to a copy of a hypervisor image or a kernel module, guarded by build id and old bytes."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.yamlsource import check, parse

HERE = Path(__file__).parent
# Behind a signed module (include/linux/module_signature.h): the signature, 12 bytes that end in its length, and this.
SIGNED = b"~Module signature appended~\n"

HEX = {"type": "string", "pattern": "^([0-9a-f]{2})+$"}
TEXT = {"type": "string", "minLength": 1}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required,
            "properties": properties}


SCHEMA = _object(
    ["build_id", "base", "offset", "mutants"],
    build_id=HEX, base={"type": "integer"}, offset={"type": "integer"}, module=TEXT,
    mutants={"type": "object", "additionalProperties": _object(
        ["mechanism", "invariants", "sites", "reds"],
        mechanism=TEXT, replays=TEXT, invariants={"type": "array", "items": TEXT, "minItems": 1},
        sites={"type": "array", "minItems": 1, "items": _object(
            ["at", "old", "new"], at={"type": "integer"}, old=HEX, new=HEX)},
        reds={"type": "object", "minProperties": 1, "additionalProperties": TEXT})})


class MutantError(Exception):
    """The mutant does not fit the image: it must be anchored anew."""


@dataclass(frozen=True)
class Site:
    """`old` at file offset `offset` becomes `new`."""

    offset: int
    old: bytes
    new: bytes


@dataclass(frozen=True)
class Mutant:
    id: str
    mechanism: str
    build_id: bytes
    sites: tuple[Site, ...]
    reds: dict[str, str]  # case id -> regular expression that its reason or failing checks match
    module: str = ""  # of Linux, below /lib/modules/VERSION; "": the image is the hypervisor's


def load(path: Path = HERE / "xen-4.17.yaml") -> dict[str, Mutant]:
    source = parse(path)
    check(source, SCHEMA)
    data = source.data
    return {name: Mutant(
        name, raw["mechanism"], bytes.fromhex(data["build_id"]),
        tuple(Site(site["at"] - data["base"] + data["offset"], bytes.fromhex(site["old"]),
                   bytes.fromhex(site["new"])) for site in raw["sites"]),
        raw["reds"], data.get("module", "")) for name, raw in data["mutants"].items()}


def apply(mutant: Mutant, image: bytes) -> bytes:
    """A mutated copy of `image`; MutantError if any guard does not hold."""
    if mutant.build_id not in image:
        raise MutantError(f"mutant {mutant.id}: the image has another build id than "
                          f"{mutant.build_id.hex()}...; re-anchor its sites for this build")
    copy = bytearray(image)
    for site in mutant.sites:
        end = site.offset + len(site.old)
        if len(site.new) != len(site.old):
            raise MutantError(f"mutant {mutant.id}: old and new bytes differ in length")
        if site.offset < 0 or copy[site.offset:end] != site.old:
            raise MutantError(f"mutant {mutant.id}: at file offset {site.offset:#x} stands "
                              f"{copy[site.offset:end].hex()}, not {site.old.hex()}; re-anchor it")
        copy[site.offset:end] = site.new
    return bytes(copy)


def unsigned(image: bytes) -> bytes:
    """A module without its signature: with one that no longer fits it the kernel does not load it."""
    if not image.endswith(SIGNED):
        return image
    end = len(image) - len(SIGNED)
    length = int.from_bytes(image[end - 4:end], "big")
    return image[:end - 12 - length]


def modules_with(mutant: Mutant, modules: Path, folder: Path) -> Path:
    """Below `folder` a copy of the kernel's modules, by links, in which the mutant's module is mutated."""
    copy = folder / "lib" / "modules" / modules.resolve().name
    shutil.copytree(modules.resolve(), copy, copy_function=os.symlink)
    module = copy / mutant.module
    image = apply(mutant, unsigned(module.read_bytes()))
    module.unlink()
    module.write_bytes(image)
    return copy

# SPDX-License-Identifier: GPL-2.0-only
"""Applies a mutant to a copy of a hypervisor image, guarded by build id and old bytes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.yamlsource import check, parse

HERE = Path(__file__).parent
LOAD_OFFSET = 0x80  # of Xen's one PT_LOAD in its multiboot ELF file

HEX = {"type": "string", "pattern": "^([0-9a-f]{2})+$"}
TEXT = {"type": "string", "minLength": 1}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required,
            "properties": properties}


SCHEMA = _object(
    ["build_id", "base", "mutants"],
    build_id=HEX, base={"type": "integer"},
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


def load(path: Path = HERE / "xen-4.17.yaml") -> dict[str, Mutant]:
    source = parse(path)
    check(source, SCHEMA)
    data = source.data
    return {name: Mutant(
        name, raw["mechanism"], bytes.fromhex(data["build_id"]),
        tuple(Site(site["at"] - data["base"] + LOAD_OFFSET, bytes.fromhex(site["old"]),
                   bytes.fromhex(site["new"])) for site in raw["sites"]),
        raw["reds"]) for name, raw in data["mutants"].items()}


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

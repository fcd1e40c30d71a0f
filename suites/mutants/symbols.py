# SPDX-License-Identifier: GPL-2.0-only
"""Where in an image a symbol stands: by the symbols that the distribution ships for it."""

import io
from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile


class SymbolError(Exception):
    """No such symbol, or the symbols are not this image's."""


class Symbols:
    """Of one image: `offset()` is where in the file a symbol begins."""

    def __init__(self, places: dict[str, list[int]], told: str) -> None:
        self._places, self._told = places, told

    def offset(self, symbol: str) -> int:
        places = self._places.get(symbol, [])
        if len(places) != 1:
            raise SymbolError(f"{symbol} stands {len(places)} times in {self._told}")
        return places[0]


def of_module(image: bytes, name: str) -> Symbols:
    """A kernel module holds its symbols itself, relative to their sections."""
    elf = _elf(image, name)
    starts = [section["sh_offset"] for section in elf.iter_sections()]
    places: dict[str, list[int]] = {}
    for symbol in _functions(elf, name):
        if isinstance(symbol["st_shndx"], int):
            places.setdefault(symbol.name, []).append(starts[symbol["st_shndx"]] + symbol["st_value"])
    return Symbols(places, name)


def of_xen(syms: Path, image: bytes) -> Symbols:
    """The image is cut down to one segment; xen-syms, of the same build, says which physical address a symbol has."""
    linked, booted = _elf(syms.read_bytes(), syms.name), _elf(image, "the hypervisor's image")
    virtual, target = _loaded(linked, syms.name), _loaded(booted, "the hypervisor's image")
    move = virtual["p_paddr"] - virtual["p_vaddr"] - target["p_paddr"] + target["p_offset"]
    places: dict[str, list[int]] = {}
    for symbol in _functions(linked, syms.name):
        places.setdefault(symbol.name, []).append(symbol["st_value"] + move)
    return Symbols(places, syms.name)


def _elf(image: bytes, name: str) -> Any:
    try:
        return ELFFile(io.BytesIO(image))
    except ELFError as error:
        raise SymbolError(f"{name} is not an ELF file: {error}") from error


def _functions(elf: Any, name: str) -> list[Any]:
    table = elf.get_section_by_name(".symtab")
    if table is None:
        raise SymbolError(f"{name} has no symbols")
    return [symbol for symbol in table.iter_symbols() if symbol["st_info"]["type"] in ("STT_FUNC", "STT_OBJECT", "STT_NOTYPE")]


def _loaded(elf: Any, name: str) -> Any:
    segments = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_LOAD"]
    if len(segments) != 1:
        raise SymbolError(f"{name} has {len(segments)} loaded segments, not one")
    return segments[0]

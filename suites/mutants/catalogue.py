# SPDX-License-Identifier: GPL-2.0-only
"""The mutants as data: what is broken, where, what must break with it, and which cases turn red."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.yamlsource import Source, check, parse
from suites.matrix import INVARIANTS

HERE = Path(__file__).parent

HEX = {"type": "string", "pattern": "^([0-9a-f]{2})+$"}
TEXT = {"type": "string", "minLength": 1}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required,
            "properties": properties}


MUTANT = _object(
    ["mechanism", "invariants"],
    mechanism=TEXT, replays=TEXT, shows=TEXT, equivalent=TEXT, boot=TEXT,
    invariants={"type": "array", "items": {"enum": list(INVARIANTS)}, "minItems": 1, "uniqueItems": True},
    sites={"type": "array", "minItems": 1, "items": _object(
        ["symbol", "old", "new"], symbol=TEXT, offset={"type": "integer", "minimum": 0}, old=HEX, new=HEX)},
    # A function's first instruction is the tracer's.
    stubs={"type": "array", "minItems": 1, "maxItems": 8, "items": _object(
        ["symbol", "offset", "old"], symbol=TEXT, offset={"type": "integer", "minimum": 1},
        old=HEX | {"maxLength": 32}, returns={"type": "integer"}, skip={"type": "integer", "minimum": 1})},
    reds={"type": "object", "minProperties": 1, "additionalProperties": TEXT})
SCHEMA = _object(
    ["hypervisor", "mutants"], hypervisor={"enum": ["xen", "kvm"]}, build_id=HEX, module=TEXT,
    mutants={"type": "object", "minProperties": 1, "additionalProperties": MUTANT})


@dataclass(frozen=True)
class Site:
    """At `symbol` + `offset` (bytes) `old` becomes `new`."""

    symbol: str
    offset: int
    old: bytes
    new: bytes


@dataclass(frozen=True)
class Stub:
    """At `symbol` + `offset` of the running kernel, where `old` stands, it `returns` a value or leaves `skip` bytes out."""

    symbol: str
    offset: int
    old: bytes
    returns: int | None
    skip: int

    def __str__(self) -> str:
        """As host/module/lifeline_stub.c reads it."""
        does = f"skip={self.skip}" if self.returns is None else f"returns={self.returns}"
        return f"{self.symbol}+{self.offset:#x}:{self.old.hex()}:{does}"


@dataclass(frozen=True)
class Mutant:
    """A stock hypervisor with one mechanism broken."""

    id: str
    hypervisor: str  # kind: "xen" or "kvm"
    mechanism: str
    invariants: tuple[str, ...]  # that must break, the first one first
    build_id: bytes = b""  # of the image that the sites are in
    sites: tuple[Site, ...] = ()
    module: str = ""  # of Linux, below /lib/modules/VERSION; "": the image is the hypervisor's
    stubs: tuple[Stub, ...] = ()  # of Linux, by a module of ours
    boot: str = ""  # added to the hypervisor's command line
    reds: Mapping[str, str] = field(default_factory=dict)  # case id -> what its reason or a failing check matches
    shows: str = ""  # what an observer sees that stock never shows: why it is not equivalent
    equivalent: str = ""  # or the proof that it is
    replays: str = ""  # the historical defect


def files() -> list[Path]:
    """Of the hypervisors: folders are called as a kind and a release."""
    return sorted(HERE.glob("*-[0-9]*/*.yaml"))


def load(paths: list[Path] | None = None) -> dict[str, Mutant]:
    """All mutants, by id. YamlError tells file, line and what is wrong."""
    found: dict[str, Mutant] = {}
    for path in files() if paths is None else paths:
        source = parse(path)
        check(source, SCHEMA)
        for mutant in _mutants(source):
            if mutant.id in found:
                raise source.error(("mutants", mutant.id), f"mutant {mutant.id} is in another file too")
            found[mutant.id] = mutant
    return found


def _complete(source: Source, name: str, raw: dict[str, Any]) -> None:
    """Something is changed; and either it can be seen, or there is a proof that nobody can."""
    at = ("mutants", name)
    if not raw.keys() & {"sites", "stubs", "boot"}:
        raise source.error(at, "changes nothing; needs sites, stubs or boot")
    if "stubs" in raw and source.data["hypervisor"] != "kvm":
        raise source.error((*at, "stubs"), "only Linux has stubs; needs sites")
    if ("equivalent" in raw) == bool(raw.keys() & {"reds", "shows"}) or ("reds" in raw) != ("shows" in raw):
        raise source.error(at, "needs reds, with what they show in `shows`; or `equivalent`, the proof that nothing can")
    if "sites" in raw and "build_id" not in source.data:
        raise source.error((*at, "sites"), "sites need the build_id of their image at the top")
    for number, site in enumerate(raw.get("sites", ())):
        if len(site["old"]) != len(site["new"]):
            raise source.error((*at, "sites", number), "old and new bytes differ in length")
    for number, stub in enumerate(raw.get("stubs", ())):
        if ("returns" in stub) == ("skip" in stub):
            raise source.error((*at, "stubs", number), "a stub needs returns or skip, one of them")


def _mutants(source: Source) -> Iterator[Mutant]:
    data = source.data
    for name, raw in data["mutants"].items():
        _complete(source, name, raw)
        sites = tuple(Site(site["symbol"], site.get("offset", 0), bytes.fromhex(site["old"]), bytes.fromhex(site["new"]))
                      for site in raw.get("sites", ()))
        stubs = tuple(Stub(stub["symbol"], stub["offset"], bytes.fromhex(stub["old"]), stub.get("returns"),
                           stub.get("skip", 0)) for stub in raw.get("stubs", ()))
        yield Mutant(name, data["hypervisor"], raw["mechanism"], tuple(raw["invariants"]),
                     bytes.fromhex(data.get("build_id", "")), sites, data.get("module", ""), stubs, raw.get("boot", ""),
                     raw.get("reds", {}), raw.get("shows", ""), raw.get("equivalent", ""),
                     raw.get("replays", ""))

# SPDX-License-Identifier: GPL-2.0-only
"""The case matrix: suite.yaml files and boots.yaml become cases, each with the plan's line for the guest."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lab.boardfile import MODELS
from lab.yamlsource import Source, YamlError, check, parse

HERE = Path(__file__).parent
MAX_ID = 95  # guest/control/test.h
INVARIANTS = ("S", "ST", "V", "X", "L", "LI", "HC")

# What the plan hands to the guest where a case names no other: guest/control/cast.c has the same words.
TIMING = {"before_ms": 40, "during_ms": 150, "after_ms": 40, "grace_ms": 50, "pace_us": 300}
PLAN_WORDS = (*(key.partition("_")[0] for key in TIMING), "slack", "seed")

# QEMU's CPU threads were seen off an idle host's CPUs for up to 18 ms.
REAL_TIME_SLACK_US = 50_000

TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0}
NAMES = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
VALUE = {"type": ["string", "integer"], "minimum": 0, "pattern": "^[a-z0-9_+-]+$",
         "description": "a value is written with a-z, 0-9, _, + and -"}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required,
            "properties": properties}


def _map(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "minProperties": 1, "additionalProperties": values}


PARAMS = _map({"type": "array", "items": VALUE, "minItems": 1, "uniqueItems": True})

BOOTS_SCHEMA = _map(_object(
    ["cmdline", "label"],
    cmdline={"type": "string"}, label=_map({"type": ["string", "integer"]}), cpus=COUNT,
    icount={"type": ["string", "null"]}, variant=TEXT, slack_us=COUNT))

SUITE_SCHEMA = _object(
    ["about", "cases"],
    about=TEXT,
    casts=_map(_object(["sharers"], offender={"enum": list(MODELS)},
                       sharers={"type": "array", "items": {"enum": list(MODELS)}})),
    cases=_map(_object(
        ["title", "rationale", "invariants", "boots", "red"],
        title=TEXT, rationale=TEXT, red=TEXT, boots=NAMES, cast=NAMES,
        invariants={"type": "array", "items": {"enum": list(INVARIANTS)}, "minItems": 1},
        params=PARAMS, rows={"type": "array", "items": PARAMS, "minItems": 1},
        repeat=_object(["model", "param"], model={"enum": list(MODELS)}, param=TEXT),
        timing=_object([], **{key: COUNT for key in TIMING}, pace_us_each=COUNT),
        limit_s={"type": "integer", "minimum": 1},
        hang={"enum": ["hypervisor"]}, cut={"type": "boolean"})))


@dataclass(frozen=True)
class BootSpec:
    """One way to start the board; see boots.yaml for the fields."""

    name: str
    cmdline: str
    label: dict[str, str | int]
    cpus: int = 1
    icount: str | None = "shift=3,sleep=off"
    slack_us: int = 3000
    variant: str | None = None


@dataclass(frozen=True)
class Case:
    """One instance of the matrix. `members` are device models in bind order, `!` marks the offender."""

    topic: str
    name: str
    boot: BootSpec
    params: dict[str, str | int]
    members: tuple[str, ...]
    title: str
    rationale: str
    invariants: tuple[str, ...]
    red: str
    limit_s: int
    timing: dict[str, int] = field(default_factory=dict)
    hang: str = ""  # whose failure it is when the board hangs: "hypervisor", or "" for nobody knows
    cut: bool = False  # its calls are numbered: suites/shrink.py finds the smallest that fail

    @property
    def id(self) -> str:
        words = {**self.boot.label, **self.params}
        inside = ",".join(f"{key}={words[key]}" for key in sorted(words))
        return f"{self.topic}.{self.name}[{inside}]"

    def plan_line(self, seed: int) -> str:
        timing = TIMING | self.timing
        words = {**({"cast": ",".join(self.members)} if self.members else {}),
                 **{key.partition("_")[0]: value for key, value in timing.items()},
                 "slack": self.boot.slack_us, "seed": seed, **self.boot.label,
                 **{key: value for key, value in self.params.items() if key != "cast"}}
        return " ".join(["case", self.id, *(f"{key}={value}" for key, value in words.items())])


def load_boots(path: Path = HERE / "boots.yaml") -> dict[str, BootSpec]:
    source = parse(path)
    check(source, BOOTS_SCHEMA)
    return {name: BootSpec(name, **fields) for name, fields in source.data.items()}


def on_cpus(boot: BootSpec, cpus: int) -> BootSpec:
    """The boot with more CPUs. QEMU counts the instructions of one CPU only, so it runs in real time."""
    return replace(boot, cpus=cpus, icount=None, slack_us=REAL_TIME_SLACK_US,
                   label=boot.label | {"cpus": cpus})


def load_suite(path: Path, boots: dict[str, BootSpec]) -> list[Case]:
    """All cases of a suite.yaml, in its order; YamlError names file and line of the first mistake."""
    source = parse(path)
    check(source, SUITE_SCHEMA)
    cases = [case for name in source.data["cases"] for case in _expand(source, name, boots)]
    for case in cases:
        if len(case.id) > MAX_ID:
            raise source.error(("cases", case.name), f"case {case.name}: {case.id} is longer than "
                               f"the {MAX_ID} characters that the guest holds; shorten its words")
    return cases


def _check_names(source: Source, name: str, raw: dict[str, Any], boots: dict[str, BootSpec]) -> None:
    """Boots that exist, and no word twice among those of plan, boot, params: and a row."""
    params = raw.get("params", {})
    for boot in raw["boots"]:
        if boot not in boots:
            raise source.error(("cases", name, "boots"), f"case {name}: no boot {boot!r} in "
                               f"boots.yaml; it has: {', '.join(boots)}")
        words = {*boots[boot].label, *PLAN_WORDS}
        for taken in params.keys() & words:
            raise source.error(("cases", name, "params", taken), f"case {name}: a parameter cannot "
                               f"be called {taken}; the plan or the boot has that word already")
        for index, row in enumerate(raw.get("rows", [])):
            for taken in row.keys() & {*words, *params, "cast"}:
                raise source.error(("cases", name, "rows", index, taken), f"case {name}: a row cannot "
                                   f"have {taken}; the plan, the boot or params: has that word already")


def _expand(source: Source, name: str, boots: dict[str, BootSpec]) -> Iterator[Case]:
    raw = source.data["cases"][name]
    _check_names(source, name, raw, boots)
    params = raw.get("params", {}) | ({"cast": raw["cast"]} if "cast" in raw else {})
    for boot, row in itertools.product(raw["boots"], raw.get("rows", [{}])):
        columns = params | row
        for values in itertools.product(*columns.values()):
            chosen = dict(zip(columns, values))
            members = _members(source, name, raw, chosen)
            timing = dict(raw.get("timing", {}))
            if "pace_us_each" in timing:
                timing["pace_us"] = timing.pop("pace_us_each") * len(members)
            yield Case(source.path.parent.name, name, boots[boot], chosen, members, raw["title"],
                       " ".join(raw["rationale"].split()), tuple(raw["invariants"]), raw["red"],
                       raw.get("limit_s", 10), timing, raw.get("hang", ""), raw.get("cut", False))


def _members(source: Source, name: str, raw: dict[str, Any],
             params: dict[str, str | int]) -> tuple[str, ...]:
    """Device models in bind order; the offender stands where pos= says, first if it says nothing."""
    if "repeat" in raw:
        count = params.get(raw["repeat"]["param"])
        if not isinstance(count, int):
            raise source.error(("cases", name, "repeat"), f"case {name}: repeat: needs whole numbers "
                               f"as params: {raw['repeat']['param']}, not {count!r}")
        return (raw["repeat"]["model"],) * count
    if "cast" not in raw:
        return ()  # the control domain plays alone
    casts = source.data.get("casts", {})
    if params.get("cast") not in casts:
        raise source.error(("cases", name, "cast"), f"case {name}: no cast {params.get('cast')!r}; "
                           f"casts: has {', '.join(casts) or 'none'}")
    cast = casts[params["cast"]]
    members = list(cast["sharers"])
    if "offender" in cast:
        places = {"first": 0, "middle": len(members) // 2, "last": len(members)}
        pos = params.get("pos", "first")
        if pos not in places:
            raise source.error(("cases", name, "params"), f"case {name}: pos={pos!r}; "
                               f"allowed: {', '.join(places)}")
        members.insert(places[pos], cast["offender"] + "!")
    return tuple(members)


__all__ = ["BootSpec", "Case", "YamlError", "load_boots", "load_suite"]

# SPDX-License-Identifier: GPL-2.0-only
"""The case matrix: suite.yaml files and boots.yaml become cases, each with the plan's line for the guest.

A case with `cover:` is played with other controllers too: in the gate by the rows of cover.yaml, nightly with
every controller as offender beside every other.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lab.boardfile import EXERCISED, MODELS
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
    icount={"type": ["string", "null"]}, variant=TEXT, board=TEXT, slack_us=COUNT))

# By which interrupt it has the device: the line, MSI or MSI-X.
MEMBER = {"type": "string", "pattern": f"^({'|'.join(EXERCISED)})(:(?:msix?|hvm))?(@[0-9]+)?$",
          "description": "a member is written as model, model:msi, model:msix, model:hvm, and @line where the case has several;"
          f" models: {', '.join(EXERCISED)}"}

SUITE_SCHEMA = _object(
    ["about", "cases"],
    about=TEXT,
    casts=_map(_object(["sharers"], offender=MEMBER, sharers={"type": "array", "items": MEMBER})),
    cases=_map(_object(
        ["title", "rationale", "invariants", "boots", "red"],
        title=TEXT, rationale=TEXT, red=TEXT, boots=NAMES, cast=NAMES, cover=NAMES,
        invariants={"type": "array", "items": {"enum": list(INVARIANTS)}, "minItems": 1},
        params=PARAMS, rows={"type": "array", "items": PARAMS, "minItems": 1},
        repeat=_object(["model", "param"], model={"enum": list(MODELS)}, param=TEXT),
        timing=_object([], **{key: COUNT for key in TIMING}, pace_us_each=COUNT),
        limit_s={"type": "integer", "minimum": 1},
        hang={"enum": ["hypervisor"]}, cut={"type": "boolean"})))


COVER_SCHEMA = {"type": "array", "minItems": 1, "items": {
    "type": "array", "minItems": 3, "maxItems": 3, "items": {"enum": EXERCISED}}}

POSITIONS = ("first", "middle", "last")


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
    board: str | None = None
    warm: bool = False  # each case begins from a snapshot: suites/kvm/boots.yaml


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


def load_cover(path: Path = HERE / "cover.yaml") -> list[list[str]]:
    source = parse(path)
    check(source, COVER_SCHEMA)
    return source.data


def every_pair() -> list[list[str]]:
    """Every controller as offender beside every other, and beside its like."""
    return [[offender, sharer] for offender in EXERCISED for sharer in EXERCISED]


def load_suite(path: Path, boots: dict[str, BootSpec], nightly: bool = False) -> list[Case]:
    """All cases of a suite.yaml, in its order; YamlError names file and line of the first mistake."""
    source = parse(path)
    check(source, SUITE_SCHEMA)
    cases = [case for name in source.data["cases"] for case in _expand(source, name, boots)]
    cases += [case for name in source.data["cases"] for case in _cover(source, name, boots, nightly)]
    for case in cases:
        if len(case.id) > MAX_ID:
            raise source.error(("cases", case.name), f"case {case.name}: {case.id} is longer than "
                               f"the {MAX_ID} characters that the guest holds; shorten its words")
    return cases


def _boots_of(source: Source, name: str, key: str, boots: dict[str, BootSpec]) -> list[BootSpec]:
    raw = source.data["cases"][name]
    for boot in raw.get(key, []):
        if boot not in boots:
            raise source.error(("cases", name, key), f"case {name}: no boot {boot!r} in "
                               f"boots.yaml; it has: {', '.join(boots)}")
        words = {*boots[boot].label, *PLAN_WORDS}
        for taken in raw.get("params", {}).keys() & words:
            raise source.error(("cases", name, "params", taken), f"case {name}: a parameter cannot "
                               f"be called {taken}; the plan or the boot has that word already")
        for index, row in enumerate(raw.get("rows", [])):
            for taken in row.keys() & {*words, *raw.get("params", {}), "cast"}:
                raise source.error(("cases", name, "rows", index, taken), f"case {name}: a row cannot "
                                   f"have {taken}; the plan, the boot or params: has that word already")
    return [boots[boot] for boot in raw.get(key, [])]


def _expand(source: Source, name: str, boots: dict[str, BootSpec]) -> Iterator[Case]:
    raw = source.data["cases"][name]
    params = raw.get("params", {}) | ({"cast": raw["cast"]} if "cast" in raw else {})
    for boot, row in itertools.product(_boots_of(source, name, "boots", boots), raw.get("rows", [{}])):
        columns = params | row
        for values in itertools.product(*columns.values()):
            chosen = dict(zip(columns, values))
            yield _case(source, name, boot, chosen, _members(source, name, raw, chosen))


def _cover(source: Source, name: str, boots: dict[str, BootSpec], nightly: bool) -> Iterator[Case]:
    """The case with other controllers: as many as its casts have, the parameters in turn."""
    raw = source.data["cases"][name]
    chosen_boots = _boots_of(source, name, "cover", boots)
    if not chosen_boots:
        return
    if "cast" not in raw:
        raise source.error(("cases", name, "cover"), f"case {name}: cover: needs a cast: to be like")
    like = source.data["casts"][raw["cast"][0]]
    size = len(like["sharers"]) + ("offender" in like)
    params = raw.get("params", {})
    casts = [(row, [chosen_boots[turn % len(chosen_boots)]])
             for turn, row in enumerate(_rows(load_cover(), size))]
    if nightly:
        done = {tuple(row) for row, _ in casts}
        casts += [(row, chosen_boots) for row in _rows(every_pair(), size) if tuple(row) not in done]
    for turn, (row, on) in enumerate(casts):
        chosen = {key: values[turn % len(values)] for key, values in params.items()}
        for boot in on:
            yield _case(source, name, boot, chosen | {"cast": "+".join(row)},
                        _in_order(row, "offender" in like, chosen.get("pos", "first")))


def _rows(rows: Sequence[Sequence[str]], size: int) -> list[list[str]]:
    """Of `size` members each, none twice: a row that is too short goes on with an injector."""
    cut = [tuple([*row, *["edu"] * size][:size]) for row in rows]
    return [list(row) for row in dict.fromkeys(cut)]


def _in_order(row: Sequence[str], has_offender: bool, pos: str | int) -> tuple[str, ...]:
    if not has_offender:
        return tuple(row)
    members = list(row[1:])
    members.insert({"first": 0, "middle": len(members) // 2}.get(str(pos), len(members)), row[0] + "!")
    return tuple(members)


def _case(source: Source, name: str, boot: BootSpec, chosen: dict[str, str | int],
          members: tuple[str, ...]) -> Case:
    raw = source.data["cases"][name]
    timing = dict(raw.get("timing", {}))
    if "pace_us_each" in timing:
        timing["pace_us"] = timing.pop("pace_us_each") * len(members)
    return Case(source.path.parent.name, name, boot, chosen, members, raw["title"],
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
    pos = params.get("pos", "first")
    if "offender" in cast and pos not in POSITIONS:
        raise source.error(("cases", name, "params"), f"case {name}: pos={pos!r}; "
                           f"allowed: {', '.join(POSITIONS)}")
    row = [cast["offender"]] if "offender" in cast else []
    return _in_order([*row, *cast["sharers"]], bool(row), pos)


__all__ = ["BootSpec", "Case", "YamlError", "load_boots", "load_suite"]

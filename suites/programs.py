# SPDX-License-Identifier: GPL-2.0-only
"""The case matrix of Linux as hypervisor: suite.yaml files whose cases are tests of kselftest programs.

A case is a TEST_F() of a program, which is called as its topic where nothing else is said; its parameters' values, joined
by `_`, are the FIXTURE_VARIANT.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.yamlsource import Source, check, parse
from suites.matrix import INVARIANTS, MAX_ID, NAMES, PARAMS, TEXT, BootSpec, Case, _map, _object

HERE = Path(__file__).parent / "kvm"
CPUS = 2  # one for the interrupt and the loads, one for who watches

BOOTS_SCHEMA = _map(_object(
    ["cmdline", "label", "variant"],
    cmdline={"type": "string"}, label=_map({"type": ["string", "integer"]}), variant=TEXT, warm={"type": "boolean"}))

ROWS = {"type": "array", "items": PARAMS, "minItems": 1}
SUITE_SCHEMA = _object(
    ["about", "cases"],
    about=TEXT,
    cases=_map(_object(
        ["title", "rationale", "invariants", "red"],
        title=TEXT, rationale=TEXT, red=TEXT, boots=NAMES, fixture=TEXT, program=TEXT,
        invariants={"type": "array", "items": {"enum": list(INVARIANTS)}, "minItems": 1},
        params=PARAMS, rows=ROWS, nightly=PARAMS, nightly_rows=ROWS, nightly_boots=NAMES,
        limit_s={"type": "integer", "minimum": 1}, hang={"enum": ["hypervisor"]})))


@dataclass(frozen=True)
class ProgramCase(Case):
    """One test of a program. `fixture` is "global" for what stands outside of one."""

    fixture: str = "global"
    program: str = ""

    @property
    def id(self) -> str:
        return f"kvm.{super().id}"

    @property
    def test(self) -> str:
        """Its name in the program (host/case/harness.h)."""
        variant = "_".join(str(value) for value in self.params.values())
        return ".".join([self.fixture, *([variant] if variant else []), self.name])

    def plan_line(self, seed: int) -> str:
        return f"case {self.id} program={self.program} test={self.test} seed={seed}"


def load_boots(path: Path = HERE / "boots.yaml") -> dict[str, BootSpec]:
    source = parse(path)
    check(source, BOOTS_SCHEMA)
    return {name: BootSpec(name, cpus=CPUS, icount=None, **{"warm": True, **fields})
            for name, fields in source.data.items()}


def load_suite(path: Path, boots: dict[str, BootSpec], nightly: bool = False) -> list[ProgramCase]:
    """All cases of a suite.yaml, in its order; YamlError names file and line of the first mistake."""
    source = parse(path)
    check(source, SUITE_SCHEMA)
    cases = [case for name in source.data["cases"]
             for case in _expand(source, name, boots, nightly)]
    for case in cases:
        if len(case.id) > MAX_ID:
            raise source.error(("cases", case.name), f"case {case.name}: {case.id} is longer than {MAX_ID} characters; "
                               "shorten its words")
    return cases


def _expand(source: Source, name: str, boots: dict[str, BootSpec], nightly: bool) -> Iterator[ProgramCase]:
    """`nightly:` adds values to each row's columns; what is there twice is played once."""
    raw = source.data["cases"][name]
    asked = [*raw.get("boots", []), *(raw.get("nightly_boots", []) if nightly else [])]
    if unknown := [boot for boot in asked if boot not in boots]:
        raise source.error(("cases", name, "boots"), f"case {name}: no boot {unknown[0]!r} in boots.yaml; it has: "
                           f"{', '.join(boots)}")
    rows = [_columns(raw, row, nightly) for row in raw.get("rows", [{}])]
    rows += raw.get("nightly_rows", []) if nightly else []
    sets = [dict(zip(row, values)) for row in rows for values in itertools.product(*row.values())]
    for boot, params in itertools.product(asked, unique(sets)):
        yield ProgramCase(source.path.parent.name, name, boots[boot], params, (), raw["title"],
                          " ".join(raw["rationale"].split()), tuple(raw["invariants"]), raw["red"],
                          raw.get("limit_s", 20), hang=raw.get("hang", ""), fixture=raw.get("fixture", "global"),
                          program=raw.get("program", source.path.parent.name))


def _columns(raw: dict[str, Any], row: dict[str, list[Any]], nightly: bool) -> dict[str, list[Any]]:
    columns = {**raw.get("params", {}), **row}
    more = raw.get("nightly", {}) if nightly else {}
    return columns | {key: [*columns.get(key, []), *values] for key, values in more.items()}


def unique(sets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [params for number, params in enumerate(sets) if params not in sets[:number]]

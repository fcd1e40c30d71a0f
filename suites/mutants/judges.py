# SPDX-License-Identifier: GPL-2.0-only
"""Mutants of the suite's own readers and judges: one text of a source file becomes another.

`python3 -m suites.mutants.judges [WORD...]` lists them, or those that have a word in their id, file or test.
"""

import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.yamlsource import check, parse
from suites.mutants.catalogue import HERE, TEXT, _object
from suites.mutants.mutate import MutantError

SCHEMA = _object(["mutants"], mutants={"type": "object", "minProperties": 1, "additionalProperties": _object(
    ["file", "old", "new", "breaks", "caught_by"],
    file=TEXT, old=TEXT, new={"type": "string"}, breaks=TEXT,
    caught_by={"type": "array", "minItems": 1, "items": {
        "type": "string", "pattern": r"^[a-z_/]+(\.py::test_|_test\.c::)\w",
        "description": "a test is written as tests/test_x.py::test_y or host/tests/x_test.c::y"}})})


@dataclass(frozen=True)
class JudgeMutant:
    """`old` stands exactly once in `file`. Each test of `caught_by` must fail with `new` in its place."""

    id: str
    file: str
    old: str
    new: str
    breaks: str
    caught_by: tuple[str, ...]

    @property
    def is_c(self) -> bool:
        return not self.file.endswith(".py")

    def apply(self, text: str) -> str:
        """A mutated copy of the file's `text`; MutantError if it does not fit."""
        if (times := text.count(self.old)) != 1:
            raise MutantError(f"mutant {self.id}: its old text stands {times} times in {self.file}, not once; re-anchor it")
        if self.old == self.new:
            raise MutantError(f"mutant {self.id}: it changes nothing")
        return text.replace(self.old, self.new)


def load(folder: Path = HERE / "judges") -> dict[str, JudgeMutant]:
    """Those of all files; an id stands in one of them."""
    found: dict[str, JudgeMutant] = {}
    for path in sorted(folder.glob("*.yaml")):
        source = parse(path)
        check(source, SCHEMA)
        for name, raw in source.data["mutants"].items():
            if name in found:
                raise source.error(("mutants", name), f"mutant {name} for the second time; give it a name of its own")
            found[name] = JudgeMutant(name, raw["file"], raw["old"], raw["new"], raw["breaks"], tuple(raw["caught_by"]))
    return found


def table(mutants: Sequence[JudgeMutant]) -> str:
    """Each with its change, what that breaks, and what catches it."""
    lines = [f"{len(mutants)} mutants of the suite; each must be caught by the tests below it\n"]
    for one in mutants:
        lines += [f"{one.id}  ({one.file})", f"  breaks: {one.breaks}",
                  textwrap.indent(one.old.rstrip("\n"), "  - ", lambda _: True),
                  textwrap.indent(one.new.rstrip("\n"), "  + ", lambda _: True),
                  *(f"  caught by: {test}" for test in one.caught_by), ""]
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    found = [one for one in load().values()
             if not words or any(word in " ".join([one.id, one.file, *one.caught_by]) for word in words)]
    print(table(found), end="")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-License-Identifier: GPL-2.0-only
"""suites/known.yaml: failures of a stock hypervisor that are understood. Nothing else excuses a FAIL."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.yamlsource import check, parse

TEXT = {"type": "string", "minLength": 1}
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {
            "type": "object", "additionalProperties": False, "required": ["finding", "fails"],
            "properties": {"finding": TEXT,
                           "fails": {"type": "array", "minItems": 1, "items": TEXT}},
        },
    },
}


@dataclass(frozen=True)
class Known:
    """A failure with its finding. `fails` are regular expressions of what may fail: a case that fails
    in any other way as well is red."""

    finding: str
    fails: tuple[re.Pattern[str], ...]

    def explains(self, failures: Iterable[str]) -> bool:
        return all(any(pattern.search(text) for pattern in self.fails) for text in failures)


def load(path: Path, hypervisor: str) -> dict[str, Known]:
    """By case id, of `hypervisor`, e.g. "xen-4.17"; none for one that the file does not name."""
    source = parse(path)
    if source.data is None:
        return {}
    check(source, SCHEMA)
    found = {}
    for case, entry in source.data.get(hypervisor, {}).items():
        try:
            patterns = tuple(re.compile(text) for text in entry["fails"])
        except re.error as error:
            raise source.error((hypervisor, case, "fails"), f"not a regular expression: {error}") \
                from error
        found[case] = Known(entry["finding"], patterns)
    return found

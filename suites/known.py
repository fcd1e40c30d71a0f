# SPDX-License-Identifier: GPL-2.0-only
"""suites/known.yaml: failures of a stock hypervisor that are understood. Nothing else excuses a FAIL."""

from pathlib import Path

from lab.yamlsource import check, parse

SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "string", "minLength": 1},
    },
}


def load(path: Path, hypervisor: str) -> dict[str, str]:
    """Case id -> finding, of `hypervisor`, e.g. "xen-4.17"; none for one that the file does not name."""
    source = parse(path)
    if source.data is None:
        return {}
    check(source, SCHEMA)
    return dict(source.data.get(hypervisor, {}))

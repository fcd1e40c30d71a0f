# SPDX-License-Identifier: GPL-2.0-only
"""Holds journals against journal.schema.json: `python3 -m reports.schema results.jsonl...`, exit 1 if one is not of it."""

import functools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA = Path(__file__).with_name("journal.schema.json")
# Result lines of version 1 do not name their run.
RESULTS = {1: "result-1", 2: "result"}


@functools.cache
def _validator(definition: str) -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]})


def wrong(definition: str, record: Any) -> Iterator[str]:
    """What is wrong with a line, in words."""
    for error in sorted(_validator(definition).iter_errors(record), key=lambda error: error.json_path):
        yield f"{error.json_path}: {error.message[:200]}"


def violations(path: Path) -> Iterator[str]:
    """All that a whole journal breaks; of a torn one the last line, too."""
    version = 2
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
            except ValueError as error:
                yield f"{path}:{number}: {error}"
                continue
            found = list(wrong(RESULTS[version] if number > 1 else "header", record))
            yield from (f"{path}:{number}: {what}" for what in found)
            if number == 1:
                if found:
                    return
                version = record["version"]
        if not path.stat().st_size:
            yield f"{path}: no header"


def main(paths: list[str]) -> int:
    found = [what for path in paths for what in violations(Path(path))]
    print("\n".join(found[:100]) if found else f"{len(paths)} journals are as {SCHEMA.name} says")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

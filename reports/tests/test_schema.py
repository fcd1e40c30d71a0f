# SPDX-License-Identifier: GPL-2.0-only
"""The schema of the journal: it holds what is written, and nothing else."""

import dataclasses
import json
import subprocess
import sys

import pytest

from reports import schema
from reports.journal import Journal
from reports.model import CaseResult, RunInfo
from reports.tests.samples import HOSTILE, INFO, case, some_results


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "results.jsonl"
    with Journal.create(path, INFO) as journal:
        for result in [*some_results(), case("a.b", "FAIL", reason=HOSTILE, console=HOSTILE * 1000)]:
            journal.append(dataclasses.replace(result, run=INFO.id, seed=INFO.seed))
    return path


def test_what_is_written_is_of_the_schema(path):
    assert not list(schema.violations(path))


def test_every_field_is_described():
    """A field that the model gets must be in the schema, too."""
    parts = json.loads(schema.SCHEMA.read_text())["$defs"]
    assert parts["result-1"]["properties"].keys() == {field.name for field in dataclasses.fields(CaseResult)}
    assert parts["header"]["properties"]["run"]["properties"].keys() == {
        field.name for field in dataclasses.fields(RunInfo)}


@pytest.mark.parametrize("line, change, told", [
    (1, {"version": 3}, "$.version: 3 is not one of [1, 2]"),
    (1, {"run": {}}, "$.run: 'id' is a required property"),
    (2, {"outcome": "XPASS"}, "$.outcome: 'XPASS' is not one of"),
    (2, {"console": "x" * 16_385}, "$.console: "),
    (2, {"colour": 1}, "Additional properties are not allowed ('colour' was unexpected)"),
    (2, {"data": [{"gap_us": 5}]}, "$.data[0].gap_us: 5 is not of type 'string'"),
    (2, {"invariants": ["Q"]}, "$.invariants[0]: 'Q' is not one of"),
    (2, {"run": ""}, "$.run: '' "),
    (2, {"seed": None}, "$.seed: None is not of type 'integer'"),
])
def test_what_is_not_of_it_is_told(path, line, change, told):
    lines = path.read_text().splitlines()
    lines[line - 1] = json.dumps(json.loads(lines[line - 1]) | change)
    path.write_text("\n".join(lines) + "\n")
    assert any(what.startswith(f"{path}:{line}: ") and told in what for what in schema.violations(path))


def test_version_1_lacks_the_new_fields(path):
    """And a journal of version 2 may not."""
    header, *results = [json.loads(line) for line in path.read_text().splitlines()]
    for name in ("capabilities", "images", "command_lines", "cases", "options"):
        del header["run"][name]
    for result in results:
        del result["run"], result["seed"]
    for version in (1, 2):
        path.write_text("".join(json.dumps(line) + "\n" for line in [header | {"version": version}, *results]))
        assert bool(list(schema.violations(path))) == (version == 2)


def test_command(path):
    command = [sys.executable, "-m", "reports.schema", path]
    assert subprocess.run(command).returncode == 0
    path.write_bytes(path.read_bytes()[:-9])
    assert subprocess.run(command).returncode == 1

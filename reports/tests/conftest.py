# SPDX-License-Identifier: GPL-2.0-only
"""Whatever a test writes into a journal is held against the schema."""

import json

import pytest

from reports import schema
from reports.journal import Journal


@pytest.fixture(autouse=True)
def every_line_is_of_the_schema(monkeypatch):
    write = Journal._write

    def checked(self, record):
        kind = "header" if "format" in record else "result-1"  # samples are of no run
        assert not list(schema.wrong(kind, json.loads(json.dumps(record))))
        write(self, record)

    monkeypatch.setattr(Journal, "_write", checked)

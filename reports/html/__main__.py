# SPDX-License-Identifier: GPL-2.0-only
"""`python3 -m reports.html RUNFOLDER` makes report.html again, of the run's journal and of what its other reports know.

Rationales, titles of findings, trends and the kill matrix are known to a gate alone.
"""

import argparse
import json
import sys
from pathlib import Path
from xml.etree import ElementTree

from reports.baseline import Word
from reports.events import Outcome
from reports.files import ReportError, write_atomically
from reports.html.page import Extras, page
from reports.journal import read_journal
from reports.model import complete


def duration(folder: Path, ended_s: float) -> float:
    """As summary.json has it; of a run that left none, when its last case ended."""
    try:
        return float(json.loads((folder / "summary.json").read_text())["duration_s"])
    except (OSError, ValueError, KeyError, TypeError):
        return ended_s


def told(folder: Path) -> Extras:
    """What a baseline said, as summary.json has it."""
    try:
        summary = json.loads((folder / "summary.json").read_text())
        found = summary["baseline"]
        words = {case: word.value for word in Word for case in found.get(word.value, ())}
        return Extras(compared=words, baseline=str(found["name"]), verdict=Outcome(summary["verdict"]).value)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Extras()


def expected(folder: Path) -> list[str]:
    """All cases of the run, also those that never ran: the journal has only what was finished."""
    try:
        return [case.get("name", "") for case in ElementTree.parse(folder / "junit.xml").iter("testcase")]
    except (OSError, ElementTree.ParseError):
        return []


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m reports.html", description=__doc__)
    parser.add_argument("folder", type=Path, help="a run, e.g. build/runs/latest")
    parser.add_argument("--out", type=Path, help="the file to write; report.html in the run's folder if not given")
    options = parser.parse_args(arguments)
    path = options.out or options.folder / "report.html"
    try:
        info, results = read_journal(options.folder / "results.jsonl")
        ended_s = max((result.started_s + result.duration_ms / 1000 for result in results), default=0.0)
        results = complete(results, expected(options.folder))
        write_atomically(path, page(info, results, duration(options.folder, ended_s), told(options.folder)))
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())

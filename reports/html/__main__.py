# SPDX-License-Identifier: GPL-2.0-only
"""`python3 -m reports.html RUN` makes a run's report.html again; of several runs it makes one page, with a filter by hypervisor."""

import argparse
import sys
from pathlib import Path

from reports.files import ReportError, write_atomically
from reports.html.page import pages
from reports.html.run import read


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m reports.html", description=__doc__)
    parser.add_argument("folders", metavar="RUN", nargs="+", type=Path, help="a run's folder, e.g. build/runs/latest")
    parser.add_argument("--out", type=Path, help="the file to write; of one run it is report.html in its folder")
    options = parser.parse_args(arguments)
    if options.out is None and len(options.folders) > 1:
        parser.error("of several runs: name the file to write with --out")
    path = options.out or options.folders[0] / "report.html"
    try:
        write_atomically(path, pages([read(folder) for folder in options.folders]))
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: GPL-2.0-only
"""lava.txt: a signal a case, for a LAVA job that prints the file in a test shell.

LAVA has no word for an error of the test, so that is `unknown`. A known failure is a failure: LAVA judges none, and
what compares its results has known issues of its own.
"""

import re
from collections.abc import Sequence

from reports.events import Outcome
from reports.measures import measures
from reports.model import CaseResult, RunInfo
from reports.text import distinct, plain

RESULT = {Outcome.PASS: "pass", Outcome.FAIL: "fail", Outcome.SKIP: "skip", Outcome.ERROR: "unknown"}


def lava(info: RunInfo, results: Sequence[CaseResult], duration_s: float) -> str:
    """The measurement of a case is its first figure: the longest gap, where it has windows."""
    ids = distinct(fold(result.case) for result in results)
    return "".join(_signal(own, result) for own, result in zip(ids, results))


def fold(case: str) -> str:
    """An id as LAVA's URLs can hold it: lower case, without spaces and brackets."""
    return re.sub(r"[^a-z0-9.-]+", "_", plain(case).lower()).strip("_") or "_"


def _signal(own: str, result: CaseResult) -> str:
    words = [f"TEST_CASE_ID={own}", f"RESULT={RESULT[result.outcome]}"]
    if measure := next(measures(result), None):
        words += [f"MEASUREMENT={measure.value}", f"UNITS={measure.unit}"]
    return f"<LAVA_SIGNAL_TESTCASE {' '.join(words)}>\n"

# SPDX-License-Identifier: GPL-2.0-only
"""lava.txt: a signal a case, for a LAVA job that prints the file in a test shell.

LAVA has no word for an error of the test, so that is `unknown`. A known failure is a failure: LAVA judges none, and
what compares its results has known issues of its own. With a baseline there is a signal more a word, how many cases it
is said of; those of a job are always the same, and only `baseline.regression` can fail. Which cases they are is in the
job's log: LAVA reads no line that is not a signal.
"""

import re
from collections.abc import Iterator, Sequence

from reports.baseline import Comparison, Word
from reports.events import Outcome
from reports.measures import measures
from reports.model import CaseResult, RunInfo
from reports.text import anonymous, distinct, plain

RESULT = {Outcome.PASS: "pass", Outcome.FAIL: "fail", Outcome.SKIP: "skip", Outcome.ERROR: "unknown"}
WORDS = [word for word in Word if word is not Word.SAME]


def lava(info: RunInfo, results: Sequence[CaseResult], duration_s: float, comparison: Comparison | None = None) -> str:
    """The measurement of a case is its first figure: the longest gap, where it has windows."""
    names = [f"baseline.{fold(word.value)}" for word in WORDS] if comparison else []
    ids = distinct([*names, *(fold(result.case) for result in results)])
    signals = [_signal(own, result) for own, result in zip(ids[len(names):], results)]
    return "".join([*signals, *(_baseline(comparison) if comparison else [])])


def _baseline(comparison: Comparison) -> Iterator[str]:
    for word in WORDS:
        found = comparison.of(word)
        if word not in (Word.NEW, Word.GONE):
            yield from (f"{word.value}: {fold(one.case)}: {_inert(one.told)}\n" for one in found)
        result = "fail" if found and word is Word.REGRESSION else "pass"
        yield (f"<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=baseline.{fold(word.value)} RESULT={result} "
               f"MEASUREMENT={len(found)} UNITS=cases>\n")


def _inert(text: str) -> str:
    """For the log: no signal can begin in it."""
    return re.sub("[<>]", "", anonymous(plain(text)))


def fold(case: str) -> str:
    """An id as LAVA's URLs can hold it: lower case, without spaces and brackets."""
    return re.sub(r"[^a-z0-9.-]+", "_", plain(case).lower()).strip("_") or "_"


def _signal(own: str, result: CaseResult) -> str:
    words = [f"TEST_CASE_ID={own}", f"RESULT={RESULT[result.outcome]}"]
    if measure := next(measures(result), None):
        words += [f"MEASUREMENT={measure.value}", f"UNITS={measure.unit}"]
    return f"<LAVA_SIGNAL_TESTCASE {' '.join(words)}>\n"

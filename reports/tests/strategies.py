# SPDX-License-Identifier: GPL-2.0-only
"""What hypothesis draws: hostile texts, results made of them, and streams of whose cases the truth is known."""

import re
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from reports.events import Outcome
from reports.model import CaseResult
from reports.tests.samples import HOSTILE

# Nothing of it in the tree; a failure prints how it is reproduced.
set_hypothesis_home_dir(Path(__file__).parents[2] / "build" / "hypothesis")
settings.register_profile("lifeline", database=None, deadline=None, print_blob=True, max_examples=60,
                          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.load_profile("lifeline")

PIECES = st.sampled_from([
    "\x00", "\x1b[31m", "\x1b]0;", "\x07", "]]>", "<script>alert(1)</script>", "<!--", "&amp;", "\ud800", "\udfff", "\ufffe",
    "\u202e", "\u2028", "\x85", "\x0b", "\r", "\n", "\r\n", "\t", "`", "```", "|", "#", " # ", "ok 1 a.b # checks=1",
    "not ok 1 x", "  ok 1 x", "Bail out!", "# case a.b", "1..9", "KTAP version 1", "(XEN) ", "[    1.000000] ", "SKIP", "TODO",
    "ms=1", "RESULT=pass>", "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=a RESULT=pass>", "'", '"', "$(reboot)", "../", "\U0001f4a3",
    "{{ 7 * 7 }}", "--", "\\", "%s", HOSTILE])
TEXTS = st.lists(st.one_of(PIECES, st.text(st.characters(), max_size=6)), max_size=8).map("".join)

FIGURES = st.one_of(st.integers(0, 10**9).map(str), TEXTS)
ROWS = st.dictionaries(st.sampled_from(["gap_us", "bound_us", "lost", "p50_us", "ladder", "rung", "cost_us", "there"]),
                       FIGURES, max_size=4)
NUMBERS = st.one_of(st.integers(-5, 10**16).map(str), TEXTS)
LISTS = st.one_of(TEXTS, *(st.lists(item, max_size=40).map(",".join) for item in (NUMBERS, st.integers(0, 10**10).map(str))))
PARTS = st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)).map("{0[0]}:{0[1]}".format), max_size=40).map(",".join)
WINDOW_ROWS = st.fixed_dictionaries(
    {"sharer": st.sampled_from("01"), "window": st.sampled_from(["before", "during", "__proto__"])},
    optional={"us": NUMBERS, "slot_us": NUMBERS, "fault_us": NUMBERS, "from": NUMBERS, "served": LISTS, "latency_us": LISTS | PARTS,
              "p50_us": NUMBERS, "cells": NUMBERS, "latency": NUMBERS})
CHECKS = st.fixed_dictionaries({"ok": st.booleans(), "text": TEXTS})


@st.composite
def results(draw: st.DrawFn, names: st.SearchStrategy[str] = TEXTS) -> CaseResult:
    """A result as the engine makes it: a PASS has checks, and none of them failed."""
    outcome = draw(st.sampled_from(Outcome))
    checks = draw(st.lists(CHECKS, max_size=4))
    if outcome in (Outcome.PASS, Outcome.SKIP):
        checks = [check | {"ok": True} for check in checks]
    if outcome is Outcome.PASS:
        checks = checks or [{"ok": True, "text": draw(TEXTS)}]
    return CaseResult(
        draw(names), outcome, reason="" if outcome is Outcome.PASS else draw(TEXTS), topic=draw(TEXTS), title=draw(TEXTS),
        invariants=draw(st.lists(TEXTS, max_size=2)), boot=draw(TEXTS), board=draw(TEXTS),
        started_s=draw(st.floats(0, 10**6)), duration_ms=draw(st.integers(0, 10**7)), checks=checks,
        data=draw(st.lists(ROWS, max_size=3)), console=draw(TEXTS), finding=draw(st.none() | TEXTS))


@dataclass(frozen=True)
class Stream:
    """A whole stream; `ends` says of each case that passed where the line of its result ends."""

    data: bytes
    ends: dict[str, int]


@st.composite
def streams(draw: st.DrawFn, topic: bytes = b"t", planned: bool = True) -> Stream:
    """As the guests print it: a failure has a failed check, an error its reason."""
    outcomes = draw(st.lists(st.sampled_from(["PASS", "PASS", "FAIL", "ERROR", "SKIP"]), min_size=1, max_size=5))
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    data = end.join([b"KTAP version 1", b"1..%d" % len(outcomes), b""]) if planned else b""
    ends = {}
    for number, outcome in enumerate(outcomes, 1):
        name = topic + b".c[n=%d]" % number
        checks = draw(st.integers(1, 3))
        failed = draw(st.integers(1, checks)) if outcome == "FAIL" else 0
        lines = [b"# case " + name, b"  KTAP version 1", b"  # data window=during lost=0"]
        for check in range(1, checks + 1):
            lines.append(b"  %sok %d LI dom %d: lost 0, expected 0" % (b"not " * (check == failed), check, check))
        figures = b"checks=%d ms=%d" % (checks, draw(st.integers(0, 999)))
        tail = {"ERROR": b"ERROR no device", "SKIP": b"SKIP no device"}.get(outcome, figures)
        lines.append(b"%sok %d %s # %s" % (b"not " * (outcome in ("FAIL", "ERROR")), number, name, tail))
        data += end.join([*lines, b""])
        if outcome == "PASS":
            ends[name.decode()] = len(data)
    return Stream(data, ends)


@st.composite
def places(draw: st.DrawFn, data: bytes) -> int:
    """An offset, often one at which a cut does most harm: around a `not`, an `ok`, a line's end."""
    harmful = [match.start() for match in re.finditer(rb"not |(?<=not )|ok |#|checks|\n|(?<=\n)", data)]
    return draw(st.one_of(st.sampled_from(harmful or [0]), st.integers(0, len(data))))


# What else a console carries: messages of Xen, Linux and firmware, whole and torn, and what is no text at all.
MESSAGES = st.one_of(
    st.sampled_from([b"(XEN) d1v0 Unhandled vmexit\r\n", b"[    1.234567] irq 16: nobody cared\n", b"\n", b"\r\n", b"\r", b"x\n",
                     b"SeaBIOS (version 1.16)\n", b"(XEN) is not ",
                     b"not\n", b"ok\n", b"\n  ", b"z", b"\x1b[2J", b"\x00", b"\xff\xfe", b"(XEN) ",
                     b"Call Trace:\n <IRQ>\n  ? __report_bad_irq+0x33/0xc0\n"]),
    st.binary(max_size=12))

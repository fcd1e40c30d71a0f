# SPDX-License-Identifier: GPL-2.0-only
"""Reads a KTAP stream from a console that nobody can trust, and never invents a PASS.

The board may be cut off, its hypervisor may print into the middle of a line, and the guest may
be the subject of a fault. So a result counts only if everything around it agrees: a plan came
first, the case was announced, the number is the next one, `checks=` equals the nested checks
that arrived, none of them failed, and the line ended in a newline. Anything else is an ERROR.

Directives, translated at this border:
  SKIP            -> SKIP
  ERROR, TIMEOUT  -> ERROR
  XFAIL, TODO     -> FAIL, with "ok" too (kselftest spells an expected failure `ok # XFAIL`):
                     only suites/known.yaml excuses a failure, never the guest itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from reports.events import (Bail, CaseStart, Check, Damage, Data, Event, Fact, Mark, Noise, Note,
                            Outcome, Plan, Result, Version)
from reports.text import clean

# Bounds on what a hostile stream can make us keep.
MAX_LINE = 64 * 1024
MAX_TEXT = 4096
MAX_CHECKS = 4096
MAX_CASES = 65536

# "not " and not "not ok": a message that splits the line there leaves a perfect "ok" behind it.
could_be_ours = re.compile(rb"KTAP|TAP|[0-9]|#|ok|not |Bail|  ").match

# Who else prints on the console: Xen, and Linux with its time stamps.
MARKER = re.compile(r"\(XEN\)|\[ *[0-9]{1,9}\.[0-9]{6}\]")
VERSION = re.compile(r"(?:KTAP version [0-9]+|TAP version 1[34])\s*")
PLAN = re.compile(r"1\.\.([0-9]{1,9})(?: # SKIP *(.*))?\s*")
RESULT = re.compile(r"(not )?ok ([0-9]{1,9}) (?:- )?([!-~]{1,256})(?: +# (.*))?\s*")
CHECK = re.compile(r"(not )?ok ([0-9]{1,9})(?: (?:- )?(.*))?")
CASE = re.compile(r"# case ([!-~]{1,256})\s*")
DIRECTIVE = re.compile(r"(SKIP|ERROR|TIMEOUT|XFAIL|TODO)\b:? *(.*)", re.IGNORECASE)
PAIRS = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_.-]*=[^ ]*(?: +|$))*")


@dataclass(slots=True)
class OpenCase:
    name: str
    doubt: str = ""  # why an "ok" could not be believed; empty while all is well
    checks: list[Check] = field(default_factory=list)


def pairs(text: str) -> tuple[dict[str, str], str]:
    """Leading key=value pairs (the first of a name counts) and the text after them."""
    fields: dict[str, str] = {}
    for word in text.split(" "):
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier() or name in fields:
            break
        fields[name] = value
    else:
        if text.isascii():
            return fields, ""
    return _pairs_and_text(text)


def _pairs_and_text(text: str) -> tuple[dict[str, str], str]:
    end = PAIRS.match(text).end()
    fields: dict[str, str] = {}
    for word in text[:end].split():
        name, _, value = word.partition("=")
        fields.setdefault(name, value)
    return fields, text[end:].strip().removeprefix("- ")


def claim(passed: bool, tail: str) -> tuple[Outcome, str, dict[str, str]]:
    """What a result line says of itself, before anyone doubts it: outcome, reason, fields."""
    if not (match := DIRECTIVE.fullmatch(tail)):
        fields, text = pairs(tail)
        return (Outcome.PASS if passed else Outcome.FAIL), text, fields
    word, text = match[1].upper(), match[2].strip()
    outcome = {"SKIP": Outcome.SKIP, "ERROR": Outcome.ERROR, "TIMEOUT": Outcome.ERROR}
    if word not in ("SKIP", "ERROR"):
        text = f"{word}: {text}"
    return outcome.get(word, Outcome.FAIL), text or "no reason given", {}


def doubt_checks(outcome: Outcome, text: str, fields: Mapping[str, str],
                 checks: list[Check]) -> str:
    """Why the nested checks do not bear the claim out; empty when they do."""
    told = fields.get("checks")
    if told is not None and told != str(len(checks)):
        return f"the result line tells of checks={told}, {len(checks)} arrived"
    if outcome in (Outcome.PASS, Outcome.SKIP) and not all(check.ok for check in checks):
        return f"the result line says {outcome.value} after a failed check"
    if outcome is not Outcome.PASS:
        return ""
    if told is None:
        return "the result line has no checks="
    if not checks:
        return "passed without a single check"
    if text or not fields.get("ms", "0").isdecimal():
        return f"the result line of a pass has foreign text: {text or fields['ms']}"
    return ""


class Reader:
    """Feed it bytes in chunks of any size; the events do not depend on where the chunks end."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._partial = bytearray()
        self._plan: int | None = None
        self._fault = "no plan line before the first result"  # why no result may count
        self._open: OpenCase | None = None
        self._cases: dict[str, bool] = {}  # started -> has its result
        self._next = 1

    def feed(self, data: bytes) -> list[Event]:
        """The events of all lines that `data` completes."""
        first, newline, rest = data.partition(b"\n")
        self._keep(first)
        if not newline:
            return []
        lines = rest.split(b"\n")
        last = lines.pop()
        self._line(bytes(self._partial))
        self._partial.clear()
        for raw in lines:
            self._line(raw)
        self._keep(last)
        return self._take()

    def close(self) -> list[Event]:
        """The stream has ended: tell what is missing."""
        if could_be_ours(self._partial):
            self._spoil("the stream ended in the middle of a line", bytes(self._partial))
        elif self._partial:
            self._line(bytes(self._partial))
        self._partial.clear()
        if self._open:
            self._damage(f"stream ended inside case {self._open.name}")
            self._open = None
        missing = (self._plan or 0) - sum(self._cases.values())
        if self._plan is None:
            self._damage("stream ended without a plan line")
        elif missing > 0:
            self._damage(f"{missing} of {self._plan} planned results are missing")
        return self._take()

    def _take(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _keep(self, piece: bytes) -> None:
        # One byte more than allowed is how _line() knows that the line was too long.
        self._partial += piece[: MAX_LINE + 1 - len(self._partial)]

    def _name(self) -> str | None:
        return self._open.name if self._open else None

    def _damage(self, what: str) -> None:
        self._events.append(Damage(self._name(), what))

    def _spoil(self, what: str, raw: bytes) -> None:
        """A damaged line; if it may have held a verdict, the open case cannot pass any more."""
        self._damage(f"{what}: {clean(raw[:120])}")
        if self._open and raw.lstrip(b" ").startswith((b"ok", b"not ")):
            self._open.doubt = self._open.doubt or what

    def _line(self, raw: bytes) -> None:
        # Most lines are a case's own, and need no more than this.
        case = self._open
        if case and raw.startswith(b"  ") and len(raw) <= MAX_LINE:
            text = raw.rstrip(b"\r").decode("utf-8", "replace")
            if text.isprintable() and "[" not in text and "(XEN)" not in text:
                if text.startswith("  # "):
                    return self._diagnostic(case.name, text[4:].strip())
                if check := CHECK.fullmatch(text, 2):
                    return self._check(case, check[1] is None, int(check[2]), check[3] or "")
        if not could_be_ours(raw):
            if self._open and raw.endswith((b"not ", b"not \r")):
                # Two messages around the "not " of a failure: "(XEN) xnot ", then a perfect "ok".
                self._open.doubt = self._open.doubt or "a line that ends in `not `"
                self._damage(f"{self._open.doubt}: {clean(raw[-120:])}")
            if raw and not raw.isspace():
                self._events.append(Noise(raw[:MAX_LINE]))
        elif len(raw) > MAX_LINE:
            self._spoil(f"a line longer than {MAX_LINE} bytes", raw)
        else:
            self._ours(raw.rstrip(b"\r"))

    def _ours(self, raw: bytes) -> None:
        text = clean(raw)
        # One search for a bracket is far cheaper than one for the pattern, and most lines have none.
        if ("(XEN)" in text or "[" in text) and MARKER.search(text):
            self._spoil("another message inside a line", raw)
        elif raw.startswith(b"  "):
            self._nested(raw, text[2:])
        elif raw.startswith(b"#"):
            self._comment(raw, text)
        elif match := RESULT.fullmatch(text):
            intact = text.encode() == raw
            self._result(match[1] is None, int(match[2]), match[3], match[4] or "", intact)
        elif re.match(rb"ok [0-9]|not ", raw):
            self._spoil("a result line that is not whole", raw)
        elif match := PLAN.fullmatch(text):
            self._planned(int(match[1]), match[2])
        elif VERSION.fullmatch(text):
            self._events.append(Version(text.strip()))
        elif text.startswith("Bail out!"):
            self._bail(text)
        else:
            self._events.append(Noise(raw))

    def _planned(self, count: int, skipped: str | None) -> None:
        if self._plan is not None:
            self._fault = "a second plan line: the guest started again"
            self._damage(self._fault)
        elif self._cases or count > MAX_CASES:
            self._damage(f"plan line 1..{count} comes too late or is absurd")
        else:
            self._plan, self._fault = count, ""
            self._events.append(Plan(count))
            if skipped is not None:
                self._events.append(Note(None, f"all skipped: {skipped}"))

    def _bail(self, text: str) -> None:
        reason = text.removeprefix("Bail out!").strip()
        self._fault = f"after Bail out! {reason}".rstrip()
        self._events.append(Bail(reason))

    def _comment(self, raw: bytes, text: str) -> None:
        if match := CASE.fullmatch(text):
            self._start(match[1])
        elif text.startswith("# case "):
            self._spoil("a case line that is not whole", raw)
        else:
            body = text[1:].strip()
            word, _, rest = body.partition(" ")
            fields, left = pairs(rest)
            fact = fields and not left and word.isidentifier()
            self._events.append(Fact(fields) if fact else Note(self._name(), body))

    def _start(self, name: str) -> None:
        if self._open:
            self._damage(f"no result before case {name} began")
            self._next += 1
            self._open = None
        if len(self._cases) >= MAX_CASES:
            self._damage(f"more than {MAX_CASES} cases")
            return
        self._open = OpenCase(name)
        self._events.append(CaseStart(name))
        if name in self._cases:
            self._open.doubt = "the case ran twice"
            self._damage(self._open.doubt)
        self._cases.setdefault(name, False)

    def _nested(self, raw: bytes, text: str) -> None:
        # The verdict of a check is read from the raw bytes, so that cleaning cannot make one.
        verdict = raw.startswith((b"  ok ", b"  not ok ")) and CHECK.fullmatch(text)
        comment = text.startswith("# ")
        if text.startswith("Bail out!"):
            self._bail(text)
        elif not self._open and (verdict or comment):
            self._spoil("a nested line outside a case", raw)
        elif self._open and verdict:
            self._check(self._open, verdict[1] is None, int(verdict[2]), verdict[3] or "")
        elif self._open and comment:
            self._diagnostic(self._open.name, text[2:].strip())
        elif not VERSION.fullmatch(text) and text.strip():
            self._events.append(Noise(raw))

    def _check(self, case: OpenCase, ok: bool, number: int, text: str) -> None:
        if number != len(case.checks) + 1 or number > MAX_CHECKS:
            case.doubt = case.doubt or f"check {number} where {len(case.checks) + 1} was due"
            self._damage(case.doubt)
            return
        check = Check(case.name, number, ok, text.strip()[:MAX_TEXT])
        case.checks.append(check)
        self._events.append(check)

    def _diagnostic(self, case: str, body: str) -> None:
        word, _, rest = body.partition(" ")
        if word in ("data", "time", "audit"):
            self._events.append(Data(case, word, *pairs(rest)))
        elif word == "mark":
            label, _, rest = rest.strip().partition(" ")
            self._events.append(Mark(case, label, pairs(rest)[0]))
        else:
            self._events.append(Note(case, body))

    def _result(self, passed: bool, number: int, name: str, tail: str, intact: bool) -> None:
        """Close the open case, whatever name the line bears: the name may be what is damaged."""
        case = self._open or OpenCase(name, "a result without its case line, or a second one")
        outcome, reason, fields = claim(passed, tail)
        doubt = (self._doubt(case, number, name) or ("" if intact else "control characters in it")
                 or doubt_checks(outcome, reason, fields, case.checks))
        if doubt:
            outcome, reason = Outcome.ERROR, f"{doubt} ({reason})" if reason else doubt
        elif outcome is Outcome.FAIL and not reason:
            failed = [check.text for check in case.checks if not check.ok]
            reason = failed[0] if failed else "not ok, without a reason"
        self._events.append(
            Result(case.name, number, outcome, reason[:MAX_TEXT], fields, tuple(case.checks)))
        if self._open:
            self._cases[case.name] = True
        self._open = None
        # Follow the guest's own count, so that one lost line does not cost all later results.
        self._next = number + 1

    def _doubt(self, case: OpenCase, number: int, name: str) -> str:
        if self._fault or case.doubt:
            return self._fault or case.doubt
        if name != case.name:
            return f"the result line names {name}"
        if number != self._next:
            return f"result number {number} where {self._next} was due"
        if number > (self._plan or 0):
            return f"result number {number} is beyond the plan of {self._plan}"
        return ""

# SPDX-License-Identifier: GPL-2.0-only
"""The reader on whole streams, and on every damage that must not become a PASS."""

import pytest

from reports.ktap import (MAX_LINE, Bail, CaseStart, Check, Damage, Data, Fact, Mark, Noise, Note,
                          Plan, Reader, Result, Version)
from reports.tests.samples import STREAM, outcomes, passed, read, results

HEAD = b"KTAP version 1\n1..2\n"
BODY = b"# case a.b\n  KTAP version 1\n  ok 1 x\n  ok 2 y\n"
GOOD = HEAD + BODY + b"ok 1 a.b # checks=2 ms=5\n"
NEXT = b"# case c.d\n  ok 1 z\nok 2 c.d # checks=1 ms=5\n"


def damages(data: bytes) -> str:
    return " | ".join(event.what for event in read(data) if isinstance(event, Damage))


def reason(data: bytes, case: str = "a.b") -> str:
    """The reason of the last result of a case that must have ended as an ERROR."""
    events = read(data)
    assert outcomes(events)[case] == "ERROR"
    return [result.reason for result in results(events) if result.case == case][-1]


def test_normal_stream_in_order():
    events = read(STREAM)
    kinds = [type(event) for event in events]
    assert kinds[:12] == [Noise, Version, Plan, Fact, CaseStart, Mark, Data, Data, Note, Check,
                          Check, Result]
    assert not damages(STREAM)
    assert outcomes(events) == {
        "hung.mask[pos=first,ack=new]": "PASS",
        "hung.mask[pos=last,ack=new]": "FAIL",
        "msi.nic": "SKIP",
        "dead.domain": "ERROR",
        "storm.edge": "FAIL",
    }


def test_fields_of_the_events():
    events = read(STREAM)
    name = "hung.mask[pos=first,ack=new]"
    fields = {"gsi": "20", "pin": "20", "rte": "000000000000a9a0", "irr": "any"}
    assert Plan(5) in events
    assert Fact({"xen": "4.17", "domctl": "0x15"}) in events
    assert Mark(name, "armed", fields) in events
    assert Data(name, "time", {"sharer": "0", "window": "during"}, "4,5,5,6") in events
    assert Note(name, "the line is quiet") in events
    assert events[0].line == "(XEN) Xen version 4.17.5 (Debian 4.17.5-1)"
    first, second, skip, error, last = results(events)
    assert first.fields == {"checks": "2", "ms": "640"} and len(first.checks) == 2
    assert second.reason == "S dom 3: longest gap 60000 us, bound 21000 us"
    assert skip.reason == "needs a NIC"
    assert error.reason == "build of sharer 2: -12"
    assert last.reason == "the line never fell"


def test_mark_comes_as_soon_as_its_line_ends():
    reader = Reader()
    reader.feed(HEAD + b"# case a.b\n  # mark armed gsi=2")
    assert reader.feed(b"0\n") == [Mark("a.b", "armed", {"gsi": "20"})]


@pytest.mark.parametrize("version", [b"TAP version 13", b"TAP version 14", b"KTAP version 1"])
def test_versions(version):
    assert read(version + b"\n1..0 # SKIP no board\n") == [
        Version(version.decode()), Plan(0), Note(None, "all skipped: no board")]


@pytest.mark.parametrize("line, outcome", [
    (b"ok 1 a.b # SKIP why", "SKIP"),
    (b"not ok 1 a.b # SKIP why", "SKIP"),
    (b"ok 1 a.b # ERROR why", "ERROR"),
    (b"not ok 1 a.b # TIMEOUT 90 s", "ERROR"),
    (b"ok 1 a.b # XFAIL why", "FAIL"),
    (b"not ok 1 a.b # XFAIL why", "FAIL"),
    (b"not ok 1 a.b # TODO why", "FAIL"),
    (b"ok 1 a.b # TODO why", "FAIL"),
    (b"not ok 1 a.b", "FAIL"),
    (b"ok 1 - a.b # checks=2 ms=5", "PASS"),
])
def test_directives(line, outcome):
    assert outcomes(read(HEAD + BODY + line + b"\n")) == {"a.b": outcome}


@pytest.mark.parametrize("line, why", [
    (b"ok 1 a.c # checks=2", "names a.c"),
    (b"ok 1 a.b # checks=3", "checks=3, 2 arrived"),
    (b"not ok 1 a.b # checks=1", "checks=1, 2 arrived"),
    (b"ok 1 a.b", "no checks="),
    (b"ok 1 a.b # checks=2 ms=64# case c.d", "foreign text"),
    (b"ok 1 a.b # checks=2 ms=6d2v0", "foreign text"),
    (b"ok 2 a.b # checks=2", "number 2 where 1 was due"),
    (b"ok 0 a.b # checks=2", "number 0 where 1 was due"),
    (b"ok 1 a.b # checks=2 ms=\x005", "control characters"),
    (b"ok 1 a.b # checks=2 \xff", "control characters"),
])
def test_damaged_result_line_is_an_error(line, why):
    assert why in reason(HEAD + BODY + line + b"\n")


def test_ok_after_a_failed_check():
    body = BODY.replace(b"  ok 2", b"  not ok 2")
    assert "after a failed check" in reason(HEAD + body + b"ok 1 a.b # checks=2\n")
    assert "after a failed check" in reason(HEAD + body + b"ok 1 a.b # SKIP no\n")


def test_pass_without_a_check():
    assert "without a single check" in reason(HEAD + b"# case a.b\nok 1 a.b # checks=0\n")


def test_check_numbers_out_of_order():
    data = HEAD + BODY.replace(b"ok 2 y", b"ok 3 y") + b"ok 1 a.b # checks=1\n"
    assert "check 3 where 2 was due" in reason(data)


def test_duplicate_result_line():
    assert "second one" in reason(GOOD + b"ok 2 a.b # checks=2\n")
    assert "second one" in reason(GOOD + GOOD[len(HEAD + BODY):])


def test_case_that_runs_twice():
    data = GOOD + BODY + b"ok 2 a.b # checks=2\n"
    assert "ran twice" in reason(data)
    assert "ran twice" in damages(data)


def test_result_without_a_case_line():
    assert "without its case line" in reason(HEAD + b"ok 1 a.b # checks=0\n")


def test_no_plan():
    assert "no plan line" in reason(GOOD.replace(b"1..2\n", b""))
    assert "without a plan line" in damages(b"")
    late = GOOD.replace(b"1..2\n", b"").replace(b"ok 1 a.b", b"1..2\nok 1 a.b")
    assert passed(read(late)) == set()


def test_absurd_plan():
    assert "absurd" in damages(b"1..999999999\n")


def test_guest_that_starts_again():
    data = GOOD + HEAD + NEXT
    assert "started again" in reason(data, "c.d")


def test_beyond_the_plan():
    assert "beyond the plan of 1" in reason(GOOD.replace(b"1..2", b"1..1") + NEXT, "c.d")


def test_result_after_bail():
    events = read(GOOD + b"Bail out! no memory\n" + NEXT)
    assert Bail("no memory") in events
    assert outcomes(events) == {"a.b": "PASS", "c.d": "ERROR"}
    assert Bail("x") in read(HEAD + BODY + b"  Bail out! x\n")


def test_missing_result_costs_only_its_own_case():
    data = HEAD + BODY + NEXT
    events = read(data)
    assert outcomes(events) == {"c.d": "PASS"}
    assert Damage("a.b", "no result before case c.d began") in events
    assert "1 of 2 planned results are missing" in damages(data)


def test_lost_case_line_costs_only_its_own_case():
    data = GOOD.replace(b"# case a.b\n", b"") + NEXT
    assert outcomes(read(data)) == {"a.b": "ERROR", "c.d": "PASS"}


def test_lost_stretch_costs_two_results_at_most():
    data = HEAD.replace(b"2", b"9") + NEXT.replace(b"ok 2", b"ok 5")
    data += BODY + b"ok 6 a.b # checks=2\n"
    assert outcomes(read(data)) == {"c.d": "ERROR", "a.b": "PASS"}


def test_end_inside_a_case():
    assert "stream ended inside case a.b" in damages(HEAD + BODY)
    assert "2 of 2 planned results are missing" in damages(HEAD + BODY)


def test_last_line_without_its_newline_is_no_result():
    assert outcomes(read(GOOD[:-1])) == {}
    assert "middle of a line" in damages(GOOD[:-1])


def test_nested_line_outside_a_case():
    assert "outside a case" in damages(HEAD + b"  ok 1 x\n")
    assert "outside a case" in damages(HEAD + b"  # data sharer=0\n")


def test_message_inside_a_result_line():
    data = HEAD + BODY + b"ok 1 a.b # checks=2 ms=5(XEN) bar\n"
    assert outcomes(read(data)) == {}
    assert "another message inside a line" in damages(data)


@pytest.mark.parametrize("message", [
    b"(XEN) one\n", b"(XEN) one\n(XEN) two\nfirmware\n", b"[    1.234567] linux\n", b"x\n", b"\n"])
def test_torn_failure_never_becomes_a_pass(message):
    """`not ` + message + `ok 1 ...`: what is left is a perfect result line."""
    line = b"not ok 1 a.b # checks=2 ms=5\n"
    for at in range(1, len(line)):
        assert passed(read(HEAD + BODY + line[:at] + message + line[at:])) == set()


@pytest.mark.parametrize("indent", [b"", b"  "])
def test_failure_torn_by_two_messages_never_becomes_a_pass(indent):
    """One message before `not `, one behind it: the line that is left begins with `ok`."""
    torn = b"(XEN) x" + indent + b"not \n" + indent
    check = torn + b"ok 2 y\n" if indent else b"  ok 2 y\n"
    result = b"ok 1 a.b # checks=2 ms=5\n" if indent else torn + b"ok 1 a.b # checks=2 ms=5\n"
    data = HEAD + b"# case a.b\n  ok 1 x\n" + check + result
    assert "ends in `not `" in reason(data)


def test_message_at_every_offset_of_a_result_line():
    line = GOOD[len(HEAD + BODY):]
    for at in range(1, len(line)):
        data = HEAD + BODY + line[:at] + b"(XEN) message\n" + line[at:]
        assert passed(read(data)) == set(), line[:at]
        assert damages(data)


def test_message_at_every_line_boundary_changes_nothing():
    lines = STREAM.splitlines(keepends=True)
    want = [event for event in read(STREAM) if not isinstance(event, Noise)]
    for at in range(len(lines) + 1):
        data = b"".join([*lines[:at], b"(XEN) d1v0 ok 1 x\r\n[    1.5] x\n", *lines[at:]])
        assert [event for event in read(data) if not isinstance(event, Noise)] == want


def test_message_at_every_offset_of_the_stream():
    want = passed(read(STREAM))
    for at in range(len(STREAM)):
        events = read(STREAM[:at] + b"(XEN) message\r\n" + STREAM[at:])
        assert passed(events) <= want


def test_events_carry_clean_text():
    data = (HEAD + b"# case a.b\n  # say \x1b[31mred\x1b]0;title\x07 \x00\xff\xe2\x80\xae!\n"
            b"  # data k=\x1b[1mv x\x7fy\n  ok 1 ta\tb\x08\n\x1b[2J(XEN) \x1b[1mbold\n")
    events = read(data)
    assert Note("a.b", "say red \ufffd!") in events
    assert Data("a.b", "data", {"k": "v"}, "xy") in events
    assert Check("a.b", 1, True, "ta b") in events
    assert [event.line for event in events if isinstance(event, Noise)] == ["(XEN) bold"]


def test_cleaning_never_makes_a_check():
    events = read(HEAD + b"# case a.b\n  \x1b]not \x07ok 1 x\nok 1 a.b # checks=1\n")
    assert outcomes(events) == {"a.b": "ERROR"}


def test_long_lines_are_cut_and_told_once():
    long = b"x" * (10 * 2**20)
    reader = Reader()
    assert reader.feed(HEAD) and reader.feed(long) == []
    assert len(reader._partial) == MAX_LINE + 1
    [noise] = reader.feed(b"\n")
    assert isinstance(noise, Noise) and len(noise.raw) == MAX_LINE
    [damage] = reader.feed(b"ok 1 " + long + b"\n")
    assert isinstance(damage, Damage) and "longer than" in damage.what and len(damage.what) < 300


def test_long_result_line_spoils_its_case():
    data = HEAD + BODY + b"not ok 1 a.b " + b" " * MAX_LINE + b"\nok 1 a.b # checks=2\n"
    assert "longer than" in reason(data)

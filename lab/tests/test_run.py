# SPDX-License-Identifier: GPL-2.0-only
"""The engine on fake boards: what a boot's course makes of its cases."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lab import xen
from lab.records import CaseStarted
from lab.run import Boot, BootRecord, CaseRecord, Engine, PlannedCase, RunError, plan_text
from lab.tests.fake import HANG, INFO_PIC, WAIT, FakeBoard, case, plan
from reports.ktap import Outcome

MARK = b"  # mark armed pin=20 rte=010000000001a9a0 mask=1 irr=0\n"
XEN = b"\x7fELF" + (0x1BADB002).to_bytes(4, "little") + bytes(4) + (-0x1BADB002 % (1 << 32)).to_bytes(4, "little")


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    (tmp_path / "xen").write_bytes(XEN)
    (tmp_path / "guest.elf").write_bytes(b"\x7fELF")
    return tmp_path


def boot(lab: Path, name: str, *ids: str, limit: float = 5) -> Boot:
    return Boot(name, "console=com1",
                cases=tuple(PlannedCase(i, f"case {i} pos=first", limit) for i in ids))


def engine(lab: Path, boots: list[Boot], *boards: FakeBoard) -> Engine:
    return Engine(boots, system=xen.load(lab / "xen", lab / "guest.elf", lab / "cache"), boards=boards,
                  consoles=lab / "consoles")


def run(lab: Path, boots: list[Boot], *boards: FakeBoard
        ) -> tuple[dict[str, CaseRecord], list[BootRecord]]:
    before = threading.active_count()
    with engine(lab, boots, *boards) as running:
        records = list(running.records())
    assert threading.active_count() == before
    cases = [record for record in records if isinstance(record, CaseRecord)]
    assert len({record.id for record in cases}) == len(cases)
    return ({record.id: record for record in cases},
            [record for record in records if isinstance(record, BootRecord)])


def test_normal_run(lab: Path) -> None:
    data = b"  # data sharer=0 dom=2 raised=181 served=181\n  # time sharer=0 window=during 4,5\n"
    board = FakeBoard([b"SeaBIOS\n(XEN) Xen version 4.17.7 (Debian)\n", plan(2),
                       *case(1, "a.one", data), *case(2, "a.two")])
    cases, boots = run(lab, [boot(lab, "b", "a.one", "a.two")], board)
    one = cases["a.one"]
    assert [one.outcome, one.reason, one.ended, one.started] == [Outcome.PASS, "", "result", True]
    assert one.data[0].fields["served"] == "181"
    assert one.timeline[0].text == "4,5"
    assert one.checks[0].text == "S fine"
    assert one.console.startswith("# case a.one\n") and one.console.endswith("checks=1 ms=1\n")
    assert cases["a.two"].outcome is Outcome.PASS
    assert [boots[0].ended, boots[0].finished, boots[0].facts["xen"]] == ["end", 2, "4.17"]
    assert boots[0].banner == "Xen version 4.17.7 (Debian)"
    assert boots[0].console.read_bytes().startswith(b"SeaBIOS\n(XEN)")
    assert board.plans == ["device 00:04.0 edu gsi=20\ndevice 00:08.0 e1000 gsi=20\n"
                           "case a.one pos=first\ncase a.two pos=first\n"]


def test_what_the_board_does_not_guard_is_told(lab: Path) -> None:
    many = replace(boot(lab, "one", "a.one"), variant="many")
    assert plan_text(FakeBoard(), many, many.cases).splitlines()[2:] == [
        "board unguarded=requester", "case a.one pos=first"]


def test_mark_is_answered_and_agrees(lab: Path) -> None:
    board = FakeBoard([plan(1), *case(1, "a.one", MARK, WAIT)])
    cases, _ = run(lab, [boot(lab, "b", "a.one")], board)
    assert cases["a.one"].outcome is Outcome.PASS
    assert board.written == b"+"
    mark = cases["a.one"].marks[0]
    assert mark.label == "armed" and not mark.disagreements and "vector a0" in mark.rte


def test_witness_turns_a_pass_into_a_failure(lab: Path) -> None:
    lie = MARK.replace(b"a9a0", b"a913")
    board = FakeBoard([plan(2), *case(1, "a.one", lie, WAIT), *case(2, "a.two")])
    cases, _ = run(lab, [boot(lab, "b", "a.one", "a.two")], board)
    assert cases["a.one"].outcome is Outcome.FAIL
    assert cases["a.one"].reason == ("witness: armed: pin 20 vector: the guest read 13, "
                                     "the board has a0")
    assert cases["a.two"].outcome is Outcome.PASS


def test_vector_that_moves_between_marks(lab: Path) -> None:
    board = FakeBoard([plan(1), *case(1, "a.one", MARK, WAIT,
                                      b"  # mark after pin=20 vec=same\n", WAIT)])
    pics = iter([INFO_PIC, INFO_PIC.replace("1a9a0", "1a9b0")])
    answer = board.qmp

    def answers(command: str, **more: str) -> object:
        return next(pics) if more.get("command-line") == "info pic" else answer(command, **more)
    board.qmp = answers  # type: ignore
    cases, _ = run(lab, [boot(lab, "b", "a.one")], board)
    assert cases["a.one"].reason == "witness: after: pin 20 vector: a0 at the last mark, b0 now"


def test_audit_at_a_mark_is_judged(lab: Path) -> None:
    """Pin 20 is open, and only the second mark tells its owner."""
    told = b"  # mark first audit=1\n", WAIT, b"  # audit gsi20=1-3\n  # mark last audit=1\n", WAIT
    board = FakeBoard([plan(1), *case(1, "a.one", *told)], pic=INFO_PIC.replace("01a9a0", "00a9a0"))
    board.devices = lambda variant: ()  # type: ignore
    cases, _ = run(lab, [boot(lab, "b", "a.one")], board)
    assert cases["a.one"].outcome is Outcome.FAIL
    assert cases["a.one"].reason == "witness: first: L pin 20 is open and nobody owns it"


def test_witness_adds_to_a_failure(lab: Path) -> None:
    lie = MARK.replace(b"a9a0", b"a913")
    stream = [b"# case a.one\n", lie, WAIT, b"  not ok 1 S gap\nnot ok 1 a.one # checks=1 ms=1\n"]
    cases, _ = run(lab, [boot(lab, "b", "a.one")], FakeBoard([plan(1), *stream]))
    assert cases["a.one"].outcome is Outcome.FAIL
    assert cases["a.one"].reason.startswith("S gap; witness: armed: pin 20 vector")


def test_failure_without_the_witness_stays_a_failure(lab: Path) -> None:
    stream = [b"# case a.one\n", MARK, WAIT, b"  not ok 1 S gap\nnot ok 1 a.one # checks=1 ms=1\n"]
    cases, _ = run(lab, [boot(lab, "b", "a.one")], FakeBoard([plan(1), *stream], pic="none"))
    assert (cases["a.one"].outcome, cases["a.one"].reason) == (Outcome.FAIL, "S gap")


@pytest.mark.parametrize("mark, pic, why", [
    (b"  # mark armed pi(XEN) d1v0 hello\n", INFO_PIC, "a mark that cannot be read: "),
    (MARK, "no such command", "the witness does not answer at mark armed: info pic shows 0"),
])
def test_pass_without_the_witness_is_an_error(lab: Path, mark: bytes, pic: str, why: str) -> None:
    cases, _ = run(lab, [boot(lab, "b", "a.one")],
                   FakeBoard([plan(1), *case(1, "a.one", mark, WAIT)], pic=pic))
    assert cases["a.one"].outcome is Outcome.ERROR
    assert cases["a.one"].reason.startswith(why)


def test_death_in_the_middle_goes_on_with_the_rest(lab: Path) -> None:
    board = FakeBoard([plan(3), *case(1, "a.one"), b"# case a.two\n  # data x=1\n"],
                      [plan(1), *case(1, "a.three")])
    cases, boots = run(lab, [boot(lab, "b", "a.one", "a.two", "a.three")], board)
    assert [cases[f"a.{n}"].outcome.value for n in ("one", "two", "three")] == [
        "PASS", "ERROR", "PASS"]
    assert cases["a.two"].reason == "board died: QEMU exit status 7 (fake)"
    assert cases["a.two"].ended == "exit" and cases["a.two"].data[0].fields == {"x": "1"}
    assert board.plans[1].splitlines()[2:] == ["case a.three pos=first"]
    assert [record.console.name for record in boots] == ["b.1.log", "b.2.log"]


def test_hang_in_the_middle(lab: Path) -> None:
    board = FakeBoard([plan(2), b"# case a.one\n", HANG], [plan(1), *case(1, "a.two")])
    cases, boots = run(lab, [boot(lab, "b", "a.one", "a.two", limit=0.2)], board)
    assert cases["a.one"].reason.startswith("hypervisor hung: no end after 0.")
    assert "cpu0 at rip ffff82d040322009 (3 of 3 samples equal)" in cases["a.one"].reason
    assert cases["a.two"].outcome is Outcome.PASS
    assert [record.ended for record in boots] == ["hung", "end"]


def test_panic_ends_the_boot_at_once(lab: Path) -> None:
    board = FakeBoard([plan(1), b"# case a.one\n(XEN) Panic on CPU 1:\n(XEN) FATAL TRAP: 14\n"
                       b"(XEN) Reboot in five seconds...\n", HANG])
    cases, boots = run(lab, [boot(lab, "b", "a.one", limit=1)], board)
    assert cases["a.one"].outcome is Outcome.ERROR
    assert cases["a.one"].reason == "board died: Xen panic on CPU 1: FATAL TRAP: 14"
    assert boots[0].ended == "panic" and "five seconds" in cases["a.one"].console


@pytest.mark.parametrize("line, ended, why", [
    (b"[    1.234567] Kernel panic - not syncing: Fatal exception", "panic", "Linux panic: Fatal exception"),
    (b"(XEN) Hardware Dom0 crashed: rebooting machine in 5 seconds.", "crash", "Hardware Dom0 crashed, as Xen says"),
])
def test_death_that_the_console_tells(lab: Path, line: bytes, ended: str, why: str) -> None:
    """At once, and what it may print later counts no more."""
    late = b"  ok 1 S fine\nok 1 a.one # checks=1 ms=1\n"
    board = FakeBoard([plan(1), b"# case a.one\n" + line + b"\n" + late])
    cases, boots = run(lab, [boot(lab, "b", "a.one")], board)
    assert (cases["a.one"].outcome, cases["a.one"].reason) == (Outcome.ERROR, f"board died: {why}")
    assert (boots[0].ended, cases["a.one"].ended) == (ended, ended)


@pytest.mark.parametrize("stream, why", [
    ([*case(1, "a.one"), *case(2, "a.two")], "stream damaged: no plan line before the first case"),
    ([plan(5), *case(1, "a.one")], "stream damaged: the guest plans 5 cases, 2 were asked for"),
    ([plan(2), b"Bail out! no domctl\n", HANG], "guest bailed out: no domctl"),
    ([plan(2), *case(1, "b.other")], "stream damaged: the guest began case b.other that was not"),
    ([b"garbage\n\xff\x00"], "board died: QEMU exit status 7 (fake)"),
])
def test_boot_without_progress_is_not_repeated(lab: Path, stream: list, why: str) -> None:
    board = FakeBoard(stream, [plan(2), *case(1, "a.one"), *case(2, "a.two")])
    cases, boots = run(lab, [boot(lab, "b", "a.one", "a.two")], board)
    assert len(board.launches) == len(boots) == 1
    assert {record.outcome for record in cases.values()} == {Outcome.ERROR}
    assert all(record.reason.startswith(why) and not record.started for record in cases.values())


def test_bail_in_a_case_and_again(lab: Path) -> None:
    bail = [b"# case a.one\n", b"Bail out! lost\n"]
    board = FakeBoard([plan(2), *bail], [plan(1), b"# case a.two\n", b"Bail out! lost\n"])
    cases, boots = run(lab, [boot(lab, "b", "a.one", "a.two")], board)
    assert {record.reason for record in cases.values()} == {"guest bailed out: lost"}
    assert len(boots) == 2


def test_a_second_run_of_a_case_replaces_its_record(lab: Path) -> None:
    board = FakeBoard([plan(2), *case(1, "a.one"), b"ok 2 a.one # checks=0\n", *case(2, "a.two")])
    with engine(lab, [boot(lab, "b", "a.one", "a.two")], board) as running:
        records = list(running.records())
    told = [(r.id, r.outcome.value) for r in records if isinstance(r, CaseRecord)]
    assert told[:2] == [("a.one", "PASS"), ("a.one", "ERROR")]
    assert records[0] == CaseStarted("a.one", "fake")


def test_console_slice_is_bounded(lab: Path) -> None:
    noise = b"(XEN) " + b"x" * 993 + b"\n"
    board = FakeBoard([plan(1), *case(1, "a.one", *[noise] * 100)])
    cases, _ = run(lab, [boot(lab, "b", "a.one")], board)
    console = cases["a.one"].console
    assert len(console) <= 16384 and " bytes cut " in console
    assert console.startswith("# case a.one") and console.endswith("ms=1\n")


def test_two_boards_run_at_the_same_time(lab: Path) -> None:
    boards = [FakeBoard([plan(1), *case(1, f"a.{n}")], [plan(1), *case(1, "a.c")], name=n)
              for n in "xy"]
    meet = threading.Barrier(2)  # start() of both, or BrokenBarrierError
    boots = [boot(lab, name, f"a.{name}") for name in "xy"]
    for board in boards:
        board.at_start = meet
        board._scripts = [[plan(1), *case(1, "a.x")], [plan(1), *case(1, "a.y")]]
    with engine(lab, boots, *boards) as running:
        records = list(running.records())
    assert {record.board for record in records} == {"x", "y"}


def test_stop_is_prompt_and_leaves_no_verdict(lab: Path) -> None:
    board = FakeBoard([plan(2), *case(1, "a.one"), b"# case a.two\n", HANG])
    with engine(lab, [boot(lab, "b", "a.one", "a.two", limit=60), boot(lab, "c", "a.three")],
                board) as running:
        first = next(r for r in running.records() if isinstance(r, CaseRecord))
        began = time.monotonic()
        running.stop()
        assert time.monotonic() - began < 0.5
        rest = [r for r in running.records() if isinstance(r, CaseRecord | BootRecord)]
    assert first.id == "a.one"
    assert [(type(record), record.ended) for record in rest] == [(BootRecord, "stopped")]
    assert not board.alive() and len(board.launches) == 1


def test_defect_of_the_engine_reaches_the_consumer(lab: Path) -> None:
    board = FakeBoard([plan(1)])
    board.read = lambda timeout: 1 / 0  # type: ignore
    with pytest.raises(ZeroDivisionError), engine(lab, [boot(lab, "b", "a.one")], board) as running:
        list(running.records())


def test_what_cannot_run_is_told_before_a_board_starts(lab: Path) -> None:
    board = FakeBoard()
    good = boot(lab, "b", "a.one")
    with pytest.raises(RunError, match="case a.one is listed twice"):
        engine(lab, [good, boot(lab, "c", "a.one")], board)
    with pytest.raises(RunError, match="becomes a file name"):
        engine(lab, [boot(lab, "../b", "a.one")], board)
    assert not board.launches


def test_boots_of_another_board_file(lab: Path) -> None:
    script = lambda name: [b"SeaBIOS\n", plan(1), *case(1, name)]  # noqa: E731
    plain, other = FakeBoard(script("a.one")), FakeBoard(script("a.two"), name="other")
    boots = [boot(lab, "b", "a.one"), replace(boot(lab, "c", "a.two"), board="server")]
    with Engine(boots, system=xen.load(lab / "xen", lab / "guest.elf", lab / "cache"), boards=[plain],
                consoles=lab / "consoles", others={"server": [other]}) as running:
        boards = {record.id: record.board for record in running.records() if isinstance(record, CaseRecord)}
    assert boards == {"a.one": "fake", "a.two": "other"}


def test_consoles_of_an_earlier_part_are_kept(lab: Path) -> None:
    """A run that is resumed counts on; another boot whose name begins alike does not matter."""
    (lab / "consoles").mkdir()
    for name in ("b.1.plan", "b.1.log", "b.2.plan", "b.c.7.log", "bb.9.log"):
        (lab / "consoles" / name).write_text("earlier")
    _, boots = run(lab, [boot(lab, "b", "a.one")], FakeBoard([plan(1), *case(1, "a.one")]))
    assert boots[0].attempt == 3 and boots[0].console.name == "b.3.log"
    assert (lab / "consoles" / "b.1.log").read_text() == "earlier"

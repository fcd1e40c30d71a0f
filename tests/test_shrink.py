# SPDX-License-Identifier: GPL-2.0-only
"""The cut of a failed hostile case: its logic on sets and on a fake board, and once for real."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from lab.records import Boot
from lab.tests.fake import HANG, FakeBoard
from lab.xen import load
from suites import shrink
from suites.shrink import Bench, Call, ShrinkError, fewest, least, ranges, simplest

PIN = "apic_write-fec00000-4c-1a000"


def calls(text: str) -> list[Call]:
    return [Call.parse(word) for word in text.split("+")]


@pytest.mark.parametrize("text", ["eoi-0", PIN, "irq_unmask_notify", "prepare_msix-0-0-28-at3",
                                  "other-ffffffff-at1"])
def test_calls_are_read_as_written(text: str) -> None:
    assert str(Call.parse(text)) == text


@pytest.mark.parametrize("numbers, text", [
    ([], ""), ([7], "7"), ([0, 1, 2], "0-2"), ([0, 2, 3, 9], "0,2-3,9")])
def test_ranges(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text


@pytest.mark.parametrize("needed", [{999}, {0, 999}, {3, 500, 501, 999}, {17}])
def test_the_fewest_calls_are_found(needed: set[int]) -> None:
    tries = 0

    def fails(some: Sequence[int]) -> bool:
        nonlocal tries
        tries += 1
        return needed <= set(some)

    assert fewest(range(1000), fails) == sorted(needed)
    assert tries < 30 * len(needed)


def test_the_last_call_alone_takes_one_try() -> None:
    tries: list[Sequence[int]] = []
    assert fewest(range(10000), lambda some: not tries.append(some)) == [9999]
    assert len(tries) == 1


@pytest.mark.parametrize("value, edge, found", [
    (0x4c, 0x40, 0x40), (0x40, 0x40, 0x40), (5, 0, 0), (0xffffffff, 1, 0xffffffff), (1, 1, 1)])
def test_the_least_value(value: int, edge: int, found: int) -> None:
    assert least(value, lambda tried: tried >= edge) == found


def test_the_simplest_fields() -> None:
    def fails(some: Sequence[Call]) -> bool:
        base, reg, _ = some[-1].fields
        return base == 0xfec00000 and reg >= 0x40 and reg % 2 == 0

    assert simplest(calls(PIN), fails) == calls("apic_write-fec00000-40-0")


# ---------------------------------------------------------------------------
# on a fake board: it hangs when the plan has the guilty call

MULTIBOOT = 0x1BADB002
XEN = b"\x7fELF" + b"".join(n.to_bytes(4, "little") for n in (MULTIBOOT, 0, -MULTIBOOT % (1 << 32)))
HELLO = b"KTAP version 1\n1..1\n"


class GuiltyBoard(FakeBoard):
    """Its guest makes the calls 0 to 999 of a case, or those of a replay; some of them stop it."""

    def __init__(self, needed: set[int], guilty: str) -> None:
        super().__init__()
        self.needed, self.guilty = needed, guilty

    def start(self, launch: object) -> None:
        words = dict(word.split("=", 1) for word in
                     launch.modules[1][0].read_text().splitlines()[-1].split() if "=" in word)
        case = launch.modules[1][0].read_text().splitlines()[-1].split()[1]
        if "call" in words:
            made = {n: text for n, text in enumerate(words["call"].split("+"))}
            bad = any(Call.parse(text).fields[0] >= 5 for text in made.values())
            trace = 0
        else:
            only = words.get("only", "0-999")
            numbers = [n for part in only.split(",") for n in
                       range(int(part.split("-")[0]), int(part.split("-")[-1]) + 1)]
            made = {n: self.guilty if n in self.needed else "eoi-0" for n in numbers}
            bad, trace = self.needed <= set(numbers), int(words.get("trace", "1000"))
        lines = [HELLO, f"# case {case}\n  KTAP version 1\n".encode()]
        for n, text in made.items():
            if n % 500 == 0:
                lines.append(f"  # data from={n}\n".encode())
            if n >= trace:
                lines.append(f"  # call {n} {text} 0\n".encode())
            if bad and n == (max(self.needed) if "call" not in words else max(made)):
                self._scripts.append([b"".join(lines), HANG])
                break
        else:
            lines.append(f"  ok 1 lives\nok 1 {case} # checks=1 ms=1\n".encode())
            self._scripts.append([b"".join(lines)])
        super().start(launch)


def bench(board: FakeBoard, folder: Path) -> Bench:
    guest, xen = folder / "guest", folder / "xen"
    guest.write_bytes(b"\x7fELF")
    xen.write_bytes(XEN)
    return Bench(board, Boot("b", ""), load(xen, guest, folder / "cache"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shrink, "REPLAY_LIMIT_S", 0.05)


def test_a_call_is_found_and_cut(tmp_path: Path) -> None:
    cut = shrink.shrink(bench(GuiltyBoard({712}, "eoi-4c"), tmp_path), "case a.b[c=d] seed=1", 0.05)
    assert (str(cut), cut.alone, cut.done) == ("eoi-5: hung", True, True)


def test_boots_are_counted(tmp_path: Path) -> None:
    few = bench(GuiltyBoard({3, 712}, "eoi-4c"), tmp_path)
    few.max_runs = 4
    cut = shrink.shrink(few, "case a.b[c=d] seed=1", 0.05)
    assert not cut.done and "perhaps less" in str(cut)


def test_what_does_not_fail_cannot_be_cut(tmp_path: Path) -> None:
    with pytest.raises(ShrinkError, match="it does not fail: PASS"):
        shrink.shrink(bench(GuiltyBoard({5000}, "eoi-4c"), tmp_path), "case a.b[c=d] seed=1", 0.5)

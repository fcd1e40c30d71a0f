# SPDX-License-Identifier: GPL-2.0-only
"""make history as a user meets it."""

import re
from dataclasses import replace

import pytest

from reports.history import keep
from reports.tests.samples import HOSTILE, INFO, case
from reports.tests.test_history import journal
from reports.trends import Tally, main

HUNG, DEAD = "hung.mask[ack=new,pos=first]", "dead.crash[pos=last]"


@pytest.fixture
def history(tmp_path):
    """Ten runs of one binary, two of the next, one on another board."""
    path = tmp_path / "history.db"
    for number in range(1, 14):
        kind = replace(INFO.hypervisor, sha256=("ab" if number < 11 else "cd") * 32)
        info = replace(INFO, id=f"run{number}", started=f"2025-01-{number:02}T12:00:00Z", hypervisor=kind,
                       board="server" if number == 13 else "q35")
        gap = [{"gap_us": str(2000 if number < 6 else 3000), "bound_us": "6600"}]
        words = {4: "FAIL", 5: "ERROR", 6: "SKIP"}
        keep(path, info, [case(HUNG, "PASS", data=gap), case(DEAD, words.get(number, "PASS"))])
    return path


@pytest.fixture
def told(history, capsys):
    def run(*arguments):
        status = main(["--history", str(history), *arguments])
        got = capsys.readouterr()
        return status, got.out.splitlines(), got.err
    return run


def test_table(told):
    status, lines, error = told()
    assert (status, error) == (0, "")
    assert lines == [
        "server, xen 4.17.5 (cdcdcdcdcdcd): 1 runs, 2025-01-13 to 2025-01-13",
        " runs  pass       gap  trend  newest last   case",
        f"    1  100%                   P             {DEAD}",
        f"    1  100%      3 ms         P             {HUNG}",
        "",
        "q35, xen 4.17.5 (cdcdcdcdcdcd): 2 runs, 2025-01-11 to 2025-01-12",
        " runs  pass       gap  trend  newest last   case",
        f"    2  100%                   PP            {DEAD}",
        f"    2  100%      3 ms         PP            {HUNG}",
        "",
        "q35, xen 4.17.5 (abababababab): 10 runs, 2025-01-01 to 2025-01-10",
        " runs  pass       gap  trend  newest last   case",
        f"   10   78%                   PPPFEsPPPP    {DEAD}",
        f"   10  100%    2.5 ms   +50%  PPPPPPPPPP    {HUNG}",
    ]


@pytest.mark.parametrize("arguments, rows", [
    (("-k", "hung and first"), 3), (("-k", "nothing"), 0), (("--case", DEAD), 3), (("--hv", "abab"), 2), (("--hv", "xen"), 6),
    (("--hv", "kvm"), 0), (("--hv", "4.17.5"), 6), (("--last", "1"), 4), (("--last", "0"), 6), (("--last", "2", "-k", "dead"), 2),
])
def test_filters(told, arguments, rows):
    status, lines, _ = told(*arguments)
    assert status == 0 and sum(line.endswith("]") for line in lines) == rows
    assert rows or lines == ["nothing in the history matches: look at K=, CASE=, HV= and LAST="]


@pytest.mark.parametrize("arguments, error", [
    (("-k", "hung and ("), "history: K='hung and (': at column 11: "),
    (("--history", "nowhere.db"), "history: nowhere.db: there is no history yet: make gate begins one"),
    (("--export", "no/such/folder/x"), "history: no/such/folder/x: No such file or directory: check that the folder"),
])
def test_errors_are_one_line(told, arguments, error):
    status, lines, got = told(*arguments)
    assert status == 1 and lines == [] and got.startswith(error) and got.count("\n") == 1


def test_no_number(told, capsys):
    with pytest.raises(SystemExit):
        told("--last", "x")
    assert "'x' is no number" in capsys.readouterr().err


def test_export_and_import(told, tmp_path):
    assert told("--export", str(tmp_path / "e.jsonl"))[1] == [f"{tmp_path / 'e.jsonl'}: 26 results"]
    other = ("--history", str(tmp_path / "new" / "other.db"))
    assert told(*other, "--import", str(tmp_path / "e.jsonl"))[:2] == (
        0, [f"{tmp_path}/new/other.db: 13 runs with 26 results taken in, 26 of them new"])
    assert told(*other)[1] == told()[1]


def test_import_tells_what_it_left_out(told, tmp_path):
    journal(tmp_path / "runs" / "1", INFO, [case(HUNG, "PASS")])
    (tmp_path / "runs" / "2").mkdir()
    (tmp_path / "runs" / "2" / "results.jsonl").write_text("torn")
    status, lines, _ = told("--import", str(tmp_path / "runs"))
    assert status == 1 and len(lines) == 2 and "the first line is missing" in lines[0]


def test_hostile_names_print_plainly(tmp_path, capsys):
    keep(tmp_path / "h.db", replace(INFO, board=HOSTILE, append=HOSTILE), [case(HOSTILE, "FAIL")])
    assert main(["--history", str(tmp_path / "h.db")]) == 0
    out = capsys.readouterr().out
    assert out.isascii() and all(line.isprintable() for line in out.split("\n")) and re.search(r"1\s+0%\s+F", out)


@pytest.mark.parametrize("passed, failed, rate", [(0, 0, "-"), (999, 1, "99%"), (1, 999, "1%"), (0, 5, "0%"), (5, 0, "100%"),
                                                  (1, 1, "50%")])
def test_rate_is_never_rounded_to_all_or_nothing(passed, failed, rate):
    tally = Tally()
    tally.words = ["PASS"] * passed + ["FAIL"] * failed
    assert tally.rate == rate

# SPDX-License-Identifier: GPL-2.0-only
"""The terminal table: its figures, its width, and commands that really select the case."""

import re

import pytest

from reports.table import render, selection, verdict_line
from reports.tests.samples import HOSTILE, INFO, case, some_results


def test_one_row_a_name():
    lines = render(INFO, some_results(), 61.25).splitlines()
    assert lines[0].split() == ["case", "pass", "fail", "error", "known", "skip", "worst", "gap",
                                "bound", "lost"]
    assert lines[1].split() == ["hung.mask", "1", "1", "60", "ms", "21", "ms", "3"]
    assert [line.split()[0] for line in lines[2:5]] == ["dead.domain", "msi.nic", "storm.edge"]


def test_cases_to_look_at_in_full():
    text = render(INFO, some_results(), 61.25)
    assert "FAIL  hung.mask[pos=last,ack=new]\n" in text
    assert "  why: S dom 3: longest gap 60000 us, bound 21000 us\n" in text
    assert "  make gate CASE='hung.mask[pos=last,ack=new]'\n" in text
    assert "ERROR  dead.domain\n" in text
    assert "known  storm.edge\n" in text and "  finding: F3\n" in text
    assert "  check: S dom 3" in text
    assert "msi.nic" not in text.split("\n\n", 1)[1]
    assert text.endswith(
        "FAIL  1 pass, 1 fail, 1 error, 1 known, 1 skip  (61.2 s, seed 42)\n")


def test_ladder_of_rescues():
    def rung(model, name, there, ends, us, back="1"):
        return case(f"rescue.ladder[cast={model},rung={name}]", "PASS", data=[
            {"ladder": model, "rung": name, "there": there, "ends": ends, "cost_us": us, "back": back}])
    text = render(INFO, [rung("ahci", "descriptor", "1", "1", "21"), rung("ahci", "flr", "0", "0", "3"),
                         rung("xhci", "descriptor", "1", "1", "100123", "0"), rung("xhci", "flr", "1", "0", "100123")], 1)
    table = text.split("\n\n")[1].splitlines()
    assert [line.split() for line in table] == [
        ["rescue", "by", "descriptor", "flr"], ["ahci", "21", "us", "-"], ["xhci", "100", "ms!", "no"]]


def test_one_reason_for_many_errors_is_told_once():
    results = [case(f"a.b[n={n}]", "ERROR", reason="guest bailed out: no such domctl")
               for n in range(40)]
    text = render(INFO, [*results, case("a.c", "ERROR", reason="board died")], 1)
    assert text.count("guest bailed out") == 1
    assert "ERROR  a.b[n=0]  and 39 more\n" in text and "ERROR  a.c\n" in text


def test_every_failure_is_told():
    results = [case(f"a.b[n={n}]", "FAIL", reason="lost 3") for n in range(4)]
    assert render(INFO, results, 1).count("why: lost 3") == 4


def test_eighty_columns_of_plain_ascii():
    rows = [{"lost": "9" * 15, "gap_us": "9" * 15, "bound_us": "x"}, {"lost": "-1", "gap_us": None}]
    results = [case("topic." + "n" * 50, "PASS", data=rows),
               case("a.b", "FAIL", reason="word " * 100 + "x" * 300 + HOSTILE)]
    text = render(INFO, results, 1)
    assert max(map(len, text.splitlines())) <= 80
    assert text.isascii() and "\x1b" not in text and "\x00" not in text


@pytest.mark.parametrize("outcome", ["PASS", "FAIL", "ERROR", "SKIP"])
def test_hostile_ids(outcome):
    text = render(INFO, [case(HOSTILE, outcome, reason=HOSTILE)], 1)
    assert re.fullmatch(r"[ -~\n]*", text)
    assert selection("a.$(reboot)[x=`id`';]") == "a.reboot[x=id]"


def test_colour_only_when_asked():
    plain, coloured = (render(INFO, some_results(), 1, colour=on) for on in (False, True))
    assert "\x1b" not in plain and "\x1b[31mFAIL\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_fixed_is_shown():
    text = render(INFO, [case("a.b", "PASS", finding="F1")], 1)
    assert "fixed  a.b" in text and "finding: F1" in text


def test_nothing_ran():
    assert verdict_line(INFO, [], 0.0) == "ERROR  no case ran  (0.0 s, seed 42)"

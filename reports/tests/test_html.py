# SPDX-License-Identifier: GPL-2.0-only
"""report.html, read as text: what is in it, what must not be, how large it is and how long it takes."""

import base64
import hashlib
import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reports.events import Outcome
from reports.html import Extras, KillMatrix, Run, page, pages, view
from reports.html.__main__ import main
from reports.html.assets import assets
from reports.html.page import rerun
from reports.journal import Journal
from reports.model import Hypervisor
from reports.tests.pages import (ATTACK, LATENCY, details, hostile_case, large_run, linux_case, mixed_run, odd_case, untimed,
                                 xen_case)
from reports.tests.samples import INFO
from reports.writers import write_reports

VOID = {"meta", "wbr", "br", "img", "input", "link"}


class Reader(HTMLParser):
    """Elements with their attributes, and what is to be read outside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.scripts: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if self.stack and self.stack[-1] == "script":
            self.scripts[-1] += data
        elif self.stack and self.stack[-1] != "style":
            self.words += data


def read(results, **more) -> Reader:
    return Reader(page(INFO, results, 61.25, **more))


def test_verdict_first():
    words = " ".join(read(mixed_run()).words.split())
    assert words.index("FAIL") < words.index("1 error") < words.index("Failed") < words.index("Known failures")
    assert "of 10 cases in 61.2 s" in words
    assert "docs/findings/line-starves-lower-vectors.md" in words
    assert "make gate HV=xen BOARD=lab/boards/q35.yaml SEED=42 CASE='hung.silent[ack=new]'" in words.replace(
        " XEN=xen-4.17-amd64.gz", "")


@pytest.mark.parametrize("results, verdict", [([], "ERROR"), ([xen_case()], "PASS"), ([xen_case(worst_us=7000)], "FAIL")])
def test_verdict(results, verdict):
    found = read(results)
    assert f"<title>{verdict} - Lifeline" in page(INFO, results, 1.0)
    assert found.stack == []  # all that was opened was closed


def test_hostile_text_is_text():
    reader, clean = read([hostile_case()]), read([xen_case(worst_us=7000)])
    assert {tag for tag, _ in reader.elements} - {tag for tag, _ in clean.elements} \
        <= {"table", "thead", "tbody", "tr", "th", "td", "wbr"}
    assert len(reader.scripts) == len(clean.scripts)
    assert not [name for _, attrs in reader.elements for name in attrs if name.startswith("on") or name == "src"]
    assert "<script>alert(1)</script>" in reader.words
    text = page(INFO, [hostile_case()], 1.0)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)
    assert text.encode()  # no lone surrogate


def test_hostile_text_in_a_case():
    (record,) = details(page(INFO, [hostile_case()], 1.0))
    assert record["console"].split("\n")[1:] == [" (XEN) ok 1 x # checks=0", "漢字", "line 2", ""]
    assert "<script>alert(1)</script>" in record["console"]
    # Only a console has lines.
    assert not re.search("[\x00-\x1f\x7f\u202e]", json.dumps(record | {"console": ""}, ensure_ascii=False))


def test_hostile_run():
    info = replace(INFO, id=ATTACK, board=ATTACK, append=ATTACK, hypervisor=replace(INFO.hypervisor, version=ATTACK, file=ATTACK))
    text = page(info, [xen_case()], 1.0)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)
    reader = Reader(text)
    assert not [name for _, attrs in reader.elements for name in attrs if name.startswith("on") or name == "src"]


def test_asks_nobody_for_anything():
    reader = read(mixed_run())
    assert not [attrs for tag, attrs in reader.elements if tag in ("link", "img", "iframe", "base", "object")]
    assert all(attrs["href"].startswith("#") for _, attrs in reader.elements if "href" in attrs)
    policy = next(attrs["content"] for _, attrs in reader.elements if attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    ours = [script for script in reader.scripts if "use strict" in script or "d3js" in script]
    for script in ours:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy


def test_nothing_of_the_machine():
    text = page(INFO, mixed_run(), 1.0)
    for folder in (Path.cwd(), Path.home(), Path(__file__).parent):
        assert f"{folder}/" not in text


def test_sharers_and_lines():
    shown = view.detail(xen_case())
    assert [(sharer["who"], sharer["model"], sharer["offender"]) for sharer in shown["sharers"]] \
        == [("dom 1", "edu", True), ("dom 2", "e1000", False), ("dom 3", "uhci", False)]
    assert shown["sharers"][2]["windows"]["during"]["gap_us"] == 2086
    assert shown["sharers"][2]["windows"]["during"]["cells"][4:10] == [0] * 6
    assert shown["lines"] == [{"source": "GSI 20", "members": [
        {"who": "dom 1", "model": "edu", "role": "offender"}, {"who": "dom 2", "model": "e1000", "role": "sharer"},
        {"who": "dom 3", "model": "uhci", "role": "sharer"}]}]
    assert [mark["label"] for mark in shown["vectors"]] == ["bound", "recovered", "at-last"]


def during(*told: dict[str, str]) -> dict:
    """What the page knows of a window with these rows."""
    rows = [{"sharer": "0", "window": "during"} | row for row in told]
    found = view.detail(xen_case(data=[row for row in rows if "served" not in row],
                                 timeline=[row for row in rows if "served" in row]))
    return found["sharers"][0]["windows"]["during"]


def test_time_of_a_window():
    shown = view.detail(xen_case())["sharers"][2]["windows"]["during"]
    assert (shown["us"], shown["slot_us"], shown["fault_us"]) == (61_087, 2443, 15_114)
    assert not view.detail(xen_case())["fault"]  # it is known where
    assert view.detail(untimed(xen_case()))["fault"]  # it is not


def test_timeline_in_several_rows():
    cell = during({"us": "9", "served": "1,2,3"}, {"from": "3", "served": "4,5"}, {"from": "9", "served": "6"}, {"from": "-1", "served": "7"})
    assert cell == {"cells": [1, 2, 3, 4, 5], "us": 9}


@pytest.mark.parametrize("text, parts", [
    (LATENCY["after"], [[28, 4], [32, 80], [40, 5], [48, 3], [256, 1]]),
    ("0:1,3:1,9:1,33:2", [[0, 1], [3, 1], [8, 1], [32, 2]]),  # as the parts are, whatever is told
    ("40:1,32:2,40:4", [[32, 2], [40, 5]]), ("999999999:1", [[939_524_096, 1]]),
    ("", None), ("5", None), ("1:2,", None), ("-1:2", None), ("1:2:3", None), ("1234567890:1", None),
])
def test_latency(text, parts):
    assert during({"latency_us": text}).get("latency") == parts


def test_latency_in_several_rows():
    assert during({"latency_us": "32:1"}, {"latency_us": "64:2,32:1"}) == {"latency": [[32, 2], [64, 2]]}


@pytest.mark.parametrize("us, edge", [(0, 0), (3, 3), (7, 7), (8, 8), (9, 8), (10, 10), (15, 14), (16, 16), (19, 16), (20, 20),
                                      (1000, 896), (1024, 1024)])
def test_lower_edge(us, edge):
    """As guest/tests/hist_test.c has it."""
    assert view.lower_edge(us) == edge


def test_odd_rows():
    for sharer in view.detail(odd_case())["sharers"]:
        for cell in sharer["windows"].values():
            assert all(type(value) is int for name, value in cell.items() if name not in ("cells", "latency"))
            cells = cell.get("cells", [])
            assert all(type(served) is int for served in cells) and len(cells) <= view.MAX_CELLS
            assert all(view.lower_edge(edge) == edge for edge, _ in cell.get("latency", []))


def test_lines_of_linux():
    assert view.detail(linux_case())["lines"] == [{"source": "irq 20", "members": [
        {"who": "sda", "model": "ahci", "role": "sharer"}, {"who": "process", "model": "edu", "role": "offender"}]}]


def test_a_board_that_stood_still():
    assert view.detail(linux_case())["still"] == [["before", 11], ["during", 20_000]]
    odd = [{"window": "later", "still_us": "5"}, {"window": "after", "still_us": "-5"}, {"still_us": "5"}, {"window": "after", "still_us": "0"}]
    assert view.detail(xen_case(data=odd))["still"] == []


def test_keys_of_the_filters():
    assert view.models(linux_case()) == ["ahci", "edu"]
    assert view.boot_kind("intel.asserting.18") == "intel"
    worst = view.worst(xen_case(worst_us=6000))
    assert (worst.gap, worst.bound) == (6000, 6600)
    assert view.lost(xen_case()) == 0 and view.lost(mixed_run()[4]) is None


@pytest.mark.parametrize("change, words", [
    ({}, "make gate HV=xen XEN=xen-4.17-amd64.gz BOARD=lab/boards/q35.yaml SEED=42"),
    ({"board": "q35-xen"}, "make gate HV=xen XEN=xen-4.17-amd64.gz SEED=42"),
    ({"board": "q35-xen", "file": "xen-hypervisor-4.17-amd64.gz"}, "make gate HV=xen SEED=42"),
    ({"board": "q35-kvm", "name": "kvm", "file": "vmlinuz-6.1.0-56-amd64"}, "make gate HV=kvm SEED=42"),
    ({"board": "q35-kvm", "name": "kvm", "file": "bzImage"}, "make gate HV=kvm KERNEL=bzImage SEED=42"),
    ({"board": "q35-xen", "file": "x.gz", "append": "a=1 'b"}, "make gate HV=xen XEN=x.gz APPEND='a=1 b' SEED=42"),
])
def test_rerun(change, words):
    own = {key: value for key, value in change.items() if key in ("name", "file")}
    run = {key: value for key, value in change.items() if key not in own}
    assert rerun(replace(INFO, hypervisor=replace(INFO.hypervisor, **own), **run)) == words


def test_what_is_not_known_is_not_shown():
    words = read(mixed_run()).words
    assert "Mutants" not in words and "REGRESSION" not in words and "baseline" not in words


def test_extras():
    extras = Extras(
        compared={"hung.silent[ack=new]": "REGRESSION"}, baseline="20250101", history={"hung.silent[ack=new]": [1, 2]},
        findings={"docs/findings/line-starves-lower-vectors.md": "A line starves lower vectors"},
        rationales={"hung.silent": "the forced EOI"}, kills=KillMatrix({"eoi-timer-off": {"hung.mask": 12}}))
    text = page(INFO, mixed_run(), 1.0, extras)
    words = Reader(text).words
    for word in ("REGRESSION", "20250101", "A line starves lower vectors", "eoi-timer-off"):
        assert word in words
    record = details(text)[2]
    assert (record["history"], record["rationale"]) == ([1, 2], "the forced EOI")


def test_regressions_come_first():
    results = [xen_case("a.b", 7000), xen_case("c.d", 7000)]
    text = page(INFO, results, 1.0, Extras(compared={"c.d": "REGRESSION"}))
    assert re.findall(r'<a href="#c[0-9]+">(.*?)</a>', text) == ["c.d", "a.b"]


def test_one_reason_for_many():
    words = read([replace(mixed_run()[4], case=f"dead.d{number}") for number in range(40)]).words
    assert "and 35 more for the same reason" in words


def test_without_d3(tmp_path):
    found = read([xen_case()], parts=assets(tmp_path))
    assert "apt-get install node-d3-axis" in found.words
    assert "apt-get install" not in read([xen_case()]).words


def test_a_thousand_cases():
    results = large_run(1000)
    began = time.monotonic()
    text = page(INFO, results, 61.25)
    took = time.monotonic() - began
    assert len(text.encode()) < 5_000_000
    assert took < 10
    assert len(details(text)) == 1000


def test_again_from_a_journal(tmp_path, capsys):
    with Journal.create(tmp_path / "results.jsonl", INFO) as journal:
        journal.append(xen_case())
    extras = Extras(findings={"docs/findings/a.md": "A title"}, rationales={"hung.mask": "why it is asked"},
                    history={xen_case().case: [1.0, 2.5]}, kills=KillMatrix({"eoi-timer-off": {"hung.mask": 12}}))
    write_reports(tmp_path, INFO, [xen_case()], ["never.played"], 61.25, command="make gate CPUS=4 SEED=42", extras=extras)
    made = (tmp_path / "report.html").read_text()
    assert "hung.mask[ack=new,cast=edu,pos=first]" in made and "never ran" in made and "eoi-timer-off" in made
    assert details(made)[0]["rationale"] == "why it is asked"
    (tmp_path / "report.html").unlink()
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "report.html").read_text() == made
    capsys.readouterr()
    assert main([str(tmp_path / "none")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "results.jsonl" in error


@pytest.mark.parametrize("kept", [None, b"", b"[]", b"\xff", b'{"cases": 1}', b'{"duration_s": "x", "command": 1, "cases": [], "extras": {}}',
                                  b'{"duration_s": 1, "command": "", "cases": [], "extras": {"compared": []}}'])
def test_again_without_what_was_kept(tmp_path, kept):
    """Of a run that was killed, or of an earlier version: what the journal knows."""
    with Journal.create(tmp_path / "results.jsonl", replace(INFO, cases=["never.played"])) as journal:
        journal.append(xen_case())
    if kept is not None:
        (tmp_path / "page.json").write_bytes(kept)
    assert main([str(tmp_path)]) == 0
    words = Reader((tmp_path / "report.html").read_text()).words
    assert "never ran" in words and "make gate HV=xen" in words


def run_of(tmp_path, name, hypervisor, results, **more) -> Path:
    info = replace(INFO, id=name, hypervisor=hypervisor)
    (tmp_path / name).mkdir()
    with Journal.create(tmp_path / name / "results.jsonl", info) as journal:
        for result in results:
            journal.append(result)
    write_reports(tmp_path / name, info, results, [], 10.0, **more)
    return tmp_path / name


def test_a_page_of_several_runs(tmp_path, capsys):
    linux = Hypervisor("kvm", "6.1.0", "ef" * 32, "vmlinuz-6.1.0-1-amd64")
    folders = [run_of(tmp_path, "a", INFO.hypervisor, [xen_case()], extras=Extras(kills=KillMatrix({"m1": {"hung.mask": 1}}))),
               run_of(tmp_path, "b", linux, [linux_case()], command="make gate HV=kvm SEED=7"),
               run_of(tmp_path, "c", INFO.hypervisor, [xen_case(outcome=Outcome.FAIL)])]
    with pytest.raises(SystemExit):
        main([str(folder) for folder in folders])
    assert "--out" in capsys.readouterr().err
    assert main([*map(str, folders), "--out", str(tmp_path / "all.html")]) == 0
    text = (tmp_path / "all.html").read_text()
    found = Reader(text)
    assert [attributes["data-hypervisor"] for _, attributes in found.elements if "data-hypervisor" in attributes] == [
        "xen-4.17@a", "xen-4.17@c", "kvm-6.1"]
    assert "<h1>FAIL</h1>" in text and "of 3 cases in 30.0 s" in found.words and len(details(text)) == 3
    assert "xen 4.17.5 on q35, kvm 6.1.0 on q35" in found.words and "make gate HV=kvm SEED=7 CASE=" in found.words
    assert "mutants of xen-4.17@a" in text


def test_the_filter_by_hypervisor_is_there_where_there_are_two():
    run = Run(INFO, [xen_case()], 1.0)
    assert 'id="hypervisor"' not in pages([run])
    assert 'id="hypervisor"' in pages([run, run])


@pytest.mark.parametrize("words, told", [(["PASS", "ERROR"], "ERROR"), (["ERROR", "FAIL"], "FAIL"), (["PASS", "PASS"], "PASS")])
def test_the_verdict_of_several_is_the_worst(words, told):
    text = pages([Run(INFO, [xen_case(outcome=Outcome(word))], 1.0) for word in words])
    assert f"<h1>{told}</h1>" in text


def test_a_baseline_excuses_its_own_run_alone():
    bad = [xen_case(outcome=Outcome.FAIL)]
    excused = Run(INFO, bad, 1.0, Extras(verdict="PASS", baseline="old", compared={bad[0].case: "like"}))
    assert "<h1>PASS</h1>" in pages([excused]) and "<h1>FAIL</h1>" in pages([excused, Run(INFO, bad, 1.0)])

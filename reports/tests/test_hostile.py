# SPDX-License-Identifier: GPL-2.0-only
"""Hostile output: what a board prints breaks no format, and no damage of a stream makes a PASS.

The truth of a stream is known, so each property is: what is read as passed did pass, and its lines came whole.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports.events import Noise, Outcome
from reports.html import view
from reports.journal import Journal, read_journal
from reports.junit import junit
from reports.kcidb import kcidb, status
from reports.ktap import MAX_LINE, Reader, pairs
from reports.ktap_writer import ktap
from reports.lava import lava
from reports.markdown import markdown
from reports.measures import measures
from reports.model import CaseResult, count
from reports.table import render
from reports.tests.samples import HOSTILE, INFO, case, outcomes, passed, read
from reports.tests.strategies import MESSAGES, TEXTS, WINDOW_ROWS, Stream, places, results, streams
from reports.tests.test_interchange import BY_LAVA, KCIDB, VERDICTS, XSD, etree, read_lava
from reports.tests.test_ktap_chunks import unprintable
from reports.text import clean, lines

RUNS = st.lists(results(), max_size=4)


# --- the reader

@given(streams(), st.data())
def test_prefix_of_a_stream(stream: Stream, data: st.DataObject):
    """Exactly the cases whose result line has its end in the prefix."""
    at = data.draw(st.integers(0, len(stream.data)))
    assert passed(read(stream.data[:at])) == {name for name, end in stream.ends.items() if end <= at}


@given(streams(), st.data())
def test_piece_of_a_stream(stream: Stream, data: st.DataObject):
    """A reader that was late as well: without the plan line nothing counts."""
    begin = data.draw(st.integers(0, len(stream.data)))
    end = data.draw(st.integers(begin, len(stream.data)))
    found = passed(read(stream.data[begin:end]))
    assert found <= {name for name, at in stream.ends.items() if at <= end}
    assert not found or begin <= len(b"KTAP version 1\r\n")


@given(streams(), st.data())
def test_hole_in_a_stream(stream: Stream, data: st.DataObject):
    begin = data.draw(st.integers(0, len(stream.data)))
    end = data.draw(st.integers(begin, min(begin + 300, len(stream.data))))
    assert passed(read(stream.data[:begin] + stream.data[end:])) <= stream.ends.keys()


@settings(max_examples=200)
@given(streams(), st.lists(MESSAGES, max_size=5), st.data())
def test_messages_inside_a_stream(stream: Stream, messages: list[bytes], data: st.DataObject):
    """Others print wherever they like, also twice into one line."""
    torn = stream.data
    for message in messages:
        at = data.draw(places(torn))
        torn = torn[:at] + message + torn[at:]
    assert passed(read(torn)) <= stream.ends.keys(), torn


@settings(max_examples=200)
@given(streams(), st.booleans().flatmap(lambda planned: streams(b"u", planned)), st.data())
def test_two_streams_interleaved(one: Stream, other: Stream, data: st.DataObject):
    """Two guests on one console: each cut into pieces, and the pieces shuffled together in order."""
    pieces = []
    for stream in (one, other):
        cuts = sorted({0, len(stream.data), *data.draw(st.lists(places(stream.data), max_size=8))})
        pieces.append([stream.data[begin:end] for begin, end in zip(cuts, cuts[1:])])
    mixed = b""
    while any(pieces):
        mine = data.draw(st.booleans()) if all(pieces) else bool(pieces[1])
        mixed += pieces[mine].pop(0)
    assert passed(read(mixed)) <= one.ends.keys() | other.ends.keys(), mixed


@given(st.lists(st.one_of(MESSAGES, st.binary(max_size=40), TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))),
                max_size=12).map(b"".join), st.integers(1, 40))
def test_any_bytes(data: bytes, size: int):
    """Chunks do not matter, every event is clean, and who did not run did not pass."""
    events = read(data)
    assert read(data, size) == events
    assert not any(unprintable(event) for event in events)
    assert not passed(events) or b"1.." in data and b"checks=" in data


CONSUMER = f"""
import resource, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from reports.ktap import Reader
reader, events, chunk = Reader(), 0, sys.argv[1].encode().decode("unicode_escape").encode("latin-1") * 2**16
events += len(reader.feed(b"KTAP version 1\\n1..1\\n# case a.b\\n  ok 1 x\\n"))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(100 * 2**20 // len(chunk)):
    events += len(reader.feed(chunk))
events += len(reader.feed(b"\\nok 1 a.b # checks=1 ms=1\\n")) + len(reader.close())
print(events, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("text", ["x", "  # ", "\\0", "ok 1 a.b ", "\\xff"])
def test_line_of_100_mb_takes_no_memory(text):
    """Growth of the whole process, KiB; the line alone would be 102,400."""
    run = subprocess.run([sys.executable, "-c", CONSUMER, text], capture_output=True, text=True, check=True)
    events, grown = map(int, run.stdout.split())
    assert events < 10 and grown < 8192


def test_line_of_100_mb_at_once():
    """A single chunk is the caller's memory; of it no more than a line's bound is kept."""
    reader = Reader()
    [noise] = reader.feed(b"x" * (100 * 2**20) + b"\n")
    assert isinstance(noise, Noise) and len(noise.raw) == MAX_LINE and len(reader._partial) == 0


def slow_pairs(text: str) -> tuple[dict[str, str], str]:
    """What pairs() does, a pair at a time."""
    fields: dict[str, str] = {}
    while match := re.match(r"([A-Za-z_][A-Za-z0-9_.-]*)=([^ ]*)(?: +|$)", text):
        fields.setdefault(match[1], match[2])
        text = text[match.end():]
    return fields, text.strip().removeprefix("- ")


@settings(max_examples=500)
@given(st.lists(st.sampled_from(["a", "b.c", "d-", "_", "\u00e9", "1", "=", " ", "  ", "- ", "x=y"])).map("".join))
def test_pairs(text: str):
    assert pairs(text) == slow_pairs(text)


# --- the writers

@given(RUNS)
@example([case(HOSTILE, "FAIL", reason=HOSTILE, console=HOSTILE)])
def test_junit(run: list[CaseResult]):
    root = etree.fromstring(junit(INFO, run, 1).encode())
    XSD.assertValid(root)
    found = [[VERDICTS[child.tag] for child in element if child.tag in VERDICTS] for element in root.iter("testcase")]
    assert found == [[] if result.outcome is Outcome.PASS else ["SKIP" if result.known else result.outcome.value]
                     for result in run]


@given(RUNS)
def test_kcidb(run: list[CaseResult]):
    found = json.loads(kcidb(INFO, run, 1))
    jsonschema.Draft202012Validator(KCIDB).validate(found)
    told = Counter(test["status"] for test in found["tests"])
    figures = sum(len(list(measures(result))) for result in run)
    assert told == Counter(map(status, run)) + Counter({"DONE": figures})
    assert len({test["id"] for test in found["tests"]}) == len(found["tests"])


@given(RUNS)
def test_lava(run: list[CaseResult]):
    text = lava(INFO, run, 1)
    found = read_lava(text)
    assert text.isascii() and len(text.splitlines()) == len(found) == len(run)
    assert [signal["RESULT"] for signal in found] == [BY_LAVA[result.outcome.value] for result in run]
    assert len({signal["TEST_CASE_ID"] for signal in found}) == len(run)


@given(st.lists(results(st.integers(0, 99).map("t.c[n={}]".format)), max_size=4, unique_by=lambda result: result.case))
def test_ktap(run: list[CaseResult]):
    events = read(ktap(INFO, run, 1).encode())
    assert outcomes(events) == {result.case: result.outcome.value for result in run}


@given(RUNS)
def test_ktap_of_hostile_names(run: list[CaseResult]):
    """Names may fold to the same, which is an ERROR; it is never a PASS of a case that did not pass."""
    have = count(run).passed
    assert len(passed(read(ktap(INFO, run, 1).encode()))) <= have


@pytest.fixture(autouse=True)
def every_line_is_of_the_schema() -> None:
    """Not here (conftest.py): these results have texts where the schema wants a name."""


@given(RUNS)
def test_journal(tmp_path_factory: pytest.TempPathFactory, run: list[CaseResult]):
    path = tmp_path_factory.mktemp("journal") / "results.jsonl"
    with Journal.create(path, INFO) as journal:
        for result in run:
            journal.append(result)
    assert path.read_bytes().isascii()
    # JSON joins two surrogates that make a character.
    whole = [CaseResult.from_dict(json.loads(json.dumps(result.to_dict()))) for result in run]
    assert read_journal(path)[1] == list({result.case: result for result in whole}.values())


@given(RUNS)
def test_terminal(run: list[CaseResult]):
    """Nothing that a terminal obeys, and the verdict last."""
    text = render(INFO, run, 1)
    assert text.isascii() and all(line.isprintable() for line in text.split("\n"))
    assert text.rstrip("\n").rpartition("\n")[2].startswith(("PASS  ", "FAIL  ", "ERROR  "))


@settings(max_examples=200)
@given(st.lists(WINDOW_ROWS, max_size=12))
def test_rows_of_a_window(rows: list[dict[str, str]]):
    """Whatever they say, the page has whole numbers, in order, and no more of them than it can draw."""
    run = case("t.c", "PASS", data=[row for row in rows if "served" not in row], timeline=[row for row in rows if "served" in row])
    found = view.detail(run)
    assert json.loads(json.dumps(found)) == found
    for cell in (cell for sharer in found["sharers"] for cell in sharer["windows"].values()):
        cells, parts = cell.pop("cells", []), cell.pop("latency", [])
        assert len(cells) <= view.MAX_CELLS and all(type(value) is int and value >= 0 for value in cells)
        assert parts == sorted(parts) and len({edge for edge, _ in parts}) == len(parts) < 120
        assert cell.keys() <= {*view.FIGURES, *view.TIMES} and all(type(value) is int and value >= 0 for value in cell.values())


@given(RUNS)
def test_markdown(run: list[CaseResult]):
    text = markdown(INFO, run, 1)
    text.encode()
    assert all(line.isprintable() for line in text.split("\n"))
    assert text.startswith(("# PASS: ", "# FAIL: ", "# ERROR: "))


@given(TEXTS)
def test_clean(text: str):
    assert clean(text).isprintable() and clean(clean(text)) == clean(text)
    assert all(line.isprintable() for line in lines(text).split("\n")) and text.count("\n") == lines(text).count("\n")

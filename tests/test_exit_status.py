# SPDX-License-Identifier: GPL-2.0-only
"""The exit status of a gate, as lab/help.txt and README tell it; no board is needed for that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
CASES = ["hung.mask[ack=new,cast=edu,pos=first]", "hung.mask[ack=old,cast=edu,pos=first]"]


def gate(played: str, *words: str, board: str | None = "lab/boards/q35-xen.yaml") -> subprocess.CompletedProcess[str]:
    words = words or tuple(f"--case={case}" for case in CASES)
    lab = ["--lg-env", board] if board else []
    environ = {name: value for name, value in os.environ.items() if name != "LG_ENV"} | {"PLAYED": played}
    return subprocess.run([sys.executable, "-B", "-m", "pytest", "-p", "tests.played", "suites", *lab, *words],
                          cwd=TOP, env=environ, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("played, status", [
    ("PASS PASS", 0),
    ("PASS known", 0),
    ("PASS SKIP", 0),
    ("PASS FAIL", 1),
    ("PASS ERROR", 1),
    ("FAIL ERROR", 1),
    ("PASS", 1),  # the other one never ran
    ("SKIP SKIP", 1),  # nothing was asked at all
    ("PASS Ctrl-C", 130),
])
def test_status_of_a_run(played, status):
    done = gate(played)
    assert done.returncode == status, done.stdout + done.stderr


def test_status_of_a_run_that_stops_at_its_first_failure():
    done = gate("FAIL PASS", "-x", *(f"--case={case}" for case in CASES))
    assert done.returncode == 1 and "[1/2" in done.stdout and "[2/2" not in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("words, board, status, why", [
    (["--case=no.such"], "lab/boards/q35-xen.yaml", 4, "no case 'no.such'"),
    (["--no-such-option"], "lab/boards/q35-xen.yaml", 4, "unrecognized arguments"),
    (["-k", "hung"], "lab/boards/none.yaml", 4, "none.yaml"),
    (["-k", "hung"], None, 4, "need a board"),
    (["-k", "nothing_of_that_name"], "lab/boards/q35-xen.yaml", 5, "no case matches"),
])
def test_status_of_a_gate_that_ran_nothing(words, board, status, why):
    done = gate("PASS", *words, board=board)
    assert done.returncode == status and why in done.stdout + done.stderr, done.stdout + done.stderr


def test_help_names_them():
    """0 passed, 1 failed, 4 could not run, 5 no case, 130 Ctrl-C; 2 is make's own."""
    told = " ".join((TOP / "lab" / "help.txt").read_text().partition("Exit status")[2].split())
    assert all(f" {status} " in told for status in (0, 1, 2, 4, 5, 130))

# SPDX-License-Identifier: GPL-2.0-only
"""make prove and make soak: what counts as a kill and what as the same verdict; and one kill on the board."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.events import Outcome
from reports.html.kills import page
from reports.model import CaseResult, Hypervisor, RunInfo
from suites import soak
from suites.mutants import kills, mutate, prove
from suites.mutants.catalogue import Mutant
from suites.mutants.kills import Matrix, Proof
from suites.mutants.prove import Cases, Prover
from suites.play import Played, differing
from tests.gate_run import ROOT

MUTANT = Mutant("no-eoi", "xen", "f() returns at once", ("S", "LI"), reds={"a.b[c=1]": "LI .*lost"}, shows="it is lost",
                boot="x")
INFO = RunInfo("1", "q35-xen", Hypervisor("xen", "4.17", "abc", "xen.gz"), 1, "", "def", cases=["a.b[c=1]"])


class Spec:
    def __init__(self, *invariants: str) -> None:
        self.invariants = invariants


CASES = Cases({"a.b[c=1]": Spec("LI"), "a.c[c=1]": Spec("S", "V"), "a.d[c=1]": Spec("V"), "a.e[c=1]": Spec("S")},
              {"a.b[c=1]": Spec("LI"), "a.night[c=1]": Spec("LI"), "a.c[c=1]": Spec("S")}, {"a.e[c=1]"})  # type: ignore[arg-type]


def played(*results: CaseResult, wall_s: float = 1.0, info: RunInfo = INFO) -> Played:
    return Played(wall_s, 0, info, results, {})


def failed(case: str, reason: str = "LI dom 2: lost 3", **more: Any) -> CaseResult:
    return CaseResult(case, Outcome.FAIL, reason, **more)


@pytest.fixture
def plays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[Prover, list[list[str]]]]:
    """A prover whose gates leave these results, one after another; and what each was asked for."""
    def make(*gates: Played, **options: Any) -> tuple[Prover, list[list[str]]]:
        asked: list[list[str]] = []
        left = iter(gates)

        def play(hypervisor: str, folder: Path, args: Sequence[str], stopping: Any) -> Played:
            assert hypervisor == "xen" and not folder.exists()
            asked.append([arg for arg in args if arg.startswith(("--case", "-x", "--nightly"))])
            return next(left)
        monkeypatch.setattr(prove, "play", play)
        return Prover(tmp_path, {"xen": CASES}, **options), asked
    return make


def test_the_first_red_of_its_own_cases_kills(plays: Any) -> None:
    prover, asked = plays(played(failed("a.b[c=1]", "S gap", checks=[{"ok": False, "text": "LI dom 1: lost 9"}])))
    proof = prover.prove(MUTANT)
    assert (proof.status, proof.killer, proof.evidence, proof.expected) == ("killed", "a.b[c=1]", "LI dom 1: lost 9", True)
    assert asked == [["--case=a.b[c=1]", "-x"]]


def test_then_the_cases_of_its_invariants_are_played(plays: Any) -> None:
    """But not those of others, nor what is red on stock."""
    prover, asked = plays(played(CaseResult("a.b[c=1]", Outcome.PASS)), played(failed("a.c[c=1]")))
    proof = prover.prove(MUTANT)
    assert (proof.status, proof.killer, proof.expected) == ("killed", "a.c[c=1]", False)
    assert asked == [["--case=a.b[c=1]", "-x"], ["--case=a.c[c=1]", "-x"]]
    assert proof.outcomes == {"a.b[c=1]": "PASS", "a.c[c=1]": "FAIL"}


def test_what_nobody_sees_survives(plays: Any) -> None:
    proof = plays(played(CaseResult("a.b[c=1]", Outcome.PASS)), played(CaseResult("a.c[c=1]", Outcome.PASS)))[0].prove(MUTANT)
    assert (proof.status, proof.killer) == ("survived", "")


def test_an_explained_failure_is_no_kill(plays: Any) -> None:
    known = failed("a.b[c=1]", finding="docs/findings/x.md")
    proof = plays(played(known), played(CaseResult("a.c[c=1]", Outcome.PASS)))[0].prove(MUTANT)
    assert proof.status == "survived"
    assert proof.outcomes["a.b[c=1]"] == "known"


def test_an_error_is_no_kill_and_the_rest_is_played(plays: Any) -> None:
    error = CaseResult("a.b[c=1]", Outcome.ERROR, "board died")
    prover, _ = plays(played(error), played(CaseResult("a.c[c=1]", Outcome.PASS)))
    proof = prover.prove(MUTANT)
    assert (proof.status, proof.evidence) == ("error", "a.b[c=1]: board died")
    both = replace(MUTANT, id="again", reds={"a.b[c=1]": ".", "a.c[c=1]": "."})
    prover, asked = plays(played(error), played(failed("a.c[c=1]")))
    assert prover.prove(both).status == "killed"
    assert asked == [["--case=a.b[c=1]", "--case=a.c[c=1]", "-x"], ["--case=a.c[c=1]", "-x"]]


def test_a_case_of_the_night_is_asked_for(plays: Any) -> None:
    prover, asked = plays(played(failed("a.night[c=1]")), full=True)
    assert prover.prove(replace(MUTANT, reds={"a.night[c=1]": "LI"})).expected
    assert asked == [["--nightly", "--case=a.night[c=1]"]]


def test_an_equivalent_mutant_is_not_played(plays: Any) -> None:
    proof = plays()[0].prove(replace(MUTANT, equivalent="the field is written again"))
    assert (proof.status, proof.evidence) == ("equivalent", "the field is written again")


def test_a_mutant_that_does_not_fit_is_an_error(plays: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def misfit(*_: Any) -> list[str]:
        raise mutate.MutantError("mutant no-eoi: re-anchor it")
    monkeypatch.setattr(mutate, "options", misfit)
    proof = plays()[0].prove(MUTANT)
    assert (proof.status, proof.evidence) == ("error", "mutant no-eoi: re-anchor it")


PROOFS = [Proof.of(MUTANT, "killed", "a.b[c=1]", "LI lost", 4.0, {"a.b[c=1]": "FAIL", "a.c[c=1]": "PASS"}),
          Proof.of(replace(MUTANT, id="two", hypervisor="kvm"), "killed", "a.c[c=1]", "<script>x</script>\x1b[31m", 6.0,
                   {"a.c[c=1]": "FAIL", "a.c[c=2]": "FAIL"}),
          Proof.of(replace(MUTANT, id="three"), "equivalent", evidence="a proof")]


def matrix(*proofs: Proof) -> Matrix:
    return Matrix(proofs, {"xen": INFO}, 12.0, 2)


def test_sums() -> None:
    good = matrix(*PROOFS)
    assert (good.score, good.good, good.median_s) == (1.0, True, 5.0)
    told = kills.table(good)
    assert "xen   S             2           1           1" in told and "PROVED  100.0 %" in told
    assert "killed otherwise than its data says: two by a.c[c=1]" in told and "\x1b" not in told
    bad = matrix(*PROOFS, Proof.of(replace(MUTANT, id="four"), "survived"))
    assert not bad.good and round(bad.score, 2) == 0.67
    assert "NOT PROVED  66.7 %" in kills.table(bad) and "survived: four (S, LI) f() returns at once" in kills.table(bad)
    assert "NOT PROVED  100.0 %" in kills.table(replace(good, left=1)), "stopped before the others were played"
    assert not matrix().good and not matrix(Proof.of(MUTANT, "error", evidence="x")).good


def test_a_line_fits_a_terminal() -> None:
    for proof in (*PROOFS, Proof.of(replace(MUTANT, id="x" * 60), "killed", "case." * 30, "LI", 1000.0)):
        assert len(kills.line(proof, 100, 100)) <= 80


def test_json_and_page(tmp_path: Path) -> None:
    kills.write(matrix(*PROOFS), tmp_path)
    data = json.loads((tmp_path / kills.JSON).read_text())
    assert data["totals"] == {"killed": 2, "equivalent": 1, "survived": 0, "error": 0, "score": 1.0}
    assert [mutant["id"] for mutant in data["mutants"]] == ["no-eoi", "two", "three"]
    text = (tmp_path / kills.PAGE).read_text()
    assert "<script" not in text and "100.0 % killed" in text and "make prove M=no-eoi" in text
    assert '<a href="#m-two">two</a></th><td></td><td>2</td>' in text
    assert page(data | {"mutants": [], "totals": data["totals"]}).count("<details") == 0


def test_a_mutant_of_another_name() -> None:
    with pytest.raises(SystemExit, match="M=nosuch: no such mutant; one of no-eoi"):
        prove.chosen({"no-eoi": MUTANT}, ["nosuch"], None)
    assert prove.chosen({"no-eoi": MUTANT}, [], "kvm") == []


@pytest.mark.board
def test_a_mutant_is_proved(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-B", "-m", "suites.mutants.prove", "--mutant", "eoi-timer-off", "--out",
                           str(tmp_path / "out")], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    proof, = json.loads((tmp_path / "out" / kills.JSON).read_text())["mutants"]
    assert proof["status"] == "killed" and proof["expected"]
    assert "PROVED  100.0 %" in done.stdout
    assert not (tmp_path / "out" / "eoi-timer-off" / "image").exists()


# ---------------------------------------------------------------------------
# soak


def test_verdicts_that_differ() -> None:
    same = {"a": "PASS", "b": "known"}
    assert differing([same, dict(same)]) == []
    assert differing([same, same | {"b": "FAIL"}, {"b": "known"}]) == ["a", "b"]
    assert differing([]) == []


@pytest.fixture
def soaks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def make(*gates: Played) -> None:
        left = iter(gates)

        def play(_: str, folder: Path, args: Sequence[str]) -> Played:
            folder.mkdir()
            return next(left)
        monkeypatch.setattr(soak, "play", play)
    return make


GOOD = CaseResult("a.b[c=1]", Outcome.PASS)


def test_a_soak_goes_on_and_tells_what_differed(soaks: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soaks(played(GOOD), played(GOOD))
    assert soak.report("xen", soak.soak("xen", 2, tmp_path, False))
    soaks(played(failed("a.b[c=1]", "S gap 7 ms\x1b[1m")))
    with (tmp_path / soak.LOG).open("a") as log:
        log.write('{"number": 3, "torn')
    rounds = soak.soak("xen", 3, tmp_path, False)
    assert [found.number for found in rounds] == [1, 2, 3]
    assert soak.earlier(tmp_path) == rounds
    assert [entry.name for entry in sorted(tmp_path.iterdir()) if entry.is_dir()] == ["003"], "its evidence is kept"
    capsys.readouterr()
    assert not soak.report("xen", rounds)
    told = capsys.readouterr().out
    assert "verdicts that ever differed: 1" in told and "a.b[c=1]: 2 PASS, 1 FAIL" in told
    assert "gate 3: FAIL: S gap 7 ms" in told and "\x1b" not in told


def test_a_failure_in_every_gate_is_no_success(soaks: Any, tmp_path: Path) -> None:
    soaks(played(failed("a.b[c=1]")), played(failed("a.b[c=1]")))
    assert not soak.report("xen", soak.soak("xen", 2, tmp_path, False))


def test_a_soak_is_of_one_thing(soaks: Any, tmp_path: Path) -> None:
    other = replace(INFO, hypervisor=replace(INFO.hypervisor, sha256="other"))
    soaks(played(GOOD), played(GOOD, info=other))
    with pytest.raises(SystemExit, match="of another hypervisor or suite"):
        soak.soak("xen", 2, tmp_path, False)


def test_the_load_ends_with_the_soak(tmp_path: Path) -> None:
    with soak.load(True, tmp_path):
        assert list(tmp_path.glob("load*.out"))
    with soak.load(False, tmp_path):
        pass

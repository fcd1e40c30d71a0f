# SPDX-License-Identifier: GPL-2.0-only
"""The rules of the tree: each can be broken, and a good tree breaks none."""

import subprocess
from pathlib import Path

import pytest

from tests.tree import MAX_BYTES, MAX_LINES, SPDX, main, undocumented, violations

C = f"/* {SPDX} */\n"
PY = f"# {SPDX}\n"
HOME = "/" + "home/me/x"  # in one piece it would break the rule in this file


@pytest.fixture
def tree(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def put(tree: Path, name: str, content: str | bytes) -> None:
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("name, content", [
    ("a.c", C),
    ("run.sh", f"#!/bin/sh\n{PY}"),
    ("notes.txt", "no licence line needed\n"),
    ("empty.txt", ""),
    ("long.txt", "x\n" * (MAX_LINES + 1)),
    ("full.c", C + "\n" * (MAX_LINES - 1)),
    ("a.py", PY + "print('build/home/x', 'https://a.b/work/')\n"),
    ("lab/tests/data/console.txt", "as it came \r\nwithout an end"),
    ("guest/lib/a.h", C + "/** f() - does */\nint f(void);\n"),
    ("host/a.h", C + "int f(void);\n"),
])
def test_good(tree, name, content):
    put(tree, name, content)
    assert violations(tree) == []


@pytest.mark.parametrize("name, content, rule", [
    ("a.c", "int a;\n", f"no '{SPDX}' in the first 3 lines"),
    ("Makefile", "all:\n", f"no '{SPDX}' in the first 3 lines"),
    ("a.yaml", "\n\n\n" + PY, f"no '{SPDX}' in the first 3 lines"),
    ("a.py", "# SPDX-License-Identifier: MIT\n", f"no '{SPDX}' in the first 3 lines"),
    ("a.S", "", f"no '{SPDX}' in the first 3 lines"),
    ("a.c", C + "\n" * MAX_LINES, f"{MAX_LINES + 1} lines, at most {MAX_LINES}"),
    ("a.bin", b"x\0\n", "is a binary file"),
    ("a.txt", b"\xff\n", "is not UTF-8"),
    ("a.txt", "x\ny \n", "trailing white space in line 2"),
    ("a.txt", "x\r\n", "trailing white space in line 1"),
    ("a.txt", "x", "does not end with a newline"),
    ("a.txt", f"x={HOME}\n", "path of a home or work folder in line 1"),
    ("data/a.c", C + "int a;\t\n", "trailing white space in line 2"),
    ("guest/lib/a.h", C + "int f(void);\n", "f() has no kernel-doc comment"),
])
def test_bad(tree, name, content, rule):
    put(tree, name, content)
    assert violations(tree) == [f"{name}: {rule}"]


def test_size(tree):
    # Not a parameter: pytest would put all of it into the test's name.
    put(tree, "a.txt", "x" * (MAX_BYTES - 1) + "\n")
    put(tree, "b.txt", "x" * MAX_BYTES + "\n")
    assert violations(tree) == [f"b.txt: {MAX_BYTES + 1} bytes, at most {MAX_BYTES}"]


def test_python_must_compile(tree):
    put(tree, "a.py", PY + "def f(:\n")
    line, = violations(tree)
    assert line.startswith("a.py: is no valid Python: ") and "line 2" in line


def test_tracked_and_new_files_count_and_ignored_ones_do_not(tree):
    put(tree, ".gitignore", "/build/\n")
    put(tree, "build/a.c", "int a;\n")
    put(tree, "tracked.c", "int a;\n")
    subprocess.run(["git", "add", "tracked.c"], cwd=tree, check=True)
    put(tree, "new name.c", "int a;\n")
    assert [line.split(":")[0] for line in violations(tree)] == ["new name.c", "tracked.c"]


def test_deleted_file_and_link_are_no_violation(tree):
    put(tree, "a.c", "int a;\n")
    subprocess.run(["git", "add", "a.c"], cwd=tree, check=True)
    (tree / "a.c").unlink()
    (tree / "link.c").symlink_to("nowhere")
    assert violations(tree) == []


@pytest.mark.parametrize("header, missing", [
    ("/** f() - does */\nint f(void);\n", []),
    ("/** f() - does */\n\nint f(void);\n", ["f"]),
    ("/**\n * f() - does\n * @a: with this\n */\nint f(int a);\n", []),
    ("/** f() and g() - do */\nint f(void);\nint g(void);\n", []),
    ("/** f() - does */\nint f(void);\n\nint g(void);\n", ["g"]),
    ("/* no kernel-doc */\nint f(void);\n", ["f"]),
    ("// int f(void);\n/* int g(void); */\n", []),
    ("#define F(a) \\\n\tg(a);\n#define H h(1);\n", []),
    ("/** struct s - a */\nstruct s {\n\tint (*f)(int a);\n};\nint g(void);\n", ["g"]),
    ("struct s {\n\tint (*f)(int a);\n};\n\nint g(void);\n", ["g"]),
    ("static inline int f(void)\n{\n\treturn g();\n}\n", []),
    ("typedef int (*f)(void);\n_Static_assert(sizeof(int) == 4, \"a\");\nextern int (*g)(int);\n", []),
    ("__attribute__((format(printf, 1, 2))) int f(const char *fmt, ...);\n", ["f"]),
    ("_Noreturn void f(int a,\n\t\t int b);\n", ["f"]),
    ("void *f(void (*g)(int));\n", ["f"]),
])
def test_kernel_doc(header, missing):
    assert undocumented(header) == missing


def test_exit_status(tree, capsys):
    assert main([str(tree)]) == 0
    put(tree, "a.txt", "x")
    assert main([str(tree)]) == 1
    assert capsys.readouterr().out == "a.txt: does not end with a newline\n"


def test_name_of_any_bytes_is_printed(tree, capsys):
    put(tree, "\udcff.txt", "x")
    assert main([str(tree)]) == 1
    assert capsys.readouterr().out == "\\udcff.txt: does not end with a newline\n"

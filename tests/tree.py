# SPDX-License-Identifier: GPL-2.0-only
"""Rules that every file of the tree obeys: `python3 -m tests.tree [folder]`.

Prints a line for each violation, `path: rule`, and exits 1 if there was one.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SPDX = "SPDX-License-Identifier: GPL-2.0-only"
SOURCE_SUFFIXES = {".c", ".h", ".S", ".ld", ".py", ".sh", ".yaml"}
MAX_LINES = 600
MAX_BYTES = 200_000

# A folder of the machine where a file was written. Not the same word in the middle of a path or URL.
LOCAL_PATH = re.compile(r"(?<![\w.~-])/(?:home|root|work)/")

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
PROTOTYPE = re.compile(
    r"(?!typedef\b|_Static_assert\b)[^=()]*\b(\w+)\s*\((?!\s*\*)[^{]*\)\s*;", re.DOTALL)
DOC = "\0"  # stands for a kernel-doc comment once comments are gone


def listed_files(root: Path) -> list[str]:
    """What git tracks, and what it would track with `git add .`."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True).stdout
    return sorted(set(names.decode(errors="surrogateescape").split("\0")) - {""})


def is_source(name: str) -> bool:
    return Path(name).suffix in SOURCE_SUFFIXES or Path(name).name == "Makefile"


def is_recorded(name: str) -> bool:
    """Test data as some program printed it: no byte of it is ours to tidy."""
    return "data" in Path(name).parts[:-1] and not is_source(name)


def text_rules(name: str, text: str) -> Iterator[str]:
    # Not splitlines(): it also splits at what no editor takes for the end of a line.
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    elif not is_recorded(name):
        yield "does not end with a newline"
    for number, line in enumerate(lines, 1):
        if line != line.rstrip() and not is_recorded(name):
            yield f"trailing white space in line {number}"
        if LOCAL_PATH.search(line):
            yield f"path of a home or work folder in line {number}"
    if is_source(name):
        if not any(SPDX in line for line in lines[:3]):
            yield f"no '{SPDX}' in the first 3 lines"
        if len(lines) > MAX_LINES:
            yield f"{len(lines)} lines, at most {MAX_LINES}"


def python_rules(name: str, text: str) -> Iterator[str]:
    try:
        compile(text, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        yield f"is no valid Python: {error}"


def _without_text(comment: re.Match[str]) -> str:
    return "\n" * comment[0].count("\n") + (DOC if comment[0].startswith("/**") else " ")


def _outside_braces(code: str) -> Iterator[str]:
    """The declarations and definitions of @code; of the latter only what is outside the braces."""
    depth, piece = 0, ""
    for char in code:
        depth += char == "{"
        if depth == 0 or char in "{}":
            piece += char
        depth -= char == "}"
        if depth == 0 and char in ";}":
            yield piece
            piece = ""


def undocumented(header: str) -> list[str]:
    """Functions that @header declares without a kernel-doc comment.

    A comment counts for the declaration below it and for those that follow
    without a blank line.
    """
    code = ATTRIBUTE.sub("", DIRECTIVE.sub("", COMMENT.sub(_without_text, header)))
    missing, shared = [], False
    for piece in _outside_braces(code):
        declaration = piece.lstrip(" \t\n" + DOC)
        before = piece[:len(piece) - len(declaration)]
        blank_line = before[before.rfind(DOC) + 1:].count("\n") > 1
        shared = (shared or DOC in before) and not blank_line
        match = PROTOTYPE.fullmatch(declaration)
        if match and not shared:
            missing.append(match[1])
        # What is said of a struct is not said of the function behind it.
        shared = shared and "}" not in piece
    return missing


def header_rules(text: str) -> Iterator[str]:
    for function in undocumented(text):
        yield f"{function}() has no kernel-doc comment"


def file_rules(root: Path, name: str) -> Iterator[str]:
    path = root / name
    # A link is judged where it points to; what is deleted but still tracked is not there to judge.
    if path.is_symlink() or not path.is_file():
        return
    data = path.read_bytes()
    if len(data) > MAX_BYTES:
        yield f"{len(data)} bytes, at most {MAX_BYTES}"
    if b"\0" in data:
        yield "is a binary file"
        return
    try:
        text = data.decode()
    except UnicodeDecodeError:
        yield "is not UTF-8"
        return
    yield from text_rules(name, text)
    if name.endswith(".py"):
        yield from python_rules(name, text)
    if name.endswith(".h") and name.startswith(("guest/", "fault/")):
        yield from header_rules(text)


def violations(root: Path) -> list[str]:
    return [f"{name}: {rule}" for name in listed_files(root) for rule in file_rules(root, name)]


def main(arguments: list[str]) -> int:
    found = violations(Path(arguments[0]) if arguments else Path())
    for line in found:
        # A file's name may be any bytes.
        print(line.encode(errors="backslashreplace").decode())
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

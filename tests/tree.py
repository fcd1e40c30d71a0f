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
PROTOTYPE = re.compile(r"\s*(?!typedef\b|_Static_assert\b)[^=()]*\b(\w+)\s*\([^{]*\)\s*;\s*", re.DOTALL)
DOC = "\0"  # stands for a kernel-doc comment once comments are gone


def listed_files(root: Path) -> list[str]:
    """What git tracks, and what it would track with `git add .`."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True).stdout
    return sorted(set(names.decode(errors="surrogateescape").split("\0")) - {""})


def is_source(name: str) -> bool:
    return Path(name).suffix in SOURCE_SUFFIXES or Path(name).name == "Makefile"


def text_rules(name: str, text: str) -> Iterator[str]:
    # Not splitlines(): it also splits at what no editor takes for the end of a line.
    lines = text.split("\n")
    if text and lines.pop():
        yield "does not end with a newline"
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
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


def _without_comments(match: re.Match[str]) -> str:
    mark = DOC if match[0].startswith("/**") else " "
    return mark + "\n" * match[0].count("\n")


def _depth_zero(code: str) -> Iterator[tuple[int, str]]:
    """Statements and definitions outside all braces, each with the offset where it starts."""
    depth, start, piece = 0, 0, ""
    for offset, char in enumerate(code):
        if char == "{":
            depth += 1
            piece += char if depth == 1 else ""
        elif char == "}":
            depth -= 1
            # Behind a function there is no semicolon; behind a struct the ";" comes alone.
            if depth == 0:
                yield start, piece + char
                start, piece = offset + 1, ""
        elif depth == 0:
            piece += char
            if char == ";":
                yield start, piece
                start, piece = offset + 1, ""


def undocumented(header: str) -> list[str]:
    """Functions that @header declares without a kernel-doc comment.

    A comment counts for the declaration below it and for those that follow
    without a blank line.
    """
    code = ATTRIBUTE.sub("", DIRECTIVE.sub("", COMMENT.sub(_without_comments, header)))
    missing, shared = [], False
    for _, piece in _depth_zero(code):
        before = piece[:len(piece) - len(piece.lstrip(" \t\n" + DOC))]
        if DOC in before:
            shared = True
        elif before.count("\n") > 1:
            shared = False
        match = PROTOTYPE.fullmatch(piece.replace(DOC, " "))
        if match and not shared:
            missing.append(match[1])
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

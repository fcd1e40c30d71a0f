# SPDX-License-Identifier: GPL-2.0-only
"""YAML that remembers its lines: a mistake in a file of ours is told with file, line and what is allowed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

At = tuple[str | int, ...]


class YamlError(Exception):
    """The file is wrong: file, line, what, and what is allowed."""


@dataclass(slots=True)
class Source:
    """The file's data, and the line of every key and item in it."""

    path: Path
    data: Any
    lines: dict[At, int]

    def error(self, at: At, what: str) -> YamlError:
        while at not in self.lines:
            at = at[:-1]
        return YamlError(f"{self.path}:{self.lines[at]}: {what}")


def parse(path: Path) -> Source:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise YamlError(f"{path}: {why}") from error
    source = Source(path, None, {(): 1})
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        source.data = _collect(source, loader, node, ()) if node else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise YamlError(f"{path}:{line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlError(f"{path}: not YAML: {str(error).splitlines()[0]}") from error
    return source


def _collect(source: Source, loader: yaml.SafeLoader, node: yaml.Node, at: At) -> Any:
    """The value of `node`, with all lines below it noted. An alias keeps its anchor's lines."""
    source.lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_collect(source, loader, item, (*at, i)) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    result: dict[str, Any] = {}
    for key_node, value in node.value:
        key = str(loader.construct_object(key_node))
        line = key_node.start_mark.line + 1
        if key in result:
            raise YamlError(f"{source.path}:{line}: key {key!r} for the second time")
        source.lines[(*at, key)] = line
        result[key] = _collect(source, loader, value, (*at, key))
    return result


def check(source: Source, schema: dict[str, Any]) -> None:
    """YamlError for the first thing that the JSON schema does not allow."""
    validator = jsonschema.Draft7Validator(schema)
    errors = sorted(validator.iter_errors(source.data), key=lambda error: list(map(str, error.path)))
    if errors:
        raise _explain(source, errors[0])


def _explain(source: Source, error: jsonschema.ValidationError) -> YamlError:
    """One line for what jsonschema found."""
    at = tuple(error.absolute_path)
    name = ".".join(map(str, at)) or "the file"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        allowed = error.schema["properties"]
        key = next(key for key in error.instance if key not in allowed)
        return source.error((*at, key), f"unknown key {key!r} in {name}; "
                            f"allowed: {', '.join(sorted(allowed))}")
    if error.validator == "enum":
        return source.error(at, f"{name}: unknown {error.instance!r}; "
                            f"allowed: {', '.join(map(str, error.validator_value))}")
    if error.validator == "pattern":
        hint = error.schema.get("description", f"must match {error.validator_value}")
        return source.error(at, f"{name}: {error.instance!r}: {hint}")
    if error.validator == "type":
        return source.error(at, f"{name}: {error.instance!r} is not of type {error.validator_value}")
    return source.error(at, f"{name}: {error.message}")

"""gpu-mode's `task.yml`, in the small part of YAML that such files use; anything else is refused, not guessed.

Understood: `key: value`, `key: |` with an indented text, `key:` with indented `key: value` lines, and `key:` with
`- {…}` lines whose braces hold JSON. Values are JSON or plain words.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .job import UnusableJob

KEY = re.compile(r"([A-Za-z_][\w-]*):(?:\s+(.*))?$")


def _scalar(text: str) -> Any:
    text = text.strip()
    if text[:1] in "\"{[" or re.fullmatch(r"-?\d+(\.\d+)?|true|false|null", text):
        try:
            return json.loads(text)
        except ValueError:
            raise UnusableJob(f"The task file holds a value that is not understood: {text!r}.") from None
    if text[:1] in "'&*!>|%@`":
        raise UnusableJob(f"The task file holds a value that is not understood: {text!r}.")
    return text


def _item(text: str) -> Any:
    return _scalar(text[1:])


def parse_task(text: str) -> dict[str, Any]:
    """The file's top-level keys; raises UnusableJob."""
    task: dict[str, Any] = {}
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    index = 0
    while index < len(lines):
        found = KEY.match(lines[index])
        if found is None:
            raise UnusableJob(f"The task file has a line that is not understood: {lines[index]!r}.")
        key, value = found.group(1), found.group(2)
        index += 1
        body = []
        while index < len(lines) and lines[index][:1] in " -":
            body.append(lines[index].strip())
            index += 1
        if value in ("|", "|-", ">"):
            task[key] = "\n".join(body)
        elif value:
            task[key] = _scalar(value)
        elif all(line.startswith("-") for line in body):
            task[key] = [_item(line) for line in body]
        else:
            task[key] = _mapping(body)
    return task


def _mapping(lines: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for line in lines:
        found = KEY.match(line)
        if found is None or not found.group(2):
            raise UnusableJob(f"The task file has a line that is not understood: {line!r}.")
        result[found.group(1)] = _scalar(found.group(2))
    return result

"""A gpu-mode task as a problem: its files become one Python source with Model and get_inputs.

Their evaluator is not run. Inputs come from `generate_input` with a seed of ours, the expected result from
`ref_kernel`; `check_implementation` with its own tolerance is left aside. Tasks that pass the buffer for the result
among the inputs are refused by the check that inputs stay as they are.
"""

from __future__ import annotations

import os
from typing import Any

from .job import UnusableJob
from .task_file import parse_task

SUBMISSION = "@SUBMISSION@"

ADAPTER = '''

class ModelNew:
    def __call__(self, *data):
        return custom_kernel(data if len(data) != 1 else data[0])
'''
"""Appended to a submission, which defines `custom_kernel(data)`."""

PROBLEM = '''
import sys
import types

import torch

for _name, _text in {files!r}:
    _module = types.ModuleType(_name)
    sys.modules[_name] = _module
    exec(compile(_text, _name + ".py", "exec"), _module.__dict__)

_reference = sys.modules["reference"]
_MAIN = {main!r}
_MORE = {more!r}


def _draw(spec):
    data = _reference.generate_input(**spec, seed=int(torch.randint(1 << 31, ())))
    return list(data) if isinstance(data, (tuple, list)) else [data]


def get_inputs():
    return _draw(_MAIN)


def get_inputs_dyn_list():
    return [_draw(spec) for spec in _MORE]


class Model(torch.nn.Module):
    def forward(self, *data):
        return _reference.ref_kernel(data if len(data) != 1 else data[0])
'''


def _order(name: str) -> tuple[bool, bool, str]:
    """utils, then task, then the others by name, the reference last: what imports what in their repository."""
    return name == "reference.py", name not in ("utils.py", "task.py"), "" if name == "utils.py" else name


def task_files(path: str, on_cpu: bool) -> list[tuple[str, str]]:
    """Module names and texts, without the submission and the evaluator."""
    with open(path, encoding="utf-8") as file:
        task = parse_task(file.read())
    main = task.get("config", {}).get("main", "eval.py") if isinstance(task.get("config"), dict) else "eval.py"
    folder = os.path.dirname(os.path.abspath(path))
    found: dict[str, str] = {}
    for item in task.get("files", []):
        name, source = (item.get("name"), item.get("source")) if isinstance(item, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(source, str) or os.path.basename(name) != name:
            raise UnusableJob("The task file lists a file without a plain name and a source.")
        if source == SUBMISSION or name == main or not name.endswith(".py"):
            continue
        place = os.path.join(folder, source)
        if not os.path.isfile(place):
            # Shared files lie beside the folders of the tasks in their repository.
            raise UnusableJob(f"The task's file {source!r} is not there.")
        with open(place, encoding="utf-8") as file:
            text = file.read()
        found[name] = text.replace('"cuda"', '"cpu"').replace("'cuda'", "'cpu'") if on_cpu else text
    if "reference.py" not in found:
        raise UnusableJob("The task has no reference.py.")
    return [(name[:-3], found[name]) for name in sorted(found, key=_order)]


def _specs(task: dict[str, Any], key: str) -> list[dict[str, Any]]:
    specs = task.get(key) or []
    if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
        raise UnusableJob(f"The task's {key} are not a list of objects.")
    return [{name: value for name, value in spec.items() if name != "seed"} for spec in specs]


def task_source(path: str, on_cpu: bool) -> str:
    """Python source of the problem: the last benchmark is the main shape, the tests are further ones."""
    with open(path, encoding="utf-8") as file:
        task = parse_task(file.read())
    tests, benchmarks = _specs(task, "tests"), _specs(task, "benchmarks")
    if not tests and not benchmarks:
        raise UnusableJob("The task has neither tests nor benchmarks.")
    main = (benchmarks or tests)[-1]
    return PROBLEM.format(files=task_files(path, on_cpu), main=main, more=tests)
